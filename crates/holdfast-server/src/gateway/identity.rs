//! Who is at the other end: reads the certificate that mutual TLS has verified.
//!
//! Chain, validity and proof of possession are TLS's work (`crate::tls`); whether this certificate may still be used is
//! the device table's. This file only turns bytes into a [`Peer`].

use std::net::IpAddr;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::DeviceId;
use holdfast_domain::fleet::KeyThumbprint;
use rustls::ServerConnection;
use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Start of the URI that names a device in its operational certificate.
const DEVICE_URI: &str = "urn:holdfast:device:";

/// The device at the other end, as its verified certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer {
    /// Its id, from the certificate's URI (RFC 5280 §4.2.1.6).
    pub(super) device: DeviceId,
    /// Serial number of the certificate, lower-case hexadecimal.
    pub(super) serial: String,
    /// SHA-256 of the certificate's key.
    pub(super) key: KeyThumbprint,
    /// From where it connected.
    pub(super) address: IpAddr,
}

/// Why a verified certificate does not name a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPeer {
    /// TLS was done without a client certificate.
    Missing,
    /// The certificate cannot be read.
    Unreadable,
    /// It has no device URI, or more than one, or one that is not a device id.
    NoDevice,
}

impl NoPeer {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Missing => "certificate-missing",
            Self::Unreadable => "certificate-unreadable",
            Self::NoDevice => "certificate-without-device",
        }
    }
}

/// Reads the peer of a finished handshake.
pub(super) fn peer(connection: &ServerConnection, address: IpAddr) -> Result<Peer, NoPeer> {
    let leaf = connection.peer_certificates().and_then(<[CertificateDer<'_>]>::first).ok_or(NoPeer::Missing)?;
    read(leaf, address)
}

fn read(leaf: &CertificateDer<'_>, address: IpAddr) -> Result<Peer, NoPeer> {
    let (_, certificate) = X509Certificate::from_der(leaf).map_err(|_| NoPeer::Unreadable)?;
    let names = certificate.subject_alternative_name().map_err(|_| NoPeer::Unreadable)?.ok_or(NoPeer::NoDevice)?;
    let mut devices = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => uri.strip_prefix(DEVICE_URI),
        _ => None,
    });
    let (Some(device), None) = (devices.next(), devices.next()) else {
        return Err(NoPeer::NoDevice);
    };
    Ok(Peer {
        device: device.parse().map_err(|_| NoPeer::NoDevice)?,
        serial: hex_serial(certificate.raw_serial()),
        key: KeyThumbprint(*Sha256Digest::of(certificate.public_key().raw).as_bytes()),
        address,
    })
}

/// A serial number without the zero bytes that DER puts in front.
fn hex_serial(raw: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(raw.len() * 2);
    for byte in raw.iter().skip_while(|byte| **byte == 0) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
