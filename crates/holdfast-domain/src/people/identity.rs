//! Accounts of the staff at their own identity provider, and whose they are here (`OpenID Connect Core 1.0` §2: issuer and
//! subject together name an account; nothing else does).
//!
//! An account is bound by its person, signed in by another way. Nobody gets an account, or a role, because a provider says so.

use holdfast_core::id::PersonId;
use holdfast_core::time::Timestamp;

use super::Person;
use super::notice::{Notice, NoticeKind};
use crate::decision::{Change, Decision, LedgerLine, kind};

/// Most bytes of a subject (`OpenID Connect Core 1.0` §2: 255 ASCII characters).
pub const SUBJECT_BYTES_MAX: usize = 255;

/// An account at a provider, bound to a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// The account there.
    pub subject: String,
    /// Whose it is.
    pub person: PersonId,
    /// Since when.
    pub bound: Timestamp,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("issuer", &self.issuer).field("person", &self.person).finish_non_exhaustive()
    }
}

/// A change of what is bound to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityChange {
    /// Binds an account; one that the person had before is let go.
    Bind(Identity),
    /// Lets go of a person's account.
    Unbind(PersonId),
}

/// Why an account is not bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityRefusal {
    /// Owners have no accounts at the maker's provider.
    #[error("only the maker's staff signs in this way")]
    NotStaff,
    /// It is somebody else's.
    #[error("this account is linked with somebody else here")]
    Taken,
    /// It names nobody.
    #[error("the provider names an account in a form that it must not have")]
    Subject,
    /// There is none.
    #[error("no account is linked")]
    Nothing,
}

impl IdentityRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotStaff => "oidc-staff-only",
            Self::Taken => "oidc-account-taken",
            Self::Subject => "oidc-subject-malformed",
            Self::Nothing => "oidc-account-none",
        }
    }
}

/// Decides that an account at the provider is this person's; `known` is what is bound to the account now.
///
/// # Errors
///
/// [`IdentityRefusal`] if the person is no staff, or the account is somebody else's.
pub fn bind(
    person: &Person,
    known: Option<&Identity>,
    (issuer, subject): (&str, &str),
    now: Timestamp,
) -> Result<Decision, IdentityRefusal> {
    if !person.role.is_staff() {
        return Err(IdentityRefusal::NotStaff);
    }
    if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX || !subject.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Err(IdentityRefusal::Subject);
    }
    if known.is_some_and(|known| known.person != person.id) {
        return Err(IdentityRefusal::Taken);
    }
    let identity = Identity { issuer: issuer.to_owned(), subject: subject.to_owned(), person: person.id, bound: now };
    let changes = vec![Change::Identity(IdentityChange::Bind(identity)), told(person.id, now)];
    Ok(Decision::new(changes, LedgerLine::new(kind::IDENTITY_BOUND, now).fact("person", &person.id)))
}

/// Decides to let go of a person's account at the provider.
///
/// # Errors
///
/// [`IdentityRefusal::Nothing`] if none is bound.
pub fn unbind(known: Option<&Identity>, now: Timestamp) -> Result<Decision, IdentityRefusal> {
    let known = known.ok_or(IdentityRefusal::Nothing)?;
    let changes = vec![Change::Identity(IdentityChange::Unbind(known.person)), told(known.person, now)];
    Ok(Decision::new(changes, LedgerLine::new(kind::IDENTITY_UNBOUND, now).fact("person", &known.person)))
}

fn told(person: PersonId, now: Timestamp) -> Change {
    Change::AddNotice(Notice::new(person, NoticeKind::SignInLinked, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, person};
    use crate::people::Role;

    const ISSUER: &str = "https://id.hearth.example";

    fn somebody(role: Role) -> Person {
        Person { id: person(), name: "Ada".to_owned(), role, created: NOW }
    }

    #[test]
    fn an_account_is_bound_to_one_of_the_staff_and_to_nobody_else_after() {
        let ada = somebody(Role::Security);
        let decision = bind(&ada, None, (ISSUER, "248289761001"), NOW).unwrap();
        let Some(Change::Identity(IdentityChange::Bind(bound))) = decision.changes.first() else { panic!() };
        assert_eq!((bound.person, bound.issuer.as_str()), (ada.id, ISSUER));
        assert!(!decision.line.unwrap().to_string().contains("248289761001"), "history names no account");
        assert!(bind(&ada, Some(bound), (ISSUER, "248289761001"), NOW).is_ok());
        let other = Person { id: PersonId::new(NOW, [1; 10]), ..ada };
        assert_eq!(bind(&other, Some(bound), (ISSUER, "248289761001"), NOW), Err(IdentityRefusal::Taken));
        assert!(!format!("{bound:?}").contains("248289761001"));
    }

    #[test]
    fn owners_and_subjects_without_a_form_are_refused() {
        assert_eq!(bind(&somebody(Role::Owner), None, (ISSUER, "1"), NOW), Err(IdentityRefusal::NotStaff));
        for bad in ["", "a\nb", "ä", &"1".repeat(256)] {
            assert_eq!(bind(&somebody(Role::Support), None, (ISSUER, bad), NOW), Err(IdentityRefusal::Subject));
        }
        assert_eq!(unbind(None, NOW), Err(IdentityRefusal::Nothing));
    }
}
