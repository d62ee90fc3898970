//! What the door tells a device about coming back after its connection is lost or refused, and who came back.
//!
//! The rule is the domain's (`holdfast_domain::fleet::returning`); here it meets the fleet that is really there. Advice
//! only: who may come in, and when, is the listener's matter (`crate::doorstep`).

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::mqtt::session::ReturnWindow;
use holdfast_core::time::Millis;
use holdfast_domain::fleet::returning::{Population, RESTART, Windows, windows};
use holdfast_domain::telemetry::Priority;

use super::door::Door;

/// Classes of devices, in the order in which they come back.
pub const CLASSES: [Priority; 3] = [Priority::Safety, Priority::Ordinary, Priority::Bulk];

#[derive(Debug)]
struct Inner {
    ceiling: NonZeroU32,
    plan: Mutex<Plan>,
    /// Sessions admitted, and places given out in farewells, by rank of the class.
    admitted: [AtomicU64; CLASSES.len()],
    places: [AtomicU64; CLASSES.len()],
}

/// What the windows were made from, and the windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    /// The fleet as it was last counted.
    pub population: Population,
    /// When each class comes back.
    pub windows: Windows,
}

/// The order of coming back; cheap to clone, shared by the door and those who watch it.
#[derive(Debug, Clone)]
pub struct Returning(Arc<Inner>);

impl Returning {
    /// For a door with this ceiling, in handshakes a second; nobody was counted yet.
    #[must_use]
    pub fn new(ceiling: NonZeroU32) -> Self {
        let population = Population::default();
        let plan = Plan { population, windows: windows(&population, ceiling) };
        Self(Arc::new(Inner {
            ceiling,
            plan: Mutex::new(plan),
            admitted: Default::default(),
            places: Default::default(),
        }))
    }

    /// The published ceiling.
    #[must_use]
    pub fn ceiling(&self) -> NonZeroU32 {
        self.0.ceiling
    }

    /// The windows in force, and for which fleet they were made.
    #[must_use]
    pub fn plan(&self) -> Plan {
        *self.0.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fleet was counted again.
    pub fn counted(&self, population: Population) {
        let plan = Plan { population, windows: windows(&population, self.0.ceiling) };
        *self.0.plan.lock().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// Sessions admitted since the start, in the order of [`CLASSES`].
    #[must_use]
    pub fn admitted(&self) -> [u64; CLASSES.len()] {
        self.0.admitted.each_ref().map(|count| count.load(Ordering::Relaxed))
    }

    fn next_place(&self, priority: Priority) -> Millis {
        let n = at(&self.0.places, priority).map_or(0, |next| next.fetch_add(1, Ordering::Relaxed));
        self.plan().windows.of(priority).place(n)
    }
}

fn at(counters: &[AtomicU64; CLASSES.len()], priority: Priority) -> Option<&AtomicU64> {
    counters.get(usize::from(priority.rank()))
}

/// When a device should come back if this connection is lost: told in the CONNACK.
#[expect(clippy::unnecessary_wraps, reason = "a door may have no advice; the session takes an option")]
pub(super) fn hint(door: &Door, priority: Priority) -> Option<ReturnWindow> {
    let window = door.returning.plan().windows.of(priority);
    Some(ReturnWindow { first: window.first, last: window.last })
}

/// How long a device should stay away when it is refused or sent off for `reason`: told in the CONNACK or DISCONNECT, if
/// the reason is one that passes. Each device gets a place of its own, so that those who are sent off together do not come
/// back together.
pub(super) fn retry_after(door: &Door, priority: Priority, reason: ReasonCode) -> Option<Millis> {
    use ReasonCode::{ConnectionRateExceeded, QuotaExceeded, ServerBusy, ServerShuttingDown, ServerUnavailable};
    if matches!(reason, ServerShuttingDown | ServerUnavailable) {
        return Some(Millis(door.returning.next_place(priority).0.saturating_add(RESTART.0)));
    }
    // Otherwise waiting does not help, and the session leaves the hint out as well.
    let passes = matches!(reason, ServerBusy | QuotaExceeded | ConnectionRateExceeded);
    passes.then(|| door.returning.next_place(priority))
}

/// A session was admitted.
pub(super) fn came(door: &Door, priority: Priority, address: std::net::IpAddr) {
    if let Some(count) = at(&door.returning.0.admitted, priority) {
        count.fetch_add(1, Ordering::Relaxed);
    }
    if priority == Priority::Safety {
        door.doorstep.safety_lives_at(address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_stand_in_the_order_of_their_ranks() {
        for (rank, priority) in CLASSES.iter().enumerate() {
            assert_eq!(usize::from(priority.rank()), rank);
        }
    }

    #[test]
    fn windows_follow_the_fleet_that_was_counted() {
        let returning = Returning::new(NonZeroU32::new(100).unwrap());
        let before = returning.plan().windows.of(Priority::Ordinary);
        returning.counted(Population { safety: 800, ordinary: 800, bulk: 0 });
        let after = returning.plan().windows.of(Priority::Ordinary);
        assert_eq!((before.first, after.first, after.last), (Millis(0), Millis(10_000), Millis(20_000)));
        let places: Vec<Millis> = (0..4).map(|_| returning.next_place(Priority::Ordinary)).collect();
        assert!(places.windows(2).all(|two| two[0] != two[1]), "{places:?}");
        assert!(places.iter().all(|place| *place >= after.first && *place <= after.last), "{places:?}");
    }
}
