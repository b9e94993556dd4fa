//! What the erased contact is known by, and the search for it in any form in which bytes may hide it.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// What the erased contacts are known by; the numbers in several spellings.
pub const CANARIES: [&str; 9] = [
    "C4naryText",
    "C4naryTitle",
    "C4naryFile",
    "12025550171",
    "12025550171@s.whatsapp.net",
    "(202) 555-0171",
    "202 555 0171",
    "2025550171",
    "2025550144",
];

/// Returns a text as it stands, in hex, in UTF-16 of both orders, and in base64 wherever it begins.
pub fn forms(text: &str) -> Vec<Vec<u8>> {
    let bytes = text.as_bytes();
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap();
    let hex: String = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    let wide: Vec<u16> = text.encode_utf16().collect();
    let mut forms = vec![bytes.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    forms.push(wide.iter().flat_map(|unit| unit.to_le_bytes()).collect());
    forms.push(wide.iter().flat_map(|unit| unit.to_be_bytes()).collect());
    // Only the whole groups of three bytes look the same whatever stands beside them.
    for skipped in 0..3 {
        let rest = &bytes[skipped..];
        forms.push(STANDARD_NO_PAD.encode(&rest[..rest.len() / 3 * 3]).into_bytes());
    }
    forms
}

/// Returns the canary that stands in the bytes, if any does.
pub fn find(bytes: &[u8]) -> Option<&'static str> {
    CANARIES.into_iter().find(|canary| {
        let stands = |form: &Vec<u8>| memmem(bytes, form);
        forms(canary).iter().any(stands)
    })
}

fn memmem(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some(first) = wanted.first() else { return false };
    let places = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
    places.map(|(at, _)| &bytes[at..]).any(|rest| rest.starts_with(wanted))
}

pub fn assert_gone(place: &str, bytes: &[u8]) {
    if let Some(canary) = find(bytes) {
        let text = String::from_utf8_lossy(bytes);
        let at = text.find(canary).unwrap_or_default();
        let around: String = text.chars().skip(text[..at].chars().count().saturating_sub(200)).take(400).collect();
        panic!("{canary} stands in {place}: {around}");
    }
}

pub fn assert_there(text: &str, canaries: &[&str]) {
    for canary in canaries {
        assert!(text.contains(canary), "no {canary} before the erasure");
    }
}

/// Reads all files below a folder.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![(path.clone(), fs::read(&path).unwrap())] })
        .collect()
}
