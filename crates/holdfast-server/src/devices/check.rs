//! `POST /device/v1/update/check`: the device asks what is current, and gets a statement signed for it alone.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use holdfast_core::cbor::{CborError, Fault, Reader, Rules};
use holdfast_core::cose::SoftwareKey;
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{DeploymentId, DeviceId, ReleaseId};
use holdfast_core::statement::{Assignment, Nonce, TimestampStatement};
use holdfast_core::time::Timestamp;
use holdfast_core::trust::TrustContent;
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::fleet::Device;
use holdfast_domain::updates::assignment::{AssignmentFacts, assignment};
use holdfast_domain::updates::choice::Say;
use holdfast_store::{Store, StoreError};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::admission::Admitted;
use super::refused::Refused;
use super::{Parts, body};
use crate::clock;

/// Largest request body.
const BODY_BYTES_MAX: usize = 256;
/// Most trust documents that are looked through for a key that a device believes.
const VERSIONS_MAX: u64 = 64;
/// A value that the question may not have.
const OUT_OF_RANGE: CborError = CborError { fault: Fault::OutOfRange, at: 0 };

/// What a device says when it asks: `{1: nonce, 2: trust version, 3: current sequence, 4: image digest}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    nonce: Nonce,
    /// The newest trust document that it holds: it believes the freshness key that this one names.
    trust_version: u64,
    /// The sequence number that it says it runs; it can only talk itself out of an update with it.
    runs_sequence: u64,
}

impl Question {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::open(bytes, Rules::deterministic(BODY_BYTES_MAX))?;
        if reader.map(4)? != 4 {
            return Err(OUT_OF_RANGE);
        }
        key(&mut reader, 1)?;
        let nonce = Nonce::new(reader.bytes()?).map_err(|_| OUT_OF_RANGE)?;
        key(&mut reader, 2)?;
        let trust_version = reader.u64()?;
        key(&mut reader, 3)?;
        let runs_sequence = reader.u64()?;
        key(&mut reader, 4)?;
        reader.byte_array::<{ Sha256Digest::BYTES }>()?;
        reader.end()?;
        Ok(Self { nonce, trust_version, runs_sequence })
    }
}

pub(super) fn key(reader: &mut Reader<'_>, expected: u64) -> Result<(), CborError> {
    if reader.u64()? == expected { Ok(()) } else { Err(OUT_OF_RANGE) }
}

/// Answers with a `TimestampStatement`.
pub(super) async fn check(State(parts): State<Parts>, admitted: Admitted, body: Body) -> Result<Response, Refused> {
    let body = body::read(body, BODY_BYTES_MAX, body::WITHIN).await?;
    let question = Question::parse(&body).map_err(|why| Refused::malformed("check-malformed", why))?;
    let statement = parts.blocking(move |parts| state(parts, &admitted.device, question)).await?;
    Ok(answer(statement))
}

/// The answer that is a signed statement.
pub(super) fn answer(statement: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/cose; cose-type=\"cose-sign1\""), (CACHE_CONTROL, "no-store")], statement)
        .into_response()
}

/// The version of the newest trust document.
pub(super) fn newest_trust(parts: &Parts) -> Result<u64, Refused> {
    parts.store.trust_latest()?.map(|trust| trust.version).ok_or_else(|| {
        Refused::new(StatusCode::SERVICE_UNAVAILABLE, "trust-missing", "the maker has not given a trust document yet")
    })
}

fn state(parts: &Parts, device: &Device, question: Question) -> Result<Vec<u8>, Refused> {
    let now = clock::now();
    let newest = newest_trust(parts)?;
    let assignment = assigned(&parts.store, device, question.runs_sequence, now)?;
    let counter = parts.authority.next_statement(now).map_err(|why| Refused::fault(&why))?;
    let statement = TimestampStatement {
        trust_version: newest,
        time: now,
        counter,
        nonce: question.nonce,
        device: device.id.clone(),
        assignment,
    };
    note_trust(parts, device, question.trust_version.min(newest), now)?;
    let key = signer(parts, question.trust_version, newest)?;
    statement.sign(&*key).map_err(|why| Refused::fault(&why))
}

/// The freshness key that the device believes: the one in its own trust document or, if we have destroyed that, the next
/// one we have. A device that holds the newest document gets the key in use.
pub(super) fn signer(parts: &Parts, held: u64, newest: u64) -> Result<Arc<SoftwareKey>, Refused> {
    for version in held..newest.min(held.saturating_add(VERSIONS_MAX)) {
        let Some(document) = parts.store.trust(version)? else { continue };
        // It was verified when it was accepted.
        let (content, _) = TrustContent::read_unverified(&document.document).map_err(|why| Refused::fault(&why))?;
        if let Some(key) = parts.authority.freshness_named(&content.freshness) {
            return Ok(key);
        }
    }
    Ok(parts.authority.freshness())
}

/// Remembers which trust document the device holds; it is written only when it changes.
fn note_trust(parts: &Parts, device: &Device, version: u64, now: Timestamp) -> Result<(), Refused> {
    if parts.store.device_trust(&device.id)? == Some(version) {
        return Ok(());
    }
    let change = Change::SetDeviceTrust { device: device.id.clone(), version, at: now };
    Ok(parts.decide(Decision::quiet(vec![change]))?)
}

/// What the newest deployment that names the device wants of it.
fn assigned(
    store: &Store,
    device: &Device,
    runs_sequence: u64,
    now: Timestamp,
) -> Result<Option<Assignment>, StoreError> {
    let Some(execution) = store.executions_of_device(&device.id, 1)?.pop() else { return Ok(None) };
    let Some(deployment) = store.deployments(just_after(execution.deployment), 1)?.pop() else { return Ok(None) };
    if deployment.id != execution.deployment {
        return Ok(None);
    }
    let Some(release) = store.release(deployment.release)? else { return Ok(None) };
    let say = say(store, &device.id, release.id)?;
    let facts = AssignmentFacts {
        device,
        runs_sequence,
        deployment: &deployment,
        release: &release,
        execution: &execution,
        say,
    };
    Ok(assignment(&facts, now).map(|offer| Assignment {
        manifest_digest: Sha256Digest::from_bytes(offer.manifest_digest),
        sequence: offer.sequence,
        deployment: offer.deployment,
        generation: u64::from(offer.generation),
    }))
}

/// What the device's home says to a release. What an earlier owner chose does not count.
pub(crate) fn say(store: &Store, device: &DeviceId, release: ReleaseId) -> Result<Say, StoreError> {
    let Some(home) = store.ownership(device)? else { return Ok(Say::Nobodys) };
    Ok(Say::Homes(store.choice(device, release)?.filter(|chosen| chosen.at >= home.since)))
}

/// The next greater id. Deployments are listed downwards from an id; the list from here begins with `id` itself, and
/// other than reading one deployment whole it does not load every device of the plan.
fn just_after(id: DeploymentId) -> Option<DeploymentId> {
    let digits: String = id.to_string().chars().filter(|c| *c != '-').collect();
    let next = format!("{:032x}", u128::from_str_radix(&digits, 16).ok()?.checked_add(1)?);
    let mut text = String::with_capacity(36);
    for (at, digit) in next.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_core::cbor::item;

    fn question(nonce: &[u8], digest: &[u8]) -> Vec<u8> {
        item(|w| {
            w.map(4).u64(1).bytes(nonce).u64(2).u64(1).u64(3).u64(7).u64(4).bytes(digest);
        })
    }

    #[test]
    fn a_question_is_read_and_any_other_form_is_refused() {
        let good = question(&[1; 32], &[2; 32]);
        assert_eq!(Question::parse(&good).unwrap().runs_sequence, 7);
        for cut in 0..good.len() {
            assert!(Question::parse(&good[..cut]).is_err(), "cut at {cut}");
        }
        let mut long = good.clone();
        long.push(0);
        for bad in
            [question(&[1; 15], &[2; 32]), question(&[1; 65], &[2; 32]), question(&[1; 16], &[2; 31]), long, vec![0xa0]]
        {
            assert!(Question::parse(&bad).is_err());
        }
    }

    #[test]
    fn the_next_greater_id_carries_over() {
        let id: DeploymentId = "018bcfe5-6800-7fff-bfff-ffffffffffff".parse().unwrap();
        assert_eq!(just_after(id).unwrap().to_string(), "018bcfe5-6800-7fff-c000-000000000000");
        assert!(just_after("ffffffff-ffff-ffff-ffff-ffffffffffff".parse().unwrap()).is_none());
    }
}
