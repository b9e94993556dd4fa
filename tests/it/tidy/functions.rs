//! Checks the length of functions, from the line with `fn` to the line with the closing brace.

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Signature, Token};

use super::Violation;
use super::paths::Crate;
use super::sources::Source;

const LINES_MAX: usize = 50;

/// A handler should only authorise, parse, call one function and render.
const HANDLER_LINES_MAX: usize = 15;

/// Functions that are tables, and so as long as their contents.
const TABLES: &[(&str, &str)] = &[
    (ROUTES, "table"),
    ("actors/src/phone/tests.rs", "what_a_person_might_read_otherwise_is_no_number"),
    ("events/src/event.rs", "streams"),
    ("events/tests/shared/random.rs", "of_accounts"),
    ("events/tests/shared/random_webhooks.rs", "of_deliveries"),
    ("events/tests/shared/samples.rs", "account_samples"),
    ("src/service/refusal.rs", "from"),
    ("src/net/guard/tests.rs", "every_spelling_of_a_forbidden_address_is_refused"),
];

/// The file with the table of routes. It calls `row`, whose last argument is the handler.
const ROUTES: &str = "src/http/routes.rs";

pub(super) fn violations(sources: &[Source]) -> Vec<Violation> {
    let mut found: Vec<Violation> = sources.iter().flat_map(long_functions).collect();
    found.extend(handlers(sources).into_iter().filter_map(|handler| long_handler(&handler, sources)));
    found
}

fn long_functions(source: &Source) -> Vec<Violation> {
    let functions = functions(&source.syntax).into_iter().filter(|function| function.lines() > LINES_MAX);
    let long = functions.filter(|function| !TABLES.contains(&(source.path.as_str(), function.name.as_str())));
    long.map(|function| too_long("function", &source.path, &function, LINES_MAX)).collect()
}

/// Returns the tables that do not exist or are short, and so need no exception.
pub(super) fn needless_tables(sources: &[Source]) -> Vec<(&'static str, &'static str)> {
    let is_needed = |table: &(&str, &str)| {
        let source = sources.iter().find(|source| source.path == table.0);
        let functions = source.map(|source| functions(&source.syntax)).unwrap_or_default();
        functions.iter().any(|function| function.name == table.1 && function.lines() > LINES_MAX)
    };
    TABLES.iter().filter(|table| !is_needed(table)).copied().collect()
}

fn too_long(what: &str, path: &str, function: &Function, lines_max: usize) -> Violation {
    let verdict = format!("{what} `{}` has {} lines, {lines_max} at most", function.name, function.lines());
    Violation::new(path, function.first, verdict)
}

fn long_handler(handler: &Handler, sources: &[Source]) -> Option<Violation> {
    let source = sources.iter().find(|source| source.path == handler.path);
    let functions = source.map(|source| functions(&source.syntax)).unwrap_or_default();
    match functions.iter().find(|function| function.name == handler.name) {
        Some(function) if function.lines() <= HANDLER_LINES_MAX => None,
        Some(function) => Some(too_long("handler", &handler.path, function, HANDLER_LINES_MAX)),
        None => {
            let verdict = format!("handler `{}` of the routes' table is not found", handler.name);
            Some(Violation::new(&handler.path, 1, verdict))
        }
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Handler {
    path: String,
    name: String,
}

/// Returns the handlers that the table of routes names, each once.
pub(super) fn handlers(sources: &[Source]) -> Vec<Handler> {
    let Some(routes) = sources.iter().find(|source| source.path == ROUTES) else { return Vec::new() };
    let mut rows = Rows(Vec::new());
    rows.visit_file(&routes.syntax);
    let program = Crate::of("src/", sources);
    let mut handlers: Vec<Handler> = rows.0.iter().map(|path| handler(path, &program)).collect();
    handlers.sort();
    handlers.dedup();
    handlers
}

fn handler(path: &[String], program: &Crate) -> Handler {
    let file = program.absolute(path, ROUTES).and_then(|path| program.file_of(&path));
    let name = path.last().map_or("", String::as_str);
    Handler { path: file.unwrap_or(ROUTES).to_owned(), name: name.to_owned() }
}

/// The paths of the handlers, in the order of the table.
struct Rows(Vec<Vec<String>>);

impl<'a> Visit<'a> for Rows {
    fn visit_macro(&mut self, call: &'a syn::Macro) {
        let elements = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(call.tokens.clone());
        for element in elements.into_iter().flatten() {
            Rows::visit_expr(self, &element);
        }
    }

    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        if let (Expr::Path(called), Some(Expr::Path(handler))) = (&*call.func, call.args.last())
            && called.path.is_ident("row")
        {
            self.0.push(handler.path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_expr_call(self, call);
    }
}

struct Function {
    name: String,
    first: usize,
    last: usize,
}

impl Function {
    fn new(signature: &Signature, block: &Block) -> Self {
        let first = signature.fn_token.span.start().line;
        Self { name: signature.ident.to_string(), first, last: block.brace_token.span.close().end().line }
    }

    fn lines(&self) -> usize {
        self.last + 1 - self.first
    }
}

fn functions(syntax: &syn::File) -> Vec<Function> {
    let mut functions = Functions(Vec::new());
    functions.visit_file(syntax);
    functions.0
}

struct Functions(Vec<Function>);

impl<'a> Visit<'a> for Functions {
    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        self.0.push(Function::new(&item.sig, &item.block));
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.0.push(Function::new(&item.sig, &item.block));
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
        self.0.extend(item.default.as_ref().map(|block| Function::new(&item.sig, block)));
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::shown;

    /// A function with this many lines.
    fn function(head: &str, lines: usize) -> String {
        format!("{head} {{{}}}\n", "\n".repeat(lines - 1))
    }

    fn check(path: &str, text: &str) -> Vec<String> {
        shown(&violations(&[Source::new(path, text)]))
    }

    #[test]
    fn a_long_function_is_found_wherever_it_stands() {
        let named = |line| format!("src/a.rs:{line}: function `a` has 51 lines, 50 at most");
        assert_eq!(check("src/a.rs", &function("fn a()", 50)), [""; 0]);
        assert_eq!(check("src/a.rs", &function("/// B.\n#[inline]\nfn a()", 51)), [named(3)]);
        assert_eq!(check("src/a.rs", &format!("impl A {{\n{}}}", function("pub async fn a()", 51))), [named(2)]);
        assert_eq!(check("src/a.rs", &format!("trait A {{\n{}}}", function("fn a()", 51))), [named(2)]);
        assert_eq!(check("src/a.rs", &format!("mod tests {{\n{}}}", function("fn a()", 51))), [named(2)]);
        assert_eq!(check("src/a.rs", &format!("fn b() {{\n{}}}", function("fn a()", 40))), [""; 0]);
        assert_eq!(check("src/a.rs", &format!("trait A {{ fn b();\n{}}}", "\n".repeat(60))), [""; 0]);
    }

    #[test]
    fn a_table_may_be_long_but_only_that_one() {
        assert_eq!(check(ROUTES, &function("fn table()", 90)), [""; 0]);
        assert_eq!(check(ROUTES, &function("fn other()", 90)).len(), 1);
        assert_eq!(check("src/a.rs", &function("fn table()", 90)).len(), 1);
    }

    #[test]
    fn a_table_that_is_short_needs_no_exception() {
        let needless = |lines| needless_tables(&[Source::new(ROUTES, &function("fn table()", lines))]);
        assert!(needless(50).contains(&(ROUTES, "table")));
        assert!(!needless(51).contains(&(ROUTES, "table")) && needless(51).len() + 1 == TABLES.len());
    }

    const TABLE: &str = "use super::{api::shown::show, chats, keys};\nfn table() -> Vec<Row> { vec![\n\
        row(GET, \"/a\", chats::list::<A>), row(PUT, \"/b\", keys::add), row(PUT, \"/c\", show),] }\n";

    fn check_handlers(chats: &str) -> Vec<String> {
        let sources = [
            Source::new("src/lib.rs", "mod http;\n"),
            Source::new("src/http/mod.rs", "mod api;\nmod chats;\nmod routes;\nuse api::keys;\n"),
            Source::new(ROUTES, TABLE),
            Source::new("src/http/chats.rs", chats),
            Source::new("src/http/api/mod.rs", "mod listed;\npub mod keys;\npub mod shown;\n"),
            Source::new("src/http/api/shown.rs", "pub use super::listed::show;\n"),
            Source::new("src/http/api/keys.rs", &function("pub fn add()", 16)),
            Source::new("src/http/api/listed.rs", &function("pub fn show()", 3)),
        ];
        shown(&violations(&sources))
    }

    #[test]
    fn a_handler_is_followed_from_the_table_to_its_file_and_has_fewer_lines() {
        let add = "src/http/api/keys.rs:1: handler `add` has 16 lines, 15 at most";
        let list = "src/http/chats.rs:2: handler `list` has 17 lines, 15 at most";
        let chats = |lines| format!("//! A.\n{}{}", function("pub async fn list()", lines), function("fn other()", 20));
        assert_eq!(check_handlers(&chats(15)), [add]);
        assert_eq!(check_handlers(&chats(17)), [add, list]);
    }

    #[test]
    fn a_handler_that_is_nowhere_is_a_violation() {
        assert!(
            check_handlers("")
                .contains(&"src/http/chats.rs:1: handler `list` of the routes' table is not found".to_owned())
        );
    }
}
