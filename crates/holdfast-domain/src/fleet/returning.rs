//! In which order, and how fast, a fleet comes back after it was cut off together.
//!
//! Owns the arithmetic from fleet size and published ceiling to one window for each priority class, safety first, and
//! the places inside a window. Hints only: who really comes in, and when, the listener decides. Source: Code of Practice
//! 9.8 (devices rejoin in an orderly way).

use core::num::NonZeroU32;

use holdfast_core::time::Millis;

use crate::telemetry::Priority;

/// Longest time after which the last device may be asked to come back; devices cap hints there as well.
pub const LAST_MAX: Millis = Millis::from_secs(60 * 60);
/// Shortest window of a class: below it the clocks and networks of devices blur any order.
pub const WINDOW_MIN: Millis = Millis(1_000);
/// Percent of the ceiling that windows are planned for. The rest is for devices that were never told a window, for second
/// tries, and for those that come for the first time.
pub const PLANNED_PERCENT: u32 = 80;
/// How long a server that says goodbye to everybody is expected to be away at least.
pub const RESTART: Millis = Millis(1_000);

/// How many devices of each class there are to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Population {
    /// Devices people's safety depends on.
    pub safety: u32,
    /// Most devices.
    pub ordinary: u32,
    /// Devices that can wait.
    pub bulk: u32,
}

impl Population {
    /// How many there are of this class.
    #[must_use]
    pub const fn of(&self, priority: Priority) -> u32 {
        match priority {
            Priority::Safety => self.safety,
            Priority::Ordinary => self.ordinary,
            Priority::Bulk => self.bulk,
        }
    }

    /// Adds devices of a class.
    pub const fn add(&mut self, priority: Priority, devices: u32) {
        let count = match priority {
            Priority::Safety => &mut self.safety,
            Priority::Ordinary => &mut self.ordinary,
            Priority::Bulk => &mut self.bulk,
        };
        *count = count.saturating_add(devices);
    }
}

/// When devices of one class come back, counted from the loss of their connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Not before.
    pub first: Millis,
    /// Not after.
    pub last: Millis,
}

impl Window {
    /// The place of the `n`th device that asks: spread evenly over the window however many ask, and never twice the same
    /// one after the other (multiples of the golden ratio).
    #[must_use]
    pub const fn place(&self, n: u64) -> Millis {
        // The fraction of n times the golden ratio, in 64 bits.
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let fraction = n.wrapping_mul(GOLDEN);
        let length = self.last.0.saturating_sub(self.first.0);
        Millis(self.first.0 + ((fraction as u128 * length as u128) >> 64) as u64)
    }
}

/// The window of each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Windows {
    safety: Window,
    ordinary: Window,
    bulk: Window,
}

impl Windows {
    /// The window of a class.
    #[must_use]
    pub const fn of(&self, priority: Priority) -> Window {
        match priority {
            Priority::Safety => self.safety,
            Priority::Ordinary => self.ordinary,
            Priority::Bulk => self.bulk,
        }
    }
}

/// Windows one after the other, safety first, each long enough that its class stays below the planned part of `ceiling`
/// (handshakes a second). A class nobody is in takes no time from the next. A fleet that would take longer than
/// [`LAST_MAX`] is squeezed into it in the same order; the listener then holds the ceiling alone.
#[must_use]
pub fn windows(population: &Population, ceiling: NonZeroU32) -> Windows {
    let needed = |priority| length(population.of(priority), ceiling);
    let (safety, ordinary, bulk) = (needed(Priority::Safety), needed(Priority::Ordinary), needed(Priority::Bulk));
    let total = safety + ordinary + bulk;
    let squeezed = |at: u64| if total > LAST_MAX.0 { at.saturating_mul(LAST_MAX.0) / total } else { at };
    let window = |first: u64, length: u64| {
        let last = if length == 0 { squeezed(first) + WINDOW_MIN.0 } else { squeezed(first + length) };
        Window { first: Millis(squeezed(first)), last: Millis(last.min(LAST_MAX.0)) }
    };
    Windows { safety: window(0, safety), ordinary: window(safety, ordinary), bulk: window(safety + ordinary, bulk) }
}

/// Milliseconds that so many devices need; none for none.
fn length(devices: u32, ceiling: NonZeroU32) -> u64 {
    if devices == 0 {
        return 0;
    }
    let planned_centi = u64::from(ceiling.get()) * u64::from(PLANNED_PERCENT);
    (u64::from(devices) * 100 * 1_000).div_ceil(planned_centi).max(WINDOW_MIN.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ORDER: [Priority; 3] = [Priority::Safety, Priority::Ordinary, Priority::Bulk];

    fn ceiling(per_second: u32) -> NonZeroU32 {
        NonZeroU32::new(per_second).unwrap()
    }

    #[test]
    fn a_fleet_of_two_classes_comes_back_in_order() {
        let population = Population { safety: 500, ordinary: 8_000, bulk: 0 };
        let windows = windows(&population, ceiling(1_000));
        assert_eq!(windows.of(Priority::Safety), Window { first: Millis(0), last: WINDOW_MIN });
        assert_eq!(windows.of(Priority::Ordinary), Window { first: Millis(1_000), last: Millis(11_000) });
        assert_eq!(windows.of(Priority::Bulk), Window { first: Millis(11_000), last: Millis(12_000) });
    }

    #[test]
    fn without_safety_devices_the_others_need_not_wait_for_them() {
        let windows = windows(&Population { safety: 0, ordinary: 3, bulk: 0 }, ceiling(1_000));
        assert_eq!(windows.of(Priority::Ordinary), Window { first: Millis(0), last: WINDOW_MIN });
    }

    proptest! {
        #[test]
        fn windows_do_not_overlap_and_never_end_after_the_cap(
            safety in any::<u32>(), ordinary in any::<u32>(), bulk in any::<u32>(), rate in 1_u32..1_000_000
        ) {
            let population = Population { safety, ordinary, bulk };
            let windows = windows(&population, ceiling(rate));
            let mut before = Millis(0);
            for class in ORDER {
                let window = windows.of(class);
                prop_assert!(window.first <= window.last && window.last <= LAST_MAX, "{window:?}");
                prop_assert!(window.first >= before, "{class:?} begins in the window before");
                if population.of(class) > 0 {
                    before = window.last;
                }
            }
        }

        #[test]
        fn no_second_is_planned_over_the_ceiling(
            safety in 0_u32..50_000, ordinary in 0_u32..50_000, bulk in 0_u32..50_000, rate in 50_u32..5_000
        ) {
            let population = Population { safety, ordinary, bulk };
            let windows = windows(&population, ceiling(rate));
            prop_assume!(windows.of(Priority::Bulk).last < LAST_MAX);
            // Devices that draw uniformly come at `count / length`; windows touch, so a second sees at most the faster one.
            for class in ORDER {
                let (window, count) = (windows.of(class), u64::from(population.of(class)));
                let length = window.last.0 - window.first.0;
                prop_assert!(count * 1_000 <= u64::from(rate) * length, "{class:?} {window:?} {count}");
            }
        }

        #[test]
        fn places_lie_in_the_window_and_no_tenth_of_it_gets_twice_its_share(
            first in 0_u64..10_000, length in 1_000_u64..100_000, start in any::<u64>()
        ) {
            let window = Window { first: Millis(first), last: Millis(first + length) };
            let mut tenths = [0_u32; 10];
            for n in 0..200 {
                let place = window.place(start.wrapping_add(n)).0;
                prop_assert!((first..=first + length).contains(&place));
                let tenth = usize::try_from((place - first) * 10 / length).unwrap().min(9);
                tenths[tenth] += 1;
            }
            prop_assert!(tenths.iter().all(|n| *n <= 40), "{tenths:?}");
        }
    }
}
