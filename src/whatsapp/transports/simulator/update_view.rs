//! Updates as JSON on their way from the simulator process to a gateway.

use actors::account::outcome::Permanent;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::NumberedUpdate;
use super::wire::PermanentShape;
use crate::whatsapp::transports::{Connection, IncomingFile, IncomingMessage, Status, StatusUpdate, Update};

/// One row of `GET /sim/v1/updates`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UpdateView {
    sequence: u64,
    account: String,
    #[serde(flatten)]
    news: UpdateKindView,
}

/// Why a row is not an update.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("an update has no time")]
    Time(#[from] chrono::ParseError),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a row lives from one conversion to the next")]
enum UpdateKindView {
    Status {
        wire_id: String,
        #[serde(flatten, with = "StatusShape")]
        status: Status,
    },
    Message(IncomingMessageView),
    Connection {
        connected: bool,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct IncomingMessageView {
    wire_id: String,
    chat: String,
    chat_name: String,
    sender: String,
    #[serde(default)]
    also: Option<String>,
    sender_name: String,
    from_me: bool,
    text: String,
    file: Option<IncomingFileView>,
    at: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct IncomingFileView {
    name: String,
    size: u64,
    mime: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Status", tag = "status", content = "failure", rename_all = "snake_case")]
enum StatusShape {
    Sent,
    Delivered,
    Read,
    Failed(#[serde(with = "PermanentShape")] Permanent),
}

impl From<NumberedUpdate> for UpdateView {
    fn from(NumberedUpdate { sequence, update }: NumberedUpdate) -> Self {
        let (account, news) = match update {
            Update::Status(StatusUpdate { account_phone, wire_id, status }) => {
                (account_phone, UpdateKindView::Status { wire_id, status })
            }
            Update::Message(mut heard) => {
                (std::mem::take(&mut heard.account_phone), UpdateKindView::Message(IncomingMessageView::from(*heard)))
            }
            Update::Connection(Connection { account_phone, connected }) => {
                (account_phone, UpdateKindView::Connection { connected })
            }
        };
        Self { sequence, account, news }
    }
}

impl TryFrom<UpdateView> for NumberedUpdate {
    type Error = Unreadable;

    fn try_from(view: UpdateView) -> Result<Self, Unreadable> {
        let account_phone = view.account;
        let update = match view.news {
            UpdateKindView::Status { wire_id, status } => {
                Update::Status(StatusUpdate { account_phone, wire_id, status })
            }
            UpdateKindView::Message(heard) => Update::Message(Box::new(heard.of(account_phone)?)),
            UpdateKindView::Connection { connected } => Update::Connection(Connection { account_phone, connected }),
        };
        Ok(Self { sequence: view.sequence, update })
    }
}

impl From<IncomingMessage> for IncomingMessageView {
    fn from(heard: IncomingMessage) -> Self {
        let IncomingMessage { wire_id, chat, chat_name, sender, also, sender_name, from_me, text, file, at, .. } =
            heard;
        let file = file.map(|IncomingFile { name, size, mime }| IncomingFileView { name, size, mime });
        Self { wire_id, chat, chat_name, sender, also, sender_name, from_me, text, file, at: at.to_string() }
    }
}

impl IncomingMessageView {
    fn of(self, account_phone: String) -> Result<IncomingMessage, Unreadable> {
        let Self { wire_id, chat, chat_name, sender, also, sender_name, from_me, text, file, at } = self;
        let file = file.map(|IncomingFileView { name, size, mime }| IncomingFile { name, size, mime });
        let at: Timestamp = at.parse()?;
        Ok(IncomingMessage {
            account_phone,
            wire_id,
            chat,
            chat_name,
            sender,
            also,
            sender_name,
            from_me,
            text,
            file,
            at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "+12025550100";

    fn heard(file: Option<IncomingFile>) -> IncomingMessage {
        let [wire_id, chat, chat_name] = ["3A000000000000000001", "120363025550101@g.us", "Sales"].map(str::to_owned);
        let [sender, sender_name, text] = ["+12025550101", "Mary Major", "hi"].map(str::to_owned);
        let (account_phone, at) = (ACCOUNT.to_owned(), Timestamp::from_ms(1_614_147_929_007));
        let also = Some("133700000000001@lid".to_owned());
        IncomingMessage {
            account_phone,
            wire_id,
            chat,
            chat_name,
            sender,
            also,
            sender_name,
            from_me: false,
            text,
            file,
            at,
        }
    }

    #[test]
    fn every_update_comes_back_as_it_went() {
        let [account_phone, wire_id] = [ACCOUNT, "3EB00000000000000001"].map(str::to_owned);
        let file = IncomingFile { name: "a.png".to_owned(), size: 7, mime: "image/png".to_owned() };
        let status = |status| {
            let (account_phone, wire_id) = (account_phone.clone(), wire_id.clone());
            Update::Status(StatusUpdate { account_phone, wire_id, status })
        };
        let updates = [
            status(Status::Sent),
            status(Status::Failed(Permanent::Refused)),
            status(Status::Delivered),
            status(Status::Read),
            Update::Connection(Connection { account_phone: account_phone.clone(), connected: false }),
            Update::Message(Box::new(heard(None))),
            Update::Message(Box::new(heard(Some(file)))),
        ];
        for (sequence, update) in (7..).zip(updates) {
            let sent = NumberedUpdate { sequence, update };
            let written = serde_json::to_string(&UpdateView::from(sent.clone())).expect("written");
            let read: UpdateView = serde_json::from_str(&written).expect("read");
            assert_eq!(NumberedUpdate::try_from(read).expect("an update"), sent, "{written}");
        }
    }

    #[test]
    fn what_is_no_update_is_refused() {
        let row = r#"{"sequence":1,"account":"+12025550100","kind":"message","wire_id":"","chat":"","chat_name":"",
            "sender":"","sender_name":"","from_me":false,"text":"","file":null,"at":"yesterday"}"#;
        let read: UpdateView = serde_json::from_str(row).expect("read");
        assert!(NumberedUpdate::try_from(read).is_err(), "{row}");
    }
}
