//! Settings that matter for security or privacy: which value is the safe one, what it protects against, what another value
//! can lead to, and what lessens that. The words are the model's (`hf:safe`, `hf:protects`, `hf:risk`, `hf:steps`).

use super::Model;
use super::schema::Property;
use super::value::{FieldMap, FieldPatch, Value};

/// A text by language tag.
pub type Words = Vec<(String, String)>;

/// What a model says about a setting that matters.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// The value that protects best; it is the one at the start.
    pub safe: Value,
    /// What it protects against, and how to see that it is right.
    pub protects: Words,
    /// What another value can lead to.
    pub risk: Words,
    /// What lessens it.
    pub steps: Words,
}

/// A text of these in a language, or the English one.
#[must_use]
pub fn read<'a>(words: &'a Words, language: &str) -> Option<&'a str> {
    let of = |tag: &str| words.iter().find(|(known, _)| known == tag).map(|(_, text)| text.as_str());
    of(language).or_else(|| of("en"))
}

/// How a setting that matters stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// The device has the safe value.
    Safe,
    /// The safe value is wished, and the device has not taken it over yet.
    Waits,
    /// It has another value.
    Open,
    /// The device has not said yet, and nobody wished anything.
    Unknown,
}

impl Stands {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Waits => "waits",
            Self::Open => "open",
            Self::Unknown => "unknown",
        }
    }
}

/// Every setting that matters, with how it stands.
pub fn standing<'a>(
    model: &'a Model,
    desired: &'a FieldMap,
    reported: &'a FieldMap,
) -> impl Iterator<Item = (&'a Property, &'a Guard, Stands)> {
    guarded(model).map(move |(property, guard)| {
        let of = |map: &'a FieldMap| map.value(&property.field.name);
        let safe = |value: &Value| value.as_field() == guard.safe.as_field();
        let stands = match (of(desired), of(reported)) {
            (None, None) => Stands::Unknown,
            (None, Some(has)) if safe(has) => Stands::Safe,
            (Some(wish), Some(has)) if safe(wish) && safe(has) => Stands::Safe,
            (Some(wish), _) if safe(wish) => Stands::Waits,
            (Some(_) | None, _) => Stands::Open,
        };
        (property, guard, stands)
    })
}

/// The change that sets everything that matters to its safe value; empty if nothing has to be changed.
#[must_use]
pub fn repair(model: &Model, desired: &FieldMap, reported: &FieldMap) -> FieldPatch {
    let open = standing(model, desired, reported).filter(|(_, _, stands)| *stands == Stands::Open);
    open.map(|(property, guard, _)| (property.field.name.clone(), Some(guard.safe.clone()))).collect()
}

/// Settings that `patch` would take away from their safe value, and that have a danger to be told before.
#[must_use]
pub fn risks<'a>(model: &'a Model, desired: &FieldMap, patch: &FieldPatch) -> Vec<(&'a Property, &'a Guard)> {
    let changes: Vec<(&str, Option<&Value>)> = patch.changes().collect();
    let becomes_unsafe = |(property, guard): &(&Property, &Guard)| {
        let name = property.field.name.as_str();
        let wish = changes.iter().find(|(known, _)| *known == name).and_then(|(_, value)| *value);
        let safe = |value: &Value| value.as_field() == guard.safe.as_field();
        let already = desired.value(name).is_some_and(|value| wish.is_some_and(|w| w.as_field() == value.as_field()));
        wish.is_some_and(|value| !safe(value)) && !already && !guard.risk.is_empty()
    };
    guarded(model).filter(becomes_unsafe).collect()
}

/// Settings that people can change, that are labelled as sensitive for security, and of which the model says no help.
pub fn without_help(model: &Model) -> impl Iterator<Item = &Property> {
    model
        .properties()
        .iter()
        .filter(|property| property.writable && property.field.labels.security_sensitive && property.guard.is_none())
}

fn guarded(model: &Model) -> impl Iterator<Item = (&Property, &Guard)> {
    model.properties().iter().filter_map(|property| property.guard.as_deref().map(|guard| (property, guard)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::THERMOSTAT;

    fn model() -> Model {
        let guarded = r#""properties": { "remoteUnlock": { "title": "Unlock from afar", "type": "boolean", "default": false,
            "hf:securitySensitive": true, "hf:safe": false,
            "hf:protects": { "en": "Nobody opens it from elsewhere.", "de": "Niemand öffnet von außen." },
            "hf:risk": { "en": "Whoever gets your account opens the door." },
            "hf:steps": { "en": "Use a passkey." } },"#;
        Model::compile(&THERMOSTAT.replacen(
            "\"properties\": {\n    \"targetTemperature\"",
            &format!("{guarded}\n    \"targetTemperature\""),
            1,
        ))
        .expect("a model")
    }

    fn map(json: &str) -> FieldMap {
        FieldMap::parse(json).expect("fields")
    }

    fn stands(desired: &str, reported: &str) -> Stands {
        let (model, desired, reported) = (model(), map(desired), map(reported));
        standing(&model, &desired, &reported).next().expect("a guarded setting").2
    }

    #[test]
    fn a_setting_is_safe_only_when_the_device_has_the_safe_value() {
        assert_eq!(stands("{}", "{}"), Stands::Unknown);
        assert_eq!(stands("{}", r#"{"remoteUnlock":false}"#), Stands::Safe);
        assert_eq!(stands(r#"{"remoteUnlock":false}"#, r#"{"remoteUnlock":true}"#), Stands::Waits);
        assert_eq!(stands(r#"{"remoteUnlock":true}"#, r#"{"remoteUnlock":false}"#), Stands::Open);
        assert_eq!(stands("{}", r#"{"remoteUnlock":true}"#), Stands::Open);
    }

    #[test]
    fn one_repair_sets_what_is_open_and_leaves_the_rest() {
        let repair = |desired, reported| repair(&model(), &map(desired), &map(reported)).to_string();
        assert_eq!(repair(r#"{"remoteUnlock":true,"targetTemperature":20}"#, "{}"), r#"{"remoteUnlock":false}"#);
        assert_eq!(repair("{}", r#"{"remoteUnlock":false}"#), "{}");
    }

    #[test]
    fn a_danger_is_told_before_the_safe_value_is_left_and_not_again_afterwards() {
        let model = model();
        let patch = |json| FieldPatch::parse(json).expect("a patch");
        let told = |desired, change| risks(&model, &map(desired), &patch(change)).len();
        assert_eq!(told("{}", r#"{"remoteUnlock":true}"#), 1);
        assert_eq!(told(r#"{"remoteUnlock":true}"#, r#"{"remoteUnlock":true,"targetTemperature":21}"#), 0);
        assert_eq!(told("{}", r#"{"remoteUnlock":false}"#), 0);
        assert_eq!(told("{}", r#"{"remoteUnlock":null}"#), 0);
    }

    #[test]
    fn a_model_must_say_what_a_safe_value_protects_against_and_which_of_its_kind_it_is() {
        let bad = |guard: &str| {
            let text = THERMOSTAT.replacen("\"childLock\": {", &format!("\"childLock\": {{ {guard},"), 1);
            Model::compile(&text).is_err()
        };
        assert!(bad(r#""hf:safe": false"#), "no help");
        assert!(bad(r#""hf:safe": 3, "hf:protects": {"en": "x"}"#), "another kind");
        assert!(bad(r#""hf:protects": {"en": "x"}"#), "no safe value");
        assert!(bad(r#""hf:safe": false, "hf:protects": {"de": "x"}"#), "English is complete by rule");
        assert!(bad(r#""hf:safe": true, "hf:protects": {"en": "x"}"#), "the start is another value than the safe one");
        assert!(!bad(r#""hf:safe": false, "hf:protects": {"en": "x"}"#));
    }

    #[test]
    fn a_sensitive_setting_without_help_is_named() {
        let text = THERMOSTAT.replacen("\"childLock\": {", "\"childLock\": { \"hf:securitySensitive\": true,", 1);
        let model = Model::compile(&text).expect("a model");
        assert_eq!(without_help(&model).map(|p| p.field.name.as_str()).collect::<Vec<_>>(), ["childLock"]);
        assert_eq!(without_help(&self::model()).count(), 0);
    }
}
