//! The part of CBOR (RFC 8949) that flat messages need: maps, text, integers, floats, true and false.
//!
//! Lengths must be definite. Unlike for signed objects, any width of integers and floats is taken: a small device's
//! encoder may know only one.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};

use super::{FieldValue, PayloadRefusal, Source, text};

/// Tag of a decimal fraction (RFC 8949 §3.4.4).
const DECIMAL_FRACTION: u64 = 4;
/// Largest magnitude of a decimal exponent.
const EXPONENT_MAX: u64 = 400;

/// Walks over one CBOR item.
pub(super) struct Cbor<'a> {
    decoder: Decoder<'a>,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other types of CBOR are refused alike")]
impl<'a> Cbor<'a> {
    pub(super) fn new(payload: &'a [u8]) -> Self {
        Self { decoder: Decoder::new(payload) }
    }

    fn kind(&self) -> Result<Type, PayloadRefusal> {
        self.decoder.datatype().map_err(|_| PayloadRefusal::Syntax)
    }

    fn text(&mut self) -> Result<&'a str, PayloadRefusal> {
        match self.kind()? {
            Type::String => {
                // A failure is either a length beyond the input or bytes that are not UTF-8.
                let is_short = |e: &Error| e.is_end_of_input();
                self.decoder
                    .str()
                    .map_err(|e| if is_short(&e) { PayloadRefusal::Syntax } else { PayloadRefusal::TextNotUtf8 })
            }
            Type::StringIndef => Err(PayloadRefusal::IndefiniteLength),
            _ => Err(PayloadRefusal::ValueKind),
        }
    }

    fn integer(&mut self) -> Result<FieldValue, PayloadRefusal> {
        let wide = self.decoder.int().map_err(|_| PayloadRefusal::Syntax)?;
        i64::try_from(wide).map(FieldValue::Integer).map_err(|_| PayloadRefusal::IntegerOutOfRange)
    }

    /// The next key of a `SenML` record: one of the integers that stand for labels (RFC 8428 §6), or a text.
    pub(super) fn next_label(&mut self, left: &mut u64) -> Result<Option<Cow<'a, str>>, PayloadRefusal> {
        if matches!(self.kind_if(*left), Some(Type::String | Type::StringIndef)) || *left == 0 {
            return self.next_key(left);
        }
        *left -= 1;
        let label = match self.integer()? {
            FieldValue::Integer(n) => super::senml::label(n).ok_or(PayloadRefusal::EnvelopeKeyUnknown)?,
            _ => return Err(PayloadRefusal::ValueKind),
        };
        Ok(Some(Cow::Borrowed(label)))
    }

    fn kind_if(&self, left: u64) -> Option<Type> {
        if left == 0 { None } else { self.kind().ok() }
    }

    /// A number, also as a decimal fraction: tag 4, exponent and mantissa (RFC 8949 §3.4.4, RFC 8428 §6).
    pub(super) fn measured(&mut self) -> Result<FieldValue, PayloadRefusal> {
        if self.kind()? != Type::Tag {
            return self.value();
        }
        let syntax = |_: Error| PayloadRefusal::Syntax;
        if self.decoder.tag().map_err(syntax)?.as_u64() != DECIMAL_FRACTION {
            return Err(PayloadRefusal::ValueKind);
        }
        let mut list = self.open_list()?;
        if list != 2 {
            return Err(PayloadRefusal::ValueKind);
        }
        self.next_item(&mut list)?;
        let exponent = self.integer()?;
        self.next_item(&mut list)?;
        let mantissa = self.integer()?;
        let (FieldValue::Integer(exponent), FieldValue::Integer(mantissa)) = (exponent, mantissa) else {
            return Err(PayloadRefusal::ValueKind);
        };
        if exponent.unsigned_abs() > EXPONENT_MAX {
            return Err(PayloadRefusal::NumberNotFinite);
        }
        // Read as text, so that the nearest number is found as for every other way of writing it.
        let number: f64 = alloc::format!("{mantissa}e{exponent}").parse().map_err(|_| PayloadRefusal::Syntax)?;
        if number.is_finite() { Ok(FieldValue::Number(number)) } else { Err(PayloadRefusal::NumberNotFinite) }
    }

    /// Half precision, which the decoder leaves to us (RFC 8949 appendix D).
    fn half(&mut self) -> Result<f64, PayloadRefusal> {
        let at = self.decoder.position();
        let [_, high, low, ..] = *self.decoder.input().get(at..).unwrap_or_default() else {
            return Err(PayloadRefusal::Syntax);
        };
        self.decoder.set_position(at + 3);
        Ok(half_to_f64(u16::from_be_bytes([high, low])))
    }
}

/// Widens a number of half precision (IEEE 754 binary16).
fn half_to_f64(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x03ff);
    let exponent = i32::from(bits >> 10 & 0x1f);
    let magnitude = match exponent {
        0 => fraction * power_of_two(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * power_of_two(exponent - 25),
    };
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}

/// 2 to a small power, by its exponent field: exact, and without a mathematics library.
fn power_of_two(exponent: i32) -> f64 {
    let biased = u64::try_from(exponent.saturating_add(1023)).unwrap_or_default();
    f64::from_bits(biased << 52)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other types of CBOR are refused alike")]
impl<'a> Source<'a> for Cbor<'a> {
    /// Pairs left.
    type Map = u64;

    fn open_map(&mut self) -> Result<u64, PayloadRefusal> {
        match self.kind()? {
            Type::Map => {
                self.decoder.map().map_err(|_| PayloadRefusal::Syntax)?.ok_or(PayloadRefusal::IndefiniteLength)
            }
            Type::MapIndef => Err(PayloadRefusal::IndefiniteLength),
            _ => Err(PayloadRefusal::EnvelopeValue),
        }
    }

    fn next_key(&mut self, left: &mut u64) -> Result<Option<Cow<'a, str>>, PayloadRefusal> {
        let Some(fewer) = left.checked_sub(1) else { return Ok(None) };
        *left = fewer;
        let key = self.text()?;
        if key.contains('\0') { Err(PayloadRefusal::TextWithNull) } else { Ok(Some(Cow::Borrowed(key))) }
    }

    fn value(&mut self) -> Result<FieldValue, PayloadRefusal> {
        let syntax = |_: Error| PayloadRefusal::Syntax;
        match self.kind()? {
            Type::Bool => self.decoder.bool().map(FieldValue::Bool).map_err(syntax),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
                self.integer()
            }
            Type::F16 => self.half().map(FieldValue::Number),
            Type::F32 => self.decoder.f32().map(|x| FieldValue::Number(f64::from(x))).map_err(syntax),
            Type::F64 => self.decoder.f64().map(FieldValue::Number).map_err(syntax),
            Type::String | Type::StringIndef => text(self.text()?),
            Type::Array | Type::ArrayIndef | Type::Map | Type::MapIndef => Err(PayloadRefusal::NotFlat),
            _ => Err(PayloadRefusal::ValueKind),
        }
    }

    type List = u64;

    fn open_list(&mut self) -> Result<u64, PayloadRefusal> {
        match self.kind()? {
            Type::Array => {
                self.decoder.array().map_err(|_| PayloadRefusal::Syntax)?.ok_or(PayloadRefusal::IndefiniteLength)
            }
            Type::ArrayIndef => Err(PayloadRefusal::IndefiniteLength),
            _ => Err(PayloadRefusal::EnvelopeValue),
        }
    }

    fn next_item(&mut self, left: &mut u64) -> Result<bool, PayloadRefusal> {
        let Some(fewer) = left.checked_sub(1) else { return Ok(false) };
        *left = fewer;
        Ok(true)
    }

    fn text_within(&mut self, bytes_max: usize) -> Result<Cow<'a, str>, PayloadRefusal> {
        let text = self.text()?;
        if text.len() > bytes_max { Err(PayloadRefusal::TextTooLong) } else { Ok(Cow::Borrowed(text)) }
    }

    fn blob(&mut self, bytes_max: usize) -> Result<Vec<u8>, PayloadRefusal> {
        if self.kind()? != Type::Bytes {
            return Err(PayloadRefusal::SignatureForm);
        }
        let bytes = self.decoder.bytes().map_err(|_| PayloadRefusal::Syntax)?;
        if bytes.len() > bytes_max { Err(PayloadRefusal::SignatureForm) } else { Ok(bytes.to_vec()) }
    }

    fn end(&mut self) -> Result<(), PayloadRefusal> {
        if self.decoder.position() == self.decoder.input().len() { Ok(()) } else { Err(PayloadRefusal::TrailingBytes) }
    }
}
