//! The devices' MQTT door: accepts connections, proves who is there, lets sessions speak, and acknowledges what is stored.
//!
//! Read `listener` (how connections come in), `connection` (one task for each), `up` and `down` (what is said), `registry`
//! (how the rest of the server reaches a device). Owns no rule (`holdfast-domain`), no packet format (`holdfast-core`), no
//! SQL (`holdfast-store`).

mod budget;
mod identity;
mod limits;
mod metrics;
mod nonces;
mod payload;
mod presence;
mod registry;
mod takeover;

pub use budget::Budgets;
pub use metrics::{Metrics, Refusals};
pub use registry::{Connections, LiveEvent};
