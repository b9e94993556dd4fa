//! Records made by hand, each chained to the one before it.

use std::sync::Arc;

use events::account::{MessageQueued, Origin};
use events::chain;
use events::codec;
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, WorkspaceId};
use events::log::{Batch, Head, StoredRecord};
use events::record::{Cause, Record};
use events::time::Timestamp;
use events::vault::Vault;
use events::who::Who;

/// Writes one record after another.
pub struct Hand {
    /// The head after which the next record goes.
    pub head: Head,
    vault: Arc<dyn Vault>,
}

impl Hand {
    /// Begins or continues a log whose texts are sealed under the keys of this vault.
    pub fn after(head: Head, vault: &Arc<dyn Vault>) -> Self {
        Self { head, vault: Arc::clone(vault) }
    }

    /// Makes the next record.
    pub fn record(&mut self, events: Vec<Event>) -> StoredRecord {
        let first = self.head.position + 1;
        let recorded_at = Timestamp::from_ms(1_000).plus_ms(first);
        let record =
            Record { first, recorded_at, workspace: WorkspaceId::nth(0), cause: Cause::outside(Who::System), events };
        let mut bytes = Vec::new();
        codec::encode_record(&record, self.vault.as_ref(), &mut bytes).unwrap();
        let previous = self.head.hash;
        let hash = chain::link(&previous, &bytes);
        self.head = Head { position: record.last(), hash, recorded_at };
        StoredRecord { first, previous, bytes: bytes.into(), hash }
    }

    /// Makes the next records, as one batch.
    pub fn batch(&mut self, commits: impl IntoIterator<Item = Vec<Event>>) -> Batch {
        let after = self.head.position;
        let records: Vec<_> = commits.into_iter().map(|events| self.record(events)).collect();
        let head = (!records.is_empty()).then_some(self.head);
        Batch { after, records, head, notes: Vec::new() }
    }
}

/// A message to the first chat of the first account.
pub fn queued(message: u64, text: &str) -> Event {
    let workspace = WorkspaceId::nth(0);
    MessageQueued {
        message: MessageId::from_bits(message),
        workspace,
        account: AccountId::nth(workspace, 1).unwrap(),
        chat: ChatId::nth(workspace, 1).unwrap(),
        to: "+12025550101".into(),
        text: text.into(),
        file: None,
        report_bytes: 64,
        cost: 1,
        origin: Origin::Inbound,
        at: Timestamp::from_ms(1_000),
    }
    .into()
}
