//! The codec against the statements of the standard, against cut and random bytes, and against itself.

mod round_trip;

use super::malformed::Malformed;
use super::packet::{
    Ack, ConnAck, Connect, Delivery, FilterList, Outcome, Packet, PacketId, PacketKind, Publish, Qos, SubAck,
    Subscribe, SubscribeOptions, Unsubscribe, Version, Will,
};
use super::property::{Properties, Property, PropertyList, SubscriptionId, TopicAlias};
use super::reason::ReasonCode;
use super::{Decoded, Limits, Sender, decode};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::{NonZeroU16, NonZeroU32};
use proptest::prelude::*;

const FROM_CLIENT: Limits = Limits { packet_bytes_max: 70_000, sender: Sender::Client };
const FROM_SERVER: Limits = Limits { packet_bytes_max: 70_000, sender: Sender::Server };

/// A packet made of its first byte and its body, with the right length.
pub(super) fn raw(first: u8, body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let mut out = alloc::vec![first];
    super::wire::put_varint(&mut out, u32::try_from(body.len()).unwrap()).unwrap();
    out.extend(body);
    out
}

/// A string or binary field.
fn field(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    super::wire::put_binary(&mut out, bytes).unwrap();
    out
}

fn id(n: u16) -> PacketId {
    PacketId(NonZeroU16::new(n).unwrap())
}

fn connect5(flags: u8, rest: &[u8]) -> Vec<u8> {
    raw(0x10, &[b"\x00\x04MQTT\x05", &[flags], b"\x00\x3c\x00", rest])
}

fn connect4(flags: u8, rest: &[u8]) -> Vec<u8> {
    raw(0x10, &[b"\x00\x04MQTT\x04", &[flags], b"\x00\x3c", rest])
}

fn publish5(first: u8, topic: &[u8], rest: &[u8]) -> Vec<u8> {
    raw(first, &[&field(topic), rest])
}

fn subscribe5(filter: &[u8], options: u8) -> Vec<u8> {
    raw(0x82, &[b"\x00\x01\x00", &field(filter), &[options]])
}

struct Forbidden {
    statement: &'static str,
    version: Version,
    limits: Limits,
    bytes: Vec<u8>,
    name: &'static str,
}

fn client(statement: &'static str, version: Version, bytes: Vec<u8>, name: &'static str) -> Forbidden {
    Forbidden { statement, version, limits: FROM_CLIENT, bytes, name }
}

fn server(statement: &'static str, version: Version, bytes: Vec<u8>, name: &'static str) -> Forbidden {
    Forbidden { statement, version, limits: FROM_SERVER, bytes, name }
}

fn forbidden_anywhere() -> Vec<Forbidden> {
    use Version::{V5, V311};
    let long = alloc::vec![0_u8; 70_000];
    Vec::from([
        client("MQTT-1.5.4-1", V5, connect5(2, b"\x00\x02\xc3\x28"), "text-not-utf8"),
        client("MQTT-1.5.4-1", V5, connect5(2, b"\x00\x03\xed\xa0\x80"), "text-not-utf8"),
        client("MQTT-1.5.4-2", V5, connect5(2, b"\x00\x03a\x00b"), "text-with-null"),
        client("MQTT-1.5.5-1", V5, b"\xc0\x80\x00".to_vec(), "varint-not-minimal"),
        client("MQTT-1.5.5-1", V5, b"\xc0\x80\x80\x80\x00".to_vec(), "varint-not-minimal"),
        client("§1.5.5", V5, b"\x30\xff\xff\xff\xff\x7f".to_vec(), "varint-too-long"),
        client("§1.5.5", V5, b"\x30\x80\x80\x80\x80".to_vec(), "varint-too-long"),
        client("MQTT-1.5.5-1", V5, raw(0x30, &[b"\x00\x01a", b"\x80\x00"]), "varint-not-minimal"),
        client("§2.1.2", V5, b"\x00\x00".to_vec(), "reserved-packet-type"),
        client("§2.1.2", V311, b"\xf0\x00".to_vec(), "reserved-packet-type"),
        client("§2.1.2", V5, raw(0x20, &[b"\x00\x00\x00"]), "packet-from-wrong-side"),
        client("§2.1.2", V5, b"\xd0\x00".to_vec(), "packet-from-wrong-side"),
        client("§2.1.2", V5, raw(0x90, &[b"\x00\x01\x00\x00"]), "packet-from-wrong-side"),
        client("§2.1.2", V5, raw(0xb0, &[b"\x00\x01\x00\x00"]), "packet-from-wrong-side"),
        server("§2.1.2", V5, connect5(2, b"\x00\x01a"), "packet-from-wrong-side"),
        server("§2.1.2", V5, subscribe5(b"a", 0), "packet-from-wrong-side"),
        server("§2.1.2", V5, b"\xc0\x00".to_vec(), "packet-from-wrong-side"),
        server("3.1.1 §3.14", V311, b"\xe0\x00".to_vec(), "packet-from-wrong-side"),
        client("MQTT-2.1.3-1", V5, b"\xc1\x00".to_vec(), "fixed-header-flags"),
        client("MQTT-2.1.3-1", V5, b"\x11\x00".to_vec(), "fixed-header-flags"),
        client("MQTT-3.6.1-1", V5, raw(0x60, &[b"\x00\x01"]), "fixed-header-flags"),
        client("MQTT-3.8.1-1", V5, raw(0x80, &[b"\x00\x01\x00\x00\x01a\x00"]), "fixed-header-flags"),
        client("MQTT-3.10.1-1", V5, raw(0xa0, &[b"\x00\x01\x00\x00\x01a"]), "fixed-header-flags"),
        client("MQTT-3.14.1-1", V5, b"\xe1\x00".to_vec(), "fixed-header-flags"),
        client("MQTT-3.15.1-1", V5, b"\xf1\x00".to_vec(), "fixed-header-flags"),
        client("MQTT-3.2.2-15", V5, publish5(0x30, b"a", &long), "packet-too-large"),
        client("MQTT-3.2.2-15", V5, b"\x30\xff\xff\xff\x7f".to_vec(), "packet-too-large"),
        client("§3.12", V5, b"\xc0\x01\x00".to_vec(), "body-too-long"),
        client("§3.4.2", V5, raw(0x40, &[b"\x00"]), "body-too-short"),
        client("§3.4.2", V311, raw(0x40, &[b"\x00\x01\x00"]), "body-too-long"),
        client("§3.4.2", V5, raw(0x40, &[b"\x00\x01\x00\x00\x00"]), "body-too-long"),
        client("MQTT-2.2.1-3", V5, raw(0x40, &[b"\x00\x00"]), "packet-id-zero"),
        client("MQTT-3.4.2-1", V5, raw(0x40, &[b"\x00\x01\x01"]), "reason-code-unknown"),
        client("MQTT-3.5.2-1", V5, raw(0x50, &[b"\x00\x01\x92"]), "reason-code-unknown"),
        client("MQTT-3.6.2-1", V5, raw(0x62, &[b"\x00\x01\x87"]), "reason-code-unknown"),
        client("MQTT-3.7.2-1", V5, raw(0x70, &[b"\x00\x01\x10"]), "reason-code-unknown"),
        client("MQTT-3.4.2-1", V5, raw(0x40, &[b"\x00\x01\x92"]), "reason-code-unknown"),
        client("MQTT-3.14.2-1", V5, raw(0xe0, &[b"\x8a"]), "reason-code-unknown"),
        client("MQTT-3.15.2-1", V5, raw(0xf0, &[b"\x87\x00"]), "reason-code-unknown"),
        client("§3.15.2.1", V5, raw(0xf0, &[b"\x18"]), "body-too-short"),
        server("MQTT-3.14.2-2", V5, raw(0xe0, &[b"\x00\x05\x11\x00\x00\x00\x01"]), "session-expiry-from-server"),
        server("MQTT-3.2.2-1", V5, raw(0x20, &[b"\x02\x00\x00"]), "connack-reserved-flags"),
        server("MQTT-3.2.2-6", V5, raw(0x20, &[b"\x01\x87\x00"]), "session-present-on-refusal"),
        server("MQTT-3.2.2-8", V5, raw(0x20, &[b"\x00\x01\x00"]), "reason-code-unknown"),
        server("3.1.1 §3.2.2.3", V311, raw(0x20, &[b"\x00\x06"]), "reason-code-unknown"),
        server("MQTT-3.9.3-2", V5, raw(0x90, &[b"\x00\x01\x00\x03"]), "reason-code-unknown"),
        server("3.1.1 MQTT-3.9.3-2", V311, raw(0x90, &[b"\x00\x01\x87"]), "reason-code-unknown"),
        server("§3.9.3", V5, raw(0x90, &[b"\x00\x01\x00"]), "list-empty"),
        server("MQTT-3.11.3-2", V5, raw(0xb0, &[b"\x00\x01\x00\x01"]), "reason-code-unknown"),
        server("3.1.1 §3.11", V311, raw(0xb0, &[b"\x00\x01\x00"]), "body-too-long"),
    ])
}

fn forbidden_connects() -> Vec<Forbidden> {
    use Version::{V5, V311};
    let name3 = raw(0x10, &[b"\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x01a"]);
    let level6 = raw(0x10, &[b"\x00\x04MQTT\x06\x02\x00\x3c\x00\x00\x01a"]);
    Vec::from([
        client("MQTT-3.1.2-1", V5, name3, "protocol-name"),
        client("MQTT-3.1.2-1", V5, raw(0x10, &[b"\x00\x04mqtt\x05\x02\x00\x3c\x00\x00\x01a"]), "protocol-name"),
        client("MQTT-3.1.2-2", V5, level6, "protocol-level"),
        client("MQTT-3.1.2-3", V5, connect5(3, b"\x00\x01a"), "connect-reserved-flag"),
        client("MQTT-3.1.2-11", V5, connect5(0x0a, b"\x00\x01a"), "will-flags-without-will"),
        client("MQTT-3.1.2-13", V5, connect5(0x22, b"\x00\x01a"), "will-flags-without-will"),
        client("MQTT-3.1.2-12", V5, connect5(0x1e, b"\x00\x01a\x00\x00\x01t\x00\x00"), "qos-three"),
        client("MQTT-3.1.2-9", V5, connect5(0x06, b"\x00\x01a"), "body-too-short"),
        client("MQTT-3.1.2-17", V5, connect5(0x82, b"\x00\x01a"), "body-too-short"),
        client("MQTT-3.1.2-19", V5, connect5(0x42, b"\x00\x01a"), "body-too-short"),
        client("MQTT-3.1.2-18", V5, connect5(0x82, b"\x00\x01a\x00\x01u\x00\x01p"), "body-too-long"),
        client("MQTT-3.1.3-4", V5, connect5(0x02, b"\x00\x01\xff"), "text-not-utf8"),
        client("MQTT-3.1.3-12", V5, connect5(0x82, b"\x00\x01a\x00\x01\xff"), "text-not-utf8"),
        client("MQTT-3.1.2-16", V5, connect5(0x02, b"\x00\x01a\x00\x01u"), "body-too-long"),
        client("MQTT-3.1.3-3", V5, connect5(0x02, b""), "body-too-short"),
        client("3.1.1 MQTT-3.1.2-22", V311, connect4(0x42, b"\x00\x01a\x00\x01p"), "password-without-user-name"),
        client("MQTT-3.1.3-11", V5, connect5(0x06, b"\x00\x01a\x00\x00\x01\xff\x00\x00"), "text-not-utf8"),
        client("MQTT-4.7.0-1", V5, connect5(0x06, b"\x00\x01a\x00\x00\x01#\x00\x00"), "topic-with-wildcard"),
        client("MQTT-4.7.3-1", V5, connect5(0x06, b"\x00\x01a\x00\x00\x00\x00\x00"), "topic-empty"),
        client("MQTT-2.2.2-1", V5, raw(0x10, &[b"\x00\x04MQTT\x05\x02\x00\x3c"]), "body-too-short"),
    ])
}

fn forbidden_messages() -> Vec<Forbidden> {
    use Version::{V5, V311};
    Vec::from([
        client("MQTT-3.3.1-4", V5, publish5(0x36, b"a", b"\x00\x01\x00"), "qos-three"),
        client("MQTT-3.3.1-2", V5, publish5(0x38, b"a", b"\x00"), "dup-with-qos-0"),
        client("MQTT-3.3.1-2", V311, publish5(0x38, b"a", b""), "dup-with-qos-0"),
        client("MQTT-2.2.1-3", V5, publish5(0x32, b"a", b"\x00\x00\x00"), "packet-id-zero"),
        client("MQTT-2.2.1-3", V5, publish5(0x34, b"a", b"\x00\x00\x00"), "packet-id-zero"),
        client("MQTT-2.2.1-3", V311, publish5(0x3c, b"a", b"\x00\x00"), "packet-id-zero"),
        client("MQTT-3.3.2-1", V5, publish5(0x30, b"a\xff", b"\x00"), "text-not-utf8"),
        client("MQTT-3.3.2-2", V5, publish5(0x30, b"a/+/b", b"\x00"), "topic-with-wildcard"),
        client("MQTT-3.3.2-2", V311, publish5(0x30, b"a/#", b""), "topic-with-wildcard"),
        client("MQTT-4.7.3-1", V5, publish5(0x30, b"", b"\x00"), "topic-empty"),
        client("MQTT-4.7.3-1", V311, publish5(0x30, b"", b""), "topic-empty"),
        client("MQTT-4.7.3-2", V5, publish5(0x30, b"a\x00b", b"\x00"), "text-with-null"),
        client("MQTT-3.3.2-8", V5, publish5(0x30, b"a", b"\x03\x23\x00\x00"), "topic-alias-zero"),
        client("MQTT-3.3.2-13", V5, publish5(0x30, b"a", b"\x04\x08\x00\x01\xff"), "text-not-utf8"),
        client("MQTT-3.3.2-14", V5, publish5(0x30, b"a", b"\x04\x08\x00\x01#"), "response-topic-with-wildcard"),
        client("MQTT-3.3.2-19", V5, publish5(0x30, b"a", b"\x04\x03\x00\x01\xff"), "text-not-utf8"),
        client("MQTT-3.3.4-6", V5, publish5(0x30, b"a", b"\x02\x0b\x01"), "subscription-id-from-client"),
        client("§2.2.2.2", V5, publish5(0x30, b"a", b"\x02\x7e\x00"), "property-unknown"),
        client("§2.2.2.2", V5, publish5(0x30, b"a", b"\x03\xff\x01\x00"), "property-unknown"),
        client("§2.2.2.2", V5, publish5(0x30, b"a", b"\x03\x21\x00\x01"), "property-not-allowed"),
        client("§2.2.2.2", V5, publish5(0x30, b"a", b"\x04\x01\x00\x01\x00"), "property-twice"),
        client("§3.3.2.3.2", V5, publish5(0x30, b"a", b"\x02\x01\x02"), "property-value"),
        client("§2.2.2.1", V5, publish5(0x30, b"a", b"\x05\x01\x00"), "body-too-short"),
        client("MQTT-1.5.7-1", V5, publish5(0x30, b"a", b"\x07\x26\x00\x01\xff\x00\x01v"), "text-not-utf8"),
        client("MQTT-1.5.7-1", V5, publish5(0x30, b"a", b"\x05\x26\x00\x01k\x00"), "body-too-short"),
        client(
            "§3.1.2.11.3",
            V5,
            raw(0x10, &[b"\x00\x04MQTT\x05\x02\x00\x3c\x03\x21\x00\x00\x00\x01a"]),
            "property-value",
        ),
        client(
            "§3.1.2.11.4",
            V5,
            raw(0x10, &[b"\x00\x04MQTT\x05\x02\x00\x3c\x05\x27\x00\x00\x00\x00\x00\x01a"]),
            "property-value",
        ),
        client(
            "§3.1.2.11.10",
            V5,
            raw(0x10, &[b"\x00\x04MQTT\x05\x02\x00\x3c\x04\x16\x00\x01x\x00\x01a"]),
            "auth-data-without-method",
        ),
    ])
}

fn forbidden_filters() -> Vec<Forbidden> {
    use Version::{V5, V311};
    Vec::from([
        client("MQTT-2.2.1-3", V5, raw(0x82, &[b"\x00\x00\x00\x00\x01a\x00"]), "packet-id-zero"),
        client("MQTT-3.8.3-1", V5, subscribe5(b"a\xff", 0), "text-not-utf8"),
        client("MQTT-3.8.3-2", V5, raw(0x82, &[b"\x00\x01\x00"]), "list-empty"),
        client("3.1.1 MQTT-3.8.3-3", V311, raw(0x82, &[b"\x00\x01"]), "list-empty"),
        client("MQTT-3.8.3-4", V5, subscribe5(b"$share/g/a", 0x04), "no-local-on-shared"),
        client("MQTT-3.8.3-5", V5, subscribe5(b"a", 0x40), "subscribe-options-reserved"),
        client("MQTT-3.8.3-5", V5, subscribe5(b"a", 0x80), "subscribe-options-reserved"),
        client("3.1.1 MQTT-3.8.3-4", V311, raw(0x82, &[b"\x00\x01\x00\x01a\x04"]), "subscribe-options-reserved"),
        client("§3.8.3.1", V5, subscribe5(b"a", 0x03), "qos-three"),
        client("3.1.1 MQTT-3.8.3-4", V311, raw(0x82, &[b"\x00\x01\x00\x01a\x03"]), "qos-three"),
        client("§3.8.3.1", V5, subscribe5(b"a", 0x30), "retain-handling-three"),
        client("§3.8.3", V5, raw(0x82, &[b"\x00\x01\x00\x00\x01a"]), "body-too-short"),
        client("§3.8.2.1.2", V5, raw(0x82, &[b"\x00\x01\x02\x0b\x00\x00\x01a\x00"]), "property-value"),
        client("§3.8.2.1.2", V5, raw(0x82, &[b"\x00\x01\x04\x0b\x01\x0b\x02\x00\x01a\x00"]), "property-twice"),
        client("MQTT-4.7.1-1", V5, subscribe5(b"a/#/b", 0), "filter-wildcard-position"),
        client("MQTT-4.7.1-1", V5, subscribe5(b"a#", 0), "filter-wildcard-position"),
        client("MQTT-4.7.1-1", V5, subscribe5(b"##", 0), "filter-wildcard-position"),
        client("MQTT-4.7.1-2", V5, subscribe5(b"a+", 0), "filter-wildcard-position"),
        client("MQTT-4.7.1-2", V311, raw(0x82, &[b"\x00\x01\x00\x04a/b+\x00"]), "filter-wildcard-position"),
        client("MQTT-4.7.3-1", V5, subscribe5(b"", 0), "filter-empty"),
        client("MQTT-4.7.3-2", V5, subscribe5(b"a\x00b", 0), "text-with-null"),
        client("MQTT-4.8.2-1", V5, subscribe5(b"$share//a", 0), "filter-share-name"),
        client("MQTT-4.8.2-2", V5, subscribe5(b"$share/g", 0), "filter-share-name"),
        client("MQTT-4.8.2-2", V5, subscribe5(b"$share/g/", 0), "filter-share-name"),
        client("MQTT-4.8.2-2", V5, subscribe5(b"$share/+/a", 0), "filter-share-name"),
        client("MQTT-2.2.1-3", V5, raw(0xa2, &[b"\x00\x00\x00\x00\x01a"]), "packet-id-zero"),
        client("MQTT-3.10.3-1", V5, raw(0xa2, &[b"\x00\x01\x00\x00\x01\xff"]), "text-not-utf8"),
        client("MQTT-3.10.3-2", V5, raw(0xa2, &[b"\x00\x01\x00"]), "list-empty"),
        client("MQTT-3.10.3-2", V311, raw(0xa2, &[b"\x00\x01"]), "list-empty"),
        client("MQTT-4.7.1-1", V5, raw(0xa2, &[b"\x00\x01\x00\x00\x03#/a"]), "filter-wildcard-position"),
    ])
}

#[test]
fn what_the_standard_forbids_is_refused_by_name() {
    let cases = [forbidden_anywhere(), forbidden_connects(), forbidden_messages(), forbidden_filters()];
    let mut names = BTreeSet::new();
    for case in cases.iter().flatten() {
        let got = decode(case.version, &case.bytes, &case.limits);
        assert_eq!(got.map_err(Malformed::name), Err(case.name), "[{}] {:02x?}", case.statement, case.bytes);
        for cut in 0..case.bytes.len() {
            match decode(case.version, &case.bytes[..cut], &case.limits) {
                Ok(Decoded::Need(_)) => {}
                early => {
                    assert_eq!(early.map_err(Malformed::name), Err(case.name), "cut at {cut} of {:02x?}", case.bytes);
                }
            }
        }
        names.insert(case.name);
    }
    let untested: Vec<_> = Malformed::ALL.iter().map(|m| m.name()).filter(|name| !names.contains(name)).collect();
    assert!(untested.is_empty(), "{untested:?}");
}

#[test]
fn a_packet_larger_than_announced_is_refused_before_its_body_arrives() {
    let limits = Limits { packet_bytes_max: 100, sender: Sender::Client };
    assert_eq!(decode(Version::V5, b"\x30\x62", &limits), Ok(Decoded::Need(0x62)));
    assert_eq!(decode(Version::V5, b"\x30\x63", &limits), Err(Malformed::PacketTooLarge));
}

#[test]
fn what_looks_odd_but_is_allowed_is_read() {
    let bom = publish5(0x30, b"\xef\xbb\xbfa", b"\x00");
    let Ok(Decoded::Packet(Packet::Publish(publish), _)) = decode(Version::V5, &bom, &FROM_CLIENT) else {
        panic!("[MQTT-1.5.4-3]");
    };
    assert_eq!(publish.topic, "\u{feff}a");
    for filter in [&b"#"[..], b"+", b"/", b"+/+", b"/+/#", b"$share/g/#", b"$SYS/#", b"a//b"] {
        assert!(decode(Version::V5, &subscribe5(filter, 0x2e), &FROM_CLIENT).is_ok() || filter.starts_with(b"$share"));
        assert!(decode(Version::V5, &subscribe5(filter, 2), &FROM_CLIENT).is_ok(), "{filter:?}");
    }
    for (version, bytes) in [
        (Version::V5, raw(0x40, &[b"\x00\x01\x10"])),
        (Version::V5, raw(0x40, &[b"\x00\x01\x10\x00"])),
        (Version::V5, raw(0xe0, &[b"\x04"])),
        (Version::V5, raw(0xe0, &[b""])),
        (Version::V5, connect5(0x42, b"\x00\x01a\x00\x01p")),
        (Version::V5, publish5(0x30, b"", b"\x03\x23\x00\x01")),
        (Version::V5, publish5(0x30, b"a", b"\x0e\x26\x00\x01k\x00\x01v\x26\x00\x01k\x00\x01v")),
    ] {
        assert!(matches!(decode(version, &bytes, &FROM_CLIENT), Ok(Decoded::Packet(..))), "{bytes:02x?}");
    }
}

#[test]
fn reason_codes_read_back_and_have_their_places() {
    for &code in ReasonCode::ALL {
        assert_eq!(ReasonCode::from_byte(code.byte()), Some(code));
        assert!(PacketKind::ALL.into_iter().any(|kind| code.belongs_in(kind)), "{code:?}");
    }
    let count = |kind| ReasonCode::ALL.iter().filter(|code| code.belongs_in(kind)).count();
    for (kind, expected) in [
        (PacketKind::ConnAck, 22),
        (PacketKind::PubAck, 9),
        (PacketKind::PubRel, 2),
        (PacketKind::SubAck, 12),
        (PacketKind::UnsubAck, 7),
        (PacketKind::Auth, 3),
    ] {
        assert_eq!(count(kind), expected, "{kind:?}");
    }
    for code in 0..=5 {
        assert_eq!(ReasonCode::from_v311_connack(code).map(ReasonCode::to_v311_connack), Some(code));
    }
}

#[test]
fn a_password_never_shows_in_debug_output() {
    let bytes = connect5(0xc2, b"\x00\x01a\x00\x05alice\x00\x06secret");
    let Ok(Decoded::Packet(packet, _)) = decode(Version::V5, &bytes, &FROM_CLIENT) else { panic!("{bytes:?}") };
    let shown = alloc::format!("{packet:?}");
    assert!(!shown.contains("secret") && !shown.contains("115, 101, 99") && !shown.contains("alice"), "{shown}");
}

#[test]
fn a_field_that_does_not_fit_leaves_the_output_as_it_was() {
    let long = alloc::vec![b'a'; 65_536];
    let topic = core::str::from_utf8(&long).unwrap();
    let mut out = Vec::from(*b"before");
    let publish =
        Publish { delivery: Delivery::AtMostOnce, retain: false, topic, properties: Properties::NONE, payload: b"" };
    assert_eq!(Packet::Publish(publish).encode(Version::V5, &mut out), Err(super::Unencodable::FieldTooLong));
    assert_eq!(out, b"before");
    let mut list = PropertyList::new();
    assert!(list.push(Property::ReasonString(topic)).is_err());
    assert!(list.as_properties().is_empty());
}

/// Every normative statement of MQTT 5.0 is either tested by its id, or the list says why it needs no test here.
#[test]
fn every_statement_of_the_standard_is_tested_or_accounted_for() {
    let list = include_str!("../../testdata/mqtt/statements.txt");
    let tests = [
        include_str!("tests.rs"),
        include_str!("tests/round_trip.rs"),
        include_str!("session/tests.rs"),
        include_str!("session/tests/downward.rs"),
        include_str!("session/hints.rs"),
        include_str!("client/tests.rs"),
    ];
    let named = |id: &str| {
        tests.iter().any(|source| {
            source.match_indices(id).any(|(at, _)| {
                let other_version = source[..at].ends_with("3.1.1 ");
                let longer = source[at + id.len()..].starts_with(|c: char| c.is_ascii_digit());
                !other_version && !longer
            })
        })
    };
    let mut seen = BTreeSet::new();
    for line in list.lines() {
        let (id, state) = line.split_once(' ').unwrap();
        assert!(seen.insert(id), "{id} twice");
        match state.split_once(": ") {
            None => assert!(state == "tested" && named(id), "{id} is not tested"),
            Some((class, why)) => {
                assert!(["absent", "narrowed", "shell", "type"].contains(&class) && !why.is_empty(), "{line}");
                assert!(!named(id), "{id} is tested by now; say so in the list");
            }
        }
    }
    assert_eq!(seen.len(), 251);
}
