//! The first administrator, sign-in by one-time link, sessions and API tokens.
//!
//! Callers draw 32 random bytes for each secret and pass only their SHA-256; a secret is shown once and never kept.

use holdfast_core::id::{PersonId, TokenId};
use holdfast_core::time::{Millis, Timestamp};

use super::access::{Act, may};
use super::notice::{Notice, NoticeKind};
use super::scope::Scope;
use super::session::{self, Opening};
use super::{ApiToken, Person, Role, Session, SignInLink};
use crate::decision::{Change, Decision, LedgerLine, kind};

/// Life of a sign-in link: 15 minutes.
pub const LINK_LIFE: Millis = Millis::from_secs(15 * 60);
/// Life of the link printed at first start: 24 hours.
pub const FIRST_LINK_LIFE: Millis = Millis::from_secs(24 * 3_600);
/// Longest life of an API token, in days.
pub const TOKEN_DAYS_MAX: u16 = 90;
/// Most live API tokens of one person.
pub const TOKENS_MAX: usize = 20;
/// Most characters of a person's name or a token's label.
pub const NAME_CHARS_MAX: usize = 60;

/// Why someone does not get in, or an account does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessRefusal {
    /// No such link.
    #[error("the sign-in link is not known")]
    LinkUnknown,
    /// It was used before.
    #[error("the sign-in link was used before")]
    LinkUsed,
    /// It is too old.
    #[error("the sign-in link has expired")]
    LinkExpired,
    /// No such session.
    #[error("the session is not known")]
    SessionUnknown,
    /// It was ended.
    #[error("the session was ended")]
    SessionEnded,
    /// Its time is over.
    #[error("the session has expired")]
    SessionExpired,
    /// No such token.
    #[error("the token is not known")]
    TokenUnknown,
    /// It was revoked.
    #[error("the token was revoked")]
    TokenRevoked,
    /// Its time is over.
    #[error("the token has expired")]
    TokenExpired,
    /// The person has too many.
    #[error("a person has at most {TOKENS_MAX} live tokens")]
    TooManyTokens,
    /// The life is outside its limits.
    #[error("a token lives 1 to {TOKEN_DAYS_MAX} days")]
    TokenLife,
    /// A name or label is empty or too long.
    #[error("a name has 1 to {NAME_CHARS_MAX} characters")]
    Name,
    /// The scope is wider than that of the token that asks.
    #[error("a token makes no other that may do more than itself")]
    ScopeTooWide,
    /// The role does not allow it.
    #[error("this person's role does not allow it")]
    NotAllowed,
}

impl AccessRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkUnknown => "link-unknown",
            Self::LinkUsed => "link-used",
            Self::LinkExpired => "link-expired",
            Self::SessionUnknown => "session-unknown",
            Self::SessionEnded => "session-ended",
            Self::SessionExpired => "session-expired",
            Self::TokenUnknown => "token-unknown",
            Self::TokenRevoked => "token-revoked",
            Self::TokenExpired => "token-expired",
            Self::TooManyTokens => "too-many-tokens",
            Self::TokenLife => "token-life-out-of-range",
            Self::Name => "name-malformed",
            Self::ScopeTooWide => "token-scope-too-wide",
            Self::NotAllowed => "not-allowed",
        }
    }
}

/// What is known when the server starts.
#[derive(Debug, Clone, Copy)]
pub struct FirstStart<'a> {
    /// The first administrator, if one was made.
    pub administrator: Option<&'a Person>,
    /// Whether anyone has ever signed in.
    pub signed_in_before: bool,
}

/// Decides whether a start is the first one that matters: until someone has signed in, each start makes a new link for the
/// first administrator, who is made if need be. `id` is the new person's id, `link` the hash of the link's secret.
#[must_use]
pub fn first_start(facts: &FirstStart<'_>, id: PersonId, link: [u8; 32], now: Timestamp) -> Option<Decision> {
    if facts.signed_in_before {
        return None;
    }
    let mut changes = Vec::with_capacity(2);
    let person = facts.administrator.map_or(id, |known| known.id);
    if facts.administrator.is_none() {
        let name = "First administrator".to_owned();
        changes.push(Change::AddPerson(Person { id, name, role: Role::Administrator, created: now }));
    }
    let expires = now.plus(FIRST_LINK_LIFE);
    changes.push(Change::AddSignInLink(SignInLink { secret_hash: link, person, expires, used: None }));
    let kind = if facts.administrator.is_none() { kind::PERSON_ADDED } else { kind::SIGN_IN_LINK_MADE };
    Some(Decision::new(changes, LedgerLine::new(kind, now).fact("person", &person)))
}

/// Decides to add a person; they get in by a link made with [`make_link`].
///
/// # Errors
///
/// [`AccessRefusal::NotAllowed`] or [`AccessRefusal::Name`].
pub fn add_person(
    by: &Person,
    id: PersonId,
    name: &str,
    role: Role,
    now: Timestamp,
) -> Result<Decision, AccessRefusal> {
    if !may(by.role, Act::ManagePeople) {
        return Err(AccessRefusal::NotAllowed);
    }
    let line =
        LedgerLine::new(kind::PERSON_ADDED, now).fact("person", &id).fact("role", role.name()).fact("by", &by.id);
    Ok(Decision::new(vec![Change::AddPerson(Person { id, name: named(name)?, role, created: now })], line))
}

/// Decides to make a sign-in link for `whom`: oneself, or anyone of the staff for who manages people. Nobody of the maker
/// makes a way into a consumer's home.
///
/// # Errors
///
/// [`AccessRefusal::NotAllowed`].
pub fn make_link(by: &Person, whom: &Person, secret_hash: [u8; 32], now: Timestamp) -> Result<Decision, AccessRefusal> {
    if by.id != whom.id && (!may(by.role, Act::ManagePeople) || whom.role == Role::Owner) {
        return Err(AccessRefusal::NotAllowed);
    }
    Ok(link_made(by, whom, secret_hash, now))
}

/// Decides to make the first link of somebody whom `by` adds at this moment: a new account has no home yet.
///
/// # Errors
///
/// [`AccessRefusal::NotAllowed`].
pub fn make_first_link(
    by: &Person,
    newcomer: &Person,
    secret_hash: [u8; 32],
    now: Timestamp,
) -> Result<Decision, AccessRefusal> {
    if may(by.role, Act::ManagePeople) {
        Ok(link_made(by, newcomer, secret_hash, now))
    } else {
        Err(AccessRefusal::NotAllowed)
    }
}

fn link_made(by: &Person, whom: &Person, secret_hash: [u8; 32], now: Timestamp) -> Decision {
    let made = SignInLink { secret_hash, person: whom.id, expires: now.plus(LINK_LIFE), used: None };
    let line = LedgerLine::new(kind::SIGN_IN_LINK_MADE, now).fact("person", &whom.id).fact("by", &by.id);
    Decision::new(vec![Change::AddSignInLink(made)], line)
}

/// Decides to open a session for the person of a link, which is used up by it.
///
/// # Errors
///
/// [`AccessRefusal`] names why not; outside, all of them should read the same.
pub fn sign_in(
    link: Option<&SignInLink>,
    role: Role,
    opening: &Opening,
    now: Timestamp,
) -> Result<Decision, AccessRefusal> {
    let link = link.ok_or(AccessRefusal::LinkUnknown)?;
    if link.used.is_some() {
        return Err(AccessRefusal::LinkUsed);
    }
    if link.expires <= now {
        return Err(AccessRefusal::LinkExpired);
    }
    let session = session::opened(link.person, role, opening, now);
    let changes = vec![Change::UseSignInLink { secret_hash: link.secret_hash, at: now }, Change::AddSession(session)];
    Ok(Decision::new(changes, line(link.person, opening, now)))
}

/// The line of a session that opens.
pub(super) fn line(person: PersonId, opening: &Opening, now: Timestamp) -> LedgerLine {
    LedgerLine::new(kind::SIGNED_IN, now)
        .fact("person", &person)
        .fact("session", &opening.id)
        .fact("by-means", opening.kind.word())
}

/// Decides to end a session: one's own, or anyone's for who manages people.
///
/// # Errors
///
/// [`AccessRefusal::NotAllowed`] or [`AccessRefusal::SessionEnded`].
pub fn end_session(by: &Person, session: &Session, now: Timestamp) -> Result<Decision, AccessRefusal> {
    if by.id != session.person && !may(by.role, Act::ManagePeople) {
        return Err(AccessRefusal::NotAllowed);
    }
    if session.ended.is_some() {
        return Err(AccessRefusal::SessionEnded);
    }
    let line = LedgerLine::new(kind::SESSION_ENDED, now).fact("person", &session.person).fact("by", &by.id);
    Ok(Decision::new(vec![Change::EndSession { secret_hash: session.secret_hash, at: now }], line))
}

/// A token as a person wishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WishedToken {
    /// Its id.
    pub id: TokenId,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub scope: Scope,
    /// How long it lives, in days.
    pub days: u16,
}

/// Decides to make an API token that acts with the role of its person; `held` is how many live ones they have.
///
/// # Errors
///
/// [`AccessRefusal`] names what is wrong with the wish.
pub fn make_token(by: &Person, held: usize, wish: &WishedToken, now: Timestamp) -> Result<Decision, AccessRefusal> {
    if !(1..=TOKEN_DAYS_MAX).contains(&wish.days) {
        return Err(AccessRefusal::TokenLife);
    }
    let label = named(&wish.label)?;
    if held >= TOKENS_MAX {
        return Err(AccessRefusal::TooManyTokens);
    }
    let token = ApiToken {
        id: wish.id,
        secret_hash: wish.secret_hash,
        person: by.id,
        label,
        scope: wish.scope.clone(),
        created: now,
        expires: now.plus(Millis::from_secs(u64::from(wish.days) * 86_400)),
        revoked: None,
    };
    let line = LedgerLine::new(kind::TOKEN_MADE, now)
        .fact("token", &wish.id)
        .fact("person", &by.id)
        .fact("days", u64::from(wish.days));
    let notice = Change::AddNotice(Notice::new(by.id, NoticeKind::TokenMade, now));
    Ok(Decision::new(vec![Change::AddToken(token), notice], line))
}

/// Whose request a token carries.
///
/// # Errors
///
/// [`AccessRefusal`] if the token is unknown, revoked or expired.
pub fn admit_token(token: Option<&ApiToken>, now: Timestamp) -> Result<PersonId, AccessRefusal> {
    let token = token.ok_or(AccessRefusal::TokenUnknown)?;
    if token.revoked.is_some() {
        return Err(AccessRefusal::TokenRevoked);
    }
    if token.expires <= now { Err(AccessRefusal::TokenExpired) } else { Ok(token.person) }
}

/// Decides to revoke a token: one's own, or anyone's for who manages people.
///
/// # Errors
///
/// [`AccessRefusal`] names why not.
pub fn revoke_token(by: &Person, token: Option<&ApiToken>, now: Timestamp) -> Result<Decision, AccessRefusal> {
    let token = token.ok_or(AccessRefusal::TokenUnknown)?;
    if by.id != token.person && !may(by.role, Act::ManagePeople) {
        return Err(AccessRefusal::NotAllowed);
    }
    if token.revoked.is_some() {
        return Err(AccessRefusal::TokenRevoked);
    }
    let line = LedgerLine::new(kind::TOKEN_REVOKED, now).fact("token", &token.id).fact("by", &by.id);
    Ok(Decision::new(vec![Change::RevokeToken { token: token.id, at: now }], line))
}

fn named(text: &str) -> Result<String, AccessRefusal> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(AccessRefusal::Name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later, person};
    use crate::people::session::SessionKind;
    use holdfast_core::id::SessionId;

    fn someone(n: u8, role: Role) -> Person {
        Person { id: PersonId::new(NOW, [n; 10]), name: "Someone".to_owned(), role, created: NOW }
    }

    fn link() -> SignInLink {
        SignInLink { secret_hash: [1; 32], person: person(), expires: later(900), used: None }
    }

    fn opening() -> Opening {
        let (id, kind) = (SessionId::new(NOW, [2; 10]), SessionKind::Link);
        Opening { id, secret_hash: [2; 32], kind, browser: "Firefox on Linux".to_owned() }
    }

    fn session() -> Session {
        session::opened(person(), Role::Administrator, &opening(), NOW)
    }

    fn token() -> ApiToken {
        let id = TokenId::new(NOW, [3; 10]);
        let label = "ci".to_owned();
        let (created, expires) = (NOW, later(86_400));
        ApiToken {
            id,
            secret_hash: [3; 32],
            person: person(),
            label,
            scope: Scope::Full,
            created,
            expires,
            revoked: None,
        }
    }

    #[test]
    fn the_first_start_makes_an_administrator_and_a_link_for_a_day() {
        let facts = FirstStart { administrator: None, signed_in_before: false };
        let decision = first_start(&facts, person(), [1; 32], NOW).expect("a first start");
        let [Change::AddPerson(made), Change::AddSignInLink(link)] = decision.changes.as_slice() else { panic!() };
        assert_eq!((made.role, link.person, link.expires), (Role::Administrator, made.id, later(86_400)));

        let again = FirstStart { administrator: Some(made), signed_in_before: false };
        let other = PersonId::new(NOW, [99; 10]);
        let decision = first_start(&again, other, [2; 32], NOW).expect("nobody has signed in yet");
        assert!(matches!(decision.changes.as_slice(), [Change::AddSignInLink(link)] if link.person == made.id));
        let used = FirstStart { signed_in_before: true, ..again };
        assert_eq!(first_start(&used, other, [3; 32], NOW), None, "no back door after that");
    }

    #[test]
    fn a_link_signs_in_once_and_in_time() {
        let attempt = |link: Option<&SignInLink>, now| {
            sign_in(link, Role::Assessor, &opening(), now).map_err(AccessRefusal::name)
        };
        let decision = attempt(Some(&link()), later(899)).expect("signed in");
        let [Change::UseSignInLink { .. }, Change::AddSession(opened)] = decision.changes.as_slice() else { panic!() };
        assert_eq!(opened.expires, later(899 + 43_200));
        assert_eq!(attempt(None, NOW), Err("link-unknown"));
        assert_eq!(attempt(Some(&link()), later(900)), Err("link-expired"));
        assert_eq!(attempt(Some(&SignInLink { used: Some(NOW), ..link() }), NOW), Err("link-used"));
    }

    #[test]
    fn tokens_end_by_time_and_by_order() {
        let token_at = |token: Option<&ApiToken>, now| admit_token(token, now).map_err(AccessRefusal::name);
        assert_eq!(token_at(Some(&token()), later(86_399)), Ok(person()));
        assert_eq!(token_at(Some(&token()), later(86_400)), Err("token-expired"));
        assert_eq!(token_at(Some(&ApiToken { revoked: Some(NOW), ..token() }), NOW), Err("token-revoked"));
        assert_eq!(token_at(None, NOW), Err("token-unknown"));
    }

    #[test]
    fn a_token_has_a_label_and_a_bounded_life() {
        let make = |live, label: &str, days| {
            let (id, label, scope) = (token().id, label.to_owned(), Scope::Full);
            let wish = WishedToken { id, secret_hash: [3; 32], label, scope, days };
            make_token(&someone(7, Role::Assessor), live, &wish, NOW).map(drop).map_err(AccessRefusal::name)
        };
        assert_eq!(make(0, "ci", 90), Ok(()));
        assert_eq!(make(0, "ci", 91), Err("token-life-out-of-range"));
        assert_eq!(make(0, "ci", 0), Err("token-life-out-of-range"));
        assert_eq!(make(0, "  ", 1), Err("name-malformed"));
        assert_eq!(make(0, "a\nb", 1), Err("name-malformed"));
        assert_eq!(make(20, "ci", 1), Err("too-many-tokens"));
    }

    #[test]
    fn only_who_manages_people_reaches_into_others_access() {
        let (admin, operator) = (someone(1, Role::Administrator), someone(2, Role::FleetOperator));
        let owner = Person { id: person(), ..someone(7, Role::Security) };
        assert!(make_link(&admin, &owner, [1; 32], NOW).is_ok() && make_link(&owner, &owner, [1; 32], NOW).is_ok());
        assert_eq!(make_link(&operator, &owner, [1; 32], NOW), Err(AccessRefusal::NotAllowed));
        assert!(revoke_token(&admin, Some(&token()), NOW).is_ok() && revoke_token(&owner, Some(&token()), NOW).is_ok());
        assert_eq!(revoke_token(&operator, Some(&token()), NOW), Err(AccessRefusal::NotAllowed));
        assert_eq!(end_session(&operator, &session(), NOW), Err(AccessRefusal::NotAllowed));
        assert!(end_session(&owner, &session(), NOW).is_ok());
        let id = PersonId::new(NOW, [5; 10]);
        assert!(add_person(&admin, id, "Ada", Role::Assessor, NOW).is_ok());
        assert_eq!(add_person(&operator, id, "Ada", Role::Assessor, NOW), Err(AccessRefusal::NotAllowed));
        assert_eq!(add_person(&admin, id, "", Role::Assessor, NOW), Err(AccessRefusal::Name));
    }
}
