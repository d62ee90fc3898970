//! How long a device waits before it tries to connect again: decorrelated jitter, so that a fleet that was cut off
//! together does not come back together.
//!
//! Each wait is drawn between the shortest wait and three times the last one, and never exceeds the longest. Only a
//! session that was stable resets it; a server that accepts and drops connections does not. The random numbers come
//! from a seed that must differ between devices. Does not connect and has no clock.

use crate::time::Millis;

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
    /// One second to five minutes; stable after a minute.
    fn default() -> Self {
        Self { wait_min: Millis::from_secs(1), wait_max: Millis::from_secs(300), stable_after: Millis::from_secs(60) }
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
}

impl Backoff {
    /// Starts from the shortest wait. `seed` must be random, or derived from what only this device has.
    #[must_use]
    pub fn new(config: BackoffConfig, seed: u64) -> Self {
        let wait_max = config.wait_max.max(config.wait_min);
        let config = BackoffConfig { wait_max, ..config };
        Self { config, last: config.wait_min, random: SplitMix64(seed), connected_at: None }
    }

    /// Notes that a session began at `now`.
    pub const fn connected(&mut self, now: Millis) {
        self.connected_at = Some(now);
    }

    /// How long to wait, now that a session ended or an attempt failed at `now`.
    pub fn next_wait(&mut self, now: Millis) -> Millis {
        let lasted = self.connected_at.take().map(|since| now.0.saturating_sub(since.0));
        if lasted.is_some_and(|ms| ms >= self.config.stable_after.0) {
            self.last = self.config.wait_min;
        }
        let low = self.config.wait_min.0;
        let high = self.last.0.saturating_mul(3).clamp(low, self.config.wait_max.0);
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
        unstable.next_wait(Millis(60_999));
        assert_eq!(unstable.connected_at, None);
        let mut never_connected = backoff.clone();
        assert_eq!(unstable.last, never_connected.next_wait(Millis(60_999)), "{grown:?}");
        backoff.connected(Millis(1_000));
        assert!(backoff.next_wait(Millis(61_000)) <= Millis::from_secs(3));
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
