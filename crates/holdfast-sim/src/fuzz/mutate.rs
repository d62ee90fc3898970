//! A small mutator with its own generator: the same seed gives the same inputs on every machine.

/// A generator of the xorshift family (Marsaglia 2003, period 2^64 − 1); good enough to choose bytes to damage.
#[derive(Debug, Clone)]
pub struct Mutator {
    state: u64,
}

/// Bytes that mean something in one of the formats.
const TELLING: [u8; 24] = [
    0x00, 0x01, 0x17, 0x18, 0x1b, 0x1f, 0x20, 0x30, 0x3b, 0x40, 0x58, 0x5b, 0x5f, 0x7f, 0x80, 0x9b, 0xa0, 0xbf, 0xd8,
    0xf7, 0xfb, 0xff, b'"', b'{',
];
/// Longest run that one step inserts or removes.
const RUN_BYTES_MAX: usize = 16;
/// Most steps of one mutation.
const STEPS_MAX: usize = 5;

impl Mutator {
    /// A mutator whose choices follow from `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed | 1 }
    }

    fn next(&mut self) -> u64 {
        let mut x = self.state;
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.state = x;
        x.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`; 0 if there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let wide = u64::try_from(end).unwrap_or(u64::MAX);
        self.next().checked_rem(wide).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        let [low, ..] = self.next().to_le_bytes();
        if low & 1 == 0 { TELLING.get(self.below(TELLING.len())).copied().unwrap_or(low) } else { low }
    }

    /// A damaged copy of `input`; `other` lends bytes.
    pub fn mutate(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut out = input.to_vec();
        for _ in 0..=self.below(STEPS_MAX) {
            self.step(&mut out, other);
        }
        out
    }

    fn step(&mut self, out: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(out.len());
        let run = 1 + self.below(RUN_BYTES_MAX);
        match self.below(8) {
            0 => {
                let bit = self.below(8);
                if let Some(byte) = out.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            1 | 2 => {
                let value = self.byte();
                if let Some(byte) = out.get_mut(at) {
                    *byte = value;
                }
            }
            3 => {
                let value = self.byte();
                out.splice(at..at, std::iter::repeat_n(value, if run.is_multiple_of(2) { 1 } else { run }));
            }
            4 => {
                out.drain(at..out.len().min(at + run));
            }
            5 => {
                let copy = out.get(at..out.len().min(at + run)).unwrap_or_default().to_vec();
                let to = self.below(out.len());
                out.splice(to..to, copy);
            }
            6 => {
                let from = self.below(other.len());
                let copy = other.get(from..other.len().min(from + run * 2)).unwrap_or_default().to_vec();
                let end = out.len().min(at + copy.len());
                out.splice(at..end, copy);
            }
            _ => out.truncate(at),
        }
    }
}
