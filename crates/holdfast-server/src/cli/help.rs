//! `holdfast desk …`: what owners ask, and the maker's answers.

use std::io::Read as _;

use clap::Subcommand;
use holdfast_core::id::HelpId;
use serde_json::{Value, json};

use super::client::Client;
use super::output::Column;
use super::{Failure, Output};

/// Most requests of one listing.
const REQUESTS_MAX: u64 = 1_000;

const REQUESTS: &[Column] = &[
    ("Request", "/id"),
    ("About", "/topic"),
    ("Device", "/device"),
    ("State", "/state"),
    ("Asked", "/opened_us"),
    ("Answer due", "/due_us"),
];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast desk list
  holdfast desk list --all -o json
  holdfast desk show 019c…
  holdfast desk answer 019c… --text 'Please press the button once.'
  holdfast desk answer 019c… < answer.txt
  holdfast desk close 019c… --outcome replaced

The first answer is promised within 72 hours. What people write is personal: it stands in no log and not in the ledger.
For help about a command, use `holdfast COMMAND --help`.";

/// Verbs of `help`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Requests, newest first.
    List {
        /// Closed ones too.
        #[arg(long)]
        all: bool,
    },
    /// One request with its conversation.
    Show {
        /// The request.
        id: HelpId,
    },
    /// Answer a request; without `--text` the answer is read from standard input.
    Answer {
        /// The request.
        id: HelpId,
        /// The answer.
        #[arg(long)]
        text: Option<String>,
    },
    /// End a request that was answered.
    Close {
        /// The request.
        id: HelpId,
        /// `solved`, `explained`, `replaced`, `refunded`, `data-done` or `refused`.
        #[arg(long)]
        outcome: String,
    },
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::List { all } => {
            let path = if all { "/api/v1/help?all=yes&" } else { "/api/v1/help?" };
            let rows = client.all(path, REQUESTS_MAX).await?;
            out.list(&rows, REQUESTS, "Nobody waits.");
        }
        Verb::Show { id } => {
            let found = client.get(&format!("/api/v1/help/{id}")).await?;
            out.item(&found, REQUESTS);
            if !out.is_json() {
                let said = found.get("conversation").and_then(Value::as_array).cloned().unwrap_or_default();
                out.list(&said, &[("When", "/at_us"), ("Who", "/name"), ("Says", "/text")], "Nothing was said.");
            }
        }
        Verb::Answer { id, text } => {
            let text = match text {
                Some(text) => text,
                None => typed()?,
            };
            let done = client.post(&format!("/api/v1/help/{id}/answer"), json!({"text": text})).await?;
            out.done(&format!("Request {id} is answered."), &done);
        }
        Verb::Close { id, outcome } => {
            let done = client.post(&format!("/api/v1/help/{id}/close"), json!({"outcome": outcome})).await?;
            out.done(&format!("Request {id} is closed: {outcome}."), &done);
        }
    }
    Ok(())
}

/// Standard input, within a limit that is far above what the server takes.
fn typed() -> Result<String, Failure> {
    const BYTES_MAX: u64 = 64 * 1024;
    let mut text = String::new();
    let read = std::io::stdin().take(BYTES_MAX).read_to_string(&mut text);
    read.map_err(|why| Failure::usage(format!("standard input: {why}")))?;
    Ok(text)
}
