//! A point in the log's past, given as a position or a time.

use std::fmt;
use std::str::FromStr;

use events::history::History;
use events::log::ReadError;
use events::record::Position;
use events::time::Timestamp;

/// A point in the log's past; `History::position_at` finds the position of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// After the event at this position; 0 is before the first event. For a state, a position within a commit stands for
    /// the commit's end.
    Position(Position),
    /// After the last event that was recorded at this time or earlier.
    Time(Timestamp),
}

impl AsOf {
    /// Returns the first position at or after this point; `head` plus one if there is none.
    pub fn first(self, history: &History, head: Position) -> Result<Position, ReadError> {
        let first = match self {
            Self::Position(position) => position,
            Self::Time(time) => {
                let before = Timestamp::from_ms(time.ms().saturating_sub(1));
                history.position_at(before)?.saturating_add(1)
            }
        };
        Ok(first.clamp(1, head.saturating_add(1)))
    }

    /// Returns the moment of a state: the end of the commit that holds this point, or `head` if no point is given. A
    /// commit has happened whole or not at all, so no state has only a part of one.
    pub fn moment(point: Option<Self>, history: &History, head: Position) -> Result<Position, ReadError> {
        point.map_or(Ok(head), |point| history.end_of_commit(point.position(history, head)?))
    }

    /// Returns the position, at most `head`.
    pub fn position(self, history: &History, head: Position) -> Result<Position, ReadError> {
        Ok(match self {
            Self::Position(position) => position.min(head),
            Self::Time(time) => history.position_at(time)?.min(head),
        })
    }
}

impl FromStr for AsOf {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Position).map_err(|_| "not a position");
        }
        text.parse().map(Self::Time).map_err(|_| "neither a position nor a time such as 2026-01-31T12:00:00Z")
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => position.fmt(f),
            Self::Time(time) => time.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_position_or_a_time() {
        let time = AsOf::Time(Timestamp::from_ms(1_000));
        assert_eq!("4711".parse(), Ok(AsOf::Position(4711)));
        assert_eq!("1970-01-01T00:00:01Z".parse(), Ok(time));
        assert!("yesterday".parse::<AsOf>().is_err());
        assert!("".parse::<AsOf>().is_err());
        assert_eq!(time.to_string().parse(), Ok(time));
    }
}
