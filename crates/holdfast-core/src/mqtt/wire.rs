//! The data types of MQTT 5.0 §1.5 and nothing above them: integers, strings, binary data, variable byte integers.

use alloc::vec::Vec;

use super::encode::Unencodable;
use super::malformed::Malformed;

/// Largest value of a variable byte integer (§1.5.5).
pub(super) const VARINT_MAX: u32 = 268_435_455;

/// Reads a variable byte integer and its length in bytes; `None` if `bytes` ends before it does.
pub(super) fn varint(bytes: &[u8]) -> Result<Option<(u32, usize)>, Malformed> {
    let mut value = 0_u32;
    for (at, &byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            if byte == 0 && at > 0 {
                return Err(Malformed::VarintNotMinimal);
            }
            return Ok(Some((value, at + 1)));
        }
    }
    if bytes.len() >= 4 { Err(Malformed::VarintTooLong) } else { Ok(None) }
}

/// Walks over the body of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything that is left.
    pub(super) const fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Ends the body: nothing may be left.
    pub(super) const fn end(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::BodyTooLong) }
    }

    pub(super) fn take(&mut self, bytes: usize) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self.rest.split_at_checked(bytes).ok_or(Malformed::BodyTooShort)?;
        self.rest = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(Malformed::BodyTooShort)?;
        self.rest = tail;
        Ok(*head)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn varint(&mut self) -> Result<u32, Malformed> {
        let (value, bytes) = varint(self.rest)?.ok_or(Malformed::BodyTooShort)?;
        self.take(bytes)?;
        Ok(value)
    }

    pub(super) fn binary(&mut self) -> Result<&'a [u8], Malformed> {
        let bytes = self.u16()?;
        self.take(usize::from(bytes))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        let bytes = self.binary()?;
        if bytes.contains(&0) {
            return Err(Malformed::TextWithNull);
        }
        core::str::from_utf8(bytes).map_err(|_| Malformed::TextNotUtf8)
    }
}

pub(super) fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

pub(super) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Writes a variable byte integer in its shortest form; a value above [`VARINT_MAX`] is refused.
pub(super) fn put_varint(out: &mut Vec<u8>, value: u32) -> Result<(), Unencodable> {
    if value > VARINT_MAX {
        return Err(Unencodable::PacketTooLong);
    }
    let mut left = value;
    loop {
        let [low, ..] = (left & 0x7f).to_le_bytes();
        left >>= 7;
        if left == 0 {
            out.push(low);
            return Ok(());
        }
        out.push(low | 0x80);
    }
}

pub(super) fn put_binary(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Unencodable> {
    let length = u16::try_from(bytes.len()).map_err(|_| Unencodable::FieldTooLong)?;
    put_u16(out, length);
    out.extend_from_slice(bytes);
    Ok(())
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) -> Result<(), Unencodable> {
    put_binary(out, text.as_bytes())
}
