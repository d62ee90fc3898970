//! A factory station on files: one identity for each device, and a manifest that gives no secret away.

use super::*;
use holdfast_core::id::{BatchId, ProductId};
use rcgen::CertificateParams;

const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);
const CODE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn request(key: &KeyPair) -> String {
    CertificateParams::default().serialize_request(key).unwrap().pem().unwrap()
}

fn id(n: usize) -> DeviceId {
    format!("hearth-{n:04}").parse().unwrap()
}

fn product() -> ProductId {
    "hearth-thermostat".parse().unwrap()
}

fn batch() -> BatchId {
    BatchId::new(NOW, [7; 10])
}

fn device_dir(root: &Path, station: &Station, n: usize) -> PathBuf {
    let dir = root.join(format!("device-{n}"));
    fs::create_dir_all(dir.join("keys")).unwrap();
    let pem = station.sign(request(&KeyPair::generate().unwrap()).as_bytes(), &id(n), NOW).unwrap();
    fs::write(dir.join("keys/factory.crt"), pem).unwrap();
    secret_file::create(&dir.join("claim-code"), format!("{CODE}\n").as_bytes()).unwrap();
    dir
}

#[test]
fn a_factory_identity_has_no_expiry_and_names_device_and_maker() {
    let dir = tempfile::tempdir().unwrap();
    let station = init(&dir.path().join("f"), "Hearth Ltd", NOW).unwrap();
    let pem = station.sign(request(&KeyPair::generate().unwrap()).as_bytes(), &id(1), NOW).unwrap();
    let der = secret_file::from_pem("CERTIFICATE", pem.as_bytes()).unwrap();
    let certificate = parse(&der).unwrap();
    assert!(certificate.validity().not_after.to_string().contains("9999"), "{}", certificate.validity().not_after);
    let generalized = der.windows(17).any(|w| w == b"\x18\x0f99991231235959Z");
    assert!(generalized, "99991231235959Z as GeneralizedTime");
    let subject: Vec<_> = certificate.subject().iter_attributes().map(|a| a.as_str().unwrap()).collect();
    assert_eq!(subject, ["Hearth Ltd", "hearth-0001"]);
    assert!(!certificate.is_ca());
}

#[test]
fn one_device_gets_one_key_and_one_key_belongs_to_one_device() {
    let dir = tempfile::tempdir().unwrap();
    let station = init(&dir.path().join("f"), "Hearth Ltd", NOW).unwrap();
    let (mine, other) = (request(&KeyPair::generate().unwrap()), request(&KeyPair::generate().unwrap()));
    let first = station.sign(mine.as_bytes(), &id(1), NOW).unwrap();
    assert_eq!(station.sign(mine.as_bytes(), &id(1), NOW).unwrap(), first, "asking again gives the same");
    assert_eq!(station.sign(other.as_bytes(), &id(1), NOW).unwrap_err().name(), "device-id-issued-before");
    assert_eq!(station.sign(mine.as_bytes(), &id(2), NOW).unwrap_err().name(), "device-key-issued-before");
    assert_eq!(station.sign(b"no request", &id(3), NOW).unwrap_err().name(), "csr-malformed");
    assert!(station.sign(other.as_bytes(), &id(3), NOW).is_ok());
}

#[test]
fn a_factory_ca_is_never_replaced_and_its_names_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    for bad in ["", "a\nb", &"x".repeat(65)] {
        assert_eq!(init(&path, bad, NOW).unwrap_err().name(), "maker-name-unusable");
    }
    let first = init(&path, "Hearth Ltd", NOW).unwrap();
    assert_eq!(init(&path, "Hearth Ltd", NOW).unwrap_err().name(), "factory-ca-exists");
    let again = Station::open(&path).unwrap();
    assert_eq!((again.ca_certificate(), again.maker()), (first.ca_certificate(), "Hearth Ltd"));
}

#[test]
fn a_manifest_reads_back_and_holds_no_claim_code() {
    let dir = tempfile::tempdir().unwrap();
    let station = init(&dir.path().join("f"), "Hearth Ltd", NOW).unwrap();
    let dirs: Vec<_> = (1..=3).map(|n| device_dir(dir.path(), &station, n)).collect();
    let manifest = station.manifest(batch(), &product(), &dirs, NOW).unwrap();
    let json = manifest.to_json().unwrap();
    assert!(!json.contains(CODE));
    let read = FactoryManifest::parse(json.as_bytes()).unwrap();
    assert_eq!(read, manifest);
    assert_eq!(*read.factory_ca(), *Sha256Digest::of(station.ca_certificate()).as_bytes());
    let ids: Vec<_> = read.devices().iter().map(|d| d.id.clone()).collect();
    assert_eq!(ids, [id(1), id(2), id(3)]);
    let salts: std::collections::BTreeSet<_> = read.devices().iter().map(|d| d.claim_salt).collect();
    assert_eq!(salts.len(), 3, "each code has its own salt");
    let first = &read.devices()[0];
    assert_eq!(claim_hash(&first.claim_salt, b"abcdef-ghijkl-mnopqr-stuvwxyz").unwrap(), first.claim_hash);
}

#[test]
fn a_manifest_is_not_written_for_strangers_twins_or_weak_codes() {
    let dir = tempfile::tempdir().unwrap();
    let station = init(&dir.path().join("f"), "Hearth Ltd", NOW).unwrap();
    let other = init(&dir.path().join("g"), "Other Ltd", NOW).unwrap();
    let mine = device_dir(dir.path(), &station, 1);
    let stranger = device_dir(dir.path(), &other, 2);
    let refusal = |dirs: &[&PathBuf]| {
        let dirs: Vec<_> = dirs.iter().map(|d| (*d).clone()).collect();
        station.manifest(batch(), &product(), &dirs, NOW).unwrap_err().name()
    };
    assert_eq!(refusal(&[&mine, &stranger]), "factory-certificate-foreign");
    assert_eq!(refusal(&[&mine, &mine]), "batch-device-twice");
    assert_eq!(refusal(&[]), "batch-empty");
    secret_file::replace_secret(&mine.join("claim-code"), b"ABCDEFGHIJKLMNOPQRSTUVWXY").unwrap();
    assert_eq!(refusal(&[&mine]), "claim-code-weak");
    secret_file::replace_secret(&mine.join("claim-code"), b"ABCDEFGHIJKLMNOPQRSTUVWX01").unwrap();
    assert_eq!(refusal(&[&mine]), "claim-code-weak");
}

fn text(devices: &str) -> String {
    let ca = "ab".repeat(32);
    format!(
        r#"{{"batch":"{}","product":"hearth-thermostat","made":1,"factory_ca":"{ca}","devices":[{devices}]}}"#,
        batch()
    )
}

fn listed(id: &str, key: u8) -> String {
    let (key, salt, hash) = (format!("{key:02x}").repeat(32), "0f".repeat(16), "0e".repeat(32));
    format!(r#"{{"id":"{id}","key":"{key}","claim_salt":"{salt}","claim_hash":"{hash}"}}"#)
}

#[test]
fn bad_manifests_are_refused_by_name() {
    let good = listed("hearth-0001", 1);
    assert!(FactoryManifest::parse(text(&good).as_bytes()).is_ok());
    let twice = format!("{good},{}", listed("hearth-0001", 2));
    let twin = format!("{good},{}", listed("hearth-0002", 1));
    for (json, name) in [
        (text(""), "batch-empty"),
        (text(&twice), "batch-device-twice"),
        (text(&twin), "batch-key-twice"),
        (text(&listed("Hearth", 1)), "batch-malformed"),
        (text(&good.replace("0f0f", "0F0f")), "batch-malformed"),
        (text(&good.replace("0f0f", "0f0")), "batch-malformed"),
        (text(&good.replace("\"claim_hash\"", "\"claim_code\"")), "batch-malformed"),
        (text(&good.replace("\"id\":\"hearth-0001\",", "")), "batch-malformed"),
        (text(&good).replace("\"made\":1", "\"made\":-1"), "batch-malformed"),
        (text(&good).replace("\"made\":1", "\"made\":1,\"made\":2"), "batch-malformed"),
        (text(&good).replace("\"made\":1", "\"made\":1,\"secret\":2"), "batch-malformed"),
        (format!("{} x", text(&good)), "batch-malformed"),
        (String::new(), "batch-malformed"),
        (" ".repeat(MANIFEST_BYTES_MAX + 1), "batch-over-long"),
    ] {
        let refused = FactoryManifest::parse(json.as_bytes()).unwrap_err();
        assert_eq!(refused.name(), name, "{}", json.chars().take(200).collect::<String>());
    }
}

#[test]
fn a_batch_has_a_greatest_number_of_devices() {
    let device = |n: usize| {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&n.to_be_bytes());
        ListedDevice {
            id: format!("d{n:07}").parse().unwrap(),
            key: KeyThumbprint(key),
            claim_salt: [0; 16],
            claim_hash: [0; 32],
            claim_lookup: None,
            protection: KeyProtection::File,
        }
    };
    let list = |count: usize| {
        let devices = (0..count).map(device).collect();
        FactoryManifest::new(batch(), product(), NOW, [0; 32], devices).map(|_| ()).map_err(|e| e.name())
    };
    assert_eq!(list(DEVICES_MAX), Ok(()));
    assert_eq!(list(DEVICES_MAX + 1), Err("batch-too-many-devices"));
}
