//! What is heard: messages of the platform and lines of the application, each given to who decides about it.

use holdfast_core::topic::DownChannel;

use super::Agent;
use crate::application::{FromApplication, Heard};
use crate::conversation::{self, Delta, Order, Policy, Said};
use crate::fault::Fault;
use crate::link::{FromLink, ToLink};
use crate::secrets;

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

    fn received(&mut self, channel: DownChannel, payload: &[u8]) {
        let malformed = |_| Fault::refused("message-malformed");
        let taken = match channel {
            DownChannel::ShadowDelta => {
                serde_json::from_slice(payload).map_err(malformed).and_then(|delta| self.wished(delta))
            }
            DownChannel::Command => {
                serde_json::from_slice(payload).map_err(malformed).and_then(|order| self.ordered(&order))
            }
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

    fn wished(&mut self, delta: Delta) -> Result<(), Fault> {
        if self.shadow.wished(delta)? {
            self.wish_told = 0;
            self.tell_wish();
        }
        Ok(())
    }

    /// Tells the application what is wished, once it has spoken: what it says first is not an answer.
    fn tell_wish(&mut self) {
        let incarnation = self.application.incarnation();
        if self.spoke == incarnation
            && self.wish_told != incarnation
            && let Some(line) = self.shadow.wish()
            && self.application.tell(&line)
        {
            self.wish_told = incarnation;
        }
    }

    fn ordered(&mut self, order: &Order) -> Result<(), Fault> {
        let now = self.trusted_now();
        if let Some(line) = self.commands.ordered(order, now)? {
            let _ = self.application.tell(&line);
        }
        Ok(())
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
                let taken =
                    conversation::said(&line).map_err(Fault::refused).and_then(|said| self.application_said(said));
                self.note("line of the application", taken);
                if self.spoke != from.incarnation {
                    self.spoke = from.incarnation;
                    for line in self.commands.unanswered() {
                        let _ = self.application.tell(line);
                    }
                }
                self.tell_wish();
            }
            Heard::Ended(how) => self.application.ended(&how),
        }
    }

    fn application_said(&mut self, said: Said) -> Result<(), Fault> {
        match said {
            Said::Reading { stream, fields } => self.measured(stream.as_str(), &fields),
            Said::Event { kind, text } => {
                self.happened(&kind, &text);
                Ok(())
            }
            Said::Reported(fields) => {
                let answered = self.wish_told == self.application.incarnation() && self.wish_told != 0;
                self.shadow.reported(fields, answered)
            }
            Said::Result(id, result) => self.commands.answered(id, result),
            Said::Secret(name) => {
                let answer = secrets::answer(&self.layout, &self.keys, &name);
                let _ = self.application.tell(&answer);
                Ok(())
            }
            Said::Keep(name, value) => {
                let answer = secrets::keep(&self.layout, &self.keys, &name, value.as_ref());
                let _ = self.application.tell(&answer);
                Ok(())
            }
        }
    }
}
