//! Finds dependency cycles between the files of each crate. Only the actor runtime may have one.
//!
//! A file and those below it may need each other: `mod.rs` calls its children, and these use what it defines. So a
//! cycle counts only if it remains without the arrows that lead down, or without those that lead up.

use std::collections::{BTreeMap, BTreeSet};

use super::Violation;
use super::paths::Crate;
use super::sources::Source;

const CRATES: &[&str] = &["events/src/", "actors/src/", "src/"];

/// The shells, the shard that holds them and their messages are one mechanism.
const ONE_MECHANISM: &str = "actors/src/runtime";

/// For each file, the files that it names, with the line where each is named first.
type Arrows<'a> = BTreeMap<&'a str, BTreeMap<&'a str, usize>>;

pub(super) fn violations(sources: &[Source]) -> Vec<Violation> {
    CRATES.iter().flat_map(|root| in_crate(&Crate::of(root, sources))).collect()
}

fn in_crate(program: &Crate) -> Vec<Violation> {
    let arrows = arrows(program);
    let not_down = without(&arrows, |from, to| is_below(to, from));
    let not_up = without(&arrows, is_below);
    let mut found = [in_circles(&not_down), in_circles(&not_up)].concat();
    found.sort_by(|one, other| (&one.path, &one.verdict).cmp(&(&other.path, &other.verdict)));
    found.dedup_by(|one, other| (&one.path, &one.verdict) == (&other.path, &other.verdict));
    found
}

fn without<'a>(arrows: &Arrows<'a>, is_left_out: fn(&str, &str) -> bool) -> Arrows<'a> {
    let mut arrows = arrows.clone();
    for (from, to) in &mut arrows {
        to.retain(|to, _| !is_left_out(from, to));
    }
    arrows
}

/// True if the file's module lies below the other file's module.
fn is_below(file: &str, other: &str) -> bool {
    let module = ["/mod.rs", "/lib.rs", ".rs"].iter().find_map(|end| other.strip_suffix(end)).unwrap_or(other);
    file.strip_prefix(module).is_some_and(|rest| rest.starts_with('/')) && file != other
}

fn in_circles(arrows: &Arrows) -> Vec<Violation> {
    let circles: BTreeSet<_> = circles(arrows).into_iter().filter(|circle| circle.len() > 1).collect();
    let is_mechanism = |circle: &BTreeSet<&str>| circle.iter().all(|file| file.starts_with(ONE_MECHANISM));
    let (mechanisms, others): (Vec<_>, Vec<_>) = circles.into_iter().partition(is_mechanism);
    others.iter().chain(mechanisms.iter().skip(1)).flat_map(|circle| in_circle(circle, arrows)).collect()
}

fn arrows<'a>(program: &Crate<'a>) -> Arrows<'a> {
    let files: BTreeSet<&str> = program.modules().map(|(_, module)| module.file).collect();
    let mut arrows = Arrows::new();
    for (_, module) in program.modules() {
        for named in module.named.iter().filter(|named| !named.is_handed_on) {
            if let Some(to) = program.file_of(&named.path).filter(|to| *to != module.file && files.contains(to)) {
                arrows.entry(module.file).or_default().entry(to).or_insert(named.line);
            }
        }
    }
    arrows
}

/// For each file, the files that it needs and that need it, including itself.
fn circles<'a>(arrows: &Arrows<'a>) -> Vec<BTreeSet<&'a str>> {
    let needed: BTreeMap<&str, BTreeSet<&str>> = arrows.keys().map(|file| (*file, needed(file, arrows))).collect();
    let needs = |file: &str, other: &str| needed.get(file).is_some_and(|needed| needed.contains(other));
    let circle = |file: &&'a str| {
        let mutual = needed.get(file).into_iter().flatten().copied().filter(|other| needs(other, file));
        mutual.chain([*file]).collect()
    };
    arrows.keys().map(circle).collect()
}

/// Returns the files that this one needs, directly or through others.
fn needed<'a>(file: &'a str, arrows: &Arrows<'a>) -> BTreeSet<&'a str> {
    let mut needed = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        let next = arrows.get(file).into_iter().flat_map(BTreeMap::keys);
        open.extend(next.filter(|to| needed.insert(**to)));
    }
    needed
}

/// Reports every arrow of a cycle, because removing some of them breaks it.
fn in_circle(circle: &BTreeSet<&str>, arrows: &Arrows) -> Vec<Violation> {
    let from = circle.iter().filter_map(|from| Some((from, arrows.get(from)?)));
    let all = from.flat_map(|(from, to)| to.iter().map(move |(to, line)| (from, to, line)));
    let inside = all.filter(|(_, to, _)| circle.contains(*to));
    let violation = |(from, to, line): (&&str, &&str, &usize)| {
        let verdict = format!("{to} is needed here and needs this file, in a circle of {}", circle.len());
        Violation::new(from, *line, verdict)
    };
    inside.map(violation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::shown;

    fn check(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        shown(&violations(&sources))
    }

    fn named(from: &str, line: usize, to: &str, files: usize) -> String {
        format!("{from}:{line}: {to} is needed here and needs this file, in a circle of {files}")
    }

    #[test]
    fn two_files_that_name_each_other_are_a_circle() {
        let (a, b) = ("src/a.rs", "src/b.rs");
        let lib = ("src/lib.rs", "mod a;\nmod b;\nmod c;\n");
        let found = check(&[
            lib,
            (a, "use crate::b::B;\n"),
            (b, "//! B.\nfn b() { super::a::f(crate::c::C) }\n"),
            ("src/c.rs", ""),
        ]);
        assert_eq!(found, [named(a, 1, b, 2), named(b, 2, a, 2)]);
        assert_eq!(check(&[lib, (a, "use crate::b::B;\n"), (b, "")]), [""; 0]);
    }

    #[test]
    fn a_longer_circle_is_found_in_each_crate_by_itself() {
        let ring = |root: &str| {
            let names = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("lib", "a")];
            names.map(|(from, to)| (format!("{root}{from}.rs"), format!("use crate::{to}::Of_{to};\n")))
        };
        for root in CRATES {
            let sources = ring(root).map(|(path, text)| Source::new(&path, &text));
            let path = |name| format!("{root}{name}.rs");
            let arrows = [("a", "b"), ("b", "c"), ("c", "a")].map(|(from, to)| named(&path(from), 1, &path(to), 3));
            assert_eq!(shown(&violations(&sources)), arrows);
        }
    }

    #[test]
    fn a_parent_that_only_lists_its_children_needs_none() {
        let child = ("src/a/b.rs", "use super::A;\n");
        let lists = "mod b;\npub use b::B;\nstruct A;\n";
        assert_eq!(check(&[("src/lib.rs", "mod a;"), ("src/a.rs", lists), child]), [""; 0]);
    }

    #[test]
    fn a_file_and_those_below_it_may_need_each_other() {
        let uses = "mod b;\npub use b::B;\nstruct A(B);\n";
        let (lib, child) = (("src/lib.rs", "mod a;\nmod c;\n"), ("src/a/b.rs", "use super::A;\n"));
        assert_eq!(check(&[lib, ("src/a.rs", uses), child]), [""; 0]);
        assert_eq!(check(&[lib, ("src/a/mod.rs", uses), child]), [""; 0]);
        assert_eq!(check(&[("src/lib.rs", uses), ("src/b.rs", "use crate::A;\n")]), [""; 0]);
    }

    #[test]
    fn a_circle_that_leaves_the_folder_counts_on_its_way_down_and_on_its_way_up() {
        let lib = ("src/lib.rs", "mod a;\nmod c;\n");
        let (a, b, c) = ("src/a.rs", "src/a/b.rs", "src/c.rs");
        let down =
            check(&[lib, (a, "mod b;\nstruct A(b::B);\n"), (b, "use crate::c::C;\n"), (c, "use crate::a::A;\n")]);
        assert_eq!(down, [named(a, 2, b, 3), named(b, 1, c, 3), named(c, 1, a, 3)]);
        let up = check(&[lib, (a, "mod b;\nuse crate::c::C;\n"), (b, "use super::A;\n"), (c, "use crate::a::b::B;\n")]);
        assert_eq!(up, [named(a, 2, c, 3), named(b, 1, a, 3), named(c, 1, b, 3)]);
    }

    #[test]
    fn a_re_export_leads_to_the_file_that_defines_the_item() {
        let files = [
            ("src/lib.rs", "mod a;\nmod e;\n"),
            ("src/a.rs", "mod b;\nmod c;\npub use b::B;\npub use c::C;\n"),
            ("src/a/b.rs", "use crate::a::C;\n"),
            ("src/a/c.rs", "use crate::e;\nfn c() { e::d() }\n"),
            ("src/e.rs", "pub use crate::a::B as d;\n"),
        ];
        let (b, c) = ("src/a/b.rs", "src/a/c.rs");
        assert_eq!(check(&files), [named(b, 1, c, 2), named(c, 2, b, 2)]);
    }

    #[test]
    fn tests_close_no_circle() {
        let a = ("src/a.rs", "#[cfg(test)]\nmod tests { use crate::b::B; }\n#[cfg(test)]\nmod more;\n");
        let more = ("src/a/more.rs", "use crate::b::B;\n");
        assert_eq!(
            check(&[("src/lib.rs", ""), a, more, ("src/b.rs", "use crate::a::more::A;\nuse crate::a::B;\n")]),
            [""; 0]
        );
    }

    #[test]
    fn what_runs_the_actors_may_be_one_circle_of_its_own() {
        let pair = |one: &'static str, other: &'static str| {
            let path = |name| format!("actors/src/{name}.rs");
            let text = |name: &str| format!("fn f() {{ crate::{}::f() }}\n", name.replace('/', "::"));
            [(path(one), text(other)), (path(other), text(one))]
        };
        let count = |files: Vec<(String, String)>| {
            let files = files.iter().map(|(path, text)| Source::new(path, text));
            let folders = [Source::new("actors/src/lib.rs", ""), Source::new("actors/src/runtime.rs", "")];
            violations(&files.chain(folders).collect::<Vec<_>>()).len()
        };
        let mechanism = pair("runtime/shard", "runtime/shell");
        assert_eq!(count(mechanism.to_vec()), 0);
        assert_eq!(count([mechanism.clone(), pair("runtime/clock", "runtime/port")].concat()), 2);
        assert_eq!(count([mechanism, pair("runtime/clock", "peer")].concat()), 2);
    }
}
