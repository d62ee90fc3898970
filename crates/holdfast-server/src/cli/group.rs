//! `holdfast group …` and `holdfast bulk …`: devices with a name in common, and acts on many of them.

use clap::{Args, Subcommand, ValueEnum};
use holdfast_core::id::{BulkId, DeviceId, GroupId};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::answer::member;
use super::client::{Body, Client};
use super::output::{Column, confirmed};
use super::{Failure, Output};

/// Most rows of one listing.
const ROWS_MAX: u64 = 100_000;

const COLUMNS: &[Column] = &[
    ("Group", "/id"),
    ("What for", "/about"),
    ("Filter", "/filter"),
    ("Devices", "/devices"),
    ("Made", "/created_us"),
    ("By", "/created_by"),
];
const RUNS: &[Column] = &[
    ("Act", "/act"),
    ("State", "/state"),
    ("Devices", "/devices"),
    ("Changed", "/changed"),
    ("Refused", "/refused"),
    ("Restored", "/restored"),
    ("Ordered", "/ordered_us"),
    ("By", "/by"),
    ("Why", "/reason"),
    ("Id", "/id"),
];
const ITEMS: &[Column] = &[("Device", "/device"), ("State", "/state"), ("Why", "/why"), ("When", "/at_us")];
const REFUSED: &[Column] = &[("Left as they are", "/devices"), ("Why", "/text"), ("For example", "/examples")];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast group put beta-testers --about 'First to try a release'
  holdfast group add beta-testers hearth-0001 hearth-0002
  holdfast group take beta-testers hearth-0002
  holdfast group list
  holdfast group show beta-testers
  holdfast group remove beta-testers --yes
  holdfast group put old-firmware --filter 'version:<1.2.0 state:accepted'
  holdfast device list --filter 'group:old-firmware -online:yes'";

pub(super) const BULK_EXAMPLES: &str = "\
Examples:
  holdfast bulk preview quarantine --filter 'product:hearth-thermostat seen:>30d'
  holdfast bulk run quarantine --filter 'product:hearth-thermostat seen:>30d' --reason 'A recall'
  holdfast bulk run desired --filter 'group:beta-testers' --desired '{\"targetTemperature\": 19}'
  holdfast bulk run command --device hearth-0001 --device hearth-0002 --action identify
  holdfast bulk list
  holdfast bulk show 0194… --devices refused
  holdfast bulk undo 0194…                             restores exactly what it changed";

/// Verbs of `group`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Groups, by name.
    List,
    /// One group.
    Show {
        /// Its name.
        id: GroupId,
    },
    /// Make a group, or change what it is for and its filter.
    Put {
        /// Its name: lower-case letters, digits and hyphens.
        id: GroupId,
        /// What it is for.
        #[arg(long, default_value = "")]
        about: String,
        /// Whoever fits this filter is in it, at each moment; without it devices are put in by hand.
        #[arg(long)]
        filter: Option<String>,
    },
    /// Put devices into a group by hand.
    Add {
        /// The group.
        id: GroupId,
        /// The devices.
        #[arg(required = true)]
        devices: Vec<DeviceId>,
    },
    /// Take devices out of a group by hand.
    Take {
        /// The group.
        id: GroupId,
        /// The devices.
        #[arg(required = true)]
        devices: Vec<DeviceId>,
    },
    /// Remove a group; its devices stay as they are.
    Remove {
        /// Its name.
        id: GroupId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs a verb of `group`.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    let path = |id: &GroupId, rest: &str| format!("/api/v1/groups/{id}{rest}");
    let names = |devices: &[DeviceId]| devices.iter().map(ToString::to_string).collect::<Vec<_>>();
    match verb {
        Verb::List => {
            let rows = client.all("/api/v1/groups", ROWS_MAX).await?;
            out.list(&rows, COLUMNS, "No group yet. Make one: holdfast group put beta-testers");
        }
        Verb::Show { id } => out.item(&client.get(&path(&id, "")).await?, COLUMNS),
        Verb::Put { id, about, filter } => {
            let mut body = json!({"about": about});
            if let (Some(filter), Some(all)) = (filter, body.as_object_mut()) {
                all.insert("filter".to_owned(), Value::from(filter));
            }
            let made = client.send(Method::PUT, &path(&id, ""), Some(Body::Json(body))).await?;
            let devices = member(&made, "devices").as_u64().unwrap_or_default();
            out.done(&format!("Group {id} is kept; {devices} device(s) are in it."), &made);
        }
        Verb::Add { id, devices } => {
            let done = client.post(&path(&id, "/add"), json!({"devices": names(&devices)})).await?;
            out.done(&format!("{} device(s) are in {id}.", devices.len()), &done);
        }
        Verb::Take { id, devices } => {
            let done = client.post(&path(&id, "/take"), json!({"devices": names(&devices)})).await?;
            out.done(&format!("{} device(s) are out of {id}.", devices.len()), &done);
        }
        Verb::Remove { id, yes } => {
            confirmed(&format!("Remove the group {id}? Its devices stay as they are."), yes)?;
            let done = client.send(Method::DELETE, &path(&id, ""), None).await?;
            out.done(&format!("Group {id} is removed."), &done);
        }
    }
    Ok(())
}

/// What is done to each device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Act {
    /// They may prove themselves and take updates, and nothing else.
    Quarantine,
    /// A quarantine that a person ordered ends.
    Release,
    /// They are given a command.
    Command,
    /// What is wanted of them changes.
    Desired,
    /// They are put into a group.
    Join,
    /// They are taken out of a group.
    Leave,
    /// They may enrol once more with their factory key.
    AllowReenrolment,
    /// Their certificates are taken away for good; there is no way back.
    Revoke,
}

impl Act {
    const fn word(self) -> &'static str {
        match self {
            Self::Quarantine => "quarantine",
            Self::Release => "release",
            Self::Command => "command",
            Self::Desired => "desired",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::AllowReenrolment => "allow-reenrolment",
            Self::Revoke => "revoke",
        }
    }
}

/// An act and the devices it is for.
#[derive(Debug, Args)]
pub(super) struct Order {
    /// What is done.
    #[arg(value_enum)]
    act: Act,
    /// On every device that fits.
    #[arg(long, required_unless_present = "device", conflicts_with = "device")]
    filter: Option<String>,
    /// On this device; may be given many times.
    #[arg(long)]
    device: Vec<DeviceId>,
    /// The group, for `join` and `leave`.
    #[arg(long)]
    group: Option<GroupId>,
    /// The action's name in the product's model, for `command`.
    #[arg(long)]
    action: Option<String>,
    /// Its input, a JSON object.
    #[arg(long)]
    input: Option<String>,
    /// A command is not carried out after so many seconds.
    #[arg(long)]
    expires: Option<u64>,
    /// Settings and their values, a JSON object, for `desired`; null takes a wish back.
    #[arg(long)]
    desired: Option<String>,
}

impl Order {
    fn body(&self) -> Result<Map<String, Value>, Failure> {
        let mut body = Map::new();
        body.insert("act".to_owned(), Value::from(self.act.word()));
        let object = |name: &str, text: &str| match serde_json::from_str(text) {
            Ok(value @ Value::Object(_)) => Ok(value),
            _ => Err(Failure::usage(format!("--{name} `{text}` is not a JSON object"))),
        };
        if let Some(filter) = &self.filter {
            body.insert("filter".to_owned(), Value::from(filter.clone()));
        } else {
            let ids: Vec<String> = self.device.iter().map(ToString::to_string).collect();
            body.insert("devices".to_owned(), Value::from(ids));
        }
        if let Some(group) = &self.group {
            body.insert("group".to_owned(), Value::from(group.to_string()));
        }
        if let Some(action) = &self.action {
            body.insert("action".to_owned(), Value::from(action.clone()));
        }
        if let Some(input) = &self.input {
            body.insert("input".to_owned(), object("input", input)?);
        }
        if let Some(seconds) = self.expires {
            body.insert("expires_s".to_owned(), Value::from(seconds));
        }
        if let Some(desired) = &self.desired {
            body.insert("desired".to_owned(), object("desired", desired)?);
        }
        Ok(body)
    }
}

/// Verbs of `bulk`.
#[derive(Debug, Subcommand)]
pub(super) enum BulkVerb {
    /// Acts on many devices, newest first.
    List,
    /// What an act would do now: how many devices, which would be left as they are, and why.
    Preview {
        /// The act.
        #[command(flatten)]
        order: Order,
    },
    /// Show what would happen, ask, and do it.
    Run {
        /// The act.
        #[command(flatten)]
        order: Order,
        /// Why; needed where there is no way back.
        #[arg(long, default_value = "")]
        reason: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// One act.
    Show {
        /// Its id.
        id: BulkId,
        /// Instead of the act, its devices: all, waiting, changed, refused, restored or kept.
        #[arg(long, value_name = "STATE")]
        devices: Option<String>,
    },
    /// Take an act back: restores exactly what it changed.
    Undo {
        /// Its id.
        id: BulkId,
    },
}

/// Runs a verb of `bulk`.
pub(super) async fn bulk(verb: BulkVerb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        BulkVerb::List => {
            let rows = client.all("/api/v1/bulk", ROWS_MAX).await?;
            out.list(&rows, RUNS, "Nothing was done to many devices at once yet.");
        }
        BulkVerb::Preview { order } => {
            let preview = client.post("/api/v1/bulk-preview", Value::Object(order.body()?)).await?;
            show_preview(&preview, out);
        }
        BulkVerb::Run { order, reason, yes } => {
            let mut body = order.body()?;
            let preview = client.post("/api/v1/bulk-preview", Value::Object(body.clone())).await?;
            let count = |name: &str| member(&preview, name).as_u64().unwrap_or_default();
            let back = member(&preview, "can_be_undone").as_bool().unwrap_or_default();
            let way = if back { "It can be taken back." } else { "There is NO way back." };
            let (devices, changed) = (count("devices"), count("changed"));
            let left = count("judged").saturating_sub(changed);
            if !yes && !out.is_json() {
                show_preview(&preview, out);
            }
            let word = order.act.word();
            confirmed(&format!("{word} {devices} device(s)? {left} would be left as they are. {way}"), yes)?;
            body.insert("confirm_devices".to_owned(), Value::from(devices));
            body.insert("reason".to_owned(), Value::from(reason));
            let path = if order.act == Act::Revoke { "/api/v1/bulk/revoke" } else { "/api/v1/bulk" };
            let run = client.post(path, Value::Object(body)).await?;
            let id = member(&run, "id").as_str().unwrap_or_default().to_owned();
            out.done(&format!("It runs. Watch it with: holdfast bulk show {id}"), &run);
        }
        BulkVerb::Show { id, devices: None } => out.item(&client.get(&format!("/api/v1/bulk/{id}")).await?, RUNS),
        BulkVerb::Show { id, devices: Some(state) } => {
            let chosen = if state == "all" { String::new() } else { format!("?state={state}") };
            let rows = client.all(&format!("/api/v1/bulk/{id}/devices{chosen}"), ROWS_MAX).await?;
            out.list(&rows, ITEMS, "No device of this act stands so.");
        }
        BulkVerb::Undo { id } => {
            let done = client.post(&format!("/api/v1/bulk/{id}/undo"), json!({})).await?;
            out.done(&format!("Act {id} is taken back, device by device."), &done);
        }
    }
    Ok(())
}

fn show_preview(preview: &Value, out: Output) {
    let fields = [
        ("Devices", "/devices"),
        ("Connected now", "/online"),
        ("Looked at", "/judged"),
        ("Would be changed", "/changed"),
        ("Can be taken back", "/can_be_undone"),
    ];
    out.item(preview, &fields);
    if !out.is_json() {
        let refused = member(preview, "refused").as_array().cloned().unwrap_or_default();
        out.list(&refused, REFUSED, "None would be left as it is.");
    }
}
