//! Requests with a key, kept in memory.

use holdfast_web::backend::Answer;
use holdfast_web::backend::idempotency::{Begun, Idempotency, Kept, Keyed};

use super::Sample;

/// What is known of a key: what was sent, and how it was answered.
pub(crate) type Known = ([u8; 32], Option<Kept>);

impl Idempotency for Sample {
    fn begin_request(&self, request: &Keyed) -> Answer<Begun> {
        let mut kept = self.kept.lock().unwrap();
        let key = (request.person.to_string(), request.key_hash);
        Ok(match kept.get(&key) {
            None => {
                kept.insert(key, (request.request_digest, None));
                Begun::First
            }
            Some((digest, _)) if *digest != request.request_digest => Begun::Foreign,
            Some((_, None)) => Begun::Open,
            Some((_, Some(answer))) => Begun::Answered(answer.clone()),
        })
    }

    fn end_request(&self, request: &Keyed, answer: Option<Kept>) -> Answer<()> {
        let mut kept = self.kept.lock().unwrap();
        let key = (request.person.to_string(), request.key_hash);
        match answer {
            None => drop(kept.remove(&key)),
            answer => drop(kept.insert(key, (request.request_digest, answer))),
        }
        Ok(())
    }
}
