//! A message as JSON on its way from a gateway to the simulator process; its file is base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use events::ids::{InvalidId, MessageId};
use serde::{Deserialize, Serialize};

use crate::whatsapp::transports::{Attachment, Outgoing};
use crate::whatsapp::wire_ids::OwnWireId;

/// The body of `POST /sim/v1/send`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SendBody {
    id: String,
    /// Left out by programs that are no gateway; then it is the id.
    #[serde(default)]
    wire_id: Option<String>,
    from: String,
    to: String,
    text: String,
    #[serde(default)]
    file: Option<FileBody>,
}

#[derive(Debug, Serialize, Deserialize)]
struct FileBody {
    name: String,
    mime: String,
    base64: String,
}

/// Why a body is not a message.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("not a message id")]
    Id(#[from] InvalidId),
    #[error("`file.base64` is not base64")]
    File(#[from] base64::DecodeError),
}

impl From<Outgoing> for SendBody {
    fn from(message: Outgoing) -> Self {
        let file = message.file.map(FileBody::from);
        let (id, wire_id) = (message.id.to_string(), Some(message.wire_id.to_string()));
        Self { id, wire_id, from: message.from, to: message.to, text: message.text, file }
    }
}

impl TryFrom<SendBody> for Outgoing {
    type Error = Unreadable;

    fn try_from(body: SendBody) -> Result<Self, Unreadable> {
        let file = body.file.map(Attachment::try_from).transpose()?;
        let id: MessageId = body.id.parse()?;
        let wire_id = body.wire_id.map(|wire_id| wire_id.parse()).transpose()?;
        let wire_id = wire_id.unwrap_or(OwnWireId::from_bits(id.bits()));
        Ok(Self { id, wire_id, from: body.from, to: body.to, text: body.text, file })
    }
}

impl From<Attachment> for FileBody {
    fn from(file: Attachment) -> Self {
        Self { name: file.name, mime: file.mime, base64: STANDARD.encode(&file.bytes) }
    }
}

impl TryFrom<FileBody> for Attachment {
    type Error = base64::DecodeError;

    fn try_from(body: FileBody) -> Result<Self, base64::DecodeError> {
        Ok(Self { name: body.name, mime: body.mime, bytes: STANDARD.decode(body.base64)?.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::message;
    use super::*;

    fn round(message: Outgoing) -> Outgoing {
        let written = serde_json::to_string(&SendBody::from(message)).expect("written");
        let read: SendBody = serde_json::from_str(&written).expect("read");
        Outgoing::try_from(read).expect("a message")
    }

    #[test]
    fn a_message_comes_back_as_it_went_with_its_file_and_without() {
        let plain = message(1, "+12025550101");
        let (name, mime) = ("Price list.pdf".to_owned(), "application/pdf".to_owned());
        let file = Some(Attachment { name, mime, bytes: (0..=255).collect::<Vec<u8>>().into() });
        for sent in [plain.clone(), Outgoing { file, ..plain }] {
            assert_eq!(round(sent.clone()), sent);
        }
    }

    #[test]
    fn a_body_without_a_word_on_files_has_none_and_its_id_is_its_wire_id() {
        let body = r#"{"id":"3EB00000000000000001","from":"+12025550100","to":"+12025550101","text":"hi"}"#;
        let read: SendBody = serde_json::from_str(body).expect("read");
        let message = Outgoing::try_from(read).expect("a message");
        assert_eq!((message.file, message.wire_id.to_string()), (None, "3EB00000000000000001".to_owned()));
    }
}
