//! What one connection has handed over and waits for, in order.
//!
//! Only the oldest is polled: answers leave in the order of the messages anyway, and a document that depends on the one
//! before it is not started too early. Telemetry is already with the store; its commit needs no polling.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use holdfast_core::id::StreamId;
use holdfast_core::mqtt::packet::PacketId;
use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::time::Millis;
use holdfast_domain::telemetry::LastReading;
use holdfast_store::StoreError;
use holdfast_store::telemetry::{Appended, TelemetryRow};

/// A named no to one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    /// The reason code of the acknowledgement.
    pub(super) reason: ReasonCode,
    /// The stable name.
    pub(super) name: &'static str,
}

impl Refused {
    /// The payload is not what it should be (0x99).
    pub(super) const fn payload(name: &'static str) -> Self {
        Self { reason: ReasonCode::PayloadFormatInvalid, name }
    }

    /// The device may not say this (0x87).
    pub(super) const fn not_authorized(name: &'static str) -> Self {
        Self { reason: ReasonCode::NotAuthorized, name }
    }

    /// Too much or too often (0x97).
    pub(super) const fn quota(name: &'static str) -> Self {
        Self { reason: ReasonCode::QuotaExceeded, name }
    }

    /// Readable and allowed, and it does not fit what is stored (0x83).
    pub(super) const fn does_not_fit(name: &'static str) -> Self {
        Self { reason: ReasonCode::ImplementationSpecific, name }
    }
}

/// Why a document has no good answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// The rules said no.
    Refused(Refused),
    /// Our fault: not acknowledged, so that the device sends it again.
    Fault,
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Signed readings that hold: only now they count for what comes after them.
#[derive(Debug)]
pub(super) struct Proven {
    /// What the next reading of the stream is compared with, and by the models of which generation.
    pub(super) newest: Option<(StreamId, LastReading, u64)>,
    /// What is stored.
    pub(super) rows: Vec<TelemetryRow>,
}

/// Something that is done.
#[derive(Debug)]
pub(super) enum Done {
    /// A batch of telemetry.
    Telemetry {
        /// One entry for each message: its identifier, if it wants an answer.
        ids: Vec<Option<PacketId>>,
        /// When it was handed over.
        since: Millis,
        /// One entry for each message.
        result: Result<Vec<Appended>, StoreError>,
        /// What follows from readings that the device itself signed.
        proven: Option<Box<Proven>>,
    },
    /// One other document.
    Document {
        /// Its identifier, if it wants an answer.
        id: Option<PacketId>,
        /// Whether it is stored.
        result: Result<(), Stop>,
    },
}

/// Places for which memory is kept between messages.
const KEPT: usize = 4;

/// Work in progress, oldest first.
#[derive(Default)]
pub(super) struct Pending(VecDeque<Pin<Box<dyn Future<Output = Done> + Send>>>);

impl Pending {
    pub(super) fn push(&mut self, work: impl Future<Output = Done> + Send + 'static) {
        self.0.push_back(Box::pin(work));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The oldest, when it is done. Never resolves while there is none. Nothing is lost if it is dropped before.
    pub(super) async fn next(&mut self) -> Done {
        let done = poll_fn(|context| match self.0.front_mut() {
            Some(work) => work.as_mut().poll(context),
            None => Poll::Pending,
        })
        .await;
        self.0.pop_front();
        // A device that sends one message after the other keeps a place for it; a burst leaves nothing behind.
        if self.0.is_empty() && self.0.capacity() > KEPT {
            self.0 = VecDeque::new();
        }
        done
    }
}
