//! `holdfast label …`: the signed label of a product, fetched and checked; the check needs no server.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Subcommand;
use holdfast_core::id::ProductId;
use holdfast_core::label::{LABEL_BYTES_MAX, Label, verify_label};
use holdfast_core::time::Timestamp;
use holdfast_core::trust::{TRUST_BYTES_MAX, TrustDocument};
use holdfast_domain::fleet::dossier::Day;
use serde_json::{Value, json};

use super::answer::member;
use super::client::Client;
use super::failure::{read_file, write_new};
use super::output::Column;
use super::{Failure, Output};
use crate::clock;

const COLUMNS: &[Column] = &[
    ("Product", "/product"),
    ("Name", "/name"),
    ("Version", "/version"),
    ("Signed", "/issued_us"),
    ("Counts until", "/expires_us"),
    ("Support until", "/claims/support-until"),
    ("Evidence", "/shown"),
    ("Stale or missing", "/stale"),
];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast label show hearth-thermostat
  holdfast label show hearth-thermostat --out label.json
  holdfast label verify label.json --trust trust-1.cose
  holdfast label verify label.json --trust trust-1.cose --trust trust-2.cose --at 2026-12-24

A label lives for seven days at most, and ends earlier with the first piece of its evidence. `verify` never meets a server.";

/// Verbs of `label`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// The label of a product, signed at this moment, or what it lacks.
    Show {
        /// The product.
        id: ProductId,
        /// Write it to a file as well.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check a label without any server: its signer, its signature, its evidence and its end.
    Verify {
        /// The label: JSON as `show --out` or the public page gives it, or its COSE bytes.
        file: PathBuf,
        /// The maker's trust documents, the first one first.
        #[arg(long, required = true, value_name = "FILE")]
        trust: Vec<PathBuf>,
        /// As of the beginning of this day (UTC) instead of now.
        #[arg(long, value_name = "DAY")]
        at: Option<String>,
    },
}

/// Runs the verb; only `show` opens the profile.
pub(super) async fn run(verb: Verb, profile: Option<PathBuf>, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::Show { id, out: file } => {
            let found = Client::open(profile)?.get(&format!("/api/v1/products/{id}/signed-label")).await?;
            if let Some(file) = file {
                write_new(&file, found.to_string().as_bytes())?;
            }
            out.item(&told(found), COLUMNS);
        }
        Verb::Verify { file, trust, at } => {
            let now = at.as_deref().map_or_else(|| Ok(clock::now()), moment)?;
            let label = verify(&file, &trust, now)?;
            let evidence: Vec<Value> = label.evidence.iter().map(|one| json!({"what": one.what})).collect();
            let claims: serde_json::Map<String, Value> =
                label.claims.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            let doc = json!({
                "product": label.product.as_str(),
                "name": label.name,
                "version": label.version,
                "issued_us": label.issued.as_micros(),
                "expires_us": label.expires.as_micros(),
                "claims": claims,
                "evidence": evidence,
                "lapsed": [],
            });
            out.item(&told(doc), COLUMNS);
        }
    }
    Ok(())
}

/// With its lists as words.
fn told(mut doc: Value) -> Value {
    let words = |name: &str| {
        let list = member(&doc, name).as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|one| member(one, "what").as_str()).collect::<Vec<_>>().join(", ")
    };
    let (shown, stale) = (words("evidence"), words("lapsed"));
    if let Some(members) = doc.as_object_mut() {
        members.insert("shown".to_owned(), json!(shown));
        members.insert("stale".to_owned(), json!(stale));
    }
    doc
}

fn moment(text: &str) -> Result<Timestamp, Failure> {
    let day: Result<Day, _> = text.parse();
    day.map(Day::begin).map_err(|_| Failure::usage(format!("{text}: a day is written as 2026-12-24")))
}

/// Checks a label by the newest of the trust documents, each proven by the one before.
pub(super) fn verify(file: &Path, trust: &[PathBuf], now: Timestamp) -> Result<Label, Failure> {
    let bytes = read_file(file, LABEL_BYTES_MAX as u64 * 2)?;
    let cose = match serde_json::from_slice::<Value>(&bytes) {
        Ok(doc) => {
            let text = member(&doc, "cose").as_str().unwrap_or_default();
            let lapsed = || Failure::verification("label-lapsed", "the file holds no signed label: it had lapsed");
            STANDARD.decode(text).ok().filter(|cose| !cose.is_empty()).ok_or_else(lapsed)?
        }
        Err(_) => bytes,
    };
    let mut current: Option<TrustDocument> = None;
    for path in trust {
        let bytes = read_file(path, TRUST_BYTES_MAX as u64)?;
        let opened = match current {
            None => TrustDocument::open_first(&bytes),
            Some(before) => before.succeed(&bytes),
        };
        let shown = path.display();
        current = Some(opened.map_err(|why| Failure::verification(why.name(), format!("{shown}: {why}")))?);
    }
    let trust = current.ok_or_else(|| Failure::usage("say at least one --trust"))?;
    let label = verify_label(&cose, &trust, now);
    label.map(holdfast_core::cose::Verified::into_inner).map_err(|why| Failure::verification(why.name(), &why))
}
