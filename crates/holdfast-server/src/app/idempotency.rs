//! Requests with a key: what the store knows of them, as the door asks it.

use holdfast_store::idempotency::{Beginning, KeptAnswer, RequestKey};
use holdfast_web::backend::Answer;
use holdfast_web::backend::idempotency::{Begun, Idempotency, KEYS_MAX, Kept, Keyed};

use super::{House, conflict};
use crate::clock;

impl Idempotency for House {
    fn begin_request(&self, request: &Keyed) -> Answer<Begun> {
        let begun =
            self.store.begin_request(key(request), request.request_digest, KEYS_MAX, clock::now()).map_err(conflict)?;
        Ok(match begun {
            Beginning::First => Begun::First,
            Beginning::Full => Begun::Full,
            Beginning::Before(before) if before.request_digest != request.request_digest => Begun::Foreign,
            Beginning::Before(before) => before
                .answer
                .map_or(Begun::Open, |KeptAnswer { status, content }| Begun::Answered(Kept { status, content })),
        })
    }

    fn end_request(&self, request: &Keyed, kept: Option<Kept>) -> Answer<()> {
        match kept {
            Some(Kept { status, content }) => self.store.end_request(key(request), KeptAnswer { status, content }),
            None => self.store.forget_request(key(request)),
        }
        .map_err(conflict)
    }
}

fn key(request: &Keyed) -> RequestKey {
    RequestKey { person: request.person, key_hash: request.key_hash }
}
