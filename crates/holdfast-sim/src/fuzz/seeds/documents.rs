//! Seeds that are documents: signed objects, payloads, notes, proofs, certificates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_core::attest::{BootState as Running, Evidence};
use holdfast_core::cbor::{Reader, Rules, item};
use holdfast_core::cose::{AlgorithmPolicy, PublicKey, Sign1, Signer as _, sign1_attached, sign1_detached};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{BatchId, DeploymentId};
use holdfast_core::label::{self, Evidence as Shown, Label};
use holdfast_core::ledger::checkpoint::Checkpoint;
use holdfast_core::ledger::tree::{leaf_hash, node_hash};
use holdfast_core::statement::{Assignment, TimestampStatement};
use holdfast_core::time::Millis;
use holdfast_core::update::boot::{BootState, Slot, Trial};
use holdfast_server::authority::secret_file;

use super::super::facts::note_signer;
use super::super::maker::{FACTORY, FACTORY_PUBLIC, FRESHNESS, NOW, key, nonce, release_envelope, trust_document};

/// A request of `hearth-0001` made with OpenSSL 3.0; its key was thrown away.
const REQUEST: &str = "MIHhMIGJAgEAMCcxDzANBgNVBAoMBkhlYXJ0aDEUMBIGA1UEBRMLaGVhcnRoLTAwMDEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQV7BoKtu8jmCJnoUfWXQK5CFmDAFlnt6BeHgl7+o4Eju2OQ5x5+ZoTXYbBl90kXTq1Bif3P/MflH+z9ZmaKZ20oAAwCgYIKoZIzj0EAwIDRwAwRAIgYoiXkMcF5UfEGhqEioWvEXnDVgOlMmSI+wKIBRsyC+QCIHf5Pp3WdW7Olc7g7hri5kWN9lDVa/DrYit8RTWMiTGa";
/// A certificate of the same key by itself, with the names of an operational identity.
const CERTIFICATE: &str = "MIIB0DCCAXegAwIBAgIUIta8FDjyphn6RTK0/SHUDBTnBH8wCgYIKoZIzj0EAwIwJzEPMA0GA1UECgwGSGVhcnRoMRQwEgYDVQQFEwtoZWFydGgtMDAwMTAgFw0yNjExMjMwNTI2MjVaGA8yMTI2MTAzMDA1MjYyNVowJzEPMA0GA1UECgwGSGVhcnRoMRQwEgYDVQQFEwtoZWFydGgtMDAwMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBXsGgq27yOYImehR9ZdArkIWYMAWWe3oF4eCXv6jgSO7Y5DnHn5mhNdhsGX3SRdOrUGJ/c/8x+Uf7P1mZopnbSjfzB9MB0GA1UdDgQWBBT00bu5ZkWQzpmKuvjisDAEuaoVozAfBgNVHSMEGDAWgBT00bu5ZkWQzpmKuvjisDAEuaoVozAPBgNVHRMBAf8EBTADAQH/MCoGA1UdEQQjMCGGH3Vybjpob2xkZmFzdDpkZXZpY2U6aGVhcnRoLTAwMDEwCgYIKoZIzj0EAwIDRwAwRAIhANQhFQc6uqJwvzXW6m2tePpUYKIJDU+Md2ac0vHvl1N4Ah8ctr+oAvJuaFPU+qEy1j8a8Gz1fi2hMacTojYZYWkl";

/// Envelopes of the SUIT working group that this crate reads again.
const SUIT: [&str; 7] = [
    include_str!("../../../../holdfast-core/testdata/suit/example0.signed.hex"),
    include_str!("../../../../holdfast-core/testdata/suit/example1.signed.hex"),
    include_str!("../../../../holdfast-core/testdata/suit/example2.signed.hex"),
    include_str!("../../../../holdfast-core/testdata/suit/example2.signed-severed.hex"),
    include_str!("../../../../holdfast-core/testdata/suit/example3.signed.hex"),
    include_str!("../../../../holdfast-core/testdata/suit/example4.unsigned.hex"),
    include_str!("../../../../holdfast-core/testdata/suit/example5.signed.hex"),
];
const CBOR: &str = include_str!("../../../../holdfast-core/testdata/cbor/appendix_a.json");
const COSE_SIGN: [&str; 3] = [
    include_str!("../../../../holdfast-core/testdata/cose/RFC8152/Appendix_C_1_1.json"),
    include_str!("../../../../holdfast-core/testdata/cose/RFC8152/Appendix_C_1_2.json"),
    include_str!("../../../../holdfast-core/testdata/cose/sign-tests/sign-pass-03.json"),
];
const COSE_SIGN1: [&str; 3] = [
    include_str!("../../../../holdfast-core/testdata/cose/RFC8152/Appendix_C_2_1.json"),
    include_str!("../../../../holdfast-core/testdata/cose/sign1-tests/sign-pass-02.json"),
    include_str!("../../../../holdfast-core/testdata/cose/sign1-tests/sign-pass-03.json"),
];

fn hex(text: &str) -> Vec<u8> {
    secret_file::from_hex(&text.trim().to_ascii_lowercase()).unwrap_or_default()
}

fn vector(json: &str) -> Vec<u8> {
    let read: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    hex(read.pointer("/output/cbor").and_then(serde_json::Value::as_str).unwrap_or_default())
}

pub(super) fn request() -> Vec<u8> {
    STANDARD.decode(REQUEST).unwrap_or_default()
}

pub(super) fn certificate() -> Vec<u8> {
    STANDARD.decode(CERTIFICATE).unwrap_or_default()
}

pub(super) fn pem() -> Vec<u8> {
    secret_file::pem("CERTIFICATE", &certificate()).as_bytes().to_vec()
}

pub(super) fn cbor() -> Vec<Vec<u8>> {
    let examples: serde_json::Value = serde_json::from_str(CBOR).unwrap_or_default();
    let texts = examples.as_array().into_iter().flatten().filter_map(|one| one.get("hex")?.as_str());
    texts.map(hex).chain([release_envelope(), trust_document()]).collect()
}

pub(super) fn cose_keys() -> Vec<Vec<u8>> {
    [FACTORY_PUBLIC.clone(), key(2).public_key()].iter().map(PublicKey::to_cose_key).collect()
}

pub(super) fn spkis() -> Vec<Vec<u8>> {
    [FACTORY_PUBLIC.clone(), key(2).public_key()].iter().map(PublicKey::to_spki_der).collect()
}

pub(super) fn cose_sign() -> Vec<Vec<u8>> {
    COSE_SIGN.iter().map(|json| vector(json)).chain([trust_document()]).collect()
}

pub(super) fn cose_sign1() -> Vec<Vec<u8>> {
    let own = [sign1_attached(&*FACTORY, b"", b"payload"), sign1_detached(&key(2), b"", b"payload")];
    COSE_SIGN1.iter().map(|json| vector(json)).chain(own.into_iter().flatten()).collect()
}

pub(super) fn envelopes() -> Vec<Vec<u8>> {
    SUIT.iter().map(|text| hex(text)).chain([release_envelope()]).collect()
}

pub(super) fn releases() -> Vec<Vec<u8>> {
    let unsigned = holdfast_core::suit::Sealed::parse(&release_envelope()).ok().and_then(|sealed| sealed.open().ok());
    let unsigned =
        unsigned.map(|opened| holdfast_core::suit::Envelope::unsigned(opened.manifest, opened.members).encode());
    unsigned
        .into_iter()
        .chain([release_envelope(), SUIT.iter().map(|text| hex(text)).next().unwrap_or_default()])
        .collect()
}

/// The signed form, and its payload, which the target signs by itself.
fn with_payload(signed: Vec<u8>, key: &PublicKey) -> Vec<Vec<u8>> {
    let policy = AlgorithmPolicy::FullySpecified;
    let payload = Sign1::parse(&signed).and_then(|one| one.verify_attached(key, policy, b"").map(<[u8]>::to_vec));
    payload.into_iter().chain([signed]).collect()
}

pub(super) fn statements() -> Vec<Vec<u8>> {
    let Ok(device) = "hearth-0001".parse() else { return Vec::new() };
    let plain =
        TimestampStatement { trust_version: 1, time: NOW, counter: 9, nonce: nonce(), device, assignment: None };
    let assignment = Assignment {
        manifest_digest: Sha256Digest::of(b"manifest"),
        sequence: 7,
        deployment: DeploymentId::new(NOW, [3; 10]),
        generation: 2,
    };
    let assigned = TimestampStatement { assignment: Some(assignment), ..plain.clone() };
    let freshness = key(FRESHNESS);
    let signed = [plain, assigned].into_iter().filter_map(|one| one.sign(&freshness).ok());
    signed.flat_map(|signed| with_payload(signed, &freshness.public_key())).collect()
}

pub(super) fn labels() -> Vec<Vec<u8>> {
    let Ok(product) = "hearth-thermostat".parse() else { return Vec::new() };
    let shown =
        Shown { what: "release".into(), link: "/p".into(), at: NOW, until: NOW.plus(Millis::from_secs(86_400)) };
    let label = Label {
        product,
        name: "Hearth".into(),
        version: "2.1.0".into(),
        manifest: Some(Sha256Digest::of(b"manifest")),
        address: "https://hearth.example/p/hearth-thermostat".into(),
        issued: NOW,
        expires: shown.until,
        trust_version: 1,
        claims: vec![("support-until".into(), "2034-12-31".into())],
        evidence: vec![shown],
    };
    let freshness = key(FRESHNESS);
    let signed = label.sign(&freshness).ok();
    let payload = |signed: &Vec<u8>| {
        let message = Sign1::parse(signed).ok()?;
        let policy = AlgorithmPolicy::FullySpecified;
        message.verify_attached(&freshness.public_key(), policy, label::CONTEXT).ok().map(<[u8]>::to_vec)
    };
    signed.iter().filter_map(payload).chain(signed.clone()).collect()
}

pub(super) fn evidence() -> Vec<Vec<u8>> {
    let evidence = Evidence {
        nonce: nonce(),
        uptime_s: 300,
        boot_count: 2,
        version: "2.1.0".into(),
        slot: Slot::A,
        image_digest: Sha256Digest::of(b"image"),
        manifest_digest: Sha256Digest::of(b"manifest"),
        sequence: 7,
        security_floor: 5,
        boot_state: Running::Committed,
    };
    let Ok(wrapped) = evidence.sign(&*FACTORY) else { return Vec::new() };
    let token = Reader::open(&wrapped, Rules::any_key_order(4_096)).and_then(|mut reader| {
        reader.array(3)?;
        reader.text(64)?;
        reader.bytes().map(<[u8]>::to_vec)
    });
    token.into_iter().flat_map(|token| with_payload(token, &FACTORY_PUBLIC)).chain([wrapped]).collect()
}

pub(super) fn boot_states() -> Vec<Vec<u8>> {
    let trial = Some(Trial { slot: Slot::B, sequence: 3, attempts_left: 2 });
    let older = BootState { generation: 4, committed_sequence: 2, ..BootState::FIRST }.encode().1;
    let newer = BootState { generation: 5, committed_sequence: 2, trial, ..BootState::FIRST }.encode().1;
    let cut = |at: usize| [&[u8::try_from(at).unwrap_or(0)], older.as_slice(), newer.as_slice()].concat();
    vec![cut(older.len()), cut(0), cut(255)]
}

pub(super) fn notes() -> Vec<Vec<u8>> {
    let keeper = note_signer();
    let Ok(origin) = "holdfast.example/ledger".parse() else { return Vec::new() };
    let checkpoint = Checkpoint { origin, size: 3, root: leaf_hash(b"line") };
    let signed = checkpoint.sign(&keeper).unwrap_or_default();
    [signed, checkpoint.to_string(), keeper.verifier().to_string()].map(String::into_bytes).to_vec()
}

/// Two leaves: inclusion of the second, and consistency of one leaf with two.
pub(super) fn proofs() -> Vec<Vec<u8>> {
    let (left, right) = (leaf_hash(b"0"), leaf_hash(b"1"));
    let root = node_hash(&left, &right);
    let case = |numbers: [u64; 3], hashes: [&[u8; 32]; 3]| {
        let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
        numbers.chain(hashes.into_iter().flatten().copied()).collect()
    };
    vec![
        case([1, 2, 0], [&right, &root, &left]),
        case([1, 2, 0], [&left, &root, &right]),
        case([0, 2, 1], [&right, &root, &left]),
        case([0, 1, 2], [&left, &root, &right]),
    ]
}

pub(super) fn payloads() -> Vec<Vec<u8>> {
    let cbor = item(|w| {
        w.map(3).text("c").u64(17).text("t").u64(1_763_870_000_000_000).text("f").map(2);
        // Half-precision 21.5 (RFC 8949 §3.3).
        w.text("temperature").raw(&[0xf9, 0x4d, 0x60]).text("battery").u64(97);
    });
    let json = [
        r#"{"c":17,"t":1763870000000000,"f":{"temperature":21.5,"humidity":40.25,"battery":97}}"#,
        r#"{"c":18,"t":1763870000050000,"f":{"valve":30,"demand":true,"mode":"window-open"}}"#,
        r#" {"t":-1,"f":{},"c":0} "#,
        r#"{"v":3,"f":{"mode":"\u00e9\ud83d\ude00\n","target":-1.5e-3}}"#,
    ];
    json.iter().map(|text| text.as_bytes().to_vec()).chain([cbor]).collect()
}

pub(super) fn factory_manifest() -> Vec<u8> {
    let digest = |what: &[u8]| Sha256Digest::of(what).to_string();
    let device = |n: u8| {
        serde_json::json!({
            "id": format!("hearth-{n:04}"), "key": digest(&[n]), "claim_salt": "000102030405060708090a0b0c0d0e0f",
            "claim_hash": digest(&[n, n]),
        })
    };
    let batch = BatchId::new(NOW, [4; 10]).to_string();
    let manifest = serde_json::json!({
        "batch": batch, "product": "hearth-thermostat", "made": NOW.as_micros(), "factory_ca": digest(b"ca"),
        "devices": [device(1), device(2)],
    });
    manifest.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use holdfast_core::attest::verify_evidence;
    use holdfast_core::ledger::checkpoint::Checkpoint;
    use holdfast_core::ledger::proof::verify_inclusion;
    use holdfast_core::release::{Floors, verify_release};
    use holdfast_core::statement::{Expectation, verify_statement};
    use holdfast_core::suit::Sealed;
    use holdfast_core::telemetry::{ShadowMessage, TelemetryMessage};
    use holdfast_core::time::Timestamp;
    use holdfast_core::trust::TrustDocument;
    use holdfast_server::authority::RequestedKey;
    use holdfast_server::factory::FactoryManifest;
    use holdfast_server::tls::peer::{Issuers, Peer};
    use rustls::pki_types::CertificateDer;

    use super::super::super::maker::{TRUST, device};
    use super::*;

    #[test]
    fn signed_seeds_are_accepted() {
        assert!(TrustDocument::open_first(&trust_document()).is_ok());
        assert!(verify_release(&release_envelope(), &TRUST, &device(), &Floors::default()).is_ok());
        let (nonce, id) = (nonce(), "hearth-0001".parse().unwrap());
        let expected =
            Expectation { device: &id, nonce: &nonce, counter_floor: 1, time_floor: Timestamp::from_micros(1) };
        assert!(verify_statement(statements().last().unwrap(), &TRUST, &expected).is_ok());
        assert!(verify_evidence(evidence().last().unwrap(), &FACTORY_PUBLIC, &nonce).is_ok());
        assert_eq!((statements().len(), evidence().len()), (4, 3), "payloads without their signature are seeds too");
        for envelope in envelopes() {
            assert!(Sealed::parse(&envelope).unwrap().open().is_ok());
        }
        for (list, count) in [(cose_sign(), 4), (cose_sign1(), 5)] {
            assert!(list.len() == count && list.iter().all(|one| one.len() > 20));
        }
        let keeper = note_signer();
        let note = String::from_utf8(notes().remove(0)).unwrap();
        assert!(Checkpoint::open(&note, &keeper.verifier(), &"holdfast.example/ledger".parse().unwrap()).is_ok());
    }

    #[test]
    fn plain_seeds_are_accepted() {
        assert!(RequestedKey::from_request(&request()).is_ok());
        let chain = [CertificateDer::from(certificate())];
        let itself = Issuers::new(&chain).unwrap();
        assert!(Peer::from_chain(&chain, &itself, &Issuers::default()).is_ok());
        assert_eq!(FactoryManifest::parse(&factory_manifest()).unwrap().devices().len(), 2);
        let read =
            |payload: &Vec<u8>| TelemetryMessage::parse(payload).is_ok() || ShadowMessage::parse(payload).is_ok();
        assert!(payloads().iter().all(read));
        let state = boot_states().remove(0);
        let (zero, one) = state[1..].split_at(usize::from(state[0]));
        assert_eq!(BootState::read(zero, one).generation, 5);
        let (left, right) = (leaf_hash(b"0"), leaf_hash(b"1"));
        assert!(verify_inclusion(&right, 1, 2, &[left], &node_hash(&left, &right)).is_ok());
    }
}
