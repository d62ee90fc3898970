//! The conformity report follows the facts.

use serde_json::Value;

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
