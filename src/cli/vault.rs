//! `tidings vault`: exchanges the master key.

use events::store::data_dir::DataDirError;
use events::store::rekey::{Rekeyed, rekey};
use events::store::sled_log::OpenError;
use serde_json::json;

use super::args::{Cli, RekeyArgs, VaultCommand};
use super::data_dir::{data_dir, in_use, not_opened};
use super::exit::Failure;
use super::print;
use crate::gateway::Holder;

pub(super) fn run(cli: &Cli, VaultCommand::Rekey(RekeyArgs { to }): &VaultCommand) -> Result<(), Failure> {
    let config = super::config(cli, None)?;
    let directory = data_dir(cli, &config);
    let done = rekey(directory, config.master_key_file.as_deref(), to.as_deref()).map_err(|error| match error {
        DataDirError::Log(OpenError::InUse) => {
            in_use(directory, Holder::read(directory).as_ref()).hint("stop it first; start it again with the new key")
        }
        error => not_opened(&error),
    })?;
    let Rekeyed { key_file, mended } = done;
    let key_file = key_file.display().to_string();
    if cli.json {
        return print(&format!("{}\n", json!({"master_key_file": key_file, "mended": mended})));
    }
    let mended = mended.iter().fold(String::new(), |text, what| text + "The vault was mended: " + what + "\n");
    let next = if to.is_some() { "Set master_key_file, or TIDINGS_MASTER_KEY_FILE, to it.\n" } else { "" };
    print(&format!("{mended}The vault opens with the key in {key_file} from now on.\n{next}"))
}
