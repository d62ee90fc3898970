//! Port of the room `updates`: trust documents, artifacts, releases, deployments.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{DeploymentId, GroupId, PersonId, ProductId, ReleaseId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::updates::note::KeptNote;
use holdfast_domain::updates::{DeploymentState, Execution, Release, TrustVersion};

use super::fleet::ExecutionCounts;
use super::people::Caller;
use super::{Answer, Ground, Page, PageAsk};

/// A trust document with what its page shows beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustView {
    /// The document as accepted.
    pub trust: TrustVersion,
    /// The maker's domain in it.
    pub maker_domain: String,
    /// Who may sign the next one.
    pub root: KeySet,
    /// Who may sign releases.
    pub release: KeySet,
    /// Key id of the freshness key (RFC 9679 thumbprint).
    pub freshness_key: [u8; 32],
}

/// Keys of which so many must sign.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySet {
    /// How many of them must sign.
    pub threshold: u32,
    /// Their ids (RFC 9679 thumbprints).
    pub keys: Vec<[u8; 32]>,
}

/// Takes an artifact piece by piece. Dropped before [`Self::finish`], it leaves nothing behind.
pub trait ArtifactSink: Send {
    /// Adds the next piece.
    ///
    /// # Errors
    ///
    /// `artifact-too-large`, or a fault of the store.
    fn write(&mut self, piece: &[u8]) -> Answer<()>;

    /// Compares the digest and keeps the artifact.
    ///
    /// # Errors
    ///
    /// `artifact-digest-mismatch`, or a fault of the store.
    fn finish(self: Box<Self>) -> Answer<StoredArtifact>;
}

/// An artifact that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredArtifact {
    /// Its digest, also its name.
    pub digest: Sha256Digest,
    /// Its size.
    pub bytes: u64,
    /// Whether it was there before.
    pub already: bool,
}

/// A release with what its page shows beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseView {
    /// The release.
    pub release: Release,
    /// Key ids of those who signed it (RFC 9679 thumbprints).
    pub signer_keys: Vec<[u8; 32]>,
    /// How many signatures the trust document asks for.
    pub signers_needed: u32,
    /// Whether the artifact is here.
    pub artifact_stored: bool,
    /// How many devices run it.
    pub running: u64,
    /// How many devices the product has.
    pub devices: u64,
    /// Where the health program lies in the image and how long it may take, if the manifest names one.
    pub health: Option<(String, Millis)>,
    /// Its deployments, newest first.
    pub deployments: Vec<DeploymentView>,
    /// What owners read about it, every version, the newest first.
    pub notes: Vec<KeptNote>,
}

/// How many devices a phase takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseSize {
    /// A share of the product's devices, 1 to 100 percent, counted from all of them (the last phase takes the rest).
    Percent(u8),
    /// So many devices.
    Devices(u32),
}

/// A phase as a person asks for it; the domain picks the devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPhase {
    /// Its size.
    pub size: PhaseSize,
    /// Share that must have succeeded before the next one starts, in percent.
    pub success_percent: u8,
}

/// A roll-out to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeployment {
    /// Of which release.
    pub release: ReleaseId,
    /// To this group's devices alone, as it stands when a phase starts; to all of the product otherwise.
    pub group: Option<GroupId>,
    /// Its phases, 1 to 20.
    pub phases: Vec<NewPhase>,
    /// Share of finished executions that may fail before it stops itself, in percent.
    pub abort_threshold_percent: u8,
    /// The threshold counts from so many finished executions.
    pub min_devices: u32,
    /// An execution without progress for so long is `unknown`.
    pub deadline: Millis,
}

/// A deployment in figures; its plan's device lists can be as long as the fleet and stay in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentView {
    /// Its id.
    pub id: DeploymentId,
    /// What is rolled out.
    pub release: ReleaseId,
    /// The release's version text.
    pub version: String,
    /// To whose devices.
    pub product: ProductId,
    /// To this group's devices alone.
    pub group: Option<GroupId>,
    /// Its state.
    pub state: DeploymentState,
    /// The plan's generation.
    pub generation: u32,
    /// Share of finished executions that may fail, in percent.
    pub abort_threshold_percent: u8,
    /// The threshold counts from so many finished executions.
    pub min_devices: u32,
    /// No progress for so long is `unknown`.
    pub deadline: Millis,
    /// Who created it.
    pub created_by: PersonId,
    /// What to call them.
    pub created_by_name: String,
    /// When.
    pub created: Timestamp,
    /// Its phases, in order.
    pub phases: Vec<PhaseView>,
    /// How it stood over time, oldest first; only where one deployment is asked for.
    pub moments: Vec<RolloutMoment>,
}

/// How a deployment stood at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RolloutMoment {
    /// When.
    pub at: Timestamp,
    /// Devices that waited.
    pub waiting: u64,
    /// Devices that fetched, installed or tried it.
    pub under_way: u64,
    /// Devices that run it and are healthy.
    pub succeeded: u64,
    /// Devices that did not come to try it.
    pub failed: u64,
    /// Devices that went back.
    pub rolled_back: u64,
    /// Devices whose homes said no, and devices that fell silent.
    pub aside: u64,
}

/// A phase in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseView {
    /// Share that must have succeeded before the next one starts, in percent.
    pub success_percent: u8,
    /// In a deployment to a group: so many percent of it are reached when this phase is done.
    pub share_percent: Option<u8>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// Of the queued ones, those whose homes had their time to answer: they hold the phase no longer.
    pub silent: u64,
    /// Its executions.
    pub counts: ExecutionCounts,
}

/// What a person orders about a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeploymentOrder {
    /// Offer it to no further device for now.
    Pause,
    /// Go on.
    Resume,
    /// End it; devices that are done stay as they are.
    Abort,
}

/// What the pages ask and order about updates.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says. Orders about absent things: `release-unknown`,
/// `deployment-unknown`, `product-unknown` (kind `Absent`).
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Updates: Ground {
    /// The trust document in force, or the given version; `None` if there is none.
    fn trust(&self, version: Option<u64>) -> Answer<Option<TrustView>>;
    /// Verifies and accepts the next trust document.
    fn add_trust(&self, by: &Caller, document: &[u8]) -> Answer<TrustVersion>;
    /// Begins to take an artifact with this digest.
    fn begin_artifact(&self, by: &Caller, digest: Sha256Digest) -> Answer<Box<dyn ArtifactSink>>;
    /// Verifies an envelope and publishes the release. Refusals carry the verifier's names, and `artifact-missing`.
    fn add_release(&self, by: &Caller, product: &ProductId, envelope: &[u8]) -> Answer<Release>;
    /// Releases, newest first, of one product or all.
    fn releases(&self, product: Option<&ProductId>, page: &PageAsk) -> Answer<Page<Release>>;
    /// One release.
    fn release(&self, id: ReleaseId) -> Answer<Option<ReleaseView>>;
    /// Plans and starts a roll-out.
    fn add_deployment(&self, by: &Caller, new: &NewDeployment) -> Answer<DeploymentView>;
    /// Deployments, newest first.
    fn deployments(&self, page: &PageAsk) -> Answer<Page<DeploymentView>>;
    /// One deployment.
    fn deployment(&self, id: DeploymentId) -> Answer<Option<DeploymentView>>;
    /// Executions of a deployment, by device, rising; `state` is a name of `ExecutionState::name` that limits the list.
    fn executions(&self, id: DeploymentId, state: Option<&str>, page: &PageAsk) -> Answer<Page<Execution>>;
    /// Carries out an order about a deployment. Refusal: `deployment-state-wrong`.
    fn order_deployment(&self, by: &Caller, id: DeploymentId, order: DeploymentOrder) -> Answer<DeploymentView>;
}
