//! How one of the server's keys follows another: next, active, retiring, retired, with an overlap in which both count.
//!
//! A decision here has no rows of its own: which key stands where is kept beside the private keys, and follows the ledger
//! line.

use holdfast_core::id::PersonId;
use holdfast_core::time::Timestamp;

use super::{KeyState, ServerKey, ServerRole};
use crate::decision::{Decision, LedgerLine, kind};
use crate::fleet::KeyThumbprint;

/// Why a step of a key change is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RotationRefusal {
    /// A change of this key is under way.
    #[error("a change of this key is under way; finish it first")]
    UnderWay,
    /// There is no next key.
    #[error("there is no next key; begin with `holdfast authority rotate`")]
    NoNext,
    /// The trust document in force does not name the next key.
    #[error("the trust document in force does not name the next key")]
    NotNamed,
    /// No key is retiring.
    #[error("no key of this role is retiring")]
    NoRetiring,
    /// Devices still depend on the retiring key.
    #[error("{0} devices still depend on this key")]
    InUse(u64),
}

impl RotationRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnderWay => "key-change-under-way",
            Self::NoNext => "no-next-key",
            Self::NotNamed => "next-key-not-named",
            Self::NoRetiring => "no-retiring-key",
            Self::InUse(_) => "key-still-in-use",
        }
    }
}

fn of(held: &[ServerKey], role: ServerRole, state: KeyState) -> Option<&ServerKey> {
    held.iter().find(|key| key.role == role && key.state == state)
}

/// Begins a change: `new` was made and waits until the maker's next trust document names it.
///
/// # Errors
///
/// [`RotationRefusal::UnderWay`].
pub fn rotate(
    held: &[ServerKey],
    role: ServerRole,
    new: KeyThumbprint,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, RotationRefusal> {
    if [KeyState::Next, KeyState::Retiring].iter().any(|state| of(held, role, *state).is_some()) {
        return Err(RotationRefusal::UnderWay);
    }
    Ok(step(kind::SERVER_KEY_MADE, role, new, now, |line| line.fact("person", by)))
}

/// Puts the next key to use; the one before it retires, and still counts until it is destroyed. `by` is nobody when the server
/// makes up for a trust document that it accepted and did not live to follow.
///
/// # Errors
///
/// [`RotationRefusal`].
pub fn activate(
    held: &[ServerKey],
    role: ServerRole,
    named: bool,
    by: Option<&PersonId>,
    now: Timestamp,
) -> Result<Decision, RotationRefusal> {
    let next = of(held, role, KeyState::Next).ok_or(RotationRefusal::NoNext)?;
    if !named {
        return Err(RotationRefusal::NotNamed);
    }
    let before = of(held, role, KeyState::Active).map(|active| active.key);
    Ok(step(kind::SERVER_KEY_ACTIVATED, role, next.key, now, |line| {
        let line = match by {
            Some(person) => line.fact("person", person),
            None => line,
        };
        match before {
            Some(before) => line.fact("before", &before),
            None => line,
        }
    }))
}

/// Destroys the retiring key. `depending` devices would be cut off and have to come back with their factory identity;
/// `anyway` says that a person has seen the number and wants it.
///
/// # Errors
///
/// [`RotationRefusal`].
pub fn retire(
    held: &[ServerKey],
    role: ServerRole,
    (depending, anyway): (u64, bool),
    by: &PersonId,
    now: Timestamp,
) -> Result<(KeyThumbprint, Decision), RotationRefusal> {
    let old = of(held, role, KeyState::Retiring).ok_or(RotationRefusal::NoRetiring)?;
    if depending > 0 && !anyway {
        return Err(RotationRefusal::InUse(depending));
    }
    let decision =
        step(kind::SERVER_KEY_DESTROYED, role, old.key, now, |line| line.fact("person", by).fact("devices", depending));
    Ok((old.key, decision))
}

fn step(
    kind: &'static str,
    role: ServerRole,
    key: KeyThumbprint,
    now: Timestamp,
    more: impl FnOnce(LedgerLine) -> LedgerLine,
) -> Decision {
    let line = LedgerLine::new(kind, now).fact("role", role.name()).fact("key", &key);
    Decision::new(Vec::new(), more(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, person};

    fn key(n: u8, state: KeyState) -> ServerKey {
        ServerKey { role: ServerRole::OperationalCa, key: KeyThumbprint([n; 32]), state, created: NOW, since: NOW }
    }

    const ROLE: ServerRole = ServerRole::OperationalCa;
    const NEW: KeyThumbprint = KeyThumbprint([9; 32]);

    #[test]
    fn one_change_at_a_time() {
        let active = key(1, KeyState::Active);
        let begun = rotate(&[active], ROLE, NEW, &person(), NOW).expect("begun");
        assert_eq!(begun.line.map(|line| line.kind), Some("server-key-made"));
        assert!(rotate(&[active, key(1, KeyState::Retired)], ROLE, NEW, &person(), NOW).is_ok());
        for other in [KeyState::Next, KeyState::Retiring] {
            let again = rotate(&[active, key(2, other)], ROLE, NEW, &person(), NOW);
            assert_eq!(again, Err(RotationRefusal::UnderWay));
            let of_another_role = rotate(&[active, key(2, other)], ServerRole::Freshness, NEW, &person(), NOW);
            assert!(of_another_role.is_ok());
        }
    }

    #[test]
    fn a_key_is_used_only_when_the_maker_has_named_it() {
        let held = [key(1, KeyState::Active), key(2, KeyState::Next)];
        assert_eq!(activate(&held, ROLE, false, Some(&person()), NOW), Err(RotationRefusal::NotNamed));
        assert_eq!(activate(&held[..1], ROLE, true, Some(&person()), NOW), Err(RotationRefusal::NoNext));
        let line = activate(&held, ROLE, true, Some(&person()), NOW).expect("active").line.expect("a line");
        assert_eq!(line.kind, "server-key-activated");
        assert!(line.facts.contains_key("before"));
    }

    #[test]
    fn a_key_that_devices_depend_on_is_destroyed_only_when_somebody_insists() {
        let held = [key(1, KeyState::Retiring), key(2, KeyState::Active)];
        assert_eq!(retire(&held, ROLE, (3, false), &person(), NOW), Err(RotationRefusal::InUse(3)));
        assert_eq!(retire(&held[1..], ROLE, (0, false), &person(), NOW), Err(RotationRefusal::NoRetiring));
        for (depending, anyway) in [(0, false), (3, true)] {
            let (old, decision) = retire(&held, ROLE, (depending, anyway), &person(), NOW).expect("destroyed");
            assert_eq!(old, held[0].key);
            assert_eq!(decision.line.map(|line| line.kind), Some("server-key-destroyed"));
        }
    }
}
