//! A client of packets, not of a session: it can say what a well-behaved one never would.

use std::num::NonZeroU16;
use std::sync::Arc;

use holdfast_core::cose::{PublicKey, Signer as _};
use holdfast_core::id::DeviceId;
use holdfast_core::mqtt::packet::{
    Connect, Delivery, FilterList, Packet, PacketId, Publish, Qos, Subscribe, SubscribeOptions, Version,
};
use holdfast_core::mqtt::property::Properties;
use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::mqtt::{Decoded, Limits, Sender, decode};
use holdfast_core::order::{verify_desired, verify_order};
use holdfast_core::topic::DownChannel;
use rustls::pki_types::ServerName;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::house::{Credential, House};

/// What the client hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    ConnAck(ReasonCode, String),
    PubAck(u16, ReasonCode, String),
    SubAck(Vec<ReasonCode>),
    Publish(String, String, Option<PacketId>),
    Disconnect(ReasonCode, String),
    Closed,
    Other,
}

pub(super) struct Client {
    stream: TlsStream<TcpStream>,
    version: Version,
    inbox: Vec<u8>,
    device: DeviceId,
    /// Who signs orders.
    signer: PublicKey,
    next_id: u16,
}

impl Client {
    /// TLS only.
    pub(super) async fn reach(house: &House, credential: &Credential) -> std::io::Result<Self> {
        Self::reach_with(house, Some(credential), &credential.device).await
    }

    pub(super) async fn reach_with(
        house: &House,
        credential: Option<&Credential>,
        device: &DeviceId,
    ) -> std::io::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(house.authority.ca_certificate()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match credential {
            None => builder.with_no_client_auth(),
            Some(credential) => {
                builder.with_client_auth_cert(credential.chain.clone(), credential.private_key()).unwrap()
            }
        };
        config.alpn_protocols = vec![b"mqtt".to_vec()];
        let tcp = TcpStream::connect(house.address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        Ok(Self {
            stream,
            version: Version::V5,
            inbox: Vec::new(),
            device: device.clone(),
            signer: house.authority.freshness().public_key(),
            next_id: 0,
        })
    }

    /// TLS and CONNECT; gives back what the server answers.
    pub(super) async fn knock(
        house: &House,
        credential: &Credential,
        version: Version,
        client_id: &str,
    ) -> (Self, Heard) {
        let mut client = Self::reach(house, credential).await.unwrap();
        client.version = version;
        let heard = client.connect(client_id).await;
        (client, heard)
    }

    /// A connected client of MQTT 5.0.
    pub(super) async fn connected(house: &House, credential: &Credential) -> Self {
        Self::connected_as(house, credential, Version::V5).await
    }

    pub(super) async fn connected_as(house: &House, credential: &Credential, version: Version) -> Self {
        let (client, heard) = Self::knock(house, credential, version, credential.device.as_str()).await;
        assert_eq!(heard, Heard::ConnAck(ReasonCode::Success, String::new()));
        client
    }

    pub(super) async fn connect(&mut self, client_id: &str) -> Heard {
        self.send(&Packet::Connect(Connect {
            version: self.version,
            clean_start: true,
            keep_alive_secs: 60,
            client_id,
            will: None,
            user_name: None,
            password: None,
            properties: Properties::NONE,
        }))
        .await;
        self.hear().await
    }

    pub(super) async fn send(&mut self, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(self.version, &mut bytes).unwrap();
        self.send_bytes(&bytes).await;
    }

    pub(super) async fn send_bytes(&mut self, bytes: &[u8]) {
        // The server may have closed already; what it said before is what counts.
        let _ = self.stream.write_all(bytes).await;
        let _ = self.stream.flush().await;
    }

    /// Bytes of a message in the device's own tree, and its identifier.
    pub(super) fn message(&mut self, path: &str, payload: &str) -> (u16, Vec<u8>) {
        let topic = format!("hf/v1/{}/{path}", self.device);
        self.message_to(&topic, payload.as_bytes())
    }

    pub(super) fn message_to(&mut self, topic: &str, payload: &[u8]) -> (u16, Vec<u8>) {
        self.next_id += 1;
        let packet_id = PacketId(NonZeroU16::new(self.next_id).unwrap());
        let delivery = Delivery::AtLeastOnce { packet_id, dup: false };
        let publish = Publish { delivery, retain: false, topic, properties: Properties::NONE, payload };
        let mut bytes = Vec::new();
        Packet::Publish(publish).encode(self.version, &mut bytes).unwrap();
        (self.next_id, bytes)
    }

    /// Publishes in the device's own tree; gives back the next thing that is heard.
    pub(super) async fn publish(&mut self, path: &str, payload: &str) -> Heard {
        let (_, bytes) = self.message(path, payload);
        self.send_bytes(&bytes).await;
        self.hear_answer().await
    }

    /// Subscribes to everything a device may hear.
    pub(super) async fn subscribe(&mut self) {
        let mut list = FilterList::subscribe();
        for channel in DownChannel::ALL {
            list.push(&channel.topic_of(&self.device), SubscribeOptions::at(Qos::AtLeastOnce)).unwrap();
        }
        self.next_id += 1;
        let packet_id = PacketId(NonZeroU16::new(self.next_id).unwrap());
        let filters = list.as_filters();
        self.send(&Packet::Subscribe(Subscribe { packet_id, properties: Properties::NONE, filters })).await;
        assert_eq!(self.hear().await, Heard::SubAck(vec![ReasonCode::GrantedQos1; 5]));
    }

    /// The next thing that is no message of the platform; those are acknowledged and passed over.
    pub(super) async fn hear_answer(&mut self) -> Heard {
        loop {
            match self.hear().await {
                Heard::Publish(..) => {}
                heard => return heard,
            }
        }
    }

    /// The next message of the platform on this channel; others are passed over.
    pub(super) async fn told(&mut self, channel: DownChannel) -> serde_json::Value {
        let wanted = channel.topic_of(&self.device);
        loop {
            match self.hear().await {
                Heard::Publish(topic, payload, _) if topic == wanted => return serde_json::from_str(&payload).unwrap(),
                Heard::Publish(..) => {}
                heard => panic!("{heard:?}"),
            }
        }
    }

    /// The next packet; a message of the platform is acknowledged.
    pub(super) async fn hear(&mut self) -> Heard {
        loop {
            if let Some((heard, used)) = self.heard() {
                self.inbox.drain(..used);
                if let Heard::Publish(_, _, Some(id)) = &heard {
                    let [high, low] = id.0.get().to_be_bytes();
                    self.send_bytes(&[0x40, 2, high, low]).await;
                }
                return heard;
            }
            if self.stream.read_buf(&mut self.inbox).await.unwrap_or(0) == 0 {
                return Heard::Closed;
            }
        }
    }

    fn heard(&self) -> Option<(Heard, usize)> {
        let limits = Limits { packet_bytes_max: 1 << 20, sender: Sender::Server };
        let Decoded::Packet(packet, used) = decode(self.version, &self.inbox, &limits).unwrap() else { return None };
        let words = |properties: &Properties<'_>| properties.reason_string().unwrap_or_default().to_owned();
        let heard = match packet {
            Packet::ConnAck(ack) => Heard::ConnAck(ack.reason, words(&ack.properties)),
            Packet::PubAck(ack) => Heard::PubAck(ack.packet_id.0.get(), ack.reason, words(&ack.properties)),
            Packet::SubAck(ack) => Heard::SubAck(ack.reasons().collect()),
            Packet::Disconnect(end) => Heard::Disconnect(end.reason, words(&end.properties)),
            Packet::Publish(publish) => {
                let id = match publish.delivery {
                    Delivery::AtMostOnce => None,
                    Delivery::AtLeastOnce { packet_id, .. } | Delivery::ExactlyOnce { packet_id, .. } => {
                        Some(packet_id)
                    }
                };
                Heard::Publish(publish.topic.to_owned(), self.read(publish.topic, publish.payload), id)
            }
            _ => Heard::Other,
        };
        Some((heard, used))
    }
}

impl Client {
    /// A message of the platform as JSON text. Orders count only if they are signed for this device.
    fn read(&self, topic: &str, payload: &[u8]) -> String {
        if topic.ends_with("/command") {
            let order = verify_order(payload, &self.signer, &self.device).unwrap().into_inner();
            let input: serde_json::Value = serde_json::from_str(&order.input).unwrap();
            let (id, expires) = (order.id.to_string(), order.expires.as_micros());
            return serde_json::json!({"id": id, "action": order.action, "input": input, "expires": expires})
                .to_string();
        }
        if topic.ends_with("/shadow/delta") {
            let order = verify_desired(payload, &self.signer, &self.device).unwrap().into_inner();
            return format!("{{\"v\":{},\"f\":{}}}", order.version, order.fields);
        }
        String::from_utf8(payload.to_vec()).unwrap()
    }
}

/// One good reading.
pub(super) fn reading(counter: u64) -> String {
    // Readings of one stream are at least 50 ms apart and change slowly, as the model says.
    let at = crate::clock::now().as_micros() - 3_600_000_000 + i64::try_from(counter).unwrap() * 100_000;
    format!(r#"{{"c":{counter},"t":{at},"f":{{"temperature":21.5,"battery":90}}}}"#)
}
