//! The server's end of one connection with one device, as a machine without I/O.
//!
//! Owns the order of packets, what CONNACK announces, both delivery windows, keep-alive, and whose topics are whose.
//! The device is already known: mutual TLS proved it, and no other authentication exists. Does not own storage (the
//! shell answers each [`Action::Admit`] with [`ServerSession::acknowledge`] once it is durable), payloads, or the
//! question whether the device is welcome ([`ServerSession::turn_away`], [`ServerSession::set_scope`]).
//!
//! Sessions end with their connection: session expiry is 0 and Session Present never set. Source: MQTT 5.0, 3.1.1.

mod accept;
mod action;
mod deliver;
mod hints;
mod receive;
mod subscribe;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::num::{NonZeroU16, NonZeroU32};

use super::inbox::{Inbox, Step};
use super::malformed::Malformed;
use super::packet::{Outcome, Packet, PacketId, PacketKind, Qos, Version};
use super::property::{Properties, Property, PropertyList};
use super::reason::ReasonCode;
use super::{Decoded, Limits, Sender, decode};
use crate::id::DeviceId;
use crate::time::Millis;
use crate::topic::{DownChannel, Scope};
use hints::Hints;

pub use action::{Action, Admit, CloseCause, Input, Verdict};
pub use deliver::NotSent;
pub(super) use deliver::unused_id;
pub use hints::{RETRY_AFTER, RETURN, ReturnWindow};
pub use receive::ACKNOWLEDGED_BUT_REFUSED;

/// Time a new connection has for its CONNECT.
pub const CONNECT_DEADLINE: Millis = Millis::from_secs(10);
/// Most bytes of a CONNECT; a device needs about 100.
pub const CONNECT_BYTES_MAX: u32 = 8 * 1024;
/// Most bytes of any later packet: a payload of 64 KiB, its topic and properties.
pub const PACKET_BYTES_MAX: NonZeroU32 = NonZeroU32::new(66 * 1024).unwrap();
/// Longest keep-alive in seconds; longer ones, and none, are shortened to it.
pub const KEEP_ALIVE_SECS_MAX: u16 = 300;
/// Messages of one device that may wait for their commit.
pub const RECEIVE_MAXIMUM: NonZeroU16 = NonZeroU16::new(64).unwrap();
/// Messages to one device that may wait for its acknowledgement, however many it would take.
pub const SEND_WINDOW_MAX: u16 = 32;
/// Filters in one SUBSCRIBE or UNSUBSCRIBE; a device has five.
pub const FILTERS_MAX: usize = 16;

/// Entries of a queue for which memory is kept between bursts.
const KEPT: usize = 8;

/// What the server announces and enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerConfig {
    /// Time for the CONNECT.
    pub connect_deadline: Millis,
    /// Longest keep-alive in seconds; at least 1.
    pub keep_alive_secs_max: u16,
    /// Unacknowledged messages of quality of service 1 that a device may have.
    pub receive_maximum: NonZeroU16,
    /// Most bytes of one packet.
    pub packet_bytes_max: NonZeroU32,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            connect_deadline: CONNECT_DEADLINE,
            keep_alive_secs_max: KEEP_ALIVE_SECS_MAX,
            receive_maximum: RECEIVE_MAXIMUM,
            packet_bytes_max: PACKET_BYTES_MAX,
        }
    }
}

/// A rule that a packet broke, and what the device is told.
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
    /// Nothing but CONNECT is possible.
    New,
    /// CONNACK with success was sent.
    Open(Open),
    /// Nothing more will be read or written.
    Over,
}

/// What is remembered of a connected device.
#[derive(Debug)]
struct Open {
    version: Version,
    /// Silence after which the connection is over.
    silence: Millis,
    /// Most bytes of a packet to the device.
    packet_bytes_max: u32,
    /// Most unacknowledged messages to the device.
    send_window: u16,
    /// Whether reasons may be told in words.
    wants_reasons: bool,
    /// Whether the CONNECT asked for a session that outlives it; a DISCONNECT may then do so again.
    asked_expiry: bool,
    /// Granted quality of service, in the order of [`DownChannel::ALL`].
    granted: [Option<Qos>; DownChannel::ALL.len()],
    /// Messages of the device without a PUBACK yet, in order of receipt.
    received: VecDeque<Received>,
    /// Messages to the device without a PUBACK yet.
    sent: VecDeque<(PacketId, u64)>,
    /// The packet identifier last used.
    last_id: u16,
}

#[derive(Debug)]
struct Received {
    packet_id: PacketId,
    verdict: Option<Verdict>,
}

/// The server's end of one connection.
#[derive(Debug)]
pub struct ServerSession {
    device: DeviceId,
    config: ServerConfig,
    scope: Scope,
    turned_away: Option<ReasonCode>,
    hints: Hints,
    state: State,
    /// Start of the connection, then the time of the last whole packet.
    heard: Millis,
    inbox: Inbox,
    output: Vec<u8>,
    actions: VecDeque<Action>,
    ending: Option<CloseCause>,
}

impl ServerSession {
    /// A connection that mutual TLS proved to be with `device`, opened at `now` on a monotonic clock.
    #[must_use]
    pub const fn new(device: DeviceId, config: ServerConfig, now: Millis) -> Self {
        Self {
            device,
            config,
            scope: Scope::Full,
            turned_away: None,
            hints: Hints { window: None, retry_after: None },
            state: State::New,
            heard: now,
            inbox: Inbox::EMPTY,
            output: Vec::new(),
            actions: VecDeque::new(),
            ending: None,
        }
    }

    /// Whose connection this is.
    #[must_use]
    pub const fn device(&self) -> &DeviceId {
        &self.device
    }

    /// The version of the protocol, once the device is connected and as long as it is.
    #[must_use]
    pub const fn version(&self) -> Option<Version> {
        match &self.state {
            State::Open(open) => Some(open.version),
            State::New | State::Over => None,
        }
    }

    /// Messages of the device that wait for [`Self::acknowledge`].
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.open().map_or(0, |open| open.received.len())
    }

    /// Whether the shell should read from the network. False while the window of a 3.1.1 device is full, which has no
    /// other way of learning of it.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        !self.is_over() && !self.is_paused()
    }

    /// Advances on what the network did; then call [`Self::poll_action`] until it gives nothing.
    pub fn handle(&mut self, input: Input<'_>, now: Millis) {
        match input {
            Input::Closed => self.end(CloseCause::Vanished),
            Input::Bytes(bytes) => self.read(bytes, now),
        }
    }

    /// The next thing to do. Bytes to send are gathered, so that one write carries many packets.
    pub fn poll_action(&mut self) -> Option<Action> {
        if let Some(action) = self.actions.pop_front() {
            return Some(action);
        }
        if self.actions.capacity() > KEPT {
            self.actions = VecDeque::new();
        }
        if !self.output.is_empty() {
            return Some(Action::Send(core::mem::take(&mut self.output)));
        }
        self.ending.take().map(|cause| Action::Close { cause })
    }

    /// When [`Self::handle_deadline`] must next be called, if at all.
    #[must_use]
    pub const fn poll_deadline(&self) -> Option<Millis> {
        let span = match &self.state {
            State::New => self.config.connect_deadline,
            State::Open(open) => open.silence,
            State::Over => return None,
        };
        Some(Millis(self.heard.0.saturating_add(span.0)))
    }

    /// Ends a connection that stayed silent until `now`; does nothing before the deadline.
    pub fn handle_deadline(&mut self, now: Millis) {
        if self.poll_deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        if matches!(self.state, State::New) {
            self.refused("no-connect-in-time");
            self.end(CloseCause::NoConnect);
        } else {
            self.say_goodbye(ReasonCode::KeepAliveTimeout, None);
            self.end(CloseCause::Silent);
        }
    }

    /// Answers the coming CONNECT with `reason` instead of letting the device in, for instance
    /// [`ReasonCode::ServerBusy`] or [`ReasonCode::ConnectionRateExceeded`]. No effect on a connected device.
    pub const fn turn_away(&mut self, reason: ReasonCode) {
        self.turned_away = Some(reason);
    }

    /// Tells a 5.0 device, in the coming CONNACK, when to come back should this connection be lost.
    pub const fn set_return_window(&mut self, window: Option<ReturnWindow>) {
        self.hints.window = window;
    }

    /// Tells a 5.0 device, in a refusal or farewell whose reason passes by itself (0x88, 0x89, 0x8B, 0x97, 0x9F), how long
    /// to stay away.
    pub const fn set_retry_after(&mut self, pause: Option<Millis>) {
        self.hints.retry_after = pause;
    }

    /// Narrows or widens what the device may use, from the next message on.
    pub const fn set_scope(&mut self, scope: Scope) {
        self.scope = scope;
    }

    /// Ends the connection from this side, with a DISCONNECT that says why where the version has one.
    pub fn close(&mut self, reason: ReasonCode) {
        self.say_goodbye(reason, None);
        self.end(CloseCause::ByServer(reason));
    }

    const fn open(&self) -> Option<&Open> {
        match &self.state {
            State::Open(open) => Some(open),
            State::New | State::Over => None,
        }
    }

    const fn open_mut(&mut self) -> Option<&mut Open> {
        match &mut self.state {
            State::Open(open) => Some(open),
            State::New | State::Over => None,
        }
    }

    const fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// A 3.1.1 device knows no Receive Maximum; its further packets wait until there is room.
    fn is_paused(&self) -> bool {
        self.open().is_some_and(|open| {
            open.version == Version::V311 && open.received.len() >= usize::from(self.config.receive_maximum.get())
        })
    }

    fn read(&mut self, bytes: &[u8], now: Millis) {
        let mut inbox = core::mem::take(&mut self.inbox);
        inbox.feed(bytes, |rest| self.step(rest, now));
        self.inbox = inbox;
    }

    fn step(&mut self, bytes: &[u8], now: Millis) -> Step {
        if self.is_over() {
            return Step::Stop;
        }
        if self.is_paused() {
            return Step::Wait;
        }
        let (version, packet_bytes_max) = match &self.state {
            State::Open(open) => (open.version, self.config.packet_bytes_max.get()),
            State::New | State::Over => (Version::V5, CONNECT_BYTES_MAX),
        };
        if matches!(self.state, State::New)
            && bytes.first().is_some_and(|first| first >> 4 != PacketKind::Connect as u8)
        {
            self.break_off(Broken { name: "first-packet-not-connect", reason: ReasonCode::ProtocolError });
            return Step::Stop;
        }
        match decode(version, bytes, &Limits { packet_bytes_max, sender: Sender::Client }) {
            Ok(Decoded::Need(_)) => Step::Wait,
            Ok(Decoded::Packet(packet, used)) => {
                self.heard = now;
                if let Err(broken) = self.take(packet) {
                    self.break_off(broken);
                }
                Step::Took(used)
            }
            Err(malformed) => {
                if malformed == Malformed::ProtocolLevel {
                    self.refuse_version();
                }
                self.break_off(malformed.into());
                Step::Stop
            }
        }
    }

    fn take(&mut self, packet: Packet<'_>) -> Result<(), Broken> {
        match packet {
            Packet::Connect(connect) => self.take_connect(&connect),
            Packet::Publish(publish) => self.take_publish(&publish),
            Packet::PubAck(ack) => {
                self.take_puback(&ack);
                Ok(())
            }
            Packet::Subscribe(subscribe) => self.take_subscribe(&subscribe),
            Packet::Unsubscribe(unsubscribe) => self.take_unsubscribe(&unsubscribe),
            Packet::PingReq => self.put(&Packet::PingResp),
            Packet::Disconnect(outcome) => self.take_disconnect(&outcome),
            Packet::PubRec(_) | Packet::PubRel(_) | Packet::PubComp(_) => {
                Err(Broken { name: "qos-2-packet", reason: ReasonCode::ProtocolError })
            }
            Packet::Auth(_) => Err(Broken { name: "auth-not-offered", reason: ReasonCode::ProtocolError }),
            Packet::ConnAck(_) | Packet::SubAck(_) | Packet::UnsubAck(_) | Packet::PingResp => {
                Err(Malformed::WrongSide.into())
            }
        }
    }

    fn take_disconnect(&mut self, outcome: &Outcome<'_>) -> Result<(), Broken> {
        let keeps = |p| matches!(p, Property::SessionExpirySecs(secs) if secs > 0);
        if outcome.properties.iter().any(keeps) && self.open().is_some_and(|open| !open.asked_expiry) {
            return Err(Broken { name: "session-expiry-raised", reason: ReasonCode::ProtocolError });
        }
        self.end(CloseCause::ByDevice(outcome.reason));
        Ok(())
    }

    /// Ends the connection over a broken rule (`[MQTT-4.13.1-1]`), telling why where the protocol allows it.
    fn break_off(&mut self, broken: Broken) {
        self.refused(broken.name);
        self.say_goodbye(broken.reason, Some(broken.name));
        self.end(CloseCause::Refused(broken.name));
    }

    fn refused(&mut self, name: &'static str) {
        self.actions.push_back(Action::Refused { name });
    }

    /// Nothing is read or written after this (`[MQTT-3.14.4-1]`).
    fn end(&mut self, cause: CloseCause) {
        if !self.is_over() {
            self.state = State::Over;
            self.ending = Some(cause);
        }
    }

    /// Queues a DISCONNECT on a connected 5.0 connection; earlier there is none (`[MQTT-3.14.0-1]`).
    fn say_goodbye(&mut self, reason: ReasonCode, words: Option<&str>) {
        let Some(open) = self.open() else { return };
        if open.version == Version::V311 {
            return;
        }
        let known = if reason.belongs_in(PacketKind::Disconnect) { reason } else { ReasonCode::Unspecified };
        let mut list = words.map(reason_string).unwrap_or_default();
        self.hints.farewell(known, &mut list);
        let in_words = Packet::Disconnect(Outcome { reason: known, properties: list.as_properties() });
        if self.put(&in_words).is_err() {
            // Too long for what the device takes (`[MQTT-3.14.2-3]`): say it without words, or not at all.
            let bare = Packet::Disconnect(Outcome { reason: known, properties: Properties::NONE });
            self.put(&bare).unwrap_or_default();
        }
    }

    /// Queues a packet unless it is larger than the device takes (`[MQTT-3.1.2-24]`).
    fn put(&mut self, packet: &Packet<'_>) -> Result<(), Broken> {
        const TOO_SMALL: Broken =
            Broken { name: "device-packet-limit-too-small", reason: ReasonCode::ImplementationSpecific };
        let State::Open(open) = &self.state else { return Ok(()) };
        let start = self.output.len();
        let written = packet.encode(open.version, &mut self.output);
        let fits = self.output.len() - start <= usize::try_from(open.packet_bytes_max).unwrap_or(usize::MAX);
        if written.is_err() || !fits {
            self.output.truncate(start);
            return Err(TOO_SMALL);
        }
        Ok(())
    }
}

/// A list that holds one reason string; our names are far shorter than any limit.
fn reason_string(words: &str) -> PropertyList {
    let mut list = PropertyList::new();
    list.push(Property::ReasonString(words)).unwrap_or_default();
    list
}

#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "a test names the one action it waits for")]
mod tests;
