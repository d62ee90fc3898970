//! `holdfast device …`: what people see of devices, and what they order.

use clap::{Args, Subcommand};
use holdfast_core::id::{DeviceId, StreamId};
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::text;
use super::client::Client;
use super::output::{Column, confirmed, progress};
use super::{Failure, Output};

const COLUMNS: &[Column] = &[
    ("Device", "/id"),
    ("Product", "/product"),
    ("Enrolment", "/state"),
    ("Online", "/online"),
    ("Version", "/software/version"),
    ("Slot", "/software/slot"),
    ("Quarantine", "/quarantine/reason"),
    ("Last seen", "/last_seen_us"),
];
const COMMANDS: &[Column] = &[
    ("Command", "/id"),
    ("Action", "/action"),
    ("State", "/state"),
    ("Created", "/created_us"),
    ("Ended", "/ended_us"),
    ("Reason", "/reason"),
];
const SHOWN: &[Column] = &[
    ("Device", "/id"),
    ("Product", "/product"),
    ("Batch", "/batch"),
    ("Enrolment", "/state"),
    ("May enrol once more", "/reenrolment_allowed"),
    ("Online", "/online"),
    ("Last seen", "/last_seen_us"),
    ("Version", "/software/version"),
    ("Sequence", "/software/sequence"),
    ("Slot", "/software/slot"),
    ("Image digest", "/software/image_digest"),
    ("Quarantine", "/quarantine/reason"),
    ("Quarantined since", "/quarantine/since_us"),
    ("Certificate", "/certificates/0/serial"),
    ("Certificate state", "/certificates/0/state"),
    ("Certificate ends", "/certificates/0/not_after_us"),
    ("Factory key", "/factory_key"),
    ("Streams", "/streams"),
];

const ACCOUNT: &[Column] = &[
    ("Missing, unexplained", "/missing"),
    ("Dropped by intent", "/shed"),
    ("Too old to be listed", "/unlisted"),
    ("Sent again", "/repeats"),
    ("Quality, percent", "/quality/overall"),
    ("Stale", "/quality/stale"),
];
const GAPS: &[Column] = &[("First", "/first"), ("Last", "/last"), ("Readings", "/count"), ("Why", "/reason")];
const REFUSED: &[Column] = &[
    ("Received", "/received_us"),
    ("Stream", "/stream"),
    ("Why", "/reason"),
    ("Field", "/field"),
    ("Waits", "/waits"),
    ("Message", "/payload"),
];
const LOG: &[Column] = &[("At", "/at_us"), ("Level", "/level"), ("What", "/code"), ("Text", "/text")];

const OWNER: &[Column] = &[
    ("Owner", "/owner/name"),
    ("Account", "/owner/person"),
    ("Since", "/owner/since_us"),
    ("Others of the household", "/members"),
    ("Released", "/release/begun_us"),
    ("Wiped", "/release/wiped_us"),
];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast device list --product hearth-thermostat --online true
  holdfast device list --filter 'group:beta-testers version:<1.2.0 seen:<7d'
  holdfast device show hearth-0001
  holdfast device telemetry hearth-0001 climate --limit 5
  holdfast device telemetry hearth-0001 climate --gaps
  holdfast device refused hearth-0001
  holdfast device log hearth-0001 --limit 20
  holdfast device ledger hearth-0001
  holdfast device command hearth-0001 identify --input '{\"seconds\": 10}'
  holdfast device commands hearth-0001
  holdfast device quarantine hearth-0001 --reason 'Sold on a flea market'
  holdfast device release hearth-0001
  holdfast device allow-reenrolment hearth-0001
  holdfast device replace hearth-0001 --by hearth-0002
  holdfast device owner hearth-0001 --reason help-asked
  holdfast device release-owner hearth-0001 --reason unit-returned
  holdfast device release-owner hearth-0001 --second --yes
  holdfast device release-owner hearth-0001 --withdraw
  holdfast device revoke hearth-0001 --yes";

/// Verbs of `device`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Devices, by id; filters combine.
    List(List),
    /// One device.
    Show {
        /// Its id.
        id: DeviceId,
    },
    /// Contain a device: it may only attest, report and update.
    Quarantine {
        /// Its id.
        id: DeviceId,
        /// Why, in your words; kept in an alert until the device is let out, and never in the ledger.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Lift a quarantine.
    Release {
        /// Its id.
        id: DeviceId,
    },
    /// Shut a device out for good; its open connection ends at once.
    Revoke {
        /// Its id.
        id: DeviceId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Let a device enrol again with its factory identity (after a repair or factory reset).
    AllowReenrolment {
        /// Its id.
        id: DeviceId,
    },
    /// Whose device it is. That you asked, and why, is kept in the ledger for good.
    Owner {
        /// Its id.
        id: DeviceId,
        /// Why you have to know.
        #[arg(long, value_parser = ["help-asked", "danger", "data-request", "authority"])]
        reason: String,
    },
    /// Ask for the end of an ownership, for a unit that came back: the owner is told and can stop it for 72 hours. Then, or at
    /// once when a second person of the staff agrees, everything of the home is deleted and the device erases itself.
    ReleaseOwner {
        /// Its id.
        id: DeviceId,
        /// Why: the owner reads it, and the ledger keeps it.
        #[arg(long, value_parser = ["unit-returned", "owner-asked", "estate", "authority"],
            required_unless_present_any = ["second", "withdraw"])]
        reason: Option<String>,
        /// Agree as the second person to what somebody else asked for: it happens at once.
        #[arg(long, conflicts_with_all = ["reason", "withdraw"])]
        second: bool,
        /// Take back what was asked for.
        #[arg(long, conflicts_with = "reason")]
        withdraw: bool,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Put another, enrolled unit in a device's place: what was wanted of it is wanted of the new one; it is revoked.
    Replace {
        /// The unit that goes.
        id: DeviceId,
        /// The unit that takes its place.
        #[arg(long, value_name = "DEVICE")]
        by: DeviceId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Readings of one stream.
    Telemetry {
        /// Its id.
        id: DeviceId,
        /// The stream.
        stream: StreamId,
        /// At most so many, newest first.
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// Instead of readings: which counters never came, and why.
        #[arg(long)]
        gaps: bool,
    },
    /// What a device's sensors sent and the model refused; kept aside.
    Refused {
        /// Its id.
        id: DeviceId,
        /// At most so many, newest first.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// A device's log, newest first.
    Log {
        /// Its id.
        id: DeviceId,
        /// At most so many lines.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Give a device an order.
    #[command(
        after_help = "Example: holdfast device command hearth-0001 boost --input '{\"minutes\": 10}' --expires 60"
    )]
    Command {
        /// Its id.
        id: DeviceId,
        /// The action's name in the product's model.
        action: String,
        /// Input, a JSON object.
        #[arg(long, default_value = "{}")]
        input: String,
        /// It is not carried out after so many seconds.
        #[arg(long, default_value_t = 300)]
        expires: u64,
    },
    /// What the ledger says of a device, newest first.
    Ledger {
        /// Its id.
        id: DeviceId,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Orders given to a device and how they ended, newest first.
    Commands {
        /// Its id.
        id: DeviceId,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

/// Filters of `device list`.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those that fit, such as `product:hearth version:<1.2.0 -online:yes`; stands alone.
    #[arg(long, conflicts_with_all = ["state", "product", "quarantined", "online", "running", "prefix"])]
    filter: Option<String>,
    /// Only this enrolment state: pending, preauthorised, accepted, rejected, revoked.
    #[arg(long)]
    state: Option<String>,
    /// Only this product.
    #[arg(long)]
    product: Option<String>,
    /// Only quarantined ones.
    #[arg(long)]
    quarantined: bool,
    /// Only those that are online, or only those that are not.
    #[arg(long, value_name = "true|false")]
    online: Option<bool>,
    /// Only those that run this version.
    #[arg(long)]
    running: Option<String>,
    /// Only those whose id starts so.
    #[arg(long)]
    prefix: Option<String>,
    /// Start after this id.
    #[arg(long)]
    after: Option<DeviceId>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

impl List {
    fn query(&self) -> String {
        let words = [
            ("filter", self.filter.clone()),
            ("state", self.state.clone()),
            ("product", self.product.clone()),
            ("version", self.running.clone()),
            ("prefix", self.prefix.clone()),
            ("after", self.after.as_ref().map(ToString::to_string)),
            ("online", self.online.map(|online| online.to_string())),
            ("quarantined", self.quarantined.then(|| true.to_string())),
        ];
        let said = words.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", escaped(&value?))));
        format!("/api/v1/devices?{}", said.collect::<Vec<_>>().join("&"))
    }
}

/// A value in a query (RFC 3986 §2.1): everything but the unreserved characters as percent signs and two digits.
pub(super) fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Runs the verb.
#[expect(clippy::too_many_lines, reason = "one arm for each verb")]
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::List(filter) => {
            let devices = client.all(&filter.query(), u64::from(filter.limit)).await?;
            let empty = "No such device. Devices come with a batch: holdfast factory manifest, holdfast batch import";
            out.list(&devices, COLUMNS, empty);
            if let (false, Some(last)) = (out.is_json(), devices.last())
                && devices.len() as u64 == u64::from(filter.limit)
            {
                progress(&format!("There may be more: --after {}, or a higher --limit.", text(last, "id")));
            }
        }
        Verb::Replace { id, by, yes } => {
            confirmed(&format!("Shut {id} out for good and put {by} in its place?"), yes)?;
            let done = client.post(&path(&id, "/replace"), json!({"by": by.as_str()})).await?;
            out.done(&format!("{by} is in the place of {id}."), &done);
        }
        Verb::Show { id } => out.item(&client.get(&path(&id, "")).await?, SHOWN),
        Verb::Quarantine { id, reason } => {
            let body = reason.map_or_else(|| json!({}), |reason| json!({"reason": reason}));
            let done = client.post(&path(&id, "/quarantine"), body).await?;
            out.done(&format!("{id} is quarantined."), &done);
        }
        Verb::Release { id } => {
            let done = client.post(&path(&id, "/release"), json!({})).await?;
            out.done(&format!("{id} is not quarantined any more."), &done);
        }
        Verb::Revoke { id, yes } => {
            confirmed(&format!("Shut {id} out for good?"), yes)?;
            let done = client.post(&path(&id, "/revoke"), json!({})).await?;
            out.done(&format!("{id} is revoked."), &done);
        }
        Verb::Owner { id, reason } => {
            let seen = client.get(&path(&id, &format!("/owner?reason={reason}"))).await?;
            out.item(&seen, OWNER);
        }
        Verb::ReleaseOwner { id, withdraw: true, .. } => {
            let done = client.send(Method::DELETE, &path(&id, "/release-owner"), None).await?;
            out.done(&format!("{id} stays its owner's."), &done);
        }
        Verb::ReleaseOwner { id, second: true, yes, .. } => {
            confirmed(&format!("End the ownership of {id} at once? It cannot be taken back."), yes)?;
            let done = client.post(&path(&id, "/release-owner/second"), json!({})).await?;
            out.done(&format!("{id} is nobody's now. It erases itself when it is connected next."), &done);
        }
        Verb::ReleaseOwner { id, reason, yes, .. } => {
            confirmed(&format!("Ask for the end of the ownership of {id}? Its owner is told."), yes)?;
            let done = client.post(&path(&id, "/release-owner"), json!({"reason": reason})).await?;
            out.done(&format!("The owner of {id} was told and can stop it for 72 hours."), &done);
        }
        Verb::AllowReenrolment { id } => {
            let done = client.post(&path(&id, "/allow-reenrolment"), json!({})).await?;
            out.done(&format!("{id} may enrol once more with its factory identity."), &done);
        }
        Verb::Telemetry { id, stream, gaps: true, .. } => {
            let account = client.get(&path(&id, &format!("/telemetry/{stream}/account"))).await?;
            if out.is_json() {
                out.item(&account, &[]);
            } else {
                out.item(&account, ACCOUNT);
                let gaps = account.get("gaps").and_then(Value::as_array).cloned().unwrap_or_default();
                out.list(&gaps, GAPS, "No reading is missing.");
            }
        }
        Verb::Refused { id, limit } => {
            let rows = client.all(&path(&id, "/aside"), u64::from(limit)).await?;
            out.list(&rows, REFUSED, "Nothing of this device was refused.");
        }
        Verb::Log { id, limit } => {
            let rows = client.all(&path(&id, "/log"), u64::from(limit)).await?;
            out.list(&rows, LOG, "This device has not sent any log.");
        }
        Verb::Telemetry { id, stream, limit, .. } => {
            let rows = client.all(&path(&id, &format!("/telemetry/{stream}")), u64::from(limit)).await?;
            out.list(
                &rows,
                &[("Counter", "/counter"), ("Measured", "/measured_us"), ("Fields", "/fields")],
                "No reading of this stream yet.",
            );
        }
        Verb::Command { id, action, input, expires } => {
            let body = json!({"action": action, "input": object(&input)?, "expires_s": expires});
            let made = client.post(&path(&id, "/commands"), body).await?;
            out.done(&format!("Command {} is on its way.", text(&made, "id")), &made);
        }
        Verb::Ledger { id, limit } => {
            let lines = client.all(&path(&id, "/ledger"), u64::from(limit)).await?;
            let columns = [("Line", "/index"), ("When", "/at_us"), ("What", "/kind"), ("Entry", "/leaf")];
            out.list(&lines, &columns, "The ledger does not mention this device.");
        }
        Verb::Commands { id, limit } => {
            let commands = client.all(&path(&id, "/commands"), u64::from(limit)).await?;
            out.list(&commands, COMMANDS, "No order was given to this device.");
        }
    }
    Ok(())
}

fn path(id: &DeviceId, rest: &str) -> String {
    format!("/api/v1/devices/{id}{rest}")
}

fn object(text: &str) -> Result<Value, Failure> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(Failure::usage(format!("`{text}` is not a JSON object"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_can_hold_any_text() {
        assert_eq!(escaped("1.0.0+b &x=ü"), "1.0.0%2Bb%20%26x%3D%C3%BC");
    }
}
