//! A device that sends readings and remembers which were acknowledged; comes back after every loss and sends again what
//! was not. The measured truth against which a store is compared.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use holdfast_core::topic::UpChannel;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::guest::{Ended, Guest, Line};
use super::load::payload;
use crate::clock;

/// Shortest and longest wait before another try; drawn from the device's seed.
const TRY_AGAIN_MS: (u64, u64) = (20, 250);
/// Time after the order to stop until the last answer.
const LAST_ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What all reporters share.
pub(super) struct Orders {
    pub(super) address: String,
    pub(super) channel: UpChannel,
    /// Unacknowledged messages of each device.
    pub(super) in_flight: usize,
    /// Time between two turns of sending.
    pub(super) every: Duration,
    /// New messages of one turn.
    pub(super) burst: usize,
    /// Time of the reading with counter 0, and between two readings, in microseconds.
    pub(super) base_us: i64,
    /// The first counter of every device.
    pub(super) first: u64,
    /// Raised when no new message is wanted.
    pub(super) stop: watch::Receiver<bool>,
    pub(super) acknowledged: AtomicU64,
    pub(super) losses: AtomicU64,
}

/// What one device saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Counters that were acknowledged, in the order of the answers.
    pub(super) acknowledged: Vec<u64>,
    /// From the first write of a message to its acknowledgement.
    pub(super) waits_us: Vec<u32>,
    /// Refusals by name; such a message is not sent again.
    pub(super) refused: BTreeMap<String, u64>,
    /// Sent and never answered.
    pub(super) unanswered: u64,
    /// Acknowledged more than once.
    pub(super) answered_twice: u64,
}

/// A small generator that differs between devices.
#[derive(Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// A number from `low` to `high`.
    pub(super) const fn between(&mut self, low: u64, high: u64) -> u64 {
        // Knuth's linear congruential generator; the upper bits are good enough here.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + (self.0 >> 33) % (high - low + 1)
    }
}

/// One device, until it is told to stop and everything is answered.
pub(super) async fn report(guest: Guest, orders: Arc<Orders>, seed: u64) -> Seen {
    let mut reporter = Reporter::new(guest, orders, seed);
    let mut stop = reporter.orders.stop.clone();
    let work = async {
        loop {
            if reporter.session().await.is_ok() {
                break;
            }
            reporter.orders.losses.fetch_add(1, Ordering::Relaxed);
            let wait = reporter.dice.between(TRY_AGAIN_MS.0, TRY_AGAIN_MS.1);
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = async {
            let _ = stop.wait_for(|stop| *stop).await;
            tokio::time::sleep(LAST_ANSWER_WITHIN).await;
        } => {}
    }
    reporter.seen.unanswered = reporter.open.len() as u64;
    reporter.seen
}

/// The same on a connection that is open already, once: what is lost with it is not sent again.
pub(super) async fn report_on(line: Line, guest: Guest, orders: Arc<Orders>) -> Seen {
    let mut reporter = Reporter::new(guest, orders, 1);
    if reporter.talk(line).await.is_err() {
        reporter.seen.unanswered = reporter.open.len() as u64;
    }
    reporter.seen
}

struct Reporter {
    guest: Guest,
    orders: Arc<Orders>,
    dice: Dice,
    next: u64,
    /// Sent and not answered, with the time of the first write.
    open: VecDeque<(u64, Duration)>,
    seen: Seen,
}

impl Reporter {
    fn new(guest: Guest, orders: Arc<Orders>, seed: u64) -> Self {
        let next = orders.first;
        Self { guest, orders, dice: Dice(seed), next, open: VecDeque::new(), seen: Seen::default() }
    }

    /// One connection. Ends well when everything was answered after the order to stop.
    async fn session(&mut self) -> Result<(), Ended> {
        let line = self.guest.connect(&self.orders.address).await?;
        self.talk(line).await
    }

    async fn talk(&mut self, mut line: Line) -> Result<(), Ended> {
        let orders = Arc::clone(&self.orders);
        let mut stop = orders.stop.clone();
        for (counter, _) in self.open.clone() {
            self.send(&mut line, counter);
        }
        let phase = u32::try_from(self.dice.between(0, 1_000)).unwrap_or(0);
        let mut turn = Instant::now() + orders.every * phase / 1_000;
        loop {
            line.write().await?;
            let stopping = *stop.borrow_and_update();
            if stopping && self.open.is_empty() {
                line.leave().await;
                return Ok(());
            }
            tokio::select! {
                heard = line.hear() => heard?,
                () = sleep_until(turn), if !stopping => {
                    for _ in 0..orders.burst {
                        if self.open.len() >= orders.in_flight || line.session.window() == 0 {
                            break;
                        }
                        let counter = self.next;
                        self.next += 1;
                        self.open.push_back((counter, clock::elapsed()));
                        self.send(&mut line, counter);
                    }
                    turn += orders.every;
                    // A device that was held up does not catch up.
                    turn = turn.max(Instant::now());
                }
                _ = stop.changed() => {}
            }
            self.note(&mut line);
        }
    }

    fn send(&self, line: &mut Line, counter: u64) {
        let text = payload(counter, self.orders.base_us);
        // What does not fit into the window now is sent on the next connection.
        let _ = line.session.publish(&self.orders.channel, text.as_bytes(), counter);
    }

    fn note(&mut self, line: &mut Line) {
        line.told.clear();
        for counter in line.acknowledged.drain(..) {
            match self.open.iter().position(|(open, _)| *open == counter).and_then(|at| self.open.remove(at)) {
                Some((_, since)) => {
                    let wait = clock::elapsed().saturating_sub(since).as_micros();
                    self.seen.waits_us.push(u32::try_from(wait).unwrap_or(u32::MAX));
                    self.seen.acknowledged.push(counter);
                    self.orders.acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                None => self.seen.answered_twice += 1,
            }
        }
        for (counter, name) in line.refused.drain(..) {
            self.open.retain(|(open, _)| *open != counter);
            *self.seen.refused.entry(name).or_default() += 1;
        }
    }
}

/// Time of the reading with counter 0, so that readings of so long a run lie in the past.
pub(super) fn base_us(readings: i64) -> i64 {
    clock::now().as_micros() - (readings + 1_000) * super::READING_INTERVAL_US
}
