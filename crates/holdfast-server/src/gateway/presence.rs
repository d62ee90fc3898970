//! Who counts as online: leases that connections renew and a task stores in batches.
//!
//! A lease ends by itself, so a server that dies leaves no device online for long.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;

/// One lease: when the device was last heard, and until when it counts as online.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) seen: Timestamp,
    pub(super) online_until: Timestamp,
}

/// Leases not stored yet; at most one for each device.
#[derive(Debug)]
pub(super) struct Leases(Mutex<BTreeMap<DeviceId, Lease>>);

impl Leases {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Renews (or ends) the lease of a device.
    pub(super) fn put(&self, device: &DeviceId, lease: Lease) {
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = leases.get_mut(device) {
            *known = lease;
        } else {
            leases.insert(device.clone(), lease);
        }
    }

    /// Takes what has to be stored.
    pub(super) fn take(&self) -> BTreeMap<DeviceId, Lease> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts back what could not be stored, unless there is something newer.
    pub(super) fn put_back(&self, leases: BTreeMap<DeviceId, Lease>) {
        let mut newer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (device, lease) in leases {
            newer.entry(device).or_insert(lease);
        }
    }
}
