//! Importing a factory batch: the one way a device becomes known.

use std::collections::BTreeSet;

use holdfast_core::id::{BatchId, DeviceId, PersonId, ProductId};
use holdfast_core::time::Timestamp;

use super::{ClaimCode, Device, Enrolment, FactoryBatch, KeyThumbprint, Product};
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::telemetry::KeyProtection;

/// Most devices of one batch.
pub const BATCH_DEVICES_MAX: usize = 200_000;

/// A factory manifest after its format was parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedBatch {
    /// Its id.
    pub id: BatchId,
    /// The product made.
    pub product: ProductId,
    /// SHA-256 of the manifest file.
    pub manifest_digest: [u8; 32],
    /// What it lists.
    pub devices: Vec<ListedDevice>,
}

/// One device of a factory manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDevice {
    /// Its id.
    pub id: DeviceId,
    /// Thumbprint of its factory key.
    pub key: KeyThumbprint,
    /// Salt of its claim code.
    pub claim_salt: [u8; 16],
    /// SHA-256 of salt and claim code.
    pub claim_hash: [u8; 32],
    /// What the code is found by; older manifests do not say.
    pub claim_lookup: Option<[u8; 8]>,
    /// How its factory key is protected, as the factory station saw it.
    pub protection: KeyProtection,
}

/// What the store already knows of the things a batch lists.
#[derive(Debug, Clone, Default)]
pub struct BatchFacts<'a> {
    /// The product it names.
    pub product: Option<&'a Product>,
    /// A batch of the same id was imported before.
    pub imported: bool,
    /// The factory CA it names stands in the current trust document.
    pub factory_ca_trusted: bool,
    /// Listed device ids that exist already.
    pub ids_taken: BTreeSet<DeviceId>,
    /// Listed keys that exist already.
    pub keys_taken: BTreeSet<KeyThumbprint>,
    /// Listed look-ups of claim codes that exist already.
    pub codes_taken: BTreeSet<[u8; 8]>,
}

/// Why a batch is not imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchRefusal {
    /// Its product is not known.
    #[error("the batch names an unknown product")]
    UnknownProduct,
    /// It was imported before.
    #[error("the batch was imported before")]
    AlreadyImported,
    /// Its factory CA is not in the current trust document.
    #[error("the batch names a factory CA that the trust document does not hold")]
    FactoryCaUnknown,
    /// No device in it.
    #[error("the batch lists no device")]
    Empty,
    /// More than [`BATCH_DEVICES_MAX`].
    #[error("the batch lists more than {BATCH_DEVICES_MAX} devices")]
    TooManyDevices,
    /// An id twice, in the batch or in the fleet.
    #[error("device id {0} occurs twice")]
    DuplicateDevice(DeviceId),
    /// A key twice, in the batch or in the fleet: two units would share a secret.
    #[error("device {0} has the factory key of another device")]
    DuplicateKey(DeviceId),
    /// A claim code twice, in the batch or in the fleet: one label would open two units.
    #[error("device {0} has the claim code of another device")]
    DuplicateCode(DeviceId),
}

impl BatchRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnknownProduct => "unknown-product",
            Self::AlreadyImported => "batch-already-imported",
            Self::FactoryCaUnknown => "factory-ca-unknown",
            Self::Empty => "batch-empty",
            Self::TooManyDevices => "batch-too-many-devices",
            Self::DuplicateDevice(_) => "duplicate-device",
            Self::DuplicateKey(_) => "duplicate-key",
            Self::DuplicateCode(_) => "duplicate-code",
        }
    }
}

/// Decides to import a batch: each listed device may enrol from now on.
///
/// # Errors
///
/// [`BatchRefusal`]; a batch is imported whole or not at all.
pub fn import_batch(
    facts: &BatchFacts<'_>,
    offered: OfferedBatch,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, BatchRefusal> {
    if facts.product.is_none_or(|product| product.id != offered.product) {
        return Err(BatchRefusal::UnknownProduct);
    }
    if facts.imported {
        return Err(BatchRefusal::AlreadyImported);
    }
    if !facts.factory_ca_trusted {
        return Err(BatchRefusal::FactoryCaUnknown);
    }
    if offered.devices.is_empty() {
        return Err(BatchRefusal::Empty);
    }
    let count = u32::try_from(offered.devices.len()).ok().filter(|_| offered.devices.len() <= BATCH_DEVICES_MAX);
    let count = count.ok_or(BatchRefusal::TooManyDevices)?;
    refuse_duplicates(facts, &offered.devices)?;
    let batch = FactoryBatch {
        id: offered.id,
        product: offered.product,
        devices: count,
        manifest_digest: offered.manifest_digest,
        imported: now,
    };
    let line = LedgerLine::new(kind::BATCH_IMPORTED, now)
        .fact("batch", &batch.id)
        .fact("product", &batch.product)
        .fact("devices", u64::from(count))
        .fact("manifest", &batch.manifest_digest)
        .fact("person", by);
    let devices = offered.devices.iter().map(|listed| preauthorised(listed, &batch, now)).collect();
    let in_hardware = |listed: &&ListedDevice| listed.protection == KeyProtection::Hardware;
    let hardware: Vec<DeviceId> = offered.devices.iter().filter(in_hardware).map(|listed| listed.id.clone()).collect();
    let claims = offered.devices.into_iter().map(claim_code).collect();
    let mut changes = vec![Change::AddBatch { batch, devices, claims }];
    if !hardware.is_empty() {
        changes.push(Change::SetHardwareKeys(hardware));
    }
    Ok(Decision::new(changes, line))
}

fn refuse_duplicates(facts: &BatchFacts<'_>, devices: &[ListedDevice]) -> Result<(), BatchRefusal> {
    let (mut ids, mut keys, mut codes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for listed in devices {
        if facts.ids_taken.contains(&listed.id) || !ids.insert(&listed.id) {
            return Err(BatchRefusal::DuplicateDevice(listed.id.clone()));
        }
        if facts.keys_taken.contains(&listed.key) || !keys.insert(listed.key) {
            return Err(BatchRefusal::DuplicateKey(listed.id.clone()));
        }
        if listed.claim_lookup.is_some_and(|code| facts.codes_taken.contains(&code) || !codes.insert(code)) {
            return Err(BatchRefusal::DuplicateCode(listed.id.clone()));
        }
    }
    Ok(())
}

fn preauthorised(listed: &ListedDevice, batch: &FactoryBatch, now: Timestamp) -> Device {
    Device {
        id: listed.id.clone(),
        product: batch.product.clone(),
        batch: batch.id,
        factory_key: listed.key,
        enrolment: Enrolment::Preauthorised,
        quarantine: None,
        software: None,
        created: now,
        last_seen: None,
        online_until: None,
    }
}

fn claim_code(listed: ListedDevice) -> ClaimCode {
    ClaimCode { device: listed.id, salt: listed.claim_salt, hash: listed.claim_hash, lookup: listed.claim_lookup }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, device_id, person, product};

    fn listed(n: u32) -> ListedDevice {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&n.to_be_bytes());
        ListedDevice {
            id: device_id(n),
            key: KeyThumbprint(key),
            claim_salt: [1; 16],
            claim_hash: [2; 32],
            claim_lookup: None,
            protection: KeyProtection::File,
        }
    }

    fn offered(devices: Vec<ListedDevice>) -> OfferedBatch {
        OfferedBatch { id: BatchId::new(NOW, [9; 10]), product: product().id, manifest_digest: [3; 32], devices }
    }

    fn import(change: impl FnOnce(&mut BatchFacts<'_>), batch: OfferedBatch) -> Result<Decision, &'static str> {
        let product = product();
        let mut facts = BatchFacts { product: Some(&product), factory_ca_trusted: true, ..BatchFacts::default() };
        change(&mut facts);
        import_batch(&facts, batch, &person(), NOW).map_err(|refusal| refusal.name())
    }

    #[test]
    fn every_listed_device_may_enrol_and_can_be_claimed() {
        let decision = import(|_| (), offered(vec![listed(1), listed(2)])).expect("imported");
        let [Change::AddBatch { batch, devices, claims }] = decision.changes.as_slice() else { panic!() };
        assert_eq!((batch.devices, devices.len(), claims.len()), (2, 2, 2));
        assert!(devices.iter().all(|device| device.enrolment == Enrolment::Preauthorised));
        assert_eq!(claims[1].device, device_id(2));
    }

    #[test]
    fn a_batch_with_any_fault_is_refused_whole() {
        let two = || offered(vec![listed(1), listed(2)]);
        assert_eq!(import(|facts| facts.product = None, two()), Err("unknown-product"));
        assert_eq!(import(|facts| facts.imported = true, two()), Err("batch-already-imported"));
        assert_eq!(import(|facts| facts.factory_ca_trusted = false, two()), Err("factory-ca-unknown"));
        assert_eq!(import(|_| (), offered(vec![])), Err("batch-empty"));
        assert_eq!(import(|_| (), offered(vec![listed(1), listed(1)])), Err("duplicate-device"));
        let copied_key = ListedDevice { key: listed(1).key, ..listed(2) };
        assert_eq!(import(|_| (), offered(vec![listed(1), copied_key])), Err("duplicate-key"));
        assert_eq!(import(|facts| assert!(facts.ids_taken.insert(device_id(2))), two()), Err("duplicate-device"));
        assert_eq!(import(|facts| assert!(facts.keys_taken.insert(listed(2).key)), two()), Err("duplicate-key"));
        let coded = |n| ListedDevice { claim_lookup: Some([7; 8]), ..listed(n) };
        assert_eq!(import(|_| (), offered(vec![coded(1), coded(2)])), Err("duplicate-code"));
        let taken = |facts: &mut BatchFacts<'_>| assert!(facts.codes_taken.insert([7; 8]));
        assert_eq!(import(taken, offered(vec![coded(1)])), Err("duplicate-code"));
        let many = (0..=200_000).map(listed).collect();
        assert_eq!(import(|_| (), offered(many)), Err("batch-too-many-devices"));
    }
}
