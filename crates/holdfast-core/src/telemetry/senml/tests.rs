//! `SenML` against the examples of RFC 8428, and every way to break its rules.

use super::super::Upload;
use super::*;
use alloc::format;
use alloc::string::ToString as _;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

/// Time in seconds, field, value and unit of each resolved value.
type Flat = Vec<(f64, String, FieldValue, Option<String>)>;

#[expect(clippy::cast_precision_loss, reason = "microseconds of our time fit into 53 bits")]
fn flat(readings: &[Reading]) -> Flat {
    let seconds = |at: Timestamp| at.as_micros() as f64 / 1e6;
    let one = |reading: &Reading| -> Flat {
        let unit = |name: &str| reading.units.get(name).cloned();
        reading.fields.iter().map(|(n, v)| (seconds(reading.at), n.to_string(), v.clone(), unit(n))).collect()
    };
    readings.iter().flat_map(one).collect()
}

fn resolve(payload: &[u8]) -> Result<Vec<Reading>, &'static str> {
    Pack::parse(payload).and_then(|pack| pack.readings(NOW)).map_err(PayloadRefusal::name)
}

fn value(at: f64, name: &str, value: f64, unit: &str) -> (f64, String, FieldValue, Option<String>) {
    (at, name.to_string(), FieldValue::Number(value), Some(unit.to_string()))
}

const NOW_S: f64 = 1_795_408_200.0;

#[test]
fn section_5_1_1_one_value_at_the_time_it_is_received() {
    let got = resolve(br#"[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]"#).unwrap();
    assert_eq!(flat(&got), [value(NOW_S, "10e2073a01080063", 23.1, "Cel")]);
    assert_eq!(got[0].counter, 1_795_408_200_000_000, "the time stands in for a counter");
}

#[test]
fn section_5_1_2_values_of_one_device_share_its_name() {
    let pack =
        br#"[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},{"n":"current","u":"A","v":1.2}]"#;
    let got = resolve(pack).unwrap();
    assert_eq!(got.len(), 1, "one time is one reading");
    assert_eq!(flat(&got), [value(NOW_S, "current", 1.2, "A"), value(NOW_S, "voltage", 120.1, "V")]);
}

const SECOND_OF_5_1_2: &str = r#"[
    {"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
    {"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","t":-3,"v":1.4},
    {"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},{"n":"current","v":1.7}]"#;

/// Section 6 writes the same in CBOR.
fn second_in_cbor() -> Vec<u8> {
    let f64s = |x: f64| [&[0xfb][..], &x.to_be_bytes()].concat();
    let mut out = b"\x87\xa7\x21\x78\x1burn:dev:ow:10e2073a0108006:\x22".to_vec();
    out.extend(f64s(1.276_020_076_001e9));
    out.extend(b"\x23\x61A\x20\x05\x00\x67voltage\x01\x61V\x02");
    out.extend(f64s(120.1));
    for (time, current) in [(0x24_u8, 1.2), (0x23, 1.3), (0x22, 1.4), (0x21, 1.5), (0x20, 1.6)] {
        out.extend(b"\xa3\x00\x67current\x06");
        out.push(time);
        out.push(2);
        out.extend(f64s(current));
    }
    out.extend(b"\xa2\x00\x67current\x02");
    out.extend(f64s(1.7));
    out
}

#[test]
fn section_5_1_2_and_6_older_values_first_and_the_same_in_cbor() {
    let got = resolve(SECOND_OF_5_1_2.as_bytes()).unwrap();
    let at = 1_276_020_076.001;
    let mut expected: Flat = [(5.0, 1.2), (4.0, 1.3), (3.0, 1.4), (2.0, 1.5), (1.0, 1.6)]
        .map(|(ago, amps)| value(at - ago, "current", amps, "A"))
        .into();
    expected.push(value(at, "current", 1.7, "A"));
    expected.push(value(at, "voltage", 120.1, "V"));
    assert_eq!(flat(&got), expected);
    let cbor = second_in_cbor();
    assert_eq!(resolve(&cbor), Ok(got));
}

#[test]
fn section_5_1_3_a_unit_of_its_own_goes_before_the_base_unit() {
    let pack = br#"[{"bn":"urn:dev:ow:10e2073a01080063:x","bt":1.320067464e+09,"bu":"%RH","v":20},
        {"bn":"urn:dev:ow:10e2073a01080063:lon","u":"lon","v":24.30621},{"bn":"urn:dev:ow:10e2073a01080063:x","t":60,"v":20.3}]"#;
    let units: Vec<_> =
        flat(&resolve(pack).unwrap()).into_iter().map(|(_, name, _, unit)| (name, unit.unwrap())).collect();
    let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
    assert_eq!(units, [pair("lon", "lon"), pair("x", "%RH"), pair("x", "%RH")]);
}

#[test]
fn section_5_1_5_values_of_other_types_and_data_that_no_field_can_hold() {
    let pack = r#"[{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},
        {"n":"label","vs":"Machine Room"},{"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]"#;
    assert_eq!(resolve(pack.as_bytes()), Err("senml-kind"));
    let got = resolve(pack.replace(r#""vd":"aGkgCg""#, r#""vs":"hi""#).as_bytes()).unwrap();
    let names: Vec<_> = got[0].fields.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["label", "nfc_reader", "open", "temp"]);
}

#[test]
fn a_counter_may_be_given_and_counts_up_with_time() {
    let pack = br#"[{"hfc":41,"bn":"d:","n":"a","t":-1,"v":1},{"n":"a","t":-2,"v":2},{"n":"b","t":-1,"v":3}]"#;
    let got = resolve(pack).unwrap();
    assert_eq!(got.iter().map(|r| (r.counter, r.fields.len())).collect::<Vec<_>>(), [(41, 1), (42, 2)]);
    assert!(got[0].at < got[1].at);
}

#[test]
fn base_values_add_up_and_a_decimal_fraction_is_a_number() {
    let got = resolve(br#"[{"bn":"d:","bv":20,"n":"a","v":1.5},{"n":"b","v":2}]"#).unwrap();
    assert_eq!(flat(&got)[0].2, FieldValue::Number(21.5));
    assert_eq!(flat(&got)[1].2, FieldValue::Number(22.0));
    // RFC 8949 §3.4.4: 4([-2, 27315]) is 273.15.
    let got = resolve(b"\x81\xa2\x00\x61a\x02\xc4\x82\x21\x19\x6a\xb3").unwrap();
    assert_eq!(flat(&got)[0].2, FieldValue::Number(273.15));
}

#[test]
fn what_breaks_a_rule_is_refused_by_name() {
    let record = r#"{"n":"a","v":1}"#;
    for (payload, name) in [
        ("[]".to_string(), "senml-length"),
        (format!("[{}]", alloc::vec![r#"{"bn":"d:"}"#; 257].join(",")), "senml-length"),
        (r#"[{"bn":"d:"}]"#.into(), "senml-length"),
        (r#"[{"bver":11,"n":"a","v":1}]"#.into(), "senml-version"),
        (r#"[{"bver":0,"n":"a","v":1}]"#.into(), "senml-version"),
        (r#"[{"bver":"10","n":"a","v":1}]"#.into(), "senml-version"),
        (r#"[{"bver":5,"n":"a","v":1},{"bver":6,"n":"b","v":1}]"#.into(), "senml-version"),
        (r#"[{"v":1}]"#.into(), "senml-name"),
        (r#"[{"n":"-a","v":1}]"#.into(), "senml-name"),
        (r#"[{"n":"a b","v":1}]"#.into(), "senml-name"),
        (r#"[{"n":"urn:dev:","v":1}]"#.into(), "senml-name"),
        (r#"[{"n":"ä","v":1}]"#.into(), "senml-name"),
        (r#"[{"n":"a"}]"#.into(), "senml-value"),
        (r#"[{"n":"a","v":1,"vs":"x"}]"#.into(), "senml-value"),
        (r#"[{"n":"a","v":"1"}]"#.into(), "senml-value"),
        (r#"[{"n":"a","vb":1}]"#.into(), "senml-value"),
        (r#"[{"n":"a","s":1}]"#.into(), "senml-kind"),
        (r#"[{"n":"a","vd":"AA"}]"#.into(), "senml-kind"),
        (r#"[{"n":"a","v":1,"rule_":1}]"#.into(), "senml-must-understand"),
        (r#"[{"n":"a","v":1,"bt":1e300}]"#.into(), "senml-time"),
        (r#"[{"n":"a","v":1,"bt":1e400}]"#.into(), "number-not-finite"),
        (r#"[{"bv":1,"n":"a","vs":"x"}]"#.into(), "senml-base-value"),
        (r#"[{"n":"a","v":1,"t":"now"}]"#.into(), "value-kind"),
        (r#"[{"n":"a","v":1},{"n":"a","v":2}]"#.into(), "key-twice"),
        (r#"[{"n":"a","n":"b","v":1}]"#.into(), "key-twice"),
        (r#"[{"n":"a","v":[[[1]]]}]"#.into(), "value-not-flat"),
        (r#"[{"n":"a","v":1,"other":[[[[[[[[1]]]]]]]]}]"#.into(), "value-not-flat"),
        (r#"[{"n":"a","v":1,"hfc":-1}]"#.into(), "envelope-value"),
        (r#"[{"n":"a","v":1},{"n":"b","v":1,"hfc":1}]"#.into(), "envelope-value"),
        (format!("[{record}"), "payload-syntax"),
        (format!("[{record}]]"), "payload-trailing-bytes"),
        ("[1]".into(), "envelope-value"),
        (format!("[{}", " ".repeat(PAYLOAD_BYTES_MAX)), "payload-too-large"),
        ("{}".into(), "payload-not-json-or-cbor"),
    ] {
        assert_eq!(resolve(payload.as_bytes()), Err(name), "{}", &payload[..payload.len().min(80)]);
    }
    for (cbor, name) in [
        (&b"\x81\xa1\x09\x01"[..], "envelope-key-unknown"),
        (b"\x81\xbf\xff", "payload-indefinite-length"),
        (b"\x9f\xff", "payload-indefinite-length"),
        (b"\x81\xa2\x00\x61a\x02\xf9\x7e\x00", "number-not-finite"),
        (b"\x81\xa2\x00\x61a\x02\xc4\x82\x19\x03\xe8\x01", "number-not-finite"),
        (b"\x81\xa2\x00\x61a\x02\xc1\x01", "value-kind"),
        (b"\x81\xa2\x00\x61a", "payload-syntax"),
    ] {
        assert_eq!(resolve(cbor), Err(name), "{cbor:02x?}");
    }
    assert!(resolve(br#"[{"n":"a","v":1,"other":7,"ut":3}]"#).is_ok(), "labels of others are left out");
    assert!(matches!(Upload::parse(b" [{\"n\":\"a\",\"v\":1}]"), Ok(Upload::Senml(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pack_keeps_each_value_once_whatever_its_base(
        base in -1e6..1e6_f64, values in proptest::collection::btree_map(-1000_i64..1000, -1e6..1e6_f64, 1..40), counter in 0_u64..1 << 40,
    ) {
        let records: Vec<_> = values.iter().map(|(t, v)| format!(r#"{{"n":"a","t":{t},"v":{v:?}}}"#)).collect();
        let text = format!(r#"[{{"hfc":{counter},"bn":"d:","bt":1.7e9,"bv":{base:?}}},{}]"#, records.join(","));
        let got = resolve(text.as_bytes()).unwrap();
        prop_assert_eq!(got.len(), values.len());
        for ((reading, (t, v)), nth) in got.iter().zip(&values).zip(0..) {
            prop_assert_eq!(reading.at.as_micros(), (1_700_000_000 + t) * 1_000_000);
            prop_assert_eq!(reading.fields.get("a"), Some(&FieldValue::Number(base + v)));
            prop_assert_eq!(reading.counter, counter + nth);
        }
    }

    #[test]
    fn damaged_packs_are_read_or_refused(byte: u8, place in any::<prop::sample::Index>()) {
        for mut bytes in [SECOND_OF_5_1_2.as_bytes().to_vec(), second_in_cbor()] {
            let at = place.index(bytes.len());
            bytes[at] = byte;
            drop(resolve(&bytes));
            bytes.truncate(at);
            prop_assert!(resolve(&bytes).is_err());
        }
    }
}
