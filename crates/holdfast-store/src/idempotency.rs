//! Requests that their sender named with a key: begun once, ended once, kept for a while.
//!
//! Owns that two requests with one key cannot both begin. Key and request are digests here.

use holdfast_core::id::PersonId;
use holdfast_core::time::Timestamp;
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::row::{self, Fields, exactly, one};
use crate::sql;
use crate::store::{Store, wait};

/// Rows that one turn of the writer deletes.
const ROWS_AT_ONCE: u32 = 500;

/// Whose request it is, and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey {
    /// Who sent it.
    pub person: PersonId,
    /// SHA-256 of the key.
    pub key_hash: [u8; 32],
}

/// A request that began before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRequest {
    /// SHA-256 of what was sent.
    pub request_digest: [u8; 32],
    /// When it began.
    pub began: Timestamp,
    /// How it was answered, if that is known.
    pub answer: Option<KeptAnswer>,
}

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    /// Media type and bytes; `None` for what is not kept.
    pub content: Option<(String, Vec<u8>)>,
}

/// What beginning a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// Nobody used the key; it is this request's now.
    First,
    /// The key was used.
    Before(KeptRequest),
    /// Too many keys of this person are kept.
    Full,
}

impl Store {
    /// Begins a request, unless its key was used or the person has `keys_max` already.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the store fails.
    pub fn begin_request(
        &self,
        key: RequestKey,
        request_digest: [u8; 32],
        keys_max: u64,
        now: Timestamp,
    ) -> Result<Beginning, CommitError> {
        wait(self.write(move |desk| {
            let person = key.person.to_string();
            let found = (sql::KEPT_REQUEST, "kept_request");
            if let Some(before) = one(&desk.conn, found, params![person, key.key_hash], request_row)? {
                return Ok(Beginning::Before(before));
            }
            let count = (sql::KEPT_REQUESTS_COUNT, "kept_request");
            if exactly(&desk.conn, count, [&person], row::number::<u64>)? >= keys_max {
                return Ok(Beginning::Full);
            }
            let values = params![person, key.key_hash, request_digest, now.as_micros()];
            desk.execute(sql::KEPT_REQUEST_ADD, values)?;
            Ok(Beginning::First)
        }))
    }

    /// Keeps how a request was answered.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the store fails.
    pub fn end_request(&self, key: RequestKey, answer: KeptAnswer) -> Result<(), CommitError> {
        wait(self.write(move |desk| {
            let (content_type, bytes) = answer.content.unzip();
            let values = params![answer.status, content_type, bytes, key.person.to_string(), key.key_hash];
            desk.execute(sql::KEPT_REQUEST_END, values)?;
            Ok(())
        }))
    }

    /// Forgets a request that changed nothing; its key is free again. One that was answered stays.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the store fails.
    pub fn forget_request(&self, key: RequestKey) -> Result<(), CommitError> {
        wait(self.write(move |desk| {
            desk.execute(sql::KEPT_REQUEST_FORGET, params![key.person.to_string(), key.key_hash])?;
            Ok(())
        }))
    }

    /// Deletes requests that began at `until` or before; says how many.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the store fails.
    pub fn expire_requests(&self, until: Timestamp) -> Result<u64, CommitError> {
        let mut deleted = 0_u64;
        loop {
            let expire = wait(self.write(move |desk| {
                Ok(desk.execute(sql::KEPT_REQUESTS_EXPIRE, params![until.as_micros(), ROWS_AT_ONCE])?)
            }));
            let gone = expire?;
            deleted = deleted.saturating_add(gone as u64);
            if gone < ROWS_AT_ONCE as usize {
                return Ok(deleted);
            }
        }
    }
}

fn request_row(f: &mut Fields<'_>) -> Result<KeptRequest, StoreError> {
    let (request_digest, began, status) = (f.bytes()?, f.time()?, f.optional(Fields::number)?);
    let content = f.optional(Fields::text)?.zip(f.optional(Fields::blob)?);
    Ok(KeptRequest { request_digest, began, answer: status.map(|status| KeptAnswer { status, content }) })
}
