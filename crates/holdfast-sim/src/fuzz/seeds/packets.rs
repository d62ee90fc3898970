//! Seeds that are MQTT packets, alone and as conversations.

use std::num::NonZeroU16;

use holdfast_core::mqtt::packet::{
    Ack, ConnAck, Connect, Delivery, FilterList, Outcome, Packet, PacketId, Publish, Qos, SubAck, Subscribe,
    SubscribeOptions, Unsubscribe, Version, Will,
};
use holdfast_core::mqtt::property::{Properties, Property, PropertyList};
use holdfast_core::mqtt::reason::ReasonCode;

const ID: PacketId = PacketId(NonZeroU16::MIN);
const TOPIC: &str = "hf/v1/hearth-0001/telemetry/climate";
const READING: &[u8] = br#"{"c":1,"t":1763870000000000,"f":{"temperature":21.5}}"#;

fn properties(list: &[Property<'_>]) -> PropertyList {
    let mut out = PropertyList::new();
    for property in list {
        // Everything here is short.
        out.push(*property).unwrap_or_default();
    }
    out
}

fn bytes(packet: &Packet<'_>, version: Version) -> Vec<u8> {
    let mut out = Vec::new();
    packet.encode(version, &mut out).unwrap_or_default();
    out
}

fn publish(topic: &'static str, payload: &'static [u8]) -> Packet<'static> {
    let delivery = Delivery::AtLeastOnce { packet_id: ID, dup: false };
    Packet::Publish(Publish { delivery, retain: false, topic, properties: Properties::NONE, payload })
}

/// One packet of each kind, in both versions.
pub(super) fn all() -> Vec<Vec<u8>> {
    let connect_list = properties(&[
        Property::ReceiveMaximum(NonZeroU16::MIN),
        Property::SessionExpirySecs(0),
        Property::RequestProblemInformation(true),
    ]);
    let reason_list = properties(&[Property::ReasonString("made-up-refusal")]);
    let mut filters = FilterList::subscribe();
    let mut gone = FilterList::unsubscribe();
    for filter in ["hf/v1/hearth-0001/command", "hf/v1/hearth-0001/policy"] {
        filters.push(filter, SubscribeOptions::at(Qos::AtLeastOnce)).unwrap_or_default();
        gone.push(filter, SubscribeOptions::at(Qos::AtMostOnce)).unwrap_or_default();
    }
    let none = Properties::NONE;
    let ack = Ack { packet_id: ID, reason: ReasonCode::PayloadFormatInvalid, properties: reason_list.as_properties() };
    let done = Ack { packet_id: ID, reason: ReasonCode::Success, properties: none };
    let suback = SubAck { packet_id: ID, properties: none, codes: &[0x01, 0x87] };
    let goodbye = Outcome { reason: ReasonCode::Success, properties: none };
    let mut out = Vec::new();
    for version in [Version::V5, Version::V311] {
        let will = Will { topic: "gone", payload: b"bye", qos: Qos::AtLeastOnce, retain: false, properties: none };
        let plain = Connect {
            version,
            clean_start: true,
            keep_alive_secs: 60,
            client_id: "hearth-0001",
            will: None,
            user_name: None,
            password: None,
            properties: if version == Version::V5 { connect_list.as_properties() } else { none },
        };
        let full = Connect { will: Some(will), user_name: Some("user"), password: Some(b"word"), ..plain.clone() };
        let connack = ConnAck { session_present: false, reason: ReasonCode::Success, properties: none };
        let subscribe = Subscribe { packet_id: ID, properties: none, filters: filters.as_filters() };
        let unsubscribe = Unsubscribe { packet_id: ID, properties: none, filters: gone.as_filters() };
        let packets = [
            Packet::Connect(plain),
            Packet::Connect(full),
            Packet::ConnAck(connack),
            publish(TOPIC, READING),
            Packet::PubAck(ack.clone()),
            Packet::PubRec(done.clone()),
            Packet::PubRel(done.clone()),
            Packet::PubComp(done.clone()),
            Packet::Subscribe(subscribe),
            Packet::SubAck(suback.clone()),
            Packet::Unsubscribe(unsubscribe),
            Packet::UnsubAck(SubAck { codes: &[0x00, 0x11], ..suback.clone() }),
            Packet::PingReq,
            Packet::PingResp,
            Packet::Disconnect(goodbye.clone()),
        ];
        out.extend(packets.iter().map(|packet| bytes(packet, version)));
    }
    out.push(bytes(&Packet::Auth(goodbye), Version::V5));
    out
}

/// A script byte, then what a device says.
pub(super) fn to_server() -> Vec<Vec<u8>> {
    let kinds = all();
    let half = kinds.len() / 2;
    let (v5, v311) = kinds.split_at(half);
    let talk = |mode: u8, packets: &[Vec<u8>], which: &[usize]| {
        let said = which.iter().filter_map(|at| packets.get(*at)).flatten();
        [mode].iter().chain(said).copied().collect::<Vec<u8>>()
    };
    vec![
        talk(0x20, v5, &[0, 8, 3, 12, 10, 14]),
        talk(0x71, v5, &[8, 3, 3, 12, 14]),
        talk(0x35, v5, &[8, 3, 10, 14]),
        talk(0x10, v5, &[1]),
        talk(0x20, v311, &[0, 8, 3, 12, 14]),
        talk(0x33, v311, &[8, 3, 14]),
    ]
}

/// A script byte, then what the server says.
pub(super) fn to_client() -> Vec<Vec<u8>> {
    let down = bytes(&publish("hf/v1/hearth-0001/command", b"{}"), Version::V5);
    let policy = bytes(&publish("hf/v1/hearth-0001/policy", b"{}"), Version::V5);
    let kinds = all();
    let kind = |at: usize| kinds.get(at).cloned().unwrap_or_default();
    // PUBACK for the second message that the target published: its identifier follows that of the SUBSCRIBE.
    let acked = vec![0x40, 0x02, 0x00, 0x02];
    let refused = vec![0x40, 0x04, 0x00, 0x03, 0x99, 0x00];
    let talk = |mode: u8, parts: &[&[u8]]| [&[mode], parts.concat().as_slice()].concat();
    vec![
        talk(0x21, &[&acked, &down, &refused, &kind(13), &policy]),
        talk(0x71, &[&down, &kind(14)]),
        talk(0x30, &[&kind(2), &[0x90, 0x08, 0x00, 0x01, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01], &down]),
        talk(0x10, &[&[0x20, 0x03, 0x00, 0x87, 0x00]]),
    ]
}
