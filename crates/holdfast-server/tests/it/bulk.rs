//! Many devices at once, end to end: choosing by filter, the preview, the act device by device, a kill in the middle, the way
//! back, and groups that filters use.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::world::{World, until};

async fn preview(world: &World, body: Value) -> Value {
    world.admin.post("/api/v1/bulk-preview", body).await.ok()
}

async fn in_state(world: &World, id: &str, state: &str) -> Value {
    until(state, || async {
        let run = world.admin.get(&format!("/api/v1/bulk/{id}")).await.ok();
        (run["state"] == state).then_some(run)
    })
    .await
}

async fn ids(world: &World, filter: &str) -> Vec<String> {
    let rows = world.admin.get(&format!("/api/v1/devices?filter={filter}")).await.ok();
    rows["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

async fn put(world: &World, path: &str, body: Value) -> crate::api::Reply {
    Api::send(world.admin.request(Method::PUT, path).json(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_devices_are_contained_in_one_act_that_survives_a_restart_and_is_taken_back() {
    let mut world = World::with_product().await;
    world.fleet(3).await;
    world.admin.post("/api/v1/devices/hearth-0002/quarantine", json!({})).await.ok();
    let ask = |more: Value| {
        let mut body = json!({"act": "quarantine", "filter": "product:hearth-thermostat state:accepted"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let seen = preview(&world, ask(json!({}))).await;
    assert_eq!((seen["devices"].as_u64(), seen["changed"].as_u64()), (Some(3), Some(2)), "{seen}");
    assert_eq!(seen["refused"][0]["name"], "already-quarantined");
    assert_eq!(seen["refused"][0]["examples"], json!(["hearth-0002"]));

    let stale = world.admin.post("/api/v1/bulk", ask(json!({"confirm_devices": 2})));
    world.refused("a stale count", (409, "count-not-confirmed"), stale).await;
    let at = world.lines().await;
    let run = world.admin.post("/api/v1/bulk", ask(json!({"confirm_devices": 3, "reason": "A recall."}))).await.ok();
    let id = run["id"].as_str().unwrap().to_owned();
    world.restart().await;
    let done = in_state(&world, &id, "done").await;
    assert_eq!((done["changed"].as_u64(), done["refused"].as_u64()), (Some(2), Some(1)), "{done}");
    let kinds = world.kinds_from(at).await;
    let of = |kind: &str| kinds.iter().filter(|known| *known == kind).count();
    assert_eq!((of("bulk-ordered"), of("device-quarantined"), of("bulk-done")), (1, 2, 1), "{kinds:?}");
    assert_eq!(ids(&world, "quarantine:yes").await.len(), 3);

    let refused = world.admin.get(&format!("/api/v1/bulk/{id}/devices?state=refused")).await.ok();
    assert_eq!(refused["items"][0]["device"], "hearth-0002");
    world.admin.post(&format!("/api/v1/bulk/{id}/undo"), json!({})).await.ok();
    let undone = in_state(&world, &id, "undone").await;
    assert_eq!(undone["restored"].as_u64(), Some(2), "{undone}");
    assert_eq!(ids(&world, "quarantine:yes").await, ["hearth-0002"], "what another order did stays");
    let again = world.admin.post(&format!("/api/v1/bulk/{id}/undo"), json!({})).await;
    assert_eq!((again.status, again.name()), (409, "bulk-undone"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_a_filter_and_settings_of_its_members_change_and_come_back() {
    let world = World::with_product().await;
    world.fleet(3).await;
    put(&world, "/api/v1/groups/beta-testers", json!({"about": "First to try"})).await.ok();
    let two = json!({"devices": ["hearth-0001", "hearth-0003"]});
    assert_eq!(world.admin.post("/api/v1/groups/beta-testers/add", two).await.ok()["devices"], 2);
    put(&world, "/api/v1/groups/all-good", json!({"filter": "state:accepted -quarantine:yes"})).await.ok();
    assert_eq!(ids(&world, "group:beta-testers").await, ["hearth-0001", "hearth-0003"]);
    assert_eq!(ids(&world, "-group:beta-testers%20group:all-good").await, ["hearth-0002"]);
    let nested = put(&world, "/api/v1/groups/nested", json!({"filter": "group:beta-testers"})).await;
    assert_eq!(nested.name(), "group-filter-names-group");
    assert_eq!(world.admin.get("/api/v1/devices?filter=group:nobody").await.name(), "group-unknown");
    let wrong = world.admin.get("/api/v1/devices?filter=state:happy").await;
    assert_eq!((wrong.status, wrong.name()), (400, "filter-state-unknown"));

    let wanted = |id: &'static str| {
        let world = &world;
        async move {
            let shadow = world.admin.get(&format!("/api/v1/devices/{id}/shadow")).await.ok();
            shadow["desired"].clone()
        }
    };
    let first = json!({"desired": {"targetTemperature": 22}});
    Api::send(world.admin.request(Method::PATCH, "/api/v1/devices/hearth-0001/shadow").json(&first)).await.ok();
    let body = json!({
        "act": "desired", "filter": "group:beta-testers", "desired": {"targetTemperature": 19}, "confirm_devices": 2,
    });
    let run = world.admin.post("/api/v1/bulk", body).await.ok();
    let id = run["id"].as_str().unwrap().to_owned();
    in_state(&world, &id, "done").await;
    assert_eq!(wanted("hearth-0003").await, json!({"targetTemperature": 19}));
    assert_eq!(wanted("hearth-0002").await, json!({}));
    world.admin.post(&format!("/api/v1/bulk/{id}/undo"), json!({})).await.ok();
    in_state(&world, &id, "undone").await;
    assert_eq!(wanted("hearth-0001").await, json!({"targetTemperature": 22}), "as it was before");
    assert_eq!(wanted("hearth-0003").await, json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_way_back_wants_a_reason_and_says_so() {
    let world = World::with_product().await;
    world.fleet(2).await;
    let body = json!({"act": "allow-reenrolment", "devices": ["hearth-0001"], "confirm_devices": 1});
    let silent = world.admin.post("/api/v1/bulk", body.clone()).await;
    assert_eq!(silent.name(), "reason-missing");
    let mut body = body;
    body["reason"] = json!("Repaired.");
    let run = world.admin.post("/api/v1/bulk", body).await.ok();
    let id = run["id"].as_str().unwrap().to_owned();
    assert_eq!(in_state(&world, &id, "done").await["can_be_undone"], false);
    assert_eq!(world.admin.post(&format!("/api/v1/bulk/{id}/undo"), json!({})).await.name(), "no-way-back");
    let elsewhere = json!({"act": "revoke", "devices": ["hearth-0002"], "confirm_devices": 1, "reason": "Stolen."});
    assert_eq!(world.admin.post("/api/v1/bulk", elsewhere).await.name(), "act-elsewhere");

    let found = world.admin.get("/api/v1/ledger/search?kind=bulk-ordered").await.ok();
    let index = found["items"][0]["index"].as_u64().unwrap();
    let proof = until("a signed head over the entry", || async {
        let proof = world.admin.get(&format!("/api/v1/ledger/entries/{index}")).await.ok();
        proof["path"].is_array().then_some(proof)
    })
    .await;
    assert_eq!(proof["entry"]["line"]["act"], "allow-reenrolment");
    assert_eq!(world.admin.get("/api/v1/ledger/search?kind=nonsense").await.name(), "kind-unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_leaves_what_somebody_set_to_the_same_meanwhile() {
    let world = World::with_product().await;
    world.fleet(2).await;
    let ids = ["hearth-0001", "hearth-0002"];
    let body = json!({"act": "desired", "devices": ids, "desired": {"targetTemperature": 19}, "confirm_devices": 2});
    let run = world.admin.post("/api/v1/bulk", body).await.ok();
    let id = run["id"].as_str().unwrap().to_owned();
    in_state(&world, &id, "done").await;
    let same = json!({"desired": {"targetTemperature": 19}});
    let operator = world.person("fleet-operator").await;
    Api::send(operator.request(Method::PATCH, "/api/v1/devices/hearth-0001/shadow").json(&same)).await.ok();
    world.admin.post(&format!("/api/v1/bulk/{id}/undo"), json!({})).await.ok();
    let undone = in_state(&world, &id, "undone").await;
    assert_eq!((undone["restored"].as_u64(), undone["kept"].as_u64()), (Some(1), Some(1)), "{undone}");
    for (id, wanted) in ids.into_iter().zip([json!({"targetTemperature": 19}), json!({})]) {
        let shadow = world.admin.get(&format!("/api/v1/devices/{id}/shadow")).await.ok();
        assert_eq!(shadow["desired"], wanted, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_goes_to_a_group_and_leaves_the_later_phases_to_the_group_as_it_will_be() {
    let world = World::with_product().await;
    world.fleet(4).await;
    let release = world.release(2).await;
    put(&world, "/api/v1/groups/beta-testers", json!({"about": "First to try"})).await.ok();
    let two = json!({"devices": ["hearth-0001", "hearth-0003"]});
    world.admin.post("/api/v1/groups/beta-testers/add", two).await.ok();
    let body = |group: &str| {
        let phases = json!([{"percent": 50, "success_percent": 90}, {"percent": 100, "success_percent": 90}]);
        json!({
            "release": release, "group": group, "phases": phases,
            "abort_threshold_percent": 20, "min_devices": 1, "deadline_s": 60,
        })
    };
    let nobody = world.admin.post("/api/v1/deployments", body("nobody"));
    world.refused("an unknown group", (404, "group-unknown"), nobody).await;
    let made = world.admin.post("/api/v1/deployments", body("beta-testers")).await.ok();
    assert_eq!(made["group"], "beta-testers");
    assert_eq!((made["phases"][0]["devices"].as_u64(), made["phases"][1]["devices"].as_u64()), (Some(1), Some(0)));
    assert_eq!((&made["phases"][1]["share_percent"], &made["phases"][1]["started_us"]), (&json!(100), &Value::Null));
    let id = made["id"].as_str().unwrap();
    let runs = world.admin.get(&format!("/api/v1/deployments/{id}/executions")).await.ok();
    let device = runs["items"][0]["device"].as_str().unwrap().to_owned();
    assert!(["hearth-0001", "hearth-0003"].contains(&device.as_str()), "{runs}");
    let shown = until("a moment for the picture", || async {
        let shown = world.admin.get(&format!("/api/v1/deployments/{id}")).await.ok();
        (!shown["moments"].as_array().unwrap().is_empty()).then_some(shown)
    })
    .await;
    assert_eq!(shown["moments"][0]["waiting"].as_u64(), Some(1), "{shown}");
}
