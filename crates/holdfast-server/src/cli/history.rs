//! `holdfast alert`, `ledger`, `conformity`, `refusals`: what happened, and what it proves.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use holdfast_core::id::AlertId;
use holdfast_core::ledger::checkpoint::{Checkpoint, Origin};
use holdfast_core::ledger::note::NoteVerifier;
use holdfast_core::ledger::tree::{Frontier, leaf_hash};
use serde_json::{Value, json};

use super::client::Client;
use super::failure::read_file;
use super::product::items;
use super::{Failure, Output};

/// Most alerts of one listing.
const ALERTS_MAX: u64 = 1_000;
/// Lines of the ledger asked for at once.
const LINES_AT_ONCE: usize = 500;
/// Largest exported ledger that is read back.
const EXPORT_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Verbs of `alert`.
#[derive(Debug, Subcommand)]
pub(super) enum AlertVerb {
    /// Open alerts, newest first.
    List {
        /// Closed ones too.
        #[arg(long)]
        all: bool,
    },
    /// Close an alert.
    Close {
        /// Its id.
        id: AlertId,
    },
}

/// Runs the verb.
pub(super) async fn alerts(verb: AlertVerb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        AlertVerb::List { all } => {
            let alerts = client.all(&format!("/api/v1/alerts?open={}", !all), ALERTS_MAX).await?;
            let columns = [
                ("Opened", "/opened_us"), ("Severity", "/severity"), ("Device", "/device"), ("Kind", "/kind"),
                ("What to do", "/text"), ("Closed", "/closed_us"), ("Alert", "/id"),
            ];
            out.list(&alerts, &columns, "No alert is open.");
        }
        AlertVerb::Close { id } => {
            let done = client.post(&format!("/api/v1/alerts/{id}/close"), json!({})).await?;
            out.done(&format!("Alert {id} is closed."), &done);
        }
    }
    Ok(())
}

/// Verbs of `ledger`.
#[derive(Debug, Subcommand)]
pub(super) enum LedgerVerb {
    /// Write the whole ledger to a file: first its checkpoint and key, then one line an entry.
    Export {
        /// The file.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check an exported ledger without any server: every hash, the root and the signature.
    Verify {
        /// The file.
        file: PathBuf,
        /// The ledger's verifier key, as you know it from elsewhere; without it, the key in the file is used and shown.
        #[arg(long, value_name = "VKEY")]
        key: Option<String>,
    },
}

/// Runs the verb; only `export` opens the profile.
pub(super) async fn ledger(verb: LedgerVerb, profile: Option<PathBuf>, out: Output) -> Result<(), Failure> {
    match verb {
        LedgerVerb::Export { out: file } => export(&Client::open(profile)?, &file, out).await,
        LedgerVerb::Verify { file, key } => verify(&file, key, out),
    }
}

async fn export(client: &Client, path: &Path, out: Output) -> Result<(), Failure> {
    let authority = client.get("/api/v1/authority").await?;
    let head = client.get("/api/v1/ledger/checkpoint").await?;
    let size = head["size"].as_u64().unwrap_or(0);
    let write = |why: std::io::Error| Failure::usage(format!("{}: {why}", path.display()));
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).map_err(write)?);
    let first = json!({"origin": authority["ledger_origin"], "key": authority["ledger_key"], "checkpoint": head["note"]});
    writeln!(file, "{first}").map_err(write)?;
    let mut next = 0;
    while next < size {
        let page = client.get(&format!("/api/v1/ledger/entries?from={next}&limit={LINES_AT_ONCE}")).await?;
        let before = next;
        for entry in items(&page).iter().filter(|e| e["index"].as_u64().is_some_and(|i| i < size)) {
            let leaf = entry["leaf"].as_str().ok_or_else(|| Failure::fault("an entry without its leaf"))?;
            writeln!(file, "{leaf}").map_err(write)?;
            next += 1;
        }
        if next == before {
            return Err(Failure::fault(format!("the server gave no entry {next} of {size}")));
        }
    }
    file.flush().map_err(write)?;
    out.done(&format!("{size} lines written to {}.", path.display()), &json!({"lines": size, "file": path}));
    Ok(())
}

fn verify(path: &Path, key: Option<String>, out: Output) -> Result<(), Failure> {
    let bytes = read_file(path, EXPORT_BYTES_MAX)?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::verification("not-text", "the file is not UTF-8"))?;
    let mut lines = text.lines();
    let malformed = || Failure::verification("header-malformed", "line 1 is not a ledger's first line");
    let first: Value = serde_json::from_str(lines.next().unwrap_or_default()).map_err(|_| malformed())?;
    let field = |name: &str| first[name].as_str().map(str::to_owned).ok_or_else(malformed);
    let own_key = key.is_some();
    let key = key.map_or_else(|| field("key"), Ok)?;
    let verifier: NoteVerifier =
        key.parse().map_err(|why| Failure::verification("key-malformed", format!("{key}: {why}")))?;
    let origin: Origin = field("origin")?.parse().map_err(|_| malformed())?;
    let head = Checkpoint::open(&field("checkpoint")?, &verifier, &origin)
        .map_err(|why| Failure::verification(why.name(), format!("the checkpoint does not hold: {why}")))?;
    let mut tree = Frontier::new();
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for line in lines {
        let kept = tree.push(leaf_hash(line.as_bytes()), |_, _| Ok::<(), std::convert::Infallible>(()));
        match kept {
            Ok(()) => {}
            Err(never) => match never {},
        }
        let entry: Value = serde_json::from_str(line).unwrap_or(Value::Null);
        *kinds.entry(entry["kind"].as_str().unwrap_or("unreadable").to_owned()).or_default() += 1;
    }
    if tree.size() != head.size {
        let text = format!("the checkpoint signs {} lines, the file has {}", head.size, tree.size());
        return Err(Failure::verification("size-differs", text));
    }
    if tree.root() != head.root {
        return Err(Failure::verification("root-differs", "a line was changed: the root is not the one that was signed"));
    }
    let note = if own_key { "" } else { " (key taken from the file: compare it with one you know)" };
    let sentence = format!("{} lines hold: root and signature of {key}{note}", head.size);
    out.done(&sentence, &json!({"lines": head.size, "key": key, "key_from_file": !own_key, "kinds": kinds}));
    Ok(())
}

/// Verbs of `conformity`.
#[derive(Debug, Subcommand)]
pub(super) enum ConformityVerb {
    /// Every requirement with its status, computed now.
    Report {
        /// Only this status: met, met_otherwise, not_met, not_applicable, open.
        #[arg(long)]
        status: Option<String>,
    },
}

/// Runs the verb.
pub(super) async fn conformity(verb: ConformityVerb, client: &Client, out: Output) -> Result<(), Failure> {
    let ConformityVerb::Report { status } = verb;
    let report = client.get("/api/v1/conformity").await?;
    let rows: Vec<Value> = report["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|row| status.as_deref().is_none_or(|wanted| row["status"] == wanted))
        .cloned()
        .collect();
    if out.is_json() {
        let mut report = report;
        report["items"] = Value::Array(rows);
        out.item(&report, &[]);
        return Ok(());
    }
    let columns =
        [("Requirement", "/id"), ("Level", "/level"), ("Capability", "/capability"), ("Status", "/status"), ("Shown by", "/evidence")];
    out.list(&rows, &columns, "No requirement has this status.");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        *counts.entry(row["status"].as_str().unwrap_or("–")).or_default() += 1;
    }
    let shown: Vec<String> = counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
    super::output::print(&format!("{} requirements: {}", rows.len(), shown.join(", ")));
    Ok(())
}

/// What the doors refused, by name.
pub(super) async fn refusals(client: &Client, out: Output) -> Result<(), Failure> {
    let page = client.get("/api/v1/refusals").await?;
    let columns = [("Door", "/door"), ("Refusal", "/name"), ("Count", "/count"), ("Last", "/last_us")];
    out.list(items(&page), &columns, "Nothing was refused yet.");
    Ok(())
}
