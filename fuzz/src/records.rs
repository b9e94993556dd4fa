//! Records of the log: what can be read can be written, and reads the same again, its texts opened or not.

use events::codec::{Opening, decode_event, decode_record, encode_event, encode_record, fits};
use events::event::Event;
use events::ids::WorkspaceId;
use events::record::Record;
use events::vault::MemoryVault;

/// Reads bytes as a record and as an event. The texts of the kept inputs are sealed with the keys of an endless vault.
pub fn judge(bytes: &[u8]) {
    let vault = MemoryVault::endless();
    judge_record(bytes, &vault);
    judge_event(bytes, &vault);
}

/// True if the bytes are a record or an event whose texts can be opened.
pub fn is_read(bytes: &[u8]) -> bool {
    let vault = MemoryVault::endless();
    let own = |(event, _): (Event, _)| event.owner().workspace();
    let workspace = decode_event(bytes, WorkspaceId::nth(0), Opening::Shut).map(own);
    let is_event =
        |workspace| decode_event(bytes, workspace, Opening::With(&vault)).is_ok_and(|(_, rest)| rest.is_empty());
    decode_record(bytes, Opening::With(&vault)).is_ok() || workspace.is_ok_and(is_event)
}

fn judge_record(bytes: &[u8], vault: &MemoryVault) {
    let (shut, opened) = (decode_record(bytes, Opening::Shut), decode_record(bytes, Opening::With(vault)));
    assert!(shut.is_ok() || opened.is_err(), "what can be opened can be read shut: {bytes:?}");
    for (read, opening) in [(shut, Opening::Shut), (opened, Opening::With(vault))] {
        let Ok(record) = read else { continue };
        fits(record.workspace, &record.cause, &record.events).expect("what was read could be written");
        let mut written = Vec::new();
        encode_record(&record, vault, &mut written).expect("what was read can be written");
        let again = decode_record(&written, opening).expect("what was written can be read");
        assert_eq!(shown(&again.events), shown(&record.events));
        let events = Vec::new();
        assert_eq!(Record { events: Vec::new(), ..again }, Record { events, ..record });
    }
}

fn judge_event(bytes: &[u8], vault: &MemoryVault) {
    // Shut, an event reads the same in every workspace; only the keys of its own open its texts.
    let Ok((event, rest)) = decode_event(bytes, WorkspaceId::nth(0), Opening::Shut) else { return };
    assert!(bytes.ends_with(rest));
    let workspace = event.owner().workspace();
    let opened = decode_event(bytes, workspace, Opening::With(vault)).ok().map(|(event, _)| event);
    for (event, opening) in [(Some(event), Opening::Shut), (opened, Opening::With(vault))] {
        let Some(event) = event else { continue };
        let mut written = Vec::new();
        encode_event(&event, vault, &mut written).expect("what was read can be written");
        let (again, rest) = decode_event(&written, workspace, opening).expect("what was written can be read");
        assert_eq!((shown(&[again]), rest), (shown(&[event]), &[][..]));
    }
}

/// Events as people see them: a text that is erased is written as the word that stands in its place.
fn shown(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| serde_json::to_string(event).expect("events have a JSON form")).collect()
}
