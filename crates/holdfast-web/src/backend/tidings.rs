//! Port of what people are told about products: notes of releases.

use holdfast_domain::updates::note::KeptNote;

use super::people::Caller;
use super::{Answer, Ground};

/// What pages ask and order about news for people. Each call stops for a rule or a fault, as [`super::Stop`] says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Tidings: Ground {
    /// Keeps a note for the manifest with this SHA-256, JSON text: its first version, or the next one.
    fn put_release_note(&self, by: &Caller, manifest: [u8; 32], text: &str) -> Answer<KeptNote>;
    /// Every version of a manifest's note, the newest first.
    fn release_notes(&self, manifest: [u8; 32]) -> Answer<Vec<KeptNote>>;
}
