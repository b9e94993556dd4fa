//! Deserializers for single fields, so that each range stands at its field.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};

/// Reads a whole number from `MIN` to `MAX`.
pub(super) fn within<'de, const MIN: i64, const MAX: i64, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<i64>,
    D: Deserializer<'de>,
{
    let number = i64::deserialize(deserializer)?;
    let inside = (MIN..=MAX).contains(&number);
    let fitting = T::try_from(number).ok().filter(|_| inside);
    fitting.ok_or_else(|| D::Error::custom(format_args!("must be {MIN} to {MAX}")))
}

/// Reads 1 to `COUNT_MAX` whole numbers from 0 to `MAX`.
pub(super) fn numbers<'de, const COUNT_MAX: usize, const MAX: i64, D>(deserializer: D) -> Result<Vec<u32>, D::Error>
where
    D: Deserializer<'de>,
{
    let numbers = Vec::<i64>::deserialize(deserializer)?;
    let unfit = || D::Error::custom(format_args!("must be 1 to {COUNT_MAX} numbers, each 0 to {MAX}"));
    if !(1..=COUNT_MAX).contains(&numbers.len()) {
        return Err(unfit());
    }
    let fitting = |number: i64| u32::try_from(number).ok().filter(|_| number <= MAX).ok_or_else(unfit);
    numbers.into_iter().map(fitting).collect()
}

/// Parses a text.
pub(super) fn parsed<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// Parses a text; `None` if it is empty.
pub(super) fn optional<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
}

/// Parses a list of texts.
pub(super) fn list<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
}

/// Reads an address with a port.
pub(super) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let unfit = |_| D::Error::custom("must be an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080");
    String::deserialize(deserializer)?.parse().map_err(unfit)
}

/// Reads a path that is not empty.
pub(super) fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Err(D::Error::custom("must be a path")) } else { Ok(text.into()) }
}

/// Reads a mail address without a display name.
pub(super) fn mailbox<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let fits = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    let plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ','));
    let fits = fits && text.parse::<lettre::Address>().is_ok();
    if fits && plain { Ok(text) } else { Err(D::Error::custom("must be a mail address such as tidings@localhost")) }
}
