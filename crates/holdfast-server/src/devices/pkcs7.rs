//! The one form of PKCS#7 that EST answers with: certificates only, nothing signed (RFC 5652 §5, RFC 7030 §4.1.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::asn1::ObjectIdentifier;
use der::{Encode, Header, Length, Tag, TagNumber};
use rustls::pki_types::CertificateDer;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
/// `[0]`, constructed.
const CONTEXT_0: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };

/// A certificates-only `ContentInfo`, DER.
///
/// # Errors
/// More bytes than a DER length can say.
pub(super) fn certificates_only(certificates: &[&CertificateDer<'_>]) -> der::Result<Vec<u8>> {
    let mut set: Vec<&[u8]> = certificates.iter().map(AsRef::as_ref).collect();
    set.sort_unstable(); // DER sorts what ASN.1 calls a set.
    let content_type = SIGNED_DATA.to_der()?;
    let version = 1_u8.to_der()?;
    let no_algorithms = element(Tag::Set, &[])?;
    let no_content = element(Tag::Sequence, &[&DATA.to_der()?])?;
    let certificates = element(CONTEXT_0, &set)?;
    let no_signers = element(Tag::Set, &[])?;
    let signed_data = element(Tag::Sequence, &[&version, &no_algorithms, &no_content, &certificates, &no_signers])?;
    element(Tag::Sequence, &[&content_type, &element(CONTEXT_0, &[&signed_data])?])
}

/// Base64 as EST carries it: the standard alphabet with padding, no line breaks (RFC 8951 §3.1).
pub(super) fn body(der: &[u8]) -> String {
    STANDARD.encode(der)
}

fn element(tag: Tag, parts: &[&[u8]]) -> der::Result<Vec<u8>> {
    let content = parts.concat();
    let mut out = Header::new(tag, Length::try_from(content.len())?).to_der()?;
    out.extend_from_slice(&content);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    fn certificate(name: &str) -> CertificateDer<'static> {
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().into()
    }

    #[test]
    fn openssl_reads_back_every_certificate() {
        let (first, second) = (certificate("a.example"), certificate("b.example"));
        let der = certificates_only(&[&first, &second]).unwrap();
        let mut openssl = Command::new("openssl")
            .args(["pkcs7", "-inform", "DER", "-print_certs"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the openssl program is installed (package openssl)");
        openssl.stdin.take().unwrap().write_all(&der).unwrap();
        let output = openssl.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success());
        for expected in [&first, &second] {
            let pem = crate::authority::secret_file::pem("CERTIFICATE", expected);
            assert!(text.contains(pem.as_str()));
        }
    }

    #[test]
    fn an_empty_set_is_still_well_formed() {
        assert_eq!(certificates_only(&[]).unwrap().first(), Some(&0x30));
    }
}
