//! Factory batches: imported whole, once, or not at all.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::BatchId;
use holdfast_server::clock;
use serde_json::{Value, json};

use crate::device::Unit;
use crate::maker::{Maker, PRODUCT};
use crate::world::World;

/// The factory manifest of a new batch of these units.
pub(crate) fn manifest(maker: &Maker, units: &[Unit]) -> Value {
    json!({
        "batch": BatchId::new(clock::now(), clock::random()).to_string(),
        "product": PRODUCT,
        "made": clock::now().as_micros(),
        "factory_ca": Sha256Digest::of(maker.station.ca_certificate()).to_string(),
        "devices": units.iter().map(Unit::listed).collect::<Vec<_>>(),
    })
}

fn with(manifest: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = manifest.clone();
    *changed.pointer_mut(pointer).unwrap() = value;
    changed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_breaks_a_rule_is_refused_whole() {
    let world = World::with_product().await;
    let unit = |id: &str| Unit::make(&world.maker, id);
    let first = manifest(&world.maker, &[unit("hearth-0001"), unit("hearth-0002")]);
    world.import(&first).await.ok();
    let good = manifest(&world.maker, &[unit("hearth-0003"), unit("hearth-0004")]);
    let mut with_more = good.clone();
    with_more["secret"] = json!("1234");
    let (id, key) = (good["devices"][0]["id"].clone(), good["devices"][0]["key"].clone());
    let cases = [
        ("imported twice", 422, "batch-already-imported", first.clone()),
        ("an unknown product", 422, "unknown-product", with(&good, "/product", json!("porch-camera"))),
        ("an unknown factory CA", 422, "factory-ca-unknown", with(&good, "/factory_ca", json!("ab".repeat(32)))),
        ("an id twice", 400, "batch-device-twice", with(&good, "/devices/1/id", id)),
        ("a key twice", 400, "batch-key-twice", with(&good, "/devices/1/key", key)),
        ("an id of an earlier batch", 422, "duplicate-device", with(&good, "/devices/1/id", json!("hearth-0001"))),
        ("a key of an earlier batch", 422, "duplicate-key", {
            with(&good, "/devices/1/key", first["devices"][0]["key"].clone())
        }),
        ("no device", 400, "batch-empty", with(&good, "/devices", json!([]))),
        ("an id that is none", 400, "batch-malformed", with(&good, "/devices/0/id", json!("../hearth"))),
        ("a short hash", 400, "batch-malformed", with(&good, "/devices/0/claim_hash", json!("5a"))),
        ("an unknown member", 400, "batch-malformed", with_more),
        ("another document", 400, "batch-malformed", json!([1, 2, 3])),
    ];
    for (what, status, name, manifest) in cases {
        world.refused(what, (status, name), world.import(&manifest)).await;
    }
    assert_eq!(world.import(&good).await.ok()["devices"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_listed_page_by_page_newest_first() {
    let world = World::with_product().await;
    let mut made = Vec::new();
    for n in 1..=3 {
        let manifest = manifest(&world.maker, &[Unit::make(&world.maker, &format!("hearth-{n:04}"))]);
        world.import(&manifest).await.ok();
        made.push(manifest["batch"].as_str().unwrap().to_owned());
    }
    made.sort_unstable();
    made.reverse();
    let mut seen = Vec::new();
    let mut path = "/api/v1/batches?limit=2".to_owned();
    loop {
        let page = world.admin.get(&path).await.ok();
        seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/batches?limit=2&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_batch_is_looked_up_in_bulk_and_imported_whole() {
    let world = World::with_product().await;
    let device = |n: u32| {
        let key = Sha256Digest::of(&n.to_be_bytes()).to_string();
        json!({"id": format!("bulk-{n:06}"), "key": key, "claim_salt": "00".repeat(16), "claim_hash": "5a".repeat(32)})
    };
    let mut batch = manifest(&world.maker, &[]);
    batch["devices"] = (0..5_000).map(device).collect();
    let lines = world.lines().await;
    assert_eq!(world.import(&batch).await.ok()["devices"], 5_000);
    assert_eq!(world.kinds_from(lines).await, ["batch-imported"], "one decision, one line");
    let listed = world.admin.get("/api/v1/products").await.ok();
    assert_eq!(listed["items"][0]["devices"], 5_000);
}
