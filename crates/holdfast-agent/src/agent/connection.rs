//! The connection's life: connect, prove the credential, wait with jitter after a failure. Its room `identity` gets the
//! credential and renews it in time.

mod identity;

use holdfast_core::backoff::{Backoff, ReturnHint};
use holdfast_core::time::Millis;
use tokio::sync::mpsc;

use super::{Agent, Outage};
use crate::clock;
use crate::credential::{self, CANDIDATE_TRIES_MAX};
use crate::device_state::CredentialSlot;
use crate::link::ToLink;

/// Refusals of a connection that last until the device has another credential: what the gateway says of a device or
/// certificate that is revoked, superseded, expired or unknown.
const CREDENTIAL_REFUSALS: [&str; 2] = ["banned", "not-authorized"];
/// What the gateway, or TLS, says of a certificate whose time is over, whatever the device's clock says.
const EXPIRED: [&str; 2] = ["certificate-expired", "CertificateExpired"];

#[derive(Debug)]
enum State {
    /// Waits for this moment.
    Waiting(Millis),
    /// A task asks what time it is, or for a credential.
    Asking,
    /// A task connects or is connected.
    Linked { orders: mpsc::Sender<ToLink>, slot: CredentialSlot, ready: bool },
}

/// What is thought of the device's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// Nothing.
    None,
    /// A certificate was found not to be of this time, so it may be wrong.
    Wrong,
    /// The time was asked because of that.
    Asked,
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
    expired: bool,
    clock: Doubt,
    look_at: Millis,
    /// Which server of the configuration worked last.
    server: usize,
    /// When a door was last knocked at, and how long it must be left alone after that.
    knocked: Option<Millis>,
    knocks_apart: Millis,
}

impl Connection {
    /// A device that begins by waiting until `first`, and never knocks at any door twice within `knocks_apart`.
    pub(super) const fn new(waits: Backoff, first: Millis, knocks_apart: Millis) -> Self {
        Self {
            state: State::Waiting(first),
            waits,
            number: 0,
            candidate_failures: 0,
            turned_away: 0,
            renewing: false,
            expired: false,
            clock: Doubt::None,
            look_at: Millis(0),
            server: 0,
            knocked: None,
            knocks_apart,
        }
    }

    /// A connection whose task has ended, before anybody was told.
    #[cfg(test)]
    pub(super) fn pretend_linked(&mut self) {
        let (orders, _) = mpsc::channel(1);
        self.state = State::Linked { orders, slot: CredentialSlot::A, ready: true };
    }

    /// As if the server's certificate was found not to be of this time.
    #[cfg(test)]
    pub(super) const fn doubt_the_clock(&mut self) {
        self.clock = Doubt::Wrong;
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

    pub(super) fn deadline(&self) -> Option<Millis> {
        match self.state {
            State::Waiting(at) => Some(self.not_too_soon(at)),
            State::Asking => None,
            State::Linked { .. } => Some(self.look_at),
        }
    }

    /// Gives the link an order; says whether it was taken.
    pub(super) fn order(&self, order: ToLink) -> bool {
        match &self.state {
            State::Linked { orders, .. } => orders.try_send(order).is_ok(),
            State::Waiting(_) | State::Asking => false,
        }
    }

    /// What the platform says about coming back.
    pub(super) const fn hinted(&mut self, hint: ReturnHint) {
        self.waits.hinted(hint);
    }

    /// This server of the configuration proved itself.
    pub(super) const fn reached(&mut self, server: usize) {
        self.server = server;
    }

    /// The next server of `count` has its turn.
    const fn next_server(&mut self, count: usize) {
        self.server = if self.server + 1 < count { self.server + 1 } else { 0 };
    }

    fn not_too_soon(&self, at: Millis) -> Millis {
        self.knocked.map_or(at, |knocked| at.max(Millis(knocked.0.saturating_add(self.knocks_apart.0))))
    }

    fn wait(&mut self) {
        let now = clock::monotonic();
        let wait = self.waits.next_wait(now);
        self.state = State::Waiting(Millis(now.0.saturating_add(wait.0)));
    }

    /// Waits, but not less than the platform asked for.
    fn wait_at_least(&mut self, asked: Millis) {
        self.wait();
        if let State::Waiting(at) = &mut self.state {
            *at = Millis(at.0.max(clock::monotonic().0.saturating_add(asked.0)));
        }
    }
}

impl Agent {
    /// Connects, enrols or renews if that is due.
    pub(super) fn drive_connection(&mut self, now: Millis) {
        match self.connection.state {
            State::Waiting(at) if self.connection.not_too_soon(at) <= now => {
                self.connection.knocked = Some(now);
                if let Err(fault) = self.connect() {
                    self.refusals.count(fault.name(), "connect");
                    tracing::warn!(fault.text = %fault, "cannot connect");
                    self.connection.wait();
                }
            }
            State::Linked { slot, ready: true, .. } if self.connection.look_at <= now => {
                self.mark_alive_if_due(now);
                self.renew_if_due(slot, now);
            }
            State::Waiting(_) | State::Asking | State::Linked { .. } => {}
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
            self.connection.expired = false;
            self.connection.clock = Doubt::None;
            self.connection.look_at = now;
            let proven = credential::proven(&mut self.record, slot);
            self.note("keep the proven credential", proven);
            let returned = crate::reset::returned(&self.layout);
            self.note("forget the secret of the reset", returned);
            self.quarantined = false;
            tracing::info!(mqtt.connection = self.connection.number, "connected");
            self.outage_over(now);
        }
    }

    /// The connection ended: nothing is on its way any more, and another one follows after a wait.
    pub(super) fn link_closed(&mut self, name: &str, detail: &str, turned_away: bool, outage: Option<Outage>) {
        tracing::info!(mqtt.closed = name, mqtt.detail = detail, "connection ended");
        match outage {
            Some(outage) => self.outage(outage, self.connection.is_ready()),
            None => self.left_on_purpose(),
        }
        let was_candidate = match &self.connection.state {
            State::Linked { slot, ready: false, .. } => self.record.value.candidate == Some(*slot),
            State::Linked { .. } | State::Waiting(_) | State::Asking => false,
        };
        if was_candidate && turned_away {
            self.connection.candidate_failures += 1;
            if self.connection.candidate_failures >= CANDIDATE_TRIES_MAX {
                self.connection.candidate_failures = 0;
                let given_up = credential::give_up_candidate(&self.layout, &self.keys, &mut self.record);
                self.note("give up a credential", given_up);
            }
        }
        if turned_away && !was_candidate && CREDENTIAL_REFUSALS.contains(&name) {
            self.connection.turned_away = self.connection.turned_away.saturating_add(1);
        }
        if turned_away && EXPIRED.iter().any(|word| name == *word || detail.contains(word)) {
            self.connection.expired = true;
        }
        if outage == Some(Outage::Time) {
            self.connection.clock = Doubt::Wrong;
        }
        self.flush();
        self.on_the_way.clear();
        self.queue.release_all();
        self.queue.shed_lost();
        self.commands.release_all();
        self.shadow.set_told(false);
        self.software.link_closed();
        // Whatever still counts of these is sent again on the next connection.
        self.of_unknown_signer.clear();
        self.connection.wait();
    }

    /// Takes leave of the platform.
    pub(super) fn close_link(&mut self) {
        let _ = self.connection.order(ToLink::Close);
    }
}
