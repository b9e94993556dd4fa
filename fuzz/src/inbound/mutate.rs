//! Mutates an input in ways that a fuzzer finds too rarely by itself: another header, another field, a repeated
//! request.

use super::BETWEEN;

/// Fields to add, each with the brace that ends the object.
const FIELDS: &[&str] = &[
    r#""action":"send"}"#,
    r#""text":"hi"}"#,
    r#""text":" "}"#,
    r#""text":null}"#,
    r#""phone":"+12025550101"}"#,
    r#""phone":"+12025550140"}"#,
    r#""phone":12025550141}"#,
    r#""phone":"call me"}"#,
    r#""jid":"12025550101@s.whatsapp.net"}"#,
    r#""jid":"120363041234567890@g.us"}"#,
    r#""jid":"1@lid"}"#,
    r#""chat_id":100100000001}"#,
    r#""chat_id":"1"}"#,
    r#""chat_name":"+12025550101"}"#,
    r#""file_url":"https://files.example/cat.png","file_name":"cat.png"}"#,
    r#""file_name":"../cat.png"}"#,
    r#""file_url":"cat.png"}"#,
    r#""whatsapp account phone":"+12025550100"}"#,
    r#""whatsapp_account_phone":"+12025550109"}"#,
    r#""telefon":"+12025550101"}"#,
    r#""colour":[{}]}"#,
];
/// A valid request.
const ORDINARY: &[u8] = b"\x00\x00{\"action\":\"send\",\"phone\":\"+12025550101\",\"text\":\"hi\"}";

/// Changes the input in place and returns its new size; `None` leaves the change to the fuzzer.
pub fn change(data: &mut [u8], size: usize, size_max: usize, seed: u32) -> Option<usize> {
    let mut entropy = seed;
    let mut below = |bound: usize| {
        let drawn = usize::try_from(entropy).unwrap_or_default() % bound.max(1);
        entropy /= u32::try_from(bound.max(1)).unwrap_or(u32::MAX);
        drawn
    };
    let kind = below(12);
    let mut requests: Vec<Vec<u8>> = data.get(..size)?.split(|byte| *byte == BETWEEN).map(<[u8]>::to_vec).collect();
    let chosen = below(requests.len());
    let request = requests.get_mut(chosen)?;
    match kind {
        0 | 1 => {
            let bit = below(16);
            *request.get_mut(bit / 8)? ^= 1 << (bit % 8);
        }
        2..=4 => {
            let end = request.iter().rposition(|byte| *byte == b'}')?;
            let is_empty = request.get(..end)?.trim_ascii_end().ends_with(b"{");
            request.truncate(end);
            request.extend((!is_empty).then_some(b','));
            request.extend_from_slice(FIELDS.get(below(FIELDS.len()))?.as_bytes());
        }
        5 => {
            let again = request.clone();
            requests.insert(chosen, again);
        }
        6 => requests.insert(chosen, ORDINARY.to_vec()),
        7 if requests.len() > 1 => drop(requests.remove(chosen)),
        _ => return None,
    }
    let changed = requests.join(&BETWEEN);
    data.get_mut(..changed.len().min(size_max)).filter(|data| data.len() == changed.len())?.copy_from_slice(&changed);
    Some(changed.len())
}
