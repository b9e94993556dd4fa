//! Asks before a gateway goes on without its vault, and says what is lost with it.

use crate::cli::args::ServeArgs;
use crate::cli::confirm::{can_ask, is_confirmed};
use crate::cli::exit::{Exit, Failure};

const WARNING: &str = "If the vault cannot be opened, every text, name, phone number and address stored until now is erased for \
                       good, and every secret: the URLs of outbound webhooks must be set again, accounts connected \
                       again. Messages that wait fail and are refunded. The ledger, the chain, inbound URLs and API keys \
                       stay. The vault's files are moved aside, not deleted, \
                       but cannot be put back once the gateway has started: copy the whole directory first.\n";

/// Returns `Ok` if the operator wants it, or did not ask to go on without the vault.
pub(super) fn confirm(args: &ServeArgs) -> Result<(), Failure> {
    if !args.without_vault || args.yes {
        return Ok(());
    }
    let refused = |message| Err(Failure::new(Exit::Usage, message).hint("add --yes to go on without the vault"));
    if !can_ask() {
        return refused("--without-vault erases every text, name and number if the vault is lost");
    }
    if is_confirmed(&format!("{WARNING}Type yes to go on: ")) { Ok(()) } else { refused("not started") }
}
