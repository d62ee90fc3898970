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
struct Known {
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
        known.version = delta.v;
        known.wish = Some(delta.f);
        self.record.save()?;
        Ok(true)
    }

    /// The line that tells the application what is wished and not yet reported.
    pub(crate) fn wish(&self) -> Option<Value> {
        self.record.value.wish.as_ref().map(|fields| serde_json::json!({ "desired": fields }))
    }

    /// Takes what the application reports. A wish ends when the application has answered it, whether it followed it or
    /// not; `answered` is false for what it reports by itself when it starts.
    pub(crate) fn reported(&mut self, fields: Map<String, Value>, answered: bool) -> Result<(), Fault> {
        let known = &mut self.record.value;
        let before = known.reported.clone();
        let had_wish = known.wish.is_some();
        for (name, value) in fields {
            if known.reported.len() < FIELDS_MAX || known.reported.contains_key(&name) {
                known.reported.insert(name, value);
            }
        }
        if answered {
            known.wish = None;
        }
        if known.reported != before || (answered && had_wish) {
            self.told = false;
            self.record.save()?;
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
