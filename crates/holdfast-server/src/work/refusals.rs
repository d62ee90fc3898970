//! Named refusals of the HTTPS doors: counted in memory, written to the store in batches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_store::integrity::Refused;

/// Most different names that wait; names are words of our code, so this is never reached.
const NAMES_MAX: usize = 1_024;

/// Counts by door and name; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<Mutex<BTreeMap<(&'static str, &'static str), u64>>>);

impl Counter {
    /// One more.
    pub fn add(&self, door: &'static str, name: &'static str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < NAMES_MAX || counts.contains_key(&(door, name)) {
            *counts.entry((door, name)).or_default() += 1;
        }
    }

    /// Takes what was counted since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<Refused> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *counts).into_iter().map(|((door, name), count)| Refused { door, name, count }).collect()
    }
}

impl crate::devices::Refusals for Counter {
    fn count(&self, door: &'static str, name: &'static str) {
        self.add(door, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_not_taken_again() {
        let counter = Counter::default();
        counter.add("est", "unknown-device");
        counter.clone().add("est", "unknown-device");
        assert_eq!(counter.take(), [Refused { door: "est", name: "unknown-device", count: 2 }]);
        assert!(counter.take().is_empty());
    }
}
