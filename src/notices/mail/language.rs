//! The languages of letters.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// Also for everybody whose language is not here.
    English,
    /// Türkçe.
    Turkish,
    /// Ελληνικά.
    Greek,
    /// हिन्दी.
    Hindi,
    /// Español.
    Spanish,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::English, Self::Turkish, Self::Greek, Self::Hindi, Self::Spanish];

    /// The language for a tag (BCP 47), ignoring region and script; English if there is no better one.
    pub fn of(tag: &str) -> Self {
        let first = tag.split(['-', '_']).next().unwrap_or_default();
        let fits = |language: &Self| language.tag().eq_ignore_ascii_case(first);
        Self::ALL.into_iter().find(fits).unwrap_or(Self::English)
    }

    /// Its tag of two letters.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Turkish => "tr",
            Self::Greek => "el",
            Self::Hindi => "hi",
            Self::Spanish => "es",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_makes_no_difference_and_an_unknown_language_is_english() {
        for (tag, language) in [
            ("es-MX", Language::Spanish),
            ("tr", Language::Turkish),
            ("EL-gr", Language::Greek),
            ("hi_IN", Language::Hindi),
            ("hi-Deva-IN", Language::Hindi),
            ("en-GB", Language::English),
            ("de", Language::English),
            ("esx", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of(tag), language, "{tag}");
        }
    }
}
