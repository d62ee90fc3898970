//! `holdfast status`: the fleet on one screen.

use serde_json::{Value, json};

use super::answer::{items, member, number, set, text};
use super::client::Client;
use super::output::{Column, print};
use super::{Failure, Output};

/// Devices are counted by listing them, and not further than this.
const COUNTED_MAX: usize = 5_000;
/// Deployments that are looked through for running ones.
const DEPLOYMENTS_MAX: u64 = 50;
/// Alerts that are shown.
const ALERTS_MAX: u64 = 10;

const FLEET: &[Column] = &[
    ("Devices", "/devices"),
    ("Online", "/online"),
    ("Not yet seen", "/preauthorised"),
    ("In quarantine", "/quarantined"),
    ("Open alerts", "/alerts"),
    ("Running deployments", "/running"),
    ("Refused so far", "/refused"),
    ("Coming back", "/coming_back"),
    ("Trust document", "/trust"),
];
const DEPLOYMENTS: &[Column] = &[
    ("Deployment", "/id"),
    ("Product", "/product"),
    ("Version", "/version"),
    ("State", "/state"),
    ("Progress", "/progress"),
];
const ALERTS: &[Column] =
    &[("Since", "/opened_us"), ("Severity", "/severity"), ("Device", "/device"), ("Kind", "/kind")];

/// Asks for everything and shows it.
pub(super) async fn run(client: &Client, out: Output) -> Result<(), Failure> {
    let products = client.whole("/api/v1/products").await?;
    let alerts = client.all("/api/v1/alerts?open=true", u64::try_from(COUNTED_MAX).unwrap_or(u64::MAX)).await?;
    let deployments = client.all("/api/v1/deployments", DEPLOYMENTS_MAX).await?;
    let open: Vec<Value> = deployments.iter().filter(|row| is_open(row)).map(in_short).collect();
    let refusals = client.whole("/api/v1/refusals").await?;
    let sum = |rows: &Value, name: &str| items(rows).iter().map(|row| number(row, name)).sum::<u64>();
    let status = json!({
        "server": client.base(),
        "devices": sum(&products, "devices"),
        "online": count(client, "online=true").await?,
        "preauthorised": count(client, "state=preauthorised").await?,
        "quarantined": count(client, "quarantined=true").await?,
        "alerts": alerts.len(),
        "running": open.len(),
        "refused": sum(&refusals, "count"),
        "coming_back": coming_back(&client.get("/api/v1/fleet/recovery").await?),
        "trust": trust(client).await?,
        "deployments": open,
        "latest_alerts": alerts.iter().take(usize::try_from(ALERTS_MAX).unwrap_or(0)).collect::<Vec<_>>(),
    });
    out.item(&status, FLEET);
    if out.is_json() {
        return Ok(());
    }
    for (name, columns) in [("deployments", DEPLOYMENTS), ("latest_alerts", ALERTS)] {
        let rows = items(member(&status, name));
        if !rows.is_empty() {
            print("");
            out.list(rows, columns, "");
        }
    }
    if items(&products).is_empty() {
        print("\nThere is no product yet. Make one: holdfast product create --help");
    }
    Ok(())
}

/// How many devices a filter lets through: a number, or text when there are more than are counted.
async fn count(client: &Client, filter: &str) -> Result<Value, Failure> {
    let most = u64::try_from(COUNTED_MAX).unwrap_or(u64::MAX);
    let found = client.all(&format!("/api/v1/devices?{filter}"), most).await?.len();
    Ok(if found < COUNTED_MAX { json!(found) } else { json!(format!("{COUNTED_MAX} or more")) })
}

/// The version in force; null if the maker has not given one.
async fn trust(client: &Client) -> Result<Value, Failure> {
    match client.get("/api/v1/trust").await {
        Ok(trust) => Ok(member(&trust, "version").clone()),
        Err(failure) if failure.name.as_deref() == Some("trust-unknown") => Ok(Value::Null),
        Err(failure) => Err(failure),
    }
}

/// How the last quarter of an hour at the devices' MQTT door went, in one line.
fn coming_back(recovery: &Value) -> String {
    let figures = |rows: &Value| items_of(rows).collect::<Vec<u64>>();
    let (failed, waiting) = (figures(member(recovery, "failed")), figures(member(recovery, "waiting")));
    let came: u64 = member(recovery, "classes")
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|class| items_of(member(class, "came")))
        .sum();
    format!(
        "{came} in 15 minutes, {} waiting, {} failed; at most {} a second",
        waiting.last().copied().unwrap_or(0),
        failed.iter().sum::<u64>(),
        number(recovery, "ceiling_per_second")
    )
}

fn items_of(rows: &Value) -> impl Iterator<Item = u64> {
    rows.as_array().into_iter().flatten().filter_map(Value::as_u64)
}

fn is_open(deployment: &Value) -> bool {
    matches!(text(deployment, "state"), "running" | "paused" | "awaiting_approval")
}

/// A deployment in one line: its phase, and how many of all its devices have succeeded.
fn in_short(deployment: &Value) -> Value {
    let phases = items(member(deployment, "phases"));
    let sum = |name| phases.iter().map(|phase| number(member(phase, "counts"), name)).sum::<u64>();
    let all: u64 = phases.iter().map(|phase| number(phase, "devices")).sum();
    let bad = sum("failed") + sum("rolled_back");
    let phase = member(deployment, "phase").as_u64().map_or(0, |phase| phase + 1);
    let harm = if bad > 0 { format!(", {bad} failed or rolled back") } else { String::new() };
    let progress = format!("phase {phase} of {}, {} of {all} succeeded{harm}", phases.len(), sum("succeeded"));
    let mut short = json!({"progress": progress});
    for name in ["id", "product", "version", "state"] {
        set(&mut short, name, member(deployment, name).clone());
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coming_back_is_told_in_one_line() {
        let recovery = json!({
            "ceiling_per_second": 640, "failed": [0, 2, 1], "waiting": [9, 0, 4],
            "classes": [{"came": [1, 2, 3]}, {"came": [10, 0, 0]}],
        });
        assert_eq!(coming_back(&recovery), "16 in 15 minutes, 4 waiting, 3 failed; at most 640 a second");
    }

    #[test]
    fn a_deployment_is_told_in_one_line() {
        let phase = |devices: u64, succeeded: u64, failed: u64| json!({"devices": devices, "counts": {"succeeded": succeeded, "failed": failed, "rolled_back": 0}});
        let deployment = json!({"id": "x", "state": "running", "phase": 1, "phases": [phase(2, 2, 0), phase(6, 1, 1)]});
        assert!(is_open(&deployment));
        assert_eq!(in_short(&deployment)["progress"], "phase 2 of 2, 3 of 8 succeeded, 1 failed or rolled back");
        assert!(!is_open(&json!({"state": "completed"})));
    }
}
