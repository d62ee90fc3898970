//! Deterministic writing: heads in their shortest form. The caller puts map keys in ascending order, or lets `sorted`.

use alloc::vec::Vec;

/// Appends encoded values to a growing buffer. Writing to memory cannot fail.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self { out: Vec::new() }
    }

    /// The encoded bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    #[expect(clippy::cast_possible_truncation, reason = "each arm's range fits the width it is cut to")]
    fn head(&mut self, major: u8, value: u64) -> &mut Self {
        let major = major << 5;
        match value {
            0..24 => self.out.push(major | value as u8),
            24..0x100 => self.out.extend([major | 0x18, value as u8]),
            0x100..0x1_0000 => {
                self.out.push(major | 0x19);
                self.out.extend((value as u16).to_be_bytes());
            }
            0x1_0000..0x1_0000_0000 => {
                self.out.push(major | 0x1a);
                self.out.extend((value as u32).to_be_bytes());
            }
            _ => {
                self.out.push(major | 0x1b);
                self.out.extend(value.to_be_bytes());
            }
        }
        self
    }

    /// An integer from 0.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.head(0, value)
    }

    /// Any integer of 64 signed bits.
    pub fn i64(&mut self, value: i64) -> &mut Self {
        // -1 - n is the bitwise complement of n (RFC 8949 §3.1).
        if value < 0 { self.head(1, (!value).cast_unsigned()) } else { self.head(0, value.cast_unsigned()) }
    }

    /// A byte string.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(2, value.len() as u64);
        self.out.extend_from_slice(value);
        self
    }

    /// A text string.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.head(3, value.len() as u64);
        self.out.extend_from_slice(value.as_bytes());
        self
    }

    /// The head of an array; `count` items must follow.
    pub fn array(&mut self, count: usize) -> &mut Self {
        self.head(4, count as u64)
    }

    /// The head of a map; `count` pairs must follow, keys ascending.
    pub fn map(&mut self, count: usize) -> &mut Self {
        self.head(5, count as u64)
    }

    /// A tag; the tagged item must follow.
    pub fn tag(&mut self, number: u64) -> &mut Self {
        self.head(6, number)
    }

    /// `true` or `false`.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.out.push(if value { 0xf5 } else { 0xf4 });
        self
    }

    /// `null`.
    pub fn null(&mut self) -> &mut Self {
        self.out.push(0xf6);
        self
    }

    /// An item that is already encoded.
    pub fn raw(&mut self, item: &[u8]) -> &mut Self {
        self.out.extend_from_slice(item);
        self
    }

    /// A whole map from encoded pairs, put into ascending key order.
    pub fn sorted(&mut self, mut pairs: Vec<(Vec<u8>, Vec<u8>)>) -> &mut Self {
        pairs.sort();
        self.map(pairs.len());
        for (key, value) in &pairs {
            self.raw(key).raw(value);
        }
        self
    }
}

/// One encoded item, written by `fill`.
#[must_use]
pub fn item(fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    fill(&mut writer);
    writer.into_bytes()
}
