//! The conformity report follows the facts.

use holdfast_server::clock;
use serde_json::{Value, json};

use crate::world::World;

async fn report(world: &World) -> Vec<Value> {
    world.admin.get("/api/v1/conformity").await.ok()["items"].as_array().unwrap().clone()
}

fn status<'a>(report: &'a [Value], id: &str) -> &'a str {
    report.iter().find(|row| row["id"] == id).unwrap()["status"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requirement_is_open_until_facts_meet_it() {
    let world = World::with_product().await;
    let at_first = report(&world).await;
    assert_eq!(at_first.len(), 382);
    assert!(at_first.iter().all(|row| row["status"] == "open"), "nothing has happened yet");
    world.release(1).await;
    let units = world.fleet(1).await;
    let now = report(&world).await;
    assert_eq!((status(&now, "FUA-11"), status(&now, "CoP-1.1"), status(&now, "CoP-5.1")), ("met", "met", "open"));
    let evidence = now.iter().find(|row| row["id"] == "CoP-1.1").unwrap();
    assert!(evidence["as_of_us"].is_i64() && !evidence["evidence"].as_str().unwrap().is_empty(), "{evidence}");
    units[0].connect(&world).await;
    assert_eq!(status(&report(&world).await, "CoP-5.1"), "met", "a certificate was used for a connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_at_two_places_shows_that_tags_are_names_only() {
    let world = World::with_product().await;
    let units = world.fleet(1).await;
    units[0].connect(&world).await;
    let tag = "urn:epc:id:sgtin:0614141.107346.1";
    world.admin.post(&format!("/api/v1/devices/{}/tags", units[0].id), json!({"tag": tag, "kind": "epc"})).await.ok();
    assert_eq!(status(&report(&world).await, "NIST-SEC-10"), "open", "it was seen nowhere yet");
    let now = clock::now().as_micros();
    for (reader, station, place) in [("plant-1", "factory", "Plant"), ("dock-2", "distribution", "Harbour")] {
        let body = json!({"id": reader, "station": station, "place": place, "band": "uhf-865"});
        let made = world.admin.post("/api/v1/custody/readers", body).await.ok();
        let reader = world.nobody().with_token(made["key"].as_str().unwrap());
        reader.post("/api/v1/custody/sightings", json!({"items": [{"tag": tag, "at_us": now}]})).await.ok();
    }
    let report = report(&world).await;
    assert_eq!(status(&report, "NIST-SEC-10"), "met");
    for other in ["CoP-5.4", "CoP-10.4", "NIST-TST-3", "NIST-SEC-8"] {
        assert_eq!(status(&report, other), "open", "{other}: nothing of it has happened");
    }
}
