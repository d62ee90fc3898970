//! Accepting a trust document, publishing a verified release, and withdrawing one.
//!
//! Signatures are checked before, with the code that devices use; these rules are about order and completeness.

use holdfast_core::id::PersonId;
use holdfast_core::time::Timestamp;

use super::{Deployment, DeploymentState, Release, ReleaseKind, TrustVersion};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::fleet::Product;

/// What the store knows beside the release that is offered.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseFacts<'a> {
    /// The product it is for.
    pub product: Option<&'a Product>,
    /// Highest sequence number among the product's releases, withdrawn ones included.
    pub newest_sequence: Option<u64>,
    /// Highest security floor among the product's releases.
    pub highest_floor: u64,
    /// Size of the artifact in the blob store, if it is there.
    pub artifact_bytes: Option<u64>,
    /// Whether somebody said for owners why it is needed and what they must do (see [`super::note`]).
    pub explained: bool,
}

/// Why a release or a trust document is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseRefusal {
    /// Its product is not known.
    #[error("the product is not known")]
    UnknownProduct,
    /// A release with this or a higher sequence number exists.
    #[error("the sequence number is not above that of every earlier release of the product")]
    SequenceNotNewer,
    /// Its artifact was not uploaded.
    #[error("the artifact was not uploaded")]
    ArtifactAbsent,
    /// The artifact has another size than the manifest says.
    #[error("the artifact has another size than the manifest says")]
    ArtifactSizeDiffers,
    /// The floor is above the release itself: it would forbid itself.
    #[error("the security floor is above the release's own sequence number")]
    FloorAboveSequence,
    /// Only a security release may raise the floor.
    #[error("only a security release may raise the security floor")]
    FloorRaisedByFeature,
    /// Nobody said for owners why it is needed.
    #[error("a release is published with a note for owners: the risk it removes, urgency, interruption and what to do")]
    NoteMissing,
    /// It is withdrawn already.
    #[error("the release is withdrawn already")]
    AlreadyWithdrawn,
    /// The trust document's version does not follow the current one.
    #[error("the trust document's version does not follow the current one")]
    TrustVersionGap,
}

impl ReleaseRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownProduct => "unknown-product",
            Self::SequenceNotNewer => "sequence-not-newer",
            Self::ArtifactAbsent => "artifact-absent",
            Self::ArtifactSizeDiffers => "artifact-size-differs",
            Self::FloorAboveSequence => "floor-above-sequence",
            Self::FloorRaisedByFeature => "floor-raised-by-feature",
            Self::NoteMissing => "release-note-missing",
            Self::AlreadyWithdrawn => "already-withdrawn",
            Self::TrustVersionGap => "trust-version-gap",
        }
    }
}

/// Decides to accept a trust document whose signatures and chain were verified; `digest` is its SHA-256.
///
/// # Errors
///
/// [`ReleaseRefusal::TrustVersionGap`].
pub fn accept_trust(
    current: Option<u64>,
    offered: TrustVersion,
    digest: &[u8; 32],
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, ReleaseRefusal> {
    if current.unwrap_or(0).checked_add(1) != Some(offered.version) {
        return Err(ReleaseRefusal::TrustVersionGap);
    }
    let line = LedgerLine::new(kind::TRUST_ACCEPTED, now)
        .fact("version", offered.version)
        .fact("document", digest)
        .fact("person", by);
    Ok(Decision::new(vec![Change::AddTrust(TrustVersion { accepted: now, ..offered })], line))
}

/// Decides to publish a release; `offered` holds what the verified manifest says.
///
/// # Errors
///
/// [`ReleaseRefusal`] names what is out of order.
pub fn publish_release(
    facts: &ReleaseFacts<'_>,
    offered: Release,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, ReleaseRefusal> {
    if facts.product.is_none_or(|product| product.id != offered.product) {
        return Err(ReleaseRefusal::UnknownProduct);
    }
    if facts.newest_sequence.is_some_and(|newest| offered.sequence <= newest) {
        return Err(ReleaseRefusal::SequenceNotNewer);
    }
    if offered.security_floor > offered.sequence {
        return Err(ReleaseRefusal::FloorAboveSequence);
    }
    if offered.kind == ReleaseKind::Feature && offered.security_floor > facts.highest_floor {
        return Err(ReleaseRefusal::FloorRaisedByFeature);
    }
    let stored = facts.artifact_bytes.ok_or(ReleaseRefusal::ArtifactAbsent)?;
    if stored != offered.artifact_bytes {
        return Err(ReleaseRefusal::ArtifactSizeDiffers);
    }
    if !facts.explained {
        return Err(ReleaseRefusal::NoteMissing);
    }
    let line = LedgerLine::new(kind::RELEASE_PUBLISHED, now)
        .fact("release", &offered.id)
        .fact("product", &offered.product)
        .fact("sequence", offered.sequence)
        .fact("manifest", &offered.manifest_digest)
        .fact("artifact", &offered.artifact_digest)
        .fact("signers", u64::from(offered.signers))
        .fact("person", by);
    Ok(Decision::new(vec![Change::AddRelease(Release { published: now, withdrawn: false, ..offered })], line))
}

/// Decides to withdraw a release: it is not offered any more, and its `open` deployments end.
///
/// # Errors
///
/// [`ReleaseRefusal::AlreadyWithdrawn`].
pub fn withdraw_release(
    release: &Release,
    open: &[Deployment],
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, ReleaseRefusal> {
    if release.withdrawn {
        return Err(ReleaseRefusal::AlreadyWithdrawn);
    }
    let line = LedgerLine::new(kind::RELEASE_WITHDRAWN, now).fact("release", &release.id).fact("person", by);
    let mut decision = Decision::new(vec![Change::WithdrawRelease { release: release.id }], line);
    for deployment in open.iter().filter(|open| open.release == release.id && !open.state.is_final()) {
        let to = DeploymentState::Aborted { reason: "release-withdrawn".to_owned() };
        decision = decision
            .with_change(Change::SetDeploymentState { deployment: deployment.id, to, at: now })
            .with_effect(Effect::WakeDeployment(deployment.id));
    }
    Ok(decision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, deployment, person, product, release};

    fn publish(change: impl FnOnce(&mut ReleaseFacts<'_>), offered: Release) -> Result<Decision, &'static str> {
        let product = product();
        let mut facts = ReleaseFacts {
            product: Some(&product),
            newest_sequence: Some(1),
            highest_floor: 0,
            artifact_bytes: Some(offered.artifact_bytes),
            explained: true,
        };
        change(&mut facts);
        publish_release(&facts, offered, &person(), NOW).map_err(ReleaseRefusal::name)
    }

    #[test]
    fn a_newer_release_with_its_artifact_is_published() {
        let decision = publish(|_| (), release(2)).expect("published");
        assert!(matches!(decision.changes.as_slice(), [Change::AddRelease(release)] if release.sequence == 2));
        assert_eq!(decision.line.map(|line| line.kind), Some("release-published"));
    }

    #[test]
    fn a_release_out_of_order_is_refused_by_name() {
        assert_eq!(publish(|facts| facts.product = None, release(2)), Err("unknown-product"));
        assert_eq!(publish(|_| (), release(1)), Err("sequence-not-newer"));
        assert_eq!(publish(|facts| facts.artifact_bytes = None, release(2)), Err("artifact-absent"));
        assert_eq!(publish(|facts| facts.artifact_bytes = Some(1), release(2)), Err("artifact-size-differs"));
        assert_eq!(publish(|facts| facts.explained = false, release(2)), Err("release-note-missing"));
        assert_eq!(publish(|_| (), Release { security_floor: 3, ..release(2) }), Err("floor-above-sequence"));
        let feature = Release { security_floor: 2, kind: ReleaseKind::Feature, ..release(2) };
        assert_eq!(publish(|_| (), feature.clone()), Err("floor-raised-by-feature"));
        assert!(
            publish(|facts| facts.highest_floor = 2, feature).is_ok(),
            "repeating the floor in force raises nothing"
        );
        assert!(publish(|_| (), Release { security_floor: 2, kind: ReleaseKind::Security, ..release(2) }).is_ok());
    }

    #[test]
    fn a_withdrawn_release_takes_its_deployments_with_it() {
        let release = release(2);
        let decision = withdraw_release(&release, &[deployment(1)], &person(), NOW).expect("withdrawn");
        assert_eq!(decision.changes.len(), 2);
        assert!(withdraw_release(&Release { withdrawn: true, ..release }, &[], &person(), NOW).is_err());
    }

    #[test]
    fn trust_versions_follow_one_another() {
        let accept = |current, version| {
            let offered = TrustVersion { version, document: vec![], accepted: NOW };
            accept_trust(current, offered, &[0; 32], &person(), NOW).is_ok()
        };
        assert!(accept(None, 1) && accept(Some(1), 2));
        assert!(!accept(None, 2) && !accept(Some(1), 1) && !accept(Some(1), 3) && !accept(Some(u64::MAX), 0));
    }
}
