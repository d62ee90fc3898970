//! A named reason as a device gives it: bounded, kebab-case, safe to show and to count.

use std::fmt;
use std::str::FromStr;

/// Most bytes of a reason.
pub const REASON_BYTES_MAX: usize = 48;

/// A kebab-case name such as `health-check-failed`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason(String);

/// A text is not a kebab-case name of at most [`REASON_BYTES_MAX`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reason is a kebab-case name of at most {REASON_BYTES_MAX} bytes")]
pub struct NotAReason;

impl NotAReason {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        "reason-malformed"
    }
}

impl FromStr for Reason {
    type Err = NotAReason;

    fn from_str(text: &str) -> Result<Self, NotAReason> {
        let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let fits = text.len() <= REASON_BYTES_MAX && text.split('-').all(word);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAReason) }
    }
}

impl Reason {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kebab_case_names_are_reasons() {
        for good in ["unspecified", "health-check-failed", "e2"] {
            assert_eq!(good.parse::<Reason>().map(String::from), Ok(good.to_owned()));
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a b", "a_b", "<b>", &"a".repeat(49)] {
            assert_eq!(bad.parse::<Reason>(), Err(NotAReason), "{bad}");
        }
    }
}
