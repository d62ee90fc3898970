//! The rest of a small request body that nobody read. It is read before the answer leaves: a client that is reset while it
//! still sends (RFC 9113 §8.1 allows that) may lose the answer, and with it the name of the refusal; in HTTP/1.1 the
//! connection would end without a word, and a client's next request with it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body, Buf, Frame, SizeHint};
use tokio::time::timeout;

/// Most bytes that are read for nothing; a client that sends more is reset.
const UNREAD_BYTES_MAX: usize = 256 * 1024;
/// Longest time for it.
const UNREAD_WITHIN: Duration = Duration::from_secs(2);

/// Where a body is left that was dropped before its end.
pub(super) struct Left<B>(Arc<Mutex<Option<B>>>);

/// A body that is left behind when it is dropped before its end.
pub(super) struct Watched<B: Body + Unpin> {
    body: Option<B>,
    left: Arc<Mutex<Option<B>>>,
}

/// Watches a body.
pub(super) fn watch<B: Body + Unpin>(body: B) -> (Watched<B>, Left<B>) {
    let left = Arc::new(Mutex::new(None));
    (Watched { body: Some(body), left: Arc::clone(&left) }, Left(left))
}

impl<B: Body + Unpin> Left<B> {
    /// Reads what was left, within the limits.
    pub(super) async fn read(self) {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut body) = body else { return };
        let reading = async {
            let mut bytes = 0_usize;
            while let Some(Ok(frame)) = body.frame().await {
                bytes = bytes.saturating_add(frame.data_ref().map_or(0, Buf::remaining));
                if bytes > UNREAD_BYTES_MAX {
                    return;
                }
            }
        };
        let _ = timeout(UNREAD_WITHIN, reading).await;
    }
}

impl<B: Body + Unpin> Drop for Watched<B> {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

impl<B: Body + Unpin> Body for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::Bytes;
    use http_body_util::StreamBody;

    use super::*;

    /// How many pieces of 1 KiB are read of a body of `pieces` that is dropped unread.
    async fn check(pieces: usize, expected: usize) {
        let read = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&read);
        let stream = futures_util::stream::iter((0..pieces).map(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[0; 1024])))
        }));
        let (watched, left) = watch(StreamBody::new(stream));
        drop(watched);
        left.read().await;
        assert_eq!(read.load(Ordering::SeqCst), expected, "{pieces}");
    }

    #[tokio::test]
    async fn a_small_rest_is_read_and_a_large_one_given_up() {
        check(0, 0).await;
        check(40, 40).await;
        check(10_000, UNREAD_BYTES_MAX / 1024 + 1).await;
    }

    #[tokio::test]
    async fn a_body_that_was_read_leaves_nothing() {
        let (watched, left) = watch(http_body_util::Full::new(Bytes::from_static(b"all")));
        assert_eq!(watched.collect().await.unwrap().to_bytes(), "all");
        assert!(left.0.lock().unwrap().is_none());
    }
}
