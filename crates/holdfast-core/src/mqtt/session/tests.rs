//! Conversations with the server's session, each named after the statement that asks for it.
//!
//! Every conversation is held twice, the second time one byte at a time; both must end the same.

mod downward;

use super::super::packet::{ConnAck, Outcome, Packet, PacketId, Qos, Version};
use super::super::property::{Properties, Property};
use super::super::reason::ReasonCode;
use super::super::{Decoded, Limits, Sender, decode};
use super::*;
use crate::id::DeviceId;
use crate::time::Millis;
use crate::topic::{DownChannel, Scope, UpChannel};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::num::NonZeroU16;
use proptest::prelude::*;

const DEVICE: &str = "hearth-0001";

fn raw(first: u8, body: &[&[u8]]) -> Vec<u8> {
    super::super::tests::raw(first, body)
}

fn device() -> DeviceId {
    DEVICE.parse().unwrap()
}

fn id(n: u16) -> PacketId {
    PacketId(NonZeroU16::new(n).unwrap())
}

fn session() -> ServerSession {
    ServerSession::new(device(), ServerConfig::default(), Millis(0))
}

/// CONNECT of this version with these flags, properties (5.0 only, with their length) and payload.
fn connect(level: u8, flags: u8, properties: &[u8], payload: &[u8]) -> Vec<u8> {
    let properties = if level == 5 { properties } else { b"" };
    raw(0x10, &[b"\x00\x04MQTT", &[level, flags], b"\x00\x3c", properties, payload])
}

fn hello(level: u8) -> Vec<u8> {
    connect(level, 2, b"\x00", b"\x00\x0bhearth-0001")
}

fn publish(level: u8, first: u8, topic: &str, packet_id: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(topic.len()).unwrap().to_be_bytes();
    let packet_id = packet_id.to_be_bytes();
    let with_id: &[u8] = if first & 6 == 0 { b"" } else { &packet_id };
    raw(first, &[&length, topic.as_bytes(), with_id, if level == 5 { b"\x00" } else { b"" }, payload])
}

fn subscribe(level: u8, filters: &[(&str, u8)]) -> Vec<u8> {
    let mut body = Vec::from(*b"\x00\x07");
    if level == 5 {
        body.push(0);
    }
    for (filter, options) in filters {
        body.extend(u16::try_from(filter.len()).unwrap().to_be_bytes());
        body.extend(filter.as_bytes());
        body.push(*options);
    }
    raw(0x82, &[&body])
}

fn unsubscribe(level: u8, filters: &[&str]) -> Vec<u8> {
    let mut body = Vec::from(*b"\x00\x08");
    if level == 5 {
        body.push(0);
    }
    for filter in filters {
        body.extend(u16::try_from(filter.len()).unwrap().to_be_bytes());
        body.extend(filter.as_bytes());
    }
    raw(0xa2, &[&body])
}

/// DISCONNECT of the server with a reason in words.
fn goodbye(reason: ReasonCode, words: &str) -> Vec<u8> {
    outcome(0xe0, reason, words, b"")
}

/// PUBACK with a refusal in words.
fn refusal(packet_id: u16, reason: ReasonCode, words: &str) -> Vec<u8> {
    outcome(0x40, reason, words, &packet_id.to_be_bytes())
}

fn outcome(first: u8, reason: ReasonCode, words: &str, before: &[u8]) -> Vec<u8> {
    let length = u8::try_from(words.len()).unwrap();
    raw(first, &[before, &[reason.byte(), length + 3, 0x1f, 0, length], words.as_bytes()])
}

/// What a session did, with the bytes of all writes together.
#[derive(Debug, Default, PartialEq)]
struct Done {
    sent: Vec<u8>,
    admitted: Vec<(Option<u16>, String, Vec<u8>)>,
    refused: Vec<&'static str>,
    other: Vec<Action>,
    closed: Option<CloseCause>,
}

impl Done {
    fn collect(&mut self, session: &mut ServerSession) {
        while let Some(action) = session.poll_action() {
            assert_eq!(self.closed, None, "{action:?} after closing");
            match action {
                Action::Send(bytes) => self.sent.extend(bytes),
                Action::Admit(admit) => {
                    self.admitted.push((
                        admit.packet_id.map(|id| id.0.get()),
                        admit.channel.to_string(),
                        admit.payload,
                    ));
                }
                Action::Refused { name } => self.refused.push(name),
                Action::Close { cause } => self.closed = Some(cause),
                other => self.other.push(other),
            }
        }
    }
}

fn feed(session: &mut ServerSession, bytes: &[u8], now: Millis) -> Done {
    let mut done = Done::default();
    session.handle(Input::Bytes(bytes), now);
    done.collect(session);
    done
}

/// Holds the conversation whole, then byte by byte.
fn converse(parts: &[&[u8]]) -> Done {
    let bytes = parts.concat();
    let whole = feed(&mut session(), &bytes, Millis(0));
    let mut slow = Done::default();
    let mut session = session();
    for byte in &bytes {
        session.handle(Input::Bytes(&[*byte]), Millis(0));
        slow.collect(&mut session);
    }
    assert_eq!(whole, slow, "one byte at a time ended differently");
    whole
}

fn connected(level: u8) -> ServerSession {
    let mut session = session();
    let done = feed(&mut session, &hello(level), Millis(0));
    assert_eq!(done.closed, None);
    session
}

fn connack(bytes: &[u8], version: Version) -> ConnAck<'_> {
    let limits = Limits { packet_bytes_max: 10_000, sender: Sender::Server };
    match decode(version, bytes, &limits) {
        Ok(Decoded::Packet(Packet::ConnAck(connack), used)) if used == bytes.len() => connack,
        other => panic!("{other:?}"),
    }
}

#[test]
fn connack_announces_everything_that_is_missing_or_limited() {
    let done = converse(&[&hello(5)]);
    let connack = connack(&done.sent, Version::V5);
    assert!(!connack.session_present, "[MQTT-3.1.2-4], [MQTT-3.2.2-2]");
    assert_eq!(connack.reason, ReasonCode::Success, "[MQTT-3.1.4-5]");
    let announced: Vec<_> = connack.properties.iter().collect();
    let expected = [
        Property::SessionExpirySecs(0),
        Property::ReceiveMaximum(RECEIVE_MAXIMUM),
        Property::MaximumQos(Qos::AtLeastOnce),
        Property::RetainAvailable(false),
        Property::MaximumPacketBytes(PACKET_BYTES_MAX),
        Property::TopicAliasMaximum(0),
        Property::WildcardsAvailable(false),
        Property::SubscriptionIdsAvailable(false),
        Property::SharedSubscriptionsAvailable(false),
    ];
    assert_eq!(announced, expected, "[MQTT-3.2.2-9]");
    assert_eq!(done.other, [Action::Connected { version: Version::V5, keep_alive_secs: 60 }]);
    let plain = converse(&[&hello(4)]);
    assert_eq!(plain.sent, b"\x20\x02\x00\x00");
}

#[test]
fn connects_are_judged_before_anything_else() {
    let own = b"\x00\x0bhearth-0001";
    let with = |tail: &[u8]| [&own[..], tail].concat();
    let will5 = with(b"\x00\x00\x01t\x00\x01p");
    let will4 = with(b"\x00\x01t\x00\x01p");
    let named = with(b"\x00\x05alice\x00\x06secret");
    let method = b"\x0c\x15\x00\x09SCRAM-SHA";
    for (statement, bytes, name, code5, code4) in [
        ("MQTT-3.1.3-8", connect(5, 2, b"\x00", b"\x00\x0bhearth-0002"), "client-id-not-device", 0x85, 0),
        ("MQTT-3.1.3-8", connect(4, 2, b"", b"\x00\x0bhearth-0002"), "client-id-not-device", 0, 2),
        ("3.1.1 MQTT-3.1.3-8", connect(4, 0, b"", b"\x00\x00"), "client-id-empty", 0, 2),
        ("MQTT-3.1.4-2", connect(5, 0xc2, b"\x00", &named), "password-not-accepted", 0x86, 0),
        ("MQTT-3.1.4-2", connect(4, 0xc2, b"", &named), "password-not-accepted", 0, 4),
        ("MQTT-4.12.0-1", connect(5, 2, method, own), "authentication-method-not-accepted", 0x8c, 0),
        ("MQTT-3.2.2-13", connect(5, 0x26, b"\x00", &will5), "will-retain-not-supported", 0x9a, 0),
        ("MQTT-3.2.2-12", connect(5, 0x16, b"\x00", &will5), "will-qos-2-not-supported", 0x9b, 0),
        ("MQTT-3.1.4-2", connect(5, 0x0e, b"\x00", &will5), "will-not-supported", 0x90, 0),
        ("MQTT-3.1.4-2", connect(4, 0x06, b"", &will4), "will-not-supported", 0, 5),
    ] {
        // [MQTT-3.1.4-6]: what follows a refused CONNECT is not read.
        let after = publish(5, 0x30, "hf/v1/hearth-0001/event", 0, b"x");
        let done = converse(&[&bytes, &after]);
        assert_eq!(done.refused, [name], "[{statement}]");
        assert_eq!(done.closed, Some(CloseCause::Refused(name)), "[{statement}], [MQTT-3.2.2-7], [MQTT-4.13.2-1]");
        assert!(done.admitted.is_empty() && done.other.is_empty(), "[{statement}] {done:?}");
        if code5 == 0 {
            assert_eq!(done.sent, [0x20, 2, 0, code4], "[{statement}]");
        } else {
            let connack = connack(&done.sent, Version::V5);
            assert_eq!((connack.reason.byte(), connack.session_present), (code5, false), "[{statement}]");
            assert_eq!(connack.properties.reason_string(), Some(name));
        }
    }
}

#[test]
fn first_packets_that_cannot_be_read_get_the_answer_the_standard_allows() {
    let level6 = raw(0x10, &[b"\x00\x04MQTT\x06\x02\x00\x3c\x00\x00\x01a"]);
    for (statement, bytes, name, sent) in [
        ("MQTT-3.1.0-1", b"\xc0\x00".to_vec(), "first-packet-not-connect", &b""[..]),
        ("MQTT-3.1.0-1", b"\x00".to_vec(), "first-packet-not-connect", b""),
        ("MQTT-3.1.0-1", publish(5, 0x30, "a", 0, b""), "first-packet-not-connect", b""),
        ("MQTT-3.1.0-1", b"GET / HTTP/1.1\r\n\r\n".to_vec(), "first-packet-not-connect", b""),
        ("MQTT-3.1.2-1", raw(0x10, &[b"\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x01a"]), "protocol-name", b""),
        ("MQTT-3.1.2-2", level6, "protocol-level", b"\x20\x03\x00\x84\x00"),
        ("MQTT-3.1.2-3", connect(5, 3, b"\x00", b"\x00\x01a"), "connect-reserved-flag", b""),
        ("MQTT-3.1.4-1", connect(5, 2, b"\x00", b"\x00\x05a"), "body-too-short", b""),
        ("MQTT-3.14.0-1", b"\x10\xff\xff\xff\x7f".to_vec(), "packet-too-large", b""),
    ] {
        let done = converse(&[&bytes]);
        assert_eq!(done.refused, [name], "[{statement}]");
        assert_eq!(done.closed, Some(CloseCause::Refused(name)), "[{statement}]");
        assert_eq!(done.sent, sent, "[{statement}]");
    }
}

#[test]
fn an_empty_client_id_is_given_the_devices_id() {
    // [MQTT-3.1.3-6], [MQTT-3.1.3-7]; without Clean Start there is still no older session: [MQTT-3.1.2-6].
    let done = converse(&[&connect(5, 0, b"\x00", b"\x00\x00")]);
    let connack = connack(&done.sent, Version::V5);
    assert!(connack.properties.iter().any(|p| p == Property::AssignedClientId(DEVICE)), "[MQTT-3.2.2-16]");
    assert!(!connack.session_present, "[MQTT-3.2.2-3]");
    let done = converse(&[&connect(4, 2, b"", b"\x00\x00")]);
    assert_eq!((done.sent.as_slice(), done.closed), (&b"\x20\x02\x00\x00"[..], None));
}

#[test]
fn keep_alive_is_imposed_and_its_end_closes_the_connection() {
    // [MQTT-3.2.2-21], [MQTT-3.2.2-22], [MQTT-3.1.2-22]: the server's own limit where the client asks for none or too much.
    for (level, asked, in_force, announced) in
        [(5, 60, 60, None), (5, 0, 300, Some(300)), (5, 900, 300, Some(300)), (4, 0, 300, None), (4, 900, 900, None)]
    {
        let mut session = session();
        let mut bytes = hello(level);
        bytes[10..12].copy_from_slice(&u16::to_be_bytes(asked));
        let done = feed(&mut session, &bytes, Millis(1_000));
        let version = if level == 5 { Version::V5 } else { Version::V311 };
        assert_eq!(done.other, [Action::Connected { version, keep_alive_secs: in_force }]);
        let told = connack(&done.sent, version).properties.iter().find_map(|p| match p {
            Property::ServerKeepAliveSecs(secs) => Some(secs),
            _ => None,
        });
        assert_eq!(told, announced);
        let deadline = Millis(1_000 + u64::from(in_force) * 1_500);
        assert_eq!(session.poll_deadline(), Some(deadline));
        session.handle_deadline(Millis(deadline.0 - 1));
        assert_eq!(session.poll_action(), None);
        // Half a packet does not count as a sign of life; a whole one does.
        feed(&mut session, b"\xc0", Millis(2_000));
        assert_eq!(session.poll_deadline(), Some(deadline));
        assert_eq!(feed(&mut session, b"\x00", Millis(3_000)).sent, b"\xd0\x00", "[MQTT-3.12.4-1]");
        assert_eq!(session.poll_deadline(), Some(Millis(deadline.0 + 2_000)));
        session.handle_deadline(Millis(deadline.0 + 2_000));
        let mut done = Done::default();
        done.collect(&mut session);
        assert_eq!(done.closed, Some(CloseCause::Silent));
        assert_eq!(done.sent, if level == 5 { b"\xe0\x01\x8d".to_vec() } else { Vec::new() });
    }
}

#[test]
fn a_connection_without_connect_is_closed_in_time() {
    let mut session = session();
    assert_eq!(session.poll_deadline(), Some(CONNECT_DEADLINE));
    let hello = hello(5);
    feed(&mut session, &hello[..hello.len() - 1], Millis(9_999));
    session.handle_deadline(Millis(10_000));
    let mut done = Done::default();
    done.collect(&mut session);
    assert_eq!((done.closed, done.refused.as_slice()), (Some(CloseCause::NoConnect), &["no-connect-in-time"][..]));
    assert_eq!(session.poll_deadline(), None);
    assert_eq!(feed(&mut session, &hello[hello.len() - 1..], Millis(10_001)), Done::default());
}

#[test]
fn a_device_can_be_turned_away_with_a_reason() {
    let mut session = session();
    session.turn_away(ReasonCode::AdministrativeAction);
    let done = feed(&mut session, &hello(5), Millis(0));
    assert_eq!(connack(&done.sent, Version::V5).reason, ReasonCode::Unspecified, "[MQTT-3.2.2-8]");
    let mut session = tests::session();
    session.turn_away(ReasonCode::ServerBusy);
    let done = feed(&mut session, &hello(5), Millis(0));
    assert_eq!(connack(&done.sent, Version::V5).reason, ReasonCode::ServerBusy);
    assert_eq!(done.closed, Some(CloseCause::Refused("server-busy")));
}

/// A conversation after CONNECT that the server ends: statement, version, packets, name, reason told to 5.0.
type Ending = (&'static str, u8, Vec<u8>, &'static str, ReasonCode);

fn endings() -> Vec<Ending> {
    let event = "hf/v1/hearth-0001/event";
    let aliased = raw(0x30, &[b"\x00\x17", event.as_bytes(), b"\x03\x23\x00\x01x"]);
    let auth = raw(0xf0, &[b"\x18\x00"]);
    let expiry = raw(0xe0, &[b"\x00\x05\x11\x00\x00\x00\x01"]);
    let twice = [publish(5, 0x32, event, 9, b"a"), publish(5, 0x3a, event, 9, b"a")].concat();
    let flood: Vec<u8> = (1..=65).flat_map(|n| publish(5, 0x32, event, n, b"a")).collect();
    Vec::from([
        ("MQTT-3.1.0-2", 5, hello(5), "second-connect", ReasonCode::ProtocolError),
        ("MQTT-3.1.0-2", 4, hello(4), "second-connect", ReasonCode::ProtocolError),
        ("MQTT-3.2.2-14", 5, publish(5, 0x31, event, 0, b""), "retain-not-supported", ReasonCode::RetainNotSupported),
        ("MQTT-3.2.2-14", 4, publish(4, 0x31, event, 0, b""), "retain-not-supported", ReasonCode::RetainNotSupported),
        ("MQTT-3.2.2-11", 5, publish(5, 0x34, event, 1, b""), "qos-2-not-supported", ReasonCode::QosNotSupported),
        ("MQTT-3.2.2-11", 4, publish(4, 0x34, event, 1, b""), "qos-2-not-supported", ReasonCode::QosNotSupported),
        ("MQTT-3.2.2-17", 5, aliased, "topic-alias-not-supported", ReasonCode::TopicAliasInvalid),
        ("MQTT-3.3.4-7", 5, flood, "receive-maximum-exceeded", ReasonCode::ReceiveMaximumExceeded),
        ("MQTT-2.2.1-3", 5, twice, "packet-id-in-use", ReasonCode::ProtocolError),
        ("MQTT-4.12.0-7", 5, auth, "auth-not-offered", ReasonCode::ProtocolError),
        ("MQTT-4.3.3-8", 5, raw(0x50, &[b"\x00\x01"]), "qos-2-packet", ReasonCode::ProtocolError),
        ("MQTT-4.3.3-11", 5, raw(0x62, &[b"\x00\x01"]), "qos-2-packet", ReasonCode::ProtocolError),
        ("MQTT-4.3.3-11", 4, raw(0x70, &[b"\x00\x01"]), "qos-2-packet", ReasonCode::ProtocolError),
        ("§3.14.2.2.2", 5, expiry, "session-expiry-raised", ReasonCode::ProtocolError),
        ("MQTT-4.13.1-1", 5, b"\xc1\x00".to_vec(), "fixed-header-flags", ReasonCode::MalformedPacket),
        ("MQTT-3.2.2-15", 5, b"\x30\xff\xff\xff\x7f".to_vec(), "packet-too-large", ReasonCode::PacketTooLarge),
        (
            "MQTT-3.3.2-8",
            5,
            raw(0x30, &[b"\x00\x00\x03\x23\x00\x00"]),
            "topic-alias-zero",
            ReasonCode::TopicAliasInvalid,
        ),
        ("§3.2", 5, b"\x20\x00".to_vec(), "packet-from-wrong-side", ReasonCode::ProtocolError),
    ])
}

#[test]
fn broken_rules_end_the_connection_and_5_0_is_told_why() {
    for (statement, level, bytes, name, reason) in endings() {
        // [MQTT-4.13.1-1]: the ping behind the broken rule gets no answer.
        let hello = hello(level);
        let done = converse(&[&hello, &bytes, b"\xc0\x00"]);
        let welcome = converse(&[&hello]).sent;
        assert_eq!(done.refused, [name], "[{statement}]");
        assert_eq!(done.closed, Some(CloseCause::Refused(name)), "[{statement}]");
        let told = if level == 5 { goodbye(reason, name) } else { Vec::new() };
        assert_eq!(done.sent, [welcome, told].concat(), "[{statement}]");
    }
}

#[test]
fn a_refused_message_of_3_1_1_is_acknowledged_and_counted_as_such() {
    let mut session = connected(4);
    for (topic, name) in [("hf/v1/hearth-0002/event", "foreign-device-tree"), ("hf/v1/hearth-0001/x", "unknown-topic")]
    {
        let done = feed(&mut session, &publish(4, 0x32, topic, 3, b"x"), Millis(0));
        assert_eq!(done.sent, b"\x40\x02\x00\x03", "[3.1.1 MQTT-3.3.5-2]");
        assert_eq!(done.refused, [name, ACKNOWLEDGED_BUT_REFUSED]);
        assert!(done.admitted.is_empty() && done.closed.is_none());
    }
    let done = feed(&mut session, &publish(4, 0x30, "hf/v1/hearth-0001/x", 0, b"x"), Millis(0));
    assert_eq!((done.sent.as_slice(), done.refused.as_slice()), (&b""[..], &["unknown-topic"][..]));
}

#[test]
fn a_refused_message_of_5_0_is_named_in_its_puback_and_the_device_stays() {
    let mut session = connected(5);
    for (topic, reason, name) in [
        ("hf/v1/hearth-0002/event", ReasonCode::NotAuthorized, "foreign-device-tree"),
        ("hf/v1/hearth-0001/command", ReasonCode::NotAuthorized, "wrong-direction"),
        ("hf/v1/hearth-0001/shadow", ReasonCode::TopicNameInvalid, "unknown-topic"),
        ("hf/v1/hearth-0001/telemetry/A", ReasonCode::TopicNameInvalid, "bad-stream-id"),
        ("$SYS/x", ReasonCode::TopicNameInvalid, "unknown-topic"),
    ] {
        let done = feed(&mut session, &publish(5, 0x32, topic, 3, b"x"), Millis(0));
        assert_eq!((done.sent, done.refused.as_slice()), (refusal(3, reason, name), &[name][..]), "{topic}");
        assert!(done.admitted.is_empty() && done.closed.is_none());
        let done = feed(&mut session, &publish(5, 0x30, topic, 0, b"x"), Millis(0));
        assert_eq!((done.sent.len(), done.refused.as_slice()), (0, &[name][..]), "{topic} at quality of service 0");
    }
}

#[test]
fn pubacks_wait_for_the_verdict_and_keep_the_order_of_receipt() {
    let mut session = connected(5);
    let topic = "hf/v1/hearth-0001/telemetry/climate";
    let bytes: Vec<u8> = [30, 10, 20].iter().flat_map(|n| publish(5, 0x32, topic, *n, b"{}")).collect();
    let done = feed(&mut session, &bytes, Millis(0));
    let admitted: Vec<_> = done.admitted.iter().map(|(id, channel, _)| (id.unwrap(), channel.as_str())).collect();
    assert_eq!(admitted, [(30, "telemetry/climate"), (10, "telemetry/climate"), (20, "telemetry/climate")]);
    assert!(done.sent.is_empty(), "[MQTT-4.3.2-4]: nothing is acknowledged before it is durable");
    assert_eq!(session.in_flight(), 3);
    session.acknowledge(id(20), Verdict::Stored);
    session.acknowledge(id(10), Verdict::Refused { reason: ReasonCode::PayloadFormatInvalid, name: "out-of-range" });
    assert_eq!(session.poll_action(), None, "[MQTT-4.6.0-2]: 30 comes first");
    session.acknowledge(id(99), Verdict::Stored);
    session.acknowledge(id(30), Verdict::Stored);
    let refused = refusal(10, ReasonCode::PayloadFormatInvalid, "out-of-range");
    let expected = [b"\x40\x02\x00\x1e".to_vec(), refused, b"\x40\x02\x00\x14".to_vec()].concat();
    assert_eq!(session.poll_action(), Some(Action::Send(expected)), "one write for all");
    assert_eq!(session.in_flight(), 0);
    // [MQTT-4.3.2-5]: after its PUBACK the identifier stands for a new message, whatever DUP says.
    let done = feed(&mut session, &publish(5, 0x3a, topic, 30, b"{}"), Millis(0));
    assert_eq!(done.admitted.len(), 1);
}

#[test]
fn a_device_that_wants_no_words_or_small_packets_gets_bare_codes() {
    // [MQTT-3.1.2-29]
    for properties in [&b"\x02\x17\x00"[..], b"\x05\x27\x00\x00\x00\x30"] {
        let mut session = session();
        let done = feed(&mut session, &connect(5, 2, properties, b"\x00\x0bhearth-0001"), Millis(0));
        assert_eq!(done.closed, None, "{done:?}");
        let long = "a-name-that-is-too-long-for-forty-eight-bytes";
        feed(&mut session, &publish(5, 0x32, "hf/v1/hearth-0001/event", 1, b""), Millis(0));
        session.acknowledge(id(1), Verdict::Refused { reason: ReasonCode::QuotaExceeded, name: long });
        assert_eq!(session.poll_action(), Some(Action::Send(b"\x40\x03\x00\x01\x97".to_vec())), "[MQTT-3.4.2-2]");
    }
    let done = converse(&[&connect(5, 2, b"\x05\x27\x00\x00\x00\x10", b"\x00\x0bhearth-0001")]);
    assert_eq!(
        (done.sent.len(), done.refused.as_slice()),
        (0, &["device-packet-limit-too-small"][..]),
        "[MQTT-3.1.2-24]"
    );
    let stranger = connect(5, 2, b"\x05\x27\x00\x00\x00\x10", b"\x00\x0bhearth-0002");
    assert_eq!(converse(&[&stranger]).sent, b"\x20\x03\x00\x85\x00", "[MQTT-3.2.2-19]");
    // CONNACK needs 31 bytes, the DISCONNECT in words would need 32.
    let aliased = raw(0x30, &[b"\x00\x00\x03\x23\x00\x01"]);
    let done = converse(&[&connect(5, 2, b"\x05\x27\x00\x00\x00\x1f", b"\x00\x0bhearth-0001"), &aliased]);
    assert!(done.sent.ends_with(b"\xe0\x01\x94"), "[MQTT-3.14.2-3]");
}

#[test]
fn a_message_that_the_shell_refuses_is_acknowledged_on_3_1_1_and_counted_as_such() {
    let mut session = connected(4);
    feed(&mut session, &publish(4, 0x32, "hf/v1/hearth-0001/event", 1, b""), Millis(0));
    session.acknowledge(id(1), Verdict::Refused { reason: ReasonCode::PayloadFormatInvalid, name: "not-flat" });
    let mut done = Done::default();
    done.collect(&mut session);
    assert_eq!((done.closed, done.sent.as_slice()), (None, &b"\x40\x02\x00\x01"[..]), "[3.1.1 MQTT-3.3.5-2]");
    assert_eq!(done.refused, [ACKNOWLEDGED_BUT_REFUSED], "the shell counts its own name");
}

#[test]
fn a_3_1_1_device_waits_for_room_and_may_repeat_itself() {
    let mut session = connected(4);
    let topic = "hf/v1/hearth-0001/event";
    let bytes: Vec<u8> = (1..=70).flat_map(|n| publish(4, 0x32, topic, n, b"x")).collect();
    let done = feed(&mut session, &bytes, Millis(0));
    assert_eq!((done.admitted.len(), done.closed), (64, None));
    assert!(!session.wants_input());
    session.acknowledge(id(1), Verdict::Stored);
    session.acknowledge(id(2), Verdict::Stored);
    let mut done = Done::default();
    done.collect(&mut session);
    assert_eq!(done.admitted.iter().map(|(id, ..)| id.unwrap()).collect::<Vec<_>>(), [65, 66]);
    assert_eq!(done.sent, b"\x40\x02\x00\x01\x40\x02\x00\x02");
    for n in 3..=66 {
        session.acknowledge(id(n), Verdict::Stored);
    }
    done.collect(&mut session);
    assert_eq!(done.admitted.len(), 6);
    assert!(session.wants_input());
    let again = feed(&mut session, &publish(4, 0x3a, topic, 70, b"x"), Millis(0));
    assert_eq!((again.admitted.len(), again.refused.as_slice()), (0, &["repeated-while-in-flight"][..]));
    session.acknowledge(id(67), Verdict::Stored);
    assert_eq!(session.poll_action(), Some(Action::Send(b"\x40\x02\x00\x43".to_vec())));
}

#[test]
fn each_filter_gets_its_own_code_and_the_device_stays() {
    let filters = [
        ("hf/v1/hearth-0001/shadow/delta", 0),
        ("hf/v1/hearth-0001/command", 1),
        ("hf/v1/hearth-0001/update", 2),
        ("hf/v1/hearth-0002/command", 1),
        ("hf/v1/hearth-0001/event", 1),
        ("hf/v1/hearth-0001/#", 1),
        ("$share/g/hf/v1/hearth-0001/update", 1),
        ("hf/v1/hearth-0001/nothing", 1),
        ("hf/v1/hearth-0001/command", 1),
    ];
    let refused = [
        "foreign-device-tree",
        "wrong-direction",
        "wildcards-not-supported",
        "shared-subscriptions-not-supported",
        "unknown-topic",
    ];
    let done = converse(&[&hello(5), &subscribe(5, &filters)]);
    // [MQTT-3.8.4-1], [MQTT-3.8.4-2], [MQTT-3.8.4-5], [MQTT-3.8.4-6], [MQTT-3.8.4-7], [MQTT-2.2.1-6], [MQTT-3.9.3-1];
    // [MQTT-3.8.4-3] for the filter that stands twice, and [MQTT-3.2.2-10] for quality of service 2.
    assert!(done.sent.ends_with(b"\x90\x0c\x00\x07\x00\x00\x01\x01\x87\x87\xa2\x9e\x8f\x01"), "{:02x?}", done.sent);
    assert_eq!((done.refused.as_slice(), done.closed), (&refused[..], None));
    assert_eq!(
        done.other[1..3],
        [Action::Subscribed(DownChannel::ShadowDelta), Action::Subscribed(DownChannel::Command)]
    );
    let done = converse(&[&hello(4), &subscribe(4, &filters)]);
    assert!(done.sent.ends_with(b"\x90\x0b\x00\x07\x00\x01\x01\x80\x80\x80\x80\x80\x01"), "{:02x?}", done.sent);
    let numbered = raw(0x82, &[b"\x00\x07\x02\x0b\x05\x00\x19hf/v1/hearth-0001/command\x01"]);
    let done = converse(&[&hello(5), &numbered]);
    assert!(done.sent.ends_with(b"\x90\x04\x00\x07\x00\xa1"), "{:02x?}", done.sent);
    assert_eq!(done.refused, ["subscription-ids-not-supported"]);
}

#[test]
fn too_many_filters_are_refused_together() {
    let many: Vec<_> = (0..17).map(|_| ("hf/v1/hearth-0001/command", 1)).collect();
    let done = converse(&[&hello(5), &subscribe(5, &many)]);
    assert!(done.sent.ends_with(&[0x97; 17]));
    assert_eq!(done.refused, ["too-many-filters"]);
    let names: Vec<_> = many.iter().map(|(name, _)| *name).collect();
    let done = converse(&[&hello(5), &unsubscribe(5, &names)]);
    assert!(done.sent.ends_with(&[0x83; 17]));
}

#[test]
fn admitted_channels_are_those_of_the_topic_list() {
    let done = converse(&[&hello(5), &publish(5, 0x30, "hf/v1/hearth-0001/shadow/reported", 0, b"{}")]);
    assert_eq!(done.admitted, [(None, UpChannel::ShadowReported.to_string(), b"{}".to_vec())]);
    let bare = Packet::Disconnect(Outcome { reason: ReasonCode::Success, properties: Properties::NONE });
    let mut bytes = Vec::new();
    bare.encode(Version::V5, &mut bytes).unwrap();
    assert_eq!(bytes, b"\xe0\x00");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_conversations_never_panic_and_do_not_depend_on_how_they_are_cut(
        v5: bool, order in proptest::collection::vec(0_usize..8, 1..6), at: prop::sample::Index, byte: u8, cuts in any::<[prop::sample::Index; 3]>(),
    ) {
        let level = if v5 { 5 } else { 4 };
        let event = "hf/v1/hearth-0001/event";
        let parts = [
            publish(level, 0x30, event, 0, b"x"),
            publish(level, 0x32, event, 1, b"y"),
            publish(level, 0x3a, "hf/v1/hearth-0002/event", 2, b""),
            subscribe(level, &[("hf/v1/hearth-0001/command", 1), ("#", 0)]),
            unsubscribe(level, &["hf/v1/hearth-0001/command"]),
            b"\xc0\x00".to_vec(),
            b"\x40\x02\x00\x01".to_vec(),
            b"\xe0\x00".to_vec(),
        ];
        let mut bytes = hello(level);
        bytes.extend(order.iter().flat_map(|n| parts[*n].clone()));
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let whole = feed(&mut session(), &bytes, Millis(0));
        let mut cuts = cuts.map(|cut| cut.index(bytes.len()));
        cuts.sort_unstable();
        let mut pieces = Done::default();
        let mut session = session();
        for range in [0..cuts[0], cuts[0]..cuts[1], cuts[1]..cuts[2], cuts[2]..bytes.len()] {
            session.handle(Input::Bytes(&bytes[range]), Millis(0));
            pieces.collect(&mut session);
        }
        prop_assert_eq!(whole, pieces);
    }
}
