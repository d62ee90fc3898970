//! `holdfast trust …`: the trust document, drawn up and signed offline, then uploaded.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use holdfast_core::trust::TRUST_BYTES_MAX;
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::number;
use super::client::{Body, Client};
use super::failure::{read_file, write_new};
use super::key::refused;
use super::output::Column;
use super::{Failure, Output};
use crate::clock;
use crate::offline::{self, TrustDraft, TrustOutcome};

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast trust authority --out authority.json
  holdfast trust create --maker hearth.example --authority authority.json --factory-ca factory/factory-ca.pem \\
    --root ada.key.pub --root ben.key.pub --root cem.key.pub --release dia.key.pub --release eli.key.pub --out trust-1.cose
  holdfast trust sign trust-1.cose --key ada.key
  holdfast trust show trust-1.cose
  holdfast trust upload trust-1.cose
  holdfast trust download 1 --out trust-1.cose
  holdfast trust status";

const IN_FORCE: &[Column] = &[
    ("Version", "/version"),
    ("Maker's domain", "/maker_domain"),
    ("Accepted", "/accepted_us"),
    ("Root signatures needed", "/root/threshold"),
    ("Root keys", "/root/keys"),
    ("Release signatures needed", "/release/threshold"),
    ("Release keys", "/release/keys"),
    ("Freshness key", "/freshness_key"),
];

/// Verbs of `trust`; `create`, `sign` and `show` never meet the server.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Fetch what the trust document must name of the server: its CA and its freshness key.
    Authority {
        /// Where it goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Draw up a trust document that nobody has signed yet.
    Create(Create),
    /// Add one signature.
    Sign {
        /// The document; it is replaced by the signed one.
        document: PathBuf,
        /// A root key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// What a document says and who has signed it.
    Show {
        /// The document.
        document: PathBuf,
    },
    /// Give the document to the server.
    Upload {
        /// The document.
        document: PathBuf,
    },
    /// What is in force on the server.
    Status,
    /// Fetch one version of the document from the server.
    Download {
        /// The version.
        #[arg(value_name = "VERSION")]
        number: u64,
        /// Where it goes; an existing file is never replaced.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// Arguments of `trust create`.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// The maker's domain.
    #[arg(long)]
    maker: String,
    /// The file that `holdfast trust authority` wrote.
    #[arg(long, value_name = "FILE")]
    authority: PathBuf,
    /// Certificate of a factory CA; say it once for each.
    #[arg(long, required = true, value_name = "FILE")]
    factory_ca: Vec<PathBuf>,
    /// A root key (its .pub file is enough); say it once for each.
    #[arg(long, required = true, value_name = "FILE")]
    root: Vec<PathBuf>,
    /// How many root keys must sign a trust document.
    #[arg(long, default_value_t = 2)]
    root_threshold: u64,
    /// A release key (its .pub file is enough); say it once for each.
    #[arg(long, required = true, value_name = "FILE")]
    release: Vec<PathBuf>,
    /// How many release keys must sign a release.
    #[arg(long, default_value_t = 2)]
    release_threshold: u64,
    /// The document before this one; none for the first.
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Where the document goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, profile: Option<PathBuf>, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::Authority { out: file } => {
            let authority = Client::open(profile)?.get("/api/v1/authority").await?;
            write_new(&file, authority.to_string().as_bytes())?;
            out.done(&format!("Written to {}.", file.display()), &authority);
        }
        Verb::Create(args) => {
            let file = args.out.clone();
            let made = offline::create_trust(&draft(args), &file).map_err(|why| refused(&why))?;
            tell(&made, out);
        }
        Verb::Sign { document, key } => {
            tell(&offline::sign_trust(&document, &key).map_err(|why| refused(&why))?, out);
        }
        Verb::Show { document } => tell(&offline::show_trust(&document).map_err(|why| refused(&why))?, out),
        Verb::Upload { document } => {
            let bytes = read_file(&document, TRUST_BYTES_MAX as u64)?;
            let body = Body::Bytes("application/cose", bytes);
            let taken = Client::open(profile)?.send(Method::POST, "/api/v1/trust", Some(body)).await?;
            out.done(&format!("Trust document {} is in force.", number(&taken, "version")), &taken);
        }
        Verb::Status => out.item(&Client::open(profile)?.get("/api/v1/trust").await?, IN_FORCE),
        Verb::Download { number: version, out: file } => {
            let client = Client::open(profile)?;
            let document = client.send_raw(Method::GET, &format!("/api/v1/trust/{version}"), None).await?;
            write_new(&file, &document)?;
            let record = json!({"version": version, "file": file, "bytes": document.len()});
            out.done(&format!("Trust document {version} written to {}.", file.display()), &record);
        }
    }
    Ok(())
}

fn draft(args: Create) -> TrustDraft {
    TrustDraft {
        maker_domain: args.maker,
        root_keys: args.root,
        root_threshold: args.root_threshold,
        release_keys: args.release,
        release_threshold: args.release_threshold,
        authority: args.authority,
        factory_cas: args.factory_ca,
        previous: args.previous,
        created: clock::now(),
    }
}

fn tell(outcome: &TrustOutcome, out: Output) {
    let record = record(outcome);
    let still = outcome.own_root_needed.saturating_sub(outcome.own_root);
    let next = if outcome.is_complete() { "complete".to_owned() } else { format!("{still} more signature(s) needed") };
    out.done(&format!("{}: signed by {} root key(s), {next}.", outcome.path.display(), outcome.own_root), &record);
}

fn record(outcome: &TrustOutcome) -> Value {
    let content = outcome.content.as_ref();
    json!({
        "file": outcome.path,
        "version": content.map(|c| c.version),
        "maker": content.map(|c| c.maker_domain.clone()),
        "signers": outcome.signers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "signed": outcome.own_root,
        "needed": outcome.own_root_needed,
        "complete": outcome.is_complete(),
    })
}
