//! Interface of what people are told about products: notes of releases.

use axum::extract::State;
use holdfast_domain::people::access::Act;
use holdfast_domain::updates::note::{KeptNote, Note};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::updates::artifacts::DigestText;
use super::{List, Reply, document, us};
use crate::backend::tidings::Tidings;
use crate::door::App;
use crate::door::about::{About, Ask};
use crate::door::extract::{Asked, Id, Json, Who};
use crate::door::routes::{Access, Routes};

const PUT_NOTE: About = About::new("Say for owners why a release is needed and what they must do.")
    .more("The address names the SHA-256 of the release's manifest. `note` has `risk` (by language, English at least), `urgency` (`now`, `soon`, `whenever`), `interruption_minutes`, `to_do` (`nothing`, `restart`, `keep-powered`, `update-app-first`), `to_do_words` and `advisories`. Written anew it gets the next version; earlier ones stay.")
    .refuses(&[409, 422]);

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .api_get(
            "/api/v1/release-notes/{digest}",
            Access::May(Act::ViewFleet),
            notes,
            About::new("What owners read about a release, every version, newest first.").query(Ask::PAGE),
        )
        .api_put("/api/v1/release-notes/{digest}", Access::May(Act::PublishRelease), put_note, PUT_NOTE)
}

#[derive(Serialize, ToSchema)]
struct ReleaseNoteDoc {
    manifest_digest: String,
    version: u32,
    note: Value,
    at_us: i64,
    person: String,
}

impl From<KeptNote> for ReleaseNoteDoc {
    fn from(kept: KeptNote) -> Self {
        Self {
            manifest_digest: super::hex(&kept.manifest),
            version: kept.version,
            note: document(&kept.note.text()),
            at_us: us(kept.at),
            person: kept.by.to_string(),
        }
    }
}

async fn notes(
    State(app): State<App>,
    Id(DigestText(digest)): Id<DigestText>,
    Asked(query): Asked,
) -> Reply<List<ReleaseNoteDoc>> {
    let notes = app.ask(move |b| Tidings::release_notes(b, *digest.as_bytes())).await?;
    List::cut(notes.into_iter().map(ReleaseNoteDoc::from).collect(), &query.page()?, |row| row.version.to_string())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReleaseNoteBody {
    /// The whole note.
    note: Value,
}

async fn put_note(
    State(app): State<App>,
    Who(by): Who,
    Id(DigestText(digest)): Id<DigestText>,
    Json(body): Json<ReleaseNoteBody>,
) -> Reply<ReleaseNoteDoc> {
    let text = body.note.to_string();
    Ok(axum::Json(app.ask(move |b| Tidings::put_release_note(b, &by, *digest.as_bytes(), &text)).await?.into()))
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<ReleaseNoteBody>(bytes));
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(Note::parse(text));
    }
}
