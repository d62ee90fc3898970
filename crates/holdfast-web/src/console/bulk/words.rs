//! What an act on many devices is called, and what its own words do not say.

use holdfast_domain::fleet::bulk::BulkAct;
use serde_json::{Map, Value};

use crate::lang::Lang;

/// What an act does, in a sentence that ends with the devices it is done to.
pub(super) fn title(l: Lang, act: &BulkAct, devices: u64) -> String {
    let with = |key: &str, name: &str, value: &str| l.fill(key, &[("count", &devices), (name, &value)]);
    match act {
        BulkAct::Quarantine => l.count("bulk-do-quarantine", devices),
        BulkAct::Release => l.count("bulk-do-release", devices),
        BulkAct::Command { action, .. } => with("bulk-do-command", "action", &action.replace(['-', '_'], " ")),
        BulkAct::Desired(_) => l.count("bulk-do-desired", devices),
        BulkAct::Join(group) => with("bulk-do-join", "group", group.as_str()),
        BulkAct::Leave(group) => with("bulk-do-leave", "group", group.as_str()),
        BulkAct::AllowReenrolment => l.count("bulk-do-allow-reenrolment", devices),
        BulkAct::Revoke => l.count("bulk-do-revoke", devices),
    }
}

/// What the act's own words do not say.
pub(super) fn particulars(l: Lang, act: &BulkAct) -> String {
    let flat = |text: String| {
        let map: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
        let pair = |(name, value): (&String, &Value)| {
            let value = match value {
                Value::Null => l.say("bulk-taken-back"),
                Value::String(text) => text.clone(),
                Value::Bool(on) => l.say(if *on { "console-on" } else { "console-off" }),
                Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
            };
            format!("{} {value}", name.replace(['-', '_'], " "))
        };
        map.iter().map(pair).collect::<Vec<_>>().join(", ")
    };
    match act {
        BulkAct::Command { input, .. } => flat(input.to_string()),
        BulkAct::Desired(patch) => flat(patch.to_string()),
        BulkAct::Quarantine
        | BulkAct::Release
        | BulkAct::Join(_)
        | BulkAct::Leave(_)
        | BulkAct::AllowReenrolment
        | BulkAct::Revoke => String::new(),
    }
}
