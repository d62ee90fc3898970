//! The codec against itself: what is written reads back, and any bytes read and written again stay the same.

use super::*;

/// Random material from which a packet is made.
#[derive(Debug, Clone)]
struct Clay {
    texts: [String; 4],
    bytes: Vec<u8>,
    numbers: [u16; 4],
    flags: [bool; 8],
    properties: Vec<u8>,
}

fn clay() -> impl Strategy<Value = Clay> {
    let text = || "[a-z/\u{e9}\u{1F600}]{1,12}";
    (
        [text(), text(), text(), text()],
        proptest::collection::vec(any::<u8>(), 0..300),
        [1..=u16::MAX, 1..=u16::MAX, 1..=u16::MAX, 1..=u16::MAX],
        any::<[bool; 8]>(),
        proptest::collection::vec(any::<u8>(), 0..6),
    )
        .prop_map(|(texts, bytes, numbers, flags, properties)| Clay { texts, bytes, numbers, flags, properties })
}

/// Every property there is, made from the clay.
fn all_properties(clay: &Clay) -> [Property<'_>; 27] {
    let [a, b, ..] = &clay.texts;
    let [n, m, ..] = clay.numbers;
    let (small, long) = (NonZeroU16::new(n).unwrap(), NonZeroU32::new(u32::from(m) << 7).unwrap());
    let yes = clay.flags[7];
    [
        Property::PayloadIsText(yes),
        Property::MessageExpirySecs(u32::from(n)),
        Property::ContentType(a),
        Property::ResponseTopic(b),
        Property::CorrelationData(&clay.bytes),
        Property::SubscriptionId(SubscriptionId(long)),
        Property::SessionExpirySecs(u32::MAX),
        Property::AssignedClientId(a),
        Property::ServerKeepAliveSecs(n),
        Property::AuthenticationMethod(b),
        Property::AuthenticationData(&clay.bytes),
        Property::RequestProblemInformation(yes),
        Property::WillDelaySecs(u32::from(m)),
        Property::RequestResponseInformation(yes),
        Property::ResponseInformation(a),
        Property::ServerReference(b),
        Property::ReasonString(a),
        Property::ReceiveMaximum(small),
        Property::TopicAliasMaximum(m),
        Property::TopicAlias(TopicAlias(small)),
        Property::MaximumQos(if yes { Qos::AtLeastOnce } else { Qos::AtMostOnce }),
        Property::RetainAvailable(yes),
        Property::UserProperty((a, b)),
        Property::MaximumPacketBytes(long),
        Property::WildcardsAvailable(yes),
        Property::SubscriptionIdsAvailable(yes),
        Property::SharedSubscriptionsAvailable(yes),
    ]
}

/// Some properties of those allowed in this place, none twice.
fn pick(clay: &Clay, allowed: &[u8], version: Version) -> PropertyList {
    let mut list = PropertyList::new();
    let mut seen = BTreeSet::new();
    let all = all_properties(clay);
    for choice in &clay.properties {
        let code = allowed[usize::from(*choice) % allowed.len()];
        if version == Version::V5 && seen.insert(code) {
            list.push(*all.iter().find(|p| p.code() == code).unwrap()).unwrap();
        }
    }
    list
}

fn there_and_back(packet: &Packet<'_>, version: Version, limits: Limits) -> Result<(), TestCaseError> {
    let mut bytes = Vec::new();
    packet.encode(version, &mut bytes).unwrap();
    prop_assert_eq!(decode(version, &bytes, &limits), Ok(Decoded::Packet(packet.clone(), bytes.len())));
    for cut in 0..bytes.len() {
        match decode(version, &bytes[..cut], &limits) {
            Ok(Decoded::Need(more)) => prop_assert!(more >= 1 && cut + more <= bytes.len(), "{} after {}", more, cut),
            other => prop_assert!(false, "cut at {}: {:?}", cut, other),
        }
    }
    bytes.extend_from_slice(b"\xc0\x00");
    prop_assert_eq!(decode(version, &bytes, &limits), Ok(Decoded::Packet(packet.clone(), bytes.len() - 2)));
    Ok(())
}

const WILL_CODES: &[u8] = &[0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26];
const CONNECT_CODES: &[u8] = &[0x11, 0x15, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27];
const CONNACK_CODES: &[u8] =
    &[0x11, 0x12, 0x13, 0x15, 0x1a, 0x1c, 0x1f, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a];
const PUBLISH_CODES: &[u8] = &[0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn connect_and_connack_read_back(clay in clay(), v5: bool) {
        // [MQTT-3.1.3-1]: the order of the fields.
        let version = if v5 { Version::V5 } else { Version::V311 };
        let [a, b, c, d] = &clay.texts;
        let list = pick(&clay, CONNECT_CODES, version);
        let will_list = pick(&clay, WILL_CODES, version);
        let user_name = clay.flags[0].then_some(c.as_str());
        let will = clay.flags[1].then(|| Will {
            topic: b, payload: &clay.bytes, qos: Qos::ExactlyOnce, retain: clay.flags[2], properties: will_list.as_properties(),
        });
        let password = (clay.flags[3] && (v5 || user_name.is_some())).then_some(d.as_bytes());
        there_and_back(&Packet::Connect(Connect {
            version, clean_start: clay.flags[4], keep_alive_secs: clay.numbers[0], client_id: a, will, user_name, password,
            properties: list.as_properties(),
        }), version, FROM_CLIENT)?;
        let list = pick(&clay, CONNACK_CODES, version);
        let reason = if clay.flags[5] { ReasonCode::Success } else { ReasonCode::NotAuthorized };
        let session_present = clay.flags[6] && clay.flags[5];
        there_and_back(
            &Packet::ConnAck(ConnAck { session_present, reason, properties: list.as_properties() }), version, FROM_SERVER)?;
    }

    #[test]
    fn publish_reads_back_in_both_directions(clay in clay(), v5: bool) {
        // [MQTT-2.2.1-2] and [MQTT-4.3.1-1] hold by type: quality of service 0 has neither identifier nor DUP.
        let version = if v5 { Version::V5 } else { Version::V311 };
        let packet_id = id(clay.numbers[0]);
        let dup = clay.flags[0];
        let delivery = match clay.numbers[1] % 3 {
            0 => Delivery::AtMostOnce,
            1 => Delivery::AtLeastOnce { packet_id, dup },
            _ => Delivery::ExactlyOnce { packet_id, dup },
        };
        let list = pick(&clay, PUBLISH_CODES, version);
        let packet = Packet::Publish(Publish {
            delivery, retain: clay.flags[1], topic: &clay.texts[0], properties: list.as_properties(), payload: &clay.bytes,
        });
        there_and_back(&packet, version, FROM_CLIENT)?;
        there_and_back(&packet, version, FROM_SERVER)?;
    }

    #[test]
    fn short_packets_read_back(clay in clay(), v5: bool) {
        let version = if v5 { Version::V5 } else { Version::V311 };
        let list = pick(&clay, &[0x1f, 0x26], version);
        let properties = list.as_properties();
        let packet_id = id(clay.numbers[0]);
        let refused = v5 && clay.flags[0];
        let ack = |error| Ack { packet_id, reason: if refused { error } else { ReasonCode::Success }, properties };
        for packet in [
            Packet::PubAck(ack(ReasonCode::QuotaExceeded)),
            Packet::PubRec(ack(ReasonCode::NoMatchingSubscribers)),
            Packet::PubRel(ack(ReasonCode::PacketIdNotFound)),
            Packet::PubComp(ack(ReasonCode::PacketIdNotFound)),
        ] {
            there_and_back(&packet, version, FROM_CLIENT)?;
            there_and_back(&packet, version, FROM_SERVER)?;
        }
        let reason = if refused { ReasonCode::DisconnectWithWill } else { ReasonCode::Success };
        there_and_back(&Packet::Disconnect(Outcome { reason, properties }), version, FROM_CLIENT)?;
        there_and_back(&Packet::PingReq, version, FROM_CLIENT)?;
        there_and_back(&Packet::PingResp, version, FROM_SERVER)?;
        if v5 {
            let list = pick(&clay, &[0x15, 0x1f, 0x26], version);
            let reason = ReasonCode::ContinueAuthentication;
            there_and_back(&Packet::Auth(Outcome { reason, properties: list.as_properties() }), version, FROM_SERVER)?;
            there_and_back(&Packet::Auth(Outcome { reason: ReasonCode::Success, properties: Properties::NONE }), version, FROM_CLIENT)?;
        }
    }

    #[test]
    fn lists_read_back(clay in clay(), v5: bool) {
        let version = if v5 { Version::V5 } else { Version::V311 };
        let packet_id = id(clay.numbers[0]);
        let (mut filters, mut gone) = (FilterList::subscribe(), FilterList::unsubscribe());
        for (at, text) in clay.texts.iter().enumerate() {
            let options = SubscribeOptions {
                qos: Qos::ExactlyOnce,
                no_local: v5 && clay.flags[at],
                retain_as_published: v5 && clay.flags[at + 1],
                retain_handling: if v5 { u8::from(clay.flags[at + 2]) * 2 } else { 0 },
            };
            filters.push(text, options).unwrap();
            gone.push(text, options).unwrap();
        }
        let list = pick(&clay, &[0x0b, 0x26], version);
        let properties = list.as_properties();
        there_and_back(
            &Packet::Subscribe(Subscribe { packet_id, properties, filters: filters.as_filters() }), version, FROM_CLIENT)?;
        let list = pick(&clay, &[0x26], version);
        let properties = list.as_properties();
        there_and_back(
            &Packet::Unsubscribe(Unsubscribe { packet_id, properties, filters: gone.as_filters() }), version, FROM_CLIENT)?;
        let codes: &[u8] = if v5 { &[0, 1, 2, 0x87, 0xa2] } else { &[0, 1, 2, 0x80] };
        there_and_back(&Packet::SubAck(SubAck { packet_id, properties, codes }), version, FROM_SERVER)?;
        let codes: &[u8] = if v5 { &[0, 0x11, 0x87] } else { &[] };
        there_and_back(&Packet::UnsubAck(SubAck { packet_id, properties, codes }), version, FROM_SERVER)?;
    }

    #[test]
    fn what_is_read_from_random_bytes_is_written_and_read_the_same(
        first: u8, body in proptest::collection::vec(any::<u8>(), 0..80), v5: bool, from_client: bool,
    ) {
        let version = if v5 { Version::V5 } else { Version::V311 };
        let limits = if from_client { FROM_CLIENT } else { FROM_SERVER };
        check_stable(&raw(first, &[&body]), version, limits)?;
        check_stable(&body, version, limits)?;
    }

    #[test]
    fn what_is_read_from_damaged_packets_is_written_and_read_the_same(
        clay in clay(), at in 0_usize..60, byte: u8, cut in 0_usize..60, v5: bool,
    ) {
        let version = if v5 { Version::V5 } else { Version::V311 };
        let list = pick(&clay, PUBLISH_CODES, version);
        let publish = Packet::Publish(Publish {
            delivery: Delivery::AtLeastOnce { packet_id: id(clay.numbers[0]), dup: false },
            retain: false, topic: &clay.texts[0], properties: list.as_properties(), payload: b"",
        });
        let list = pick(&clay, CONNECT_CODES, version);
        let connect = Packet::Connect(Connect {
            version, clean_start: true, keep_alive_secs: 60, client_id: &clay.texts[1], will: None, user_name: None,
            password: None, properties: list.as_properties(),
        });
        for packet in [publish, connect] {
            let mut bytes = Vec::new();
            packet.encode(version, &mut bytes).unwrap();
            if let Some(slot) = bytes.get_mut(at) {
                *slot = byte;
            }
            check_stable(&bytes, version, FROM_CLIENT)?;
            bytes.truncate(cut);
            check_stable(&bytes, version, FROM_CLIENT)?;
        }
    }
}

/// Reading must not panic, and what was read must be written so that it reads the same.
fn check_stable(bytes: &[u8], version: Version, limits: Limits) -> Result<(), TestCaseError> {
    if let Ok(Decoded::Packet(packet, used)) = decode(version, bytes, &limits) {
        prop_assert!(used <= bytes.len());
        let mut again = Vec::new();
        packet.encode(version, &mut again).unwrap();
        prop_assert_eq!(decode(version, &again, &limits), Ok(Decoded::Packet(packet, again.len())));
    }
    Ok(())
}
