//! Reads of ways in, sessions and standing. Secrets are looked up by their hash only.

use holdfast_core::id::{PasskeyId, PersonId, SessionId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::Session;
use holdfast_domain::people::account::{Lock, Passkey, Password, Recovery, SecondFactor, Standing, Ways};
use holdfast_domain::people::password::Login;
use rusqlite::params;

use crate::error::StoreError;
use crate::row::{self, Fields, all, exactly, one};
use crate::sql;
use crate::store::Store;

/// Most sessions of a person that are listed.
const SESSIONS_MAX: u32 = 100;

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says")]
impl Store {
    /// Passkeys that were added before `since` and count now.
    pub fn passkeys_before(&self, person: PersonId, since: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        let asked = params![person.to_string(), since.as_micros(), now.as_micros()];
        self.read(|conn| exactly(conn, (sql::PASSKEYS_BEFORE, "passkey"), asked, row::number))
    }

    /// The session with this hash, over or not.
    pub fn session_by_hash(&self, secret_hash: &[u8; 32]) -> Result<Option<Session>, StoreError> {
        self.read(|conn| one(conn, (sql::SESSION, "session"), [secret_hash], session_row))
    }

    /// One session, over or not.
    pub fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.read(|conn| one(conn, (sql::SESSION_BY_ID, "session"), [id.to_string()], session_row))
    }

    /// Sessions of a person that were not ended and are not over at `now`, the one used last first.
    pub fn sessions_of(&self, person: PersonId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let asked = params![person.to_string(), now.as_micros(), SESSIONS_MAX];
        self.read(|conn| all(conn, (sql::SESSIONS_OF, "session"), asked, session_row))
    }

    /// Whether anyone has ever signed in.
    pub fn signed_in_before(&self) -> Result<bool, StoreError> {
        self.read(|conn| exactly(conn, (sql::SESSION_ANY, "session"), [], row::number::<u64>)).map(|any| any > 0)
    }

    /// One passkey.
    pub fn passkey(&self, id: PasskeyId) -> Result<Option<Passkey>, StoreError> {
        self.read(|conn| one(conn, (sql::PASSKEY, "passkey"), [id.to_string()], passkey_row))
    }

    /// The passkey with this credential id.
    pub fn passkey_by_credential(&self, credential: &[u8]) -> Result<Option<Passkey>, StoreError> {
        self.read(|conn| one(conn, (sql::PASSKEY_BY_CREDENTIAL, "passkey"), [credential], passkey_row))
    }

    /// Passkeys of a person, the oldest first, those that wait included.
    pub fn passkeys_of(&self, person: PersonId) -> Result<Vec<Passkey>, StoreError> {
        self.read(|conn| all(conn, (sql::PASSKEYS_OF, "passkey"), [person.to_string()], passkey_row))
    }

    /// The password of a person.
    pub fn password_of(&self, person: PersonId) -> Result<Option<Password>, StoreError> {
        self.read(|conn| one(conn, (sql::PASSWORD_OF, "password"), [person.to_string()], password_row))
    }

    /// The password that goes with a sign-in name.
    pub fn password_by_login(&self, login: &Login) -> Result<Option<Password>, StoreError> {
        self.read(|conn| one(conn, (sql::PASSWORD_BY_LOGIN, "password"), [login.as_str()], password_row))
    }

    /// The second factor of a person, confirmed or not.
    pub fn second_factor(&self, person: PersonId) -> Result<Option<SecondFactor>, StoreError> {
        self.read(|conn| one(conn, (sql::SECOND_FACTOR, "second_factor"), [person.to_string()], factor_row))
    }

    /// Whose recovery code this is, if it was not used.
    pub fn recovery_code(&self, hash: &[u8; 32]) -> Result<Option<PersonId>, StoreError> {
        self.read(|conn| one(conn, (sql::RECOVERY_CODE, "recovery_code"), [hash], row::parsed))
    }

    /// The recovery of a person that waits or was not yet completed.
    pub fn recovery(&self, person: PersonId) -> Result<Option<Recovery>, StoreError> {
        self.read(|conn| one(conn, (sql::RECOVERY, "recovery"), [person.to_string()], recovery_row))
    }

    /// How an account stands.
    pub fn standing(&self, person: PersonId) -> Result<Standing, StoreError> {
        let found = self.read(|conn| one(conn, (sql::STANDING, "standing"), [person.to_string()], standing_row))?;
        Ok(found.unwrap_or_default())
    }

    /// Every standing that is not the usual one.
    pub fn standings(&self) -> Result<Vec<(PersonId, Standing)>, StoreError> {
        let read = |f: &mut Fields<'_>| Ok((f.parsed()?, standing_row(f)?));
        self.read(|conn| all(conn, (sql::STANDINGS, "standing"), [], read))
    }

    /// The ways in that a person has at `now`.
    pub fn ways(&self, person: PersonId, now: Timestamp) -> Result<Ways, StoreError> {
        let asked = params![now.as_micros(), person.to_string()];
        Ok(self.read(|conn| one(conn, (sql::WAYS, "person"), asked, ways_row))?.unwrap_or_default())
    }

    /// Whether a person signed in from the browser with this mark after `since`.
    pub fn knows_browser(&self, hash: &[u8; 32], person: PersonId, since: Timestamp) -> Result<bool, StoreError> {
        let asked = params![hash, person.to_string(), since.as_micros()];
        let found = self.read(|conn| exactly(conn, (sql::BROWSER, "known_browser"), asked, row::number::<u64>))?;
        Ok(found > 0)
    }

    /// How many browsers of a person are remembered.
    pub fn browsers_of(&self, person: PersonId) -> Result<u64, StoreError> {
        self.read(|conn| exactly(conn, (sql::BROWSERS_OF, "known_browser"), [person.to_string()], row::number))
    }
}

pub(crate) fn session_row(f: &mut Fields<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        id: f.parsed()?,
        secret_hash: f.bytes()?,
        person: f.parsed()?,
        kind: f.word()?,
        browser: f.text()?,
        created: f.time()?,
        authenticated: f.time()?,
        last_used: f.time()?,
        expires: f.time()?,
        ended: f.optional(Fields::time)?,
    })
}

fn passkey_row(f: &mut Fields<'_>) -> Result<Passkey, StoreError> {
    Ok(Passkey {
        id: f.parsed()?,
        person: f.parsed()?,
        credential: f.blob()?,
        label: f.text()?,
        document: f.text()?,
        created: f.time()?,
        used: f.optional(Fields::time)?,
        counts_from: f.time()?,
    })
}

fn password_row(f: &mut Fields<'_>) -> Result<Password, StoreError> {
    Ok(Password { person: f.parsed()?, login: f.parsed()?, hash: f.text()?, long: f.flag()?, changed: f.time()? })
}

fn factor_row(f: &mut Fields<'_>) -> Result<SecondFactor, StoreError> {
    Ok(SecondFactor { person: f.parsed()?, sealed: f.blob()?, confirmed: f.optional(Fields::time)?, step: f.number()? })
}

fn recovery_row(f: &mut Fields<'_>) -> Result<Recovery, StoreError> {
    Ok(Recovery { person: f.parsed()?, begun: f.time()?, until: f.time()? })
}

fn standing_row(f: &mut Fields<'_>) -> Result<Standing, StoreError> {
    let failures = f.number()?;
    let since = f.optional(Fields::time)?;
    let reason = f.optional(Fields::word)?;
    let locked = match (since, reason) {
        (None, None) => None,
        (Some(since), Some(reason)) => Some(Lock { since, reason }),
        (Some(_), None) | (None, Some(_)) => return Err(f.inconsistent("goes with a time of locking, or with none")),
    };
    Ok(Standing { failures, locked, removed: f.optional(Fields::time)? })
}

fn ways_row(f: &mut Fields<'_>) -> Result<Ways, StoreError> {
    Ok(Ways {
        passkeys: f.number()?,
        password: f.flag()?,
        long_password: f.flag()?,
        second_factor: f.flag()?,
        recovery_codes: f.number()?,
    })
}
