//! Signed documents a device fetches: trust documents by version, release envelopes by the digest of their manifest.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use holdfast_core::hash::Sha256Digest;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::Parts;
use super::admission::Admitted;
use super::refused::Refused;

/// What is named by version or digest never changes.
pub(super) const FOR_EVER: &str = "private, max-age=31536000, immutable";

/// `GET /device/v1/trust/{version}`.
pub(super) async fn trust(
    State(parts): State<Parts>,
    _: Admitted,
    Path(version): Path<String>,
) -> Result<Response, Refused> {
    let version: u64 = version.parse().map_err(|_| Refused::absent("no-such-trust-version"))?;
    let found = parts.blocking(move |parts| Ok(parts.store.trust(version)?)).await?;
    let document = found.ok_or_else(|| Refused::absent("no-such-trust-version"))?.document;
    Ok(([(CONTENT_TYPE, "application/cose; cose-type=\"cose-sign\""), (CACHE_CONTROL, FOR_EVER)], document)
        .into_response())
}

/// `GET /device/v1/manifests/{digest}`: the envelope, for devices of its product while it is not withdrawn.
pub(super) async fn manifest(
    State(parts): State<Parts>,
    admitted: Admitted,
    Path(digest): Path<String>,
) -> Result<Response, Refused> {
    let digest: Sha256Digest = digest.parse().map_err(|_| Refused::absent("no-such-manifest"))?;
    let found = parts.blocking(move |parts| Ok(parts.store.release_by_manifest_digest(digest.as_bytes())?)).await?;
    let release = found.filter(|release| release.product == admitted.device.product && !release.withdrawn);
    let envelope = release.ok_or_else(|| Refused::absent("no-such-manifest"))?.envelope;
    Ok(([(CONTENT_TYPE, "application/suit-envelope+cose"), (CACHE_CONTROL, FOR_EVER)], envelope).into_response())
}
