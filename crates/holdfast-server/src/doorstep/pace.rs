//! An even pace with a small burst: the virtual scheduling form of the generic cell rate algorithm (ITU-T I.371).

/// When the next one is due, in microseconds on a monotonic clock, and how far ahead of that it may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the unit stands in the name")]
pub(super) struct Pace {
    every_us: u64,
    ahead_us: u64,
    due_us: u64,
}

/// One second.
const SECOND_US: u64 = 1_000_000;
/// One of so many a second may go early.
const BURST_SHARE: u64 = 50;

impl Pace {
    /// At most `per_second` in any second, however they come. None at all for 0.
    pub(super) fn never_over(per_second: u32) -> Self {
        let per_second = u64::from(per_second);
        if per_second == 0 {
            return Self { every_us: u64::MAX, ahead_us: 0, due_us: u64::MAX };
        }
        let burst = if per_second < 4 { 0 } else { (per_second / BURST_SHARE).max(1) };
        let every_us = SECOND_US.div_ceil(per_second - burst);
        Self { every_us, ahead_us: every_us * burst, due_us: 0 }
    }

    /// `per_second` on and on, and `burst` more after a pause.
    pub(super) fn with_burst(per_second: u32, burst: u32) -> Self {
        let every_us = (SECOND_US / u64::from(per_second.max(1))).max(1);
        Self { every_us, ahead_us: every_us * u64::from(burst), due_us: 0 }
    }

    /// How long one that came now would wait.
    pub(super) const fn wait_us(&self, now_us: u64) -> u64 {
        self.due_us.saturating_sub(now_us.saturating_add(self.ahead_us))
    }

    /// Takes the next place and says how long until then; takes none if that is longer than `patience_us`.
    pub(super) fn reserve(&mut self, now_us: u64, patience_us: u64) -> Option<u64> {
        let wait = self.wait_us(now_us);
        if wait > patience_us {
            return None;
        }
        self.due_us = self.due_us.max(now_us).saturating_add(self.every_us);
        Some(wait)
    }

    /// Whether it is as if nobody had ever come.
    pub(super) const fn is_rested(&self, now_us: u64) -> bool {
        self.due_us <= now_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_no_second_do_more_go_than_the_ceiling_says_whenever_they_come() {
        for per_second in [1, 2, 3, 4, 7, 50, 333, 1_000, 20_000] {
            let mut pace = Pace::never_over(per_second);
            // A long pause, then everybody at once, then a trickle, then everybody again.
            let mut went = Vec::new();
            for came in [10_000_000_u64, 10_000_500, 13_700_001, 99_000_000] {
                for _ in 0..2 * per_second {
                    if let Some(wait) = pace.reserve(came, 1_500_000) {
                        went.push(came + wait);
                    }
                }
            }
            went.sort_unstable();
            for (n, at) in went.iter().enumerate() {
                let within = went[n..].iter().take_while(|other| **other < at + SECOND_US).count();
                assert!(within <= usize::try_from(per_second).unwrap(), "{within} in a second at {per_second}");
            }
            assert!(went.len() > usize::try_from(per_second).unwrap(), "{per_second}: the pace is also reached");
        }
    }

    #[test]
    fn who_would_wait_too_long_takes_no_place_from_the_others() {
        let mut pace = Pace::never_over(2);
        assert_eq!(pace.reserve(0, 400_000), Some(0));
        assert_eq!(pace.reserve(0, 400_000), None);
        assert_eq!(pace.reserve(500_000, 0), Some(0));
        assert_eq!(Pace::never_over(0).reserve(5_000_000, SECOND_US), None);
    }

    #[test]
    fn a_burst_is_there_again_after_a_rest() {
        let mut pace = Pace::with_burst(10, 5);
        let at_once = |pace: &mut Pace, now| (0..100).filter(|_| pace.reserve(now, 0).is_some()).count();
        assert_eq!(at_once(&mut pace, 5), 6, "also right after the start of the clock");
        assert_eq!(at_once(&mut pace, 10_000_000), 6);
        assert!(!pace.is_rested(10_000_000));
        assert_eq!(at_once(&mut pace, 10_100_000), 1);
        assert!(pace.is_rested(20_000_000));
        assert_eq!(at_once(&mut pace, 20_000_000), 6);
    }
}
