//! Commands to copy into a shell.

/// The end of a line of a command that goes on.
pub(super) const CONTINUED: &str = " \\";

/// Quotes a word for a shell, if it needs it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Puts the words of a command into lines of this width, indented by two columns, to be copied together.
pub(super) fn wrapped(words: &[String], width: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), " ".to_owned());
    for word in words {
        let with_word = line.len() + " ".len() + word.len();
        if with_word + CONTINUED.len() > width && !line.trim().is_empty() {
            lines.push(line + CONTINUED);
            line = " ".repeat(3);
        }
        line = format!("{line} {word}");
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_if_a_shell_would_read_it_otherwise() {
        for plain in ["tidings", "--data-dir", "http://127.0.0.1:8080/in/in_0", "data/demo", "+12025550100"] {
            assert_eq!(quoted(plain), plain);
        }
        for (word, wanted) in
            [("", "''"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("[::1]", "'[::1]'"), ("$A", "'$A'")]
        {
            assert_eq!(quoted(word), wanted);
        }
    }

    #[test]
    fn a_long_command_goes_on_below() {
        let words = ["tidings", "listen", "--instead"].map(str::to_owned);
        assert_eq!(wrapped(&words, 40), ["  tidings listen --instead"]);
        assert_eq!(wrapped(&words, 20), ["  tidings listen \\", "    --instead"]);
        assert_eq!(wrapped(&words, 5), ["  tidings \\", "    listen \\", "    --instead"]);
    }
}
