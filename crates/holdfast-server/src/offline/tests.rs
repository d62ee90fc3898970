//! The maker's whole offline work on files, from keys to a verified release, and every way it is refused.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use holdfast_core::cose::{Signer, SoftwareKey};
use holdfast_core::id::ProductId;
use holdfast_core::release::ReleaseKind;
use holdfast_core::time::{Millis, Timestamp};

use super::*;
use crate::authority::secret_file;

const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { dir: tempfile::tempdir().unwrap() };
        for (role, names) in [(KeyRole::Root, ["ada", "ben", "cem"]), (KeyRole::Release, ["dia", "eli", "fay"])] {
            for name in names {
                create_key(&desk.at(name), role).unwrap();
            }
        }
        let station = crate::factory::init(&desk.at("factory"), "Hearth Ltd", NOW).unwrap();
        let ca = secret_file::pem("CERTIFICATE", station.ca_certificate());
        let freshness = secret_file::hex(&SoftwareKey::ed25519(&[9; 32]).public_key().to_cose_key());
        let authority = serde_json::json!({"ca_pem": ca.as_str(), "freshness_key": freshness, "more": 1});
        fs::write(desk.at("authority.json"), authority.to_string()).unwrap();
        fs::write(desk.at("image.tar"), tar(&[("bin/app", b"app"), ("bin/health", b"health"), ("lib/x", &[7; 5000])]))
            .unwrap();
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn trust_draft(&self) -> TrustDraft {
        TrustDraft {
            maker_domain: "hearth.example".to_owned(),
            root_keys: vec![self.at("ada"), self.at("ben.pub"), self.at("cem.pub")],
            root_threshold: 2,
            release_keys: vec![self.at("dia.pub"), self.at("eli.pub"), self.at("fay.pub")],
            release_threshold: 2,
            authority: self.at("authority.json"),
            factory_cas: vec![self.at("factory/factory-ca.pem")],
            previous: None,
            created: NOW,
        }
    }

    fn trust(&self) -> PathBuf {
        let path = self.at("trust-1.cose");
        create_trust(&self.trust_draft(), &path).unwrap();
        sign_trust(&path, &self.at("ada")).unwrap();
        sign_trust(&path, &self.at("ben")).unwrap();
        path
    }

    fn release_draft(&self) -> ReleaseDraft {
        ReleaseDraft {
            image: self.at("image.tar"),
            product: product(),
            maker_domain: "hearth.example".to_owned(),
            sequence: 1,
            version: "1.0.0".to_owned(),
            kind: ReleaseKind::Feature,
            security_floor: 0,
            description: "First.".to_owned(),
            health_deadline: Millis(20_000),
            health: "bin/health".parse().unwrap(),
            app: "bin/app".parse().unwrap(),
            artifact_dir: Some(self.at("artifacts")),
        }
    }
}

fn product() -> ProductId {
    "hearth-thermostat".parse().unwrap()
}

/// A ustar file of ordinary files.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in files {
        let mut block = [0_u8; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        block[148..156].copy_from_slice(b"        ");
        block[156] = b'0';
        block[257..263].copy_from_slice(b"ustar\0");
        let sum: u64 = block.iter().map(|b| u64::from(*b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend_from_slice(&block);
        out.extend_from_slice(content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn name<T: std::fmt::Debug>(outcome: Result<T, OfflineError>) -> &'static str {
    outcome.expect_err("refused").name()
}

#[test]
fn a_key_has_a_private_file_for_its_owner_and_a_public_one_for_others() {
    let desk = Desk::new();
    let made = show_key(&desk.at("ada")).unwrap();
    let public = show_key(&desk.at("ada.pub")).unwrap();
    assert!(made.private && !public.private);
    assert_eq!((made.role, made.public.clone()), (KeyRole::Root, public.public));
    assert_eq!(fs::metadata(desk.at("ada")).unwrap().mode() & 0o777, 0o600);
    assert!(!fs::read_to_string(desk.at("ada.pub")).unwrap().contains("seed"));
    assert_eq!(name(create_key(&desk.at("ada"), KeyRole::Root)), "file-exists");
    fs::remove_file(desk.at("ada.pub")).unwrap();
    assert_eq!(name(create_key(&desk.at("ada"), KeyRole::Root)), "file-exists");
    assert_eq!(name(load_signer(&desk.at("ben.pub"), KeyRole::Root)), "key-file-public-only");
    assert_eq!(name(load_signer(&desk.at("ben"), KeyRole::Release)), "key-of-other-role");
    assert_eq!(name(show_key(&desk.at("authority.json"))), "key-file-malformed");
}

#[test]
fn a_key_file_that_others_can_read_or_that_was_changed_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    fs::set_permissions(desk.at("ada"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(name(show_key(&desk.at("ada"))), "file-readable-by-others");
    let other = fs::read_to_string(desk.at("cem")).unwrap();
    let seed_of = |text: &str| text.split("\"seed\": \"").nth(1).map(|s| s[..64].to_owned()).unwrap();
    let mixed = fs::read_to_string(desk.at("ben")).unwrap();
    let mixed = mixed.replace(&seed_of(&mixed), &seed_of(&other));
    secret_file::replace_secret(&desk.at("ben"), mixed.as_bytes()).unwrap();
    assert_eq!(name(show_key(&desk.at("ben"))), "key-file-malformed");
}

#[test]
fn a_trust_document_is_signed_one_key_at_a_time_until_it_is_complete() {
    let desk = Desk::new();
    let path = desk.at("trust-1.cose");
    let drawn = create_trust(&desk.trust_draft(), &path).unwrap();
    assert_eq!((drawn.own_root, drawn.own_root_needed, drawn.is_complete()), (0, 2, false));
    assert_eq!(drawn.content.unwrap().version, 1);
    let first = sign_trust(&path, &desk.at("ada")).unwrap();
    assert_eq!((first.own_root, first.signers.len(), first.is_complete()), (1, 1, false));
    let before = fs::read(&path).unwrap();
    assert_eq!(name(sign_trust(&path, &desk.at("ada"))), "already-signed");
    assert_eq!(name(sign_trust(&path, &desk.at("dia"))), "key-of-other-role");
    assert_eq!(fs::read(&path).unwrap(), before, "a refused signature changes nothing");
    let second = sign_trust(&path, &desk.at("ben")).unwrap();
    assert!(second.is_complete());
    assert_eq!(show_trust(&path).unwrap(), second);
    assert_eq!(second.content.unwrap().factory_cas.len(), 1);
    assert_eq!(name(create_trust(&desk.trust_draft(), &path)), "file-exists");
}

#[test]
fn the_next_trust_document_follows_the_one_before() {
    let desk = Desk::new();
    let previous = desk.trust();
    let next = TrustDraft { previous: Some(previous.clone()), ..desk.trust_draft() };
    let path = desk.at("trust-2.cose");
    assert_eq!(create_trust(&next, &path).unwrap().content.unwrap().version, 2);
    let foreign = TrustDraft { maker_domain: "other.example".to_owned(), ..next };
    assert_eq!(name(create_trust(&foreign, &desk.at("x"))), "other-maker");
    assert!(!desk.at("x").exists());
}

#[test]
fn trust_drafts_that_no_verifier_would_take_are_refused_by_name() {
    let desk = Desk::new();
    let out = desk.at("x");
    let draft = || desk.trust_draft();
    fs::write(desk.at("empty.json"), "{}").unwrap();
    for (draft, expected) in [
        (TrustDraft { root_threshold: 4, ..draft() }, "role-threshold"),
        (TrustDraft { root_threshold: 0, ..draft() }, "role-threshold"),
        (TrustDraft { release_keys: vec![desk.at("dia"), desk.at("dia.pub")], ..draft() }, "role-key-twice"),
        (TrustDraft { release_keys: vec![desk.at("ada")], release_threshold: 1, ..draft() }, "key-of-other-role"),
        (TrustDraft { maker_domain: "Hearth".to_owned(), ..draft() }, "bad-domain"),
        (TrustDraft { authority: desk.at("empty.json"), ..draft() }, "authority-file-malformed"),
        (TrustDraft { factory_cas: vec![desk.at("empty.json")], ..draft() }, "file-malformed"),
    ] {
        assert_eq!(name(create_trust(&draft, &out)), expected);
        assert!(!out.exists());
    }
}

#[test]
fn a_release_is_drawn_up_signed_twice_and_verified_as_a_device_would() {
    let desk = Desk::new();
    let trust = desk.trust();
    let path = desk.at("release-1.suit");
    let made = create_release(&desk.release_draft(), &path).unwrap();
    let artifact = made.artifact.unwrap();
    assert_eq!(artifact.file_name().unwrap().to_str().unwrap(), made.manifest.image_digest.to_string());
    assert_eq!(fs::read(&artifact).unwrap(), fs::read(desk.at("image.tar")).unwrap());
    let verify = |image: Option<&Path>| verify_release(&path, std::slice::from_ref(&trust), &product(), image);
    assert_eq!(name(verify(None)), "too-few-signatures");
    sign_release(&path, &desk.at("dia")).unwrap();
    assert_eq!(name(verify(None)), "too-few-signatures");
    assert_eq!(name(sign_release(&path, &desk.at("dia"))), "already-signed");
    assert_eq!(name(sign_release(&path, &desk.at("ada"))), "key-of-other-role");
    assert_eq!(sign_release(&path, &desk.at("fay")).unwrap().signers.len(), 2);
    let verified = verify(Some(&desk.at("image.tar"))).unwrap();
    assert_eq!(verified.tally.unwrap().distinct, 2);
    let other = verify_release(&path, std::slice::from_ref(&trust), &"hearth-camera".parse().unwrap(), None);
    assert_eq!(name(other), "wrong-class");
    fs::write(desk.at("other.tar"), tar(&[("bin/app", b"app"), ("bin/health", b"health"), ("lib/x", &[8; 5000])]))
        .unwrap();
    assert_eq!(name(verify(Some(&desk.at("other.tar")))), "image-wrong-digest");
    fs::write(desk.at("short.tar"), tar(&[("bin/app", b"app")])).unwrap();
    assert_eq!(name(verify(Some(&desk.at("short.tar")))), "image-truncated");
    assert_eq!(name(verify_release(&path, &[], &product(), None)), "too-few-signatures");
}

#[test]
fn release_drafts_that_no_device_would_take_are_refused_by_name() {
    let desk = Desk::new();
    let out = desk.at("x");
    let draft = || desk.release_draft();
    fs::write(desk.at("noise"), [7; 3000]).unwrap();
    fs::write(desk.at("no-health.tar"), tar(&[("bin/app", b"app")])).unwrap();
    fs::write(desk.at("cut.tar"), &tar(&[("bin/app", b"app")])[..700]).unwrap();
    for (draft, expected) in [
        (ReleaseDraft { image: desk.at("noise"), ..draft() }, "image-lacks-program"),
        (ReleaseDraft { image: desk.at("cut.tar"), ..draft() }, "image-lacks-program"),
        (ReleaseDraft { image: desk.at("no-health.tar"), ..draft() }, "image-lacks-program"),
        (ReleaseDraft { image: desk.at("none"), ..draft() }, "file-missing"),
        (ReleaseDraft { sequence: 0, ..draft() }, "sequence-zero"),
        (ReleaseDraft { security_floor: 2, ..draft() }, "security-floor-above-sequence"),
        (ReleaseDraft { version: "1 0".to_owned(), ..draft() }, "bad-version-text"),
        (ReleaseDraft { description: "x".repeat(281), ..draft() }, "bad-description"),
        (ReleaseDraft { health_deadline: Millis(1), ..draft() }, "bad-health-deadline"),
    ] {
        assert_eq!(name(create_release(&draft, &out)), expected);
        assert!(!out.exists());
    }
    assert!(!desk.at("artifacts").exists(), "nothing refused is half applied");
}
