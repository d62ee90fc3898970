//! How long a device waits before it tries to connect again: decorrelated jitter, so that a fleet that was cut off
//! together does not come back together.
//!
//! Each wait is drawn between the shortest wait and three times the last one, and never exceeds the longest. Only a
//! session that was stable resets it; a server that accepts and drops connections does not. A [`ReturnHint`] of the
//! server replaces the first wait after a stable session and can only lengthen any other. The random numbers come from a
//! seed that must differ between devices. Does not connect and has no clock.

mod hint;

use crate::time::Millis;

pub use hint::{HINT_MAX, ReturnHint};

/// Most of a hint's beginning that also holds as shortest wait until the next session: a device that was told to come
/// after others does not overtake them by trying more often.
const FLOOR_MAX: Millis = Millis::from_secs(30);

/// Between which waits a device draws, and what it takes to start again from the shortest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackoffConfig {
    /// Shortest wait.
    pub wait_min: Millis,
    /// Longest wait.
    pub wait_max: Millis,
    /// How long a session must last to count as stable.
    pub stable_after: Millis,
}

impl Default for BackoffConfig {
    /// One second to five minutes; stable after half a minute.
    fn default() -> Self {
        Self { wait_min: Millis::from_secs(1), wait_max: Millis::from_secs(300), stable_after: Millis::from_secs(30) }
    }
}

/// The waits of one device.
///
/// # Examples
///
/// ```
/// use holdfast_core::backoff::{Backoff, BackoffConfig};
/// use holdfast_core::time::Millis;
///
/// let mut backoff = Backoff::new(BackoffConfig::default(), 0x5eed);
/// let wait = backoff.next_wait(Millis(0));
/// assert!(wait >= Millis::from_secs(1) && wait <= Millis::from_secs(3));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    config: BackoffConfig,
    last: Millis,
    random: SplitMix64,
    connected_at: Option<Millis>,
    hint: Option<ReturnHint>,
    floor: Millis,
}

impl Backoff {
    /// Starts from the shortest wait. `seed` must be random, or derived from what only this device has.
    #[must_use]
    pub fn new(config: BackoffConfig, seed: u64) -> Self {
        let wait_max = config.wait_max.max(config.wait_min);
        let config = BackoffConfig { wait_max, ..config };
        Self {
            config,
            last: config.wait_min,
            random: SplitMix64(seed),
            connected_at: None,
            hint: None,
            floor: Millis(0),
        }
    }

    /// Keeps what the server says about coming back; the newest hint counts.
    pub const fn hinted(&mut self, hint: ReturnHint) {
        self.hint = Some(hint);
    }

    /// How long to wait before the first try of a device that starts after it was cut off without warning, together with
    /// its neighbours: somewhere in the window it was last told, or within the shortest wait.
    pub fn first_wait(&mut self, told: Option<ReturnHint>) -> Millis {
        match told {
            Some(hint) => self.place(hint),
            None => Millis(self.random.below(self.config.wait_min.0.saturating_add(1))),
        }
    }

    /// Notes that a session began at `now`.
    pub const fn connected(&mut self, now: Millis) {
        self.connected_at = Some(now);
    }

    /// How long to wait, now that a session ended or an attempt failed at `now`.
    pub fn next_wait(&mut self, now: Millis) -> Millis {
        let lasted = self.connected_at.take().map(|since| now.0.saturating_sub(since.0));
        let stable = lasted.is_some_and(|ms| ms >= self.config.stable_after.0);
        if stable {
            self.last = self.config.wait_min;
            self.floor = Millis(0);
        }
        if let Some(hint) = self.hint.take() {
            self.floor = hint.first().min(FLOOR_MAX);
            let place = self.place(hint);
            return if stable { place } else { place.max(self.draw()) };
        }
        self.draw()
    }

    /// A place in a window, and never before the shortest wait.
    fn place(&mut self, hint: ReturnHint) -> Millis {
        let (first, last) = (hint.first().max(self.config.wait_min), hint.last().max(self.config.wait_min));
        Millis(first.0 + self.random.below((last.0 - first.0).saturating_add(1)))
    }

    /// Decorrelated jitter.
    fn draw(&mut self) -> Millis {
        let low = self.config.wait_min.0.max(self.floor.0.min(self.config.wait_max.0));
        let high = self.last.0.saturating_mul(3).clamp(low, self.config.wait_max.0.max(low));
        self.last = Millis(low + self.random.below((high - low).saturating_add(1)));
        self.last
    }
}

/// A small generator of numbers that need only look random: `SplitMix64` (Steele, Lea, Flood, 2014). Not for secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SplitMix64(u64);

impl SplitMix64 {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, or 0; the bias is below one in a billion for spans of weeks.
    const fn below(&mut self, bound: u64) -> u64 {
        ((self.next() as u128 * bound as u128) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn the_generator_gives_the_published_numbers() {
        let mut random = SplitMix64(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn waits_grow_stay_within_bounds_and_differ_between_devices() {
        let config = BackoffConfig::default();
        let mut ends = Vec::new();
        for seed in 0..200 {
            let mut backoff = Backoff::new(config, seed);
            let mut last = config.wait_min;
            for _ in 0..40 {
                let wait = backoff.next_wait(Millis(0));
                assert!(wait >= config.wait_min && wait <= config.wait_max);
                assert!(wait.0 <= last.0 * 3, "{wait:?} after {last:?}");
                last = wait;
            }
            ends.push(last);
        }
        ends.sort_unstable();
        ends.dedup();
        assert!(ends.len() > 190, "{} different waits of 200", ends.len());
        assert!(ends.last().is_some_and(|longest| *longest > Millis::from_secs(200)));
    }

    #[test]
    fn only_a_stable_session_starts_again_from_the_shortest_wait() {
        let config = BackoffConfig::default();
        let mut backoff = Backoff::new(config, 7);
        let grown = loop {
            let wait = backoff.next_wait(Millis(0));
            if wait > Millis::from_secs(100) {
                break wait;
            }
        };
        let mut unstable = backoff.clone();
        unstable.connected(Millis(1_000));
        unstable.next_wait(Millis(30_999));
        assert_eq!(unstable.connected_at, None);
        let mut never_connected = backoff.clone();
        assert_eq!(unstable.last, never_connected.next_wait(Millis(30_999)), "{grown:?}");
        backoff.connected(Millis(1_000));
        assert!(backoff.next_wait(Millis(31_000)) <= Millis::from_secs(3));
    }

    fn hint(text: &str) -> ReturnHint {
        ReturnHint::window(text).unwrap()
    }

    #[test]
    fn after_a_stable_session_devices_come_back_evenly_over_the_window_they_were_told() {
        let mut halves = [0, 0];
        for seed in 0..400 {
            let mut backoff = Backoff::new(BackoffConfig::default(), seed);
            backoff.hinted(hint("0-1"));
            backoff.hinted(hint("10000-20000"));
            backoff.connected(Millis(0));
            let wait = backoff.next_wait(Millis::from_secs(30)).0;
            assert!((10_000..=20_000).contains(&wait), "{wait}");
            halves[usize::from(wait >= 15_000)] += 1;
            let next = backoff.next_wait(Millis::from_secs(50)).0;
            assert!(next >= 10_000, "{next}: a device of a later class overtakes by trying more often");
        }
        assert!(halves[0] > 150 && halves[1] > 150, "{halves:?}");
    }

    #[test]
    fn a_hint_never_shortens_the_wait_of_a_device_whose_sessions_do_not_last() {
        let mut backoff = Backoff::new(BackoffConfig::default(), 7);
        let mut longest = Millis(0);
        for n in 0..40 {
            backoff.connected(Millis(n));
            backoff.hinted(hint("0-2000"));
            longest = longest.max(backoff.next_wait(Millis(n + 1_000)));
        }
        assert!(longest > Millis::from_secs(100), "{longest:?}");
    }

    #[test]
    fn a_refusal_keeps_a_device_away_for_as_long_as_it_says_even_beyond_its_own_longest_wait() {
        let mut backoff = Backoff::new(BackoffConfig::default(), 7);
        backoff.hinted(ReturnHint::after(Millis::from_secs(1_000)));
        assert!(backoff.next_wait(Millis(0)) >= Millis::from_secs(1_000));
        assert!(backoff.next_wait(Millis(0)) <= Millis::from_secs(300));
    }

    #[test]
    fn a_start_after_a_power_cut_is_spread_like_a_return() {
        let mut backoff = Backoff::new(BackoffConfig::default(), 7);
        assert!(backoff.first_wait(None) <= Millis::from_secs(1));
        let wait = backoff.first_wait(Some(hint("5000-9000")));
        assert!(wait >= Millis(5_000) && wait <= Millis(9_000), "{wait:?}");
    }

    #[test]
    fn bounds_that_cross_or_overflow_give_the_shortest_wait() {
        let crossed = BackoffConfig { wait_min: Millis(50), wait_max: Millis(10), stable_after: Millis(0) };
        assert_eq!(Backoff::new(crossed, 1).next_wait(Millis(0)), Millis(50));
        let endless = BackoffConfig { wait_min: Millis(0), wait_max: Millis(u64::MAX), stable_after: Millis(0) };
        assert_eq!(Backoff::new(endless, 1).next_wait(Millis(0)), Millis(0));
        let huge = BackoffConfig { wait_min: Millis(u64::MAX), wait_max: Millis(u64::MAX), stable_after: Millis(0) };
        assert_eq!(Backoff::new(huge, 1).next_wait(Millis(0)), Millis(u64::MAX));
    }
}
