//! Evidence: a nonce of ours, used once; the factory key on record; the domain's appraisal; one commit.

use std::sync::PoisonError;

use holdfast_core::attest::{Evidence, EvidenceRefusal, verify_evidence};
use holdfast_core::cose::{PublicKey, Verified};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::AlertId;
use holdfast_core::statement::Nonce;
use holdfast_core::update::boot::Slot;
use holdfast_domain::decision::Decision;
use holdfast_domain::fleet::Device;
use holdfast_domain::integrity::appraisal::{AppraisalFacts, EvidenceClaims, appraise};
use holdfast_store::{Store, StoreError};

use super::{Asked, carry_through, open_alerts};
use crate::clock;
use crate::gateway::factory_key::{NoKey, recover};
use crate::gateway::nonces::{NONCE_BYTES, NonceRefusal};
use crate::gateway::pending::{Refused, Stop};

/// Verifies evidence, uses its nonce up, and records what follows from it.
pub(super) async fn evidence(asked: Asked, bytes: Vec<u8>) -> Result<(), Stop> {
    let Asked { door, device, nonces, .. } = asked;
    let open = nonces.lock().unwrap_or_else(PoisonError::into_inner).open();
    let id = device.clone();
    let judged = door.records.read(move |store| {
        let Some(device) = store.device(&id)? else { return Ok(Err(Refused::not_authorized("device-unknown"))) };
        match verify(&bytes, &device, &open) {
            Ok((claims, nonce)) => decide(store, &device, claims, &bytes).map(|decision| Ok((decision, nonce))),
            Err(refused) => Ok(Err(refused)),
        }
    });
    let (decision, nonce) = judged.await??;
    let redeemed = nonces.lock().unwrap_or_else(PoisonError::into_inner).redeem(&nonce, clock::monotonic());
    redeemed.map_err(|refusal| Refused::does_not_fit(refusal.name()))?;
    carry_through(&door, device, decision).await
}

/// What the evidence claims, and which of the open nonces it answers.
fn verify(
    bytes: &[u8],
    device: &Device,
    open: &[[u8; NONCE_BYTES]],
) -> Result<(EvidenceClaims, [u8; NONCE_BYTES]), Refused> {
    let refuse = |refusal: EvidenceRefusal| {
        use EvidenceRefusal::{UnknownSigner, WrongIdentity, WrongSignature};
        if matches!(refusal, UnknownSigner | WrongSignature | WrongIdentity) {
            Refused::not_authorized(refusal.name())
        } else {
            Refused::payload(refusal.name())
        }
    };
    let key = recover(bytes, device.factory_key).map_err(|no| match no {
        NoKey::Malformed(name) => Refused::payload(name),
        NoKey::Other => refuse(EvidenceRefusal::UnknownSigner),
    })?;
    for nonce in open {
        match answers(bytes, &key, nonce) {
            Ok(evidence) => return Ok((claims(&evidence), *nonce)),
            Err(EvidenceRefusal::WrongNonce) => {}
            Err(refusal) => return Err(refuse(refusal)),
        }
    }
    Err(Refused::does_not_fit(NonceRefusal::Unknown.name()))
}

fn answers(bytes: &[u8], key: &PublicKey, nonce: &[u8]) -> Result<Evidence, EvidenceRefusal> {
    let nonce = Nonce::new(nonce).map_err(|_| EvidenceRefusal::WrongNonce)?;
    verify_evidence(bytes, key, &nonce).map(Verified::into_inner)
}

const fn claims(evidence: &Evidence) -> EvidenceClaims {
    EvidenceClaims {
        slot: match evidence.slot {
            Slot::A => 'a',
            Slot::B => 'b',
        },
        image_digest: *evidence.image_digest.as_bytes(),
        manifest_digest: *evidence.manifest_digest.as_bytes(),
        sequence: evidence.sequence,
        security_floor: evidence.security_floor,
    }
}

fn decide(store: &Store, device: &Device, claims: EvidenceClaims, bytes: &[u8]) -> Result<Decision, StoreError> {
    let now = clock::now();
    // Only a release with this very image can be a good reference, so no other is read.
    let mut releases = store.releases_by_image_digest(&claims.image_digest)?;
    releases.retain(|release| release.product == device.product);
    let alerts = open_alerts(store, &device.id)?;
    let facts = AppraisalFacts {
        device,
        claims,
        evidence_digest: *Sha256Digest::of(bytes).as_bytes(),
        releases: &releases,
        alerts: &alerts,
    };
    Ok(appraise(&facts, AlertId::new(now, clock::random()), now).1)
}
