//! The catalogue of codes as an HTML page: one section for each code, with the code as its anchor.

use std::fmt::Write as _;

use crate::codes::{self, Code, Kind};

const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Codes - Tidings</title>\n\
    <link rel=\"stylesheet\" href=\"/docs/style.css\">\n</head>\n<body>\n<main>\n<h1>Codes</h1>\n\
    <p>Every refusal names its code in <code>error.code</code>, every failed message in <code>failure.code</code>. \
    Codes never change their meaning. <code>tidings explain CODE</code> says the same. \
    <a href=\"/docs\">All routes</a></p>\n";
const TAIL: &str = "</main>\n</body>\n</html>\n";

/// Renders the page.
pub(super) fn page() -> String {
    let rows: String = codes::all().map(row).collect();
    let sections: String = codes::all().map(section).collect();
    format!("{HEAD}<table>\n<tbody>\n{rows}</tbody>\n</table>\n{sections}{TAIL}")
}

fn row(code: &Code) -> String {
    let (name, meaning) = (code.name, escape(code.meaning));
    let kind = match code.kind {
        Kind::Refusal(status) => status.to_string(),
        Kind::Failure => "failure".to_owned(),
        Kind::Stop => "stop".to_owned(),
        Kind::Try => "try".to_owned(),
    };
    format!("<tr><td><a href=\"#{name}\"><code>{name}</code></a></td><td>{kind}</td><td>{meaning}</td></tr>\n")
}

fn section(code: &Code) -> String {
    let (name, kind) = (code.name, code.kind.words());
    let causes: Vec<String> = code.causes.iter().map(|cause| format!("<li>{}</li>", escape(cause))).collect();
    [
        format!("<section id=\"{name}\">\n<h2><code>{name}</code> <small>{kind}</small></h2>"),
        format!("<p>{}</p>", escape(code.meaning)),
        format!("<h3>Likely causes</h3>\n<ul>\n{}\n</ul>", causes.join("\n")),
        format!("<h3>What to do</h3>\n<p>{}</p>", escape(code.remedy)),
        format!("<h3>Credits</h3>\n<p>{}</p>", code.credits.words()),
        format!("<h3>Example</h3>\n<pre>{}</pre>\n</section>\n", escape(&format!("{:#}", code.example()))),
    ]
    .join("\n")
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        let _ = match c {
            '&' => escaped.write_str("&amp;"),
            '<' => escaped.write_str("&lt;"),
            '>' => escaped.write_str("&gt;"),
            '"' => escaped.write_str("&quot;"),
            _ => escaped.write_char(c),
        };
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_anchor() {
        let page = page();
        for code in codes::all() {
            assert_eq!(page.matches(&format!("<section id=\"{}\">", code.name)).count(), 1, "{}", code.name);
        }
    }

    #[test]
    fn nothing_on_the_page_runs_or_comes_from_elsewhere() {
        let page = page();
        for word in ["<script", "<style", " style=", "onclick", "src=", "href=\"http", "@import"] {
            assert!(!page.contains(word), "{word}");
        }
    }

    #[test]
    fn texts_are_escaped() {
        assert_eq!(escape("a < b & \"c\""), "a &lt; b &amp; &quot;c&quot;");
    }
}
