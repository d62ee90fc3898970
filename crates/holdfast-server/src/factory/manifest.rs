//! The manifest of a batch: what the factory tells the server about the devices it made, as JSON.
//!
//! Parsing is strict: unknown or repeated members, wrong forms, repeated ids or keys refuse the whole file.

use std::collections::BTreeSet;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{BatchId, DeviceId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::KeyThumbprint;
use holdfast_domain::fleet::batch::{ListedDevice, OfferedBatch};
use holdfast_domain::homes::code::ClaimText;
use holdfast_domain::telemetry::KeyProtection;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::authority::secret_file::{from_hex, hex};

/// Largest manifest, in bytes.
pub const MANIFEST_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most devices of one batch.
pub const DEVICES_MAX: usize = 200_000;
/// What a manifest says of a factory key that the station saw in a TPM 2.0.
const PROTECTION_TPM: &str = "tpm";
/// What it may say of any other.
const PROTECTION_FILE: &str = "file";

/// Why a manifest is refused.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// Larger than [`MANIFEST_BYTES_MAX`].
    #[error("the factory manifest is larger than 32 MiB")]
    OverLong,
    /// Not JSON of this form.
    #[error("the factory manifest is not of the form that the factory station writes")]
    Json(#[from] serde_json::Error),
    /// A member holds something that cannot stand there.
    #[error("member {member} of {at} is not of its form")]
    Member {
        /// The member's name.
        member: &'static str,
        /// The device, or `the batch`.
        at: String,
    },
    /// A batch without devices.
    #[error("the factory manifest lists no device")]
    Empty,
    /// More than [`DEVICES_MAX`].
    #[error("the factory manifest lists more than 200000 devices")]
    TooMany,
    /// The same device id twice.
    #[error("device {0} is listed twice")]
    DeviceTwice(DeviceId),
    /// The same key twice.
    #[error("device {0} has the key of another device in the list")]
    KeyTwice(DeviceId),
    /// A claim code that is too short or not base32.
    #[error("a claim code must be base32 (A-Z, 2-7) with at least 26 characters")]
    WeakClaimCode,
}

impl ManifestError {
    /// Stable name for refusals and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OverLong => "batch-over-long",
            Self::Json(_) | Self::Member { .. } => "batch-malformed",
            Self::Empty => "batch-empty",
            Self::TooMany => "batch-too-many-devices",
            Self::DeviceTwice(_) => "batch-device-twice",
            Self::KeyTwice(_) => "batch-key-twice",
            Self::WeakClaimCode => "claim-code-weak",
        }
    }
}

/// A batch of devices, checked. Made by [`FactoryManifest::parse`] and by the factory station only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactoryManifest {
    batch: BatchId,
    product: ProductId,
    made: Timestamp,
    factory_ca: [u8; 32],
    devices: Vec<ListedDevice>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    batch: String,
    product: String,
    made: i64,
    factory_ca: String,
    devices: Vec<WireDevice>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireDevice {
    id: String,
    key: String,
    claim_salt: String,
    claim_hash: String,
    /// What the code is found by; absent in older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim_lookup: Option<String>,
    /// Only if the station saw the key in hardware: `tpm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    protection: Option<String>,
}

impl FactoryManifest {
    /// Checks the list of a new batch.
    pub(super) fn new(
        batch: BatchId,
        product: ProductId,
        made: Timestamp,
        factory_ca: [u8; 32],
        devices: Vec<ListedDevice>,
    ) -> Result<Self, ManifestError> {
        if devices.is_empty() {
            return Err(ManifestError::Empty);
        }
        if devices.len() > DEVICES_MAX {
            return Err(ManifestError::TooMany);
        }
        let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for device in &devices {
            if !ids.insert(&device.id) {
                return Err(ManifestError::DeviceTwice(device.id.clone()));
            }
            if !keys.insert(device.key) {
                return Err(ManifestError::KeyTwice(device.id.clone()));
            }
        }
        Ok(Self { batch, product, made, factory_ca, devices })
    }

    /// Reads a manifest file.
    ///
    /// # Errors
    /// [`ManifestError`], by name; nothing of the file is used then.
    pub fn parse(json: &[u8]) -> Result<Self, ManifestError> {
        if json.len() > MANIFEST_BYTES_MAX {
            return Err(ManifestError::OverLong);
        }
        let wire: Wire = serde_json::from_slice(json)?;
        let bad = |member| ManifestError::Member { member, at: "the batch".to_owned() };
        let batch = wire.batch.parse().map_err(|_| bad("batch"))?;
        let product = wire.product.parse().map_err(|_| bad("product"))?;
        let factory_ca: Sha256Digest = wire.factory_ca.parse().map_err(|_| bad("factory_ca"))?;
        if wire.made < 0 {
            return Err(bad("made"));
        }
        let made = Timestamp::from_micros(wire.made);
        let devices = wire.devices.iter().map(WireDevice::read).collect::<Result<_, _>>()?;
        Self::new(batch, product, made, *factory_ca.as_bytes(), devices)
    }

    /// The file's content; parses back to an equal manifest.
    ///
    /// # Errors
    /// [`ManifestError::OverLong`].
    pub fn to_json(&self) -> Result<String, ManifestError> {
        let device = |device: &ListedDevice| WireDevice {
            id: device.id.to_string(),
            key: hex(&device.key.0),
            claim_salt: hex(&device.claim_salt),
            claim_hash: hex(&device.claim_hash),
            claim_lookup: device.claim_lookup.as_ref().map(|lookup| hex(lookup)),
            protection: (device.protection == KeyProtection::Hardware).then(|| PROTECTION_TPM.to_owned()),
        };
        let wire = Wire {
            batch: self.batch.to_string(),
            product: self.product.to_string(),
            made: self.made.as_micros(),
            factory_ca: hex(&self.factory_ca),
            devices: self.devices.iter().map(device).collect(),
        };
        let mut text = serde_json::to_string_pretty(&wire)?;
        text.push('\n');
        if text.len() > MANIFEST_BYTES_MAX { Err(ManifestError::OverLong) } else { Ok(text) }
    }

    /// What the rule of importing needs of a manifest that was read from this file content.
    #[must_use]
    pub fn offered(self, json: &[u8]) -> OfferedBatch {
        let manifest_digest = *Sha256Digest::of(json).as_bytes();
        OfferedBatch { id: self.batch, product: self.product, manifest_digest, devices: self.devices }
    }

    /// Id of the batch.
    #[must_use]
    pub const fn batch(&self) -> BatchId {
        self.batch
    }

    /// The product that was made.
    #[must_use]
    pub const fn product(&self) -> &ProductId {
        &self.product
    }

    /// When the manifest was written.
    #[must_use]
    pub const fn made(&self) -> Timestamp {
        self.made
    }

    /// SHA-256 of the factory CA's certificate, DER.
    #[must_use]
    pub const fn factory_ca(&self) -> &[u8; 32] {
        &self.factory_ca
    }

    /// The devices, at least one, ids and keys unique.
    #[must_use]
    pub fn devices(&self) -> &[ListedDevice] {
        &self.devices
    }
}

impl WireDevice {
    fn read(&self) -> Result<ListedDevice, ManifestError> {
        let bad = |member| ManifestError::Member { member, at: self.id.chars().take(DeviceId::BYTES_MAX).collect() };
        let digest = |text: &str| text.parse().map(|digest: Sha256Digest| *digest.as_bytes());
        Ok(ListedDevice {
            id: self.id.parse().map_err(|_| bad("id"))?,
            key: KeyThumbprint(digest(&self.key).map_err(|_| bad("key"))?),
            claim_salt: from_hex(&self.claim_salt)
                .and_then(|salt| salt.try_into().ok())
                .ok_or_else(|| bad("claim_salt"))?,
            claim_hash: digest(&self.claim_hash).map_err(|_| bad("claim_hash"))?,
            claim_lookup: match &self.claim_lookup {
                None => None,
                Some(text) => {
                    let lookup = from_hex(text).and_then(|lookup| lookup.try_into().ok());
                    Some(lookup.ok_or_else(|| bad("claim_lookup"))?)
                }
            },
            protection: match self.protection.as_deref() {
                None | Some(PROTECTION_FILE) => KeyProtection::File,
                Some(PROTECTION_TPM) => KeyProtection::Hardware,
                Some(_) => return Err(bad("protection")),
            },
        })
    }
}

/// What the server keeps of a claim code: SHA-256 of the salt, then the code in capitals without spaces and hyphens.
///
/// # Errors
/// [`ManifestError::WeakClaimCode`] if it is not base32 or holds fewer than 128 bits.
pub fn claim_hash(salt: &[u8; 16], code: &[u8]) -> Result<[u8; 32], ManifestError> {
    Ok(claim_text(code)?.hash(salt))
}

/// A device's claim code as its file holds it.
///
/// # Errors
/// [`ManifestError::WeakClaimCode`] if it is not base32 or holds fewer than 128 bits.
pub fn claim_text(code: &[u8]) -> Result<ClaimText, ManifestError> {
    let text = std::str::from_utf8(code).map_err(|_| ManifestError::WeakClaimCode)?;
    ClaimText::parse(text).ok_or(ManifestError::WeakClaimCode)
}
