//! Oddities in a text that can be sent all the same: unfilled placeholders, words that programs write for missing
//! values.

/// How much of a placeholder is shown.
const SHOWN_CHARS_MAX: usize = 64;
const REPLACED: &str = "half an emoji (half a surrogate pair): U+FFFD stands in its place";
const DROPPED: &str = "U+0000, which was dropped";

/// Removes U+0000 from a text. Also returns what was wrong with it.
pub(super) fn mended(text: String, is_broken: bool) -> (String, Vec<&'static str>) {
    let has_nul = text.contains('\0');
    let text = if has_nul { text.replace('\0', "") } else { text };
    let said = [is_broken.then_some(REPLACED), has_nul.then_some(DROPPED)];
    (text, said.into_iter().flatten().collect())
}

/// Returns what the sender probably did not mean to say.
pub(super) fn oddities(text: &str) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(placeholder) = placeholder(text) {
        said.push(format!("\"{placeholder}\", which looks like a placeholder that was not filled in"));
    }
    for words in ["undefined", "[object Object]"] {
        if has_word(text, words) {
            said.push(format!("\"{words}\", which looks like a value that was not filled in"));
        }
    }
    if each(text, "\\n").next().is_some() {
        said.push("\\n as two characters: in JSON a line break is a single \\n within the quotes".to_owned());
    }
    said
}

/// Returns the first `{{...}}`.
fn placeholder(text: &str) -> Option<String> {
    let from = each(text, "{{").next()?;
    let end = from.find("}}")?;
    let inside = from.get(2..end)?;
    let shown: String = inside.chars().take(SHOWN_CHARS_MAX).collect();
    (!inside.contains('\n')).then(|| format!("{{{{{shown}}}}}"))
}

/// True if the text contains it as a separate word.
fn has_word(text: &str, word: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    each(text, word).any(|found| {
        let before = text.get(..text.len() - found.len()).unwrap_or_default();
        let after = found.get(word.len()..).unwrap_or_default();
        is_edge(before.chars().next_back()) && is_edge(after.chars().next())
    })
}

/// Returns the rest of the text from each occurrence of the word on. Most texts contain none, and searching for its
/// first letter costs less than preparing a search for the whole word.
fn each<'a>(text: &'a str, word: &str) -> impl Iterator<Item = &'a str> {
    let first = word.chars().next().unwrap_or_default();
    text.match_indices(first).filter_map(|(at, _)| text.get(at..)).filter(move |rest| rest.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_filled_in_is_told() {
        for (text, wanted) in [
            ("Hi {{contact.first_name}}", &["{{contact.first_name}}"][..]),
            ("Hi {{ name }}, {{b}}", &["{{ name }}"]),
            ("Dear undefined,", &["undefined"]),
            ("[object Object] and undefined", &["undefined", "[object Object]"]),
            ("one\\ntwo", &["\\n as two characters"]),
        ] {
            let said = oddities(text);
            assert_eq!(said.len(), wanted.len(), "{said:?}");
            assert!(said.iter().zip(wanted).all(|(said, wanted)| said.contains(wanted)), "{said:?}");
        }
        for text in ["hi", "{name}", "{{", "}} {{", "undefinedness", "an_undefined", "one\ntwo", "", "[object]"] {
            assert_eq!(oddities(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_nul_is_dropped() {
        assert_eq!(mended("a\0b\0".to_owned(), false), ("ab".to_owned(), vec![DROPPED]));
        assert_eq!(mended("ab\u{fffd}".to_owned(), true), ("ab\u{fffd}".to_owned(), vec![REPLACED]));
        assert_eq!(mended("ab\u{fffd}".to_owned(), false), ("ab\u{fffd}".to_owned(), vec![]));
    }
}
