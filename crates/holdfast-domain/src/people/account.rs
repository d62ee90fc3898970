//! What an account consists of besides its person: ways in, standing, known browsers; and every change of them.
//!
//! Owns the words and the changes. The rules are in `credential`, `password`, `recovery`, `session` and `standing`.

use holdfast_core::id::{PasskeyId, PersonId, SessionId};
use holdfast_core::time::Timestamp;

use super::Role;
use super::password::Login;

/// A passkey (W3C `WebAuthn` Level 3 §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id in lists.
    pub id: PasskeyId,
    /// Whose.
    pub person: PersonId,
    /// Its credential id, as the authenticator made it.
    pub credential: Vec<u8>,
    /// What its person calls it.
    pub label: String,
    /// Public key, counter and flags as the library of the server keeps them, JSON text.
    pub document: String,
    /// When it was added.
    pub created: Timestamp,
    /// When it was used last.
    pub used: Option<Timestamp>,
    /// It counts from then on; later than `created` after a recovery.
    pub counts_from: Timestamp,
}

/// A password.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    /// Whose.
    pub person: PersonId,
    /// The name that is typed with it.
    pub login: Login,
    /// Argon2id, as a PHC string.
    pub hash: String,
    /// Whether it is long enough to count without a second factor.
    pub long: bool,
    /// When it was set.
    pub changed: Timestamp,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Password").field("person", &self.person).field("long", &self.long).finish_non_exhaustive()
    }
}

/// A second factor by time (RFC 6238).
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Whose.
    pub person: PersonId,
    /// Its secret, sealed with a key that is not in the store.
    pub sealed: Vec<u8>,
    /// When a first code proved that the app has it; before that it does not count.
    pub confirmed: Option<Timestamp>,
    /// The step of the last code that was taken; no step counts twice.
    pub step: u64,
}

impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactor").field("person", &self.person).finish_non_exhaustive()
    }
}

/// A recovery that waits, or is done and not yet used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Whose.
    pub person: PersonId,
    /// When a recovery code was used.
    pub begun: Timestamp,
    /// When the new way in begins to count.
    pub until: Timestamp,
}

/// Why an account is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockReason {
    /// Too many wrong passwords or codes.
    Failures,
    /// An administrator said so.
    Order,
    /// Its person said that a change was not theirs: the password rests until a passkey or a recovery opened the account.
    NotMe,
}

/// A lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: LockReason,
}

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Wrong passwords and codes since the last right one; kept for the staff only.
    pub failures: u32,
    /// The lock, if there is one.
    pub locked: Option<Lock>,
    /// When the account was removed.
    pub removed: Option<Timestamp>,
}

/// The ways in that a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ways {
    /// Passkeys that count now.
    pub passkeys: usize,
    /// Whether there is a password.
    pub password: bool,
    /// Whether it is long enough to count alone.
    pub long_password: bool,
    /// Whether there is a confirmed second factor.
    pub second_factor: bool,
    /// Recovery codes that were not used.
    pub recovery_codes: usize,
}

impl Ways {
    /// Whether the password opens the account, by itself or with a code.
    #[must_use]
    pub const fn by_password(&self) -> bool {
        self.password && (self.long_password || self.second_factor)
    }

    /// How many ways in there are that need nobody's help.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.passkeys + self.by_password() as usize
    }
}

/// One change of an account. Closed: the store matches every variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// Writes down when a session was used last.
    TouchSession {
        /// Which.
        session: SessionId,
        /// When.
        at: Timestamp,
    },
    /// Ends every open session of a person but one.
    EndSessions {
        /// Whose.
        person: PersonId,
        /// The one that stays.
        except: Option<SessionId>,
        /// When.
        at: Timestamp,
    },
    /// Adds a passkey; a credential that is known refuses the commit.
    AddPasskey(Passkey),
    /// A passkey was used: its new document, if the use changed it.
    UsePasskey {
        /// Which.
        passkey: PasskeyId,
        /// Document with the new counter.
        document: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Gives a passkey another label.
    RenamePasskey {
        /// Which.
        passkey: PasskeyId,
        /// What to call it.
        label: String,
    },
    /// Removes a passkey.
    RemovePasskey(PasskeyId),
    /// Removes passkeys of a person.
    RemovePasskeys {
        /// Whose.
        person: PersonId,
        /// Only those that count later than this; `None` for all.
        counting_after: Option<Timestamp>,
    },
    /// Removes passkeys that were added then or later.
    RemoveNewPasskeys {
        /// Whose.
        person: PersonId,
        /// Since when.
        since: Timestamp,
    },
    /// Lets passkeys that were added then or later count only from another moment on.
    DelayNewPasskeys {
        /// Whose.
        person: PersonId,
        /// Since when.
        since: Timestamp,
        /// They count from then on.
        until: Timestamp,
    },
    /// Sets the password; a sign-in name that another person has refuses the commit.
    SetPassword(Password),
    /// Removes the password.
    RemovePassword(PersonId),
    /// Sets the second factor in the place of any other.
    SetSecondFactor(SecondFactor),
    /// Uses a step of the second factor up; one that is not newer refuses the commit.
    UseStep {
        /// Whose.
        person: PersonId,
        /// The step.
        step: u64,
    },
    /// Removes the second factor.
    RemoveSecondFactor(PersonId),
    /// Sets recovery codes (hashes only) in the place of all others; none removes them.
    PutRecoveryCodes {
        /// Whose.
        person: PersonId,
        /// SHA-256 of each.
        hashes: Vec<[u8; 32]>,
        /// When.
        at: Timestamp,
    },
    /// Uses a recovery code up; one that is used refuses the commit.
    UseRecoveryCode {
        /// SHA-256 of it.
        hash: [u8; 32],
        /// When.
        at: Timestamp,
    },
    /// Sets the recovery of a person.
    PutRecovery(Recovery),
    /// Ends the recovery of a person, either way; one that is gone refuses the commit.
    EndRecovery(PersonId),
    /// Sets how an account stands.
    SetStanding {
        /// Whose.
        person: PersonId,
        /// How.
        to: Standing,
    },
    /// Gives a person another role.
    SetRole {
        /// Whose.
        person: PersonId,
        /// Which.
        role: Role,
    },
    /// Remembers a browser from which a person signed in, or that they did so again.
    KnowBrowser {
        /// SHA-256 of its mark.
        hash: [u8; 32],
        /// Whose.
        person: PersonId,
        /// When.
        at: Timestamp,
    },
    /// Forgets every browser of a person.
    ForgetBrowsers(PersonId),
    /// Revokes every API token of a person.
    RevokeTokens {
        /// Whose.
        person: PersonId,
        /// When.
        at: Timestamp,
    },
}
