//! `POST /device/v1/time`: the server's time for a device whose clock may be wrong, signed for its nonce alone.
//!
//! The one thing besides enrolment that the factory identity may ask: a device whose clock is far ahead takes its operational
//! certificate for expired. The statement assigns nothing.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use holdfast_core::cbor::{CborError, Fault, Reader, Rules};
use holdfast_core::statement::{Nonce, TimestampStatement};
use holdfast_domain::fleet::enrolment::decide_time;

use super::admission::Factory;
use super::refused::Refused;
use super::{Parts, body, check};
use crate::clock;
use crate::tls::peer::Peer;

/// Largest request body.
const BODY_BYTES_MAX: usize = 128;
/// A value that the question may not have.
const OUT_OF_RANGE: CborError = CborError { fault: Fault::OutOfRange, at: 0 };

/// What a device says when it asks: `{1: nonce, 2: trust version}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    nonce: Nonce,
    trust_version: u64,
}

impl Question {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::open(bytes, Rules::deterministic(BODY_BYTES_MAX))?;
        if reader.map(2)? != 2 {
            return Err(OUT_OF_RANGE);
        }
        check::key(&mut reader, 1)?;
        let nonce = Nonce::new(reader.bytes()?).map_err(|_| OUT_OF_RANGE)?;
        check::key(&mut reader, 2)?;
        let trust_version = reader.u64()?;
        reader.end()?;
        Ok(Self { nonce, trust_version })
    }
}

/// Answers with a `TimestampStatement` without an assignment.
pub(super) async fn time(State(parts): State<Parts>, Factory(peer): Factory, body: Body) -> Result<Response, Refused> {
    let body = body::read(body, BODY_BYTES_MAX, body::WITHIN).await?;
    let question = Question::parse(&body).map_err(|why| Refused::malformed("time-malformed", why))?;
    let statement = parts.blocking(move |parts| state(parts, &peer, question)).await?;
    Ok(check::answer(statement))
}

fn state(parts: &Parts, peer: &Peer, question: Question) -> Result<Vec<u8>, Refused> {
    let device = parts.store.device(peer.device())?;
    let device = decide_time(device.as_ref(), peer.key()).map_err(|why| Refused::forbidden(why.name(), why))?;
    let now = clock::now();
    let newest = check::newest_trust(parts)?;
    let statement = TimestampStatement {
        trust_version: newest,
        time: now,
        counter: parts.authority.next_statement(now).map_err(|why| Refused::fault(&why))?,
        nonce: question.nonce,
        device: device.id.clone(),
        assignment: None,
    };
    let key = check::signer(parts, question.trust_version, newest)?;
    statement.sign(&*key).map_err(|why| Refused::fault(&why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_core::cbor::item;

    #[test]
    fn a_question_is_read_and_any_other_form_is_refused() {
        let question = |nonce: &[u8]| {
            item(|w| {
                w.map(2).u64(1).bytes(nonce).u64(2).u64(7);
            })
        };
        let good = question(&[1; 32]);
        assert_eq!(Question::parse(&good).unwrap().trust_version, 7);
        for cut in 0..good.len() {
            assert!(Question::parse(&good[..cut]).is_err(), "cut at {cut}");
        }
        let mut long = good;
        long.push(0);
        for bad in [question(&[1; 15]), question(&[1; 65]), long, vec![0xa0]] {
            assert!(Question::parse(&bad).is_err());
        }
    }
}
