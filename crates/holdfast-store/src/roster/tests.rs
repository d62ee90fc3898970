//! The image never differs from the store, whatever is decided, in whatever order, refused or not.

use holdfast_core::id::BatchId;
use holdfast_domain::decision::Decision;
use holdfast_domain::fleet::connection::{ConnectionFacts, decide_connection, decide_standing};
use holdfast_domain::fleet::{Command, CommandOutcome, Device, DeviceCertificate, FactoryBatch, Product, Quarantine};

use super::*;
use crate::store::wait;

const DEVICES: u64 = 5;
const STEPS: u64 = 250;

/// `SplitMix64`: the same decisions in every run. Remembers which certificates it issued to whom.
struct Dice(u64, Vec<(u64, u64)>);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000 + i64::try_from(seconds).unwrap() * 1_000_000)
}

fn device_id(n: u64) -> DeviceId {
    format!("hearth-{n:04}").parse().unwrap()
}

fn certificate(n: u64, device: u64) -> DeviceCertificate {
    DeviceCertificate {
        device: device_id(device),
        serial: format!("{n:032x}"),
        key: KeyThumbprint([u8::try_from(n % 251).unwrap(); 32]),
        not_before: at(0),
        not_after: at(1_000_000 + n),
        state: CertificateState::Issued,
    }
}

fn command_id(n: u64) -> CommandId {
    CommandId::new(at(n), [7; 10])
}

fn store_with_devices() -> (Store, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let product = Product {
        id: "hearth-thermostat".parse().unwrap(),
        title: "Hearth".to_owned(),
        vendor_domain: "hearth.example".to_owned(),
        thing_model: "{}".to_owned(),
        created: at(0),
    };
    let batch = FactoryBatch {
        id: BatchId::new(at(0), [1; 10]),
        product: product.id.clone(),
        devices: u32::try_from(DEVICES).unwrap(),
        manifest_digest: [0; 32],
        imported: at(0),
    };
    let device = |n| Device {
        id: device_id(n),
        product: product.id.clone(),
        batch: batch.id,
        factory_key: KeyThumbprint([u8::try_from(n).unwrap(); 32]),
        enrolment: Enrolment::Preauthorised,
        quarantine: None,
        software: None,
        created: at(0),
        last_seen: None,
        online_until: None,
    };
    let devices = (0..DEVICES).map(device).collect();
    let changes = vec![Change::PutProduct(product.clone()), Change::AddBatch { batch, devices, claims: vec![] }];
    store.commit(Decision::quiet(changes)).unwrap();
    (store, dir)
}

/// A change of a random device, that may or may not be possible.
fn change(dice: &mut Dice, step: u64) -> Change {
    const ENROLMENTS: [Enrolment; 4] =
        [Enrolment::Accepted, Enrolment::Accepted, Enrolment::Preauthorised, Enrolment::Pending];
    let n = dice.roll(DEVICES);
    let device = device_id(n);
    let documents = [r#"{"a":1}"#, r#"{"a":1,"b":true}"#, r#"{"b":true}"#, "{}"];
    let document = documents[usize::try_from(dice.roll(4)).unwrap()].to_owned();
    match dice.roll(24) {
        0..4 => Change::SetEnrolment { device, to: ENROLMENTS[usize::try_from(dice.roll(4)).unwrap()] },
        4..7 => {
            dice.1.push((step, n));
            Change::AddCertificate(certificate(step, n))
        }
        7..12 => {
            // Mostly its newest, sometimes one that is another's or was never issued.
            let newest = dice.1.iter().rev().find(|(_, of)| *of == n).map_or(0, |(number, _)| *number);
            let number = if dice.roll(4) == 0 { dice.roll(step + 1) } else { newest };
            Change::ProveCertificate { device, serial: certificate(number, n).serial, at: at(step) }
        }
        12 => Change::RevokeCertificates { device, at: at(step) },
        13 => {
            Change::SetQuarantine { device, to: Some(Quarantine { since: at(step), reason: "by-person".to_owned() }) }
        }
        14 => Change::SetQuarantine { device, to: None },
        15..17 => Change::SetDesired { device, from_version: dice.roll(3), desired: document },
        17..19 => Change::SetReported { device, applied_version: 0, reported: document, at: at(step) },
        19..21 => Change::AddCommand(Command {
            id: command_id(step),
            device,
            action: "identify".to_owned(),
            input: "{}".to_owned(),
            created: at(step),
            expires: at(step + 100),
            outcome: None,
            ended: None,
        }),
        21..23 => Change::EndCommand {
            command: command_id(dice.roll(step + 1)),
            outcome: CommandOutcome::Expired,
            at: at(step),
        },
        _ if n == 0 => Change::SetEnrolment { device, to: Enrolment::Revoked },
        // Of a device that is not there: the whole decision is refused.
        _ => Change::SetEnrolment { device: device_id(DEVICES + n), to: Enrolment::Accepted },
    }
}

/// What a connection would be told by the image is what it would be told by the store.
fn compare(store: &Store, issued: u64) -> usize {
    let fresh = store.read(Roster::load).unwrap();
    assert_eq!(*store.roster().0.read().unwrap(), *fresh.0.read().unwrap(), "after {issued} steps");
    let mut admitted = 0;
    for n in 0..DEVICES {
        let id = device_id(n);
        let Some(known) = store.known(&id) else { continue };
        assert_eq!(known.open_commands, !store.open_commands(&id).unwrap().is_empty());
        let shadow = store.shadow(&id).unwrap();
        let (desired, reported) = (FieldMap::parse(&shadow.desired), FieldMap::parse(&shadow.reported));
        assert_eq!(known.shadow_differs, !delta(&desired.unwrap(), &reported.unwrap()).is_empty());
        let device = store.device(&id).unwrap();
        for certificate in store.certificates(&id).unwrap() {
            let facts = ConnectionFacts { device: device.as_ref(), certificate: Some(&certificate) };
            if let Some(standing) = known.standing_with(&certificate.serial, &certificate.key) {
                assert_eq!(decide_standing(&standing, at(5)), decide_connection(&facts, at(5)));
                admitted += 1;
            } else {
                assert_ne!(certificate.state, CertificateState::Proven);
            }
        }
    }
    admitted
}

#[test]
fn the_image_never_differs_from_the_store() {
    let mut admitted = 0;
    for seed in 0..4 {
        let (store, dir) = store_with_devices();
        let mut dice = Dice(seed, Vec::new());
        let mut step = 0;
        while step < STEPS {
            let decide = |dice: &mut Dice, step: &mut u64| {
                *step += 1;
                let changes = (0..=dice.roll(2)).map(|_| change(dice, *step)).collect();
                store.commit_async(Decision::quiet(changes))
            };
            // Several at once, so that some share a turn of the writer.
            let together: Vec<_> = (0..=dice.roll(4)).map(|_| decide(&mut dice, &mut step)).collect();
            for one in together {
                let _ = wait(one);
            }
            admitted += compare(&store, step);
        }
        drop(store);
        admitted += compare(&Store::open(dir.path()).unwrap(), step);
    }
    assert!(admitted > 100, "only {admitted} were admitted: the test does not reach what it is about");
}

#[test]
fn a_device_is_out_of_sight_while_a_change_of_it_is_committed() {
    let (store, _dir) = store_with_devices();
    let proven = certificate(1, 0);
    let changes = vec![
        Change::SetEnrolment { device: device_id(0), to: Enrolment::Accepted },
        Change::AddCertificate(proven.clone()),
        Change::ProveCertificate { device: device_id(0), serial: proven.serial.clone(), at: at(1) },
    ];
    store.commit(Decision::quiet(changes)).unwrap();
    let known = store.known(&device_id(0)).unwrap();
    assert!(known.standing_with(&proven.serial, &proven.key).is_some());
    assert_eq!(known.standing_with(&certificate(2, 0).serial, &proven.key), None);
    assert_eq!(known.standing_with(&proven.serial, &KeyThumbprint([9; 32])), None);
    let both = || BTreeSet::from([device_id(0), device_id(1)]);
    let touched = || Touched { changed: both(), commanded: BTreeSet::new() };
    store.roster().hide(&touched());
    assert_eq!(store.known(&device_id(0)), None);
    store
        .read(|conn| {
            store.roster().read_again(conn, touched(), true);
            Ok(())
        })
        .unwrap();
    assert_eq!(store.known(&device_id(0)), Some(known));
    assert_eq!(store.known(&device_id(1)), None, "and one that may not connect has no entry");
}

#[test]
fn a_serial_number_is_compared_as_a_number() {
    assert_eq!(serial_bytes("00ab"), serial_bytes("ab"));
    assert_ne!(serial_bytes("ab"), serial_bytes("ab00"));
    for bad in ["a", "zz", &"0".repeat(42)] {
        assert_eq!(serial_bytes(bad), None, "{bad}");
    }
}
