//! What a rule decides: changes, at most one ledger line, effects. The store commits all three in one transaction.

pub mod kind;

use std::collections::BTreeMap;
use std::fmt;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{
    ActionId, AlertId, BatchId, ClaimId, CommandId, DeploymentId, DeviceId, FindingId, HelpId, InvitationId, PasskeyId,
    PersonId, ProductId, ReaderId, ReleaseId, SessionId, TokenId,
};
use holdfast_core::id::{BreachId, BulkId, ComplaintId, GroupId, ProofId, ShopId};
use holdfast_core::time::Timestamp;

use crate::fleet::bulk::BulkChange;
use crate::fleet::custody::{Reader, Sighting, Tag};
use crate::fleet::dossier::DossierChange;
use crate::fleet::group::GroupChange;
use crate::fleet::origin::Origin;
use crate::fleet::proof::Proof;
use crate::fleet::replacement::Replacement;
use crate::fleet::shop::ShopChange;
use crate::fleet::{
    ClaimCode, Command, CommandOutcome, Device, DeviceCertificate, Enrolment, FactoryBatch, KeyThumbprint, Product,
    Quarantine, Software,
};
use crate::homes::HomeChange;
use crate::integrity::finding::FindingChange;
use crate::integrity::{Alert, Appraisal};
use crate::papers::Paper;
use crate::people::account::AccountChange;
use crate::people::breach::BreachChange;
use crate::people::complaint::ComplaintChange;
use crate::people::contact::ContactChange;
use crate::people::help::HelpChange;
use crate::people::identity::IdentityChange;
use crate::people::notice::Notice;
use crate::people::{ApiToken, Person, Session, SignInLink};
use crate::updates::choice::Choice;
use crate::updates::note::KeptNote;
use crate::updates::{Deployment, DeploymentState, Execution, Release, TrustVersion};

/// One outcome of a rule. Nothing of it is applied unless all of it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// Rows to write, in order.
    pub changes: Vec<Change>,
    /// What history keeps of it; `None` for decisions that are not security-relevant.
    pub line: Option<LedgerLine>,
    /// What must happen outside the store afterwards, at least once.
    pub effects: Vec<Effect>,
}

impl Decision {
    /// A decision with changes and a ledger line, and no effects yet.
    #[must_use]
    pub const fn new(changes: Vec<Change>, line: LedgerLine) -> Self {
        Self { changes, line: Some(line), effects: Vec::new() }
    }

    /// A decision that history need not keep.
    #[must_use]
    pub const fn quiet(changes: Vec<Change>) -> Self {
        Self { changes, line: None, effects: Vec::new() }
    }

    /// The same decision with one more change.
    #[must_use]
    pub fn with_change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// The same decision with one more effect.
    #[must_use]
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}

/// One row-level change. Closed: the store matches every variant.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Adds or replaces a product.
    PutProduct(Product),
    /// Keeps what is said about a product, and one line of its history; the store refuses a nearer last day of support.
    PutDossier(Box<DossierChange>),
    /// Adds a version of a paper of the maker.
    AddPaper(Box<Paper>),
    /// Adds a version of the maker's trust document.
    AddTrust(TrustVersion),
    /// Adds a factory batch with its devices and claim codes.
    AddBatch {
        /// The batch itself.
        batch: FactoryBatch,
        /// One device each, enrolment `Preauthorised`.
        devices: Vec<Device>,
        /// Salted hashes of claim codes.
        claims: Vec<ClaimCode>,
    },
    /// Moves a device to another enrolment state.
    SetEnrolment {
        /// The device.
        device: DeviceId,
        /// Its new state.
        to: Enrolment,
    },
    /// Adds a certificate the operational CA issued, state `Issued`. Older ones of the device that are still `Issued` (never
    /// used) become superseded; a proven one stays good until [`Change::ProveCertificate`] for the new one.
    AddCertificate(DeviceCertificate),
    /// Records which CA issued a certificate (thumbprint of its key); none recorded means the server's first one.
    SetIssuer {
        /// Serial number of the certificate.
        serial: String,
        /// The CA.
        issuer: KeyThumbprint,
    },
    /// Records that the factory station saw the factory keys of these devices in hardware.
    SetHardwareKeys(Vec<DeviceId>),
    /// Records the newest trust document that a device says it holds.
    SetDeviceTrust {
        /// The device.
        device: DeviceId,
        /// Version of the document.
        version: u64,
        /// When it said so.
        at: Timestamp,
    },
    /// A certificate was used for its first connection: it becomes `Proven`, every other unrevoked one of the device
    /// becomes superseded.
    ProveCertificate {
        /// The device.
        device: DeviceId,
        /// Serial number of the certificate, as in [`DeviceCertificate::serial`].
        serial: String,
        /// When.
        at: Timestamp,
    },
    /// Marks every certificate of a device as revoked.
    RevokeCertificates {
        /// The device.
        device: DeviceId,
        /// When.
        at: Timestamp,
    },
    /// Sets or lifts a device's quarantine.
    SetQuarantine {
        /// The device.
        device: DeviceId,
        /// `None` lifts it.
        to: Option<Quarantine>,
    },
    /// Records what a device says and proves it runs.
    SetSoftware {
        /// The device.
        device: DeviceId,
        /// What runs.
        software: Software,
    },
    /// Records one appraisal of evidence.
    AddAppraisal(Appraisal),
    /// Opens an alert.
    OpenAlert(Alert),
    /// Closes an alert.
    CloseAlert {
        /// Which.
        alert: AlertId,
        /// When.
        at: Timestamp,
        /// By whom; `None` if the system closed it.
        by: Option<PersonId>,
    },
    /// Sets the desired side of a shadow; the store increments `version` and stores the merged document.
    SetDesired {
        /// The device.
        device: DeviceId,
        /// The version this decision was made against; another current version refuses the commit.
        from_version: u64,
        /// The whole new desired document, JSON text.
        desired: String,
    },
    /// Sets the reported side of a shadow.
    SetReported {
        /// The device.
        device: DeviceId,
        /// The desired version the device had applied.
        applied_version: u64,
        /// The whole reported document, JSON text.
        reported: String,
        /// When it arrived.
        at: Timestamp,
    },
    /// Adds a command.
    AddCommand(Command),
    /// Ends a command.
    EndCommand {
        /// Which.
        command: CommandId,
        /// How.
        outcome: CommandOutcome,
        /// When.
        at: Timestamp,
    },
    /// A change of findings, playbooks or lowered budgets.
    Findings(FindingChange),
    /// A change of who owns a device and who has a place in its household.
    Home(HomeChange),
    /// A change of groups of devices.
    Group(GroupChange),
    /// Keeps who set something of a device last; see [`Origin`].
    SetOrigin(Origin),
    /// A change of an act on many devices.
    Bulk(BulkChange),
    /// Adds a release.
    AddRelease(Release),
    /// Keeps a version of what owners read about a release; the store refuses a version that does not follow the last.
    PutReleaseNote(KeptNote),
    /// Withdraws a release: it is not offered any more.
    WithdrawRelease {
        /// Which.
        release: ReleaseId,
    },
    /// Adds a deployment, its plan and its executions.
    AddDeployment {
        /// The deployment with its plan.
        deployment: Deployment,
        /// One queued execution for each device.
        executions: Vec<Execution>,
    },
    /// Adds devices to a phase of a deployment to a group, as that phase starts.
    AddRuns {
        /// Which.
        deployment: DeploymentId,
        /// The phase, from 0.
        phase: u32,
        /// One queued execution for each device.
        executions: Vec<Execution>,
    },
    /// Moves a deployment.
    SetDeploymentState {
        /// Which.
        deployment: DeploymentId,
        /// Where to.
        to: DeploymentState,
        /// When; a phase that it reaches with this has started then.
        at: Timestamp,
    },
    /// Replaces one device's execution.
    SetExecution(Execution),
    /// Registers a reader of tags.
    AddReader(Reader),
    /// Takes a reader out of use; its sightings stay.
    RetireReader {
        /// Which.
        reader: ReaderId,
        /// When.
        at: Timestamp,
    },
    /// Binds a tag to a unit.
    BindTag(Tag),
    /// Keeps what a reader saw; a sighting that is there already is kept once.
    AddSighting(Sighting),
    /// Records that one unit takes the place of another.
    AddReplacement(Replacement),
    /// Adds a person.
    AddPerson(Person),
    /// Adds a one-time sign-in link (hash only).
    AddSignInLink(SignInLink),
    /// Uses up a one-time link; a link that is already used refuses the commit.
    UseSignInLink {
        /// SHA-256 of the link's secret.
        secret_hash: [u8; 32],
        /// When.
        at: Timestamp,
    },
    /// Opens a session.
    AddSession(Session),
    /// Ends a session.
    EndSession {
        /// SHA-256 of the session's secret.
        secret_hash: [u8; 32],
        /// When.
        at: Timestamp,
    },
    /// Adds an API token (hash only).
    AddToken(ApiToken),
    /// Revokes an API token.
    RevokeToken {
        /// Which.
        token: TokenId,
        /// When.
        at: Timestamp,
    },
    /// Tells a person something; it also goes to the address that they have confirmed by then. Told twice, it is told once.
    AddNotice(Notice),
    /// A change of requests for help.
    Help(HelpChange),
    /// Keeps what somebody of a home chose about an update; a later choice takes its place.
    SetChoice(Choice),
    /// A sensor that listens, watches or locates began or ended.
    SetSensing {
        /// Of which device.
        device: DeviceId,
        /// The property that tells it.
        property: String,
        /// Whether it is at work.
        active: bool,
        /// Since when.
        since: Timestamp,
    },
    /// A change of an account: ways in, sessions, standing.
    Account(AccountChange),
    /// A change of which account at the staff's identity provider is whose.
    Identity(IdentityChange),
    /// A change of where a person is reached.
    Contact(ContactChange),
    /// A change of complaints about privacy.
    Complaint(ComplaintChange),
    /// A change of the register of breaches.
    Breach(Box<BreachChange>),
    /// A change of retailers.
    Shop(ShopChange),
    /// Keeps a record about a product.
    AddProof(Box<Proof>),
}

/// Something outside the store that must follow a decision, at least once; handling one twice changes nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Tell the gateway to publish the device's current shadow delta, if it is connected.
    PushShadow(DeviceId),
    /// Tell the gateway to deliver the device's open commands, if it is connected.
    PushCommands(DeviceId),
    /// Tell the device that there may be news for it (update topic).
    NudgeUpdate(DeviceId),
    /// Ask the device for fresh evidence.
    Challenge(DeviceId),
    /// Send the device its current policy (quarantine or not), and apply it to its open session.
    PushPolicy(DeviceId),
    /// Close every open session of the device.
    Disconnect(DeviceId),
    /// Wake the deployment reconciler for this deployment.
    WakeDeployment(DeploymentId),
    /// Apply the device's budget, as it stands now, to its open session.
    PushThrottle(DeviceId),
    /// Wake the reconciler of playbooks for this run.
    WakePlaybook(ActionId),
    /// Wake the reconciler of acts on many devices for this one.
    WakeBulk(BulkId),
}

/// One line of the ledger: a kind, a time, ids and digests. Never a name, an address or a text a person wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// What happened, kebab-case, such as `device-enrolled`.
    pub kind: &'static str,
    /// When.
    pub at: Timestamp,
    /// What it was about.
    pub facts: BTreeMap<&'static str, Fact>,
}

/// A value that may stand in the ledger. There is no way from free text to a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact(String);

macro_rules! fact_from {
    ($($id:ty),*) => {$(
        impl From<&$id> for Fact {
            fn from(id: &$id) -> Self {
                Self(id.to_string())
            }
        }
    )*};
}
fact_from!(
    DeviceId,
    ProductId,
    ReleaseId,
    DeploymentId,
    CommandId,
    AlertId,
    PersonId,
    TokenId,
    SessionId,
    PasskeyId,
    BatchId,
    FindingId,
    ActionId,
    BulkId,
    HelpId,
    GroupId,
    ReaderId,
    ClaimId,
    InvitationId,
    ShopId,
    ComplaintId,
    BreachId,
    ProofId
);

impl From<&KeyThumbprint> for Fact {
    fn from(key: &KeyThumbprint) -> Self {
        Self::from(&key.0)
    }
}

impl From<u64> for Fact {
    fn from(n: u64) -> Self {
        Self(n.to_string())
    }
}

impl From<&'static str> for Fact {
    fn from(word: &'static str) -> Self {
        Self(word.to_owned())
    }
}

impl From<&[u8; 32]> for Fact {
    fn from(digest: &[u8; 32]) -> Self {
        Self(Sha256Digest::from_bytes(*digest).to_string())
    }
}

impl LedgerLine {
    /// A line without facts yet.
    #[must_use]
    pub const fn new(kind: &'static str, at: Timestamp) -> Self {
        Self { kind, at, facts: BTreeMap::new() }
    }

    /// The same line with one more fact.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.facts.insert(name, value.into());
        self
    }
}

impl fmt::Display for LedgerLine {
    /// The leaf as it is hashed: one JSON object, `at` (µs) and `kind` first, then facts by name, no white space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\"at\":{},\"kind\":\"{}\"", self.at.as_micros(), self.kind)?;
        for (name, Fact(value)) in &self.facts {
            write!(f, ",\"{name}\":\"{value}\"")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_json_object_in_a_fixed_order() -> Result<(), holdfast_core::id::IdError> {
        let device: DeviceId = "hearth-0001".parse()?;
        let line = LedgerLine::new("device-enrolled", Timestamp::from_micros(7)).fact("device", &device).fact("a", 2);
        assert_eq!(line.to_string(), r#"{"at":7,"kind":"device-enrolled","a":"2","device":"hearth-0001"}"#);
        Ok(())
    }
}
