//! What a device itself says about the quality of the values it sends.

use alloc::collections::BTreeMap;
use alloc::string::String;

use super::{Fields, PayloadRefusal};

/// How far a value can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Quality {
    /// As it should be.
    #[default]
    Good,
    /// Plausible, and something speaks against it.
    Suspect,
    /// Known to be wrong.
    Bad,
    /// There is no value.
    Missing,
}

impl Quality {
    /// Every quality, best first.
    pub const ALL: [Self; 4] = [Self::Good, Self::Suspect, Self::Bad, Self::Missing];

    /// Its stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Suspect => "suspect",
            Self::Bad => "bad",
            Self::Missing => "missing",
        }
    }

    /// Reads a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quality| quality.word() == word)
    }
}

/// Qualities by field; a field that is not in it is of unstated quality.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Qualities(BTreeMap<String, Quality>);

impl Qualities {
    /// No quality is stated.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn insert(&mut self, name: &str, quality: Quality) -> Result<(), PayloadRefusal> {
        match self.0.insert(String::from(name), quality) {
            None => Ok(()),
            Some(_) => Err(PayloadRefusal::KeyTwice),
        }
    }

    /// The quality stated for a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Quality> {
        self.0.get(name).copied()
    }

    /// Whether nothing is stated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The qualities as a JSON object of words, in the order of the names.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        super::json::write_qualities(self, &mut out);
        out
    }

    /// The stated qualities in the order of the names.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Quality)> {
        self.0.iter().map(|(name, quality)| (name.as_str(), *quality))
    }

    /// `missing` names a field without a value, every other quality one with a value.
    pub(super) fn check(&self, fields: &Fields) -> Result<(), PayloadRefusal> {
        let fits = self.0.iter().all(|(name, quality)| fields.get(name).is_some() != (*quality == Quality::Missing));
        if fits { Ok(()) } else { Err(PayloadRefusal::QualityWithoutField) }
    }
}
