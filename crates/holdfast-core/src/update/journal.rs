//! What an update needs to remember beside the boot state: the job in hand, the outcome nobody acknowledged yet, the
//! security floor; and the report of it to the server.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::boot::Slot;

/// A release that signatures and server agree on, as the machine needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// SHA-256 of the manifest.
    pub manifest: [u8; 32],
    /// SHA-256 of the image.
    pub image: [u8; 32],
    /// Size of the image.
    pub image_bytes: u64,
    /// Manifest sequence number.
    pub sequence: u64,
    /// The floor once this release is confirmed healthy; 0 for a release that raises none.
    pub security_floor: u64,
    /// How long a trial may take until it is confirmed, in milliseconds.
    pub health_ms_max: u64,
    /// For which deployment (text of its id).
    pub deployment: String,
    /// Generation of that deployment's plan.
    pub generation: u64,
}

/// An accepted target and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What is installed.
    pub target: Target,
    /// Into which slot.
    pub slot: Slot,
}

/// How an update ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What was to be installed.
    pub target: Target,
    /// The final state.
    pub state: ReportState,
    /// A stable name of the cause, if it did not succeed.
    pub reason: Option<String>,
}

/// The update machine's durable memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Journal {
    /// Lowest sequence that may be started; never falls.
    pub floor: u64,
    /// The job in hand.
    pub job: Option<Job>,
    /// The last outcome, until the server acknowledged it.
    pub outcome: Option<Outcome>,
}

/// State words of a report (the executions' states of the server).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    /// Fetching.
    Downloading,
    /// Checking and sealing the spare slot.
    Installing,
    /// Trial start.
    Rebooting,
    /// Confirmed healthy. Final.
    Succeeded,
    /// Did not come to a trial. Final.
    Failed,
    /// The trial was not confirmed; the device went back. Final.
    RolledBack,
}

impl ReportState {
    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Downloading => "downloading",
            Self::Installing => "installing",
            Self::Rebooting => "rebooting",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
        }
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::RolledBack)
    }
}

/// What the server should be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// For which deployment.
    pub deployment: String,
    /// Generation of its plan.
    pub generation: u64,
    /// The state.
    pub state: ReportState,
    /// Share of the download, 0 to 100.
    pub percent: u8,
    /// A stable name of the cause.
    pub reason: Option<String>,
    /// Sequence of the release.
    pub sequence: u64,
    /// SHA-256 of its image.
    pub image: [u8; 32],
}
