//! The size limit that the rules compute for a report: no body is larger, and a typical one not much smaller.

use actors::chat::{Frame, file_bytes, said_bytes};
use events::webhook::BundleAccount;
use proptest::prelude::*;

use super::*;

/// The size that the rules compute for a bundle, without the gateway's own URL.
fn foretold(bundle: &Bundle) -> u64 {
    let (account, chat) = (&bundle.account, &bundle.chat);
    let account = BundleAccount {
        full_name: account.full_name.clone(),
        email: account.email.clone(),
        phone: account.phone.clone(),
    };
    let frame = Frame::of(&account, &chat.full_name, Some(&chat.phone), chat.responsible.as_ref());
    let said = bundle.messages.iter().map(|said| {
        let file = said.file.as_ref().map_or(0, |file| {
            file_bytes(file.name.reveal(), file.url.as_ref().map_or(&*file.mime, |url| url.reveal()))
        });
        frame.line_bytes + said_bytes(said.text.reveal()) + file
    });
    frame.head_bytes + said.sum::<u64>()
}

/// Texts, among them those whose characters take more bytes when escaped.
fn text() -> impl Strategy<Value = String> {
    let plain = "[a-zA-Z0-9 ]{0,40}";
    prop_oneof![plain, "[<>&\"'\\\\/\\n\\r\\t]{0,40}", "[\\x00-\\x1f\\x7f-\\x9f]{0,40}", any::<String>(), "\\PC{0,20}"]
}

fn file() -> impl Strategy<Value = Option<Attachment>> {
    let file = (text(), any::<u64>(), "[a-z]{1,20}/[a-z0-9.+-]{1,60}", prop::option::of(text()));
    prop::option::weighted(
        0.2,
        file.prop_map(|(name, size, mime, url)| Attachment { name: name.into(), size, mime, url: url.map(Into::into) }),
    )
}

fn message() -> impl Strategy<Value = Said> {
    let at = prop_oneof![any::<i64>(), 1_600_000_000_000..1_700_000_000_000_i64];
    (any::<(u64, bool)>(), at, text(), file()).prop_map(|((id, is_sent), at, text, file)| Said {
        id: MessageId::from_bits(id),
        direction: if is_sent { Direction::Sent } else { Direction::Received },
        at: Timestamp::from_ms(at),
        sent_by: None,
        text: text.into(),
        file,
    })
}

fn reported() -> impl Strategy<Value = Bundle> {
    let names = (text(), text(), text(), text(), text(), prop::option::of((text(), text())));
    let messages = prop::collection::vec(message(), 1..40);
    (names, messages, any::<(bool, bool, bool)>(), 1_000_u64..9_007_199_254_740_991).prop_map(
        |((full_name, email, phone, title, number, responsible), messages, (is_group, is_new_chat, single), id)| {
            let responsible =
                responsible.map(|(name, email)| Responsible { full_name: name.into(), email: email.into() });
            let aggregated = !single || messages.len() > 1;
            let account = AccountSide { full_name: full_name.into(), email: email.into(), phone: phone.into() };
            let id = ChatId::new(id).unwrap_or(bundle().chat.id);
            let (full_name, phone) = (title.into(), number.into());
            let chat = ChatSide { id, full_name, phone, is_group, is_new_chat, responsible };
            Bundle { aggregated, account, chat, messages }
        },
    )
}

proptest! {
    #[test]
    fn no_body_is_larger_than_the_rules_say(bundle in reported()) {
        let body = json(&bundle, "").unwrap().len() as u64;
        prop_assert!(body <= foretold(&bundle), "{} bytes, told {}", body, foretold(&bundle));
    }
}

/// The computed size is close enough that a bundle holds about as much text as it may.
#[test]
fn what_the_rules_say_is_near_the_truth() {
    let long = "Did you get my order of Tuesday? <3 \"Thanks\"\n".repeat(10);
    let messages = (0..500).map(|_| said(Direction::Received, &long)).collect();
    let bundle = Bundle { aggregated: true, messages, ..bundle() };
    let (body, told) = (json(&bundle, "").unwrap().len() as u64, foretold(&bundle));
    assert!(body <= told && told - body < told / 10, "{body} bytes, told {told}");
}
