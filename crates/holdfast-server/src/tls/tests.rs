//! Handshakes at the three doors over an in-memory pipe, with a rustls client.

use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use rustls::pki_types::ServerName;
use rustls::{NamedGroup, ProtocolVersion};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::fixture::{client, device, house};
use super::peer::PeerKind;
use super::*;

type ServerStream = tokio_rustls::server::TlsStream<tokio::io::DuplexStream>;

async fn handshake(server: Arc<ServerConfig>, client: TlsConnector) -> Result<ServerStream, &'static str> {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let name = ServerName::try_from("localhost").unwrap();
    let (accepted, _client) = tokio::join!(TlsAcceptor::from(server).accept(near), client.connect(name, far));
    accepted.map_err(|why| refusal_name(&why))
}

#[tokio::test]
async fn the_hybrid_key_exchange_and_tls_1_3_are_negotiated_at_every_door() {
    let house = house();
    for (config, credential, alpn) in [
        (house.doors.people(), None, ALPN_H2),
        (house.doors.devices(), Some(house.factory_identity()), ALPN_HTTP1),
        (house.doors.mqtt(), Some(house.operational_identity()), ALPN_MQTT),
    ] {
        let stream = handshake(config, client(&house, credential, alpn)).await.unwrap();
        let (_, tls) = stream.get_ref();
        assert_eq!(tls.protocol_version(), Some(ProtocolVersion::TLSv1_3));
        assert_eq!(tls.negotiated_key_exchange_group().unwrap().name(), NamedGroup::X25519MLKEM768);
        assert_eq!(tls.alpn_protocol(), Some(alpn));
    }
}

#[tokio::test]
async fn an_identity_without_expiry_opens_the_devices_door_and_names_its_device() {
    let house = house();
    let credential = house.factory_identity();
    let spki = credential.key.subject_public_key_info();
    let stream = handshake(house.doors.devices(), client(&house, Some(credential), ALPN_HTTP1)).await.unwrap();
    let peer = house.doors.peer(stream.get_ref().1.peer_certificates().unwrap()).unwrap();
    assert_eq!(peer.device(), &device());
    assert_eq!(peer.kind(), PeerKind::Factory);
    assert_eq!(peer.key().0, *holdfast_core::hash::Sha256Digest::of(&spki).as_bytes());
    assert_eq!(peer.serial(), format!("01{}", "05".repeat(16)));
}

#[tokio::test]
async fn the_mqtt_door_admits_operational_identities_only() {
    let house = house();
    let stream =
        handshake(house.doors.mqtt(), client(&house, Some(house.operational_identity()), ALPN_MQTT)).await.unwrap();
    let peer = house.doors.peer(stream.get_ref().1.peer_certificates().unwrap()).unwrap();
    assert_eq!((peer.kind(), peer.device()), (PeerKind::Operational, &device()));
    for (credential, alpn, refusal) in [
        (Some(house.factory_identity()), ALPN_MQTT, "tls-client-certificate-untrusted"),
        (Some(house.disguised_identity()), ALPN_MQTT, "tls-client-certificate-untrusted"),
        (None, ALPN_MQTT, "tls-client-certificate-missing"),
        (Some(house.operational_identity()), ALPN_H2, "tls-alpn-mismatch"),
    ] {
        assert_eq!(handshake(house.doors.mqtt(), client(&house, credential, alpn)).await.err(), Some(refusal));
    }
}

#[tokio::test]
async fn a_factory_certificate_that_looks_operational_stays_a_factory_identity() {
    let house = house();
    let disguised = house.disguised_identity();
    let peer = house.doors.peer(&disguised.chain).unwrap();
    assert_eq!(peer.kind(), PeerKind::Factory);
}

#[tokio::test]
async fn a_new_trust_document_swaps_what_the_devices_door_accepts() {
    let house = house();
    house.doors.reload(&TrustedCas::default()).unwrap();
    let refused = handshake(house.doors.devices(), client(&house, Some(house.factory_identity()), ALPN_H2)).await;
    assert_eq!(refused.err(), Some("tls-client-certificate-untrusted"));
    assert_eq!(house.doors.peer(&house.factory_identity().chain), Err(PeerError::NoIdentity));
    house.doors.reload(&TrustedCas { factory: vec![house.factory_der.clone()], operational: vec![] }).unwrap();
    let accepted = handshake(house.doors.devices(), client(&house, Some(house.factory_identity()), ALPN_H2)).await;
    assert!(accepted.is_ok());
    let broken = TrustedCas { factory: vec![CertificateDer::from(vec![0x30, 0])], operational: vec![] };
    assert!(house.doors.reload(&broken).is_err());
    assert!(house.doors.peer(&house.factory_identity().chain).is_ok(), "a refused reload changes nothing");
}

#[tokio::test]
async fn device_doors_hand_out_no_session_tickets() {
    let house = house();
    for config in [house.doors.devices(), house.doors.mqtt()] {
        assert_eq!(config.send_tls13_tickets, 0);
        assert!(!config.session_storage.can_cache());
        assert!(!config.ticketer.enabled());
        assert_eq!(config.max_early_data_size, 0);
    }
}

#[test]
fn certificates_that_name_no_device_or_several_are_refused_by_name() {
    let house = house();
    let key = KeyPair::generate().unwrap();
    let number = || rcgen::DnType::CustomDnType(vec![2, 5, 4, 5]);
    let refusal = |fill: &dyn Fn(&mut CertificateParams)| {
        let mut params = CertificateParams::default();
        fill(&mut params);
        let chain = [params.signed_by(&key, &house.factory).unwrap().into()];
        house.doors.peer(&chain).map(|_| ()).map_err(PeerError::name)
    };
    assert_eq!(refusal(&|_| {}), Err("peer-identity-missing"));
    assert_eq!(refusal(&|p| p.distinguished_name.push(number(), "Not A Device")), Err("peer-identity-missing"));
    assert_eq!(refusal(&|p| p.distinguished_name.push(number(), "hearth-0001")), Ok(()));
    assert_eq!(house.doors.peer(&[]).map_err(PeerError::name), Err("peer-certificate-missing"));
    let junk = CertificateDer::from(vec![0x30, 0x03, 1, 2]);
    assert_eq!(house.doors.peer(&[junk]).map_err(PeerError::name), Err("peer-certificate-malformed"));
}
