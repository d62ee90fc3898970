//! Products, devices and their identity: enrolment, certificates, quarantine, shadow, commands.
//!
//! This file holds the words; the rules stand beside it, one file for each thing that can happen to a device.

pub mod batch;
pub mod bulk;
pub mod command;
pub mod connection;
pub mod custody;
pub mod dossier;
pub mod enrolment;
pub mod filter;
pub mod group;
pub mod label;
pub mod origin;
pub mod product;
pub mod proof;
pub mod replacement;
pub mod returning;
pub mod shadow;
pub mod shop;

use holdfast_core::id::{BatchId, CommandId, DeviceId, ProductId};
use holdfast_core::time::Timestamp;

/// A product of the maker: what all its units have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Stable id, also the SUIT class name.
    pub id: ProductId,
    /// What people call it.
    pub title: String,
    /// The maker's domain, source of the SUIT vendor id.
    pub vendor_domain: String,
    /// The W3C Thing Model as uploaded, JSON text; compiled by [`crate::telemetry`].
    pub thing_model: String,
    /// When it was first made.
    pub created: Timestamp,
}

/// SHA-256 of a key's `SubjectPublicKeyInfo` (DER).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyThumbprint(pub [u8; 32]);

/// Where a device stands with the server (DESIGN, "Words").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolment {
    /// Known, waiting for a person.
    Pending,
    /// Has an operational certificate.
    Accepted,
    /// A person said no.
    Rejected,
    /// Listed in a factory manifest and not yet seen.
    Preauthorised,
    /// Was accepted and may not connect any more.
    Revoked,
}

/// One unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Its product.
    pub product: ProductId,
    /// The batch it came from.
    pub batch: BatchId,
    /// Thumbprint of its factory key.
    pub factory_key: KeyThumbprint,
    /// Its state.
    pub enrolment: Enrolment,
    /// Set while its evidence contradicts the manifest.
    pub quarantine: Option<Quarantine>,
    /// What runs on it, from its last good evidence or report.
    pub software: Option<Software>,
    /// When it was made known.
    pub created: Timestamp,
    /// When a packet of it last arrived.
    pub last_seen: Option<Timestamp>,
    /// It counts as online until then: a lease, not an event.
    pub online_until: Option<Timestamp>,
}

/// Why and since when a device is contained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// Since when.
    pub since: Timestamp,
    /// The named reason, such as `slot-digest-unknown`.
    pub reason: String,
}

/// What a device runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Software {
    /// The version text of the release.
    pub version: String,
    /// Its manifest sequence number.
    pub sequence: u64,
    /// SHA-256 of the image in the running slot.
    pub image_digest: [u8; 32],
    /// `a` or `b`.
    pub slot: char,
    /// When the device said so.
    pub at: Timestamp,
}

/// A batch of devices from one factory manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactoryBatch {
    /// Its id.
    pub id: BatchId,
    /// The product made.
    pub product: ProductId,
    /// How many devices it lists.
    pub devices: u32,
    /// SHA-256 of the manifest file as imported.
    pub manifest_digest: [u8; 32],
    /// When it was imported.
    pub imported: Timestamp,
}

/// What the server knows of a claim code: never the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimCode {
    /// The device it claims.
    pub device: DeviceId,
    /// Random salt of this code.
    pub salt: [u8; 16],
    /// SHA-256 of salt and code.
    pub hash: [u8; 32],
    /// What the code is found by; older manifests do not say.
    pub lookup: Option<[u8; 8]>,
}

/// State of an operational certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateState {
    /// Issued, not yet used for a connection.
    Issued,
    /// Used for a connection.
    Proven,
    /// A newer one was proven.
    Superseded,
    /// May not be used any more.
    Revoked,
}

/// An operational certificate (`LDevID`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// Whose.
    pub device: DeviceId,
    /// Serial number, lower-case hexadecimal without separators.
    pub serial: String,
    /// Thumbprint of its key.
    pub key: KeyThumbprint,
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until.
    pub not_after: Timestamp,
    /// Its state.
    pub state: CertificateState,
}

/// A device's shadow: what is wanted and what is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shadow {
    /// Version of the desired document; rises with each change.
    pub version: u64,
    /// Desired fields, a flat JSON object.
    pub desired: String,
    /// Reported fields, a flat JSON object.
    pub reported: String,
    /// The desired version the device last applied.
    pub applied_version: u64,
    /// When the device last reported.
    pub reported_at: Option<Timestamp>,
}

/// An order to one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its id.
    pub id: CommandId,
    /// To whom.
    pub device: DeviceId,
    /// The action's name in the Thing Model.
    pub action: String,
    /// Input, a flat JSON object.
    pub input: String,
    /// When it was given.
    pub created: Timestamp,
    /// It is not carried out after this.
    pub expires: Timestamp,
    /// How it ended.
    pub outcome: Option<CommandOutcome>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandOutcome {
    /// Carried out; holds the device's output, a flat JSON object.
    Succeeded(String),
    /// The device could not; holds its named reason.
    Failed(String),
    /// Nobody carried it out in time.
    Expired,
}
