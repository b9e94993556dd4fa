//! The command that receives reports on this machine.

use std::fmt;
use std::net::SocketAddr;

use clap::Args;
use reqwest::Url;

use super::connection::Access;

pub(super) const LISTEN_EXAMPLES: &str = "\
Touches no setting of the gateway, which must run on this machine. As long as this runs and no URL is set, it is the
receiver: what it answers counts, and what it had not answered when it ends is owed to nobody. With a URL set it gets a
copy of each report; with --instead it receives what is reported from then on in place of the URL, which still gets what
it was owed before, and everything once this has ended. Whatever this answers then switches nothing off and parks nothing.
Without a URL each message comes by itself, whatever the aggregation.

A line for each report: time, our answer (`copy`: it counts for nobody), what the signature is worth (valid, stale,
invalid, missing; `-` without a secret), direction, chat, text, webhook-id. What came before under the same webhook-id is
marked as a duplicate.

Examples:
  tidings listen                                             see what is reported
  tidings listen --instead --answer 500                      see what the gateway does with a receiver that fails
  tidings listen --forward-to http://127.0.0.1:3000/hooks    pass everything on, and answer what that answers
  tidings --json listen | jq .body.message.text
  tidings listen --listen 127.0.0.1:8089                     receive as a CRM does, at a URL that is set:
  tidings outbound set --to http://127.0.0.1:8089/

A gateway in production posts to addresses of its own machine only if [guard] allow_networks has them.";

/// Options for receiving reports.
#[derive(Clone, PartialEq, Eq, Args)]
pub struct ListenArgs {
    /// Receive in place of the webhook's URL, if one is set
    #[arg(long, conflicts_with = "listen")]
    pub instead: bool,
    /// Receive at this loopback address and port, as a CRM does, and not from a gateway; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", value_parser = super::loopback)]
    pub listen: Option<SocketAddr>,
    /// Forward each request unchanged to this address, and return its answer
    #[arg(long, value_name = "URL", value_parser = web_address)]
    pub forward_to: Option<Url>,
    /// Answer with this status: 200 to 599
    #[arg(long, value_name = "STATUS", default_value_t = 200, conflicts_with = "forward_to")]
    #[arg(value_parser = clap::value_parser!(u16).range(200..=599))]
    pub answer: u16,
    /// The webhook's signing key, whsec_...: signatures are verified [default: the gateway's, if there is an API key]
    #[arg(long, value_name = "KEY", env = "TIDINGS_WEBHOOK_SECRET", hide_env_values = true)]
    pub secret: Option<String>,
    /// The gateway to listen to, or to ask for the signing key.
    #[command(flatten)]
    pub access: Access,
}

impl fmt::Debug for ListenArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenArgs").field("listen", &self.listen).finish_non_exhaustive()
    }
}

fn web_address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or("not an address such as http://127.0.0.1:3000/hooks")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use clap::error::ErrorKind;

    use super::super::{Cli, Command};
    use super::*;

    fn parse(line: &str) -> Result<ListenArgs, ErrorKind> {
        match Cli::try_parse_from(line.split(' ')).map(|cli| cli.chosen()) {
            Ok(Command::Listen(args)) => Ok(args),
            Ok(other) => panic!("not listening: {other:?}"),
            Err(error) => Err(error.kind()),
        }
    }

    #[test]
    fn only_this_machine_reaches_the_receiver() {
        assert_eq!(parse("tidings listen --listen 0.0.0.0:8089"), Err(ErrorKind::ValueValidation));
        assert!(parse("tidings listen --listen [::1]:0").is_ok_and(|args| args.answer == 200));
        assert_eq!(parse("tidings listen --listen [::1]:0 --instead"), Err(ErrorKind::ArgumentConflict));
    }

    #[test]
    fn what_answers_is_either_a_status_or_somebody_else() {
        let line = "tidings listen --forward-to http://127.0.0.1:3000/";
        assert!(parse(line).is_ok_and(|args| args.forward_to.is_some()));
        assert_eq!(parse(&format!("{line} --answer 200")), Err(ErrorKind::ArgumentConflict));
        for line in ["--answer 199", "--answer 600", "--forward-to 127.0.0.1:3000", "--forward-to file:///etc/passwd"] {
            assert_eq!(parse(&format!("tidings listen {line}")), Err(ErrorKind::ValueValidation), "{line}");
        }
    }

    #[test]
    fn the_debug_form_shows_no_key() {
        let args = parse("tidings listen --secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert!(args.is_ok_and(|args| !format!("{args:?}").contains("MfKQ")));
    }
}
