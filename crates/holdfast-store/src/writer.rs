//! The one thread that writes: it takes everything that waits, runs each job in its own savepoint, commits once and then
//! answers (group commit). A job that is refused leaves no trace and does not spoil the others.

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use holdfast_core::ledger::tree::Frontier;
use rusqlite::{Connection, Params};
use tokio::sync::{mpsc, oneshot};

use crate::error::{CommitError, StoreError};
use crate::roster::{Roster, Touched};
use crate::sql::{self, Statement};
use crate::telemetry::{Appended, Fresh, TelemetryRow};
use crate::{migrate, readers, store};

/// Jobs that may wait; beyond it senders wait.
const QUEUE_JOBS_MAX: usize = 8_192;
/// Jobs of one turn.
const TURN_JOBS_MAX: usize = 2_048;
/// Telemetry rows of one turn; a single larger batch still is one turn.
const TURN_ROWS_MAX: usize = 20_000;

/// Where jobs are put; the thread ends when this is dropped and the queue is empty.
pub(crate) struct Writer {
    queue: mpsc::Sender<Job>,
    _thread: JoinOnDrop,
}

struct JoinOnDrop(Option<JoinHandle<()>>);

impl Drop for JoinOnDrop {
    fn drop(&mut self) {
        if let Some(writer) = self.0.take()
            && writer.thread().id() != thread::current().id()
            && writer.join().is_err()
        {
            tracing::error!("the store's writer panicked");
        }
    }
}

impl Writer {
    pub(crate) fn start(path: &Path) -> Result<(Self, Arc<Roster>), StoreError> {
        let mut desk = Desk::open(path)?;
        let roster = Arc::clone(&desk.roster);
        let (queue, jobs) = mpsc::channel(QUEUE_JOBS_MAX);
        let thread = thread::Builder::new().name("store-writer".to_owned()).spawn(move || desk.work(jobs))?;
        Ok((Self { queue, _thread: JoinOnDrop(Some(thread)) }, roster))
    }

    /// Queues a job; gives it back if the queue is full. A stopped writer drops it, which its sender notices.
    pub(crate) fn try_send(&self, job: Job) -> Option<Job> {
        match self.queue.try_send(job) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => None,
            Err(mpsc::error::TrySendError::Full(job)) => Some(job),
        }
    }

    pub(crate) async fn send(&self, job: Job) {
        if self.queue.send(job).await.is_err() {
            tracing::error!("the store's writer has stopped");
        }
    }
}

/// Something to write.
pub(crate) enum Job {
    /// Messages; those of one turn are written together.
    Telemetry(Batch),
    /// Anything else.
    Task(Box<dyn Task>),
}

/// Messages and who waits for them.
pub(crate) struct Batch {
    pub(crate) rows: Vec<TelemetryRow>,
    pub(crate) answer: oneshot::Sender<Result<Vec<Appended>, StoreError>>,
}

/// Work that runs in a savepoint and is answered after the commit.
pub(crate) trait Task: Send {
    fn run(&mut self, desk: &mut Desk) -> Outcome;
    fn answer(self: Box<Self>, lost: Option<&StoreError>);
}

/// Whether a task's savepoint stays.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Keep,
    Undo,
}

struct Work<T, F> {
    todo: Option<F>,
    result: Option<Result<T, CommitError>>,
    answer: oneshot::Sender<Result<T, CommitError>>,
}

impl<T: Send, F: FnOnce(&mut Desk) -> Result<T, CommitError> + Send> Task for Work<T, F> {
    fn run(&mut self, desk: &mut Desk) -> Outcome {
        let result = self.todo.take().map(|work| work(desk));
        let outcome = if matches!(result, Some(Ok(_))) { Outcome::Keep } else { Outcome::Undo };
        self.result = result;
        outcome
    }

    fn answer(self: Box<Self>, lost: Option<&StoreError>) {
        let result = match (lost, self.result) {
            (_, Some(Err(refused))) => Err(refused),
            (None, Some(Ok(value))) => Ok(value),
            (Some(fault), _) => Err(CommitError::Fault(fault.clone())),
            (None, None) => Err(CommitError::Fault(StoreError::Stopped)),
        };
        // Nobody waiting any more is no fault: the work is done all the same.
        drop(self.answer.send(result));
    }
}

/// A job for `work` and the place where its result will be.
pub(crate) fn task<T: Send + 'static>(
    work: impl FnOnce(&mut Desk) -> Result<T, CommitError> + Send + 'static,
) -> (Job, oneshot::Receiver<Result<T, CommitError>>) {
    let (answer, result) = oneshot::channel();
    (Job::Task(Box::new(Work { todo: Some(work), result: None, answer })), result)
}

/// What the writer works with: its connection and what it keeps in memory of the stored state.
pub(crate) struct Desk {
    pub(crate) conn: Connection,
    pub(crate) edge: Frontier,
    pub(crate) fresh: Fresh,
    /// Devices that the turn under way may change.
    pub(crate) touched: Touched,
    roster: Arc<Roster>,
}

impl Desk {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let mut conn = Connection::open(path)?;
        conn.busy_timeout(store::BUSY_TIMEOUT)?;
        conn.set_prepared_statement_cache_capacity(readers::STATEMENTS_CACHED);
        conn.set_db_config(readers::STABLE_PLANS, true)?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "foreign_keys", "ON")?;
        conn.pragma_update(None, "trusted_schema", "OFF")?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        conn.pragma_update(None, "cache_size", -65_536)?;
        conn.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        migrate::migrate(&mut conn)?;
        let edge = crate::ledger::load_edge(&conn)?;
        let fresh = Fresh::load(&conn)?;
        let roster = Arc::new(Roster::load(&conn)?);
        Ok(Self { conn, edge, fresh, touched: Touched::default(), roster })
    }

    fn work(&mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = self.next_job(&mut jobs) {
            let mut turn = Turn::default();
            turn.take(first);
            while turn.has_room()
                && let Ok(next) = jobs.try_recv()
            {
                turn.take(next);
            }
            let came = turn.rows;
            if !self.turn(turn) || !self.settle_or_start_over(came) {
                return;
            }
        }
    }

    /// Waits for a job; a move that is under way goes on meanwhile. Nothing if the writer is to end.
    fn next_job(&mut self, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
        while self.fresh.is_moving() {
            match jobs.try_recv() {
                Ok(job) => return Some(job),
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
                Err(mpsc::error::TryRecvError::Empty) => {}
            }
            if !self.settle_or_start_over(0) {
                return None;
            }
        }
        jobs.blocking_recv()
    }

    /// Runs one turn and answers everybody in it; false if the writer cannot go on.
    fn turn(&mut self, mut turn: Turn) -> bool {
        let appended = self.conn.execute_batch("begin immediate").map_err(StoreError::from);
        let done = appended.and_then(|()| {
            let appended = self.append(&turn.batches)?;
            for task in &mut turn.tasks {
                self.in_savepoint(task.as_mut())?;
            }
            self.roster.hide(&self.touched);
            self.conn.execute_batch("commit")?;
            Ok(appended)
        });
        let mut goes_on = true;
        if let Err(fault) = &done {
            tracing::error!(error = fault as &dyn std::error::Error, "a turn of the writer was lost");
            goes_on = self.start_over();
        }
        // Before anybody hears of the commit and acts on it.
        self.roster.read_again(&self.conn, std::mem::take(&mut self.touched), done.is_ok());
        let lost = done.as_ref().err();
        for task in turn.tasks {
            task.answer(lost);
        }
        let mut appended = done.as_ref().map(Vec::as_slice).unwrap_or_default();
        for batch in turn.batches {
            let (mine, rest) = appended.split_at_checked(batch.rows.len()).unwrap_or_default();
            appended = rest;
            let result = lost.map_or_else(|| Ok(mine.to_vec()), |fault| Err(fault.clone()));
            drop(batch.answer.send(result));
        }
        goes_on
    }

    fn in_savepoint(&mut self, task: &mut dyn Task) -> Result<(), StoreError> {
        self.execute(sql::SAVEPOINT, [])?;
        let (edge, changes) = (self.edge.clone(), self.fresh.changes());
        if task.run(self) == Outcome::Undo {
            if self.conn.is_autocommit() {
                // A fault such as a full disk ended the whole transaction.
                return Err(StoreError::Stopped);
            }
            self.edge = edge;
            self.execute(sql::SAVEPOINT_UNDO, [])?;
            if self.fresh.changes() != changes {
                // Else a message that is not stored would be answered as a repeat when it comes again.
                self.fresh = Fresh::load(&self.conn)?;
            }
        }
        self.execute(sql::SAVEPOINT_END, [])?;
        Ok(())
    }

    /// Forgets an unfinished turn, in the database and in memory; false if that failed, for a wrong edge would spoil history.
    fn start_over(&mut self) -> bool {
        if !self.conn.is_autocommit()
            && let Err(fault) = self.conn.execute_batch("rollback")
        {
            tracing::error!(error = &fault as &dyn std::error::Error, "a lost turn could not be rolled back");
            return false;
        }
        let full = self.conn.pragma_update(None, "synchronous", "FULL").map_err(StoreError::from);
        let read = full.and_then(|()| {
            self.edge = crate::ledger::load_edge(&self.conn)?;
            self.fresh = Fresh::load(&self.conn)?;
            Ok(())
        });
        if let Err(fault) = &read {
            tracing::error!(error = fault as &dyn std::error::Error, "the stored state could not be read again");
        }
        read.is_ok()
    }

    /// Moves some fresh messages to their place; false if the writer cannot go on.
    fn settle_or_start_over(&mut self, came: usize) -> bool {
        let Err(fault) = self.settle(came) else { return true };
        tracing::error!(error = &fault as &dyn std::error::Error, "fresh messages could not be moved");
        self.start_over()
    }

    /// Runs a statement that changes rows and says how many.
    pub(crate) fn execute(&self, statement: Statement, params: impl Params) -> Result<usize, rusqlite::Error> {
        self.conn.prepare_cached(statement.text)?.execute(params)
    }
}

/// Everything that is committed together.
#[derive(Default)]
struct Turn {
    batches: Vec<Batch>,
    tasks: Vec<Box<dyn Task>>,
    rows: usize,
}

impl Turn {
    fn take(&mut self, job: Job) {
        match job {
            Job::Telemetry(batch) => {
                self.rows += batch.rows.len();
                self.batches.push(batch);
            }
            Job::Task(task) => self.tasks.push(task),
        }
    }

    fn has_room(&self) -> bool {
        self.rows < TURN_ROWS_MAX && self.tasks.len() + self.batches.len() < TURN_JOBS_MAX
    }
}
