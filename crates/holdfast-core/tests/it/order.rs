//! Orders: for one device, signed by the freshness key as an order and as nothing else.

use holdfast_core::cose::{Verified, sign1_attached};
use holdfast_core::id::{CommandId, DeviceId};
use holdfast_core::order::{
    ACTION_BYTES_MAX, CommandOrder, DesiredOrder, INPUT_BYTES_MAX, verify_desired, verify_order,
};
use holdfast_core::time::Timestamp;
use proptest::prelude::*;

use crate::makers::{key, trusted};

fn device() -> DeviceId {
    "hearth-0001".parse().unwrap()
}

fn order() -> CommandOrder {
    let expires = Timestamp::from_micros(1_795_408_200_000_000);
    CommandOrder {
        device: device(),
        id: CommandId::new(expires, [3; 10]),
        action: "identify".to_owned(),
        input: r#"{"seconds":2}"#.to_owned(),
        expires,
    }
}

fn verify(bytes: &[u8]) -> Result<CommandOrder, &'static str> {
    verify_order(bytes, &trusted().content().freshness, &device())
        .map(Verified::into_inner)
        .map_err(|refusal| refusal.name())
}

#[test]
fn an_order_reads_back_on_its_device_alone() {
    let bytes = order().sign(&key(20)).unwrap();
    assert_eq!(verify(&bytes), Ok(order()));
    let other = CommandOrder { device: "hearth-0002".parse().unwrap(), ..order() };
    assert_eq!(verify(&other.sign(&key(20)).unwrap()), Err("order-for-another-device"));
}

#[test]
fn whoever_carries_an_order_can_neither_make_nor_change_one() {
    for other in [1, 11, 21] {
        assert_eq!(verify(&order().sign(&key(other)).unwrap()), Err("order-unknown-signer"));
    }
    let bytes = order().sign(&key(20)).unwrap();
    let at = bytes.windows(8).position(|part| part == b"identify").unwrap();
    let mut changed = bytes.clone();
    changed[at] ^= 1;
    assert_eq!(verify(&changed), Err("order-wrong-signature"));
    assert!(verify(br#"{"id":"x","action":"identify"}"#).is_err(), "what is not signed is no order");
}

#[test]
fn a_signature_over_something_else_makes_no_order() {
    // The same key and the same bytes, signed for another purpose.
    let mut inner = order();
    inner.action = "unlock".to_owned();
    let bytes = inner.sign(&key(20)).unwrap();
    let start = bytes.windows(2).position(|two| two == [0xa5, 0x01]).unwrap();
    let end = bytes.len() - 66;
    let statement = sign1_attached(&key(20), b"", &bytes[start..end]).unwrap();
    assert_eq!(verify(&statement), Err("order-wrong-signature"));
}

#[test]
fn wishes_of_a_shadow_read_back_and_are_no_command() {
    let wishes = |id: &str| DesiredOrder { device: id.parse().unwrap(), version: 7, fields: r#"{"on":true}"#.into() };
    let verify_wishes = |bytes: &[u8]| {
        verify_desired(bytes, &trusted().content().freshness, &device())
            .map(Verified::into_inner)
            .map_err(|refusal| refusal.name())
    };
    let bytes = wishes("hearth-0001").sign(&key(20)).unwrap();
    assert_eq!(verify_wishes(&bytes), Ok(wishes("hearth-0001")));
    assert_eq!(verify(&bytes), Err("order-wrong-signature"));
    assert_eq!(verify_wishes(&order().sign(&key(20)).unwrap()), Err("order-wrong-signature"));
    assert_eq!(verify_wishes(&wishes("hearth-0002").sign(&key(20)).unwrap()), Err("order-for-another-device"));
    assert_eq!(verify_wishes(&wishes("hearth-0001").sign(&key(1)).unwrap()), Err("order-unknown-signer"));
}

#[test]
fn what_is_too_long_or_out_of_range_is_refused() {
    for change in [
        CommandOrder { action: "a".repeat(ACTION_BYTES_MAX + 1), ..order() },
        CommandOrder { input: "i".repeat(INPUT_BYTES_MAX + 1), ..order() },
        CommandOrder { expires: Timestamp::from_micros(-1), ..order() },
    ] {
        assert!(verify(&change.sign(&key(20)).unwrap()).is_err());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_verifier_panic_and_none_verify(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(verify(&bytes).is_err());
    }

    #[test]
    fn every_cut_or_changed_byte_is_noticed(at in 0_usize..200, flip in 1_u8..) {
        let bytes = order().sign(&key(20)).unwrap();
        let at = at % bytes.len();
        prop_assert!(verify(&bytes[..at]).is_err());
        let mut changed = bytes.clone();
        changed[at] ^= flip;
        prop_assert_ne!(verify(&changed), Ok(CommandOrder { action: "unlock".to_owned(), ..order() }));
        if let Ok(read) = verify(&changed) {
            // Only what no signature covers may differ: the unprotected header.
            prop_assert_eq!(read, order());
        }
    }
}
