//! Passwords: which are good enough, setting and removing them, signing in by one.
//!
//! The server hashes and measures; here is what its measures mean. Source: NIST SP 800-63B-4 §3.1.1 (at least 15 characters
//! where a password is the only factor; a list of refused ones; no rules of composition), RFC 9106 §4 (Argon2id).

use std::fmt;
use std::str::FromStr;

use holdfast_core::id::AlertId;
use holdfast_core::time::Timestamp;

use super::account::{AccountChange, Password, SecondFactor, Standing, Ways};
use super::credential::{CredentialRefusal, step_of};
use super::notice::{Notice, NoticeKind};
use super::session::{self, Opening, SessionKind};
use super::standing::{self, Door};
use super::{Person, Role, refused, sign_in};
use crate::decision::{Change, Decision, LedgerLine, kind};

/// Fewest characters of a password that counts alone.
pub const ALONE_CHARS_MIN: usize = 15;
/// Fewest characters of a password beside a second factor.
pub const CHARS_MIN: usize = 8;
/// Most bytes of a password; nothing is cut off.
pub const BYTES_MAX: usize = 512;
/// The least score of zxcvbn: 3 of 4, at least 10^8 guesses.
pub const SCORE_MIN: u8 = 3;
/// Memory of Argon2id, in KiB (OWASP Password Storage, RFC 9106 §4).
pub const ARGON2_MEMORY_KIB: u32 = 19 * 1_024;
/// Passes of Argon2id.
pub const ARGON2_PASSES: u32 = 2;
/// Lanes of Argon2id.
pub const ARGON2_LANES: u32 = 1;
/// Fewest and most characters of a sign-in name.
pub const LOGIN_CHARS: std::ops::RangeInclusive<usize> = 3..=40;

/// The name that a person types with their password. Not an address: those live in one place, with their own rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Login(String);

/// A text that is no sign-in name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sign-in name has 3 to 40 letters a to z, digits, dots, dashes or underscores, and begins with a letter")]
pub struct LoginMalformed;

impl FromStr for Login {
    type Err = LoginMalformed;

    fn from_str(text: &str) -> Result<Self, LoginMalformed> {
        let text = text.trim().to_ascii_lowercase();
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
        if begins && LOGIN_CHARS.contains(&text.len()) && text.chars().all(fits) {
            Ok(Self(text))
        } else {
            Err(LoginMalformed)
        }
    }
}

impl Login {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefusal {
    /// Too short for what stands beside it.
    #[error("a password alone has at least {ALONE_CHARS_MIN} characters; beside a second factor at least {CHARS_MIN}")]
    Short,
    /// Too long to be read.
    #[error("a password has at most {BYTES_MAX} bytes")]
    Long,
    /// It can be guessed.
    #[error("this password is easy to guess; take several words that have nothing to do with each other")]
    Guessable,
    /// It stands on the list of refused ones.
    #[error("this password is known to attackers, or says the name of the product or the maker")]
    Listed,
    /// Somebody else has the sign-in name.
    #[error("somebody else has this sign-in name")]
    LoginTaken,
    /// There is none.
    #[error("there is no password")]
    Absent,
    /// There would be no way in left.
    #[error("this is the last way into your account; add a passkey first")]
    LastWay,
    /// The staff need a second factor beside it, which has to be there first.
    #[error("the staff sign in with two factors: set up the second factor first, then the password")]
    FactorFirst,
}

impl PasswordRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Short => "password-short",
            Self::Long => "password-long",
            Self::Guessable => "password-guessable",
            Self::Listed => "password-listed",
            Self::LoginTaken => "sign-in-name-taken",
            Self::Absent => "password-absent",
            Self::LastWay => "last-way-in",
            Self::FactorFirst => "second-factor-first",
        }
    }
}

/// A password that was found good enough: whether it counts alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoodEnough {
    /// At least [`ALONE_CHARS_MIN`] characters.
    pub long: bool,
}

/// Whether a password is good enough. `score` is zxcvbn's; `names` are words that it must not consist of: the person's,
/// the products', the makers'.
///
/// # Errors
///
/// [`PasswordRefusal`] says what is wrong with it.
pub fn weigh(text: &str, score: u8, names: &[String], second_factor: bool) -> Result<GoodEnough, PasswordRefusal> {
    let chars = text.chars().count();
    let long = chars >= ALONE_CHARS_MIN;
    if text.len() > BYTES_MAX {
        return Err(PasswordRefusal::Long);
    }
    if chars < CHARS_MIN || !(long || second_factor) {
        return Err(PasswordRefusal::Short);
    }
    if refused::is_refused(text, names) {
        return Err(PasswordRefusal::Listed);
    }
    if score < SCORE_MIN {
        return Err(PasswordRefusal::Guessable);
    }
    Ok(GoodEnough { long })
}

/// Whether somebody of this role may have a password now: the staff only beside a second factor, for it would open nothing.
///
/// # Errors
///
/// [`PasswordRefusal::FactorFirst`].
pub const fn may_have(role: Role, second_factor: bool) -> Result<(), PasswordRefusal> {
    if role.is_staff() && !second_factor { Err(PasswordRefusal::FactorFirst) } else { Ok(()) }
}

/// Decides to set the password in the place of any other.
#[must_use]
pub fn set(by: &Person, login: Login, hash: String, good: GoodEnough, now: Timestamp) -> Decision {
    let password = Password { person: by.id, login, hash, long: good.long, changed: now };
    let changes = vec![
        Change::Account(AccountChange::SetPassword(password)),
        // Whoever knew the old one may have made keys with it.
        Change::Account(AccountChange::RevokeTokens { person: by.id, at: now }),
        Change::AddNotice(Notice::new(by.id, NoticeKind::PasswordChanged, now)),
    ];
    Decision::new(changes, LedgerLine::new(kind::PASSWORD_SET, now).fact("person", &by.id))
}

/// Decides to remove the password.
///
/// # Errors
///
/// [`PasswordRefusal::Absent`] or [`PasswordRefusal::LastWay`].
pub fn remove(by: &Person, ways: &Ways, now: Timestamp) -> Result<Decision, PasswordRefusal> {
    if !ways.password {
        return Err(PasswordRefusal::Absent);
    }
    if ways.passkeys == 0 {
        return Err(PasswordRefusal::LastWay);
    }
    let changes = vec![
        Change::Account(AccountChange::RemovePassword(by.id)),
        Change::AddNotice(Notice::new(by.id, NoticeKind::PasswordChanged, now)),
    ];
    Ok(Decision::new(changes, LedgerLine::new(kind::PASSWORD_REMOVED, now).fact("person", &by.id)))
}

/// What the server found out about a password and a code. It works as long for an account that is not there.
#[derive(Debug)]
pub struct Tried<'a> {
    /// The person, if the sign-in name is somebody's.
    pub person: Option<&'a Person>,
    /// How their account stands.
    pub standing: Standing,
    /// Their password.
    pub password: Option<&'a Password>,
    /// Whether what was typed is that password.
    pub matches: bool,
    /// Their confirmed second factor.
    pub factor: Option<&'a SecondFactor>,
    /// The step of the code that was typed, if it was a right one.
    pub step: Option<u64>,
    /// The id of an alert, should one be needed.
    pub alert: AlertId,
}

/// What follows from a try.
#[derive(Debug)]
pub enum Outcome {
    /// It proves who they are.
    Proven {
        /// Password alone, or with a code.
        kind: SessionKind,
        /// Rows that go with it.
        changes: Vec<Change>,
    },
    /// It does not; what must be kept of it, if anything.
    Refused(CredentialRefusal, Option<Decision>),
}

/// Judges a try. A password alone proves something only if it is long and its person is none of the staff, who come in with
/// two factors always (NIST SP 800-63B-4 §2.2, AAL2); where there is a second factor it is asked for.
#[must_use]
pub fn judge(tried: &Tried<'_>, now: Timestamp) -> Outcome {
    let (Some(person), Some(password)) = (tried.person, tried.password) else {
        return Outcome::Refused(CredentialRefusal::Wrong, None);
    };
    if !tried.matches {
        return Outcome::Refused(CredentialRefusal::Wrong, standing::failed(person, &tried.standing, tried.alert, now));
    }
    // Whether an account is locked is told only to who knows its password.
    if let Err(why) = standing::admits(&tried.standing, person.role, Door::Password) {
        return Outcome::Refused(why, None);
    }
    let mut changes = standing::forgiven(person.id, &tried.standing);
    match tried.factor {
        None if password.long && !person.role.is_staff() => Outcome::Proven { kind: SessionKind::Password, changes },
        None => Outcome::Refused(CredentialRefusal::Wrong, None),
        Some(factor) => match step_of(factor, tried.step) {
            Ok(step) => {
                changes.push(Change::Account(AccountChange::UseStep { person: person.id, step }));
                Outcome::Proven { kind: SessionKind::PasswordTotp, changes }
            }
            Err(_) => {
                Outcome::Refused(CredentialRefusal::Wrong, standing::failed(person, &tried.standing, tried.alert, now))
            }
        },
    }
}

/// Decides to sign in a person whose try was proven.
#[must_use]
pub fn sign_in(person: &Person, mut changes: Vec<Change>, opening: &Opening, now: Timestamp) -> Decision {
    changes.push(Change::AddSession(session::opened(person.id, person.role, opening, now)));
    Decision::new(changes, sign_in::line(person.id, opening, now))
}

#[cfg(test)]
mod tests;
