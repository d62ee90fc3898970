//! The part of JSON (RFC 8259) that flat messages need: objects, strings, numbers, true and false.
//!
//! Reads without building a tree, so that a message costs no more than its values; refuses whatever the grammar does,
//! and double keys are seen by the caller, which general readers hide.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{FieldValue, Fields, PayloadRefusal, Qualities, Source, text};

/// Walks over a JSON text.
pub(super) struct Json<'a> {
    text: &'a str,
    at: usize,
}

/// Whether a key was already read from this object.
pub(super) struct Object {
    started: bool,
}

impl<'a> Json<'a> {
    pub(super) fn new(payload: &'a [u8]) -> Result<Self, PayloadRefusal> {
        let text = core::str::from_utf8(payload).map_err(|_| PayloadRefusal::TextNotUtf8)?;
        Ok(Self { text, at: 0 })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not blank, not yet taken.
    fn peek_token(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.peek()
    }

    fn take(&mut self, byte: u8) -> Result<(), PayloadRefusal> {
        if self.peek_token() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(PayloadRefusal::Syntax)
    }

    fn word(&mut self, word: &str) -> Result<(), PayloadRefusal> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(());
        }
        Err(PayloadRefusal::Syntax)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, PayloadRefusal> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let plain = self.text.get(start..self.at).ok_or(PayloadRefusal::Syntax)?;
                    self.at += 1;
                    return Ok(Cow::Borrowed(plain));
                }
                Some(b'\\') => return self.escaped(start).map(Cow::Owned),
                Some(0..0x20) | None => return Err(PayloadRefusal::Syntax),
                Some(_) => self.at += 1,
            }
        }
    }

    /// The rest of a string in which an escape was met.
    fn escaped(&mut self, start: usize) -> Result<String, PayloadRefusal> {
        let mut out = String::new();
        let mut copied = start;
        loop {
            let byte = self.peek().ok_or(PayloadRefusal::Syntax)?;
            if byte == b'"' || byte == b'\\' {
                out.push_str(self.text.get(copied..self.at).ok_or(PayloadRefusal::Syntax)?);
            }
            self.at += 1;
            match byte {
                b'"' => return Ok(out),
                b'\\' => {
                    out.push(self.escape()?);
                    copied = self.at;
                }
                0..0x20 => return Err(PayloadRefusal::Syntax),
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Result<char, PayloadRefusal> {
        let byte = self.peek().ok_or(PayloadRefusal::Syntax)?;
        self.at += 1;
        match byte {
            b'"' | b'\\' | b'/' => Ok(char::from(byte)),
            b'b' => Ok('\u{8}'),
            b'f' => Ok('\u{c}'),
            b'n' => Ok('\n'),
            b'r' => Ok('\r'),
            b't' => Ok('\t'),
            b'u' => self.code_point(),
            _ => Err(PayloadRefusal::Syntax),
        }
    }

    /// Four hexadecimal digits, or two such units where the first is a high surrogate (RFC 8259 §7).
    fn code_point(&mut self) -> Result<char, PayloadRefusal> {
        let unit = self.unit()?;
        let code = match unit {
            0xd800..=0xdbff => {
                self.word("\\u")?;
                match self.unit()? {
                    low @ 0xdc00..=0xdfff => 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
                    _ => return Err(PayloadRefusal::TextNotUtf8),
                }
            }
            _ => unit,
        };
        char::from_u32(code).ok_or(PayloadRefusal::TextNotUtf8)
    }

    fn unit(&mut self) -> Result<u32, PayloadRefusal> {
        let digits = self.text.get(self.at..).and_then(|rest| rest.get(..4)).ok_or(PayloadRefusal::Syntax)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(PayloadRefusal::Syntax);
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| PayloadRefusal::Syntax)
    }

    fn digits(&mut self) -> Result<(), PayloadRefusal> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(PayloadRefusal::Syntax) } else { Ok(()) }
    }

    /// A number; one without fraction and exponent is an integer (RFC 8259 §6).
    fn number(&mut self) -> Result<FieldValue, PayloadRefusal> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let first_digit = self.at;
        self.digits()?;
        if leading_zero && self.at > first_digit + 1 {
            return Err(PayloadRefusal::Syntax);
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
            whole = false;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
            whole = false;
        }
        let written = self.text.get(start..self.at).ok_or(PayloadRefusal::Syntax)?;
        if whole {
            return written.parse().map(FieldValue::Integer).map_err(|_| PayloadRefusal::IntegerOutOfRange);
        }
        let number: f64 = written.parse().map_err(|_| PayloadRefusal::Syntax)?;
        if number.is_finite() { Ok(FieldValue::Number(number)) } else { Err(PayloadRefusal::NumberNotFinite) }
    }
}

impl<'a> Source<'a> for Json<'a> {
    type Map = Object;

    fn open_map(&mut self) -> Result<Object, PayloadRefusal> {
        match self.peek_token() {
            Some(b'{') => {
                self.at += 1;
                Ok(Object { started: false })
            }
            Some(b'"' | b'[' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9') => Err(PayloadRefusal::EnvelopeValue),
            _ => Err(PayloadRefusal::Syntax),
        }
    }

    fn next_key(&mut self, object: &mut Object) -> Result<Option<Cow<'a, str>>, PayloadRefusal> {
        if self.peek_token() == Some(b'}') {
            self.at += 1;
            return Ok(None);
        }
        if object.started {
            self.take(b',')?;
        }
        object.started = true;
        let key = self.string()?;
        self.take(b':')?;
        Ok(Some(key))
    }

    fn value(&mut self) -> Result<FieldValue, PayloadRefusal> {
        match self.peek_token() {
            Some(b'"') => text(&self.string()?),
            Some(b't') => self.word("true").map(|()| FieldValue::Bool(true)),
            Some(b'f') => self.word("false").map(|()| FieldValue::Bool(false)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.word("null").and(Err(PayloadRefusal::ValueKind)),
            Some(b'{' | b'[') => Err(PayloadRefusal::NotFlat),
            _ => Err(PayloadRefusal::Syntax),
        }
    }

    type List = Object;

    fn open_list(&mut self) -> Result<Object, PayloadRefusal> {
        match self.peek_token() {
            Some(b'[') => {
                self.at += 1;
                Ok(Object { started: false })
            }
            Some(b'"' | b'{' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9') => Err(PayloadRefusal::EnvelopeValue),
            _ => Err(PayloadRefusal::Syntax),
        }
    }

    fn next_item(&mut self, list: &mut Object) -> Result<bool, PayloadRefusal> {
        if self.peek_token() == Some(b']') {
            self.at += 1;
            return Ok(false);
        }
        if list.started {
            self.take(b',')?;
        }
        list.started = true;
        Ok(true)
    }

    fn text_within(&mut self, bytes_max: usize) -> Result<Cow<'a, str>, PayloadRefusal> {
        match self.peek_token() {
            Some(b'"') => {}
            Some(b'{' | b'[' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9') => return Err(PayloadRefusal::ValueKind),
            _ => return Err(PayloadRefusal::Syntax),
        }
        let text = self.string()?;
        if text.len() > bytes_max { Err(PayloadRefusal::TextTooLong) } else { Ok(text) }
    }

    fn blob(&mut self, bytes_max: usize) -> Result<Vec<u8>, PayloadRefusal> {
        if !matches!(self.peek_token(), Some(b'"')) {
            return Err(PayloadRefusal::SignatureForm);
        }
        let text = self.string()?;
        if text.len() > bytes_max.div_ceil(3) * 4 {
            return Err(PayloadRefusal::SignatureForm);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text.as_bytes()).map_err(|_| PayloadRefusal::SignatureForm)?;
        if bytes.len() > bytes_max { Err(PayloadRefusal::SignatureForm) } else { Ok(bytes) }
    }

    fn end(&mut self) -> Result<(), PayloadRefusal> {
        if self.peek_token().is_none() { Ok(()) } else { Err(PayloadRefusal::TrailingBytes) }
    }
}

/// Writes the fields as an object, in the order of their names.
pub(super) fn write_fields(fields: &Fields, out: &mut String) {
    out.push('{');
    for (at, (name, value)) in fields.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_text(name, out);
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

/// Writes qualities as an object of words, in the order of their names.
pub(super) fn write_qualities(qualities: &Qualities, out: &mut String) {
    out.push('{');
    for (at, (name, quality)) in qualities.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_text(name, out);
        out.push(':');
        write_text(quality.word(), out);
    }
    out.push('}');
}

fn write_value(value: &FieldValue, out: &mut String) {
    // Writing into a `String` cannot fail. The `Debug` form of a number always has a point or an exponent, so that it
    // reads back as a number and not as an integer.
    match value {
        FieldValue::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        FieldValue::Integer(n) => write!(out, "{n}").unwrap_or_default(),
        FieldValue::Number(x) => write!(out, "{x:?}").unwrap_or_default(),
        FieldValue::Text(text) => write_text(text, out),
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..' ' => write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
            _ => out.push(c),
        }
    }
    out.push('"');
}
