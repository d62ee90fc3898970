//! Changes to appraisals and alerts.

use holdfast_core::id::{AlertId, DeviceId, PersonId};
use holdfast_core::time::Timestamp;
use holdfast_domain::integrity::{Alert, Appraisal, Verdict};
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::row::{self, one};
use crate::sql;
use crate::words::Word;
use crate::writer::Desk;

impl Desk {
    pub(super) fn add_appraisal(&self, appraisal: &Appraisal) -> Result<(), CommitError> {
        let on = On { key: "appraisal-known", unique: "appraisal-known", foreign: "device-unknown" };
        let Appraisal { device, verdict, evidence_digest, image_digest, at } = appraisal;
        let (word, reason) = match verdict {
            Verdict::Affirming => ("affirming", None),
            Verdict::Contraindicated(reason) => ("contraindicated", Some(reason)),
        };
        let row = params![device.as_str(), word, reason, evidence_digest, image_digest, at.as_micros()];
        self.add(sql::APPRAISAL_ADD, row, on)?;
        self.execute(sql::TALLY_ADD, params![format!("appraisal-{word}"), 1])?;
        Ok(())
    }

    pub(super) fn open_alert(&self, alert: &Alert) -> Result<(), CommitError> {
        let on = On { key: "alert-known", unique: "alert-known", foreign: "device-unknown" };
        let Alert { id, device, kind, severity, text, opened, closed } = alert;
        let (device, closed) = (device.as_ref().map(DeviceId::as_str), closed.map(Timestamp::as_micros));
        let row = params![id.to_string(), device, kind, severity.word(), text, opened.as_micros(), closed];
        self.add(sql::ALERT_ADD, row, on)
    }

    pub(super) fn close_alert(&self, id: AlertId, at: Timestamp, by: Option<PersonId>) -> Result<(), CommitError> {
        let (id, by) = (id.to_string(), by.map(|person| person.to_string()));
        if self.touched(sql::ALERT_CLOSE, params![at.as_micros(), by, id])? {
            return Ok(());
        }
        let known = one(&self.conn, (sql::ALERT, "alert"), [&id], row::text)?.is_some();
        Err(CommitError::Conflict(if known { "alert-closed" } else { "alert-unknown" }))
    }
}
