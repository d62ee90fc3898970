//! What a maker decides about keys when the server is started.

use holdfast_core::time::Millis;
use holdfast_domain::keys::renewal::ReturnPolicy;

use super::CERTIFICATE_LIFE;
use super::vault::SealSource;

/// Shortest life of a device's operational certificate.
pub const DEVICE_LIFE_MIN: Millis = Millis::from_secs(10);
/// Longest life of a device's operational certificate.
pub const DEVICE_LIFE_MAX: Millis = Millis::from_secs(800 * 86_400);

/// How keys and certificates are kept.
#[derive(Debug, Clone)]
pub struct KeyTerms {
    /// Life of the certificates that devices get.
    pub device_life: Millis,
    /// Which devices come back without a person.
    pub returning: ReturnPolicy,
    /// What seals the key files; `None` leaves them in clear.
    pub seal: Option<SealSource>,
}

impl Default for KeyTerms {
    fn default() -> Self {
        Self { device_life: CERTIFICATE_LIFE, returning: ReturnPolicy::default(), seal: None }
    }
}
