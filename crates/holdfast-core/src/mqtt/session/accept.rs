//! The first packet: who may connect, and what the server announces in return (MQTT 5.0 §3.1, §3.2).
//!
//! Mutual TLS has proved the device, so a user name, a password or an authentication method is refused rather than
//! ignored: a device that sends one believes in a protection that does not exist here. A will is refused as well, with
//! the code for a will topic that is well formed but not accepted: presence is a lease that the server keeps itself.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::super::packet::{ConnAck, Connect, Packet, PacketKind, Qos, Version};
use super::super::property::{Properties, Property, PropertyList};
use super::super::reason::ReasonCode;
use super::{Action, Broken, CloseCause, Open, SEND_WINDOW_MAX, ServerConfig, ServerSession, State, reason_string};
use crate::time::Millis;
use crate::topic::DownChannel;

impl ServerSession {
    /// Lets the device in, or answers with a refusal and ends (`[MQTT-3.1.4-2]`, `[MQTT-3.2.2-7]`).
    pub(super) fn take_connect(&mut self, connect: &Connect<'_>) -> Result<(), Broken> {
        if !matches!(self.state, State::New) {
            // [MQTT-3.1.0-2]
            return Err(Broken { name: "second-connect", reason: ReasonCode::ProtocolError });
        }
        let terms = Terms::of(connect);
        let welcome = match self.turned_away {
            Some(reason) if reason.belongs_in(PacketKind::ConnAck) => Err(Broken { name: reason.name(), reason }),
            Some(reason) => Err(Broken { name: reason.name(), reason: ReasonCode::Unspecified }),
            None => judge(connect, self.device.as_str()),
        };
        match welcome {
            Ok(()) => self.let_in(connect, &terms),
            Err(broken) => self.turn_down(connect.version, broken, terms.packet_bytes_max),
        }
        Ok(())
    }

    fn let_in(&mut self, connect: &Connect<'_>, terms: &Terms) {
        let keep_alive_secs = keep_alive(connect, &self.config);
        let assigned = connect.client_id.is_empty().then(|| self.device.as_str());
        let list = announce(&self.config, connect, keep_alive_secs, assigned).unwrap_or_default();
        let mut hinted = list.clone();
        self.hints.welcome(&mut hinted);
        let put = [&hinted, &list].into_iter().any(|list| {
            let properties = list.as_properties();
            let connack = ConnAck { session_present: false, reason: ReasonCode::Success, properties };
            put_connack(&connack, connect.version, terms.packet_bytes_max, &mut self.output)
        });
        if !put {
            self.refused("device-packet-limit-too-small");
            self.end(CloseCause::Refused("device-packet-limit-too-small"));
            return;
        }
        self.state = State::Open(Open {
            version: connect.version,
            silence: Millis(u64::from(keep_alive_secs).saturating_mul(1_500)),
            packet_bytes_max: terms.packet_bytes_max,
            send_window: terms.receive_maximum.min(SEND_WINDOW_MAX),
            wants_reasons: terms.wants_reasons,
            asked_expiry: terms.session_expiry_secs > 0,
            granted: [None; DownChannel::ALL.len()],
            received: VecDeque::new(),
            sent: VecDeque::new(),
            last_id: 0,
        });
        self.actions.push_back(Action::Connected { version: connect.version, keep_alive_secs });
    }

    fn turn_down(&mut self, version: Version, broken: Broken, packet_bytes_max: u32) {
        self.refused(broken.name);
        let mut list = reason_string(broken.name);
        self.hints.farewell(broken.reason, &mut list);
        let mut connack = ConnAck { session_present: false, reason: broken.reason, properties: list.as_properties() };
        if !put_connack(&connack, version, packet_bytes_max, &mut self.output) {
            // [MQTT-3.2.2-19]: without the words it may fit.
            connack.properties = Properties::NONE;
            put_connack(&connack, version, packet_bytes_max, &mut self.output);
        }
        self.end(CloseCause::Refused(broken.name));
    }

    /// Answers a CONNECT of an unknown version, in the newest form (`[MQTT-3.1.2-2]`). Other first packets that cannot be
    /// read get no answer.
    pub(super) fn refuse_version(&mut self) {
        let reason = ReasonCode::UnsupportedProtocolVersion;
        let connack = ConnAck { session_present: false, reason, properties: Properties::NONE };
        put_connack(&connack, Version::V5, u32::MAX, &mut self.output);
    }
}

/// What the client can take, with the defaults of the standard (§3.1.2.11).
struct Terms {
    receive_maximum: u16,
    packet_bytes_max: u32,
    wants_reasons: bool,
    session_expiry_secs: u32,
}

impl Terms {
    fn of(connect: &Connect<'_>) -> Self {
        let mut terms = Self {
            receive_maximum: u16::MAX,
            packet_bytes_max: super::super::PACKET_BYTES_MAX,
            wants_reasons: connect.version == Version::V5,
            session_expiry_secs: 0,
        };
        for property in connect.properties.iter() {
            if let Property::ReceiveMaximum(most) = property {
                terms.receive_maximum = most.get();
            } else if let Property::MaximumPacketBytes(most) = property {
                terms.packet_bytes_max = most.get();
            } else if let Property::RequestProblemInformation(wanted) = property {
                terms.wants_reasons = wanted;
            } else if let Property::SessionExpirySecs(secs) = property {
                terms.session_expiry_secs = secs;
            }
        }
        terms
    }
}

fn judge(connect: &Connect<'_>, device: &str) -> Result<(), Broken> {
    let broken = |name, reason| Err(Broken { name, reason });
    if connect.properties.iter().any(|p| matches!(p, Property::AuthenticationMethod(_))) {
        // [MQTT-4.12.0-1]
        return broken("authentication-method-not-accepted", ReasonCode::BadAuthenticationMethod);
    }
    if connect.user_name.is_some() || connect.password.is_some() {
        return broken("password-not-accepted", ReasonCode::BadUserNameOrPassword);
    }
    if let Some(will) = &connect.will {
        return match (will.retain, will.qos) {
            // [MQTT-3.2.2-13]
            (true, _) => broken("will-retain-not-supported", ReasonCode::RetainNotSupported),
            // [MQTT-3.2.2-12]
            (false, Qos::ExactlyOnce) => broken("will-qos-2-not-supported", ReasonCode::QosNotSupported),
            (false, Qos::AtMostOnce | Qos::AtLeastOnce) => broken("will-not-supported", ReasonCode::TopicNameInvalid),
        };
    }
    match (connect.client_id, connect.version) {
        // [MQTT-3.1.3-6]; on 3.1.1 only with a clean session (3.1.1 [MQTT-3.1.3-8]).
        ("", Version::V311) if !connect.clean_start => broken("client-id-empty", ReasonCode::ClientIdNotValid),
        ("", _) => Ok(()),
        (id, _) if id == device => Ok(()),
        _ => broken("client-id-not-device", ReasonCode::ClientIdNotValid),
    }
}

/// The keep-alive in force. On 3.1.1 the server cannot impose one; it then only bounds an endless silence.
fn keep_alive(connect: &Connect<'_>, config: &ServerConfig) -> u16 {
    let most = config.keep_alive_secs_max.max(1);
    match (connect.keep_alive_secs, connect.version) {
        (0, _) => most,
        (asked, Version::V311) => asked,
        (asked, Version::V5) => asked.min(most),
    }
}

/// What CONNACK says is missing or limited (§3.2.2.3); asking for it later is refused with the code named there.
fn announce(
    config: &ServerConfig,
    connect: &Connect<'_>,
    keep_alive_secs: u16,
    assigned: Option<&str>,
) -> Result<PropertyList, super::super::Unencodable> {
    let mut list = PropertyList::new();
    list.push(Property::SessionExpirySecs(0))?;
    list.push(Property::ReceiveMaximum(config.receive_maximum))?;
    list.push(Property::MaximumQos(Qos::AtLeastOnce))?;
    list.push(Property::RetainAvailable(false))?;
    list.push(Property::MaximumPacketBytes(config.packet_bytes_max))?;
    if let Some(id) = assigned {
        // [MQTT-3.2.2-16]
        list.push(Property::AssignedClientId(id))?;
    }
    list.push(Property::TopicAliasMaximum(0))?;
    list.push(Property::WildcardsAvailable(false))?;
    list.push(Property::SubscriptionIdsAvailable(false))?;
    list.push(Property::SharedSubscriptionsAvailable(false))?;
    if keep_alive_secs != connect.keep_alive_secs {
        // [MQTT-3.2.2-21]
        list.push(Property::ServerKeepAliveSecs(keep_alive_secs))?;
    }
    Ok(list)
}

/// Whether the packet could be queued within the client's limit.
fn put_connack(connack: &ConnAck<'_>, version: Version, packet_bytes_max: u32, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let packet = Packet::ConnAck(connack.clone());
    let written = packet.encode(version, out).is_ok();
    let fits = out.len() - start <= usize::try_from(packet_bytes_max).unwrap_or(usize::MAX);
    if !(written && fits) {
        out.truncate(start);
    }
    written && fits
}
