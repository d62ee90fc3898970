//! One connection to the MQTT door: TCP, TLS 1.3, and the session machine of `core::mqtt::client`, in a task of its own.
//!
//! What is said on it is decided elsewhere; what was not acknowledged when it ends is kept elsewhere.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use holdfast_core::backoff::ReturnHint;
use holdfast_core::id::DeviceId;
use holdfast_core::mqtt::client::{Action, ClientConfig, ClientSession, CloseCause};
use holdfast_core::mqtt::packet::PacketId;
use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::mqtt::session::{Input, NotSent};
use holdfast_core::topic::{DownChannel, UpChannel};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::agent::Outage;
use crate::clock;
use crate::config::Endpoint;
use crate::fault::{self, Fault};
use crate::resolve::Resolver;

/// Time for a TCP connection to one address.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Time for the TLS handshake: a server with a fleet at its door lets it wait for its turn.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(40);
/// Time for one write: a server that takes nothing for so long is gone.
const WRITE_WITHIN: Duration = Duration::from_secs(20);
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;
/// Messages in each direction between this task and the agent that may wait.
pub(crate) const WAITING_MAX: usize = 128;

/// Where and as whom to connect.
#[derive(Debug)]
pub(crate) struct Target {
    /// The device, which is also the client id.
    pub(crate) device: DeviceId,
    /// Where servers are; all are tried, from the one at `first` on.
    pub(crate) endpoints: Vec<Endpoint>,
    /// The one that worked last.
    pub(crate) first: usize,
    /// From names to addresses.
    pub(crate) resolver: Resolver,
    /// Keep alive to ask for.
    pub(crate) keep_alive_s: u16,
    /// TLS with the device's identity.
    pub(crate) tls: Arc<rustls::ClientConfig>,
}

/// What the agent wants said.
#[derive(Debug)]
pub(crate) enum ToLink {
    /// Publish at quality of service 1.
    Publish {
        /// Where.
        channel: UpChannel,
        /// What.
        payload: Vec<u8>,
        /// Comes back with the answer.
        token: u64,
    },
    /// A message of the platform is safe.
    Accept(PacketId),
    /// Take leave.
    Close,
}

/// What the connection told.
#[derive(Debug)]
pub(crate) enum FromLink {
    /// The server at this place of the list proved itself.
    Reached(usize),
    /// What the platform says about coming back; whether it is meant for the end of this connection, whenever that is.
    Return(ReturnHint, bool),
    /// Accepted and subscribed.
    Ready,
    /// A message of the platform.
    Received {
        /// To be accepted, if there.
        packet_id: Option<PacketId>,
        /// Its channel.
        channel: DownChannel,
        /// Its content.
        payload: Vec<u8>,
    },
    /// The platform stored the message.
    Acked(u64),
    /// The platform refused the message.
    Refused {
        /// Which.
        token: u64,
        /// Why.
        reason: ReasonCode,
        /// The refusal's stable name.
        name: String,
    },
    /// It is over.
    Closed {
        /// The stable name of the cause.
        name: String,
        /// Everything known about the cause.
        detail: String,
        /// Whether the platform, or TLS, turned this identity away.
        turned_away: bool,
        /// What kind of outage this is; `None` if the agent wanted it.
        outage: Option<Outage>,
    },
}

/// Why there is no connection.
struct Failed {
    fault: Fault,
    turned_away: bool,
    outage: Outage,
}

/// Opens a connection in its own task. Every message carries `number`, so that those of older connections are known.
pub(crate) fn open(target: Target, number: u64, heard: mpsc::Sender<(u64, FromLink)>) -> mpsc::Sender<ToLink> {
    let (sender, orders) = mpsc::channel(WAITING_MAX);
    tokio::spawn(async move {
        let closed = match connect(&target).await {
            Ok((stream, place)) => {
                let _ = heard.send((number, FromLink::Reached(place))).await;
                Talk::new(&target, stream, number, heard.clone()).run(orders).await
            }
            Err(Failed { fault, turned_away, outage }) => FromLink::Closed {
                name: fault.name().to_owned(),
                detail: fault.to_string(),
                turned_away,
                outage: Some(outage),
            },
        };
        let _ = heard.send((number, closed)).await;
    });
    sender
}

/// Tries one server after the other; if all fail, the nearest cause is told.
async fn connect(target: &Target) -> Result<(TlsStream<TcpStream>, usize), Failed> {
    let count = target.endpoints.len();
    let mut failed: Option<Failed> = None;
    for place in (target.first..count).chain(0..target.first.min(count)) {
        let Some(endpoint) = target.endpoints.get(place) else { continue };
        match connect_to(target, endpoint).await {
            Ok(stream) => return Ok((stream, place)),
            Err(next) => {
                if failed.as_ref().is_none_or(|failed| next.outage >= failed.outage) {
                    failed = Some(next);
                }
            }
        }
    }
    Err(failed.unwrap_or_else(|| Failed {
        fault: Fault::Network { what: "connect to the MQTT door", why: "no server is configured".to_owned() },
        turned_away: false,
        outage: Outage::Server,
    }))
}

/// Tries every address of one server.
async fn connect_to(target: &Target, endpoint: &Endpoint) -> Result<TlsStream<TcpStream>, Failed> {
    let found = target.resolver.find(&endpoint.host, endpoint.port).await;
    let unresolved = Failed {
        fault: Fault::Network { what: "connect to the MQTT door", why: "the name does not resolve".to_owned() },
        turned_away: false,
        outage: Outage::Dns,
    };
    let mut failed = found.unresolved.then_some(unresolved);
    for address in found.addresses {
        match shake_hands(target, endpoint, address).await {
            Ok(stream) => {
                target.resolver.proved(&endpoint.host, address.ip());
                return Ok(stream);
            }
            // A name that does not resolve explains everything that follows from it, except a refusal.
            Err(next) if next.turned_away || failed.as_ref().is_none_or(|failed| next.outage >= failed.outage) => {
                failed = Some(next);
            }
            Err(_) => {}
        }
    }
    Err(failed.unwrap_or_else(|| Failed {
        fault: Fault::Network { what: "connect to the MQTT door", why: "no address to try".to_owned() },
        turned_away: false,
        outage: Outage::Dns,
    }))
}

async fn shake_hands(
    target: &Target,
    endpoint: &Endpoint,
    address: SocketAddr,
) -> Result<TlsStream<TcpStream>, Failed> {
    let network =
        |what, why: &io::Error| Failed { fault: Fault::network(what, why), turned_away: false, outage: outage_of(why) };
    let late = || network("connect to the MQTT door", &io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
    let name = ServerName::try_from(endpoint.host.clone())
        .map_err(|why| network("read mqtt_addr", &io::Error::new(io::ErrorKind::InvalidInput, why)))?;
    let tcp = tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect(address))
        .await
        .map_err(|_| late())?
        .map_err(|why| network("connect to the MQTT door", &why))?;
    tcp.set_nodelay(true).map_err(|why| network("connect to the MQTT door", &why))?;
    let handshake = TlsConnector::from(Arc::clone(&target.tls)).connect(name, tcp);
    let shaken = tokio::time::timeout(HANDSHAKE_WITHIN, handshake).await.map_err(|_| late())?;
    shaken.map_err(|why| Failed { turned_away: is_tls(&why), ..network("agree on TLS with the MQTT door", &why) })
}

/// Whose fault an error of the network is.
fn outage_of(why: &io::Error) -> Outage {
    use io::ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkDown, NetworkUnreachable};
    if matches!(why.kind(), AddrNotAvailable | HostUnreachable | NetworkDown | NetworkUnreachable) {
        return Outage::LocalNetwork;
    }
    if fault::is_of_time(why) { Outage::Time } else { Outage::Server }
}

/// Whether a broken connection was the server's TLS saying no to this device, with an alert. What this device does not accept
/// of a server says nothing about the device's own credential.
fn is_tls(why: &io::Error) -> bool {
    let inner = why.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::AlertReceived(_)))
}

struct Talk {
    session: Option<ClientSession>,
    stream: TlsStream<TcpStream>,
    number: u64,
    heard: mpsc::Sender<(u64, FromLink)>,
    waiting: VecDeque<(UpChannel, Vec<u8>, u64)>,
    ended: Option<FromLink>,
}

impl Talk {
    fn new(target: &Target, stream: TlsStream<TcpStream>, number: u64, heard: mpsc::Sender<(u64, FromLink)>) -> Self {
        let config = ClientConfig { keep_alive_secs: target.keep_alive_s, ..ClientConfig::default() };
        let session = ClientSession::new(target.device.clone(), config, clock::monotonic()).ok();
        Self { session, stream, number, heard, waiting: VecDeque::new(), ended: None }
    }

    async fn run(mut self, mut orders: mpsc::Receiver<ToLink>) -> FromLink {
        let mut buffer = vec![0_u8; READ_BYTES];
        loop {
            self.carry_out().await;
            if let Some(ended) = self.ended.take() {
                let _ = tokio::time::timeout(Duration::from_secs(1), self.stream.shutdown()).await;
                return ended;
            }
            let deadline = self.session.as_ref().and_then(ClientSession::poll_deadline);
            tokio::select! {
                read = self.stream.read(&mut buffer) => self.read(read, &buffer),
                order = orders.recv() => {
                    self.order(order);
                    while let Ok(order) = orders.try_recv() {
                        self.order(Some(order));
                    }
                }
                () = clock::until(deadline) => {
                    if let Some(session) = &mut self.session {
                        session.handle_deadline(clock::monotonic());
                    }
                }
            }
        }
    }

    fn read(&mut self, read: io::Result<usize>, buffer: &[u8]) {
        let Some(session) = &mut self.session else { return };
        match read {
            Ok(0) => session.handle(Input::Closed, clock::monotonic()),
            Ok(count) => session.handle(Input::Bytes(buffer.get(..count).unwrap_or_default()), clock::monotonic()),
            Err(why) => {
                // In TLS 1.3 a refused client certificate shows only at the first read after the handshake.
                let turned_away = is_tls(&why);
                self.end("connection-lost", &fault::chain(&why), turned_away, Some(outage_of(&why)));
            }
        }
    }

    fn order(&mut self, order: Option<ToLink>) {
        let Some(session) = &mut self.session else { return };
        match order {
            Some(ToLink::Publish { channel, payload, token }) => self.waiting.push_back((channel, payload, token)),
            Some(ToLink::Accept(packet)) => session.accepted(packet),
            Some(ToLink::Close) | None => session.disconnect(),
        }
    }

    fn end(&mut self, name: &str, detail: &str, turned_away: bool, outage: Option<Outage>) {
        self.ended = Some(FromLink::Closed { name: name.to_owned(), detail: detail.to_owned(), turned_away, outage });
    }

    /// Passes on what the platform said about coming back.
    async fn tell_hint(&mut self, for_good: bool) {
        if let Some(hint) = self.session.as_mut().and_then(ClientSession::take_return_hint) {
            self.tell(FromLink::Return(hint, for_good)).await;
        }
    }

    async fn tell(&mut self, what: FromLink) {
        if self.heard.send((self.number, what)).await.is_err() {
            self.end("closed-by-agent", "the agent ended", false, None);
        }
    }

    async fn carry_out(&mut self) {
        self.publish().await;
        loop {
            let Some(action) = self.session.as_mut().and_then(ClientSession::poll_action) else {
                if self.session.is_none() && self.ended.is_none() {
                    self.end("connection-lost", "no session", false, Some(Outage::Server));
                }
                return;
            };
            match action {
                Action::Connected => self.tell_hint(true).await,
                Action::Ready => self.tell(FromLink::Ready).await,
                Action::NotSubscribed { channel, reason } => {
                    tracing::warn!(mqtt.channel = channel.path(), mqtt.reason = reason.name(), "not subscribed");
                }
                Action::Received { packet_id, channel, payload } => {
                    self.tell(FromLink::Received { packet_id, channel, payload }).await;
                }
                Action::Acked { token } => self.tell(FromLink::Acked(token)).await,
                Action::Refused { token, reason, words } => {
                    let name = words.unwrap_or_else(|| reason.name().to_owned());
                    self.tell(FromLink::Refused { token, reason, name }).await;
                }
                Action::Send(bytes) => self.write(&bytes).await,
                Action::Close { cause } => {
                    self.tell_hint(false).await;
                    self.closed(&cause);
                    return;
                }
            }
            self.publish().await;
        }
    }

    async fn publish(&mut self) {
        while self.session.as_ref().is_some_and(|session| session.is_ready() && session.window() > 0) {
            let Some((channel, payload, token)) = self.waiting.pop_front() else { return };
            let Some(session) = &mut self.session else { return };
            let sent = session.publish(&channel, &payload, token);
            match sent {
                Ok(()) => {}
                Err(NotSent::TooLarge) => {
                    let name = "packet-too-large".to_owned();
                    self.tell(FromLink::Refused { token, reason: ReasonCode::PacketTooLarge, name }).await;
                }
                Err(_) => {
                    self.waiting.push_front((channel, payload, token));
                    return;
                }
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match tokio::time::timeout(WRITE_WITHIN, write).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => self.end("connection-lost", &fault::chain(&why), false, Some(outage_of(&why))),
            Err(_) => self.end("no-answer-in-time", "the server takes no data", false, Some(Outage::Server)),
        }
    }

    fn closed(&mut self, cause: &CloseCause) {
        let (words, turned_away) = match cause {
            CloseCause::TurnedAway { words, .. } => (words.as_deref(), true),
            CloseCause::ByServer { words, .. } => (words.as_deref(), false),
            CloseCause::ByAgent | CloseCause::Broken(_) | CloseCause::Vanished | CloseCause::Silent => (None, false),
        };
        let outage = (*cause != CloseCause::ByAgent).then_some(Outage::Server);
        if self.ended.is_none() {
            self.end(words.unwrap_or_else(|| cause.name()), cause.name(), turned_away, outage);
        }
    }
}

#[cfg(test)]
mod tests;
