//! `status`: what the device remembers, read from its files; works beside a running agent and changes nothing.

use std::fmt::Write as _;

use holdfast_core::update::boot::{BootState, Slot};
use holdfast_core::update::journal::Journal;
use serde_json::{Value, json};

use crate::admin;
use crate::config::Config;
use crate::credential;
use crate::device_state::{CredentialSlot, DEVICE_RECORD, DeviceRecord};
use crate::durable::{self, Record};
use crate::est;
use crate::fault::Fault;
use crate::layout::Layout;
use crate::local;
use crate::slots::Judge;
use crate::trust::Trust;

/// Everything as JSON.
pub(crate) fn read(layout: &Layout) -> Result<Value, Fault> {
    let config = Config::load(layout)?;
    let trust = Trust::load(layout)?;
    let record = DeviceRecord::load(layout, DEVICE_RECORD).value;
    let journal = Record::<Journal>::load(layout, "update").value;
    let (zero, one) = durable::read_copies(layout, "boot");
    let boot = BootState::read(&zero, &one);
    let judge = Judge { trust: trust.document(), product: config.product.as_str(), floor: 0 };
    let slots: Vec<Value> = Slot::ALL
        .into_iter()
        .map(|slot| match judge.manifest_of(layout, slot) {
            Ok(accepted) => json!({
                "slot": slot.name(), "version": accepted.manifest.version, "sequence": accepted.manifest.sequence,
                "manifest": accepted.manifest.digest().to_string(), "state": "complete",
            }),
            Err(fault) => json!({ "slot": slot.name(), "state": fault.name() }),
        })
        .collect();
    let expires = match record.credential {
        Some(slot) => credential::read_chain(layout, slot)?
            .and_then(|chain| chain.first().and_then(|leaf| est::validity(leaf)))
            .map(|(_, end)| holdfast_core::time::Timestamp::from_micros(end.saturating_mul(1_000_000)).to_string()),
        None => None,
    };
    let fingerprint = local::identity::fingerprint(layout).ok().flatten();
    Ok(json!({
        "device": config.device.as_str(), "product": config.product.as_str(), "trust_version": trust.document().version(),
        "enrolled": record.credential.is_some(), "credential_slot": record.credential.map(CredentialSlot::name),
        "credential_expires": expires, "starts": record.boots, "slots": slots,
        "committed": boot.committed.name(), "committed_sequence": boot.committed_sequence,
        "on_trial": boot.trial.map(|trial| trial.sequence), "bad_sequence": boot.bad_sequence,
        "security_floor": journal.floor, "updating_to": journal.job.map(|job| job.target.sequence),
        "unreported_outcome": journal.outcome.map(|outcome| outcome.state.name()),
        "local_fingerprint": fingerprint.map(|fingerprint| fingerprint.to_string()),
        "local_host": fingerprint.map(|fingerprint| local::identity::host_of(&fingerprint)),
        "local_port": config.local.as_ref().map(|local| local.port),
        "pair": fingerprint.map(|fingerprint| format!("holdfast://pair?id={}&fp={fingerprint}", config.device)),
        "running": admin::ask(layout, &admin::Order::Status).ok(),
    }))
}

/// The same as lines of name and value.
pub(crate) fn table(status: &Value) -> String {
    let mut out = String::new();
    for (name, value) in status.as_object().into_iter().flatten() {
        let shown = match value {
            Value::Null => "–".to_owned(),
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n                    ")
            }
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
        };
        let _ = writeln!(out, "{name:<20}{shown}");
    }
    out
}
