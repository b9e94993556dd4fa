//! Reads the project's source files as text, as tokens and as syntax.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item};

const FOLDERS: &[&str] = &["events", "actors", "src", "xtask", "tests", "benches", "examples", "fuzz"];

/// A Rust file of the project.
pub(super) struct Source {
    /// Relative to the project's folder.
    pub(super) path: String,
    pub(super) text: String,
    /// The code of each line that has any, without comments and literals, and with blanks only between names.
    pub(super) code: BTreeMap<usize, String>,
    /// Empty if the text is not valid Rust.
    pub(super) syntax: syn::File,
    /// The reason why the text is not valid Rust.
    pub(super) error: Option<syn::Error>,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let mut code = BTreeMap::new();
        let (syntax, error) = match read(text, &mut code) {
            Ok(syntax) => (syntax, None),
            Err(error) => (syn::File { shebang: None, attrs: Vec::new(), items: Vec::new() }, Some(error)),
        };
        Self { path: path.to_owned(), text: text.to_owned(), code, syntax, error }
    }

    /// Returns the code without the parts that only tests compile.
    pub(super) fn code_without_tests(&self) -> BTreeMap<usize, String> {
        let mut tests = Tests(Vec::new());
        tests.visit_file(&self.syntax);
        let mut code = self.code.clone();
        code.retain(|line, _| !tests.0.iter().any(|(first, last)| (*first..=*last).contains(line)));
        code
    }
}

/// Returns the project's folder.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns all sources of the project, sorted by path.
pub(super) fn all() -> Vec<Source> {
    let root = root();
    let mut sources = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), folder, &mut sources);
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

fn collect(folder: &Path, name: &str, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if path.is_dir() && !name.ends_with("/target") {
            collect(&path, &name, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(Source::new(&name, &fs::read_to_string(&path).unwrap_or_default()));
        }
    }
}

fn read(text: &str, code: &mut BTreeMap<usize, String>) -> syn::Result<syn::File> {
    let tokens: TokenStream = text.parse()?;
    write(tokens.clone(), code);
    syn::parse2(tokens)
}

fn write(tokens: TokenStream, lines: &mut BTreeMap<usize, String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = signs(group.delimiter());
                add(open, group.span_open().start().line, lines);
                write(group.stream(), lines);
                add(close, group.span_close().end().line, lines);
            }
            TokenTree::Ident(name) => add(&name.to_string(), name.span().start().line, lines),
            TokenTree::Punct(sign) => add(&sign.to_string(), sign.span().start().line, lines),
            TokenTree::Literal(_) => {}
        }
    }
}

fn signs(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

fn add(token: &str, line: usize, lines: &mut BTreeMap<usize, String>) {
    let code: &mut String = lines.entry(line).or_default();
    if code.ends_with(is_in_name) && token.starts_with(is_in_name) {
        code.push(' ');
    }
    code.push_str(token);
}

pub(super) fn is_in_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The first and last lines of items that only tests compile.
struct Tests(Vec<(usize, usize)>);

impl Visit<'_> for Tests {
    fn visit_item(&mut self, item: &Item) {
        if is_for_tests(attributes(item)) {
            let span = item.span();
            self.0.push((span.start().line, span.end().line));
        } else {
            visit::visit_item(self, item);
        }
    }
}

/// True if `#[cfg(test)]` is among the attributes.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    let mut conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.any(|condition| condition.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test")))
}

pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[test]
fn comments_texts_and_figures_are_no_code() {
    let code = |text: &str| Source::new("src/a.rs", text).code.into_values().collect::<Vec<_>>().join(" ");
    assert_eq!(code("a /* b /* c */ d */ e // f\ng"), "a e g");
    assert_eq!(code(r#"a "b \" c" d b"e" f"#), "a d f");
    assert_eq!(code(r##"a r#"b " c"# d br"e" 7 f"##), "a d f");
    assert_eq!(code(r"a '\'' b '\u{1F600}' c 'd' e<'f> &'g h / i"), "a b c e<'f>&'g h/i");
    assert_eq!(code("//! Words.\nstd ::\n  fs ( )"), "#![doc=] std:: fs()");
}

#[test]
fn code_keeps_its_lines() {
    let code = Source::new("src/a.rs", "a\n\"b\nc\"\nd {\n}").code;
    assert_eq!(code.into_iter().collect::<Vec<_>>(), [(1, "a"), (4, "d{"), (5, "}")].map(|(n, c)| (n, c.to_owned())));
}

#[test]
fn what_only_tests_compile_is_told_from_the_rest() {
    let text = "use a::B;\n#[cfg(test)]\nmod tests {\n    use c::D;\n}\n#[cfg(not(test))]\nfn e() {}\n";
    let code = Source::new("src/a.rs", text).code_without_tests();
    assert_eq!(code.into_keys().collect::<Vec<_>>(), [1, 6, 7]);
}
