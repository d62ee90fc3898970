//! Port of the room `keys`: the inventory, changing the server's keys, revocation lists.

use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::KeyThumbprint;
use holdfast_domain::keys::inventory::Inventory;
use holdfast_domain::keys::{ServerKey, ServerRole};

use super::people::Caller;
use super::{Answer, Ground};

/// Everything about keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysView {
    /// Every key, with its dates.
    pub inventory: Inventory,
    /// The server's keys that follow each other, oldest first.
    pub server: Vec<ServerKeyView>,
    /// The newest revocation list of each CA.
    pub crls: Vec<CrlView>,
    /// API tokens that are good.
    pub tokens: u64,
    /// The first of them to end.
    pub first_token_end: Option<Timestamp>,
    /// Whether the server's key files are sealed.
    pub sealed: bool,
}

/// One of the server's keys, with what hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerKeyView {
    /// The key.
    pub key: ServerKey,
    /// Devices that depend on it.
    pub depending: u64,
    /// Whether the trust document in force names it.
    pub named: bool,
}

/// A revocation list, in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrlView {
    /// Key of the CA that signed it.
    pub issuer: KeyThumbprint,
    /// Its number.
    pub number: u64,
    /// When it was made.
    pub this_update: Timestamp,
    /// When there will be another one at the latest.
    pub next_update: Timestamp,
    /// How many certificates it lists.
    pub entries: u64,
}

/// One step of a key change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStep {
    /// Make the next key.
    Rotate,
    /// Put it to use.
    Activate,
    /// Destroy the one before.
    Retire {
        /// Also if devices still depend on it.
        anyway: bool,
    },
}

/// What the pages ask and order about keys.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Keys: Ground {
    /// Everything about keys.
    fn keys(&self) -> Answer<KeysView>;
    /// Takes one step of a key change. Refusals: `key-change-under-way`, `no-next-key`, `next-key-not-named`,
    /// `no-retiring-key`, `key-still-in-use`.
    fn change_key(&self, by: &Caller, role: ServerRole, step: ChangeStep) -> Answer<KeysView>;
    /// The newest revocation list of a CA, or of the one in use, DER.
    fn crl(&self, issuer: Option<KeyThumbprint>) -> Answer<Option<Vec<u8>>>;
}
