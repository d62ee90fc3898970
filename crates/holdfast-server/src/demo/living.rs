//! Steps of devices in use: connection, update, tampering, a crash of the server, and the evidence of it all.

use std::collections::BTreeSet;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::firmware;
use super::making::{mb, release};
use super::stage::{Step, must, until};
use super::tools::at;
use super::world::World;
use crate::cli::Failure;
use crate::clock;

/// Longest wait for something that takes seconds.
const SOON: Duration = Duration::from_mins(1);
/// The unit with a defect that only release 2 looks at.
const DEFECTIVE: usize = 2;
/// The unit whose slot is changed.
const TAMPERED: usize = 1;
/// The unit that a person contains and lets back.
const CONTAINED: usize = 3;
/// Longer than any reading is on its way.
const SETTLED: Duration = Duration::from_millis(1_500);
/// Rows of telemetry asked for at once.
const ROWS_MAX: &str = "5000";

/// Step 4: enrolment, telemetry, shadow, command.
pub(super) async fn connect(world: &mut World, mut step: Step<'_>) -> Result<(), Failure> {
    for index in 0..world.homes.len() {
        world.start_agent(index)?;
    }
    let count = online(world, world.homes.len(), "1.0.0").await?;
    step.fact("agents enrolled by EST and online", count.to_string());
    step.now("telemetry");
    for index in 0..world.homes.len() {
        until("telemetry of every device", SOON, || async {
            Ok((counters(world, index).await?.len() >= 3).then_some(()))
        })
        .await?;
    }
    step.now("shadow");
    let device = world.id(0);
    world.tools.holdfast(&["shadow", "set", device, "targetTemperature=22.5"]).await?;
    until("the device to report what was wanted", SOON, || async {
        let shadow = world.tools.holdfast(&["shadow", "show", device]).await?;
        Ok((at(&shadow, "/reported/targetTemperature").as_f64() == Some(22.5)).then_some(()))
    })
    .await?;
    step.fact("shadow", format!("{device}: targetTemperature 22.5 desired and reported"));
    step.now("command");
    let device = world.id(3);
    world.tools.holdfast(&["device", "command", device, "identify", "--input", "{\"seconds\":2}"]).await?;
    until("the command's result", SOON, || async {
        let commands = world.tools.holdfast(&["device", "commands", device]).await?;
        Ok((at(&commands, "/0/state").as_str() == Some("succeeded")).then_some(()))
    })
    .await?;
    step.fact("command", format!("{device}: identify succeeded"));
    step.held();
    Ok(())
}

/// Step 5: release 2 in two phases, with one unit that cannot run it.
pub(super) async fn update(world: &mut World, mut step: Step<'_>) -> Result<(), Failure> {
    let calibration = world.home(DEFECTIVE).join("data/sensor.cal");
    std::fs::write(&calibration, "offset=nan\n").map_err(Failure::fault)?;
    let text = "Steadier temperature on windy days. Takes a minute; heating goes on meanwhile.";
    let (id, bytes) = release(world, &firmware::THERMOSTAT_V2, ("1.1.0", "2"), text).await?;
    world.release_2 = id;
    step.fact("release 2", format!("{:.1} MB", mb(bytes)));
    let create = [
        "deployment",
        "create",
        &world.release_2,
        "--phases",
        "25,100",
        "--success",
        "50",
        "--abort-threshold",
        "50",
        "--min-devices",
        "4",
        "--deadline",
        "120",
    ];
    let made = world.tools.holdfast(&create).await?;
    let id = at(&made, "/id").as_str().unwrap_or_default().to_owned();
    let done = until("the deployment to end", Duration::from_mins(2), || async {
        let shown = world.tools.holdfast(&["deployment", "show", &id]).await?;
        step.now(&tally(&shown));
        let state = at(&shown, "/state").as_str().unwrap_or_default();
        Ok(matches!(state, "completed" | "aborted" | "paused").then(|| shown.clone()))
    })
    .await?;
    must(at(&done, "/state") == "completed", || {
        format!("the deployment ended {}: {}", at(&done, "/state"), tally(&done))
    })?;
    step.fact("executions", tally(&done));
    let defective = world.id(DEFECTIVE).to_owned();
    let executions = at(&done, "/executions").as_array().cloned().unwrap_or_default();
    let of = |state: &str| executions.iter().filter(|e| at(e, "/state") == state).count();
    must(of("succeeded") == world.homes.len() - 1, || tally(&done))?;
    let back = executions.iter().find(|e| at(e, "/state") == "rolled_back");
    must(back.is_some_and(|e| at(e, "/device") == defective.as_str()), || format!("rolled back: {back:?}"))?;
    let reason = back.and_then(|e| at(e, "/reason").as_str()).unwrap_or("–").to_owned();
    until("evidence of the version before from the device that went back", SOON, || async {
        let device = world.device(DEFECTIVE).await?;
        Ok((at(&device, "/software/version") == "1.0.0").then_some(()))
    })
    .await?;
    step.fact("went back by itself", format!("{defective}: {reason}, runs 1.0.0 again"));
    online(world, world.homes.len() - 1, "1.1.0").await?;
    step.held();
    Ok(())
}

/// Step 6: one changed byte in a running slot; and what containment means, on a unit that a person contains.
pub(super) async fn tamper(world: &mut World, mut step: Step<'_>) -> Result<(), Failure> {
    contain(world, &mut step).await?;
    let id = world.id(TAMPERED).to_owned();
    let slot = at(&world.device(TAMPERED).await?, "/software/slot").as_str().unwrap_or("a").to_owned();
    let changed = clock::monotonic().0;
    flip_byte(&world.home(TAMPERED).join("slots").join(&slot).join("image"))?;
    step.now("waiting for evidence");
    let alert = until("the alert", SOON, || async {
        let alerts = world.tools.holdfast(&["alert", "list", "--all"]).await?;
        let ours = |a: &&Value| at(a, "/device") == id.as_str() && at(a, "/kind") == "integrity-contradicted";
        Ok(alerts.as_array().into_iter().flatten().find(ours).cloned())
    })
    .await?;
    let noticed = clock::monotonic().0 - changed;
    step.fact(
        "noticed",
        format!("{id}: slot {slot}, alert {} after {noticed} ms", at(&alert, "/kind").as_str().unwrap_or("–")),
    );
    step.now("waiting for recovery and fresh evidence");
    let device = until("the quarantine to be lifted", SOON, || async {
        let device = world.device(TAMPERED).await?;
        let kinds = ledger_kinds(world, &id).await?;
        let lifted = at(&device, "/quarantine").is_null() && kinds.contains("evidence-affirmed");
        Ok(lifted.then_some(device))
    })
    .await?;
    let cleared = clock::monotonic().0 - changed;
    let kinds = ledger_kinds(world, &id).await?;
    for kind in ["evidence-contradicted", "evidence-affirmed"] {
        must(kinds.contains(kind), || format!("the ledger has no {kind} for {id}: {kinds:?}"))?;
    }
    let log = std::fs::read_to_string(world.dir.join("logs").join(format!("{id}.log"))).unwrap_or_default();
    let known_good = if slot == "a" { "b" } else { "a" };
    let after = log.rsplit_once("no longer holds its signed image").map_or("", |(_, after)| after);
    must(after.contains(&format!("slot.name=\"{known_good}\"")), || format!("{id} did not start its known-good slot"))?;
    step.fact(
        "recovered",
        format!("from its known-good slot {known_good}; fresh evidence lifted the quarantine after {cleared} ms"),
    );
    let shown_at = |pointer| at(&device, pointer).as_str().unwrap_or("–");
    step.fact("runs now", format!("{} in slot {}", shown_at("/software/version"), shown_at("/software/slot")));
    step.held();
    Ok(())
}

/// While a device is contained no reading of it gets in; what it kept meanwhile comes afterwards.
async fn contain(world: &World, step: &mut Step<'_>) -> Result<(), Failure> {
    let id = world.id(CONTAINED);
    step.now("a person contains a device");
    world.tools.holdfast(&["device", "quarantine", id]).await?;
    tokio::time::sleep(SETTLED).await;
    let before = counters(world, CONTAINED).await?.len();
    tokio::time::sleep(SETTLED).await;
    let during = counters(world, CONTAINED).await?.len();
    must(during == before, || format!("{id}: {} readings came in while it was contained", during - before))?;
    world.tools.holdfast(&["device", "release", id]).await?;
    until("readings after the release", SOON, || async {
        Ok((counters(world, CONTAINED).await?.len() > during + 3).then_some(()))
    })
    .await?;
    step.fact("contained by a person", format!("{id}: no reading passed; those it kept came after the release"));
    Ok(())
}

/// Step 7: SIGKILL, restart, and a comparison of what was acknowledged with what is stored.
pub(super) async fn crash(world: &mut World, mut step: Step<'_>) -> Result<(), Failure> {
    if let Some(server) = world.server.as_mut() {
        server.kill().await?;
    }
    step.now("restarting");
    world.start_server().await?;
    let all = world.homes.len();
    let before: Vec<usize> = (0..all).map(|index| acknowledged(&world.home(index)).len()).collect();
    for (index, before) in before.iter().enumerate() {
        let home = world.home(index);
        until("acknowledgements after the restart", SOON, || async {
            Ok((acknowledged(&home).len() > before + 2).then_some(()))
        })
        .await?;
    }
    let (mut acked, mut stored) = (0, 0);
    for index in 0..all {
        let of_device = acknowledged(&world.home(index));
        let rows = counters(world, index).await?;
        let distinct: BTreeSet<u64> = rows.iter().copied().collect();
        let id = world.id(index);
        must(distinct.len() == rows.len(), || format!("{id}: {} rows, {} distinct", rows.len(), distinct.len()))?;
        let lost: Vec<&u64> = of_device.difference(&distinct).collect();
        must(lost.is_empty(), || format!("{id}: acknowledged and lost: {lost:?}"))?;
        acked += of_device.len();
        stored += rows.len();
    }
    step.fact("acknowledged, lost, twice", format!("{acked} messages, 0, 0 ({stored} stored)"));
    step.held();
    Ok(())
}

/// Step 9: the ledger, checked without the server, and the conformity report.
pub(super) async fn evidence(world: &mut World, mut step: Step<'_>) -> Result<(), Failure> {
    let file = world.path("maker/ledger.jsonl");
    world.tools.holdfast(&["ledger", "export", "--out", &file]).await?;
    let verified = world.tools.holdfast(&["ledger", "verify", &file]).await?;
    step.fact("ledger", format!("{} lines, checkpoint and root hold", at(&verified, "/lines")));
    let forged = world.path("maker/ledger-forged.jsonl");
    let text = std::fs::read_to_string(&file).map_err(Failure::fault)?;
    std::fs::write(&forged, text.replacen("device-enrolled", "device-revoked!", 1)).map_err(Failure::fault)?;
    let refused = world.tools.holdfast(&["ledger", "verify", &forged]).await;
    must(refused.is_err(), || "a changed copy of the ledger verified".to_owned())?;
    step.fact("changed copy", "refused");
    let report = world.tools.holdfast(&["conformity", "report"]).await?;
    let rows = at(&report, "/items").as_array().cloned().unwrap_or_default();
    must(rows.len() == 382, || format!("the report has {} rows", rows.len()))?;
    let met = rows.iter().filter(|r| at(r, "/status") == "met").count();
    step.fact("conformity", format!("{met} of 382 requirements met by facts, the rest open"));
    step.held();
    Ok(())
}

/// Waits until so many devices are online with this version.
async fn online(world: &World, count: usize, version: &str) -> Result<usize, Failure> {
    until(&format!("{count} devices online with {version}"), SOON, || async {
        let list = world.tools.holdfast(&["device", "list"]).await?;
        let ready = |d: &&Value| at(d, "/online") == true && at(d, "/software/version") == version;
        let found = list.as_array().into_iter().flatten().filter(ready).count();
        Ok((found >= count).then_some(found))
    })
    .await
}

/// Counters of a device's stored readings.
async fn counters(world: &World, index: usize) -> Result<Vec<u64>, Failure> {
    let rows = world.tools.holdfast(&["device", "telemetry", world.id(index), "climate", "--limit", ROWS_MAX]).await?;
    Ok(rows.as_array().into_iter().flatten().filter_map(|row| at(row, "/counter").as_u64()).collect())
}

/// Counters that the device saw acknowledged, from its own journal.
fn acknowledged(home: &Path) -> BTreeSet<u64> {
    let text = std::fs::read_to_string(home.join("acked.log")).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or(""));
    whole.lines().filter_map(|line| line.strip_prefix("climate ")?.parse().ok()).collect()
}

pub(super) async fn ledger_kinds(world: &World, device: &str) -> Result<BTreeSet<String>, Failure> {
    let lines = world.tools.holdfast(&["device", "ledger", device]).await?;
    Ok(lines.as_array().into_iter().flatten().filter_map(|l| at(l, "/kind").as_str().map(str::to_owned)).collect())
}

fn tally(deployment: &Value) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for execution in at(deployment, "/executions").as_array().into_iter().flatten() {
        *counts.entry(at(execution, "/state").as_str().unwrap_or("–").to_owned()).or_insert(0) += 1;
    }
    let shown: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    shown.join(", ")
}

/// Changes one bit in the middle of a file, in place.
fn flip_byte(path: &Path) -> Result<(), Failure> {
    let change = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
        let middle = file.metadata()?.len() / 2;
        let mut byte = [0_u8; 1];
        file.seek(SeekFrom::Start(middle))?;
        file.read_exact(&mut byte)?;
        file.seek(SeekFrom::Start(middle))?;
        file.write_all(&[byte[0] ^ 1])?;
        file.sync_all()
    };
    change().map_err(|why| Failure::fault(format!("{}: {why}", path.display())))
}
