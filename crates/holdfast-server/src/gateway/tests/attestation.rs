//! Evidence: good evidence is recorded, bad evidence contains the device, and no nonce answers twice.

use holdfast_core::attest::{BootState, Evidence};
use holdfast_core::cose::{Signer as _, SoftwareKey};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::ReleaseId;
use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::statement::Nonce;
use holdfast_core::topic::DownChannel;
use holdfast_core::update::boot::Slot;
use holdfast_domain::decision::{Change, Effect};
use holdfast_domain::fleet::KeyThumbprint;
use holdfast_domain::integrity::Verdict;
use holdfast_domain::updates::{Release, ReleaseKind};

use super::client::{Client, Heard, reading};
use super::house::{Credential, House};
use crate::clock;

const IMAGE: [u8; 32] = [0xa1; 32];
const MANIFEST: [u8; 32] = [0x3a; 32];

fn factory_key(n: u8) -> SoftwareKey {
    SoftwareKey::p256(&[n; 32]).unwrap()
}

/// A server with a published release, and a device with a factory key.
fn house() -> (House, Credential) {
    let house = House::open();
    let spki = factory_key(7).public_key().to_spki_der();
    let credential = house.device_with("hearth-0001", KeyThumbprint(*Sha256Digest::of(&spki).as_bytes()));
    let now = clock::now();
    house.commit(vec![Change::AddRelease(Release {
        id: ReleaseId::new(now, clock::random()),
        product: "hearth-thermostat".parse().unwrap(),
        version: "1.0.0".to_owned(),
        sequence: 1,
        kind: ReleaseKind::Feature,
        security_floor: 0,
        description: "Warm.".to_owned(),
        manifest_digest: MANIFEST,
        artifact_digest: IMAGE,
        artifact_bytes: 1,
        signers: 2,
        envelope: vec![1],
        published: now,
        withdrawn: false,
    })]);
    (house, credential)
}

async fn challenged(client: &mut Client) -> Nonce {
    let challenge = client.told(DownChannel::Challenge).await;
    let hex = challenge["nonce"].as_str().unwrap();
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    Nonce::new(&bytes).unwrap()
}

fn evidence(nonce: Nonce, image: [u8; 32], key: &SoftwareKey) -> Vec<u8> {
    let evidence = Evidence {
        nonce,
        uptime_s: 10,
        boot_count: 3,
        version: "1.0.0".to_owned(),
        slot: Slot::A,
        image_digest: Sha256Digest::from_bytes(image),
        manifest_digest: Sha256Digest::from_bytes(MANIFEST),
        sequence: 1,
        security_floor: 0,
        boot_state: BootState::Committed,
    };
    evidence.sign(key).unwrap()
}

async fn say(client: &mut Client, evidence: &[u8]) -> Heard {
    let (_, bytes) = client.message_to("hf/v1/hearth-0001/attest", evidence);
    client.send_bytes(&bytes).await;
    client.hear_answer().await
}

fn refused_with(heard: &Heard) -> &str {
    match heard {
        Heard::PubAck(_, reason, words) if reason.is_error() => words,
        heard => panic!("{heard:?}"),
    }
}

#[tokio::test]
async fn good_evidence_is_recorded_and_its_nonce_is_used_up() {
    let (house, credential) = house();
    let mut client = Client::connected(&house, &credential).await;
    client.subscribe().await;
    let evidence = evidence(challenged(&mut client).await, IMAGE, &factory_key(7));
    let heard = say(&mut client, &evidence).await;
    assert!(matches!(heard, Heard::PubAck(_, ReasonCode::Success, _)), "{heard:?}");
    let software = house.store.device(&credential.device).unwrap().unwrap().software.unwrap();
    assert_eq!((software.version.as_str(), software.slot), ("1.0.0", 'a'));
    assert_eq!(refused_with(&say(&mut client, &evidence).await), "nonce-unknown");
    assert_eq!(house.store.appraisals(&credential.device, None, 10).unwrap().len(), 1, "a replay leaves no trace");
}

#[tokio::test]
async fn contradicting_evidence_contains_the_device_until_fresh_good_evidence_comes() {
    let (house, credential) = house();
    let mut client = Client::connected(&house, &credential).await;
    client.subscribe().await;
    let bad = evidence(challenged(&mut client).await, [0xee; 32], &factory_key(7));
    assert!(matches!(say(&mut client, &bad).await, Heard::PubAck(_, ReasonCode::Success, _)), "bad news is stored too");
    let policy = loop {
        let policy = client.told(DownChannel::Policy).await;
        if policy["quarantined"] == true {
            break policy;
        }
    };
    assert_eq!((&policy["reason"], &policy["recover"]), (&"slot-digest-unknown".into(), &true.into()));
    let refused = client.publish("telemetry/climate", &reading(1)).await;
    assert_eq!(refused_with(&refused), "quarantined");

    house.connections.push(&Effect::Challenge(credential.device.clone()));
    let good = evidence(challenged(&mut client).await, IMAGE, &factory_key(7));
    assert!(matches!(say(&mut client, &good).await, Heard::PubAck(_, ReasonCode::Success, _)));
    while client.told(DownChannel::Policy).await["quarantined"] == true {}
    assert!(matches!(client.publish("telemetry/climate", &reading(1)).await, Heard::PubAck(_, ReasonCode::Success, _)));
    let verdicts: Vec<_> = house
        .store
        .appraisals(&credential.device, None, 10)
        .unwrap()
        .into_iter()
        .map(|stored| stored.appraisal.verdict)
        .collect();
    assert_eq!(verdicts, [Verdict::Affirming, Verdict::Contraindicated("slot-digest-unknown".to_owned())]);
}

#[tokio::test]
async fn evidence_of_another_key_over_another_nonce_or_of_no_shape_is_refused_by_name() {
    let (house, credential) = house();
    let mut client = Client::connected(&house, &credential).await;
    client.subscribe().await;
    let nonce = challenged(&mut client).await;
    let other_key = evidence(nonce.clone(), IMAGE, &factory_key(8));
    assert_eq!(refused_with(&say(&mut client, &other_key).await), "unknown-signer");
    let own_nonce = evidence(Nonce::new(&[9; 32]).unwrap(), IMAGE, &factory_key(7));
    assert_eq!(refused_with(&say(&mut client, &own_nonce).await), "nonce-unknown");
    let mut changed = evidence(nonce, IMAGE, &factory_key(7));
    let claim = changed.windows(32).position(|bytes| bytes == IMAGE).unwrap();
    changed[claim] ^= 1;
    assert_eq!(refused_with(&say(&mut client, &changed).await), "unknown-signer", "the key no longer fits the message");
    let heard = say(&mut client, b"{}").await;
    assert!(matches!(heard, Heard::PubAck(_, ReasonCode::PayloadFormatInvalid, _)), "{heard:?}");
    assert_eq!(house.store.appraisals(&credential.device, None, 10).unwrap(), []);
}
