//! What this server runs with, for the page of settings. Names and figures; never a secret or a key.

use holdfast_store::telemetry::RetentionRun;
use holdfast_web::backend::Answer;
use holdfast_web::backend::settings::{Section, Settings, Value};

use super::{House, stored};

impl Settings for House {
    fn settings(&self) -> Answer<Vec<Section>> {
        let database = std::fs::metadata(self.store.path()).map_or(0, |file| file.len());
        let server = Section {
            title: "settings-server",
            change: "settings-server-change",
            rows: vec![
                ("settings-version", Value::Said(env!("CARGO_PKG_VERSION").to_owned())),
                ("settings-address", Value::Said(self.address.clone())),
                ("settings-connections", Value::Number(u64::try_from(self.connections.count()).unwrap_or(u64::MAX))),
                ("settings-database", Value::Bytes(database)),
            ],
        };
        let trust = self.store.trust_latest().map_err(stored)?;
        let trust = Section {
            title: "settings-trust",
            change: "settings-trust-change",
            rows: vec![
                (
                    "settings-trust-document",
                    trust.map_or(Value::Word("settings-none-yet"), |t| Value::Number(t.version)),
                ),
                ("settings-certificates", Value::Word("settings-certificates-value")),
                ("settings-signing", Value::Word("settings-signing-value")),
            ],
        };
        let rows = self.store.retention_runs().map_err(stored)?;
        let kept = |run: &RetentionRun| format!("{}/{}: {}", run.product, run.stream, run.deleted);
        let retention = Section {
            title: "settings-retention",
            change: "settings-retention-change",
            rows: match rows.as_slice() {
                [] => vec![("settings-deleted", Value::Word("settings-nothing"))],
                rows => vec![("settings-deleted", Value::Said(rows.iter().map(kept).collect::<Vec<_>>().join("; ")))],
            },
        };
        let mail = Section {
            title: "settings-mail",
            change: "settings-mail-change",
            rows: vec![(
                "settings-state",
                Value::Word(if self.post.sends() { "settings-mail-on" } else { "settings-mail-off" }),
            )],
        };
        let backups = Section {
            title: "settings-backups",
            change: "settings-backups-change",
            rows: vec![("settings-made-by", Value::Word("settings-made-by-value"))],
        };
        Ok(vec![server, trust, retention, mail, backups])
    }
}
