//! The load: one MQTT 5 connection for each device, each with so many messages in flight, as the agent would speak.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::mqtt::client::{Action, ClientConfig, ClientSession, CloseCause};
use holdfast_core::mqtt::session::Input;
use holdfast_core::topic::UpChannel;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::enrol::Device;
use super::{Fault, READING_INTERVAL_US};
use crate::clock;

/// Connections that are made at the same time.
const HANDSHAKES: usize = 16;
/// Time for one connection until the platform can reach the device.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);
/// Longest silence of a server that owes answers.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// What every run needs, and which messages were acknowledged so far.
pub(super) struct Load {
    devices: Vec<Prepared>,
    stream: StreamId,
    shape: Shape,
    round: u32,
    base_us: i64,
}

/// How much is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Unacknowledged messages of each device.
    pub(super) in_flight: u16,
    /// Messages of each device in one run.
    pub(super) each: u32,
    /// Runs against each side.
    pub(super) rounds: u16,
}

struct Prepared {
    id: DeviceId,
    tls: Arc<rustls::ClientConfig>,
    /// Acknowledged by our server.
    acknowledged: Vec<u64>,
}

/// What one run gave.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// When the first message left.
    pub(super) started: Duration,
    /// When the last answer came.
    pub(super) ended: Duration,
    /// Counters that were acknowledged, by device, in the order of [`Load`].
    acknowledged: Vec<Vec<u64>>,
    /// Refusals by name.
    pub(super) rejected: BTreeMap<String, u64>,
    /// From the write to the PUBACK, in microseconds, rising.
    pub(super) waits_us: Vec<u32>,
}

impl Sent {
    /// Messages that were acknowledged with success.
    pub(super) fn answered(&self) -> u64 {
        self.acknowledged.iter().map(|list| list.len() as u64).sum()
    }
}

impl Load {
    pub(super) fn new(devices: &[Device], shape: Shape, cas: &[CertificateDer<'static>]) -> Result<Self, Fault> {
        let prepare =
            |device: &Device| Ok(Prepared { tls: device.tls(cas)?, id: device.id.clone(), acknowledged: Vec::new() });
        let stream = "climate".parse().map_err(|why| Fault::new("climate", why))?;
        let devices = devices.iter().map(prepare).collect::<Result<_, Fault>>()?;
        // The devices were offline and have measured until now.
        let readings = i64::from(shape.each) * i64::from(shape.rounds) + 1_000;
        let base_us = clock::now().as_micros() - readings * READING_INTERVAL_US;
        Ok(Self { devices, stream, shape, round: 0, base_us })
    }

    pub(super) const fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// Messages of one run.
    pub(super) fn messages(&self) -> u64 {
        u64::from(self.shape.each) * self.devices.len() as u64
    }

    /// The next runs use counters that were never used before.
    pub(super) const fn next_round(&mut self) {
        self.round += 1;
    }

    /// Remembers what our server acknowledged.
    pub(super) fn acknowledged(&mut self, sent: &Sent) {
        for (device, counters) in self.devices.iter_mut().zip(&sent.acknowledged) {
            device.acknowledged.extend(counters);
        }
    }

    pub(super) fn all_acknowledged(&self) -> impl Iterator<Item = (&DeviceId, &[u64])> {
        self.devices.iter().map(|device| (&device.id, device.acknowledged.as_slice()))
    }

    /// Connects every device, up to its subscriptions.
    pub(super) async fn connect(&self, address: &str) -> Result<Vec<Line>, Fault> {
        let (mut waiting, mut under_way) = (self.devices.iter().enumerate(), JoinSet::new());
        let mut lines = Vec::with_capacity(self.devices.len());
        loop {
            while under_way.len() < HANDSHAKES
                && let Some((at, device)) = waiting.next()
            {
                let line = Line::open(at, device.id.clone(), Arc::clone(&device.tls), address.to_owned());
                under_way.spawn(tokio::time::timeout(CONNECT_WITHIN, line));
            }
            let Some(done) = under_way.join_next().await else { break };
            let done = done.map_err(|why| Fault::new("connection", why))?;
            lines.push(done.map_err(|_| Fault::new(address, "a connection took too long"))??);
        }
        Ok(lines)
    }

    /// Sends every message of a run and waits for every answer, then closes the connections.
    pub(super) async fn publish(&self, lines: Vec<Line>) -> Result<Sent, Fault> {
        let mut under_way = JoinSet::new();
        let mut sent = Sent { acknowledged: vec![Vec::new(); self.devices.len()], ..Sent::default() };
        sent.started = clock::elapsed();
        for line in lines {
            let job = Job {
                channel: UpChannel::Telemetry(self.stream.clone()),
                in_flight: usize::from(self.shape.in_flight),
                next: u64::from(self.round) * u64::from(self.shape.each) + 1,
                end: u64::from(self.round + 1) * u64::from(self.shape.each) + 1,
                base_us: self.base_us,
            };
            under_way.spawn(line.work(job));
        }
        while let Some(done) = under_way.join_next().await {
            let done = done.map_err(|why| Fault::new("load", why))??;
            sent.ended = sent.ended.max(done.ended);
            sent.waits_us.extend(done.waits_us);
            for (name, count) in done.rejected {
                *sent.rejected.entry(name).or_insert(0) += count;
            }
            if let Some(list) = sent.acknowledged.get_mut(done.at) {
                *list = done.acknowledged;
            }
        }
        sent.waits_us.sort_unstable();
        Ok(sent)
    }
}

/// One reading that the model admits: in range, and changing slower than its slope.
pub(super) fn payload(counter: u64, base_us: i64) -> String {
    let step = i64::try_from(counter).unwrap_or(0);
    let wave = (step % 200 - 100).abs();
    let at = base_us + step * READING_INTERVAL_US;
    let (whole, part) = (19 + wave / 50, wave % 50 + 10);
    format!(
        "{{\"c\":{counter},\"t\":{at},\"f\":{{\"temperature\":{whole}.{part},\"humidity\":4{}.5,\"battery\":97}}}}",
        wave / 20
    )
}

/// What one connection has to do.
struct Job {
    channel: UpChannel,
    in_flight: usize,
    next: u64,
    end: u64,
    base_us: i64,
}

#[derive(Default)]
struct Outcome {
    at: usize,
    ended: Duration,
    acknowledged: Vec<u64>,
    rejected: BTreeMap<String, u64>,
    waits_us: Vec<u32>,
}

/// One connection.
pub(super) struct Line {
    at: usize,
    id: DeviceId,
    tls: TlsStream<TcpStream>,
    session: ClientSession,
    buffer: Vec<u8>,
    unsent: Vec<u8>,
}

impl Line {
    async fn open(at: usize, id: DeviceId, config: Arc<rustls::ClientConfig>, address: String) -> Result<Self, Fault> {
        let fault = |why: &dyn std::fmt::Display| Fault::new(id.as_str(), why);
        let tcp = TcpStream::connect(&address).await.map_err(|why| fault(&why))?;
        tcp.set_nodelay(true).map_err(|why| fault(&why))?;
        let name = ServerName::try_from("localhost").map_err(|why| fault(&why))?;
        let tls = TlsConnector::from(config).connect(name, tcp).await.map_err(|why| fault(&why))?;
        let terms = ClientConfig { receive_maximum: NonZeroU16::MAX, ..ClientConfig::default() };
        let session = ClientSession::new(id.clone(), terms, clock::monotonic()).map_err(|why| fault(&why))?;
        let mut line = Self { at, id, tls, session, buffer: vec![0; READ_BYTES], unsent: Vec::new() };
        let (mut nothing, mut nobody) = (Outcome::default(), Waiting::default());
        line.write(&mut nothing, &mut nobody).await?;
        while !line.session.is_ready() {
            line.hear(&mut nothing, &mut nobody).await?;
            line.write(&mut nothing, &mut nobody).await?;
        }
        Ok(line)
    }

    async fn work(mut self, mut job: Job) -> Result<Outcome, Fault> {
        let mut outcome = Outcome { at: self.at, ..Outcome::default() };
        let mut waiting = Waiting::default();
        loop {
            while job.next < job.end && waiting.0.len() < job.in_flight {
                let text = payload(job.next, job.base_us);
                let sent = self.session.publish(&job.channel, text.as_bytes(), job.next);
                sent.map_err(|why| Fault::new(self.id.as_str(), why))?;
                waiting.0.push((job.next, clock::elapsed()));
                job.next += 1;
            }
            if waiting.0.is_empty() {
                break;
            }
            self.write(&mut outcome, &mut waiting).await?;
            let heard = tokio::time::timeout(ANSWER_WITHIN, self.hear(&mut outcome, &mut waiting)).await;
            heard.map_err(|_| Fault::new(self.id.as_str(), "waited too long for an acknowledgement"))??;
        }
        outcome.ended = clock::elapsed();
        self.session.disconnect();
        // The server may close first.
        if self.write(&mut outcome, &mut waiting).await.is_ok() {
            let _ = self.tls.shutdown().await;
        }
        Ok(outcome)
    }

    /// Reads once and acts on it.
    async fn hear(&mut self, outcome: &mut Outcome, waiting: &mut Waiting) -> Result<(), Fault> {
        let read = self.tls.read(&mut self.buffer).await.map_err(|why| Fault::new(self.id.as_str(), why))?;
        let bytes = self.buffer.get(..read).unwrap_or_default();
        let input = if bytes.is_empty() { Input::Closed } else { Input::Bytes(bytes) };
        self.session.handle(input, clock::monotonic());
        self.note(outcome, waiting)
    }

    /// Takes what the session gave; bytes to send are gathered until [`Self::write`].
    fn note(&mut self, outcome: &mut Outcome, waiting: &mut Waiting) -> Result<(), Fault> {
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Connected | Action::Ready | Action::Close { cause: CloseCause::ByAgent } => {}
                Action::NotSubscribed { channel, reason } => {
                    let text = format!("not subscribed to {}: {}", channel.path(), reason.name());
                    return Err(Fault::new(self.id.as_str(), text));
                }
                Action::Received { packet_id, .. } => {
                    if let Some(id) = packet_id {
                        self.session.accepted(id);
                    }
                }
                Action::Acked { token } => {
                    waiting.answered(token, outcome);
                    outcome.acknowledged.push(token);
                }
                Action::Refused { token, reason, words } => {
                    waiting.answered(token, outcome);
                    *outcome.rejected.entry(words.unwrap_or_else(|| reason.name().to_owned())).or_insert(0) += 1;
                }
                Action::Send(bytes) => self.unsent.extend(bytes),
                Action::Close { cause } => {
                    return Err(Fault::new(self.id.as_str(), format!("closed: {}", cause.name())));
                }
            }
        }
        Ok(())
    }

    /// Writes everything that waits at once.
    async fn write(&mut self, outcome: &mut Outcome, waiting: &mut Waiting) -> Result<(), Fault> {
        self.note(outcome, waiting)?;
        let fault = |why| Fault::new(self.id.as_str(), why);
        self.tls.write_all(&self.unsent).await.map_err(fault)?;
        self.tls.flush().await.map_err(fault)?;
        self.unsent.clear();
        Ok(())
    }
}

/// Messages without an answer: counter, and when it was written.
#[derive(Default)]
struct Waiting(Vec<(u64, Duration)>);

impl Waiting {
    fn answered(&mut self, token: u64, outcome: &mut Outcome) {
        if let Some(at) = self.0.iter().position(|(counter, _)| *counter == token) {
            let (_, since) = self.0.swap_remove(at);
            let wait = clock::elapsed().saturating_sub(since).as_micros();
            outcome.waits_us.push(u32::try_from(wait).unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_core::telemetry::{FieldValue as Sent, TelemetryMessage};
    use holdfast_core::time::Timestamp;
    use holdfast_domain::telemetry::value::FieldValue;
    use holdfast_domain::telemetry::{Model, TelemetryInput};

    use super::super::MODEL;
    use super::*;

    #[test]
    fn the_model_admits_every_reading_of_the_load() {
        let model = Model::compile(MODEL).unwrap();
        let mut last = None;
        for counter in 1..1_000 {
            let message = TelemetryMessage::parse(payload(counter, 1_763_870_000_000_000).as_bytes()).unwrap();
            let value = |value: &Sent| match value {
                Sent::Integer(n) => FieldValue::Integer(*n),
                Sent::Number(x) => FieldValue::Number(*x),
                Sent::Bool(_) | Sent::Text(_) => panic!("not sent"),
            };
            let fields: Vec<_> = message.fields.iter().map(|(name, sent)| (name, value(sent))).collect();
            let input = TelemetryInput { counter, at: message.at, fields: &fields };
            let now = Timestamp::from_micros(1_763_880_000_000_000);
            last = model.admit("climate", &input, last.as_ref(), now).unwrap().last;
            assert!(last.is_some(), "{counter} is no newer reading");
        }
    }
}
