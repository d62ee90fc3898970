//! The backend of the yardstick: one thread that reads from the broker, validates with the product's model and inserts
//! into SQLite in batches, as a careful maker would write it. It acknowledges to the broker after the commit.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdfast_core::id::DeviceId;
use holdfast_core::mqtt::packet::{
    Ack, Connect, Delivery, FilterList, Packet, PacketId, Publish, Qos, Subscribe, SubscribeOptions, Version,
};
use holdfast_core::mqtt::property::{Properties, Property, PropertyList};
use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::mqtt::{Decoded, Limits, Sender, decode};
use holdfast_core::telemetry::{FieldValue as Sent, TelemetryMessage};
use holdfast_core::time::Timestamp;
use holdfast_core::topic::{UpChannel, UpTopic};
use holdfast_domain::telemetry::value::FieldValue;
use holdfast_domain::telemetry::{LastReading, Model, TelemetryInput};
use rusqlite::{Connection, params};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConnection, StreamOwned};

use super::{Fault, MODEL, enrol};
use crate::clock;

/// Rows that are committed together at most.
const BATCH_ROWS_MAX: usize = 1_000;
/// Longest wait of a row for others.
const BATCH_WAIT: Duration = Duration::from_millis(20);
/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;
/// Largest packet of the broker.
const PACKET_BYTES_MAX: u32 = 1 << 20;
const SUBSCRIBE_ID: PacketId = PacketId(NonZeroU16::MIN);

/// Arguments of the backend.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The broker's address.
    #[arg(long)]
    broker: String,
    /// Folder with its certificate and key, and for its database.
    #[arg(long)]
    dir: PathBuf,
}

/// Runs until the broker closes; prints `ready`, then after each commit the number of rows stored so far.
///
/// # Errors
///
/// If the broker is not reached, breaks the protocol, or the database fails.
pub fn run(args: &Args) -> Result<(), Fault> {
    let mut sink = Sink::open(&args.dir)?;
    let mut stream = connect(args)?;
    let mut inbox = Vec::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => inbox.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(why) if matches!(why.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(why) => return Err(Fault::new("broker", why)),
        }
        let mut rest = inbox.as_slice();
        while let Some((packet, used)) = next(rest)? {
            sink.take(packet)?;
            rest = rest.get(used..).unwrap_or_default();
            if sink.rows.len() >= BATCH_ROWS_MAX {
                sink.commit(&mut stream)?;
            }
        }
        let used = inbox.len() - rest.len();
        inbox.drain(..used);
        if sink.first.is_some_and(|first| clock::elapsed().saturating_sub(first) >= BATCH_WAIT) {
            sink.commit(&mut stream)?;
        }
    }
    sink.commit(&mut stream).or(Ok(()))
}

fn next(bytes: &[u8]) -> Result<Option<(Packet<'_>, usize)>, Fault> {
    let limits = Limits { packet_bytes_max: PACKET_BYTES_MAX, sender: Sender::Server };
    match decode(Version::V5, bytes, &limits) {
        Ok(Decoded::Need(_)) => Ok(None),
        Ok(Decoded::Packet(packet, used)) => Ok(Some((packet, used))),
        Err(why) => Err(Fault::new("broker", why.name())),
    }
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

fn connect(args: &Args) -> Result<Stream, Fault> {
    let read = |name: &str| std::fs::read(args.dir.join(name)).map_err(|why| Fault::new(name, why));
    let certificate = |name: &str| CertificateDer::from_pem_slice(&read(name)?).map_err(|why| Fault::new(name, why));
    let key = PrivateKeyDer::from_pem_slice(&read("sink.key")?).map_err(|why| Fault::new("sink.key", why))?;
    let tls = enrol::tls(&[certificate("ca.crt")?], vec![certificate("sink.crt")?], key, b"mqtt")?;
    let fault = |why: io::Error| Fault::new("broker", why);
    let tcp = TcpStream::connect(&args.broker).map_err(fault)?;
    tcp.set_nodelay(true).map_err(fault)?;
    let name = ServerName::try_from("localhost").map_err(|why| Fault::new("localhost", why))?;
    let session = ClientConnection::new(Arc::new(tls), name).map_err(|why| Fault::new("TLS", why))?;
    let mut stream = StreamOwned::new(session, tcp);
    greet(&mut stream)?;
    stream.sock.set_read_timeout(Some(BATCH_WAIT)).map_err(fault)?;
    writeln!(io::stdout(), "ready").map_err(|why| Fault::new("stdout", why))?;
    Ok(stream)
}

/// CONNECT and SUBSCRIBE, until both are answered.
fn greet(stream: &mut Stream) -> Result<(), Fault> {
    let fault = |why: &dyn std::fmt::Display| Fault::new("broker", why);
    let mut list = PropertyList::new();
    list.push(Property::ReceiveMaximum(NonZeroU16::MAX)).map_err(|why| fault(&why))?;
    let connect = Connect {
        version: Version::V5,
        clean_start: true,
        keep_alive_secs: 0,
        client_id: "backend",
        will: None,
        user_name: None,
        password: None,
        properties: list.as_properties(),
    };
    let mut filters = FilterList::subscribe();
    filters.push("hf/v1/+/telemetry/climate", SubscribeOptions::at(Qos::AtLeastOnce)).map_err(|why| fault(&why))?;
    let filters = filters.as_filters();
    let subscribe = Subscribe { packet_id: SUBSCRIBE_ID, properties: Properties::NONE, filters };
    let mut out = Vec::new();
    Packet::Connect(connect).encode(Version::V5, &mut out).map_err(|why| fault(&why))?;
    Packet::Subscribe(subscribe).encode(Version::V5, &mut out).map_err(|why| fault(&why))?;
    stream.write_all(&out).and_then(|()| stream.flush()).map_err(|why| fault(&why))?;
    let (mut inbox, mut buffer) = (Vec::new(), vec![0; READ_BYTES]);
    loop {
        let read = stream.read(&mut buffer).map_err(|why| fault(&why))?;
        if read == 0 {
            return Err(fault(&"closed during the greeting"));
        }
        inbox.extend_from_slice(buffer.get(..read).unwrap_or_default());
        while let Some((packet, used)) = next(&inbox)? {
            if let Packet::SubAck(answer) = &packet
                && answer.reasons().all(|reason| !reason.is_error())
            {
                return Ok(());
            }
            if !matches!(&packet, Packet::ConnAck(answer) if answer.reason == ReasonCode::Success) {
                return Err(fault(&format!("answered {packet:?}")));
            }
            inbox.drain(..used);
        }
    }
}

/// One validated reading.
struct Row {
    device: String,
    counter: i64,
    measured: i64,
    fields: String,
}

struct Sink {
    database: Connection,
    model: Model,
    newest: BTreeMap<DeviceId, LastReading>,
    rows: Vec<Row>,
    answers: Vec<PacketId>,
    first: Option<Duration>,
    stored: usize,
}

impl Sink {
    fn open(dir: &Path) -> Result<Self, Fault> {
        let fault = |why: rusqlite::Error| Fault::new("the backend's database", why);
        let database = Connection::open(dir.join("backend.db")).map_err(fault)?;
        let setup = "pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -65536;
             create table reading (device text not null, counter integer not null, measured integer not null,
                 received integer not null, fields text not null, primary key (device, counter)) strict, without rowid;";
        database.execute_batch(setup).map_err(fault)?;
        let model = Model::compile(MODEL).map_err(|why| Fault::new("model", why))?;
        let (newest, rows, answers) = (BTreeMap::new(), Vec::new(), Vec::new());
        Ok(Self { database, model, newest, rows, answers, first: None, stored: 0 })
    }

    fn take(&mut self, packet: Packet<'_>) -> Result<(), Fault> {
        let Packet::Publish(publish) = packet else { return Ok(()) };
        if let Delivery::AtLeastOnce { packet_id, .. } = publish.delivery {
            self.answers.push(packet_id);
            self.first.get_or_insert_with(clock::elapsed);
        }
        match self.admit(&publish) {
            Some(row) => self.rows.push(row),
            None => return Err(Fault::new(publish.topic, "a reading was refused")),
        }
        Ok(())
    }

    fn admit(&mut self, publish: &Publish<'_>) -> Option<Row> {
        let topic = UpTopic::parse(publish.topic).ok()?;
        let UpChannel::Telemetry(stream) = topic.channel else { return None };
        let message = TelemetryMessage::parse(publish.payload).ok()?;
        let borrowed = |value| match value {
            &Sent::Bool(b) => FieldValue::Boolean(b),
            &Sent::Integer(n) => FieldValue::Integer(n),
            &Sent::Number(x) => FieldValue::Number(x),
            Sent::Text(text) => FieldValue::Text(text),
        };
        let fields: Vec<_> = message.fields.iter().map(|(name, value)| (name, borrowed(value))).collect();
        let input = TelemetryInput { counter: message.counter, at: message.at, fields: &fields };
        let last = self.newest.get(&topic.device);
        let newer = self.model.admit(stream.as_str(), &input, last, clock::now()).ok()?.last;
        let row = Row {
            device: topic.device.as_str().to_owned(),
            counter: i64::try_from(message.counter).ok()?,
            measured: message.at.as_micros(),
            // What arrived is kept as it is; it was just validated.
            fields: String::from_utf8(publish.payload.to_vec()).ok()?,
        };
        if let Some(newer) = newer {
            self.newest.insert(topic.device, newer);
        }
        Some(row)
    }

    fn commit(&mut self, stream: &mut Stream) -> Result<(), Fault> {
        let fault = |why: rusqlite::Error| Fault::new("the backend's database", why);
        let received: Timestamp = clock::now();
        let transaction = self.database.transaction().map_err(fault)?;
        {
            let text = "insert or ignore into reading values (?1, ?2, ?3, ?4, ?5)";
            let mut insert = transaction.prepare_cached(text).map_err(fault)?;
            for row in &self.rows {
                let values = params![row.device, row.counter, row.measured, received.as_micros(), row.fields];
                self.stored += insert.execute(values).map_err(fault)?;
            }
        }
        transaction.commit().map_err(fault)?;
        self.rows.clear();
        self.first = None;
        let mut out = Vec::new();
        for packet_id in self.answers.drain(..) {
            let ack = Ack { packet_id, reason: ReasonCode::Success, properties: Properties::NONE };
            Packet::PubAck(ack).encode(Version::V5, &mut out).map_err(|why| Fault::new("PUBACK", why))?;
        }
        stream.write_all(&out).and_then(|()| stream.flush()).map_err(|why| Fault::new("broker", why))?;
        writeln!(io::stdout(), "{}", self.stored).map_err(|why| Fault::new("stdout", why))
    }
}
