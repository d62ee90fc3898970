//! What people ask for and order: implements the port of `holdfast-web` on the store and the domain's rules.
//!
//! Each order is the same walk: gather facts from the store, ask the rule, commit its decision, ring the outbox. Owns no
//! rule, no SQL and no page.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use holdfast_core::time::Timestamp;
use holdfast_domain::decision::Decision;
use holdfast_store::{CommitError, Committed, Store, StoreError};
use holdfast_web::backend::{Answer, Fault, Ground, LiveEvent, Refusal, RefusalKind, Stop};
use tokio::sync::{Notify, broadcast};

use crate::authority::Authority;
use crate::clock;
use crate::gateway::{Connections, Models};
use crate::tls::Doors;

mod deployments;
mod fleet;
mod history;
mod integrity;
mod models;
mod people;
mod updates;

/// News for pages that wait to be fetched; older ones are lost and the page reloads.
const NEWS_MAX: usize = 1_024;

/// The house behind the people's door.
pub struct House {
    /// Everything remembered.
    pub store: Store,
    /// Artifacts.
    pub blobs: Arc<holdfast_store::blobs::Blobs>,
    /// The server's keys.
    pub authority: Arc<Authority>,
    /// The TLS configurations, to be reloaded with a new trust document.
    pub doors: Arc<Doors>,
    /// Devices that are connected.
    pub connections: Connections,
    /// Compiled models of the products.
    pub models: Models,
    /// Rung when there are effects to deliver.
    pub outbox: Arc<Notify>,
    /// Where people reach this server, such as `https://localhost:8443`.
    pub address: String,
    /// What happens, for pages that watch.
    pub news: broadcast::Sender<LiveEvent>,
    /// Telemetry of the last minute.
    pub pulse: crate::work::pulse::Pulse,
    /// Named refusals of the people's door, on their way to the store.
    pub refusals: crate::work::refusals::Counter,
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("House").field("store", &self.store).field("address", &self.address).finish_non_exhaustive()
    }
}

/// A channel for news.
#[must_use]
pub fn news() -> broadcast::Sender<LiveEvent> {
    broadcast::channel(NEWS_MAX).0
}

impl House {
    /// Commits a decision and rings for its effects.
    ///
    /// # Errors
    ///
    /// A conflict becomes a refusal of the same name; anything else is our fault.
    pub fn decide(&self, decision: Decision) -> Answer<Committed> {
        let rings = !decision.effects.is_empty();
        let committed = self.store.commit(decision).map_err(conflict)?;
        if rings {
            self.outbox.notify_one();
        }
        Ok(committed)
    }

    /// Tells pages that watch; nobody watching is no error.
    pub fn tell(&self, event: LiveEvent) {
        let _ = self.news.send(event);
    }
}

impl Ground for House {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn random(&self) -> [u8; 32] {
        clock::random()
    }

    fn events(&self) -> broadcast::Receiver<LiveEvent> {
        self.news.subscribe()
    }
}

/// A fault of ours: logged with its whole chain under a number that the caller gets.
pub fn fault(why: &(dyn std::error::Error + 'static)) -> Stop {
    let reference: String = clock::random::<5>().iter().map(|b| format!("{b:02x}")).collect();
    let mut chain = why.to_string();
    let mut source = why.source();
    while let Some(cause) = source {
        chain.push_str(": ");
        chain.push_str(&cause.to_string());
        source = cause.source();
    }
    tracing::error!(fault.reference = %reference, fault.chain = %chain, "fault");
    Stop::Fault(Fault { reference })
}

/// A store fault as the port's fault.
pub(crate) fn stored(why: StoreError) -> Stop {
    fault(&why)
}

fn conflict(why: CommitError) -> Stop {
    match why {
        CommitError::Conflict(name) => {
            let detail = "the state changed meanwhile, or the order was carried out before; look again".to_owned();
            refuse(RefusalKind::Conflict, name, detail)
        }
        CommitError::Fault(why) => fault(&why),
    }
}

/// A named refusal.
pub(crate) fn refuse(kind: RefusalKind, name: &'static str, detail: impl Into<String>) -> Stop {
    Stop::Refused(Refusal { kind, name, detail: detail.into() })
}

/// The order is about something that is not there.
pub(crate) fn absent(name: &'static str, what: impl fmt::Display) -> Stop {
    refuse(RefusalKind::Absent, name, format!("there is no {what}"))
}

/// How long the pulse looks back.
pub const PULSE: Duration = Duration::from_secs(60);
