//! The device's half of the shadow: the last wish it was told, what the application reported, and whether the server
//! knows it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::conversation::Delta;
use crate::durable::Record;
use crate::fault::Fault;
use crate::layout::Layout;

/// Most fields that are kept.
const FIELDS_MAX: usize = 256;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Known {
    version: u64,
    wish: Option<Map<String, Value>>,
    reported: Map<String, Value>,
}

/// The shadow as the device knows it.
#[derive(Debug)]
pub(crate) struct Shadow {
    record: Record<Known>,
    told: bool,
}

impl Shadow {
    pub(crate) fn load(layout: &Layout) -> Self {
        Self { record: Record::load(layout, "shadow"), told: false }
    }

    /// Takes a wish; an older one than the last is ignored.
    pub(crate) fn wished(&mut self, delta: Delta) -> Result<bool, Fault> {
        let known = &mut self.record.value;
        if delta.v < known.version || delta.f.len() > FIELDS_MAX {
            return Ok(false);
        }
        let before = known.clone();
        known.version = delta.v;
        known.wish = Some(delta.f);
        self.save_or(before)?;
        Ok(true)
    }

    /// Keeps the change, or undoes it: what does not fit into the record is refused whole.
    fn save_or(&mut self, before: Known) -> Result<(), Fault> {
        let saved = self.record.save();
        if saved.is_err() {
            self.record.value = before;
        }
        saved
    }

    /// The line that tells the application what is wished and not yet reported.
    pub(crate) fn wish(&self) -> Option<Value> {
        self.record.value.wish.as_ref().map(|fields| serde_json::json!({ "desired": fields }))
    }

    /// Takes what the application reports. A wish ends when the application has answered it, whether it followed it or
    /// not; `answered` is false for what it reports by itself when it starts.
    pub(crate) fn reported(&mut self, fields: Map<String, Value>, answered: bool) -> Result<(), Fault> {
        let known = &mut self.record.value;
        let before = known.clone();
        for (name, value) in fields {
            if known.reported.len() < FIELDS_MAX || known.reported.contains_key(&name) {
                known.reported.insert(name, value);
            }
        }
        if answered {
            known.wish = None;
        }
        if known.reported != before.reported || known.wish.is_some() != before.wish.is_some() {
            self.save_or(before)?;
            self.told = false;
        }
        Ok(())
    }

    /// What the server should be told now, if it does not know it.
    pub(crate) fn untold(&self) -> Option<Vec<u8>> {
        let known = &self.record.value;
        if self.told || known.reported.is_empty() {
            return None;
        }
        Some(serde_json::json!({ "v": known.version, "f": known.reported }).to_string().into_bytes())
    }

    /// It is on its way, or known, or it has to be said again.
    pub(crate) const fn set_told(&mut self, told: bool) {
        self.told = told;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_does_not_fit_is_refused_whole_and_the_rest_survives() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        let mut shadow = Shadow::load(&layout);
        shadow.reported(fields(r#"{"mode":"frost"}"#), false).unwrap();
        let large = Map::from_iter([("mode".to_owned(), Value::from("x".repeat(70_000)))]);
        assert_eq!(shadow.reported(large, false).unwrap_err().name(), "record-too-large");
        for shadow in [shadow, Shadow::load(&layout)] {
            assert_eq!(shadow.untold().unwrap(), br#"{"f":{"mode":"frost"},"v":0}"#);
        }
    }

    fn fields(json: &str) -> Map<String, Value> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_wish_survives_a_restart_until_it_is_answered() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        let mut shadow = Shadow::load(&layout);
        shadow.reported(fields(r#"{"mode":"frost"}"#), false).unwrap();
        assert!(shadow.wished(Delta { v: 4, f: fields(r#"{"mode":"off"}"#) }).unwrap());
        assert!(!shadow.wished(Delta { v: 3, f: fields(r#"{"mode":"manual"}"#) }).unwrap(), "older");
        let mut shadow = Shadow::load(&layout);
        assert_eq!(shadow.wish().unwrap().to_string(), r#"{"desired":{"mode":"off"}}"#);
        shadow.reported(fields(r#"{"mode":"frost"}"#), false).unwrap();
        assert!(shadow.wish().is_some(), "a report at start answers nothing");
        shadow.reported(fields(r#"{"mode":"off"}"#), true).unwrap();
        assert_eq!(shadow.wish(), None);
        assert_eq!(shadow.untold().unwrap(), br#"{"f":{"mode":"off"},"v":4}"#);
    }
}
