//! The devices' MQTT door: accepts connections, proves who is there, lets sessions speak, and acknowledges what is stored.
//!
//! Read `listener` (how connections come in), `connection` (one task for each), `talk` with `up` and `down` (what is
//! said), `registry` (how the rest of the server reaches a device). Owns no rule (`holdfast-domain`), no packet format
//! (`holdfast-core`), no SQL (`holdfast-store`).

mod admission;
mod aside;
mod budget;
mod connection;
mod door;
mod down;
mod factory_key;
mod identity;
mod limits;
mod listener;
mod metrics;
mod models;
mod nonces;
pub(crate) mod observe;
pub(crate) mod payload;
mod pending;
mod presence;
mod readings;
mod records;
mod registry;
mod returning;
mod signed;
mod takeover;
mod talk;
mod up;

use std::sync::Arc;

use holdfast_store::Store;
use tokio::net::TcpListener;

pub use budget::Budgets;
pub use door::Config;
pub use listener::listen;
pub use metrics::{Metrics, Refusals};
pub use models::Models;
pub(crate) use readings::readmit;
pub use registry::{Connections, LiveEvent};
pub use returning::{CLASSES, Plan, Returning};
pub(crate) use up::homes::controller_told;

use crate::authority::Authority;
use crate::doorstep::Doorstep;
use crate::tls::Doors;
use door::Door;
use records::Records;

/// What the door is made of.
#[derive(Debug)]
pub struct GatewayParts {
    /// The listening socket; [`listen`] opens one with a backlog for a returning fleet.
    pub listener: TcpListener,
    /// Where the TLS configuration of the moment comes from.
    pub doors: Arc<Doors>,
    /// The key that orders to devices are signed with is one of its keys.
    pub authority: Arc<Authority>,
    /// Where everything is kept.
    pub store: Store,
    /// Compiled models; whoever changes a product calls [`Models::load`].
    pub models: Models,
    /// The handle by which the rest of the server reaches devices.
    pub connections: Connections,
    /// Where connections wait before their handshake.
    pub doorstep: Doorstep,
    /// In which order devices come back.
    pub returning: Returning,
    /// What an operator may change.
    pub config: Config,
}

/// Keeps the door open until `shutdown` resolves, then drains it: outstanding commits are waited for and acknowledged,
/// sessions are closed with 0x8B, leases and counts are stored.
pub async fn serve(parts: GatewayParts, shutdown: impl Future<Output = ()> + Send) {
    let GatewayParts { listener, doors, authority, store, models, connections, doorstep, returning, config } = parts;
    recall_stored(&models, &store);
    let shared = (connections, doorstep, returning);
    let door = Arc::new(Door::new(shared, config, Records::new(store), (models, authority)));
    tokio::select! {
        () = listener::run(listener, doors, Arc::clone(&door), shutdown) => {}
        () = door.keep_books() => {}
    }
    door.flush().await;
}

/// Reads the newest stored readings beside everything else: until then rules between readings wait for the next reading.
fn recall_stored(models: &Models, store: &Store) {
    let (models, store) = (models.clone(), store.clone());
    drop(tokio::task::spawn_blocking(move || {
        if let Err(fault) = models.recall_stored(&store) {
            tracing::error!(error = &fault as &dyn std::error::Error, "mqtt.newest readings not read");
        }
    }));
}

#[cfg(test)]
mod tests;
