//! X.509 certificates (RFC 5280): what stands in each kind that Holdfast issues, and reading them back.
//!
//! Every field is set here; nothing comes from a request except the public key.

use std::time::Duration;

use holdfast_core::id::DeviceId;
use holdfast_core::time::{Millis, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType, SerialNumber, SubjectPublicKeyInfo,
};
use rustls::pki_types::CertificateDer;
use thiserror::Error;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Random bytes in a certificate's serial number (RFC 5280 §4.1.2.2 allows 20 octets in all).
pub const SERIAL_BYTES: usize = 16;
/// Common name of every operational CA; its serial number tells them apart.
const OPERATIONAL_CA_NAME: &str = "Holdfast operational CA";
/// How many successors may follow each other below a CA that a device trusts.
const CROSS_DEPTH: u8 = 4;
/// Certificates are valid from a little before they are made, for clocks that are behind.
const CLOCK_SKEW: Millis = Millis::from_secs(300);
/// Subject attribute serialNumber (X.520), which names the device (IEEE 802.1AR §8.6).
const SERIAL_NUMBER_OID: [u64; 4] = [2, 5, 4, 5];
/// Start of the subject alternative name of an operational certificate.
pub(crate) const DEVICE_URN: &str = "urn:holdfast:device:";

/// Why a certificate cannot be made or used.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// It could not be made.
    #[error("the certificate cannot be made")]
    NotMade(#[from] rcgen::Error),
    /// The bytes are not one certificate, or its key cannot be used.
    #[error("the certificate or its key cannot be used")]
    Unusable,
}

impl CertificateError {
    /// Stable name for reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotMade(_) => "certificate-not-made",
            Self::Unusable => "certificate-unusable",
        }
    }
}

/// From when until when a certificate is valid, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First moment.
    pub not_before: Timestamp,
    /// Last moment.
    pub not_after: Timestamp,
}

impl Validity {
    /// A span of `life` from `now`, begun earlier by five minutes or a tenth of it, whichever is less.
    #[must_use]
    pub fn from(now: Timestamp, life: Millis) -> Self {
        let skew = Millis(CLOCK_SKEW.0.min(life.0 / 10));
        let back = i64::try_from(skew.0.saturating_mul(1_000)).unwrap_or(0);
        let not_before = whole_seconds(Timestamp::from_micros(now.as_micros().saturating_sub(back)));
        Self { not_before, not_after: whole_seconds(now.plus(life)) }
    }

    /// When two thirds of the span are over.
    #[must_use]
    pub fn renewal(self) -> Timestamp {
        self.not_before.plus(Millis(self.not_after.since(self.not_before).0 / 3 * 2))
    }

    /// Whether two thirds of the span are over, or it has not begun.
    #[must_use]
    pub fn renewal_due(self, now: Timestamp) -> bool {
        now >= self.renewal() || now < self.not_before
    }
}

fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_micros().div_euclid(1_000_000) * 1_000_000)
}

/// A serial number from random bytes: a leading 1 keeps it positive and of fixed length.
pub(super) fn serial_bytes(random: &[u8; SERIAL_BYTES]) -> Vec<u8> {
    let mut serial = vec![1];
    serial.extend_from_slice(random);
    serial
}

/// A serial number as the store keeps it: lower-case hexadecimal without the sign octet.
pub(crate) fn serial_text(serial: &[u8]) -> String {
    let digits = match serial {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    super::secret_file::hex(digits)
}

/// A moment as `rcgen` takes it. It has no way to name the type, which is not ours.
macro_rules! moment {
    ($at:expr) => {{
        let seconds = u64::try_from(Timestamp::as_micros($at) / 1_000_000).unwrap_or(0);
        rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(seconds)
    }};
}
pub(super) use moment;

/// Sets a certificate's validity.
fn set_validity(params: &mut CertificateParams, validity: Validity) {
    params.not_before = moment!(validity.not_before);
    params.not_after = moment!(validity.not_after);
}

fn base(serial: &[u8; SERIAL_BYTES], validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&serial_bytes(serial)));
    params.distinguished_name = DistinguishedName::new();
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, validity);
    params
}

fn serial_number_attribute(value: &str) -> Result<(DnType, DnValue), rcgen::Error> {
    Ok((DnType::CustomDnType(SERIAL_NUMBER_OID.to_vec()), DnValue::PrintableString(value.try_into()?)))
}

/// A self-signed CA certificate that signs end entities only; its name carries its serial number, so that no two CAs
/// share one.
pub(crate) fn ca_certificate(
    (name, maker): (&str, Option<&str>),
    key: &KeyPair,
    serial: &[u8; SERIAL_BYTES],
    validity: Validity,
) -> Result<CertificateDer<'static>, CertificateError> {
    let mut params = base(serial, validity);
    params.distinguished_name = ca_name(name, maker, serial)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params.self_signed(key)?.into())
}

fn ca_name(
    name: &str,
    maker: Option<&str>,
    serial: &[u8; SERIAL_BYTES],
) -> Result<DistinguishedName, CertificateError> {
    let mut distinguished = DistinguishedName::new();
    if let Some(maker) = maker {
        distinguished.push(DnType::OrganizationName, maker);
    }
    distinguished.push(DnType::CommonName, name);
    let (kind, value) = serial_number_attribute(&serial_text(&serial_bytes(serial)))?;
    distinguished.push(kind, value);
    Ok(distinguished)
}

/// The self-signed certificate of an operational CA. It may certify its successors, which is what cross certificates do.
pub(super) fn operational_ca(
    key: &KeyPair,
    serial: &[u8; SERIAL_BYTES],
    validity: Validity,
) -> Result<CertificateDer<'static>, CertificateError> {
    let mut params = base(serial, validity);
    params.distinguished_name = ca_name(OPERATIONAL_CA_NAME, None, serial)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(CROSS_DEPTH));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params.self_signed(key)?.into())
}

/// A cross certificate: the key and name of a newer operational CA, vouched for by the one before it.
pub(super) fn cross(
    before: &Issuer<'_, KeyPair>,
    (newer, newer_serial): (&[u8], &[u8; SERIAL_BYTES]),
    serial: &[u8; SERIAL_BYTES],
    validity: Validity,
) -> Result<CertificateDer<'static>, CertificateError> {
    let mut params = base(serial, validity);
    params.distinguished_name = ca_name(OPERATIONAL_CA_NAME, None, newer_serial)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(CROSS_DEPTH));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params.signed_by(&SubjectPublicKeyInfo::from_der(newer)?, before)?.into())
}

/// An operational certificate: the device's id as subject serialNumber and as URN, for client authentication only.
pub(super) fn ldevid(
    ca: &Issuer<'_, KeyPair>,
    device: &DeviceId,
    spki: &[u8],
    serial: &[u8; SERIAL_BYTES],
    validity: Validity,
) -> Result<CertificateDer<'static>, CertificateError> {
    let mut params = base(serial, validity);
    let (kind, value) = serial_number_attribute(device.as_str())?;
    params.distinguished_name.push(kind, value);
    params.subject_alt_names = vec![SanType::URI(format!("{DEVICE_URN}{device}").try_into()?)];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    Ok(params.signed_by(&SubjectPublicKeyInfo::from_der(spki)?, ca)?.into())
}

/// A factory identity (IEEE 802.1AR §8): device id and maker in the subject, no expiry.
pub(crate) fn idevid(
    ca: &Issuer<'_, KeyPair>,
    device: &DeviceId,
    maker: &str,
    spki: &[u8],
    (serial, now): (&[u8; SERIAL_BYTES], Timestamp),
) -> Result<CertificateDer<'static>, CertificateError> {
    let mut params = base(serial, Validity::from(now, Millis::from_secs(1)));
    // "No well-defined expiration date" is 99991231235959Z (RFC 5280 §4.1.2.5).
    params.not_after = rcgen::date_time_ymd(9999, 12, 31) + Duration::from_secs(86_399);
    params.distinguished_name.push(DnType::OrganizationName, maker);
    let (kind, value) = serial_number_attribute(device.as_str())?;
    params.distinguished_name.push(kind, value);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.is_ca = IsCa::ExplicitNoCa;
    Ok(params.signed_by(&SubjectPublicKeyInfo::from_der(spki)?, ca)?.into())
}

/// The certificate of the server's doors.
pub(super) fn door(
    ca: &Issuer<'_, KeyPair>,
    names: &[String],
    key: &KeyPair,
    serial: &[u8; SERIAL_BYTES],
    validity: Validity,
) -> Result<CertificateDer<'static>, CertificateError> {
    let mut params = base(serial, validity);
    params.subject_alt_names = CertificateParams::new(names.to_vec())?.subject_alt_names;
    params.distinguished_name.push(DnType::CommonName, "Holdfast server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    Ok(params.signed_by(key, ca)?.into())
}

/// Reads exactly one certificate.
pub(crate) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(CertificateError::Unusable),
    }
}

/// The `SubjectPublicKeyInfo` of a certificate.
pub(crate) fn spki_of<'a>(certificate: &'a CertificateDer<'_>) -> Result<&'a [u8], CertificateError> {
    Ok(parse(certificate)?.tbs_certificate.subject_pki.raw)
}

/// The validity of a certificate.
pub(crate) fn validity_of(certificate: &CertificateDer<'_>) -> Result<Validity, CertificateError> {
    let parsed = parse(certificate)?;
    let at = |seconds: i64| Timestamp::from_micros(seconds.saturating_mul(1_000_000));
    let validity = parsed.validity();
    Ok(Validity { not_before: at(validity.not_before.timestamp()), not_after: at(validity.not_after.timestamp()) })
}

/// Whether a stored door certificate was issued by this CA for exactly these names.
pub(super) fn is_door_of(door: &CertificateDer<'_>, ca: &CertificateDer<'_>, names: &[String]) -> bool {
    let (Ok(door), Ok(ca)) = (parse(door), parse(ca)) else { return false };
    let Ok(wanted) = CertificateParams::new(names.to_vec()) else { return false };
    let Ok(Some(present)) = door.subject_alternative_name() else { return false };
    let same = |(name, wanted): (&GeneralName<'_>, &SanType)| match (name, wanted) {
        (GeneralName::DNSName(a), SanType::DnsName(b)) => *a == b.as_str(),
        (GeneralName::IPAddress(a), SanType::IpAddress(b)) => match b {
            std::net::IpAddr::V4(b) => *a == b.octets(),
            std::net::IpAddr::V6(b) => *a == b.octets(),
        },
        _ => false,
    };
    let present = &present.value.general_names;
    door.issuer().as_raw() == ca.subject().as_raw()
        && present.len() == wanted.subject_alt_names.len()
        && present.iter().zip(&wanted.subject_alt_names).all(same)
}
