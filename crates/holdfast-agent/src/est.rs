//! Enrolment over secure transport (RFC 7030, RFC 8951): asks for an operational certificate and reads the answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::credential::Reason;
use crate::door::Door;
use crate::fault::Fault;

/// Object identifier of signed data (RFC 5652 §5.1), DER.
const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// Says in an enrolment why the device has no usable credential.
const REASON_HEADER: &str = "holdfast-credential";
/// Shows in an enrolment the secret of the order to erase, which only the holder of the earlier key was given.
const RETURN_HEADER: &str = "holdfast-return";
/// Most certificates of one answer.
const CERTIFICATES_MAX: usize = 8;

/// Which request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// With the factory identity, for this reason.
    Enrol(Reason),
    /// A renewal, with the operational identity.
    Renew,
}

/// Sends a certificate request; returns the certificate that belongs to the key with this `SubjectPublicKeyInfo`.
pub(crate) async fn certify(
    door: &Door,
    request: Request,
    returns: Option<&str>,
    csr: &[u8],
    spki: &[u8],
) -> Result<Vec<u8>, Fault> {
    let (path, mut headers) = match request {
        Request::Enrol(reason) => ("/.well-known/est/simpleenroll", vec![(REASON_HEADER, reason.name())]),
        Request::Renew => ("/.well-known/est/simplereenroll", Vec::new()),
    };
    headers.extend(returns.map(|secret| (RETURN_HEADER, secret)));
    let body = STANDARD.encode(csr).into_bytes();
    let answer = door.ask_saying(Method::POST, path, Some(("application/pkcs10", body)), &headers).await?;
    let certificates = read_answer(&answer).ok_or_else(|| Fault::unverified("enrolment-answer-malformed"))?;
    let own = certificates.into_iter().find(|certificate| {
        X509Certificate::from_der(certificate).is_ok_and(|(_, parsed)| parsed.public_key().raw == spki)
    });
    own.ok_or_else(|| Fault::unverified("certificate-of-another-key"))
}

/// The certificates of an answer: base64 with white space anywhere (RFC 8951 §3.1).
pub(crate) fn read_answer(answer: &[u8]) -> Option<Vec<Vec<u8>>> {
    let text: Vec<u8> = answer.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    certificates(&STANDARD.decode(text).ok()?)
}

/// A certificate's `SubjectPublicKeyInfo`, DER.
pub(crate) fn spki(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    Some(parsed.public_key().raw.to_vec())
}

/// When a certificate begins and ends, in seconds since 1970.
pub(crate) fn validity(certificate: &[u8]) -> Option<(i64, i64)> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    Some((parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp()))
}

/// The certificates of a certs-only message (RFC 5652 §5.1, RFC 8551 §3.8).
fn certificates(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (content_info, _) = inside(der, 0x30)?;
    let rest = content_info.strip_prefix(&SIGNED_DATA)?;
    let (explicit, _) = inside(rest, 0xa0)?;
    let (signed_data, _) = inside(explicit, 0x30)?;
    let (_, rest) = inside(signed_data, 0x02)?;
    let (_, rest) = inside(rest, 0x31)?;
    let (_, rest) = inside(rest, 0x30)?;
    let (mut set, _) = inside(rest, 0xa0)?;
    let mut found = Vec::new();
    while !set.is_empty() && found.len() < CERTIFICATES_MAX {
        let (_, rest) = inside(set, 0x30)?;
        found.push(set.get(..set.len() - rest.len())?.to_vec());
        set = rest;
    }
    Some(found)
}

/// The content of one DER element with this tag, and what follows it.
fn inside(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    if *found != tag {
        return None;
    }
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if bytes.is_empty() || bytes.len() > 4 {
            return None;
        }
        (bytes.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b)), rest)
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_found_in_a_certs_only_message_and_any_cut_is_refused() {
        let certificate = [0x30, 0x03, 0x02, 0x01, 0x07];
        let mut message = SIGNED_DATA.to_vec();
        let signed: Vec<u8> = [
            [0x02, 0x01, 0x01].as_slice(),
            &[0x31, 0x00],
            &[0x30, 0x02, 0x05, 0x00],
            &[0xa0, 0x0a],
            &certificate,
            &certificate,
            &[0x31, 0x00],
        ]
        .concat();
        let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
        message.extend([0xa0, length(&signed) + 2, 0x30, length(&signed)]);
        message.extend(&signed);
        let whole = [[0x30, length(&message)].as_slice(), &message].concat();
        assert_eq!(certificates(&whole).unwrap(), [certificate, certificate]);
        for cut in 0..whole.len() {
            assert_eq!(certificates(&whole[..cut]), None, "{cut}");
        }
    }
}
