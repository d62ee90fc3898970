//! `SUIT_Digest`: an algorithm and its digest; only SHA-256 is accepted (draft-ietf-suit-manifest-37 §10).

use alloc::vec::Vec;

use super::{ENVELOPE_BYTES_MAX, SuitError};
use crate::cbor::{Reader, Rules, Writer, item};
use crate::hash::Sha256Digest;

const SHA_256: i64 = -16;

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Sha256Digest, SuitError> {
    reader.array_of(2)?;
    match reader.i64()? {
        SHA_256 => Ok(Sha256Digest::from_bytes(reader.byte_array()?)),
        other => Err(SuitError::UnsupportedDigest(other)),
    }
}

/// Reads a digest that is wrapped in a byte string.
pub(super) fn read_wrapped(bytes: &[u8]) -> Result<Sha256Digest, SuitError> {
    let mut reader = Reader::open(bytes, Rules::deterministic(ENVELOPE_BYTES_MAX))?;
    let digest = read(&mut reader)?;
    reader.end()?;
    Ok(digest)
}

pub(super) fn write(writer: &mut Writer, digest: &Sha256Digest) {
    writer.array(2).i64(SHA_256).bytes(digest.as_bytes());
}

pub(super) fn encode(digest: &Sha256Digest) -> Vec<u8> {
    item(|w| write(w, digest))
}

/// The digest over a byte string including its head, as the draft wants it for manifests and members (§8.3, §8.4.12).
pub(super) fn of_wrapped(content: &[u8]) -> Sha256Digest {
    Sha256Digest::of(&item(|w| {
        w.bytes(content);
    }))
}
