//! `tidings simulator`: the simulated `WhatsApp` as a process of its own.

use super::args::{Cli, SimulatorArgs};
use super::exit::{Exit, Failure};
use super::say;

/// Runs the simulator until it is stopped.
pub(super) fn run(cli: &Cli, args: &SimulatorArgs) -> Result<(), Failure> {
    super::logging(cli.json)?;
    let told = |bound| {
        say(&format!("Simulated WhatsApp at http://{bound}; point a gateway at it with TIDINGS_SIMULATOR__URL\n"));
    };
    let serving = crate::whatsapp::transports::simulator::serve(args.listen, args.clock_rate, told);
    actix::System::new()
        .block_on(serving)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot run the simulator on {}: {error}", args.listen)))
}
