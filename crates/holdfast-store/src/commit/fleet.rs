//! Changes to products, batches, devices, certificates, shadows and commands.

use holdfast_core::id::{CommandId, DeviceId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::origin::Of;
use holdfast_domain::fleet::{
    CertificateState, ClaimCode, Command, CommandOutcome, Device, DeviceCertificate, Enrolment, FactoryBatch, Product,
    Quarantine, Software,
};
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::fleet::certificate_row;
use crate::row::{self, exactly, int, one};
use crate::sql;
use crate::words::Word;
use crate::writer::Desk;

const DEVICE: On = On { key: "device-known", unique: "factory-key-known", foreign: "product-unknown" };
const OF_DEVICE: On = On { key: "device-has-one", unique: "device-has-one", foreign: "device-unknown" };

impl Desk {
    pub(super) fn put_product(&self, product: &Product) -> Result<(), CommitError> {
        let Product { id, title, vendor_domain, thing_model, created } = product;
        self.execute(sql::PRODUCT_PUT, params![id.as_str(), title, vendor_domain, thing_model, created.as_micros()])?;
        Ok(())
    }

    pub(super) fn add_batch(
        &self,
        batch: &FactoryBatch,
        devices: &[Device],
        claims: &[ClaimCode],
    ) -> Result<(), CommitError> {
        let on = On { key: "batch-known", unique: "batch-known", foreign: "product-unknown" };
        let FactoryBatch { id, product, devices: count, manifest_digest, imported } = batch;
        let row = params![id.to_string(), product.as_str(), count, manifest_digest, imported.as_micros()];
        self.add(sql::BATCH_ADD, row, on)?;
        for device in devices {
            let Device { id, product, batch, factory_key, enrolment, created, .. } = device;
            let batch = batch.to_string();
            let (state, created) = (enrolment.word(), created.as_micros());
            let row = params![id.as_str(), product.as_str(), batch, factory_key.0, state, created];
            self.add(sql::DEVICE_ADD, row, DEVICE)?;
            if let Some(quarantine) = &device.quarantine {
                self.set_quarantine(id, Some(quarantine))?;
            }
            if let Some(software) = &device.software {
                self.set_software(id, software)?;
            }
        }
        for claim in claims {
            self.add(sql::CLAIM_ADD, params![claim.device.as_str(), claim.salt, claim.hash, claim.lookup], OF_DEVICE)?;
        }
        Ok(())
    }

    /// Moves a device; one that was revoked meanwhile is not accepted by a decision made before.
    pub(super) fn set_enrolment(&self, device: &DeviceId, to: Enrolment) -> Result<(), CommitError> {
        if to == Enrolment::Accepted {
            self.refuse_if_cut_off(device)?;
        }
        self.must(sql::DEVICE_ENROLMENT, params![to.word(), device.as_str()], "device-unknown")
    }

    pub(super) fn set_quarantine(&self, device: &DeviceId, to: Option<&Quarantine>) -> Result<(), CommitError> {
        let (since, reason) = to.map(|q| (q.since.as_micros(), &q.reason)).unzip();
        self.must(sql::DEVICE_QUARANTINE, params![since, reason, device.as_str()], "device-unknown")?;
        // Whoever sets it says so with a change of its own; evidence and playbooks are nobody.
        self.execute(sql::ORIGIN_DROP, params![device.as_str(), Of::Quarantine.to_string()])?;
        Ok(())
    }

    pub(super) fn set_software(&self, device: &DeviceId, software: &Software) -> Result<(), CommitError> {
        let Software { version, sequence, image_digest, slot, at } = software;
        let row = params![version, int(*sequence)?, image_digest, slot.to_string(), at.as_micros(), device.as_str()];
        self.must(sql::DEVICE_SOFTWARE, row, "device-unknown")
    }

    pub(super) fn add_certificate(&self, certificate: &DeviceCertificate) -> Result<(), CommitError> {
        let on = On { key: "certificate-serial-known", unique: "certificate-serial-known", foreign: "device-unknown" };
        let DeviceCertificate { device, serial, key, not_before, not_after, state } = certificate;
        self.refuse_if_cut_off(device)?;
        let (from, until) = (not_before.as_micros(), not_after.as_micros());
        self.add(sql::CERTIFICATE_ADD, params![serial, device.as_str(), key.0, from, until, state.word(), from], on)?;
        self.execute(sql::CERTIFICATES_SUPERSEDE_UNUSED, params![from, device.as_str(), serial])?;
        Ok(())
    }

    /// Proves an issued certificate; proving a proven one again changes nothing.
    pub(super) fn prove_certificate(&self, device: &DeviceId, serial: &str, at: Timestamp) -> Result<(), CommitError> {
        let row = params![at.as_micros(), serial, device.as_str()];
        if self.touched(sql::CERTIFICATE_PROVE, row)? {
            self.execute(sql::CERTIFICATES_SUPERSEDE, row)?;
            return Ok(());
        }
        let stored = one(&self.conn, (sql::CERTIFICATE, "certificate"), [serial], certificate_row)?;
        match stored.filter(|stored| stored.device == *device).map(|stored| stored.state) {
            Some(CertificateState::Proven) => Ok(()),
            Some(_) => Err(CommitError::Conflict("certificate-not-issued")),
            None => Err(CommitError::Conflict("certificate-unknown")),
        }
    }

    pub(super) fn revoke_certificates(&self, device: &DeviceId, at: Timestamp) -> Result<(), CommitError> {
        self.execute(sql::CERTIFICATES_REVOKE, params![at.as_micros(), device.as_str()])?;
        Ok(())
    }

    pub(super) fn set_desired(&self, device: &DeviceId, from: u64, desired: &str) -> Result<(), CommitError> {
        let table = (sql::SHADOW_VERSION, "shadow");
        let current: u64 = one(&self.conn, table, [device.as_str()], row::number)?.unwrap_or(0);
        if current != from {
            return Err(CommitError::Conflict("shadow-version-stale"));
        }
        self.add(sql::SHADOW_DESIRE, params![device.as_str(), int(from)? + 1, desired], OF_DEVICE)
    }

    pub(super) fn set_reported(
        &self,
        device: &DeviceId,
        applied: u64,
        reported: &str,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        let row = params![device.as_str(), reported, int(applied)?, at.as_micros()];
        self.add(sql::SHADOW_REPORT, row, OF_DEVICE)
    }

    pub(super) fn add_command(&self, command: &Command) -> Result<(), CommitError> {
        let on = On { key: "command-known", unique: "command-known", foreign: "device-unknown" };
        let Command { id, device, action, input, created, expires, outcome, ended } = command;
        let (created, expires) = (created.as_micros(), expires.as_micros());
        self.add(sql::COMMAND_ADD, params![id.to_string(), device.as_str(), action, input, created, expires], on)?;
        match (outcome, ended) {
            (Some(outcome), Some(at)) => self.end_command(*id, outcome, *at),
            (None, None) => Ok(()),
            _ => Err(CommitError::Conflict("command-half-ended")),
        }
    }

    pub(super) fn end_command(&self, id: CommandId, how: &CommandOutcome, at: Timestamp) -> Result<(), CommitError> {
        let (word, detail) = match how {
            CommandOutcome::Succeeded(output) => ("succeeded", Some(output)),
            CommandOutcome::Failed(reason) => ("failed", Some(reason)),
            CommandOutcome::Expired => ("expired", None),
        };
        let id = id.to_string();
        if self.touched(sql::COMMAND_END, params![word, detail, at.as_micros(), id])? {
            return Ok(());
        }
        let known = one(&self.conn, (sql::COMMAND, "command"), [&id], row::text)?.is_some();
        Err(CommitError::Conflict(if known { "command-ended" } else { "command-unknown" }))
    }

    fn refuse_if_cut_off(&self, device: &DeviceId) -> Result<(), CommitError> {
        let from = (sql::DEVICE_STATE, "device");
        let state = one(&self.conn, from, [device.as_str()], |f| {
            f.str()?;
            f.word()
        })?;
        match state {
            Some(Enrolment::Revoked) => Err(CommitError::Conflict("device-revoked")),
            Some(Enrolment::Rejected) => Err(CommitError::Conflict("device-rejected")),
            Some(Enrolment::Pending | Enrolment::Accepted | Enrolment::Preauthorised) => Ok(()),
            None => Err(CommitError::Conflict("device-unknown")),
        }
    }

    pub(super) fn highest(&self, from: (sql::Statement, &'static str), of: &str) -> Result<i64, CommitError> {
        Ok(exactly(&self.conn, from, [of], row::number)?)
    }
}
