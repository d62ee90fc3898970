//! A revoked device is out at once: its open session ends, and its kept connection to the other door is of no use.

use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_server::clock;
use serde_json::{Value, json};

use crate::world::World;

/// How long an open session may outlive its device's revocation. Measured: a few milliseconds.
const END_WITHIN_MS: u64 = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_ends_open_sessions_at_both_doors() {
    let world = World::with_product().await;
    let unit = world.fleet(1).await.remove(0);
    let (mut line, https) = (unit.connect(&world).await, unit.https(&world));
    let port = world.server().addresses().devices.port();
    let trust = || async {
        let reply = https.get(format!("https://localhost:{port}/device/v1/trust/1")).send().await.unwrap();
        let (status, from) = (reply.status().as_u16(), reply.remote_addr());
        let body: Value = serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap_or_default();
        (status, body["type"].as_str().map(str::to_owned), from)
    };
    assert_eq!(trust().await.0, 200);
    let path = format!("/api/v1/devices/{}/revoke", unit.id);
    let begun = clock::monotonic();
    world.admin.post(&path, json!({})).await.ok();
    let (reason, _) = line.goodbye().await;
    let took = clock::monotonic().0 - begun.0;
    assert_eq!(reason, ReasonCode::AdministrativeAction);
    assert!(took < END_WITHIN_MS, "{took} ms");
    let (status, name, _) = trust().await;
    assert_eq!((status, name.as_deref()), (403, Some("urn:holdfast:refusal:device-revoked")));
}
