//! The agent's end of one connection with the platform, as a machine without I/O; MQTT 5.0 only.
//!
//! Owns CONNECT, the five subscriptions, both delivery windows, pings, and which topics the platform may use. Starts
//! when TLS is up and ends with the connection: connecting again, waiting before it, and keeping what was not
//! acknowledged are the shell's. Tokens given to [`ClientSession::publish`] that were not answered when the connection
//! ends must be sent again on the next one. Source: MQTT 5.0.

mod action;
mod messages;

use alloc::borrow::ToOwned;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::{NonZeroU16, NonZeroU32};

use super::inbox::{Inbox, Step};
use super::malformed::Malformed;
use super::packet::{
    ConnAck, Connect, FilterList, Outcome, Packet, PacketId, Qos, SubAck, Subscribe, SubscribeOptions, Version,
};
use super::property::{Properties, Property, PropertyList};
use super::reason::ReasonCode;
use super::session::Input;
use super::{Decoded, Limits, Sender, Unencodable, decode};
use crate::backoff::ReturnHint;
use crate::id::DeviceId;
use crate::time::Millis;
use crate::topic::DownChannel;

pub use super::session::NotSent;
pub use action::{Action, CloseCause};

/// Keep-alive the agent asks for, in seconds; the server may impose another.
pub const KEEP_ALIVE_SECS: u16 = 60;
/// Time the server has to answer a CONNECT or a PINGREQ.
pub const ANSWER_WITHIN: Millis = Millis::from_secs(15);
/// Messages from the platform that may wait for the agent's answer.
pub const RECEIVE_MAXIMUM: NonZeroU16 = NonZeroU16::new(16).unwrap();
/// Most bytes of a packet from the platform: a payload of 64 KiB, its topic and properties.
pub const PACKET_BYTES_MAX: NonZeroU32 = NonZeroU32::new(66 * 1024).unwrap();
/// Messages to the platform that may wait for its acknowledgement, however many it would take.
pub const SEND_WINDOW_MAX: u16 = 64;
/// Most bytes kept of a reason that the platform gives in words.
pub const WORDS_BYTES_MAX: usize = 256;

const SUBSCRIBE_ID: PacketId = PacketId(NonZeroU16::MIN);

/// What the agent announces and expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientConfig {
    /// Keep-alive to ask for, in seconds; 0 for no pings.
    pub keep_alive_secs: u16,
    /// Time the server has to answer a CONNECT or a PINGREQ.
    pub answer_within: Millis,
    /// Messages from the platform that may wait for the agent's answer.
    pub receive_maximum: NonZeroU16,
    /// Most bytes of a packet from the platform.
    pub packet_bytes_max: NonZeroU32,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            keep_alive_secs: KEEP_ALIVE_SECS,
            answer_within: ANSWER_WITHIN,
            receive_maximum: RECEIVE_MAXIMUM,
            packet_bytes_max: PACKET_BYTES_MAX,
        }
    }
}

/// A rule that the platform broke.
#[derive(Debug, Clone, Copy)]
struct Broken {
    name: &'static str,
    reason: ReasonCode,
}

impl From<Malformed> for Broken {
    fn from(malformed: Malformed) -> Self {
        Self { name: malformed.name(), reason: malformed.reason() }
    }
}

#[derive(Debug)]
enum State {
    /// CONNECT was sent.
    Connecting,
    /// CONNACK with success came.
    Open(Open),
    /// Nothing more will be read or written.
    Over,
}

/// What is remembered of an open connection.
#[derive(Debug)]
struct Open {
    /// Most bytes of a packet to the platform.
    packet_bytes_max: u32,
    /// Most unacknowledged messages to the platform.
    send_window: u16,
    /// Time between pings; `None` without keep-alive.
    ping_every: Option<Millis>,
    /// Whether the SUBSCRIBE was answered.
    ready: bool,
    /// Messages to the platform without a PUBACK yet.
    sent: VecDeque<(PacketId, u64)>,
    /// The packet identifier last used.
    last_id: u16,
    /// Messages from the platform, in order, with the answer where it is known.
    received: VecDeque<(PacketId, Option<ReasonCode>)>,
}

/// The agent's end of one connection.
#[derive(Debug)]
pub struct ClientSession {
    device: DeviceId,
    config: ClientConfig,
    state: State,
    /// When an answer of the server is overdue.
    overdue: Option<Millis>,
    /// When the next ping is due.
    ping_at: Option<Millis>,
    inbox: Inbox,
    output: Vec<u8>,
    actions: VecDeque<Action>,
    ending: Option<CloseCause>,
    hint: Option<ReturnHint>,
}

impl ClientSession {
    /// Starts on a connection that was opened at `now` on a monotonic clock; CONNECT is the first thing to send.
    ///
    /// # Errors
    ///
    /// [`Unencodable`] if CONNECT cannot be written, which no device id causes.
    pub fn new(device: DeviceId, config: ClientConfig, now: Millis) -> Result<Self, Unencodable> {
        let mut list = PropertyList::new();
        list.push(Property::ReceiveMaximum(config.receive_maximum))?;
        list.push(Property::MaximumPacketBytes(config.packet_bytes_max))?;
        let connect = Connect {
            version: Version::V5,
            clean_start: true,
            keep_alive_secs: config.keep_alive_secs,
            client_id: device.as_str(),
            will: None,
            user_name: None,
            password: None,
            properties: list.as_properties(),
        };
        let mut output = Vec::new();
        Packet::Connect(connect).encode(Version::V5, &mut output)?;
        Ok(Self {
            device,
            config,
            state: State::Connecting,
            overdue: Some(Millis(now.0.saturating_add(config.answer_within.0))),
            ping_at: None,
            inbox: Inbox::EMPTY,
            output,
            actions: VecDeque::new(),
            ending: None,
            hint: None,
        })
    }

    /// What the platform has said since the last call about coming back after this connection.
    pub const fn take_return_hint(&mut self) -> Option<ReturnHint> {
        self.hint.take()
    }

    /// Whether the platform has accepted the connection and all subscriptions were answered.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.open().is_some_and(|open| open.ready)
    }

    /// Advances on what the network did; then call [`Self::poll_action`] until it gives nothing.
    pub fn handle(&mut self, input: Input<'_>, now: Millis) {
        match input {
            Input::Closed => self.end(CloseCause::Vanished),
            Input::Bytes(bytes) => {
                let mut inbox = core::mem::take(&mut self.inbox);
                inbox.feed(bytes, |rest| self.step(rest, now));
                self.inbox = inbox;
            }
        }
    }

    /// The next thing to do. Bytes to send are gathered, so that one write carries many packets.
    pub fn poll_action(&mut self) -> Option<Action> {
        if let Some(action) = self.actions.pop_front() {
            return Some(action);
        }
        if !self.output.is_empty() {
            return Some(Action::Send(core::mem::take(&mut self.output)));
        }
        self.ending.take().map(|cause| Action::Close { cause })
    }

    /// When [`Self::handle_deadline`] must next be called, if at all.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Millis> {
        if self.is_over() {
            return None;
        }
        self.overdue.into_iter().chain(self.ping_at).min()
    }

    /// Sends a ping that is due, or gives up a server that does not answer; does nothing before the deadline.
    pub fn handle_deadline(&mut self, now: Millis) {
        if self.is_over() {
            return;
        }
        if self.overdue.is_some_and(|overdue| now >= overdue) {
            self.end(CloseCause::Silent);
            return;
        }
        if self.ping_at.is_none_or(|ping_at| now < ping_at) {
            return;
        }
        let every = self.open().and_then(|open| open.ping_every);
        self.ping_at = every.map(|every| Millis(now.0.saturating_add(every.0)));
        self.overdue.get_or_insert(Millis(now.0.saturating_add(self.config.answer_within.0)));
        self.put(&Packet::PingReq).unwrap_or_default();
    }

    /// Takes leave of the platform.
    pub fn disconnect(&mut self) {
        self.say_goodbye(ReasonCode::Success);
        self.end(CloseCause::ByAgent);
    }

    const fn open(&self) -> Option<&Open> {
        match &self.state {
            State::Open(open) => Some(open),
            State::Connecting | State::Over => None,
        }
    }

    const fn open_mut(&mut self) -> Option<&mut Open> {
        match &mut self.state {
            State::Open(open) => Some(open),
            State::Connecting | State::Over => None,
        }
    }

    const fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    fn step(&mut self, bytes: &[u8], now: Millis) -> Step {
        if self.is_over() {
            return Step::Stop;
        }
        let limits = Limits { packet_bytes_max: self.config.packet_bytes_max.get(), sender: Sender::Server };
        match decode(Version::V5, bytes, &limits) {
            Ok(Decoded::Need(_)) => Step::Wait,
            Ok(Decoded::Packet(packet, used)) => {
                if self.open().is_some() {
                    self.overdue = None;
                }
                if let Err(broken) = self.take(packet, now) {
                    self.break_off(broken);
                }
                Step::Took(used)
            }
            Err(malformed) => {
                self.break_off(malformed.into());
                Step::Stop
            }
        }
    }

    fn take(&mut self, packet: Packet<'_>, now: Millis) -> Result<(), Broken> {
        if matches!(self.state, State::Connecting) {
            let Packet::ConnAck(connack) = packet else {
                // [MQTT-3.2.0-1]
                return Err(Broken { name: "first-packet-not-connack", reason: ReasonCode::ProtocolError });
            };
            return self.take_connack(&connack, now);
        }
        match packet {
            Packet::Publish(publish) => self.take_publish(&publish),
            Packet::PubAck(ack) => self.take_puback(&ack),
            Packet::SubAck(suback) => self.take_suback(&suback),
            Packet::PingResp => Ok(()),
            Packet::Disconnect(outcome) => {
                self.hint = ReturnHint::among(&outcome.properties).or(self.hint);
                self.end(CloseCause::ByServer { reason: outcome.reason, words: words(outcome.properties) });
                Ok(())
            }
            // [MQTT-3.2.0-2], and answers to what the agent never sends.
            Packet::ConnAck(_)
            | Packet::PubRec(_)
            | Packet::PubRel(_)
            | Packet::PubComp(_)
            | Packet::UnsubAck(_)
            | Packet::Auth(_) => Err(Broken { name: "packet-not-expected", reason: ReasonCode::ProtocolError }),
            Packet::Connect(_) | Packet::Subscribe(_) | Packet::Unsubscribe(_) | Packet::PingReq => {
                Err(Malformed::WrongSide.into())
            }
        }
    }

    fn take_connack(&mut self, connack: &ConnAck<'_>, now: Millis) -> Result<(), Broken> {
        let broken = |name| Err(Broken { name, reason: ReasonCode::ProtocolError });
        self.hint = ReturnHint::among(&connack.properties);
        if connack.reason.is_error() {
            self.end(CloseCause::TurnedAway { reason: connack.reason, words: words(connack.properties) });
            return Ok(());
        }
        if connack.session_present {
            // [MQTT-3.2.2-4]
            return broken("session-present-unasked");
        }
        let (mut window, mut bytes_max) = (u16::MAX, super::PACKET_BYTES_MAX);
        let mut keep_alive_secs = self.config.keep_alive_secs;
        for property in connack.properties.iter() {
            if let Property::ReceiveMaximum(most) = property {
                window = most.get();
            } else if let Property::MaximumPacketBytes(most) = property {
                bytes_max = most.get();
            } else if let Property::ServerKeepAliveSecs(secs) = property {
                keep_alive_secs = secs;
            } else if property == Property::MaximumQos(Qos::AtMostOnce) {
                return broken("server-without-qos-1");
            }
        }
        // Three quarters leave room for a slow network before the server's limit of one and a half.
        let ping_every = (keep_alive_secs > 0).then(|| Millis(u64::from(keep_alive_secs).saturating_mul(750)));
        self.overdue = Some(Millis(now.0.saturating_add(self.config.answer_within.0)));
        self.ping_at = ping_every.map(|every| Millis(now.0.saturating_add(every.0)));
        self.state = State::Open(Open {
            packet_bytes_max: bytes_max,
            send_window: window.min(SEND_WINDOW_MAX),
            ping_every,
            ready: false,
            sent: VecDeque::new(),
            last_id: SUBSCRIBE_ID.0.get(),
            received: VecDeque::new(),
        });
        self.actions.push_back(Action::Connected);
        self.subscribe()
    }

    fn subscribe(&mut self) -> Result<(), Broken> {
        let too_long = |_| Broken { name: "subscribe-too-long", reason: ReasonCode::ImplementationSpecific };
        let mut list = FilterList::subscribe();
        for channel in DownChannel::ALL {
            let options = SubscribeOptions::at(Qos::AtLeastOnce);
            list.push(&channel.topic_of(&self.device), options).map_err(too_long)?;
        }
        let filters = list.as_filters();
        self.put(&Packet::Subscribe(Subscribe { packet_id: SUBSCRIBE_ID, properties: Properties::NONE, filters }))
            .map_err(|_| too_long(Unencodable::PacketTooLong))
    }

    fn take_suback(&mut self, suback: &SubAck<'_>) -> Result<(), Broken> {
        let expected = suback.packet_id == SUBSCRIBE_ID && suback.codes.len() == DownChannel::ALL.len();
        match self.open_mut() {
            Some(open) if expected && !open.ready => open.ready = true,
            _ => return Err(Broken { name: "suback-not-expected", reason: ReasonCode::ProtocolError }),
        }
        for (channel, reason) in DownChannel::ALL.into_iter().zip(suback.reasons()) {
            if reason.is_error() {
                self.actions.push_back(Action::NotSubscribed { channel, reason });
            }
        }
        self.actions.push_back(Action::Ready);
        Ok(())
    }

    fn break_off(&mut self, broken: Broken) {
        self.say_goodbye(broken.reason);
        self.end(CloseCause::Broken(broken.name));
    }

    fn say_goodbye(&mut self, reason: ReasonCode) {
        self.put(&Packet::Disconnect(Outcome { reason, properties: Properties::NONE })).unwrap_or_default();
    }

    /// Nothing is read or written after this (`[MQTT-3.14.4-1]`).
    fn end(&mut self, cause: CloseCause) {
        if !self.is_over() {
            self.state = State::Over;
            self.ending = Some(cause);
        }
    }

    /// Queues a packet unless it is larger than the platform takes (`[MQTT-3.2.2-15]`).
    fn put(&mut self, packet: &Packet<'_>) -> Result<(), NotSent> {
        let State::Open(open) = &self.state else { return Err(NotSent::NotConnected) };
        let start = self.output.len();
        let written = packet.encode(Version::V5, &mut self.output);
        let fits = self.output.len() - start <= usize::try_from(open.packet_bytes_max).unwrap_or(usize::MAX);
        if written.is_err() || !fits {
            self.output.truncate(start);
            return Err(NotSent::TooLarge);
        }
        Ok(())
    }
}

/// The reason in words, cut at [`WORDS_BYTES_MAX`].
fn words(properties: Properties<'_>) -> Option<String> {
    let text = properties.reason_string()?;
    let end = (0..=text.len().min(WORDS_BYTES_MAX)).rev().find(|at| text.is_char_boundary(*at))?;
    text.get(..end).map(ToOwned::to_owned)
}

#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "a test names the one action it waits for")]
mod tests;
