//! Records of the log: what can be read can be written, and reads the same again.

use events::codec::{decode_event, decode_record, encode_event, encode_record};

/// Reads bytes as a record and as an event.
pub fn judge(bytes: &[u8]) {
    if let Ok(record) = decode_record(bytes) {
        let mut written = Vec::new();
        encode_record(&record, &mut written).expect("what was read can be written");
        assert_eq!(decode_record(&written).expect("what was written can be read"), record);
    }
    if let Ok((event, rest)) = decode_event(bytes) {
        let mut written = Vec::new();
        encode_event(&event, &mut written).expect("what was read can be written");
        assert!(bytes.ends_with(rest));
        assert_eq!(decode_event(&written).expect("what was written can be read"), (event, &[][..]));
    }
}
