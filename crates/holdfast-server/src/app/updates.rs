//! Trust documents, artifacts, releases and deployments, as people order them.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{AlertId, DeploymentId, ProductId, ReleaseId};
use holdfast_core::release::{self, Compatibility, Floors, ReleaseManifest};
use holdfast_core::trust::{Role, TrustDocument};
use holdfast_domain::fleet::{Device, Enrolment};
use holdfast_domain::updates::plan::{PlanFacts, Share, Wish, WishedPhase, create_deployment};
use holdfast_domain::updates::progress::{DeploymentRefusal, abort, advance, pause, resume};
use holdfast_domain::updates::release::{ReleaseFacts, accept_trust, publish_release};
use holdfast_domain::updates::{Deployment, Execution, Release, ReleaseKind, TrustVersion};
use holdfast_store::blobs::{BlobError, BlobWriter};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::updates::{
    ArtifactSink, DeploymentOrder, DeploymentView, KeySet, NewDeployment, NewPhase, PhaseSize, ReleaseView,
    StoredArtifact, TrustView, Updates,
};
use holdfast_web::backend::{Answer, LiveEvent, Page, PageAsk, RefusalKind};

use super::fleet::{chain, cursor, cut, one_more};
use super::{House, absent, deployments, fault, refuse, stored};
use crate::clock;
use crate::wiring;

/// Largest artifact.
const ARTIFACT_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Devices read at once when a roll-out is planned.
const DEVICES_AT_ONCE: u32 = 5_000;

impl Updates for House {
    fn trust(&self, version: Option<u64>) -> Answer<Option<TrustView>> {
        let found = match version {
            None => self.store.trust_latest(),
            Some(version) => self.store.trust(version),
        };
        let Some(trust) = found.map_err(stored)? else { return Ok(None) };
        // What was accepted is not verified against its predecessor again just to be shown.
        let document = TrustDocument::open_first(&trust.document).map_err(|why| fault(&why))?;
        let content = document.content();
        Ok(Some(TrustView {
            maker_domain: content.maker_domain.clone(),
            root: key_set(&content.root),
            release: key_set(&content.release),
            freshness_key: *content.freshness.key_id().as_bytes(),
            trust,
        }))
    }

    fn add_trust(&self, by: &Caller, document: &[u8]) -> Answer<TrustVersion> {
        let current = self.trust_in_force()?;
        let verified = match &current {
            None => TrustDocument::open_first(document),
            Some(current) => current.succeed(document),
        };
        let verified = verified.map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), chain(&why)))?;
        self.names_our_keys(&verified)?;
        let now = clock::now();
        let version = TrustVersion { version: verified.version(), document: document.to_vec(), accepted: now };
        let digest = Sha256Digest::of(document);
        let current = current.map(|current| current.version());
        let decision = accept_trust(current, version.clone(), digest.as_bytes(), &by.person.id, now)
            .map_err(|why| refuse(RefusalKind::Conflict, why.name(), why.to_string()))?;
        self.decide(decision)?;
        wiring::reload_doors(self).map_err(|why| fault(&why))?;
        Ok(version)
    }

    fn begin_artifact(&self, _by: &Caller, digest: Sha256Digest) -> Answer<Box<dyn ArtifactSink>> {
        let writer = self.blobs.put(digest, ARTIFACT_BYTES_MAX).map_err(|why| blob(&why))?;
        Ok(Box::new(Sink { writer, digest }))
    }

    fn add_release(&self, by: &Caller, product: &ProductId, envelope: &[u8]) -> Answer<Release> {
        let product = self.store.product(product).map_err(stored)?.ok_or_else(|| no_product(product))?;
        let trust = self.trust_in_force()?;
        let no_trust = || refuse(RefusalKind::Conflict, "trust-document-missing", "upload a trust document first");
        let trust = trust.ok_or_else(no_trust)?;
        let compatibility = Compatibility::of_product(&product.vendor_domain, product.id.as_str());
        let refused = |why: release::ReleaseRefusal| refuse(RefusalKind::Unacceptable, why.name(), chain(&why));
        let verified =
            release::verify_release(envelope, &trust, &compatibility, &Floors::default()).map_err(refused)?;
        let signers = release::count_signatures(envelope, &trust).map_err(refused)?.distinct;
        let now = clock::now();
        let offered = offered(ReleaseId::new(now, clock::random()), &product.id, &verified, signers, (envelope, now));
        let newest = self.store.newest_release(&product.id).map_err(stored)?;
        let all = self.store.releases(Some(&product.id), None, u32::MAX).map_err(stored)?;
        let artifact_bytes = self.blobs.len(&verified.image_digest).map_err(|why| fault(&why))?;
        let facts = ReleaseFacts {
            product: Some(&product),
            newest_sequence: newest.map(|release| release.sequence),
            highest_floor: all.iter().map(|release| release.security_floor).max().unwrap_or(0),
            artifact_bytes,
        };
        let decision = publish_release(&facts, offered.clone(), &by.person.id, now)
            .map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), why.to_string()))?;
        self.decide(decision)?;
        Ok(offered)
    }

    fn releases(&self, product: Option<&ProductId>, page: &PageAsk) -> Answer<Page<Release>> {
        let rows = self.store.releases(product, cursor(page)?, one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |release| release.id.to_string()))
    }

    fn release(&self, id: ReleaseId) -> Answer<Option<ReleaseView>> {
        let Some(release) = self.store.release(id).map_err(stored)? else { return Ok(None) };
        self.release_view(release).map(Some)
    }

    fn add_deployment(&self, by: &Caller, new: &NewDeployment) -> Answer<DeploymentView> {
        let release = self.store.release(new.release).map_err(stored)?;
        let release = release.ok_or_else(|| absent("release-unknown", format_args!("release {}", new.release)))?;
        let fleet = self.fleet_of(&release.product)?;
        let mut open = Vec::new();
        for deployment in self.store.active_deployments().map_err(stored)? {
            if let Some(other) = self.store.release(deployment.release).map_err(stored)? {
                open.push((deployment, other.sequence));
            }
        }
        let facts = PlanFacts { release: &release, fleet: &fleet, open: &open };
        let now = clock::now();
        let id = DeploymentId::new(now, clock::random());
        let wish = wish(new, &fleet);
        let decision = create_deployment(id, &facts, &wish, &by.person.id, now)
            .map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), why.to_string()))?;
        self.decide(decision)?;
        self.deployment(id)?.ok_or_else(|| no_deployment(id))
    }

    fn deployments(&self, page: &PageAsk) -> Answer<Page<DeploymentView>> {
        let rows = self.store.deployments(cursor(page)?, one_more(page)).map_err(stored)?;
        let page = cut(rows, page, |deployment| deployment.id.to_string());
        let views: Answer<Vec<_>> = page.rows.into_iter().map(|deployment| deployments::view(self, deployment)).collect();
        Ok(Page { rows: views?, next: page.next })
    }

    fn deployment(&self, id: DeploymentId) -> Answer<Option<DeploymentView>> {
        let found = self.store.deployment(id).map_err(stored)?;
        found.map(|deployment| deployments::view(self, deployment)).transpose()
    }

    fn executions(&self, id: DeploymentId, state: Option<&str>, page: &PageAsk) -> Answer<Page<Execution>> {
        let after = cursor(page)?;
        let rows = self.store.executions(id, state, after.as_ref(), one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |execution| execution.device.to_string()))
    }

    fn order_deployment(&self, by: &Caller, id: DeploymentId, order: DeploymentOrder) -> Answer<DeploymentView> {
        let deployment = self.store.deployment(id).map_err(stored)?.ok_or_else(|| no_deployment(id))?;
        let (person, now) = (&by.person.id, clock::now());
        let decision = match order {
            DeploymentOrder::Pause => pause(&deployment, person, now),
            DeploymentOrder::Resume => resume(&deployment, person, now),
            DeploymentOrder::Abort => abort(&deployment, person, now),
        };
        let refused = |why: DeploymentRefusal| refuse(RefusalKind::Conflict, why.name(), why.to_string());
        self.decide(decision.map_err(refused)?)?;
        self.tell(LiveEvent::Deployment(id));
        self.deployment(id)?.ok_or_else(|| no_deployment(id))
    }
}

impl House {
    /// The trust document in force, verified from the first one on.
    pub(super) fn trust_in_force(&self) -> Answer<Option<TrustDocument>> {
        wiring::current_trust(&self.store).map_err(|why| fault(why.as_ref()))
    }

    /// Moves one deployment a step, if there is one to take. Run twice, the second time changes nothing.
    ///
    /// # Errors
    ///
    /// If the store fails, or the state changed meanwhile.
    pub fn advance_deployment(&self, deployment: &Deployment) -> Answer<()> {
        let executions = self.store.executions(deployment.id, None, None, u32::MAX).map_err(stored)?;
        let now = clock::now();
        if let Some(decision) = advance(deployment, &executions, AlertId::new(now, clock::random()), now) {
            self.decide(decision)?;
            self.tell(LiveEvent::Deployment(deployment.id));
        }
        Ok(())
    }

    /// A document that does not name this server's keys would shut every device out.
    fn names_our_keys(&self, document: &TrustDocument) -> Answer<()> {
        let content = document.content();
        let ca = self.authority.ca_certificate();
        if content.operational_cas.iter().all(|der| der.as_slice() != ca.as_ref()) {
            let detail = "the document does not name this server's operational CA (holdfast trust authority)";
            return Err(refuse(RefusalKind::Unacceptable, "operational-ca-not-named", detail));
        }
        if content.freshness != holdfast_core::cose::Signer::public_key(self.authority.freshness()) {
            let detail = "the document does not name this server's freshness key (holdfast trust authority)";
            return Err(refuse(RefusalKind::Unacceptable, "freshness-key-not-named", detail));
        }
        Ok(())
    }

    fn fleet_of(&self, product: &ProductId) -> Answer<Vec<Device>> {
        let filter = holdfast_store::fleet::DeviceFilter {
            product: Some(product.clone()),
            enrolment: Some(Enrolment::Accepted),
            ..Default::default()
        };
        let mut fleet: Vec<Device> = Vec::new();
        loop {
            let after = fleet.last().map(|device| device.id.clone());
            let rows = self.store.devices(&filter, after.as_ref(), DEVICES_AT_ONCE).map_err(stored)?;
            let full = rows.len() == DEVICES_AT_ONCE as usize;
            fleet.extend(rows);
            if !full {
                return Ok(fleet);
            }
        }
    }

    fn release_view(&self, release: Release) -> Answer<ReleaseView> {
        let manifest = ReleaseManifest::read_unverified(&release.envelope).map_err(|why| fault(&why))?;
        let signers = crate::offline::signers(&release.envelope).map_err(|why| fault(&why))?;
        let digest = Sha256Digest::from_bytes(release.artifact_digest);
        let needed = self.trust_in_force()?.map_or(0, |trust| trust.content().release.threshold());
        let versions = self.store.version_counts().map_err(stored)?;
        let runs = |v: &&holdfast_store::fleet::VersionCount| v.product == release.product && v.sequence == release.sequence;
        let deployments = self.store.deployments_of_release(release.id).map_err(stored)?;
        let deployments: Answer<Vec<_>> = deployments.into_iter().map(|d| deployments::view(self, d)).collect();
        Ok(ReleaseView {
            signer_keys: signers.iter().map(|key| *key.as_bytes()).collect(),
            signers_needed: u32::try_from(needed).unwrap_or(u32::MAX),
            artifact_stored: self.blobs.exists(&digest),
            running: versions.iter().filter(runs).map(|v| v.devices).sum(),
            devices: self.store.product_counts(&release.product).map_err(stored)?.devices,
            health: Some((manifest.health.program.to_string(), manifest.health.deadline)),
            deployments: deployments?,
            release,
        })
    }
}

struct Sink {
    writer: BlobWriter,
    digest: Sha256Digest,
}

impl ArtifactSink for Sink {
    fn write(&mut self, piece: &[u8]) -> Answer<()> {
        self.writer.write(piece).map_err(|why| blob(&why))
    }

    fn finish(self: Box<Self>) -> Answer<StoredArtifact> {
        let kept = self.writer.finish().map_err(|why| blob(&why))?;
        Ok(StoredArtifact { digest: self.digest, bytes: kept.bytes, already: kept.already })
    }
}

fn blob(why: &BlobError) -> holdfast_web::backend::Stop {
    match why {
        BlobError::Digest(_) => refuse(RefusalKind::Unacceptable, "artifact-digest-mismatch", why.to_string()),
        BlobError::TooLarge(_) => refuse(RefusalKind::TooLarge, "artifact-too-large", why.to_string()),
        BlobError::Io(inner) => fault(inner),
    }
}

fn offered(
    id: ReleaseId,
    product: &ProductId,
    manifest: &ReleaseManifest,
    signers: usize,
    (envelope, now): (&[u8], holdfast_core::time::Timestamp),
) -> Release {
    Release {
        id,
        product: product.clone(),
        version: manifest.version.clone(),
        sequence: manifest.sequence,
        kind: match manifest.kind {
            release::ReleaseKind::Feature => ReleaseKind::Feature,
            release::ReleaseKind::Security => ReleaseKind::Security,
        },
        security_floor: manifest.security_floor,
        description: manifest.description.clone(),
        manifest_digest: *manifest.digest().as_bytes(),
        artifact_digest: *manifest.image_digest.as_bytes(),
        artifact_bytes: manifest.image_bytes,
        signers: u32::try_from(signers).unwrap_or(u32::MAX),
        envelope: envelope.to_vec(),
        published: now,
        withdrawn: false,
    }
}

fn wish(new: &NewDeployment, fleet: &[Device]) -> Wish {
    let percent_of = |devices: u32| {
        let all = u64::try_from(fleet.len()).unwrap_or(u64::MAX).max(1);
        u8::try_from((u64::from(devices) * 100).div_ceil(all).clamp(1, 100)).unwrap_or(100)
    };
    let phase = |phase: &NewPhase| WishedPhase {
        share: Share::Percent(match phase.size {
            PhaseSize::Percent(percent) => percent,
            PhaseSize::Devices(devices) => percent_of(devices),
        }),
        success_percent: phase.success_percent,
    };
    Wish {
        phases: new.phases.iter().map(phase).collect(),
        abort_threshold_percent: new.abort_threshold_percent,
        min_devices: new.min_devices,
        deadline: new.deadline,
    }
}

fn key_set(role: &Role) -> KeySet {
    KeySet {
        threshold: u32::try_from(role.threshold()).unwrap_or(u32::MAX),
        keys: role.keys().iter().map(|key| *key.key_id().as_bytes()).collect(),
    }
}

fn no_product(id: &ProductId) -> holdfast_web::backend::Stop {
    absent("product-unknown", format_args!("product {id}"))
}

fn no_deployment(id: DeploymentId) -> holdfast_web::backend::Stop {
    absent("deployment-unknown", format_args!("deployment {id}"))
}
