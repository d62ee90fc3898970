//! Changes to ways in, sessions and standing.

use holdfast_core::id::{PersonId, SessionId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::Session;
use holdfast_domain::people::account::{AccountChange, Passkey, Password, SecondFactor, Standing};
use rusqlite::params;

use super::On;
use crate::credentials::session_row;
use crate::error::CommitError;
use crate::row::{int, one};
use crate::sql;
use crate::words::Word;
use crate::writer::Desk;

/// Most browsers that are remembered for one person; the one that was not seen for longest is forgotten.
const BROWSERS_MAX: u32 = 20;

const ON: On = On { key: "credential-known", unique: "credential-known", foreign: "person-unknown" };

impl Desk {
    pub(super) fn change_account(&self, change: &AccountChange) -> Result<(), CommitError> {
        match change {
            AccountChange::TouchSession { session, at } => {
                self.touched(sql::SESSION_TOUCH, params![at.as_micros(), session.to_string()]).map(drop)
            }
            AccountChange::EndSessions { person, except, at } => self.end_sessions(*person, *except, *at),
            AccountChange::AddPasskey(passkey) => self.add_passkey(passkey),
            AccountChange::UsePasskey { passkey, document, at } => {
                let row = params![at.as_micros(), document, passkey.to_string()];
                self.must(sql::PASSKEY_USE, row, "passkey-unknown")
            }
            AccountChange::RenamePasskey { passkey, label } => {
                self.must(sql::PASSKEY_RENAME, params![label, passkey.to_string()], "passkey-unknown")
            }
            AccountChange::RemovePasskey(id) => self.must(sql::PASSKEY_REMOVE, [id.to_string()], "passkey-unknown"),
            AccountChange::RemovePasskeys { person, counting_after } => {
                let after = counting_after.map_or(i64::MIN, Timestamp::as_micros);
                self.execute(sql::PASSKEYS_REMOVE, params![person.to_string(), after]).map(drop).map_err(Into::into)
            }
            AccountChange::RemoveNewPasskeys { person, since } => {
                let row = params![person.to_string(), since.as_micros()];
                self.execute(sql::PASSKEYS_REMOVE_NEW, row).map(drop).map_err(Into::into)
            }
            AccountChange::DelayNewPasskeys { person, since, until } => {
                let row = params![until.as_micros(), person.to_string(), since.as_micros()];
                self.execute(sql::PASSKEYS_DELAY_NEW, row).map(drop).map_err(Into::into)
            }
            AccountChange::SetPassword(password) => self.set_password(password),
            AccountChange::RemovePassword(person) => self.remove_all(sql::PASSWORD_REMOVE, *person),
            AccountChange::SetSecondFactor(factor) => self.set_factor(factor),
            AccountChange::UseStep { person, step } => {
                self.must(sql::SECOND_FACTOR_STEP, params![int(*step)?, person.to_string()], "code-wrong")
            }
            AccountChange::RemoveSecondFactor(person) => self.remove_all(sql::SECOND_FACTOR_REMOVE, *person),
            AccountChange::PutRecoveryCodes { person, hashes, at } => self.put_codes(*person, hashes, *at),
            AccountChange::UseRecoveryCode { hash, at } => {
                self.must(sql::RECOVERY_CODE_USE, params![at.as_micros(), hash], "recovery-code-wrong")
            }
            AccountChange::PutRecovery(recovery) => {
                let person = recovery.person.to_string();
                let row = params![person, recovery.begun.as_micros(), recovery.until.as_micros()];
                self.add(sql::RECOVERY_PUT, row, ON)
            }
            AccountChange::EndRecovery(person) => self.must(sql::RECOVERY_END, [person.to_string()], "recovery-absent"),
            AccountChange::SetStanding { person, to } => self.set_standing(*person, to),
            AccountChange::SetRole { person, role } => {
                self.must(sql::ROLE_SET, params![role.word(), person.to_string()], "person-unknown")
            }
            AccountChange::KnowBrowser { hash, person, at } => {
                let person = person.to_string();
                self.add(sql::BROWSER_PUT, params![hash, person, at.as_micros()], ON)?;
                self.execute(sql::BROWSERS_KEEP, params![person, BROWSERS_MAX]).map(drop).map_err(Into::into)
            }
            AccountChange::ForgetBrowsers(person) => self.remove_all(sql::BROWSERS_FORGET, *person),
            AccountChange::RevokeTokens { person, at } => {
                let row = params![at.as_micros(), person.to_string()];
                self.execute(sql::TOKENS_REVOKE, row).map(drop).map_err(Into::into)
            }
        }
    }

    pub(super) fn add_session(&self, session: &Session) -> Result<(), CommitError> {
        let on = On { key: "session-known", unique: "session-known", foreign: "person-unknown" };
        let row = params![
            session.id.to_string(),
            session.secret_hash,
            session.person.to_string(),
            session.kind.word(),
            session.browser,
            session.created.as_micros(),
            session.authenticated.as_micros(),
            session.last_used.as_micros(),
            session.expires.as_micros(),
            session.ended.map(Timestamp::as_micros),
        ];
        self.add(sql::SESSION_ADD, row, on)
    }

    pub(super) fn end_session(&self, secret_hash: &[u8; 32], at: Timestamp) -> Result<(), CommitError> {
        if self.touched(sql::SESSION_END, params![at.as_micros(), secret_hash])? {
            return Ok(());
        }
        let known = one(&self.conn, (sql::SESSION, "session"), [secret_hash], session_row)?.is_some();
        Err(CommitError::Conflict(if known { "session-ended" } else { "session-unknown" }))
    }

    fn end_sessions(&self, person: PersonId, except: Option<SessionId>, at: Timestamp) -> Result<(), CommitError> {
        let except = except.map(|id| id.to_string());
        let row = params![at.as_micros(), person.to_string(), except];
        self.execute(sql::SESSIONS_END, row).map(drop).map_err(Into::into)
    }

    fn add_passkey(&self, passkey: &Passkey) -> Result<(), CommitError> {
        let row = params![
            passkey.id.to_string(),
            passkey.person.to_string(),
            passkey.credential,
            passkey.label,
            passkey.document,
            passkey.created.as_micros(),
            passkey.used.map(Timestamp::as_micros),
            passkey.counts_from.as_micros(),
        ];
        self.add(sql::PASSKEY_ADD, row, On { key: "passkey-known", unique: "passkey-known", ..ON })
    }

    fn set_password(&self, password: &Password) -> Result<(), CommitError> {
        let Password { person, login, hash, long, changed } = password;
        let row = params![person.to_string(), login.as_str(), hash, long, changed.as_micros()];
        self.add(sql::PASSWORD_SET, row, On { unique: "sign-in-name-taken", ..ON })
    }

    fn set_factor(&self, factor: &SecondFactor) -> Result<(), CommitError> {
        let confirmed = factor.confirmed.map(Timestamp::as_micros);
        let row = params![factor.person.to_string(), factor.sealed, confirmed, int(factor.step)?];
        self.add(sql::SECOND_FACTOR_SET, row, ON)
    }

    fn put_codes(&self, person: PersonId, hashes: &[[u8; 32]], at: Timestamp) -> Result<(), CommitError> {
        self.remove_all(sql::RECOVERY_CODES_REMOVE, person)?;
        for hash in hashes {
            self.add(sql::RECOVERY_CODE_ADD, params![hash, person.to_string(), at.as_micros()], ON)?;
        }
        Ok(())
    }

    fn set_standing(&self, person: PersonId, to: &Standing) -> Result<(), CommitError> {
        let (since, reason) = (to.locked.map(|lock| lock.since.as_micros()), to.locked.map(|lock| lock.reason.word()));
        let row = params![person.to_string(), to.failures, since, reason, to.removed.map(Timestamp::as_micros)];
        self.add(sql::STANDING_SET, row, ON)
    }

    fn remove_all(&self, statement: sql::Statement, person: PersonId) -> Result<(), CommitError> {
        self.execute(statement, [person.to_string()]).map(drop).map_err(Into::into)
    }
}
