//! Releases and their roll-out: plans of phases, executions of single devices, and the rule that stops a bad release.
//!
//! This file holds the words. A release walks through `release`, `plan`, `progress` (the reconciler's step); a device
//! through `assignment` and `report`.

pub mod assignment;
pub mod choice;
pub mod note;
pub mod plan;
pub mod progress;
pub mod release;
pub mod report;

use holdfast_core::id::{DeploymentId, DeviceId, GroupId, PersonId, ProductId, ReleaseId};
use holdfast_core::time::{Millis, Timestamp};

/// One version of the maker's trust document as accepted by the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustVersion {
    /// Version, from 1 without gaps.
    pub version: u64,
    /// The signed document, CBOR.
    pub document: Vec<u8>,
    /// When it was accepted.
    pub accepted: Timestamp,
}

/// Why a release exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseKind {
    /// Fixes a vulnerability: installs by default, may raise the security floor.
    Security,
    /// Anything else.
    Feature,
}

/// A version of a product's software whose signatures were verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// Of which product.
    pub product: ProductId,
    /// Version text from the manifest.
    pub version: String,
    /// Manifest sequence number.
    pub sequence: u64,
    /// Why it exists.
    pub kind: ReleaseKind,
    /// Lowest sequence a device may run once this release is confirmed healthy.
    pub security_floor: u64,
    /// Plain words for the owner, from the manifest.
    pub description: String,
    /// SHA-256 of the SUIT manifest (the digest in its authentication wrapper).
    pub manifest_digest: [u8; 32],
    /// SHA-256 of the artifact; also its name in the blob store.
    pub artifact_digest: [u8; 32],
    /// Size of the artifact.
    pub artifact_bytes: u64,
    /// How many distinct release signers signed.
    pub signers: u32,
    /// The signed envelope.
    pub envelope: Vec<u8>,
    /// When it was published.
    pub published: Timestamp,
    /// Not offered any more.
    pub withdrawn: bool,
}

/// State of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeploymentState {
    /// Waits for a second person.
    AwaitingApproval,
    /// Runs; holds the index of the phase in progress.
    Running {
        /// Phase in progress, from 0.
        phase: u32,
    },
    /// A person paused it.
    Paused {
        /// Phase to resume.
        phase: u32,
    },
    /// Ended by a person or by its own threshold; holds the named reason.
    Aborted {
        /// Such as `abort-threshold-reached` or `by-person`.
        reason: String,
    },
    /// Every phase is done.
    Completed,
}

impl DeploymentState {
    /// Whether nothing follows any more.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Aborted { .. } | Self::Completed => true,
            Self::AwaitingApproval | Self::Running { .. } | Self::Paused { .. } => false,
        }
    }

    /// The stable word of this state.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AwaitingApproval => "awaiting_approval",
            Self::Running { .. } => "running",
            Self::Paused { .. } => "paused",
            Self::Aborted { .. } => "aborted",
            Self::Completed => "completed",
        }
    }
}

/// Which share of the devices is offered the release, and when the next share may follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// Devices of this phase; of a deployment to a group they are found when the phase starts.
    pub devices: Vec<DeviceId>,
    /// In a deployment to a group: so many percent of the group are reached when this phase is done.
    pub share_percent: Option<u8>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// Share of this phase's devices that must have succeeded before the next one starts, in percent.
    pub success_percent: u8,
}

/// An immutable plan; a change of mind is a new plan with the next generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutPlan {
    /// Rises with each new plan of the deployment; a device ignores an older one.
    pub generation: u32,
    /// Phases in order.
    pub phases: Vec<Phase>,
    /// Share of finished executions that may fail or roll back before the deployment stops itself, in percent.
    pub abort_threshold_percent: u8,
    /// The threshold counts only from this many finished executions.
    pub min_devices: u32,
    /// An execution that makes no progress for so long is `unknown` and stops the phase.
    pub deadline: Millis,
}

/// The roll-out of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// What is rolled out.
    pub release: ReleaseId,
    /// To which product's devices.
    pub product: ProductId,
    /// To this group's devices alone, as it stands when a phase starts.
    pub group: Option<GroupId>,
    /// The plan in force.
    pub plan: RolloutPlan,
    /// Its state.
    pub state: DeploymentState,
    /// Who created it.
    pub created_by: PersonId,
    /// When.
    pub created: Timestamp,
}

/// Step of one device's run (DESIGN, "Words"); final ones stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutionState {
    /// Its phase has not started, or the device has not asked yet.
    Queued,
    /// Fetching.
    Downloading,
    /// Writing and checking the spare slot.
    Installing,
    /// Trial start.
    Rebooting,
    /// Runs the release, health confirmed. Final.
    Succeeded,
    /// Did not come to a trial start; holds the device's named reason. Final.
    Failed(String),
    /// Trial start was not confirmed; the device went back by itself; holds the named reason. Final.
    RolledBack(String),
    /// The owner said no. Final.
    Declined,
    /// No progress within the plan's deadline.
    Unknown,
}

impl ExecutionState {
    /// Whether nothing follows any more.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Succeeded | Self::Failed(_) | Self::RolledBack(_) | Self::Declined => true,
            Self::Queued | Self::Downloading | Self::Installing | Self::Rebooting | Self::Unknown => false,
        }
    }

    /// The stable word of this state.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Downloading => "downloading",
            Self::Installing => "installing",
            Self::Rebooting => "rebooting",
            Self::Succeeded => "succeeded",
            Self::Failed(_) => "failed",
            Self::RolledBack(_) => "rolled_back",
            Self::Declined => "declined",
            Self::Unknown => "unknown",
        }
    }
}

/// One device's run of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Of which deployment.
    pub deployment: DeploymentId,
    /// Which device.
    pub device: DeviceId,
    /// Its phase, from 0.
    pub phase: u32,
    /// Its state.
    pub state: ExecutionState,
    /// How far a download is, in percent.
    pub percent: u8,
    /// When the state or percent last changed.
    pub changed: Timestamp,
}
