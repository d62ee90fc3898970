//! A number that only rises, over restarts and clocks that are set back: microseconds of the clock, or one more than
//! the last. A floor ahead of it is kept on disk, so that it is written once a minute and not at every number.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use holdfast_core::time::Timestamp;

use super::secret_file::{self, SecretFileError};

/// How far the floor on disk is ahead when it is written.
const RESERVE: u64 = 60_000_000;

pub(super) struct RisingCounter {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    last: u64,
    floor: u64,
}

impl fmt::Debug for RisingCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RisingCounter").field("path", &self.path).finish_non_exhaustive()
    }
}

impl RisingCounter {
    /// Continues above the floor on disk; there is none at the first start.
    pub(super) fn open(path: PathBuf) -> Result<Self, SecretFileError> {
        let floor = if path.exists() {
            let text = secret_file::read(&path)?;
            let number = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
            number.ok_or_else(|| SecretFileError::NotPem { path: path.clone(), label: "number" })?
        } else {
            0
        };
        Ok(Self { path, state: Mutex::new(State { last: floor, floor }) })
    }

    pub(super) fn next(&self, now: Timestamp) -> Result<u64, SecretFileError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let next = u64::try_from(now.as_micros()).unwrap_or(0).max(state.last.saturating_add(1));
        if next >= state.floor {
            let floor = next.saturating_add(RESERVE);
            secret_file::replace_secret(&self.path, format!("{floor}\n").as_bytes())?;
            state.floor = floor;
        }
        state.last = next;
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_over_restarts_and_clocks_that_are_set_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("counter");
        let at = |micros| Timestamp::from_micros(micros);
        let first = RisingCounter::open(path.clone()).unwrap();
        let mut seen: Vec<u64> = [1_000_000, 1_000_000, 5].map(|now| first.next(at(now)).unwrap()).to_vec();
        drop(first);
        for _ in 0..2 {
            seen.push(RisingCounter::open(path.clone()).unwrap().next(at(7)).unwrap());
        }
        assert!(seen.is_sorted_by(|earlier, later| earlier < later), "{seen:?}");
        secret_file::replace_secret(&path, b"not a number").unwrap();
        assert_eq!(RisingCounter::open(path).unwrap_err().name(), "file-malformed");
    }
}
