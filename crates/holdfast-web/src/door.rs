//! What every request passes: frame (headers, request id, refusals), guard (who, may they, same site), extractors.
//!
//! Owns the one place where the blocking port is called. Knows nothing of what is asked.

pub(crate) mod about;
pub(crate) mod described;
pub mod arrival;
pub(crate) mod extract;
pub(crate) mod frame;
pub(crate) mod guard;
pub(crate) mod idempotency;
pub(crate) mod problem;
pub mod routes;
pub(crate) mod seats;

use std::sync::{Arc, OnceLock};

use holdfast_domain::people::Person;

use crate::backend::{Answer, Backend};
use idempotency::UnderWay;
use problem::Problem;
use routes::Operation;
use seats::{Seat, Seats};

/// State of every handler.
#[derive(Clone)]
pub(crate) struct App {
    backend: Arc<dyn Backend>,
    live: Seats,
    operations: Arc<OnceLock<Vec<Operation>>>,
    under_way: UnderWay,
}

impl App {
    pub(crate) fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend, live: Seats::default(), operations: Arc::default(), under_way: UnderWay::default() }
    }

    /// Requests with a key that are being carried out.
    pub(crate) fn under_way(&self) -> &UnderWay {
        &self.under_way
    }

    /// Keeps the table of the interface for its document; it is complete once and does not change.
    pub(crate) fn publish(&self, operations: Vec<Operation>) {
        self.operations.get_or_init(|| operations);
    }

    /// Every route of the interface.
    pub(crate) fn operations(&self) -> &[Operation] {
        self.operations.get().map_or(&[], Vec::as_slice)
    }

    /// The port itself, for the calls that do not block: time, random bytes, news, counting.
    pub(crate) fn ground(&self) -> &dyn Backend {
        &*self.backend
    }

    /// A seat for one more open stream of news of this person, if there is one.
    pub(crate) fn live_seat(&self, person: &Person) -> Option<Seat> {
        self.live.take(person)
    }

    /// Asks the backend on a thread that may block. The only place where this crate does.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Backend) -> Answer<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let backend = Arc::clone(&self.backend);
        match tokio::task::spawn_blocking(move || question(&*backend)).await {
            Ok(answer) => answer.map_err(Problem::from),
            Err(broken) => {
                tracing::error!(error = %broken, "a question to the backend did not come to an end");
                Err(Problem::fault("question-broken"))
            }
        }
    }
}
