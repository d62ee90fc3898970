//! Reads the body of each packet type, strictly: what the standard forbids is an error, never repaired.

use super::Sender;
use super::malformed::Malformed;
use super::packet::{
    Ack, ConnAck, Connect, Delivery, Filters, Outcome, Packet, PacketId, PacketKind, Publish, Qos, SubAck, Subscribe,
    SubscribeOptions, Unsubscribe, Version, Will,
};
use super::property::{Home, Properties, Property, WILL};
use super::reason::ReasonCode;
use super::wire::Reader;
use core::num::NonZeroU16;

/// Checks type, direction and flags before anything of the body is there (§2.1.2, §2.1.3).
pub(super) const fn check_first_byte(
    kind: PacketKind,
    flags: u8,
    version: Version,
    sender: Sender,
) -> Result<(), Malformed> {
    if matches!((kind, version), (PacketKind::Auth, Version::V311)) {
        return Err(Malformed::ReservedPacketType);
    }
    if !may_send(kind, version, sender) {
        return Err(Malformed::WrongSide);
    }
    match kind {
        PacketKind::Publish if flags & 0b0110 == 0b0110 => Err(Malformed::QosThree),
        PacketKind::Publish if flags & 0b1110 == 0b1000 => Err(Malformed::DupWithQos0),
        PacketKind::Publish => Ok(()),
        PacketKind::PubRel | PacketKind::Subscribe | PacketKind::Unsubscribe if flags == 0b0010 => Ok(()),
        PacketKind::PubRel | PacketKind::Subscribe | PacketKind::Unsubscribe => Err(Malformed::FixedHeaderFlags),
        PacketKind::Connect
        | PacketKind::ConnAck
        | PacketKind::PubAck
        | PacketKind::PubRec
        | PacketKind::PubComp
        | PacketKind::SubAck
        | PacketKind::UnsubAck
        | PacketKind::PingReq
        | PacketKind::PingResp
        | PacketKind::Disconnect
        | PacketKind::Auth => {
            if flags == 0 {
                Ok(())
            } else {
                Err(Malformed::FixedHeaderFlags)
            }
        }
    }
}

const fn may_send(kind: PacketKind, version: Version, sender: Sender) -> bool {
    match kind {
        PacketKind::Connect | PacketKind::Subscribe | PacketKind::Unsubscribe | PacketKind::PingReq => {
            matches!(sender, Sender::Client)
        }
        PacketKind::ConnAck | PacketKind::SubAck | PacketKind::UnsubAck | PacketKind::PingResp => {
            matches!(sender, Sender::Server)
        }
        PacketKind::Disconnect => matches!((version, sender), (Version::V5, _) | (_, Sender::Client)),
        PacketKind::Publish
        | PacketKind::PubAck
        | PacketKind::PubRec
        | PacketKind::PubRel
        | PacketKind::PubComp
        | PacketKind::Auth => true,
    }
}

/// Reads a whole body; `flags` have passed [`check_first_byte`].
pub(super) fn body(
    kind: PacketKind,
    flags: u8,
    version: Version,
    sender: Sender,
    body: &[u8],
) -> Result<Packet<'_>, Malformed> {
    let mut reader = Reader::new(body);
    let r = &mut reader;
    let packet = match kind {
        PacketKind::Connect => Packet::Connect(connect(r)?),
        PacketKind::ConnAck => Packet::ConnAck(connack(r, version)?),
        PacketKind::Publish => return publish(reader, flags, version, sender).map(Packet::Publish),
        PacketKind::PubAck => Packet::PubAck(ack(r, version, kind)?),
        PacketKind::PubRec => Packet::PubRec(ack(r, version, kind)?),
        PacketKind::PubRel => Packet::PubRel(ack(r, version, kind)?),
        PacketKind::PubComp => Packet::PubComp(ack(r, version, kind)?),
        PacketKind::Subscribe => {
            let (packet_id, properties, filters) = filters(reader, version, kind)?;
            return Ok(Packet::Subscribe(Subscribe { packet_id, properties, filters }));
        }
        PacketKind::Unsubscribe => {
            let (packet_id, properties, filters) = filters(reader, version, kind)?;
            return Ok(Packet::Unsubscribe(Unsubscribe { packet_id, properties, filters }));
        }
        PacketKind::SubAck => return suback(reader, version, kind).map(Packet::SubAck),
        PacketKind::UnsubAck => return suback(reader, version, kind).map(Packet::UnsubAck),
        PacketKind::PingReq => Packet::PingReq,
        PacketKind::PingResp => Packet::PingResp,
        PacketKind::Disconnect => Packet::Disconnect(disconnect(r, version, sender)?),
        PacketKind::Auth => Packet::Auth(auth(r)?),
    };
    reader.end()?;
    Ok(packet)
}

fn properties<'a>(r: &mut Reader<'a>, version: Version, home: Home) -> Result<Properties<'a>, Malformed> {
    match version {
        Version::V311 => Ok(Properties::NONE),
        Version::V5 => Properties::read(r, home),
    }
}

fn packet_id(r: &mut Reader<'_>) -> Result<PacketId, Malformed> {
    NonZeroU16::new(r.u16()?).map(PacketId).ok_or(Malformed::PacketIdZero)
}

fn reason(r: &mut Reader<'_>, kind: PacketKind) -> Result<ReasonCode, Malformed> {
    ReasonCode::from_byte(r.u8()?).filter(|code| code.belongs_in(kind)).ok_or(Malformed::ReasonCode)
}

/// Checks a topic name (§4.7); zero bytes are judged by the caller.
fn check_topic(topic: &str) -> Result<(), Malformed> {
    if topic.bytes().any(|b| b == b'+' || b == b'#') { Err(Malformed::TopicWithWildcard) } else { Ok(()) }
}

fn connect<'a>(r: &mut Reader<'a>) -> Result<Connect<'a>, Malformed> {
    if r.text()? != "MQTT" {
        return Err(Malformed::ProtocolName);
    }
    let version = match r.u8()? {
        4 => Version::V311,
        5 => Version::V5,
        _ => return Err(Malformed::ProtocolLevel),
    };
    let flags = r.u8()?;
    if flags & 0x01 != 0 {
        return Err(Malformed::ConnectReservedFlag);
    }
    let has_will = flags & 0x04 != 0;
    if !has_will && flags & 0x38 != 0 {
        return Err(Malformed::WillFlagsWithoutWill);
    }
    let will_qos = Qos::from_bits(flags >> 3 & 3)?;
    if version == Version::V311 && flags & 0xc0 == 0x40 {
        return Err(Malformed::PasswordWithoutUserName);
    }
    let keep_alive_secs = r.u16()?;
    let properties = properties(r, version, PacketKind::Connect.bit())?;
    let client_id = r.text()?;
    let will = if has_will { Some(will(r, version, will_qos, flags & 0x20 != 0)?) } else { None };
    let user_name = if flags & 0x80 != 0 { Some(r.text()?) } else { None };
    let password = if flags & 0x40 != 0 { Some(r.binary()?) } else { None };
    let clean_start = flags & 0x02 != 0;
    Ok(Connect { version, clean_start, keep_alive_secs, client_id, will, user_name, password, properties })
}

fn will<'a>(r: &mut Reader<'a>, version: Version, qos: Qos, retain: bool) -> Result<Will<'a>, Malformed> {
    let properties = properties(r, version, WILL)?;
    let topic = r.text()?;
    if topic.is_empty() {
        return Err(Malformed::TopicEmpty);
    }
    check_topic(topic)?;
    Ok(Will { topic, payload: r.binary()?, qos, retain, properties })
}

fn connack<'a>(r: &mut Reader<'a>, version: Version) -> Result<ConnAck<'a>, Malformed> {
    let flags = r.u8()?;
    if flags & 0xfe != 0 {
        return Err(Malformed::ConnackReservedFlags);
    }
    let session_present = flags == 1;
    let reason = match version {
        Version::V311 => ReasonCode::from_v311_connack(r.u8()?).ok_or(Malformed::ReasonCode)?,
        Version::V5 => reason(r, PacketKind::ConnAck)?,
    };
    if session_present && reason != ReasonCode::Success {
        return Err(Malformed::SessionPresentOnRefusal);
    }
    let properties = properties(r, version, PacketKind::ConnAck.bit())?;
    Ok(ConnAck { session_present, reason, properties })
}

fn publish(mut r: Reader<'_>, flags: u8, version: Version, sender: Sender) -> Result<Publish<'_>, Malformed> {
    let topic = r.text()?;
    check_topic(topic)?;
    let dup = flags & 0b1000 != 0;
    let delivery = match Qos::from_bits(flags >> 1 & 3)? {
        Qos::AtMostOnce => Delivery::AtMostOnce,
        Qos::AtLeastOnce => Delivery::AtLeastOnce { packet_id: packet_id(&mut r)?, dup },
        Qos::ExactlyOnce => Delivery::ExactlyOnce { packet_id: packet_id(&mut r)?, dup },
    };
    let properties = properties(&mut r, version, PacketKind::Publish.bit())?;
    let mut aliased = false;
    for property in properties.iter() {
        if sender == Sender::Client && matches!(property, Property::SubscriptionId(_)) {
            return Err(Malformed::SubscriptionIdFromClient);
        }
        aliased |= matches!(property, Property::TopicAlias(_));
    }
    if topic.is_empty() && !aliased {
        return Err(Malformed::TopicEmpty);
    }
    Ok(Publish { delivery, retain: flags & 1 != 0, topic, properties, payload: r.rest() })
}

fn ack<'a>(r: &mut Reader<'a>, version: Version, kind: PacketKind) -> Result<Ack<'a>, Malformed> {
    let packet_id = packet_id(r)?;
    let outcome = short_outcome(r, version, kind)?;
    Ok(Ack { packet_id, reason: outcome.reason, properties: outcome.properties })
}

/// A reason and properties, each of which may be left out at the end of the packet (§3.4.2.1, §3.14.2.1).
fn short_outcome<'a>(r: &mut Reader<'a>, version: Version, kind: PacketKind) -> Result<Outcome<'a>, Malformed> {
    if version == Version::V311 || r.is_empty() {
        return Ok(Outcome { reason: ReasonCode::Success, properties: Properties::NONE });
    }
    let reason = reason(r, kind)?;
    let properties = if r.is_empty() { Properties::NONE } else { Properties::read(r, kind.bit())? };
    Ok(Outcome { reason, properties })
}

fn disconnect<'a>(r: &mut Reader<'a>, version: Version, sender: Sender) -> Result<Outcome<'a>, Malformed> {
    let outcome = short_outcome(r, version, PacketKind::Disconnect)?;
    let expiry = |p| matches!(p, Property::SessionExpirySecs(_));
    if sender == Sender::Server && outcome.properties.iter().any(expiry) {
        return Err(Malformed::SessionExpiryFromServer);
    }
    Ok(outcome)
}

fn auth<'a>(r: &mut Reader<'a>) -> Result<Outcome<'a>, Malformed> {
    if r.is_empty() {
        return Ok(Outcome { reason: ReasonCode::Success, properties: Properties::NONE });
    }
    let reason = reason(r, PacketKind::Auth)?;
    let properties = Properties::read(r, PacketKind::Auth.bit())?;
    Ok(Outcome { reason, properties })
}

fn filters(
    mut r: Reader<'_>,
    version: Version,
    kind: PacketKind,
) -> Result<(PacketId, Properties<'_>, Filters<'_>), Malformed> {
    let packet_id = packet_id(&mut r)?;
    let properties = properties(&mut r, version, kind.bit())?;
    let raw = r.rest();
    let with_options = kind == PacketKind::Subscribe;
    if raw.is_empty() {
        return Err(Malformed::ListEmpty);
    }
    while !r.is_empty() {
        let filter = r.text()?;
        check_filter(filter)?;
        let shared = version == Version::V5 && check_share(filter)?;
        if with_options {
            let options = SubscribeOptions::from_byte(r.u8()?, version)?;
            if shared && options.no_local {
                return Err(Malformed::NoLocalOnShared);
            }
        }
    }
    Ok((packet_id, properties, Filters { raw, with_options }))
}

/// Checks where wildcards stand (`[MQTT-4.7.1-1]`, `[MQTT-4.7.1-2]`).
fn check_filter(filter: &str) -> Result<(), Malformed> {
    if filter.is_empty() {
        return Err(Malformed::FilterEmpty);
    }
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let many = level.contains('#');
        if many && (level != "#" || levels.peek().is_some()) || level.contains('+') && level != "+" {
            return Err(Malformed::FilterWildcardPosition);
        }
    }
    Ok(())
}

/// Whether this is a shared subscription, which must be well formed (`[MQTT-4.8.2-1]`, `[MQTT-4.8.2-2]`).
fn check_share(filter: &str) -> Result<bool, Malformed> {
    let Some(rest) = filter.strip_prefix("$share/") else {
        return Ok(false);
    };
    match rest.split_once('/') {
        Some((name, inner)) if !name.is_empty() && !name.contains(['+', '#']) && !inner.is_empty() => Ok(true),
        _ => Err(Malformed::FilterShareName),
    }
}

fn suback(mut r: Reader<'_>, version: Version, kind: PacketKind) -> Result<SubAck<'_>, Malformed> {
    let packet_id = packet_id(&mut r)?;
    let properties = properties(&mut r, version, kind.bit())?;
    let codes = r.rest();
    if version == Version::V311 && kind == PacketKind::UnsubAck {
        r.end()?;
        return Ok(SubAck { packet_id, properties, codes });
    }
    if codes.is_empty() {
        return Err(Malformed::ListEmpty);
    }
    let known = |byte: &u8| match version {
        Version::V311 => matches!(byte, 0 | 1 | 2 | 0x80),
        Version::V5 => ReasonCode::from_byte(*byte).is_some_and(|code| code.belongs_in(kind)),
    };
    if !codes.iter().all(known) {
        return Err(Malformed::ReasonCode);
    }
    Ok(SubAck { packet_id, properties, codes })
}
