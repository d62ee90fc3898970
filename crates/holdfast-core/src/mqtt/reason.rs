//! The reason codes of MQTT 5.0 §2.4, in which packets each may stand, and their 3.1.1 counterparts.

use super::packet::PacketKind;

const CONNACK: u16 = PacketKind::ConnAck.bit();
const PUBACK: u16 = PacketKind::PubAck.bit() | PacketKind::PubRec.bit();
const PUBREL: u16 = PacketKind::PubRel.bit() | PacketKind::PubComp.bit();
const SUBACK: u16 = PacketKind::SubAck.bit();
const UNSUBACK: u16 = PacketKind::UnsubAck.bit();
const DISCONNECT: u16 = PacketKind::Disconnect.bit();
const AUTH: u16 = PacketKind::Auth.bit();

macro_rules! reasons {
    ($($(#[$doc:meta])* $code:literal $variant:ident $name:literal $($home:ident)|+;)*) => {
        /// A reason code of MQTT 5.0 (§2.4).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum ReasonCode {
            $($(#[$doc])* $variant = $code,)*
        }

        impl ReasonCode {
            /// Every code, for tables and tests.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code for a byte of the wire, whatever the packet.
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte { $($code => Some(Self::$variant),)* _ => None }
            }

            /// The stable name of the code.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// One bit for each packet type in which the code may stand.
            const fn homes(self) -> u16 {
                match self { $(Self::$variant => $($home)|+,)* }
            }
        }
    };
}

reasons! {
    /// Success, normal disconnection, or quality of service 0 granted.
    0x00 Success "success" CONNACK | PUBACK | PUBREL | SUBACK | UNSUBACK | DISCONNECT | AUTH;
    /// Quality of service 1 granted.
    0x01 GrantedQos1 "granted-qos-1" SUBACK;
    /// Quality of service 2 granted.
    0x02 GrantedQos2 "granted-qos-2" SUBACK;
    /// The client leaves, but wants its will published.
    0x04 DisconnectWithWill "disconnect-with-will" DISCONNECT;
    /// Accepted, but nobody listens.
    0x10 NoMatchingSubscribers "no-matching-subscribers" PUBACK;
    /// There was no such subscription.
    0x11 NoSubscriptionExisted "no-subscription-existed" UNSUBACK;
    /// Continue the authentication.
    0x18 ContinueAuthentication "continue-authentication" AUTH;
    /// Authenticate again.
    0x19 ReAuthenticate "re-authenticate" AUTH;
    /// Unspecified error.
    0x80 Unspecified "unspecified-error" CONNACK | PUBACK | SUBACK | UNSUBACK | DISCONNECT;
    /// The packet could not be read.
    0x81 MalformedPacket "malformed-packet" CONNACK | DISCONNECT;
    /// The packet was not allowed here.
    0x82 ProtocolError "protocol-error" CONNACK | DISCONNECT;
    /// Valid, but not accepted by this implementation.
    0x83 ImplementationSpecific "implementation-specific-error" CONNACK | PUBACK | SUBACK | UNSUBACK | DISCONNECT;
    /// The version of the protocol is not supported.
    0x84 UnsupportedProtocolVersion "unsupported-protocol-version" CONNACK;
    /// The client id is not allowed.
    0x85 ClientIdNotValid "client-id-not-valid" CONNACK;
    /// User name or password not accepted.
    0x86 BadUserNameOrPassword "bad-user-name-or-password" CONNACK;
    /// Not authorised.
    0x87 NotAuthorized "not-authorized" CONNACK | PUBACK | SUBACK | UNSUBACK | DISCONNECT;
    /// The server is not available.
    0x88 ServerUnavailable "server-unavailable" CONNACK;
    /// The server is busy; try again later.
    0x89 ServerBusy "server-busy" CONNACK | DISCONNECT;
    /// This client is banned.
    0x8A Banned "banned" CONNACK;
    /// The server is shutting down.
    0x8B ServerShuttingDown "server-shutting-down" DISCONNECT;
    /// The authentication method is not supported.
    0x8C BadAuthenticationMethod "bad-authentication-method" CONNACK | DISCONNECT;
    /// No packet within one and a half times the keep-alive.
    0x8D KeepAliveTimeout "keep-alive-timeout" DISCONNECT;
    /// Another connection uses the same client id now.
    0x8E SessionTakenOver "session-taken-over" DISCONNECT;
    /// The topic filter is well formed but not accepted.
    0x8F TopicFilterInvalid "topic-filter-invalid" SUBACK | UNSUBACK | DISCONNECT;
    /// The topic name is well formed but not accepted.
    0x90 TopicNameInvalid "topic-name-invalid" CONNACK | PUBACK | DISCONNECT;
    /// The packet identifier is already in use.
    0x91 PacketIdInUse "packet-id-in-use" PUBACK | SUBACK | UNSUBACK;
    /// The packet identifier is not known.
    0x92 PacketIdNotFound "packet-id-not-found" PUBREL;
    /// More unacknowledged messages than announced.
    0x93 ReceiveMaximumExceeded "receive-maximum-exceeded" DISCONNECT;
    /// The topic alias is above the announced maximum, or zero.
    0x94 TopicAliasInvalid "topic-alias-invalid" DISCONNECT;
    /// The packet is larger than announced.
    0x95 PacketTooLarge "packet-too-large" CONNACK | DISCONNECT;
    /// Too many messages.
    0x96 MessageRateTooHigh "message-rate-too-high" DISCONNECT;
    /// A limit of the implementation or the operator is reached.
    0x97 QuotaExceeded "quota-exceeded" CONNACK | PUBACK | SUBACK | DISCONNECT;
    /// Closed by an administrator.
    0x98 AdministrativeAction "administrative-action" DISCONNECT;
    /// The payload is not what it says it is.
    0x99 PayloadFormatInvalid "payload-format-invalid" CONNACK | PUBACK | DISCONNECT;
    /// Retained messages are not supported.
    0x9A RetainNotSupported "retain-not-supported" CONNACK | DISCONNECT;
    /// The quality of service is above the announced maximum.
    0x9B QosNotSupported "qos-not-supported" CONNACK | DISCONNECT;
    /// Use another server for now.
    0x9C UseAnotherServer "use-another-server" CONNACK | DISCONNECT;
    /// Use another server from now on.
    0x9D ServerMoved "server-moved" CONNACK | DISCONNECT;
    /// Shared subscriptions are not supported.
    0x9E SharedSubscriptionsNotSupported "shared-subscriptions-not-supported" SUBACK | DISCONNECT;
    /// Too many connections per time.
    0x9F ConnectionRateExceeded "connection-rate-exceeded" CONNACK | DISCONNECT;
    /// The longest time of one connection is over.
    0xA0 MaximumConnectTime "maximum-connect-time" DISCONNECT;
    /// Subscription identifiers are not supported.
    0xA1 SubscriptionIdsNotSupported "subscription-ids-not-supported" SUBACK | DISCONNECT;
    /// Wildcard subscriptions are not supported.
    0xA2 WildcardsNotSupported "wildcards-not-supported" SUBACK | DISCONNECT;
}

impl ReasonCode {
    /// The byte on the wire.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// Whether the code says that something was not done (0x80 and above).
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.byte() >= 0x80
    }

    /// Whether the code may stand in a packet of this kind (`[MQTT-3.4.2-1]` and its siblings).
    #[must_use]
    pub const fn belongs_in(self, kind: PacketKind) -> bool {
        self.homes() & kind.bit() != 0
    }

    /// The code for a CONNACK return code of 3.1.1 (3.1.1 §3.2.2.3).
    #[must_use]
    pub const fn from_v311_connack(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Success),
            1 => Some(Self::UnsupportedProtocolVersion),
            2 => Some(Self::ClientIdNotValid),
            3 => Some(Self::ServerUnavailable),
            4 => Some(Self::BadUserNameOrPassword),
            5 => Some(Self::NotAuthorized),
            _ => None,
        }
    }

    /// The nearest CONNACK return code of 3.1.1 (3.1.1 §3.2.2.3).
    #[must_use]
    pub const fn to_v311_connack(self) -> u8 {
        match self.byte() {
            0x00 => 0,
            0x84 => 1,
            0x85 => 2,
            0x88 | 0x89 | 0x97 | 0x9C | 0x9D | 0x9F => 3,
            0x86 => 4,
            _ => 5,
        }
    }
}
