//! The door's way to the store: reads beside the event loop, writes as futures, faults logged once.
//!
//! What is in memory is asked first. Other reads block, so they queue for a few threads of their own, each of which reads
//! for one device after the other: a thousand reads are three hand-overs, a slow page on the console cannot hold up the
//! event loop, and a storm of connections cannot take every reader.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::Decision;
use holdfast_store::fleet::Touch;
use holdfast_store::integrity::Refused;
use holdfast_store::roster::Known;
use holdfast_store::telemetry::{Appended, EventRow, TelemetryRow};
use holdfast_store::{CommitError, Store, StoreError};
use tokio::sync::oneshot;

use super::door::DOOR;
use super::limits::READS_MAX;
use super::pending::{Refused as NotTaken, Stop};
use super::presence::Lease;

/// The store, as the door uses it; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Records {
    store: Store,
    reads: Arc<Reads>,
}

/// Reads that wait, and who works on them.
#[derive(Debug, Default)]
struct Reads(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Read>,
    readers: usize,
}

/// A read that answers by itself.
type Read = Box<dyn FnOnce(&Store) + Send>;

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("waiting", &self.waiting.len()).field("readers", &self.readers).finish()
    }
}

impl Reads {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a read; true if somebody has to start [`Self::work`].
    fn put(&self, read: Read) -> bool {
        let mut queue = self.queue();
        queue.waiting.push_back(read);
        let more = queue.readers < READS_MAX;
        if more {
            queue.readers += 1;
        }
        more
    }

    /// Reads until nothing waits.
    fn work(self: &Arc<Self>, store: &Store) {
        let at_work = AtWork(Some(Arc::clone(self)));
        loop {
            let mut queue = self.queue();
            let Some(read) = queue.waiting.pop_front() else {
                queue.readers -= 1;
                drop(queue);
                return at_work.done();
            };
            drop(queue);
            read(store);
        }
    }
}

/// A reader at work; one that panics over a read is not counted any more.
struct AtWork(Option<Arc<Reads>>);

impl AtWork {
    fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if let Some(reads) = self.0.take() {
            reads.queue().readers -= 1;
        }
    }
}

/// A fault of ours that has been logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault;

impl From<Fault> for Stop {
    fn from(_: Fault) -> Self {
        Self::Fault
    }
}

impl Records {
    pub(super) fn new(store: Store) -> Self {
        Self { store, reads: Arc::default() }
    }

    /// What is known of a device without a read; `None` says that the store has to be asked.
    pub(super) fn known(&self, device: &DeviceId) -> Option<Known> {
        self.store.known(device)
    }

    /// Runs reads, and rules over what they give, beside the event loop.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, answered) = oneshot::channel();
        let read = Box::new(move |store: &Store| {
            // A connection that is gone does not wait any more.
            if !answer.is_closed() {
                drop(answer.send(work(store)));
            }
        });
        if self.reads.put(read) {
            let (store, reads) = (self.store.clone(), Arc::clone(&self.reads));
            tokio::task::spawn_blocking(move || reads.work(&store));
        }
        match answered.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(fault)) => {
                tracing::error!(error = &fault as &dyn std::error::Error, "mqtt.read failed");
                Err(Fault)
            }
            Err(_) => {
                tracing::error!("mqtt.read panicked");
                Err(Fault)
            }
        }
    }

    /// Commits a decision.
    pub(super) async fn commit(&self, decision: Decision) -> Result<(), Stop> {
        if decision == Decision::default() {
            return Ok(());
        }
        match self.store.commit_async(decision).await {
            Ok(_) => Ok(()),
            Err(CommitError::Conflict(name)) => Err(NotTaken::does_not_fit(name).into()),
            Err(CommitError::Fault(fault)) => {
                tracing::error!(error = &fault as &dyn std::error::Error, "mqtt.decision not stored");
                Err(Stop::Fault)
            }
        }
    }

    /// The store itself, for writes that answer when they are on disk.
    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// Hands a batch of telemetry to the store now; the future resolves when it is on disk.
    pub(super) fn append(
        &self,
        rows: Vec<TelemetryRow>,
    ) -> impl Future<Output = Result<Vec<Appended>, StoreError>> + Send + 'static {
        self.store.append_telemetry(rows)
    }

    /// Stores leases.
    pub(super) async fn touch(&self, leases: &BTreeMap<DeviceId, Lease>) -> Result<(), CommitError> {
        let touches = leases
            .iter()
            .map(|(device, lease)| Touch {
                device: device.clone(),
                last_seen: lease.seen,
                online_until: lease.online_until,
            })
            .collect();
        self.store.touch_devices(touches).await
    }

    /// Stores counts of refusals.
    pub(super) async fn count_refusals(
        &self,
        counts: &[(&'static str, u64)],
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let refused = counts.iter().map(|(name, count)| Refused { door: DOOR, name, count: *count }).collect();
        self.store.count_refusals(refused, now).await
    }

    /// Stores an event of a device.
    pub(super) async fn append_event(&self, event: EventRow) -> Result<(), Stop> {
        match self.store.append_events(vec![event]).await {
            Ok(appended) => appended.into_iter().find_map(refusal_of).map_or(Ok(()), |refused| Err(refused.into())),
            Err(CommitError::Conflict(name)) => Err(NotTaken::does_not_fit(name).into()),
            Err(CommitError::Fault(fault)) => {
                tracing::error!(error = &fault as &dyn std::error::Error, "mqtt.event not stored");
                Err(Stop::Fault)
            }
        }
    }
}

/// Why a message that was handed over is not stored, if it is not.
pub(super) const fn refusal_of(appended: Appended) -> Option<NotTaken> {
    match appended {
        Appended::Stored | Appended::Repeat => None,
        Appended::DeviceUnknown => Some(NotTaken::not_authorized("device-unknown")),
        Appended::CounterTooLarge => Some(NotTaken::payload("counter-too-large")),
    }
}
