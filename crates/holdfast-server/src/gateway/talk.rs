//! What is said on one connection: who may come in, what is taken from the device, and what it is told.
//!
//! Keeps only what the session machine and the store do not: the policy in force, open nonces, what was sent already.
//! Rules are the domain's; documents go through [`super::up`], messages to the device are made in [`super::down`].

use std::sync::{Arc, Mutex};

use holdfast_core::id::CommandId;
use holdfast_core::mqtt::packet::PacketId;
use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::mqtt::session::{Admit, ServerSession, Verdict};
use holdfast_core::time::Millis;
use holdfast_core::topic::{DownChannel, Scope, UpChannel};
use holdfast_domain::telemetry::Priority;
use holdfast_store::telemetry::Appended;
use tokio::time::timeout;

use super::door::Door;
use super::identity::Identity;
use super::limits::{DRAIN_TIME_MAX, TOUCH_INTERVAL_MS_MAX, TOUCH_INTERVAL_MS_MIN, TOUCHES_PER_KEEP_ALIVE};
use super::metrics::Counters;
use super::nonces::Nonces;
use super::observe::Tap;
use super::pending::{Done, Pending, Proven, Refused, Stop};
use super::presence::Lease;
use super::readings::{Came, Readings};
use super::records::refusal_of;
use super::registry::{Mailbox, Order, Orders, Place, Registered};
use super::{admission, returning, signed, up};
use crate::clock;

/// One side of one conversation: ours.
pub(super) struct Talk {
    pub(super) identity: Identity,
    pub(super) door: Arc<Door>,
    pub(super) mailbox: Arc<Mailbox>,
    /// What the device does, for the detectors.
    pub(super) tap: Tap,
    pub(super) pending: Pending,
    /// Set once the device is known and admitted; without it nothing is taken.
    pub(super) readings: Option<Readings>,
    pub(super) nonces: Arc<Mutex<Nonces>>,
    pub(super) commands_sent: Vec<CommandId>,
    pub(super) shadow_sent: Option<u64>,
    pub(super) next_challenge: Option<Millis>,
    /// Orders to carry out, and those that wait for room in the device's window.
    pub(super) wanted: Orders,
    pub(super) held: Orders,
    /// How much of its tree the device may use, as last told.
    pub(super) scope: Scope,
    priority: Priority,
    place: Option<Place>,
    turned_away: bool,
    keep_alive_secs: u16,
    next_touch: Millis,
}

impl Talk {
    pub(super) fn new(identity: Identity, door: Arc<Door>) -> Self {
        Self {
            tap: door.connections.observer().tap(&identity.device, door.config.budgets),
            identity,
            door,
            mailbox: Arc::new(Mailbox::default()),
            pending: Pending::default(),
            readings: None,
            nonces: Arc::default(),
            commands_sent: Vec::new(),
            shadow_sent: None,
            next_challenge: None,
            wanted: Orders::NONE,
            held: Orders::NONE,
            scope: Scope::Full,
            priority: Priority::Ordinary,
            place: None,
            turned_away: false,
            keep_alive_secs: 0,
            next_touch: Millis(0),
        }
    }

    /// Looks the certificate up in the device table, after every handshake, and prepares the session for the answer.
    pub(super) async fn open(&mut self, session: &mut ServerSession) {
        match admission::decide(&self.identity, &self.door).await {
            Ok(admitted) => {
                session.set_scope(admitted.scope);
                self.scope = admitted.scope;
                let mut readings = admitted.readings;
                self.priority = readings.model(&self.door.models).priority();
                self.readings = Some(readings);
                session.set_return_window(returning::hint(&self.door, self.priority));
            }
            Err(no) => {
                self.refused(no.name);
                self.turned_away = true;
                session.set_retry_after(self.retry_after(no.reason));
                session.turn_away(no.reason);
            }
        }
    }

    /// How long the device should stay away if it is sent off for `reason`.
    pub(super) fn retry_after(&self, reason: ReasonCode) -> Option<Millis> {
        returning::retry_after(&self.door, self.priority, reason)
    }

    /// Counts a refusal of this device.
    pub(super) fn refused(&self, name: &'static str) {
        // The refusal of a device that was turned away was counted by its own name.
        if !self.turned_away {
            self.door.connections.refused(Some(&self.identity.device), name);
        }
    }

    /// The session is open: pushes out an older one, and says so if it looks like a copied key. Gives the reason why
    /// this one has to close instead, if it has.
    pub(super) fn connected(
        &mut self,
        session: &mut ServerSession,
        keep_alive_secs: u16,
        now: Millis,
    ) -> Option<ReasonCode> {
        let device = self.identity.device.clone();
        self.keep_alive_secs = keep_alive_secs;
        match self.door.connections.register(&device, self.identity.address, &self.mailbox, now) {
            Registered::Admitted { place, clone_suspected } => {
                self.place = Some(place);
                self.tap.connected(self.identity.address);
                // From now on orders reach this connection. What was decided between the handshake and now did not.
                match admission::stands(&self.identity, &self.door) {
                    Some((scope, _)) => {
                        session.set_scope(scope);
                        self.scope = scope;
                    }
                    None => self.mailbox.put(Order::Policy),
                }
                Counters::add(&self.door.connections.counters().sessions, 1);
                returning::came(&self.door, self.priority, self.identity.address);
                if clone_suspected {
                    self.pending.push(up::clone_alert(Arc::clone(&self.door), device));
                }
            }
            Registered::Refused { tell } => {
                self.refused("takeovers-too-many");
                if tell {
                    self.pending.push(up::clone_alert(Arc::clone(&self.door), device));
                }
                self.readings = None;
                return Some(ReasonCode::ConnectionRateExceeded);
            }
        }
        self.touch(now);
        if self.door.is_draining() {
            // The registry's order may have come before this place was in it.
            self.mailbox.put(Order::Drain);
        }
        None
    }

    /// The device listens on a channel: what it should know there is sent at the end of this turn.
    pub(super) const fn subscribed(&mut self, channel: DownChannel) {
        let order = match channel {
            DownChannel::ShadowDelta => {
                self.shadow_sent = None;
                Order::Shadow
            }
            DownChannel::Command => Order::Commands,
            DownChannel::Update => Order::Nudge,
            DownChannel::Challenge => Order::Challenge,
            DownChannel::Policy => Order::Policy,
        };
        self.wanted = self.wanted.with(order);
    }

    /// The device's window has room again.
    pub(super) fn delivered(&mut self) {
        self.wanted = self.wanted.and(std::mem::take(&mut self.held));
    }

    /// Orders from the rest of the server.
    pub(super) const fn ordered(&mut self, orders: Orders) {
        self.wanted = self.wanted.and(orders.to_tell());
    }

    /// When [`Self::has_to_tell`] will next be true by itself.
    pub(super) const fn poll_deadline(&self) -> Option<Millis> {
        self.next_challenge
    }

    pub(super) fn has_to_tell(&self, now: Millis) -> bool {
        !self.wanted.is_empty() || self.next_challenge.is_some_and(|at| at <= now)
    }

    /// Takes the messages of one turn: telemetry as one batch, other documents one after the other.
    pub(super) fn admit(&mut self, session: &mut ServerSession, messages: Vec<Admit>) {
        let now = clock::now();
        let Some(readings) = &mut self.readings else { return };
        readings.model(&self.door.models);
        let mut rows = Vec::new();
        let mut ids = Vec::new();
        for message in messages {
            let Admit { packet_id, channel, payload } = message;
            let came = Came { door: &self.door, device: &self.identity.device, id: packet_id, payload: &payload, now };
            let taken = if let UpChannel::Telemetry(stream) = channel {
                readings.admit(&came, stream, &mut self.pending, &mut self.tap).map(|row| {
                    if let Some(row) = row {
                        rows.push(row);
                        ids.push(packet_id);
                    }
                })
            } else if let UpChannel::Forward(author, stream) = channel {
                let role = readings.model(&self.door.models).role();
                signed::forward(&came, role, (author, stream), &mut self.pending)
            } else {
                let asked = up::Asked {
                    door: Arc::clone(&self.door),
                    device: self.identity.device.clone(),
                    model: Arc::clone(readings.model(&self.door.models)),
                    nonces: Arc::clone(&self.nonces),
                };
                up::document(asked, &channel, (packet_id, &payload), &mut self.pending)
            };
            if let Err(refused) = taken {
                refuse(&self.door, &self.identity, session, packet_id, refused);
            }
        }
        if !rows.is_empty() {
            self.tap.took(&rows);
            let since = clock::monotonic();
            let append = self.door.records.append(rows);
            self.pending.push(async move { Done::Telemetry { ids, since, result: append.await, proven: None } });
        }
    }

    /// Answers what is done. Fails if it is our fault that something was not stored.
    pub(super) fn settle(&mut self, session: &mut ServerSession, done: Done) -> Result<(), ()> {
        let counters = self.door.connections.counters();
        match done {
            Done::Telemetry { ids, since, result: Ok(appended), proven } => {
                if let Some(Proven { newest, rows }) = proven.map(|proven| *proven) {
                    self.tap.took(&rows);
                    if let (Some(readings), Some(newest)) = (&mut self.readings, newest) {
                        readings.proven(newest);
                    }
                }
                counters.commit_took(clock::monotonic().0.saturating_sub(since.0));
                let (mut stored, mut repeats) = (0, 0);
                for (id, appended) in ids.into_iter().zip(appended) {
                    match appended {
                        Appended::Stored => stored += 1,
                        Appended::Repeat => repeats += 1,
                        Appended::DeviceUnknown | Appended::CounterTooLarge => {}
                    }
                    match (refusal_of(appended), id) {
                        (Some(refused), id) => refuse(&self.door, &self.identity, session, id, refused),
                        (None, Some(id)) => session.acknowledge(id, Verdict::Stored),
                        (None, None) => {}
                    }
                }
                Counters::add(&counters.stored, stored);
                Counters::add(&counters.repeats, repeats);
            }
            Done::Document { id, result: Ok(()) } => {
                if let Some(id) = id {
                    session.acknowledge(id, Verdict::Stored);
                }
            }
            Done::Document { id, result: Err(Stop::Refused(refused)) } => {
                refuse(&self.door, &self.identity, session, id, refused);
            }
            Done::Telemetry { result: Err(fault), .. } => {
                Counters::add(&counters.faults, 1);
                tracing::error!(error = &fault as &dyn std::error::Error, "mqtt.telemetry not stored");
                return Err(());
            }
            Done::Document { result: Err(Stop::Fault), .. } => {
                Counters::add(&counters.faults, 1);
                return Err(());
            }
        }
        Ok(())
    }

    /// Renews the online lease, not too often.
    pub(super) fn touch(&mut self, now: Millis) {
        if self.place.is_none() || now < self.next_touch {
            return;
        }
        let keep_alive_ms = u64::from(self.keep_alive_secs).saturating_mul(1_000);
        let interval = (keep_alive_ms / TOUCHES_PER_KEEP_ALIVE).clamp(TOUCH_INTERVAL_MS_MIN, TOUCH_INTERVAL_MS_MAX);
        self.next_touch = Millis(now.0.saturating_add(interval));
        let seen = clock::now();
        let span = Millis(keep_alive_ms.saturating_mul(3) / 2);
        self.door.leases.put(&self.identity.device, Lease { seen, online_until: seen.plus(span) });
    }

    /// Whether the device has been let in.
    pub(super) const fn is_open(&self) -> bool {
        self.place.is_some()
    }

    /// The connection is over: carries out what was said before its end, then takes the device offline, unless a newer
    /// connection has it.
    pub(super) async fn close(&mut self, session: &mut ServerSession) {
        let rest = async {
            while !self.pending.is_empty() {
                let done = self.pending.next().await;
                if self.settle(session, done).is_err() {
                    break;
                }
            }
        };
        if timeout(DRAIN_TIME_MAX, rest).await.is_err() {
            tracing::warn!(device = %self.identity.device, "mqtt.connection left work behind");
        }
        if self.place.take().is_some_and(|place| place.is_current()) {
            let seen = clock::now();
            self.door.leases.put(&self.identity.device, Lease { seen, online_until: seen });
        }
    }
}

/// Counts a refused message and tells the device.
fn refuse(door: &Door, identity: &Identity, session: &mut ServerSession, id: Option<PacketId>, refused: Refused) {
    door.connections.refused(Some(&identity.device), refused.name);
    if let Some(id) = id {
        session.acknowledge(id, Verdict::Refused { reason: refused.reason, name: refused.name });
    }
}
