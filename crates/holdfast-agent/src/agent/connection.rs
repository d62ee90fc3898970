//! The connection's life: get a credential, connect, prove it, renew it in time, wait with jitter after a failure.

use std::sync::Arc;

use holdfast_core::backoff::Backoff;
use holdfast_core::time::{Millis, Timestamp};
use tokio::sync::mpsc;

use super::{Agent, Brought};
use crate::clock;
use crate::credential::{self, CANDIDATE_TRIES_MAX, Enrolment};
use crate::device_state::CredentialSlot;
use crate::door::Door;
use crate::fault::Fault;
use crate::link::{self, ToLink};
use crate::tls;

/// Between two looks at the certificate's age.
const RENEWAL_LOOK: Millis = Millis(60_000);
/// Refusals of a connection that last until the device has another credential: what the gateway says of a device or
/// certificate that is revoked, superseded, expired or unknown.
const CREDENTIAL_REFUSALS: [&str; 2] = ["banned", "not-authorized"];
/// Protocol name of MQTT in TLS.
const ALPN: &[u8] = b"mqtt";

#[derive(Debug)]
enum State {
    /// Waits for this moment.
    Waiting(Millis),
    /// A task asks for the first credential.
    Enrolling,
    /// A task connects or is connected.
    Linked { orders: mpsc::Sender<ToLink>, slot: CredentialSlot, ready: bool },
}

/// The state of the connection.
#[derive(Debug)]
pub(super) struct Connection {
    state: State,
    waits: Backoff,
    number: u64,
    candidate_failures: u8,
    turned_away: u8,
    renewing: bool,
    look_at: Millis,
}

impl Connection {
    pub(super) const fn new(waits: Backoff) -> Self {
        let now = Millis(0);
        Self {
            state: State::Waiting(now),
            waits,
            number: 0,
            candidate_failures: 0,
            turned_away: 0,
            renewing: false,
            look_at: RENEWAL_LOOK,
        }
    }

    /// A connection whose task has ended, before anybody was told.
    #[cfg(test)]
    pub(super) fn pretend_linked(&mut self) {
        let (orders, _) = mpsc::channel(1);
        self.state = State::Linked { orders, slot: CredentialSlot::A, ready: true };
    }

    /// Whether messages can be published.
    pub(super) const fn is_ready(&self) -> bool {
        matches!(self.state, State::Linked { ready: true, .. })
    }

    /// Whether there is a task with a connection.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Linked { .. })
    }

    /// Whether a message is of the current connection.
    pub(super) const fn is_current(&self, number: u64) -> bool {
        self.number == number && self.is_open()
    }

    pub(super) const fn deadline(&self) -> Option<Millis> {
        match self.state {
            State::Waiting(at) => Some(at),
            State::Enrolling => None,
            State::Linked { .. } => Some(self.look_at),
        }
    }

    /// Gives the link an order; says whether it was taken.
    pub(super) fn order(&self, order: ToLink) -> bool {
        match &self.state {
            State::Linked { orders, .. } => orders.try_send(order).is_ok(),
            State::Waiting(_) | State::Enrolling => false,
        }
    }

    fn wait(&mut self) {
        let now = clock::monotonic();
        let wait = self.waits.next_wait(now);
        self.state = State::Waiting(Millis(now.0.saturating_add(wait.0)));
    }
}

impl Agent {
    /// Connects, enrols or renews if that is due.
    pub(super) fn drive_connection(&mut self, now: Millis) {
        match self.connection.state {
            State::Waiting(at) if at <= now => {
                if let Err(fault) = self.connect() {
                    self.refusals.count(fault.name(), "connect");
                    tracing::warn!(fault.text = %fault, "cannot connect");
                    self.connection.wait();
                }
            }
            State::Linked { slot, ready: true, .. } if self.connection.look_at <= now => {
                self.connection.look_at = Millis(now.0 + RENEWAL_LOOK.0);
                self.renew_if_due(slot);
            }
            State::Waiting(_) | State::Enrolling | State::Linked { .. } => {}
        }
    }

    fn connect(&mut self) -> Result<(), Fault> {
        let now = self.trusted_now();
        let chosen = credential::choose(&self.layout, &self.record)?;
        let usable = chosen
            .filter(|(_, identity)| identity.chain.first().is_some_and(|leaf| !credential::is_expired(leaf, now)));
        let Some((slot, identity)) = usable else {
            let slot = credential::place_to_enrol(&self.layout, &self.record)?;
            self.enrol(slot, false);
            return Ok(());
        };
        if self.connection.turned_away >= CANDIDATE_TRIES_MAX {
            // Perhaps a person has allowed the device to enrol again; if not, the platform refuses by name.
            self.connection.turned_away = 0;
            self.enrol(slot.other(), true);
            return Ok(());
        }
        let floor = Timestamp::from_micros(self.record.value.time_floor_us);
        let tls = Arc::new(tls::config(self.trust.document(), &identity, floor, ALPN)?);
        let target = link::Target {
            device: self.config.device.clone(),
            host: self.config.mqtt_host.clone(),
            port: self.config.mqtt_port,
            keep_alive_s: self.config.timing.keep_alive_s,
            tls,
        };
        self.connection.number += 1;
        let orders = link::open(target, self.connection.number, self.heard.clone());
        self.connection.state = State::Linked { orders, slot, ready: false };
        Ok(())
    }

    fn enrol(&mut self, slot: CredentialSlot, new_key: bool) {
        let enrolment = Enrolment { new_key, ..self.enrolment(slot) };
        let brings = self.brings.clone();
        self.connection.state = State::Enrolling;
        tokio::spawn(async move { brings.send(Brought::Credential(enrolment.enrol().await)).await });
    }

    fn enrolment(&self, slot: CredentialSlot) -> Enrolment {
        Enrolment {
            layout: self.layout.clone(),
            config: self.config.clone(),
            trust: self.trust.document().clone(),
            time_floor: Timestamp::from_micros(self.record.value.time_floor_us),
            slot,
            new_key: false,
        }
    }

    fn renew_if_due(&mut self, slot: CredentialSlot) {
        let now = self.trusted_now();
        let identity = credential::read(&self.layout, slot).ok().flatten();
        let due = identity.and_then(|identity| identity.chain.first().map(|leaf| credential::is_due(leaf, now)));
        if due == Some(true) && !self.connection.renewing && self.record.value.candidate.is_none() {
            self.connection.renewing = true;
            let enrolment = self.enrolment(slot.other());
            let brings = self.brings.clone();
            tokio::spawn(async move { brings.send(Brought::Credential(enrolment.renew().await)).await });
        }
    }

    /// A credential was received: the next connection tries it.
    pub(super) fn credential_came(&mut self, result: Result<CredentialSlot, Fault>) {
        let enrolling = matches!(self.connection.state, State::Enrolling);
        self.connection.renewing = false;
        let saved = result.and_then(|slot| {
            self.record.value.candidate = Some(slot);
            self.record.save()
        });
        match saved {
            Ok(()) => {
                self.connection.candidate_failures = 0;
                if enrolling {
                    self.connection.state = State::Waiting(clock::monotonic());
                } else {
                    self.close_link();
                }
            }
            Err(fault) => {
                tracing::warn!(fault.name = fault.name(), fault.text = %fault, "no credential");
                self.refusals.count(fault.name(), "credential");
                if enrolling {
                    self.connection.wait();
                }
            }
        }
    }

    /// The platform accepted this connection: its credential is proven.
    pub(super) fn link_ready(&mut self) {
        if let State::Linked { slot, ready, .. } = &mut self.connection.state {
            *ready = true;
            let slot = *slot;
            let now = clock::monotonic();
            self.connection.waits.connected(now);
            self.connection.candidate_failures = 0;
            self.connection.turned_away = 0;
            self.connection.look_at = Millis(now.0 + 1_000);
            let proven = credential::proven(&mut self.record, slot);
            self.note("keep the proven credential", proven);
            self.quarantined = false;
            tracing::info!(mqtt.connection = self.connection.number, "connected");
        }
    }

    /// The connection ended: nothing is on its way any more, and another one follows after a wait.
    pub(super) fn link_closed(&mut self, name: &str, detail: &str, turned_away: bool) {
        tracing::info!(mqtt.closed = name, mqtt.detail = detail, "connection ended");
        let was_candidate = match &self.connection.state {
            State::Linked { slot, ready: false, .. } => self.record.value.candidate == Some(*slot),
            State::Linked { .. } | State::Waiting(_) | State::Enrolling => false,
        };
        if was_candidate && turned_away {
            self.connection.candidate_failures += 1;
            if self.connection.candidate_failures >= CANDIDATE_TRIES_MAX {
                self.connection.candidate_failures = 0;
                let given_up = credential::give_up_candidate(&self.layout, &mut self.record);
                self.note("give up a credential", given_up);
            }
        }
        if turned_away && !was_candidate && CREDENTIAL_REFUSALS.contains(&name) {
            self.connection.turned_away = self.connection.turned_away.saturating_add(1);
        }
        self.flush();
        self.on_the_way.clear();
        self.queue.release_all();
        self.commands.release_all();
        self.shadow.set_told(false);
        self.software.link_closed();
        self.connection.wait();
    }

    /// Takes leave of the platform.
    pub(super) fn close_link(&mut self) {
        let _ = self.connection.order(ToLink::Close);
    }

    /// The devices' HTTPS door under the proven credential; `None` before there is one.
    pub(super) fn door(&self) -> Option<Door> {
        let slot = self.record.value.credential?;
        let identity = credential::read(&self.layout, slot).ok().flatten()?;
        let floor = Timestamp::from_micros(self.record.value.time_floor_us);
        let tls = tls::config(self.trust.document(), &identity, floor, b"").ok()?;
        Door::open(&self.config.est_url, tls).ok()
    }
}
