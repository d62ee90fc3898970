//! The store's handle: opening, committing decisions, waiting for answers. Cheap to clone, usable from any thread.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use holdfast_domain::decision::Decision;
use rusqlite::Connection;

use crate::error::{CommitError, StoreError};
use crate::readers::Readers;
use crate::roster::Roster;
use crate::writer::Writer;

/// How long a connection waits for a lock of another process.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The database's file name in the state directory.
const FILE: &str = "holdfast.db";

/// Everything the server remembers, apart from blobs and keys.
///
/// Reads answer from the last commit. Writes go to one thread, which takes all that wait and commits them as one
/// transaction; an answer comes only when the commit is on disk. Reads, and writes that are no futures, block the
/// calling thread: in async code call them inside `spawn_blocking`.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    readers: Readers,
    roster: Arc<Roster>,
    writer: Writer,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

/// What a committed decision left in history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Index of its ledger leaf, if it has a line.
    pub leaf: Option<u64>,
}

impl Store {
    /// Opens the store in this directory, makes it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if a file cannot be used, or the schema was changed or is newer than this program.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(dir)?;
        let path = dir.join(FILE);
        let (writer, roster) = Writer::start(&path)?;
        let readers = Readers::open(&path)?;
        Ok(Self { inner: Arc::new(Inner { path, readers, roster, writer }) })
    }

    /// Commits a decision: all its changes, its ledger line and its effects, or nothing.
    ///
    /// # Errors
    ///
    /// [`CommitError::Conflict`] if the stored state is not the one the decision was made for.
    pub fn commit(&self, decision: Decision) -> Result<Committed, CommitError> {
        wait(self.commit_async(decision))
    }

    /// [`Self::commit`] as a future; the decision is queued before this returns, unless the queue is full.
    ///
    /// # Errors
    ///
    /// As [`Self::commit`].
    pub fn commit_async(
        &self,
        decision: Decision,
    ) -> impl Future<Output = Result<Committed, CommitError>> + Send + use<> {
        self.write(move |desk| desk.decide(&decision))
    }

    /// Queues `work` for the writer's next turn.
    pub(crate) fn write<T: Send + 'static, F>(
        &self,
        work: F,
    ) -> impl Future<Output = Result<T, CommitError>> + Send + use<T, F>
    where
        F: FnOnce(&mut crate::writer::Desk) -> Result<T, CommitError> + Send + 'static,
    {
        let (job, answer) = crate::writer::task(work);
        self.send(job, answer)
    }

    /// Queues a job whose answer comes over `answer`.
    pub(crate) fn send<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        job: crate::writer::Job,
        answer: tokio::sync::oneshot::Receiver<Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E> {
        let waiting = self.inner.writer.try_send(job).map(|job| (self.clone(), job));
        async move {
            if let Some((store, job)) = waiting {
                store.inner.writer.send(job).await;
            }
            answer.await.unwrap_or_else(|_| Err(StoreError::Stopped.into()))
        }
    }

    /// Runs a read on one of the read-only connections.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.inner.readers.with(work)
    }

    /// The devices in memory.
    pub(crate) fn roster(&self) -> &Roster {
        &self.inner.roster
    }

    /// Where the database lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }
}

/// Blocks this thread until one of the store's futures answers. Not for async code.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(tokio::task::unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
