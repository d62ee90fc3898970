//! A stream that ends when no byte has passed in either direction for a while, whatever the protocol above waits for.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use holdfast_core::time::Millis;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// The stream and its clock.
pub(super) struct Idle<S> {
    stream: S,
    limit: Duration,
    moved: Millis,
    alarm: Pin<Box<Sleep>>,
}

impl<S> Idle<S> {
    /// Watches `stream`; `limit` of silence ends it.
    pub(super) fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, moved: crate::clock::monotonic(), alarm: Box::pin(sleep(limit)) }
    }

    /// Ready with an error once the silence is too long. The alarm is only moved when it rings, not at every byte.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            let silent = Duration::from_millis(crate::clock::monotonic().0.saturating_sub(self.moved.0));
            let Some(left) = self.limit.checked_sub(silent).filter(|left| !left.is_zero()) else {
                return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "no byte passed for too long"));
            };
            self.alarm.set(sleep(left));
        }
    }

    fn watch<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_pending() {
            return self.poll_silence(cx).map(Err);
        }
        self.moved = crate::clock::monotonic();
        outcome
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Idle<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.watch(cx, outcome)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Idle<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn silence_ends_a_stream_and_bytes_in_either_direction_keep_it() {
        let (mut far, near) = tokio::io::duplex(64);
        let mut near = Idle::new(near, Duration::from_millis(30));
        far.write_all(b"a").await.unwrap();
        let mut byte = [0];
        near.read_exact(&mut byte).await.unwrap();
        let silent = near.read_exact(&mut byte).await.unwrap_err();
        assert_eq!(silent.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_reader_that_does_not_read_ends_a_stream() {
        let (_far, near) = tokio::io::duplex(4);
        let mut near = Idle::new(near, Duration::from_millis(30));
        let stuck = near.write_all(b"more than fits").await.unwrap_err();
        assert_eq!(stuck.kind(), io::ErrorKind::TimedOut);
    }
}
