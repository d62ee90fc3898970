//! `holdfast complaint …` and `holdfast breach …`: complaints about privacy, and the register of breaches.

use std::path::PathBuf;

use clap::Subcommand;
use holdfast_core::id::{BreachId, ComplaintId};
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::member;
use super::client::{Body, Client};
use super::failure::read_file;
use super::output::{Column, confirmed};
use super::{Failure, Output, print};

/// Most rows of one listing.
const ROWS_MAX: u64 = 10_000;
/// Largest entry.
const ENTRY_BYTES_MAX: u64 = 128 * 1024;

const COMPLAINTS: &[Column] = &[
    ("Complaint", "/id"),
    ("About", "/matter"),
    ("Product", "/product"),
    ("State", "/state"),
    ("Came", "/opened_us"),
    ("Answer due", "/due_us"),
    ("Late", "/late"),
];

const BREACHES: &[Column] = &[
    ("Breach", "/id"),
    ("Version", "/version"),
    ("Risk", "/risk"),
    ("Noticed", "/noticed_us"),
    ("72 hours end", "/due_us"),
    ("Late", "/late"),
    ("Authority told", "/notified_us"),
    ("Owners told", "/told_owners"),
    ("Closed", "/closed_us"),
];

pub(super) const COMPLAINT_EXAMPLES: &str = "\
Examples:
  holdfast complaint list
  holdfast complaint show 019c…
  holdfast complaint answer 019c… --text 'We looked; this is what it sends: …'
  holdfast complaint close 019c… --outcome explained

Anybody complains at /complaint, without an account. The first answer is promised within 72 hours.";

pub(super) const BREACH_EXAMPLES: &str = "\
Examples:
  holdfast breach note breach.json
  holdfast breach list
  holdfast breach show 019c…
  holdfast breach amend 019c… breach.json
  holdfast breach report 019c…
  holdfast breach notified 019c… --reference DE-2026-117
  holdfast breach tell 019c…
  holdfast breach close 019c…

An entry is JSON: {\"risk\": \"high\", \"products\": [\"hearth-thermostat\"], \"nature\": \"…\", \"people\": 40, \"contact\": \"…\",
\"consequences\": \"…\", \"measures\": \"…\", \"advice\": \"…\"}. The 72 hours run from when it was noticed (`noticed_us`, or now).";

/// Verbs of `complaint`.
#[derive(Debug, Subcommand)]
pub(super) enum ComplaintVerb {
    /// Complaints, newest first.
    List {
        /// Closed ones too.
        #[arg(long)]
        all: bool,
    },
    /// One complaint with its conversation.
    Show {
        /// The complaint.
        id: ComplaintId,
    },
    /// Answer a complaint.
    Answer {
        /// The complaint.
        id: ComplaintId,
        /// The answer.
        #[arg(long)]
        text: String,
    },
    /// End a complaint that was answered.
    Close {
        /// The complaint.
        id: ComplaintId,
        /// `solved`, `explained`, `replaced`, `refunded`, `data-done` or `refused`.
        #[arg(long)]
        outcome: String,
    },
}

/// Verbs of `breach`.
#[derive(Debug, Subcommand)]
pub(super) enum BreachVerb {
    /// The register, newest first.
    List,
    /// One entry with its history.
    Show {
        /// The breach.
        id: BreachId,
    },
    /// Enter a breach.
    Note {
        /// The entry, JSON.
        file: PathBuf,
    },
    /// Correct an entry; when it was noticed stays.
    Amend {
        /// The breach.
        id: BreachId,
        /// The entry, JSON.
        file: PathBuf,
    },
    /// The report to the authority as text, in the order of GDPR Art. 33(3).
    Report {
        /// The breach.
        id: BreachId,
    },
    /// Note that the authority was told now.
    Notified {
        /// The breach.
        id: BreachId,
        /// The authority's reference.
        #[arg(long, default_value = "")]
        reference: String,
    },
    /// Tell the owners of the products concerned, each once.
    Tell {
        /// The breach.
        id: BreachId,
        /// Without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Close an entry.
    Close {
        /// The breach.
        id: BreachId,
    },
}

/// Runs a verb of `complaint`.
pub(super) async fn complaint(verb: ComplaintVerb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        ComplaintVerb::List { all } => {
            let path = if all { "/api/v1/complaints?all=yes&" } else { "/api/v1/complaints?" };
            out.list(&client.all(path, ROWS_MAX).await?, COMPLAINTS, "Nobody waits.");
        }
        ComplaintVerb::Show { id } => {
            let found = client.get(&format!("/api/v1/complaints/{id}")).await?;
            out.item(&found, COMPLAINTS);
            if !out.is_json() {
                let said = member(&found, "conversation").as_array().cloned().unwrap_or_default();
                out.list(&said, &[("When", "/at_us"), ("Who", "/name"), ("Says", "/text")], "Nothing was said.");
            }
        }
        ComplaintVerb::Answer { id, text } => {
            let done = client.post(&format!("/api/v1/complaints/{id}/answer"), json!({"text": text})).await?;
            out.done("The complaint is answered.", &done);
        }
        ComplaintVerb::Close { id, outcome } => {
            let done = client.post(&format!("/api/v1/complaints/{id}/close"), json!({"outcome": outcome})).await?;
            out.done(&format!("The complaint is closed: {outcome}."), &done);
        }
    }
    Ok(())
}

/// Runs a verb of `breach`.
pub(super) async fn breach(verb: BreachVerb, client: &Client, out: Output) -> Result<(), Failure> {
    let at = |id: &BreachId| format!("/api/v1/breaches/{id}");
    match verb {
        BreachVerb::List => {
            out.list(&client.all("/api/v1/breaches?", ROWS_MAX).await?, BREACHES, "No breach is entered.");
        }
        BreachVerb::Show { id } => {
            let found = client.get(&at(&id)).await?;
            out.item(&found, BREACHES);
            if !out.is_json() {
                let lines = member(&found, "history").as_array().cloned().unwrap_or_default();
                out.list(&lines, &[("When", "/at_us"), ("What", "/act"), ("Who", "/who")], "Nothing was done.");
            }
        }
        BreachVerb::Note { file } => {
            let made = client.post("/api/v1/breaches", entry(&file)?).await?;
            out.done("The breach is in the register. The 72 hours run.", &made);
        }
        BreachVerb::Amend { id, file } => {
            let done = client.send(Method::PUT, &at(&id), Some(Body::Json(entry(&file)?))).await?;
            out.done("The entry is saved.", &done);
        }
        BreachVerb::Report { id } => {
            let text = client.send_raw(Method::GET, &format!("{}/report", at(&id)), None).await?;
            print(String::from_utf8_lossy(&text).trim_end());
        }
        BreachVerb::Notified { id, reference } => {
            let done = client.post(&format!("{}/notified", at(&id)), json!({"reference": reference})).await?;
            out.done("That the authority was told is kept.", &done);
        }
        BreachVerb::Tell { id, yes } => {
            let owners = member(&client.get(&at(&id)).await?, "owners").clone();
            confirmed(&format!("Tell {owners} owners now? It cannot be taken back."), yes)?;
            let done = client.post(&format!("{}/owners", at(&id)), json!({})).await?;
            out.done(&format!("{owners} owners are told."), &done);
        }
        BreachVerb::Close { id } => {
            let done = client.post(&format!("{}/close", at(&id)), json!({})).await?;
            out.done("The entry is closed.", &done);
        }
    }
    Ok(())
}

fn entry(file: &std::path::Path) -> Result<Value, Failure> {
    let text = read_file(file, ENTRY_BYTES_MAX)?;
    serde_json::from_slice(&text).map_err(|why| Failure::usage(format!("{}: not JSON: {why}", file.display())))
}
