//! Simulated failures and habits: how often answers fail, get lost or are slow, and how often `WhatsApp` takes a message
//! before it sends it or calls a person by another address.

use events::ids::MessageId;

/// Failures that can hit any message, in addition to the behaviour of its number. By default there are none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Chaos {
    /// The server answers with an error.
    pub error: Probability,
    /// The number is not on `WhatsApp`. Either every try of a message fails so, or none.
    pub not_registered: Probability,
    /// Extra time that every answer takes, in milliseconds.
    pub slow_ms: u64,
    /// The answer is lost. In half of these cases the phone gets the message.
    pub uncertain: Probability,
    /// The answer says that the message is taken, and a status says later that it was sent.
    pub accepted: Probability,
    /// The message is taken like this, and a status says later that it was refused.
    pub refused_later: Probability,
    /// The message is taken like this, and the answer spells the phone number otherwise where it has two spellings.
    pub spelled: Probability,
    /// What a person writes comes from a hidden number, with the phone number beside it or without, or from the phone
    /// number with the hidden one beside it.
    pub hidden: Probability,
}

/// From 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Probability(f64);

/// A failure of one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    NotRegistered,
    Error,
    Lost { arrives: bool },
}

/// The way in which `WhatsApp` takes a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taking {
    /// True if it says first that it has taken the message.
    pub(super) accepts: bool,
    /// True if it refuses the message after that.
    pub(super) refuses: bool,
    /// True if it spells the phone number otherwise.
    pub(super) spells: bool,
}

/// The addresses that an update gives of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    Phone,
    Hidden,
    HiddenAndPhone,
    PhoneAndHidden,
}

/// The purposes of random draws; draws for different purposes are independent.
#[derive(Clone, Copy)]
enum Draw {
    NotRegistered,
    Error,
    Lost,
    Arrives,
    Accepted,
    RefusedLater,
    Spelled,
    Hidden,
    Beside,
}

impl Chaos {
    /// Returns how a message is taken, the same at every try.
    pub(super) fn taking(&self, id: MessageId) -> Taking {
        let refuses = self.refused_later.holds(draw(id, 0, Draw::RefusedLater));
        let spells = self.spelled.holds(draw(id, 0, Draw::Spelled));
        let accepts = refuses || spells || self.accepted.holds(draw(id, 0, Draw::Accepted));
        Taking { accepts, refuses, spells }
    }

    /// Returns which addresses the update of the `nth` incoming message gives of its person.
    pub(super) fn naming(&self, nth: u64) -> Naming {
        let nth = MessageId::from_bits(nth);
        if !self.hidden.holds(draw(nth, 0, Draw::Hidden)) {
            return Naming::Phone;
        }
        match draw(nth, 0, Draw::Beside) % 3 {
            0 => Naming::Hidden,
            1 => Naming::HiddenAndPhone,
            _ => Naming::PhoneAndHidden,
        }
    }

    /// Returns the failure of this try, if any. The same message, try and settings always give the same result, so
    /// that runs repeat.
    pub(super) fn mishap(&self, id: MessageId, try_number: u32) -> Option<Mishap> {
        let draws = |what: Draw, try_number| draw(id, try_number, what);
        if self.not_registered.holds(draws(Draw::NotRegistered, 0)) {
            Some(Mishap::NotRegistered)
        } else if self.error.holds(draws(Draw::Error, try_number)) {
            Some(Mishap::Error)
        } else if self.uncertain.holds(draws(Draw::Lost, try_number)) {
            Some(Mishap::Lost { arrives: EVEN.holds(draws(Draw::Arrives, try_number)) })
        } else {
            None
        }
    }
}

const EVEN: Probability = Probability(0.5);

impl Probability {
    /// `None` unless it is from 0 to 1.
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    pub const fn value(self) -> f64 {
        self.0
    }

    fn holds(self, drawn: u32) -> bool {
        f64::from(drawn) < self.0 * RANGE
    }
}

/// One more than the largest number drawn.
const RANGE: f64 = 4_294_967_296.0;

fn draw(id: MessageId, try_number: u32, what: Draw) -> u32 {
    let what = match what {
        Draw::NotRegistered => 1,
        Draw::Error => 2,
        Draw::Lost => 3,
        Draw::Arrives => 4,
        Draw::Accepted => 5,
        Draw::RefusedLater => 6,
        Draw::Spelled => 7,
        Draw::Hidden => 8,
        Draw::Beside => 9,
    };
    let bits = scattered(scattered(scattered(id.bits()) ^ u64::from(try_number)) ^ what);
    u32::try_from(bits >> 32).unwrap_or(u32::MAX)
}

/// One step of splitmix64: every bit of the result depends on every bit of the input, and different inputs give
/// different results.
pub(super) const fn scattered(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIES: u32 = 10_000;

    fn of(value: f64) -> Probability {
        Probability::new(value).expect("a probability")
    }

    fn mishaps(chaos: Chaos) -> Vec<Option<Mishap>> {
        (1..=u64::from(TRIES)).map(|bits| chaos.mishap(MessageId::from_bits(bits), 1)).collect()
    }

    fn share(mishaps: &[Option<Mishap>], wanted: impl Fn(&Option<Mishap>) -> bool) -> f64 {
        let count = mishaps.iter().filter(|mishap| wanted(mishap)).count();
        f64::from(u32::try_from(count).expect("few")) / f64::from(TRIES)
    }

    #[test]
    fn a_probability_is_0_to_1() {
        for value in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Probability::new(value), None, "{value}");
        }
        for value in [0.0, 0.5, 1.0] {
            assert_eq!(Probability::new(value).map(Probability::value), Some(value));
        }
    }

    #[test]
    fn nothing_happens_by_default_and_certainty_always_strikes() {
        assert!(mishaps(Chaos::default()).iter().all(Option::is_none));
        let certain = mishaps(Chaos { error: of(1.0), ..Chaos::default() });
        assert!(certain.iter().all(|mishap| *mishap == Some(Mishap::Error)));
    }

    #[test]
    fn each_misfortune_strikes_about_as_often_as_it_was_asked_to() {
        let seen = mishaps(Chaos { error: of(0.2), not_registered: of(0.1), uncertain: of(0.5), ..Chaos::default() });
        for (wanted, expected) in [
            (Some(Mishap::NotRegistered), 0.1),
            (Some(Mishap::Error), 0.9 * 0.2),
            (Some(Mishap::Lost { arrives: true }), 0.9 * 0.8 * 0.25),
            (Some(Mishap::Lost { arrives: false }), 0.9 * 0.8 * 0.25),
            (None, 0.9 * 0.8 * 0.5),
        ] {
            let share = share(&seen, |mishap| *mishap == wanted);
            assert!((share - expected).abs() < 0.02, "{wanted:?}: {share} instead of {expected}");
        }
    }

    #[test]
    fn habits_strike_about_as_often_as_they_were_asked_to() {
        let half = Chaos { accepted: of(0.5), refused_later: of(0.2), spelled: of(0.1), ..Chaos::default() };
        let taken: Vec<Taking> = (1..=u64::from(TRIES)).map(|bits| half.taking(MessageId::from_bits(bits))).collect();
        let share = |of: fn(&Taking) -> bool| taken.iter().filter(|taking| of(taking)).count();
        for (count, expected) in [
            (share(|taking| taking.accepts), 10_000 - 5_000 * 8 / 10 * 9 / 10),
            (share(|taking| taking.refuses), 2_000),
            (share(|taking| taking.spells), 1_000),
        ] {
            assert!(count.abs_diff(expected) < 200, "{count} instead of {expected}");
        }
        let chaos = Chaos { hidden: of(0.6), ..Chaos::default() };
        let named: Vec<Naming> = (0..u64::from(TRIES)).map(|nth| chaos.naming(nth)).collect();
        for (naming, expected) in [
            (Naming::Phone, 4_000),
            (Naming::Hidden, 2_000),
            (Naming::HiddenAndPhone, 2_000),
            (Naming::PhoneAndHidden, 2_000),
        ] {
            let count = named.iter().filter(|named| **named == naming).count();
            assert!(count.abs_diff(expected) < 200, "{count} times {naming:?} instead of {expected}");
        }
        assert_eq!(Chaos::default().naming(7), Naming::Phone);
        assert!(!Chaos::default().taking(MessageId::from_bits(7)).accepts);
    }

    #[test]
    fn runs_repeat_and_tries_differ() {
        let chaos = Chaos { error: of(0.5), ..Chaos::default() };
        assert_eq!(mishaps(chaos), mishaps(chaos));
        let tries = (1..=64).map(|number| chaos.mishap(MessageId::from_bits(1), number));
        let errors = tries.flatten().count();
        assert!((16..=48).contains(&errors), "{errors} of 64 tries");
    }

    #[test]
    fn a_number_is_not_registered_at_every_try_or_at_none() {
        let chaos = Chaos { not_registered: of(0.5), ..Chaos::default() };
        for bits in 0..100 {
            let first = chaos.mishap(MessageId::from_bits(bits), 1);
            assert!((2..5).all(|number| chaos.mishap(MessageId::from_bits(bits), number) == first));
        }
    }
}
