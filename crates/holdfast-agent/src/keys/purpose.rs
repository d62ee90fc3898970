//! What the key process signs: two forms of message, told by their structure, each with the keys that may sign it.
//!
//! A stolen network process can ask for these signatures while it lives; it cannot turn the key into one that signs
//! releases, certificates, commands or anything else.

use holdfast_core::attest::{EVIDENCE_BYTES_MAX, PROFILE};
use holdfast_core::cbor::{CborError, Kind, Reader, Rules};

use super::{KeySlot, Refusal};

/// What stands before the hash in what a TLS 1.3 client signs (RFC 8446 §4.4.3): 64 spaces, context, a zero.
const CLIENT_VERIFY_SPACES: usize = 64;
/// See [`CLIENT_VERIFY_SPACES`].
const CLIENT_VERIFY_CONTEXT: &[u8] = b"TLS 1.3, client CertificateVerify\0";
/// Bytes of the transcript's hash: SHA-256 or SHA-384.
const TRANSCRIPT_BYTES: [usize; 2] = [32, 48];
/// Bytes of a `Sig_structure` around the claims.
const SIG_STRUCTURE_BYTES_EXTRA: usize = 64;
/// Label of the algorithm in a COSE header, and ESP256 (RFC 9052 §3.1, RFC 9864 §2.1).
const ALGORITHM: (i64, i64) = (1, -9);
/// Claim of the profile (RFC 9711 §4.3.2).
const PROFILE_CLAIM: i64 = 265;
/// Most claims in evidence.
const CLAIMS_MAX: usize = 32;

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The client's proof in a TLS 1.3 handshake. The signature comes as DER.
    TlsClientVerify,
    /// Evidence of what runs (EAT), by the factory key. The signature comes as r and s.
    Evidence,
}

impl Purpose {
    /// Its name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::TlsClientVerify => "tls-client-verify",
            Self::Evidence => "evidence",
        }
    }

    /// The purpose of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::TlsClientVerify, Self::Evidence].into_iter().find(|purpose| purpose.name() == name)
    }

    /// Whether a key may sign this message for this purpose.
    pub(crate) fn check(self, slot: KeySlot, message: &[u8]) -> Result<(), Refusal> {
        match (self, slot) {
            (Self::TlsClientVerify, _) => {
                if is_client_verify(message) {
                    Ok(())
                } else {
                    Err(Refusal::NotClientVerify)
                }
            }
            (Self::Evidence, KeySlot::Factory) => {
                if matches!(is_evidence(message), Ok(true)) {
                    Ok(())
                } else {
                    Err(Refusal::NotEvidence)
                }
            }
            (Self::Evidence, KeySlot::Operational(_)) => Err(Refusal::SlotNotForPurpose),
        }
    }
}

fn is_client_verify(message: &[u8]) -> bool {
    let Some((spaces, rest)) = message.split_at_checked(CLIENT_VERIFY_SPACES) else { return false };
    let hash = rest.strip_prefix(CLIENT_VERIFY_CONTEXT);
    spaces.iter().all(|byte| *byte == b' ') && hash.is_some_and(|hash| TRANSCRIPT_BYTES.contains(&hash.len()))
}

/// `Sig_structure` of a `COSE_Sign1` (RFC 9052 §4.4) by ESP256, without outside data, over claims of our profile.
fn is_evidence(message: &[u8]) -> Result<bool, CborError> {
    let mut outer = Reader::open(message, Rules::deterministic(EVIDENCE_BYTES_MAX + SIG_STRUCTURE_BYTES_EXTRA))?;
    outer.array_of(4)?;
    let context = outer.text(16)?;
    let (protected, aad, claims) = (outer.bytes()?, outer.bytes()?, outer.bytes()?);
    outer.end()?;
    let mut header = Reader::open(protected, Rules::deterministic(16))?;
    let header_is_ours = header.map(1)? == 1 && (header.i64()?, header.i64()?) == ALGORITHM;
    header.end()?;
    let mut reader = Reader::open(claims, Rules::deterministic(EVIDENCE_BYTES_MAX))?;
    let mut is_ours = false;
    for _ in 0..reader.map(CLAIMS_MAX)? {
        let label = reader.i64()?;
        if label == PROFILE_CLAIM && reader.peek() == Kind::Text {
            is_ours = reader.text(256)? == PROFILE;
        } else {
            reader.raw()?;
        }
    }
    reader.end()?;
    Ok(context == "Signature1" && header_is_ours && aad.is_empty() && is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device_state::CredentialSlot;
    use holdfast_core::attest::{BootState, Evidence};
    use holdfast_core::cbor::item;
    use holdfast_core::cose::{PublicKey, SignError, Signer, SoftwareKey, sign1_attached};
    use holdfast_core::hash::Sha256Digest;
    use holdfast_core::statement::Nonce;
    use holdfast_core::update::boot::Slot;

    const OPERATIONAL: KeySlot = KeySlot::Operational(CredentialSlot::A);

    /// Keeps what it is asked to sign.
    struct Listening(SoftwareKey, std::cell::RefCell<Vec<u8>>);

    impl Signer for Listening {
        fn public_key(&self) -> PublicKey {
            self.0.public_key()
        }

        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
            *self.1.borrow_mut() = message.to_vec();
            self.0.sign(message)
        }
    }

    fn key() -> Listening {
        Listening(SoftwareKey::p256(&[7; 32]).unwrap(), std::cell::RefCell::default())
    }

    fn evidence() -> Vec<u8> {
        let key = key();
        let digest = Sha256Digest::of(b"image");
        let evidence = Evidence {
            nonce: Nonce::new(&[3; 32]).unwrap(),
            uptime_s: 5,
            boot_count: 2,
            version: "1.0.0".to_owned(),
            slot: Slot::A,
            image_digest: digest,
            manifest_digest: digest,
            sequence: 1,
            security_floor: 0,
            boot_state: BootState::Committed,
        };
        evidence.sign(&key).unwrap();
        key.1.take()
    }

    fn client_verify(hash_bytes: usize) -> Vec<u8> {
        [[b' '; 64].as_slice(), b"TLS 1.3, client CertificateVerify\0", &vec![0xaa; hash_bytes]].concat()
    }

    fn check(purpose: Purpose, slot: KeySlot, message: &[u8], expected: Result<(), Refusal>) {
        assert_eq!(purpose.check(slot, message), expected, "{purpose:?} {slot:?} {message:02x?}");
    }

    #[test]
    fn tls_proofs_of_both_hashes_are_signed_by_any_key() {
        for slot in KeySlot::ALL {
            check(Purpose::TlsClientVerify, slot, &client_verify(32), Ok(()));
            check(Purpose::TlsClientVerify, slot, &client_verify(48), Ok(()));
        }
    }

    #[test]
    fn what_is_not_exactly_a_clients_tls_proof_is_not_signed() {
        let refused = |message: &[u8]| {
            check(Purpose::TlsClientVerify, OPERATIONAL, message, Err(Refusal::NotClientVerify));
        };
        for hash_bytes in [0, 31, 33, 64] {
            refused(&client_verify(hash_bytes));
        }
        let mut tab = client_verify(32);
        tab[63] = b'\t';
        refused(&tab);
        let server = String::from_utf8_lossy(&client_verify(32)[..98]).replace("client", "server");
        refused(&[server.as_bytes(), &[0xaa; 32]].concat());
        refused(b"");
        refused(&evidence());
    }

    #[test]
    fn evidence_is_signed_by_the_factory_key_alone() {
        check(Purpose::Evidence, KeySlot::Factory, &evidence(), Ok(()));
        check(Purpose::Evidence, OPERATIONAL, &evidence(), Err(Refusal::SlotNotForPurpose));
    }

    #[test]
    fn a_signed_message_that_is_no_evidence_is_not_signed() {
        let refused = |message: &[u8]| check(Purpose::Evidence, KeySlot::Factory, message, Err(Refusal::NotEvidence));
        let signed = |aad: &[u8], claims: &[u8]| {
            let key = key();
            sign1_attached(&key, aad, claims).unwrap();
            key.1.take()
        };
        let claims = item(|w| {
            w.map(1).i64(265).text(PROFILE);
        });
        check(Purpose::Evidence, KeySlot::Factory, &signed(b"", &claims), Ok(()));
        refused(&signed(b"holdfast-order-1", &claims));
        refused(&signed(
            b"",
            &item(|w| {
                w.map(1).i64(265).text("tag:other,2026:eat");
            }),
        ));
        refused(&signed(
            b"",
            &item(|w| {
                w.map(1).i64(10).text(PROFILE);
            }),
        ));
        refused(&signed(b"", b"a statement"));
        refused(&client_verify(32));
        let mut whole = evidence();
        whole.push(0);
        refused(&whole);
    }
}
