//! Publishing releases, and the artifacts they install.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{ProductId, ReleaseId};
use holdfast_core::release::{self, Compatibility, Floors, ReleaseManifest};
use holdfast_core::time::Timestamp;
use holdfast_domain::updates::release::{ReleaseFacts, publish_release};
use holdfast_domain::updates::{Release, ReleaseKind};
use holdfast_store::blobs::{BlobError, BlobWriter};
use holdfast_store::fleet::VersionCount;
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::updates::{ArtifactSink, ReleaseView, StoredArtifact};
use holdfast_web::backend::{Answer, RefusalKind, Stop};

use super::{House, absent, chain, deployments, fault, refuse, stored};
use crate::clock;

/// Largest artifact, in bytes.
const ARTIFACT_BYTES_MAX: u64 = release::IMAGE_BYTES_MAX;

impl House {
    pub(super) fn artifact_sink(&self, digest: Sha256Digest) -> Answer<Box<dyn ArtifactSink>> {
        let writer = self.blobs.put(digest, ARTIFACT_BYTES_MAX).map_err(|why| unkept(&why))?;
        Ok(Box::new(Sink { writer, digest }))
    }

    pub(super) fn publish(&self, by: &Caller, product: &ProductId, envelope: &[u8]) -> Answer<Release> {
        let _turn = self.turns.updates.take();
        let found = self.store.product(product).map_err(stored)?;
        let product = found.ok_or_else(|| absent("product-unknown", format_args!("product {product}")))?;
        let trust = self.trust.document();
        let no_trust = || refuse(RefusalKind::Conflict, "trust-document-missing", "upload a trust document first");
        let trust = trust.ok_or_else(no_trust)?;
        let earlier = self.store.releases(Some(&product.id), None, u32::MAX).map_err(stored)?;
        let newest = earlier.iter().map(|release| release.sequence).max();
        // The device's own floor: what is older than the newest release is refused with the name a device would give.
        let floors = Floors { sequence: newest.unwrap_or(0), ..Floors::default() };
        let compatibility = Compatibility::of_product(&product.vendor_domain, product.id.as_str());
        let refused = |why: release::ReleaseRefusal| refuse(RefusalKind::Unacceptable, why.name(), chain(&why));
        let verified = release::verify_release(envelope, &trust, &compatibility, &floors).map_err(refused)?;
        let signers = release::count_signatures(envelope, &trust).map_err(refused)?.distinct;
        let now = clock::now();
        let offered = offered(ReleaseId::new(now, clock::random()), &product.id, &verified, signers, (envelope, now));
        let facts = ReleaseFacts {
            product: Some(&product),
            newest_sequence: newest,
            highest_floor: earlier.iter().map(|release| release.security_floor).max().unwrap_or(0),
            artifact_bytes: self.blobs.len(&verified.image_digest).map_err(|why| fault(&why))?,
            explained: self.store.release_note(verified.digest().as_bytes()).map_err(stored)?.is_some(),
        };
        let decision = publish_release(&facts, offered.clone(), &by.person.id, now)
            .map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), why.to_string()))?;
        self.decide(decision)?;
        Ok(offered)
    }

    pub(super) fn release_view(&self, release: Release) -> Answer<ReleaseView> {
        let manifest = ReleaseManifest::read_unverified(&release.envelope).map_err(|why| fault(&why))?;
        let signers = crate::offline::signers(&release.envelope).map_err(|why| fault(&why))?;
        let digest = Sha256Digest::from_bytes(release.artifact_digest);
        let needed = self.trust.document().map_or(0, |trust| trust.content().release.threshold());
        let versions = self.store.version_counts().map_err(stored)?;
        let runs = |v: &&VersionCount| v.product == release.product && v.sequence == release.sequence;
        let found = self.store.deployments_of_release(release.id).map_err(stored)?;
        Ok(ReleaseView {
            signer_keys: signers.iter().map(|key| *key.as_bytes()).collect(),
            signers_needed: u32::try_from(needed).unwrap_or(u32::MAX),
            artifact_stored: self.blobs.exists(&digest),
            running: versions.iter().filter(runs).map(|v| v.devices).sum(),
            devices: self.store.product_counts(&release.product).map_err(stored)?.devices,
            health: Some((manifest.health.program.to_string(), manifest.health.deadline)),
            deployments: deployments::views(self, found)?,
            notes: self.store.release_notes(&release.manifest_digest, 100).map_err(stored)?,
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
        self.writer.write(piece).map_err(|why| unkept(&why))
    }

    fn finish(self: Box<Self>) -> Answer<StoredArtifact> {
        let kept = self.writer.finish().map_err(|why| unkept(&why))?;
        Ok(StoredArtifact { digest: self.digest, bytes: kept.bytes, already: kept.already })
    }
}

fn unkept(why: &BlobError) -> Stop {
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
    (envelope, now): (&[u8], Timestamp),
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
