//! `GET /device/v1/artifacts/{digest}`: the image of a release, whole or from where a download was cut off.

use std::fs::File;
use std::io::{self, Take};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use holdfast_core::hash::Sha256Digest;
use holdfast_core::time::Millis;
use holdfast_domain::fleet::Device;
use http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG};
use http::{HeaderMap, StatusCode};
use tokio::io::AsyncReadExt;

use super::Parts;
use super::admission::{Admitted, admit};
use super::document::FOR_EVER;
use super::range::{Wanted, wanted};
use super::refused::Refused;
use crate::clock;
use crate::tls::peer::Peer;

/// Bytes read from disk and handed to the network at once.
const PIECE_BYTES: usize = 64 * 1024;
/// A download asks so often whether its device may still have it; revocation reaches it within that time.
const ASK_AGAIN: Millis = Millis::from_secs(30);

/// Answers 200, 206, 304 or 416.
pub(super) async fn artifact(
    State(parts): State<Parts>,
    admitted: Admitted,
    Path(digest): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let digest: Sha256Digest = digest.parse().map_err(|_| Refused::absent("no-such-artifact"))?;
    let Admitted { device, peer } = admitted;
    let length = parts.blocking(move |parts| length(parts, &device, &digest)).await?;
    let tag = format!("\"{digest}\"");
    let (status, first, count) = match wanted(&headers, length, &tag) {
        Wanted::Whole => (StatusCode::OK, 0, length),
        Wanted::Part { first, last } => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Wanted::NotModified => return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response()),
        Wanted::Unsatisfiable => {
            let refused =
                Refused::new(StatusCode::RANGE_NOT_SATISFIABLE, "range-not-satisfiable", "the range lies outside");
            return Ok(([(CONTENT_RANGE, format!("bytes */{length}"))], refused).into_response());
        }
    };
    let opened = parts.blocking(move |parts| {
        let opened = parts.blobs.open_range(&digest, first, count).map_err(|why| Refused::fault(&why))?;
        opened.ok_or_else(|| Refused::absent("no-such-artifact"))
    });
    let download = Download::new(opened.await?, parts.clone(), peer);
    let mut response = (status, download.into_body()).into_response();
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
        head.insert(
            CONTENT_RANGE,
            range.parse().map_err(|why: http::header::InvalidHeaderValue| Refused::fault(&why))?,
        );
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

/// A file on its way to a device, piece by piece, as fast as the device takes it.
struct Download {
    file: tokio::io::Take<tokio::fs::File>,
    parts: Parts,
    peer: Peer,
    ask_again: Millis,
    asked: Millis,
}

impl Download {
    fn new(file: Take<File>, parts: Parts, peer: Peer) -> Self {
        let left = file.limit();
        let file = tokio::fs::File::from_std(file.into_inner()).take(left);
        Self { file, parts, peer, ask_again: ASK_AGAIN, asked: clock::monotonic() }
    }

    async fn piece(&mut self) -> io::Result<Bytes> {
        let now = clock::monotonic();
        if now.0.saturating_sub(self.asked.0) >= self.ask_again.0 {
            let peer = self.peer.clone();
            let admitted = self.parts.blocking(move |parts| admit(parts, &peer)).await;
            admitted.map_err(|_| io::Error::from(io::ErrorKind::PermissionDenied))?;
            self.asked = now;
        }
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        self.file.read_buf(&mut piece).await?;
        Ok(piece.freeze())
    }

    fn into_body(self) -> Body {
        Body::from_stream(stream::try_unfold(self, |mut download| async move {
            let piece = download.piece().await?;
            Ok::<_, io::Error>((!piece.is_empty()).then_some((piece, download)))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::tests::{revoke, served};
    use std::io::{Read, Write};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_download_ends_when_its_device_is_revoked() {
        let served = served().await;
        let operational = served.enrolled().await;
        let peer = served.house.doors.peer(&operational.chain).unwrap();
        let path = served.house.dir.path().join("image");
        File::create(&path).unwrap().write_all(&vec![7; 3 * PIECE_BYTES]).unwrap();
        let file = File::open(&path).unwrap().take(3 * PIECE_BYTES as u64);
        let mut download = Download { ask_again: Millis(0), ..Download::new(file, served.parts.clone(), peer) };
        assert!(!download.piece().await.unwrap().is_empty());
        revoke(&served);
        assert_eq!(download.piece().await.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}
