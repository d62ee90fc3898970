//! Counters of telemetry streams that are never used twice, whatever happens between two starts.
//!
//! Numbers are reserved in blocks: the end of a block is durable before its first number is used. A start continues after
//! the last reserved block, so numbers may be skipped and never repeated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::durable::Record;
use crate::fault::Fault;
use crate::layout::Layout;

/// Numbers reserved with one write.
const BLOCK: u64 = 500;
/// Most streams of one application.
const STREAMS_MAX: usize = 64;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Reserved(BTreeMap<String, u64>);

/// The counters of all streams.
#[derive(Debug)]
pub(crate) struct Counters {
    record: Record<Reserved>,
    next: BTreeMap<String, u64>,
}

impl Counters {
    pub(crate) fn load(layout: &Layout) -> Self {
        let record = Record::<Reserved>::load(layout, "counters");
        let next = record.value.0.clone();
        Self { record, next }
    }

    /// Numbers that were reserved and, as far as `highest` tells, never used: the end of the last block after a crash.
    pub(crate) fn unused(&self, highest: &BTreeMap<String, u64>) -> Vec<(String, u64, u64)> {
        let all = self.record.value.0.iter().filter_map(|(stream, reserved)| {
            let used = highest.get(stream).copied().unwrap_or(0);
            let from = used.saturating_add(1).max(reserved.saturating_sub(BLOCK).saturating_add(1));
            let to = reserved.saturating_sub(1);
            (from <= to).then(|| (stream.clone(), from, to))
        });
        all.collect()
    }

    /// Gives back what is reserved and not used, so that the next start continues without a hole.
    pub(crate) fn settle(&mut self) -> Result<(), Fault> {
        if self.record.value.0 == self.next {
            return Ok(());
        }
        self.record.value.0 = self.next.clone();
        self.record.save()
    }

    /// Never gives a number up to `used` for this stream: it was found in use elsewhere.
    pub(crate) fn skip(&mut self, stream: &str, used: u64) {
        let next = self.next.entry(stream.to_owned()).or_insert(1);
        *next = (*next).max(used.saturating_add(1));
    }

    /// The next number of a stream, from 1.
    pub(crate) fn take(&mut self, stream: &str) -> Result<u64, Fault> {
        if !self.next.contains_key(stream) && self.next.len() >= STREAMS_MAX {
            return Err(Fault::refused("too-many-streams"));
        }
        let number = self.next.get(stream).copied().unwrap_or(1);
        let reserved = self.record.value.0.get(stream).copied().unwrap_or(1);
        let next = number.checked_add(1).ok_or_else(|| Fault::refused("counter-exhausted"))?;
        if number >= reserved {
            self.record.value.0.insert(stream.to_owned(), number.saturating_add(BLOCK));
            self.record.save()?;
        }
        self.next.insert(stream.to_owned(), next);
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_number_is_given_twice_over_restarts_and_a_lost_copy() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        let mut seen = BTreeSet::new();
        for round in 0..5 {
            let mut counters = Counters::load(&layout);
            for _ in 0..(3 + round * BLOCK) {
                assert!(seen.insert(counters.take("climate").unwrap()));
            }
            std::fs::write(layout.state(&format!("counters.{}.tmp", round % 2)), b"torn").unwrap();
        }
        assert_eq!(seen.first(), Some(&1));
    }

    #[test]
    fn a_number_that_nothing_follows_is_refused_and_never_starts_again() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        let mut counters = Counters::load(&layout);
        counters.skip("climate", u64::MAX - 2);
        assert_eq!(counters.take("climate").unwrap(), u64::MAX - 1);
        for _ in 0..2 {
            assert_eq!(counters.take("climate").unwrap_err().name(), "counter-exhausted");
            counters = Counters::load(&layout);
        }
    }

    #[test]
    fn after_a_clean_end_the_numbers_go_on_and_after_a_crash_the_hole_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        let mut counters = Counters::load(&layout);
        let used: Vec<u64> = (0..7).map(|_| counters.take("climate").unwrap()).collect();
        let highest = BTreeMap::from([("climate".to_owned(), 7)]);
        assert_eq!(Counters::load(&layout).unused(&highest), [("climate".to_owned(), 8, 500)], "a crash");
        counters.settle().unwrap();
        let mut counters = Counters::load(&layout);
        assert_eq!(counters.unused(&highest), []);
        assert_eq!((used.last(), counters.take("climate").unwrap()), (Some(&7), 8));
    }

    #[test]
    fn a_lost_record_is_made_good_by_what_was_used() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        let mut counters = Counters::load(&layout);
        counters.skip("climate", 41);
        assert_eq!((counters.take("climate").unwrap(), counters.take("heating").unwrap()), (42, 1));
    }
}
