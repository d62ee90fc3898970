//! Port of the room `credentials`: ways in, sessions, recovery, and what an administrator does with accounts.
//!
//! Ceremonies of passkeys pass through here as JSON, neither made nor read by this crate (W3C `WebAuthn` Level 3 §5.1).

use std::net::IpAddr;

use holdfast_core::id::{PasskeyId, PersonId, SessionId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::account::{Recovery, Standing, Ways};
use holdfast_domain::people::{Person, Role, Session};
use serde_json::Value;

use super::people::Caller;
use super::{Answer, Ground};

/// Who knocks, before it is known who they are: what a session is opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// SHA-256 of the new session's secret.
    pub session_hash: [u8; 32],
    /// SHA-256 of the browser's mark: the one that it brought, or a new one.
    pub mark_hash: [u8; 32],
    /// What the browser is, in a few words.
    pub browser: String,
    /// From where.
    pub address: IpAddr,
}

/// Somebody came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The new session.
    pub session: Session,
    /// Whose.
    pub person: Person,
    /// Whether they have no way in of their own yet.
    pub bare: bool,
}

/// A ceremony that has begun: what the browser needs for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ceremony {
    /// To name it when it is finished. Not a secret by itself: the challenge is.
    pub id: String,
    /// Options for `navigator.credentials`.
    pub options: Value,
}

/// What a browser brings to finish a ceremony.
#[derive(Debug, Clone, PartialEq)]
pub struct Finish {
    /// [`Ceremony::id`].
    pub ceremony: String,
    /// What `navigator.credentials` gave.
    pub credential: Value,
}

/// A password as it was typed. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedPassword {
    /// The sign-in name.
    pub login: String,
    /// The password.
    pub password: String,
    /// The code of the second factor, if one was typed.
    pub code: Option<String>,
}

impl std::fmt::Debug for TypedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedPassword(..)")
    }
}

/// What allows a stranger to make an owner's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketKind {
    /// The code on a device.
    Claim,
    /// An invitation into a household.
    Invitation,
}

/// A ticket as it was brought. `Debug` shows only its kind.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Of which kind.
    pub kind: TicketKind,
    /// Its text, as the address of the page has it.
    pub text: String,
}

impl Ticket {
    /// Reads `claim:TEXT` or `invitation:TEXT`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, text) = text.split_once(':')?;
        let kind = match kind {
            "claim" => TicketKind::Claim,
            "invitation" => TicketKind::Invitation,
            _ => return None,
        };
        (!text.is_empty() && text.len() <= 200).then(|| Self { kind, text: text.to_owned() })
    }
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ticket({:?}, ..)", self.kind)
    }
}

/// The rooms that give out tickets say whether one is good.
#[expect(clippy::missing_errors_doc, reason = "each method: `Stop`, as the rule or the store says")]
pub trait Tickets: Ground {
    /// Whether this ticket allows a new account now; it is not used up by that. A bad one is refused as its room says.
    fn admit_ticket(&self, ticket: &Ticket, from: IpAddr) -> Answer<()>;
}

/// A passkey in lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyView {
    /// Its id.
    pub id: PasskeyId,
    /// What its person calls it.
    pub label: String,
    /// When it was added.
    pub created: Timestamp,
    /// When it was used last.
    pub used: Option<Timestamp>,
    /// It counts from then on.
    pub counts_from: Timestamp,
}

/// All that a person's own page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Ways in that count.
    pub ways: Ways,
    /// Passkeys, the oldest first.
    pub passkeys: Vec<PasskeyView>,
    /// The sign-in name, if there is a password.
    pub login: Option<String>,
    /// Open sessions, with their end if they are not used again.
    pub sessions: Vec<(Session, Timestamp)>,
    /// A recovery that waits.
    pub recovery: Option<Recovery>,
}

/// A second factor to be set up: shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactorSetup {
    /// The secret in base 32, for typing.
    pub secret: String,
    /// The address for the app (`otpauth://`).
    pub address: String,
    /// The same as a picture: an SVG document.
    pub picture: String,
}

impl std::fmt::Debug for SecondFactorSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondFactorSetup(..)")
    }
}

/// An account as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Whose.
    pub person: Person,
    /// Ways in.
    pub ways: Ways,
    /// How it stands.
    pub standing: Standing,
}

/// What an administrator orders about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountOrder {
    /// Nobody comes in any more.
    Lock,
    /// They do again.
    Unlock,
    /// Another role.
    SetRole(Role),
    /// The account ends.
    Remove,
}

/// What the pages ask and order about credentials.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says. What can be guessed is throttled: `too-many-tries`.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Credentials: Ground {
    /// Begins to sign in by any passkey of this server.
    fn begin_sign_in(&self, from: IpAddr) -> Answer<Ceremony>;
    /// Signs in. Refusals: `passkey-unknown`, `passkey-copied`, `passkey-refused`, `account-locked`, `recovery-waits`.
    fn finish_sign_in(&self, finish: &Finish, arrival: &Arrival) -> Answer<SignedIn>;
    /// Signs in by password, and code where there is a second factor. Refusal: `sign-in-wrong`, the same for all.
    fn sign_in_by_password(&self, typed: &TypedPassword, arrival: &Arrival) -> Answer<SignedIn>;
    /// Begins to make an owner's account with its first passkey; `name` is what to call them.
    fn begin_sign_up(&self, ticket: &Ticket, name: &str, from: IpAddr) -> Answer<Ceremony>;
    /// Makes the account and signs in.
    fn finish_sign_up(&self, finish: &Finish, arrival: &Arrival) -> Answer<SignedIn>;

    /// Begins to prove again who the caller is, by one of their passkeys.
    fn begin_confirm(&self, by: &Caller) -> Answer<Ceremony>;
    /// Proves it; the session goes on under the arrival's secret.
    fn finish_confirm(&self, by: &Caller, finish: &Finish, arrival: &Arrival) -> Answer<Session>;
    /// The same by password and code; `typed.login` does not matter.
    fn confirm_by_password(&self, by: &Caller, typed: &TypedPassword, arrival: &Arrival) -> Answer<Session>;

    /// The caller's account.
    fn own_account(&self, by: &Caller) -> Answer<Account>;
    /// Begins to add a passkey.
    fn begin_passkey(&self, by: &Caller) -> Answer<Ceremony>;
    /// Adds it under this label.
    fn finish_passkey(&self, by: &Caller, finish: &Finish, label: &str) -> Answer<PasskeyView>;
    /// Gives a passkey another label.
    fn rename_passkey(&self, by: &Caller, id: PasskeyId, label: &str) -> Answer<()>;
    /// Removes a passkey; the last way in stays.
    fn remove_passkey(&self, by: &Caller, id: PasskeyId) -> Answer<()>;
    /// Sets the sign-in name and the password; other sessions end.
    fn set_password(&self, by: &Caller, login: &str, password: &str) -> Answer<()>;
    /// Removes the password.
    fn remove_password(&self, by: &Caller) -> Answer<()>;
    /// Begins to set up a second factor in the place of any that was not confirmed.
    fn begin_second_factor(&self, by: &Caller) -> Answer<SecondFactorSetup>;
    /// Confirms it by its first code.
    fn confirm_second_factor(&self, by: &Caller, code: &str) -> Answer<()>;
    /// Removes the second factor.
    fn remove_second_factor(&self, by: &Caller) -> Answer<()>;
    /// Makes new recovery codes, shown once; older ones are void.
    fn make_recovery_codes(&self, by: &Caller) -> Answer<Vec<String>>;
    /// Begins to recover an account: the code lets its holder register a passkey.
    fn begin_recovery(&self, code: &str, from: IpAddr) -> Answer<Ceremony>;
    /// Uses the code up and adds the passkey; says from when it counts.
    fn finish_recovery(&self, finish: &Finish) -> Answer<Timestamp>;
    /// Stops the caller's recovery that waits.
    fn cancel_recovery(&self, by: &Caller) -> Answer<()>;
    /// Ends one of the caller's sessions.
    fn end_session_of(&self, by: &Caller, id: SessionId) -> Answer<()>;
    /// Ends all of the caller's sessions but this one.
    fn end_other_sessions(&self, by: &Caller) -> Answer<()>;

    /// Accounts that were not removed: the staff's by name, then a few owners', as with `people`.
    fn accounts(&self, owner: Option<&str>) -> Answer<Vec<AccountRow>>;
    /// An administrator's order about somebody else's account.
    fn order_account(&self, by: &Caller, whom: PersonId, order: AccountOrder) -> Answer<()>;
}
