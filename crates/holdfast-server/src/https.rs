//! HTTPS for axum routers: accepting, TLS, HTTP/1.1 or HTTP/2 by ALPN, limits on time and number, draining.
//!
//! A connection has a deadline in every phase: handshake, request head, silence in either direction. What a request
//! may do is the router's matter; it finds `Remote` and, at the devices' door, `Presented` among the extensions.

mod idle;
mod unread;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::Limited;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;

use crate::devices::Refusals;
use crate::doorstep::{Doorstep, Visit};
use crate::tls::peer::{Peer, PeerError};
use crate::tls::witness::DoorName;
use crate::tls::{ALPN_H2, Doors};
use idle::Idle;

/// How long a failing `accept` pauses the listener, so that a lack of file descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Most header fields of one HTTP/1.1 request.
const HEADERS_MAX: usize = 64;
/// Most bytes of a request head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Most requests at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 64;

/// The limits of one door.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most connections at once; more wait in the kernel's queue.
    pub connections_max: usize,
    /// Request head, from the first moment of waiting for it.
    pub head: Duration,
    /// No byte in either direction for so long ends a connection.
    pub idle: Duration,
    /// How long open requests may take to finish when the server stops.
    pub drain: Duration,
    /// Most bytes of a request body; handlers set their own, smaller limits.
    pub body_bytes_max: usize,
}

impl Limits {
    /// For the people's door: large uploads of artifacts.
    pub const PEOPLE: Self = Self {
        connections_max: 1_024,
        head: Duration::from_secs(15),
        idle: Duration::from_mins(1),
        drain: Duration::from_secs(5),
        body_bytes_max: 2 * 1024 * 1024 * 1024,
    };
    /// For the devices' door: small requests, many connections.
    pub const DEVICES: Self = Self {
        connections_max: 8_192,
        head: Duration::from_secs(15),
        idle: Duration::from_mins(1),
        drain: Duration::from_secs(5),
        body_bytes_max: 64 * 1024,
    };
}

/// Which door a listener is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Console, management interface, public pages.
    People,
    /// EST and `/device/v1`.
    Devices,
}

impl Door {
    /// The door's name in counters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Devices => "devices",
        }
    }
}

/// Request extension: where the connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remote(pub SocketAddr);

/// Request extension at the devices' door: who the certificate says is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented(pub Result<Peer, PeerError>);

/// One HTTPS listener.
#[derive(Clone)]
pub struct Listener {
    /// Which door.
    pub door: Door,
    /// The TLS configurations.
    pub doors: Arc<Doors>,
    /// Its limits.
    pub limits: Limits,
    /// Where connections wait before their handshake.
    pub doorstep: Doorstep,
    /// Where refused connections are counted.
    pub refusals: Arc<dyn Refusals>,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("door", &self.door).field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Listener {
    /// Serves `router` on `tcp` until `stop` is done, then lets open requests finish within the drain time.
    pub async fn serve(self, tcp: TcpListener, router: Router, stop: impl Future<Output = ()>) {
        let slots = Arc::new(Semaphore::new(self.limits.connections_max));
        let graceful = GracefulShutdown::new();
        let mut tasks = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                Some(_) = tasks.join_next() => continue,
                accepted = self.accept(&tcp, &slots) => accepted,
            };
            let Some((stream, remote, slot)) = accepted else { continue };
            let visit = match self.doorstep.arrive(remote.ip()) {
                Ok(visit) => visit,
                Err(name) => {
                    self.refuse(name);
                    continue;
                }
            };
            let (listener, router, watcher) = (self.clone(), router.clone(), graceful.watcher());
            tasks.spawn(async move {
                Box::pin(listener.connection((stream, visit), remote, router, watcher)).await;
                drop(slot);
            });
        }
        drop(tcp);
        if timeout(self.limits.drain, graceful.shutdown()).await.is_err() {
            tracing::warn!(door = self.door.name(), "open requests were cut off at the end of the drain time");
        }
        tasks.shutdown().await;
    }

    async fn accept(
        &self,
        tcp: &TcpListener,
        slots: &Arc<Semaphore>,
    ) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
        let slot = Arc::clone(slots).acquire_owned().await.ok()?;
        match tcp.accept().await {
            Ok((stream, remote)) => Some((stream, remote, slot)),
            Err(why) => {
                self.refusals.count(self.door.name(), "accept-failed");
                tracing::warn!(door = self.door.name(), error = %why, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                None
            }
        }
    }

    async fn connection(
        self,
        (stream, mut visit): (TcpStream, Visit),
        remote: SocketAddr,
        router: Router,
        watcher: Watcher,
    ) {
        let _ = stream.set_nodelay(true);
        let config = || match self.door {
            Door::People => self.doors.people(),
            Door::Devices => self.doors.devices(),
        };
        let stream = match visit.handshake(Idle::new(stream, self.limits.idle), config, |_| {}).await {
            Ok(stream) => stream,
            Err(name) => return self.refuse(name),
        };
        let door = match self.door {
            Door::People => DoorName::People,
            Door::Devices => DoorName::Devices,
        };
        self.doors.witness().saw(door, stream.get_ref().1);
        if let Err(why) = self.exchange(stream, remote, router, watcher).await {
            tracing::debug!(door = self.door.name(), error = %why, "a connection ended early");
        }
    }

    fn refuse(&self, name: &'static str) {
        self.refusals.count(self.door.name(), name);
    }

    async fn exchange(
        &self,
        stream: TlsStream<Idle<TcpStream>>,
        remote: SocketAddr,
        router: Router,
        watcher: Watcher,
    ) -> hyper::Result<()> {
        let (_, tls) = stream.get_ref();
        let http2 = tls.alpn_protocol() == Some(ALPN_H2);
        let presented = match self.door {
            Door::People => None,
            Door::Devices => Some(Presented(self.doors.peer(tls.peer_certificates().unwrap_or_default()))),
        };
        let body_bytes_max = self.limits.body_bytes_max;
        let service = service_fn(move |request: Request<Incoming>| {
            let (router, presented) = (router.clone(), presented.clone());
            async move {
                let (head, body) = request.into_parts();
                // Reading would ask a client that waits for `100 Continue` to send.
                let waits = !http2 && head.headers.contains_key(http::header::EXPECT);
                let (body, left) = unread::watch(body);
                let mut request = Request::from_parts(head, Body::new(Limited::new(body, body_bytes_max)));
                request.extensions_mut().insert(Remote(remote));
                if let Some(presented) = presented {
                    request.extensions_mut().insert(presented);
                }
                let answer = router.oneshot(request).await;
                if !waits {
                    left.read().await;
                }
                answer.map_err(|never: Infallible| match never {})
            }
        });
        let io = TokioIo::new(stream);
        if http2 {
            let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            builder
                .timer(TokioTimer::new())
                .keep_alive_interval(self.limits.idle / 2)
                .keep_alive_timeout(self.limits.idle / 2)
                .max_concurrent_streams(STREAMS_MAX)
                .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX));
            watcher.watch(builder.serve_connection(io, service)).await
        } else {
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder
                .timer(TokioTimer::new())
                .header_read_timeout(self.limits.head)
                .max_headers(HEADERS_MAX)
                .max_buf_size(HEAD_BYTES_MAX);
            watcher.watch(builder.serve_connection(io, service)).await
        }
    }
}

/// Binds a listener; port 0 takes a free one.
///
/// # Errors
/// The operating system's own.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

#[cfg(test)]
mod tests;
