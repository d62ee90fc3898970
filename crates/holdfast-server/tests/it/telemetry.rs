//! Readings from a real device to the interface: packs, signatures, what others pass on, what is refused and taken later.

use holdfast_core::mqtt::reason::ReasonCode;
use serde_json::{Value, json};

use crate::device::Line;
use crate::maker::PRODUCT;
use crate::world::{MODEL, World};

/// A reading of the room's climate, measured so many seconds ago.
fn climate(counter: u64, seconds_ago: i64, celsius: f64) -> Value {
    let at = holdfast_server::clock::now().as_micros() - seconds_ago * 1_000_000;
    json!({"c": counter, "t": at, "f": {"temperature": celsius}})
}

fn with_signature(mut message: Value, signature: String) -> String {
    message["s"] = Value::from(signature);
    message.to_string()
}

/// Says something that is refused, and gives the name of the refusal.
async fn refused(line: &mut Line, path: &str, payload: &str) -> String {
    let (reason, name) = line.publish_named(path, payload).await;
    assert_ne!(reason, ReasonCode::Success, "{payload}");
    name
}

async fn rows(world: &World, device: &str, stream: &str) -> Vec<Value> {
    let page = world.admin.get(&format!("/api/v1/devices/{device}/telemetry/{stream}")).await.ok();
    page["items"].as_array().unwrap().clone()
}

async fn counters(world: &World, device: &str) -> Vec<u64> {
    rows(world, device, "climate").await.iter().map(|row| row["counter"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn packs_signatures_and_gaps_reach_the_interface_as_the_device_meant_them() {
    let world = World::with_product().await;
    let units = world.fleet(1).await;
    let (unit, id) = (&units[0], units[0].id.as_str());
    let mut line = unit.connect(&world).await;
    let senml = json!([
        {"hfc": 1, "n": "temperature", "u": "Cel", "t": -60, "v": 20.5},
        {"n": "temperature", "u": "Cel", "t": -50, "v": 21},
    ]);
    assert_eq!(line.publish("telemetry/climate", &senml.to_string()).await, ReasonCode::Success);
    let stored = rows(&world, id, "climate").await;
    assert_eq!((stored.len(), &stored[0]["counter"], &stored[1]["counter"]), (2, &json!(2), &json!(1)));
    assert_eq!(
        (&stored[0]["fields"]["temperature"], &stored[1]["fields"]["temperature"]),
        (&json!(21.0), &json!(20.5))
    );

    // Somebody else's values under this device's name, and far away from the ones before and after.
    let real = [climate(4, 40, 21.0), climate(5, 30, 21.5)];
    let signature = unit.sign_as(&unit.id, "climate", &real);
    let forged = with_signature(json!({"p": [climate(3, 41, 55.0)]}), signature.clone());
    assert_eq!(refused(&mut line, "telemetry/climate", &forged).await, "signature-wrong");
    assert_eq!(counters(&world, id).await, [2, 1]);
    // It left no trace in the rules between readings: 34 degrees in a second would be too steep.
    let signed = with_signature(json!({"p": real}), signature);
    assert_eq!(line.publish("telemetry/climate", &signed).await, ReasonCode::Success);
    let found = world.admin.get(&format!("/api/v1/devices/{id}/telemetry/climate/signatures")).await.ok();
    assert_eq!((&found["signatures"], &found["verified"]), (&json!(1), &json!(2)), "{found}");
    assert_eq!((&found["altered"], &found["broken"]), (&json!([]), &json!([])), "{found}");
    // And the pack that holds did: the next reading is compared with it.
    let steep = climate(6, 29, 45.0).to_string();
    assert_eq!(refused(&mut line, "telemetry/climate", &steep).await, "slope-exceeded");

    assert_eq!(line.publish("telemetry/climate", r#"{"x":[[6,8]],"w":"queue-full"}"#).await, ReasonCode::Success);
    assert_eq!(line.publish("telemetry/climate", &climate(10, 20, 21.5).to_string()).await, ReasonCode::Success);
    let account = world.admin.get(&format!("/api/v1/devices/{id}/telemetry/climate/account")).await.ok();
    assert_eq!((&account["shed"], &account["missing"]), (&json!(3), &json!(2)), "{account}");
    let gaps: Vec<_> = account["gaps"].as_array().unwrap().iter().map(|gap| (&gap["first"], &gap["reason"])).collect();
    assert_eq!(gaps, [(&json!(3), &Value::Null), (&json!(6), &json!("queue-full")), (&json!(9), &Value::Null)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_value_waits_for_a_wider_model_and_a_sensitive_one_is_shown_to_security_alone() {
    let world = World::with_product().await;
    let units = world.fleet(1).await;
    let id = units[0].id.as_str();
    let mut line = units[0].connect(&world).await;
    let hot = climate(1, 10, 75.0).to_string();
    assert_eq!(refused(&mut line, "telemetry/climate", &hot).await, "out-of-range");
    let aside = || async { world.admin.get(&format!("/api/v1/devices/{id}/aside")).await };
    let kept = aside().await.ok();
    let kept = &kept["items"][0];
    assert_eq!(
        (&kept["reason"], &kept["field"], &kept["waits"]),
        (&json!("out-of-range"), &json!("temperature"), &json!(true))
    );
    assert_eq!(kept["payload"], json!(hot));
    let faults = world.admin.get(&format!("/api/v1/devices/{id}/faults")).await.ok();
    assert_eq!((&faults["items"][0]["reason"], &faults["items"][0]["count"]), (&json!("out-of-range"), &json!(1)));

    let replay = || async { world.admin.post(&format!("/api/v1/products/{PRODUCT}/replay"), json!({})).await };
    let done = replay().await.ok();
    assert_eq!((&done["stored"], &done["waiting"]), (&json!(0), &json!(1)), "the model is the same: {done}");
    let wider = MODEL.replace("\"maximum\": 60", "\"maximum\": 90");
    assert_ne!(wider, MODEL);
    world.put_product(PRODUCT, &wider).await.ok();
    let done = replay().await.ok();
    assert_eq!((&done["stored"], &done["waiting"]), (&json!(1), &json!(0)), "{done}");
    assert_eq!(counters(&world, id).await, [1]);
    assert_eq!(aside().await.ok()["items"], json!([]));

    let opened =
        json!({"c": 1, "t": holdfast_server::clock::now().as_micros(), "f": {"uptime": 5, "housingOpened": true}});
    assert_eq!(line.publish("telemetry/unit", &opened.to_string()).await, ReasonCode::Success);
    let path = format!("/api/v1/devices/{id}/telemetry/unit");
    for (role, housing) in [("fleet-operator", json!({"redacted": true})), ("security", json!(true))] {
        let seen = world.person(role).await.get(&path).await.ok();
        assert_eq!(seen["items"][0]["fields"], json!({"uptime": 5.0, "housingOpened": housing}), "{role}");
        let csv = format!("{path}?format=csv");
        let csv =
            world.person(role).await.request(reqwest::Method::GET, &csv).send().await.unwrap().text().await.unwrap();
        assert_eq!(csv.contains("true"), role == "security", "{csv}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aggregator_passes_on_what_the_author_signed_and_is_told_on_when_it_makes_something_up() {
    let world = World::with_product().await;
    let aggregators = MODEL.replacen('{', "{ \"hf:role\": \"aggregator\",", 1);
    world.put_product(PRODUCT, &aggregators).await.ok();
    let units = world.fleet(2).await;
    let [hub, leaf] = &units[..] else { panic!("two units") };
    let mut line = hub.connect(&world).await;
    let path = format!("forward/{}/climate", leaf.id);
    let reading = climate(1, 20, 21.0);
    let signed = with_signature(reading.clone(), leaf.sign_as(&leaf.id, "climate", std::slice::from_ref(&reading)));
    assert_eq!(line.publish(&path, &signed).await, ReasonCode::Success);
    assert_eq!(counters(&world, leaf.id.as_str()).await, [1]);
    let found = world.admin.get(&format!("/api/v1/devices/{}/telemetry/climate/signatures", leaf.id)).await.ok();
    assert_eq!((&found["verified"], &found["forwarded"]), (&json!(1), &json!([[hub.id.as_str(), 1]])), "{found}");

    let alerts = || async {
        let open = world.admin.get("/api/v1/alerts").await.ok();
        let of_kind = |alert: &&Value| alert["kind"] == "forward-forged";
        open["items"].as_array().unwrap().iter().filter(of_kind).cloned().collect::<Vec<_>>()
    };
    assert_eq!(refused(&mut line, &path, &climate(2, 10, 21.0).to_string()).await, "forward-unsigned");
    assert_eq!(alerts().await.len(), 0);
    for counter in [2, 3] {
        let reading = climate(counter, 10, 21.0);
        let forged = with_signature(reading.clone(), hub.sign_as(&leaf.id, "climate", std::slice::from_ref(&reading)));
        assert_eq!(refused(&mut line, &path, &forged).await, "forward-forged");
    }
    assert_eq!(alerts().await.len(), 1, "one alert while it is open");
    assert_eq!(alerts().await[0]["device"], json!(hub.id.as_str()));
    assert_eq!(counters(&world, leaf.id.as_str()).await, [1], "nothing made up is stored");
    assert_eq!(counters(&world, hub.id.as_str()).await, Vec::<u64>::new());
}
