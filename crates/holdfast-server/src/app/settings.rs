//! What this server runs with, for the page of settings. Names and figures; never a secret or a key.

use holdfast_store::telemetry::RetentionRun;
use holdfast_web::backend::Answer;
use holdfast_web::backend::settings::{Section, Settings};

use super::{House, stored};

impl Settings for House {
    fn settings(&self) -> Answer<Vec<Section>> {
        let database = std::fs::metadata(self.store.path()).map_or(0, |file| file.len());
        let server = Section {
            title: "This server",
            change: "Set when it is started: holdfast serve --help lists every option, holdfast.toml keeps the rest.",
            rows: vec![
                ("Version", env!("CARGO_PKG_VERSION").to_owned()),
                ("Address for people", self.address.clone()),
                ("Open device connections", self.connections.count().to_string()),
                ("Database", format!("{}.{} MB", database / 1_000_000, database / 100_000 % 10)),
            ],
        };
        let trust = self.store.trust_latest().map_err(stored)?;
        let trust = Section {
            title: "Trust and keys",
            change: "holdfast trust, holdfast authority; the page Keys shows each key and its time.",
            rows: vec![
                ("Trust document", trust.map_or_else(|| "none yet".to_owned(), |t| format!("version {}", t.version))),
                ("Certificates of devices", "90 days unless told otherwise, renewed after two thirds".to_owned()),
                ("Release-signing keys here", "none, by design".to_owned()),
            ],
        };
        let rows = self.store.retention_runs().map_err(stored)?;
        let kept = |run: &RetentionRun| format!("{}/{}: {}", run.product, run.stream, run.deleted);
        let retention = Section {
            title: "Retention",
            change: "Each stream's model says how long its readings are kept; what is older is deleted every hour.",
            rows: match rows.as_slice() {
                [] => vec![("Deleted so far", "nothing".to_owned())],
                rows => vec![("Deleted so far", rows.iter().map(kept).collect::<Vec<_>>().join("; "))],
            },
        };
        let mail = Section {
            title: "Mail",
            change: "The part [mail] of holdfast.toml, read at start.",
            rows: vec![(
                "State",
                if self.post.sends() {
                    "sent by the configured mail server"
                } else {
                    "not sent: no mail server is configured; notices stand on people's pages"
                }
                .to_owned(),
            )],
        };
        let backups = Section {
            title: "Backups",
            change: "holdfast backup create writes one, holdfast backup restore takes it; keep it on another machine.",
            rows: vec![(
                "Made by",
                "you, whenever and as often as you order it; the server goes on meanwhile".to_owned(),
            )],
        };
        Ok(vec![server, trust, retention, mail, backups])
    }
}
