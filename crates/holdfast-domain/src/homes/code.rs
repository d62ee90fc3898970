//! The code on a device's label: its text, how it is found, how it is compared. The server never keeps a code.
//!
//! A code is found by eight bytes of a digest of its own, and decided by the salted digest of its factory manifest. Both
//! are useless for finding a code: it holds at least 130 random bits.

use std::fmt;

use holdfast_core::hash::Hasher;

use crate::fleet::ClaimCode;

/// Fewest characters of a claim code: 26 of base32 hold 130 bits.
pub const CODE_CHARS_MIN: usize = 26;
/// Most characters of a claim code.
pub const CODE_CHARS_MAX: usize = 64;
/// What a look-up is made of before the code, so that it is no part of any other digest.
const LOOKUP_CONTEXT: &[u8] = b"holdfast-claim-lookup-1\0";

/// What a code is found by: the first eight bytes of a SHA-256 of its own.
pub type Lookup = [u8; 8];

/// The code on a label: capitals and digits of base32 (RFC 4648 §6), at least 130 bits. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimText(String);

impl fmt::Debug for ClaimText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimText(..)")
    }
}

impl ClaimText {
    /// Reads a code as people and QR codes give it: small letters, spaces and hyphens are no matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let separator = |c: &char| c.is_ascii_whitespace() || *c == '-';
        let plain: String = text.chars().filter(|c| !separator(c)).map(|c| c.to_ascii_uppercase()).collect();
        let base32 = plain.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
        (base32 && (CODE_CHARS_MIN..=CODE_CHARS_MAX).contains(&plain.len())).then_some(Self(plain))
    }

    /// The code as it stands in an address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is found by.
    #[must_use]
    pub fn lookup(&self) -> Lookup {
        let mut hasher = Hasher::new();
        hasher.update(LOOKUP_CONTEXT);
        hasher.update(self.0.as_bytes());
        let digest = hasher.finish();
        std::array::from_fn(|at| digest.as_bytes().get(at).copied().unwrap_or_default())
    }

    /// What decides: SHA-256 of the salt and the code.
    #[must_use]
    pub fn hash(&self, salt: &[u8; 16]) -> [u8; 32] {
        let mut hasher = Hasher::new();
        hasher.update(salt);
        hasher.update(self.0.as_bytes());
        *hasher.finish().as_bytes()
    }

    /// Whether it is the code of which the manifest holds the digest; takes the same time whatever differs.
    #[must_use]
    pub fn is(&self, kept: &ClaimCode) -> bool {
        let differ = self.hash(&kept.salt).iter().zip(&kept.hash).fold(0, |differ, (a, b)| differ | (a ^ b));
        std::hint::black_box(differ) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    #[test]
    fn a_code_is_read_as_people_type_it_and_as_a_link_holds_it() {
        let code = ClaimText::parse(CODE).expect("a code");
        let spaced = "abcd-efgh-ijkl-mnop qrst-uvwx-yz23-4567";
        assert_eq!(ClaimText::parse(spaced), Some(code.clone()));
        assert_eq!(code.as_str(), CODE);
        assert_eq!(format!("{code:?}"), "ClaimText(..)");
    }

    #[test]
    fn what_is_short_long_or_foreign_is_no_code() {
        let long = "A".repeat(65);
        for bad in
            ["", "ABC", &CODE[..25], &long, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234568", &"é".repeat(30), &" ".repeat(200)]
        {
            assert_eq!(ClaimText::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_salted_digest_decides_and_the_look_up_is_another_one() {
        let code = ClaimText::parse(CODE).expect("a code");
        let other = ClaimText::parse("ABCDEFGHIJKLMNOPQRSTUVWXYZ234566").expect("a code");
        let device = crate::fixture::device_id(1);
        let kept = ClaimCode { device, salt: [7; 16], hash: code.hash(&[7; 16]), lookup: Some(code.lookup()) };
        assert!(code.is(&kept) && !other.is(&kept));
        assert!(!code.is(&ClaimCode { salt: [8; 16], ..kept.clone() }));
        assert_ne!(code.lookup(), other.lookup());
        assert_ne!(code.lookup()[..], code.hash(&[0; 16])[..8]);
    }
}
