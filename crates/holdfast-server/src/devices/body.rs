//! Small request bodies, read whole within a limit on size and time.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::StatusCode;

use super::refused::Refused;

/// How long a small body may take to arrive. Single bytes now and then keep a connection open, but not a request.
pub(super) const WITHIN: Duration = Duration::from_secs(10);

/// Reads a body of at most `bytes_max` bytes.
pub(super) async fn read(body: Body, bytes_max: usize, within: Duration) -> Result<Bytes, Refused> {
    let refused = |status, name, why: &str| Err(Refused::new(status, name, why));
    match tokio::time::timeout(within, to_bytes(body, bytes_max)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => refused(StatusCode::PAYLOAD_TOO_LARGE, "body-over-long", "the body is too large or was cut off"),
        Err(_) => refused(StatusCode::REQUEST_TIMEOUT, "body-too-slow", "the body took too long to arrive"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use futures_util::stream;

    #[tokio::test]
    async fn a_body_is_bounded_in_size_and_time() {
        let short = Duration::from_millis(10);
        assert_eq!(read(Body::from("1234"), 4, WITHIN).await.unwrap(), "1234");
        let status = |refused: Refused| refused.into_response().status();
        assert_eq!(status(read(Body::from("12345"), 4, WITHIN).await.unwrap_err()), StatusCode::PAYLOAD_TOO_LARGE);
        let endless = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(status(read(endless, 4, short).await.unwrap_err()), StatusCode::REQUEST_TIMEOUT);
    }
}
