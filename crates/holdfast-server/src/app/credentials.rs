//! Ways in: signing in, proving again, one's own account, accounts of others. Implements the port on the store and the rules.
//!
//! `entry` is what is held in memory, `hashing` and `factor` what is computed, `ceremony` what passkeys say.

pub(crate) mod ceremony;
pub(crate) mod entry;
pub(crate) mod factor;
mod hashing;
mod own;
mod passwords;
mod safe;
mod tickets;

use std::net::IpAddr;

use holdfast_core::id::{PasskeyId, PersonId, SessionId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::people::account::AccountChange;
use holdfast_domain::people::credential::CredentialRefusal;
use holdfast_domain::people::notice::{Notice, NoticeKind};
use holdfast_domain::people::session::{self, Opening, SessionKind};
use holdfast_domain::people::sign_in::AccessRefusal;
use holdfast_domain::people::standing as rules;
use holdfast_domain::people::throttle::RetryAfter;
use holdfast_domain::people::{Person, Session};
use holdfast_web::backend::credentials::{
    Account, AccountOrder, AccountRow, Arrival, Ceremony, Credentials, Finish, PasskeyView, SecondFactorSetup,
    SignedIn, Ticket, TypedPassword,
};
use holdfast_web::backend::people::{Caller, Proof};
use holdfast_web::backend::{Answer, RefusalKind, Stop};

use super::{House, absent, refuse, stored};
use crate::clock;

/// A browser's mark counts for so long after its last use: 400 days.
const MARK_LIFE: Millis = Millis::from_secs(400 * 86_400);

impl Credentials for House {
    fn begin_sign_in(&self, from: IpAddr) -> Answer<Ceremony> {
        self.start_sign_in(from)
    }
    fn finish_sign_in(&self, finish: &Finish, arrival: &Arrival) -> Answer<SignedIn> {
        self.sign_in_by_passkey(finish, arrival)
    }
    fn sign_in_by_password(&self, typed: &TypedPassword, arrival: &Arrival) -> Answer<SignedIn> {
        self.try_password(typed, arrival)
    }
    fn begin_sign_up(&self, ticket: &Ticket, name: &str, from: IpAddr) -> Answer<Ceremony> {
        self.start_sign_up(ticket, name, from)
    }
    fn finish_sign_up(&self, finish: &Finish, arrival: &Arrival) -> Answer<SignedIn> {
        self.sign_up(finish, arrival)
    }
    fn begin_confirm(&self, by: &Caller) -> Answer<Ceremony> {
        self.start_confirm(by)
    }
    fn finish_confirm(&self, by: &Caller, finish: &Finish, arrival: &Arrival) -> Answer<Session> {
        self.confirm_by_passkey(by, finish)?;
        self.confirmed(by, SessionKind::Passkey, Vec::new(), arrival)
    }
    fn confirm_by_password(&self, by: &Caller, typed: &TypedPassword, arrival: &Arrival) -> Answer<Session> {
        let (kind, changes, _turn) = self.confirm_password(by, typed)?;
        self.confirmed(by, kind, changes, arrival)
    }
    fn own_account(&self, by: &Caller) -> Answer<Account> {
        self.account_of(by)
    }
    fn begin_passkey(&self, by: &Caller) -> Answer<Ceremony> {
        self.start_adding(by)
    }
    fn finish_passkey(&self, by: &Caller, finish: &Finish, label: &str) -> Answer<PasskeyView> {
        self.add_passkey(by, finish, label)
    }
    fn rename_passkey(&self, by: &Caller, id: PasskeyId, label: &str) -> Answer<()> {
        self.name_passkey(by, id, label)
    }
    fn remove_passkey(&self, by: &Caller, id: PasskeyId) -> Answer<()> {
        self.drop_passkey(by, id)
    }
    fn set_password(&self, by: &Caller, login: &str, password: &str) -> Answer<()> {
        self.put_password(by, login, password)
    }
    fn remove_password(&self, by: &Caller) -> Answer<()> {
        self.drop_password(by)
    }
    fn begin_second_factor(&self, by: &Caller) -> Answer<SecondFactorSetup> {
        self.start_factor(by)
    }
    fn confirm_second_factor(&self, by: &Caller, code: &str) -> Answer<()> {
        self.prove_factor(by, code)
    }
    fn remove_second_factor(&self, by: &Caller) -> Answer<()> {
        self.drop_factor(by)
    }
    fn make_recovery_codes(&self, by: &Caller) -> Answer<Vec<String>> {
        self.new_codes(by)
    }
    fn begin_recovery(&self, code: &str, from: IpAddr) -> Answer<Ceremony> {
        self.start_recovery(code, from)
    }
    fn finish_recovery(&self, finish: &Finish) -> Answer<Timestamp> {
        self.recover(finish)
    }
    fn cancel_recovery(&self, by: &Caller) -> Answer<()> {
        self.stop_recovery(by)
    }
    fn end_session_of(&self, by: &Caller, id: SessionId) -> Answer<()> {
        self.end_one(by, id)
    }
    fn end_other_sessions(&self, by: &Caller) -> Answer<()> {
        let decision = session::end_others(&by.person, by.person.id, session_of(by), clock::now());
        self.decide(decision).map(drop)
    }
    fn accounts(&self, owner: Option<&str>) -> Answer<Vec<AccountRow>> {
        let now = clock::now();
        let row = |person: Person| {
            let (ways, standing) = (self.store.ways(person.id, now)?, self.store.standing(person.id)?);
            Ok(AccountRow { person, ways, standing })
        };
        self.people_shown(owner).map_err(stored)?.into_iter().map(row).collect::<Result<_, _>>().map_err(stored)
    }
    fn order_account(&self, by: &Caller, whom: PersonId, order: AccountOrder) -> Answer<()> {
        let (now, _turn) = (clock::now(), self.turns.people.take());
        let (by, whom, standing) = (&by.person, self.somebody(whom)?, self.store.standing(whom).map_err(stored)?);
        let decision = match order {
            AccountOrder::Lock => rules::lock(by, &whom, &standing, now),
            AccountOrder::Unlock => rules::unlock(by, &whom, &standing, now),
            AccountOrder::SetRole(role) => rules::set_role(by, &whom, role, now),
            AccountOrder::Remove => rules::remove(by, &whom, &standing, now),
        };
        self.decide(decision.map_err(not_allowed)?).map(drop)
    }
}

impl House {
    /// Opens a session for somebody who proved who they are outside this room, such as by their organisation's provider.
    ///
    /// # Errors
    ///
    /// If the account is locked or removed.
    pub(crate) fn open_session(&self, person: PersonId, kind: SessionKind, arrival: &Arrival) -> Answer<SignedIn> {
        let (person, standing, now) =
            (self.somebody(person)?, self.store.standing(person).map_err(stored)?, clock::now());
        rules::admits(&standing, person.role, rules::Door::Passkey).map_err(refused)?;
        let opening = Self::opening(kind, arrival, now);
        let decision = holdfast_domain::people::password::sign_in(&person, Vec::new(), &opening, now);
        self.let_in(person, decision, arrival, now)
    }

    /// What a session is opened with.
    fn opening(kind: SessionKind, arrival: &Arrival, now: Timestamp) -> Opening {
        let id = SessionId::new(now, clock::random());
        Opening { id, secret_hash: arrival.session_hash, kind, browser: arrival.browser.clone() }
    }

    /// Commits a sign-in, remembers the browser, and tells the person if it is a new one.
    pub(super) fn let_in(
        &self,
        person: Person,
        mut decision: Decision,
        arrival: &Arrival,
        now: Timestamp,
    ) -> Answer<SignedIn> {
        let since = Timestamp::from_micros(now.as_micros().saturating_sub_unsigned(MARK_LIFE.0.saturating_mul(1_000)));
        let known = self.store.knows_browser(&arrival.mark_hash, person.id, since).map_err(stored)?;
        // The first of all is not news to anybody.
        if !known && self.store.browsers_of(person.id).map_err(stored)? > 0 {
            let told = Notice::new(person.id, NoticeKind::SignInNewBrowser, now).fact("browser", &arrival.browser);
            decision.changes.push(Change::AddNotice(told));
        }
        let mark = AccountChange::KnowBrowser { hash: arrival.mark_hash, person: person.id, at: now };
        decision.changes.push(Change::Account(mark));
        self.decide(decision)?;
        let session = self.store.session_by_hash(&arrival.session_hash).map_err(stored)?;
        let session = session.ok_or_else(|| absent("session-unknown", "session"))?;
        let bare = self.store.ways(person.id, now).map_err(stored)?.count() == 0;
        Ok(SignedIn { session, person, bare })
    }

    /// Puts a new session in the place of the caller's, after they proved again who they are.
    fn confirmed(&self, by: &Caller, kind: SessionKind, changes: Vec<Change>, arrival: &Arrival) -> Answer<Session> {
        let (now, id) = (clock::now(), session_of(by).ok_or_else(only_sessions)?);
        let old = self.store.session(id).map_err(stored)?.ok_or_else(only_sessions)?;
        let opening = Self::opening(kind, arrival, now);
        let mut decision = session::confirm(&old, by.person.role, &opening, now).map_err(not_allowed)?;
        decision.changes.extend(changes);
        self.decide(decision)?;
        let made = self.store.session_by_hash(&arrival.session_hash).map_err(stored)?;
        made.ok_or_else(|| absent("session-unknown", "session"))
    }

    fn somebody(&self, id: PersonId) -> Answer<Person> {
        self.store.person(id).map_err(stored)?.ok_or_else(|| absent("person-unknown", format_args!("person {id}")))
    }
}

/// The caller's session, if they came by one.
const fn session_of(by: &Caller) -> Option<SessionId> {
    match by.proof {
        Proof::Session(id) => Some(id),
        Proof::Token(_) => None,
    }
}

fn only_sessions() -> Stop {
    refuse(RefusalKind::Forbidden, "session-needed", "this is for people who are signed in, not for API tokens")
}

fn not_allowed(why: AccessRefusal) -> Stop {
    refuse(RefusalKind::Forbidden, why.name(), why.to_string())
}

/// The refusal of a way in, with its status.
pub(super) fn refused(why: CredentialRefusal) -> Stop {
    let kind = match why {
        CredentialRefusal::Wrong
        | CredentialRefusal::PasskeyUnknown
        | CredentialRefusal::PasskeyCopied
        | CredentialRefusal::RecoveryCode => RefusalKind::Unauthenticated,
        CredentialRefusal::Locked | CredentialRefusal::RecoveryWaits => RefusalKind::Forbidden,
        CredentialRefusal::NotYours => RefusalKind::Absent,
        CredentialRefusal::LastWay
        | CredentialRefusal::TooMany
        | CredentialRefusal::Label
        | CredentialRefusal::Code
        | CredentialRefusal::NoSecondFactor
        | CredentialRefusal::SecondFactorNeeded
        | CredentialRefusal::NoRecovery => RefusalKind::Unacceptable,
    };
    refuse(kind, why.name(), why.to_string())
}

/// The refusal of a try that came too early.
pub(crate) fn too_early(wait: RetryAfter) -> Stop {
    refuse(RefusalKind::TooMany, "too-many-tries", wait.to_string())
}
