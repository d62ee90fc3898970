//! The device's half of the shadow: what is wished, what the application reported, and whether the server knows it.
//!
//! Wishes come from two sides: the platform (a delta with its version, and its time if it says so) and the local network.
//! For each property the newest wish of an owner counts. A delta that the device had seen when somebody wished locally
//! is older than that; of one that it had not seen, the time decides, and without a time the delta counts: it was made by
//! somebody who could see the device's report. A delta about another property takes nothing away.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::conversation::Delta;
use crate::durable::Record;
use crate::fault::Fault;
use crate::layout::Layout;

/// Most fields that are kept.
const FIELDS_MAX: usize = 256;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Known {
    version: u64,
    wish: Option<Map<String, Value>>,
    reported: Map<String, Value>,
    /// Properties whose newest wish came from the local network.
    #[serde(default)]
    local: BTreeMap<String, Local>,
    /// Who wished what of a property last.
    #[serde(default)]
    authors: BTreeMap<String, Author>,
}

/// Who wished a value last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Author {
    /// The name of a phone or browser on the local network; empty for a wish that came over the internet.
    pub(crate) by: String,
    /// When, by the device's clock.
    pub(crate) at_us: i64,
    /// What was wished.
    pub(crate) value: Value,
}

/// When a property was wished on the local network, and which delta was known then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Local {
    at_us: i64,
    over: u64,
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

    /// Takes a wish of the platform; says whether there is something to tell the application.
    pub(crate) fn wished(&mut self, delta: Delta, at_us: Option<i64>, now_us: i64) -> Result<bool, Fault> {
        let known = &mut self.record.value;
        if delta.v < known.version || delta.f.len() > FIELDS_MAX {
            return Ok(false);
        }
        let before = known.clone();
        known.version = delta.v;
        // What somebody wished locally and the application has not answered stays wished.
        let open = known.wish.take().unwrap_or_default();
        let mut wish: Map<String, Value> =
            open.into_iter().filter(|(name, _)| known.local.contains_key(name)).collect();
        let mut news = false;
        for (name, value) in delta.f {
            match known.local.get_mut(&name) {
                Some(local) if delta.v <= local.over || at_us.is_some_and(|at| at < local.at_us) => {
                    local.over = local.over.max(delta.v);
                }
                _ => {
                    known.local.remove(&name);
                    let at_us = at_us.unwrap_or(now_us);
                    known.authors.insert(name.clone(), Author { by: String::new(), at_us, value: value.clone() });
                    wish.insert(name, value);
                    news = true;
                }
            }
        }
        known.wish = (!wish.is_empty()).then_some(wish);
        self.save_or(before)?;
        Ok(news)
    }

    /// Takes a wish from the local network.
    pub(crate) fn wished_here(&mut self, fields: Map<String, Value>, by: &str, at_us: i64) -> Result<(), Fault> {
        let known = &mut self.record.value;
        let before = known.clone();
        let over = known.version;
        let mut wish = known.wish.take().unwrap_or_default();
        for (name, value) in fields {
            known.local.insert(name.clone(), Local { at_us, over });
            known.authors.insert(name.clone(), Author { by: by.to_owned(), at_us, value: value.clone() });
            wish.insert(name, value);
        }
        known.wish = Some(wish);
        self.save_or(before)
    }

    /// Keeps the change, or undoes it: what does not fit into the record is refused whole.
    fn save_or(&mut self, before: Known) -> Result<(), Fault> {
        let saved = if self.record.value == before { Ok(()) } else { self.record.save() };
        if saved.is_err() {
            self.record.value = before;
        }
        saved
    }

    /// The line that tells a program what is wished of its properties and not yet answered.
    pub(crate) fn wish(&self, is_its: impl Fn(&str) -> bool) -> Option<Value> {
        let wish = self.record.value.wish.as_ref()?;
        let fields: Map<String, Value> =
            wish.iter().filter(|(name, _)| is_its(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
        (!fields.is_empty()).then(|| serde_json::json!({ "desired": fields }))
    }

    /// What is wished and not yet answered.
    pub(crate) fn desired(&self) -> Map<String, Value> {
        self.record.value.wish.clone().unwrap_or_default()
    }

    /// Who wished what the device has now; `None` if it came about otherwise, for example by hand.
    pub(crate) fn author(&self, name: &str) -> Option<&Author> {
        let known = &self.record.value;
        let author = known.authors.get(name)?;
        let wished = known.wish.as_ref().is_some_and(|wish| wish.contains_key(name));
        (wished || known.reported.get(name) == Some(&author.value)).then_some(author)
    }

    /// What was reported last.
    pub(crate) const fn last_reported(&self) -> &Map<String, Value> {
        &self.record.value.reported
    }

    /// Version of the last delta.
    pub(crate) const fn version(&self) -> u64 {
        self.record.value.version
    }

    /// Takes what a program reports. A wish for the properties that `answered` names ends, whether it was followed or
    /// not; nothing is answered by what a program reports by itself when it starts.
    pub(crate) fn reported(
        &mut self,
        fields: Map<String, Value>,
        answered: impl Fn(&str) -> bool,
    ) -> Result<(), Fault> {
        let known = &mut self.record.value;
        let before = known.clone();
        for (name, value) in fields {
            if known.reported.len() < FIELDS_MAX || known.reported.contains_key(&name) {
                known.reported.insert(name, value);
            }
        }
        let left: Option<Map<String, Value>> =
            known.wish.take().map(|wish| wish.into_iter().filter(|(name, _)| !answered(name)).collect());
        known.wish = left.filter(|wish| !wish.is_empty());
        if *known != before {
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

    fn fresh() -> (tempfile::TempDir, Layout, Shadow) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        let shadow = Shadow::load(&layout);
        (dir, layout, shadow)
    }

    fn fields(json: &str) -> Map<String, Value> {
        serde_json::from_str(json).unwrap()
    }

    fn delta(v: u64, json: &str) -> Delta {
        Delta { v, f: fields(json) }
    }

    fn all(_: &str) -> bool {
        true
    }

    fn none(_: &str) -> bool {
        false
    }

    fn wish(shadow: &Shadow) -> String {
        shadow.wish(all).map_or_else(String::new, |line| line["desired"].to_string())
    }

    #[test]
    fn a_report_that_does_not_fit_is_refused_whole_and_the_rest_survives() {
        let (_dir, layout, mut shadow) = fresh();
        shadow.reported(fields(r#"{"mode":"frost"}"#), none).unwrap();
        let large = Map::from_iter([("mode".to_owned(), Value::from("x".repeat(70_000)))]);
        assert_eq!(shadow.reported(large, none).unwrap_err().name(), "record-too-large");
        for shadow in [shadow, Shadow::load(&layout)] {
            assert_eq!(shadow.untold().unwrap(), br#"{"f":{"mode":"frost"},"v":0}"#);
        }
    }

    #[test]
    fn a_wish_survives_a_restart_until_it_is_answered() {
        let (_dir, layout, mut shadow) = fresh();
        shadow.reported(fields(r#"{"mode":"frost"}"#), none).unwrap();
        assert!(shadow.wished(delta(4, r#"{"mode":"off"}"#), None, 7).unwrap());
        assert!(!shadow.wished(delta(3, r#"{"mode":"manual"}"#), None, 7).unwrap(), "older");
        let mut shadow = Shadow::load(&layout);
        assert_eq!(wish(&shadow), r#"{"mode":"off"}"#);
        shadow.reported(fields(r#"{"mode":"frost"}"#), none).unwrap();
        assert!(shadow.wish(all).is_some(), "a report at start answers nothing");
        shadow.reported(fields(r#"{"mode":"off"}"#), all).unwrap();
        assert_eq!(shadow.wish(all), None);
        assert_eq!(shadow.untold().unwrap(), br#"{"f":{"mode":"off"},"v":4}"#);
    }

    #[test]
    fn a_local_wish_outlives_the_deltas_that_the_device_had_seen() {
        let (_dir, layout, mut shadow) = fresh();
        shadow.wished(delta(4, r#"{"mode":"off","lock":true}"#), None, 7).unwrap();
        shadow.wished_here(fields(r#"{"mode":"frost"}"#), "phone", 100).unwrap();
        assert_eq!(wish(&shadow), r#"{"lock":true,"mode":"frost"}"#);
        assert!(!shadow.wished(delta(4, r#"{"mode":"off"}"#), None, 7).unwrap(), "said again after a reconnect");
        assert_eq!(wish(&shadow), r#"{"mode":"frost"}"#);
        shadow.reported(fields(r#"{"mode":"frost"}"#), all).unwrap();
        let mut shadow = Shadow::load(&layout);
        assert!(!shadow.wished(delta(4, r#"{"mode":"off"}"#), None, 7).unwrap(), "also after it was answered");
        assert!(shadow.wished(delta(5, r#"{"mode":"off"}"#), None, 7).unwrap(), "somebody decided anew");
        assert_eq!(wish(&shadow), r#"{"mode":"off"}"#);
    }

    #[test]
    fn of_two_wishes_that_did_not_know_of_each_other_the_later_counts() {
        let (_dir, _layout, mut shadow) = fresh();
        shadow.wished_here(fields(r#"{"mode":"frost","lock":true}"#), "phone", 100).unwrap();
        assert!(shadow.wished(delta(1, r#"{"mode":"off","light":1}"#), Some(99), 7).unwrap());
        assert_eq!(wish(&shadow), r#"{"light":1,"lock":true,"mode":"frost"}"#);
        assert!(!shadow.wished(delta(1, r#"{"mode":"off"}"#), None, 7).unwrap(), "that one is known as older now");
        assert!(shadow.wished(delta(2, r#"{"mode":"off"}"#), Some(101), 7).unwrap());
        assert_eq!(wish(&shadow), r#"{"lock":true,"mode":"off"}"#);
    }

    #[test]
    fn a_wish_is_divided_between_the_programs_that_keep_the_properties() {
        let (_dir, _layout, mut shadow) = fresh();
        shadow.wished_here(fields(r#"{"locked":true,"language":"en"}"#), "phone", 1).unwrap();
        let is_core = |name: &str| name == "locked";
        assert_eq!(shadow.wish(is_core).unwrap().to_string(), r#"{"desired":{"locked":true}}"#);
        shadow.reported(fields(r#"{"locked":true}"#), is_core).unwrap();
        assert_eq!(wish(&shadow), r#"{"language":"en"}"#);
    }

    #[test]
    fn a_value_has_its_author_until_it_comes_about_otherwise() {
        let (_dir, layout, mut shadow) = fresh();
        shadow.wished_here(fields(r#"{"mode":"frost"}"#), "Ana's phone", 100).unwrap();
        shadow.reported(fields(r#"{"mode":"frost"}"#), all).unwrap();
        let by = |shadow: &Shadow| shadow.author("mode").map(|author| (author.by.clone(), author.at_us));
        assert_eq!(by(&Shadow::load(&layout)), Some(("Ana's phone".to_owned(), 100)));
        shadow.wished(delta(1, r#"{"mode":"off"}"#), None, 200).unwrap();
        assert_eq!(by(&shadow), Some((String::new(), 200)));
        shadow.reported(fields(r#"{"mode":"manual"}"#), all).unwrap();
        assert_eq!(by(&shadow), None, "somebody turned it by hand");
    }
}
