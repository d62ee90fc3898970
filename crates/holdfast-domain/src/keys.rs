//! Keys and credentials: who may come back with which key, how a server's keys follow each other, what algorithms are
//! still good, and when which key has to change.
//!
//! This file holds the words; the rules stand beside it. Private keys never come here, only thumbprints and dates.

pub mod authority;
pub mod inventory;
pub mod policy;
pub mod renewal;

use holdfast_core::time::Timestamp;

use crate::fleet::KeyThumbprint;

/// A key of the server that is replaced with an overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerRole {
    /// Issues the devices' operational certificates and the doors' own.
    OperationalCa,
    /// Signs timestamp statements.
    Freshness,
}

impl ServerRole {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OperationalCa => "operational-ca",
            Self::Freshness => "freshness",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::OperationalCa, Self::Freshness].into_iter().find(|role| role.name() == name)
    }
}

/// Where a server's key stands: each goes through these once, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyState {
    /// Made; nobody relies on it yet.
    Next,
    /// In use.
    Active,
    /// Its successor is in use; what it signed before still counts.
    Retiring,
    /// Destroyed; nothing of it counts any more.
    Retired,
}

impl KeyState {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Retired => "retired",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Next, Self::Active, Self::Retiring, Self::Retired].into_iter().find(|state| state.name() == name)
    }
}

/// One of the server's keys that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerKey {
    /// What it is for.
    pub role: ServerRole,
    /// SHA-256 of its `SubjectPublicKeyInfo` (CA) or of its `COSE_Key` (RFC 9679 thumbprint).
    pub key: KeyThumbprint,
    /// Where it stands.
    pub state: KeyState,
    /// When it was made.
    pub created: Timestamp,
    /// Since when it has been in its state.
    pub since: Timestamp,
}
