//! The vault without its process: what is made, signed and refused, in files and in files sealed to a board.

use holdfast_core::cose::PublicKey;
use holdfast_core::hash::Sha256Digest;
use x509_parser::prelude::{FromDer as _, X509CertificationRequest};

use super::*;
use crate::device_state::CredentialSlot::{A, B};

fn client_verify() -> Vec<u8> {
    [[b' '; 64].as_slice(), b"TLS 1.3, client CertificateVerify\0", &[0xaa; 32]].concat()
}

fn vault(change: impl FnOnce(&mut Terms)) -> (tempfile::TempDir, Vault) {
    let dir = tempfile::tempdir().unwrap();
    let mut terms = Terms::of("hearth-0001");
    change(&mut terms);
    let mut vault = Vault::create(&dir.path().join("vault"), &terms).unwrap();
    vault.make_factory_key().unwrap();
    (dir, vault)
}

/// Everything that is on the disk of this vault.
fn image(dir: &std::path::Path) -> Vec<u8> {
    let files = std::fs::read_dir(dir.join("vault")).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

/// What every place for keys must do.
pub(super) fn check(vault: &mut Vault) {
    let a = KeySlot::Operational(A);
    let answer = |vault: &mut Vault, request: Request<'_>| vault.answer(request).map(|answer| answer.to_vec());
    assert_eq!(answer(vault, Request::Public(a)), Err(Refusal::KeyMissing));
    let spki = answer(vault, Request::Make(a)).unwrap();
    assert_eq!(answer(vault, Request::Make(a)).unwrap(), spki, "a key is never made twice");
    assert_eq!(answer(vault, Request::Public(a)).unwrap(), spki);
    let request = answer(vault, Request::Certify(a)).unwrap();
    let (rest, request) = X509CertificationRequest::from_der(&request).unwrap();
    assert!(rest.is_empty());
    assert_eq!(request.certification_request_info.subject_pki.raw, spki);
    assert_eq!(request.certification_request_info.subject.to_string(), "serialNumber=hearth-0001");
    let message = client_verify();
    let signature = answer(vault, Request::Sign(a, Purpose::TlsClientVerify, &message)).unwrap();
    let public =
        aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1, &spki[POINT_AT..]);
    public.verify(&message, &signature).unwrap();
    public.verify(request.certification_request_info.raw, &request.signature_value.data).unwrap();
    assert!(PublicKey::p256_from_sec1(&spki[POINT_AT..]).is_ok());
    for (request, refusal) in [
        (Request::Sign(a, Purpose::TlsClientVerify, b"pay 100"), Refusal::NotClientVerify),
        (Request::Sign(a, Purpose::Evidence, &message), Refusal::SlotNotForPurpose),
        (Request::Sign(KeySlot::Operational(B), Purpose::TlsClientVerify, &message), Refusal::KeyMissing),
        (Request::Make(KeySlot::Factory), Refusal::SlotNotForPurpose),
        (Request::Erase(KeySlot::Factory), Refusal::SlotNotForPurpose),
        (Request::Certify(KeySlot::Factory), Refusal::SlotNotForPurpose),
        (Request::Seal("../x", b""), Refusal::SecretNameBad),
    ] {
        assert_eq!(answer(vault, request), Err(refusal), "{request:?}");
    }
    let sealed = answer(vault, Request::Seal("wifi", b"correct horse")).unwrap();
    assert_eq!(answer(vault, Request::Unseal("wifi", &sealed)).unwrap(), b"correct horse");
    answer(vault, Request::Erase(a)).unwrap();
    assert_ne!(answer(vault, Request::Make(a)).unwrap(), spki, "what was erased does not come back");
    answer(vault, Request::Wipe).unwrap();
    assert_eq!(answer(vault, Request::Public(a)), Err(Refusal::KeyMissing));
    assert_eq!(answer(vault, Request::Unseal("wifi", &sealed)), Err(Refusal::SealedDamaged));
    assert!(answer(vault, Request::Public(KeySlot::Factory)).is_ok(), "the factory identity stays");
}

#[test]
fn keys_in_files_are_made_used_and_erased_and_serve_no_other_purpose() {
    let (_dir, mut vault) = vault(|_| ());
    assert_eq!(vault.protection(), "file");
    check(&mut vault);
}

#[test]
fn keys_sealed_to_a_board_are_not_on_its_flash_and_do_not_work_on_another() {
    let fuses = tempfile::tempdir().unwrap();
    let secret = fuses.path().join("nvmem");
    std::fs::write(&secret, [7; 32]).unwrap();
    let (dir, mut sealed) = vault(|terms| terms.device_secret = Some(secret.clone()));
    assert_eq!(sealed.protection(), "file-sealed");
    check(&mut sealed);
    sealed.answer(Request::Seal("wifi", b"x")).unwrap();
    let flash = image(dir.path());
    assert!(!flash.windows(11).any(|bytes| bytes == b"PRIVATE KEY"));
    drop(sealed);
    std::fs::write(&secret, [8; 32]).unwrap();
    let mut elsewhere = Vault::open(&dir.path().join("vault")).unwrap();
    assert_eq!(elsewhere.answer(Request::Public(KeySlot::Factory)).unwrap_err(), Refusal::KeyDamaged);
    assert_eq!(elsewhere.answer(Request::Seal("wifi", b"x")).unwrap_err(), Refusal::KeyDamaged);
}

#[test]
fn a_damaged_key_is_named_and_never_replaced_without_being_asked() {
    let (dir, mut vault) = vault(|_| ());
    let a = KeySlot::Operational(A);
    vault.answer(Request::Make(a)).unwrap();
    let path = dir.path().join("vault/ldevid-a.key");
    std::fs::write(&path, b"torn").unwrap();
    for request in [Request::Public(a), Request::Make(a), Request::Certify(a)] {
        assert_eq!(vault.answer(request).unwrap_err(), Refusal::KeyDamaged, "{request:?}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"torn");
}

#[test]
fn a_vault_that_others_can_look_into_is_not_opened() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, vault) = vault(|_| ());
    drop(vault);
    let path = dir.path().join("vault");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).unwrap();
    assert_eq!(Vault::open(&path).unwrap_err().name(), "vault-not-private");
}

#[test]
fn nothing_of_a_key_is_shown() {
    let (_dir, vault) = vault(|_| ());
    assert_eq!(format!("{vault:?}"), "Vault(hearth-0001, file)");
    let keys = Keys::here(vault);
    let key = keys.make(A.into()).unwrap();
    let id = Sha256Digest::of(key.spki());
    let shown = format!("{key:?} {keys:?}");
    assert!(shown.starts_with("RemoteKey(ldevid-a, ") && shown.ends_with("Keys(here)") && !id.to_string().is_empty());
}

#[test]
fn signatures_have_the_form_of_der_whatever_their_numbers_begin_with() {
    let mut signature = [0_u8; 64];
    signature[31] = 1;
    signature[32] = 0x80;
    let s = [&[0x02, 33, 0, 0x80][..], &[0; 31]].concat();
    assert_eq!(der_of(&signature), [&[0x30, 38, 0x02, 1, 1][..], &s].concat());
    assert_eq!(der_of(&[0; 64]), [0x30, 6, 2, 1, 0, 2, 1, 0]);
}
