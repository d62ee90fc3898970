//! A backup taken from a server at work is put back on a bare host, and the fleet goes on there.

use std::fs;

use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_server::{backup, clock};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_goes_on_with_what_a_backup_of_the_running_server_holds() {
    let mut world = World::with_product().await;
    let units = world.fleet(2).await;
    let release = world.release(1).await;
    let folder = world.dir.path().join("backup");
    let mut steps = Vec::new();
    let mut note = |what: &'static str, done: u64, all: u64| steps.push((what, done == all));
    let taken = backup::create(&world.state(), &folder, clock::now(), &mut note).unwrap();
    assert!(steps.contains(&("database", true)) && steps.contains(&("artifacts", true)), "{steps:?}");
    assert!(!taken.keys, "these keys are not sealed");
    let lines = world.lines().await;
    assert_eq!(lines, taken.ledger_lines);

    // What came after the backup is lost with the host.
    world.release(2).await;
    world.stop().await;
    let keys = world.dir.path().join("keys-kept-apart");
    fs::rename(world.state().join("keys"), &keys).unwrap();
    fs::remove_dir_all(world.state()).unwrap();

    backup::restore(&folder, &world.state(), &mut |_, _, _| ()).unwrap();
    fs::rename(&keys, world.state().join("keys")).unwrap();
    world.restart().await;
    assert_eq!(world.lines().await, lines, "history is what it was");
    let releases = world.admin.get("/api/v1/releases").await.ok();
    assert_eq!(releases["items"].as_array().unwrap().len(), 1);
    assert_eq!(releases["items"][0]["id"], release.as_str());
    for unit in &units {
        let device = world.admin.get(&format!("/api/v1/devices/{}", unit.id)).await.ok();
        assert_eq!(device["state"], "accepted", "{device}");
        let mut line = unit.connect(&world).await;
        let reading = r#"{"c":1,"t":1763870000000000,"f":{"uptime":5}}"#;
        assert_eq!(line.publish("telemetry/unit", reading).await, ReasonCode::Success);
    }
}
