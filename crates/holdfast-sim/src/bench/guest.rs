//! A simulated device on the line: connects with its own certificate, subscribes as the agent does, answers, stays.
//!
//! Speaks through the agent's own session machine; keys, queue and updates are not simulated. Waits between tries are
//! `storm`'s. Each failed try has a name.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use holdfast_core::id::DeviceId;
use holdfast_core::mqtt::client::{Action, ClientConfig, ClientSession, CloseCause};
use holdfast_core::mqtt::packet::{Packet, Version};
use holdfast_core::mqtt::property::Property;
use holdfast_core::mqtt::session::Input;
use holdfast_core::mqtt::{Decoded, Limits, Sender, decode};
use holdfast_core::topic::DownChannel;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Fault;
use super::enrol::Device;
use crate::clock;

/// Connections that are made at the same time where nobody is in a hurry.
pub(super) const CALM: usize = 16;
/// Time for one try until the platform can reach the device.
pub(super) const TRY_WITHIN: Duration = Duration::from_secs(30);
/// Bytes read at once; thousands of devices have one such buffer each.
const READ_BYTES: usize = 2 * 1024;
/// Largest packet that is looked at for hints.
const PACKET_BYTES_MAX: u32 = 64 * 1024;
/// DISCONNECT without a reason (MQTT 5.0 §3.14).
const DISCONNECT: [u8; 2] = [0xe0, 0];

/// A device that can connect.
#[derive(Clone)]
pub(super) struct Guest {
    pub(super) id: DeviceId,
    /// Whether it is of the product that comes back first.
    pub(super) safety: bool,
    tls: Arc<rustls::ClientConfig>,
    /// Its own address on the loopback network, as devices in different homes have different ones.
    from: Ipv4Addr,
}

/// An address of 127.0.0.0/8 (RFC 1122 §3.2.1.3) for each place of the fleet; every one of them is this machine.
fn home(place: usize) -> Ipv4Addr {
    let digit = |divisor: usize| u8::try_from(place / divisor % 250).unwrap_or(0);
    Ipv4Addr::new(127, digit(62_500) + 1, digit(250), digit(1) + 1)
}

/// Why a try, or a connection, ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ended {
    /// Nobody listens.
    Refused,
    /// Everything else, by name.
    Failed(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("nobody listens"),
            Self::Failed(name) => f.write_str(name),
        }
    }
}

impl Ended {
    fn at(stage: &str, why: &std::io::Error) -> Self {
        if why.kind() == std::io::ErrorKind::ConnectionRefused {
            Self::Refused
        } else {
            Self::Failed(format!("{stage}: {}", why.kind()))
        }
    }
}

/// When a device may come back after the connection is lost, as the platform said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// In milliseconds after the loss.
    pub(super) first: u64,
    /// The same.
    pub(super) last: u64,
}

impl Window {
    /// `hf-return` of a CONNACK: two numbers with a dash between. What cannot be read is no hint.
    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last).then_some(Self { first, last })
    }

    /// The window in a CONNACK, if this is one and has it.
    fn of(bytes: &[u8]) -> Option<Self> {
        let limits = Limits { packet_bytes_max: PACKET_BYTES_MAX, sender: Sender::Server };
        let Ok(Decoded::Packet(Packet::ConnAck(answer), _)) = decode(Version::V5, bytes, &limits) else { return None };
        answer.properties.iter().find_map(|property| {
            let Property::UserProperty(("hf-return", value)) = property else { return None };
            Self::parse(value)
        })
    }
}

impl Guest {
    /// The device at this place of the fleet.
    pub(super) fn new(device: &Device, place: usize, cas: &[CertificateDer<'static>]) -> Result<Self, Fault> {
        Ok(Self { id: device.id.clone(), safety: device.safety, tls: device.tls(cas)?, from: home(place) })
    }

    /// The same device behind one address with all others.
    pub(super) fn behind_one_address(self) -> Self {
        Self { from: Ipv4Addr::LOCALHOST, ..self }
    }

    /// The TLS identity.
    pub(super) fn tls(&self) -> Arc<rustls::ClientConfig> {
        Arc::clone(&self.tls)
    }

    async fn shake_hands(&self, address: &str) -> Result<TlsStream<TcpStream>, Ended> {
        let failed = |why| Ended::at("connect", &why);
        let to: SocketAddr = address.parse().map_err(|_| Ended::Failed("address".to_owned()))?;
        let socket = TcpSocket::new_v4().map_err(failed)?;
        socket.bind(SocketAddr::from((self.from, 0))).map_err(failed)?;
        let tcp = socket.connect(to).await.map_err(failed)?;
        tcp.set_nodelay(true).map_err(|why| Ended::at("connect", &why))?;
        let name = ServerName::try_from("localhost").map_err(|_| Ended::Failed("name".to_owned()))?;
        TlsConnector::from(self.tls()).connect(name, tcp).await.map_err(|why| Ended::at("tls", &why))
    }

    /// CONNECT, until CONNACK; then takes leave without having subscribed.
    async fn greet(&self, address: &str) -> Result<(), Ended> {
        let mut line = Line::start(self, address).await?;
        while !line.connected {
            line.hear().await?;
        }
        let lost = |why| Ended::at("leave", &why);
        line.tls.write_all(&DISCONNECT).await.map_err(lost)?;
        line.tls.flush().await.map_err(lost)?;
        // The server may close first.
        let _ = line.tls.shutdown().await;
        Ok(())
    }

    /// Connects, until every subscription was answered.
    pub(super) async fn connect(&self, address: &str) -> Result<Line, Ended> {
        let trying = async {
            let mut line = Line::start(self, address).await?;
            while !line.session.is_ready() {
                line.hear().await?;
                line.write().await?;
            }
            Ok(line)
        };
        tokio::time::timeout(TRY_WITHIN, trying).await.unwrap_or_else(|_| Err(Ended::Failed("too slow".to_owned())))
    }
}

/// Connects every device once up to its CONNACK, some at a time, and takes leave again.
pub(super) async fn greet_all(guests: &[Guest], address: &str) -> Result<(), Fault> {
    let (mut waiting, mut under_way) = (guests.iter().cloned(), JoinSet::new());
    loop {
        while under_way.len() < CALM
            && let Some(guest) = waiting.next()
        {
            let address = address.to_owned();
            under_way.spawn(async move {
                let greeted = tokio::time::timeout(TRY_WITHIN, guest.greet(&address)).await;
                let outcome = greeted.unwrap_or_else(|_| Err(Ended::Failed("too slow".to_owned())));
                outcome.map_err(|why| Fault::new(guest.id.as_str(), why))
            });
        }
        let Some(done) = under_way.join_next().await else { return Ok(()) };
        done.map_err(|why| Fault::new("connection", why))??;
    }
}

/// An open connection.
pub(super) struct Line {
    tls: TlsStream<TcpStream>,
    pub(super) session: ClientSession,
    buffer: Vec<u8>,
    unsent: Vec<u8>,
    connected: bool,
    /// When to come back, if the platform said so.
    pub(super) window: Option<Window>,
    /// Where the platform told something, until somebody takes it.
    pub(super) told: Vec<DownChannel>,
    /// Tokens that were acknowledged, until somebody takes them.
    pub(super) acknowledged: Vec<u64>,
    /// Tokens that were refused, with the name, until somebody takes them.
    pub(super) refused: Vec<(u64, String)>,
}

impl Line {
    async fn start(guest: &Guest, address: &str) -> Result<Self, Ended> {
        let tls = guest.shake_hands(address).await?;
        let terms = ClientConfig::default();
        let session = ClientSession::new(guest.id.clone(), terms, clock::monotonic());
        let session = session.map_err(|_| Ended::Failed("connect-not-written".to_owned()))?;
        let mut line = Self {
            tls,
            session,
            buffer: vec![0; READ_BYTES],
            unsent: Vec::new(),
            connected: false,
            window: None,
            told: Vec::new(),
            acknowledged: Vec::new(),
            refused: Vec::new(),
        };
        line.write().await?;
        Ok(line)
    }

    /// Waits for bytes or for a deadline of the session, and acts on it.
    pub(super) async fn hear(&mut self) -> Result<(), Ended> {
        let wait = self.session.poll_deadline().map(|at| at.0.saturating_sub(clock::monotonic().0));
        let read = self.tls.read(&mut self.buffer);
        let read = match wait {
            None => read.await,
            Some(ms) => {
                let Ok(read) = tokio::time::timeout(Duration::from_millis(ms), read).await else {
                    self.session.handle_deadline(clock::monotonic());
                    return self.note();
                };
                read
            }
        };
        let read = read.map_err(|why| Ended::at("read", &why))?;
        let bytes = self.buffer.get(..read).unwrap_or_default();
        if !self.connected {
            self.window = Window::of(bytes);
        }
        let input = if bytes.is_empty() { Input::Closed } else { Input::Bytes(bytes) };
        self.session.handle(input, clock::monotonic());
        self.note()
    }

    /// Takes what the session gave; bytes to send are gathered until [`Self::write`].
    fn note(&mut self) -> Result<(), Ended> {
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Connected => self.connected = true,
                Action::Ready | Action::Close { cause: CloseCause::ByAgent } => {}
                Action::NotSubscribed { channel, reason } => {
                    return Err(Ended::Failed(format!("not subscribed to {}: {}", channel.path(), reason.name())));
                }
                Action::Received { packet_id, channel, .. } => {
                    if let Some(id) = packet_id {
                        self.session.accepted(id);
                    }
                    self.told.push(channel);
                }
                Action::Acked { token } => self.acknowledged.push(token),
                Action::Refused { token, reason, words } => {
                    self.refused.push((token, words.unwrap_or_else(|| reason.name().to_owned())));
                }
                Action::Send(bytes) => self.unsent.extend(bytes),
                Action::Close { cause } => return Err(Ended::Failed(format!("closed: {}", cause.name()))),
            }
        }
        Ok(())
    }

    /// Writes everything that waits at once.
    pub(super) async fn write(&mut self) -> Result<(), Ended> {
        self.note()?;
        if self.unsent.is_empty() {
            return Ok(());
        }
        let lost = |why| Ended::at("write", &why);
        self.tls.write_all(&self.unsent).await.map_err(lost)?;
        self.tls.flush().await.map_err(lost)?;
        self.unsent.clear();
        self.unsent.shrink_to(READ_BYTES);
        Ok(())
    }

    /// The device's port.
    pub(super) fn local_port(&self) -> u16 {
        self.tls.get_ref().0.local_addr().map_or(0, |address| address.port())
    }

    /// Says goodbye.
    pub(super) async fn leave(mut self) {
        self.session.disconnect();
        // The server may close first.
        if self.write().await.is_ok() {
            let _ = self.tls.shutdown().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_device_has_an_address_of_its_own() {
        let homes: BTreeSet<Ipv4Addr> = (0..25_000).map(home).collect();
        assert_eq!(homes.len(), 25_000);
        assert!(homes.iter().all(|home| home.is_loopback() && *home != Ipv4Addr::LOCALHOST));
    }

    #[test]
    fn a_window_is_two_numbers_in_order_and_anything_else_is_none() {
        assert_eq!(Window::parse("0-2000"), Some(Window { first: 0, last: 2_000 }));
        for text in ["", "5", "-", "9-5", "a-b", "1-2-3"] {
            assert_eq!(Window::parse(text), None, "{text}");
        }
    }
}
