//! Port of the ledger and of the room `conformity`: what happened, and what it proves.

use holdfast_core::id::{DeviceId, PersonId};
use holdfast_core::time::Timestamp;
use holdfast_domain::conformity::Status;

use super::{Answer, Ground, Page, PageAsk};

/// What anyone needs to check what this server says. Public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The operational CA certificate, PEM.
    pub ca_pem: String,
    /// Every operational CA that counts or will, PEM, the one in use first.
    pub cas_pem: Vec<String>,
    /// The freshness key, `COSE_Key`, hexadecimal.
    pub freshness_key: String,
    /// The ledger's verifier key line (C2SP signed-note).
    pub ledger_key: String,
    /// The ledger's origin line (C2SP tlog-checkpoint).
    pub ledger_origin: String,
}

/// The ledger's signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The signed note (C2SP tlog-checkpoint), as it is.
    pub note: String,
    /// How many entries it covers.
    pub size: u64,
    /// The root hash (RFC 6962 §2.1).
    pub root: [u8; 32],
}

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its place, from 0.
    pub index: u64,
    /// When.
    pub at: Timestamp,
    /// What happened, kebab-case.
    pub kind: String,
    /// The leaf exactly as it is hashed: one JSON object.
    pub leaf: String,
    /// The leaf's hash (RFC 6962 §2.1).
    pub leaf_hash: [u8; 32],
}

/// Which entries a list holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerAsk {
    /// Of whom or what; everything if not said.
    pub of: LedgerOf,
    /// Only those before this moment.
    pub before: Option<Timestamp>,
}

/// What entries are about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LedgerOf {
    /// Anything.
    #[default]
    All,
    /// This device.
    Device(DeviceId),
    /// Something that this person did.
    Person(PersonId),
    /// Of this kind.
    Kind(String),
}

/// One entry with what proves that it is in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryProof {
    /// The entry.
    pub entry: LedgerEntry,
    /// The signed head that the proof leads to.
    pub head: Checkpoint,
    /// Hashes from the leaf up to the root (RFC 6962 §2.1.1); `None` if the head is older than the entry.
    pub path: Option<Vec<[u8; 32]>>,
}

/// One requirement and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConformityRow {
    /// Its id, such as `CoP-3.1`.
    pub id: String,
    /// What it asks, in plain words.
    pub text: String,
    /// `shall`, `should`, `may` or `informative`.
    pub level: String,
    /// Its home among the capabilities, such as `C05`.
    pub capability: String,
    /// How it stands.
    pub status: Status,
    /// What shows it, or why it stands as it does; empty if nothing.
    pub evidence: String,
    /// How old the evidence is.
    pub as_of: Option<Timestamp>,
}

/// The whole catalogue, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conformity {
    /// Version of the catalogue.
    pub catalogue: String,
    /// Computed when.
    pub at: Timestamp,
    /// Capabilities with their titles, in order.
    pub capabilities: Vec<(String, String)>,
    /// All rows, in the catalogue's order.
    pub rows: Vec<ConformityRow>,
}

/// What the pages ask about history and proof.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the store says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait History: Ground {
    /// What anyone needs to check this server.
    fn authority(&self) -> Answer<Authority>;
    /// The signed head.
    fn checkpoint(&self) -> Answer<Checkpoint>;
    /// Entries from this place on, rising, at most `rows`.
    fn ledger_entries(&self, from: u64, rows: u16) -> Answer<Vec<LedgerEntry>>;
    /// Entries, newest first.
    fn ledger_search(&self, ask: &LedgerAsk, page: &PageAsk) -> Answer<Page<LedgerEntry>>;
    /// One entry with its proof.
    fn ledger_entry(&self, index: u64) -> Answer<Option<EntryProof>>;
    /// Entries that name this device, newest first.
    fn device_ledger(&self, id: &DeviceId, page: &PageAsk) -> Answer<Page<LedgerEntry>>;
    /// The catalogue with its status, computed from facts.
    fn conformity(&self) -> Answer<Conformity>;
}
