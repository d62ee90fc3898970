//! One password at many accounts: each account sees a single failure, and only who looks at the password sees the attack.
//!
//! Pure; its keeper holds it in memory, by digests that are keyed anew at each start. What is sprayed opens nothing from a
//! browser that nobody knows, also where it is right; passkeys and known browsers go on as always.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::id::AlertId;
use holdfast_core::time::{Millis, Timestamp};

use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind, open_alert};

/// A password that was tried at so many accounts within [`WINDOW`] is being sprayed.
pub const ACCOUNTS: usize = 10;
/// The time in which they are counted: one hour.
pub const WINDOW: Millis = Millis::from_secs(3_600);
/// Most passwords that are remembered; the oldest makes room.
pub const PASSWORDS_MAX: usize = 4_096;

#[derive(Debug)]
struct Tried {
    first: Timestamp,
    accounts: BTreeSet<[u8; 32]>,
    sprayed: bool,
}

/// Passwords that were tried lately, by digest, each with the accounts at which it was tried.
#[derive(Debug, Default)]
pub struct Spray(BTreeMap<[u8; 32], Tried>);

/// What a try means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// One of a few.
    Ordinary,
    /// This try made it many.
    Begins,
    /// It is being sprayed.
    GoesOn,
}

impl Spray {
    /// Notes that a browser nobody knows tried this password at this account.
    pub fn tried(&mut self, password: [u8; 32], account: [u8; 32], now: Timestamp) -> Seen {
        self.0.retain(|_, tried| now.since(tried.first) < WINDOW);
        if self.0.len() >= PASSWORDS_MAX && !self.0.contains_key(&password) {
            // One that was tried at many accounts is worth remembering longer than one that was tried once.
            let oldest =
                self.0.iter().min_by_key(|(_, tried)| (tried.accounts.len(), tried.first)).map(|(key, _)| *key);
            oldest.and_then(|oldest| self.0.remove(&oldest));
        }
        let fresh = || Tried { first: now, accounts: BTreeSet::new(), sprayed: false };
        let tried = self.0.entry(password).or_insert_with(fresh);
        if tried.sprayed {
            return Seen::GoesOn;
        }
        tried.accounts.insert(account);
        if tried.accounts.len() < ACCOUNTS {
            return Seen::Ordinary;
        }
        tried.sprayed = true;
        tried.accounts.clear();
        Seen::Begins
    }
}

/// Decides to tell the maker's people; one open alert is enough.
#[must_use]
pub fn told(alerts: &[Alert], alert: AlertId, now: Timestamp) -> Option<Decision> {
    if open_alert(alerts, alert_kind::PASSWORD_SPRAYED).is_some() {
        return None;
    }
    let opened = Alert {
        id: alert,
        device: None,
        kind: alert_kind::PASSWORD_SPRAYED.to_owned(),
        severity: Severity::Warning,
        text: TEXT.to_owned(),
        opened: now,
        closed: None,
    };
    let line = LedgerLine::new(kind::PASSWORD_SPRAYED, now)
        .fact("alert", &alert)
        .fact("accounts", u64::try_from(ACCOUNTS).unwrap_or(u64::MAX));
    Some(Decision::new(vec![Change::OpenAlert(opened)], line))
}

const TEXT: &str = "One password was tried at many accounts within an hour, as with stolen lists. It opens no account from \
                    an unknown browser now, even where it is right. Passkeys and known browsers work as always. Look at \
                    failed sign-ins, and close this alert when the tries have stopped.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later};

    fn digest(n: u64) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&n.to_be_bytes());
        digest
    }

    #[test]
    fn one_password_at_ten_accounts_is_seen_once_and_goes_on_for_an_hour() {
        let mut spray = Spray::default();
        let seen: Vec<Seen> = (0..12).map(|n| spray.tried([1; 32], digest(n), later(n))).collect();
        assert!(seen[..9].iter().all(|seen| *seen == Seen::Ordinary), "{seen:?}");
        assert_eq!(seen[9..], [Seen::Begins, Seen::GoesOn, Seen::GoesOn]);
        assert_eq!(spray.tried([2; 32], digest(0), later(20)), Seen::Ordinary, "another password");
        assert_eq!(spray.tried([1; 32], digest(0), later(3_600)), Seen::Ordinary, "an hour later");
    }

    #[test]
    fn one_person_who_mistypes_is_no_attack() {
        let mut spray = Spray::default();
        assert!((0..100).all(|n| spray.tried([1; 32], [9; 32], later(n)) == Seen::Ordinary));
    }

    #[test]
    fn a_flood_of_passwords_does_not_hide_the_one_that_is_sprayed() {
        let mut spray = Spray::default();
        for n in 0..9 {
            let _ = spray.tried([1; 32], digest(n), later(n));
        }
        for n in 0..(PASSWORDS_MAX as u64 * 2) {
            let _ = spray.tried(digest(n + 1_000), [7; 32], later(10));
        }
        assert!(spray.0.len() <= PASSWORDS_MAX);
        assert_eq!(spray.tried([1; 32], digest(99), later(11)), Seen::Begins);
    }

    #[test]
    fn the_staff_are_told_once() {
        let alert = AlertId::new(NOW, [1; 10]);
        let decision = told(&[], alert, NOW).expect("told");
        let Some(Change::OpenAlert(opened)) = decision.changes.first() else { panic!("{decision:?}") };
        assert_eq!(told(std::slice::from_ref(opened), alert, NOW), None);
    }
}
