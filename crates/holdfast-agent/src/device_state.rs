//! What the device remembers beside the update machine: floors of time and counter, its credentials, its starts.

use serde::{Deserialize, Serialize};

use crate::durable::Record;

/// One of the two places for an operational credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CredentialSlot {
    A,
    B,
}

impl CredentialSlot {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// The record `state/device.*`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct DeviceState {
    /// How often an image was started.
    pub(crate) boots: u64,
    /// Highest counter of a verified statement.
    pub(crate) statement_counter: u64,
    /// Latest time of a verified statement, in microseconds.
    pub(crate) time_floor_us: i64,
    /// The credential that a connection has proven.
    pub(crate) credential: Option<CredentialSlot>,
    /// A newer one that no connection has proven yet.
    pub(crate) candidate: Option<CredentialSlot>,
    /// Whether the credential's key served a certificate before, so that a fresh key takes its place soon.
    #[serde(default)]
    pub(crate) rekey: bool,
}

/// The record with its file.
pub(crate) type DeviceRecord = Record<DeviceState>;

/// Its name in `state/`.
pub(crate) const DEVICE_RECORD: &str = "device";
