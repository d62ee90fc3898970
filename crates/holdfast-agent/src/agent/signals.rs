//! Which state of security a device shows, and since when its sensors are at work. The application is told each change, so
//! that a lamp, a sound or one line of a display can say it; a device without any tells it on its page.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Agent;
use crate::clock;
use crate::declared::Signal;

/// Sensors that are at work, and since when, by the device's clock. In memory alone.
#[derive(Debug, Default)]
pub(super) struct Senses {
    seen: BTreeMap<String, (bool, i64)>,
    told: BTreeSet<Signal>,
}

impl Senses {
    /// A sensor reported whether it is at work.
    fn heard(&mut self, name: &str, active: bool, now_us: i64) {
        match self.seen.get(name) {
            Some((known, _)) if *known == active => {}
            Some(_) | None => {
                self.seen.insert(name.to_owned(), (active, now_us));
            }
        }
    }

    /// Since when a sensor is as it is, as far as this start knows.
    pub(super) fn since(&self, name: &str) -> Option<i64> {
        self.seen.get(name).map(|(_, since)| *since)
    }
}

impl Agent {
    /// Takes note of what sensors reported.
    pub(super) fn sensed(&mut self, fields: &Map<String, Value>) {
        let now = self.trusted_now().as_micros();
        for (name, value) in fields {
            let listens =
                self.declared.controls.properties.get(name).is_some_and(|property| property.listens.is_some());
            if let (true, Some(active)) = (listens, value.as_bool()) {
                self.senses.heard(name, active, now);
            }
        }
    }

    /// Tells the application which states of security hold, when they changed.
    pub(super) fn tell_signals(&mut self) {
        let reported = self.shadow.last_reported();
        let recording = self.declared.controls.properties.iter().any(|(name, property)| {
            property.listens.is_some() && reported.get(name).and_then(Value::as_bool) == Some(true)
        });
        let asks = self.question_waits(clock::monotonic());
        let now = [
            (Signal::Confirm, asks),
            (Signal::Update, self.software.updating().is_some()),
            (Signal::Quarantine, self.quarantined),
            (Signal::Recording, recording),
            (Signal::Reset, self.resetting),
        ];
        let now: BTreeSet<Signal> = now.into_iter().filter(|(_, holds)| *holds).map(|(signal, _)| signal).collect();
        if now != self.senses.told {
            let words: Vec<&str> = now.iter().map(|signal| signal.word()).collect();
            if self.application.tell(&json!({ "signals": words })) {
                self.senses.told = now;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensor_is_at_work_since_it_said_so_first() {
        let mut senses = Senses::default();
        senses.heard("mic", true, 10);
        senses.heard("mic", true, 20);
        assert_eq!(senses.since("mic"), Some(10));
        senses.heard("mic", false, 30);
        assert_eq!((senses.since("mic"), senses.since("camera")), (Some(30), None));
    }
}
