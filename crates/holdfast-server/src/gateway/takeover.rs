//! When a second connection of one device is a restart, and when it is a copied key.
//!
//! A device holds its keys alone, so two connections that push each other out, or that come from alternating addresses,
//! mean that somebody else has them. Knows no sockets; time is a parameter.

use std::collections::BTreeMap;
use std::net::IpAddr;

use holdfast_core::id::DeviceId;
use holdfast_core::time::Millis;

use super::limits::{ADDRESS_CHANGES_MAX, TAKEOVER_HISTORIES_MAX, TAKEOVER_WINDOW_MS, TAKEOVERS_MAX};

/// What a take-over looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A restart or a change of network: the old connection is closed.
    Ordinary,
    /// Two peers alternate: the old connection is closed and people are told. Said once in each window.
    CloneSuspected,
    /// Too many: the new connection is refused. `first` once in each window.
    TooMany {
        /// Whether people have still to be told.
        first: bool,
    },
}

#[derive(Debug)]
struct History {
    since: Millis,
    takeovers: u32,
    address_changes: u32,
    told: bool,
}

/// Recent take-overs, for each device that had any.
#[derive(Debug, Default)]
pub(super) struct Takeovers(BTreeMap<DeviceId, History>);

impl Takeovers {
    /// Notes that `device`, connected from `old`, connects again from `new`.
    pub(super) fn note(&mut self, device: &DeviceId, old: IpAddr, new: IpAddr, now: Millis) -> Verdict {
        if self.0.len() >= TAKEOVER_HISTORIES_MAX {
            self.0.retain(|_, history| !history.is_over(now));
        }
        if self.0.len() >= TAKEOVER_HISTORIES_MAX && !self.0.contains_key(device) {
            return Verdict::Ordinary;
        }
        let fresh = || History { since: now, takeovers: 0, address_changes: 0, told: false };
        let history = self.0.entry(device.clone()).or_insert_with(fresh);
        if history.is_over(now) {
            *history = fresh();
        }
        history.takeovers += 1;
        if old != new {
            history.address_changes += 1;
        }
        if history.takeovers > TAKEOVERS_MAX {
            return Verdict::TooMany { first: !std::mem::replace(&mut history.told, true) };
        }
        if history.address_changes >= ADDRESS_CHANGES_MAX && !std::mem::replace(&mut history.told, true) {
            return Verdict::CloneSuspected;
        }
        Verdict::Ordinary
    }
}

impl History {
    const fn is_over(&self, now: Millis) -> bool {
        now.0.saturating_sub(self.since.0) > TAKEOVER_WINDOW_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));

    fn device() -> DeviceId {
        "hearth-0001".parse().unwrap()
    }

    #[test]
    fn a_restart_and_one_change_of_network_are_ordinary() {
        let mut takeovers = Takeovers::default();
        assert_eq!(takeovers.note(&device(), HOME, HOME, Millis(0)), Verdict::Ordinary);
        assert_eq!(takeovers.note(&device(), HOME, AWAY, Millis(1)), Verdict::Ordinary);
    }

    #[test]
    fn alternating_addresses_are_a_suspected_clone_and_said_once() {
        let mut takeovers = Takeovers::default();
        takeovers.note(&device(), HOME, AWAY, Millis(0));
        assert_eq!(takeovers.note(&device(), AWAY, HOME, Millis(1)), Verdict::CloneSuspected);
        assert_eq!(takeovers.note(&device(), HOME, AWAY, Millis(2)), Verdict::Ordinary);
    }

    #[test]
    fn too_many_takeovers_are_refused_until_the_window_is_over() {
        let mut takeovers = Takeovers::default();
        for at in 0..u64::from(TAKEOVERS_MAX) {
            assert_eq!(takeovers.note(&device(), HOME, HOME, Millis(at)), Verdict::Ordinary);
        }
        assert_eq!(takeovers.note(&device(), HOME, HOME, Millis(100)), Verdict::TooMany { first: true });
        assert_eq!(takeovers.note(&device(), HOME, HOME, Millis(101)), Verdict::TooMany { first: false });
        assert_eq!(takeovers.note(&device(), HOME, HOME, Millis(TAKEOVER_WINDOW_MS + 1)), Verdict::Ordinary);
    }
}
