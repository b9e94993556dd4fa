//! Commands that send messages, or check a file before it is sent.

use clap::{ArgGroup, Args, Subcommand};

use super::connection::Access;

pub(super) const SEND_EXAMPLES: &str = "\
Examples:
  tidings send --to +12025550101 --text \"Your order has shipped\"
  tidings send --chat-id 100100000001 --text \"The invoice\" --file-url https://crm.example/1.pdf --file-name 1.pdf
  tidings send --to +12025550101 --text Hello --dry-run          what would come of it; sends and charges nothing
  tidings send --to +12025550101 --text Hello --idempotency-key order-17";

const LIST_EXAMPLES: &str = "\
Examples:
  tidings message ls --limit 100
  tidings message ls --limit 500 --json | jq 'select(.state == \"failed\")'";

const SHOW_EXAMPLES: &str = "\
Example:
  tidings message show wa_backend:3EB0B430B6F8F1D0E053";

const CHECK_EXAMPLES: &str = "\
Exits with 1 if the address is of no use.

Example:
  tidings file check https://crm.example/invoice-17.pdf";

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(group = ArgGroup::new("recipient").required(true).args(["to", "chat_id", "jid", "chat_name"]))]
#[command(group = ArgGroup::new("content").required(true).multiple(true).args(["text", "file_url"]))]
pub struct SendArgs {
    /// To this number, in international format
    #[arg(long, value_name = "PHONE")]
    pub to: Option<String>,
    /// To the chat with this id; its own account sends
    #[arg(long, value_name = "ID")]
    pub chat_id: Option<String>,
    /// To the person or group with this WhatsApp address
    #[arg(long)]
    pub jid: Option<String>,
    /// To the chat with exactly this name
    #[arg(long, value_name = "NAME")]
    pub chat_name: Option<String>,
    /// The text
    #[arg(long, allow_hyphen_values = true)]
    pub text: Option<String>,
    /// A file to send with it: an address from which it can be downloaded directly
    #[arg(long, value_name = "URL", requires = "file_name")]
    pub file_url: Option<String>,
    /// The name that the file gets
    #[arg(long, value_name = "NAME", requires = "file_url")]
    pub file_name: Option<String>,
    /// The account that sends, by its id or phone [default: the connected one that was connected last]
    #[arg(long)]
    pub account: Option<String>,
    /// Only check the message: nothing is sent, charged or kept
    #[arg(long)]
    pub dry_run: bool,
    /// Idempotency key: the same key and message within 24 hours are sent once
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// The gateway to ask.
    #[command(flatten)]
    pub access: Access,
}

/// Commands for messages.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum MessageCommand {
    /// List the messages that the accounts were given to send, the newest first
    #[command(visible_alias = "ls", after_help = LIST_EXAMPLES)]
    List {
        /// Only those of this chat, and what was received there
        #[arg(long, value_name = "ID")]
        chat: Option<String>,
        /// At most this many: 1 to 500
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
    /// Show one message: how far it got, why it failed, and all that happened to it
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// Its id
        #[arg(value_name = "MESSAGE")]
        message: String,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
}

/// Commands for files.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum FileCommand {
    /// Fetch a file as a message would, and show its type and size
    #[command(after_help = CHECK_EXAMPLES)]
    Check {
        /// The file's address
        #[arg(value_name = "URL")]
        address: String,
        /// The file's name, whose extension says the expected type [default: the name in its address]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// The gateway to ask.
        #[command(flatten)]
        access: Access,
    },
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use clap::error::ErrorKind;

    use super::super::{Cli, Command};

    fn parse(line: &str) -> Result<Command, ErrorKind> {
        let words = format!("tidings {line}");
        Cli::try_parse_from(words.split(' ')).map(|cli| cli.chosen()).map_err(|error| error.kind())
    }

    #[test]
    fn a_message_has_one_recipient() {
        assert_eq!(parse("send --text hi"), Err(ErrorKind::MissingRequiredArgument));
        assert_eq!(parse("send --text hi --to +12025550101 --jid x@g.us"), Err(ErrorKind::ArgumentConflict));
        for recipient in ["--to +12025550101", "--chat-id 1", "--jid x@g.us", "--chat-name Doe"] {
            assert!(parse(&format!("send --text hi {recipient}")).is_ok(), "{recipient}");
        }
    }

    #[test]
    fn a_message_has_a_text_or_a_file_with_a_name() {
        for line in ["", " --file-url https://crm.example/1.pdf", " --file-name 1.pdf --text hi"] {
            assert_eq!(
                parse(&format!("send --to +12025550101{line}")),
                Err(ErrorKind::MissingRequiredArgument),
                "{line}"
            );
        }
        assert!(parse("send --to +12025550101 --file-url https://crm.example/1.pdf --file-name 1.pdf").is_ok());
    }

    #[test]
    fn a_files_address_is_not_the_gateways() {
        let Ok(Command::File(super::FileCommand::Check { address, access, .. })) =
            parse("file check https://crm.example/1.pdf --url http://127.0.0.1:9000")
        else {
            panic!("not parsed")
        };
        assert_eq!(
            (address.as_str(), access.url.as_deref()),
            ("https://crm.example/1.pdf", Some("http://127.0.0.1:9000"))
        );
    }
}
