//! Timestamp statements: bound to device and nonce, rising, signed by the freshness key alone.

use holdfast_core::cbor::item;
use holdfast_core::cose::{Verified, sign1_attached};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{DeploymentId, DeviceId};
use holdfast_core::statement::{Assignment, Expectation, Nonce, TimestampStatement, verify_statement};
use holdfast_core::time::Timestamp;
use proptest::prelude::*;

use crate::makers::{key, trusted};

fn nonce() -> Nonce {
    Nonce::new(&[7; 32]).unwrap()
}

fn device() -> DeviceId {
    "hearth-0001".parse().unwrap()
}

fn statement() -> TimestampStatement {
    let time = Timestamp::from_micros(1_795_408_200_000_000);
    TimestampStatement {
        trust_version: 1,
        time,
        counter: 42,
        nonce: nonce(),
        device: device(),
        assignment: Some(Assignment {
            manifest_digest: Sha256Digest::of(b"manifest"),
            sequence: 7,
            deployment: DeploymentId::new(time, [3; 10]),
            generation: 2,
        }),
    }
}

fn verify(bytes: &[u8]) -> Result<TimestampStatement, &'static str> {
    let (device, nonce) = (device(), nonce());
    let expected = Expectation { device: &device, nonce: &nonce, counter_floor: 41, time_floor: statement().time };
    verify_statement(bytes, &trusted(), &expected).map(Verified::into_inner).map_err(|e| e.name())
}

#[test]
fn a_statement_with_and_without_assignment_reads_back() {
    for statement in [statement(), TimestampStatement { assignment: None, ..statement() }] {
        assert_eq!(verify(&statement.sign(&key(20)).unwrap()), Ok(statement));
    }
}

#[test]
fn statements_that_do_not_answer_this_device_now_are_refused_by_name() {
    let check = |change: &dyn Fn(&mut TimestampStatement), name: &str| {
        let mut statement = statement();
        change(&mut statement);
        assert_eq!(verify(&statement.sign(&key(20)).unwrap()), Err(name));
    };
    check(&|s| s.device = "hearth-0002".parse().unwrap(), "other-device");
    check(&|s| s.nonce = Nonce::new(&[8; 32]).unwrap(), "wrong-nonce");
    check(&|s| s.nonce = Nonce::new(&[7; 31]).unwrap(), "wrong-nonce");
    check(&|s| s.trust_version = 0, "older-trust");
    check(&|s| s.counter = 41, "counter-not-risen");
    check(&|s| s.counter = 0, "counter-not-risen");
    check(&|s| s.time = Timestamp::from_micros(1_795_408_199_999_999), "time-backwards");
    check(&|s| s.time = Timestamp::from_micros(-1), "cbor-unexpected-type");
}

#[test]
fn only_the_freshness_key_states_what_is_current() {
    for other in [1, 11, 21] {
        assert_eq!(verify(&statement().sign(&key(other)).unwrap()), Err("unknown-signer"));
    }
    // A device that has missed a change of the freshness key can tell this from an attack, and fetches trust first.
    let mut bytes = statement().sign(&key(20)).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert_eq!(verify(&bytes), Err("wrong-signature"));
}

#[test]
fn every_truncation_and_every_changed_byte_is_refused() {
    let whole = statement().sign(&key(20)).unwrap();
    for at in 0..whole.len() {
        assert_eq!(verify(&whole[..at]), Err("cbor-truncated"));
        let mut changed = whole.clone();
        changed[at] ^= 0x01;
        assert!(verify(&changed).is_err(), "byte {at}");
    }
    assert_eq!(verify(&[0; 1_025]), Err("cbor-over-long"));
}

#[test]
fn signed_contents_of_another_shape_are_refused() {
    for payload in [
        item(|w| {
            w.map(0);
        }),
        item(|w| {
            w.array(0);
        }),
        item(|w| {
            w.map(1).u64(1).u64(1);
        }),
        item(|w| {
            w.map(5).u64(1).u64(1).u64(2).u64(1).u64(3).u64(1).u64(4).bytes(&[1; 15]).u64(5).text("hearth-0001");
        }),
        item(|w| {
            w.map(5).u64(1).u64(1).u64(2).u64(1).u64(3).u64(1).u64(4).bytes(&[1; 16]).u64(5).text("A/+");
        }),
    ] {
        assert!(verify(&sign1_attached(&key(20), b"", &payload).unwrap()).is_err());
    }
    for length in [0, 15, 65] {
        assert!(Nonce::new(&vec![0; length]).is_err());
    }
}

proptest! {
    #[test]
    fn any_statement_that_answers_reads_back(
        counter in 42_u64.., later in 0_i64..1 << 50, sequence: u64, generation: u64, assigned: bool, trust in 1_u64..,
    ) {
        let mut made = statement();
        made.counter = counter;
        made.trust_version = trust;
        made.time = Timestamp::from_micros(made.time.as_micros() + later);
        made.assignment = made.assignment.filter(|_| assigned).map(|a| Assignment { sequence, generation, ..a });
        prop_assert_eq!(verify(&made.sign(&key(20)).unwrap()), Ok(made));
    }

    #[test]
    fn no_bytes_make_the_verifier_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verify(&bytes).is_err());
        let signed = sign1_attached(&key(20), b"", &bytes).unwrap();
        prop_assert!(verify(&signed).is_err());
    }
}
