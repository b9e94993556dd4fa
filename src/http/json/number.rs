//! Whole numbers, in whatever form a CRM's language writes them.

/// No real number has more digits.
const DIGITS_MAX: usize = 255;

/// Returns the digits of a JSON number that is whole and not negative, whether it is written as `12025550101`,
/// `12025550101.0` or `1.2025550101e10`.
pub(in crate::http) fn whole(number: &str) -> Option<String> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let after = after.trim_end_matches('0');
    let shift: usize = exponent.parse::<i32>().ok()?.try_into().ok()?;
    let zeros = shift.checked_sub(after.len()).filter(|zeros| *zeros <= DIGITS_MAX)?;
    let digits = format!("{before}{after}{}", "0".repeat(zeros));
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let plain = digits.trim_start_matches('0');
    Some(if plain.is_empty() { "0" } else { plain }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for text in ["12025550101", "12025550101.0", "12025550101.00", "1.2025550101e10", "1.2025550101E+10"] {
            assert_eq!(whole(text).as_deref(), Some("12025550101"), "{text}");
        }
        assert_eq!(whole("0").as_deref(), Some("0"));
        assert_eq!(whole("0.12e2").as_deref(), Some("12"));
    }

    #[test]
    fn what_is_not_whole_is_nobody() {
        for text in ["-12025550101", "12025550101.5", "1e-3", "1e999", "1e99999999999", "1.5"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }
}
