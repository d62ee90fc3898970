//! Evidence, its appraisal, alerts, and the decision to contain a device or to let it back.

use holdfast_core::id::{AlertId, DeviceId};
use holdfast_core::time::Timestamp;

/// What evidence was found to say (EAR trustworthiness tiers, draft-ietf-rats-ear).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything measured matches a published manifest at or above the floor.
    Affirming,
    /// Evidence contradicts the reference values; holds the named reason.
    Contraindicated(String),
}

/// One appraised piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appraisal {
    /// Whose evidence.
    pub device: DeviceId,
    /// The result.
    pub verdict: Verdict,
    /// SHA-256 of the evidence token as received.
    pub evidence_digest: [u8; 32],
    /// The image digest that the device measured in its running slot.
    pub image_digest: [u8; 32],
    /// When.
    pub at: Timestamp,
}

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// For the record.
    Notice,
    /// Someone should look today.
    Warning,
    /// Someone should look now.
    Critical,
}

/// Something a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// The device it is about, if any.
    pub device: Option<DeviceId>,
    /// Stable kind, such as `integrity-contradicted`, `clone-suspected`, `update-rolled-back`, `deployment-aborted`.
    pub kind: String,
    /// How urgent.
    pub severity: Severity,
    /// One plain sentence with what to do next.
    pub text: String,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was closed.
    pub closed: Option<Timestamp>,
}
