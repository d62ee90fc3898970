//! `holdfast home …`: what an owner does with a device of their own. The pages under `/home` are made for a phone; this is
//! for those who would rather type, and for tests of a maker's product.

use std::time::Duration;

use clap::Subcommand;
use holdfast_core::id::{ClaimId, DeviceId};
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::member;
use super::client::{Body, Client};
use super::output::{Column, confirmed, moment, progress};
use super::shadow::wishes;
use super::{Failure, Output};

/// Most devices of one home that are listed.
const DEVICES_MAX: u64 = 1_000;
/// Pause between two looks at a claim that the device was asked about.
const LOOK: Duration = Duration::from_secs(1);

const DEVICES: &[Column] = &[
    ("Device", "/device"),
    ("Called", "/name"),
    ("Product", "/title"),
    ("Version", "/version"),
    ("Online", "/online"),
];
const DEVICE: &[Column] = &[
    ("Device", "/device"),
    ("Called", "/name"),
    ("Product", "/title"),
    ("Version", "/version"),
    ("Online", "/online"),
    ("Listening now", "/listening"),
];
const STORY: &[Column] = &[("Now", "/word"), ("How urgent", "/urgency"), ("What to do", "/next")];
const PEOPLE: &[Column] = &[("Person", "/name"), ("Rights", "/rights"), ("Since", "/since_us"), ("Id", "/person")];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast home claim 7XKQ-…            asks at the device; confirm there with its button
  holdfast home list -o json
  holdfast home show hearth-0001
  holdfast home set hearth-0001 targetTemperature=21.5
  holdfast home people hearth-0001
  holdfast home release hearth-0001 --yes        it erases itself; its code works again after that

Sign in as an owner first: `holdfast login --profile mine.toml --ca ca.pem --link 'https://…'`.";

/// Verbs of `home`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// One's devices, the most urgent first.
    List,
    /// One device: what is with it now.
    Show {
        /// The device.
        id: DeviceId,
    },
    /// Claim a device by the code of its label, and wait until somebody confirms at the device.
    Claim {
        /// The code; blanks, hyphens and small letters are no matter.
        code: String,
    },
    /// Change settings: `holdfast home set hearth-0001 targetTemperature=21.5`.
    Set {
        /// The device.
        id: DeviceId,
        /// `name=value`; a value is JSON, or text if it is not; `name=null` removes it.
        #[arg(required = true, value_name = "NAME=VALUE")]
        fields: Vec<String>,
    },
    /// Who has access to a device.
    People {
        /// The device.
        id: DeviceId,
    },
    /// Give a device away. It erases itself and everything of the home is deleted here; this cannot be taken back.
    Release {
        /// The device.
        id: DeviceId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::List => {
            let rows = client.all("/api/v1/home?", DEVICES_MAX).await?;
            out.list(&rows, DEVICES, "You have no device yet. Claim one: holdfast home claim CODE");
        }
        Verb::Show { id } => {
            let found = client.get(&format!("/api/v1/home/devices/{id}")).await?;
            out.item(&found, DEVICE);
            if !out.is_json() {
                let story = member(&found, "story").as_array().cloned().unwrap_or_default();
                out.list(&story, STORY, "Nothing to report.");
            }
        }
        Verb::Claim { code } => claim(&code, client, out).await?,
        Verb::Set { id, fields } => {
            let body = Body::Json(json!({"desired": wishes(&fields)?}));
            let done = client.send(Method::PATCH, &format!("/api/v1/home/devices/{id}/settings"), Some(body)).await?;
            out.done(&format!("{id} is told when it is online."), &done);
        }
        Verb::People { id } => people(&client.get(&format!("/api/v1/home/devices/{id}/household")).await?, out),
        Verb::Release { id, yes } => {
            confirmed(&format!("Give {id} away? It erases itself, and everything of your home is deleted."), yes)?;
            let done = client.post(&format!("/api/v1/home/devices/{id}/release"), json!({})).await?;
            out.done(&format!("{id} is nobody's. It erases itself as soon as it is connected."), &done);
        }
    }
    Ok(())
}

/// Asks, shows the digits, and waits for the answer at the device; a waiting time after it is told and not waited for.
async fn claim(code: &str, client: &Client, out: Output) -> Result<(), Failure> {
    let card = client.post("/api/v1/claims/card", json!({"code": code})).await?;
    let taken = member(&card, "data").as_array().map_or(&[][..], Vec::as_slice);
    let personal = taken.iter().filter(|one| member(one, "personal").as_bool() == Some(true));
    let personal: Vec<&str> = personal.map(|one| word(one, "title")).collect();
    progress(&format!("{} takes about you: {}.", word(&card, "title"), personal.join(", ")));
    let made = client.post("/api/v1/claims", json!({"code": code, "notice": member(&card, "notice")})).await?;
    let id: ClaimId = word(&made, "id").parse().map_err(|_| Failure::fault("the server's answer names no claim"))?;
    let mut told = false;
    loop {
        let now = client.get(&format!("/api/v1/claims/{id}")).await?;
        match word(&now, "state") {
            "waiting-for-device" => {
                if !told {
                    let (device, digits) = (word(&now, "device"), word(&now, "digits"));
                    progress(&format!("Confirm at {device}; if it has a screen it shows {digits}."));
                    told = true;
                }
                tokio::time::sleep(LOOK).await;
            }
            "done" => {
                out.done(&format!("{} is yours.", word(&now, "device")), &now);
                return Ok(());
            }
            "waiting-period" => {
                let until = moment(member(&now, "until_us"));
                out.done(&format!("It has an owner, who is asked. Without an objection it is yours at {until}."), &now);
                return Ok(());
            }
            _ => {
                let why = word(&now, "why");
                return Err(Failure::refused(why, "the claim came to nothing; docs/claim.md says what to do"));
            }
        }
    }
}

fn people(household: &Value, out: Output) {
    if out.is_json() {
        return out.item(household, &[]);
    }
    let owner = member(household, "owner").clone();
    let members = member(household, "members").as_array().cloned().unwrap_or_default();
    let everybody: Vec<Value> = std::iter::once(owner).chain(members).collect();
    out.list(&everybody, PEOPLE, "Nobody.");
}

fn word<'a>(answer: &'a Value, name: &str) -> &'a str {
    member(answer, name).as_str().unwrap_or_default()
}
