//! Reads which paths the files of a crate name, relative to the crate's root, and finds the file that each leads to.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Item, ItemMod, ItemUse, UseTree, Visibility};

use super::sources::{Source, attributes, is_for_tests};

/// The most re-exports that are followed in a row.
const STEPS_MAX: usize = 16;

/// The names of modules from the root, ending with a module or an item.
pub(super) type Path = Vec<String>;

/// The files of a crate, by the paths of their modules.
pub(super) struct Crate<'a> {
    root: &'static str,
    modules: BTreeMap<Path, Module<'a>>,
}

/// A file with the paths that it names.
pub(super) struct Module<'a> {
    pub(super) file: &'a str,
    pub(super) named: Vec<Named>,
    /// The targets of the names that `use` imports.
    imports: BTreeMap<String, Path>,
    /// The items that are defined here, without modules.
    items: BTreeSet<String>,
    /// Modules that only tests compile.
    tests: BTreeSet<String>,
}

/// A path that a file names, relative to the crate's root.
pub(super) struct Named {
    pub(super) path: Path,
    pub(super) line: usize,
    /// True for a `pub use`, which passes a name on without needing it.
    pub(super) is_handed_on: bool,
}

impl<'a> Crate<'a> {
    /// Reads the crate whose sources lie in this folder, such as `src/`.
    pub(super) fn of(root: &'static str, sources: &'a [Source]) -> Self {
        let files = sources.iter().filter(|source| source.path.starts_with(root));
        let mut program = Self { root, modules: BTreeMap::new() };
        let mut raw = Vec::new();
        for source in files {
            let at = module_path(root, &source.path);
            let mut reader = Reader::new(at.clone());
            reader.visit_file(&source.syntax);
            let items = source.syntax.items.iter().filter_map(defined).map(ToString::to_string).collect();
            let (imports, named) = (BTreeMap::new(), Vec::new());
            let module = Module { file: &source.path, named, imports, items, tests: reader.tests };
            program.modules.insert(at.clone(), module);
            raw.push((at, reader.named));
        }
        for (at, named) in raw {
            program.import(&at, &named);
            program.name(&at, named);
        }
        program
    }

    /// Returns the modules that are not only for tests.
    pub(super) fn modules(&self) -> impl Iterator<Item = (&Path, &Module<'a>)> {
        self.modules.iter().filter(|(path, _)| !self.is_for_tests(path))
    }

    /// Resolves a path in a file to one relative to the crate's root; `None` if it leads out of the crate.
    pub(super) fn absolute(&self, path: &[String], file: &str) -> Option<Path> {
        let at = module_path(self.root, file);
        self.rooted(&from_module(path, &at)?, &at)
    }

    /// Returns the file that defines the item of this path; `None` if the path ends with a module.
    pub(super) fn file_of(&self, path: &[String]) -> Option<&'a str> {
        self.follow(path, STEPS_MAX)
    }

    fn is_for_tests(&self, path: &[String]) -> bool {
        let parents = path.iter().enumerate().filter_map(|(at, name)| Some((self.modules.get(path.get(..at)?)?, name)));
        parents.into_iter().any(|(parent, name)| parent.tests.contains(name))
    }

    fn import(&mut self, at: &Path, named: &[Raw]) {
        for raw in named {
            if let Some(name) = raw.imported.clone()
                && let Some(path) = self.rooted(&raw.path, at)
                && let Some(module) = self.modules.get_mut(at)
            {
                module.imports.insert(name, path);
            }
        }
    }

    fn name(&mut self, at: &Path, named: Vec<Raw>) {
        let named = named.into_iter().filter_map(|raw| {
            let path = self.rooted(&raw.path, at)?;
            Some(Named { path, line: raw.line, is_handed_on: raw.is_handed_on })
        });
        let named = named.collect();
        if let Some(module) = self.modules.get_mut(at) {
            module.named = named;
        }
    }

    /// Resolves a path that begins with `crate`, or with a name that the module knows, relative to the root.
    fn rooted(&self, path: &[String], at: &[String]) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        if first == "crate" {
            return Some(rest.to_vec());
        }
        let child = [at, std::slice::from_ref(first)].concat();
        let known = self.modules.get(at)?.imports.get(first).cloned();
        let start = known.or_else(|| self.modules.contains_key(&child).then_some(child))?;
        Some([start, rest.to_vec()].concat())
    }

    fn follow(&self, path: &[String], steps: usize) -> Option<&'a str> {
        let mut at = Path::new();
        for (place, name) in path.iter().enumerate() {
            let rest = path.get(place + 1..).unwrap_or_default();
            let module = self.modules.get(&at)?;
            let child = [at.as_slice(), std::slice::from_ref(name)].concat();
            let imported = module.imports.get(name);
            // A function may have the same name as a module.
            if rest.is_empty() && module.items.contains(name) {
                return Some(module.file);
            }
            if self.modules.contains_key(&child) && (imported.is_none() || !rest.is_empty()) {
                at = child;
                continue;
            }
            return match imported {
                Some(imported) => self.follow(&[imported.as_slice(), rest].concat(), steps.checked_sub(1)?),
                None => Some(module.file),
            };
        }
        None
    }
}

fn defined(item: &Item) -> Option<&Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        _ => None,
    }
}

/// Returns the path of a file's module; empty for the crate's root.
fn module_path(root: &str, file: &str) -> Path {
    let parts = file.strip_prefix(root).and_then(|file| file.strip_suffix(".rs")).unwrap_or_default();
    let mut path: Path = parts.split('/').map(str::to_owned).collect();
    path.pop_if(|last| ["lib", "mod"].contains(&last.as_str()));
    path
}

/// Replaces `self` and `super` by `crate`; `None` if that leads above the root.
fn from_module(path: &[String], at: &[String]) -> Option<Path> {
    let mut at = at.to_vec();
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        match first.as_str() {
            "self" => {}
            "super" => drop(at.pop()?),
            _ => break,
        }
        rest = after;
    }
    if rest.len() == path.len() {
        return Some(rest.to_vec());
    }
    Some([vec!["crate".to_owned()], at, rest.to_vec()].concat())
}

/// A path as it is written in the file, except that `crate` replaces `self` and `super`.
struct Raw {
    path: Path,
    line: usize,
    /// The name under which a `use` imports it.
    imported: Option<String>,
    is_handed_on: bool,
}

/// Collects the paths in a file, without those in tests.
struct Reader {
    /// The module that is being read: the file's own, or one inside it.
    at: Path,
    named: Vec<Raw>,
    tests: BTreeSet<String>,
}

impl Reader {
    fn new(at: Path) -> Self {
        Self { at, named: Vec::new(), tests: BTreeSet::new() }
    }

    fn add(&mut self, path: &[String], line: usize, imported: Option<&str>, is_handed_on: bool) {
        if let Some(path) = from_module(path, &self.at) {
            self.named.push(Raw { path, line, imported: imported.map(str::to_owned), is_handed_on });
        }
    }

    fn add_use(&mut self, tree: &UseTree, before: &[String], is_handed_on: bool) {
        let with = |name: &Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(tree) => self.add_use(&tree.tree, &with(&tree.ident), is_handed_on),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(tree, before, is_handed_on)),
            UseTree::Glob(glob) => {
                let path = [before, &["*".to_owned()]].concat();
                self.add(&path, glob.star_token.span.start().line, None, is_handed_on);
            }
            UseTree::Name(tree) if tree.ident == "self" => {
                let name = before.last().map(String::as_str);
                self.add(before, tree.ident.span().start().line, name, is_handed_on);
            }
            UseTree::Name(tree) => {
                let (path, name) = (with(&tree.ident), tree.ident.to_string());
                self.add(&path, tree.ident.span().start().line, Some(&name), is_handed_on);
            }
            UseTree::Rename(tree) => {
                let (path, name) = (with(&tree.ident), tree.rename.to_string());
                self.add(&path, tree.rename.span().start().line, Some(&name), is_handed_on);
            }
        }
    }

    /// Adds the paths in the arguments of a macro, which are not parsed as syntax.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Path = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Punct(sign) if sign.as_char() == ':' => colons += 1,
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.add(&std::mem::take(&mut path), line, None, false);
                    }
                    line = name.span().start().line;
                    path.push(name.to_string());
                    colons = 0;
                }
                other => {
                    self.add(&std::mem::take(&mut path), line, None, false);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.add(&path, line, None, false);
    }
}

impl<'a> Visit<'a> for Reader {
    fn visit_item(&mut self, item: &'a Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        } else if let Item::Mod(module) = item {
            self.tests.insert(module.ident.to_string());
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'a ItemMod) {
        self.at.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.at.pop();
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        let is_handed_on = !matches!(item.vis, Visibility::Inherited);
        self.add_use(&item.tree, &[], is_handed_on);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        if let Some(first) = path.segments.first() {
            let names: Path = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.add(&names, first.ident.span().start().line, None, false);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }

    /// `pub(super)` names nothing.
    fn visit_visibility(&mut self, _: &'a Visibility) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(file: &str, text: &str) -> Vec<String> {
        let sources = [Source::new("src/a/b.rs", ""), Source::new("src/lib.rs", ""), Source::new(file, text)];
        let program = Crate::of("src/", &sources);
        let named = program.modules.values().filter(|module| module.file == file).flat_map(|module| &module.named);
        named.map(|named| format!("{} {}", named.line, named.path.join("::"))).collect()
    }

    #[test]
    fn paths_are_read_from_use_and_code_and_macros() {
        let text = "use crate::x::{self, Y as Z};\nuse super::v;\nfn f() {\n x::g(Z::new());\n\
                    w!(a, v::u(self::t), [crate::s]);\n}\n";
        let lines = ["1 x", "1 x::Y", "2 a::v", "4 x::g", "4 x::Y::new", "5 a::v::u", "5 a::c::t", "5 s"];
        assert_eq!(named("src/a/c.rs", text), lines);
    }

    #[test]
    fn other_crates_and_names_of_the_file_itself_are_no_paths_of_the_crate() {
        assert_eq!(named("src/a/c.rs", "use std::fs;\nfn f() { fs::read(A::B); g(local) }\n"), [""; 0]);
        assert_eq!(named("src/a/c.rs", "pub(super) fn f() {}\n"), [""; 0]);
    }

    #[test]
    fn a_child_is_known_by_its_name() {
        assert_eq!(named("src/a.rs", "mod b;\npub use b::C;\nfn f() { b::g() }\n"), ["2 a::b::C", "3 a::b::g"]);
        assert_eq!(named("src/a/mod.rs", "mod b;\nfn f() { b::g() }\n"), ["2 a::b::g"]);
    }

    #[test]
    fn what_only_tests_compile_is_not_read() {
        let text = "#[cfg(test)]\nmod tests { use crate::x::Y; }\n#[cfg(test)]\nuse crate::x::Z;\n#[cfg(test)]\nmod d;\n\
                    impl A {\n#[cfg(test)]\nfn f() { crate::x::g() }\n}\n";
        assert_eq!(named("src/a/c.rs", text), [""; 0]);
        let sources = [Source::new("src/a.rs", text), Source::new("src/a/d.rs", ""), Source::new("src/a/d/e.rs", "")];
        let program = Crate::of("src/", &sources);
        assert_eq!(program.modules().map(|(_, module)| module.file).collect::<Vec<_>>(), ["src/a.rs"]);
    }

    #[test]
    fn a_module_inside_a_file_has_a_parent_of_its_own() {
        assert_eq!(named("src/a/c.rs", "mod d { use super::super::X; use self::Y; }\n"), ["1 a::X", "1 a::c::d::Y"]);
    }

    #[test]
    fn re_exports_are_followed_to_the_file_that_defines_the_item() {
        let sources = [
            Source::new("src/lib.rs", "mod a;\nmod b;\n"),
            Source::new("src/a/mod.rs", "mod c;\npub use c::{C, deep as e};\npub use self::c::c;\nstruct A;\n"),
            Source::new(
                "src/a/c.rs",
                "pub use super::super::b::deep;\nuse crate::b;\nstruct C;\npub fn c() {}\npub fn b() {}\n",
            ),
            Source::new("src/b.rs", "pub use crate::b::round;\n"),
        ];
        let program = Crate::of("src/", &sources);
        let file_of = |path: &str| program.file_of(&path.split("::").map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(file_of("a::A"), Some("src/a/mod.rs"));
        assert_eq!(file_of("a::C::new"), Some("src/a/c.rs"));
        assert_eq!(file_of("a::c"), Some("src/a/c.rs"));
        assert_eq!(file_of("a::c::C"), Some("src/a/c.rs"));
        assert_eq!(file_of("a::c::b"), Some("src/a/c.rs"));
        assert_eq!(file_of("a::e"), Some("src/b.rs"));
        assert_eq!(file_of("b"), None);
        assert_eq!(file_of("b::round"), None);
    }
}
