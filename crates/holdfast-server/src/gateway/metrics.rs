//! What the door counts: numbers for the console and for measurements, as atomics, and named refusals.
//!
//! Refusals are bounded by construction: names are static. They are kept here until they are stored in batches.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Counters of the door since it was opened.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) connections: AtomicU64,
    pub(super) handshakes_ok: AtomicU64,
    pub(super) handshakes_failed: AtomicU64,
    pub(super) sessions: AtomicU64,
    pub(super) stored: AtomicU64,
    pub(super) repeats: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) commit_ms: AtomicU64,
    pub(super) commit_ms_max: AtomicU64,
    pub(super) faults: AtomicU64,
    pub(super) paused: AtomicU64,
}

impl Counters {
    pub(super) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn less_one(counter: &AtomicU64) {
        counter.fetch_sub(1, Ordering::Relaxed);
    }

    /// Books one batch whose commit took `ms`.
    pub(super) fn commit_took(&self, ms: u64) {
        Self::add(&self.commits, 1);
        Self::add(&self.commit_ms, ms);
        self.commit_ms_max.fetch_max(ms, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> Metrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            connections: read(&self.connections),
            handshakes_ok: read(&self.handshakes_ok),
            handshakes_failed: read(&self.handshakes_failed),
            sessions: read(&self.sessions),
            stored: read(&self.stored),
            repeats: read(&self.repeats),
            refused: read(&self.refused),
            commits: read(&self.commits),
            commit_ms: read(&self.commit_ms),
            commit_ms_max: read(&self.commit_ms_max),
            faults: read(&self.faults),
            paused: read(&self.paused),
        }
    }
}

/// The door's numbers at one moment; all but `connections` only rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Metrics {
    /// Open TLS connections.
    pub connections: u64,
    /// Handshakes that ended well.
    pub handshakes_ok: u64,
    /// Handshakes that did not.
    pub handshakes_failed: u64,
    /// Sessions that were admitted (CONNACK 0).
    pub sessions: u64,
    /// Telemetry messages stored.
    pub stored: u64,
    /// Telemetry messages that were stored already and were acknowledged again.
    pub repeats: u64,
    /// Refusals of any name.
    pub refused: u64,
    /// Telemetry batches handed to the store and committed.
    pub commits: u64,
    /// Sum of the time from hand-over to commit of those batches, in milliseconds.
    pub commit_ms: u64,
    /// Longest of those times, in milliseconds.
    pub commit_ms_max: u64,
    /// Faults of ours: a commit that failed, a task that panicked.
    pub faults: u64,
    /// How often a device over its budget was held back.
    pub paused: u64,
}

/// Named refusals of this door since it was opened, and those not stored yet.
#[derive(Debug, Clone, Default)]
pub struct Refusals(Arc<Mutex<BTreeMap<&'static str, Tally>>>);

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    total: u64,
    not_stored: u64,
}

impl Refusals {
    /// How often each name was refused since the door was opened.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<&'static str, u64> {
        let tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.iter().map(|(name, tally)| (*name, tally.total)).collect()
    }

    pub(super) fn count(&self, name: &'static str) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry(name).or_default();
        tally.total += 1;
        tally.not_stored += 1;
    }

    /// Takes what has to be stored; [`Self::put_back`] if that fails.
    pub(super) fn take_not_stored(&self) -> Vec<(&'static str, u64)> {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tallies
            .iter_mut()
            .filter(|(_, tally)| tally.not_stored > 0)
            .map(|(name, tally)| (*name, std::mem::take(&mut tally.not_stored)))
            .collect()
    }

    pub(super) fn put_back(&self, counts: &[(&'static str, u64)]) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, count) in counts {
            tallies.entry(name).or_default().not_stored += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_stored_once_and_shown_always() {
        let refusals = Refusals::default();
        refusals.count("undeclared-field");
        refusals.count("undeclared-field");
        refusals.count("wrong-type");
        let batch = refusals.take_not_stored();
        assert_eq!(batch, [("undeclared-field", 2), ("wrong-type", 1)]);
        assert_eq!(refusals.take_not_stored(), []);
        assert_eq!(refusals.snapshot().get("undeclared-field"), Some(&2));
        refusals.put_back(&batch);
        assert_eq!(refusals.take_not_stored(), batch, "a failed flush is tried again");
        assert_eq!(refusals.snapshot().get("undeclared-field"), Some(&2), "and counted once");
    }
}
