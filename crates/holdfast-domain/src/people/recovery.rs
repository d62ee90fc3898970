//! Recovery: how somebody who lost every way in gets one again, never more easily than they signed in.
//!
//! A printed one-time code opens nothing by itself: it lets its holder register a new passkey, which counts after
//! [`DELAY`]. The person is told at once, and whoever still has a way in can stop it until then.
//! Source: NIST SP 800-63B-4 §4.2 (account recovery).

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::PersonId;
use holdfast_core::time::{Millis, Timestamp};

use super::Person;
use super::account::{AccountChange, Passkey, Recovery, Standing};
use super::credential::{CredentialRefusal, label};
use super::notice::{self, Notice, NoticeKind};
use super::standing::{self, Door};
use crate::decision::{Change, Decision, LedgerLine, kind};

/// How long a new way in waits after a recovery code was used: 24 hours.
pub const DELAY: Millis = Millis::from_secs(24 * 3_600);
/// Codes of one set.
pub const CODES: usize = 10;
/// Random bytes of a code: 80 bits.
pub const CODE_BYTES: usize = 10;
/// Characters of a code without its dashes.
pub const CODE_CHARS: usize = 16;
/// Most characters that are read as a code, dashes and spaces included.
pub const CODE_TEXT_MAX: usize = 40;

/// Letters of a code: no I, L, O, U, so that none is mistaken for another (as Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A recovery code. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

impl RecoveryCode {
    /// The code of ten random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; CODE_BYTES]) -> Self {
        let mut text = String::with_capacity(CODE_CHARS);
        let (mut held, mut bits) = (0_u32, 0_u32);
        for byte in bytes {
            held = (held << 8) | u32::from(byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                let at = (held >> bits) & 31;
                let letter = usize::try_from(at).ok().and_then(|at| LETTERS.get(at)).copied().unwrap_or(b'0');
                text.push(char::from(letter));
            }
        }
        Self(text)
    }

    /// Reads a code as people type it: small letters, spaces and dashes anywhere, O for 0, I and L for 1.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > CODE_TEXT_MAX {
            return None;
        }
        let mut text = String::with_capacity(CODE_CHARS);
        for letter in typed.chars().filter(|c| !matches!(c, '-' | ' ' | '\t' | '\r' | '\n')) {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            if !LETTERS.iter().any(|known| char::from(*known) == letter) {
                return None;
            }
            text.push(letter);
        }
        (text.len() == CODE_CHARS).then_some(Self(text))
    }

    /// The code for printing: four groups of four.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(CODE_CHARS + 3);
        for (at, letter) in self.0.chars().enumerate() {
            if at > 0 && at.is_multiple_of(4) {
                out.push('-');
            }
            out.push(letter);
        }
        out
    }

    /// SHA-256, the only form that is kept: 80 random bits need no slower hash.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        *Sha256Digest::of(self.0.as_bytes()).as_bytes()
    }
}

/// Decides to set new codes in the place of all others.
#[must_use]
pub fn make_codes(by: &Person, codes: &[RecoveryCode], now: Timestamp) -> Decision {
    let hashes = codes.iter().map(RecoveryCode::hash).collect();
    let changes = vec![
        Change::Account(AccountChange::PutRecoveryCodes { person: by.id, hashes, at: now }),
        Change::AddNotice(Notice::new(by.id, NoticeKind::RecoveryCodesMade, now)),
    ];
    Decision::new(changes, LedgerLine::new(kind::RECOVERY_CODES_MADE, now).fact("person", &by.id))
}

/// Decides to begin a recovery: the code is used up, the new passkey waits, the person is told.
///
/// # Errors
///
/// [`CredentialRefusal`] if the account is locked by order, or the passkey's label is malformed.
pub fn begin(
    person: &Person,
    standing: &Standing,
    code_hash: [u8; 32],
    passkey: Passkey,
    now: Timestamp,
) -> Result<Decision, CredentialRefusal> {
    standing::admits(standing, person.role, Door::Passkey)?;
    let until = now.plus(DELAY);
    let passkey = Passkey { label: label(&passkey.label)?, counts_from: until, ..passkey };
    let line = LedgerLine::new(kind::RECOVERY_BEGUN, now).fact("person", &person.id).fact("passkey", &passkey.id);
    let changes = vec![
        Change::Account(AccountChange::UseRecoveryCode { hash: code_hash, at: now }),
        // A second recovery takes the place of a first one that still waits.
        Change::Account(AccountChange::RemovePasskeys { person: person.id, counting_after: Some(now) }),
        Change::Account(AccountChange::AddPasskey(passkey)),
        Change::Account(AccountChange::PutRecovery(Recovery { person: person.id, begun: now, until })),
        Change::AddNotice(Notice::new(person.id, NoticeKind::RecoveryUsed, now).fact("until", notice::moment(until))),
    ];
    Ok(Decision::new(changes, line))
}

/// Decides to stop a recovery: whoever is signed in by another way says that it was not them.
///
/// # Errors
///
/// [`CredentialRefusal::NoRecovery`].
pub fn cancel(by: PersonId, recovery: Option<&Recovery>, now: Timestamp) -> Result<Decision, CredentialRefusal> {
    let recovery = recovery.filter(|recovery| recovery.person == by && recovery.until > now);
    recovery.ok_or(CredentialRefusal::NoRecovery)?;
    let changes = vec![
        Change::Account(AccountChange::EndRecovery(by)),
        Change::Account(AccountChange::RemovePasskeys { person: by, counting_after: Some(now) }),
        // Somebody else has the sheet: none of its codes counts any more.
        Change::Account(AccountChange::PutRecoveryCodes { person: by, hashes: Vec::new(), at: now }),
        Change::AddNotice(Notice::new(by, NoticeKind::RecoveryStopped, now)),
    ];
    Ok(Decision::new(changes, LedgerLine::new(kind::RECOVERY_CANCELLED, now).fact("person", &by)))
}

#[cfg(test)]
mod tests {
    use super::super::credential::{Shown, sign_in_by_passkey};
    use super::*;
    use crate::fixture::{NOW, later, opening, owner, passkey, person};
    use proptest::prelude::*;

    #[test]
    fn a_new_passkey_waits_a_day_after_a_code_and_then_ends_every_other_session() {
        let decision = begin(&owner(), &Standing::default(), [9; 32], passkey(), NOW).expect("begun");
        let added = decision.changes.iter().find_map(|change| {
            let Change::Account(AccountChange::AddPasskey(added)) = change else { return None };
            Some(added.clone())
        });
        let added = added.expect("a passkey");
        assert_eq!(added.counts_from, later(86_400));
        let told = decision.changes.iter().find_map(|change| {
            let Change::AddNotice(notice) = change else { return None };
            Some((notice.kind, notice.facts["until"].clone()))
        });
        assert_eq!(
            told,
            Some((NoticeKind::RecoveryUsed, notice::moment(later(86_400)))),
            "the person is told until when"
        );
        let recovery = Recovery { person: person(), begun: NOW, until: later(86_400) };
        let try_at = |now| {
            let shown = Shown { passkey: &added, document: None };
            sign_in_by_passkey(&owner(), &Standing::default(), Some(&recovery), &shown, &opening(), now)
        };
        assert_eq!(try_at(later(86_399)), Err(CredentialRefusal::RecoveryWaits));
        let ended = AccountChange::EndSessions { person: person(), except: None, at: later(86_400) };
        assert!(try_at(later(86_400)).expect("in").changes.contains(&Change::Account(ended)));
    }

    #[test]
    fn whoever_is_signed_in_stops_a_recovery_while_it_waits() {
        let recovery = Recovery { person: person(), begun: NOW, until: later(86_400) };
        let stopped = cancel(person(), Some(&recovery), later(86_399)).expect("stopped");
        let told = Notice::new(person(), NoticeKind::RecoveryStopped, later(86_399));
        assert!(stopped.changes.contains(&Change::AddNotice(told)), "also whoever holds the other address learns it");
        assert_eq!(cancel(person(), Some(&recovery), later(86_400)), Err(CredentialRefusal::NoRecovery));
        assert_eq!(cancel(PersonId::new(NOW, [1; 10]), Some(&recovery), NOW), Err(CredentialRefusal::NoRecovery));
        assert_eq!(cancel(person(), None, NOW), Err(CredentialRefusal::NoRecovery));
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = RecoveryCode::from_random([0xff, 0x10, 0x42, 0x08, 0x42, 0x10, 0x84, 0x21, 0x08, 0x42]);
        let text = code.text();
        assert_eq!((text.len(), text.matches('-').count()), (19, 3));
        for typed in [text.clone(), text.to_lowercase(), text.replace('-', " "), text.replace('1', "l")] {
            assert_eq!(RecoveryCode::parse(&typed), Some(code.clone()), "{typed}");
        }
        for bad in ["", "ABCD", &text[1..], &format!("{text}0"), &"U".repeat(16), &"ABCD-".repeat(100)] {
            assert_eq!(RecoveryCode::parse(bad), None, "{bad}");
        }
        assert_eq!(format!("{code:?}"), "RecoveryCode(..)");
    }

    proptest! {
        #[test]
        fn every_code_reads_back_and_two_differ(a in any::<[u8; CODE_BYTES]>(), b in any::<[u8; CODE_BYTES]>()) {
            let (one, other) = (RecoveryCode::from_random(a), RecoveryCode::from_random(b));
            prop_assert_eq!(RecoveryCode::parse(&one.text()), Some(one.clone()));
            prop_assert_eq!(a == b, one.hash() == other.hash());
        }
    }
}
