//! `holdfast release …`: drawn up and signed offline, then uploaded.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use holdfast_core::id::{ProductId, ReleaseId};
use holdfast_core::release::{ProgramPath, ReleaseKind};
use holdfast_core::suit::ENVELOPE_BYTES_MAX;
use holdfast_core::time::Millis;
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::text;
use super::client::{Body, Client};
use super::failure::{read_file, write_new};
use super::key::refused;
use super::output::{Column, Unit};
use super::{Failure, Output};
use crate::offline::{self, ReleaseDraft, ReleaseOutcome};

const COLUMNS: &[Column] = &[
    ("Release", "/id"),
    ("Product", "/product"),
    ("Version", "/version"),
    ("Sequence", "/sequence"),
    ("Kind", "/kind"),
    ("Signers", "/signers"),
    ("Published", "/published_us"),
];

const SHOWN: &[Column] = &[
    ("Release", "/id"),
    ("Product", "/product"),
    ("Version", "/version"),
    ("Sequence", "/sequence"),
    ("Kind", "/kind"),
    ("Description", "/description"),
    ("Security floor", "/security_floor"),
    ("Signers", "/signers"),
    ("Signers needed", "/signers_needed"),
    ("Signed by", "/signer_keys"),
    ("Image digest", "/artifact_digest"),
    ("Image bytes", "/artifact_bytes"),
    ("Image stored", "/artifact_stored"),
    ("Devices that run it", "/running"),
    ("Devices of the product", "/devices"),
    ("Risk it removes", "/note/risk/en"),
    ("Urgency", "/note/urgency"),
    ("Minutes away", "/note/interruption_minutes"),
    ("Owners must", "/note/to_do"),
    ("Published", "/published_us"),
    ("Withdrawn", "/withdrawn"),
];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast release create --image app.tar --product hearth-thermostat --maker hearth.example --sequence 2 \\
    --release-version 1.1.0 --kind security --description 'Closes a hole in the radio.' --out release-2.suit
  holdfast release sign release-2.suit --key dia.key
  holdfast release inspect release-2.suit
  holdfast release verify release-2.suit --trust trust-1.cose --product hearth-thermostat --image app.tar
  holdfast release upload release-2.suit --image app.tar --product hearth-thermostat \\
    --risk 'Somebody near could read along.' --risk 'de=Jemand in der Nähe konnte mitlesen.' \\
    --urgency soon --interruption 2 --to-do keep-powered --advisory HEARTH-2026-1
  holdfast release explain 0193… --risk 'Somebody near could open the valve.' --urgency now --interruption 2 --to-do nothing
  holdfast release list --product hearth-thermostat
  holdfast release show 0193…
  holdfast release download 0193… --out release-2.suit";

/// Why a release exists.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// New or changed functions.
    Feature,
    /// Fixes a vulnerability; installs by default.
    Security,
}

/// Verbs of `release`; `create`, `sign`, `inspect` and `verify` never meet the server.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Draw up a release from an image that nobody has signed yet.
    Create(Create),
    /// Add one signature.
    Sign {
        /// The envelope; it is replaced by the signed one.
        envelope: PathBuf,
        /// A release key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// What an envelope states and who says to have signed it.
    Inspect {
        /// The envelope.
        envelope: PathBuf,
    },
    /// Verify an envelope as a device would.
    Verify {
        /// The envelope.
        envelope: PathBuf,
        /// The chain of trust documents, the first one first.
        #[arg(long, required = true, value_name = "FILE")]
        trust: Vec<PathBuf>,
        /// The product of the device.
        #[arg(long)]
        product: ProductId,
        /// Its image, to be compared too.
        #[arg(long, value_name = "FILE")]
        image: Option<PathBuf>,
    },
    /// Give image and envelope to the server, which verifies both.
    Upload {
        /// The envelope.
        envelope: PathBuf,
        /// The image.
        #[arg(long, value_name = "FILE")]
        image: PathBuf,
        /// The product.
        #[arg(long)]
        product: ProductId,
        #[command(flatten)]
        note: Note,
    },
    /// Say anew what owners read about a release; earlier versions stay in history.
    Explain {
        /// Its id.
        id: ReleaseId,
        #[command(flatten)]
        note: Note,
    },
    /// Published releases, newest first.
    List {
        /// Only this product's.
        #[arg(long)]
        product: Option<ProductId>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One release.
    Show {
        /// Its id.
        id: ReleaseId,
    },
    /// Fetch a release's signed envelope, to verify it offline.
    Download {
        /// Its id.
        id: ReleaseId,
        /// Where it goes; an existing file is never replaced.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// How soon owners should install it.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Urgency {
    /// At once: the flaw is used, or easily usable.
    Now,
    /// Within days.
    Soon,
    /// When it suits.
    Whenever,
}

/// What owners must do so that it arrives.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ToDo {
    /// Nothing at all.
    Nothing,
    /// Restart the device.
    Restart,
    /// Leave it connected to power.
    KeepPowered,
    /// Update the app first; say which version by --to-do-words.
    UpdateAppFirst,
}

/// What owners read about a release, on their pages, in mail and feeds.
#[derive(Debug, Args)]
pub(super) struct Note {
    /// Which risk it removes, in plain words; once more for each further language, as de=WORDS.
    #[arg(long, required = true, value_name = "[LANG=]WORDS")]
    risk: Vec<String>,
    /// How soon it should be installed.
    #[arg(long, value_enum)]
    urgency: Urgency,
    /// For how many minutes the device is away.
    #[arg(long, value_name = "MINUTES")]
    interruption: u32,
    /// What owners must do.
    #[arg(long, value_enum)]
    to_do: ToDo,
    /// More on that; once more for each further language.
    #[arg(long, value_name = "[LANG=]WORDS")]
    to_do_words: Vec<String>,
    /// Id of an advisory that it settles, such as HEARTH-2026-1.
    #[arg(long, value_name = "ID")]
    advisory: Vec<String>,
}

impl Note {
    fn json(&self) -> Value {
        json!({"note": {
            "risk": by_language(&self.risk),
            "urgency": self.urgency.to_possible_value().map(|word| word.get_name().to_owned()),
            "interruption_minutes": self.interruption,
            "to_do": self.to_do.to_possible_value().map(|word| word.get_name().to_owned()),
            "to_do_words": by_language(&self.to_do_words),
            "advisories": self.advisory,
        }})
    }
}

/// `WORDS` is English, `de=WORDS` is what it says.
pub(super) fn by_language(said: &[String]) -> Value {
    let pair = |text: &String| match text.split_once('=') {
        Some((tag, words)) if tag.len() == 2 && tag.bytes().all(|b| b.is_ascii_lowercase()) => {
            (tag.to_owned(), json!(words))
        }
        _ => ("en".to_owned(), json!(text)),
    };
    Value::Object(said.iter().map(pair).collect())
}

/// Arguments of `release create`.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// The image: a tar file with the programs named below.
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// For which product.
    #[arg(long)]
    product: ProductId,
    /// The maker's domain, as in the trust document.
    #[arg(long)]
    maker: String,
    /// Rises with every release of the product, from 1.
    #[arg(long)]
    sequence: u64,
    /// Version text for people.
    #[arg(long)]
    release_version: String,
    /// Why it exists.
    #[arg(long, value_enum, default_value = "feature")]
    kind: Kind,
    /// Lowest sequence a device may run once this release is confirmed healthy.
    #[arg(long, default_value_t = 0)]
    security_floor: u64,
    /// What changes, in plain words for owners.
    #[arg(long)]
    description: String,
    /// How long a trial start may take.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    health_deadline: u64,
    /// The program to run.
    #[arg(long, default_value = "bin/app")]
    app: ProgramPath,
    /// The program that says whether a trial start is healthy.
    #[arg(long, default_value = "bin/health")]
    health: ProgramPath,
    /// Where the envelope goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, profile: Option<PathBuf>, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::Create(args) => {
            let file = args.out.clone();
            tell(&offline::create_release(&draft(args), &file).map_err(|why| refused(&why))?, out);
        }
        Verb::Sign { envelope, key } => {
            tell(&offline::sign_release(&envelope, &key).map_err(|why| refused(&why))?, out);
        }
        Verb::Inspect { envelope } => tell(&offline::show_release(&envelope).map_err(|why| refused(&why))?, out),
        Verb::Verify { envelope, trust, product, image } => {
            let outcome = offline::verify_release(&envelope, &trust, &product, image.as_deref());
            tell(&outcome.map_err(|why| refused(&why))?, out);
        }
        Verb::Upload { envelope, image, product, note } => {
            upload(&Client::open(profile)?, (&envelope, &image), &product, &note, out).await?;
        }
        Verb::Explain { id, note } => {
            let client = Client::open(profile)?;
            let shown = client.get(&format!("/api/v1/releases/{id}")).await?;
            let kept = explain(&client, text(&shown, "manifest_digest"), &note).await?;
            out.done(
                &format!("Owners read it so from now on: {} {}", text(&shown, "product"), text(&shown, "version")),
                &kept,
            );
        }
        Verb::List { product, limit } => {
            let of = product.map_or_else(String::new, |product| format!("?product={product}"));
            let releases = Client::open(profile)?.all(&format!("/api/v1/releases{of}"), u64::from(limit)).await?;
            out.list(&releases, COLUMNS, "No release yet. Draw one up: holdfast release create");
        }
        Verb::Show { id } => {
            let shown = Client::open(profile)?.get(&format!("/api/v1/releases/{id}")).await?;
            out.item(&shown, SHOWN);
        }
        Verb::Download { id, out: file } => {
            let client = Client::open(profile)?;
            let envelope = client.send_raw(Method::GET, &format!("/api/v1/releases/{id}/envelope"), None).await?;
            write_new(&file, &envelope)?;
            let record = json!({"release": id.to_string(), "file": file, "bytes": envelope.len()});
            out.done(&format!("Envelope written to {}.", file.display()), &record);
        }
    }
    Ok(())
}

fn draft(args: Create) -> ReleaseDraft {
    ReleaseDraft {
        image: args.image,
        product: args.product,
        maker_domain: args.maker,
        sequence: args.sequence,
        version: args.release_version,
        kind: match args.kind {
            Kind::Feature => ReleaseKind::Feature,
            Kind::Security => ReleaseKind::Security,
        },
        security_floor: args.security_floor,
        description: args.description,
        health_deadline: Millis::from_secs(args.health_deadline),
        health: args.health,
        app: args.app,
        artifact_dir: None,
    }
}

/// Keeps the note before the release: without one it is not published.
async fn explain(client: &Client, manifest: &str, note: &Note) -> Result<Value, Failure> {
    let path = format!("/api/v1/release-notes/{manifest}");
    client.send(Method::PUT, &path, Some(Body::Json(note.json()))).await
}

async fn upload(
    client: &Client,
    (envelope, image): (&Path, &Path),
    product: &ProductId,
    note: &Note,
    out: Output,
) -> Result<(), Failure> {
    let stated = offline::show_release(envelope).map_err(|why| refused(&why))?;
    let file = tokio::fs::File::open(image).await;
    let file = file.map_err(|why| Failure::usage(format!("{}: {why}", image.display())))?;
    let bytes = file.metadata().await.map_err(Failure::fault)?.len();
    let path = format!("/api/v1/artifacts/{}", stated.manifest.image_digest);
    let bar = out.bar("Image", bytes, Unit::Bytes);
    let sent = client.send(Method::PUT, &path, Some(Body::File(file, bytes, bar.clone()))).await;
    bar.finish_and_clear();
    sent?;
    explain(client, &stated.manifest.digest().to_string(), note).await?;
    let body = Body::Bytes("application/suit-envelope+cose", read_file(envelope, ENVELOPE_BYTES_MAX as u64)?);
    let made = client.send(Method::POST, &format!("/api/v1/releases?product={product}"), Some(body)).await?;
    let sentence = format!("Release {} is published: {}", text(&made, "version"), text(&made, "id"));
    out.done(&sentence, &made);
    Ok(())
}

fn tell(outcome: &ReleaseOutcome, out: Output) {
    let signed = outcome.signers.len();
    let sentence = format!(
        "{}: version {}, sequence {}, {} bytes, signature(s): {signed}",
        outcome.path.display(),
        outcome.manifest.version,
        outcome.manifest.sequence,
        outcome.manifest.image_bytes,
    );
    out.done(&sentence, &record(outcome));
}

fn record(outcome: &ReleaseOutcome) -> Value {
    json!({
        "file": outcome.path,
        "version": outcome.manifest.version,
        "sequence": outcome.manifest.sequence,
        "manifest_digest": outcome.manifest.digest().to_string(),
        "image_digest": outcome.manifest.image_digest.to_string(),
        "image_bytes": outcome.manifest.image_bytes,
        "signers": outcome.signers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "threshold_met": outcome.tally.as_ref().map(holdfast_core::trust::Tally::is_enough),
    })
}
