//! The device's private keys: made, kept and used in a process of their own, which the rest of the agent asks.
//!
//! Rooms: `wire` (what is asked), `purpose` (what may be signed), `vault` (what is kept, by whom it is answered), `file` and
//! `tpm` (where keys live), `seal` (secrets at rest), `process` (the key process), `remote` (how the agent asks it),
//! `accounts` (as which users the two run). Certificates are public and not here; see `credential`.

mod accounts;
mod file;
mod process;
mod purpose;
mod remote;
mod seal;
#[cfg(test)]
mod tests;
#[cfg(feature = "tpm")]
mod tpm;
mod vault;
mod wire;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::device_state::CredentialSlot;
use crate::fault::Fault;

pub(crate) use accounts::{hand_over, take_own_user};
pub(crate) use file::pkcs8_of_pem;
pub(crate) use process::serve;
pub(crate) use purpose::Purpose;
pub(crate) use remote::{Keys, RemoteKey};
pub(crate) use vault::{Refusal, Store, Terms, Vault, secret_name};
pub(crate) use wire::{Request, parse_answer};

/// A place for one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySlot {
    /// Made once, in the factory: enrols and gives evidence.
    Factory,
    /// One of the two operational keys.
    Operational(CredentialSlot),
}

impl KeySlot {
    /// All of them.
    pub(crate) const ALL: [Self; 3] =
        [Self::Factory, Self::Operational(CredentialSlot::A), Self::Operational(CredentialSlot::B)];

    /// Its name on the wire and on disk.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Factory => "factory",
            Self::Operational(CredentialSlot::A) => "ldevid-a",
            Self::Operational(CredentialSlot::B) => "ldevid-b",
        }
    }

    /// The slot of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.name() == name)
    }
}

impl From<CredentialSlot> for KeySlot {
    fn from(slot: CredentialSlot) -> Self {
        Self::Operational(slot)
    }
}

/// `SubjectPublicKeyInfo` of P-256 up to the coordinates (RFC 5480 §2): id-ecPublicKey, prime256v1, uncompressed.
const SPKI_HEAD: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
/// Bytes before the uncompressed point, which starts with 4.
const POINT_AT: usize = 26;

/// The `SubjectPublicKeyInfo` of an uncompressed point (SEC 1 §2.3.3), which starts with 4.
fn spki_of(point: &[u8]) -> Option<Vec<u8>> {
    let coordinates = point.strip_prefix(&[4]).filter(|coordinates| coordinates.len() == 64)?;
    Some([&SPKI_HEAD, coordinates].concat())
}

/// An ECDSA signature as TLS and certificates carry it, from r and s in 32 bytes each (RFC 3279 §2.2.3).
fn der_of(signature: &[u8; 64]) -> Vec<u8> {
    let (r, s) = signature.split_at(32);
    let mut integers = Vec::with_capacity(70);
    for number in [r, s] {
        let zeros = number.iter().take_while(|byte| **byte == 0).count().min(31);
        let digits = number.get(zeros..).unwrap_or_default();
        let pad = digits.first().is_some_and(|first| *first >= 0x80);
        integers.extend([0x02, u8::try_from(digits.len() + usize::from(pad)).unwrap_or(0)]);
        integers.extend(pad.then_some(0));
        integers.extend_from_slice(digits);
    }
    let mut out = vec![0x30, u8::try_from(integers.len()).unwrap_or(0)];
    out.append(&mut integers);
    out
}

/// Reads a PEM file of certificates, leaf first; `None` if the file is not there.
pub(crate) fn load_chain(path: &std::path::Path) -> Result<Option<Vec<CertificateDer<'static>>>, Fault> {
    let Some(pem) = crate::durable::read(path)? else { return Ok(None) };
    chain_from_pem(&pem).map(Some).ok_or_else(|| Fault::content(path, "holds no PEM certificate"))
}

/// The certificates in a file's text; `None` if there is none, or one cannot be read.
pub(crate) fn chain_from_pem(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    chain.ok().filter(|chain| !chain.is_empty())
}
