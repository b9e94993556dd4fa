//! What office programs take under the names of their files, though it is HTML, XML or rich text.

/// Endings under which programs give tables and letters in HTML or XML of Microsoft's office, or in rich text.
const OFFICE: [&str; 6] = ["xls", "xlt", "doc", "dot", "ppt", "pps"];
/// Stands in every such page.
const OFFICE_NAMESPACES: [&[u8]; 2] = [b"urn:schemas-microsoft-com:office:", b"http://schemas.microsoft.com/office/"];
/// Whether this is what office programs take under this name, though it is HTML, XML or rich text.
pub(super) fn is_office_text(bytes: &[u8], name: &str) -> bool {
    let begins = |start: &[u8]| bytes.trim_ascii_start().starts_with(start);
    let names = |word: &&[u8]| bytes.windows(word.len()).any(|window| window == *word);
    // A page with a form, such as one to sign in, is no table, whatever it names.
    let is_page = || [b"<form".as_slice(), b"<FORM"].iter().any(names);
    is_of(name, &OFFICE) && (begins(b"{\\rtf") || (OFFICE_NAMESPACES.iter().any(names) && !is_page()))
}

/// Whether a name has one of these endings.
pub(super) fn is_of(name: &str, endings: &[&str]) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}
