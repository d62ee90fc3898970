//! Changes to people, one-time links and API tokens.

use holdfast_core::id::TokenId;
use holdfast_core::time::Timestamp;
use holdfast_domain::people::{ApiToken, Person, SignInLink};
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::people::link_row;
use crate::row::{self, one};
use crate::sql;
use crate::words::Word;
use crate::writer::Desk;

impl Desk {
    pub(super) fn add_person(&self, person: &Person) -> Result<(), CommitError> {
        let on = On { key: "person-known", unique: "person-known", foreign: "person-unknown" };
        let Person { id, name, role, created } = person;
        self.add(sql::PERSON_ADD, params![id.to_string(), name, role.word(), created.as_micros()], on)
    }

    pub(super) fn add_link(&self, link: &SignInLink) -> Result<(), CommitError> {
        let on = On { key: "sign-in-link-known", unique: "sign-in-link-known", foreign: "person-unknown" };
        let SignInLink { secret_hash, person, expires, used } = link;
        let used = used.map(Timestamp::as_micros);
        self.add(sql::LINK_ADD, params![secret_hash, person.to_string(), expires.as_micros(), used], on)
    }

    pub(super) fn use_link(&self, secret_hash: &[u8; 32], at: Timestamp) -> Result<(), CommitError> {
        let link = one(&self.conn, (sql::LINK, "sign_in_link"), [secret_hash], link_row)?;
        let refused = match link {
            None => Some("sign-in-link-unknown"),
            Some(SignInLink { used: Some(_), .. }) => Some("sign-in-link-used"),
            Some(SignInLink { expires, .. }) if expires <= at => Some("sign-in-link-expired"),
            Some(_) => None,
        };
        if let Some(name) = refused {
            return Err(CommitError::Conflict(name));
        }
        self.must(sql::LINK_USE, params![at.as_micros(), secret_hash], "sign-in-link-used")
    }

    pub(super) fn add_token(&self, token: &ApiToken) -> Result<(), CommitError> {
        let on = On { key: "token-known", unique: "token-known", foreign: "person-unknown" };
        let ApiToken { id, secret_hash, person, label, scope, created, expires, revoked } = token;
        let (created, expires, revoked) = (created.as_micros(), expires.as_micros(), revoked.map(Timestamp::as_micros));
        let (person, scope) = (person.to_string(), scope.to_string());
        let row = params![id.to_string(), secret_hash, person, label, scope, created, expires, revoked];
        self.add(sql::TOKEN_ADD, row, on)
    }

    pub(super) fn revoke_token(&self, token: TokenId, at: Timestamp) -> Result<(), CommitError> {
        let id = token.to_string();
        if self.touched(sql::TOKEN_REVOKE, params![at.as_micros(), id])? {
            return Ok(());
        }
        let known = one(&self.conn, (sql::TOKEN, "api_token"), [&id], row::text)?.is_some();
        Err(CommitError::Conflict(if known { "token-revoked" } else { "token-unknown" }))
    }
}
