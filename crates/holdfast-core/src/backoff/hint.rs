//! What a platform says about coming back: user properties of CONNACK and DISCONNECT (MQTT 5.0 §3.2.2.3.10,
//! §3.14.2.2.4), and the `Retry-After` of HTTP (RFC 9110 §10.2.3).
//!
//! Advice from outside: what cannot be read is ignored, and no hint keeps a device away for longer than
//! [`HINT_MAX`].

use crate::mqtt::property::{Properties, Property};
use crate::mqtt::session::{RETRY_AFTER, RETURN};
use crate::time::Millis;

/// Longest wait that a hint may ask for.
pub const HINT_MAX: Millis = Millis::from_secs(60 * 60);
/// A device that is told a moment comes within a tenth of it later, so that equal moments are not the same one.
const BLUR: u64 = 10;
/// And within this time at least.
const BLUR_MIN: u64 = 250;
/// Most digits of a number of milliseconds that is read.
const DIGITS_MAX: usize = 12;

/// A window in which a device should come back, counted from the loss or refusal of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnHint {
    first: Millis,
    last: Millis,
}

impl ReturnHint {
    /// Reads `FIRST-LAST` in milliseconds (`hf-return`).
    #[must_use]
    pub fn window(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        (first <= last).then(|| Self { first: Millis(first.min(HINT_MAX.0)), last: Millis(last.min(HINT_MAX.0)) })
    }

    /// Reads a number of milliseconds (`hf-retry-after`).
    #[must_use]
    pub fn pause(text: &str) -> Option<Self> {
        number(text).map(|pause| Self::after(Millis(pause)))
    }

    /// Not before this time, and a little later.
    #[must_use]
    pub const fn after(pause: Millis) -> Self {
        let most = HINT_MAX.0 - HINT_MAX.0 / BLUR;
        let first = if pause.0 > most { most } else { pause.0 };
        let blur = if first / BLUR > BLUR_MIN { first / BLUR } else { BLUR_MIN };
        Self { first: Millis(first), last: Millis(first + blur) }
    }

    /// The hint among the properties of a packet, if there is a good one; of several the last counts.
    #[must_use]
    pub fn among(properties: &Properties<'_>) -> Option<Self> {
        let mut found = None;
        for property in properties.iter() {
            if let Property::UserProperty((name, value)) = property {
                let hint = match name {
                    RETURN => Self::window(value),
                    RETRY_AFTER => Self::pause(value),
                    _ => None,
                };
                found = hint.or(found);
            }
        }
        found
    }

    /// Begin of the window.
    #[must_use]
    pub const fn first(&self) -> Millis {
        self.first
    }

    /// End of the window.
    #[must_use]
    pub const fn last(&self) -> Millis {
        self.last
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = (1..=DIGITS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::property::PropertyList;

    fn check(text: &str, expected: Option<(u64, u64)>) {
        let window = ReturnHint::window(text).map(|hint| (hint.first.0, hint.last.0));
        assert_eq!(window, expected, "{text}");
    }

    #[test]
    fn a_window_is_two_numbers_in_order_and_never_beyond_an_hour() {
        check("0-2000", Some((0, 2_000)));
        check("2000-2000", Some((2_000, 2_000)));
        check("5-999999999999", Some((5, HINT_MAX.0)));
        for bad in ["", "-", "1-", "-1", "2-1", "+1-2", "1-+2", "1-2-3", "1.0-2", " 1-2", "0-9999999999999"] {
            check(bad, None);
        }
    }

    #[test]
    fn a_pause_is_kept_and_blurred_so_that_equal_pauses_do_not_meet() {
        let of = |text| ReturnHint::pause(text).map(|hint| (hint.first.0, hint.last.0));
        assert_eq!(of("1000"), Some((1_000, 1_250)));
        assert_eq!(of("60000"), Some((60_000, 66_000)));
        let (first, last) = of("999999999").unwrap();
        assert!(first < last && last <= HINT_MAX.0, "{first} {last}");
        assert_eq!(of("soon"), None);
    }

    #[test]
    fn damaged_and_foreign_properties_are_passed_over_and_the_last_good_one_counts() {
        let mut list = PropertyList::new();
        for (name, value) in
            [("hf-return", "0-9"), ("other", "1-2"), ("hf-return", "7-8"), ("hf-return", "x"), ("HF-RETURN", "3-4")]
        {
            list.push(Property::UserProperty((name, value))).unwrap();
        }
        assert_eq!(ReturnHint::among(&list.as_properties()), ReturnHint::window("7-8"));
        assert_eq!(ReturnHint::among(&Properties::NONE), None);
    }
}
