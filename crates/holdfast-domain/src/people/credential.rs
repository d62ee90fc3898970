//! Passkeys and second factors: adding, using, renaming, removing. The server proves signatures and codes; here is what
//! follows from that.

use holdfast_core::id::PasskeyId;
use holdfast_core::time::{Millis, Timestamp};

use super::account::{AccountChange, Passkey, Recovery, SecondFactor, Standing, Ways};
use super::notice::{Notice, NoticeKind};
use super::session::{self, Opening};
use super::sign_in::NAME_CHARS_MAX;
use super::standing::{self, Door};
use super::{Person, sign_in};
use crate::decision::{Change, Decision, LedgerLine, kind};

/// Most passkeys of one person.
pub const PASSKEYS_MAX: usize = 20;
/// Longest credential id, in bytes (`WebAuthn` Level 3 §4, Credential ID).
pub const CREDENTIAL_BYTES_MAX: usize = 1_023;

/// Why a way in is not opened, changed or believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialRefusal {
    /// What was shown does not open any account. The same for a name that nobody has and for a wrong password.
    #[error("this did not open an account: the name, the password or the code is wrong")]
    Wrong,
    /// The passkey is not one of ours.
    #[error("this passkey is not known here; it may have been removed")]
    PasskeyUnknown,
    /// The passkey's counter went back.
    #[error("this passkey was used elsewhere with a newer counter, as a copy would be; it was not accepted")]
    PasskeyCopied,
    /// The account is locked.
    #[error("this account is locked; an administrator can unlock it")]
    Locked,
    /// After a recovery the new way in does not count yet.
    #[error("your new passkey counts after the waiting time of the recovery")]
    RecoveryWaits,
    /// There would be no way in left.
    #[error("this is the last way into your account; add another one first")]
    LastWay,
    /// Too many.
    #[error("a person has at most {PASSKEYS_MAX} passkeys")]
    TooMany,
    /// A label is empty or too long.
    #[error("a name has 1 to {NAME_CHARS_MAX} characters")]
    Label,
    /// There is no such passkey of this person.
    #[error("you have no such passkey")]
    NotYours,
    /// The code of the second factor is wrong, or was used before.
    #[error("this code is wrong or was used before; wait for the next one")]
    Code,
    /// There is no second factor to confirm or remove.
    #[error("there is no second factor")]
    NoSecondFactor,
    /// The password needs the second factor.
    #[error("your password is too short to count without the second factor; remove or change the password first")]
    SecondFactorNeeded,
    /// The recovery code is unknown or used.
    #[error("this recovery code is not known, or was used before")]
    RecoveryCode,
    /// No recovery waits.
    #[error("no recovery waits")]
    NoRecovery,
}

impl CredentialRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wrong => "sign-in-wrong",
            Self::PasskeyUnknown => "passkey-unknown",
            Self::PasskeyCopied => "passkey-copied",
            Self::Locked => "account-locked",
            Self::RecoveryWaits => "recovery-waits",
            Self::LastWay => "last-way-in",
            Self::TooMany => "too-many-passkeys",
            Self::Label => "name-malformed",
            Self::NotYours => "passkey-not-yours",
            Self::Code => "code-wrong",
            Self::NoSecondFactor => "second-factor-absent",
            Self::SecondFactorNeeded => "second-factor-needed",
            Self::RecoveryCode => "recovery-code-wrong",
            Self::NoRecovery => "recovery-absent",
        }
    }
}

/// Decides to add a passkey that the server has verified; `held` is how many the person has.
///
/// # Errors
///
/// [`CredentialRefusal::TooMany`] or [`CredentialRefusal::Label`].
pub fn add_passkey(held: usize, passkey: Passkey, now: Timestamp) -> Result<Decision, CredentialRefusal> {
    if held >= PASSKEYS_MAX || passkey.credential.len() > CREDENTIAL_BYTES_MAX {
        return Err(CredentialRefusal::TooMany);
    }
    let passkey = Passkey { label: label(&passkey.label)?, ..passkey };
    let line = LedgerLine::new(kind::PASSKEY_ADDED, now).fact("person", &passkey.person).fact("passkey", &passkey.id);
    let notice = Notice::new(passkey.person, NoticeKind::PasskeyAdded, now);
    let changes = vec![Change::Account(AccountChange::AddPasskey(passkey)), Change::AddNotice(notice)];
    Ok(Decision::new(changes, line))
}

/// Decides to make an owner's account together with its first passkey, and to open a session. There is no other way in for
/// a new owner, and none for a new member of the staff.
///
/// # Errors
///
/// [`CredentialRefusal::Label`] for the name or the passkey's label.
pub fn sign_up(
    person: &Person,
    passkey: Passkey,
    opening: &Opening,
    now: Timestamp,
) -> Result<Decision, CredentialRefusal> {
    let person = Person { name: label(&person.name)?, ..person.clone() };
    let passkey = Passkey { label: label(&passkey.label)?, ..passkey };
    let line = LedgerLine::new(kind::PERSON_ADDED, now)
        .fact("person", &person.id)
        .fact("role", person.role.name())
        .fact("passkey", &passkey.id);
    let session = session::opened(person.id, person.role, opening, now);
    let changes = vec![
        Change::AddPerson(person),
        Change::Account(AccountChange::AddPasskey(passkey)),
        Change::AddSession(session),
    ];
    Ok(Decision::new(changes, line))
}

/// A passkey whose signature the server has verified.
#[derive(Debug, Clone)]
pub struct Shown<'a> {
    /// Which.
    pub passkey: &'a Passkey,
    /// Its document after this use, if it changed.
    pub document: Option<String>,
}

/// Decides to sign in by a passkey. The first use of a new one after a recovery completes the recovery: every other
/// session ends.
///
/// # Errors
///
/// [`CredentialRefusal`] if the account is locked or the passkey does not count yet.
pub fn sign_in_by_passkey(
    person: &Person,
    standing: &Standing,
    recovery: Option<&Recovery>,
    shown: &Shown<'_>,
    opening: &Opening,
    now: Timestamp,
) -> Result<Decision, CredentialRefusal> {
    let passkey = shown.passkey;
    standing::admits(standing, person.role, Door::Passkey)?;
    if passkey.counts_from > now {
        return Err(CredentialRefusal::RecoveryWaits);
    }
    let mut changes = vec![Change::Account(AccountChange::UsePasskey {
        passkey: passkey.id,
        document: shown.document.clone(),
        at: now,
    })];
    changes.extend(standing::forgiven(person.id, standing));
    if recovery.is_some_and(|recovery| passkey.counts_from == recovery.until) {
        changes.push(Change::Account(AccountChange::EndRecovery(person.id)));
        changes.push(Change::Account(AccountChange::EndSessions { person: person.id, except: None, at: now }));
        changes.push(Change::Account(AccountChange::RevokeTokens { person: person.id, at: now }));
        changes.push(Change::AddNotice(Notice::new(person.id, NoticeKind::SessionsEnded, now)));
    }
    changes.push(Change::AddSession(session::opened(person.id, person.role, opening, now)));
    Ok(Decision::new(changes, sign_in::line(person.id, opening, now)))
}

/// A copy that is shown again within so long is not told again: one hour.
pub const COPIED_TOLD_EVERY: Millis = Millis::from_secs(3_600);

/// Decides what follows from a counter that went back: the person is warned, and history keeps it. Nobody gets in. `told`
/// are the person's newest notices: whoever shows a copy without end tells them once an hour.
#[must_use]
pub fn copied(passkey: &Passkey, told: &[Notice], now: Timestamp) -> Decision {
    let lately = |one: &Notice| one.kind == NoticeKind::PasskeyCopied && now.since(one.at) < COPIED_TOLD_EVERY;
    if told.iter().any(lately) {
        return Decision::default();
    }
    let notice = Notice::new(passkey.person, NoticeKind::PasskeyCopied, now);
    let line =
        LedgerLine::new(kind::PASSKEY_SUSPECTED, now).fact("person", &passkey.person).fact("passkey", &passkey.id);
    Decision::new(vec![Change::AddNotice(notice)], line)
}

/// Decides to give a passkey another label.
///
/// # Errors
///
/// [`CredentialRefusal::NotYours`] or [`CredentialRefusal::Label`].
pub fn rename_passkey(by: &Person, passkey: Option<&Passkey>, text: &str) -> Result<Decision, CredentialRefusal> {
    let passkey = passkey.filter(|passkey| passkey.person == by.id).ok_or(CredentialRefusal::NotYours)?;
    let change = AccountChange::RenamePasskey { passkey: passkey.id, label: label(text)? };
    Ok(Decision::quiet(vec![Change::Account(change)]))
}

/// Decides to remove a passkey of one's own; the last way in stays.
///
/// # Errors
///
/// [`CredentialRefusal::NotYours`] or [`CredentialRefusal::LastWay`].
pub fn remove_passkey(
    by: &Person,
    ways: &Ways,
    passkey: Option<&Passkey>,
    now: Timestamp,
) -> Result<Decision, CredentialRefusal> {
    let passkey = passkey.filter(|passkey| passkey.person == by.id).ok_or(CredentialRefusal::NotYours)?;
    if passkey.counts_from <= now && ways.count() <= 1 {
        return Err(CredentialRefusal::LastWay);
    }
    let line = LedgerLine::new(kind::PASSKEY_REMOVED, now).fact("person", &by.id).fact("passkey", &passkey.id);
    let changes = vec![
        Change::Account(AccountChange::RemovePasskey(passkey.id)),
        Change::AddNotice(Notice::new(by.id, NoticeKind::PasskeyRemoved, now)),
    ];
    Ok(Decision::new(changes, line))
}

/// Decides to begin a second factor; it counts after its first code.
#[must_use]
pub fn begin_second_factor(by: &Person, sealed: Vec<u8>) -> Decision {
    let factor = SecondFactor { person: by.id, sealed, confirmed: None, step: 0 };
    Decision::quiet(vec![Change::Account(AccountChange::SetSecondFactor(factor))])
}

/// Decides that the second factor counts; `step` is that of the code, if it was right.
///
/// # Errors
///
/// [`CredentialRefusal::NoSecondFactor`] or [`CredentialRefusal::Code`].
pub fn confirm_second_factor(
    by: &Person,
    factor: Option<&SecondFactor>,
    step: Option<u64>,
    now: Timestamp,
) -> Result<Decision, CredentialRefusal> {
    let factor = factor.filter(|factor| factor.confirmed.is_none()).ok_or(CredentialRefusal::NoSecondFactor)?;
    let step = step.ok_or(CredentialRefusal::Code)?;
    let factor = SecondFactor { confirmed: Some(now), step, ..factor.clone() };
    let changes = vec![
        Change::Account(AccountChange::SetSecondFactor(factor)),
        Change::AddNotice(Notice::new(by.id, NoticeKind::SecondFactorChanged, now)),
    ];
    Ok(Decision::new(changes, LedgerLine::new(kind::SECOND_FACTOR_SET, now).fact("person", &by.id)))
}

/// Decides to remove the second factor. A short password would count for nothing then, so it must go first.
///
/// # Errors
///
/// [`CredentialRefusal::NoSecondFactor`] or [`CredentialRefusal::SecondFactorNeeded`].
pub fn remove_second_factor(by: &Person, ways: &Ways, now: Timestamp) -> Result<Decision, CredentialRefusal> {
    if !ways.second_factor {
        return Err(CredentialRefusal::NoSecondFactor);
    }
    if ways.password && (!ways.long_password || by.role.is_staff()) {
        return Err(CredentialRefusal::SecondFactorNeeded);
    }
    let changes = vec![
        Change::Account(AccountChange::RemoveSecondFactor(by.id)),
        Change::AddNotice(Notice::new(by.id, NoticeKind::SecondFactorChanged, now)),
    ];
    Ok(Decision::new(changes, LedgerLine::new(kind::SECOND_FACTOR_REMOVED, now).fact("person", &by.id)))
}

/// Whether a step of the second factor may still be used.
///
/// # Errors
///
/// [`CredentialRefusal::Code`] if there was no right code, or its step was used (RFC 6238 §5.2).
pub fn step_of(factor: &SecondFactor, found: Option<u64>) -> Result<u64, CredentialRefusal> {
    found.filter(|step| *step > factor.step).ok_or(CredentialRefusal::Code)
}

/// Decides to write down that a passkey proved again who its person is.
#[must_use]
pub fn used(passkey: PasskeyId, document: Option<String>, now: Timestamp) -> Decision {
    Decision::quiet(vec![Change::Account(AccountChange::UsePasskey { passkey, document, at: now })])
}

/// What to call a person or a passkey.
///
/// # Errors
///
/// [`CredentialRefusal::Label`].
pub fn named(text: &str) -> Result<String, CredentialRefusal> {
    label(text)
}

/// What a person calls something.
pub(super) fn label(text: &str) -> Result<String, CredentialRefusal> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(CredentialRefusal::Label) }
}

/// The id of a new passkey.
#[must_use]
pub const fn passkey_id(now: Timestamp, random: [u8; 10]) -> PasskeyId {
    PasskeyId::new(now, random)
}

#[cfg(test)]
mod tests;
