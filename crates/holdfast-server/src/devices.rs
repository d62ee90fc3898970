//! The devices' HTTPS door: enrolment over secure transport (EST) and `/device/v1`.
//!
//! A handler reads, asks the rule, and answers. Who is there was proven by TLS and is looked up in the device table at
//! every request: what TLS once accepted may have been revoked since. Rules are `holdfast-domain`'s, SQL the store's.

mod admission;
mod artifact;
mod body;
pub(crate) mod check;
mod document;
mod est;
mod pkcs7;
pub(crate) mod range;
mod refusals;
mod refused;
pub(crate) mod time;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use holdfast_domain::decision::Decision;
use holdfast_store::blobs::Blobs;
use holdfast_store::{CommitError, Store};
use tokio::sync::Notify;

use crate::authority::Authority;
use crate::gateway::Models;

pub use refusals::Refusals;
use refused::Refused;

/// This door's name in counters.
const DOOR: &str = "devices";

/// What the door is made of.
#[derive(Clone)]
pub struct Parts {
    /// Devices, certificates, releases.
    pub store: Store,
    /// Artifacts.
    pub blobs: Arc<Blobs>,
    /// What the products' models demand.
    pub models: Models,
    /// Issues certificates and signs statements.
    pub authority: Arc<Authority>,
    /// Rung when a decision left effects to deliver.
    pub outbox: Arc<Notify>,
    /// Where refusals are counted.
    pub refusals: Arc<dyn Refusals>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Parts {
    /// Commits a decision and rings for its effects.
    fn decide(&self, decision: Decision) -> Result<(), CommitError> {
        let rings = !decision.effects.is_empty();
        self.store.commit(decision)?;
        if rings {
            self.outbox.notify_one();
        }
        Ok(())
    }

    /// Runs what blocks (store, files, signatures) beside the network's threads.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let parts = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&parts)).await;
        done.unwrap_or_else(|why| Err(Refused::fault(&why)))
    }
}

/// The door's routes; serve them with [`crate::https::Listener`] as [`crate::https::Door::Devices`].
pub fn router(parts: Parts) -> Router {
    let refusals = Arc::clone(&parts.refusals);
    Router::new()
        .route("/.well-known/est/cacerts", get(est::ca_certificates))
        .route("/.well-known/est/csrattrs", get(est::request_attributes))
        .route("/.well-known/est/simpleenroll", post(est::enrol))
        .route("/.well-known/est/simplereenroll", post(est::renew))
        .route("/device/v1/time", post(time::time))
        .route("/device/v1/update/check", post(check::check))
        .route("/device/v1/trust/{version}", get(document::trust))
        .route("/device/v1/manifests/{digest}", get(document::manifest))
        .route("/device/v1/artifacts/{digest}", get(artifact::artifact))
        .fallback(refused::no_such_resource)
        .method_not_allowed_fallback(refused::method_not_allowed)
        .with_state(parts)
        .layer(axum::middleware::from_fn_with_state(refusals, refused::count))
}

#[cfg(test)]
mod tests;
