//! `holdfast conformity …`: the status of every requirement.

use std::collections::BTreeMap;

use clap::Subcommand;
use serde_json::Value;

use super::answer::{items, set, text};
use super::client::Client;
use super::{Failure, Output};

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast conformity report
  holdfast conformity report --status met -o json";

/// Verbs of `conformity`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Every requirement with its status, computed now.
    Report {
        /// Only this status: `met`, `met_otherwise`, `not_met`, `not_applicable`, `open`.
        #[arg(long)]
        status: Option<String>,
    },
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    let Verb::Report { status } = verb;
    let report = client.get("/api/v1/conformity").await?;
    let asked = |row: &&Value| status.as_deref().is_none_or(|wanted| text(row, "status") == wanted);
    let rows: Vec<Value> = items(&report).iter().filter(asked).cloned().collect();
    if out.is_json() {
        let mut report = report;
        set(&mut report, "items", Value::Array(rows));
        out.item(&report, &[]);
        return Ok(());
    }
    let columns = [
        ("Requirement", "/id"),
        ("Level", "/level"),
        ("Capability", "/capability"),
        ("Status", "/status"),
        ("Shown by", "/evidence"),
    ];
    out.list(&rows, &columns, "No requirement has this status.");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        *counts.entry(text(row, "status")).or_default() += 1;
    }
    let shown: Vec<String> = counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
    super::output::print(&format!("{} requirements: {}", rows.len(), shown.join(", ")));
    Ok(())
}
