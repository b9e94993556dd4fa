//! Reads server-sent events piece by piece.

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SseEvent {
    pub(super) name: String,
    pub(super) data: String,
}

/// The bytes that have come and are no whole event yet.
#[derive(Debug, Default)]
pub(super) struct SseReader(Vec<u8>);

impl SseReader {
    /// Adds what has come, and returns the events that are whole now. Comments are passed over.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<SseEvent> {
        self.0.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some(end) = self.0.windows(2).position(|pair| pair == b"\n\n") {
            let whole: Vec<u8> = self.0.drain(..end + 2).collect();
            events.extend(event(&String::from_utf8_lossy(&whole)));
        }
        events
    }
}

fn event(text: &str) -> Option<SseEvent> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    Some(SseEvent { name: field("event: ")?, data: field("data: ")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_whole_however_they_arrive() {
        let text = ": listening\n\nevent: standing\ndata: {\"a\":1}\n\n: still here\n\nevent: report\ndata: \u{e4}\n\n";
        let wanted = [("standing", "{\"a\":1}"), ("report", "\u{e4}")];
        for size in 1..text.len() {
            let mut reader = SseReader::default();
            let read: Vec<SseEvent> = text.as_bytes().chunks(size).flat_map(|piece| reader.push(piece)).collect();
            let read: Vec<(&str, &str)> = read.iter().map(|event| (&*event.name, &*event.data)).collect();
            assert_eq!(read, wanted, "{size}");
        }
    }
}
