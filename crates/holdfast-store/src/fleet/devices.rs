//! Reads of devices: one, many by filter, and counted.

use holdfast_core::id::{DeviceId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::{Device, Enrolment, KeyThumbprint, Quarantine, Software};
use rusqlite::params;

use crate::error::StoreError;
use crate::row::{self, Fields, all, exactly, one};
use crate::sql;
use crate::store::Store;
use crate::words::Word;

/// Which devices a list holds; an empty filter lets all through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceFilter {
    /// Of this product.
    pub product: Option<ProductId>,
    /// In this state.
    pub enrolment: Option<Enrolment>,
    /// In quarantine, or not.
    pub quarantined: Option<bool>,
    /// Online at this moment, or not.
    pub online: Option<(bool, Timestamp)>,
    /// Running this version text.
    pub version: Option<String>,
    /// With ids that begin so.
    pub prefix: Option<String>,
}

/// How the fleet stands, counted in one query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FleetCounts {
    /// Known, waiting for a person.
    pub pending: u64,
    /// With an operational certificate.
    pub accepted: u64,
    /// A person said no.
    pub rejected: u64,
    /// From a factory manifest, not yet seen.
    pub preauthorised: u64,
    /// May not connect any more.
    pub revoked: u64,
    /// Whose lease runs.
    pub online: u64,
    /// In quarantine.
    pub quarantined: u64,
}

/// How many devices of one product run one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionCount {
    /// The product.
    pub product: ProductId,
    /// The version text.
    pub version: String,
    /// Its manifest sequence number.
    pub sequence: u64,
    /// How many devices.
    pub devices: u64,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says")]
impl Store {
    /// One device.
    pub fn device(&self, id: &DeviceId) -> Result<Option<Device>, StoreError> {
        self.read(|conn| one(conn, (sql::DEVICE, "device"), [id.as_str()], device_row))
    }

    /// The device with this factory key.
    pub fn device_by_factory_key(&self, key: &KeyThumbprint) -> Result<Option<Device>, StoreError> {
        self.read(|conn| one(conn, (sql::DEVICE_BY_FACTORY_KEY, "device"), [key.0], device_row))
    }

    /// Devices by id, rising, after `after` if given.
    pub fn devices(
        &self,
        filter: &DeviceFilter,
        after: Option<&DeviceId>,
        limit: u32,
    ) -> Result<Vec<Device>, StoreError> {
        let prefix = filter.prefix.as_deref().unwrap_or_default();
        let (online, now) = filter.online.map(|(online, now)| (online, now.as_micros())).unzip();
        let asked = params![
            after.map_or("", DeviceId::as_str),
            prefix,
            format!("{prefix}\u{7f}"),
            filter.product.as_ref().map(ProductId::as_str),
            filter.enrolment.map(Word::word),
            filter.quarantined,
            online,
            now,
            filter.version,
            limit,
        ];
        self.read(|conn| all(conn, (sql::DEVICES, "device"), asked, device_row))
    }

    /// Ids of a product's devices in one state, rising, after `after` if given.
    pub fn device_ids(
        &self,
        product: &ProductId,
        enrolment: Enrolment,
        after: Option<&DeviceId>,
        limit: u32,
    ) -> Result<Vec<DeviceId>, StoreError> {
        let asked = params![product.as_str(), enrolment.word(), after.map_or("", DeviceId::as_str), limit];
        self.read(|conn| all(conn, (sql::DEVICE_IDS, "device"), asked, row::parsed))
    }

    /// Those of these ids that are known.
    pub fn known_devices(&self, ids: &[DeviceId]) -> Result<Vec<DeviceId>, StoreError> {
        self.read(|conn| {
            let mut known = Vec::new();
            for id in ids {
                known.extend(one(conn, (sql::DEVICE_KNOWN, "device"), [id.as_str()], row::parsed)?);
            }
            Ok(known)
        })
    }

    /// Those of these factory keys that are known.
    pub fn known_factory_keys(&self, keys: &[KeyThumbprint]) -> Result<Vec<KeyThumbprint>, StoreError> {
        self.read(|conn| {
            let mut known = Vec::new();
            for key in keys {
                known.extend(one(conn, (sql::FACTORY_KEY_KNOWN, "device"), [key.0], |_| Ok(*key))?);
            }
            Ok(known)
        })
    }

    /// Counts of the whole fleet.
    pub fn fleet_counts(&self, now: Timestamp) -> Result<FleetCounts, StoreError> {
        self.read(|conn| {
            exactly(conn, (sql::FLEET_COUNTS, "device"), [now.as_micros()], |f| {
                Ok(FleetCounts {
                    pending: f.number()?,
                    accepted: f.number()?,
                    rejected: f.number()?,
                    preauthorised: f.number()?,
                    revoked: f.number()?,
                    online: f.number()?,
                    quarantined: f.number()?,
                })
            })
        })
    }

    /// How many devices of each product may connect and were seen after `since`.
    pub fn devices_seen(&self, since: Timestamp) -> Result<Vec<(ProductId, u64)>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::FLEET_ALIVE, "device"), [since.as_micros()], |f| Ok((f.parsed()?, f.number()?)))
        })
    }

    /// Which versions run, by product, highest sequence first.
    pub fn version_counts(&self) -> Result<Vec<VersionCount>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::VERSION_COUNTS, "device"), [], |f| {
                Ok(VersionCount {
                    product: f.parsed()?,
                    version: f.text()?,
                    sequence: f.number()?,
                    devices: f.number()?,
                })
            })
        })
    }
}

pub(super) fn device_row(f: &mut Fields<'_>) -> Result<Device, StoreError> {
    let (id, product, batch) = (f.parsed()?, f.parsed()?, f.parsed()?);
    let (factory_key, enrolment) = (KeyThumbprint(f.bytes()?), f.word()?);
    let quarantine = match (f.optional(Fields::time)?, f.optional(Fields::text)?) {
        (Some(since), Some(reason)) => Some(Quarantine { since, reason }),
        (None, None) => None,
        _ => return Err(f.inconsistent("is only half of a quarantine")),
    };
    let software = software(f)?;
    Ok(Device {
        id,
        product,
        batch,
        factory_key,
        enrolment,
        quarantine,
        software,
        created: f.time()?,
        last_seen: f.optional(Fields::time)?,
        online_until: f.optional(Fields::time)?,
    })
}

fn software(f: &mut Fields<'_>) -> Result<Option<Software>, StoreError> {
    let (version, sequence) = (f.optional(Fields::text)?, f.optional(Fields::number)?);
    let (digest, slot, at) = (f.optional(Fields::bytes)?, f.optional(Fields::parsed)?, f.optional(Fields::time)?);
    match (version, sequence, digest, slot, at) {
        (Some(version), Some(sequence), Some(image_digest), Some(slot @ ('a' | 'b')), Some(at)) => {
            Ok(Some(Software { version, sequence, image_digest, slot, at }))
        }
        (None, None, None, None, None) => Ok(None),
        _ => Err(f.inconsistent("and its neighbours are only part of a software state")),
    }
}
