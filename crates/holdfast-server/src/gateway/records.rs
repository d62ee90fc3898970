//! The door's way to the store: reads beside the event loop, writes as futures, faults logged once.
//!
//! Reads block, so they run on a few threads of their own; a slow page on the console cannot hold up the event loop, and
//! a storm of connections cannot take every reader.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::Decision;
use holdfast_store::fleet::Touch;
use holdfast_store::integrity::Refused;
use holdfast_store::telemetry::{Appended, EventRow, TelemetryRow};
use holdfast_store::{CommitError, Store, StoreError};
use tokio::sync::Semaphore;

use super::door::DOOR;
use super::limits::READS_MAX;
use super::pending::{Refused as NotTaken, Stop};
use super::presence::Lease;

/// The store, as the door uses it; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Records {
    store: Store,
    reads: Arc<Semaphore>,
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
        Self { store, reads: Arc::new(Semaphore::new(READS_MAX)) }
    }

    /// Runs reads, and rules over what they give, beside the event loop.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Fault> {
        // The semaphore is never closed.
        let _permit = self.reads.acquire().await.map_err(|_| Fault)?;
        let store = self.store.clone();
        let answer = tokio::task::spawn_blocking(move || work(&store)).await;
        match answer {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(fault)) => {
                tracing::error!(error = &fault as &dyn std::error::Error, "mqtt.read failed");
                Err(Fault)
            }
            Err(fault) => {
                tracing::error!(error = &fault as &dyn std::error::Error, "mqtt.read panicked");
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
