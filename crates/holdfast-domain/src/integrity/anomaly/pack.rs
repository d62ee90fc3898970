//! Detector state as few bytes: big-endian figures one after the other, the less exact ones in two bytes (bfloat16).

use super::narrow;

/// Collects bytes.
#[derive(Debug, Default)]
pub(super) struct Packer(Vec<u8>);

impl Packer {
    pub(super) fn u8(&mut self, n: u8) {
        self.0.push(n);
    }

    pub(super) fn u16(&mut self, n: u16) {
        self.0.extend_from_slice(&n.to_be_bytes());
    }

    pub(super) fn u32(&mut self, n: u32) {
        self.0.extend_from_slice(&n.to_be_bytes());
    }

    pub(super) fn u64(&mut self, n: u64) {
        self.0.extend_from_slice(&n.to_be_bytes());
    }

    pub(super) fn f32(&mut self, x: f32) {
        self.0.extend_from_slice(&x.to_be_bytes());
    }

    /// The upper half of a figure: two to three decimal places are kept, which is enough for a spread or a sum.
    pub(super) fn half(&mut self, x: f32) {
        let [a, b, c, _] = x.to_be_bytes();
        let rounded = u16::from_be_bytes([a, b]).saturating_add(u16::from(c >= 0x80));
        // Rounding up to what is no number any more would be a surprise.
        let whole = f32::from_bits(u32::from(rounded) << 16);
        self.u16(if whole.is_finite() { rounded } else { u16::from_be_bytes([a, b]) });
    }

    pub(super) fn i8s(&mut self, all: &[i8]) {
        self.0.extend(all.iter().map(|n| n.to_be_bytes()[0]));
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Takes bytes apart again; what is missing is `None`.
#[derive(Debug)]
pub(super) struct Unpacker<'a>(&'a [u8]);

impl<'a> Unpacker<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[n]| n)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    /// A finite figure; a stored one that is not finite fits no state.
    pub(super) fn f32(&mut self) -> Option<f32> {
        self.take().map(f32::from_be_bytes).filter(|x| x.is_finite()).map(|x| narrow(f64::from(x)))
    }

    pub(super) fn half(&mut self) -> Option<f32> {
        self.u16().map(|upper| f32::from_bits(u32::from(upper) << 16)).filter(|x| x.is_finite())
    }

    pub(super) fn i8s<const N: usize>(&mut self) -> Option<[i8; N]> {
        self.take::<N>().map(|bytes| bytes.map(|n| i8::from_be_bytes([n])))
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
