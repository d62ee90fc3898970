//! Reads of what homes choose about updates and what listens in them; how far history was told to owners.

use holdfast_core::id::{DeploymentId, DeviceId, PersonId, ReleaseId};
use holdfast_core::time::Timestamp;
use holdfast_domain::updates::ReleaseKind;
use holdfast_domain::updates::choice::{Chosen, Wish};
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::row::{self, Fields, all, exactly, one};
use crate::sql;
use crate::store::{Store, wait};

/// A choice that waits for its time, at a device that could begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingChoice {
    /// The device.
    pub device: DeviceId,
    /// Why its release exists.
    pub kind: ReleaseKind,
    /// The choice.
    pub chosen: Chosen,
}

/// A security update that somebody refused for a device, and that still waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedAtHome {
    /// The device.
    pub device: DeviceId,
    /// The release.
    pub release: ReleaseId,
    /// Its version.
    pub version: String,
    /// Who refused.
    pub person: PersonId,
    /// When.
    pub at: Timestamp,
}

/// Whether a sensor is at work, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sensing {
    /// The property that tells it.
    pub property: String,
    /// Whether it is at work.
    pub active: bool,
    /// Since when.
    pub since: Timestamp,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// What was chosen about a release for a device.
    pub fn choice(&self, device: &DeviceId, release: ReleaseId) -> Result<Option<Chosen>, StoreError> {
        let asked = params![device.as_str(), release.to_string()];
        self.read(|conn| one(conn, (sql::CHOICE, "update_choice"), asked, chosen))
    }

    /// Choices that wait for their time, by device, after `after`.
    pub fn waiting_choices(&self, after: &str, limit: u32) -> Result<Vec<WaitingChoice>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::CHOICES_WAITING, "update_choice"), params![after, limit], |f| {
                let chosen = chosen(f)?;
                Ok(WaitingChoice { device: f.parsed()?, kind: f.word()?, chosen })
            })
        })
    }

    /// Security updates that were refused at home and still wait, by device, after `after`.
    pub fn refused_at_home(&self, after: &str, limit: u32) -> Result<Vec<RefusedAtHome>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::REFUSED_AT_HOME, "update_choice"), params![after, limit], |f| {
                let (device, release, person) = (f.parsed()?, f.parsed()?, f.parsed()?);
                Ok(RefusedAtHome { device, release, person, at: f.time()?, version: f.text()? })
            })
        })
    }

    /// How many devices lack a security update because it was refused at home.
    pub fn refused_at_home_count(&self) -> Result<u64, StoreError> {
        self.read(|conn| exactly(conn, (sql::REFUSED_COUNT, "update_choice"), [], row::number))
    }

    /// Owned devices of a deployment's first phases up to `phase` that have not begun, with their owners, by device.
    pub fn owners_waiting(
        &self,
        deployment: DeploymentId,
        phase: u32,
        after: &str,
        limit: u32,
    ) -> Result<Vec<(DeviceId, PersonId)>, StoreError> {
        let asked = params![deployment.to_string(), phase, after, limit];
        self.read(|conn| all(conn, (sql::OWNERS_WAITING, "execution"), asked, |f| Ok((f.parsed()?, f.parsed()?))))
    }

    /// Which sensors of a device are at work.
    pub fn sensing(&self, device: &DeviceId) -> Result<Vec<Sensing>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::SENSING, "sensing"), [device.as_str()], |f| {
                Ok(Sensing { property: f.text()?, active: f.flag()?, since: f.time()? })
            })
        })
    }

    /// The ledger leaf up to which this reader has told what happened; `None` if it never did.
    pub fn told(&self, reader: &str) -> Result<Option<u64>, StoreError> {
        self.read(|conn| one(conn, (sql::TOLD, "history_told"), [reader], row::number))
    }

    /// Records that this reader has told everything before `leaf`.
    pub fn move_told(&self, reader: &'static str, leaf: u64) -> Result<(), CommitError> {
        let leaf = i64::try_from(leaf).unwrap_or(i64::MAX);
        wait(self.write(move |desk| {
            desk.execute(sql::TOLD_MOVE, params![reader, leaf])?;
            Ok(())
        }))
    }
}

fn chosen(f: &mut Fields<'_>) -> Result<Chosen, StoreError> {
    let (word, offset, until) = (f.text()?, f.optional(Fields::number)?, f.optional(Fields::time)?);
    let wish = match (word.as_str(), offset, until) {
        ("now", None, None) => Wish::Now,
        ("never", None, None) => Wish::Never,
        ("tonight", Some(offset_minutes), None) => Wish::Tonight { offset_minutes },
        ("later", None, Some(until)) => Wish::Later { until },
        _ => return Err(f.inconsistent("and its neighbours fit no choice")),
    };
    Ok(Chosen { wish, person: f.parsed()?, session: f.optional(Fields::parsed)?, at: f.time()? })
}
