//! How an account stands: failures, locks, roles, removal.
//!
//! An owner is never locked out by a stranger: owners' accounts are slowed down and nothing else. Accounts of the staff
//! lock their password after [`FAILURES_MAX`] failures, and those that help owners lock altogether.

use holdfast_core::id::{AlertId, PersonId};
use holdfast_core::time::Timestamp;

use super::access::{Act, may};
use super::account::{AccountChange, Lock, LockReason, Standing};
use super::credential::CredentialRefusal;
use super::notice::{Notice, NoticeKind};
use super::sign_in::AccessRefusal;
use super::{Person, Role};
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind};

/// Failures after which an account of the staff locks.
pub const FAILURES_MAX: u32 = 10;

/// What a person reads about a lock.
const LOCKED_TEXT: &str = "An account of the staff was locked after ten wrong passwords or codes. Ask its person whether the \
     tries were theirs; then unlock it under People, or leave it locked and find out where they came from.";

/// By what somebody wants to come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Something that cannot be guessed: passkey, link, the staff's provider.
    Passkey,
    /// Something that can: password and code.
    Password,
}

/// Whether an account lets its person in by this door.
///
/// # Errors
///
/// [`CredentialRefusal::Locked`].
pub const fn admits(standing: &Standing, role: Role, door: Door) -> Result<(), CredentialRefusal> {
    if standing.removed.is_some() {
        return Err(CredentialRefusal::Locked);
    }
    let shut = match (standing.locked, door) {
        (Some(Lock { reason: LockReason::Order, .. }), _) | (Some(_), Door::Password) => true,
        (Some(Lock { reason: LockReason::Failures, .. }), Door::Passkey) => matches!(role, Role::Support),
        (None, _) | (Some(Lock { reason: LockReason::NotMe, .. }), Door::Passkey) => false,
    };
    if shut { Err(CredentialRefusal::Locked) } else { Ok(()) }
}

/// What a wrong password or code leads to; nothing is kept for owners. A lock is an alert to whoever can lift it.
#[must_use]
pub fn failed(person: &Person, standing: &Standing, alert: AlertId, now: Timestamp) -> Option<Decision> {
    if !person.role.is_staff() || standing.locked.is_some() || standing.removed.is_some() {
        return None;
    }
    let failures = standing.failures.saturating_add(1);
    let mut to = Standing { failures, ..*standing };
    if failures < FAILURES_MAX {
        return Some(Decision::quiet(vec![set(person.id, to)]));
    }
    to.locked = Some(Lock { since: now, reason: LockReason::Failures });
    let opened = Alert {
        id: alert,
        device: None,
        kind: alert_kind::ACCOUNT_LOCKED.to_owned(),
        severity: Severity::Warning,
        text: format!("{LOCKED_TEXT} Account: {}.", person.id),
        opened: now,
        closed: None,
    };
    let changes = vec![
        set(person.id, to),
        Change::AddNotice(Notice::new(person.id, NoticeKind::AccountLocked, now)),
        Change::OpenAlert(opened),
    ];
    let line = LedgerLine::new(kind::PERSON_LOCKED, now)
        .fact("person", &person.id)
        .fact("why", "failures")
        .fact("alert", &alert);
    Some(Decision::new(changes, line))
}

/// The change that forgets failures after a right proof; a lock by failures goes with them, one by order stays.
#[must_use]
pub fn forgiven(person: PersonId, standing: &Standing) -> Vec<Change> {
    let by_order = standing.locked.filter(|lock| lock.reason == LockReason::Order);
    let to = Standing { failures: 0, locked: by_order, removed: standing.removed };
    if to == *standing { Vec::new() } else { vec![set(person, to)] }
}

/// Decides to lock an account: its sessions end, its tokens stay asleep until it is unlocked.
///
/// # Errors
///
/// [`AccessRefusal::NotAllowed`], also for oneself.
pub fn lock(by: &Person, whom: &Person, standing: &Standing, now: Timestamp) -> Result<Decision, AccessRefusal> {
    over_others(by, whom)?;
    let to = Standing { locked: Some(Lock { since: now, reason: LockReason::Order }), ..*standing };
    let changes = vec![
        set(whom.id, to),
        Change::Account(AccountChange::EndSessions { person: whom.id, except: None, at: now }),
        Change::AddNotice(Notice::new(whom.id, NoticeKind::AccountLocked, now)),
    ];
    let line =
        LedgerLine::new(kind::PERSON_LOCKED, now).fact("person", &whom.id).fact("by", &by.id).fact("why", "order");
    Ok(Decision::new(changes, line))
}

/// Decides to unlock an account.
///
/// # Errors
///
/// [`AccessRefusal::NotAllowed`].
pub fn unlock(by: &Person, whom: &Person, standing: &Standing, now: Timestamp) -> Result<Decision, AccessRefusal> {
    over_others(by, whom)?;
    let to = Standing { failures: 0, locked: None, removed: standing.removed };
    let line = LedgerLine::new(kind::PERSON_UNLOCKED, now).fact("person", &whom.id).fact("by", &by.id);
    Ok(Decision::new(vec![set(whom.id, to)], line))
}

/// Decides to give somebody another role. Staff stay staff and owners stay owners; sessions end, so that nothing goes on
/// with the rights of before.
///
/// # Errors
///
/// [`AccessRefusal::NotAllowed`], also for oneself: an administrator cannot leave a server without one by mistake.
pub fn set_role(by: &Person, whom: &Person, role: Role, now: Timestamp) -> Result<Decision, AccessRefusal> {
    over_others(by, whom)?;
    if role.is_staff() != whom.role.is_staff() {
        return Err(AccessRefusal::NotAllowed);
    }
    let changes = vec![
        Change::Account(AccountChange::SetRole { person: whom.id, role }),
        Change::Account(AccountChange::EndSessions { person: whom.id, except: None, at: now }),
        Change::AddNotice(Notice::new(whom.id, NoticeKind::RoleChanged, now)),
    ];
    let line =
        LedgerLine::new(kind::ROLE_CHANGED, now).fact("person", &whom.id).fact("role", role.name()).fact("by", &by.id);
    Ok(Decision::new(changes, line))
}

/// Decides to remove a member of the staff: every way in, session and token ends. The row stays, so that history can
/// still say who it was.
///
/// # Errors
///
/// [`AccessRefusal::NotAllowed`], also for oneself and for owners, whose erasure has its own walk.
pub fn remove(by: &Person, whom: &Person, standing: &Standing, now: Timestamp) -> Result<Decision, AccessRefusal> {
    over_others(by, whom)?;
    if !whom.role.is_staff() {
        return Err(AccessRefusal::NotAllowed);
    }
    let person = whom.id;
    let changes = vec![
        set(person, Standing { removed: Some(now), ..*standing }),
        Change::Account(AccountChange::EndSessions { person, except: None, at: now }),
        Change::Account(AccountChange::RevokeTokens { person, at: now }),
        Change::Account(AccountChange::RemovePasskeys { person, counting_after: None }),
        Change::Account(AccountChange::RemovePassword(person)),
        Change::Account(AccountChange::RemoveSecondFactor(person)),
        Change::Account(AccountChange::PutRecoveryCodes { person, hashes: Vec::new(), at: now }),
        Change::Account(AccountChange::ForgetBrowsers(person)),
    ];
    let line = LedgerLine::new(kind::PERSON_REMOVED, now).fact("person", &person).fact("by", &by.id);
    Ok(Decision::new(changes, line))
}

fn over_others(by: &Person, whom: &Person) -> Result<(), AccessRefusal> {
    if may(by.role, Act::ManagePeople) && by.id != whom.id { Ok(()) } else { Err(AccessRefusal::NotAllowed) }
}

const fn set(person: PersonId, to: Standing) -> Change {
    Change::Account(AccountChange::SetStanding { person, to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later};

    fn someone(n: u8, role: Role) -> Person {
        Person { id: PersonId::new(NOW, [n; 10]), name: "Someone".to_owned(), role, created: NOW }
    }

    fn after_failures(person: &Person, count: u32) -> Standing {
        let mut standing = Standing::default();
        for n in 0..count {
            let alert = AlertId::new(NOW, [1; 10]);
            let Some(decision) = failed(person, &standing, alert, later(u64::from(n))) else { continue };
            let alerts = decision.changes.iter().any(|change| matches!(change, Change::OpenAlert(_)));
            assert_eq!(alerts, n + 1 == FAILURES_MAX, "whoever can unlock is told once");
            let Some(Change::Account(AccountChange::SetStanding { to, .. })) = decision.changes.first() else {
                panic!()
            };
            standing = *to;
        }
        standing
    }

    #[test]
    fn ten_failures_lock_the_staffs_password_and_support_altogether_and_an_owner_never() {
        for (role, failures, password, passkey) in [
            (Role::Support, 9, true, true),
            (Role::Support, 10, false, false),
            (Role::Administrator, 10, false, true),
            (Role::Owner, 10_000, true, true),
        ] {
            let standing = after_failures(&someone(1, role), failures);
            assert_eq!(admits(&standing, role, Door::Password).is_ok(), password, "{role:?} {failures}");
            assert_eq!(admits(&standing, role, Door::Passkey).is_ok(), passkey, "{role:?} {failures}");
        }
    }

    #[test]
    fn a_right_proof_forgets_failures_but_lifts_no_order() {
        let person = someone(1, Role::Security);
        let standing = after_failures(&person, 10);
        let forgiven_to = |standing: &Standing| match forgiven(person.id, standing).first() {
            Some(Change::Account(AccountChange::SetStanding { to, .. })) => *to,
            _ => *standing,
        };
        assert_eq!(forgiven_to(&standing), Standing::default());
        let by_order = Standing { locked: Some(Lock { since: NOW, reason: LockReason::Order }), ..standing };
        assert!(forgiven_to(&by_order).locked.is_some());
        assert!(forgiven(person.id, &Standing::default()).is_empty());
    }

    #[test]
    fn an_administrator_locks_unlocks_removes_and_promotes_others_but_not_themselves() {
        let (admin, other, standing) =
            (someone(1, Role::Administrator), someone(2, Role::Support), Standing::default());
        assert!(lock(&admin, &other, &standing, NOW).is_ok() && unlock(&admin, &other, &standing, NOW).is_ok());
        assert!(remove(&admin, &other, &standing, NOW).is_ok());
        assert!(set_role(&admin, &other, Role::Security, NOW).is_ok());
        for refused in [
            lock(&admin, &admin, &standing, NOW),
            remove(&admin, &admin, &standing, NOW),
            set_role(&admin, &admin, Role::Support, NOW),
            set_role(&admin, &other, Role::Owner, NOW),
            set_role(&admin, &someone(3, Role::Owner), Role::Administrator, NOW),
            remove(&admin, &someone(3, Role::Owner), &standing, NOW),
            lock(&other, &admin, &standing, NOW),
        ] {
            assert_eq!(refused, Err(AccessRefusal::NotAllowed));
        }
    }

    #[test]
    fn who_is_removed_or_gets_another_role_is_signed_out_everywhere() {
        let (admin, other) = (someone(1, Role::Administrator), someone(2, Role::Support));
        for decision in [
            remove(&admin, &other, &Standing::default(), NOW),
            set_role(&admin, &other, Role::Security, NOW),
            lock(&admin, &other, &Standing::default(), NOW),
        ] {
            let ended = Change::Account(AccountChange::EndSessions { person: other.id, except: None, at: NOW });
            assert!(decision.expect("decided").changes.contains(&ended));
        }
    }
}
