//! Tests every rule for phone numbers, and compares the parser with a second one that works differently, the referee.

mod referee;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const ADA: &str = "+12025550101";

fn phone(text: &str) -> Result<String, NoNumber> {
    read(text).map(|number| number.phone)
}

/// Spaces, dashes, dots and brackets group digits; some characters are invisible.
#[test]
fn what_groups_digits_is_dropped_without_a_word() {
    for text in [
        "+12025550101",
        "12025550101",
        " +1 (202) 555-0101 ",
        "1.202.555.0101",
        "+1 202 555.0101",
        "+1 [202] 555\u{2011}0101",
        "(+1) 202 555 0101",
        "+1\u{a0}202\u{3000}555\u{2014}0101",
        "+1\t202\t5550101\r\n",
        "\u{202a}+1\u{2009}202\u{202f}5550101\u{202c}",
        "\u{feff}+12025550101",
        "+1\u{61c}202\u{200c}555\u{ad}0101\u{fe0f}",
        "+١٢٠٢٥٥٥٠١٠١",
        "＋１（２０２）５５５－０１０１",
        "+१२०२५५५०१०१",
        "(+12025550101)",
    ] {
        assert_eq!(read(text), Ok(Number { phone: ADA.to_owned(), oddities: vec![] }), "{text:?}");
    }
    // A German extension, whose 0 belongs to the number.
    assert_eq!(phone("+49 30 901820-0").as_deref(), Ok("+49309018200"));
    assert_eq!(phone("+49 30 901820–0").as_deref(), Ok("+49309018200"));
    // Pairs of digits, as in France: 00 is one of them.
    assert_eq!(phone("+1.20.25.55.01.00").as_deref(), Ok("+12025550100"));
    // Italian area codes keep their 0.
    assert_eq!(phone("+39 (06) 5550 1234").as_deref(), Ok("+390655501234"));
}

/// Additions of spreadsheets, address books and other gateways.
#[test]
fn what_is_added_to_numbers_is_dropped_and_told() {
    for (text, oddity) in [
        ("tel:+12025550101", Oddity::Tel),
        ("TEL: +1 202 555 0101", Oddity::Tel),
        ("whatsapp:+12025550101", Oddity::WhatsApp),
        ("what\u{200b}sapp:+12025550101", Oddity::WhatsApp),
        ("'+12025550101", Oddity::Apostrophe),
        ("0012025550101", Oddity::DoubleZero),
        ("00 1 202 555 0101", Oddity::DoubleZero),
        ("12025550101.0", Oddity::Fraction),
        ("12025550101.00", Oddity::Fraction),
        ("+12025550101.0", Oddity::Fraction),
    ] {
        assert_eq!(read(text), Ok(Number { phone: ADA.to_owned(), oddities: vec![oddity] }), "{text:?}");
    }
    let several = vec![Oddity::Apostrophe, Oddity::Tel, Oddity::DoubleZero, Oddity::Fraction];
    assert_eq!(read("'tel:0012025550101.0"), Ok(Number { phone: ADA.to_owned(), oddities: several }));
    let national = Number { phone: "+2025550101".to_owned(), oddities: vec![Oddity::LooksNational] };
    assert_eq!(read("(202) 555-0101"), Ok(national));
    assert_eq!(read("+2025550101").unwrap().oddities, []);
    assert_eq!(read("002025550101").unwrap().oddities, [Oddity::DoubleZero]);
}

/// Dropping any of this could make it somebody else's number.
#[test]
fn what_a_person_might_read_otherwise_is_no_number() {
    for (text, why) in [
        ("+44 (0)20 7946 0958", NoNumber::ZeroInBrackets),
        ("0044 (0) 20 7946 0958", NoNumber::ZeroInBrackets),
        ("+44[0]2079460958", NoNumber::ZeroInBrackets),
        ("+44 (020) 7946 0958", NoNumber::ZeroInBrackets),
        ("+39 (0)6 5550 1234", NoNumber::ZeroInBrackets),
        ("12025550111.5", NoNumber::Fraction),
        ("12025550111.05", NoNumber::Fraction),
        ("+1 202 555 01.11", NoNumber::Fraction),
        ("+49 30 123.00", NoNumber::Fraction),
        ("12025550111. 0", NoNumber::Fraction),
        ("1.202.555.0111.0", NoNumber::Fraction),
        ("+49.30.123456.0", NoNumber::Fraction),
        ("12025550111..0", NoNumber::Fraction),
        ("12025550111.0.", NoNumber::Fraction),
        ("12025550111.0.0", NoNumber::Fraction),
        ("1.202.555.0111.00", NoNumber::Fraction),
        ("+1\u{202e}1010555202", NoNumber::Character('\u{202e}')),
        ("\u{202e}12025550101", NoNumber::Character('\u{202e}')),
        ("12025550111.000", NoNumber::Zeros),
        ("+12025550101 (12)", NoNumber::BracketedTail),
        ("+1 202 555 (1234)", NoNumber::BracketedTail),
        ("+12025550101 (12).", NoNumber::BracketedTail),
        ("+12025550101 (ext. 12)", NoNumber::Letter('e')),
        ("+1 (202 5550101", NoNumber::Brackets),
        ("+1 202) 5550101", NoNumber::Brackets),
        ("+1 () 2025550101", NoNumber::Brackets),
        ("+1 ((202)) 5550101", NoNumber::Brackets),
        ("5550101 5550102", NoNumber::TwoNumbers),
        ("5550101-5550102", NoNumber::TwoNumbers),
        ("2025550101 2025550102", NoNumber::TwoNumbers),
        ("+12025550101\n+12025550102", NoNumber::LineBreak),
        ("+12025550101 +12025550102", NoNumber::Plus),
        ("1202+5550101", NoNumber::Plus),
        ("++12025550101", NoNumber::Plus),
        ("2025550101/02", NoNumber::Slash('/')),
        ("tel://12025550101", NoNumber::Slash('/')),
        ("1.2025550101E+10", NoNumber::Exponent),
        ("1.2025550101e10", NoNumber::Exponent),
        ("1,2025550101E+10", NoNumber::Character(',')),
        ("011 44 20 7946 0958", NoNumber::ExitCode),
        ("011442079460958", NoNumber::ExitCode),
        ("0532 111 22 33", NoNumber::LeadingZero),
        ("0114 496 0000", NoNumber::LeadingZero),
        ("+0123456789", NoNumber::LeadingZero),
        ("+0012025550101", NoNumber::LeadingZero),
        ("00012025550101", NoNumber::LeadingZero),
        ("0 0 12025550101", NoNumber::LeadingZero),
        ("+1202555O101", NoNumber::Letter('O')),
        ("hello", NoNumber::Letter('h')),
        ("Tel. +12025550101", NoNumber::Letter('T')),
        ("+1 202 555 0101 x12", NoNumber::Letter('x')),
        ("{{phone}}", NoNumber::Placeholder),
        ("ada@acme.example", NoNumber::Letter('a')),
        ("+1@2", NoNumber::At),
        ("+12025550101,+12025550102", NoNumber::Character(',')),
        ("12025550101\u{1}", NoNumber::Character('\u{1}')),
        ("1²3456789", NoNumber::Character('²')),
        ("", NoNumber::Empty),
        ("+", NoNumber::Empty),
        ("\u{200b} -", NoNumber::Empty),
        ("123456", NoNumber::TooShort),
        ("1234567890123456", NoNumber::TooLong),
    ] {
        assert_eq!(phone(text), Err(why), "{text:?}");
    }
    assert_eq!(NoNumber::Character('\u{1}').to_string(), "it has the character U+0001");
}

/// Tries every character in the middle of a number: one that does not belong there is never dropped.
#[test]
fn no_other_character_is_dropped() {
    for c in '\0'..=char::MAX {
        let dropped = referee::is_in(&referee::SPACES, c)
            || referee::is_in(&referee::DASHES, c)
            || referee::is_in(&referee::IGNORABLE, c)
            || matches!(c, '\t' | '.' | '\u{b7}' | '\u{2024}' | '\u{ff0e}');
        let read = phone(&format!("+1202555{c}0101"));
        match digit(c) {
            Some(value) => assert_eq!(read, Ok(format!("+1202555{value}0101")), "{c:?}"),
            None => assert_eq!(read.as_deref() == Ok(ADA), dropped, "{c:?} {read:?}"),
        }
        assert!(digit(c).is_some() || dropped || read.is_err(), "{c:?} {read:?}");
    }
}

/// Pieces of phone numbers, good and bad.
fn piece() -> impl Strategy<Value = String> {
    const ODD: &[&str] =
        &["+", "＋", "00", "011", ".0", ".00", ".5", "'", "tel:", "WhatsApp:", "/", "e", "E+10", "\n", ",", "@", "²"];
    let digits = (select(&referee::ZEROS[..]), "[0-9]{1,8}").prop_map(|(zero, digits)| {
        let in_script = |c: char| char::from_u32(u32::from(zero) + c.to_digit(10).unwrap_or_default());
        digits.chars().filter_map(in_script).collect::<String>()
    });
    let between = prop_oneof![
        one_of(&referee::SPACES),
        one_of(&referee::DASHES),
        one_of(&referee::IGNORABLE),
        select(&[".", ".", "·", "．", "(", ")", "[", "]", "（", "）", "(0)", "\t"][..]).prop_map(str::to_owned),
    ];
    prop_oneof![6 => digits, 4 => between, 1 => select(ODD).prop_map(str::to_owned)]
}

fn one_of(ranges: &'static [std::ops::RangeInclusive<char>]) -> impl Strategy<Value = String> {
    select(ranges).prop_flat_map(|range| prop::char::range(*range.start(), *range.end())).prop_map(String::from)
}

fn composed() -> impl Strategy<Value = String> {
    let begin = select(&["", "+", "+", "00", "'", "tel:", "(+"][..]);
    (begin, prop::collection::vec(piece(), 0..9)).prop_map(|(begin, pieces)| format!("{begin}{}", pieces.concat()))
}

/// A number in E.164, with invisible or grouping characters between its digits.
fn spelled() -> impl Strategy<Value = (String, String)> {
    let between = prop_oneof![
        5 => Just(String::new()),
        1 => one_of(&referee::SPACES),
        1 => one_of(&referee::DASHES),
        1 => one_of(&referee::IGNORABLE),
    ];
    ("[1-9][0-9]{6,14}", select(&referee::ZEROS[..]), prop::collection::vec(between, 15)).prop_map(
        |(digits, zero, between)| {
            let mut text = "+".to_owned();
            for (digit, between) in digits.chars().zip(between) {
                text.extend(char::from_u32(u32::from(zero) + digit.to_digit(10).unwrap_or_default()));
                text.push_str(&between);
            }
            (format!("+{digits}"), text)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn a_phone_is_what_the_referee_reads(text in composed()) {
        prop_assert_eq!(phone(&text).ok(), referee::read(&text), "{:?}", text);
    }

    #[test]
    fn any_text_at_all_is_what_the_referee_reads(text in "\\PC{0,24}|[-+ .()0-9eE/'\\[\\]]{0,24}") {
        // The referee knows few scripts.
        prop_assume!(text.chars().all(|c| digit(c).is_none() || referee::read(&format!("+1234567{c}")).is_some()));
        prop_assert_eq!(phone(&text).ok(), referee::read(&text), "{:?}", text);
    }

    /// A number stays the same however it is grouped and whatever invisible characters it contains, unless it has two
    /// groups that could each be a number.
    #[test]
    fn a_number_is_read_in_every_spelling((wanted, text) in spelled()) {
        match phone(&text) {
            Err(why) => prop_assert_eq!(why, NoNumber::TwoNumbers, "{:?}", text),
            read => prop_assert_eq!(read, Ok(wanted), "{:?}", text),
        }
    }

    #[test]
    fn the_short_way_gives_what_the_long_way_gives(text in "\\+?[0-9]{0,18}|\\+[0-9٠+ ]{5,16}") {
        prop_assert_eq!(read(&text), read_by_parts(&text));
    }

    /// Parsing the result again gives the same number.
    #[test]
    fn a_number_is_its_own_spelling(text in composed()) {
        if let Ok(number) = read(&text) {
            prop_assert_eq!(read(&number.phone), Ok(Number { phone: number.phone.clone(), oddities: vec![] }));
        }
    }
}
