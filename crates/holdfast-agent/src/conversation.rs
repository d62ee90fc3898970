//! Lines between agent and application, and messages between agent and platform, as types; strict and total.

use std::collections::BTreeMap;
use std::fmt;

use holdfast_core::id::{CommandId, StreamId};
use holdfast_core::statement::Nonce;
use serde::Deserialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// Most bytes of an event's text.
const EVENT_TEXT_CHARS_MAX: usize = 200;

/// A line of the application.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    /// A measurement.
    Reading {
        /// Its stream.
        stream: StreamId,
        /// Its fields.
        fields: Map<String, Value>,
    },
    /// Something to be known.
    Event {
        /// A kebab-case name.
        kind: String,
        /// One line.
        text: String,
    },
    /// What the application's settings are now.
    Reported(Map<String, Value>),
    /// The result of a command.
    Result(CommandId, Value),
    /// It asks for a secret by name.
    Secret(String),
    /// It gives a secret to be kept; without a value it is forgotten.
    Keep(String, Option<Hidden>),
}

/// Text that is wiped when dropped and never shown.
#[derive(PartialEq)]
pub(crate) struct Hidden(pub(crate) Zeroizing<String>);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    stream: Option<String>,
    fields: Option<Map<String, Value>>,
    event: Option<String>,
    text: Option<String>,
    reported: Option<Map<String, Value>>,
    result: Option<RawResult>,
    secret: Option<String>,
    keep: Option<RawKeep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKeep {
    name: String,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResult {
    id: String,
    ok: bool,
    output: Option<Value>,
    reason: Option<String>,
}

/// Reads a line of the application; the error is the stable name of what is wrong.
pub(crate) fn said(line: &str) -> Result<Said, &'static str> {
    let raw: RawLine = serde_json::from_str(line).map_err(|_| "line-malformed")?;
    match raw {
        RawLine {
            stream: Some(stream),
            fields: Some(fields),
            event: None,
            text: None,
            reported: None,
            result: None,
            secret: None,
            keep: None,
        } => Ok(Said::Reading { stream: stream.parse().map_err(|_| "bad-stream-id")?, fields }),
        RawLine { stream: None, fields: None, event, text, reported, result, secret, keep } => {
            other(event, text, (reported, result), (secret, keep))
        }
        RawLine { .. } => Err("line-malformed"),
    }
}

/// What is not a measurement: exactly one of these.
fn other(
    event: Option<String>,
    text: Option<String>,
    about: (Option<Map<String, Value>>, Option<RawResult>),
    secret: (Option<String>, Option<RawKeep>),
) -> Result<Said, &'static str> {
    match (event, text, about, secret) {
        (Some(kind), text, (None, None), (None, None)) => {
            if !is_name(&kind) {
                return Err("bad-event-kind");
            }
            let text =
                text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(EVENT_TEXT_CHARS_MAX).collect();
            Ok(Said::Event { kind, text })
        }
        (None, None, (Some(fields), None), (None, None)) => Ok(Said::Reported(fields)),
        (None, None, (None, Some(result)), (None, None)) => {
            let id = result.id.parse().map_err(|_| "bad-command-id")?;
            Ok(Said::Result(id, outcome(result)))
        }
        (None, None, (None, None), (Some(name), None)) => Ok(Said::Secret(name)),
        (None, None, (None, None), (None, Some(keep))) => {
            Ok(Said::Keep(keep.name, keep.value.map(|value| Hidden(Zeroizing::new(value)))))
        }
        _ => Err("line-malformed"),
    }
}

fn outcome(result: RawResult) -> Value {
    if result.ok {
        let output = result.output.filter(Value::is_object).unwrap_or_else(|| Value::Object(Map::new()));
        serde_json::json!({ "ok": true, "output": output })
    } else {
        let reason = result.reason.filter(|reason| is_name(reason)).unwrap_or_else(|| "application-refused".to_owned());
        refused(&reason)
    }
}

/// The result of a command that was not carried out.
pub(crate) fn refused(reason: &str) -> Value {
    serde_json::json!({ "ok": false, "reason": reason })
}

fn is_name(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.len() <= 48 && text.split('-').all(word)
}

/// `shadow/delta`, as it was signed.
#[derive(Debug)]
pub(crate) struct Delta {
    /// Version of the wish.
    pub(crate) v: u64,
    /// The fields that differ.
    pub(crate) f: Map<String, Value>,
}

/// `command`, as it was signed.
#[derive(Debug)]
pub(crate) struct Order {
    /// Its id.
    pub(crate) id: String,
    /// What to do.
    pub(crate) action: String,
    /// With what.
    pub(crate) input: Value,
    /// Not after this moment, in microseconds.
    pub(crate) expires: i64,
}

/// `challenge`.
#[derive(Debug, Deserialize)]
struct RawChallenge {
    nonce: String,
}

/// The nonce of a challenge.
pub(crate) fn challenge(payload: &[u8]) -> Option<Nonce> {
    let raw: RawChallenge = serde_json::from_slice(payload).ok()?;
    if !raw.nonce.len().is_multiple_of(2) || raw.nonce.len() > 2 * Nonce::BYTES_MAX {
        return None;
    }
    let bytes: Option<Vec<u8>> = raw
        .nonce
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| std::str::from_utf8(pair).ok().filter(|pair| !pair.contains('+')))
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect();
    Nonce::new(&bytes?).ok()
}

/// `policy`.
#[derive(Debug, Deserialize)]
pub(crate) struct Policy {
    /// Whether only evidence, events and update reports may be said.
    pub(crate) quarantined: bool,
    /// The named reason.
    pub(crate) reason: Option<String>,
    /// Whether the device should go back to its known-good image.
    #[serde(default)]
    pub(crate) recover: bool,
}

/// Counts refusals by name, so that each is logged once in a while and all are known.
#[derive(Debug, Default)]
pub(crate) struct Refusals(BTreeMap<String, u64>);

impl Refusals {
    /// Counts one; it is logged at counts 1, 10, 100 and so on.
    pub(crate) fn count(&mut self, name: &str, about: &str) {
        const NAMES_MAX: usize = 256;
        if self.0.len() >= NAMES_MAX && !self.0.contains_key(name) {
            return;
        }
        let count = self.0.entry(name.to_owned()).or_insert(0);
        *count += 1;
        if count.ilog10() != (*count - 1).checked_ilog10().unwrap_or(u32::MAX) {
            tracing::warn!(refusal.name = name, refusal.about = about, refusal.count = *count, "refused");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Result<(), &str>) {
        assert_eq!(said(line).map(|_| ()), expected, "{line}");
    }

    #[test]
    fn lines_of_the_application_are_of_one_kind_each() {
        check(r#"{"stream":"climate","fields":{"temperature":21.5}}"#, Ok(()));
        check(r#"{"event":"housing-opened","text":"by hand"}"#, Ok(()));
        check(r#"{"reported":{"mode":"frost"}}"#, Ok(()));
        check(r#"{"result":{"id":"018bcfe5-6800-7fff-bfff-ffffffffffff","ok":true}}"#, Ok(()));
        check(r#"{"secret":"wifi"}"#, Ok(()));
        check(r#"{"keep":{"name":"wifi","value":"x"}}"#, Ok(()));
        check(r#"{"keep":{"name":"wifi","value":null}}"#, Ok(()));
        check(r#"{"keep":{"name":"wifi"},"secret":"wifi"}"#, Err("line-malformed"));
        check(r#"{"keep":{"value":"x"}}"#, Err("line-malformed"));
        check(r#"{"reported":{},"text":"x"}"#, Err("line-malformed"));
        check(r#"{"stream":"climate"}"#, Err("line-malformed"));
        check(r#"{"stream":"climate","fields":{},"event":"x"}"#, Err("line-malformed"));
        check(r#"{"stream":"a/b","fields":{}}"#, Err("bad-stream-id"));
        check(r#"{"event":"Not a name","text":""}"#, Err("bad-event-kind"));
        check(r#"{"event":"two--words","text":""}"#, Err("bad-event-kind"));
        check(r#"{"result":{"id":"7","ok":true}}"#, Err("bad-command-id"));
        check("hello", Err("line-malformed"));
    }

    #[test]
    fn a_secret_that_is_to_be_kept_is_not_shown() {
        let said = said(r#"{"keep":{"name":"wifi","value":"correct horse"}}"#).unwrap();
        assert_eq!(format!("{said:?}"), "Keep(\"wifi\", Some(Hidden))");
    }

    #[test]
    fn a_challenge_without_a_proper_nonce_is_none() {
        let of = |nonce: &str| challenge(format!("{{\"nonce\":\"{nonce}\"}}").as_bytes());
        assert_eq!(of(&"0a".repeat(16)).unwrap().as_bytes(), [10; 16]);
        for bad in ["0a", "zz", &"0a".repeat(65), &"0".repeat(33), "ä0ä0ä0ä0ä0ä0ä0ä0", &"+a".repeat(16)] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
