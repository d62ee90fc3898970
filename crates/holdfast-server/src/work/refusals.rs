//! Named refusals of the HTTPS doors: counted in memory, written to the store in batches and whenever somebody looks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_store::CommitError;
use holdfast_store::integrity::Refused;

use crate::app::House;
use crate::clock;

/// Most different names that wait; names are words of our code, so this is never reached.
const NAMES_MAX: usize = 1_024;

type Counts = BTreeMap<(&'static str, &'static str), u64>;

/// Counts by door and name; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counter {
    waiting: Arc<Mutex<Counts>>,
    writing: Arc<Mutex<()>>,
}

impl Counter {
    /// One more.
    pub(crate) fn add(&self, door: &'static str, name: &'static str) {
        self.put((door, name), 1);
    }

    /// Hands the counts since the last call to `write`, one call after the other. What is not written waits on.
    pub(crate) fn flush<E>(&self, write: impl FnOnce(Vec<Refused>) -> Result<(), E>) -> Result<(), E> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *self.waiting());
        if taken.is_empty() {
            return Ok(());
        }
        let refused = taken.iter().map(|((door, name), count)| Refused { door, name, count: *count }).collect();
        write(refused).inspect_err(|_| taken.into_iter().for_each(|(key, count)| self.put(key, count)))
    }

    fn put(&self, key: (&'static str, &'static str), count: u64) {
        let mut counts = self.waiting();
        if counts.len() < NAMES_MAX || counts.contains_key(&key) {
            *counts.entry(key).or_default() += count;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Counts> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl crate::devices::Refusals for Counter {
    fn count(&self, door: &'static str, name: &'static str) {
        self.add(door, name);
    }
}

impl House {
    /// Writes what was counted since the last time.
    ///
    /// # Errors
    ///
    /// If the store fails; the counts are kept then.
    pub(crate) fn write_refusals(&self) -> Result<(), CommitError> {
        self.refusals.flush(|counts| holdfast_store::wait(self.store.count_refusals(counts, clock::now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flushed(counter: &Counter) -> Vec<Refused> {
        let mut seen = Vec::new();
        counter
            .flush(|counts| -> Result<(), ()> {
                seen = counts;
                Ok(())
            })
            .unwrap();
        seen
    }

    #[test]
    fn what_was_written_is_not_written_again() {
        let counter = Counter::default();
        counter.add("est", "unknown-device");
        counter.clone().add("est", "unknown-device");
        assert_eq!(flushed(&counter), [Refused { door: "est", name: "unknown-device", count: 2 }]);
        assert!(flushed(&counter).is_empty());
    }

    #[test]
    fn what_could_not_be_written_is_counted_on() {
        let counter = Counter::default();
        counter.add("api", "wrong-digest");
        assert_eq!(counter.flush(|_| Err("the disk is full")), Err("the disk is full"));
        counter.add("api", "wrong-digest");
        assert_eq!(flushed(&counter), [Refused { door: "api", name: "wrong-digest", count: 2 }]);
    }
}
