//! What was decided is carried out, whatever happens to the server in between.

use holdfast_core::id::AlertId;
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::{Change, Decision, Effect};
use holdfast_domain::updates::report::{ReportFacts, ReportedStep, UpdateReport, report};
use holdfast_domain::updates::{Execution, ExecutionState};
use holdfast_server::authority::KeyTerms;
use holdfast_server::clock;
use holdfast_server::doorstep::Admission;
use holdfast_server::wiring::{Config, Server, StartError};
use holdfast_store::Store;
use serde_json::{Value, json};

use crate::world::{World, until};

/// Starts a deployment of a new release over the fleet, one phase for each share.
async fn deployment(world: &World, phases: &[u8]) -> (String, Value) {
    let release = world.release(1).await;
    let phases: Vec<Value> = phases.iter().map(|share| json!({"percent": share, "success_percent": 100})).collect();
    let body = json!({
        "release": release, "phases": phases, "abort_threshold_percent": 50, "min_devices": 1, "deadline_s": 3600,
    });
    let made = world.admin.post("/api/v1/deployments", body).await.ok();
    let release = world.admin.get(&format!("/api/v1/releases/{release}")).await.ok();
    (made["id"].as_str().unwrap().to_owned(), release)
}

async fn state(world: &World, deployment: &str) -> Value {
    world.admin.get(&format!("/api/v1/deployments/{deployment}")).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_reaches_its_end_after_a_restart_in_the_middle() {
    let mut world = World::with_product().await;
    let units = world.fleet(2).await;
    let (id, release) = deployment(&world, &[50, 100]).await;
    let runs = world.admin.get(&format!("/api/v1/deployments/{id}/executions")).await.ok();
    let in_phase = |phase: u64| {
        let row = runs["items"].as_array().unwrap().iter().find(|row| row["phase"] == phase).unwrap();
        units.iter().find(|unit| row["device"] == unit.id.as_str()).unwrap()
    };
    in_phase(0).succeeds(&world, &id, &release).await;
    until("the second phase", || async { (state(&world, &id).await["phase"] == 1).then_some(()) }).await;
    world.restart().await;
    assert_eq!(state(&world, &id).await["phase"], 1, "where it was");
    let at = world.lines().await;
    in_phase(1).succeeds(&world, &id, &release).await;
    until("the end", || async { (state(&world, &id).await["state"] == "completed").then_some(()) }).await;
    let kinds = world.kinds_from(at).await;
    assert_eq!(kinds, ["certificate-proven", "update-succeeded", "deployment-completed"], "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_survives_a_server_that_ends_between_commit_and_delivery() {
    let mut world = World::with_product().await;
    let units = world.fleet(1).await;
    let (id, release) = deployment(&world, &[100]).await;
    world.stop().await;
    // The last thing the killed server did: it committed a device's final report, and delivered nothing.
    let store = Store::open(&world.state()).unwrap();
    let stored = store.deployment(id.parse().unwrap()).unwrap().unwrap();
    let device = store.device(&units[0].id).unwrap().unwrap();
    let released = store.release(stored.release).unwrap().unwrap();
    let execution =
        Execution { state: ExecutionState::Rebooting, ..store.execution(stored.id, &device.id).unwrap().unwrap() };
    store.commit(Decision::quiet(vec![Change::SetExecution(execution.clone())])).unwrap();
    let facts = ReportFacts {
        device: &device,
        deployment: Some(&stored),
        release: Some(&released),
        execution: Some(&execution),
        alerts: &[],
    };
    let success = UpdateReport {
        deployment: stored.id,
        generation: 1,
        step: ReportedStep::Succeeded,
        percent: 100,
        sequence: release["sequence"].as_u64(),
        digest: Some(released.artifact_digest),
    };
    let now = clock::now();
    let decision = report(&facts, &success, AlertId::new(now, clock::random()), now).unwrap();
    assert!(decision.effects.contains(&Effect::WakeDeployment(stored.id)));
    store.commit(decision).unwrap();
    drop(store);
    let store = Store::open(&world.state()).unwrap();
    let waiting = |store: &Store| store.outbox_pending(100).unwrap().len();
    assert!(waiting(&store) > 0, "what was not delivered waits on disk");
    drop(store);
    world.restart().await;
    until("the deployment's end", || async { (state(&world, &id).await["state"] == "completed").then_some(()) }).await;
    let house = world.server().house();
    until("an empty outbox", || async { (waiting(house.store()) == 0).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_past_its_deadline_pauses_the_deployment_and_tells_people_once() {
    let world = World::with_product().await;
    let units = world.fleet(1).await;
    let (id, _) = deployment(&world, &[100]).await;
    let at = world.lines().await;
    let store = world.server().house().store();
    let queued = store.execution(id.parse().unwrap(), &units[0].id).unwrap().unwrap();
    let long_ago = Timestamp::from_micros(clock::now().as_micros() - 3_601_000_000);
    let stuck = Execution { state: ExecutionState::Installing, changed: long_ago, ..queued };
    store.commit(Decision::quiet(vec![Change::SetExecution(stuck)])).unwrap();
    until("the pause", || async { (state(&world, &id).await["state"] == "paused").then_some(()) }).await;
    assert_eq!(world.kinds_from(at).await, ["deployment-stalled"]);
    let alerts = world.admin.get("/api/v1/alerts?open=true").await.ok();
    assert_eq!(alerts["items"][0]["kind"], "deployment-stalled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_is_never_lost_to_a_phase_that_starts_at_the_same_moment() {
    let world = World::with_product().await;
    let units = world.fleet(2).await;
    let (id, release) = deployment(&world, &[50, 100]).await;
    let runs = world.admin.get(&format!("/api/v1/deployments/{id}/executions")).await.ok();
    let first = runs["items"].as_array().unwrap().iter().find(|row| row["phase"] == 0).unwrap()["device"].clone();
    let unit = units.iter().find(|unit| first == unit.id.as_str()).unwrap();
    let path = format!("/api/v1/deployments/{id}/pause");
    let (paused, ()) = tokio::join!(world.admin.post(&path, json!({})), unit.succeeds(&world, &id, &release));
    paused.ok();
    // Whatever was committed first: after the pause nothing moves it on.
    let house = world.server().house();
    until("an empty outbox", || async { house.store().outbox_pending(1).unwrap().is_empty().then_some(()) }).await;
    assert_eq!(state(&world, &id).await["state"], "paused");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_counted_in_the_last_moment_are_there_after_a_restart() {
    let mut world = World::new().await;
    for _ in 0..3 {
        assert_eq!(world.nobody().get("/api/v1/me").await.status, 401);
    }
    world.restart().await;
    assert_eq!(world.counted("not-signed-in").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_state_does_not_start() {
    let mut world = World::new().await;
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    let config = Config {
        state: world.state(),
        people: any,
        devices: any,
        mqtt: any,
        names: Vec::new(),
        attest_interval_s: 600,
        keys: KeyTerms::default(),
        admission: Admission::default(),
        settings: holdfast_server::settings::Settings::default(),
    };
    let refused = Server::start(config.clone()).await;
    assert!(matches!(refused, Err(StartError::InUse(_))), "{refused:?}");
    assert!(world.state().join("addresses.json").exists(), "the first one's addresses stay");
    world.stop().await;
    assert!(!world.state().join("addresses.json").exists(), "nothing listens any more");
    let squatter = std::net::TcpListener::bind(any).unwrap();
    let refused = Server::start(Config { people: squatter.local_addr().unwrap(), ..config.clone() }).await;
    assert!(matches!(refused, Err(StartError::Port { .. })), "{refused:?}");
    Server::start(config).await.unwrap().stop().await;
}
