//! What happens to a connection before it costs anything: places, fair shares for each address, and a ceiling on
//! handshakes. All three listeners stand behind one of these.
//!
//! A connection first waits for a seat, holding a socket and nothing of TLS; with a seat it may say its `ClientHello`;
//! then it waits for its turn, and only then does the server calculate. Nobody's place depends on who they say they
//! are: nothing is known yet. Who may come in is decided behind the handshake (`gateway`, `devices`).

mod addresses;
mod calibration;
mod pace;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_core::time::Millis;
use rustls::pki_types::CertificateDer;
use rustls::server::Acceptor;
use rustls::{ServerConfig, ServerConnection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::clock;
use crate::tls::refusal_name;
use addresses::{Addresses, Arrived, Shares};
use pace::Pace;

pub use addresses::Prefix;
pub use calibration::calibrate;

/// Longest wait for a seat.
const SEAT_TIME_MAX: Duration = Duration::from_secs(30);
/// Longest wait for a turn; who would have to wait longer is told at once, by a closed connection.
const TURN_TIME_MAX: Duration = Duration::from_secs(10);
/// Time for a `ClientHello` while most seats are taken.
const HELLO_TIME_CROWDED: Duration = Duration::from_secs(2);
/// One seat and one turn in so many is kept for addresses at which a safety device lives.
const KEPT_SHARE: u32 = 8;
/// One handshake in so many that run at the same time may be of one address: a peer that says hello and then nothing keeps
/// its place until the time for it is over.
const AT_ONCE_SHARE: u32 = 4;
/// How long an address counts as one at which a safety device lives after it was last seen there.
const SAFETY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The limits of one door before the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Handshakes begun in any second, all addresses together: the ceiling that is published.
    pub handshakes_per_second: NonZeroU32,
    /// Handshakes that may use the processor at the same time; bounds the memory of a storm.
    pub handshakes_at_once: u32,
    /// Connections that may be between accept and the end of their handshake, with a seat.
    pub seats: u32,
    /// Seats that one address may hold.
    pub seats_per_address: u32,
    /// Connections that may wait for a seat. An address may use as much of it as is left free.
    pub waiting: u32,
    /// Connections that one address may have, finished or not.
    pub connections_per_address: u32,
    /// Connections that one address may open in a second, on and on.
    pub arrivals_per_address: NonZeroU32,
    /// And at once, after a pause.
    pub arrivals_burst: u32,
    /// Time for the `ClientHello`, and once more for the rest of the handshake.
    pub handshake: Duration,
}

/// Handshakes a second if nothing was measured or configured.
pub const HANDSHAKES_PER_SECOND: NonZeroU32 = NonZeroU32::new(1_000).unwrap();

impl Terms {
    /// For MQTT: a whole fleet comes back at once, and many homes may share an address.
    pub const MQTT: Self = Self {
        handshakes_per_second: HANDSHAKES_PER_SECOND,
        handshakes_at_once: 128,
        seats: 1_024,
        seats_per_address: 256,
        waiting: 16_384,
        connections_per_address: 16_384,
        arrivals_per_address: NonZeroU32::new(256).unwrap(),
        arrivals_burst: 8_192,
        handshake: Duration::from_secs(10),
    };
    /// For devices over HTTPS.
    pub const DEVICES: Self = Self {
        handshakes_per_second: NonZeroU32::new(250).unwrap(),
        seats: 512,
        seats_per_address: 128,
        waiting: 4_096,
        connections_per_address: 2_048,
        ..Self::MQTT
    };
    /// For people.
    pub const PEOPLE: Self = Self {
        handshakes_per_second: NonZeroU32::new(250).unwrap(),
        handshakes_at_once: 32,
        seats: 256,
        seats_per_address: 64,
        waiting: 1_024,
        connections_per_address: 256,
        arrivals_per_address: NonZeroU32::new(64).unwrap(),
        arrivals_burst: 1_024,
        handshake: Duration::from_secs(10),
    };
}

/// What an operator may say about admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// The ceiling of the MQTT door in handshakes a second; `None` to measure it at the start.
    pub per_second: Option<NonZeroU32>,
    /// Unfinished handshakes that one address may have at a device door.
    pub unfinished_per_address: NonZeroU32,
    /// Connections that one address may open in a second at a device door, on and on.
    pub arrivals_per_address: NonZeroU32,
}

impl Default for Admission {
    fn default() -> Self {
        const {
            Self {
                per_second: None,
                unfinished_per_address: NonZeroU32::new(256).unwrap(),
                arrivals_per_address: NonZeroU32::new(256).unwrap(),
            }
        }
    }
}

impl Admission {
    /// The ceiling in force.
    #[must_use]
    pub fn ceiling(&self, server: &Arc<ServerConfig>, authority: &CertificateDer<'static>, name: &str) -> NonZeroU32 {
        self.per_second.unwrap_or_else(|| calibrate(server, authority, name))
    }

    /// The terms of the MQTT door under this ceiling.
    #[must_use]
    pub fn mqtt(&self, ceiling: NonZeroU32) -> Terms {
        self.over(Terms { handshakes_per_second: ceiling, ..Terms::MQTT })
    }

    /// The terms of the devices' HTTPS door.
    #[must_use]
    pub fn devices(&self) -> Terms {
        self.over(Terms::DEVICES)
    }

    fn over(&self, terms: Terms) -> Terms {
        Terms {
            waiting: terms.waiting.min(open_files() / WAITING_SHARE),
            seats: terms.seats.max(self.unfinished_per_address.get().saturating_mul(2)),
            seats_per_address: self.unfinished_per_address.get(),
            arrivals_per_address: self.arrivals_per_address,
            arrivals_burst: self.arrivals_per_address.get().saturating_mul(BURST),
            ..terms
        }
    }
}

/// One open file in so many may be a connection that waits: the rest is for those that came through.
const WAITING_SHARE: u32 = 4;

/// How many files this process may have open.
fn open_files() -> u32 {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.map_or(u32::MAX, |files| u32::try_from(files).unwrap_or(u32::MAX))
}

/// An address may open so many seconds' worth of connections at once after a pause.
const BURST: u32 = 32;

/// How full a door is before the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Crowd {
    /// Connections that wait for a seat or for their turn.
    pub waiting: u32,
    /// Connections with a seat: their handshake is not finished.
    pub unfinished: u32,
    /// Addresses that are remembered.
    pub addresses: u32,
}

#[derive(Debug)]
struct Inner {
    terms: Terms,
    addresses: Mutex<Addresses>,
    /// Seats and turns for everybody, and those kept for addresses of safety devices.
    seats: [Arc<Semaphore>; 2],
    pace: Mutex<[Pace; 2]>,
    at_once: Arc<Semaphore>,
    waiting: AtomicU32,
}

/// The doorstep of one listener; cheap to clone.
#[derive(Debug, Clone)]
pub struct Doorstep(Arc<Inner>);

impl Doorstep {
    /// Nobody is there yet.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        let kept = terms.seats / KEPT_SHARE;
        let ceiling = terms.handshakes_per_second.get();
        let kept_pace = ceiling / KEPT_SHARE;
        Self(Arc::new(Inner {
            addresses: Mutex::new(Addresses::new(Shares {
                seats: terms.seats_per_address,
                at_once: (terms.handshakes_at_once / AT_ONCE_SHARE).max(1),
                waiting: terms.waiting,
                connections: terms.connections_per_address,
                arrivals_per_second: terms.arrivals_per_address,
                arrivals_burst: terms.arrivals_burst,
            })),
            seats: [semaphore(terms.seats - kept), semaphore(kept)],
            pace: Mutex::new([Pace::never_over(ceiling - kept_pace), Pace::never_over(kept_pace)]),
            at_once: semaphore(terms.handshakes_at_once),
            waiting: AtomicU32::new(0),
            terms,
        }))
    }

    /// Its limits.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.0.terms
    }

    /// How full it is.
    #[must_use]
    pub fn crowd(&self) -> Crowd {
        let free: usize = self.0.seats.iter().map(|seats| seats.available_permits()).sum();
        Crowd {
            waiting: self.0.waiting.load(Ordering::Relaxed),
            unfinished: self.0.terms.seats.saturating_sub(u32::try_from(free).unwrap_or(u32::MAX)),
            addresses: u32::try_from(self.addresses().len()).unwrap_or(u32::MAX),
        }
    }

    /// A connection was accepted. It counts for its address until the visit is dropped.
    ///
    /// # Errors
    ///
    /// The stable name of the limit that its address is over; the connection is closed without a word.
    pub fn arrive(&self, address: IpAddr) -> Result<Visit, &'static str> {
        let arrived = self.addresses().arrive(Prefix::of(address), clock::monotonic())?;
        Ok(Visit { doorstep: self.clone(), arrived, waits: true })
    }

    /// A safety device has proved itself from this address: for a day its connections also have the kept places.
    pub fn safety_lives_at(&self, address: IpAddr) {
        let until = Millis(clock::monotonic().0.saturating_add(SAFETY_MS));
        self.addresses().favour(Prefix::of(address), until);
    }

    fn addresses(&self) -> MutexGuard<'_, Addresses> {
        self.0.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long until a turn, which is then taken; `None` if that would be too long.
    fn take_turn(&self, favoured: bool) -> Option<Duration> {
        let now_us = clock::monotonic().0.saturating_mul(1_000);
        let patience_us = u64::try_from(TURN_TIME_MAX.as_micros()).unwrap_or(u64::MAX);
        let mut paces = self.0.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let [everybody, kept] = &mut *paces;
        let pace = if favoured && kept.wait_us(now_us) < everybody.wait_us(now_us) { kept } else { everybody };
        pace.reserve(now_us, patience_us).map(Duration::from_micros)
    }
}

fn semaphore(permits: u32) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::try_from(permits).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS)))
}

/// One connection, from accept to its end.
#[derive(Debug)]
pub struct Visit {
    doorstep: Doorstep,
    arrived: Arrived,
    waits: bool,
}

impl Visit {
    /// The TLS handshake, when it is this connection's turn. `config` is asked for the configuration of that moment.
    ///
    /// # Errors
    ///
    /// The stable name of what went wrong.
    pub async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: S,
        config: impl FnOnce() -> Arc<ServerConfig>,
        tune: impl FnOnce(&mut ServerConnection),
    ) -> Result<TlsStream<S>, &'static str> {
        let inner = Arc::clone(&self.doorstep.0);
        let waiting = Waiting::begin(&inner);
        let _seat = timeout(SEAT_TIME_MAX, self.seat()).await.map_err(|_| "doorstep-too-full")?;
        drop(waiting);
        self.has_seat();
        let hello = LazyConfigAcceptor::new(Acceptor::default(), stream);
        let hello = timeout(self.hello_time(), hello)
            .await
            .map_err(|_| "tls-handshake-too-slow")?
            .map_err(|why| refusal_name(&why))?;
        let waiting = Waiting::begin(&inner);
        let wait = self.doorstep.take_turn(self.arrived.favoured).ok_or("handshakes-over-ceiling")?;
        if !wait.is_zero() {
            sleep(wait).await;
        }
        let _one_of = timeout(SEAT_TIME_MAX, self.at_once()).await.map_err(|_| "doorstep-too-full")?;
        drop(waiting);
        let accept = hello.into_stream_with(config(), tune);
        let shaken = timeout(inner.terms.handshake, accept).await.map_err(|_| "tls-handshake-too-slow")?;
        shaken.map_err(|why| refusal_name(&why))
    }

    /// A seat of this address, and one of the door.
    async fn seat(&self) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        // None of the semaphores is ever closed.
        let own = Arc::clone(&self.arrived.seats).acquire_owned().await.ok()?;
        let [everybody, kept] = &self.doorstep.0.seats;
        let seat = if self.arrived.favoured {
            tokio::select! {
                biased;
                seat = Arc::clone(everybody).acquire_owned() => seat,
                seat = Arc::clone(kept).acquire_owned() => seat,
            }
        } else {
            Arc::clone(everybody).acquire_owned().await
        };
        Some((own, seat.ok()?))
    }

    /// One of the handshakes of this address that may run, and one of the door's.
    async fn at_once(&self) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let own = Arc::clone(&self.arrived.at_once).acquire_owned().await.ok()?;
        let one = Arc::clone(&self.doorstep.0.at_once).acquire_owned().await.ok()?;
        Some((own, one))
    }

    fn has_seat(&mut self) {
        if std::mem::take(&mut self.waits) {
            self.doorstep.addresses().seated(self.arrived.place);
        }
    }

    /// Slow ones get less time while few seats are left.
    fn hello_time(&self) -> Duration {
        let Terms { seats, handshake, .. } = self.doorstep.0.terms;
        let [everybody, _] = &self.doorstep.0.seats;
        let crowded = everybody.available_permits() < usize::try_from(seats / 4).unwrap_or(0);
        if crowded { HELLO_TIME_CROWDED.min(handshake) } else { handshake }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let now = clock::monotonic();
        let mut addresses = self.doorstep.addresses();
        if self.waits {
            addresses.seated(self.arrived.place);
        }
        addresses.leave(self.arrived.place, now);
    }
}

/// Counts a connection that waits, for as long as it does.
struct Waiting(Arc<Inner>);

impl Waiting {
    fn begin(inner: &Arc<Inner>) -> Self {
        inner.waiting.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(inner))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
