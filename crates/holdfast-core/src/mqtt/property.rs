//! The properties of MQTT 5.0 §2.2.2: which exist, what type each has, and in which packets each may stand.
//!
//! A received list stays in the packet's bytes and is checked once; a list to be sent is built in a [`PropertyList`].

use alloc::vec::Vec;
use core::num::{NonZeroU16, NonZeroU32};

use super::encode::Unencodable;
use super::malformed::Malformed;
use super::packet::{PacketKind, Qos};
use super::wire::{Reader, put_binary, put_text, put_u16, put_u32, put_varint};

/// Where a list of properties stands: in a packet, or before a will.
pub(super) type Home = u16;

/// Bit 0 is free in the packet types' bits, as packet type 0 is reserved.
pub(super) const WILL: Home = 1;
const CONNECT: Home = PacketKind::Connect.bit();
const CONNACK: Home = PacketKind::ConnAck.bit();
const PUBLISH: Home = PacketKind::Publish.bit();
const SUBSCRIBE: Home = PacketKind::Subscribe.bit();
const DISCONNECT: Home = PacketKind::Disconnect.bit();
const AUTH: Home = PacketKind::Auth.bit();
const ACKS: Home = PacketKind::PubAck.bit()
    | PacketKind::PubRec.bit()
    | PacketKind::PubRel.bit()
    | PacketKind::PubComp.bit()
    | PacketKind::SubAck.bit()
    | PacketKind::UnsubAck.bit();
const EVERYWHERE: Home = u16::MAX;

const SUBSCRIPTION_ID: u8 = 0x0B;
const AUTH_METHOD: u8 = 0x15;
const AUTH_DATA: u8 = 0x16;
const USER_PROPERTY: u8 = 0x26;

/// How one type of property value is read and written.
trait Value<'a>: Sized {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed>;
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable>;
}

macro_rules! properties {
    ($($(#[$doc:meta])* $code:literal $variant:ident($kind:ty) in $($home:ident)|+;)*) => {
        /// One property with its value (MQTT 5.0 §2.2.2.2).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Property<'a> {
            $($(#[$doc])* $variant($kind),)*
        }

        impl<'a> Property<'a> {
            /// The identifier on the wire.
            #[must_use]
            pub const fn code(&self) -> u8 {
                match self { $(Self::$variant(_) => $code,)* }
            }

            fn homes(code: u8) -> Option<Home> {
                match code { $($code => Some($($home)|+),)* _ => None }
            }

            fn read_value(code: u8, reader: &mut Reader<'a>) -> Result<Self, Malformed> {
                match code {
                    $($code => Ok(Self::$variant(Value::read(reader)?)),)*
                    _ => Err(Malformed::PropertyUnknown),
                }
            }

            fn write_value(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
                match self { $(Self::$variant(value) => value.write(out),)* }
            }
        }
    };
}

properties! {
    /// Whether the payload is UTF-8 text.
    0x01 PayloadIsText(bool) in PUBLISH | WILL;
    /// Seconds after which the message is of no use.
    0x02 MessageExpirySecs(u32) in PUBLISH | WILL;
    /// What the payload is.
    0x03 ContentType(&'a str) in PUBLISH | WILL;
    /// Where an answer should go.
    0x08 ResponseTopic(&'a str) in PUBLISH | WILL;
    /// What the answer should carry back.
    0x09 CorrelationData(&'a [u8]) in PUBLISH | WILL;
    /// The number of the subscription.
    0x0B SubscriptionId(SubscriptionId) in PUBLISH | SUBSCRIBE;
    /// Seconds the session outlives the connection.
    0x11 SessionExpirySecs(u32) in CONNECT | CONNACK | DISCONNECT;
    /// The client id that the server chose.
    0x12 AssignedClientId(&'a str) in CONNACK;
    /// The keep-alive that the server imposes, in seconds.
    0x13 ServerKeepAliveSecs(u16) in CONNACK;
    /// The method of extended authentication.
    0x15 AuthenticationMethod(&'a str) in CONNECT | CONNACK | AUTH;
    /// Data of that method.
    0x16 AuthenticationData(&'a [u8]) in CONNECT | CONNACK | AUTH;
    /// Whether reasons may be sent in words.
    0x17 RequestProblemInformation(bool) in CONNECT;
    /// Seconds to wait before the will is published.
    0x18 WillDelaySecs(u32) in WILL;
    /// Whether the client wants response information.
    0x19 RequestResponseInformation(bool) in CONNECT;
    /// The base of response topics.
    0x1A ResponseInformation(&'a str) in CONNACK;
    /// Another server to use.
    0x1C ServerReference(&'a str) in CONNACK | DISCONNECT;
    /// The reason in words.
    0x1F ReasonString(&'a str) in CONNACK | ACKS | DISCONNECT | AUTH;
    /// Most messages above quality of service 0 that may be unacknowledged.
    0x21 ReceiveMaximum(NonZeroU16) in CONNECT | CONNACK;
    /// Highest topic alias taken.
    0x22 TopicAliasMaximum(u16) in CONNECT | CONNACK;
    /// A number in place of the topic.
    0x23 TopicAlias(TopicAlias) in PUBLISH;
    /// Highest quality of service taken; 0 or 1.
    0x24 MaximumQos(Qos) in CONNACK;
    /// Whether retained messages are supported.
    0x25 RetainAvailable(bool) in CONNACK;
    /// A name and a value that only the applications understand; may stand more than once.
    0x26 UserProperty((&'a str, &'a str)) in EVERYWHERE;
    /// Most bytes of a packet taken.
    0x27 MaximumPacketBytes(NonZeroU32) in CONNECT | CONNACK;
    /// Whether wildcard subscriptions are supported.
    0x28 WildcardsAvailable(bool) in CONNACK;
    /// Whether subscription identifiers are supported.
    0x29 SubscriptionIdsAvailable(bool) in CONNACK;
    /// Whether shared subscriptions are supported.
    0x2A SharedSubscriptionsAvailable(bool) in CONNACK;
}

impl<'a> Property<'a> {
    fn read(reader: &mut Reader<'a>, home: Home) -> Result<Self, Malformed> {
        // The identifier is a variable byte integer, but all that exist fit one byte.
        let code = u8::try_from(reader.varint()?).map_err(|_| Malformed::PropertyUnknown)?;
        let homes = Self::homes(code).ok_or(Malformed::PropertyUnknown)?;
        if homes & home == 0 {
            return Err(Malformed::PropertyNotAllowed);
        }
        Self::read_value(code, reader)
    }

    const fn may_repeat(code: u8, home: Home) -> bool {
        code == USER_PROPERTY || code == SUBSCRIPTION_ID && home == PUBLISH
    }
}

/// A subscription identifier: 1 to 268,435,455 (MQTT 5.0 §3.8.2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscriptionId(pub NonZeroU32);

/// A topic alias: 1 to 65,535 (MQTT 5.0 §3.3.2.3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicAlias(pub NonZeroU16);

impl Value<'_> for bool {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match reader.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed::PropertyValue),
        }
    }
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        out.push(u8::from(self));
        Ok(())
    }
}

impl Value<'_> for Qos {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match reader.u8()? {
            0 => Ok(Self::AtMostOnce),
            1 => Ok(Self::AtLeastOnce),
            _ => Err(Malformed::PropertyValue),
        }
    }
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        out.push(self.bits());
        Ok(())
    }
}

impl Value<'_> for u16 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        reader.u16()
    }
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        put_u16(out, self);
        Ok(())
    }
}

impl Value<'_> for u32 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        reader.u32()
    }
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        put_u32(out, self);
        Ok(())
    }
}

impl Value<'_> for NonZeroU16 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::new(reader.u16()?).ok_or(Malformed::PropertyValue)
    }
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        put_u16(out, self.get());
        Ok(())
    }
}

impl Value<'_> for NonZeroU32 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::new(reader.u32()?).ok_or(Malformed::PropertyValue)
    }
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        put_u32(out, self.get());
        Ok(())
    }
}

impl Value<'_> for TopicAlias {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        NonZeroU16::new(reader.u16()?).map(Self).ok_or(Malformed::TopicAliasZero)
    }
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        self.0.write(out)
    }
}

impl Value<'_> for SubscriptionId {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        NonZeroU32::new(reader.varint()?).map(Self).ok_or(Malformed::PropertyValue)
    }
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        put_varint(out, self.0.get())
    }
}

impl<'a> Value<'a> for &'a str {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        reader.text()
    }
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        put_text(out, self)
    }
}

impl<'a> Value<'a> for &'a [u8] {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        reader.binary()
    }
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        put_binary(out, self)
    }
}

impl<'a> Value<'a> for (&'a str, &'a str) {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok((reader.text()?, reader.text()?))
    }
    fn write(self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        put_text(out, self.0)?;
        put_text(out, self.1)
    }
}

/// A checked list of properties, still in wire form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Properties<'a> {
    raw: &'a [u8],
}

impl<'a> Properties<'a> {
    /// No properties.
    pub const NONE: Self = Self { raw: &[] };

    /// Reads the length and the list, and checks every property against `home`.
    pub(super) fn read(reader: &mut Reader<'a>, home: Home) -> Result<Self, Malformed> {
        let bytes = usize::try_from(reader.varint()?).map_err(|_| Malformed::BodyTooShort)?;
        let raw = reader.take(bytes)?;
        let mut list = Reader::new(raw);
        let mut seen = 0_u64;
        while !list.is_empty() {
            let property = Property::read(&mut list, home)?;
            let code = property.code();
            let bit = 1_u64 << code;
            if seen & bit != 0 && !Property::may_repeat(code, home) {
                return Err(Malformed::PropertyTwice);
            }
            seen |= bit;
            if let Property::ResponseTopic(topic) = property {
                check_response_topic(topic)?;
            }
        }
        if seen & (1 << AUTH_DATA) != 0 && seen & (1 << AUTH_METHOD) == 0 {
            return Err(Malformed::AuthDataWithoutMethod);
        }
        Ok(Self { raw })
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The properties in the order of the wire.
    pub fn iter(&self) -> impl Iterator<Item = Property<'a>> + use<'a> {
        let mut list = Reader::new(self.raw);
        core::iter::from_fn(move || if list.is_empty() { None } else { Property::read(&mut list, EVERYWHERE).ok() })
    }

    /// The reason in words, if one was given.
    #[must_use]
    pub fn reason_string(&self) -> Option<&'a str> {
        self.iter().find_map(|property| if let Property::ReasonString(text) = property { Some(text) } else { None })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        put_varint(out, u32::try_from(self.raw.len()).map_err(|_| Unencodable::PacketTooLong)?)?;
        out.extend_from_slice(self.raw);
        Ok(())
    }
}

fn check_response_topic(topic: &str) -> Result<(), Malformed> {
    if topic.is_empty() {
        return Err(Malformed::TopicEmpty);
    }
    if topic.contains(['+', '#']) { Err(Malformed::ResponseTopicWithWildcard) } else { Ok(()) }
}

/// A list of properties being built for a packet to send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PropertyList {
    raw: Vec<u8>,
}

impl PropertyList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { raw: Vec::new() }
    }

    /// Adds one property; the caller sees to it that it belongs into the packet and stands once.
    ///
    /// # Errors
    ///
    /// [`Unencodable::FieldTooLong`] if a text or binary value exceeds 65,535 bytes; the list is then unchanged.
    pub fn push(&mut self, property: Property<'_>) -> Result<(), Unencodable> {
        let before = self.raw.len();
        self.raw.push(property.code());
        property.write_value(&mut self.raw).inspect_err(|_| self.raw.truncate(before))
    }

    /// The list for use in a packet.
    #[must_use]
    pub fn as_properties(&self) -> Properties<'_> {
        Properties { raw: &self.raw }
    }
}
