//! Sign-in, sessions, links and tokens. Secrets arrive here as hashes only.

use holdfast_core::id::{PersonId, SessionId, TokenId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::access::{Act, may};
use holdfast_domain::people::scope::Scope;
use holdfast_domain::people::session::{self, Opening, SessionKind};
use holdfast_domain::people::sign_in::{self as rules, AccessRefusal, FirstStart, WishedToken};
use holdfast_domain::people::standing::{self, Door};
use holdfast_domain::people::{ApiToken, Person, Role, SignInLink};
use holdfast_store::StoreError;
use holdfast_web::backend::credentials::{Arrival, SignedIn};
use holdfast_web::backend::people::{Caller, LinkFor, NewLink, NewToken, People, Proof};
use holdfast_web::backend::{Answer, RefusalKind, Stop};

use super::credentials::refused;
use super::{House, absent, refuse, stored};
use crate::clock;

/// Owners in a list of people.
const OWNERS_SHOWN: u32 = 50;

impl People for House {
    fn session(&self, secret_hash: &[u8; 32], now: Timestamp) -> Answer<Option<Caller>> {
        let Some(open) = self.store.session_by_hash(secret_hash).map_err(stored)? else { return Ok(None) };
        let Some(person) = self.admitted(open.person)? else { return Ok(None) };
        if session::admit(Some(&open), person.role, now).is_err() {
            return Ok(None);
        }
        if let Some(touch) = session::touch(&open, now) {
            self.decide(touch)?;
        }
        let fresh = session::is_fresh(&open, now);
        Ok(Some(Caller { person, proof: Proof::Session(open.id), fresh, scope: Scope::Dangerous }))
    }

    fn token(&self, secret_hash: &[u8; 32], now: Timestamp) -> Answer<Option<Caller>> {
        let token = self.store.token_by_hash(secret_hash).map_err(stored)?;
        let Ok(person) = rules::admit_token(token.as_ref(), now) else { return Ok(None) };
        let person = self.admitted(person)?;
        let caller = |(person, token): (Person, ApiToken)| Caller {
            person,
            proof: Proof::Token(token.id),
            fresh: false,
            scope: token.scope,
        };
        Ok(person.zip(token).map(caller))
    }

    fn redeem_link(&self, link_hash: &[u8; 32], arrival: &Arrival) -> Answer<SignedIn> {
        let link = self.store.link_by_hash(link_hash).map_err(stored)?;
        let now = clock::now();
        let person = match &link {
            Some(link) => self.store.person(link.person).map_err(stored)?,
            None => None,
        };
        let role = person.as_ref().map_or(Role::Owner, |person| person.role);
        let opening = Opening {
            id: SessionId::new(now, clock::random()),
            secret_hash: arrival.session_hash,
            kind: SessionKind::Link,
            browser: arrival.browser.clone(),
        };
        let decision = rules::sign_in(link.as_ref(), role, &opening, now).map_err(unauthenticated)?;
        let person = person.ok_or_else(|| absent("person-unknown", "person"))?;
        let standing = self.store.standing(person.id).map_err(stored)?;
        standing::admits(&standing, person.role, Door::Passkey).map_err(refused)?;
        self.let_in(person, decision, arrival, now)
    }

    fn end_session(&self, secret_hash: &[u8; 32]) -> Answer<()> {
        let Some(session) = self.store.session_by_hash(secret_hash).map_err(stored)? else { return Ok(()) };
        let Some(person) = self.store.person(session.person).map_err(stored)? else { return Ok(()) };
        match rules::end_session(&person, &session, clock::now()) {
            Ok(decision) => self.decide(decision).map(drop),
            Err(_) => Ok(()),
        }
    }

    fn people(&self, owner: Option<&str>) -> Answer<Vec<Person>> {
        self.people_shown(owner).map_err(stored)
    }

    fn consumers_count(&self) -> Answer<u64> {
        self.store.consumers_count().map_err(stored)
    }

    fn person(&self, id: PersonId) -> Answer<Option<Person>> {
        self.store.person(id).map_err(stored)
    }

    fn add_link(&self, by: &Caller, new: &NewLink) -> Answer<SignInLink> {
        let now = clock::now();
        let whom = match &new.whom {
            LinkFor::Person(id) => *id,
            LinkFor::Newcomer { name, role } => self.add_newcomer(by, name, *role, now)?,
        };
        let person = self.store.person(whom).map_err(stored)?;
        let person = person.ok_or_else(|| absent("person-unknown", format_args!("person {whom}")))?;
        let link = match &new.whom {
            LinkFor::Person(_) => rules::make_link(&by.person, &person, new.secret_hash, now),
            LinkFor::Newcomer { .. } => rules::make_first_link(&by.person, &person, new.secret_hash, now),
        };
        self.decide(link.map_err(forbidden)?)?;
        let made = self.store.link_by_hash(&new.secret_hash).map_err(stored)?;
        made.ok_or_else(|| absent("link-unknown", "link"))
    }

    fn tokens(&self, by: &Caller) -> Answer<Vec<ApiToken>> {
        let whose = if by.person.role == Role::Administrator { None } else { Some(by.person.id) };
        self.store.tokens(whose, clock::now()).map_err(stored)
    }

    fn add_token(&self, by: &Caller, new: &NewToken) -> Answer<ApiToken> {
        let now = clock::now();
        let _turn = self.turns.people.take();
        let live = self.store.tokens(Some(by.person.id), now).map_err(stored)?.len();
        let id = TokenId::new(now, clock::random());
        let maker = if matches!(by.proof, Proof::Token(_)) { &by.scope } else { &Scope::Dangerous };
        if !maker.includes(&new.scope) {
            return Err(forbidden(AccessRefusal::ScopeTooWide));
        }
        let (secret_hash, label, scope) = (new.secret_hash, new.label.clone(), new.scope.clone());
        let wish = WishedToken { id, secret_hash, label, scope, days: new.days };
        self.decide(rules::make_token(&by.person, live, &wish, now).map_err(forbidden)?)?;
        let made = self.store.token(id).map_err(stored)?;
        made.ok_or_else(|| absent("token-unknown", format_args!("token {id}")))
    }

    fn revoke_token(&self, by: &Caller, id: TokenId) -> Answer<()> {
        let token = self.store.token(id).map_err(stored)?;
        self.decide(rules::revoke_token(&by.person, token.as_ref(), clock::now()).map_err(forbidden)?).map(drop)
    }
}

impl House {
    /// The maker's people, then a few owners: the newest, or those whose name holds a text.
    pub(super) fn people_shown(&self, owner: Option<&str>) -> Result<Vec<Person>, StoreError> {
        let mut people = self.store.staff()?;
        people.extend(self.store.owners(owner, OWNERS_SHOWN)?);
        Ok(people)
    }

    /// Makes the first administrator's link as long as nobody has ever signed in; says whether it did.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub(crate) fn invite_first(&self, link: [u8; 32]) -> Answer<bool> {
        let known = self.store.staff().map_err(stored)?;
        let administrator = known.iter().find(|person| person.role == Role::Administrator);
        let signed_in_before = self.store.signed_in_before().map_err(stored)?;
        let now = clock::now();
        let facts = FirstStart { administrator, signed_in_before };
        match rules::first_start(&facts, PersonId::new(now, clock::random()), link, now) {
            Some(decision) => self.decide(decision).map(|_| true),
            None => Ok(false),
        }
    }

    /// A person whose account lets them in.
    fn admitted(&self, person: PersonId) -> Answer<Option<Person>> {
        let Some(person) = self.store.person(person).map_err(stored)? else { return Ok(None) };
        let standing = self.store.standing(person.id).map_err(stored)?;
        Ok(standing::admits(&standing, person.role, Door::Passkey).is_ok().then_some(person))
    }

    /// Whether somebody who ordered something may still do it: their role allows it, and nobody shut their account since.
    pub(crate) fn still_may(&self, person: PersonId, act: Act) -> Result<bool, StoreError> {
        let Some(person) = self.store.person(person)? else { return Ok(false) };
        let standing = self.store.standing(person.id)?;
        Ok(may(person.role, act) && standing.locked.is_none() && standing.removed.is_none())
    }

    fn add_newcomer(&self, by: &Caller, name: &str, role: Role, now: Timestamp) -> Answer<PersonId> {
        let id = PersonId::new(now, clock::random());
        self.decide(rules::add_person(&by.person, id, name, role, now).map_err(forbidden)?)?;
        Ok(id)
    }
}

fn unauthenticated(why: AccessRefusal) -> Stop {
    refuse(RefusalKind::Unauthenticated, why.name(), why.to_string())
}

fn forbidden(why: AccessRefusal) -> Stop {
    let kind = match why {
        AccessRefusal::NotAllowed | AccessRefusal::ScopeTooWide => RefusalKind::Forbidden,
        AccessRefusal::TokenUnknown => RefusalKind::Absent,
        AccessRefusal::LinkUnknown
        | AccessRefusal::LinkUsed
        | AccessRefusal::LinkExpired
        | AccessRefusal::SessionUnknown
        | AccessRefusal::SessionEnded
        | AccessRefusal::SessionExpired
        | AccessRefusal::TokenRevoked
        | AccessRefusal::TokenExpired
        | AccessRefusal::TooManyTokens
        | AccessRefusal::TokenLife
        | AccessRefusal::Name => RefusalKind::Unacceptable,
    };
    refuse(kind, why.name(), why.to_string())
}
