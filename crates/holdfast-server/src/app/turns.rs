//! One decision after the other in each room.
//!
//! An order reads facts, asks the rule and commits. Were two of them to read the same facts, the later commit could undo
//! the earlier one: a pause that is lost because the reconciler starts the next phase at the same moment. The store
//! refuses what contradicts itself; this keeps the rest apart. Held only on threads that may block.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The right to decide in one room.
#[derive(Debug, Default)]
pub(crate) struct Turn(Mutex<()>);

impl Turn {
    /// Waits for the room to be free. A decision that panicked has committed nothing or all, so the next one may go on.
    pub(crate) fn take(&self) -> MutexGuard<'_, ()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rooms. Nobody takes a second turn while holding one.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Trust documents, releases and deployments.
    pub(crate) updates: Turn,
    /// Orders about devices, their shadows and commands.
    pub(crate) devices: Turn,
    /// Products and the models compiled from them.
    pub(crate) products: Turn,
    /// Factory batches: a large one takes seconds.
    pub(crate) batches: Turn,
    /// Readers, tags and sightings: a message of a reader is hundreds of decisions.
    pub(crate) custody: Turn,
    /// People's tokens.
    pub(crate) people: Turn,
}
