//! Port of the settings page: what this server runs with, in words. Never a secret.

use super::{Answer, Ground};

/// One heading with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Key of the text that says what it is about.
    pub title: &'static str,
    /// Key of the text that says where it is changed.
    pub change: &'static str,
    /// Keys of names, with their values.
    pub rows: Vec<(&'static str, Value)>,
}

/// What a setting is, to be said in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// As it is.
    Said(String),
    /// Key of a text.
    Word(&'static str),
    /// A number.
    Number(u64),
    /// A size.
    Bytes(u64),
}

/// What the settings page asks.
///
/// # Errors
///
/// [`super::Stop`], as the store says.
pub trait Settings: Ground {
    /// What this server runs with.
    ///
    /// # Errors
    ///
    /// [`super::Stop`], as the store says.
    fn settings(&self) -> Answer<Vec<Section>>;
}
