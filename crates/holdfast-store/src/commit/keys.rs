//! Changes to what is known of keys: issuers, hardware, trust documents that devices hold.

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::KeyThumbprint;
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::row::int;
use crate::sql;
use crate::writer::Desk;

impl Desk {
    pub(super) fn set_issuer(&self, serial: &str, issuer: KeyThumbprint) -> Result<(), CommitError> {
        let on =
            On { key: "certificate-serial-known", unique: "certificate-serial-known", foreign: "certificate-unknown" };
        self.add(sql::ISSUER_SET, params![serial, issuer.0], on)
    }

    pub(super) fn set_hardware_keys(&self, devices: &[DeviceId]) -> Result<(), CommitError> {
        let on = On { key: "device-has-one", unique: "device-has-one", foreign: "device-unknown" };
        devices.iter().try_for_each(|device| self.add(sql::HARDWARE_ADD, params![device.as_str()], on))
    }

    pub(super) fn set_device_trust(&self, device: &DeviceId, version: u64, at: Timestamp) -> Result<(), CommitError> {
        let on = On { key: "device-has-one", unique: "device-has-one", foreign: "device-unknown" };
        self.add(sql::DEVICE_TRUST_PUT, params![device.as_str(), int(version)?, at.as_micros()], on)
    }
}
