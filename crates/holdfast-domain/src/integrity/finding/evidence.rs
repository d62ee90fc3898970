//! The figures that a finding rests on, and how they are kept.

use serde_json::{Map, Value, json};

use super::FindingKind;
use crate::integrity::anomaly::POINTS_MAX;

/// Most characters of a field's name.
const NAME_CHARS_MAX: usize = 128;

/// What a finding rests on: figures, never a message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// `stream.field`, if it is about a field.
    pub field: Option<String>,
    /// What was seen.
    pub observed: f64,
    /// What was expected.
    pub expected: f64,
    /// One spread of what is expected.
    pub spread: f64,
    /// Length of a window, milliseconds.
    pub window_ms: u64,
    /// The last windows, oldest first, in spreads from what was expected.
    pub series: Vec<f64>,
    /// How many devices do the same.
    pub devices: u32,
    /// The figures are in spreads from the expected, because the field says something about people.
    pub scaled: bool,
}

/// A text that is no evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not evidence of a finding")]
pub struct NoEvidence;

impl Evidence {
    /// As JSON text, for keeping.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { field, observed, expected, spread, window_ms, series, devices, scaled } = self;
        json!({
            "field": field, "observed": observed, "expected": expected, "spread": spread, "window_ms": window_ms,
            "series": series, "devices": devices, "scaled": scaled,
        })
        .to_string()
    }

    /// From JSON text.
    ///
    /// # Errors
    ///
    /// [`NoEvidence`] if it is none.
    pub fn parse(text: &str) -> Result<Self, NoEvidence> {
        let Ok(Value::Object(all)) = serde_json::from_str::<Value>(text) else { return Err(NoEvidence) };
        let number = |name: &str| all.get(name).and_then(Value::as_f64).ok_or(NoEvidence);
        let series = all.get("series").and_then(Value::as_array).ok_or(NoEvidence)?;
        if series.len() > POINTS_MAX {
            return Err(NoEvidence);
        }
        Ok(Self {
            field: field(&all)?,
            observed: number("observed")?,
            expected: number("expected")?,
            spread: number("spread")?,
            window_ms: all.get("window_ms").and_then(Value::as_u64).ok_or(NoEvidence)?,
            series: series.iter().map(|point| point.as_f64().ok_or(NoEvidence)).collect::<Result<_, _>>()?,
            devices: all
                .get("devices")
                .and_then(Value::as_u64)
                .and_then(|n| u32::try_from(n).ok())
                .ok_or(NoEvidence)?,
            scaled: all.get("scaled").and_then(Value::as_bool).ok_or(NoEvidence)?,
        })
    }

    /// What happened, one plain sentence.
    #[must_use]
    pub fn sentence(&self, kind: FindingKind) -> String {
        let about = self.field.as_ref().map_or_else(String::new, |field| format!("{field}: "));
        let (observed, expected) = (plain(self.observed), plain(self.expected));
        let many = if self.devices > 1 { format!(" on {} devices", self.devices) } else { String::new() };
        let title = kind.title();
        if self.scaled {
            return format!("{about}{title}{many}, {observed} times its usual spread away from the usual.");
        }
        format!("{about}{title}{many}: {observed} {}, where {expected} is usual.", kind.unit())
    }
}

fn field(all: &Map<String, Value>) -> Result<Option<String>, NoEvidence> {
    match all.get("field") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) if name.chars().count() <= NAME_CHARS_MAX => Ok(Some(name.clone())),
        Some(_) => Err(NoEvidence),
    }
}

/// A figure with as many places as tell something.
fn plain(n: f64) -> String {
    let text = if n.abs() >= 100.0 { format!("{n:.0}") } else { format!("{n:.1}") };
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}
