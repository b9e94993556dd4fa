//! Recognizes HTML, XML and rich text that office programs accept under their own file endings.

/// Endings under which programs export tables and letters as Microsoft Office HTML or XML, or as rich text.
const OFFICE: [&str; 6] = ["xls", "xlt", "doc", "dot", "ppt", "pps"];
/// Every such HTML or XML file contains one of these.
const OFFICE_NAMESPACES: [&[u8]; 2] = [b"urn:schemas-microsoft-com:office:", b"http://schemas.microsoft.com/office/"];
/// True if office programs accept these bytes under this name, although they are HTML, XML or rich text.
pub(super) fn is_office_text(bytes: &[u8], name: &str) -> bool {
    let begins = |start: &[u8]| bytes.trim_ascii_start().starts_with(start);
    let names = |word: &&[u8]| bytes.windows(word.len()).any(|window| window == *word);
    // A page with a form, such as a sign-in page, is not a table, whatever namespaces it contains.
    let is_page = || [b"<form".as_slice(), b"<FORM"].iter().any(names);
    is_of(name, &OFFICE) && (begins(b"{\\rtf") || (OFFICE_NAMESPACES.iter().any(names) && !is_page()))
}

/// True if a name has one of these endings.
pub(super) fn is_of(name: &str, endings: &[&str]) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}
