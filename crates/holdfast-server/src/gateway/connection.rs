//! One task for each connection: bytes in, one batch to the store for each turn, one write for each turn.
//!
//! Carries out what the session machine asks for and has no opinion of its own; what is said is [`super::talk`]'s. Holds no
//! read buffer: plain text is taken out of TLS where it lies. While a device is over its budget, while its window is full
//! or while the store is behind, it is simply not read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::mqtt::session::{Action, CloseCause, Input, ServerSession};
use holdfast_core::time::Millis;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_rustls::server::TlsStream;

use super::budget::Account;
use super::door::Door;
use super::identity::Identity;
use super::limits::{DRAIN_TIME_MAX, GOODBYE_TIME_MAX, PENDING_MAX, TURN_BYTES_MAX};
use super::metrics::Counters;
use super::registry::Order;
use super::talk::Talk;
use crate::clock;

/// Serves one connection until it ends. The connection is put into its box before anything waits, so that the future
/// holds it once.
pub(super) fn serve(
    stream: TlsStream<TcpStream>,
    identity: Identity,
    door: Arc<Door>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let now = clock::monotonic();
    let connection = Box::new(Connection {
        stream,
        session: ServerSession::new(identity.device.clone(), door.config.session, now),
        account: Account::new(&door.config.budgets, now),
        talk: Talk::new(identity, Arc::clone(&door)),
        door,
        paused_until: None,
        closing: None,
        turn_bytes: 0,
        alarm: Alarm::new(),
    });
    Box::pin(run(connection))
}

async fn run(mut connection: Box<Connection>) {
    let Connection { talk, session, .. } = connection.as_mut();
    Box::pin(talk.open(session)).await;
    if let Err(why) = connection.serve().await {
        tracing::debug!(device = %connection.session.device(), error = %why, "mqtt.connection broke");
    }
    let Connection { talk, session, .. } = connection.as_mut();
    Box::pin(talk.close(session)).await;
}

/// A connection that ends as soon as its outstanding commits are answered.
#[derive(Debug, Clone, Copy)]
struct Closing {
    reason: ReasonCode,
    latest: Millis,
}

struct Connection {
    stream: TlsStream<TcpStream>,
    session: ServerSession,
    talk: Talk,
    door: Arc<Door>,
    account: Account,
    paused_until: Option<Millis>,
    closing: Option<Closing>,
    turn_bytes: usize,
    alarm: Alarm,
}

impl Connection {
    async fn serve(&mut self) -> io::Result<()> {
        loop {
            if let Some(cause) = self.carry_out().await? {
                tracing::debug!(device = %self.session.device(), cause = cause.name(), "mqtt.connection closed");
                // A peer that is gone cannot take our farewell.
                let _ = timeout(GOODBYE_TIME_MAX, self.stream.shutdown()).await;
                return Ok(());
            }
            self.wait().await;
        }
    }

    /// Does all that can be done without waiting for anybody, then writes once. Says why the connection is over, if it is.
    async fn carry_out(&mut self) -> io::Result<Option<CloseCause>> {
        let now = clock::monotonic();
        self.take_orders(now);
        self.session.handle_deadline(now);
        let mut out = Vec::new();
        let mut batch = Vec::new();
        let mut messages = 0;
        let mut ended = None;
        loop {
            while let Some(action) = self.session.poll_action() {
                match action {
                    Action::Admit(message) => batch.push(message),
                    Action::Send(bytes) if out.is_empty() => out = bytes,
                    Action::Send(bytes) => out.extend_from_slice(&bytes),
                    Action::Close { cause } => ended = Some(cause),
                    Action::Connected { keep_alive_secs, .. } => {
                        if let Some(reason) = self.talk.connected(&mut self.session, keep_alive_secs, now) {
                            self.close_after_commits(reason, now);
                        }
                    }
                    Action::Subscribed(channel) => self.talk.subscribed(channel),
                    Action::Delivered { .. } => self.talk.delivered(),
                    Action::Unsubscribed(_) => {}
                    Action::Refused { name } => self.talk.refused(name),
                }
            }
            if !batch.is_empty() {
                // Also what was said right before the end.
                messages += batch.len();
                self.talk.admit(&mut self.session, std::mem::take(&mut batch));
            } else if ended.is_some() {
                break;
            } else if self.closing.is_none() && self.talk.has_to_tell(now) {
                if Box::pin(self.talk.tell(&mut self.session, now)).await.is_err() {
                    Counters::add(&self.door.connections.counters().faults, 1);
                    self.session.close(ReasonCode::Unspecified);
                }
            } else if self.closing.is_some_and(|closing| self.talk.pending.is_empty() || closing.latest <= now) {
                let reason = self.closing.take().map_or(ReasonCode::Unspecified, |closing| closing.reason);
                self.session.set_retry_after(self.talk.retry_after(reason));
                self.session.close(reason);
            } else {
                break;
            }
        }
        self.book(messages, now);
        self.write(&out).await?;
        Ok(ended)
    }

    /// Books what was read in this turn against the device's budget.
    fn book(&mut self, messages: usize, now: Millis) {
        let bytes = std::mem::take(&mut self.turn_bytes);
        if bytes == 0 {
            return;
        }
        // A read without a message was still a packet: a ping, an acknowledgement.
        let wait = self.account.spend(self.talk.tap.turn(messages, bytes), messages.max(1), bytes, now);
        if let Some(wait) = wait {
            self.paused_until = Some(Millis(now.0.saturating_add(wait.0)));
            Counters::add(&self.door.connections.counters().paused, 1);
        }
        self.talk.touch(now);
    }

    fn take_orders(&mut self, now: Millis) {
        let orders = self.talk.mailbox.take();
        if orders.is_empty() {
            return;
        }
        for (order, reason) in [
            (Order::TakenOver, ReasonCode::SessionTakenOver),
            (Order::Disconnect, ReasonCode::AdministrativeAction),
            (Order::Drain, ReasonCode::ServerShuttingDown),
        ] {
            if orders.has(order) {
                self.close_after_commits(reason, now);
            }
        }
        if orders.has(Order::Budget) {
            // What was booked against the budget before does not hold the device back under this one.
            self.account = Account::new(self.talk.tap.turn(0, 0), now);
            self.paused_until = None;
        }
        self.talk.ordered(orders);
    }

    fn close_after_commits(&mut self, reason: ReasonCode, now: Millis) {
        let latest = Millis(now.0.saturating_add(u64::try_from(DRAIN_TIME_MAX.as_millis()).unwrap_or(u64::MAX)));
        self.closing.get_or_insert(Closing { reason, latest });
    }

    async fn write(&mut self, out: &[u8]) -> io::Result<()> {
        if out.is_empty() {
            return Ok(());
        }
        let stream = &mut self.stream;
        let limit = Duration::from_millis(self.door.config.write_ms_max);
        let written = timeout(limit, async {
            stream.write_all(out).await?;
            stream.flush().await
        });
        written.await.unwrap_or_else(|_| {
            self.talk.refused("slow-reader");
            Err(io::ErrorKind::TimedOut.into())
        })
    }

    /// Waits for the first of: an order, a commit, bytes, a deadline.
    async fn wait(&mut self) {
        let now = clock::monotonic();
        if self.paused_until.is_some_and(|until| until <= now) {
            self.paused_until = None;
        }
        let reading = self.closing.is_none()
            && self.paused_until.is_none()
            && self.session.wants_input()
            && self.talk.pending.len() < PENDING_MAX;
        let deadline = [
            self.session.poll_deadline(),
            self.talk.poll_deadline(),
            self.paused_until,
            self.closing.map(|closing| closing.latest),
        ];
        self.alarm.set(deadline.into_iter().flatten().min(), now);
        let mut failed = false;
        tokio::select! {
            biased;
            () = self.talk.mailbox.rung() => {}
            done = self.talk.pending.next(), if !self.talk.pending.is_empty() => {
                failed = self.talk.settle(&mut self.session, done).is_err();
            }
            read = self.stream.fill_buf(), if reading => {
                let taken = take(&mut self.session, read.ok(), now);
                self.stream.consume(taken);
                self.turn_bytes = taken;
                if taken > 0 {
                    self.take_rest(now);
                }
            }
            () = self.door.drain_begun(), if !self.talk.is_open() && self.closing.is_none() => {
                self.close_after_commits(ReasonCode::ServerShuttingDown, now);
            }
            () = &mut self.alarm.sleep, if self.alarm.at.is_some() => self.alarm.at = None,
        }
        if failed {
            // What was not stored is not acknowledged: the device sends it again.
            self.talk.pending.clear();
            self.close_after_commits(ReasonCode::Unspecified, now);
        }
    }

    /// Takes what else has arrived, so that one turn makes one batch.
    fn take_rest(&mut self, now: Millis) {
        while self.turn_bytes < TURN_BYTES_MAX && self.session.wants_input() {
            let Some(read) = self.stream.fill_buf().now_or_never() else { break };
            let taken = take(&mut self.session, read.ok(), now);
            self.stream.consume(taken);
            self.turn_bytes += taken;
            if taken == 0 {
                break;
            }
        }
    }
}

/// Hands over what was read; says how much that was. Nothing means the end.
fn take(session: &mut ServerSession, read: Option<&[u8]>, now: Millis) -> usize {
    let bytes = read.unwrap_or_default();
    session.handle(if bytes.is_empty() { Input::Closed } else { Input::Bytes(bytes) }, now);
    bytes.len()
}

/// A timer that is only touched when it would ring too late.
struct Alarm {
    sleep: Pin<Box<Sleep>>,
    at: Option<Millis>,
}

impl Alarm {
    fn new() -> Self {
        Self { sleep: Box::pin(sleep(Duration::ZERO)), at: None }
    }

    fn set(&mut self, deadline: Option<Millis>, now: Millis) {
        let Some(deadline) = deadline else { return };
        if self.at.is_some_and(|at| at <= deadline) {
            return;
        }
        let span = Duration::from_millis(deadline.0.saturating_sub(now.0));
        let when = Instant::now().checked_add(span).unwrap_or_else(|| Instant::now() + Duration::from_hours(24));
        self.sleep.as_mut().reset(when);
        self.at = Some(deadline);
    }
}
