//! The device's credential: chosen for each connection, asked for when there is none, renewed after two thirds of its life.

use std::sync::Arc;

use holdfast_core::time::Millis;

use super::super::{Agent, Brought};
use super::{Doubt, State};
use crate::check::{self, TimeAnswer};
use crate::clock;
use crate::config::Config;
use crate::credential::{self, CANDIDATE_TRIES_MAX, Enrolment, Plan, Reason, Received};
use crate::device_state::CredentialSlot;
use crate::door::Door;
use crate::fault::Fault;
use crate::link;
use crate::tls;

/// Longest time between two looks at the certificate's age.
const RENEWAL_LOOK: Millis = Millis(60_000);
/// Refusals of an enrolment that a person, or time, has to end: another try soon is of no use.
const NOT_SOON: [&str; 2] = ["identity-in-use", "away-too-long"];
/// Then the device waits so many of its longest waits: ten minutes, if that is one.
const NOT_SOON_FACTOR: u64 = 10;
/// Protocol name of MQTT in TLS.
const ALPN: &[u8] = b"mqtt";

impl Agent {
    /// Opens a connection with a credential, or asks for one.
    pub(in crate::agent) fn connect(&mut self) -> Result<(), Fault> {
        let plan = credential::plan(&self.layout, &self.keys, &self.record, self.trusted_now())?;
        if self.must_ask_the_time(&plan) {
            return self.ask_the_time();
        }
        let (slot, identity) = match plan {
            Plan::Connect(slot, identity) => (slot, identity),
            Plan::Enrol(slot, reason) => {
                self.enrol(slot, reason);
                return Ok(());
            }
        };
        if std::mem::take(&mut self.connection.expired) {
            // The device's clock is behind: it has slept, and has no other clock.
            self.enrol(slot, Reason::Expired);
            return Ok(());
        }
        if self.connection.turned_away >= CANDIDATE_TRIES_MAX {
            // Perhaps a person has allowed the device to enrol again; if not, the platform refuses by name.
            self.connection.turned_away = 0;
            self.enrol(slot.other(), Reason::TurnedAway);
            return Ok(());
        }
        let tls = Arc::new(tls::config(self.trust.document(), &identity, self.corrected(), ALPN)?);
        let target = link::Target {
            device: self.config.device.clone(),
            endpoints: self.config.mqtt.clone(),
            first: self.connection.server,
            resolver: self.resolver.clone(),
            keep_alive_s: self.config.timing.keep_alive_s,
            tls,
        };
        self.connection.number += 1;
        let orders = link::open(target, self.connection.number, self.heard.clone());
        self.connection.state = State::Linked { orders, slot, ready: false };
        Ok(())
    }

    /// A certificate that is not of this time, the server's or the device's own, may be the fault of the clock: before
    /// anything is concluded from it the platform is asked, once each time.
    fn must_ask_the_time(&mut self, plan: &Plan) -> bool {
        let own_is_over = matches!(plan, Plan::Enrol(_, Reason::Expired));
        let asks = match self.connection.clock {
            Doubt::Wrong => true,
            Doubt::Asked => false,
            Doubt::None => own_is_over,
        };
        self.connection.clock = if asks { Doubt::Asked } else { Doubt::None };
        asks
    }

    /// Asks for the platform's time, signed, with the factory identity: it has no end.
    fn ask_the_time(&mut self) -> Result<(), Fault> {
        tracing::info!("asks what time it is");
        let factory = credential::factory_identity(&self.layout, &self.keys)?;
        let tls = tls::config_to_ask_the_time(self.trust.document(), &factory, self.corrected())?;
        let door = Door::open(self.est_url(), tls, &self.resolver)?;
        let (brings, version) = (self.brings.clone(), self.trust.document().version());
        self.connection.state = State::Asking;
        tokio::spawn(async move { brings.send(Brought::Time(check::ask_time(&door, version).await)).await });
        Ok(())
    }

    /// The time came: the connection is tried again at once, under a clock that is right. Without it, after a wait.
    pub(in crate::agent) fn time_came(&mut self, result: Result<TimeAnswer, Fault>) {
        let believed = result.and_then(|answer| self.believe(&answer.statement, &answer.nonce));
        match believed {
            Ok(_) => self.connection.state = State::Waiting(clock::monotonic()),
            Err(fault) => {
                tracing::warn!(fault.name = fault.name(), fault.text = %fault, "the time is not known");
                self.refusals.count(fault.name(), "time");
                if matches!(fault, Fault::Network { .. } | Fault::Untimely { .. }) {
                    self.connection.next_server(self.config.est_urls.len());
                }
                self.connection.wait_at_least(fault.asked_wait());
            }
        }
    }

    fn enrol(&mut self, slot: CredentialSlot, reason: Reason) {
        tracing::info!(credential.slot = slot.name(), credential.reason = reason.name(), "asks for a credential");
        let enrolment = self.enrolment(slot);
        let brings = self.brings.clone();
        self.connection.state = State::Asking;
        tokio::spawn(async move { brings.send(Brought::Credential(enrolment.enrol(reason).await)).await });
    }

    /// The devices' door of the server in use.
    fn est_url(&self) -> &str {
        self.config.est_urls.get(self.connection.server).unwrap_or(&self.config.est_url)
    }

    fn enrolment(&self, slot: CredentialSlot) -> Enrolment {
        Enrolment {
            layout: self.layout.clone(),
            config: Config { est_url: self.est_url().to_owned(), ..self.config.clone() },
            resolver: self.resolver.clone(),
            keys: Arc::clone(&self.keys),
            trust: self.trust.document().clone(),
            time: self.corrected(),
            slot,
        }
    }

    /// Looks at the certificate's age, and says when to look again.
    pub(super) fn renew_if_due(&mut self, slot: CredentialSlot, now: Millis) {
        let wall = self.trusted_now();
        let chain = credential::read_chain(&self.layout, slot).ok().flatten();
        let due = chain.and_then(|chain| chain.first().and_then(credential::renewal_at));
        let left = due.map_or(Millis(0), |due| due.since(wall));
        self.connection.look_at = Millis(now.0.saturating_add(left.0.clamp(1_000, RENEWAL_LOOK.0)));
        let is_due = left == Millis(0) || self.record.value.rekey;
        if is_due && !self.connection.renewing && self.record.value.candidate.is_none() {
            self.connection.renewing = true;
            let enrolment = self.enrolment(slot.other());
            let brings = self.brings.clone();
            tokio::spawn(async move { brings.send(Brought::Credential(enrolment.renew().await)).await });
        }
    }

    /// A credential was received: the next connection tries it.
    pub(in crate::agent) fn credential_came(&mut self, result: Result<Received, Fault>) {
        let enrolling = matches!(self.connection.state, State::Asking);
        self.connection.renewing = false;
        let saved = result.and_then(|received| {
            self.record.value.candidate = Some(received.slot);
            self.record.value.rekey = received.rekey;
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
                let mut asked = fault.asked_wait();
                if NOT_SOON.contains(&fault.name()) {
                    asked = Millis(self.config.timing.reconnect_ms_max.saturating_mul(NOT_SOON_FACTOR));
                }
                if enrolling {
                    if matches!(fault, Fault::Untimely { .. }) {
                        self.connection.clock = Doubt::Wrong;
                    }
                    if matches!(fault, Fault::Network { .. } | Fault::Untimely { .. }) {
                        self.connection.next_server(self.config.est_urls.len());
                    }
                    self.connection.wait_at_least(asked);
                } else {
                    let wait = asked.max(RENEWAL_LOOK);
                    self.connection.look_at = Millis(clock::monotonic().0.saturating_add(wait.0));
                }
            }
        }
    }

    /// The devices' HTTPS door under the proven credential; `None` before there is one.
    pub(in crate::agent) fn door(&self) -> Option<Door> {
        let slot = self.record.value.credential?;
        let identity = credential::read(&self.layout, &self.keys, slot).ok().flatten()?;
        let tls = tls::config(self.trust.document(), &identity, self.corrected(), b"").ok()?;
        Door::open(self.est_url(), tls, &self.resolver).ok()
    }
}
