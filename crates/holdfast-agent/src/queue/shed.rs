//! What is missing on purpose, kept until the server was told: ranges of numbers that were dropped or never used, and
//! counts of security events that found no room.

use std::collections::BTreeMap;

use holdfast_core::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Ranges that are kept apart; further ones are joined, which keeps their count exact.
const RANGES_MAX: usize = 128;

/// Numbers of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Range {
    pub(crate) stream: String,
    /// First number.
    pub(crate) from: u64,
    /// Last number.
    pub(crate) to: u64,
    /// How many of them are missing.
    pub(crate) count: u64,
}

/// Security events of one kind that found no room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Condensed {
    count: u64,
    first_us: i64,
    last_us: i64,
}

/// The record `state/shed.*`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shed {
    pub(crate) ranges: Vec<Range>,
    /// Highest number that the server has, of events and log batches: they do not stand in `acked.log`.
    #[serde(default)]
    pub(super) acknowledged: BTreeMap<String, u64>,
    #[serde(default)]
    condensed: BTreeMap<String, Condensed>,
}

impl Shed {
    /// Adds the numbers from `from` to `to`. A range that is being told stays as it is.
    pub(super) fn add(&mut self, stream: &str, from: u64, to: u64, telling: &[Range]) {
        let count = to.saturating_sub(from).saturating_add(1);
        let full = self.ranges.len() >= RANGES_MAX;
        let last = self.ranges.iter_mut().rev().find(|range| range.stream == stream && !telling.contains(*range));
        match last {
            Some(last) if full || last.to.checked_add(1) == Some(from) => {
                last.from = last.from.min(from);
                last.to = last.to.max(to);
                last.count = last.count.saturating_add(count);
            }
            _ => self.ranges.push(Range { stream: stream.to_owned(), from, to, count }),
        }
    }

    /// Whether this number is in a range without holes.
    pub(super) fn holds(&self, stream: &str, counter: u64) -> bool {
        self.ranges.iter().any(|range| {
            let dense = range.to.saturating_sub(range.from).saturating_add(1) == range.count;
            dense && range.stream == stream && (range.from..=range.to).contains(&counter)
        })
    }

    /// Counts a security event; true when the record should be written, which is at 1, 2, 4, 8 and so on.
    pub(super) fn condense(&mut self, kind: &str, now: Timestamp) -> bool {
        let at = now.as_micros();
        let entry = self.condensed.entry(kind.to_owned()).or_insert(Condensed { count: 0, first_us: at, last_us: at });
        entry.count = entry.count.saturating_add(1);
        entry.last_us = at;
        entry.count.is_power_of_two()
    }

    pub(super) fn remove(&mut self, range: &Range) {
        self.ranges.retain(|other| other != range);
    }

    /// The first thing to tell about events, as kind and text of an event.
    pub(super) fn first_of_events(&self) -> Option<(&'static str, String)> {
        if let Some(Range { stream, from, to, count }) = self.ranges.iter().find(|range| range.stream.starts_with('-'))
        {
            let stream = stream.trim_start_matches('-');
            return Some(("events-shed", format!("stream={stream} from={from} to={to} count={count}")));
        }
        let (kind, condensed) = self.condensed.first_key_value()?;
        let (first, last) = (Timestamp::from_micros(condensed.first_us), Timestamp::from_micros(condensed.last_us));
        let count = condensed.count;
        Some(("security-events-condensed", format!("kind={kind} count={count} first={first} last={last}")))
    }

    /// Removes what [`Self::first_of_events`] gave.
    pub(super) fn remove_first_of_events(&mut self) {
        match self.ranges.iter().position(|range| range.stream.starts_with('-')) {
            Some(at) => drop(self.ranges.remove(at)),
            None => drop(self.condensed.pop_first()),
        }
    }
}
