//! What devices and platform write into messages about fields: telemetry, and both directions of the shadow.
//!
//! Owns the wire form, in JSON (RFC 8259) or CBOR (RFC 8949), and its limits. Does not know which fields a product
//! declares, nor their units and ranges; the model of the product decides that. A payload is read whole or not at all.
//!
//! `{"c":17,"t":1763870000000000,"f":{"temperature":21.5}}` is telemetry: counter, microseconds UTC, fields.
//! `{"v":3,"f":{"setpoint":19.0}}` is a shadow report or delta: version, fields.

mod cbor;
mod fields;
mod json;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

pub use fields::{FieldValue, Fields};

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

/// Why a payload is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PayloadRefusal {
    /// More than [`PAYLOAD_BYTES_MAX`] bytes.
    TooLarge,
    /// Starts neither as a JSON object nor as a CBOR map.
    NotJsonOrCbor,
    /// Breaks the grammar of its format, or ends too early.
    Syntax,
    /// Text that is not UTF-8.
    TextNotUtf8,
    /// Text with U+0000, which not every store can hold.
    TextWithNull,
    /// CBOR without a length in advance.
    IndefiniteLength,
    /// Bytes after the end.
    TrailingBytes,
    /// A key of the envelope that does not exist.
    EnvelopeKeyUnknown,
    /// A key of the envelope is missing.
    EnvelopeKeyMissing,
    /// A value of the envelope has the wrong type or range.
    EnvelopeValue,
    /// The same key twice.
    KeyTwice,
    /// More than [`FIELDS_MAX`] fields.
    TooManyFields,
    /// A field's name is empty, too long or outside its alphabet.
    FieldName,
    /// A value is a list or an object.
    NotFlat,
    /// A value is of a type that fields do not have, such as null or bytes.
    ValueKind,
    /// A text is longer than [`TEXT_BYTES_MAX`].
    TextTooLong,
    /// An integer is beyond [`INTEGER_MAX`].
    IntegerOutOfRange,
    /// A number is infinite or not a number.
    NumberNotFinite,
}

impl PayloadRefusal {
    /// Every variant, for tables and tests.
    pub const ALL: [Self; 18] = [
        Self::TooLarge,
        Self::NotJsonOrCbor,
        Self::Syntax,
        Self::TextNotUtf8,
        Self::TextWithNull,
        Self::IndefiniteLength,
        Self::TrailingBytes,
        Self::EnvelopeKeyUnknown,
        Self::EnvelopeKeyMissing,
        Self::EnvelopeValue,
        Self::KeyTwice,
        Self::TooManyFields,
        Self::FieldName,
        Self::NotFlat,
        Self::ValueKind,
        Self::TextTooLong,
        Self::IntegerOutOfRange,
        Self::NumberNotFinite,
    ];

    /// The stable name under which this is counted and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "payload-too-large",
            Self::NotJsonOrCbor => "payload-not-json-or-cbor",
            Self::Syntax => "payload-syntax",
            Self::TextNotUtf8 => "payload-text-not-utf8",
            Self::TextWithNull => "payload-text-with-null",
            Self::IndefiniteLength => "payload-indefinite-length",
            Self::TrailingBytes => "payload-trailing-bytes",
            Self::EnvelopeKeyUnknown => "envelope-key-unknown",
            Self::EnvelopeKeyMissing => "envelope-key-missing",
            Self::EnvelopeValue => "envelope-value",
            Self::KeyTwice => "key-twice",
            Self::TooManyFields => "too-many-fields",
            Self::FieldName => "field-name",
            Self::NotFlat => "value-not-flat",
            Self::ValueKind => "value-kind",
            Self::TextTooLong => "text-too-long",
            Self::IntegerOutOfRange => "integer-out-of-range",
            Self::NumberNotFinite => "number-not-finite",
        }
    }
}

impl fmt::Display for PayloadRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "payload refused: {}", self.name())
    }
}

impl core::error::Error for PayloadRefusal {}

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
}

impl TelemetryMessage {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`PayloadRefusal`] names the first rule that `payload` breaks.
    pub fn parse(payload: &[u8]) -> Result<Self, PayloadRefusal> {
        let envelope = Envelope::read(payload, &[Key::Counter, Key::Time, Key::Fields])?;
        let at = envelope.time.ok_or(PayloadRefusal::EnvelopeKeyMissing)?;
        Ok(Self {
            counter: natural(envelope.counter)?,
            at: Timestamp::from_micros(at),
            fields: envelope.fields.ok_or(PayloadRefusal::EnvelopeKeyMissing)?,
        })
    }

    /// Writes the message as JSON with sorted keys and no blanks.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        // Writing into a `String` cannot fail.
        write!(out, "{{\"c\":{},\"f\":", self.counter).unwrap_or_default();
        json::write_fields(&self.fields, &mut out);
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
    /// Checks that nothing is left.
    fn end(&mut self) -> Result<(), PayloadRefusal>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Counter,
    Time,
    Version,
    Fields,
}

impl Key {
    const fn text(self) -> &'static str {
        match self {
            Self::Counter => "c",
            Self::Time => "t",
            Self::Version => "v",
            Self::Fields => "f",
        }
    }
}

#[derive(Default)]
struct Envelope {
    counter: Option<i64>,
    time: Option<i64>,
    version: Option<i64>,
    fields: Option<Fields>,
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
        let mut envelope = Self::default();
        let mut map = source.open_map()?;
        while let Some(text) = source.next_key(&mut map)? {
            let key = keys.iter().find(|key| key.text() == text).ok_or(PayloadRefusal::EnvelopeKeyUnknown)?;
            let slot = match key {
                Key::Counter => &mut envelope.counter,
                Key::Time => &mut envelope.time,
                Key::Version => &mut envelope.version,
                Key::Fields => {
                    let fields = read_fields(source)?;
                    if envelope.fields.replace(fields).is_some() {
                        return Err(PayloadRefusal::KeyTwice);
                    }
                    continue;
                }
            };
            if slot.replace(whole(&source.value()?)?).is_some() {
                return Err(PayloadRefusal::KeyTwice);
            }
        }
        source.end()?;
        Ok(envelope)
    }
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
