//! A small record kept in two places, so that a cut or a torn write can cost the newest change, never the record.
//!
//! Generation `n` lives in copy `n mod 2`: a write always replaces the older copy. A copy counts only if its length,
//! place and CRC-32 (ISO 3309, polynomial 0xEDB88320) fit. The CRC finds accidents; it is no protection against an
//! attacker, which is what the signatures on what the record points at are for.

use alloc::vec::Vec;

const MAGIC: [u8; 4] = *b"HFC1";
const HEADER_BYTES: usize = 4 + 8 + 4;
const CRC_BYTES: usize = 4;

/// Most bytes of payload that one copy may hold.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// Which copy holds `generation`: 0 or 1.
#[must_use]
pub const fn place_of(generation: u64) -> u8 {
    if generation.is_multiple_of(2) { 0 } else { 1 }
}

/// The bytes of one copy.
#[must_use]
pub fn encode(generation: u64, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES + payload.len() + CRC_BYTES);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&generation.to_le_bytes());
    out.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(payload);
    let crc = crc32(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

/// The newest copy that is whole, as its generation and payload; `None` if neither is.
#[must_use]
pub fn newest<'a>(copy_0: &'a [u8], copy_1: &'a [u8]) -> Option<(u64, &'a [u8])> {
    match (decode(copy_0, 0), decode(copy_1, 1)) {
        (Some(zero), Some(one)) if zero.0 > one.0 => Some(zero),
        (zero, None) => zero,
        (_, one) => one,
    }
}

fn decode(bytes: &[u8], place: u8) -> Option<(u64, &[u8])> {
    let (body, crc) = bytes.split_last_chunk::<CRC_BYTES>()?;
    if crc32(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let (magic, rest) = body.split_first_chunk::<4>()?;
    let (generation, rest) = rest.split_first_chunk::<8>()?;
    let (length, payload) = rest.split_first_chunk::<4>()?;
    let generation = u64::from_le_bytes(*generation);
    let fits = *magic == MAGIC
        && usize::try_from(u32::from_le_bytes(*length)) == Ok(payload.len())
        && payload.len() <= PAYLOAD_BYTES_MAX
        && place_of(generation) == place;
    fits.then_some((generation, payload))
}

/// CRC-32 as in ISO 3309 and IEEE 802.3, bit by bit: records are short and written seldom.
#[must_use]
pub fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_crc_is_the_one_everybody_means() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926, "check value of CRC-32/ISO-HDLC");
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn the_newer_whole_copy_wins() {
        let (old, new) = (encode(4, b"old"), encode(5, b"new"));
        assert_eq!(newest(&old, &new), Some((5, b"new".as_slice())));
        assert_eq!(newest(&old, &new[..new.len() - 1]), Some((4, b"old".as_slice())));
        assert_eq!(newest(&new, &old), None, "a copy in the other's place does not count");
        assert_eq!(newest(&[], &[]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(a: Vec<u8>, b: Vec<u8>) {
            let _ = newest(&a, &b);
        }

        #[test]
        fn one_flipped_bit_never_passes(at in 0_usize..27 * 8) {
            let mut copy = encode(2, b"payload");
            prop_assert_eq!(copy.len(), 27);
            copy[at / 8] ^= 1 << (at % 8);
            prop_assert_eq!(newest(&copy, &[]), None);
        }
    }
}
