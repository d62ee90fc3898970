//! The port of this crate: everything pages and interface ask or order, as blocking calls in domain types.
//!
//! Owns the traits, one for each room, and the views that the domain has no type for. The server implements them; this
//! crate calls them in one place, inside `spawn_blocking`. A caller's role is checked before an order is passed on, and
//! the caller is passed along so that the ledger can say who.

pub mod credentials;
pub mod custody;
pub mod dossier;
pub mod findings;
pub mod fleet;
pub mod groups;
pub mod homes;
pub mod help;
pub mod history;
pub mod idempotency;
pub mod integrity;
pub mod keys;
pub mod notices;
pub mod oidc;
pub mod owner;
pub mod papers;
pub mod people;
pub mod proofs;
pub mod redress;
pub mod telemetry;
pub mod tidings;
pub mod returning;
pub mod settings;
pub mod shops;
pub mod updates;

use std::fmt;

use holdfast_core::id::{AlertId, BulkId, DeploymentId, DeviceId, StreamId};
use holdfast_core::time::Timestamp;
use tokio::sync::broadcast;

/// Everything this crate asks or orders. Implemented by itself for whatever implements all rooms.
pub trait Backend:
    Ground
    + people::People
    + credentials::Credentials
    + credentials::Tickets
    + fleet::Fleet
    + groups::Groups
    + settings::Settings
    + homes::Homes
    + owner::Owners
    + help::HelpDesk
    + custody::CustodyChain
    + dossier::Dossiers
    + papers::Papers
    + proofs::Proofs
    + redress::Redress
    + shops::Shops
    + updates::Updates
    + integrity::Integrity
    + findings::Findings
    + idempotency::Idempotency
    + keys::Keys
    + telemetry::Telemetry
    + tidings::Tidings
    + history::History
    + notices::Notices
    + oidc::StaffSignIn
{
}

impl<T> Backend for T where
    T: Ground
        + people::People
        + credentials::Credentials
        + credentials::Tickets
        + fleet::Fleet
        + groups::Groups
        + settings::Settings
        + homes::Homes
        + owner::Owners
        + help::HelpDesk
        + custody::CustodyChain
        + dossier::Dossiers
        + papers::Papers
        + proofs::Proofs
        + redress::Redress
        + shops::Shops
        + updates::Updates
        + integrity::Integrity
        + findings::Findings
        + idempotency::Idempotency
        + keys::Keys
        + telemetry::Telemetry
        + tidings::Tidings
        + history::History
        + notices::Notices
        + oidc::StaffSignIn
{
}

/// What this crate may not make by itself: the time, random bytes and news.
pub trait Ground: Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> Timestamp;
    /// 32 bytes from a cryptographic random source.
    fn random(&self) -> [u8; 32];
    /// News from now on. A receiver that lags loses the oldest and is told so; the page then reloads what it shows.
    fn events(&self) -> broadcast::Receiver<LiveEvent>;
}

/// What a call answers: a value, or why not.
pub type Answer<T> = Result<T, Stop>;

/// Why a call has no value. Absence of a thing that was asked for is `Ok(None)`, not a stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The rules said no, or what was sent cannot be read; the caller is told why.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Our fault; the caller gets the number under which it was logged.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A named no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which HTTP status it becomes.
    pub kind: RefusalKind,
    /// Stable name, kebab-case, such as `signature-threshold-not-met`.
    pub name: &'static str,
    /// One plain sentence for the caller, with what to do about it if something can be done.
    pub detail: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.detail)
    }
}

impl std::error::Error for Refusal {}

/// Kinds of refusals, by HTTP status (RFC 9110 §15.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// 400: what was sent is not in the form it should have.
    Malformed,
    /// 401: nobody is signed in, or the proof does not count.
    Unauthenticated,
    /// 403: this person may not.
    Forbidden,
    /// 404: what the order is about is not there.
    Absent,
    /// 409: another state or version than the order was made for.
    Conflict,
    /// 413: over a limit of size or number.
    TooLarge,
    /// 422: readable, and against a rule.
    Unacceptable,
    /// 429: too often.
    TooMany,
}

/// A fault of ours, already logged with its whole chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Under which number the log has it.
    pub reference: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal fault, logged as {}", self.reference)
    }
}

impl std::error::Error for Fault {}

/// Where a list goes on and how long it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAsk {
    /// Cursor: `next` of the page before. Opaque to this crate.
    pub after: Option<String>,
    /// Most rows to answer, 1 to [`PageAsk::ROWS_MAX`].
    pub rows: u16,
}

impl PageAsk {
    /// Most rows of one page.
    pub const ROWS_MAX: u16 = 500;
    /// Rows if nothing was asked for.
    pub const ROWS: u16 = 50;

    /// The first page with this many rows.
    #[must_use]
    pub const fn first(rows: u16) -> Self {
        Self { after: None, rows }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Rows, newest first unless the method says otherwise.
    pub rows: Vec<T>,
    /// Cursor of the next page; `None` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page that is the whole list.
    #[must_use]
    pub const fn whole(rows: Vec<T>) -> Self {
        Self { rows, next: None }
    }
}

/// Something that pages show while it happens. Only ids and figures: whoever is told asks for the rest with their rights.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveEvent {
    /// A device's row changed: enrolment, connection, quarantine, software, shadow or a command's end.
    Device(DeviceId),
    /// A telemetry message of the device was stored.
    Telemetry {
        /// Whose.
        device: DeviceId,
        /// Of which stream.
        stream: StreamId,
        /// When it was measured.
        at: Timestamp,
    },
    /// An alert was opened or closed.
    Alert(AlertId),
    /// A deployment or one of its executions moved.
    Deployment(DeploymentId),
    /// An act on many devices moved.
    Bulk(BulkId),
    /// The rate of the whole fleet, about once a second.
    Pulse(fleet::Pulse),
}
