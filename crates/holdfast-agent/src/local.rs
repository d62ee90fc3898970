//! The door on the local network: an owner's phone sees and operates the device with the internet gone.
//!
//! `server` listens on private addresses and speaks `http`; `keeper` knows who may (pairings, tokens); `page` is what a
//! browser gets, `html` the same for one without script. What a request does to the device is decided in the agent's loop (`agent/local.rs`). Off unless
//! `agent.toml` has a `[local]` table: a device without it has no open port.

pub(crate) mod announce;
pub(crate) mod form;
pub(crate) mod html;
pub(crate) mod http;
pub(crate) mod identity;
pub(crate) mod keeper;
pub(crate) mod network;
pub(crate) mod page;
pub(crate) mod rates;
pub(crate) mod server;
pub(crate) mod strangers;
pub(crate) mod visit;

use std::collections::BTreeMap;
use std::net::IpAddr;

use tokio::sync::oneshot;

use http::{Request, Response};

/// A request that the agent's loop answers.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Who asks; a private address.
    pub(crate) peer: IpAddr,
    /// What.
    pub(crate) request: Request,
    /// Where the answer goes.
    pub(crate) reply: oneshot::Sender<Response>,
}

/// The table `[local]` of `agent.toml`.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The port.
    pub(crate) port: u16,
    /// Interfaces to listen on; with none named, all that have a private address, except the loopback one.
    pub(crate) interfaces: Vec<String>,
    /// Whether the device says on the network that it is there (mDNS).
    pub(crate) announce: bool,
    /// Life of a token, in minutes, 1 to 1440.
    pub(crate) token_minutes: u64,
    /// How long a first link waits for confirmation on the device, in seconds.
    pub(crate) confirm_within_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { port: 8443, interfaces: Vec::new(), announce: true, token_minutes: 60, confirm_within_s: 120 }
    }
}

impl Settings {
    /// What is wrong with it, as a sentence for whoever wrote it.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.port == 0 {
            return Err("[local] port must not be 0".to_owned());
        }
        if !(1..=1_440).contains(&self.token_minutes) {
            return Err("[local] token_minutes must be from 1 to 1440".to_owned());
        }
        if !(10..=600).contains(&self.confirm_within_s) {
            return Err("[local] confirm_within_s must be from 10 to 600".to_owned());
        }
        Ok(())
    }
}

/// The refusal `name` as an answer.
pub(crate) fn refusal(status: u16, name: &str) -> Response {
    let words = WORDS.iter().find(|(known, _)| *known == name).map_or("This cannot be done.", |(_, words)| words);
    Response::json(status, &serde_json::json!({ "error": { "name": name, "text": words } }))
}

/// What the refusals mean, for people.
const WORDS: &[(&str, &str)] = &[
    ("sign-in-needed", "Pair with the device first, or get a new token."),
    ("sign-in-refused", "The device does not know this sign-in."),
    ("permission-missing", "This controller was not given that permission."),
    ("pairing-busy", "Another pairing waits for confirmation on the device. Try again in two minutes."),
    ("pairing-unknown", "There is no such pairing, or it is over."),
    ("too-many-controllers", "The device has as many controllers as it can remember. Remove one first."),
    ("too-many-requests", "Too many requests. Wait a little."),
    ("control-not-declared", "The device has no such control."),
    ("value-out-of-range", "The value is outside what the device allows."),
    ("value-kind", "The value is of another kind than the control."),
    ("read-only", "This value can only be read."),
    ("application-not-running", "The application of the device is not running at the moment."),
    ("action-unanswered", "The application did not answer in time. It may or may not have done it."),
    ("body-malformed", "The body is not what this address expects."),
    ("not-found", "There is nothing here."),
    ("method-not-allowed", "This address does not take that method."),
    ("version-conflict", "The state has changed since it was read."),
    ("presence-needed", "The device has an owner. Somebody has to press its button."),
    ("busy", "The device has too much to do at the moment. Try again."),
    ("wrong-host", "Call the device by its own name or address."),
    ("foreign-origin", "Another page may not call the device."),
];

/// The members of a query string; the last of equal names counts.
pub(crate) fn query(text: &str) -> BTreeMap<&str, &str> {
    text.split('&').filter_map(|pair| pair.split_once('=')).collect()
}
