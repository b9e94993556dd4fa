//! Appends the parts of lines to text without the formatting machinery, which would take most of the time that a line
//! takes: millions are made for one export.

use crate::ids::StreamId;

/// Appends a number.
pub(super) fn number(text: &mut String, number: u64) {
    text.push_str(itoa::Buffer::new().format(number));
}

/// Appends the name of a stream.
pub(super) fn stream(text: &mut String, stream: StreamId) {
    text.push_str(stream.kind().name());
    if stream != StreamId::Log {
        text.push('/');
        number(text, stream.number());
    }
}
