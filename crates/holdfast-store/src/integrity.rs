//! Reads of appraisals and alerts, and counted refusals of all doors.

use holdfast_core::id::{AlertId, DeviceId};
use holdfast_core::time::Timestamp;
use holdfast_domain::integrity::{Alert, Appraisal, Verdict};
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::fleet::NEWEST;
use crate::row::{self, Fields, all, exactly, int, one};
use crate::sql;
use crate::store::Store;

/// An appraisal and its place in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAppraisal {
    /// Its place, for paging; rises with time.
    pub id: i64,
    /// The appraisal.
    pub appraisal: Appraisal,
}

/// Which alerts a list holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertFilter {
    /// Only those that are not closed.
    pub open_only: bool,
    /// Only those about this device.
    pub device: Option<DeviceId>,
}

/// How often one named refusal happened at one door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalCount {
    /// Which door, such as `mqtt`.
    pub door: String,
    /// The stable name.
    pub name: String,
    /// How often.
    pub count: u64,
    /// When last.
    pub last: Timestamp,
}

/// Refusals to be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which door.
    pub door: &'static str,
    /// The stable name.
    pub name: &'static str,
    /// How often since the last time they were counted.
    pub count: u64,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// A device's appraisals, newest first, before `before` if given.
    pub fn appraisals(
        &self,
        device: &DeviceId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredAppraisal>, StoreError> {
        let asked = params![device.as_str(), before.unwrap_or(i64::MAX), limit];
        self.read(|conn| all(conn, (sql::APPRAISALS, "appraisal"), asked, appraisal_row))
    }

    /// Alerts, newest first, before `before` if given.
    pub fn alerts(&self, filter: &AlertFilter, before: Option<AlertId>, limit: u32) -> Result<Vec<Alert>, StoreError> {
        let statement = if filter.open_only { sql::ALERTS_OPEN } else { sql::ALERTS };
        let before = before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        let asked = params![before, filter.device.as_ref().map(DeviceId::as_str), limit];
        self.read(|conn| all(conn, (statement, "alert"), asked, alert_row))
    }

    /// One alert.
    pub fn alert(&self, id: AlertId) -> Result<Option<Alert>, StoreError> {
        self.read(|conn| one(conn, (sql::ALERT, "alert"), [id.to_string()], alert_row))
    }

    /// The newest open alert of this kind about this device.
    pub fn open_alert_of_kind(&self, device: &DeviceId, kind: &str) -> Result<Option<Alert>, StoreError> {
        let asked = params![device.as_str(), kind];
        self.read(|conn| one(conn, (sql::ALERT_OPEN_OF_KIND, "alert"), asked, alert_row))
    }

    /// How many alerts are open.
    pub fn open_alerts(&self) -> Result<u64, StoreError> {
        self.read(|conn| exactly(conn, (sql::ALERTS_OPEN_COUNT, "alert"), [], row::number))
    }

    /// All counted refusals, by door and name.
    pub fn refusals(&self) -> Result<Vec<RefusalCount>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::REFUSALS, "refusal"), [], |f| {
                Ok(RefusalCount { door: f.text()?, name: f.text()?, count: f.number()?, last: f.time()? })
            })
        })
    }

    /// Adds to the counts of refusals.
    pub fn count_refusals(
        &self,
        refused: Vec<Refused>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), CommitError>> + Send + use<> {
        self.write(move |desk| {
            for Refused { door, name, count } in refused {
                desk.execute(sql::REFUSAL_ADD, params![door, name, int(count)?, now.as_micros()])?;
            }
            Ok(())
        })
    }
}

fn appraisal_row(f: &mut Fields<'_>) -> Result<StoredAppraisal, StoreError> {
    let (id, device) = (f.number()?, f.parsed()?);
    let verdict = match (f.str()?, f.optional(Fields::text)?) {
        ("affirming", None) => Verdict::Affirming,
        ("contraindicated", Some(reason)) => Verdict::Contraindicated(reason),
        _ => return Err(f.inconsistent("and verdict fit no state")),
    };
    let (evidence_digest, image_digest, at) = (f.bytes()?, f.bytes()?, f.time()?);
    Ok(StoredAppraisal { id, appraisal: Appraisal { device, verdict, evidence_digest, image_digest, at } })
}

fn alert_row(f: &mut Fields<'_>) -> Result<Alert, StoreError> {
    Ok(Alert {
        id: f.parsed()?,
        device: f.optional(Fields::parsed)?,
        kind: f.text()?,
        severity: f.word()?,
        text: f.text()?,
        opened: f.time()?,
        closed: f.optional(Fields::time)?,
    })
}
