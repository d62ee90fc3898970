//! What a device is told: its policy, challenges, the shadow's delta, open commands, a nudge to look for updates.
//!
//! Always made from what is stored now, so a message that is sent twice says the same, and one that was missed is made up
//! for at the next connection.

use std::sync::{Arc, PoisonError};

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::CommandId;
use holdfast_core::mqtt::packet::Qos;
use holdfast_core::mqtt::session::{NotSent, ServerSession};
use holdfast_core::order::{CommandOrder, DesiredOrder};
use holdfast_core::time::Millis;
use holdfast_core::topic::{DownChannel, Scope};
use holdfast_domain::fleet::connection::{ConnectionFacts, decide_connection};
use holdfast_domain::fleet::shadow::delta;
use holdfast_domain::fleet::{Command, Shadow};
use holdfast_domain::homes::OWNER_RESET;
use holdfast_domain::integrity::containment::{Policy, policy};
use holdfast_domain::telemetry::value::FieldMap;
use holdfast_store::{Store, StoreError};

use super::admission;
use super::door::Door;
use super::identity::Identity;
use super::limits::COMMANDS_PUSHED_MAX;
use super::nonces::NONCE_BYTES;
use super::records::Fault;
use super::registry::{LiveEvent, Order, Orders};
use super::talk::Talk;
use crate::clock;

/// Policy first, so that a device knows where it stands before it is asked for anything.
const SEQUENCE: [Order; 5] = [Order::Policy, Order::Challenge, Order::Shadow, Order::Commands, Order::Nudge];

impl Talk {
    /// Sends what was ordered; what does not fit into the device's window waits for [`Talk::delivered`].
    ///
    /// # Errors
    ///
    /// [`Fault`] if the store could not be read: the connection must end then, for its policy is not known.
    pub(super) async fn tell(&mut self, session: &mut ServerSession, now: Millis) -> Result<(), Fault> {
        let mut wanted = std::mem::take(&mut self.wanted);
        if self.next_challenge.is_some_and(|at| at <= now) {
            wanted = wanted.with(Order::Challenge);
            self.next_challenge = None;
        }
        let asked = self.to_read(wanted);
        let news = if asked.is_empty() {
            News::default()
        } else {
            read_news(Arc::clone(&self.door), self.identity.clone(), asked).await?
        };
        for order in SEQUENCE {
            if !wanted.has(order) {
                continue;
            }
            let sent = match order {
                Order::Policy => self.tell_policy(session, &news),
                Order::Challenge => self.challenge(session, now),
                Order::Shadow => self.tell_shadow(session, &news)?,
                Order::Commands => self.tell_commands(session, &news),
                Order::Nudge => publish(session, DownChannel::Update, b"{}"),
                Order::Disconnect | Order::TakenOver | Order::Drain | Order::Budget => Ok(()),
            };
            match sent {
                Err(NotSent::WindowFull) => self.held = self.held.with(order),
                Err(NotSent::TooLarge) => self.refused(NotSent::TooLarge.name()),
                // It asks again by subscribing, or has no right to know.
                Ok(()) | Err(NotSent::NotConnected | NotSent::NotSubscribed | NotSent::Quarantined) => {}
            }
        }
        Ok(())
    }

    /// The orders for which the store has to be read. Memory knows when there is nothing to tell.
    fn to_read(&self, wanted: Orders) -> Orders {
        let about = wanted.only(&[Order::Policy, Order::Shadow, Order::Commands]);
        if about.is_empty() {
            return about;
        }
        let Some((scope, known)) = admission::stands(&self.identity, &self.door) else { return about };
        let news = [
            (Order::Policy, scope == Scope::Quarantine),
            (Order::Shadow, known.shadow_differs),
            (Order::Commands, known.open_commands),
        ];
        news.into_iter().filter(|(_, some)| !some).fold(about, |left, (order, _)| left.without(order))
    }

    /// Narrows or widens the session at once, and tells the device. One that may not be here any more is cut off.
    fn tell_policy(&mut self, session: &mut ServerSession, news: &News) -> Result<(), NotSent> {
        let Policy { quarantined, reason, recover } = match &news.policy {
            Standing::Welcome(policy) => policy,
            Standing::CutOff => {
                self.mailbox.put(Order::Disconnect);
                return Ok(());
            }
        };
        let scope = if *quarantined { Scope::Quarantine } else { Scope::Full };
        session.set_scope(scope);
        if std::mem::replace(&mut self.scope, scope) != scope {
            let device = self.identity.device.clone();
            self.door.connections.tell(LiveEvent::PolicyChanged { device, quarantined: *quarantined });
        }
        if !quarantined {
            return publish(session, DownChannel::Policy, POLICY_FREE.as_bytes());
        }
        let payload = serde_json::json!({ "quarantined": quarantined, "reason": reason, "recover": recover });
        publish(session, DownChannel::Policy, payload.to_string().as_bytes())
    }

    fn challenge(&mut self, session: &mut ServerSession, now: Millis) -> Result<(), NotSent> {
        let nonce = clock::random::<NONCE_BYTES>();
        // A digest prints as hexadecimal digits, and 32 random bytes print like one.
        let text = Sha256Digest::from_bytes(nonce);
        publish(session, DownChannel::Challenge, format!("{{\"nonce\":\"{text}\"}}").as_bytes())?;
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner).issue(nonce, now);
        self.next_challenge = Some(Millis(now.0.saturating_add(self.door.config.attest_interval_ms)));
        Ok(())
    }

    /// Sends a delta once for each version; a device that does not apply it is not asked again and again.
    fn tell_shadow(&mut self, session: &mut ServerSession, news: &News) -> Result<Result<(), NotSent>, Fault> {
        let Some(Shadow { version, desired, reported, .. }) = &news.shadow else { return Ok(Ok(())) };
        if self.shadow_sent == Some(*version) {
            return Ok(Ok(()));
        }
        let (Ok(desired), Ok(reported)) = (FieldMap::parse(desired), FieldMap::parse(reported)) else {
            tracing::error!(device = %self.identity.device, "mqtt.shadow in the store cannot be read");
            return Err(Fault);
        };
        let delta = delta(&desired, &reported);
        if delta.is_empty() {
            return Ok(Ok(()));
        }
        let device = self.identity.device.clone();
        let order = DesiredOrder { device, version: *version, fields: delta.to_string() };
        let signed = order.sign(&*self.door.authority.freshness()).map_err(|_| Fault)?;
        let sent = publish(session, DownChannel::ShadowDelta, &signed);
        if sent.is_ok() {
            self.shadow_sent = Some(*version);
        }
        Ok(sent)
    }

    /// The input of the order to erase: the secret with which this device, and no copy of its factory identity, comes back
    /// under a new key.
    fn erase_input(&self, order: &CommandId) -> String {
        let secret = self.door.authority.people_key().return_secret(order, &self.identity.device);
        format!("{{\"return\":\"{secret}\"}}")
    }

    /// Sends open commands, each once on this connection.
    fn tell_commands(&mut self, session: &mut ServerSession, news: &News) -> Result<(), NotSent> {
        let now = clock::now();
        self.commands_sent.retain(|sent| news.commands.iter().any(|command| command.id == *sent));
        let open = news.commands.iter().filter(|command| command.expires > now).take(COMMANDS_PUSHED_MAX);
        for Command { id, action, input, expires, .. } in open {
            if self.commands_sent.contains(id) {
                continue;
            }
            let (device, action) = (self.identity.device.clone(), action.clone());
            let input = if action == OWNER_RESET { self.erase_input(id) } else { input.clone() };
            let order = CommandOrder { device, id: *id, action, input, expires: *expires };
            let Ok(signed) = order.sign(&*self.door.authority.freshness()) else { continue };
            publish(session, DownChannel::Command, &signed)?;
            self.commands_sent.push(*id);
        }
        Ok(())
    }
}

/// The policy of a device that nothing is held against.
const POLICY_FREE: &str = r#"{"quarantined":false,"reason":null,"recover":false}"#;

/// Whether a device may still be here.
#[derive(Debug)]
enum Standing {
    Welcome(Policy),
    CutOff,
}

/// What is stored about a device and was asked for.
#[derive(Debug)]
struct News {
    policy: Standing,
    /// `None` if there is nothing to do for the device.
    shadow: Option<Shadow>,
    commands: Vec<Command>,
}

impl Default for News {
    fn default() -> Self {
        let policy = Policy { quarantined: false, reason: None, recover: false };
        Self { policy: Standing::Welcome(policy), shadow: None, commands: Vec::new() }
    }
}

/// Reads what is asked for, in one go.
async fn read_news(door: Arc<Door>, identity: Identity, asked: Orders) -> Result<News, Fault> {
    let read = move |store: &Store| {
        let mut news = News::default();
        if asked.has(Order::Policy) {
            news.policy = standing(store, &identity)?;
        }
        if asked.has(Order::Shadow) {
            news.shadow = Some(store.shadow(&identity.device)?);
        }
        if asked.has(Order::Commands) {
            news.commands = store.open_commands(&identity.device)?;
        }
        Ok(news)
    };
    door.records.read(read).await
}

fn standing(store: &Store, identity: &Identity) -> Result<Standing, StoreError> {
    let device = store.device(&identity.device)?;
    let certificate = store.certificate_by_serial(&identity.serial)?.filter(|known| known.key == identity.key);
    let facts = ConnectionFacts { device: device.as_ref(), certificate: certificate.as_ref() };
    let welcome = decide_connection(&facts, clock::now()).ok().and(device.as_ref());
    Ok(welcome.map_or(Standing::CutOff, |device| Standing::Welcome(policy(device))))
}

fn publish(session: &mut ServerSession, channel: DownChannel, payload: &[u8]) -> Result<(), NotSent> {
    session.publish(channel, payload, Qos::AtLeastOnce, 0).map(|_| ())
}
