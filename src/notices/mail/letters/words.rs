//! The sentences of all letters in one language, from `locales/<tag>/mail.ftl` (Project Fluent).

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::notices::mail::Language;
use crate::notices::mail::line::line;
use crate::recent::mask;

/// The sentences of one language.
pub(super) struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

/// An argument of a sentence.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of<'a> {
    /// A text that somebody wrote, or a phone number.
    Text(&'a str),
    /// A number.
    Count(u64),
}

impl Words {
    pub(super) fn new(language: Language) -> Self {
        let id: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![id]);
        // Direction marks around arguments would be copied together with addresses and commands.
        bundle.set_use_isolating(false);
        let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(source(language).to_owned());
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }

    pub(super) const fn language(&self) -> Language {
        self.language
    }

    /// A sentence without arguments.
    pub(super) fn say(&self, name: &str) -> String {
        self.say_of(name, &[])
    }

    /// A sentence with arguments. Texts among them are put on one line, and our secrets in them are masked.
    pub(super) fn say_of(&self, name: &str, about: &[(&'static str, Of<'_>)]) -> String {
        let mut args = FluentArgs::new();
        for (key, value) in about {
            args.set(*key, FluentValue::from(*value));
        }
        let pattern = self.bundle.get_message(name).and_then(|message| message.value());
        let said = pattern.map(|pattern| self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new()));
        said.map_or_else(|| name.to_owned(), std::borrow::Cow::into_owned)
    }
}

/// A text that somebody wrote, as letters show it.
pub(super) fn shown(text: &str) -> String {
    mask::text(&line(text), false)
}

impl From<Of<'_>> for FluentValue<'_> {
    fn from(of: Of<'_>) -> Self {
        match of {
            Of::Text(text) => shown(text).into(),
            Of::Count(count) => count.into(),
        }
    }
}

const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../../locales/en/mail.ftl"),
        Language::Turkish => include_str!("../../../../locales/tr/mail.ftl"),
        Language::Greek => include_str!("../../../../locales/el/mail.ftl"),
        Language::Hindi => include_str!("../../../../locales/hi/mail.ftl"),
        Language::Spanish => include_str!("../../../../locales/es/mail.ftl"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Every sentence of a language, with the names of its arguments.
    fn sentences(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut sentences: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut name = String::new();
        for line in source(language).lines().filter(|line| !line.starts_with('#')) {
            if let Some((key, _)) = line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()))
            {
                key.clone_into(&mut name);
                assert!(sentences.insert(name.clone(), BTreeSet::new()).is_none(), "{name} stands there twice");
            }
            let named = line.split('$').skip(1).filter_map(|rest| rest.split(|c: char| !c.is_ascii_lowercase()).next());
            sentences.entry(name.clone()).or_default().extend(named.map(str::to_owned));
        }
        sentences.remove("");
        sentences
    }

    #[test]
    fn every_language_has_every_sentence_about_the_same_things() {
        let english = sentences(Language::English);
        assert!(english.len() > 25, "{english:?}");
        for language in Language::ALL {
            assert!(FluentResource::try_new(source(language).to_owned()).is_ok(), "{language:?}");
            assert_eq!(sentences(language), english, "{language:?}");
        }
    }

    #[test]
    fn every_sentence_can_be_said_of_any_number() {
        for language in Language::ALL {
            let words = Words::new(language);
            for (name, about) in sentences(language) {
                let keys = about.iter().map(|key| &*key.clone().leak()).collect::<Vec<&'static str>>();
                for count in [0, 1, 2, 5, 21, 1_000_000] {
                    let of =
                        |key: &'static str| (key, if key == "count" { Of::Count(count) } else { Of::Text("Acme") });
                    let said = words.say_of(&name, &keys.iter().map(|key| of(key)).collect::<Vec<_>>());
                    assert!(!said.is_empty() && said != name && !said.contains(['{', '}', '$']), "{name}: {said}");
                    let hidden = |c: char| matches!(c, '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
                    assert!(!said.contains(hidden), "{name}: {said}");
                }
            }
        }
    }
}
