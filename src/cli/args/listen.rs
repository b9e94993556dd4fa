//! The command that receives reports on this machine.

use std::fmt;
use std::net::SocketAddr;

use clap::Args;
use reqwest::Url;

use super::connection::Access;

pub(super) const LISTEN_EXAMPLES: &str = "\
A line for each request: time, our answer, what the signature is worth (valid, stale, invalid, missing; `-` without a
secret), direction, chat, text, webhook-id. What came before under the same webhook-id is marked as a duplicate.

Examples:
  tidings listen                                             then `tidings outbound set --to http://127.0.0.1:8089/`
  TIDINGS_API_KEY=wsk_... tidings listen                     the same, and verify the signatures
  TIDINGS_WEBHOOK_SECRET=whsec_... tidings listen            without asking the gateway for the signing key
  tidings listen --answer 500                                see what a gateway does with a receiver that fails
  tidings listen --forward-to http://127.0.0.1:3000/hooks    pass everything on, and answer what that answers
  tidings --json listen | jq .body.message.text

A gateway in production calls addresses of its own machine only if [guard] allow_networks has them.";

/// Options for receiving reports.
#[derive(Clone, PartialEq, Eq, Args)]
pub struct ListenArgs {
    /// Loopback address and port to listen on; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8089", value_parser = super::loopback)]
    pub listen: SocketAddr,
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
    /// The gateway to ask for the signing key.
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
