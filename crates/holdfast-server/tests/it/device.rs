//! One unit with a real identity, at the devices' real doors: EST over mutual TLS, and MQTT as far as a report goes.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use holdfast_core::cose::SoftwareKey;
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::DeviceId;
use holdfast_core::mqtt::packet::{Connect, Delivery, Packet, PacketId, Publish, Version};
use holdfast_core::mqtt::property::Properties;
use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::mqtt::{Decoded, Limits, Sender, decode};
use holdfast_core::telemetry::TelemetryMessage;
use holdfast_core::telemetry::signed::sign_readings;
use holdfast_server::clock;
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::api::tls;
use crate::maker::Maker;
use crate::world::World;

/// A key with the certificate for it.
struct Credential {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

/// A device as the factory made it, and what it got since.
pub(crate) struct Unit {
    pub(crate) id: DeviceId,
    factory: Credential,
    operational: Option<Credential>,
}

impl Unit {
    /// Makes its own key; the station vouches for it.
    pub(crate) fn make(maker: &Maker, id: &str) -> Self {
        let id: DeviceId = id.parse().unwrap();
        let key = KeyPair::generate().unwrap();
        let request = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
        let pem = maker.station.sign(request.as_bytes(), &id, clock::now()).unwrap();
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        Self { id, factory: Credential { certificate, key }, operational: None }
    }

    /// Its row in the factory manifest.
    pub(crate) fn listed(&self) -> Value {
        let key = Sha256Digest::of(&self.factory.key.subject_public_key_info());
        let salt = "00112233445566778899aabbccddeeff";
        json!({"id": self.id.to_string(), "key": key.to_string(), "claim_salt": salt, "claim_hash": "5a".repeat(32)})
    }

    /// Asks for its operational certificate with its factory identity.
    pub(crate) async fn enrol(&mut self, world: &World) {
        let (status, text, key) = self.ask_to_enrol(world, None).await;
        assert!(status.is_success(), "{}: {text}", self.id);
        let der = STANDARD.decode(text.split_whitespace().collect::<String>()).unwrap();
        self.operational = Some(Credential { certificate: certificate_in(&der, &key), key });
    }

    /// The same with a new key, whatever the answer; it may show the secret of an order to erase.
    pub(crate) async fn ask_to_enrol(
        &self,
        world: &World,
        returns: Option<&str>,
    ) -> (reqwest::StatusCode, String, KeyPair) {
        let tls = config(&world.ca_pem, &self.factory, b"http/1.1");
        let http = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap();
        let key = KeyPair::generate().unwrap();
        let request = CertificateParams::default().serialize_request(&key).unwrap();
        let port = world.server().addresses().devices.port();
        let mut order = http
            .post(format!("https://localhost:{port}/.well-known/est/simpleenroll"))
            .header("content-type", "application/pkcs10");
        if let Some(secret) = returns {
            order = order.header("holdfast-return", secret);
        }
        let reply = order.body(STANDARD.encode(request.der())).send().await.unwrap();
        (reply.status(), reply.text().await.unwrap(), key)
    }

    /// TLS for MQTT under its operational identity.
    pub(crate) fn operational(&self, world: &World) -> rustls::ClientConfig {
        config(&world.ca_pem, self.operational.as_ref().unwrap(), b"mqtt")
    }

    /// Connects over MQTT.
    pub(crate) async fn connect(&self, world: &World) -> Line {
        self.connect_to(world.server().addresses().mqtt, &world.ca_pem).await
    }

    /// Connects over MQTT to whatever server is there.
    pub(crate) async fn connect_to(&self, address: SocketAddr, ca_pem: &str) -> Line {
        let credential = self.operational.as_ref().unwrap();
        let tls = config(ca_pem, credential, b"mqtt");
        let tcp = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(tls)).connect(name, tcp).await.unwrap();
        let mut line = Line { stream, inbox: Vec::new(), device: self.id.clone(), sent: 0 };
        line.connect().await;
        line
    }

    /// Its operational key's signature over readings of a stream, as a payload carries it. Who signs need not be `author`.
    pub(crate) fn sign_as(&self, author: &DeviceId, stream: &str, readings: &[Value]) -> String {
        let pkcs8 = self.operational.as_ref().unwrap().key.serialize_der();
        // The private key of RFC 5915 §3 inside it: version 1, then an octet string of 32 bytes.
        let mark = [0x02, 0x01, 0x01, 0x04, 0x20];
        let at = pkcs8.windows(mark.len()).position(|window| window == mark).unwrap() + mark.len();
        let key = SoftwareKey::p256(pkcs8[at..at + 32].try_into().unwrap()).unwrap();
        let parse = |reading: &Value| TelemetryMessage::parse(reading.to_string().as_bytes()).unwrap();
        let readings: Vec<_> = readings.iter().map(parse).collect();
        URL_SAFE_NO_PAD.encode(sign_readings(&key, author, &stream.parse().unwrap(), &readings).unwrap())
    }

    /// A client of the devices' HTTPS door with its operational identity, which keeps its connection.
    pub(crate) fn https(&self, world: &World) -> reqwest::Client {
        let tls = config(&world.ca_pem, self.operational.as_ref().unwrap(), b"http/1.1");
        reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
    }

    /// Reports that the deployment's release runs and is healthy; comes back when that is stored.
    pub(crate) async fn succeeds(&self, world: &World, deployment: &str, release: &Value) {
        let report = json!({
            "deployment": deployment, "generation": 1, "percent": 100,
            "sequence": release["sequence"], "digest": release["artifact_digest"],
        });
        let mut line = self.connect(world).await;
        for state in ["installing", "rebooting", "succeeded"] {
            let mut report = report.clone();
            report["state"] = Value::from(state);
            assert_eq!(line.publish("update/report", &report.to_string()).await, ReasonCode::Success, "{state}");
        }
    }
}

fn config(ca_pem: &str, credential: &Credential, alpn: &[u8]) -> rustls::ClientConfig {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(credential.key.serialize_der()));
    let mut config = tls(ca_pem).with_client_auth_cert(vec![credential.certificate.clone()], key).unwrap();
    config.alpn_protocols = vec![alpn.to_vec()];
    config
}

/// The one certificate for `key` in a certs-only message.
fn certificate_in(pkcs7: &[u8], key: &KeyPair) -> CertificateDer<'static> {
    let spki = key.subject_public_key_info();
    let found = (0..pkcs7.len()).find_map(|at| {
        let (rest, parsed) = x509_parser::parse_x509_certificate(&pkcs7[at..]).ok()?;
        let end = pkcs7.len() - rest.len();
        (parsed.public_key().raw == spki).then(|| CertificateDer::from(pkcs7[at..end].to_vec()))
    });
    found.unwrap()
}

/// An MQTT 5 connection that says one thing after the other.
pub(crate) struct Line {
    stream: TlsStream<TcpStream>,
    inbox: Vec<u8>,
    device: DeviceId,
    sent: u16,
}

impl Line {
    async fn connect(&mut self) {
        let device = self.device.clone();
        self.send(&Packet::Connect(Connect {
            version: Version::V5,
            clean_start: true,
            keep_alive_secs: 60,
            client_id: device.as_str(),
            will: None,
            user_name: None,
            password: None,
            properties: Properties::NONE,
        }))
        .await;
        let reason = self.hear(|packet| if let Packet::ConnAck(ack) = packet { Some(ack.reason) } else { None }).await;
        assert_eq!(reason, ReasonCode::Success);
    }

    /// Publishes in the device's own tree; gives back the reason of the acknowledgement.
    pub(crate) async fn publish(&mut self, path: &str, payload: &str) -> ReasonCode {
        self.publish_named(path, payload).await.0
    }

    /// The same, with the name that the server gives to a refusal; empty if it was taken.
    pub(crate) async fn publish_named(&mut self, path: &str, payload: &str) -> (ReasonCode, String) {
        self.sent += 1;
        let packet_id = PacketId(std::num::NonZeroU16::new(self.sent).unwrap());
        let topic = format!("hf/v1/{}/{path}", self.device);
        let delivery = Delivery::AtLeastOnce { packet_id, dup: false };
        let payload = payload.as_bytes();
        let publish = Publish { delivery, retain: false, topic: &topic, properties: Properties::NONE, payload };
        self.send(&Packet::Publish(publish)).await;
        let reason = |packet: &Packet<'_>| match packet {
            Packet::PubAck(ack) => {
                let name = || ack.properties.reason_string().unwrap_or_default().to_owned();
                (ack.packet_id == packet_id).then(|| (ack.reason, name()))
            }
            _ => None,
        };
        self.hear(reason).await
    }

    /// Publishes without waiting; the acknowledgements come in [`Self::goodbye`].
    pub(crate) async fn say(&mut self, path: &str, payload: &str) {
        self.sent += 1;
        let packet_id = PacketId(std::num::NonZeroU16::new(self.sent).unwrap());
        let topic = format!("hf/v1/{}/{path}", self.device);
        let delivery = Delivery::AtLeastOnce { packet_id, dup: false };
        let payload = payload.as_bytes();
        self.send(&Packet::Publish(Publish {
            delivery,
            retain: false,
            topic: &topic,
            properties: Properties::NONE,
            payload,
        }))
        .await;
    }

    /// Listens until the server says goodbye; gives its reason and how many messages it acknowledged before.
    pub(crate) async fn goodbye(&mut self) -> (ReasonCode, u64) {
        let acknowledged = std::cell::Cell::new(0);
        let reason = |packet: &Packet<'_>| match packet {
            Packet::PubAck(ack) => {
                assert_eq!(ack.reason, ReasonCode::Success);
                acknowledged.set(acknowledged.get() + 1);
                None
            }
            Packet::Disconnect(outcome) => Some(outcome.reason),
            other => panic!("{other:?}"),
        };
        let reason = self.hear(reason).await;
        let mut rest = Vec::new();
        assert_eq!(self.stream.read_to_end(&mut rest).await.unwrap_or(0), 0, "nothing follows a goodbye");
        assert!(self.inbox.is_empty());
        (reason, acknowledged.get())
    }

    async fn send(&mut self, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(Version::V5, &mut bytes).unwrap();
        self.stream.write_all(&bytes).await.unwrap();
    }

    async fn hear<T>(&mut self, wanted: impl Fn(&Packet<'_>) -> Option<T>) -> T {
        let limits = Limits { packet_bytes_max: 1 << 20, sender: Sender::Server };
        loop {
            if let Decoded::Packet(packet, used) = decode(Version::V5, &self.inbox, &limits).unwrap() {
                let heard = wanted(&packet);
                self.inbox.drain(..used);
                match heard {
                    Some(heard) => return heard,
                    None => continue,
                }
            }
            let read = self.stream.read_buf(&mut self.inbox).await.unwrap();
            assert!(read > 0, "{} was cut off", self.device);
        }
    }
}
