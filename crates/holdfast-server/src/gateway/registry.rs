//! Which devices are connected now, and how the rest of the server reaches them.
//!
//! A message to a connection is one bit in its [`Mailbox`]: "the shadow changed", never the shadow itself. So a mailbox
//! cannot overflow, two orders of one kind are one, and the connection always sends what is true when it gets to it.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use futures_util::task::AtomicWaker;
use holdfast_core::id::DeviceId;
use holdfast_core::time::Millis;
use holdfast_domain::decision::Effect;
use tokio::sync::broadcast;

use super::limits::LIVE_EVENTS_MAX;
use super::metrics::{Counters, Metrics, Refusals};
use super::observe::Observer;
use super::takeover::{Takeovers, Verdict};

/// One order to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Order {
    /// Send the shadow delta.
    Shadow = 1,
    /// Send the open commands.
    Commands = 1 << 1,
    /// Send an update nudge.
    Nudge = 1 << 2,
    /// Send a fresh challenge.
    Challenge = 1 << 3,
    /// Read the policy again, narrow or widen the session, tell the device.
    Policy = 1 << 4,
    /// Close: somebody decided so.
    Disconnect = 1 << 5,
    /// Close: a newer connection of the same device was admitted.
    TakenOver = 1 << 6,
    /// Close after the last acknowledgement: the server stops.
    Drain = 1 << 7,
    /// Another budget is in force.
    Budget = 1 << 8,
}

/// Orders that were waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Orders(u16);

impl Orders {
    pub(super) const NONE: Self = Self(0);

    pub(super) const fn has(self, order: Order) -> bool {
        self.0 & order as u16 != 0
    }

    pub(super) const fn with(self, order: Order) -> Self {
        Self(self.0 | order as u16)
    }

    pub(super) const fn without(self, order: Order) -> Self {
        Self(self.0 & !(order as u16))
    }

    /// Those of `orders` that are among these.
    pub(super) fn only(self, orders: &[Order]) -> Self {
        orders.iter().fold(Self::NONE, |some, order| Self(some.0 | self.0 & *order as u16))
    }

    pub(super) const fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// Those that make us tell the device something.
    pub(super) const fn to_tell(self) -> Self {
        const CLOSING: u16 =
            Order::Disconnect as u16 | Order::TakenOver as u16 | Order::Drain as u16 | Order::Budget as u16;
        Self(self.0 & !CLOSING)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Where orders wait for one connection.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    orders: AtomicU16,
    /// Of the one connection that waits here.
    waker: AtomicWaker,
}

impl Mailbox {
    pub(super) fn put(&self, order: Order) {
        self.orders.fetch_or(order as u16, Ordering::AcqRel);
        self.waker.wake();
    }

    pub(super) fn take(&self) -> Orders {
        Orders(self.orders.swap(0, Ordering::AcqRel))
    }

    /// Waits until there is something to take.
    pub(super) async fn rung(&self) {
        poll_fn(|context| {
            self.waker.register(context.waker());
            if self.orders.load(Ordering::Acquire) == 0 { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

/// What happens at the door right now, for people who watch. Nothing is decided by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveEvent {
    /// A device came.
    Online(DeviceId),
    /// A device went.
    Offline(DeviceId),
    /// What was stored in the last second.
    TelemetryRate {
        /// Messages stored.
        stored_per_second: u64,
        /// Open connections.
        connections: u64,
    },
    /// Something was refused.
    Refused {
        /// By whom it was sent, if that is known.
        device: Option<DeviceId>,
        /// The refusal's name.
        name: &'static str,
    },
    /// What a device said changed what is known of it: how an update goes, how it is set, how a command ended.
    Changed(DeviceId),
    /// A device was contained or let back; read its page for the reason.
    PolicyChanged {
        /// Which.
        device: DeviceId,
        /// Whether it is contained now.
        quarantined: bool,
    },
}

#[derive(Debug)]
struct Entry {
    number: u64,
    address: IpAddr,
    mailbox: Arc<Mailbox>,
}

#[derive(Debug, Default)]
struct Live {
    entries: BTreeMap<DeviceId, Entry>,
    takeovers: Takeovers,
}

#[derive(Debug)]
struct Inner {
    live: Mutex<Live>,
    numbers: AtomicU64,
    events: broadcast::Sender<LiveEvent>,
    refusals: Refusals,
    counters: Counters,
    observer: Observer,
}

/// The live connections of the devices' door; cheap to clone, held by everything that has to reach a device.
#[derive(Debug, Clone)]
pub struct Connections(Arc<Inner>);

impl Default for Connections {
    fn default() -> Self {
        Self::new()
    }
}

impl Connections {
    /// Nobody is connected yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            live: Mutex::new(Live::default()),
            numbers: AtomicU64::new(1),
            events: broadcast::channel(LIVE_EVENTS_MAX).0,
            refusals: Refusals::default(),
            counters: Counters::default(),
            observer: Observer::default(),
        }))
    }

    /// Whether the device has an admitted session at this moment.
    #[must_use]
    pub fn is_online(&self, device: &DeviceId) -> bool {
        self.live().entries.contains_key(device)
    }

    /// How many devices have an admitted session.
    #[must_use]
    pub fn count(&self) -> usize {
        self.live().entries.len()
    }

    /// Carries out an effect of a decision on the open session of its device, if there is one.
    ///
    /// Returns whether there was one. Effects for other parts of the server are not ours and return `false`.
    #[expect(clippy::must_use_candidate, reason = "who is not connected hears it at the next connection")]
    pub fn push(&self, effect: &Effect) -> bool {
        let (device, order) = match effect {
            Effect::PushShadow(device) => (device, Order::Shadow),
            Effect::PushCommands(device) => (device, Order::Commands),
            Effect::NudgeUpdate(device) => (device, Order::Nudge),
            Effect::Challenge(device) => (device, Order::Challenge),
            Effect::PushPolicy(device) => (device, Order::Policy),
            Effect::Disconnect(device) => (device, Order::Disconnect),
            Effect::PushThrottle(device) => (device, Order::Budget),
            Effect::WakeDeployment(_) | Effect::WakePlaybook(_) | Effect::WakeBulk(_) => return false,
        };
        let mailbox = self.live().entries.get(device).map(|entry| Arc::clone(&entry.mailbox));
        mailbox.is_some_and(|mailbox| {
            mailbox.put(order);
            true
        })
    }

    /// What each device does, and its lowered budgets.
    #[must_use]
    pub fn observer(&self) -> &Observer {
        &self.0.observer
    }

    /// Follows what happens at the door from now on.
    #[must_use]
    pub fn follow(&self) -> broadcast::Receiver<LiveEvent> {
        self.0.events.subscribe()
    }

    /// Numbers of the door at this moment.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.0.counters.snapshot()
    }

    /// Named refusals of the door.
    #[must_use]
    pub fn refusals(&self) -> Refusals {
        self.0.refusals.clone()
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.0.counters
    }

    pub(super) fn tell(&self, event: LiveEvent) {
        // No follower is not an error.
        let _ = self.0.events.send(event);
    }

    /// Counts a refusal and shows it to who watches.
    pub(super) fn refused(&self, device: Option<&DeviceId>, name: &'static str) {
        self.0.refusals.count(name);
        if let Some(device) = device {
            self.0.observer.refused(device, name);
        }
        Counters::add(&self.0.counters.refused, 1);
        if self.0.events.receiver_count() > 0 {
            self.tell(LiveEvent::Refused { device: device.cloned(), name });
        }
    }

    /// Makes this the one connection of `device`; the one before is told to close.
    pub(super) fn register(
        &self,
        device: &DeviceId,
        address: IpAddr,
        mailbox: &Arc<Mailbox>,
        now: Millis,
    ) -> Registered {
        let number = self.0.numbers.fetch_add(1, Ordering::Relaxed);
        let mut live = self.live();
        let old = live.entries.get(device).map(|entry| (entry.address, Arc::clone(&entry.mailbox)));
        let verdict =
            old.as_ref().map_or(Verdict::Ordinary, |(old, _)| live.takeovers.note(device, *old, address, now));
        if let Verdict::TooMany { first } = verdict {
            return Registered::Refused { tell: first };
        }
        live.entries.insert(device.clone(), Entry { number, address, mailbox: Arc::clone(mailbox) });
        drop(live);
        if let Some((_, old)) = old {
            old.put(Order::TakenOver);
        }
        self.tell(LiveEvent::Online(device.clone()));
        let place = Place { connections: self.clone(), device: device.clone(), number };
        Registered::Admitted { place, clone_suspected: verdict == Verdict::CloneSuspected }
    }

    /// Tells every connection to close after its last acknowledgement.
    pub(super) fn drain(&self) {
        for entry in self.live().entries.values() {
            entry.mailbox.put(Order::Drain);
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Result of [`Connections::register`].
#[derive(Debug)]
pub(super) enum Registered {
    /// The device has this connection now.
    Admitted {
        /// Its place; leaving it takes the device offline.
        place: Place,
        /// Whether people have to be told of a suspected clone.
        clone_suspected: bool,
    },
    /// Too many take-overs; the older connection stays.
    Refused {
        /// Whether people have to be told of a suspected clone.
        tell: bool,
    },
}

/// A connection's entry in the registry; dropped with the connection.
#[derive(Debug)]
pub(super) struct Place {
    connections: Connections,
    device: DeviceId,
    number: u64,
}

impl Place {
    /// Whether no newer connection of this device has been admitted.
    pub(super) fn is_current(&self) -> bool {
        self.connections.live().entries.get(&self.device).is_some_and(|entry| entry.number == self.number)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut live = self.connections.live();
        if live.entries.get(&self.device).is_some_and(|entry| entry.number == self.number) {
            live.entries.remove(&self.device);
            drop(live);
            self.connections.tell(LiveEvent::Offline(self.device.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn admitted(connections: &Connections, device: &DeviceId) -> (Place, Arc<Mailbox>) {
        let mailbox = Arc::new(Mailbox::default());
        match connections.register(device, HOME, &mailbox, Millis(0)) {
            Registered::Admitted { place, .. } => (place, mailbox),
            Registered::Refused { .. } => panic!("refused"),
        }
    }

    #[test]
    fn a_newer_connection_pushes_out_the_older_whose_end_changes_nothing() {
        let connections = Connections::new();
        let device: DeviceId = "hearth-0001".parse().unwrap();
        let (old, mailbox) = admitted(&connections, &device);
        let (new, _) = admitted(&connections, &device);
        assert!(mailbox.take().has(Order::TakenOver));
        assert!(!old.is_current() && new.is_current());
        drop(old);
        assert!(connections.is_online(&device));
        drop(new);
        assert!(!connections.is_online(&device));
        assert_eq!(connections.count(), 0);
    }

    #[test]
    fn orders_of_one_kind_are_one_and_none_is_lost() {
        let connections = Connections::new();
        let device: DeviceId = "hearth-0001".parse().unwrap();
        let (_place, mailbox) = admitted(&connections, &device);
        assert!(connections.push(&Effect::PushShadow(device.clone())));
        assert!(connections.push(&Effect::PushShadow(device.clone())));
        assert!(connections.push(&Effect::Disconnect(device.clone())));
        let orders = mailbox.take();
        assert_eq!(orders, Orders::NONE.with(Order::Shadow).with(Order::Disconnect));
        assert!(mailbox.take().is_empty());
        assert!(!connections.push(&Effect::PushShadow("hearth-0002".parse().unwrap())));
    }

    #[tokio::test]
    async fn an_order_put_before_the_wait_is_heard() {
        let mailbox = Mailbox::default();
        mailbox.put(Order::Nudge);
        mailbox.rung().await;
        assert!(mailbox.take().has(Order::Nudge));
    }

    #[test]
    fn too_many_takeovers_leave_the_older_connection_alone() {
        let connections = Connections::new();
        let device: DeviceId = "hearth-0001".parse().unwrap();
        let (mut place, mailbox) = admitted(&connections, &device);
        for _ in 0..super::super::limits::TAKEOVERS_MAX {
            place = admitted(&connections, &device).0;
        }
        assert!(matches!(connections.register(&device, HOME, &mailbox, Millis(1)), Registered::Refused { tell: true }));
        assert!(place.is_current());
    }
}
