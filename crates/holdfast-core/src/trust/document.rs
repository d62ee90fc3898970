//! The content of a trust document, its encoding, and the two ways in which one becomes trusted.

use alloc::string::String;
use alloc::vec::Vec;

use super::role::{Role, Tally};
use super::{CERTIFICATE_BYTES_MAX, CERTIFICATES_MAX, DOMAIN_BYTES_MAX, TRUST_BYTES_MAX, TrustRefusal};
use crate::cbor::{CborError, Fault, Reader, Rules, item};
use crate::cose::{self, PublicKey, Sign};
use crate::hash::Sha256Digest;
use crate::suit::VendorId;
use crate::time::Timestamp;

/// What a trust document says. Anyone can make one; only [`TrustDocument`] is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustContent {
    /// Rises by exactly one, from 1.
    pub version: u64,
    /// The maker's domain name, lower case; names the vendor in every manifest.
    pub maker_domain: String,
    /// Who may sign the next trust document.
    pub root: Role,
    /// Who may sign releases.
    pub release: Role,
    /// Who states what is current.
    pub freshness: PublicKey,
    /// DER certificates of the operational authorities.
    pub operational_cas: Vec<Vec<u8>>,
    /// DER certificates of the factory authorities.
    pub factory_cas: Vec<Vec<u8>>,
    /// When it was made.
    pub created: Timestamp,
    /// Digest of the root role that the next version must have.
    pub next_root: Option<Sha256Digest>,
}

impl TrustContent {
    /// The document without any signature, ready for [`add_signature`](super::add_signature).
    ///
    /// # Errors
    /// A content that no verifier would take.
    pub fn to_unsigned(&self) -> Result<Vec<u8>, TrustRefusal> {
        let payload = self.encode();
        let read = Self::read(&payload)?;
        let document = cose::unsigned(&payload);
        if read == *self && document.len() <= TRUST_BYTES_MAX { Ok(document) } else { Err(TrustRefusal::OverLong) }
    }

    /// Reads what a document claims, and how far its own root has signed it: for showing it while signatures are
    /// being collected. Never trust it.
    ///
    /// # Errors
    /// Anything malformed.
    pub fn read_unverified(document: &[u8]) -> Result<(Self, Tally), TrustRefusal> {
        let (sign, content) = read_unverified(document)?;
        let tally = content.root.tally(&sign.claims(b"", None)?);
        Ok((content, tally))
    }

    fn encode(&self) -> Vec<u8> {
        item(|w| {
            w.map(8 + usize::from(self.next_root.is_some()));
            w.u64(1).u64(self.version).u64(2).text(&self.maker_domain);
            w.u64(3);
            self.root.write(w);
            w.u64(4);
            self.release.write(w);
            w.u64(5).raw(&self.freshness.to_cose_key());
            for (key, list) in [(6, &self.operational_cas), (7, &self.factory_cas)] {
                w.u64(key).array(list.len());
                for certificate in list {
                    w.bytes(certificate);
                }
            }
            w.u64(8).i64(self.created.as_micros());
            if let Some(digest) = &self.next_root {
                w.u64(9).bytes(digest.as_bytes());
            }
        })
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, TrustRefusal> {
        let mut reader = Reader::open(bytes, Rules::deterministic(TRUST_BYTES_MAX))?;
        let pairs = reader.map(9)?;
        if pairs < 8 {
            return Err(TrustRefusal::Missing(8));
        }
        // Keys ascend, so the eight that must be there can be asked for in turn.
        key(&mut reader, 1)?;
        let version = reader.u64()?;
        key(&mut reader, 2)?;
        let maker_domain = domain(reader.text(DOMAIN_BYTES_MAX)?)?;
        key(&mut reader, 3)?;
        let root = Role::read(&mut reader)?;
        key(&mut reader, 4)?;
        let release = Role::read(&mut reader)?;
        key(&mut reader, 5)?;
        let freshness = PublicKey::from_cose_key(reader.raw()?)?;
        key(&mut reader, 6)?;
        let operational_cas = certificates(&mut reader)?;
        key(&mut reader, 7)?;
        let factory_cas = certificates(&mut reader)?;
        key(&mut reader, 8)?;
        let created = i64::try_from(reader.u64()?).map_err(|_| CborError { fault: Fault::OutOfRange, at: 0 })?;
        let next_root = match pairs {
            9 => {
                key(&mut reader, 9)?;
                Some(Sha256Digest::from_bytes(reader.byte_array()?))
            }
            _ => None,
        };
        reader.end()?;
        if version == 0 {
            return Err(TrustRefusal::VersionNotNext { expected: 1, found: 0 });
        }
        if root.keys().contains(&freshness) || release.keys().contains(&freshness) {
            return Err(TrustRefusal::FreshnessKeyNotSeparate);
        }
        let created = Timestamp::from_micros(created);
        Ok(Self { version, maker_domain, root, release, freshness, operational_cas, factory_cas, created, next_root })
    }
}

fn key(reader: &mut Reader<'_>, expected: i64) -> Result<(), TrustRefusal> {
    match reader.i64()? {
        found if found == expected => Ok(()),
        found if (1..=9).contains(&found) => Err(TrustRefusal::Missing(expected)),
        found => Err(TrustRefusal::UnknownKey(found)),
    }
}

/// A domain name in lower case (RFC 1035 §2.3.1), so that it has one vendor identifier.
fn domain(text: &str) -> Result<String, TrustRefusal> {
    let label = |label: &str| {
        let inner = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        inner && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    if text.contains('.') && text.split('.').all(label) { Ok(text.into()) } else { Err(TrustRefusal::BadDomain) }
}

fn certificates(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, TrustRefusal> {
    let count = reader.array(CERTIFICATES_MAX)?;
    let mut list = Vec::with_capacity(count);
    for _ in 0..count {
        let certificate = reader.bytes()?;
        if certificate.is_empty() || certificate.len() > CERTIFICATE_BYTES_MAX {
            return Err(TrustRefusal::BadCertificate);
        }
        list.push(certificate.into());
    }
    Ok(list)
}

/// A trust document whose signatures were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustDocument {
    content: TrustContent,
}

impl TrustDocument {
    /// Opens a document that came by a trusted way, such as the factory: its own root must have signed it.
    ///
    /// # Errors
    /// Anything malformed; a wrong signature; too few distinct signers.
    pub fn open_first(bytes: &[u8]) -> Result<Self, TrustRefusal> {
        let (sign, content) = read_unverified(bytes)?;
        check_threshold(&sign, &content.root, TrustRefusal::TooFewOfNew)?;
        Ok(Self { content })
    }

    /// Opens the document that follows this one: exactly the next version, signed by the threshold of this root and
    /// by its own (TUF 1.0.34 §5.3.4, §5.3.5).
    ///
    /// # Errors
    /// Anything malformed; not the next version; another maker or an unannounced root; a wrong signature; too few.
    pub fn succeed(&self, bytes: &[u8]) -> Result<Self, TrustRefusal> {
        let (sign, content) = read_unverified(bytes)?;
        check_threshold(&sign, &self.content.root, TrustRefusal::TooFewOfCurrent)?;
        check_threshold(&sign, &content.root, TrustRefusal::TooFewOfNew)?;
        let expected = self.content.version.saturating_add(1);
        if content.version != expected {
            return Err(TrustRefusal::VersionNotNext { expected, found: content.version });
        }
        if content.maker_domain != self.content.maker_domain {
            return Err(TrustRefusal::OtherMaker);
        }
        match self.content.next_root {
            Some(announced) if announced != content.root.digest() => Err(TrustRefusal::RootNotAnnounced),
            _ => Ok(Self { content }),
        }
    }

    /// Everything the document says.
    #[must_use]
    pub const fn content(&self) -> &TrustContent {
        &self.content
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.content.version
    }

    /// The maker as manifests name it.
    #[must_use]
    pub fn vendor(&self) -> VendorId {
        VendorId::of_domain(&self.content.maker_domain)
    }
}

/// Reads a document and the content it claims. The content names the keys that must have signed it, so it is read
/// before they are checked; nothing of it leaves this module before.
pub(super) fn read_unverified(bytes: &[u8]) -> Result<(Sign<'_>, TrustContent), TrustRefusal> {
    if bytes.len() > TRUST_BYTES_MAX {
        return Err(TrustRefusal::OverLong);
    }
    let sign = Sign::parse(bytes)?;
    let payload = sign.unverified_payload().ok_or(TrustRefusal::Message(cose::CoseError::NoPayload))?;
    let content = TrustContent::read(payload)?;
    Ok((sign, content))
}

fn check_threshold(sign: &Sign<'_>, role: &Role, too_few: fn(Tally) -> TrustRefusal) -> Result<(), TrustRefusal> {
    let tally = role.tally(&sign.claims(b"", None)?);
    if tally.wrong > 0 {
        Err(TrustRefusal::WrongSignature)
    } else if tally.is_enough() {
        Ok(())
    } else {
        Err(too_few(tally))
    }
}
