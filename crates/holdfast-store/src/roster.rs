//! The devices that may connect, in memory: an image of what is stored, kept by the writer and by nobody else.
//!
//! It answers "nothing in the way, and nothing to tell" without a read. The store stays the authority: an entry is out of
//! sight from before a commit that touches its device until it was read again, and whoever finds no entry asks the store.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use holdfast_core::id::{CommandId, DeviceId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::Change;
use holdfast_domain::fleet::connection::{CertificateStanding, Standing};
use holdfast_domain::fleet::shadow::delta;
use holdfast_domain::fleet::{CertificateState, Enrolment, KeyThumbprint};
use holdfast_domain::telemetry::value::FieldMap;
use rusqlite::{Connection, Params};

use crate::error::StoreError;
use crate::row::{self, Fields, all, one};
use crate::sql::{self, Statement};
use crate::store::Store;

/// Bytes of the longest serial number (RFC 5280 §4.1.2.2).
const SERIAL_BYTES_MAX: usize = 20;

/// What is known of an accepted device with a proven certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its product.
    pub product: Arc<ProductId>,
    /// Whether it is contained.
    pub quarantined: bool,
    /// Whether a command of it has not ended.
    pub open_commands: bool,
    /// Whether its reported side lacks something that is desired.
    pub shadow_differs: bool,
    serial: [u8; SERIAL_BYTES_MAX],
    key: KeyThumbprint,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Known {
    /// How the device stands if it presents this certificate, or `None` if that is not its proven one.
    #[must_use]
    pub fn standing_with(&self, serial: &str, key: &KeyThumbprint) -> Option<Standing> {
        let same = self.key == *key && serial_bytes(serial) == Some(self.serial);
        same.then_some(Standing {
            enrolment: Enrolment::Accepted,
            quarantined: self.quarantined,
            certificate: Some(CertificateStanding {
                state: CertificateState::Proven,
                not_before: self.not_before,
                not_after: self.not_after,
            }),
        })
    }
}

impl Store {
    /// What is known of a device without a read. `None` says nothing: it may be unknown, refused, not proven yet, or about
    /// to change.
    #[must_use]
    pub fn known(&self, device: &DeviceId) -> Option<Known> {
        self.roster().known(device)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    known: Known,
    /// A change of this device is being committed.
    changing: bool,
}

/// The image.
#[derive(Debug, Default)]
pub(crate) struct Roster(RwLock<HashMap<DeviceId, Entry>>);

impl Roster {
    pub(crate) fn load(conn: &Connection) -> Result<Self, StoreError> {
        let mut products = BTreeSet::new();
        let rows = read(conn, all, sql::ROSTER, [])?;
        let entries = rows.into_iter().map(|(device, mut known)| {
            // One copy for all devices of a product.
            match products.get(&known.product) {
                Some(shared) => known.product = Arc::clone(shared),
                None => _ = products.insert(Arc::clone(&known.product)),
            }
            (device, Entry { known, changing: false })
        });
        Ok(Self(RwLock::new(entries.collect())))
    }

    fn known(&self, device: &DeviceId) -> Option<Known> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(device).filter(|entry| !entry.changing).map(|entry| entry.known.clone())
    }

    /// Before the commit: nobody sees these devices any more, and those that only get a command are looked after.
    pub(crate) fn hide(&self, touched: &Touched) {
        if touched.changed.is_empty() && touched.commanded.is_empty() {
            return;
        }
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for device in &touched.changed {
            if let Some(entry) = entries.get_mut(device) {
                entry.changing = true;
            }
        }
        for device in &touched.commanded {
            if let Some(entry) = entries.get_mut(device) {
                entry.known.open_commands = true;
            }
        }
    }

    /// After the commit, or after it failed: these devices are as they are stored.
    pub(crate) fn read_again(&self, conn: &Connection, touched: Touched, committed: bool) {
        let Touched { mut changed, commanded } = touched;
        if !committed {
            changed.extend(commanded);
        }
        for device in changed {
            let stored = read(conn, one, sql::ROSTER_ONE, [device.as_str()]);
            let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
            match stored {
                Ok(Some((_, mut known))) => {
                    if let Some(before) = entries.get(&device).filter(|before| before.known.product == known.product) {
                        known.product = Arc::clone(&before.known.product);
                    }
                    entries.insert(device, Entry { known, changing: false });
                }
                Ok(None) => _ = entries.remove(&device),
                Err(fault) => {
                    tracing::error!(error = &fault as &dyn std::error::Error, "a device cannot be read again");
                    entries.remove(&device);
                }
            }
        }
    }
}

/// Devices whose image a turn of the writer may change.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// They are read again.
    changed: BTreeSet<DeviceId>,
    /// They have an open command now; nothing else is new.
    commanded: BTreeSet<DeviceId>,
}

impl Touched {
    /// Adds what a decision touched that was carried out.
    pub(crate) fn and(&mut self, mut more: Self) {
        self.changed.append(&mut more.changed);
        self.commanded.append(&mut more.commanded);
    }

    /// Notes whom a change is about. Every kind of change is weighed here: one that alters what [`Known`] says belongs to
    /// the first group.
    pub(crate) fn note(&mut self, change: &Change, conn: &Connection) -> Result<(), StoreError> {
        match change {
            Change::SetEnrolment { device, .. }
            | Change::ProveCertificate { device, .. }
            | Change::RevokeCertificates { device, .. }
            | Change::SetQuarantine { device, .. }
            | Change::SetDesired { device, .. }
            | Change::SetReported { device, .. } => self.add(device),
            Change::AddCertificate(certificate) => self.add(&certificate.device),
            Change::AddCommand(command) if command.outcome.is_none() => {
                self.commanded.insert(command.device.clone());
            }
            Change::AddCommand(command) => self.add(&command.device),
            Change::EndCommand { command, .. } => self.add_of(*command, conn)?,
            // New devices are not accepted, and have no certificate.
            Change::AddBatch { .. }
            | Change::PutProduct(_)
            | Change::PutDossier(_)
            | Change::AddTrust(_)
            | Change::AddPaper(_)
            | Change::SetSoftware { .. }
            | Change::AddAppraisal(_)
            | Change::OpenAlert(_)
            | Change::CloseAlert { .. }
            | Change::Findings(_)
            | Change::Home(_)
            | Change::Group(_)
            | Change::SetOrigin(_)
            | Change::Bulk(_)
            | Change::AddRelease(_)
            | Change::PutReleaseNote(_)
            | Change::WithdrawRelease { .. }
            | Change::AddDeployment { .. }
            | Change::AddRuns { .. }
            | Change::SetDeploymentState { .. }
            | Change::SetExecution(_)
            | Change::AddReader(_)
            | Change::RetireReader { .. }
            | Change::BindTag(_)
            | Change::AddSighting(_)
            | Change::AddReplacement(_)
            | Change::AddPerson(_)
            | Change::AddSignInLink(_)
            | Change::UseSignInLink { .. }
            | Change::AddSession(_)
            | Change::EndSession { .. }
            | Change::AddToken(_)
            | Change::Account(_)
            | Change::AddNotice(_)
            | Change::Contact(_)
            | Change::Identity(_)
            | Change::Complaint(_)
            | Change::Breach(_)
            | Change::Shop(_)
            | Change::AddProof(_)
            | Change::RevokeToken { .. }
            | Change::SetIssuer { .. }
            | Change::SetHardwareKeys(_)
            | Change::Help(_)
            | Change::SetChoice(_)
            | Change::SetSensing { .. }
            | Change::SetDeviceTrust { .. } => {}
        }
        Ok(())
    }

    pub(crate) fn add(&mut self, device: &DeviceId) {
        if !self.changed.contains(device) {
            self.changed.insert(device.clone());
        }
    }

    fn add_of(&mut self, command: CommandId, conn: &Connection) -> Result<(), StoreError> {
        let from = (sql::COMMAND_DEVICE, "command");
        self.changed.extend(one(conn, from, [command.to_string()], row::parsed)?);
        Ok(())
    }
}

/// Reads rows of the image by [`all`] or [`one`].
fn read<P: Params, T>(
    conn: &Connection,
    how: impl Fn(
        &Connection,
        (Statement, &'static str),
        P,
        fn(&mut Fields<'_>) -> Result<(DeviceId, Known), StoreError>,
    ) -> Result<T, StoreError>,
    statement: Statement,
    params: P,
) -> Result<T, StoreError> {
    how(conn, (statement, "device"), params, known_row)
}

fn known_row(f: &mut Fields<'_>) -> Result<(DeviceId, Known), StoreError> {
    let device = f.parsed()?;
    let (product, quarantined) = (Arc::new(f.parsed()?), f.flag()?);
    let serial = serial_bytes(f.str()?).ok_or_else(|| f.inconsistent("is no serial number"))?;
    let (key, not_before, not_after) = (KeyThumbprint(f.bytes()?), f.time()?, f.time()?);
    let open_commands = f.flag()?;
    let (desired, reported) = (f.optional(Fields::str)?, f.optional(Fields::str)?);
    let shadow_differs = desired.zip(reported).is_some_and(|(desired, reported)| differ(desired, reported));
    Ok((device, Known { product, quarantined, open_commands, shadow_differs, serial, key, not_before, not_after }))
}

/// Whether something desired is not reported. What cannot be read may differ: whoever looks at the store will say so.
fn differ(desired: &str, reported: &str) -> bool {
    if desired == "{}" || desired == reported {
        return false;
    }
    match (FieldMap::parse(desired), FieldMap::parse(reported)) {
        (Ok(desired), Ok(reported)) => !delta(&desired, &reported).is_empty(),
        _ => true,
    }
}

/// A serial number as hexadecimal digits, right-aligned.
fn serial_bytes(text: &str) -> Option<[u8; SERIAL_BYTES_MAX]> {
    let mut bytes = [0; SERIAL_BYTES_MAX];
    let digits = text.as_bytes();
    let start = SERIAL_BYTES_MAX.checked_sub(digits.len() / 2).filter(|_| digits.len().is_multiple_of(2))?;
    for (byte, pair) in bytes.get_mut(start..)?.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
