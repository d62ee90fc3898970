//! Every way in which bytes can break MQTT, each with a stable name and the reason code the standard asks for.

use core::fmt;

use super::reason::ReasonCode;

macro_rules! malformed {
    ($($(#[$doc:meta])* $variant:ident $name:literal $reason:ident;)*) => {
        /// Why bytes are not an acceptable packet (MQTT 5.0 §4.13). The connection must be closed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Malformed {
            $($(#[$doc])* $variant,)*
        }

        impl Malformed {
            /// Every variant, for tables and tests.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name under which this is counted and shown.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The reason code with which an MQTT 5.0 peer is told.
            #[must_use]
            pub const fn reason(self) -> ReasonCode {
                match self { $(Self::$variant => ReasonCode::$reason,)* }
            }
        }
    };
}

malformed! {
    /// Packet type 0, or AUTH on a 3.1.1 connection (§2.1.2).
    ReservedPacketType "reserved-packet-type" MalformedPacket;
    /// A packet type that only the other end may send (§2.1.2).
    WrongSide "packet-from-wrong-side" ProtocolError;
    /// Reserved flag bits of the first byte differ from the listed value (`[MQTT-2.1.3-1]`).
    FixedHeaderFlags "fixed-header-flags" MalformedPacket;
    /// The packet is longer than the receiver announced (`[MQTT-3.2.2-15]`).
    PacketTooLarge "packet-too-large" PacketTooLarge;
    /// A variable byte integer uses more bytes than it needs (`[MQTT-1.5.5-1]`).
    VarintNotMinimal "varint-not-minimal" MalformedPacket;
    /// A variable byte integer has more than four bytes (§1.5.5).
    VarintTooLong "varint-too-long" MalformedPacket;
    /// The body ends inside a field.
    BodyTooShort "body-too-short" MalformedPacket;
    /// Bytes are left after the last field.
    BodyTooLong "body-too-long" MalformedPacket;
    /// A string is not well-formed UTF-8, which includes surrogates (`[MQTT-1.5.4-1]`).
    TextNotUtf8 "text-not-utf8" MalformedPacket;
    /// A string holds U+0000 (`[MQTT-1.5.4-2]`).
    TextWithNull "text-with-null" MalformedPacket;
    /// A packet identifier is zero (`[MQTT-2.2.1-3]`).
    PacketIdZero "packet-id-zero" ProtocolError;
    /// Both quality-of-service bits are set (`[MQTT-3.3.1-4]`).
    QosThree "qos-three" MalformedPacket;
    /// DUP on a message of quality of service 0 (`[MQTT-3.3.1-2]`).
    DupWithQos0 "dup-with-qos-0" ProtocolError;
    /// A topic name of zero bytes without a topic alias (`[MQTT-4.7.3-1]`).
    TopicEmpty "topic-empty" ProtocolError;
    /// `+` or `#` in a topic name (`[MQTT-3.3.2-2]`).
    TopicWithWildcard "topic-with-wildcard" MalformedPacket;
    /// `+` or `#` in a response topic (`[MQTT-3.3.2-14]`).
    ResponseTopicWithWildcard "response-topic-with-wildcard" ProtocolError;
    /// A topic alias of zero (`[MQTT-3.3.2-8]`).
    TopicAliasZero "topic-alias-zero" TopicAliasInvalid;
    /// A topic filter of zero bytes (`[MQTT-4.7.3-1]`).
    FilterEmpty "filter-empty" MalformedPacket;
    /// A wildcard that does not fill a level, or `#` before the end (`[MQTT-4.7.1-1]`, `[MQTT-4.7.1-2]`).
    FilterWildcardPosition "filter-wildcard-position" MalformedPacket;
    /// `$share/` without a name or a filter (`[MQTT-4.8.2-1]`, `[MQTT-4.8.2-2]`).
    FilterShareName "filter-share-name" MalformedPacket;
    /// No Local on a shared subscription (`[MQTT-3.8.3-4]`).
    NoLocalOnShared "no-local-on-shared" ProtocolError;
    /// SUBSCRIBE, SUBACK, UNSUBSCRIBE or UNSUBACK without an entry (`[MQTT-3.8.3-2]`, `[MQTT-3.10.3-2]`).
    ListEmpty "list-empty" ProtocolError;
    /// Reserved bits of the subscription options are set (`[MQTT-3.8.3-5]`).
    SubscribeOptionsReserved "subscribe-options-reserved" MalformedPacket;
    /// Retain Handling of 3 (§3.8.3.1).
    RetainHandlingThree "retain-handling-three" ProtocolError;
    /// A property identifier that does not exist (§2.2.2.2).
    PropertyUnknown "property-unknown" MalformedPacket;
    /// A property that does not belong to this packet (§2.2.2.2).
    PropertyNotAllowed "property-not-allowed" MalformedPacket;
    /// A property that may stand once stands twice (§2.2.2.2).
    PropertyTwice "property-twice" ProtocolError;
    /// A property value outside its range, such as a Receive Maximum of zero (§3.1.2.11).
    PropertyValue "property-value" ProtocolError;
    /// A subscription identifier in a PUBLISH from a client (`[MQTT-3.3.4-6]`).
    SubscriptionIdFromClient "subscription-id-from-client" ProtocolError;
    /// A session expiry interval in a DISCONNECT from a server (`[MQTT-3.14.2-2]`).
    SessionExpiryFromServer "session-expiry-from-server" ProtocolError;
    /// Authentication data without an authentication method (§3.1.2.11.10).
    AuthDataWithoutMethod "auth-data-without-method" ProtocolError;
    /// A reason code that does not exist or does not belong to this packet (§2.4).
    ReasonCode "reason-code-unknown" MalformedPacket;
    /// The protocol name is not `MQTT` (`[MQTT-3.1.2-1]`).
    ProtocolName "protocol-name" UnsupportedProtocolVersion;
    /// The protocol level is neither 4 nor 5 (`[MQTT-3.1.2-2]`).
    ProtocolLevel "protocol-level" UnsupportedProtocolVersion;
    /// The reserved bit of the CONNECT flags is set (`[MQTT-3.1.2-3]`).
    ConnectReservedFlag "connect-reserved-flag" MalformedPacket;
    /// `Will QoS` or `Will Retain` without a will (`[MQTT-3.1.2-11]`, `[MQTT-3.1.2-13]`).
    WillFlagsWithoutWill "will-flags-without-will" MalformedPacket;
    /// A password without a user name, on 3.1.1 (3.1.1 `[MQTT-3.1.2-22]`).
    PasswordWithoutUserName "password-without-user-name" MalformedPacket;
    /// Reserved bits of the CONNACK flags are set (`[MQTT-3.2.2-1]`).
    ConnackReservedFlags "connack-reserved-flags" MalformedPacket;
    /// Session Present beside a refusal (`[MQTT-3.2.2-6]`).
    SessionPresentOnRefusal "session-present-on-refusal" ProtocolError;
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an acceptable MQTT packet: {}", self.name())
    }
}

impl core::error::Error for Malformed {}
