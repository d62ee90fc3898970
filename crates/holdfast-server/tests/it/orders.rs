//! Orders about devices: each that is carried out leaves exactly one line, one that is refused none, and of many at once
//! one counts.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::api::Api;
use crate::world::{World, until};

const DEVICE: &str = "/api/v1/devices/hearth-0001";

#[tokio::test(flavor = "multi_thread")]
async fn each_security_relevant_order_adds_exactly_one_line() {
    let world = World::with_product().await;
    let at = world.lines().await;
    let mut units = world.units(2).await;
    units[0].enrol(&world).await;
    let first = world.release(1).await;
    let mut wanted = vec!["batch-imported", "device-enrolled", "release-note-put", "release-published"];
    let deployment = json!({
        "release": first, "phases": [{"percent": 100, "success_percent": 100}],
        "abort_threshold_percent": 50, "min_devices": 1, "deadline_s": 3600,
    });
    let made = world.admin.post("/api/v1/deployments", deployment).await.ok();
    wanted.push("deployment-created");
    let deployment = format!("/api/v1/deployments/{}", made["id"].as_str().unwrap());
    for (path, body, kind) in [
        (format!("{deployment}/pause"), json!({}), "deployment-paused"),
        (format!("{deployment}/resume"), json!({}), "deployment-resumed"),
        (format!("{deployment}/abort"), json!({}), "deployment-aborted"),
        (format!("{DEVICE}/commands"), json!({"action": "identify"}), "command-issued"),
        (format!("{DEVICE}/quarantine"), json!({"reason": "smells of smoke"}), "device-quarantined"),
        (format!("{DEVICE}/release"), json!({}), "device-released"),
        (format!("{DEVICE}/revoke"), json!({}), "device-revoked"),
        (format!("{DEVICE}/allow-reenrolment"), json!({}), "reenrolment-allowed"),
        ("/api/v1/sign-in-links".to_owned(), json!({}), "sign-in-link-made"),
        ("/api/v1/tokens".to_owned(), json!({"label": "x", "days": 1}), "token-made"),
    ] {
        world.admin.post(&path, body).await.ok();
        wanted.push(kind);
    }
    assert_eq!(world.kinds_from(at).await, wanted);
    let body = json!({"desired": {"targetTemperature": 21.5}});
    units[1].enrol(&world).await;
    let path = "/api/v1/devices/hearth-0002/shadow";
    Api::send(world.admin.request(Method::PATCH, path).json(&body)).await.ok();
    wanted.extend(["device-enrolled", "shadow-desired"]);
    assert_eq!(world.kinds_from(at).await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_does_not_apply_adds_no_line() {
    let world = World::with_product().await;
    world.fleet(1).await;
    let post = |path: String, body: serde_json::Value| {
        let admin = world.admin.clone();
        async move { admin.post(&path, body).await }
    };
    for (status, name, path, body) in [
        (404, "device-unknown", "/api/v1/devices/nobody/revoke".to_owned(), json!({})),
        (409, "not-quarantined", format!("{DEVICE}/release"), json!({})),
        (400, "reason-length", format!("{DEVICE}/quarantine"), json!({"reason": "x".repeat(201)})),
        (422, "life-out-of-range", format!("{DEVICE}/commands"), json!({"action": "identify", "expires_s": 0})),
    ] {
        let what = path.clone();
        world.refused(&what, (status, name), post(path, body)).await;
    }
    let patch = |body: serde_json::Value| {
        let request = world.admin.request(Method::PATCH, &format!("{DEVICE}/shadow")).json(&body);
        async move { Api::send(request).await }
    };
    let stale = patch(json!({"version": 7, "desired": {"targetTemperature": 21.5}}));
    world.refused("another version", (409, "shadow-version-conflict"), stale).await;
    for (what, desired) in [
        ("out of range", json!({"targetTemperature": 99})),
        ("undeclared", json!({"colour": "red"})),
        ("read-only", json!({"radioChannel": 3})),
        ("another type", json!({"childLock": "yes"})),
    ] {
        let before = world.everything().await;
        let reply = patch(json!({"desired": desired})).await;
        assert_eq!(reply.status, 422, "{what}: {}", reply.body);
        assert!(world.counted(reply.name()).await > 0, "{what}");
        assert_eq!(world.everything().await, before, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_orders_at_once_one_is_carried_out() {
    let world = World::with_product().await;
    world.fleet(1).await;
    let at = world.lines().await;
    let quarantine = format!("{DEVICE}/quarantine");
    let orders = (0..8).map(|n| world.admin.post(&quarantine, json!({"reason": format!("said by person {n}")})));
    let replies = join_all(orders).await;
    let carried_out = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(carried_out, 1, "{replies:?}");
    assert!(replies.iter().filter(|r| r.status != 200).all(|r| (r.status, r.name()) == (409, "already-quarantined")));
    assert_eq!(world.kinds_from(at).await, ["device-quarantined"]);
    let alerts = world.admin.get("/api/v1/alerts?open=true").await.ok();
    assert_eq!(alerts["items"].as_array().unwrap().len(), 1, "{alerts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_said_at_once_without_a_version_are_all_kept() {
    let world = World::with_product().await;
    world.fleet(1).await;
    let fields = ["targetTemperature", "reportingInterval", "offsetTemperature"];
    let wishes = fields.map(|field| {
        let body = json!({"desired": {field: 5}});
        Api::send(world.admin.request(Method::PATCH, &format!("{DEVICE}/shadow")).json(&body))
    });
    join_all(wishes).await.into_iter().for_each(|reply| drop(reply.ok()));
    let shadow = world.admin.get(&format!("{DEVICE}/shadow")).await.ok();
    assert_eq!(shadow["version"], 3);
    assert_eq!(shadow["desired"].as_object().unwrap().len(), 3, "{shadow}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_says_with_a_quarantine_is_kept_until_they_let_the_device_out() {
    let world = World::with_product().await;
    world.fleet(1).await;
    let open = || async { world.admin.get("/api/v1/alerts?open=true").await.ok()["items"].clone() };
    world.admin.post(&format!("{DEVICE}/quarantine"), json!({"reason": "Sold on a flea market"})).await.ok();
    let told = open().await;
    assert_eq!(
        (told[0]["kind"].as_str(), told[0]["device"].as_str()),
        (Some("quarantined-by-person"), Some("hearth-0001"))
    );
    assert!(told[0]["text"].as_str().unwrap().contains("Sold on a flea market"), "{told}");
    let ledger = world.admin.get(&format!("{DEVICE}/ledger")).await.ok().to_string();
    assert!(!ledger.contains("flea"), "a person's words are not for the ledger");
    world.admin.post(&format!("{DEVICE}/release"), json!({})).await.ok();
    assert_eq!(open().await, json!([]));
    // Without words there is nothing to keep.
    world.admin.post(&format!("{DEVICE}/quarantine"), json!({})).await.ok();
    assert_eq!(open().await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_nobody_carried_out_expires_with_one_line() {
    let world = World::with_product().await;
    world.fleet(1).await;
    let made =
        world.admin.post(&format!("{DEVICE}/commands"), json!({"action": "identify", "expires_s": 1})).await.ok();
    let at = world.lines().await;
    let path = format!("{DEVICE}/commands/{}", made["id"].as_str().unwrap());
    let ended = until("the command to expire", || async {
        let command = world.admin.get(&path).await.ok();
        (command["state"] != "open").then_some(command)
    })
    .await;
    assert_eq!(ended["state"], "expired");
    assert_eq!(world.kinds_from(at).await, ["commands-expired"]);
}
