//! Keeps the fetched files of messages that have not left yet, up to a number of bytes.

use std::collections::BTreeMap;

use events::ids::MessageId;

use crate::whatsapp::transports::Attachment;

/// Files by message. When space is short, the file kept longest is dropped: its message is probably over, or its
/// account does not send.
pub(super) struct AttachmentCache {
    bytes_max: u64,
    bytes: u64,
    last: u64,
    files: BTreeMap<MessageId, (u64, Attachment)>,
    order: BTreeMap<u64, MessageId>,
}

impl AttachmentCache {
    /// Keeps at most this many bytes.
    pub(super) fn up_to(bytes_max: u64) -> Self {
        Self { bytes_max, bytes: 0, last: 0, files: BTreeMap::new(), order: BTreeMap::new() }
    }

    /// A message's file, if it is still kept.
    pub(super) fn get(&self, message: MessageId) -> Option<Attachment> {
        self.files.get(&message).map(|(_, file)| file.clone())
    }

    /// Keeps a message's file, replacing an earlier one. A file that exceeds the limit by itself is not kept.
    pub(super) fn put(&mut self, message: MessageId, file: Attachment) {
        self.remove(message);
        let size = file.bytes.len() as u64;
        if size > self.bytes_max {
            return;
        }
        while self.bytes.saturating_add(size) > self.bytes_max {
            let Some((_, oldest)) = self.order.first_key_value() else { break };
            self.remove(*oldest);
        }
        self.bytes = self.bytes.saturating_add(size);
        self.last = self.last.saturating_add(1);
        self.order.insert(self.last, message);
        self.files.insert(message, (self.last, file));
    }

    pub(super) fn remove(&mut self, message: MessageId) {
        if let Some((nth, file)) = self.files.remove(&message) {
            self.order.remove(&nth);
            self.bytes = self.bytes.saturating_sub(file.bytes.len() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(nth: u64) -> MessageId {
        MessageId::from_bits(nth)
    }

    fn file(size: usize) -> Attachment {
        Attachment { name: "a.png".to_owned(), mime: "image/png".to_owned(), bytes: vec![7; size].into() }
    }

    /// The numbers of those of the first ten messages whose files are still kept.
    fn here(kept: &AttachmentCache) -> Vec<u64> {
        (0..10).filter(|nth| kept.get(id(*nth)).is_some()).collect()
    }

    #[test]
    fn what_was_kept_longest_gives_way() {
        let mut kept = AttachmentCache::up_to(10);
        for nth in [3, 1, 2] {
            kept.put(id(nth), file(3));
        }
        assert_eq!(here(&kept), [1, 2, 3]);
        kept.put(id(4), file(4));
        assert_eq!(here(&kept), [1, 2, 4]);
        kept.put(id(5), file(10));
        assert_eq!(here(&kept), [5]);
    }

    #[test]
    fn a_file_that_is_too_large_by_itself_drives_nobody_out() {
        let mut kept = AttachmentCache::up_to(10);
        kept.put(id(1), file(10));
        kept.put(id(2), file(11));
        assert_eq!(here(&kept), [1]);
    }

    #[test]
    fn a_file_that_is_gone_or_replaced_takes_no_room() {
        let mut kept = AttachmentCache::up_to(10);
        for _ in 0..5 {
            kept.put(id(1), file(6));
        }
        kept.put(id(2), file(4));
        assert_eq!((here(&kept), kept.bytes), (vec![1, 2], 10));
        kept.remove(id(1));
        kept.remove(id(1));
        kept.remove(id(9));
        assert_eq!((here(&kept), kept.bytes), (vec![2], 4));
        kept.remove(id(2));
        assert_eq!((kept.bytes, kept.files.len(), kept.order.len()), (0, 0, 0));
    }
}
