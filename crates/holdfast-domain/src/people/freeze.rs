//! "That was not me": whoever reads a notice about their account stops what is going on, by the link in it.
//!
//! It only takes away. Whoever holds somebody's mail gains nothing by it: no way in, no look at the account, no change of
//! the address. What the owner had before the change goes on opening the account, so a stranger with an old mail locks
//! nobody out.

use holdfast_core::time::{Millis, Timestamp};

use super::Person;
use super::account::{AccountChange, Lock, LockReason, Recovery, Standing};
use super::identity::{Identity, IdentityChange};
use super::notice::{Notice, NoticeKind};
use crate::decision::{Change, Decision, LedgerLine, kind};

/// How long the link of a notice can be used: 72 hours.
pub const LINK_LIFE: Millis = Millis::from_secs(72 * 3_600);
/// How long new passkeys sleep if there is no older way in that could take the account back: 72 hours.
pub const SLEEP: Millis = Millis::from_secs(72 * 3_600);

/// Whether a notice of this kind brings a link by which its reader says that it was not them.
#[must_use]
pub const fn can_object(kind: NoticeKind) -> bool {
    matches!(
        kind,
        NoticeKind::PasskeyAdded
            | NoticeKind::PasskeyRemoved
            | NoticeKind::PasswordChanged
            | NoticeKind::SecondFactorChanged
            | NoticeKind::RecoveryUsed
            | NoticeKind::RecoveryCodesMade
            | NoticeKind::PasskeyCopied
            | NoticeKind::SignInNewBrowser
            | NoticeKind::AddressChanged
            | NoticeKind::SessionsEnded
            | NoticeKind::TokenMade
            | NoticeKind::SignInLinked
    )
}

/// What is known of the account.
#[derive(Debug, Clone, Copy)]
pub struct Frozen<'a> {
    /// Whose account.
    pub person: &'a Person,
    /// How it stands.
    pub standing: &'a Standing,
    /// The recovery that waits.
    pub recovery: Option<&'a Recovery>,
    /// Their account at the staff's provider.
    pub identity: Option<&'a Identity>,
    /// Whether there is a password.
    pub password: bool,
    /// Passkeys that counted before the notice.
    pub older_passkeys: usize,
    /// Recovery codes that were not used.
    pub codes: usize,
}

/// Decides that what `notice` tells was not its reader. Every session, key to the interface and waiting recovery ends; what
/// was added since goes, or sleeps if nothing older could take the account back; the password opens nothing until a passkey
/// or a recovery did.
#[must_use]
pub fn freeze(account: &Frozen<'_>, notice: &Notice, now: Timestamp) -> Decision {
    let (person, since) = (account.person.id, notice.at);
    let codes_suspect = notice.kind == NoticeKind::RecoveryCodesMade;
    let older = account.older_passkeys > 0 || (account.codes > 0 && !codes_suspect);
    // Somebody else can help one of the staff back in.
    let helped = older || account.person.role.is_staff();
    let mut changes = vec![
        Change::Account(AccountChange::EndSessions { person, except: None, at: now }),
        Change::Account(AccountChange::RevokeTokens { person, at: now }),
        Change::Account(AccountChange::ForgetBrowsers(person)),
    ];
    if account.recovery.is_some_and(|recovery| recovery.until > now) {
        changes.push(Change::Account(AccountChange::EndRecovery(person)));
        changes.push(Change::Account(AccountChange::RemovePasskeys { person, counting_after: Some(now) }));
    }
    changes.push(Change::Account(if helped {
        AccountChange::RemoveNewPasskeys { person, since }
    } else {
        AccountChange::DelayNewPasskeys { person, since, until: now.plus(SLEEP) }
    }));
    let used_a_code = notice.kind == NoticeKind::RecoveryUsed;
    if (codes_suspect && account.older_passkeys > 0) || used_a_code {
        changes.push(Change::Account(AccountChange::PutRecoveryCodes { person, hashes: Vec::new(), at: now }));
    }
    if account.identity.is_some_and(|identity| identity.bound >= since) {
        changes.push(Change::Identity(IdentityChange::Unbind(person)));
    }
    if account.password && helped && account.standing.locked.is_none() {
        let locked = Some(Lock { since: now, reason: LockReason::NotMe });
        changes
            .push(Change::Account(AccountChange::SetStanding { person, to: Standing { locked, ..*account.standing } }));
    }
    changes.push(Change::AddNotice(Notice::new(person, NoticeKind::AccountFrozen, now)));
    let line = LedgerLine::new(kind::ACCOUNT_FROZEN, now).fact("person", &person).fact("notice", notice.kind.word());
    Decision::new(changes, line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later, person};
    use crate::people::Role;
    use crate::people::standing::{Door, admits, forgiven};

    fn owner(role: Role) -> Person {
        Person { id: person(), name: "Ola".to_owned(), role, created: NOW }
    }

    fn frozen(role: Role, older_passkeys: usize, codes: usize, kind: NoticeKind) -> Vec<Change> {
        let (person, standing) = (owner(role), Standing::default());
        let account = Frozen {
            person: &person,
            standing: &standing,
            recovery: None,
            identity: None,
            password: true,
            older_passkeys,
            codes,
        };
        freeze(&account, &Notice::new(person.id, kind, NOW), later(60)).changes
    }

    fn locks(changes: &[Change]) -> Option<Standing> {
        changes.iter().find_map(|change| {
            let Change::Account(AccountChange::SetStanding { to, .. }) = change else { return None };
            Some(*to)
        })
    }

    #[test]
    fn it_ends_everything_that_acts_and_gives_nothing_to_whoever_pressed_it() {
        let changes = frozen(Role::Owner, 1, 0, NoticeKind::PasskeyAdded);
        for ended in [
            AccountChange::EndSessions { person: person(), except: None, at: later(60) },
            AccountChange::RevokeTokens { person: person(), at: later(60) },
            AccountChange::RemoveNewPasskeys { person: person(), since: NOW },
        ] {
            assert!(changes.contains(&Change::Account(ended.clone())), "{ended:?}");
        }
        let gives = |change: &Change| {
            matches!(
                change,
                Change::AddSession(_)
                    | Change::AddToken(_)
                    | Change::AddSignInLink(_)
                    | Change::Contact(_)
                    | Change::Account(
                        AccountChange::AddPasskey(_)
                            | AccountChange::SetPassword(_)
                            | AccountChange::RemovePassword(_)
                            | AccountChange::SetSecondFactor(_)
                    )
            )
        };
        assert!(!changes.iter().any(gives), "{changes:?}");
    }

    #[test]
    fn the_password_rests_until_an_older_passkey_opens_the_account() {
        let standing = locks(&frozen(Role::Owner, 1, 0, NoticeKind::PasswordChanged)).expect("locked");
        assert!(admits(&standing, Role::Owner, Door::Password).is_err());
        for role in Role::ALL {
            assert!(admits(&standing, role, Door::Passkey).is_ok(), "{role:?}");
        }
        let back = forgiven(person(), &standing);
        assert_eq!(locks(&back), Some(Standing::default()), "and it counts again after that");
    }

    #[test]
    fn an_owner_without_any_older_way_in_is_not_locked_out_by_whoever_holds_the_mail() {
        let changes = frozen(Role::Owner, 0, 0, NoticeKind::PasswordChanged);
        assert_eq!(locks(&changes), None);
        let sleeps = AccountChange::DelayNewPasskeys { person: person(), since: NOW, until: later(60).plus(SLEEP) };
        assert!(changes.contains(&Change::Account(sleeps)));
        assert!(locks(&frozen(Role::Support, 0, 0, NoticeKind::PasswordChanged)).is_some(), "an administrator helps");
    }

    #[test]
    fn codes_that_a_stranger_made_are_no_way_back() {
        let void = |changes: &[Change]| {
            let codes = AccountChange::PutRecoveryCodes { person: person(), hashes: Vec::new(), at: later(60) };
            changes.contains(&Change::Account(codes))
        };
        assert!(void(&frozen(Role::Owner, 1, 10, NoticeKind::RecoveryCodesMade)));
        assert!(!void(&frozen(Role::Owner, 1, 10, NoticeKind::PasskeyAdded)));
        assert_eq!(locks(&frozen(Role::Owner, 0, 10, NoticeKind::RecoveryCodesMade)), None);
    }
}
