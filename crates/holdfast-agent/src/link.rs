//! One connection to the MQTT door: TCP, TLS 1.3, and the session machine of `core::mqtt::client`, in a task of its own.
//!
//! What is said on it is decided elsewhere; what was not acknowledged when it ends is kept elsewhere.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

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

use crate::clock;
use crate::fault::{self, Fault};

/// Time for the TCP connection, and again for the TLS handshake.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
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
    /// Host name or address.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
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
    },
}

/// Opens a connection in its own task. Every message carries `number`, so that those of older connections are known.
pub(crate) fn open(target: Target, number: u64, heard: mpsc::Sender<(u64, FromLink)>) -> mpsc::Sender<ToLink> {
    let (sender, orders) = mpsc::channel(WAITING_MAX);
    tokio::spawn(async move {
        let closed = match connect(&target).await {
            Ok(stream) => Talk::new(&target, stream, number, heard.clone()).run(orders).await,
            Err((fault, turned_away)) => {
                FromLink::Closed { name: fault.name().to_owned(), detail: fault.to_string(), turned_away }
            }
        };
        let _ = heard.send((number, closed)).await;
    });
    sender
}

async fn connect(target: &Target) -> Result<TlsStream<TcpStream>, (Fault, bool)> {
    let late = || Fault::Network { what: "connect to the MQTT door", why: "no answer in time".to_owned() };
    let passing = |fault| (fault, false);
    let name =
        ServerName::try_from(target.host.clone()).map_err(|why| passing(Fault::network("read mqtt_addr", &why)))?;
    let tcp = tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect((target.host.as_str(), target.port)))
        .await
        .map_err(|_| passing(late()))?
        .map_err(|why| passing(Fault::network("connect to the MQTT door", &why)))?;
    tcp.set_nodelay(true).map_err(|why| passing(Fault::network("connect to the MQTT door", &why)))?;
    let handshake = TlsConnector::from(Arc::clone(&target.tls)).connect(name, tcp);
    tokio::time::timeout(CONNECT_WITHIN, handshake)
        .await
        .map_err(|_| passing(late()))?
        .map_err(|why| (Fault::network("agree on TLS with the MQTT door", &why), is_tls(&why)))
}

/// Whether a broken connection was TLS saying no, such as an alert about the client's certificate.
fn is_tls(why: &std::io::Error) -> bool {
    why.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>)
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

    fn read(&mut self, read: std::io::Result<usize>, buffer: &[u8]) {
        let Some(session) = &mut self.session else { return };
        match read {
            Ok(0) => session.handle(Input::Closed, clock::monotonic()),
            Ok(count) => session.handle(Input::Bytes(buffer.get(..count).unwrap_or_default()), clock::monotonic()),
            Err(why) => {
                // In TLS 1.3 a refused client certificate shows only at the first read after the handshake.
                let turned_away = is_tls(&why);
                self.end("connection-lost", &fault::chain(&why), turned_away);
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

    fn end(&mut self, name: &str, detail: &str, turned_away: bool) {
        self.ended = Some(FromLink::Closed { name: name.to_owned(), detail: detail.to_owned(), turned_away });
    }

    async fn tell(&mut self, what: FromLink) {
        if self.heard.send((self.number, what)).await.is_err() {
            self.end("closed-by-agent", "the agent ended", false);
        }
    }

    async fn carry_out(&mut self) {
        self.publish().await;
        loop {
            let Some(action) = self.session.as_mut().and_then(ClientSession::poll_action) else {
                if self.session.is_none() && self.ended.is_none() {
                    self.end("connection-lost", "no session", false);
                }
                return;
            };
            match action {
                Action::Connected => {}
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
            Ok(Err(why)) => self.end("connection-lost", &fault::chain(&why), false),
            Err(_) => self.end("no-answer-in-time", "the server takes no data", false),
        }
    }

    fn closed(&mut self, cause: &CloseCause) {
        let (words, turned_away) = match cause {
            CloseCause::TurnedAway { words, .. } => (words.as_deref(), true),
            CloseCause::ByServer { words, .. } => (words.as_deref(), false),
            CloseCause::ByAgent | CloseCause::Broken(_) | CloseCause::Vanished | CloseCause::Silent => (None, false),
        };
        if self.ended.is_none() {
            self.end(words.unwrap_or_else(|| cause.name()), cause.name(), turned_away);
        }
    }
}
