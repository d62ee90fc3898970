//! Units on their way: readers with keys of their own, tags that are names and no proofs, and a unit in another's place.

use holdfast_server::clock;
use serde_json::{Value, json};

use crate::api::Api;
use crate::world::World;

const TAG: &str = "urn:epc:id:sgtin:0614141.107346.1";

/// Registers a reader; gives back somebody who holds its key.
async fn reader(world: &World, id: &str, station: &str, place: &str) -> Api {
    let body = json!({"id": id, "station": station, "place": place, "band": "uhf-865"});
    let made = world.admin.post("/api/v1/custody/readers", body).await.ok();
    world.nobody().with_token(made["key"].as_str().unwrap())
}

async fn sees(reader: &Api, tag: &str, seconds_ago: i64) -> Value {
    let at = clock::now().as_micros() - seconds_ago * 1_000_000;
    let told = reader.post("/api/v1/custody/sightings", json!({"items": [{"tag": tag, "at_us": at}]})).await.ok();
    told["items"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_units_way_is_kept_and_what_cannot_be_true_is_told() {
    let world = World::with_product().await;
    let units = world.fleet(1).await;
    let device = &units[0].id;
    let tags = format!("/api/v1/devices/{device}/tags");
    world.admin.post(&tags, json!({"tag": TAG, "kind": "epc"})).await.ok();
    let plant = reader(&world, "plant-1", "factory", "Plant").await;
    let dock = reader(&world, "dock-2", "distribution", "Harbour").await;
    let shop = reader(&world, "shop-1", "shop", "Shop").await;
    let yard = reader(&world, "yard-1", "recycling", "Yard").await;

    assert_eq!(sees(&plant, TAG, 90_000).await["doubt"], Value::Null);
    assert_eq!(sees(&shop, TAG, 50_000).await["doubt"], "custody-station-skipped", "nobody saw it at the harbour");
    assert_eq!(sees(&dock, TAG, 70_000).await["doubt"], Value::Null, "told late, and where it belongs");
    assert_eq!(sees(&dock, TAG, 49_950).await["doubt"], "tag-clone-suspected");
    assert_eq!(sees(&yard, TAG, 5_000).await["doubt"], "custody-station-skipped", "not from the harbour");
    assert_eq!(sees(&plant, TAG, 0).await["doubt"], "custody-after-recycling");
    assert_eq!(sees(&plant, "urn:epc:id:sgtin:0614141.107346.9", 0).await["refused"], "tag-unknown");
    assert_eq!(sees(&plant, TAG, -3_600).await["refused"], "sighting-time");

    let custody = world.admin.get(&format!("/api/v1/devices/{device}/custody")).await.ok();
    let places: Vec<_> = custody["seen"].as_array().unwrap().iter().map(|seen| seen["station"].clone()).collect();
    assert_eq!(places, ["factory", "recycling", "distribution", "shop", "distribution", "factory"], "newest first");
    let alerts = world.admin.get("/api/v1/alerts?open=true").await.ok();
    let mut kinds: Vec<_> = alerts["items"].as_array().unwrap().iter().map(|alert| alert["kind"].clone()).collect();
    kinds.sort_by_key(ToString::to_string);
    assert_eq!(kinds, ["custody-after-recycling", "custody-station-skipped", "tag-clone-suspected"]);
    // A tag is a name: whatever was seen, the device is as it was.
    let shown = world.admin.get(&format!("/api/v1/devices/{device}")).await.ok();
    assert_eq!((&shown["state"], &shown["quarantine"]), (&json!("accepted"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_readers_key_opens_nothing_else_and_ends_with_the_reader() {
    let world = World::with_product().await;
    let plant = reader(&world, "plant-1", "factory", "Plant").await;
    assert_eq!(plant.get("/api/v1/devices").await.status, 401);
    let again = json!({"id": "plant-1", "station": "shop", "place": "Shop", "band": "optical"});
    assert_eq!(world.admin.post("/api/v1/custody/readers", again).await.status, 409);
    let assessor = world.person("assessor").await;
    assert_eq!(assessor.post("/api/v1/custody/readers/plant-1/retire", json!({})).await.status, 403);
    world.admin.post("/api/v1/custody/readers/plant-1/retire", json!({})).await.ok();
    let refused = plant.post("/api/v1/custody/sightings", json!({"items": []})).await;
    assert_eq!((refused.status, world.counted("reader-unknown").await), (401, 1));
    let stranger = world.nobody().with_token(&format!("hfr_{}", "A".repeat(43)));
    assert_eq!(stranger.post("/api/v1/custody/sightings", json!({"items": []})).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_takes_anothers_place_with_all_that_was_wanted_of_it() {
    let world = World::with_product().await;
    let units = world.fleet(2).await;
    let (old, new) = (&units[0].id, &units[1].id);
    let desired = json!({"desired": {"targetTemperature": 22.5}});
    let wish = world.admin.request(reqwest::Method::PATCH, &format!("/api/v1/devices/{old}/shadow")).json(&desired);
    Api::send(wish).await.ok();
    let at = world.lines().await;
    let path = format!("/api/v1/devices/{old}/replace");
    let order = || world.admin.post(&path, json!({"by": new.as_str()}));
    order().await.ok();
    assert_eq!(world.kinds_from(at).await, ["device-replaced"]);
    let shadow = world.admin.get(&format!("/api/v1/devices/{new}/shadow")).await.ok();
    assert_eq!(shadow["desired"]["targetTemperature"], 22.5);
    let gone = world.admin.get(&format!("/api/v1/devices/{old}")).await.ok();
    assert_eq!(gone["state"], "revoked");
    let custody = world.admin.get(&format!("/api/v1/devices/{new}/custody")).await.ok();
    assert_eq!(custody["replacements"][0]["old"], old.as_str());
    assert_eq!(order().await.status, 409, "once");
}
