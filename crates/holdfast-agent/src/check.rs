//! The look for an update: a statement over a fresh nonce, the trust chain up to it, and the manifest it assigns.
//!
//! Runs beside the agent with copies. What it brings is verified again, with the floors of that moment, by `software`.

use holdfast_core::cbor;
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::DeviceId;
use holdfast_core::statement::{Expectation, Nonce, StatementRefusal, TimestampStatement, verify_statement};
use holdfast_core::time::Timestamp;
use holdfast_core::trust::TrustDocument;
use reqwest::Method;

use crate::clock;
use crate::door::Door;
use crate::fault::Fault;
use crate::trust::STEPS_MAX;

/// What the question needs.
#[derive(Debug)]
pub(crate) struct Question {
    /// The devices' door.
    pub(crate) door: Door,
    /// This device.
    pub(crate) device: DeviceId,
    /// The newest trust document it has.
    pub(crate) trust: TrustDocument,
    /// Highest counter it has seen.
    pub(crate) counter_floor: u64,
    /// Latest proven time.
    pub(crate) time_floor: Timestamp,
    /// What it runs.
    pub(crate) sequence: u64,
    /// Digest of the image it runs.
    pub(crate) image: Sha256Digest,
    /// A manifest that it holds already.
    pub(crate) held: Option<Sha256Digest>,
    /// Which start of an image asks.
    pub(crate) start: u64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Trust documents that follow the one it had, in order.
    pub(crate) trust: Vec<Vec<u8>>,
    /// The signed statement.
    pub(crate) statement: Vec<u8>,
    /// The nonce that it answers.
    pub(crate) nonce: Nonce,
    /// The envelope of the assigned manifest, unless it was held already.
    pub(crate) envelope: Option<Vec<u8>>,
    /// Which start of an image asked.
    pub(crate) start: u64,
}

/// Asks.
pub(crate) async fn ask(mut question: Question) -> Result<Answer, Fault> {
    let nonce = Nonce::new(&clock::random::<32>()).map_err(|why| Fault::crypto("make a nonce", why))?;
    let body = cbor::item(|w| {
        w.map(4).u64(1).bytes(nonce.as_bytes()).u64(2).u64(question.trust.version());
        w.u64(3).u64(question.sequence).u64(4).bytes(question.image.as_bytes());
    });
    let path = "/device/v1/update/check";
    let statement = question.door.ask(Method::POST, path, Some(("application/cbor", body))).await?.to_vec();
    let mut trust = Vec::new();
    let read = match question.verify(&statement, &nonce) {
        // Perhaps the freshness key has changed: the next trust document would say so.
        Err(StatementRefusal::UnknownSigner) if question.next_trust(&mut trust).await.is_ok() => {
            question.verify(&statement, &nonce)
        }
        other => other,
    };
    let read = read.map_err(|why| Fault::unverified(why.name()))?;
    let mut steps = 0;
    while question.trust.version() < read.trust_version && steps < STEPS_MAX {
        question.next_trust(&mut trust).await?;
        steps += 1;
    }
    let envelope = match &read.assignment {
        Some(assignment) if question.held != Some(assignment.manifest_digest) => {
            let path = format!("/device/v1/manifests/{}", assignment.manifest_digest);
            Some(question.door.ask(Method::GET, &path, None).await?.to_vec())
        }
        _ => None,
    };
    Ok(Answer { trust, statement, nonce, envelope, start: question.start })
}

/// The platform's time, signed, and the nonce that it answers.
#[derive(Debug)]
pub(crate) struct TimeAnswer {
    /// The signed statement.
    pub(crate) statement: Vec<u8>,
    /// The nonce.
    pub(crate) nonce: Nonce,
}

/// Asks what time it is, and nothing else. The door may have been let in although this device's clock says that its
/// certificate is over, so nothing it says counts but a statement that verifies.
pub(crate) async fn ask_time(door: &Door, trust_version: u64) -> Result<TimeAnswer, Fault> {
    let nonce = Nonce::new(&clock::random::<32>()).map_err(|why| Fault::crypto("make a nonce", why))?;
    let body = cbor::item(|w| {
        w.map(2).u64(1).bytes(nonce.as_bytes()).u64(2).u64(trust_version);
    });
    let statement = door.ask(Method::POST, "/device/v1/time", Some(("application/cbor", body))).await?.to_vec();
    Ok(TimeAnswer { statement, nonce })
}

impl Question {
    fn verify(&self, statement: &[u8], nonce: &Nonce) -> Result<TimestampStatement, StatementRefusal> {
        let expected =
            Expectation { device: &self.device, nonce, counter_floor: self.counter_floor, time_floor: self.time_floor };
        verify_statement(statement, &self.trust, &expected).map(holdfast_core::cose::Verified::into_inner)
    }

    async fn next_trust(&mut self, gathered: &mut Vec<Vec<u8>>) -> Result<(), Fault> {
        let path = format!("/device/v1/trust/{}", self.trust.version().saturating_add(1));
        let bytes = self.door.ask(Method::GET, &path, None).await?.to_vec();
        self.trust = self.trust.succeed(&bytes).map_err(|why| Fault::unverified(why.name()))?;
        gathered.push(bytes);
        Ok(())
    }
}
