//! Writes packets. Lengths are filled in afterwards; nothing is written if a packet cannot be.

use alloc::vec::Vec;
use core::fmt;

use super::packet::{Ack, ConnAck, Connect, Delivery, Outcome, Packet, PacketKind, Publish, Qos, SubAck, Version};
use super::property::Properties;
use super::reason::ReasonCode;
use super::wire::{VARINT_MAX, put_binary, put_text, put_u16};

/// Why a packet cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unencodable {
    /// A text or binary field has more than 65,535 bytes (MQTT 5.0 §1.5).
    FieldTooLong,
    /// The packet has more than 268,435,455 bytes behind its header (MQTT 5.0 §2.1.4).
    PacketTooLong,
}

impl Unencodable {
    /// The stable name under which this is counted and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FieldTooLong => "field-too-long",
            Self::PacketTooLong => "packet-too-long",
        }
    }
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MQTT packet cannot be written: {}", self.name())
    }
}

impl core::error::Error for Unencodable {}

impl Packet<'_> {
    /// Appends the packet to `out` as `version` writes it; 3.1.1 leaves out properties and most reasons.
    ///
    /// # Errors
    ///
    /// [`Unencodable`] if a length does not fit its field; `out` is then as before.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        let start = out.len();
        self.write(version, out).inspect_err(|_| out.truncate(start))
    }

    fn write(&self, version: Version, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        let start = out.len();
        out.push(self.first_byte());
        // Nearly every packet of a device has fewer than 128 bytes, for which one byte of length is enough.
        out.push(0);
        self.write_body(version, out)?;
        let remaining = u32::try_from(out.len() - start - 2).map_err(|_| Unencodable::PacketTooLong)?;
        if remaining > VARINT_MAX {
            return Err(Unencodable::PacketTooLong);
        }
        let mut length = [0_u8; 4];
        let length = length_bytes(remaining, &mut length);
        out.splice(start + 1..start + 2, length.iter().copied());
        Ok(())
    }

    fn first_byte(&self) -> u8 {
        let kind = (self.kind() as u8) << 4;
        match self {
            Self::Publish(publish) => kind | publish_flags(publish),
            Self::PubRel(_) | Self::Subscribe(_) | Self::Unsubscribe(_) => kind | 0b0010,
            Self::Connect(_)
            | Self::ConnAck(_)
            | Self::PubAck(_)
            | Self::PubRec(_)
            | Self::PubComp(_)
            | Self::SubAck(_)
            | Self::UnsubAck(_)
            | Self::PingReq
            | Self::PingResp
            | Self::Disconnect(_)
            | Self::Auth(_) => kind,
        }
    }

    fn write_body(&self, version: Version, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        match self {
            Self::Connect(connect) => write_connect(connect, out),
            Self::ConnAck(connack) => write_connack(connack, version, out),
            Self::Publish(publish) => write_publish(publish, version, out),
            Self::PubAck(ack) | Self::PubRec(ack) | Self::PubRel(ack) | Self::PubComp(ack) => {
                write_ack(ack, version, out)
            }
            Self::Subscribe(subscribe) => {
                put_u16(out, subscribe.packet_id.0.get());
                write_properties(subscribe.properties, version, out)?;
                match version {
                    Version::V5 => out.extend_from_slice(subscribe.filters.raw),
                    Version::V311 => {
                        for (filter, options) in subscribe.filters.iter() {
                            put_text(out, filter)?;
                            out.push(options.qos.bits());
                        }
                    }
                }
                Ok(())
            }
            Self::Unsubscribe(unsubscribe) => {
                put_u16(out, unsubscribe.packet_id.0.get());
                write_properties(unsubscribe.properties, version, out)?;
                out.extend_from_slice(unsubscribe.filters.raw);
                Ok(())
            }
            Self::SubAck(suback) | Self::UnsubAck(suback) => write_suback(suback, self.kind(), version, out),
            Self::PingReq | Self::PingResp => Ok(()),
            Self::Disconnect(outcome) => write_short_outcome(outcome, version, out),
            Self::Auth(outcome) => write_auth(outcome, out),
        }
    }
}

fn length_bytes(remaining: u32, buffer: &mut [u8; 4]) -> &[u8] {
    let mut left = remaining;
    let mut used = 0;
    for slot in buffer.iter_mut() {
        let [low, ..] = (left & 0x7f).to_le_bytes();
        left >>= 7;
        used += 1;
        *slot = if left == 0 { low } else { low | 0x80 };
        if left == 0 {
            break;
        }
    }
    buffer.get(..used).unwrap_or_default()
}

fn publish_flags(publish: &Publish<'_>) -> u8 {
    let (qos, dup) = match publish.delivery {
        Delivery::AtMostOnce => (Qos::AtMostOnce, false),
        Delivery::AtLeastOnce { dup, .. } => (Qos::AtLeastOnce, dup),
        Delivery::ExactlyOnce { dup, .. } => (Qos::ExactlyOnce, dup),
    };
    u8::from(dup) << 3 | qos.bits() << 1 | u8::from(publish.retain)
}

fn write_properties(properties: Properties<'_>, version: Version, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    match version {
        Version::V311 => Ok(()),
        Version::V5 => properties.write(out),
    }
}

fn write_connect(connect: &Connect<'_>, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    put_text(out, "MQTT")?;
    out.push(match connect.version {
        Version::V311 => 4,
        Version::V5 => 5,
    });
    let will = connect.will.as_ref().map_or(0, |will| 0x04 | will.qos.bits() << 3 | u8::from(will.retain) << 5);
    let user_name = u8::from(connect.user_name.is_some()) << 7;
    let password = u8::from(connect.password.is_some()) << 6;
    out.push(will | user_name | password | u8::from(connect.clean_start) << 1);
    put_u16(out, connect.keep_alive_secs);
    write_properties(connect.properties, connect.version, out)?;
    put_text(out, connect.client_id)?;
    if let Some(will) = &connect.will {
        write_properties(will.properties, connect.version, out)?;
        put_text(out, will.topic)?;
        put_binary(out, will.payload)?;
    }
    if let Some(user_name) = connect.user_name {
        put_text(out, user_name)?;
    }
    connect.password.map_or(Ok(()), |password| put_binary(out, password))
}

fn write_connack(connack: &ConnAck<'_>, version: Version, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    out.push(u8::from(connack.session_present && connack.reason == ReasonCode::Success));
    out.push(match version {
        Version::V311 => connack.reason.to_v311_connack(),
        Version::V5 => connack.reason.byte(),
    });
    write_properties(connack.properties, version, out)
}

fn write_publish(publish: &Publish<'_>, version: Version, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    // Five bytes: the length of the topic, the packet identifier, and the length of no properties.
    out.reserve(publish.topic.len().saturating_add(publish.payload.len()).saturating_add(5));
    put_text(out, publish.topic)?;
    match publish.delivery {
        Delivery::AtMostOnce => {}
        Delivery::AtLeastOnce { packet_id, .. } | Delivery::ExactlyOnce { packet_id, .. } => {
            put_u16(out, packet_id.0.get());
        }
    }
    write_properties(publish.properties, version, out)?;
    out.extend_from_slice(publish.payload);
    Ok(())
}

fn write_ack(ack: &Ack<'_>, version: Version, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    put_u16(out, ack.packet_id.0.get());
    write_short_outcome(&Outcome { reason: ack.reason, properties: ack.properties }, version, out)
}

fn write_short_outcome(outcome: &Outcome<'_>, version: Version, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    if version == Version::V311 || outcome.reason == ReasonCode::Success && outcome.properties.is_empty() {
        return Ok(());
    }
    out.push(outcome.reason.byte());
    if outcome.properties.is_empty() { Ok(()) } else { outcome.properties.write(out) }
}

fn write_auth(outcome: &Outcome<'_>, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    if outcome.reason == ReasonCode::Success && outcome.properties.is_empty() {
        return Ok(());
    }
    out.push(outcome.reason.byte());
    outcome.properties.write(out)
}

fn write_suback(suback: &SubAck<'_>, kind: PacketKind, version: Version, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    put_u16(out, suback.packet_id.0.get());
    write_properties(suback.properties, version, out)?;
    match (version, kind) {
        (Version::V5, _) => out.extend_from_slice(suback.codes),
        (Version::V311, PacketKind::UnsubAck) => {}
        (Version::V311, _) => out.extend(suback.codes.iter().map(|&code| code.min(0x80))),
    }
    Ok(())
}
