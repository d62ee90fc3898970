//! What a device says outside telemetry and evidence: three small JSON documents, read once, within limits.
//!
//! Undeclared members are refused like undeclared fields. What the values mean is `holdfast-domain`'s.

use std::fmt;
use std::str::FromStr;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::DeploymentId;
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::command::Answer;
use holdfast_domain::reason::Reason;
use holdfast_domain::telemetry::value::FieldMap;
use holdfast_domain::updates::report::{ReportedStep, UpdateReport};
use serde::Deserialize;
use serde::de::{self, Deserializer};

use super::limits::DOCUMENT_BYTES_MAX;

/// Most characters of a text from a device.
const TEXT_CHARS_MAX: usize = 280;

/// Why a document is not one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PayloadRefusal {
    /// Not JSON, a member missing, unknown, or of another type.
    Malformed,
    /// Longer than it may be.
    TooLarge,
}

impl PayloadRefusal {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "payload-malformed",
            Self::TooLarge => "payload-too-large",
        }
    }
}

/// `command/{id}/result`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResult {
    ok: bool,
    #[serde(default)]
    output: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default, deserialize_with = "maybe")]
    reason: Option<Reason>,
}

/// `update/report`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReport {
    #[serde(deserialize_with = "parsed")]
    deployment: DeploymentId,
    generation: u32,
    state: State,
    #[serde(default)]
    percent: u8,
    #[serde(default, deserialize_with = "maybe")]
    reason: Option<Reason>,
    #[serde(default)]
    sequence: Option<u64>,
    #[serde(default, deserialize_with = "maybe")]
    digest: Option<Sha256Digest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Downloading,
    Installing,
    Rebooting,
    Succeeded,
    Failed,
    RolledBack,
    Declined,
}

/// `event`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceEvent {
    /// Rises with each event of the device.
    #[serde(rename = "c")]
    pub(crate) counter: u64,
    /// By the device's clock.
    #[serde(rename = "t", deserialize_with = "micros")]
    pub(crate) at: Timestamp,
    /// What happened.
    #[serde(deserialize_with = "parsed")]
    pub(crate) kind: Reason,
    /// One sentence.
    pub(crate) text: Line,
}

/// One line of text of bounded length, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line(pub(crate) String);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text.chars().count() > TEXT_CHARS_MAX || text.chars().any(char::is_control) {
            return Err(de::Error::custom("not a short line of text"));
        }
        Ok(Self(text))
    }
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(from: D) -> Result<T, D::Error> {
    String::deserialize(from)?.parse().map_err(de::Error::custom)
}

fn maybe<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(from: D) -> Result<Option<T>, D::Error> {
    Option::<String>::deserialize(from)?.map(|text| text.parse().map_err(de::Error::custom)).transpose()
}

fn micros<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    i64::deserialize(from).map(Timestamp::from_micros)
}

fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, PayloadRefusal> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(PayloadRefusal::TooLarge);
    }
    serde_json::from_slice(bytes).map_err(|_| PayloadRefusal::Malformed)
}

pub(crate) fn command_result(bytes: &[u8]) -> Result<Answer, PayloadRefusal> {
    match read::<RawResult>(bytes)? {
        RawResult { ok: true, output, reason: None } => {
            let json = serde_json::Value::Object(output.unwrap_or_default()).to_string();
            FieldMap::parse(&json).map(Answer::Done).map_err(|_| PayloadRefusal::Malformed)
        }
        RawResult { ok: false, output: None, reason: Some(reason) } => Ok(Answer::Failed(reason)),
        RawResult { .. } => Err(PayloadRefusal::Malformed),
    }
}

pub(crate) fn update_report(bytes: &[u8]) -> Result<UpdateReport, PayloadRefusal> {
    let RawReport { deployment, generation, state, percent, reason, sequence, digest } = read(bytes)?;
    let step = match (state, reason) {
        (State::Downloading, _) => ReportedStep::Downloading,
        (State::Installing, _) => ReportedStep::Installing,
        (State::Rebooting, _) => ReportedStep::Rebooting,
        (State::Succeeded, _) => ReportedStep::Succeeded,
        (State::Declined, _) => ReportedStep::Declined,
        (State::Failed, Some(why)) => ReportedStep::Failed(why),
        (State::RolledBack, Some(why)) => ReportedStep::RolledBack(why),
        (State::Failed | State::RolledBack, None) => return Err(PayloadRefusal::Malformed),
    };
    let digest = digest.map(|digest| *digest.as_bytes());
    Ok(UpdateReport { deployment, generation, step, percent, sequence, digest })
}

pub(crate) fn event(bytes: &[u8]) -> Result<DeviceEvent, PayloadRefusal> {
    read(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_an_output_or_a_reason_and_never_both() {
        for (json, wanted) in [
            (r#"{"ok":true,"output":{"a":1}}"#, Ok(Answer::Done(FieldMap::default().with("a", 1_i64)))),
            (r#"{"ok":true}"#, Ok(Answer::Done(FieldMap::default()))),
            (r#"{"ok":false,"reason":"too-hot"}"#, Ok(Answer::Failed("too-hot".parse().unwrap()))),
            (r#"{"ok":false}"#, Err(PayloadRefusal::Malformed)),
            (r#"{"ok":true,"reason":"x"}"#, Err(PayloadRefusal::Malformed)),
            (r#"{"ok":false,"reason":"Not A Name"}"#, Err(PayloadRefusal::Malformed)),
            (r#"{"ok":true,"output":{"a":{}}}"#, Err(PayloadRefusal::Malformed)),
            (r#"{"ok":true,"more":1}"#, Err(PayloadRefusal::Malformed)),
            ("", Err(PayloadRefusal::Malformed)),
        ] {
            assert_eq!(command_result(json.as_bytes()), wanted, "{json}");
        }
    }

    #[test]
    fn an_update_report_keeps_to_its_states_and_says_why_it_failed() {
        let report = |rest: &str| {
            let json = format!(r#"{{"deployment":"018bcfe5-6800-7fff-bfff-ffffffffffff","generation":1,{rest}}}"#);
            update_report(json.as_bytes()).map(|report| report.step)
        };
        let why: Reason = "no-boot".parse().unwrap();
        assert_eq!(report(r#""state":"rolled_back","reason":"no-boot""#), Ok(ReportedStep::RolledBack(why)));
        assert_eq!(report(r#""state":"downloading","percent":7,"reason":null"#), Ok(ReportedStep::Downloading));
        for bad in [
            r#""state":"rolled_back""#,
            r#""state":"exploded""#,
            r#""state":"downloading","percent":300"#,
            r#""state":"failed","reason":"Not a name""#,
            r#""state":"succeeded","digest":"ab""#,
            r#""state":"succeeded","more":1"#,
        ] {
            assert_eq!(report(bad), Err(PayloadRefusal::Malformed), "{bad}");
        }
    }

    #[test]
    fn an_event_is_a_name_and_one_line() {
        let ok = event(br#"{"c":1,"t":5,"kind":"door-opened","text":"the lid is open"}"#).unwrap();
        assert_eq!((ok.counter, ok.at, ok.kind.as_str()), (1, Timestamp::from_micros(5), "door-opened"));
        for bad in [
            r#"{"c":-1,"t":5,"kind":"a","text":""}"#,
            r#"{"c":1,"t":5,"kind":"a b","text":""}"#,
            r#"{"c":1,"t":5,"kind":"a","text":"two\nlines"}"#,
        ] {
            assert_eq!(event(bad.as_bytes()), Err(PayloadRefusal::Malformed), "{bad}");
        }
        let long = vec![b' '; DOCUMENT_BYTES_MAX + 1];
        assert_eq!(event(&long), Err(PayloadRefusal::TooLarge));
    }
}
