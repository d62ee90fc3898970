//! Payloads in both formats: what is read, what is refused by which name, and that writing reads back.

use super::*;
use alloc::collections::BTreeSet;
use alloc::string::ToString;
use minicbor::Encoder;
use proptest::prelude::*;

fn fields(list: &[(&str, FieldValue)]) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in list {
        fields.insert(name, value.clone()).unwrap();
    }
    fields
}

fn message(counter: u64, at: i64, list: &[(&str, FieldValue)]) -> TelemetryMessage {
    TelemetryMessage { counter, at: Timestamp::from_micros(at), fields: fields(list), quality: Qualities::new() }
}

/// A telemetry message in CBOR, with one field whose value is given in wire form.
fn cbor_with(value: &[u8]) -> Vec<u8> {
    [b"\xa3\x61c\x11\x61t\x01\x61f\xa1\x61x", value].concat()
}

fn json_with(value: &str) -> Vec<u8> {
    alloc::format!("{{\"c\":17,\"t\":1,\"f\":{{\"x\":{value}}}}}").into_bytes()
}

#[test]
fn the_documented_examples_are_read() {
    let text = br#"{"c":17,"t":1763870000000000,"f":{"temperature":21.5}}"#;
    let expected = message(17, 1_763_870_000_000_000, &[("temperature", FieldValue::Number(21.5))]);
    assert_eq!(TelemetryMessage::parse(text), Ok(expected.clone()));
    assert_eq!(expected.to_json(), r#"{"c":17,"f":{"temperature":21.5},"t":1763870000000000}"#);
    let report = ShadowMessage::parse(br#"{"v":3,"f":{"setpoint":19.0,"on":true}}"#).unwrap();
    assert_eq!(report.version, 3);
    assert_eq!(report.to_json(), r#"{"f":{"on":true,"setpoint":19.0},"v":3}"#);
    let mut cbor = Vec::new();
    let mut e = Encoder::new(&mut cbor);
    e.map(3).unwrap().str("c").unwrap().u64(17).unwrap().str("t").unwrap().i64(1_763_870_000_000_000).unwrap();
    e.str("f").unwrap().map(1).unwrap().str("temperature").unwrap().f64(21.5).unwrap();
    assert_eq!(TelemetryMessage::parse(&cbor), Ok(expected));
}

#[test]
fn values_keep_their_kind_in_both_formats() {
    for (value, json, cbor) in [
        (FieldValue::Integer(0), "-0", &b"\x00"[..]),
        (FieldValue::Integer(-1), "-1", b"\x20"),
        (FieldValue::Integer(INTEGER_MAX), "9007199254740992", b"\x1b\x00\x20\x00\x00\x00\x00\x00\x00"),
        (FieldValue::Integer(-INTEGER_MAX), "-9007199254740992", b"\x3b\x00\x1f\xff\xff\xff\xff\xff\xff"),
        (FieldValue::Integer(1), "1", b"\x1b\x00\x00\x00\x00\x00\x00\x00\x01"),
        (FieldValue::Number(1.0), "1.0", b"\xf9\x3c\x00"),
        (FieldValue::Number(-2.5), "-25e-1", b"\xfa\xc0\x20\x00\x00"),
        (FieldValue::Number(65_504.0), "6.5504E+4", b"\xf9\x7b\xff"),
        (FieldValue::Number(5.960_464_477_539_063e-8), "5.960464477539063e-8", b"\xf9\x00\x01"),
        (FieldValue::Number(0.000_061_035_156_25), "0.00006103515625", b"\xf9\x04\x00"),
        (FieldValue::Number(1.1), "1.1", b"\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"),
        (FieldValue::Bool(true), "true", b"\xf5"),
        (FieldValue::Bool(false), " false ", b"\xf4"),
        (FieldValue::Text(String::new()), "\"\"", b"\x60"),
        (
            FieldValue::Text("h\u{e9}\u{1F600}".to_string()),
            r#""h\u00e9\uD83D\ude00""#,
            b"\x67h\xc3\xa9\xf0\x9f\x98\x80",
        ),
        (
            FieldValue::Text("a\"\\/\u{8}\u{c}\n\r\tb".to_string()),
            r#""a\"\\\/\b\f\n\r\tb""#,
            b"\x6aa\"\\/\x08\x0c\n\r\tb",
        ),
    ] {
        let expected = message(17, 1, &[("x", value)]);
        assert_eq!(TelemetryMessage::parse(&json_with(json)).as_ref(), Ok(&expected), "{json}");
        assert_eq!(TelemetryMessage::parse(&cbor_with(cbor)).as_ref(), Ok(&expected), "{cbor:02x?}");
        assert_eq!(TelemetryMessage::parse(expected.to_json().as_bytes()).as_ref(), Ok(&expected));
    }
}

fn refused_json() -> Vec<(Vec<u8>, &'static str)> {
    let long = |n: usize| "a".repeat(n);
    let names = |n: usize| {
        let list: Vec<_> = (0..n).map(|i| alloc::format!("\"f{i}\":1")).collect();
        alloc::format!("{{\"c\":1,\"t\":1,\"f\":{{{}}}}}", list.join(","))
    };
    let texts = [
        (alloc::format!("{{\"c\":1,{}", " ".repeat(PAYLOAD_BYTES_MAX)), "payload-too-large"),
        (String::new(), "payload-not-json-or-cbor"),
        ("[]".into(), "payload-not-json-or-cbor"),
        ("\u{feff}{}".into(), "payload-not-json-or-cbor"),
        ("{".into(), "payload-syntax"),
        ("{\"c\"".into(), "payload-syntax"),
        (r#"{"c":1,"t":1,"f":{}"#.into(), "payload-syntax"),
        (r#"{"c":1,"t":1,"f":{},}"#.into(), "payload-syntax"),
        (r#"{,"c":1,"t":1,"f":{}}"#.into(), "payload-syntax"),
        (r#"{"c":1 "t":1,"f":{}}"#.into(), "payload-syntax"),
        (r#"{"c":1;"t":1,"f":{}}"#.into(), "payload-syntax"),
        (r#"{c:1,"t":1,"f":{}}"#.into(), "payload-syntax"),
        (r#"{"c":1,"t":1,"f":{}} x"#.into(), "payload-trailing-bytes"),
        (r#"{"c":1,"t":1,"f":{}}{}"#.into(), "payload-trailing-bytes"),
        ("{}".into(), "envelope-key-missing"),
        (r#"{"c":1,"f":{}}"#.into(), "envelope-key-missing"),
        (r#"{"c":1,"t":1}"#.into(), "envelope-key-missing"),
        (r#"{"t":1,"f":{}}"#.into(), "envelope-key-missing"),
        (r#"{"c":1,"t":1,"f":{},"v":1}"#.into(), "envelope-key-unknown"),
        (r#"{"c":1,"t":1,"f":{},"C":1}"#.into(), "envelope-key-unknown"),
        (r#"{"c":1,"t":1,"f":{},"c":1}"#.into(), "key-twice"),
        (r#"{"c":1,"t":1,"f":{},"f":{}}"#.into(), "key-twice"),
        (r#"{"c":1,"t":1,"f":{},"\u0063":1}"#.into(), "key-twice"),
        (r#"{"c":1,"t":1,"f":{"a":1,"a":2}}"#.into(), "key-twice"),
        (r#"{"c":1,"t":1,"f":{"a":1,"\u0061":2}}"#.into(), "key-twice"),
        (r#"{"c":-1,"t":1,"f":{}}"#.into(), "envelope-value"),
        (r#"{"c":1.0,"t":1,"f":{}}"#.into(), "envelope-value"),
        (r#"{"c":9007199254740993,"t":1,"f":{}}"#.into(), "envelope-value"),
        (r#"{"c":1,"t":"1","f":{}}"#.into(), "envelope-value"),
        (r#"{"c":1,"t":1,"f":1}"#.into(), "envelope-value"),
        (r#"{"c":1,"t":1,"f":[]}"#.into(), "envelope-value"),
        (names(65), "too-many-fields"),
        (r#"{"c":1,"t":1,"f":{"":1}}"#.into(), "field-name"),
        (r#"{"c":1,"t":1,"f":{"a.b":1}}"#.into(), "field-name"),
        (r#"{"c":1,"t":1,"f":{"a-b":1}}"#.into(), "field-name"),
        (r#"{"c":1,"t":1,"f":{"é":1}}"#.into(), "field-name"),
        (alloc::format!("{{\"c\":1,\"t\":1,\"f\":{{\"{}\":1}}}}", long(49)), "field-name"),
    ];
    assert!(TelemetryMessage::parse(names(64).as_bytes()).is_ok());
    texts.into_iter().map(|(text, name): (String, _)| (text.into_bytes(), name)).collect()
}

fn refused_json_values() -> Vec<(Vec<u8>, &'static str)> {
    let values = [
        (alloc::format!("\"{}\"", "a".repeat(257)), "text-too-long"),
        ("{}".into(), "value-not-flat"),
        ("[1]".into(), "value-not-flat"),
        ("null".into(), "value-kind"),
        ("nul".into(), "payload-syntax"),
        ("9007199254740993".into(), "integer-out-of-range"),
        ("-9007199254740993".into(), "integer-out-of-range"),
        ("99999999999999999999".into(), "integer-out-of-range"),
        ("1e400".into(), "number-not-finite"),
        ("-1e400".into(), "number-not-finite"),
        ("NaN".into(), "payload-syntax"),
        ("Infinity".into(), "payload-syntax"),
        ("01".into(), "payload-syntax"),
        ("-01".into(), "payload-syntax"),
        ("+1".into(), "payload-syntax"),
        (".5".into(), "payload-syntax"),
        ("1.".into(), "payload-syntax"),
        ("1e".into(), "payload-syntax"),
        ("0x1".into(), "payload-syntax"),
        ("-".into(), "payload-syntax"),
        ("tru".into(), "payload-syntax"),
        ("\"a\nb\"".into(), "payload-syntax"),
        ("\"\\u00e9\nb\"".into(), "payload-syntax"),
        (r#""\x""#.into(), "payload-syntax"),
        (r#""\u12g4""#.into(), "payload-syntax"),
        (r#""\u+123""#.into(), "payload-syntax"),
        (r#""\ud800""#.into(), "payload-syntax"),
        (r#""\ud800\u0041""#.into(), "payload-text-not-utf8"),
        (r#""\udc00""#.into(), "payload-text-not-utf8"),
        (r#""\u0000""#.into(), "payload-text-with-null"),
    ];
    let mut all: Vec<_> = values.into_iter().map(|(value, name): (String, _)| (json_with(&value), name)).collect();
    all.push((b"{\"c\":1,\"t\":1,\"f\":{\"x\":\"\xff\"}}".to_vec(), "payload-text-not-utf8"));
    all
}

fn refused_cbor() -> Vec<(Vec<u8>, &'static str)> {
    let text = |n: usize| [&[0x79][..], &u16::try_from(n).unwrap().to_be_bytes(), &alloc::vec![b'a'; n]].concat();
    let mut all: Vec<(Vec<u8>, &'static str)> = [
        (&b"\xa0"[..], "envelope-key-missing"),
        (b"\xbf\xff", "payload-indefinite-length"),
        (b"\xa3\x61c\x01\x61t\x01\x61f\xbf\xff", "payload-indefinite-length"),
        (b"\xa3\x61c\x01\x61t\x01\x61f\xa0\x00", "payload-trailing-bytes"),
        (b"\xa3\x61c\x01\x61t\x01\x61f", "payload-syntax"),
        (b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff", "payload-syntax"),
        (b"\xa1\x63c", "payload-syntax"),
        (b"\xa1\x01\x01", "value-kind"),
        (b"\xa1\x61\xff\x01", "payload-text-not-utf8"),
        (b"\xa2\x61c\x01\x61c\x01", "key-twice"),
        (b"\xa1\x61z\x01", "envelope-key-unknown"),
        (b"\xa1\x61c\xf9\x3c\x00", "envelope-value"),
        (b"\xa1\x61f\x01", "envelope-value"),
    ]
    .into_iter()
    .map(|(bytes, name)| (bytes.to_vec(), name))
    .collect();
    for (value, name) in [
        (&b"\xf6"[..], "value-kind"),
        (b"\xf7", "value-kind"),
        (b"\x41a", "value-kind"),
        (b"\xc1\x00", "value-kind"),
        (b"\xe0", "value-kind"),
        (b"\x80", "value-not-flat"),
        (b"\xa0", "value-not-flat"),
        (b"\x9f\xff", "value-not-flat"),
        (b"\x7f\x61a\xff", "payload-indefinite-length"),
        (b"\x1b\x00\x20\x00\x00\x00\x00\x00\x01", "integer-out-of-range"),
        (b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "integer-out-of-range"),
        (b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "integer-out-of-range"),
        (b"\xf9\x7e\x00", "number-not-finite"),
        (b"\xf9\x7c\x00", "number-not-finite"),
        (b"\xfa\xff\x80\x00\x00", "number-not-finite"),
        (b"\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00", "number-not-finite"),
        (b"\xf9\x3c", "payload-syntax"),
        (b"\x61\x00", "payload-text-with-null"),
        (b"\x62\xc3\x28", "payload-text-not-utf8"),
        (b"\x62a", "payload-syntax"),
        (b"\x1c", "value-kind"),
        (&text(257), "text-too-long"),
    ] {
        all.push((cbor_with(value), name));
    }
    all
}

#[test]
fn what_breaks_a_limit_is_refused_by_name() {
    let mut names = BTreeSet::new();
    for (payload, name) in [refused_json(), refused_json_values(), refused_cbor()].into_iter().flatten() {
        let shown = String::from_utf8_lossy(&payload[..payload.len().min(80)]).into_owned();
        let got = TelemetryMessage::parse(&payload);
        assert_eq!(got.map_err(PayloadRefusal::name), Err(name), "{shown} {:02x?}", &payload[..payload.len().min(40)]);
        names.insert(name);
    }
    // Those of uploads, logs and SenML have their tables beside them.
    let here = PayloadRefusal::ALL.iter().take_while(|r| **r != PayloadRefusal::QualityWord);
    let untested: Vec<_> = here.map(|r| r.name()).filter(|name| !names.contains(name)).collect();
    assert!(untested.is_empty(), "{untested:?}");
}

#[test]
fn shadow_messages_have_their_own_envelope() {
    for (payload, name) in [
        (&br#"{"v":3}"#[..], "envelope-key-missing"),
        (br#"{"f":{}}"#, "envelope-key-missing"),
        (br#"{"v":3,"f":{},"t":1}"#, "envelope-key-unknown"),
        (br#"{"v":-3,"f":{}}"#, "envelope-value"),
        (br#"{"v":3,"f":{"a":null}}"#, "value-kind"),
    ] {
        assert_eq!(ShadowMessage::parse(payload).map_err(PayloadRefusal::name), Err(name));
    }
    assert!(ShadowMessage::parse(b"\xa2\x61v\x03\x61f\xa0").is_ok_and(|m| m.version == 3 && m.fields.is_empty()));
}

#[test]
fn fields_keep_their_rules_however_they_are_made() {
    let mut fields = Fields::new();
    assert_eq!(fields.insert("x", FieldValue::Number(f64::NAN)), Err(PayloadRefusal::NumberNotFinite));
    assert_eq!(fields.insert("x", FieldValue::Integer(i64::MIN)), Err(PayloadRefusal::IntegerOutOfRange));
    assert_eq!(fields.insert("x", FieldValue::Text("\0".into())), Err(PayloadRefusal::TextWithNull));
    assert_eq!(fields.insert("x y", FieldValue::Bool(true)), Err(PayloadRefusal::FieldName));
    assert!(fields.is_empty());
    assert_eq!(fields.insert("x", FieldValue::Bool(true)), Ok(None));
    assert_eq!(fields.insert("x", FieldValue::Bool(false)), Ok(Some(FieldValue::Bool(true))));
    assert_eq!((fields.len(), fields.get("x")), (1, Some(&FieldValue::Bool(false))));
    let map = fields.clone().into_map();
    assert_eq!(Fields::try_from(map), Ok(fields));
}

fn any_value() -> impl Strategy<Value = FieldValue> {
    prop_oneof![
        any::<bool>().prop_map(FieldValue::Bool),
        (-INTEGER_MAX..=INTEGER_MAX).prop_map(FieldValue::Integer),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(FieldValue::Number),
        "[^\0]{0,40}".prop_map(FieldValue::Text),
    ]
}

fn to_cbor(message: &TelemetryMessage) -> Vec<u8> {
    let mut out = Vec::new();
    let mut e = Encoder::new(&mut out);
    e.map(3).unwrap().str("f").unwrap().map(message.fields.len() as u64).unwrap();
    for (name, value) in message.fields.iter() {
        e.str(name).unwrap();
        match value {
            FieldValue::Bool(b) => e.bool(*b).unwrap(),
            FieldValue::Integer(n) => e.i64(*n).unwrap(),
            FieldValue::Number(x) => e.f64(*x).unwrap(),
            FieldValue::Text(text) => e.str(text).unwrap(),
        };
    }
    e.str("c").unwrap().u64(message.counter).unwrap().str("t").unwrap().i64(message.at.as_micros()).unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_read_back_in_both_formats(
        list in proptest::collection::btree_map("[a-z0-9_]{1,48}", any_value(), 0..20),
        counter in 0..=INTEGER_MAX.unsigned_abs(), at in -INTEGER_MAX..=INTEGER_MAX, byte: u8, place in any::<prop::sample::Index>(),
    ) {
        let message =
            TelemetryMessage {
                counter,
                at: Timestamp::from_micros(at),
                fields: Fields::try_from(list).unwrap(),
                quality: Qualities::new(),
            };
        let json = message.to_json();
        prop_assert_eq!(TelemetryMessage::parse(json.as_bytes()), Ok(message.clone()));
        prop_assert_eq!(TelemetryMessage::parse(&to_cbor(&message)), Ok(message.clone()));
        // Another reader agrees that this is JSON, and on the values.
        let other: serde_json::Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(other["f"].as_object().map(serde_json::Map::len), Some(message.fields.len()));
        for cut in 0..json.len() {
            prop_assert!(TelemetryMessage::parse(&json.as_bytes()[..cut]).is_err());
        }
        for mut bytes in [json.into_bytes(), to_cbor(&message)] {
            let at = place.index(bytes.len());
            bytes[at] = byte;
            if let Ok(read) = TelemetryMessage::parse(&bytes) {
                prop_assert_eq!(TelemetryMessage::parse(read.to_json().as_bytes()), Ok(read));
            }
        }
    }

    #[test]
    fn what_is_accepted_as_json_another_reader_accepts_too(value in r#"[-+0-9.eE"\\utrfalsn ]{1,12}"#) {
        let payload = json_with(&value);
        if TelemetryMessage::parse(&payload).is_ok() {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&payload).is_ok(), "{}", value);
        }
    }

    #[test]
    fn random_bytes_never_panic(first in prop_oneof![Just(b'{'), 0xa0_u8..0xc0, any::<u8>()], rest in proptest::collection::vec(any::<u8>(), 0..60)) {
        let payload = [&[first][..], &rest].concat();
        drop(TelemetryMessage::parse(&payload));
        drop(ShadowMessage::parse(&payload));
    }
}
