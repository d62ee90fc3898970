//! `holdfast custody …`: readers and tags, and where units were seen.

use std::io::BufRead as _;
use std::path::PathBuf;

use clap::Subcommand;
use holdfast_core::id::{DeviceId, ReaderId};
use serde_json::{Value, json};

use super::answer::{items, member};
use super::client::Client;
use super::failure::{read_file, write_new};
use super::output::{Column, confirmed};
use super::{Failure, Output};

/// Largest key file.
const KEY_BYTES_MAX: u64 = 1_024;
/// Sightings in one message.
const FEED_LINES: usize = 500;
/// Most sightings of one listing.
const SIGHTINGS_MAX: u64 = 1_000;

const SEEN: &[Column] = &[
    ("When", "/at_us"),
    ("Unit", "/device"),
    ("Station", "/station"),
    ("Place", "/place"),
    ("Reader", "/reader"),
    ("Doubt", "/doubt"),
];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast custody reader add dock-2 --station distribution --place 'Rotterdam, dock 2' --band uhf-865 --key dock-2.key
  holdfast custody reader list
  holdfast custody reader retire dock-2
  holdfast custody tag hearth-0001 urn:epc:id:sgtin:0614141.107346.1
  holdfast custody feed --key dock-2.key < sightings.jsonl      a reader's bridge: {\"tag\":\"…\",\"at_us\":…} in each line
  holdfast custody show hearth-0001
  holdfast custody sightings

A tag is a name and never a proof: a sighting opens no door and changes no right.";

/// Verbs of `custody`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Readers at stations.
    #[command(subcommand)]
    Reader(ReaderVerb),
    /// Bind a tag to a unit.
    Tag {
        /// The unit.
        device: DeviceId,
        /// What the tag says.
        tag: String,
        /// Kind of tag: `epc`, `uid` or `printed`.
        #[arg(long, default_value = "epc")]
        kind: String,
    },
    /// Where a unit was seen, its tags, and what it replaced.
    Show {
        /// The unit.
        device: DeviceId,
    },
    /// What readers told last.
    Sightings,
    /// Send sightings from standard input, one JSON object in each line, as a reader.
    Feed {
        /// File with the reader's key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
}

/// Verbs of `custody reader`.
#[derive(Debug, Subcommand)]
pub(super) enum ReaderVerb {
    /// Register a reader; its key is written to a new file.
    Add {
        /// Its name.
        id: ReaderId,
        /// Where on the way it stands: `factory`, `distribution`, `shop`, `return`, `refurbishment` or `recycling`.
        #[arg(long)]
        station: String,
        /// Which place that is.
        #[arg(long)]
        place: String,
        /// Its band: `uhf-865`, `uhf-902`, `hf-13.56` or `optical`.
        #[arg(long)]
        band: String,
        /// The file for its key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Registered readers.
    List,
    /// Take a reader out of use.
    Retire {
        /// Its name.
        id: ReaderId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::Reader(verb) => reader(verb, client, out).await,
        Verb::Tag { device, tag, kind } => {
            let done =
                client.post(&format!("/api/v1/devices/{device}/tags"), json!({"tag": tag, "kind": kind})).await?;
            out.done(&format!("{tag} is on {device}."), &done);
            Ok(())
        }
        Verb::Show { device } => {
            let found = client.get(&format!("/api/v1/devices/{device}/custody")).await?;
            if out.is_json() {
                out.item(&found, &[]);
                return Ok(());
            }
            let part = |name: &str| found.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
            out.list(&part("tags"), &[("Tag", "/tag"), ("Kind", "/kind"), ("Bound", "/bound_us")], "It has no tag.");
            out.list(&part("seen"), SEEN, "No reader has seen it.");
            let replaced = [("Out", "/old"), ("In its place", "/new"), ("Since", "/at_us")];
            out.list(&part("replacements"), &replaced, "It is in no other unit's place.");
            Ok(())
        }
        Verb::Sightings => {
            let rows = client.all("/api/v1/custody/sightings?", SIGHTINGS_MAX).await?;
            out.list(&rows, SEEN, "No reader has told of a unit yet.");
            Ok(())
        }
        Verb::Feed { key } => feed(&key, client, out).await,
    }
}

async fn reader(verb: ReaderVerb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        ReaderVerb::Add { id, station, place, band, key } => {
            let body = json!({"id": id.as_str(), "station": station, "place": place, "band": band});
            if key.exists() {
                return Err(Failure::usage(format!("{} exists already and is not replaced", key.display())));
            }
            let made = client.post("/api/v1/custody/readers", body).await?;
            let secret = made.get("key").and_then(Value::as_str).unwrap_or_default();
            write_new(&key, secret.as_bytes())?;
            let shown = json!({"id": member(&made, "id"), "key_file": key});
            out.done(&format!("{id} is registered; its key is in {}.", key.display()), &shown);
        }
        ReaderVerb::List => {
            let page = client.whole("/api/v1/custody/readers").await?;
            let columns = [
                ("Reader", "/id"),
                ("Station", "/station"),
                ("Place", "/place"),
                ("Band", "/band"),
                ("Added", "/added_us"),
                ("Out of use", "/retired_us"),
            ];
            out.list(items(&page), &columns, "No reader is registered.");
        }
        ReaderVerb::Retire { id, yes } => {
            confirmed(&format!("Take {id} out of use? Its key does not count any more."), yes)?;
            let done = client.post(&format!("/api/v1/custody/readers/{id}/retire"), json!({})).await?;
            out.done(&format!("{id} is out of use."), &done);
        }
    }
    Ok(())
}

async fn feed(key: &std::path::Path, client: &Client, out: Output) -> Result<(), Failure> {
    let secret = String::from_utf8_lossy(&read_file(key, KEY_BYTES_MAX)?).trim().to_owned();
    let (mut told, mut waiting) = (Vec::new(), Vec::new());
    let lines = std::io::stdin().lock().lines();
    for (number, line) in (1_u64..).zip(lines) {
        let line = line.map_err(|why| Failure::usage(format!("standard input: {why}")))?;
        if line.trim().is_empty() {
            continue;
        }
        let item: Value = serde_json::from_str(&line)
            .map_err(|why| Failure::usage(format!("standard input, line {number}: {why}")))?;
        waiting.push(item);
        if waiting.len() == FEED_LINES {
            told.extend(send(client, &secret, &mut waiting).await?);
        }
    }
    if !waiting.is_empty() {
        told.extend(send(client, &secret, &mut waiting).await?);
    }
    let columns =
        [("When", "/at_us"), ("Tag", "/tag"), ("Kept", "/kept"), ("Doubt", "/doubt"), ("Refused", "/refused")];
    out.list(&told, &columns, "Standard input held no sighting.");
    Ok(())
}

async fn send(client: &Client, secret: &str, waiting: &mut Vec<Value>) -> Result<Vec<Value>, Failure> {
    let body = json!({"items": std::mem::take(waiting)});
    let answer = client.post_as(secret, "/api/v1/custody/sightings", body).await?;
    Ok(items(&answer).to_vec())
}
