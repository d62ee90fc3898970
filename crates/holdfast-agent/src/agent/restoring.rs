//! What the application is told when it starts, and what the platform is told of the time before.
//!
//! The state comes from the device's own medium: no server is needed, and none can change it by being away. For each
//! property the policy says what becomes of it: `restore` as it was reported last, `off`, or `ask`: off until a person
//! decides. An image without any such policy is told nothing and keeps its state itself.

use holdfast_core::hash::Sha256Digest;
use serde_json::{Map, json};

use super::Agent;
use crate::declared::PowerOn;
use crate::durable::{self, Record};
use crate::fault::Fault;
use crate::reset;

impl Agent {
    /// The first line that a new start of the application gets, before any wish.
    pub(super) fn greet(&mut self) {
        let all: Vec<String> = self.declared.power_on.keys().chain(self.config.power_on.keys()).cloned().collect();
        if all.is_empty() {
            return;
        }
        let reported = self.shadow.last_reported();
        let (mut state, mut off, mut ask) = (Map::new(), Vec::new(), Vec::new());
        let mut names = all;
        names.sort_unstable();
        names.dedup();
        for name in names {
            match self.power_on(&name) {
                Some(PowerOn::Restore) => {
                    if let Some(value) = reported.get(&name) {
                        state.insert(name, value.clone());
                    }
                }
                Some(PowerOn::Off) => off.push(name),
                Some(PowerOn::Ask) => ask.push(name),
                None => {}
            }
        }
        self.undecided = ask.iter().cloned().collect();
        let line = json!({ "restore": { "state": state, "off": off, "ask": ask } });
        let _ = self.application.tell(&line);
    }

    fn power_on(&self, property: &str) -> Option<PowerOn> {
        self.config.power_on.get(property).or_else(|| self.declared.power_on.get(property)).copied()
    }

    /// Properties that are off until a person decides.
    pub(super) fn open_questions(&self) -> Vec<&str> {
        self.undecided.iter().map(String::as_str).collect()
    }

    /// Somebody decided about these properties.
    pub(super) fn decided<'a>(&mut self, names: impl Iterator<Item = &'a String>) {
        for name in names {
            self.undecided.remove(name);
        }
    }

    /// Queues what happened before this start and was not told.
    pub(super) fn tell_of_before(&mut self) {
        let changed = self.config_changed();
        if matches!(changed, Ok(true)) {
            self.alarmed("configuration-changed", "agent.toml is another one than at the last start");
        }
        self.note("compare the configuration", changed.map(drop));
        if let Some(order) = reset::untold(&self.layout) {
            self.alarmed("factory-reset", &format!("by={}", order.by));
            let receipt = order.order.and_then(|id| id.parse().ok()).map(|id| self.commands.receipt(id));
            self.note("keep the receipt of the reset", receipt.unwrap_or(Ok(())));
            let told = reset::told(&self.layout);
            self.note("forget that the reset was told", told);
        }
    }

    /// Whether `agent.toml` is another one than at the last start, and remembers it.
    fn config_changed(&self) -> Result<bool, Fault> {
        let mut seen = Record::<String>::load(&self.layout, "config-seen");
        let bytes = durable::read(&self.layout.config())?.unwrap_or_default();
        let digest = Sha256Digest::of(&bytes).to_string();
        if seen.value == digest {
            return Ok(false);
        }
        let known = !seen.value.is_empty();
        seen.value = digest;
        seen.save().map(|()| known)
    }
}
