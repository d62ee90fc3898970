//! Who comes in: a known device with its own good certificate, under its own name.

use holdfast_core::mqtt::packet::Version;
use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_domain::decision::Change;
use holdfast_domain::fleet::{CertificateState, Enrolment};

use super::client::{Client, Heard};
use super::house::House;
use crate::clock;

#[tokio::test]
async fn the_first_connection_proves_the_certificate() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let state = || house.store.certificate_by_serial(&credential.record.serial).unwrap().unwrap().state;
    assert_eq!(state(), CertificateState::Issued);
    Client::connected(&house, &credential).await;
    assert_eq!(state(), CertificateState::Proven);
}

#[tokio::test]
async fn whoever_may_not_come_in_is_told_why_and_counted_by_that_name() {
    let house = House::open();
    let revoked = house.device("hearth-0001");
    let now = clock::now();
    house.commit(vec![
        Change::SetEnrolment { device: revoked.device.clone(), to: Enrolment::Revoked },
        Change::RevokeCertificates { device: revoked.device.clone(), at: now },
    ]);
    let withdrawn = house.device("hearth-0002");
    house.commit(vec![Change::RevokeCertificates { device: withdrawn.device.clone(), at: now }]);
    let older = house.device("hearth-0003");
    let newer = house.stranger("hearth-0003");
    house.commit(vec![Change::AddCertificate(newer.record.clone())]);
    let unknown_certificate = house.stranger("hearth-0002");
    let unknown_device = house.stranger("hearth-9999");
    for (credential, reason, name) in [
        (&revoked, ReasonCode::Banned, "device-revoked"),
        (&withdrawn, ReasonCode::NotAuthorized, "certificate-revoked"),
        (&older, ReasonCode::NotAuthorized, "certificate-superseded"),
        (&unknown_certificate, ReasonCode::NotAuthorized, "certificate-unknown"),
        (&unknown_device, ReasonCode::NotAuthorized, "device-unknown"),
    ] {
        let (mut client, heard) = Client::knock(&house, credential, Version::V5, credential.device.as_str()).await;
        assert!(matches!(heard, Heard::ConnAck(code, _) if code == reason), "{name}: {heard:?}");
        assert_eq!(client.hear().await, Heard::Closed);
        assert_eq!(house.refused().get(name), Some(&1), "{:?}", house.refused());
    }
    assert_eq!(house.metrics().refused, 5, "each counted once");
    Client::connected(&house, &newer).await;
}

#[tokio::test]
async fn a_client_id_that_is_not_the_certificates_is_refused() {
    let house = House::open();
    let (mine, other) = (house.device("hearth-0001"), house.device("hearth-0002"));
    for version in [Version::V5, Version::V311] {
        let (_, heard) = Client::knock(&house, &mine, version, other.device.as_str()).await;
        assert!(matches!(heard, Heard::ConnAck(ReasonCode::ClientIdNotValid, _)), "{heard:?}");
    }
    assert_eq!(house.refused().get("client-id-not-device"), Some(&2));
    assert!(!house.connections.is_online(&other.device));
}

#[tokio::test]
async fn without_a_certificate_or_with_another_authoritys_nothing_is_said() {
    let house = House::open();
    let elsewhere = House::open();
    let foreign = elsewhere.device("hearth-0001");
    for (credential, name) in
        [(None, "tls-client-certificate-missing"), (Some(&foreign), "tls-client-certificate-untrusted")]
    {
        // In TLS 1.3 the client learns of it with its first read.
        if let Ok(mut client) = Client::reach_with(&house, credential, &foreign.device).await {
            assert_eq!(client.connect("hearth-0001").await, Heard::Closed);
        }
        assert_eq!(house.refused().get(name), Some(&1), "{:?}", house.refused());
    }
    assert_eq!(house.metrics().handshakes_failed, 2);
}

#[tokio::test]
async fn a_first_packet_that_is_no_connect_ends_the_connection() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::reach(&house, &credential).await.unwrap();
    client.send_bytes(&[0xc0, 0]).await;
    assert_eq!(client.hear().await, Heard::Closed);
    assert_eq!(house.refused().get("first-packet-not-connect"), Some(&1));
}
