//! RFC 8949 appendix A, must-refuse encodings, and round trips against minicbor as an independent encoder.

use holdfast_core::cbor::{self, Kind, Reader, Rules, Writer};
use proptest::prelude::*;

use crate::vectors::{hex, json};

const STRICT: Rules = Rules::deterministic(64 * 1024);

#[test]
fn each_example_of_rfc_8949_is_accepted_exactly_when_it_is_deterministic() {
    let vectors = json("cbor/appendix_a.json");
    let mut refused = 0;
    for vector in vectors.as_array().unwrap() {
        let text = vector["hex"].as_str().unwrap();
        let shortest = vector["roundtrip"].as_bool().unwrap();
        // f818 is `simple(24)`, which RFC 8949 §3.3 made ill-formed after these vectors were written.
        let accept = shortest && text != "f818";
        let found = cbor::check(&hex(text), STRICT);
        assert_eq!(found.is_ok(), accept, "{text}: {found:?}");
        refused += usize::from(!accept);
    }
    assert!(refused > 10, "the vectors hold encodings that must be refused");
}

#[test]
fn encodings_that_are_not_deterministic_are_refused_by_name() {
    let deep = [vec![0x81; 17], vec![0x00]].concat();
    let wide = [vec![0x9b], vec![0xff; 8]].concat();
    for (bytes, name) in [
        (hex(""), "cbor-truncated"),
        (hex("18"), "cbor-truncated"),
        (hex("4401"), "cbor-truncated"),
        (hex("8201"), "cbor-truncated"),
        (wide, "cbor-truncated"),
        (hex("0000"), "cbor-trailing-bytes"),
        (hex("1817"), "cbor-not-shortest"),
        (hex("1900ff"), "cbor-not-shortest"),
        (hex("1a0000ffff"), "cbor-not-shortest"),
        (hex("1b00000000ffffffff"), "cbor-not-shortest"),
        (hex("580100"), "cbor-not-shortest"),
        (hex("fa3fc00000"), "cbor-not-shortest"),
        (hex("fb3ff8000000000000"), "cbor-not-shortest"),
        (hex("5f4100ff"), "cbor-indefinite-length"),
        (hex("9f00ff"), "cbor-indefinite-length"),
        (hex("bf0000ff"), "cbor-indefinite-length"),
        (hex("ff"), "cbor-indefinite-length"),
        (hex("a201000100"), "cbor-duplicate-key"),
        (hex("a202000100"), "cbor-unsorted-keys"),
        (hex("a2200001 00"), "cbor-unsorted-keys"),
        (hex("61ff"), "cbor-invalid-text"),
        (hex("1c"), "cbor-reserved"),
        (hex("f81f"), "cbor-reserved"),
        (deep, "cbor-too-deep"),
        (vec![0x40; 64 * 1024 + 1], "cbor-over-long"),
    ] {
        assert_eq!(cbor::check(&bytes, STRICT).unwrap_err().name(), name, "{bytes:02x?}");
    }
}

#[test]
fn relaxed_key_order_still_refuses_a_key_that_comes_twice() {
    let rules = Rules::any_key_order(100);
    assert!(cbor::check(&hex("a202000100"), rules).is_ok());
    assert_eq!(cbor::check(&hex("a3020001000200"), rules).unwrap_err().name(), "cbor-duplicate-key");
}

#[test]
fn floats_are_shortest_exactly_when_a_narrower_float_loses_their_value() {
    // The boundary cases of half precision: largest, smallest normal, smallest subnormal, and one step off each.
    for (single, fits) in [
        (0x477f_e000_u32, true),
        (0x477f_f000, false),
        (0x4780_0000, false),
        (0x3880_0000, true),
        (0x3880_1000, false),
        (0x3380_0000, true),
        (0x3300_0000, false),
        (0x33c0_0000, false),
        (0x3440_0000, true),
        (0x8000_0000, true),
        (0x0000_0001, false),
        (0x7f80_0000, true),
        (0x7fc0_0001, false),
    ] {
        let bytes = [vec![0xfa], single.to_be_bytes().to_vec()].concat();
        assert_eq!(cbor::check(&bytes, STRICT).is_err(), fits, "{single:08x}");
    }
    for value in [1.1_f64, f64::MAX, f64::MIN_POSITIVE, f64::from(f32::MAX) * 1.5, f64::from(1e-45_f32) / 2.0] {
        let bytes = [vec![0xfb], value.to_be_bytes().to_vec()].concat();
        assert!(cbor::check(&bytes, STRICT).is_ok(), "{value}");
    }
    for value in [f32::MAX, f32::MIN_POSITIVE, 1e-45, 1.5e-42, 0.1] {
        let bytes = [vec![0xfb], f64::from(value).to_be_bytes().to_vec()].concat();
        assert!(cbor::check(&bytes, STRICT).is_err(), "{value}");
    }
}

#[test]
fn the_reader_gives_values_in_order_and_notices_what_is_left() {
    let mut writer = Writer::new();
    writer.tag(1).array(8).u64(7).i64(-7).bytes(&[1, 2]).text("hi").bool(true).null().map(1).u64(1).u64(2).raw(&[0x80]);
    let bytes = writer.into_bytes();
    let mut reader = Reader::open(&bytes, STRICT).unwrap();
    assert_eq!(reader.peek(), Kind::Tag);
    assert_eq!((reader.tag(), reader.array(8), reader.u64(), reader.i64()), (Ok(1), Ok(8), Ok(7), Ok(-7)));
    assert_eq!((reader.byte_array::<2>(), reader.text(2), reader.bool()), (Ok([1, 2]), Ok("hi"), Ok(true)));
    assert_eq!(reader.null(), Ok(()));
    assert_eq!(reader.end().unwrap_err().name(), "cbor-trailing-bytes");
    assert_eq!(reader.raw(), Ok(&[0xa1, 1, 2][..]));
    assert_eq!(reader.raw(), Ok(&[0x80][..]));
    assert_eq!(reader.end(), Ok(()));
}

#[test]
fn the_reader_names_a_wrong_type_and_a_value_out_of_range() {
    let open = |text| Reader::open(Box::leak(hex(text).into_boxed_slice()), STRICT).unwrap();
    assert_eq!(open("20").u64().unwrap_err().name(), "cbor-unexpected-type");
    assert_eq!(open("1bffffffffffffffff").i64().unwrap_err().name(), "cbor-out-of-range");
    assert_eq!(open("3bffffffffffffffff").i64().unwrap_err().name(), "cbor-out-of-range");
    assert_eq!(open("3b7fffffffffffffff").i64(), Ok(i64::MIN));
    assert_eq!(open("626869").text(1).unwrap_err().name(), "cbor-out-of-range");
    assert_eq!(open("420102").byte_array::<3>().unwrap_err().name(), "cbor-out-of-range");
    assert_eq!(open("820000").array(1).unwrap_err().name(), "cbor-out-of-range");
}

proptest! {
    #[test]
    fn no_bytes_make_the_scan_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = cbor::check(&bytes, STRICT);
        let _ = cbor::check(&bytes, Rules::any_key_order(100));
    }

    #[test]
    fn whatever_the_scan_accepts_is_one_whole_item_to_minicbor(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
        if cbor::check(&bytes, STRICT).is_ok() {
            let mut decoder = minicbor::Decoder::new(&bytes);
            prop_assert!(decoder.skip().is_ok());
            prop_assert_eq!(decoder.position(), bytes.len());
        }
    }

    #[test]
    fn every_integer_is_written_as_minicbor_writes_it_and_reads_back(value: i64, big: u64) {
        let mut writer = Writer::new();
        writer.array(2).i64(value).u64(big);
        let bytes = writer.into_bytes();
        let expected = minicbor::to_vec((value, big)).unwrap();
        prop_assert_eq!(&bytes, &expected);
        let mut reader = Reader::open(&bytes, STRICT).unwrap();
        reader.array_of(2).unwrap();
        prop_assert_eq!(reader.i64(), Ok(value));
        prop_assert_eq!(reader.u64(), Ok(big));
    }

    #[test]
    fn strings_of_every_length_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..600), text in ".{0,300}") {
        let mut writer = Writer::new();
        writer.array(2).bytes(&bytes).text(&text);
        let out = writer.into_bytes();
        let mut reader = Reader::open(&out, STRICT).unwrap();
        reader.array_of(2).unwrap();
        prop_assert_eq!(reader.bytes(), Ok(&bytes[..]));
        prop_assert_eq!(reader.text(usize::MAX), Ok(&text[..]));
    }

    #[test]
    fn a_map_written_sorted_passes_the_strict_scan(keys in proptest::collection::btree_set(any::<i64>(), 0..40)) {
        let pairs = keys.iter().rev().map(|k| (cbor::item(|w| { w.i64(*k); }), vec![0x00])).collect();
        let bytes = cbor::item(|w| { w.sorted(pairs); });
        prop_assert_eq!(cbor::check(&bytes, STRICT), Ok(()));
    }
}
