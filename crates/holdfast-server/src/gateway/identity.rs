//! Who is at the other end: reads the certificate that mutual TLS has verified.
//!
//! Chain, validity and proof of possession are TLS's work: this door trusts operational CAs only (`crate::tls`), so the
//! issuer is not checked again. Whether the certificate may still be used is the device table's matter.

use std::net::IpAddr;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::DeviceId;
use holdfast_domain::fleet::KeyThumbprint;
use rustls::ServerConnection;
use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;

use crate::authority::{DEVICE_URN, parse, serial_text};
use crate::tls::peer::PeerError;

/// The device at the other end, as its verified operational certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// Its id, from the certificate's URI (RFC 5280 §4.2.1.6).
    pub(super) device: DeviceId,
    /// Serial number of the certificate, lower-case hexadecimal.
    pub(super) serial: String,
    /// SHA-256 of the certificate's key.
    pub(super) key: KeyThumbprint,
    /// From where it connected.
    pub(super) address: IpAddr,
}

/// Reads the identity of a finished handshake.
pub(super) fn identity(connection: &ServerConnection, address: IpAddr) -> Result<Identity, PeerError> {
    let leaf = connection.peer_certificates().and_then(<[CertificateDer<'_>]>::first).ok_or(PeerError::Missing)?;
    let certificate = parse(leaf)?;
    let names = certificate.subject_alternative_name().map_err(|_| PeerError::Malformed)?;
    let names = names.ok_or(PeerError::NoIdentity)?;
    let mut devices = names.value.general_names.iter().filter_map(|name| {
        let GeneralName::URI(uri) = name else { return None };
        uri.strip_prefix(DEVICE_URN)
    });
    let device = devices.next().ok_or(PeerError::NoIdentity)?;
    if devices.next().is_some() {
        return Err(PeerError::Ambiguous);
    }
    Ok(Identity {
        device: device.parse().map_err(|_| PeerError::NoIdentity)?,
        serial: serial_text(certificate.raw_serial()),
        key: KeyThumbprint(*Sha256Digest::of(certificate.public_key().raw).as_bytes()),
        address,
    })
}
