//! Port of the maker's papers: policies and bulletins, each with its versions.

use holdfast_domain::papers::Paper;

use super::people::Caller;
use super::{Answer, Ground};

/// A paper with how far it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperView {
    /// The newest version.
    pub paper: Paper,
    /// Owners who got a notice of it.
    pub told: u64,
    /// Whether all of them were told.
    pub told_all: bool,
    /// Owners whom it is about, as far as its product tells.
    pub owners: u64,
}

/// What pages ask and order about papers. Each call stops for a rule or a fault, as [`super::Stop`] says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Papers: Ground {
    /// The newest version of each paper, the newest first.
    fn public_papers(&self) -> Answer<Vec<Paper>>;
    /// Every paper with how far it was told, the newest first.
    fn papers(&self) -> Answer<Vec<PaperView>>;
    /// Every version of a paper, the newest first; empty if there is none.
    fn paper(&self, id: &str) -> Answer<Vec<Paper>>;
    /// Keeps a new version, JSON text. Refusals: `paper-malformed`, `paper-version-conflict`, `paper-other-kind`,
    /// `paper-incomplete`, `policy-too-soon`.
    fn put_paper(&self, by: &Caller, id: &str, text: &str, from_version: Option<u64>) -> Answer<Paper>;
}
