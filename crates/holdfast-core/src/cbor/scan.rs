//! One strict pass over an encoded item: well-formed, shortest, definite, unique keys, bounded depth and size.
//!
//! It allocates only the list of keys of the maps it is inside of. Source: RFC 8949 §3 and §4.2.

use alloc::vec::Vec;

use super::{CborError, DEPTH_MAX, Fault, KeyOrder, Rules};

pub(super) fn whole(bytes: &[u8], rules: Rules) -> Result<(), CborError> {
    if bytes.len() > rules.bytes_max {
        return Err(CborError { fault: Fault::OverLong, at: rules.bytes_max });
    }
    let mut scan = Scan { bytes, at: 0, keys: rules.keys };
    scan.item(0)?;
    if scan.at < bytes.len() { Err(scan.fault(Fault::TrailingBytes)) } else { Ok(()) }
}

/// End position of the item that starts at `start`.
pub(super) fn item_end(bytes: &[u8], start: usize, keys: KeyOrder) -> Result<usize, CborError> {
    let mut scan = Scan { bytes, at: start, keys };
    scan.item(0)?;
    Ok(scan.at)
}

struct Scan<'b> {
    bytes: &'b [u8],
    at: usize,
    keys: KeyOrder,
}

impl<'b> Scan<'b> {
    fn fault(&self, fault: Fault) -> CborError {
        CborError { fault, at: self.at }
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], CborError> {
        let end = self.at.checked_add(count).ok_or(self.fault(Fault::Truncated))?;
        let taken = self.bytes.get(self.at..end).ok_or(self.fault(Fault::Truncated))?;
        self.at = end;
        Ok(taken)
    }

    fn argument(&mut self, info: u8) -> Result<u64, CborError> {
        let (width, least): (usize, u64) = match info {
            0..=23 => return Ok(u64::from(info)),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            31 => return Err(self.fault(Fault::IndefiniteLength)),
            _ => return Err(self.fault(Fault::Reserved)),
        };
        let value = self.take(width)?.iter().fold(0_u64, |sum, b| (sum << 8) | u64::from(*b));
        if value < least { Err(self.fault(Fault::NotShortest)) } else { Ok(value) }
    }

    /// A count of items or bytes; one that is larger than what is left cannot be satisfied.
    fn count(&mut self, info: u8) -> Result<usize, CborError> {
        let count = usize::try_from(self.argument(info)?).map_err(|_| self.fault(Fault::Truncated))?;
        if count > self.bytes.len().saturating_sub(self.at) { Err(self.fault(Fault::Truncated)) } else { Ok(count) }
    }

    fn item(&mut self, depth: usize) -> Result<(), CborError> {
        if depth > DEPTH_MAX {
            return Err(self.fault(Fault::TooDeep));
        }
        let head = self.take(1)?.first().copied().unwrap_or(0);
        let (major, info) = (head >> 5, head & 0x1f);
        match major {
            0 | 1 => self.argument(info).map(|_| ()),
            2 => {
                let count = self.count(info)?;
                self.take(count).map(|_| ())
            }
            3 => {
                let count = self.count(info)?;
                let text = self.take(count)?;
                core::str::from_utf8(text).map(|_| ()).map_err(|_| self.fault(Fault::InvalidText))
            }
            4 => {
                let count = self.count(info)?;
                (0..count).try_for_each(|_| self.item(depth + 1))
            }
            5 => {
                let count = self.count(info)?;
                self.map(count, depth)
            }
            6 => {
                self.argument(info)?;
                self.item(depth + 1)
            }
            _ => self.simple_or_float(info),
        }
    }

    fn map(&mut self, count: usize, depth: usize) -> Result<(), CborError> {
        let start = self.at;
        let mut last: Option<&[u8]> = None;
        let mut all: Vec<&[u8]> = Vec::new();
        for _ in 0..count {
            let at = self.at;
            self.item(depth + 1)?;
            let key = self.bytes.get(at..self.at).unwrap_or_default();
            match self.keys {
                KeyOrder::Sorted => match last.replace(key) {
                    Some(last) if last == key => return Err(CborError { fault: Fault::DuplicateKey, at }),
                    Some(last) if last > key => return Err(CborError { fault: Fault::UnsortedKeys, at }),
                    _ => {}
                },
                KeyOrder::Any => all.push(key),
            }
            self.item(depth + 1)?;
        }
        // Sorting once keeps a map of many keys from costing more than its size.
        all.sort_unstable();
        let twice = all.iter().zip(all.iter().skip(1)).any(|(a, b)| a == b);
        if twice { Err(CborError { fault: Fault::DuplicateKey, at: start }) } else { Ok(()) }
    }

    fn simple_or_float(&mut self, info: u8) -> Result<(), CborError> {
        match info {
            0..=23 => Ok(()),
            24 => {
                let value = self.take(1)?.first().copied().unwrap_or(0);
                if value < 32 { Err(self.fault(Fault::Reserved)) } else { Ok(()) }
            }
            25 => self.take(2).map(|_| ()),
            26 => {
                let bits = self.take(4)?.iter().fold(0_u32, |sum, b| (sum << 8) | u32::from(*b));
                if fits_half(bits) { Err(self.fault(Fault::NotShortest)) } else { Ok(()) }
            }
            27 => {
                let bits = self.take(8)?.iter().fold(0_u64, |sum, b| (sum << 8) | u64::from(*b));
                if fits_single(bits) { Err(self.fault(Fault::NotShortest)) } else { Ok(()) }
            }
            31 => Err(self.fault(Fault::IndefiniteLength)),
            _ => Err(self.fault(Fault::Reserved)),
        }
    }
}

/// Whether a single-precision float keeps its value in half precision (RFC 8949 §4.2.1).
fn fits_half(bits: u32) -> bool {
    let (exponent, fraction) = ((bits >> 23) & 0xff, bits & 0x7f_ffff);
    match exponent {
        0 => fraction == 0,
        // Subnormal halves: 2^-24 is the unit, so the lower the exponent the fewer fraction bits remain.
        103..=112 => fraction.trailing_zeros() >= 126 - exponent,
        113..=142 | 255 => fraction.trailing_zeros() >= 13,
        _ => false,
    }
}

/// Whether a double-precision float keeps its value in single precision.
fn fits_single(bits: u64) -> bool {
    let (exponent, fraction) = ((bits >> 52) & 0x7ff, bits & 0xf_ffff_ffff_ffff);
    match exponent {
        0 => fraction == 0,
        874..=896 => u64::from(fraction.trailing_zeros()) >= 926 - exponent,
        897..=1150 | 2047 => fraction.trailing_zeros() >= 29,
        _ => false,
    }
}
