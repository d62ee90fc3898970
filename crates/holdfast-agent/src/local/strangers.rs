//! What strangers on the local network bring about is told, but they cannot fill the device with it: the first of each hour
//! one by one, the others as a count when the hour is over. Time is a parameter.

use std::collections::BTreeMap;

use holdfast_core::time::Millis;

/// Told one by one in each hour.
const TOLD_MAX: u32 = 8;
/// An hour.
const WINDOW: Millis = Millis(3_600_000);

/// What strangers did in this hour.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    until: Option<Millis>,
    told: u32,
    counted: BTreeMap<&'static str, u64>,
}

impl Strangers {
    /// Something of this kind happened; true if it is to be told by itself.
    pub(crate) fn did(&mut self, kind: &'static str, now: Millis) -> bool {
        self.until.get_or_insert(Millis(now.0.saturating_add(WINDOW.0)));
        if self.told < TOLD_MAX {
            self.told += 1;
            return true;
        }
        let count = self.counted.entry(kind).or_insert(0);
        *count = count.saturating_add(1);
        false
    }

    /// When [`Self::take_over`] has something to do.
    pub(crate) const fn deadline(&self) -> Option<Millis> {
        self.until
    }

    /// The counts of an hour that is over.
    pub(crate) fn take_over(&mut self, now: Millis) -> BTreeMap<&'static str, u64> {
        if self.until.is_none_or(|until| until > now) {
            return BTreeMap::new();
        }
        std::mem::take(self).counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_told_one_by_one_and_thousands_as_one_count_an_hour() {
        let mut strangers = Strangers::default();
        let told = (0..5_000).filter(|n| strangers.did("local-sign-in-failed", Millis(*n))).count();
        assert_eq!(told, 8);
        assert!(!strangers.did("local-token-refused", Millis(5_000)), "of whatever kind");
        assert!(strangers.take_over(Millis(WINDOW.0 - 1)).is_empty());
        let counted = strangers.take_over(Millis(WINDOW.0));
        assert_eq!(counted, BTreeMap::from([("local-sign-in-failed", 4_992), ("local-token-refused", 1)]));
        assert!(strangers.did("local-sign-in-failed", WINDOW), "a new hour");
    }
}
