//! Throttles of what can be guessed: passwords, codes, recovery codes, claim codes. Pure; its keeper holds it in memory.
//!
//! Each key may fail a few times for nothing, then waits longer and longer, and is forgotten after a day. The strangers of
//! all accounts together have a budget for each minute, so that one guess at each of many accounts is slow too. A browser
//! that signed in before counts for itself alone: no stranger's failures delay it.
//! Source: NIST SP 800-63B-4 §3.2.2.

use std::collections::BTreeMap;

use holdfast_core::time::{Millis, Timestamp};

/// Failures without any delay.
pub const FREE: u32 = 5;
/// The first delay; each further failure doubles it.
pub const DELAY_FIRST: Millis = Millis::from_secs(2);
/// The longest delay: 15 minutes. Nobody is locked out for longer by a stranger.
pub const DELAY_MAX: Millis = Millis::from_secs(15 * 60);
/// A key without a failure for so long starts anew: 24 hours.
pub const FORGET: Millis = Millis::from_secs(24 * 3_600);
/// Most keys that are remembered; the one that was quiet for longest is forgotten first.
pub const KEYS_MAX: usize = 65_536;
/// Tries of all strangers together in one minute.
pub const STRANGERS_PER_MINUTE: u32 = 120;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Browsers without a mark at one account, by a digest of its sign-in name.
    Account([u8; 32]),
    /// One network address: all four bytes, or the first eight of sixteen.
    Address([u8; 8]),
    /// A browser that signed in before, by the digest of its mark.
    Browser([u8; 32]),
    /// Something else that can be guessed, by a word and an address.
    Other(&'static str, [u8; 8]),
}

/// How long to wait before the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tries failed; the next one counts in {} seconds", self.0.0.div_ceil(1_000))]
pub struct RetryAfter(pub Millis);

#[derive(Debug, Clone, Copy)]
struct Tally {
    failures: u32,
    last: Timestamp,
}

/// The delay after so many failures.
#[must_use]
pub fn delay(failures: u32) -> Millis {
    let Some(over) = failures.checked_sub(FREE) else { return Millis(0) };
    let factor = 1_u64.checked_shl(over).unwrap_or(u64::MAX);
    Millis(DELAY_FIRST.0.saturating_mul(factor).min(DELAY_MAX.0))
}

/// All that is counted.
#[derive(Debug, Default)]
pub struct Throttle {
    tallies: BTreeMap<Key, Tally>,
    /// Tries of strangers at each kind of secret, in the minute that began then.
    strangers: BTreeMap<&'static str, (Timestamp, u32)>,
}

impl Throttle {
    /// Counts a try at `key` as failed until [`Self::forgive`] says otherwise: tries made at once all count.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`] if the key must wait; such a try counts for nothing and lengthens nothing.
    pub fn knock(&mut self, key: &Key, now: Timestamp) -> Result<(), RetryAfter> {
        self.ask(key, now)?;
        let tally = self.tallies.get(key).filter(|tally| !is_old(tally, now));
        let failures = tally.map_or(0, |tally| tally.failures).saturating_add(1);
        self.make_room(key);
        self.tallies.insert(key.clone(), Tally { failures, last: now });
        Ok(())
    }

    /// Whether a try at `key` would be heard now; counts nothing.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`].
    pub fn ask(&self, key: &Key, now: Timestamp) -> Result<(), RetryAfter> {
        let Some(tally) = self.tallies.get(key).filter(|tally| !is_old(tally, now)) else { return Ok(()) };
        let until = tally.last.plus(delay(tally.failures));
        if now < until { Err(RetryAfter(until.since(now))) } else { Ok(()) }
    }

    /// Counts a try of a browser that nobody knows at a kind of secret, whichever account or device it is about: who guesses
    /// at one kind uses up nothing of another.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`] if strangers used up this minute.
    pub fn knock_as_stranger(&mut self, at: &'static str, now: Timestamp) -> Result<(), RetryAfter> {
        const MINUTE: Millis = Millis::from_secs(60);
        let (began, tries) = self.strangers.get(at).copied().unwrap_or((now, 0));
        if now < began || began.plus(MINUTE) <= now {
            self.strangers.insert(at, (now, 1));
            return Ok(());
        }
        if tries >= STRANGERS_PER_MINUTE {
            return Err(RetryAfter(began.plus(MINUTE).since(now)));
        }
        self.strangers.insert(at, (began, tries + 1));
        Ok(())
    }

    /// A try was right: the key starts anew.
    pub fn forgive(&mut self, key: &Key) {
        self.tallies.remove(key);
    }

    /// How many failures a key has.
    #[must_use]
    pub fn failures(&self, key: &Key, now: Timestamp) -> u32 {
        self.tallies.get(key).filter(|tally| !is_old(tally, now)).map_or(0, |tally| tally.failures)
    }

    fn make_room(&mut self, key: &Key) {
        if self.tallies.len() < KEYS_MAX || self.tallies.contains_key(key) {
            return;
        }
        // Rare: only under a flood of keys. Those that were quiet for longest have the least to lose.
        let mut ages: Vec<Timestamp> = self.tallies.values().map(|tally| tally.last).collect();
        ages.sort_unstable();
        let oldest = ages.get(KEYS_MAX / 8).copied();
        self.tallies.retain(|_, tally| oldest.is_some_and(|oldest| tally.last > oldest) || tally.failures > FREE + 3);
        while self.tallies.len() >= KEYS_MAX && self.tallies.pop_first().is_some() {}
    }
}

fn is_old(tally: &Tally, now: Timestamp) -> bool {
    tally.last.plus(FORGET) <= now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later};
    use proptest::prelude::*;

    const KEY: Key = Key::Account([1; 32]);

    #[test]
    fn delays_grow_from_the_sixth_failure_on_to_a_quarter_of_an_hour() {
        let seconds: Vec<u64> = (4..=16).map(|failures| delay(failures).0 / 1_000).collect();
        assert_eq!(seconds, [0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(delay(u32::MAX), DELAY_MAX);
    }

    #[test]
    fn tries_at_once_all_count_and_a_right_one_starts_anew() {
        let mut throttle = Throttle::default();
        for _ in 0..FREE {
            assert_eq!(throttle.knock(&KEY, NOW), Ok(()));
        }
        assert_eq!(throttle.knock(&KEY, NOW), Err(RetryAfter(Millis(2_000))));
        assert_eq!(throttle.knock(&Key::Account([2; 32]), NOW), Ok(()), "another account");
        assert_eq!(throttle.knock(&KEY, later(2)), Ok(()));
        assert_eq!(throttle.knock(&KEY, later(2)), Err(RetryAfter(Millis(4_000))));
        throttle.forgive(&KEY);
        assert_eq!(throttle.knock(&KEY, later(2)), Ok(()));
    }

    #[test]
    fn a_known_browser_waits_for_no_stranger() {
        let mut throttle = Throttle::default();
        for n in 0..1_000_u64 {
            let _ = throttle.knock(&KEY, later(n));
            let _ = throttle.knock_as_stranger("password", later(n));
        }
        assert!(throttle.ask(&KEY, later(1_000)).is_err());
        assert_eq!(throttle.knock(&Key::Browser([1; 32]), later(1_000)), Ok(()));
    }

    #[test]
    fn one_guess_at_each_of_many_accounts_is_slow() {
        let mut throttle = Throttle::default();
        let heard = (0..10_000_u64).filter(|n| throttle.knock_as_stranger("password", later(n / 100)).is_ok()).count();
        assert!(heard <= 2 * STRANGERS_PER_MINUTE as usize, "{heard} tries in 100 seconds");
        assert_eq!(throttle.knock_as_stranger("claim", later(99)), Ok(()), "another kind of secret");
        assert_eq!(throttle.knock_as_stranger("password", later(200)), Ok(()));
    }

    #[test]
    fn the_number_of_keys_is_bounded() {
        let mut throttle = Throttle::default();
        for n in 0..(KEYS_MAX as u64 + 100) {
            let _ = throttle.knock(&Key::Address(n.to_be_bytes()), later(n));
        }
        assert!(throttle.tallies.len() <= KEYS_MAX);
    }

    proptest! {
        /// Whatever the times of the tries, a day of guessing at one account gets through a small number.
        #[test]
        fn no_pace_of_tries_gets_more_than_the_delays_allow(steps in prop::collection::vec(0_u64..2_000, 1..400)) {
            let (mut throttle, mut at, mut heard) = (Throttle::default(), 0, 0_u64);
            for step in steps {
                at += step;
                if at >= 86_400 {
                    break;
                }
                heard += u64::from(throttle.knock(&KEY, later(at)).is_ok());
            }
            // Five for nothing, nine while the delay doubles, then one each quarter of an hour.
            prop_assert!(heard <= 15 + at / 900, "{heard} in {at} s");
        }

        /// A refused try changes nothing: who asks too often is heard at the same moment as who waits.
        #[test]
        fn asking_too_early_does_not_lengthen_the_wait(early in prop::collection::vec(0_u64..1_999, 0..50)) {
            let mut throttle = Throttle::default();
            for _ in 0..FREE {
                prop_assert!(throttle.knock(&KEY, NOW).is_ok());
            }
            for ms in early {
                prop_assert!(throttle.knock(&KEY, NOW.plus(Millis(ms))).is_err());
            }
            prop_assert!(throttle.knock(&KEY, later(2)).is_ok());
        }
    }
}
