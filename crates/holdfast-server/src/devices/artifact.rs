//! `GET /device/v1/artifacts/{digest}`: the image of a release, whole or from where a download was cut off.

use std::fs::File;
use std::io::Take;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use holdfast_core::hash::Sha256Digest;
use holdfast_domain::fleet::Device;
use http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG};
use http::{HeaderMap, StatusCode};
use tokio::io::AsyncReadExt;

use super::Parts;
use super::admission::Admitted;
use super::document::FOR_EVER;
use super::range::{Wanted, wanted};
use super::refused::Refused;

/// Bytes read from disk and handed to the network at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Answers 200, 206, 304 or 416.
pub(super) async fn artifact(
    State(parts): State<Parts>,
    admitted: Admitted,
    Path(digest): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let digest: Sha256Digest = digest.parse().map_err(|_| Refused::absent("no-such-artifact"))?;
    let length = parts.blocking(move |parts| length(parts, &admitted.device, &digest)).await?;
    let tag = format!("\"{digest}\"");
    let (status, first, count) = match wanted(&headers, length, &tag) {
        Wanted::Whole => (StatusCode::OK, 0, length),
        Wanted::Part { first, last } => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Wanted::NotModified => return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response()),
        Wanted::Unsatisfiable => {
            let refused = Refused::new(StatusCode::RANGE_NOT_SATISFIABLE, "range-not-satisfiable", "the range lies outside");
            return Ok(([(CONTENT_RANGE, format!("bytes */{length}"))], refused).into_response());
        }
    };
    let opened = parts.blocking(move |parts| {
        let opened = parts.blobs.open_range(&digest, first, count).map_err(|why| Refused::fault(&why))?;
        opened.ok_or_else(|| Refused::absent("no-such-artifact"))
    });
    let mut response = (status, body(opened.await?)).into_response();
    let head = response.headers_mut();
    let fields = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, count.to_string()),
        (ETAG, tag),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (CACHE_CONTROL, FOR_EVER.to_owned()),
    ];
    for (name, value) in fields {
        head.insert(name, value.parse().map_err(|why: http::header::InvalidHeaderValue| Refused::fault(&why))?);
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let last = first + count - 1;
        let range = format!("bytes {first}-{last}/{length}");
        head.insert(CONTENT_RANGE, range.parse().map_err(|why: http::header::InvalidHeaderValue| Refused::fault(&why))?);
    }
    Ok(response)
}

/// How long the image is, if a release of the device's product that is not withdrawn has it.
fn length(parts: &Parts, device: &Device, digest: &Sha256Digest) -> Result<u64, Refused> {
    let releases = parts.store.releases_by_image_digest(digest.as_bytes())?;
    let offered = releases.iter().any(|release| release.product == device.product && !release.withdrawn);
    let length = if offered { parts.blobs.len(digest).map_err(|why| Refused::fault(&why))? } else { None };
    length.ok_or_else(|| Refused::absent("no-such-artifact"))
}

/// Streams a file piece by piece, as fast as the device takes it.
fn body(file: Take<File>) -> Body {
    let left = file.limit();
    let file = tokio::fs::File::from_std(file.into_inner()).take(left);
    Body::from_stream(stream::try_unfold(file, |mut file| async move {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        let read = file.read_buf(&mut piece).await?;
        Ok::<Option<(Bytes, _)>, std::io::Error>((read > 0).then(|| (piece.freeze(), file)))
    }))
}
