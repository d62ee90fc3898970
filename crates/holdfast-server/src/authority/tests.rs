//! The authority's keys on disk, and what its certificates say whatever a request asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use holdfast_core::cose::Signer;
use holdfast_core::hash::Sha256Digest;
use holdfast_domain::keys::ServerRole;
use holdfast_store::keys::Fallen;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, PublicKeyData, SanType};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{ServerName, UnixTime};

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

fn open(dir: &Path) -> Result<Authority, AuthorityError> {
    Authority::open_or_create(AuthorityConfig::new(dir.join("keys")), NOW)
}

fn device() -> DeviceId {
    "hearth-0001".parse().unwrap()
}

/// A request that asks for everything it must not get.
fn greedy_request(key: &KeyPair) -> Vec<u8> {
    let mut params = CertificateParams::new(vec!["evil.example".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "someone-else");
    params.subject_alt_names.push(SanType::URI("urn:holdfast:device:other-0002".try_into().unwrap()));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.serialize_request(key).unwrap().der().to_vec()
}

#[test]
fn keys_are_made_once_and_are_the_same_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path()).unwrap();
    let second = open(dir.path()).unwrap();
    assert_eq!(first.ca_certificate(), second.ca_certificate());
    assert_eq!(first.freshness().public_key(), second.freshness().public_key());
    let ledger = |authority: &Authority| *authority.ledger_signer("a.example".parse().unwrap()).verifier().public_key();
    assert_eq!(ledger(&first), ledger(&second));
    assert_eq!(first.door().cert, second.door().cert);
    assert!(!first.freshness().public_key().to_cose_key().ends_with(&ledger(&first)), "each key is its own");
    for entry in fs::read_dir(dir.path().join("keys")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
}

#[test]
fn a_cut_off_first_start_is_completed_and_a_lost_key_is_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let freshness = open(dir.path()).unwrap().freshness().public_key();
    let keys = dir.path().join("keys");
    fs::remove_file(keys.join(CA_CERT)).unwrap();
    assert_eq!(open(dir.path()).unwrap().freshness().public_key(), freshness);
    fs::remove_file(keys.join(FRESHNESS_KEY)).unwrap();
    assert_eq!(open(dir.path()).unwrap_err().name(), "file-missing");
}

#[test]
fn keys_that_others_can_read_or_that_do_not_fit_stop_the_start() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).unwrap();
    let keys = dir.path().join("keys");
    let wide = |name: &str, mode: u32| {
        fs::set_permissions(keys.join(name), fs::Permissions::from_mode(mode)).unwrap();
        let refusal = open(dir.path()).map(|_| "started").map_err(|e| e.name());
        fs::set_permissions(keys.join(name), fs::Permissions::from_mode(0o600)).unwrap();
        refusal
    };
    assert_eq!(wide(CA_KEY, 0o604), Err("file-readable-by-others"));
    assert_eq!(wide(LEDGER_KEY, 0o660), Err("file-readable-by-others"));
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o750)).unwrap();
    assert_eq!(open(dir.path()).unwrap_err().name(), "file-readable-by-others");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o700)).unwrap();
    fs::copy(keys.join("door.key"), keys.join(CA_KEY)).unwrap();
    assert_eq!(open(dir.path()).unwrap_err().name(), "ca-key-mismatch");
    fs::copy(keys.join(FRESHNESS_KEY), keys.join(CA_KEY)).unwrap();
    assert_eq!(open(dir.path()).unwrap_err().name(), "key-of-wrong-kind");
}

#[test]
fn a_certificate_says_what_the_issuer_says_and_nothing_the_request_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let authority = open(dir.path()).unwrap();
    let key = KeyPair::generate().unwrap();
    let requested = RequestedKey::from_request(&greedy_request(&key)).unwrap();
    let issued = authority.issue(&device(), &requested, &[0xff; SERIAL_BYTES], NOW).unwrap();
    let parsed = parse(&issued.der).unwrap();
    let subject: Vec<_> = parsed.subject().iter_attributes().map(|a| a.as_str().unwrap()).collect();
    assert_eq!(subject, ["hearth-0001"]);
    let names = parsed.subject_alternative_name().unwrap().unwrap();
    let urn = x509_parser::prelude::GeneralName::URI("urn:holdfast:device:hearth-0001");
    assert_eq!(names.value.general_names, [urn]);
    let usage = parsed.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any);
    assert!(!parsed.is_ca());
    assert_eq!(issued.record.key.0, *Sha256Digest::of(&key.subject_public_key_info()).as_bytes());
    assert_eq!(issued.record.serial, format!("01{}", "ff".repeat(16)));
    assert_eq!(serial_text(parsed.tbs_certificate.raw_serial()), issued.record.serial);
    let validity = validity_of(&issued.der).unwrap();
    assert_eq!(validity.not_after, NOW.plus(CERTIFICATE_LIFE));
    assert_eq!((validity.not_before, validity.not_after), (issued.record.not_before, issued.record.not_after));
}

#[test]
fn requests_for_other_keys_unsigned_or_cut_off_are_refused_by_name() {
    let key = KeyPair::generate().unwrap();
    let good = greedy_request(&key);
    let refusal = |request: &[u8]| RequestedKey::from_request(request).map(|_| ()).map_err(RequestError::name);
    assert_eq!(refusal(&good), Ok(()));
    for cut in 0..good.len() {
        assert_eq!(refusal(&good[..cut]), Err("csr-malformed"), "cut at {cut}");
    }
    assert_eq!(refusal(&[good.as_slice(), &[0]].concat()), Err("csr-malformed"));
    assert_eq!(refusal(&vec![0x30; REQUEST_BYTES_MAX + 1]), Err("csr-malformed"));
    let mut forged = good.clone();
    let at = forged.windows(12).position(|w| w == b"someone-else").unwrap();
    forged[at] ^= 1;
    assert_eq!(refusal(&forged), Err("csr-signature-wrong"));
    // Another's key under one's own signature.
    let other = KeyPair::generate().unwrap();
    let (mine, theirs) = (key.subject_public_key_info(), other.subject_public_key_info());
    let at = good.windows(mine.len()).position(|w| w == mine).unwrap();
    let mut stolen = good.clone();
    stolen[at..at + theirs.len()].copy_from_slice(&theirs);
    assert_eq!(refusal(&stolen), Err("csr-signature-wrong"));
    for algorithm in [&rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519, &rcgen::PKCS_RSA_SHA256] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        assert_eq!(refusal(&greedy_request(&key)), Err("csr-key-unsupported"));
    }
}

#[test]
fn no_request_with_a_flipped_bit_is_accepted() {
    let good = greedy_request(&KeyPair::generate().unwrap());
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(RequestedKey::from_request(&bad).is_err(), "bit {bit}");
    }
}

#[test]
fn the_doors_certificate_is_renewed_at_two_thirds_of_its_life_and_when_names_change() {
    let dir = tempfile::tempdir().unwrap();
    let authority = open(dir.path()).unwrap();
    let first = authority.door();
    assert!(!authority.see_to_door(false, NOW.plus(Millis::from_secs(59 * 86_400))).unwrap());
    assert!(authority.see_to_door(false, NOW.plus(Millis::from_secs(61 * 86_400))).unwrap());
    assert_ne!(authority.door().cert, first.cert);
    let mut config = AuthorityConfig::new(dir.path().join("keys"));
    config.names = vec!["holdfast.example".to_owned(), "192.0.2.7".to_owned()];
    let named = Authority::open_or_create(config.clone(), NOW.plus(Millis::from_secs(61 * 86_400))).unwrap();
    assert_ne!(named.door().cert, authority.door().cert);
    config.names = vec!["not a name".to_owned()];
    assert_eq!(Authority::open_or_create(config, NOW).unwrap_err().name(), "server-names-unusable");
}

#[test]
fn short_lives_are_renewed_within_themselves() {
    let minute = Validity::from(NOW, Millis::from_secs(60));
    assert!(minute.renewal() > NOW && minute.renewal() < minute.not_after);
    assert!(!minute.renewal_due(NOW));
}

#[test]
fn debug_output_holds_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    let authority = open(dir.path()).unwrap();
    let shown = format!("{authority:?}");
    for name in [CA_KEY, FRESHNESS_KEY, LEDGER_KEY, "door.key"] {
        let text = fs::read_to_string(dir.path().join("keys").join(name)).unwrap();
        let body: String = text.lines().filter(|l| !l.starts_with('-')).collect();
        assert!(!shown.contains(&body[30..]), "{name}");
    }
}

/// Whether a client that trusts only `anchor` believes the server's doors.
fn believes(authority: &Authority, anchor: &CertificateDer<'static>) -> bool {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(anchor.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let door = authority.door();
    let (leaf, rest) = door.cert.split_first().unwrap();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_micros(NOW.as_micros().unsigned_abs()));
    let name = ServerName::try_from("localhost").unwrap();
    verifier.verify_server_cert(leaf, rest, &name, &[], now).is_ok()
}

fn state_of(authority: &Authority, role: ServerRole) -> Vec<&'static str> {
    authority.standing().iter().filter(|key| key.role == role).map(|key| key.state.name()).collect()
}

fn next(authority: &Authority, role: ServerRole) {
    let made = authority.make_next(role, NOW).unwrap();
    authority.take_next(made).unwrap();
}

#[test]
fn a_ca_is_followed_by_another_and_whoever_knows_only_the_first_still_believes_the_third() {
    let dir = tempfile::tempdir().unwrap();
    let authority = open(dir.path()).unwrap();
    let role = ServerRole::OperationalCa;
    let first = authority.ca_certificate();
    next(&authority, role);
    assert_eq!(state_of(&authority, role), ["active", "next"]);
    assert_eq!(authority.ca_certificate(), first, "nothing changes before it is put to use");
    assert_eq!(authority.accepted_cas(&[]), std::slice::from_ref(&first));
    authority.activate(role, NOW).unwrap();
    let second = authority.ca_certificate();
    assert_ne!(second, first);
    assert_eq!(authority.accepted_cas(&[]).len(), 2, "certificates of both count");
    assert!(!authority.see_to_door(true, NOW).unwrap(), "while devices are behind, the doors stay with the old CA");
    assert!(believes(&authority, &first) && !believes(&authority, &second));
    assert!(authority.see_to_door(false, NOW).unwrap());
    assert!(believes(&authority, &first) && believes(&authority, &second), "a cross certificate leads back");
    authority.retire(role, NOW).unwrap();
    assert_eq!(state_of(&authority, role), ["retired", "active"]);
    assert!(!dir.path().join("keys").join(CA_KEY).exists(), "a destroyed key is gone from the disk");
    assert_eq!(
        authority.accepted_cas(std::slice::from_ref(&first)),
        std::slice::from_ref(&second),
        "even if a trust document still names it"
    );
    next(&authority, role);
    authority.activate(role, NOW).unwrap();
    authority.see_to_door(false, NOW).unwrap();
    for anchor in [&first, &second, &authority.ca_certificate()] {
        assert!(believes(&authority, anchor));
    }
    let again = open(dir.path()).unwrap();
    assert_eq!(again.standing(), authority.standing());
    assert_eq!(again.door().cert, authority.door().cert);
    assert!(believes(&again, &first));
}

#[test]
fn a_next_key_that_was_cut_off_before_it_was_kept_is_no_key() {
    let dir = tempfile::tempdir().unwrap();
    let authority = open(dir.path()).unwrap();
    drop(authority.make_next(ServerRole::OperationalCa, NOW).unwrap());
    assert_eq!(state_of(&open(dir.path()).unwrap(), ServerRole::OperationalCa), ["active"]);
}

#[test]
fn each_device_is_answered_with_the_freshness_key_that_its_trust_document_names() {
    let dir = tempfile::tempdir().unwrap();
    let authority = open(dir.path()).unwrap();
    let (role, old) = (ServerRole::Freshness, authority.freshness().public_key());
    next(&authority, role);
    let new = authority.freshness_to_name();
    assert!(new != old && authority.freshness().public_key() == old);
    authority.activate(role, NOW).unwrap();
    assert_eq!(authority.freshness().public_key(), new);
    assert_eq!(authority.freshness_named(&old).unwrap().public_key(), old, "a device that sleeps still believes it");
    authority.retire(role, NOW).unwrap();
    assert!(authority.freshness_named(&old).is_none());
    assert_eq!(open(dir.path()).unwrap().freshness().public_key(), new);
}

#[test]
fn a_revocation_list_is_what_openssl_expects() {
    let dir = tempfile::tempdir().unwrap();
    let authority = open(dir.path()).unwrap();
    let ca = authority.standing()[0].key;
    let fallen = |serial: &str, state| Fallen { serial: serial.to_owned(), state, at: NOW };
    let listed = [
        fallen("01ffeeddccbbaa99887766554433221100", CertificateState::Revoked),
        fallen("0100112233445566778899aabbccddeeff", CertificateState::Superseded),
    ];
    let until = NOW.plus(CRL_LIFE);
    let der = authority.sign_crl(ca, &listed, 7, (NOW, until)).unwrap();
    let (list, pem) = (dir.path().join("ca.crl"), dir.path().join("ca.pem"));
    fs::write(&list, &der).unwrap();
    fs::write(&pem, authority.ca_pem()).unwrap();
    let openssl = |args: &[&str]| {
        let done = std::process::Command::new("openssl").args(args).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
    };
    let (list, pem) = (list.to_str().unwrap(), pem.to_str().unwrap());
    let shown = openssl(&["crl", "-inform", "DER", "-in", list, "-CAfile", pem, "-noout", "-text"]);
    assert!(shown.contains("verify OK"), "{shown}");
    for word in ["Version 2", "X509v3 CRL Number", "Superseded", "01FFEEDDCCBBAA99887766554433221100"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let mut forged = der;
    *forged.last_mut().unwrap() ^= 1;
    fs::write(list, forged).unwrap();
    let shown = openssl(&["crl", "-inform", "DER", "-in", list, "-CAfile", pem, "-noout", "-text"]);
    assert!(!shown.contains("verify OK"), "{shown}");
}

#[test]
fn sealed_keys_open_with_their_key_alone_and_no_file_holds_one_in_clear() {
    let dir = tempfile::tempdir().unwrap();
    let clear = open(dir.path()).unwrap();
    let seal_key = dir.path().join("kek");
    secret_file::create(&seal_key, &[7; 32]).unwrap();
    let mut config = AuthorityConfig::new(dir.path().join("keys"));
    config.terms.seal = Some(vault::SealSource::KeyFile(seal_key));
    let sealed = Authority::open_or_create(config.clone(), NOW).unwrap();
    assert!(sealed.is_sealed() && !clear.is_sealed());
    assert_eq!(sealed.ca_certificate(), clear.ca_certificate());
    assert_eq!(sealed.door().cert, clear.door().cert, "sealing changes no key");
    next(&sealed, ServerRole::OperationalCa);
    for entry in fs::read_dir(dir.path().join("keys")).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("BEGIN PRIVATE KEY"), "{}", path.display());
    }
    assert_eq!(open(dir.path()).unwrap_err().name(), "seal-key-missing");
    assert_eq!(Authority::open_or_create(config, NOW).unwrap().standing(), sealed.standing());
}
