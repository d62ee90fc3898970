//! What people ask for and order: implements the port of `holdfast-web` on the store and the domain's rules.
//!
//! Each order is the same walk: take the room's turn, gather facts from the store, ask the rule, commit its decision, ring
//! the outbox. Owns no rule, no SQL and no page.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use holdfast_core::time::Timestamp;
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::integrity::anomaly::Settings;
use holdfast_store::blobs::Blobs;
use holdfast_store::{CommitError, Committed, Store, StoreError};
use holdfast_web::backend::{Answer, Fault, Ground, LiveEvent, Refusal, RefusalKind, Stop};
use tokio::sync::{Notify, broadcast};

use crate::authority::Authority;
use crate::authority::secret_file::hex;
use crate::clock;
use crate::doorstep::Doorstep;
use crate::gateway::{Connections, Models, Returning};
use crate::oidc::Provider;
use crate::post::Post;
use crate::tls::Doors;
use crate::work::detect::Detect;
use crate::work::pulse::Pulse;
use crate::work::recovery::Curve;
use crate::work::refusals::Counter;

mod batch;
mod checked;
pub(crate) mod credentials;
mod custody;
mod deployments;
mod dossier;
mod papers;
mod findings;
mod fleet;
pub(crate) mod groups;
mod help;
mod history;
mod homes;
mod idempotency;
mod integrity;
pub(crate) mod keys;
mod models;
mod notices;
mod oidc;
pub(crate) mod paging;
mod owner;
mod people;
mod proofs;
mod readings;
mod redress;
mod releases;
mod telemetry;
mod tidings;
mod settings;
mod shops;
pub(crate) mod trust;
mod turns;
mod updates;

pub(crate) use turns::Turns;

/// News for pages that wait to be fetched; older ones are lost and the page reloads.
const NEWS_MAX: usize = 1_024;

/// The house behind the people's door.
pub struct House {
    /// Everything remembered.
    pub(crate) store: Store,
    /// Artifacts.
    pub(crate) blobs: Arc<Blobs>,
    /// The server's keys.
    pub(crate) authority: Arc<Authority>,
    /// The TLS configurations, reloaded with a new trust document or certificate.
    pub(crate) doors: Arc<Doors>,
    /// The trust document in force.
    pub(crate) trust: trust::InForce,
    /// Devices that are connected.
    pub(crate) connections: Connections,
    /// Where devices wait before their MQTT handshake.
    pub(crate) doorstep: Doorstep,
    /// In which order devices come back.
    pub(crate) returning: Returning,
    /// How the last minutes went.
    pub(crate) curve: Curve,
    /// Compiled models of the products.
    pub(crate) models: Models,
    /// Rung when there are effects to deliver.
    pub(crate) outbox: Arc<Notify>,
    /// The detectors.
    pub(crate) detect: Detect,
    /// Rung when a playbook has devices to deal with.
    pub(crate) playbooks: Arc<Notify>,
    /// Rung when an act on many devices has some to deal with.
    pub(crate) bulks: Arc<Notify>,
    /// Rung when owners are to be told about the support of a product.
    pub(crate) support: Arc<Notify>,
    /// Where people reach this server, such as `https://localhost:8443`.
    pub(crate) address: String,
    /// What happens, for pages that watch.
    pub(crate) news: broadcast::Sender<LiveEvent>,
    /// Telemetry of the last minute.
    pub(crate) pulse: Pulse,
    /// Named refusals of the HTTPS doors, on their way to the store.
    pub(crate) refusals: Counter,
    /// Rung when somebody has signed in.
    pub(crate) signed_in: Arc<Notify>,
    /// The staff's own identity provider.
    pub(crate) oidc: Option<Provider>,
    /// The way out for mail.
    pub(crate) post: Post,
    /// People who come in.
    pub(crate) entry: credentials::entry::Entry,
    /// Who may decide next, in each room.
    pub(crate) turns: Turns,
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("House").field("store", &self.store).field("address", &self.address).finish_non_exhaustive()
    }
}

/// A channel for news.
#[must_use]
pub(crate) fn news() -> broadcast::Sender<LiveEvent> {
    broadcast::channel(NEWS_MAX).0
}

impl House {
    /// Everything remembered.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Sets how long the detectors' windows are and how much they learn first.
    pub fn set_detection(&self, settings: Settings) {
        self.detect.set(settings);
    }

    /// Commits a decision and rings for its effects. A conflict becomes a refusal of the same name; anything else is our
    /// fault.
    pub(crate) fn decide(&self, decision: Decision) -> Answer<Committed> {
        let rings = !decision.effects.is_empty();
        let signs_in = decision.changes.iter().any(|change| matches!(change, Change::AddSession(_)));
        let tells = decision.changes.iter().any(|change| matches!(change, Change::AddNotice(_)));
        let committed = self.store.commit(decision).map_err(conflict)?;
        if rings {
            self.outbox.notify_one();
        }
        if tells {
            self.post.ring();
        }
        if signs_in {
            self.signed_in.notify_one();
        }
        Ok(committed)
    }

    /// Tells pages that watch; nobody watching is no error.
    pub(crate) fn tell(&self, event: LiveEvent) {
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

/// An error with everything it rests on, in one line.
pub(crate) fn chain(why: &(dyn Error + 'static)) -> String {
    let (mut text, mut source) = (why.to_string(), why.source());
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// A fault of ours: logged with its whole chain under a number that the caller gets.
fn fault(why: &(dyn Error + 'static)) -> Stop {
    let reference = hex(&clock::random::<5>());
    tracing::error!(fault.reference = %reference, fault.chain = %chain(why), "fault");
    Stop::Fault(Fault { reference })
}

/// A store fault as the port's fault.
#[expect(clippy::needless_pass_by_value, reason = "used as `map_err(stored)`")]
fn stored(why: StoreError) -> Stop {
    fault(&why)
}

fn conflict(why: CommitError) -> Stop {
    match why {
        CommitError::Conflict(name) => {
            let detail = "the state changed meanwhile, or the order was carried out before; look again";
            refuse(RefusalKind::Conflict, name, detail)
        }
        CommitError::Fault(why) => fault(&why),
    }
}

/// A named refusal.
fn refuse(kind: RefusalKind, name: &'static str, detail: impl Into<String>) -> Stop {
    Stop::Refused(Refusal { kind, name, detail: detail.into() })
}

/// The order is about something that is not there.
fn absent(name: &'static str, what: impl fmt::Display) -> Stop {
    refuse(RefusalKind::Absent, name, format!("there is no {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] fmt::Error);

    #[test]
    fn a_chain_names_every_cause_once() {
        assert_eq!(chain(&Outer(fmt::Error)), format!("outer: {}", fmt::Error));
    }

    #[test]
    fn a_conflict_in_the_store_is_a_refusal_and_not_a_fault() {
        let Stop::Refused(refusal) = conflict(CommitError::Conflict("command-ended")) else { panic!("a fault") };
        assert_eq!((refusal.kind, refusal.name), (RefusalKind::Conflict, "command-ended"));
    }
}
