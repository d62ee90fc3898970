//! Port of the settings page: what this server runs with, in words. Never a secret.

use super::{Answer, Ground};

/// One heading with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub title: &'static str,
    /// Where it is changed.
    pub change: &'static str,
    /// Names and values.
    pub rows: Vec<(&'static str, String)>,
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
