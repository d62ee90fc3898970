//! Port of the room `people`: sessions, one-time links, API tokens.

use holdfast_core::id::{PersonId, SessionId, TokenId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::scope::Scope;
use holdfast_domain::people::{ApiToken, Person, Role, SignInLink};

use super::credentials::{Arrival, SignedIn};
use super::{Answer, Ground};

/// A person who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub person: Person,
    /// How they proved it.
    pub proof: Proof,
    /// Whether the proof is new enough for dangerous acts.
    pub fresh: bool,
    /// What their token may do; everything for a session.
    pub scope: Scope,
}

/// How a caller proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// By the cookie of a session.
    Session(SessionId),
    /// By an API token.
    Token(TokenId),
}

/// Whom a one-time link signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkFor {
    /// Someone who has an account.
    Person(PersonId),
    /// Someone who gets one with this link.
    Newcomer {
        /// What to call them, 1 to 80 characters.
        name: String,
        /// What they may do.
        role: Role,
    },
}

/// A link to be made. This crate makes the secret and shows it once; only its hash comes here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// For whom.
    pub whom: LinkFor,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
}

/// An API token to be made for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What it is for, 1 to 80 characters.
    pub label: String,
    /// What it may do of what its person may.
    pub scope: Scope,
    /// How many days it lives, 1 to 365.
    pub days: u16,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
}

/// What the pages ask and order about people.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait People: Ground {
    /// Who holds the session with this hash; `None` if it is unknown, ended or over at `now`.
    fn session(&self, secret_hash: &[u8; 32], now: Timestamp) -> Answer<Option<Caller>>;
    /// Who holds the API token with this hash; `None` if it is unknown, revoked or over at `now`.
    fn token(&self, secret_hash: &[u8; 32], now: Timestamp) -> Answer<Option<Caller>>;
    /// Uses up a one-time link and opens a session for the arrival, in one transaction.
    /// Refusals: `link-unknown`, `link-used`, `link-expired`, `account-locked`.
    fn redeem_link(&self, link_hash: &[u8; 32], arrival: &Arrival) -> Answer<SignedIn>;
    /// Ends the session with this hash; one that is already over is no error.
    fn end_session(&self, secret_hash: &[u8; 32]) -> Answer<()>;
    /// The maker's people by name, then a few owners: the newest, or those whose name holds this text.
    fn people(&self, owner: Option<&str>) -> Answer<Vec<Person>>;
    /// How many owners there are.
    fn consumers_count(&self) -> Answer<u64>;
    /// One person.
    fn person(&self, id: PersonId) -> Answer<Option<Person>>;
    /// Makes a one-time link.
    fn add_link(&self, by: &Caller, new: &NewLink) -> Answer<SignInLink>;
    /// Tokens that still count: the caller's own, or everybody's for an administrator.
    fn tokens(&self, by: &Caller) -> Answer<Vec<ApiToken>>;
    /// Makes a token on the caller's behalf.
    fn add_token(&self, by: &Caller, new: &NewToken) -> Answer<ApiToken>;
    /// Revokes a token: one's own, or anybody's for an administrator. Refusals: `token-unknown`, `role-insufficient`.
    fn revoke_token(&self, by: &Caller, id: TokenId) -> Answer<()>;
}
