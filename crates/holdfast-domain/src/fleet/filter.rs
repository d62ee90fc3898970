//! The language in which people choose devices: `product:hearth state:accepted version:<1.2.0 -online:yes`.
//!
//! Owns the parsed, closed form, its limits and its text; the store makes statements of it. Terms are combined by AND, a
//! `-` before a term turns it round. A filter written down and read again is the same filter.

mod parse;

use std::fmt;

use holdfast_core::id::{BatchId, GroupId, ProductId};
use holdfast_core::time::Millis;

use super::Enrolment;

pub use parse::{FilterError, FilterProblem};

/// Most characters of a filter's text.
pub const CHARS_MAX: usize = 512;
/// Most terms of a filter.
pub const TERMS_MAX: usize = 16;
/// Longest time of `seen:`, ten years.
pub const SEEN_MAX: Millis = Millis::from_secs(3_650 * 86_400);

/// What people are told about the language, a term and what it means, in the order of a help text.
pub const HELP: &[(&str, &str)] = &[
    ("hearth-00*", "ids that begin so; without the star: ids that hold this text"),
    ("product:hearth-thermostat", "of this product"),
    ("version:1.2.0", "runs this version; version:<1.2.0 and version:>=1.2.0 go by the order of releases"),
    ("state:accepted", "enrolment: accepted, preauthorised, pending, rejected or revoked"),
    ("quarantine:yes", "in quarantine, or not (no)"),
    ("online:no", "connected now, or not"),
    ("seen:<7d", "heard of in the last seven days; seen:>30d not since then, seen:never not yet"),
    ("group:beta-testers", "in this group"),
    ("batch:0193…", "of this factory batch"),
    ("alert:open", "with an alert that waits for somebody"),
    ("owner:yes", "somebody claimed it, or nobody did (no)"),
    ("-online:yes", "a minus before a term turns it round"),
];

/// Which devices are meant: all that fit every term. Without terms: all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter(Vec<Term>);

/// One condition of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Whether the condition is turned round.
    pub negated: bool,
    /// The condition.
    pub test: Test,
}

/// What a condition looks at. Closed: the store matches every variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// The id holds this text; lower-case letters, digits and hyphens.
    Contains(String),
    /// The id begins with this text; never empty.
    Begins(String),
    /// Of this product.
    Product(ProductId),
    /// What runs, beside the release of this version.
    Version(Order, String),
    /// In this state of enrolment.
    State(Enrolment),
    /// In quarantine, or not.
    Quarantine(bool),
    /// With a lease that runs, or not.
    Online(bool),
    /// In this group.
    Group(GroupId),
    /// Of this factory batch.
    Batch(BatchId),
    /// With an open alert, or without.
    Alert(bool),
    /// When something of it last came.
    Seen(Seen),
    /// With an owner, or without.
    Owner(bool),
}

/// How a version stands to another: by the order of releases, not by its letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The same version text.
    Same,
    /// Of a lower sequence.
    Before,
    /// Of a lower sequence or the same.
    UpTo,
    /// Of a higher sequence.
    After,
    /// Of a higher sequence or the same.
    From,
}

impl Order {
    const fn sign(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Before => "<",
            Self::UpTo => "<=",
            Self::After => ">",
            Self::From => ">=",
        }
    }
}

/// How long ago a device was heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Within so long.
    Within(Millis),
    /// Not within so long, or never.
    NotWithin(Millis),
    /// Never.
    Never,
}

impl Filter {
    /// Reads a filter; white space alone is the filter of all devices.
    ///
    /// # Errors
    ///
    /// [`FilterError`] says what is wrong and where.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::filter(text).map(Self)
    }

    /// The devices of one group.
    #[must_use]
    pub fn group(group: GroupId) -> Self {
        Self(vec![Term { negated: false, test: Test::Group(group) }])
    }

    /// The terms in the order they were written.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.0
    }

    /// Whether all devices are meant.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// The groups that it names.
    pub fn groups(&self) -> impl Iterator<Item = &GroupId> {
        self.0.iter().filter_map(|term| match &term.test {
            Test::Group(group) => Some(group),
            Test::Contains(_)
            | Test::Begins(_)
            | Test::Product(_)
            | Test::Version(..)
            | Test::State(_)
            | Test::Quarantine(_)
            | Test::Online(_)
            | Test::Batch(_)
            | Test::Alert(_)
            | Test::Seen(_)
            | Test::Owner(_) => None,
        })
    }

    /// The same filter with one more condition; `None` if that is one too many.
    #[must_use]
    pub fn and(mut self, test: Test) -> Option<Self> {
        self.0.push(Term { negated: false, test });
        (self.0.len() <= TERMS_MAX && self.to_string().chars().count() <= CHARS_MAX).then_some(self)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            term.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("-")?;
        }
        self.test.fmt(f)
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A leading hyphen would read as a minus.
            Self::Contains(text) if text.starts_with('-') => write!(f, "\"{text}\""),
            Self::Contains(text) => f.write_str(text),
            Self::Begins(text) => write!(f, "{text}*"),
            Self::Product(product) => write!(f, "product:{product}"),
            Self::Version(order, version) if version.contains(char::is_whitespace) => {
                write!(f, "version:{}\"{version}\"", order.sign())
            }
            Self::Version(order, version) => write!(f, "version:{}{version}", order.sign()),
            Self::State(state) => write!(f, "state:{}", state_word(*state)),
            Self::Quarantine(yes) => write!(f, "quarantine:{}", yes_or_no(*yes)),
            Self::Online(yes) => write!(f, "online:{}", yes_or_no(*yes)),
            Self::Group(group) => write!(f, "group:{group}"),
            Self::Batch(batch) => write!(f, "batch:{batch}"),
            Self::Alert(open) => write!(f, "alert:{}", if *open { "open" } else { "none" }),
            Self::Seen(Seen::Never) => f.write_str("seen:never"),
            Self::Seen(Seen::Within(span)) => write!(f, "seen:<{}", Span(*span)),
            Self::Seen(Seen::NotWithin(span)) => write!(f, "seen:>{}", Span(*span)),
            Self::Owner(yes) => write!(f, "owner:{}", yes_or_no(*yes)),
        }
    }
}

const fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// The words of enrolment, as filters know them.
pub(crate) const STATES: [(&str, Enrolment); 5] = [
    ("pending", Enrolment::Pending),
    ("accepted", Enrolment::Accepted),
    ("rejected", Enrolment::Rejected),
    ("preauthorised", Enrolment::Preauthorised),
    ("revoked", Enrolment::Revoked),
];

fn state_word(state: Enrolment) -> &'static str {
    STATES.iter().find(|(_, known)| *known == state).map_or("accepted", |(word, _)| word)
}

/// A span in the largest unit that it is a whole number of.
struct Span(Millis);

/// Units of time in a filter, largest first, with their length in milliseconds.
pub(crate) const UNITS: [(char, u64); 4] = [('d', 86_400_000), ('h', 3_600_000), ('m', 60_000), ('s', 1_000)];

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.0;
        let unit = UNITS.iter().find(|(_, length)| ms.is_multiple_of(*length));
        let (letter, length) = unit.copied().unwrap_or(('s', 1_000));
        write!(f, "{}{letter}", ms / length)
    }
}

#[cfg(test)]
mod tests;
