//! Targets for what the server reads besides: certification requests, certificates, factory manifests, secrets of people.

use holdfast_core::hash::Sha256Digest;
use holdfast_server::authority::{RequestedKey, secret_file};
use holdfast_server::factory::{FactoryManifest, claim_hash, claim_text};
use holdfast_server::tls::peer::{Issuers, Peer};
use holdfast_web::backend::credentials::Ticket;
use holdfast_web::secret::Secret;
use rustls::pki_types::CertificateDer;

pub(super) fn certification_request(data: &[u8]) {
    if let Ok(key) = RequestedKey::from_request(data) {
        assert_eq!(key.thumbprint().0, *Sha256Digest::of(key.spki()).as_bytes());
        let found = data.windows(key.spki().len()).any(|part| part == key.spki());
        assert!(found, "the key does not stand in the request");
    }
}

/// A certificate that a device presents, and a CA certificate from a trust document.
pub(super) fn peer_certificate(data: &[u8]) {
    let chain = [CertificateDer::from(data)];
    let nobody = Issuers::default();
    assert!(Peer::from_chain(&chain, &nobody, &nobody).is_err(), "a device that nobody vouches for");
    if let Ok(itself) = Issuers::new(&chain) {
        for (operational, factory) in [(&itself, &nobody), (&nobody, &itself)] {
            if let Ok(peer) = Peer::from_chain(&chain, operational, factory) {
                assert_eq!(peer.device().to_string().parse().as_ref(), Ok(peer.device()));
            }
        }
    }
}

pub(super) fn factory_manifest(data: &[u8]) {
    let Ok(manifest) = FactoryManifest::parse(data) else { return };
    // Written with blanks; a list near the limit may not fit then.
    if let Ok(text) = manifest.to_json() {
        assert!(FactoryManifest::parse(text.as_bytes()).is_ok_and(|again| again == manifest));
    }
}

pub(super) fn claim_code(data: &[u8]) {
    if let Ok(hash) = claim_hash(&[1; 16], data) {
        let mut spaced = data.to_ascii_lowercase();
        spaced.push(b' ');
        assert!(claim_hash(&[1; 16], &spaced).is_ok_and(|other| other == hash), "blanks and case count");
        let code = claim_text(data).ok();
        let again = code.as_ref().and_then(|code| claim_text(code.as_str().as_bytes()).ok());
        assert!(code.is_some() && code == again, "a code that does not read back");
        assert_eq!(code.map(|code| code.lookup()), again.map(|code| code.lookup()));
    }
}

pub(super) fn pem(data: &[u8]) {
    if let Some(der) = secret_file::from_pem("CERTIFICATE", data) {
        let again = secret_file::pem("CERTIFICATE", &der);
        assert!(secret_file::from_pem("CERTIFICATE", again.as_bytes()).is_some_and(|other| *other == *der));
    }
    if let Some(bytes) = std::str::from_utf8(data).ok().and_then(secret_file::from_hex) {
        assert!(secret_file::hex(&bytes).as_bytes().eq_ignore_ascii_case(data));
    }
}

pub(super) fn web_secret(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(ticket) = Ticket::parse(text) {
        assert!(text.ends_with(&ticket.text) && !ticket.text.is_empty(), "a ticket that nobody sent");
    }
    if let Some(secret) = Secret::parse(text) {
        assert_eq!(secret.text(), text, "two texts of one secret");
    }
    if let Some(secret) = Secret::parse_token(text) {
        assert_eq!(secret.token_text(), text, "two texts of one token");
    }
}
