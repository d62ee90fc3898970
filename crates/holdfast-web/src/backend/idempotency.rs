//! Port for requests that their sender named with a key: begun once, answered again the same.

use holdfast_core::id::PersonId;

use super::{Answer, Ground};

/// Most bytes of an answer that is kept.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Most keys of one person that are kept at a time.
pub const KEYS_MAX: u64 = 1_000;
/// How long an answer is kept: 24 hours, in seconds.
pub const KEPT_SECONDS: u64 = 24 * 60 * 60;

/// A request with a key, as digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed {
    /// Who sends it.
    pub person: PersonId,
    /// SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// SHA-256 of method, address, media type and body.
    pub request_digest: [u8; 32],
}

/// What became of a request with this key before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: it begins now.
    First,
    /// The same request was answered so.
    Answered(Kept),
    /// The same request began, and how it ended is not known (yet).
    Open,
    /// The key belongs to another request.
    Foreign,
    /// [`KEYS_MAX`] keys are kept already.
    Full,
}

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// HTTP status.
    pub status: u16,
    /// Media type and bytes; `None` if the answer is not kept, for it held a secret or was too long.
    pub content: Option<(String, Vec<u8>)>,
}

/// Keeps answers.
pub trait Idempotency: Ground {
    /// Begins a request. Of two with one key only one begins.
    ///
    /// # Errors
    ///
    /// A fault of the store.
    fn begin_request(&self, request: &Keyed) -> Answer<Begun>;
    /// Keeps how it was answered; `None` if it was refused, so that the key may be used again.
    ///
    /// # Errors
    ///
    /// A fault of the store.
    fn end_request(&self, request: &Keyed, kept: Option<Kept>) -> Answer<()>;
}
