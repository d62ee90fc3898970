//! Targets for topics, identifiers, payloads, models, the boot state and the ledger's texts and proofs.

use std::sync::LazyLock;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{CommandId, DeviceId, ProductId, StreamId};
use holdfast_core::ledger::checkpoint::{Checkpoint, Origin};
use holdfast_core::ledger::note::{KeyName, NoteSigner, NoteVerifier};
use holdfast_core::ledger::proof::{
    Leaves, verify_consistency, verify_inclusion, verify_subtree_consistency, verify_subtree_inclusion,
};
use holdfast_core::telemetry::log::{LogBatch, is_unseen};
use holdfast_core::telemetry::{FieldValue as Sent, ShadowMessage, TelemetryMessage, Upload};
use holdfast_core::time::Timestamp;
use holdfast_core::topic::{DownTopic, UpTopic};
use holdfast_core::update::boot::BootState;
use holdfast_core::update::copies;
use holdfast_domain::telemetry::value::{FieldMap, FieldPatch, FieldValue};
use holdfast_domain::telemetry::{Model, TelemetryInput};

pub(super) const THERMOSTAT: &str = include_str!("../../../../examples/hearth-thermostat.tm.json");
pub(super) const CAMERA: &str = include_str!("../../../../examples/porch-camera.tm.json");

#[expect(clippy::expect_used, reason = "the example is compiled by the domain's own tests")]
static MODEL: LazyLock<Model> = LazyLock::new(|| Model::compile(THERMOSTAT).expect("the example model"));

pub(super) fn topic(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(topic) = UpTopic::parse(text) {
        assert_eq!(UpTopic::parse(&topic.to_string()).as_ref(), Ok(&topic));
        assert_eq!(topic.channel.topic_of(&topic.device), topic.to_string());
        assert!(DownTopic::parse(text).is_err(), "one topic in both directions");
    }
    if let Ok(topic) = DownTopic::parse(text) {
        assert_eq!(topic.to_string(), text);
    }
}

pub(super) fn ids(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(id) = text.parse::<DeviceId>() {
        assert_eq!(id.as_str(), text);
    }
    if let Ok(id) = text.parse::<ProductId>() {
        assert_eq!(id.to_string(), text);
    }
    if let Ok(id) = text.parse::<StreamId>() {
        assert_eq!(id.to_string(), text);
    }
    if let Ok(id) = text.parse::<CommandId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Ok(digest) = text.parse::<Sha256Digest>() {
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }
}

/// What else a telemetry topic takes, and logs: packs keep their rules, `SenML` resolves, log texts hold nothing unseen.
fn uploads(data: &[u8]) {
    const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);
    match Upload::parse(data) {
        Ok(Upload::Senml(pack)) => {
            if let Ok(readings) = pack.readings(NOW) {
                assert!(readings.windows(2).all(|pair| matches!(pair, [a, b] if a.at < b.at && a.counter < b.counter)));
            }
        }
        Ok(Upload::Pack { readings, .. }) => assert!(!readings.is_empty()),
        Ok(Upload::Shed(shed)) => assert!(shed.ranges.iter().all(|(first, last)| first <= last)),
        Ok(Upload::Reading { .. }) | Err(_) => {}
    }
    if let Ok(batch) = LogBatch::parse(data) {
        assert!(batch.lines.iter().all(|line| !line.text.chars().any(is_unseen)));
    }
}

/// Both payloads, in JSON or CBOR; what is admitted by the model must survive being written as JSON.
pub(super) fn telemetry(data: &[u8]) {
    uploads(data);
    if let Ok(message) = ShadowMessage::parse(data) {
        assert_eq!(ShadowMessage::parse(message.to_json().as_bytes()).as_ref(), Ok(&message));
    }
    let Ok(message) = TelemetryMessage::parse(data) else { return };
    assert_eq!(TelemetryMessage::parse(message.to_json().as_bytes()).as_ref(), Ok(&message));
    let borrowed = |value| match value {
        &Sent::Bool(b) => FieldValue::Boolean(b),
        &Sent::Integer(n) => FieldValue::Integer(n),
        &Sent::Number(x) => FieldValue::Number(x),
        Sent::Text(text) => FieldValue::Text(text),
    };
    let fields: Vec<_> = message.fields.iter().map(|(name, value)| (name, borrowed(value))).collect();
    let input = TelemetryInput { counter: message.counter, at: message.at, fields: &fields };
    let now = Timestamp::from_micros(i64::MAX);
    for stream in MODEL.streams() {
        let Ok(first) = MODEL.admit(stream.name.as_str(), &input, None, now) else { continue };
        let again = MODEL.admit(stream.name.as_str(), &input, first.last.as_ref(), now);
        assert!(again.is_ok_and(|again| again.last.is_none()), "a repeat was refused or taken for newer");
    }
}

pub(super) fn model(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Model::compile(text) {
        Ok(model) => {
            for stream in model.streams() {
                assert!(model.stream(stream.name.as_str()).is_some(), "a stream that cannot be found");
            }
            for property in model.properties() {
                assert!(model.property(&property.field.name).is_some(), "a property that cannot be found");
            }
        }
        Err(why) => assert!(!why.to_string().is_empty() && !why.name().is_empty()),
    }
}

pub(super) fn field_map(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let map = FieldMap::parse(text);
    if let Ok(map) = &map {
        assert_eq!(FieldMap::parse(&map.to_string()).as_ref(), Ok(map));
        let _ = (MODEL.check_desired(map), MODEL.check_reported(map), MODEL.check_action_input("boost", map));
    }
    if let Ok(patch) = FieldPatch::parse(text) {
        let once = map.unwrap_or_default().patched(&patch);
        assert_eq!(once.patched(&patch), once, "a patch changes something when it is applied again");
    }
}

/// Any two copies give a state; writing it and reading it gives the same. The first byte says where the copies part.
pub(super) fn boot_state(data: &[u8]) {
    let Some((at, copies)) = data.split_first() else { return };
    let (zero, one) = copies.split_at(copies.len().min(usize::from(*at)));
    for (zero, one) in [(zero, one), (one, zero), (copies, &[][..]), (&[][..], copies)] {
        let state = BootState::read(zero, one);
        let (place, bytes) = state.encode();
        let read = if place == 0 { BootState::read(&bytes, b"") } else { BootState::read(b"", &bytes) };
        assert_eq!(read, state);
    }
    let framed = copies::encode(2, data);
    assert_eq!(copies::newest(&framed, b"").is_some(), data.len() <= copies::PAYLOAD_BYTES_MAX);
    let _ = BootState::read(&framed, b"");
}

#[expect(clippy::expect_used, reason = "a fixed name within its limits")]
pub(super) fn note_signer() -> NoteSigner {
    NoteSigner::new("holdfast.example/ledger".parse::<KeyName>().expect("a name"), &[9; 32])
}

pub(super) fn ledger_note(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(verifier) = text.trim_end().parse::<NoteVerifier>() {
        assert_eq!(verifier.to_string().parse(), Ok(verifier));
    }
    if let Ok(checkpoint) = text.parse::<Checkpoint>() {
        assert_eq!(checkpoint.to_string().parse().as_ref(), Ok(&checkpoint));
    }
    let (signer, origin) = (note_signer(), "holdfast.example/ledger".parse::<Origin>());
    let Ok(origin) = origin else { return };
    let _ = signer.verifier().open(text);
    let _ = Checkpoint::open(text, &signer.verifier(), &origin);
    if let Ok(note) = signer.sign(text) {
        assert_eq!(signer.verifier().open(&note), Ok(text), "a signed text opens as another");
        let _ = Checkpoint::open(&note, &signer.verifier(), &origin);
    }
}

/// Numbers first, then 32-byte hashes; sizes anywhere in the range of 64 bits.
pub(super) fn ledger_proof(data: &[u8]) {
    let Some((numbers, hashes)) = data.split_first_chunk::<24>() else { return };
    let number = |at: usize| {
        let bytes = numbers.get(at..at + 8).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        u64::from_le_bytes(bytes.unwrap_or_default())
    };
    let (a, b, c) = (number(0), number(8), number(16));
    let hashes: Vec<[u8; 32]> = hashes.chunks_exact(32).filter_map(|hash| hash.try_into().ok()).collect();
    let [leaf, root, proof @ ..] = hashes.as_slice() else { return };
    let leaves = Leaves { start: a, end: b };
    let _ = verify_subtree_inclusion(leaf, c, leaves, proof, root);
    let _ = verify_subtree_consistency(leaves, leaf, c, root, proof);
    if verify_inclusion(leaf, a, b, proof, root).is_ok() && !proof.is_empty() {
        assert!(verify_inclusion(root, a, b, proof, root).is_err(), "a root stands for a leaf");
    }
    if verify_consistency(a, leaf, b, root, proof).is_ok() && a == b {
        assert_eq!(leaf, root, "one tree with two roots");
    }
}

/// What people type to choose devices.
pub(super) fn device_filter(data: &[u8]) {
    use holdfast_domain::fleet::filter::{CHARS_MAX, Filter, TERMS_MAX};
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Filter::parse(text) {
        Ok(filter) => {
            assert!(filter.terms().len() <= TERMS_MAX, "more terms than allowed");
            let written = filter.to_string();
            // A written filter may be longer than the text it was read from only by what keeps its words apart.
            if written.chars().count() <= CHARS_MAX {
                assert_eq!(Filter::parse(&written).as_ref(), Ok(&filter), "{written:?}");
            }
        }
        Err(why) => assert!(why.at >= 1 && why.at <= text.chars().count() + 1, "{why} in {text:?}"),
    }
}
