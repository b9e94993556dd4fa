//! Checks which room of `src` names which: a room is a top-level folder or file, and it may only name rooms on lower
//! floors.

use std::collections::BTreeSet;

use super::Violation;
use super::paths::{Crate, Module, Path};
use super::sources::Source;

/// From the top down. Rooms on the same floor must not name each other.
const FLOORS: &[&[&str]] = &[
    &["cli", "http", "console", "kurrent"],
    &["service"],
    &["gateway"],
    &["whatsapp", "outbound"],
    &["notices"],
    &["metrics"],
    &["recent", "files", "bench", "audit"],
    &["net"],
    &["config", "codes"],
    &["lib", "main", "allocator", "readiness", "telemetry", "secrets", "rights"],
];

/// The files of `cli` that start the server, and the items of `http` that they may name.
const STARTERS: &[&str] = &["src/cli/serve", "src/cli/demo"];
const STARTED: &[&str] = &["serve", "Size", "Connections", "ConnectionLimits", "KEEP_ALIVE"];

pub(super) fn violations(sources: &[Source]) -> Vec<Violation> {
    let program = Crate::of("src/", sources);
    let mut found = Vec::new();
    for (path, module) in program.modules() {
        let from = room(path);
        if floor(from).is_none() && path.len() <= 1 {
            found.push(Violation::new(module.file, 1, format!("the room `{from}` has no floor")));
        }
        found.extend(wrong_arrows(from, module));
    }
    found
}

/// Returns one violation for each room that the module must not name.
fn wrong_arrows(from: &str, module: &Module) -> Vec<Violation> {
    let mut seen = BTreeSet::new();
    let wrong = module.named.iter().filter(|named| !may_name(from, module.file, &named.path));
    let first = wrong.filter(|named| seen.insert(room(&named.path)));
    let violation = |line, to: &str| {
        let verdict = format!("{from} never names {to}");
        Violation::new(module.file, line, verdict)
    };
    first.map(|named| violation(named.line, room(&named.path))).collect()
}

fn room(path: &Path) -> &str {
    path.first().map_or("lib", String::as_str)
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

fn may_name(from: &str, file: &str, path: &Path) -> bool {
    let to = room(path);
    match (floor(from), floor(to)) {
        _ if from == to => true,
        _ if (from, to) == ("cli", "http") => starts_the_server(file, path),
        (Some(from), Some(to)) => from < to,
        // A room without a floor is a violation itself; other names are not rooms.
        _ => true,
    }
}

fn starts_the_server(file: &str, path: &Path) -> bool {
    let named = path.get(1).map(String::as_str);
    STARTERS.iter().any(|start| file.starts_with(start)) && named.is_none_or(|named| STARTED.contains(&named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::shown;

    fn check(path: &str, text: &str) -> Vec<String> {
        shown(&violations(&[Source::new(path, text)]))
    }

    #[test]
    fn every_arrow_that_goes_up_or_along_a_floor_is_found() {
        for (at, floor) in FLOORS.iter().enumerate() {
            for from in *floor {
                for (to_at, to_floor) in FLOORS.iter().enumerate() {
                    for to in to_floor.iter().filter(|to| *to != from) {
                        let is_wrong = to_at <= at;
                        let named = format!("src/{from}/a.rs:2: {from} never names {to}");
                        let expected = if is_wrong { vec![named] } else { Vec::new() };
                        let text = format!("//! A.\nuse crate::{to}::b::C;\nuse crate::{to}::D;\n");
                        assert_eq!(check(&format!("src/{from}/a.rs"), &text), expected);
                    }
                }
            }
        }
    }

    #[test]
    fn an_arrow_is_found_however_it_is_drawn() {
        let named = ["src/net/guard.rs:1: net never names http"];
        for text in [
            "use crate::http;",
            "use crate::{config, http::body::Body};",
            "fn f() { crate::http::g() }",
            "fn f(a: Vec<crate::http::Body>) {}",
            "fn f() { vec![crate::http::g()] }",
            "use super::super::http::Body;",
            "pub use crate::http::Body;",
        ] {
            assert_eq!(check("src/net/guard.rs", text), named, "{text}");
        }
    }

    #[test]
    fn tests_may_name_every_room() {
        assert_eq!(check("src/net.rs", "#[cfg(test)]\nmod tests { use crate::http::Body; }\n"), [""; 0]);
        let sources = [
            Source::new("src/net.rs", "#[cfg(test)]\nmod tests;\n"),
            Source::new("src/net/tests.rs", "use crate::cli;"),
        ];
        assert_eq!(shown(&violations(&sources)), [""; 0]);
    }

    #[test]
    fn the_command_line_names_of_http_what_starts_the_server() {
        let text = "use crate::http::{self, Connections};\nfn f() { http::serve() }\n";
        for path in ["src/cli/serve.rs", "src/cli/serve/answering.rs", "src/cli/demo.rs", "src/cli/demo/mark.rs"] {
            assert_eq!(check(path, text), [""; 0]);
        }
        assert_eq!(check("src/cli/tail.rs", text), ["src/cli/tail.rs:1: cli never names http"]);
        let more = "use crate::http::{self, Connections};\nfn f() { http::make_workspace() }\n";
        assert_eq!(check("src/cli/serve.rs", more), ["src/cli/serve.rs:2: cli never names http"]);
    }

    #[test]
    fn a_room_without_a_floor_is_found_once() {
        let sources = [Source::new("src/attic/mod.rs", "use crate::cli;"), Source::new("src/attic/a.rs", "")];
        assert_eq!(shown(&violations(&sources)), ["src/attic/mod.rs:1: the room `attic` has no floor"]);
    }
}
