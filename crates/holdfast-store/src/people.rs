//! Reads of people, one-time links and API tokens. Secrets are looked up by their hash only.

use holdfast_core::id::{PersonId, TokenId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::{ApiToken, Person, SignInLink};
use rusqlite::params;

use crate::error::StoreError;
use crate::row::{self, Fields, all, exactly, one};
use crate::sql;
use crate::store::Store;

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says")]
impl Store {
    /// The maker's people whose account was not removed, by name.
    pub fn staff(&self) -> Result<Vec<Person>, StoreError> {
        self.read(|conn| all(conn, (sql::PEOPLE_STAFF, "person"), [], person_row))
    }

    /// The newest owners; with a text only those whose name holds it, in any case.
    pub fn owners(&self, named: Option<&str>, limit: u32) -> Result<Vec<Person>, StoreError> {
        // What stands for more than itself in a pattern stands for one character here.
        let pattern = named.map(|text| format!("%{}%", text.to_lowercase().replace(['%', '_', '\\'], "_")));
        self.read(|conn| all(conn, (sql::PEOPLE_OWNERS, "person"), params![pattern, limit], person_row))
    }

    /// How many owners there are.
    pub fn consumers_count(&self) -> Result<u64, StoreError> {
        self.read(|conn| exactly(conn, (sql::PEOPLE_OWNERS_COUNT, "person"), [], row::number))
    }

    /// How many people have an account.
    pub fn people_count(&self) -> Result<u64, StoreError> {
        self.read(|conn| exactly(conn, (sql::PEOPLE_COUNT, "person"), [], row::number))
    }

    /// One person.
    pub fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        self.read(|conn| one(conn, (sql::PERSON, "person"), [id.to_string()], person_row))
    }

    /// The one-time link with this hash, used or not.
    pub fn link_by_hash(&self, secret_hash: &[u8; 32]) -> Result<Option<SignInLink>, StoreError> {
        self.read(|conn| one(conn, (sql::LINK, "sign_in_link"), [secret_hash], link_row))
    }

    /// The API token with this hash, still good or not.
    pub fn token_by_hash(&self, secret_hash: &[u8; 32]) -> Result<Option<ApiToken>, StoreError> {
        self.read(|conn| one(conn, (sql::TOKEN_BY_HASH, "api_token"), [secret_hash], token_row))
    }

    /// One API token, still good or not.
    pub fn token(&self, id: TokenId) -> Result<Option<ApiToken>, StoreError> {
        self.read(|conn| one(conn, (sql::TOKEN, "api_token"), [id.to_string()], token_row))
    }

    /// API tokens that are good at `now`, of one person or of everybody.
    pub fn tokens(&self, person: Option<PersonId>, now: Timestamp) -> Result<Vec<ApiToken>, StoreError> {
        let asked = params![person.map(|id| id.to_string()), now.as_micros()];
        self.read(|conn| all(conn, (sql::TOKENS, "api_token"), asked, token_row))
    }
}

fn person_row(f: &mut Fields<'_>) -> Result<Person, StoreError> {
    Ok(Person { id: f.parsed()?, name: f.text()?, role: f.word()?, created: f.time()? })
}

pub(crate) fn link_row(f: &mut Fields<'_>) -> Result<SignInLink, StoreError> {
    Ok(SignInLink { secret_hash: f.bytes()?, person: f.parsed()?, expires: f.time()?, used: f.optional(Fields::time)? })
}

fn token_row(f: &mut Fields<'_>) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: f.parsed()?,
        secret_hash: f.bytes()?,
        person: f.parsed()?,
        label: f.text()?,
        scope: f.parsed()?,
        created: f.time()?,
        expires: f.time()?,
        revoked: f.optional(Fields::time)?,
    })
}
