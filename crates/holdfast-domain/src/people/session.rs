//! Sessions: how one opens, how long it lasts, when its proof is fresh, and how it ends.
//!
//! A session is never given more than it was opened with: a new proof opens a new one under a new secret and ends the old.
//! Source: NIST SP 800-63B-4 §2.2 (re-authentication) and §5.1 (sessions).

use holdfast_core::id::{PersonId, SessionId};
use holdfast_core::time::{Millis, Timestamp};

use super::account::AccountChange;
use super::notice::{Notice, NoticeKind};
use super::sign_in::AccessRefusal;
use super::{Person, Role, Session};
use crate::decision::{Change, Decision, LedgerLine, kind};

/// A session of the maker's staff ends after so long without a request: 30 minutes.
pub const STAFF_IDLE: Millis = Millis::from_secs(30 * 60);
/// A session of the maker's staff ends after so long, however busy: 12 hours.
pub const STAFF_LIFE: Millis = Millis::from_secs(12 * 3_600);
/// An owner's session ends after so long without a request: 30 days.
pub const OWNER_IDLE: Millis = Millis::from_secs(30 * 86_400);
/// An owner's session ends after so long, however busy: 90 days.
pub const OWNER_LIFE: Millis = Millis::from_secs(90 * 86_400);
/// A proof counts for dangerous acts for so long: 10 minutes.
pub const FRESH: Millis = Millis::from_secs(10 * 60);
/// The last use is written down this often at most: once a minute.
pub const TOUCH_EVERY: Millis = Millis::from_secs(60);
/// Most characters of a browser's label.
pub const BROWSER_CHARS_MAX: usize = 40;

/// What a session was opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionKind {
    /// A one-time link.
    Link,
    /// A passkey.
    Passkey,
    /// A long password alone.
    Password,
    /// A password and a code of the second factor.
    PasswordTotp,
    /// The staff's own identity provider.
    Oidc,
    /// A new way in after recovery.
    Recovery,
}

impl SessionKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Link, Self::Passkey, Self::Password, Self::PasswordTotp, Self::Oidc, Self::Recovery];

    /// The stable kebab-case word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Passkey => "passkey",
            Self::Password => "password",
            Self::PasswordTotp => "password-totp",
            Self::Oidc => "oidc",
            Self::Recovery => "recovery",
        }
    }

    /// The kind of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A session to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its id.
    pub id: SessionId,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// By what.
    pub kind: SessionKind,
    /// What the browser is, as [`browser_label`] says.
    pub browser: String,
}

const fn idle(role: Role) -> Millis {
    if role.is_staff() { STAFF_IDLE } else { OWNER_IDLE }
}

const fn life(role: Role) -> Millis {
    if role.is_staff() { STAFF_LIFE } else { OWNER_LIFE }
}

/// The session of an opening.
#[must_use]
pub fn opened(person: PersonId, role: Role, opening: &Opening, now: Timestamp) -> Session {
    let Opening { id, secret_hash, kind, browser } = opening;
    Session {
        id: *id,
        secret_hash: *secret_hash,
        person,
        kind: *kind,
        browser: browser.clone(),
        created: now,
        // A provider may answer without asking anybody: what it says opens a session, and proves nobody's presence.
        authenticated: if *kind == SessionKind::Oidc { Timestamp::from_micros(0) } else { now },
        last_used: now,
        expires: now.plus(life(role)),
        ended: None,
    }
}

/// When a session ends if it is not used again.
#[must_use]
pub fn ends(session: &Session, role: Role) -> Timestamp {
    session.last_used.plus(idle(role)).min(session.expires)
}

/// Whose request a session carries; `role` is theirs.
///
/// # Errors
///
/// [`AccessRefusal`] if the session is unknown, ended, idle for too long, or over.
pub fn admit(session: Option<&Session>, role: Role, now: Timestamp) -> Result<PersonId, AccessRefusal> {
    let session = session.ok_or(AccessRefusal::SessionUnknown)?;
    if session.ended.is_some() {
        return Err(AccessRefusal::SessionEnded);
    }
    if ends(session, role) <= now { Err(AccessRefusal::SessionExpired) } else { Ok(session.person) }
}

/// Whether its proof is new enough for a dangerous act.
#[must_use]
pub fn is_fresh(session: &Session, now: Timestamp) -> bool {
    now < session.authenticated.plus(FRESH)
}

/// The change that writes down the last use, if it is due.
#[must_use]
pub fn touch(session: &Session, now: Timestamp) -> Option<Decision> {
    let due = session.last_used.plus(TOUCH_EVERY) <= now;
    due.then(|| Decision::quiet(vec![Change::Account(AccountChange::TouchSession { session: session.id, at: now })]))
}

/// Decides that somebody proved again who they are: a new session in the place of the old, which never lasts longer.
///
/// # Errors
///
/// [`AccessRefusal::SessionEnded`].
pub fn confirm(old: &Session, role: Role, opening: &Opening, now: Timestamp) -> Result<Decision, AccessRefusal> {
    if old.ended.is_some() {
        return Err(AccessRefusal::SessionEnded);
    }
    let mut session = opened(old.person, role, opening, now);
    session.created = old.created;
    session.expires = old.expires;
    let changes = vec![Change::EndSession { secret_hash: old.secret_hash, at: now }, Change::AddSession(session)];
    let line = LedgerLine::new(kind::IDENTITY_CONFIRMED, now)
        .fact("person", &old.person)
        .fact("session", &opening.id)
        .fact("by-means", opening.kind.word());
    Ok(Decision::new(changes, line))
}

/// Decides to end every session of a person but one: their own order, or that of who manages people.
#[must_use]
pub fn end_others(by: &Person, whose: PersonId, keep: Option<SessionId>, now: Timestamp) -> Decision {
    let changes = vec![
        Change::Account(AccountChange::EndSessions { person: whose, except: keep, at: now }),
        Change::AddNotice(Notice::new(whose, NoticeKind::SessionsEnded, now)),
    ];
    Decision::new(changes, LedgerLine::new(kind::SESSIONS_ENDED, now).fact("person", &whose).fact("by", &by.id))
}

/// A browser's short label, such as `Firefox on Linux`: family and system, no version, nothing else of what it sent.
#[must_use]
pub fn browser_label(user_agent: &str) -> String {
    // The order matters: most browsers also name the ones they descend from.
    const BROWSERS: [(&str, &str); 8] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("Chrom", "Chrome"),
        ("CriOS", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |list: &[(&str, &'static str)]| list.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if user_agent.is_empty() => "A program".to_owned(),
        (None, Some(system)) => format!("A program on {system}"),
        (None, None) => "Another browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later, person};

    fn opening(n: u8, kind: SessionKind) -> Opening {
        Opening { id: SessionId::new(NOW, [n; 10]), secret_hash: [n; 32], kind, browser: "Firefox on Linux".to_owned() }
    }

    #[test]
    fn a_session_of_the_staff_ends_after_half_an_hour_without_use_and_after_twelve_hours_with() {
        let mut session = opened(person(), Role::Support, &opening(1, SessionKind::Passkey), NOW);
        let at = |session: &Session, s| admit(Some(session), Role::Support, later(s)).map_err(AccessRefusal::name);
        assert_eq!(at(&session, 1_799), Ok(person()));
        assert_eq!(at(&session, 1_800), Err("session-expired"));
        session.last_used = later(43_199);
        assert_eq!(at(&session, 43_199), Ok(person()));
        assert_eq!(at(&session, 43_200), Err("session-expired"));
    }

    #[test]
    fn an_owners_session_lasts_while_it_is_used_once_a_month_for_three_months() {
        let mut session = opened(person(), Role::Owner, &opening(1, SessionKind::Passkey), NOW);
        let at = |session: &Session, days: u64| admit(Some(session), Role::Owner, later(days * 86_400)).is_ok();
        assert!(at(&session, 29) && !at(&session, 30));
        session.last_used = later(80 * 86_400);
        assert!(at(&session, 89) && !at(&session, 90));
        session.ended = Some(NOW);
        assert!(!at(&session, 1));
    }

    #[test]
    fn a_proof_is_fresh_for_ten_minutes_and_a_new_one_rotates_the_session() {
        let old = opened(person(), Role::Owner, &opening(1, SessionKind::PasswordTotp), NOW);
        assert!(is_fresh(&old, later(599)) && !is_fresh(&old, later(600)));
        let decision = confirm(&old, Role::Owner, &opening(2, SessionKind::Passkey), later(700)).expect("confirmed");
        let [Change::EndSession { secret_hash, .. }, Change::AddSession(new)] = decision.changes.as_slice() else {
            panic!("{decision:?}")
        };
        assert_eq!((*secret_hash, new.secret_hash), ([1; 32], [2; 32]));
        assert_eq!((new.expires, new.created), (old.expires, old.created), "it does not live longer for that");
        assert!(is_fresh(new, later(1_299)));
    }

    #[test]
    fn the_last_use_is_written_once_a_minute() {
        let session = opened(person(), Role::Owner, &opening(1, SessionKind::Link), NOW);
        assert_eq!(touch(&session, later(59)), None);
        assert!(touch(&session, later(60)).is_some());
    }

    #[test]
    fn a_browser_is_named_without_its_version() {
        for (agent, label) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "Another browser"),
            ("", "A program"),
        ] {
            assert_eq!(browser_label(agent), label);
            assert!(label.chars().count() <= BROWSER_CHARS_MAX);
        }
        for kind in SessionKind::ALL {
            assert_eq!(SessionKind::from_word(kind.word()), Some(kind));
        }
    }
}
