//! Signing in and proving again by password and code, with the throttles around it.
//!
//! A name that nobody has costs the same time and gets the same answer as a wrong password.

use std::sync::MutexGuard;

use holdfast_core::id::AlertId;
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::Change;
use holdfast_domain::people::Person;
use holdfast_domain::people::account::{AccountChange, Password, SecondFactor};
use holdfast_domain::people::credential::CredentialRefusal;
use holdfast_domain::people::notice::{Notice, NoticeKind};
use holdfast_domain::people::password::{self as rules, Login, Outcome, Tried};
use holdfast_domain::people::session::SessionKind;
use holdfast_domain::people::spray::{self, Seen};
use holdfast_domain::people::throttle::{FREE, Key, RetryAfter};
use holdfast_store::integrity::AlertFilter;
use holdfast_web::backend::credentials::{Arrival, SignedIn, TypedPassword};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, LiveEvent, RefusalKind, Stop};

use super::entry::{account_key, digest_of, place};
use super::{House, MARK_LIFE, factor, hashing, only_sessions, refuse, refused, session_of, stored, too_early};
use crate::clock;
use holdfast_domain::decision::Decision;

/// Failures after which a person is told that somebody tries.
const TELL_AFTER: u32 = FREE + 1;

/// Open alerts that are looked through.
const ALERTS_LOOKED_AT: u32 = 500;

/// What a proof by password leads to.
type Confirmed<'a> = (SessionKind, Vec<Change>, MutexGuard<'a, ()>);

impl House {
    pub(super) fn try_password(&self, typed: &TypedPassword, arrival: &Arrival) -> Answer<SignedIn> {
        let now = clock::now();
        let password = match typed.login.parse::<Login>() {
            Ok(login) => self.store.password_by_login(&login).map_err(stored)?,
            Err(_) => None,
        };
        let known = match &password {
            Some(password) => self.is_known_browser(arrival, password, now)?,
            None => false,
        };
        self.pass_throttles(typed, arrival, known, now).map_err(too_early)?;
        let person = match &password {
            Some(password) => self.store.person(password.person).map_err(stored)?,
            None => None,
        };
        let mut matches = self.is_password(&typed.password, password.as_ref().map(|known| known.hash.as_str()))?;
        let newer = self.hashed_anew(&typed.password, password.as_ref().filter(|_| matches))?;
        if !known && self.is_sprayed(typed, now)? {
            // As wrong as any other wrong one, also where it is right.
            matches = false;
        }
        // From here on nobody else changes how the account stands: a lock that an administrator sets is not undone.
        let _turn = self.turns.people.take();
        let outcome = self.judge(person.as_ref(), password.as_ref(), (typed, matches), now)?;
        let account = account_key(&typed.login);
        match (outcome, person) {
            (Outcome::Proven { kind, changes }, Some(person)) => {
                let mut throttle = self.entry.throttle();
                throttle.forgive(&Key::Browser(arrival.mark_hash));
                throttle.forgive(&Key::Other("password", place(arrival.address)));
                // What strangers failed at goes on to slow strangers down.
                if known {
                    drop(throttle);
                } else {
                    throttle.forgive(&account);
                    drop(throttle);
                }
                let opening = Self::opening(kind, arrival, now);
                let mut decision = rules::sign_in(&person, changes, &opening, now);
                decision.changes.extend(newer.map(|password| Change::Account(AccountChange::SetPassword(password))));
                self.let_in(person, decision, arrival, now)
            }
            (Outcome::Refused(why, kept), person) => {
                self.keep_failure(kept, person.as_ref(), &account, now)?;
                Err(refused(why))
            }
            (Outcome::Proven { .. }, None) => Err(refused(CredentialRefusal::Wrong)),
        }
    }

    /// What the caller's password and code prove: the kind of the new session, rows that go with it, and the turn in which
    /// they must be committed.
    pub(super) fn confirm_password(&self, by: &Caller, typed: &TypedPassword) -> Answer<Confirmed<'_>> {
        session_of(by).ok_or_else(only_sessions)?;
        let now = clock::now();
        let key = Key::Other("confirm", digest_of(&by.person.id.to_string()));
        self.entry.throttle().knock(&key, now).map_err(too_early)?;
        let password = self.store.password_of(by.person.id).map_err(stored)?;
        let matches = self.is_password(&typed.password, password.as_ref().map(|known| known.hash.as_str()))?;
        let turn = self.turns.people.take();
        match self.judge(Some(&by.person), password.as_ref(), (typed, matches), now)? {
            Outcome::Proven { kind, changes } => {
                self.entry.throttle().forgive(&key);
                Ok((kind, changes, turn))
            }
            Outcome::Refused(why, kept) => {
                kept.map(|decision| self.decide(decision)).transpose()?;
                Err(refused(why))
            }
        }
    }

    fn judge(
        &self,
        person: Option<&Person>,
        password: Option<&Password>,
        (typed, matches): (&TypedPassword, bool),
        now: Timestamp,
    ) -> Answer<Outcome> {
        let factor = match person {
            Some(person) => self.store.second_factor(person.id).map_err(stored)?,
            None => None,
        };
        let factor = factor.filter(|factor| factor.confirmed.is_some());
        let step = factor.as_ref().zip(typed.code.as_deref()).and_then(|(factor, code)| self.step(factor, code, now));
        let standing = match person {
            Some(person) => self.store.standing(person.id).map_err(stored)?,
            None => holdfast_domain::people::account::Standing::default(),
        };
        let alert = AlertId::new(now, clock::random());
        Ok(rules::judge(&Tried { person, standing, password, matches, factor: factor.as_ref(), step, alert }, now))
    }

    /// The step of a code, if the code is right.
    pub(super) fn step(&self, factor: &SecondFactor, code: &str, now: Timestamp) -> Option<u64> {
        let secret = self.authority.people_key().open_sealed(&factor.person.to_string(), &factor.sealed)?;
        factor::step(&secret, code, now)
    }

    /// The same password as it would be hashed today, if its hash is older.
    fn hashed_anew(&self, typed: &str, right: Option<&Password>) -> Answer<Option<Password>> {
        let older = right.filter(|password| !hashing::is_of_today(&password.hash));
        older.map(|password| Ok(Password { hash: self.hash_password(typed)?, ..password.clone() })).transpose()
    }

    /// Notes a try of a browser that nobody knows; says whether this password is being tried at many accounts.
    fn is_sprayed(&self, typed: &TypedPassword, now: Timestamp) -> Answer<bool> {
        match self.entry.tried(&typed.password, &typed.login, now) {
            Seen::Ordinary => Ok(false),
            Seen::GoesOn => Ok(true),
            Seen::Begins => {
                let filter = AlertFilter { open_only: true, device: None };
                let alerts = self.store.alerts(&filter, None, ALERTS_LOOKED_AT).map_err(stored)?;
                let alert = AlertId::new(now, clock::random());
                if let Some(decision) = spray::told(&alerts, alert, now) {
                    self.decide(decision)?;
                    self.tell(LiveEvent::Alert(alert));
                }
                Ok(true)
            }
        }
    }

    /// Hashes in a bounded number of seats.
    fn is_password(&self, typed: &str, hash: Option<&str>) -> Answer<bool> {
        let _seat = self.entry.seat().ok_or_else(crowded)?;
        Ok(hashing::matches(typed, hash, &self.authority.people_key().pepper()))
    }

    pub(super) fn hash_password(&self, typed: &str) -> Answer<String> {
        let _seat = self.entry.seat().ok_or_else(crowded)?;
        hashing::hash(typed, &self.authority.people_key().pepper()).ok_or_else(crowded)
    }

    fn is_known_browser(&self, arrival: &Arrival, password: &Password, now: Timestamp) -> Answer<bool> {
        let since = Timestamp::from_micros(now.as_micros().saturating_sub_unsigned(MARK_LIFE.0.saturating_mul(1_000)));
        self.store.knows_browser(&arrival.mark_hash, password.person, since).map_err(stored)
    }

    /// A browser from which this person signed in before counts for itself; any other at the account, at its address, and
    /// among all strangers.
    fn pass_throttles(
        &self,
        typed: &TypedPassword,
        arrival: &Arrival,
        known: bool,
        now: Timestamp,
    ) -> Result<(), RetryAfter> {
        let mut throttle = self.entry.throttle();
        if known {
            return throttle.knock(&Key::Browser(arrival.mark_hash), now);
        }
        let (account, address) = (account_key(&typed.login), Key::Other("password", place(arrival.address)));
        throttle.ask(&account, now)?;
        throttle.ask(&address, now)?;
        throttle.knock_as_stranger("password", now)?;
        throttle.knock(&account, now)?;
        throttle.knock(&address, now)
    }

    /// Keeps a failure of the staff, and tells the person once that somebody tries.
    fn keep_failure(&self, kept: Option<Decision>, person: Option<&Person>, key: &Key, now: Timestamp) -> Answer<()> {
        let failures = self.entry.throttle().failures(key, now);
        let told = person.filter(|_| failures == TELL_AFTER);
        let told = told.map(|person| Change::AddNotice(Notice::new(person.id, NoticeKind::SignInDelayed, now)));
        let decision = match (kept, told) {
            (None, None) => return Ok(()),
            (Some(mut decision), told) => {
                decision.changes.extend(told);
                decision
            }
            (None, Some(told)) => Decision::quiet(vec![told]),
        };
        self.decide(decision).map(drop)
    }
}

fn crowded() -> Stop {
    refuse(RefusalKind::TooMany, "sign-in-crowded", "many are signing in just now; try again in a moment")
}
