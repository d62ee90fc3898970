//! Reads of the fleet: products, batches, devices, certificates, shadows, commands; and signs of life.

mod devices;
mod search;

use holdfast_core::id::{BatchId, CommandId, DeviceId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::{
    ClaimCode, Command, CommandOutcome, DeviceCertificate, FactoryBatch, KeyThumbprint, Product, Shadow,
};
use rusqlite::params;

pub use devices::{DeviceFilter, FleetCounts, VersionCount};
pub use search::DeviceClass;

use crate::error::{CommitError, StoreError};
use crate::row::{Fields, all, exactly, one};
use crate::sql;
use crate::store::Store;

/// How much hangs on one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProductCounts {
    /// Devices.
    pub devices: u64,
    /// Releases.
    pub releases: u64,
    /// Factory batches.
    pub batches: u64,
}

/// A sign of life of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Whose.
    pub device: DeviceId,
    /// When a packet of it last arrived.
    pub last_seen: Timestamp,
    /// It counts as online until then.
    pub online_until: Timestamp,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// All products, by id.
    pub fn products(&self) -> Result<Vec<Product>, StoreError> {
        self.read(|conn| all(conn, (sql::PRODUCTS, "product"), [], product_row))
    }

    /// One product.
    pub fn product(&self, id: &ProductId) -> Result<Option<Product>, StoreError> {
        self.read(|conn| one(conn, (sql::PRODUCT, "product"), [id.as_str()], product_row))
    }

    /// How much hangs on a product.
    pub fn product_counts(&self, id: &ProductId) -> Result<ProductCounts, StoreError> {
        self.read(|conn| {
            exactly(conn, (sql::PRODUCT_COUNTS, "product"), [id.as_str()], |f| {
                Ok(ProductCounts { devices: f.number()?, releases: f.number()?, batches: f.number()? })
            })
        })
    }

    /// All factory batches, newest first.
    pub fn batches(&self) -> Result<Vec<FactoryBatch>, StoreError> {
        self.read(|conn| all(conn, (sql::BATCHES, "batch"), [], batch_row))
    }

    /// One factory batch.
    pub fn batch(&self, id: BatchId) -> Result<Option<FactoryBatch>, StoreError> {
        self.read(|conn| one(conn, (sql::BATCH, "batch"), [id.to_string()], batch_row))
    }

    /// What is known of a device's claim code.
    pub fn claim_code(&self, device: &DeviceId) -> Result<Option<ClaimCode>, StoreError> {
        self.read(|conn| one(conn, (sql::CLAIM, "claim_code"), [device.as_str()], crate::homes::code_row))
    }

    /// A device's operational certificates, newest first.
    pub fn certificates(&self, device: &DeviceId) -> Result<Vec<DeviceCertificate>, StoreError> {
        self.read(|conn| all(conn, (sql::CERTIFICATES, "certificate"), [device.as_str()], certificate_row))
    }

    /// The operational certificate with this serial number (lower-case hexadecimal).
    pub fn certificate_by_serial(&self, serial: &str) -> Result<Option<DeviceCertificate>, StoreError> {
        self.read(|conn| one(conn, (sql::CERTIFICATE, "certificate"), [serial], certificate_row))
    }

    /// A device's shadow; one that nobody wrote yet has version 0 and two empty objects.
    pub fn shadow(&self, device: &DeviceId) -> Result<Shadow, StoreError> {
        let stored = self.read(|conn| one(conn, (sql::SHADOW, "shadow"), [device.as_str()], shadow_row))?;
        Ok(stored.unwrap_or_else(|| Shadow {
            desired: "{}".to_owned(),
            reported: "{}".to_owned(),
            ..Shadow::default()
        }))
    }

    /// One command.
    pub fn command(&self, id: CommandId) -> Result<Option<Command>, StoreError> {
        self.read(|conn| one(conn, (sql::COMMAND, "command"), [id.to_string()], command_row))
    }

    /// A device's commands, newest first, before `before` if given.
    pub fn commands(
        &self,
        device: &DeviceId,
        before: Option<CommandId>,
        limit: u32,
    ) -> Result<Vec<Command>, StoreError> {
        let before = before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        let asked = params![device.as_str(), before, limit];
        self.read(|conn| all(conn, (sql::COMMANDS, "command"), asked, command_row))
    }

    /// A device's commands that have not ended, oldest first.
    pub fn open_commands(&self, device: &DeviceId) -> Result<Vec<Command>, StoreError> {
        self.read(|conn| all(conn, (sql::COMMANDS_OPEN, "command"), [device.as_str()], command_row))
    }

    /// Commands of all devices that have not ended and should not be carried out any more.
    pub fn overdue_commands(&self, now: Timestamp, limit: u32) -> Result<Vec<Command>, StoreError> {
        self.read(|conn| all(conn, (sql::COMMANDS_OVERDUE, "command"), params![now.as_micros(), limit], command_row))
    }

    /// Records signs of life; those of unknown devices are passed over.
    pub fn touch_devices(&self, touches: Vec<Touch>) -> impl Future<Output = Result<(), CommitError>> + Send + use<> {
        self.write(move |desk| {
            for Touch { device, last_seen, online_until } in touches {
                let row = params![last_seen.as_micros(), online_until.as_micros(), device.as_str()];
                desk.execute(sql::DEVICE_TOUCH, row)?;
            }
            Ok(())
        })
    }
}

/// Greater than every record id.
pub(crate) const NEWEST: &str = "g";

fn product_row(f: &mut Fields<'_>) -> Result<Product, StoreError> {
    Ok(Product {
        id: f.parsed()?,
        title: f.text()?,
        vendor_domain: f.text()?,
        thing_model: f.text()?,
        created: f.time()?,
    })
}

fn batch_row(f: &mut Fields<'_>) -> Result<FactoryBatch, StoreError> {
    Ok(FactoryBatch {
        id: f.parsed()?,
        product: f.parsed()?,
        devices: f.number()?,
        manifest_digest: f.bytes()?,
        imported: f.time()?,
    })
}

pub(crate) fn certificate_row(f: &mut Fields<'_>) -> Result<DeviceCertificate, StoreError> {
    Ok(DeviceCertificate {
        serial: f.text()?,
        device: f.parsed()?,
        key: KeyThumbprint(f.bytes()?),
        not_before: f.time()?,
        not_after: f.time()?,
        state: f.word()?,
    })
}

fn shadow_row(f: &mut Fields<'_>) -> Result<Shadow, StoreError> {
    f.str()?;
    Ok(Shadow {
        version: f.number()?,
        desired: f.text()?,
        reported: f.text()?,
        applied_version: f.number()?,
        reported_at: f.optional(Fields::time)?,
    })
}

fn command_row(f: &mut Fields<'_>) -> Result<Command, StoreError> {
    Ok(Command {
        id: f.parsed()?,
        device: f.parsed()?,
        action: f.text()?,
        input: f.text()?,
        created: f.time()?,
        expires: f.time()?,
        outcome: command_outcome(f)?,
        ended: f.optional(Fields::time)?,
    })
}

fn command_outcome(f: &mut Fields<'_>) -> Result<Option<CommandOutcome>, StoreError> {
    let (word, detail) = (f.optional(Fields::str)?, f.optional(Fields::text)?);
    match (word, detail) {
        (None, None) => Ok(None),
        (Some("succeeded"), Some(output)) => Ok(Some(CommandOutcome::Succeeded(output))),
        (Some("failed"), Some(reason)) => Ok(Some(CommandOutcome::Failed(reason))),
        (Some("expired"), None) => Ok(Some(CommandOutcome::Expired)),
        _ => Err(f.inconsistent("and outcome fit no state")),
    }
}
