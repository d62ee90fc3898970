//! What is heard: messages of the platform and lines of the application, each given to who decides about it.

use holdfast_core::order::{OrderRefusal, verify_desired, verify_order};
use holdfast_core::topic::DownChannel;

use super::{Agent, homes};
use crate::application::{FromApplication, Heard};
use crate::commands;
use crate::conversation::{self, Delta, Order, Policy, Said};
use crate::fault::Fault;
use crate::hooks::{self, Hook};
use crate::link::{FromLink, ToLink};
use crate::secrets;

/// Orders of an unknown signer that are kept until a newer trust document is looked for; the oldest makes room.
const OF_UNKNOWN_SIGNER_MAX: usize = 8;

impl Agent {
    /// The link told something.
    pub(super) fn link_told(&mut self, number: u64, what: FromLink) {
        if !self.connection.is_current(number) {
            return;
        }
        match what {
            FromLink::Reached(server) => self.connection.reached(server),
            FromLink::Return(hint, for_good) => self.told_to_return(hint, for_good),
            FromLink::Ready => self.link_ready(),
            FromLink::Received { packet_id, channel, payload } => {
                self.received(channel, &payload);
                if let Some(packet) = packet_id {
                    let _ = self.connection.order(ToLink::Accept(packet));
                }
            }
            FromLink::Acked(token) => self.acked(token),
            FromLink::Refused { token, reason, name } => self.refused(token, reason, &name),
            FromLink::Closed { name, detail, turned_away, outage } => {
                self.link_closed(&name, &detail, turned_away, outage);
            }
        }
    }

    /// Keeps newer trust documents, and looks again at the orders whose signer was unknown: the platform sends each order
    /// once on a connection.
    pub(super) fn trust_more(&mut self, documents: &[Vec<u8>]) -> Result<(), Fault> {
        for document in documents {
            self.trust.extend(document)?;
        }
        if !documents.is_empty() {
            for (channel, payload) in std::mem::take(&mut self.of_unknown_signer) {
                self.received(channel, &payload);
            }
        }
        Ok(())
    }

    fn received(&mut self, channel: DownChannel, payload: &[u8]) {
        let malformed = |_| Fault::refused("message-malformed");
        let taken = match channel {
            DownChannel::ShadowDelta => self.signed_wish(payload),
            DownChannel::Command => self.signed_order(payload),
            DownChannel::Update => {
                self.software.look_now();
                Ok(())
            }
            DownChannel::Challenge => match conversation::challenge(payload) {
                Some(nonce) => {
                    self.challenged(nonce);
                    Ok(())
                }
                None => Err(Fault::refused("message-malformed")),
            },
            DownChannel::Policy => {
                serde_json::from_slice(payload).map_err(malformed).map(|policy| self.policy(&policy))
            }
        };
        self.note(channel.path(), taken);
    }

    /// A command counts only if the maker's server signed it for this device: whoever carries messages cannot make one.
    fn signed_order(&mut self, payload: &[u8]) -> Result<(), Fault> {
        let verified = verify_order(payload, &self.trust.document().content().freshness, &self.config.device);
        let order = verified.map_err(|why| self.unbelieved(&why, DownChannel::Command, payload))?;
        let order = commands::read(order.into_inner())?;
        self.ordered(&order)
    }

    /// The same for what the shadow wants changed.
    fn signed_wish(&mut self, payload: &[u8]) -> Result<(), Fault> {
        let verified = verify_desired(payload, &self.trust.document().content().freshness, &self.config.device);
        let order = verified.map_err(|why| self.unbelieved(&why, DownChannel::ShadowDelta, payload))?.into_inner();
        let f = serde_json::from_str(&order.fields).map_err(|_| Fault::refused("message-malformed"))?;
        self.wished(Delta { v: order.version, f }, None)
    }

    /// An order that is not believed is told to the platform; an unknown signer may be one of a newer trust document.
    fn unbelieved(&mut self, why: &OrderRefusal, channel: DownChannel, payload: &[u8]) -> Fault {
        if *why == OrderRefusal::UnknownSigner {
            if self.of_unknown_signer.len() >= OF_UNKNOWN_SIGNER_MAX {
                self.of_unknown_signer.remove(0);
            }
            self.of_unknown_signer.push((channel, payload.to_vec()));
            self.software.look_now();
        }
        self.alarmed("order-refused", why.name());
        Fault::refused(why.name())
    }

    fn wished(&mut self, delta: Delta, at_us: Option<i64>) -> Result<(), Fault> {
        self.decided(delta.f.keys());
        if self.shadow.wished(delta, at_us, self.trusted_now().as_micros())? {
            self.wish_changed();
        }
        Ok(())
    }

    /// Whoever keeps the properties that are wished now is told.
    pub(super) fn wish_changed(&mut self) {
        self.wish_told = 0;
        self.core_wish_changed();
        self.tell_wish();
        self.tell_core();
    }

    /// Tells the application what is wished, once it has spoken: what it says first is not an answer.
    fn tell_wish(&mut self) {
        let incarnation = self.application.incarnation();
        if self.spoke == incarnation
            && self.wish_told != incarnation
            && let Some(line) = self.shadow.wish(|name| !self.core_function.keeps(name))
            && self.application.tell(&line)
        {
            self.wish_told = incarnation;
        }
    }

    fn ordered(&mut self, order: &Order) -> Result<(), Fault> {
        let now = self.trusted_now();
        if self.commands.ordered(order, now)? {
            if homes::is_own(&order.action) {
                return self.carry_out_here(order);
            }
            self.give_commands();
            self.tell_core();
        }
        Ok(())
    }

    /// Gives the application the commands that wait for it, once it has spoken.
    fn give_commands(&mut self) {
        if self.spoke != self.application.incarnation() || !self.application.is_alive() {
            return;
        }
        while let Ok(Some(line)) =
            self.commands.give(|action| !homes::is_own(action) && !self.core_function.carries_out(action))
        {
            let _ = self.application.tell(&line);
        }
    }

    fn policy(&mut self, policy: &Policy) {
        if policy.quarantined != self.quarantined {
            let reason = policy.reason.as_deref().unwrap_or("");
            tracing::warn!(policy.quarantined = policy.quarantined, policy.reason = reason, "policy changed");
        }
        self.quarantined = policy.quarantined;
        self.returning.policy_said();
        if policy.recover {
            self.asked_to_recover();
        }
    }

    /// The application did something.
    pub(super) fn application_did(&mut self, from: FromApplication) {
        if from.incarnation != self.application.incarnation() {
            return;
        }
        match from.heard {
            Heard::Line(line) => {
                match hooks::read(&line) {
                    Some(Hook::Alive) => {}
                    Some(Hook::Confirm) => drop(self.confirm(None)),
                    Some(Hook::Deny) => drop(self.deny()),
                    None => {
                        let said = conversation::said(&line).map_err(Fault::refused);
                        let taken = said.and_then(|said| self.application_said(said, false));
                        self.note("line of the application", taken);
                    }
                }
                self.spoke = from.incarnation;
                self.give_commands();
                self.tell_wish();
            }
            Heard::Ended(how) => {
                self.alarmed("application-ended", &how);
                self.application.ended(&how);
                let core = &self.core_function;
                let over = self.commands.interrupted(|action| !homes::is_own(action) && !core.carries_out(action));
                self.note("end the commands of the application", over);
            }
        }
    }

    /// Takes what a program said; `by_core` if it was the core function.
    pub(super) fn application_said(&mut self, said: Said, by_core: bool) -> Result<(), Fault> {
        match said {
            Said::Reading { stream, fields } => self.measured(stream.as_str(), &fields),
            Said::Event { kind, text } => {
                self.happened(&kind, &text);
                Ok(())
            }
            Said::Reported(fields) => {
                self.sensed(&fields);
                let incarnation = self.application.incarnation();
                let answered =
                    if by_core { self.core_answers() } else { self.wish_told == incarnation && self.wish_told != 0 };
                let core = &self.core_function;
                self.shadow.reported(fields, |name| answered && core.keeps(name) == by_core)
            }
            Said::Result(id, result) => {
                if self.answered_here(id, &result) {
                    return Ok(());
                }
                self.commands.answered(id, result)
            }
            Said::Secret(name) => {
                let answer = secrets::answer(&self.layout, &self.keys, &name);
                let _ = self.say(by_core, &answer);
                Ok(())
            }
            Said::Keep(name, value) => {
                let answer = secrets::keep(&self.layout, &self.keys, &name, value.as_ref());
                let _ = self.say(by_core, &answer);
                Ok(())
            }
        }
    }
}

impl Agent {
    /// Gives a line to the program that asked.
    fn say(&self, to_core: bool, line: &serde_json::Value) -> bool {
        if to_core { self.say_to_core(line) } else { self.application.tell(line) }
    }
}
