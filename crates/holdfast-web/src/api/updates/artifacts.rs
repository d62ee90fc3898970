//! Takes artifacts, piece by piece, without ever holding one whole.

use axum::body::{Body, BodyDataStream};
use axum::extract::State;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use holdfast_core::hash::Sha256Digest;
use holdfast_domain::people::access::Act;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::Reply;
use crate::backend::updates::ArtifactSink;
use crate::backend::{RefusalKind, Stop};
use crate::door::App;
use crate::door::about::About;
use crate::door::described::InAddress;
use crate::door::extract::{Id, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

/// Most bytes of an artifact.
const ARTIFACT_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// So many bytes are handed over at once.
const PIECE_BYTES: usize = 1024 * 1024;

const PUT_ARTIFACT: About = About::new("Store an artifact under its SHA-256.")
    .more("Stored once; what does not have the digest of the address leaves nothing behind.")
    .takes(&["application/octet-stream"]);

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api_put("/api/v1/artifacts/{digest}", Access::May(Act::PublishRelease), put_artifact, PUT_ARTIFACT)
}

/// A digest in an address.
pub(crate) struct DigestText(pub(crate) Sha256Digest);

impl std::str::FromStr for DigestText {
    type Err = holdfast_core::hash::NotADigest;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl InAddress for DigestText {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

#[derive(Serialize, ToSchema)]
struct ArtifactDoc {
    digest: String,
    bytes: u64,
    already: bool,
}

async fn put_artifact(
    State(app): State<App>,
    Who(by): Who,
    Id(DigestText(digest)): Id<DigestText>,
    (headers, body): (HeaderMap, Body),
) -> Reply<ArtifactDoc> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if media_type != Some("application/octet-stream") {
        return Err(Problem::media_type("application/octet-stream"));
    }
    let sink = app.ask(move |b| b.begin_artifact(&by, digest)).await?;
    let sink = fill(&app, sink, body.into_data_stream()).await?;
    let stored = app.ask(move |_| sink.finish()).await?;
    Ok(axum::Json(ArtifactDoc { digest: stored.digest.to_string(), bytes: stored.bytes, already: stored.already }))
}

/// Moves the body into the sink. A body that breaks off drops the sink, which leaves nothing behind.
async fn fill(
    app: &App,
    mut sink: Box<dyn ArtifactSink>,
    mut body: BodyDataStream,
) -> Result<Box<dyn ArtifactSink>, Problem> {
    let mut bytes: u64 = 0;
    let mut piece = BytesMut::with_capacity(PIECE_BYTES);
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Problem::malformed("body-broken", "The body ended before it was complete."))?;
        bytes = bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if bytes > ARTIFACT_BYTES_MAX {
            let detail = format!("An artifact has at most {ARTIFACT_BYTES_MAX} bytes.");
            return Err(Problem::new(RefusalKind::TooLarge, "artifact-too-large", detail));
        }
        piece.extend_from_slice(&chunk);
        if piece.len() >= PIECE_BYTES {
            sink = write(app, sink, piece.split().freeze()).await?;
        }
    }
    write(app, sink, piece.freeze()).await
}

async fn write(app: &App, mut sink: Box<dyn ArtifactSink>, piece: Bytes) -> Result<Box<dyn ArtifactSink>, Problem> {
    app.ask(move |_| {
        sink.write(&piece)?;
        Ok::<_, Stop>(sink)
    })
    .await
}
