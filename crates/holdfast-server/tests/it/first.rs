//! The first start on addresses that other machines could reach: one door on loopback, until the first link is used.

use std::net::SocketAddr;

use holdfast_server::authority::KeyTerms;
use holdfast_server::doorstep::Admission;
use holdfast_server::settings::Settings;
use holdfast_server::wiring::{Config, Server};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::api::Api;
use crate::world::until;

fn config(dir: &TempDir) -> Config {
    let any: SocketAddr = "0.0.0.0:0".parse().unwrap();
    Config {
        state: dir.path().join("state"),
        people: any,
        devices: any,
        mqtt: any,
        names: Vec::new(),
        attest_interval_s: 600,
        keys: KeyTerms::default(),
        admission: Admission::default(),
        settings: Settings::default(),
    }
}

fn announced(dir: &TempDir) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(dir.path().join("state/addresses.json")).ok()?).ok()
}

/// Whether a port answers at an address of this machine that is not the one that a narrow door listens on.
async fn reached(port: u16) -> bool {
    TcpStream::connect(SocketAddr::from(([127, 0, 0, 2], port))).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_reached_from_elsewhere_until_the_first_link_is_used_and_then_everything_without_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(config(&dir)).await.unwrap();
    let port = server.addresses().people.port();
    assert!(server.waits() && server.addresses().people.ip().is_loopback());
    assert!(!reached(port).await, "from elsewhere");
    let doors = announced(&dir).unwrap();
    assert_eq!((doors["devices"].as_str(), doors["mqtt"].as_str()), (None, None), "{doors}");

    let ca = std::fs::read_to_string(dir.path().join("state/ca.pem")).unwrap();
    let link = server.invitation().unwrap().to_owned();
    assert!(link.starts_with(&format!("https://localhost:{port}/sign-in?link=")), "{link}");
    let browser = Api::nobody(format!("https://localhost:{port}"), &ca);
    assert_eq!(browser.get("/healthz").await.status, 200);
    assert!(!reached(port).await, "a look opens nothing");
    browser.sign_in(&link).await.ok();
    let doors = until("all doors", || async { announced(&dir).filter(|doors| doors["mqtt"].is_string()) }).await;
    for door in ["people", "devices", "mqtt"] {
        let address: SocketAddr = doors[door].as_str().unwrap().parse().unwrap();
        assert!(reached(address.port()).await, "{door}");
        assert!(door != "people" || address.port() == port, "the people's door keeps its port");
    }
    assert_eq!(browser.get("/api/v1/me").await.ok()["role"], "administrator", "the session goes on at the wide door");
    server.stop().await;

    let server = Server::start(config(&dir)).await.unwrap();
    assert!(!server.waits() && server.invitation().is_none());
    assert!(reached(server.addresses().people.port()).await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_still_waits_for_its_first_link_can_be_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(config(&dir)).await.unwrap();
    server.stop().await;
    assert_eq!(announced(&dir), None);
    let server = Server::start(config(&dir)).await.unwrap();
    assert!(server.waits(), "nobody has signed in since");
    server.stop().await;
}
