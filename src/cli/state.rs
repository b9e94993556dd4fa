//! `tidings state`: an actor's state, now or as of any moment.

use super::args::{Cli, StateArgs};
use super::data_dir::unreadable;
use super::exit::{Exit, Failure};
use super::log_source::Source;
use super::remote::Call;
use crate::service::states::{self, StateView};

pub(super) fn run(cli: &Cli, args: &StateArgs) -> Result<(), Failure> {
    let view: StateView = match Source::find(cli, &args.server)? {
        Source::Open(history, _) => {
            let head = history.head().position;
            let view = states::state(&history, args.stream, args.at, head).map_err(|error| unreadable(&error))?;
            view.ok_or_else(|| Failure::new(Exit::NotFound, "stream not found"))?
        }
        Source::Gateway(gateway) => {
            let at = args.at.map(|at| at.to_string());
            gateway.typed(Call::get(format!("/admin/v1/streams/{}/state", args.stream)).query("at", at))?
        }
    };
    super::print_row(cli, &view)
}
