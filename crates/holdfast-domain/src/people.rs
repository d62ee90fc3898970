//! People, their roles, sign-in links, sessions and API tokens. Secrets are held as SHA-256 of 256 random bits, never as such.
//!
//! This file holds the words; `access` is who may do what, `sign_in` how people and programs prove who they are.

pub mod access;
pub mod account;
pub mod breach;
pub mod complaint;
pub mod contact;
pub mod credential;
pub mod freeze;
pub mod help;
pub mod identity;
pub mod notice;
pub mod post;
pub mod password;
pub mod policy;
pub mod recovery;
pub mod refused;
pub mod scope;
pub mod session;
pub mod sign_in;
pub mod spray;
pub mod standing;
pub mod throttle;

use holdfast_core::id::{PersonId, SessionId, TokenId};
use holdfast_core::time::Timestamp;

use scope::Scope;
use session::SessionKind;

/// What a person may do (DESIGN §5): the maker's staff, and consumers. What a consumer may do with one device is said by
/// their place in its household, not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Everything, people included.
    Administrator,
    /// Devices, commands, quarantine, deployments.
    FleetOperator,
    /// Products, trust documents, releases, deployments.
    ReleaseEngineer,
    /// Alerts, quarantine, cases.
    Security,
    /// Read-only evidence.
    Assessor,
    /// What is known of whom, and why; answers owners' requests about their data.
    PrivacyOfficer,
    /// Helps owners; sees personal data only with a recorded reason.
    Support,
    /// A consumer with a device at home, or somebody of the household.
    Owner,
}

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// What to call them on pages.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// When the account was made.
    pub created: Timestamp,
}

/// A link that signs its person in once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInLink {
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// Whom it signs in.
    pub person: PersonId,
    /// Useless after this.
    pub expires: Timestamp,
    /// When it was used.
    pub used: Option<Timestamp>,
}

/// A signed-in session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// For lists; not a secret.
    pub id: SessionId,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// Who.
    pub person: PersonId,
    /// By what it was opened.
    pub kind: SessionKind,
    /// Family and system of the browser, for lists.
    pub browser: String,
    /// Since when.
    pub created: Timestamp,
    /// When its person proved last who they are.
    pub authenticated: Timestamp,
    /// When it was used last, to the minute.
    pub last_used: Timestamp,
    /// Ends at the latest.
    pub expires: Timestamp,
    /// When it was ended early.
    pub ended: Option<Timestamp>,
}

/// A key to the management interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// For lists; not a secret.
    pub id: TokenId,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// On whose behalf.
    pub person: PersonId,
    /// What it is for, in its maker's words.
    pub label: String,
    /// What it may do of what the person may.
    pub scope: Scope,
    /// When it was made.
    pub created: Timestamp,
    /// Useless after this.
    pub expires: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}
