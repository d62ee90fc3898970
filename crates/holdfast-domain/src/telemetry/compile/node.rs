//! A place in a JSON document that knows its pointer (RFC 6901), and typed reads that fail with it.

use serde_json::{Map, Value as Json};

use super::{ModelError, ModelProblem};

/// Most characters of a title.
pub(super) const TITLE_CHARS_MAX: usize = 80;
/// Most characters of a description.
pub(super) const DESCRIPTION_CHARS_MAX: usize = 1_000;
/// Most translations of one text.
pub(super) const LANGUAGES_MAX: usize = 64;

/// One value of the document and where it stands.
pub(super) struct Node<'a> {
    pointer: String,
    json: &'a Json,
}

impl<'a> Node<'a> {
    pub(super) const fn root(json: &'a Json) -> Self {
        Self { pointer: String::new(), json }
    }

    pub(super) const fn json(&self) -> &'a Json {
        self.json
    }

    /// The error `problem`, here.
    pub(super) fn fail(&self, problem: ModelProblem) -> ModelError {
        ModelError { pointer: self.pointer.clone(), problem }
    }

    /// The error for a key that this place does not know.
    pub(super) fn unknown(&self, key: &str) -> ModelError {
        let ours = key.starts_with("hf:");
        self.fail(if ours { ModelProblem::UnknownTerm } else { ModelProblem::UnsupportedKeyword })
    }

    fn child(&self, key: &str, json: &'a Json) -> Self {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("{}/{escaped}", self.pointer), json }
    }

    fn map(&self) -> Result<&'a Map<String, Json>, ModelError> {
        self.json.as_object().ok_or_else(|| self.fail(ModelProblem::WrongKind))
    }

    pub(super) fn members(&self) -> Result<impl Iterator<Item = (&'a str, Self)>, ModelError> {
        Ok(self.map()?.iter().map(|(key, json)| (key.as_str(), self.child(key, json))))
    }

    /// Like [`Self::members`], with a limit to how many there may be.
    pub(super) fn named(&self, max: usize) -> Result<impl Iterator<Item = (&'a str, Self)>, ModelError> {
        if self.map()?.len() > max {
            return Err(self.fail(ModelProblem::TooMany));
        }
        self.members()
    }

    pub(super) fn optional(&self, key: &str) -> Result<Option<Self>, ModelError> {
        Ok(self.map()?.get(key).map(|json| self.child(key, json)))
    }

    pub(super) fn member(&self, key: &str) -> Result<Self, ModelError> {
        let absent = || ModelError { pointer: format!("{}/{key}", self.pointer), problem: ModelProblem::Absent };
        self.optional(key)?.ok_or_else(absent)
    }

    pub(super) fn items(&self) -> Result<Vec<Self>, ModelError> {
        let list = self.json.as_array().ok_or_else(|| self.fail(ModelProblem::WrongKind))?;
        Ok(list.iter().enumerate().map(|(n, json)| self.child(&n.to_string(), json)).collect())
    }

    pub(super) fn text(&self, chars_max: usize) -> Result<String, ModelError> {
        let text = self.json.as_str().ok_or_else(|| self.fail(ModelProblem::WrongKind))?;
        if text.is_empty() || text.chars().count() > chars_max {
            return Err(self.fail(ModelProblem::TextTooLong));
        }
        Ok(text.to_owned())
    }

    /// A map of texts that is only for people (`titles`, `descriptions`, `version`).
    pub(super) fn texts_by_language(&self) -> Result<(), ModelError> {
        self.named(LANGUAGES_MAX)?.try_for_each(|(_, part)| part.text(DESCRIPTION_CHARS_MAX).map(drop))
    }

    pub(super) fn flag(&self) -> Result<bool, ModelError> {
        self.json.as_bool().ok_or_else(|| self.fail(ModelProblem::WrongKind))
    }

    pub(super) fn number(&self) -> Result<f64, ModelError> {
        self.json.as_f64().ok_or_else(|| self.fail(ModelProblem::WrongKind))
    }

    pub(super) fn integer(&self) -> Result<i64, ModelError> {
        self.json.as_i64().ok_or_else(|| self.fail(ModelProblem::WrongKind))
    }

    pub(super) fn whole(&self, min: u64, max: u64) -> Result<u64, ModelError> {
        let n = self.json.as_u64().ok_or_else(|| self.fail(ModelProblem::WrongKind))?;
        if (min..=max).contains(&n) { Ok(n) } else { Err(self.fail(ModelProblem::NumberOutOfRange)) }
    }
}
