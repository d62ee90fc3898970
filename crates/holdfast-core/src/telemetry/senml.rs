//! Sensor Measurement Lists (RFC 8428) in JSON and CBOR: read, resolved, and turned into readings of one stream.
//!
//! Each resolved time of a pack is one reading. What follows the last `:` or `/` of a resolved name is the field, with
//! `-` and `.` as `_`. `SenML` has no counter: our label `hfc` (a number, in the first record) gives the first reading's;
//! without it the time in microseconds stands in, which tells repeats apart but shows no gaps. Units are kept for the
//! model to compare. Sums and data values are refused, for no declared field could hold them.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::cbor::Cbor;
use super::json::Json;
use super::{
    FieldValue, Fields, INTEGER_MAX, NAME_BYTES_MAX, PAYLOAD_BYTES_MAX, PayloadRefusal, Source, TEXT_BYTES_MAX,
};
use crate::time::Timestamp;

/// Most records of one pack.
pub const RECORDS_MAX: usize = 256;
/// The version of the format that RFC 8428 §4.4 describes.
const VERSION: i64 = 10;
/// A time below this many seconds is meant relative to now (RFC 8428 §4.5.3): 2^28.
const RELATIVE_BELOW_S: f64 = 268_435_456.0;
/// Latest time that is taken: the year 2255, up to which microseconds fit an exact integer.
const TIME_S_MAX: f64 = 9_007_199_254.0;

/// Where a counter ends and a time in microseconds begins: the year 2005. No device counts that far.
pub const TIME_COUNTERS_FROM: u64 = 1 << 50;

/// A pack as it came, base values resolved, times not yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    records: Vec<Record>,
    counter: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
struct Record {
    field: String,
    unit: Option<String>,
    value: FieldValue,
    /// Seconds, absolute or relative to now.
    time_s: f64,
}

/// All values of one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Its counter.
    pub counter: u64,
    /// When it was measured.
    pub at: Timestamp,
    /// The values.
    pub fields: Fields,
    /// Units by field, for those that came with one.
    pub units: BTreeMap<String, String>,
}

/// Whether a payload is a list, and so `SenML`.
pub(super) fn is_list(payload: &[u8]) -> bool {
    match payload.first() {
        Some(b'[' | 0x80..=0x9f) => true,
        Some(b' ' | b'\t' | b'\n' | b'\r') => payload.trim_ascii_start().first() == Some(&b'['),
        _ => false,
    }
}

/// The name of a label that CBOR writes as an integer (RFC 8428 §6, table 4).
pub(super) const fn label(number: i64) -> Option<&'static str> {
    Some(match number {
        -1 => "bver",
        -2 => "bn",
        -3 => "bt",
        -4 => "bu",
        -5 => "bv",
        -6 => "bs",
        0 => "n",
        1 => "u",
        2 => "v",
        3 => "vs",
        4 => "vb",
        5 => "s",
        6 => "t",
        7 => "ut",
        8 => "vd",
        _ => return None,
    })
}

/// What both formats must give beside the common part.
trait Records<'a>: Source<'a> {
    fn next_label(&mut self, map: &mut Self::Map) -> Result<Option<Cow<'a, str>>, PayloadRefusal>;
    fn measured(&mut self) -> Result<FieldValue, PayloadRefusal>;
}

impl<'a> Records<'a> for Json<'a> {
    fn next_label(&mut self, map: &mut Self::Map) -> Result<Option<Cow<'a, str>>, PayloadRefusal> {
        self.next_key(map)
    }

    fn measured(&mut self) -> Result<FieldValue, PayloadRefusal> {
        self.value()
    }
}

impl<'a> Records<'a> for Cbor<'a> {
    fn next_label(&mut self, map: &mut Self::Map) -> Result<Option<Cow<'a, str>>, PayloadRefusal> {
        Cbor::next_label(self, map)
    }

    fn measured(&mut self) -> Result<FieldValue, PayloadRefusal> {
        Cbor::measured(self)
    }
}

/// Base values, which hold from their record on (RFC 8428 §4.1).
#[derive(Default)]
struct Base {
    name: String,
    unit: Option<String>,
    value: Option<f64>,
    time_s: f64,
    version: Option<i64>,
}

/// One record as written.
#[derive(Default)]
struct Written {
    name: Option<String>,
    unit: Option<String>,
    value: Option<FieldValue>,
    time_s: Option<f64>,
    counter: Option<i64>,
    says_base: bool,
    seen: Vec<String>,
}

impl Pack {
    /// Reads a pack.
    ///
    /// # Errors
    ///
    /// [`PayloadRefusal`] names the first rule that `payload` breaks.
    pub fn parse(payload: &[u8]) -> Result<Self, PayloadRefusal> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(PayloadRefusal::TooLarge);
        }
        match payload.first() {
            Some(b'[' | b' ' | b'\t' | b'\n' | b'\r') => Self::read(&mut Json::new(payload)?),
            Some(0x80..=0x9f) => Self::read(&mut Cbor::new(payload)),
            _ => Err(PayloadRefusal::NotJsonOrCbor),
        }
    }

    fn read<'a>(source: &mut impl Records<'a>) -> Result<Self, PayloadRefusal> {
        let mut pack = Self { records: Vec::new(), counter: None };
        let mut base = Base::default();
        let mut count = 0;
        let mut list = source.open_list()?;
        while source.next_item(&mut list)? {
            if count >= RECORDS_MAX {
                return Err(PayloadRefusal::SenmlLength);
            }
            let written = Written::read(source, &mut base)?;
            if let Some(counter) = written.counter {
                let counter = u64::try_from(counter).ok().filter(|n| *n < TIME_COUNTERS_FROM && count == 0);
                pack.counter = Some(counter.ok_or(PayloadRefusal::EnvelopeValue)?);
            }
            pack.records.extend(written.resolved(&base)?);
            count += 1;
        }
        source.end()?;
        if pack.records.is_empty() { Err(PayloadRefusal::SenmlLength) } else { Ok(pack) }
    }

    /// The readings of the pack, oldest first; `now` is what relative times refer to.
    ///
    /// # Errors
    ///
    /// [`PayloadRefusal`] if a time is out of range, a field stands twice at one time, or a value breaks a limit.
    pub fn readings(&self, now: Timestamp) -> Result<Vec<Reading>, PayloadRefusal> {
        let mut by_time: BTreeMap<i64, (Fields, BTreeMap<String, String>)> = BTreeMap::new();
        for record in &self.records {
            let (fields, units) = by_time.entry(resolved_time(record.time_s, now)?).or_default();
            if fields.insert(&record.field, record.value.clone())?.is_some() {
                return Err(PayloadRefusal::KeyTwice);
            }
            if let Some(unit) = &record.unit {
                units.insert(record.field.clone(), unit.clone());
            }
        }
        let numbered = (0_u64..).zip(by_time);
        let reading = |(nth, (at, (fields, units))): (u64, (i64, _))| {
            let by_clock = || u64::try_from(at).ok().filter(|at| *at >= TIME_COUNTERS_FROM);
            let counter = self.counter.map_or_else(by_clock, |first| first.checked_add(nth));
            let counter = counter.ok_or(PayloadRefusal::SenmlTime)?;
            Ok(Reading { counter, at: Timestamp::from_micros(at), fields, units })
        };
        numbered.map(reading).collect()
    }
}

/// Seconds to microseconds, relative ones from now (RFC 8428 §4.5.3).
#[expect(clippy::cast_possible_truncation, reason = "bounded to ±TIME_S_MAX seconds just before")]
fn resolved_time(time_s: f64, now: Timestamp) -> Result<i64, PayloadRefusal> {
    if time_s.abs() > TIME_S_MAX {
        return Err(PayloadRefusal::SenmlTime);
    }
    // Half away from zero, without a mathematics library.
    let micros = (time_s * 1e6 + if time_s < 0.0 { -0.5 } else { 0.5 }) as i64;
    Ok(if time_s < RELATIVE_BELOW_S { now.as_micros().saturating_add(micros) } else { micros })
}

impl Written {
    fn read<'a>(source: &mut impl Records<'a>, base: &mut Base) -> Result<Self, PayloadRefusal> {
        let mut written = Self::default();
        let mut map = source.open_map()?;
        while let Some(key) = source.next_label(&mut map)? {
            if written.seen.iter().any(|seen| *seen == *key) {
                return Err(PayloadRefusal::KeyTwice);
            }
            written.take(source, base, &key)?;
            written.seen.push(key.into_owned());
        }
        Ok(written)
    }

    fn take<'a>(&mut self, source: &mut impl Records<'a>, base: &mut Base, key: &str) -> Result<(), PayloadRefusal> {
        self.says_base |= matches!(key, "bn" | "bt" | "bu" | "bv" | "bver" | "bs");
        match key {
            "bn" => base.name = source.text_within(TEXT_BYTES_MAX)?.into_owned(),
            "bu" => base.unit = Some(source.text_within(NAME_BYTES_MAX)?.into_owned()),
            "bt" => base.time_s = number(&source.measured()?)?,
            "bv" => base.value = Some(number(&source.measured()?)?),
            "bver" => {
                let FieldValue::Integer(version) = source.value()? else { return Err(PayloadRefusal::SenmlVersion) };
                let another = base.version.replace(version).is_some_and(|before| before != version);
                if another || !(1..=VERSION).contains(&version) {
                    return Err(PayloadRefusal::SenmlVersion);
                }
            }
            "n" => self.name = Some(source.text_within(TEXT_BYTES_MAX)?.into_owned()),
            "u" => self.unit = Some(source.text_within(NAME_BYTES_MAX)?.into_owned()),
            "t" => self.time_s = Some(number(&source.measured()?)?),
            // When the next value is due says nothing about this one.
            "ut" => drop(number(&source.measured()?)?),
            "v" | "vs" | "vb" => self.value(key, source.measured()?)?,
            "bs" | "s" | "vd" => return Err(PayloadRefusal::SenmlKind),
            "hfc" => {
                let FieldValue::Integer(n) = source.value()? else { return Err(PayloadRefusal::EnvelopeValue) };
                self.counter = Some(n);
            }
            other if other.ends_with('_') => return Err(PayloadRefusal::SenmlMustUnderstand),
            // Labels of other specifications are left out (RFC 8428 §4.4).
            _ => drop(source.measured()?),
        }
        Ok(())
    }

    fn value(&mut self, key: &str, value: FieldValue) -> Result<(), PayloadRefusal> {
        let fits = match value {
            FieldValue::Bool(_) => key == "vb",
            FieldValue::Integer(_) | FieldValue::Number(_) => key == "v",
            FieldValue::Text(_) => key == "vs",
        };
        if !fits || self.value.replace(value).is_some() {
            return Err(PayloadRefusal::SenmlValue);
        }
        Ok(())
    }

    /// The record with its base values; `None` if it only sets base values.
    fn resolved(self, base: &Base) -> Result<Option<Record>, PayloadRefusal> {
        let Some(value) = self.value else {
            let silent = self.says_base && self.name.is_none();
            return if silent { Ok(None) } else { Err(PayloadRefusal::SenmlValue) };
        };
        let value = match (base.value, value) {
            (None, value) => value,
            (Some(base), value @ (FieldValue::Integer(_) | FieldValue::Number(_))) => {
                FieldValue::Number(base + number(&value)?)
            }
            (Some(_), FieldValue::Bool(_) | FieldValue::Text(_)) => return Err(PayloadRefusal::SenmlBaseValue),
        };
        Ok(Some(Record {
            field: field_of(&base.name, self.name.as_deref().unwrap_or_default())?,
            unit: self.unit.or_else(|| base.unit.clone()),
            value,
            time_s: base.time_s + self.time_s.unwrap_or(0.0),
        }))
    }
}

/// The field that a resolved name stands for.
fn field_of(base: &str, name: &str) -> Result<String, PayloadRefusal> {
    let whole = alloc::format!("{base}{name}");
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':' | b'.' | b'/' | b'_');
    // RFC 8428 §4.5.1: starts with a letter or digit.
    if !whole.starts_with(|c: char| c.is_ascii_alphanumeric()) || !whole.bytes().all(allowed) {
        return Err(PayloadRefusal::SenmlName);
    }
    let last = whole.rsplit([':', '/']).next().unwrap_or_default();
    let field: String = last.chars().map(|c| if matches!(c, '-' | '.') { '_' } else { c }).collect();
    super::fields::check_name(&field).map_err(|_| PayloadRefusal::SenmlName)?;
    Ok(field)
}

#[expect(clippy::cast_precision_loss, reason = "integers are bounded to what f64 holds exactly")]
fn number(value: &FieldValue) -> Result<f64, PayloadRefusal> {
    match value {
        FieldValue::Integer(n) if n.unsigned_abs() <= INTEGER_MAX.unsigned_abs() => Ok(*n as f64),
        FieldValue::Number(x) if x.is_finite() => Ok(*x),
        FieldValue::Number(_) => Err(PayloadRefusal::NumberNotFinite),
        FieldValue::Integer(_) => Err(PayloadRefusal::IntegerOutOfRange),
        FieldValue::Bool(_) | FieldValue::Text(_) => Err(PayloadRefusal::ValueKind),
    }
}

#[cfg(test)]
mod tests;
