//! Who is at the other end: the one place where a presented certificate becomes a `Peer`.
//!
//! rustls has already checked chain, time and purpose. Here the identity is read, and the kind is decided by whose
//! signature is on it, never by how the certificate looks: a factory CA cannot make an operational identity.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::DeviceId;
use holdfast_domain::fleet::KeyThumbprint;
use rustls::pki_types::CertificateDer;
use thiserror::Error;
use x509_parser::oid_registry::OID_X509_SERIALNUMBER;
use x509_parser::prelude::{GeneralName, X509Certificate};

use crate::authority::{CertificateError, DEVICE_URN, parse, serial_text};

/// Which of its two identities a device shows (DESIGN §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerKind {
    /// Made at the factory; enrols and attests only.
    Factory,
    /// Issued by the operational CA for daily traffic.
    Operational,
}

/// A device that came through mutual TLS. Made by [`Peer::from_chain`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    device: DeviceId,
    serial: String,
    key: KeyThumbprint,
    kind: PeerKind,
    issuer: KeyThumbprint,
}

/// Why a certificate that passed TLS names no device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PeerError {
    /// No certificate was presented.
    #[error("no client certificate was presented")]
    Missing,
    /// It cannot be read.
    #[error("the client certificate cannot be read")]
    Malformed,
    /// It names no device, or something that is not a device id.
    #[error("the client certificate names no device")]
    NoIdentity,
    /// It names more than one device.
    #[error("the client certificate names more than one device")]
    Ambiguous,
}

impl PeerError {
    /// Stable name for counters and refusals.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "peer-certificate-missing",
            Self::Malformed => "peer-certificate-malformed",
            Self::NoIdentity => "peer-identity-missing",
            Self::Ambiguous => "peer-identity-ambiguous",
        }
    }
}

impl From<CertificateError> for PeerError {
    fn from(_: CertificateError) -> Self {
        Self::Malformed
    }
}

/// CA certificates as their names and public keys, to tell by signature who issued a certificate.
#[derive(Debug, Clone, Default)]
pub struct Issuers(Vec<Anchor>);

#[derive(Debug, Clone)]
struct Anchor {
    name: Vec<u8>,
    point: Vec<u8>,
    key: KeyThumbprint,
}

impl Issuers {
    /// Reads CA certificates.
    ///
    /// # Errors
    /// [`CertificateError`] if one is not a certificate.
    pub fn new(certificates: &[CertificateDer<'_>]) -> Result<Self, CertificateError> {
        let anchor = |der: &CertificateDer<'_>| {
            let parsed = parse(der)?;
            let spki = &parsed.tbs_certificate.subject_pki;
            Ok(Anchor {
                name: parsed.subject().as_raw().to_vec(),
                point: spki.subject_public_key.data.to_vec(),
                key: KeyThumbprint(*Sha256Digest::of(spki.raw).as_bytes()),
            })
        };
        certificates.iter().map(anchor).collect::<Result<_, _>>().map(Self)
    }

    /// The one whose signature is on the certificate.
    fn of(&self, certificate: &X509Certificate<'_>) -> Option<&Anchor> {
        self.0.iter().find(|anchor| {
            anchor.name == certificate.issuer().as_raw()
                && UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &anchor.point)
                    .verify(certificate.tbs_certificate.as_ref(), &certificate.signature_value.data)
                    .is_ok()
        })
    }
}

impl Peer {
    /// Reads the device from the chain it presented, end entity first.
    ///
    /// `operational` are the CAs whose signature makes an operational identity, `factory` those of the current trust
    /// document (none at a door that admits operational identities only).
    ///
    /// # Errors
    /// [`PeerError`], by name.
    pub fn from_chain(
        chain: &[CertificateDer<'_>],
        operational: &Issuers,
        factory: &Issuers,
    ) -> Result<Self, PeerError> {
        let certificate = parse(chain.first().ok_or(PeerError::Missing)?)?;
        let (kind, issuer) = match (operational.of(&certificate), factory.of(&certificate)) {
            (Some(anchor), _) => (PeerKind::Operational, anchor.key),
            (None, Some(anchor)) => (PeerKind::Factory, anchor.key),
            (None, None) => return Err(PeerError::NoIdentity),
        };
        let subject = subject_device(&certificate)?;
        if kind == PeerKind::Operational && urn_device(&certificate)? != subject {
            return Err(PeerError::Ambiguous);
        }
        let spki = certificate.tbs_certificate.subject_pki.raw;
        Ok(Self {
            device: subject,
            serial: serial_text(certificate.tbs_certificate.raw_serial()),
            key: KeyThumbprint(*Sha256Digest::of(spki).as_bytes()),
            kind,
            issuer,
        })
    }

    /// The device.
    #[must_use]
    pub const fn device(&self) -> &DeviceId {
        &self.device
    }

    /// Serial number of the certificate, lower-case hexadecimal.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// SHA-256 of the certificate's `SubjectPublicKeyInfo`.
    #[must_use]
    pub const fn key(&self) -> KeyThumbprint {
        self.key
    }

    /// Factory or operational identity.
    #[must_use]
    pub const fn kind(&self) -> PeerKind {
        self.kind
    }

    /// SHA-256 of the issuing CA's `SubjectPublicKeyInfo`.
    #[must_use]
    pub const fn issuer(&self) -> KeyThumbprint {
        self.issuer
    }
}

/// The only subject serialNumber (IEEE 802.1AR §8.6).
pub(crate) fn subject_device(certificate: &X509Certificate<'_>) -> Result<DeviceId, PeerError> {
    let mut values = certificate.subject().iter_by_oid(&OID_X509_SERIALNUMBER);
    let (Some(value), None) = (values.next(), values.next()) else {
        let none = certificate.subject().iter_by_oid(&OID_X509_SERIALNUMBER).next().is_none();
        return Err(if none { PeerError::NoIdentity } else { PeerError::Ambiguous });
    };
    value.as_str().ok().and_then(|text| text.parse().ok()).ok_or(PeerError::NoIdentity)
}

/// The only device URN among the subject alternative names.
fn urn_device(certificate: &X509Certificate<'_>) -> Result<DeviceId, PeerError> {
    let names = certificate.subject_alternative_name().map_err(|_| PeerError::Malformed)?;
    let names = names.ok_or(PeerError::NoIdentity)?;
    match names.value.general_names.as_slice() {
        [GeneralName::URI(uri)] => {
            uri.strip_prefix(DEVICE_URN).and_then(|id| id.parse().ok()).ok_or(PeerError::NoIdentity)
        }
        [] | [_] => Err(PeerError::NoIdentity),
        _ => Err(PeerError::Ambiguous),
    }
}
