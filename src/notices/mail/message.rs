//! An e-mail in the format of RFC 5322. No name can add a header, and the same mail always has the same Message-ID.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use super::line::line;
use super::{Fault, Mail, Recipient};

const ID_CHARS_MAX: usize = 64;
/// Tells auto-responders not to reply, for example with an out-of-office notice (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The mail as it is sent; `domain` comes after the `@` of its Message-ID.
pub(super) fn message(mail: &Mail, sender: &Mailbox, domain: &str) -> Result<Message, Fault> {
    if !is_id(&mail.id) {
        return Err(Fault::Unfit);
    }
    let date = UNIX_EPOCH + Duration::from_millis(u64::try_from(mail.at.ms()).unwrap_or(0));
    let built = Message::builder()
        .from(sender.clone())
        .to(mailbox(&mail.to)?)
        .subject(line(&mail.subject))
        .date(date)
        .message_id(Some(format!("<{}@{domain}>", mail.id)))
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()));
    built.map_err(|_| Fault::Unfit)
}

/// True if this id can be part of a Message-ID.
pub(super) fn is_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let dots_fit = !id.starts_with('.') && !id.ends_with('.') && !id.contains("..");
    (1..=ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(plain) && dots_fit
}

fn mailbox(to: &Recipient) -> Result<Mailbox, Fault> {
    let address: Address = to.address.parse().map_err(|_| Fault::Address)?;
    let name = line(&to.name);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address))
}

#[cfg(test)]
mod tests {
    use events::time::Timestamp;

    use super::*;

    fn mail(name: &str, subject: &str) -> Mail {
        Mail {
            id: "webhook-disabled-1001-7".to_owned(),
            at: Timestamp::from_ms(1_767_323_045_000),
            to: Recipient { name: name.to_owned(), address: "ada@acme.example".to_owned() },
            subject: subject.to_owned(),
            text: "plain".to_owned(),
            html: "<p>page</p>".to_owned(),
        }
    }

    fn written(mail: &Mail) -> Result<String, Fault> {
        let sender = Mailbox::new(Some("Tidings".to_owned()), "tidings@gw.example".parse().unwrap());
        message(mail, &sender, "gw.example").map(|message| String::from_utf8(message.formatted()).unwrap())
    }

    /// The names of all headers before the body.
    fn headers(written: &str) -> Vec<&str> {
        let head = written.split("\r\n\r\n").next().unwrap();
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split(':').next().unwrap()).collect()
    }

    #[test]
    fn a_name_or_a_subject_with_line_ends_adds_no_header() {
        let wanted = headers(&written(&mail("Ada", "Hello")).unwrap()).len();
        for end in ["\r\n", "\n", "\r", "\r\n ", "\u{85}", "\u{2028}", "\u{0}"] {
            let evil = format!("Ada{end}Bcc: eve@evil.example{end}{end}<b>");
            for mail in [mail(&evil, "Hello"), mail("Ada", &evil), mail(&format!("अदा {evil}"), &format!("अ {evil}"))]
            {
                let written = written(&mail).unwrap();
                let headers = headers(&written);
                assert!(headers.len() == wanted && !headers.contains(&"Bcc"), "{written}");
                assert!(!written.replace("\r\n", "").contains(['\r', '\n']), "{written}");
            }
        }
    }

    #[test]
    fn the_message_id_and_the_date_are_those_of_the_mail() {
        for _ in 0..2 {
            let written = written(&mail("Ada", "Hello")).unwrap();
            assert!(written.contains("\r\nMessage-ID: <webhook-disabled-1001-7@gw.example>\r\n"), "{written}");
            assert!(written.contains("\r\nDate: Fri, 02 Jan 2026 03:04:05 +0000\r\n"), "{written}");
            assert!(written.contains("\r\nAuto-Submitted: auto-generated\r\n"), "{written}");
        }
    }

    #[test]
    fn an_address_or_an_id_that_is_none_is_refused_for_good() {
        for address in ["", "ada", "ada@", "ada@acme.example\r\nRCPT TO:<eve@evil.example>", "a@b, c@d", "<ada@acme>"] {
            let mut mail = mail("Ada", "Hello");
            address.clone_into(&mut mail.to.address);
            assert_eq!(written(&mail), Err(Fault::Address), "{address}");
        }
        for id in ["", "a b", "a>", "a\r\nb", ".a", "a.", "a..b", "ä", &"a".repeat(65)] {
            let mut mail = mail("Ada", "Hello");
            id.clone_into(&mut mail.id);
            assert_eq!(written(&mail), Err(Fault::Unfit), "{id}");
        }
    }
}
