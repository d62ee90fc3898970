//! Reads a filter's text, within limits, and says where it cannot.

use std::fmt;

use holdfast_core::id::DeviceId;
use holdfast_core::time::Millis;

use super::{CHARS_MAX, Order, SEEN_MAX, STATES, Seen, TERMS_MAX, Term, Test, UNITS};

/// Most characters of a version in a filter.
const VERSION_CHARS_MAX: usize = 64;

/// Why a text is no filter, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Position of the first character that does not fit, from 1.
    pub at: usize,
    /// What is wrong there.
    pub problem: FilterProblem,
}

/// What is wrong with a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterProblem {
    /// Longer than [`CHARS_MAX`].
    TooLong,
    /// More terms than [`TERMS_MAX`].
    TooManyTerms,
    /// A quotation mark that is never closed.
    QuoteOpen,
    /// A minus, a star or a colon with nothing beside it.
    NothingThere,
    /// A word before the colon that is none of the language.
    WordUnknown,
    /// Text that no id can hold.
    TextImpossible,
    /// A value that is no id of this kind.
    IdMalformed,
    /// Neither `yes` nor `no`.
    YesOrNo,
    /// No state of enrolment.
    StateUnknown,
    /// Neither `open` nor `none`.
    AlertUnknown,
    /// No time such as `<7d`.
    TimeMalformed,
    /// Empty, too long or unprintable.
    VersionMalformed,
}

impl FilterError {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.problem {
            FilterProblem::TooLong => "filter-too-long",
            FilterProblem::TooManyTerms => "filter-too-many-terms",
            FilterProblem::QuoteOpen => "filter-quote-open",
            FilterProblem::NothingThere => "filter-nothing-there",
            FilterProblem::WordUnknown => "filter-word-unknown",
            FilterProblem::TextImpossible => "filter-text-impossible",
            FilterProblem::IdMalformed => "filter-id-malformed",
            FilterProblem::YesOrNo => "filter-yes-or-no",
            FilterProblem::StateUnknown => "filter-state-unknown",
            FilterProblem::AlertUnknown => "filter-alert-unknown",
            FilterProblem::TimeMalformed => "filter-time-malformed",
            FilterProblem::VersionMalformed => "filter-version-malformed",
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problem {
            FilterProblem::TooLong => write!(f, "a filter has at most {CHARS_MAX} characters")?,
            FilterProblem::TooManyTerms => write!(f, "a filter has at most {TERMS_MAX} terms")?,
            FilterProblem::QuoteOpen => f.write_str("a quotation mark is not closed")?,
            FilterProblem::NothingThere => f.write_str("something is missing here, as in product:hearth-thermostat")?,
            FilterProblem::WordUnknown => f.write_str(
                "this word is not known; known are product, version, state, quarantine, online, seen, group, batch, alert, owner",
            )?,
            FilterProblem::TextImpossible => {
                f.write_str("no id holds this; ids are made of lower-case letters, digits and hyphens")?;
            }
            FilterProblem::IdMalformed => f.write_str("this is no id of that kind")?,
            FilterProblem::YesOrNo => f.write_str("say yes or no")?,
            FilterProblem::StateUnknown => {
                f.write_str("a state is accepted, preauthorised, pending, rejected or revoked")?;
            }
            FilterProblem::AlertUnknown => f.write_str("say alert:open or alert:none")?,
            FilterProblem::TimeMalformed => {
                f.write_str("say seen:<7d, seen:>12h or seen:never; units are d, h, m and s, at most ten years")?;
            }
            FilterProblem::VersionMalformed => write!(f, "a version has 1 to {VERSION_CHARS_MAX} printable characters")?,
        }
        write!(f, " (at character {})", self.at)
    }
}

impl std::error::Error for FilterError {}

/// One term as it stands in the text.
struct Word<'a> {
    /// Position of its first character, from 1.
    at: usize,
    negated: bool,
    /// Before the colon, if there is one outside of quotation marks.
    key: Option<&'a str>,
    value: String,
    /// Position of the value's first character.
    value_at: usize,
}

pub(super) fn filter(text: &str) -> Result<Vec<Term>, FilterError> {
    if text.chars().count() > CHARS_MAX {
        return Err(FilterError { at: CHARS_MAX + 1, problem: FilterProblem::TooLong });
    }
    let mut terms = Vec::new();
    for (at, word) in words(text) {
        if terms.len() == TERMS_MAX {
            return Err(FilterError { at, problem: FilterProblem::TooManyTerms });
        }
        terms.push(term(&split(at, word)?)?);
    }
    Ok(terms)
}

/// The words between white space, with the position of each; white space inside quotation marks does not count.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let (mut begun, mut quoted) = (None, false);
    for (n, (byte, c)) in text.char_indices().enumerate() {
        if c == '"' {
            quoted = !quoted;
        }
        match (begun, c.is_whitespace() && !quoted) {
            (None, false) => begun = Some((n + 1, byte)),
            (Some((at, from)), true) => {
                words.extend(text.get(from..byte).map(|word| (at, word)));
                begun = None;
            }
            (None, true) | (Some(_), false) => {}
        }
    }
    words.extend(begun.and_then(|(at, from)| text.get(from..).map(|word| (at, word))));
    words
}

fn split(at: usize, word: &str) -> Result<Word<'_>, FilterError> {
    let (negated, rest) = word.strip_prefix('-').map_or((false, word), |rest| (true, rest));
    let rest_at = at + usize::from(negated);
    let bare = rest.split('"').next().unwrap_or_default();
    let (key, value, value_at) = match bare.find(':').and_then(|colon| rest.split_at_checked(colon)) {
        Some((key, value)) => (Some(key), value.get(1..).unwrap_or_default(), rest_at + key.chars().count() + 1),
        None => (None, rest, rest_at),
    };
    if !value.matches('"').count().is_multiple_of(2) {
        return Err(FilterError { at: value_at, problem: FilterProblem::QuoteOpen });
    }
    let value = value.replace('"', "");
    if value.is_empty() {
        return Err(FilterError { at: value_at, problem: FilterProblem::NothingThere });
    }
    Ok(Word { at, negated, key, value, value_at })
}

fn term(word: &Word<'_>) -> Result<Term, FilterError> {
    let wrong = |problem| FilterError { at: word.value_at, problem };
    let value = word.value.as_str();
    let yes = || match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(wrong(FilterProblem::YesOrNo)),
    };
    let malformed = |_| wrong(FilterProblem::IdMalformed);
    let test = match word.key {
        None => id_text(value).ok_or_else(|| wrong(FilterProblem::TextImpossible))?,
        Some("product") => Test::Product(value.parse().map_err(malformed)?),
        Some("group") => Test::Group(value.parse().map_err(malformed)?),
        Some("batch") => Test::Batch(value.parse().map_err(malformed)?),
        Some("version") => version(value).ok_or_else(|| wrong(FilterProblem::VersionMalformed))?,
        Some("state") => STATES
            .iter()
            .find(|(name, _)| *name == value)
            .map(|(_, state)| Test::State(*state))
            .ok_or_else(|| wrong(FilterProblem::StateUnknown))?,
        Some("quarantine") => Test::Quarantine(yes()?),
        Some("online") => Test::Online(yes()?),
        Some("owner") => Test::Owner(yes()?),
        Some("alert") => match value {
            "open" => Test::Alert(true),
            "none" => Test::Alert(false),
            _ => return Err(wrong(FilterProblem::AlertUnknown)),
        },
        Some("seen") => Test::Seen(seen(value).ok_or_else(|| wrong(FilterProblem::TimeMalformed))?),
        Some(_) => {
            return Err(FilterError { at: word.at + usize::from(word.negated), problem: FilterProblem::WordUnknown });
        }
    };
    Ok(Term { negated: word.negated, test })
}

/// Text of an id: a part of it, or its beginning where a star follows.
fn id_text(value: &str) -> Option<Test> {
    let (text, begins) = value.strip_suffix('*').map_or((value, false), |text| (text, true));
    let possible = !text.is_empty()
        && text.len() <= DeviceId::BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    // No id begins with a hyphen.
    let possible = possible && !(begins && text.starts_with('-'));
    possible.then(|| if begins { Test::Begins(text.to_owned()) } else { Test::Contains(text.to_owned()) })
}

fn version(value: &str) -> Option<Test> {
    let signs = [("<=", Order::UpTo), (">=", Order::From), ("<", Order::Before), (">", Order::After)];
    let (order, text) = signs
        .into_iter()
        .find_map(|(sign, order)| value.strip_prefix(sign).map(|text| (order, text)))
        .unwrap_or((Order::Same, value));
    let first = text.chars().next()?;
    let fits = text.chars().count() <= VERSION_CHARS_MAX && !text.chars().any(char::is_control);
    // What looks like a sign would be read as one when it is written down and read again.
    (fits && !matches!(first, '<' | '>' | '=')).then(|| Test::Version(order, text.to_owned()))
}

fn seen(value: &str) -> Option<Seen> {
    if value == "never" {
        return Some(Seen::Never);
    }
    let (within, rest) = match value.strip_prefix('<') {
        Some(rest) => (true, rest),
        None => (false, value.strip_prefix('>')?),
    };
    let unit = rest.chars().next_back()?;
    let (_, length) = UNITS.iter().find(|(letter, _)| *letter == unit)?;
    let digits = rest.strip_suffix(unit)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let span = Millis(digits.parse::<u64>().ok()?.checked_mul(*length)?);
    (span.0 > 0 && span <= SEEN_MAX).then_some(if within { Seen::Within(span) } else { Seen::NotWithin(span) })
}
