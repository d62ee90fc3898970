//! How the fleet comes back: the door's figures of the last quarter of an hour, second by second, and the count of the
//! fleet from which the windows are made.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::returning::Population;
use holdfast_web::backend::returning::{Class, Recovery, Second};

use crate::app::{House, chain};
use crate::clock;
use crate::doorstep::Doorstep;
use crate::gateway::{CLASSES, Connections, Returning};

/// Seconds that are kept: a quarter of an hour.
const SECONDS: usize = 15 * 60;
/// A device that was not seen for so long is not waited for: one week.
const ALIVE_US: i64 = 7 * 24 * 60 * 60 * 1_000_000;

/// The last seconds; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Curve(Arc<Mutex<VecDeque<Second>>>);

impl Curve {
    fn add(&self, second: Second) {
        let mut seconds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seconds.len() == SECONDS {
            seconds.pop_front();
        }
        seconds.push_back(second);
    }

    /// The figures for a page.
    pub(crate) fn view(&self, returning: &Returning, doorstep: &Doorstep) -> Recovery {
        let plan = returning.plan();
        let class = |priority| {
            let window = plan.windows.of(priority);
            Class { priority, devices: plan.population.of(priority), first: window.first, last: window.last }
        };
        Recovery {
            now: clock::now(),
            ceiling_per_second: returning.ceiling().get(),
            per_address: doorstep.terms().seats_per_address,
            classes: CLASSES.map(class),
            seconds: self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect(),
        }
    }
}

/// What only rises, as it stood a second ago.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    admitted: [u64; CLASSES.len()],
    failed: u64,
}

/// Takes down one line a second, until it is dropped.
pub(crate) async fn watch(connections: Connections, returning: Returning, doorstep: Doorstep, curve: Curve) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut before = Before::default();
    loop {
        second.tick().await;
        let (metrics, admitted) = (connections.metrics(), returning.admitted());
        let mut line = Second {
            connected: small(u64::try_from(connections.count()).unwrap_or(u64::MAX)),
            failed: small(metrics.handshakes_failed.saturating_sub(before.failed)),
            waiting: doorstep.crowd().waiting,
            ..Second::default()
        };
        for (came, (now, then)) in line.came.iter_mut().zip(admitted.into_iter().zip(before.admitted)) {
            *came = small(now.saturating_sub(then));
        }
        curve.add(line);
        before = Before { admitted, failed: metrics.handshakes_failed };
    }
}

fn small(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Counts the fleet by priority class.
pub(super) fn count(house: &House) {
    let since = Timestamp::from_micros(clock::now().as_micros().saturating_sub(ALIVE_US));
    let seen = match house.store.devices_seen(since) {
        Ok(seen) => seen,
        Err(why) => return tracing::error!(why = %chain(&why), "the fleet cannot be counted; the windows stay"),
    };
    let mut population = Population::default();
    for (product, devices) in seen {
        let priority = house.models.known(&product).map(|model| model.priority()).unwrap_or_default();
        population.add(priority, small(devices));
    }
    house.returning.counted(population);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_an_hour_is_kept_and_no_more() {
        let curve = Curve::default();
        for n in 0..2_000 {
            curve.add(Second { connected: n, ..Second::default() });
        }
        let kept = curve.0.lock().unwrap();
        assert_eq!((kept.len(), kept.front().map(|s| s.connected)), (SECONDS, Some(1_100)));
    }
}
