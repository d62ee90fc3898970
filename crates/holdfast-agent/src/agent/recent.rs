//! The newest events, for whoever looks on the local network. In memory alone.

use std::collections::VecDeque;

use serde_json::{Value, json};

/// Events that are remembered.
const RECENT_MAX: usize = 64;

/// Something that happened, for the local network.
#[derive(Debug, Clone)]
struct Recent {
    number: u64,
    at_us: i64,
    kind: String,
    text: String,
}

/// The newest events.
#[derive(Debug, Default)]
pub(super) struct RecentEvents {
    events: VecDeque<Recent>,
    next: u64,
}

impl RecentEvents {
    pub(super) fn add(&mut self, at_us: i64, kind: &str, text: &str) {
        if self.events.len() >= RECENT_MAX {
            self.events.pop_front();
        }
        self.next += 1;
        self.events.push_back(Recent { number: self.next, at_us, kind: kind.to_owned(), text: text.to_owned() });
    }

    /// The newest so many, the newest first: when, kind, text.
    pub(super) fn newest(&self, count: usize) -> impl Iterator<Item = (i64, &str, &str)> {
        self.events.iter().rev().take(count).map(|event| (event.at_us, event.kind.as_str(), event.text.as_str()))
    }

    /// Those after this number.
    pub(super) fn after(&self, number: u64) -> Value {
        let new = self.events.iter().filter(|event| event.number > number);
        new.map(|e| json!({ "n": e.number, "at_us": e.at_us, "kind": e.kind, "text": e.text })).collect()
    }
}
