//! Finds names of types and files that tell a newcomer nothing, and suggests better ones.

use std::path::Path;

use proc_macro2::Ident;
use syn::visit::{self, Visit};

use super::Violation;
use super::sources::Source;

const TYPES: &[(&str, &str)] = &[
    ("Chance", "Entropy"),
    ("Door", "Credential, Endpoint"),
    ("Flood", "RateLimits"),
    ("Happening", "ActivityLine"),
    ("Heard", "IncomingMessage, ReceiveLookups"),
    ("Held", "what is held, such as PendingAnswer"),
    ("Hook", "InboundCaller"),
    ("Kept", "what is kept, such as AttachmentCache"),
    ("Lately", "SentCache"),
    ("Leaving", "FlushBatch"),
    ("Make", "Dependencies"),
    ("Poster", "HttpPoster"),
    ("Postbox", "MailQueue"),
    ("Posting", "OutboundPort"),
    ("Reading", "ReadMode, Cursor"),
    ("Scribe", "LogGenerator"),
    ("Seat", "StreamPermit"),
    ("Seats", "StreamLimit"),
    ("Seen", "what was seen, such as SeenIds"),
    ("Sending", "TransportPort"),
    ("Spent", "Reclaimed"),
    ("Storing", "Flushing"),
    ("Tally", "EventCounters"),
    ("Told", "MessageState, TextEntry, ReceivedReport"),
    ("Trying", "RecordedPoster"),
    ("Visit", "InboundExchange"),
    ("Witness", "HeadFile, Subscriber"),
];

/// Names of files and folders, without extensions.
const FILES: &[(&str, &str)] = &[
    ("commentary", "activity_feed"),
    ("doors", "lifecycle"),
    ("flood", "rate_limit"),
    ("happenings", "activity_line"),
    ("lately", "sent_cache"),
    ("leaving", "flush"),
    ("leftovers", "stale_files"),
    ("lives", "synthetic"),
    ("reported", "report_lines"),
    ("room", "disk_space"),
    ("seal", "closing"),
    ("seats", "stream_limit"),
    ("tally", "counters"),
    ("unwinding", "catch_panic"),
];

pub(super) fn violations(sources: &[Source]) -> Vec<Violation> {
    sources.iter().flat_map(|source| file_names(source).into_iter().chain(type_names(source))).collect()
}

fn file_names(source: &Source) -> Vec<Violation> {
    let parts = Path::new(&source.path).iter().filter_map(|part| Path::new(part).file_stem()?.to_str());
    let banned = parts.filter_map(|part| Some((part, better(part, FILES)?)));
    banned.map(|(part, better)| violation(source, 1, part, better)).collect()
}

fn type_names(source: &Source) -> Vec<Violation> {
    let mut types = Types(Vec::new());
    types.visit_file(&source.syntax);
    let named = types.0.iter().map(|name| (name.to_string(), name.span().start().line));
    let banned = named.filter_map(|(name, line)| Some((better(&name, TYPES)?, name, line)));
    banned.map(|(better, name, line)| violation(source, line, &name, better)).collect()
}

fn better(name: &str, banned: &[(&'static str, &'static str)]) -> Option<&'static str> {
    banned.iter().find(|(banned, _)| *banned == name).map(|(_, better)| *better)
}

fn violation(source: &Source, line: usize, name: &str, better: &str) -> Violation {
    Violation::new(&source.path, line, format!("nothing is called `{name}`; better: {better}"))
}

/// The names of all types and traits that a file defines.
struct Types(Vec<Ident>);

impl<'a> Visit<'a> for Types {
    fn visit_item_struct(&mut self, item: &'a syn::ItemStruct) {
        self.0.push(item.ident.clone());
    }

    fn visit_item_enum(&mut self, item: &'a syn::ItemEnum) {
        self.0.push(item.ident.clone());
    }

    fn visit_item_union(&mut self, item: &'a syn::ItemUnion) {
        self.0.push(item.ident.clone());
    }

    fn visit_item_type(&mut self, item: &'a syn::ItemType) {
        self.0.push(item.ident.clone());
    }

    fn visit_item_trait(&mut self, item: &'a syn::ItemTrait) {
        self.0.push(item.ident.clone());
        visit::visit_item_trait(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::shown;

    fn check(path: &str, text: &str) -> Vec<String> {
        shown(&violations(&[Source::new(path, text)]))
    }

    #[test]
    fn every_banned_type_is_found_however_it_is_defined() {
        for (name, better) in TYPES {
            let named = [format!("src/a.rs:2: nothing is called `{name}`; better: {better}")];
            for definition in ["struct N;", "enum N {}", "trait N {}", "type N = u8;", "union N { a: u8 }"] {
                let definition = definition.replace('N', name);
                assert_eq!(check("src/a.rs", &format!("//! A.\n{definition}\n")), named, "{definition}");
                assert_eq!(check("src/a.rs", &format!("fn a() {{\n{definition} }}\n")), named, "{definition}");
            }
        }
    }

    #[test]
    fn using_such_a_type_of_others_and_longer_names_are_allowed() {
        assert_eq!(check("src/a.rs", "use syn::visit::Visit;\nstruct Seater(Option<Held>);\nfn Told() {}\n"), [""; 0]);
        assert_eq!(check("src/a.rs", "enum Event { Seen, Held }\n"), [""; 0]);
    }

    #[test]
    fn every_banned_file_and_folder_is_found() {
        for (name, better) in FILES {
            for path in [format!("src/a/{name}.rs"), format!("events/{name}/a.rs")] {
                let named = [format!("{path}:1: nothing is called `{name}`; better: {better}")];
                assert_eq!(check(&path, ""), named);
            }
            assert_eq!(check(&format!("src/{name}_a.rs"), ""), [""; 0]);
        }
    }
}
