//! From a device that floods to a budget that holds it back, and the way back; a whole model contained and let out again;
//! and the server's own doors, watched by the same detectors.

use std::time::Duration;

use holdfast_domain::integrity::anomaly::Settings;
use serde_json::{Value, json};

use crate::api::Api;
use crate::device::Line;
use crate::maker::PRODUCT;
use crate::world::{World, until};

const DEVICE: &str = "hearth-0001";

/// Windows so short that a test can wait for them, and learning as short.
fn short() -> Settings {
    Settings { window_ms: 300, warm_windows: 12, silent_windows: 15, ..Settings::default() }
}

fn now_us() -> i64 {
    holdfast_server::clock::now().as_micros()
}

/// Says one reading; its clock is ahead by so much.
async fn reading(line: &mut Line, counter: &mut u64, ahead_us: i64) {
    *counter += 1;
    let message = json!({"c": *counter, "t": now_us() + ahead_us, "f": {"temperature": 20.5}});
    line.publish("telemetry/climate", &message.to_string()).await;
}

async fn ordinary(line: &mut Line, counter: &mut u64, windows: u32) {
    for _ in 0..windows * 3 {
        reading(line, counter, 0).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn finding(world: &World, kind: &str) -> Value {
    until(kind, || async {
        let found = world.admin.get(&format!("/api/v1/findings?kind={kind}")).await.ok();
        found["items"].as_array().unwrap().first().cloned()
    })
    .await
}

/// How many messages of the device were stored in one second: its counter has no gaps.
async fn said_in_a_second(world: &World) -> u64 {
    let newest = || async {
        let page = world.admin.get(&format!("/api/v1/devices/{DEVICE}/telemetry/climate?limit=1")).await.ok();
        page["items"][0]["counter"].as_u64().unwrap_or(0)
    };
    let before = newest().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    newest().await - before
}

async fn run_in_state(world: &World, id: &str, state: &str) -> Value {
    until(state, || async {
        let run = world.admin.get(&format!("/api/v1/playbooks/{id}")).await.ok();
        (run["state"] == state).then_some(run)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flooding_device_is_found_throttled_and_given_its_budget_back() {
    let world = World::with_product().await;
    world.server().house().set_detection(short());
    let units = world.fleet(1).await;
    let mut line = units[0].connect(&world).await;
    let mut counter = 0;
    ordinary(&mut line, &mut counter, 20).await;
    assert_eq!(world.admin.get("/api/v1/findings").await.ok()["items"], json!([]), "an ordinary device is left alone");

    let flood = tokio::spawn(async move {
        loop {
            // The model allows a reading each 50 ms of the device's time.
            reading(&mut line, &mut counter, 0).await;
        }
    });
    let found = finding(&world, "message-rate-high").await;
    assert_eq!((found["device"].as_str(), found["state"].as_str()), (Some(DEVICE), Some("open")));
    assert!(found["evidence"]["observed"].as_f64() > found["evidence"]["expected"].as_f64(), "{found}");
    assert!(found["evidence"]["series"].as_array().unwrap().len() > 10, "{found}");
    let alerts = world.admin.get("/api/v1/alerts?open=true").await.ok();
    assert!(alerts["items"].as_array().unwrap().iter().any(|alert| alert["id"] == found["alert"]), "{alerts}");

    let id = found["id"].as_str().unwrap();
    let order = json!({"play": "throttle", "device": DEVICE, "finding": id, "reason": "It floods us."});
    let run = world.admin.post("/api/v1/playbooks", order).await.ok();
    let run = run_in_state(&world, run["id"].as_str().unwrap(), "done").await;
    assert_eq!(run["changed"], 1);
    let contained = world.admin.get(&format!("/api/v1/findings/{id}")).await.ok();
    assert!(contained["time_to_contain_ms"].as_u64().is_some_and(|ms| ms < 20_000), "{contained}");
    let device: holdfast_core::id::DeviceId = DEVICE.parse().unwrap();
    assert!(world.server().house().store().throttle(&device).unwrap().is_some());
    until("the gateway to hold the device back", || async { (said_in_a_second(&world).await <= 3).then_some(()) })
        .await;

    let undo = format!("/api/v1/playbooks/{}/undo", run["id"].as_str().unwrap());
    world.admin.post(&undo, json!({})).await.ok();
    let undone = run_in_state(&world, run["id"].as_str().unwrap(), "undone").await;
    assert_eq!(undone["restored"], 1);
    assert_eq!(world.server().house().store().throttle(&device).unwrap(), None);
    until("the device to speak freely again", || async { (said_in_a_second(&world).await > 20).then_some(()) }).await;
    assert_eq!(world.admin.post(&undo, json!({})).await.name(), "action-undone");
    flood.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_goes_silent_and_one_whose_clock_jumps_are_found_by_name_and_learnt_when_dismissed() {
    let world = World::with_product().await;
    world.server().house().set_detection(short());
    let units = world.fleet(2).await;
    let (mut quiet, mut early) = (units[0].connect(&world).await, units[1].connect(&world).await);
    let (mut a, mut b) = (0, 0);
    tokio::join!(ordinary(&mut quiet, &mut a, 20), ordinary(&mut early, &mut b, 20));
    let jumps = tokio::spawn(async move {
        loop {
            reading(&mut early, &mut b, 200_000_000).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let jump = finding(&world, "clock-jump").await;
    assert_eq!(jump["device"], "hearth-0002");
    let silent = finding(&world, "device-silent").await;
    assert_eq!(silent["device"], DEVICE);
    let path = format!("/api/v1/findings/{}", jump["id"].as_str().unwrap());
    world.admin.post(&format!("{path}/acknowledge"), json!({})).await.ok();
    world.admin.post(&format!("{path}/dismiss"), json!({})).await.ok();
    assert_eq!(world.admin.post(&format!("{path}/dismiss"), json!({})).await.name(), "finding-dismissed");
    assert_eq!(world.admin.get(&path).await.ok()["state"], "dismissed");
    let open = world.admin.get("/api/v1/alerts?open=true").await.ok();
    assert!(open["items"].as_array().unwrap().iter().all(|alert| alert["id"] != jump["alert"]), "{open}");
    jumps.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_model_is_quarantined_in_one_action_and_undo_leaves_a_persons_quarantine_alone() {
    let mut world = World::with_product().await;
    world.fleet(3).await;
    world.admin.post("/api/v1/devices/hearth-0002/quarantine", json!({})).await.ok();
    let preview = world.admin.get(&format!("/api/v1/playbook-preview?product={PRODUCT}")).await.ok();
    assert_eq!((preview["devices"].as_u64(), preview["quarantined"].as_u64()), (Some(3), Some(1)));
    let order = |count: u64| json!({"play": "quarantine", "product": PRODUCT, "reason": "A key was stolen.", "confirm_devices": count});
    world.refused("a stale count", (409, "count-not-confirmed"), world.admin.post("/api/v1/playbooks", order(2))).await;
    let at = world.lines().await;
    let run = world.admin.post("/api/v1/playbooks", order(3)).await.ok();
    let id = run["id"].as_str().unwrap().to_owned();
    let done = run_in_state(&world, &id, "done").await;
    assert_eq!((done["changed"].as_u64(), done["left"].as_u64()), (Some(2), Some(1)));
    assert_eq!(world.kinds_from(at).await, ["playbook-started", "playbook-step"]);
    let quarantined = || async {
        let rows = world.admin.get("/api/v1/devices?quarantined=true").await.ok();
        rows["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(quarantined().await.len(), 3);
    world.admin.post(&format!("/api/v1/playbooks/{id}/undo"), json!({})).await.ok();
    assert_eq!(run_in_state(&world, &id, "undone").await["restored"], 2);
    assert_eq!(quarantined().await, ["hearth-0002"], "what a person ordered, a person takes back");
    world.restart().await;
    assert_eq!(world.admin.get(&format!("/api/v1/playbooks/{id}")).await.ok()["state"], "undone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standing_rule_contains_a_device_by_itself_and_twenty_failed_proofs_are_found_at_the_peoples_door() {
    let world = World::with_product().await;
    world.server().house().set_detection(short());
    let rule = json!({"product": PRODUCT, "severity": "warning", "play": "quarantine"});
    let set = world.admin.request(reqwest::Method::PUT, "/api/v1/playbook-rules").json(&rule);
    Api::send(set).await.ok();
    let units = world.fleet(1).await;
    let mut line = units[0].connect(&world).await;
    let mut counter = 0;
    ordinary(&mut line, &mut counter, 20).await;
    let flood = tokio::spawn(async move {
        loop {
            // The model allows a reading each 50 ms of the device's time.
            reading(&mut line, &mut counter, 0).await;
        }
    });
    let contained = until("the rule to act", || async {
        let row = world.admin.get(&format!("/api/v1/devices/{DEVICE}")).await.ok();
        row.to_string().contains("by-playbook").then_some(row)
    })
    .await;
    assert!(contained.to_string().contains("by-playbook"));
    let stranger = world.nobody().with_token("hft_wrong");
    for _ in 0..20 {
        stranger.get("/api/v1/devices").await;
    }
    let failures = finding(&world, "sign-in-failures").await;
    assert_eq!((failures["subject"].as_str(), failures["severity"].as_str()), (Some("doors"), Some("critical")));
    flood.abort();
}
