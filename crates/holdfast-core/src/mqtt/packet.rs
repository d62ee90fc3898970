//! The packets of MQTT 5.0 and 3.1.1 as values that borrow from the bytes they were read from.
//!
//! One set of types serves both versions: on a 3.1.1 connection properties are empty and reason codes are those that
//! correspond. Quality of service, packet identifier and DUP are one value, so that no impossible mixture exists.

use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU16;

use super::encode::Unencodable;
use super::malformed::Malformed;
use super::property::Properties;
use super::reason::ReasonCode;
use super::wire::{Reader, put_text};

/// The version of the protocol on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// MQTT 3.1.1, protocol level 4.
    V311,
    /// MQTT 5.0, protocol level 5.
    V5,
}

/// Quality of service (MQTT 5.0 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qos {
    /// At most once: may be lost, never acknowledged.
    AtMostOnce,
    /// At least once: acknowledged when it is safe.
    AtLeastOnce,
    /// Exactly once.
    ExactlyOnce,
}

impl Qos {
    /// The two bits on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self as u8
    }

    pub(super) const fn from_bits(bits: u8) -> Result<Self, Malformed> {
        match bits {
            0 => Ok(Self::AtMostOnce),
            1 => Ok(Self::AtLeastOnce),
            2 => Ok(Self::ExactlyOnce),
            _ => Err(Malformed::QosThree),
        }
    }
}

/// The identifier of a packet that expects an answer; never zero (`[MQTT-2.2.1-3]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketId(pub NonZeroU16);

impl fmt::Display for PacketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The types of packets (MQTT 5.0 §2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are those of the standard")]
pub enum PacketKind {
    Connect = 1,
    ConnAck,
    Publish,
    PubAck,
    PubRec,
    PubRel,
    PubComp,
    Subscribe,
    SubAck,
    Unsubscribe,
    UnsubAck,
    PingReq,
    PingResp,
    Disconnect,
    Auth,
}

impl PacketKind {
    /// Every type, in the order of the wire.
    pub const ALL: [Self; 15] = [
        Self::Connect,
        Self::ConnAck,
        Self::Publish,
        Self::PubAck,
        Self::PubRec,
        Self::PubRel,
        Self::PubComp,
        Self::Subscribe,
        Self::SubAck,
        Self::Unsubscribe,
        Self::UnsubAck,
        Self::PingReq,
        Self::PingResp,
        Self::Disconnect,
        Self::Auth,
    ];

    pub(super) fn from_nibble(nibble: u8) -> Option<Self> {
        Self::ALL.get(usize::from(nibble).checked_sub(1)?).copied()
    }

    pub(super) const fn bit(self) -> u16 {
        1 << (self as u8)
    }
}

/// One control packet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the standard")]
pub enum Packet<'a> {
    Connect(Connect<'a>),
    ConnAck(ConnAck<'a>),
    Publish(Publish<'a>),
    PubAck(Ack<'a>),
    PubRec(Ack<'a>),
    PubRel(Ack<'a>),
    PubComp(Ack<'a>),
    Subscribe(Subscribe<'a>),
    SubAck(SubAck<'a>),
    Unsubscribe(Unsubscribe<'a>),
    UnsubAck(SubAck<'a>),
    PingReq,
    PingResp,
    Disconnect(Outcome<'a>),
    Auth(Outcome<'a>),
}

impl Packet<'_> {
    /// The type of the packet.
    #[must_use]
    pub const fn kind(&self) -> PacketKind {
        match self {
            Self::Connect(_) => PacketKind::Connect,
            Self::ConnAck(_) => PacketKind::ConnAck,
            Self::Publish(_) => PacketKind::Publish,
            Self::PubAck(_) => PacketKind::PubAck,
            Self::PubRec(_) => PacketKind::PubRec,
            Self::PubRel(_) => PacketKind::PubRel,
            Self::PubComp(_) => PacketKind::PubComp,
            Self::Subscribe(_) => PacketKind::Subscribe,
            Self::SubAck(_) => PacketKind::SubAck,
            Self::Unsubscribe(_) => PacketKind::Unsubscribe,
            Self::UnsubAck(_) => PacketKind::UnsubAck,
            Self::PingReq => PacketKind::PingReq,
            Self::PingResp => PacketKind::PingResp,
            Self::Disconnect(_) => PacketKind::Disconnect,
            Self::Auth(_) => PacketKind::Auth,
        }
    }
}

/// CONNECT (§3.1): who comes, and what it can take.
#[derive(Clone, PartialEq, Eq)]
pub struct Connect<'a> {
    /// The version the client speaks.
    pub version: Version,
    /// Whether any older session is to be forgotten.
    pub clean_start: bool,
    /// The longest silence the client intends, in seconds; 0 switches the check off.
    pub keep_alive_secs: u16,
    /// The client id; may be empty.
    pub client_id: &'a str,
    /// What to publish if the client vanishes.
    pub will: Option<Will<'a>>,
    /// A user name.
    pub user_name: Option<&'a str>,
    /// A password.
    pub password: Option<&'a [u8]>,
    /// Properties of the packet.
    pub properties: Properties<'a>,
}

impl fmt::Debug for Connect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("version", &self.version)
            .field("clean_start", &self.clean_start)
            .field("keep_alive_secs", &self.keep_alive_secs)
            .field("client_id", &self.client_id)
            .field("will", &self.will)
            .field("user_name", &self.user_name.map(|_| "…"))
            .field("password", &self.password.map(|_| "…"))
            .finish_non_exhaustive()
    }
}

/// The will of a client (§3.1.2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will<'a> {
    /// Where it is published.
    pub topic: &'a str,
    /// What is published.
    pub payload: &'a [u8],
    /// How surely.
    pub qos: Qos,
    /// Whether it is retained.
    pub retain: bool,
    /// Properties of the will.
    pub properties: Properties<'a>,
}

/// CONNACK (§3.2): whether the client may stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnAck<'a> {
    /// Whether the server still has the session.
    pub session_present: bool,
    /// Success, or why not.
    pub reason: ReasonCode,
    /// What the server announces.
    pub properties: Properties<'a>,
}

/// How surely a message is delivered, with what that needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Quality of service 0.
    AtMostOnce,
    /// Quality of service 1.
    AtLeastOnce {
        /// Acknowledged under this identifier.
        packet_id: PacketId,
        /// Whether it was sent before.
        dup: bool,
    },
    /// Quality of service 2.
    ExactlyOnce {
        /// Acknowledged under this identifier.
        packet_id: PacketId,
        /// Whether it was sent before.
        dup: bool,
    },
}

/// PUBLISH (§3.3): one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish<'a> {
    /// How surely.
    pub delivery: Delivery,
    /// Whether it is, or was, retained.
    pub retain: bool,
    /// The topic name; empty only beside a topic alias.
    pub topic: &'a str,
    /// Properties of the message.
    pub properties: Properties<'a>,
    /// The message.
    pub payload: &'a [u8],
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP (§3.4 to §3.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack<'a> {
    /// Which packet is answered.
    pub packet_id: PacketId,
    /// Success, or why not.
    pub reason: ReasonCode,
    /// Properties of the packet.
    pub properties: Properties<'a>,
}

/// DISCONNECT or AUTH (§3.14, §3.15): a reason and properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// The reason.
    pub reason: ReasonCode,
    /// Properties of the packet.
    pub properties: Properties<'a>,
}

/// SUBSCRIBE (§3.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribe<'a> {
    /// Answered under this identifier.
    pub packet_id: PacketId,
    /// Properties of the packet.
    pub properties: Properties<'a>,
    /// At least one filter with its options.
    pub filters: Filters<'a>,
}

/// UNSUBSCRIBE (§3.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe<'a> {
    /// Answered under this identifier.
    pub packet_id: PacketId,
    /// Properties of the packet.
    pub properties: Properties<'a>,
    /// At least one filter; the options are not meant.
    pub filters: Filters<'a>,
}

/// SUBACK or UNSUBACK (§3.9, §3.11): one code for each filter, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubAck<'a> {
    /// Which packet is answered.
    pub packet_id: PacketId,
    /// Properties of the packet.
    pub properties: Properties<'a>,
    /// The codes as bytes; every byte is a code of this packet type. Empty in an UNSUBACK of 3.1.1.
    pub codes: &'a [u8],
}

impl SubAck<'_> {
    /// The codes, in the order of the filters.
    pub fn reasons(&self) -> impl Iterator<Item = ReasonCode> + '_ {
        self.codes.iter().filter_map(|&byte| ReasonCode::from_byte(byte))
    }
}

/// What a client asks of one subscription (§3.8.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscribeOptions {
    /// Highest quality of service wanted.
    pub qos: Qos,
    /// Do not send back what this client published.
    pub no_local: bool,
    /// Keep the RETAIN flag as it was published.
    pub retain_as_published: bool,
    /// When retained messages are sent: 0 always, 1 if new, 2 never.
    pub retain_handling: u8,
}

impl SubscribeOptions {
    /// Plain options with this quality of service.
    #[must_use]
    pub const fn at(qos: Qos) -> Self {
        Self { qos, no_local: false, retain_as_published: false, retain_handling: 0 }
    }

    pub(super) const fn from_byte(byte: u8, version: Version) -> Result<Self, Malformed> {
        let reserved = match version {
            Version::V311 => 0xfc,
            Version::V5 => 0xc0,
        };
        if byte & reserved != 0 {
            return Err(Malformed::SubscribeOptionsReserved);
        }
        let retain_handling = byte >> 4;
        if retain_handling == 3 {
            return Err(Malformed::RetainHandlingThree);
        }
        let qos = match Qos::from_bits(byte & 3) {
            Ok(qos) => qos,
            Err(malformed) => return Err(malformed),
        };
        Ok(Self { qos, no_local: byte & 4 != 0, retain_as_published: byte & 8 != 0, retain_handling })
    }

    pub(super) const fn byte(self) -> u8 {
        self.qos.bits()
            | if self.no_local { 4 } else { 0 }
            | if self.retain_as_published { 8 } else { 0 }
            | self.retain_handling << 4
    }
}

/// A checked list of topic filters, still in wire form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filters<'a> {
    pub(super) raw: &'a [u8],
    pub(super) with_options: bool,
}

impl<'a> Filters<'a> {
    /// The filters in order, each with its options; in an UNSUBSCRIBE the options are those of quality of service 0.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, SubscribeOptions)> + use<'a> {
        let mut list = Reader::new(self.raw);
        let with_options = self.with_options;
        core::iter::from_fn(move || {
            let filter = list.text().ok()?;
            let byte = if with_options { list.u8().ok()? } else { 0 };
            Some((filter, SubscribeOptions::from_byte(byte, Version::V5).ok()?))
        })
    }
}

/// A list of topic filters being built for a packet to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterList {
    raw: Vec<u8>,
    with_options: bool,
}

impl FilterList {
    /// An empty list for a SUBSCRIBE.
    #[must_use]
    pub const fn subscribe() -> Self {
        Self { raw: Vec::new(), with_options: true }
    }

    /// An empty list for an UNSUBSCRIBE.
    #[must_use]
    pub const fn unsubscribe() -> Self {
        Self { raw: Vec::new(), with_options: false }
    }

    /// Adds a filter; `options` have no effect in an UNSUBSCRIBE.
    ///
    /// # Errors
    ///
    /// [`Unencodable::FieldTooLong`] if the filter exceeds 65,535 bytes.
    pub fn push(&mut self, filter: &str, options: SubscribeOptions) -> Result<(), Unencodable> {
        put_text(&mut self.raw, filter)?;
        if self.with_options {
            self.raw.push(options.byte());
        }
        Ok(())
    }

    /// The list for use in a packet.
    #[must_use]
    pub fn as_filters(&self) -> Filters<'_> {
        Filters { raw: &self.raw, with_options: self.with_options }
    }
}
