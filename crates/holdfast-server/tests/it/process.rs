//! The program itself as a process of its own, ended by signals: in order, and with force.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_server::clock;
use holdfast_store::Store;
use holdfast_store::fleet::DeviceFilter;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::world::{World, until};

/// The keep-alive of every device here.
const KEEP_ALIVE: Millis = Millis::from_secs(60);

/// A running `holdfast serve`; killed when dropped.
struct Process {
    child: Child,
    mqtt: SocketAddr,
}

impl Process {
    async fn start(state: &Path) -> Self {
        // A killed one left its own behind.
        let _ = std::fs::remove_file(state.join("addresses.json"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command.args([
            "serve",
            "--people",
            "127.0.0.1:0",
            "--devices",
            "127.0.0.1:0",
            "--mqtt",
            "127.0.0.1:0",
            "--state",
        ]);
        let child = command.arg(state).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        let mqtt = until("the doors", || async {
            let text = std::fs::read(state.join("addresses.json")).ok()?;
            let addresses: Value = serde_json::from_slice(&text).ok()?;
            addresses["mqtt"].as_str()?.parse().ok()
        });
        Self { mqtt: mqtt.await, child }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }
}

fn reading(counter: u64) -> String {
    let at = clock::now().as_micros() + i64::try_from(counter).unwrap() * 60_000 - 60_000_000;
    format!(r#"{{"c":{counter},"t":{at},"f":{{"temperature":21.5,"humidity":40.5,"battery":97}}}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_acknowledges_what_was_stored_and_then_says_goodbye() {
    let mut world = World::with_product().await;
    let unit = world.fleet(1).await.remove(0);
    world.stop().await;
    let mut process = Process::start(&world.state()).await;
    let mut line = unit.connect_to(process.mqtt, &world.ca_pem).await;
    for counter in 1..=40 {
        line.say("telemetry/climate", &reading(counter)).await;
    }
    process.signal(Signal::TERM);
    let (reason, acknowledged) = line.goodbye().await;
    assert_eq!(reason, ReasonCode::ServerShuttingDown);
    assert!(process.child.wait().await.unwrap().success());
    let store = Store::open(&world.state()).unwrap();
    assert_eq!(store.telemetry_count(&unit.id, &"climate".parse().unwrap()).unwrap(), acknowledged);
    let device = store.device(&unit.id).unwrap().unwrap();
    assert!(device.online_until.is_some_and(|until| until <= clock::now()), "the lease ended with the session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_leaves_nobody_online_for_longer_than_the_lease() {
    let mut world = World::with_product().await;
    let unit = world.fleet(1).await.remove(0);
    world.stop().await;
    let mut process = Process::start(&world.state()).await;
    let connected = clock::now();
    let mut line = unit.connect_to(process.mqtt, &world.ca_pem).await;
    assert_eq!(line.publish("telemetry/climate", &reading(1)).await, ReasonCode::Success);
    until("the lease on disk", || async {
        let seen = Store::open(&world.state()).ok()?.device(&unit.id).ok()??.last_seen?;
        (seen >= connected).then_some(())
    })
    .await;
    process.signal(Signal::KILL);
    assert!(!process.child.wait().await.unwrap().success());
    let killed = clock::now();
    let store = Store::open(&world.state()).unwrap();
    let online = |at: Timestamp| {
        let filter = DeviceFilter { online: Some((true, at)), ..DeviceFilter::default() };
        store.devices(&filter, None, 10).unwrap().len()
    };
    assert_eq!(online(killed), 1, "nobody could take it back");
    assert_eq!(online(killed.plus(Millis(KEEP_ALIVE.0 * 3 / 2))), 0, "and it ends by itself");
    drop(store);
    // The next server finds the lease as it is, and a device that comes back renews it.
    let process = Process::start(&world.state()).await;
    let came_back = clock::now();
    let _line = unit.connect_to(process.mqtt, &world.ca_pem).await;
    until("the new lease", || async {
        let seen = Store::open(&world.state()).ok()?.device(&unit.id).ok()??.last_seen?;
        (seen >= came_back).then_some(())
    })
    .await;
}
