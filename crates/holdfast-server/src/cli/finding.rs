//! `holdfast finding …` and `holdfast playbook …`: what is not as it was, what is done about it, and the way back.

use clap::{Subcommand, ValueEnum};
use holdfast_core::id::{ActionId, DeviceId, FindingId, ProductId};
use serde_json::{Value, json};

use super::answer::{items, member};
use super::client::Client;
use super::output::confirmed;
use super::{Failure, Output};

/// Most rows of one listing.
const ROWS_MAX: u64 = 1_000;

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast finding list --severity critical
  holdfast finding show 0193…
  holdfast finding acknowledge 0193…                   somebody looks into it
  holdfast finding dismiss 0193…                       it is expected; the detector learns it
  holdfast finding act 0193… --play throttle --reason 'floods us since noon'
  holdfast finding act 0193… --play quarantine --product hearth-thermostat --reason 'stolen key'
  holdfast finding rule --product hearth-thermostat --severity critical --play quarantine
  holdfast playbook list
  holdfast playbook show 0194…
  holdfast playbook start --play quarantine --device hearth-0001 --reason 'stolen key'
  holdfast playbook undo 0194…                         restores exactly what the run changed";

/// What is done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Play {
    /// People are told, and nothing else.
    Tell,
    /// The gateway takes less from the device.
    Throttle,
    /// The device may prove itself and take updates, and nothing else.
    Quarantine,
}

impl Play {
    const fn word(self) -> &'static str {
        match self {
            Self::Tell => "tell",
            Self::Throttle => "throttle",
            Self::Quarantine => "quarantine",
        }
    }
}

/// Verbs of `finding`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Findings, newest first.
    List {
        /// Dismissed ones too.
        #[arg(long)]
        all: bool,
        /// Only those about this device.
        #[arg(long, conflicts_with = "product")]
        device: Option<DeviceId>,
        /// Only those about this whole product.
        #[arg(long)]
        product: Option<ProductId>,
        /// Only of this kind, such as `message-rate-high`.
        #[arg(long)]
        kind: Option<String>,
        /// Only this urgent: notice, warning or critical.
        #[arg(long)]
        severity: Option<String>,
    },
    /// One finding with its figures and what was done.
    Show {
        /// Its id.
        id: FindingId,
    },
    /// You look into it.
    Acknowledge {
        /// Its id.
        id: FindingId,
    },
    /// It is expected: it is closed, and the detector learns it.
    Dismiss {
        /// Its id.
        id: FindingId,
    },
    /// Start a playbook for a finding: on its device, or on a whole product.
    Act {
        /// Its id.
        id: FindingId,
        /// What to do.
        #[arg(long, value_enum)]
        play: Play,
        /// On every device of this product, instead of the finding's own device.
        #[arg(long)]
        product: Option<ProductId>,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Packets a second, for `throttle`.
        #[arg(long)]
        packets_per_second: Option<u32>,
        /// Bytes a second, for `throttle`.
        #[arg(long)]
        bytes_per_second: Option<u32>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Standing rules of a product; with `--play`, sets one (`tell` removes it).
    Rule {
        /// The product.
        #[arg(long)]
        product: ProductId,
        /// For this kind only; every kind if not given.
        #[arg(long)]
        kind: Option<String>,
        /// From this severity on: notice, warning or critical.
        #[arg(long, default_value = "critical")]
        severity: String,
        /// What is done by itself, about single devices only.
        #[arg(long, value_enum)]
        play: Option<Play>,
    },
}

/// Verbs of `playbook`.
#[derive(Debug, Subcommand)]
pub(super) enum PlaybookVerb {
    /// Runs of playbooks, newest first.
    List,
    /// One run.
    Show {
        /// Its id.
        id: ActionId,
    },
    /// Start a playbook without a finding, on one device or a whole product.
    Start {
        /// What to do.
        #[arg(long, value_enum)]
        play: Play,
        /// On this device.
        #[arg(long, conflicts_with = "product", required_unless_present = "product")]
        device: Option<DeviceId>,
        /// On every device of this product.
        #[arg(long)]
        product: Option<ProductId>,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Take a run back: restores exactly what it changed.
    Undo {
        /// Its id.
        id: ActionId,
    },
}

/// Runs a verb of `finding`.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::List { all, device, product, kind, severity } => {
            let asked = [
                ("device", device.map(|id| id.to_string())),
                ("product", product.map(|id| id.to_string())),
                ("kind", kind),
                ("severity", severity),
            ];
            let more: String =
                asked.iter().filter_map(|(name, v)| v.as_ref().map(|v| format!("&{name}={v}"))).collect();
            let rows = client.all(&format!("/api/v1/findings?open={}{more}", !all), ROWS_MAX).await?;
            let columns = [
                ("Found", "/opened_us"),
                ("Severity", "/severity"),
                ("State", "/state"),
                ("Device", "/device"),
                ("Product", "/product"),
                ("What", "/text"),
                ("Finding", "/id"),
            ];
            out.list(&rows, &columns, "All is as it was.");
        }
        Verb::Show { id } => {
            let found = client.get(&format!("/api/v1/findings/{id}")).await?;
            show(&found, out);
        }
        Verb::Acknowledge { id } => {
            let done = client.post(&format!("/api/v1/findings/{id}/acknowledge"), json!({})).await?;
            out.done(&format!("Finding {id} is yours to look into."), &done);
        }
        Verb::Dismiss { id } => {
            let done = client.post(&format!("/api/v1/findings/{id}/dismiss"), json!({})).await?;
            out.done(&format!("Finding {id} is closed as expected; the detector learns it."), &done);
        }
        Verb::Act { id, play, product, reason, packets_per_second, bytes_per_second, yes } => {
            let found = client.get(&format!("/api/v1/findings/{id}")).await?;
            let device = if product.is_none() { member(&found, "device").as_str().map(str::to_owned) } else { None };
            let product = product.map(|id| id.to_string()).or_else(|| match &device {
                Some(_) => None,
                None => member(&found, "of_product").as_str().map(str::to_owned),
            });
            let body = json!({
                "play": play.word(), "finding": id.to_string(), "device": device, "product": product, "reason": reason,
                "packets_per_second": packets_per_second, "bytes_per_second": bytes_per_second,
            });
            start(body, yes, client, out).await?;
        }
        Verb::Rule { product, kind, severity, play } => rule((product, kind, severity), play, client, out).await?,
    }
    Ok(())
}

fn show(found: &Value, out: Output) {
    let fields = [
        ("What", "/text"),
        ("Severity", "/severity"),
        ("State", "/state"),
        ("Device", "/device"),
        ("Product", "/of_product"),
        ("Began", "/began_us"),
        ("Found", "/opened_us"),
        ("Detected in (ms)", "/time_to_detect_ms"),
        ("Contained in (ms)", "/time_to_contain_ms"),
        ("Last seen", "/last_us"),
        ("Times", "/times"),
        ("Observed", "/evidence/observed"),
        ("Expected", "/evidence/expected"),
        ("Spread", "/evidence/spread"),
        ("Unit", "/evidence/unit"),
        ("What to do", "/advice"),
        ("Finding", "/id"),
    ];
    out.item(found, &fields);
    if !out.is_json() {
        let runs = member(found, "playbooks").as_array().cloned().unwrap_or_default();
        out.list(&runs, &RUN_COLUMNS, "No playbook was started for it.");
    }
}

const RUN_COLUMNS: [(&str, &str); 8] = [
    ("Ordered", "/ordered_us"),
    ("Play", "/play"),
    ("Device", "/device"),
    ("Product", "/product"),
    ("State", "/state"),
    ("Changed", "/changed"),
    ("Restored", "/restored"),
    ("Run", "/id"),
];

/// Shows what a playbook would touch, asks, and starts it.
async fn start(mut body: Value, yes: bool, client: &Client, out: Output) -> Result<(), Failure> {
    let scope = |name: &str| member(&body, name).as_str().map(|id| format!("{name}={id}"));
    let scope =
        scope("device").or_else(|| scope("product")).ok_or_else(|| Failure::usage("say --device or --product"))?;
    let preview = client.get(&format!("/api/v1/playbook-preview?{scope}")).await?;
    let count = |name: &str| member(&preview, name).as_u64().unwrap_or_default();
    let play = member(&body, "play").as_str().unwrap_or_default().to_owned();
    let (devices, online) = (count("devices"), count("online"));
    let question = format!("{play} {devices} device(s) ({online} connected now) of {scope}? It can be taken back.");
    confirmed(&question, yes)?;
    if let Some(all) = body.as_object_mut() {
        all.insert("confirm_devices".to_owned(), json!(devices));
        all.retain(|_, value| !value.is_null());
    }
    let run = client.post("/api/v1/playbooks", body).await?;
    let id = member(&run, "id").as_str().unwrap_or_default().to_owned();
    out.done(&format!("The playbook runs. Take it back with: holdfast playbook undo {id}"), &run);
    Ok(())
}

async fn rule(
    (product, kind, severity): (ProductId, Option<String>, String),
    play: Option<Play>,
    client: &Client,
    out: Output,
) -> Result<(), Failure> {
    let Some(play) = play else {
        let rules = client.whole(&format!("/api/v1/playbook-rules?product={product}")).await?;
        let columns = [("Product", "/product"), ("Kind", "/kind"), ("From severity", "/severity"), ("Play", "/play")];
        out.list(items(&rules), &columns, "No standing rule: people are told, and nothing else happens by itself.");
        return Ok(());
    };
    let mut body = json!({"product": product.to_string(), "severity": severity, "play": play.word()});
    if let (Some(kind), Some(all)) = (kind, body.as_object_mut()) {
        all.insert("kind".to_owned(), Value::from(kind));
    }
    let done =
        client.send(reqwest::Method::PUT, "/api/v1/playbook-rules", Some(super::client::Body::Json(body))).await?;
    out.done(&format!("The rule of {product} is set: {}.", play.word()), &done);
    Ok(())
}

/// Runs a verb of `playbook`.
pub(super) async fn playbook(verb: PlaybookVerb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        PlaybookVerb::List => {
            let rows = client.all("/api/v1/playbooks", ROWS_MAX).await?;
            out.list(&rows, &RUN_COLUMNS, "No playbook was ever started.");
        }
        PlaybookVerb::Show { id } => {
            let run = client.get(&format!("/api/v1/playbooks/{id}")).await?;
            let fields = [("Reason", "/reason"), ("Done", "/done_us"), ("Undone", "/undone_us"), ("Left", "/left")];
            let all: Vec<_> = RUN_COLUMNS.into_iter().chain(fields).collect();
            out.item(&run, &all);
        }
        PlaybookVerb::Start { play, device, product, reason, yes } => {
            let (device, product) = (device.map(|id| id.to_string()), product.map(|id| id.to_string()));
            let body = json!({"play": play.word(), "device": device, "product": product, "reason": reason});
            start(body, yes, client, out).await?;
        }
        PlaybookVerb::Undo { id } => {
            let done = client.post(&format!("/api/v1/playbooks/{id}/undo"), json!({})).await?;
            out.done(&format!("Run {id} is taken back, device by device."), &done);
        }
    }
    Ok(())
}
