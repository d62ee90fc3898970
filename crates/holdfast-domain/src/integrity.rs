//! Evidence, its appraisal, alerts, and the decision to contain a device or to let it back.
//!
//! This file holds the words; `appraisal` judges evidence, `containment` is what a person may order. `anomaly` finds what
//! is not as it was, `finding` keeps it with its figures, `playbook` acts on it and takes back.

pub mod anomaly;
pub mod appraisal;
pub mod containment;
pub mod finding;
pub mod playbook;

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

/// Stable kinds of alerts.
pub mod alert_kind {
    /// A device's evidence contradicts every published release.
    pub const INTEGRITY_CONTRADICTED: &str = "integrity-contradicted";
    /// Two holders of one identity.
    pub const CLONE_SUSPECTED: &str = "clone-suspected";
    /// A factory certificate with a key that its batch does not list.
    pub const FACTORY_KEY_MISMATCH: &str = "factory-key-mismatch";
    /// A device went back to its earlier release by itself.
    pub const UPDATE_ROLLED_BACK: &str = "update-rolled-back";
    /// A deployment stopped itself because too many devices failed.
    pub const DEPLOYMENT_ABORTED: &str = "deployment-aborted";
    /// A deployment stopped itself because devices made no progress.
    pub const DEPLOYMENT_STALLED: &str = "deployment-stalled";
    /// A device got another operational key without a person, because its own was lost.
    pub const KEY_REPLACED: &str = "key-replaced";
    /// A device has been away for longer than the maker lets it come back by itself.
    pub const AWAY_TOO_LONG: &str = "away-too-long";
    /// One tag was seen at two places between which no unit travels so fast.
    pub const TAG_CLONE_SUSPECTED: &str = "tag-clone-suspected";
    /// A unit was seen where it cannot be without having been somewhere else before.
    pub const STATION_SKIPPED: &str = "custody-station-skipped";
    /// A unit was seen again after it went to recycling.
    pub const SEEN_AFTER_RECYCLING: &str = "custody-after-recycling";
    /// An aggregator passed on readings that their author did not sign.
    pub const FORWARD_FORGED: &str = "forward-forged";
    /// A key is past the end of its time.
    pub const KEY_OVERDUE: &str = "key-overdue";
    /// A request for help was not answered in the promised time.
    pub const HELP_OVERDUE: &str = "help-overdue";
    /// An account of the staff was locked after too many failures.
    pub const ACCOUNT_LOCKED: &str = "account-locked";
    /// One password was tried at many accounts.
    pub const PASSWORD_SPRAYED: &str = "password-sprayed";
    /// A complaint about privacy was not answered in the promised time.
    pub const COMPLAINT_OVERDUE: &str = "complaint-overdue";
    /// The authority was not told of a breach in 72 hours.
    pub const BREACH_OVERDUE: &str = "breach-overdue";
    /// A unit that came back is sold again and was not wiped.
    pub const RESOLD_UNWIPED: &str = "resold-unwiped";
    /// Mail to people could not be delivered.
    pub const MAIL_GIVEN_UP: &str = "mail-given-up";
}

/// The open alert of this kind, if there is one: a fault that goes on is one alert, not a thousand.
#[must_use]
pub fn open_alert<'a>(alerts: &'a [Alert], kind: &str) -> Option<&'a Alert> {
    alerts.iter().find(|alert| alert.kind == kind && alert.closed.is_none())
}
