//! What devices and platform write into messages about fields: telemetry, and both directions of the shadow.
//!
//! Owns the wire form, in JSON (RFC 8259) or CBOR (RFC 8949), and its limits. Does not know which fields a product
//! declares, nor their units and ranges; the model of the product decides that. A payload is read whole or not at all.
//!
//! `{"c":17,"t":1763870000000000,"f":{"temperature":21.5}}` is telemetry: counter, microseconds UTC, fields; `"q"` may say
//! how good values are, `"s"` be a signature. [`Upload`] lists what else a telemetry topic takes.
//! `{"v":3,"f":{"setpoint":19.0}}` is a shadow report or delta: version, fields.

mod cbor;
mod fields;
mod json;
pub mod log;
mod quality;
mod refusal;
pub mod senml;
pub mod signed;
mod upload;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

pub use fields::{FieldValue, Fields};
pub use quality::{Qualities, Quality};
pub use refusal::PayloadRefusal;
pub use upload::{PACK_READINGS_MAX, SHED_RANGES_MAX, Shed, Upload};

use crate::time::Timestamp;

/// Most bytes of one payload.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;
/// Most fields of one message.
pub const FIELDS_MAX: usize = 64;
/// Most bytes of a field's name; its alphabet is ASCII letters, digits and `_`.
pub const NAME_BYTES_MAX: usize = 48;
/// Most bytes of a text value.
pub const TEXT_BYTES_MAX: usize = 256;
/// Largest magnitude of an integer: every JSON reader holds integers up to 2^53 exactly (RFC 8259 §6).
pub const INTEGER_MAX: i64 = 1 << 53;

/// One reading of a telemetry stream.
///
/// # Examples
///
/// ```
/// use holdfast_core::telemetry::{FieldValue, TelemetryMessage};
///
/// let message = TelemetryMessage::parse(br#"{"c":17,"t":1763870000000000,"f":{"temperature":21.5}}"#).unwrap();
/// assert_eq!(message.fields.get("temperature"), Some(&FieldValue::Number(21.5)));
/// let refusal = TelemetryMessage::parse(br#"{"c":17,"t":1,"f":{"place":{"lat":1}}}"#).unwrap_err();
/// assert_eq!(refusal.name(), "value-not-flat");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TelemetryMessage {
    /// Rises with every message of the device and stream and is never used again, so that a repeat is recognised.
    pub counter: u64,
    /// When the device measured, by its own clock.
    pub at: Timestamp,
    /// What it measured.
    pub fields: Fields,
    /// How good the device says that is.
    pub quality: Qualities,
}

impl TelemetryMessage {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`PayloadRefusal`] names the first rule that `payload` breaks.
    pub fn parse(payload: &[u8]) -> Result<Self, PayloadRefusal> {
        Envelope::read(payload, &[Key::Counter, Key::Time, Key::Fields, Key::Quality])?.reading()
    }

    /// Writes the message as JSON with sorted keys and no blanks.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        // Writing into a `String` cannot fail.
        write!(out, "{{\"c\":{},\"f\":", self.counter).unwrap_or_default();
        json::write_fields(&self.fields, &mut out);
        if !self.quality.is_empty() {
            out.push_str(",\"q\":");
            json::write_qualities(&self.quality, &mut out);
        }
        write!(out, ",\"t\":{}}}", self.at.as_micros()).unwrap_or_default();
        out
    }
}

/// A version of a device's shadow with fields: what a device reports, or what it should change.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowMessage {
    /// In a report the version of the desired state that the device applied; in a delta the version it leads to.
    pub version: u64,
    /// In a report the whole state; in a delta the desired values that differ from what was reported.
    pub fields: Fields,
}

impl ShadowMessage {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`PayloadRefusal`] names the first rule that `payload` breaks.
    pub fn parse(payload: &[u8]) -> Result<Self, PayloadRefusal> {
        let envelope = Envelope::read(payload, &[Key::Version, Key::Fields])?;
        Ok(Self {
            version: natural(envelope.version)?,
            fields: envelope.fields.ok_or(PayloadRefusal::EnvelopeKeyMissing)?,
        })
    }

    /// Writes the message as JSON with sorted keys and no blanks.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::from("{\"f\":");
        json::write_fields(&self.fields, &mut out);
        // Writing into a `String` cannot fail.
        write!(out, ",\"v\":{}}}", self.version).unwrap_or_default();
        out
    }
}

/// One place of the input after another, whatever the format.
trait Source<'a> {
    /// What is remembered while inside a map.
    type Map;
    fn open_map(&mut self) -> Result<Self::Map, PayloadRefusal>;
    /// The next key, after which its value must be read; `None` at the end of the map.
    fn next_key(&mut self, map: &mut Self::Map) -> Result<Option<Cow<'a, str>>, PayloadRefusal>;
    fn value(&mut self) -> Result<FieldValue, PayloadRefusal>;
    /// What is remembered while inside a list.
    type List;
    fn open_list(&mut self) -> Result<Self::List, PayloadRefusal>;
    /// Whether another item follows, which must then be read.
    fn next_item(&mut self, list: &mut Self::List) -> Result<bool, PayloadRefusal>;
    /// A text of bounded length.
    fn text_within(&mut self, bytes_max: usize) -> Result<Cow<'a, str>, PayloadRefusal>;
    /// Bytes of bounded length: base64url text without padding in JSON (RFC 4648 §5).
    fn blob(&mut self, bytes_max: usize) -> Result<Vec<u8>, PayloadRefusal>;
    /// Checks that nothing is left.
    fn end(&mut self) -> Result<(), PayloadRefusal>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Counter,
    Time,
    Version,
    Fields,
    Quality,
    Signature,
    Pack,
    Shed,
    Why,
    Lines,
}

impl Key {
    const fn text(self) -> &'static str {
        match self {
            Self::Counter => "c",
            Self::Time => "t",
            Self::Version => "v",
            Self::Fields => "f",
            Self::Quality => "q",
            Self::Signature => "s",
            Self::Pack => "p",
            Self::Shed => "x",
            Self::Why => "w",
            Self::Lines => "l",
        }
    }
}

#[derive(Default)]
struct Envelope {
    counter: Option<i64>,
    time: Option<i64>,
    version: Option<i64>,
    fields: Option<Fields>,
    quality: Option<Qualities>,
    signature: Option<Vec<u8>>,
    pack: Option<Vec<TelemetryMessage>>,
    shed: Option<Vec<(u64, u64)>>,
    why: Option<String>,
    lines: Option<Vec<log::LogLine>>,
}

impl Envelope {
    fn read(payload: &[u8], keys: &[Key]) -> Result<Self, PayloadRefusal> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(PayloadRefusal::TooLarge);
        }
        match payload.first() {
            Some(b'{' | b' ' | b'\t' | b'\n' | b'\r') => Self::read_from(&mut json::Json::new(payload)?, keys),
            Some(0xa0..=0xbf) => Self::read_from(&mut cbor::Cbor::new(payload), keys),
            _ => Err(PayloadRefusal::NotJsonOrCbor),
        }
    }

    fn read_from<'a>(source: &mut impl Source<'a>, keys: &[Key]) -> Result<Self, PayloadRefusal> {
        let envelope = Self::read_map(source, keys)?;
        source.end()?;
        Ok(envelope)
    }

    fn read_map<'a>(source: &mut impl Source<'a>, keys: &[Key]) -> Result<Self, PayloadRefusal> {
        let mut envelope = Self::default();
        let mut map = source.open_map()?;
        while let Some(text) = source.next_key(&mut map)? {
            let key = keys.iter().find(|key| key.text() == text).ok_or(PayloadRefusal::EnvelopeKeyUnknown)?;
            if envelope.take(source, *key)? {
                return Err(PayloadRefusal::KeyTwice);
            }
        }
        Ok(envelope)
    }

    /// Reads the value of a key; says whether there was one already.
    fn take<'a>(&mut self, source: &mut impl Source<'a>, key: Key) -> Result<bool, PayloadRefusal> {
        Ok(match key {
            Key::Counter => self.counter.replace(whole(&source.value()?)?).is_some(),
            Key::Time => self.time.replace(whole(&source.value()?)?).is_some(),
            Key::Version => self.version.replace(whole(&source.value()?)?).is_some(),
            Key::Fields => self.fields.replace(read_fields(source)?).is_some(),
            Key::Quality => self.quality.replace(read_qualities(source)?).is_some(),
            Key::Signature => self.signature.replace(upload::read_signature(source)?).is_some(),
            Key::Pack => self.pack.replace(upload::read_pack(source)?).is_some(),
            Key::Shed => self.shed.replace(upload::read_shed(source)?).is_some(),
            Key::Why => self.why.replace(upload::read_why(source)?).is_some(),
            Key::Lines => self.lines.replace(log::read_lines(source)?).is_some(),
        })
    }

    fn reading(self) -> Result<TelemetryMessage, PayloadRefusal> {
        let absent = PayloadRefusal::EnvelopeKeyMissing;
        let message = TelemetryMessage {
            counter: natural(self.counter)?,
            at: Timestamp::from_micros(self.time.ok_or(absent)?),
            fields: self.fields.ok_or(absent)?,
            quality: self.quality.unwrap_or_default(),
        };
        message.quality.check(&message.fields)?;
        Ok(message)
    }
}

fn read_qualities<'a>(source: &mut impl Source<'a>) -> Result<Qualities, PayloadRefusal> {
    let mut qualities = Qualities::new();
    let mut map = source.open_map()?;
    while let Some(name) = source.next_key(&mut map)? {
        if qualities.iter().len() >= FIELDS_MAX {
            return Err(PayloadRefusal::TooManyFields);
        }
        fields::check_name(&name)?;
        let word = match source.value()? {
            FieldValue::Text(word) => Quality::from_word(&word),
            FieldValue::Bool(_) | FieldValue::Integer(_) | FieldValue::Number(_) => None,
        };
        qualities.insert(&name, word.ok_or(PayloadRefusal::QualityWord)?)?;
    }
    Ok(qualities)
}

fn read_fields<'a>(source: &mut impl Source<'a>) -> Result<Fields, PayloadRefusal> {
    let mut fields = Fields::new();
    let mut map = source.open_map()?;
    while let Some(name) = source.next_key(&mut map)? {
        let value = source.value()?;
        if fields.insert(&name, value)?.is_some() {
            return Err(PayloadRefusal::KeyTwice);
        }
    }
    Ok(fields)
}

fn whole(value: &FieldValue) -> Result<i64, PayloadRefusal> {
    match value {
        FieldValue::Integer(n) if n.unsigned_abs() <= INTEGER_MAX.unsigned_abs() => Ok(*n),
        FieldValue::Integer(_) | FieldValue::Bool(_) | FieldValue::Number(_) | FieldValue::Text(_) => {
            Err(PayloadRefusal::EnvelopeValue)
        }
    }
}

fn natural(value: Option<i64>) -> Result<u64, PayloadRefusal> {
    let value = value.ok_or(PayloadRefusal::EnvelopeKeyMissing)?;
    u64::try_from(value).map_err(|_| PayloadRefusal::EnvelopeValue)
}

/// Text from a source that has already checked its form.
fn text(value: &str) -> Result<FieldValue, PayloadRefusal> {
    if value.len() > TEXT_BYTES_MAX {
        return Err(PayloadRefusal::TextTooLong);
    }
    Ok(FieldValue::Text(String::from(value)))
}

/// The bytes of a JSON text, for sending.
impl From<&TelemetryMessage> for Vec<u8> {
    fn from(message: &TelemetryMessage) -> Self {
        message.to_json().into_bytes()
    }
}

/// The bytes of a JSON text, for sending.
impl From<&ShadowMessage> for Vec<u8> {
    fn from(message: &ShadowMessage) -> Self {
        message.to_json().into_bytes()
    }
}

#[cfg(test)]
mod tests;
