//! Reads of homes: who owns what, who has a place, which claims and releases wait; and the deletion of a home's data.

use holdfast_core::id::{ClaimId, CommandId, DeviceId, PersonId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::{ClaimCode, KeyThumbprint};
use holdfast_domain::homes::code::Lookup;
use holdfast_domain::homes::recall::{Recall, RecallReason};
use holdfast_domain::homes::{
    Claim, ClaimEnd, ClaimState, Digits, Invitation, Member, Ownership, PairedController, Release, Rights,
};
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::row::{self, Fields, all, one};
use crate::sql::{self, Statement};
use crate::store::{Store, wait};

/// Messages deleted in one turn of the writer.
const ROWS_AT_ONCE: u32 = 500;

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says")]
impl Store {
    /// The codes of a look-up: one, or very rarely more; the salted digest decides.
    pub fn claim_codes(&self, lookup: &Lookup) -> Result<Vec<ClaimCode>, StoreError> {
        self.read(|conn| all(conn, (sql::CLAIM_BY_LOOKUP, "claim_code"), [lookup], code_row))
    }

    /// One claim.
    pub fn claim(&self, id: ClaimId) -> Result<Option<Claim>, StoreError> {
        self.read(|conn| one(conn, (sql::CLAIM_ROW, "claim"), [id.to_string()], claim_row))
    }

    /// The claim that this order asks for.
    pub fn claim_by_command(&self, command: CommandId) -> Result<Option<Claim>, StoreError> {
        self.read(|conn| one(conn, (sql::CLAIM_BY_COMMAND, "claim"), [command.to_string()], claim_row))
    }

    /// The claim of a device that is not over.
    pub fn open_claim(&self, device: &DeviceId) -> Result<Option<Claim>, StoreError> {
        self.read(|conn| one(conn, (sql::CLAIM_OPEN, "claim"), [device.as_str()], claim_row))
    }

    /// The newest claims of a person.
    pub fn claims_of(&self, person: PersonId, limit: u32) -> Result<Vec<Claim>, StoreError> {
        self.read(|conn| all(conn, (sql::CLAIMS_OF, "claim"), params![person.to_string(), limit], claim_row))
    }

    /// Contested claims whose waiting time is over.
    pub fn claims_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Claim>, StoreError> {
        self.read(|conn| all(conn, (sql::CLAIMS_DUE, "claim"), params![now.as_micros(), limit], claim_row))
    }

    /// Whose a device is.
    pub fn ownership(&self, device: &DeviceId) -> Result<Option<Ownership>, StoreError> {
        self.read(|conn| one(conn, (sql::OWNERSHIP, "ownership"), [device.as_str()], ownership_row))
    }

    /// What a person owns.
    pub fn ownerships_of(&self, person: PersonId) -> Result<Vec<Ownership>, StoreError> {
        self.read(|conn| all(conn, (sql::OWNERSHIPS_OF, "ownership"), [person.to_string()], ownership_row))
    }

    /// One membership.
    pub fn member(&self, device: &DeviceId, person: PersonId) -> Result<Option<Member>, StoreError> {
        let asked = params![device.as_str(), person.to_string()];
        self.read(|conn| one(conn, (sql::MEMBER, "member"), asked, member_row))
    }

    /// Everybody of a household beside the owner.
    pub fn members(&self, device: &DeviceId) -> Result<Vec<Member>, StoreError> {
        self.read(|conn| all(conn, (sql::MEMBERS, "member"), [device.as_str()], member_row))
    }

    /// Where a person is a member.
    pub fn memberships_of(&self, person: PersonId) -> Result<Vec<Member>, StoreError> {
        self.read(|conn| all(conn, (sql::MEMBERSHIPS_OF, "member"), [person.to_string()], member_row))
    }

    /// The invitation with this hash.
    pub fn invitation_by_hash(&self, secret_hash: &[u8; 32]) -> Result<Option<Invitation>, StoreError> {
        self.read(|conn| one(conn, (sql::INVITATION_BY_HASH, "invitation"), [secret_hash], invitation_row))
    }

    /// Invitations of a device, also those that are too old.
    pub fn invitations(&self, device: &DeviceId) -> Result<Vec<Invitation>, StoreError> {
        self.read(|conn| all(conn, (sql::INVITATIONS, "invitation"), [device.as_str()], invitation_row))
    }

    /// The newest release of a device.
    pub fn home_release(&self, device: &DeviceId) -> Result<Option<Release>, StoreError> {
        self.read(|conn| one(conn, (sql::HOME_RELEASE, "home_release"), [device.as_str()], release_row))
    }

    /// Releases of which something is left to do, oldest first.
    pub fn open_releases(&self, limit: u32) -> Result<Vec<Release>, StoreError> {
        self.read(|conn| all(conn, (sql::RELEASES_OPEN, "home_release"), [limit], release_row))
    }

    /// The end of a device's ownership that the maker's people asked for.
    pub fn recall(&self, device: &DeviceId) -> Result<Option<Recall>, StoreError> {
        self.read(|conn| one(conn, (sql::RECALL, "recall"), [device.as_str()], recall_row))
    }

    /// Devices for which the owner's time to stop it is over.
    pub fn recalls_due(&self, now: Timestamp, limit: u32) -> Result<Vec<DeviceId>, StoreError> {
        self.read(|conn| all(conn, (sql::RECALLS_DUE, "recall"), params![now.as_micros(), limit], row::parsed))
    }

    /// Controllers that the device says are paired.
    pub fn controllers(&self, device: &DeviceId) -> Result<Vec<PairedController>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::CONTROLLERS, "paired_controller"), [device.as_str()], |f| {
                Ok(PairedController { id: f.text()?, name: f.text()?, permissions: f.text()?, paired: f.time()? })
            })
        })
    }

    /// Deletes what a device measured, logged and said, as far as it was received by `until`, and what people of the home that
    /// ended at `begun` chose and ordered; says how many rows. A device that is not wiped still speaks of the old home, while
    /// people of the next one choose already. Each turn of the writer deletes only a few.
    pub fn sweep_home(&self, device: &DeviceId, begun: Timestamp, until: Timestamp) -> Result<u64, CommitError> {
        let (begun, until) = (begun.as_micros(), until.as_micros());
        let fresh = self.read(|conn| {
            one(conn, (sql::FRESH_BEFORE, "telemetry_fresh"), [until.saturating_add(1)], |f| f.optional(row::number))
        })?;
        if let Some(last) = fresh.flatten() {
            while wait(self.write(move |desk| desk.settle_some_until(last).map_err(CommitError::from)))? {}
        }
        let series: Vec<i64> =
            self.read(|conn| all(conn, (sql::SWEEP_SERIES, "series"), [device.as_str()], row::number))?;
        let mut rows = 0_u64;
        for one in series {
            loop {
                let gone =
                    wait(self.write(move |desk| {
                        Ok(desk.execute(sql::SWEEP_TELEMETRY, params![one, until, ROWS_AT_ONCE])?)
                    }))?;
                rows = rows.saturating_add(gone as u64);
                if gone < ROWS_AT_ONCE as usize {
                    break;
                }
            }
            let gone = wait(self.write(move |desk| Ok(desk.execute(sql::SWEEP_PROOFS, params![one, until])?)))?;
            rows = rows.saturating_add(gone as u64);
        }
        let said = SAID.map(|statement| (statement, until));
        for (statement, until) in said.into_iter().chain(CHOSEN.map(|statement| (statement, begun))) {
            let device = device.clone();
            let gone = self.write(move |desk| {
                // What it reported is part of what memory knows of it.
                desk.touched.add(&device);
                Ok(desk.execute(statement, params![device.as_str(), until])?)
            });
            rows = rows.saturating_add(wait(gone)? as u64);
        }
        Ok(rows)
    }
}

/// What the device said, by the moment when it was received.
const SAID: [Statement; 5] =
    [sql::SWEEP_ASIDE, sql::SWEEP_LOG, sql::SWEEP_EVENTS, sql::SWEEP_REPORTED, sql::SENSING_SWEEP];
/// What people chose, ordered and set, and what acts on many keep of how it was before, by the moment when they did.
const CHOSEN: [Statement; 4] = [sql::SWEEP_COMMANDS, sql::CHOICES_SWEEP, sql::ORIGINS_SWEEP, sql::BEFORE_SWEEP];

fn recall_row(f: &mut Fields<'_>) -> Result<Recall, StoreError> {
    let (owner, by) = (f.parsed()?, f.parsed()?);
    let reason = RecallReason::from_word(f.str()?).ok_or_else(|| f.inconsistent("is an unknown word"))?;
    Ok(Recall { owner, by, reason, asked: f.time()?, until: f.time()? })
}

pub(crate) fn code_row(f: &mut Fields<'_>) -> Result<ClaimCode, StoreError> {
    Ok(ClaimCode { device: f.parsed()?, salt: f.bytes()?, hash: f.bytes()?, lookup: f.optional(Fields::bytes)? })
}

pub(crate) fn claim_row(f: &mut Fields<'_>) -> Result<Claim, StoreError> {
    let (id, device, person, command) = (f.parsed()?, f.parsed()?, f.parsed()?, f.parsed()?);
    let digits = Digits::parse(f.str()?).ok_or_else(|| f.inconsistent("is not six digits"))?;
    let begun = f.time()?;
    let word = f.text()?;
    let at = f.time()?;
    let why = f.optional(Fields::text)?;
    let state = match (word.as_str(), why) {
        ("asking", None) => ClaimState::WaitingForDevice { until: at },
        ("contested", None) => ClaimState::WaitingPeriod { until: at },
        ("done", None) => ClaimState::Done { at },
        ("refused", Some(why)) => {
            let why = ClaimEnd::from_word(&why).ok_or_else(|| f.inconsistent("is an unknown word"))?;
            ClaimState::Refused { why, at }
        }
        _ => return Err(f.inconsistent("does not fit the state")),
    };
    Ok(Claim { id, device, person, command, digits, begun, state })
}

fn ownership_row(f: &mut Fields<'_>) -> Result<Ownership, StoreError> {
    Ok(Ownership { device: f.parsed()?, person: f.parsed()?, since: f.time()?, nickname: f.optional(Fields::text)? })
}

fn rights(f: &mut Fields<'_>) -> Result<Rights, StoreError> {
    Ok(Rights { control: f.flag()?, manage_updates: f.flag()?, see_data: f.flag()? })
}

fn member_row(f: &mut Fields<'_>) -> Result<Member, StoreError> {
    Ok(Member { device: f.parsed()?, person: f.parsed()?, rights: rights(f)?, since: f.time()? })
}

fn invitation_row(f: &mut Fields<'_>) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: f.parsed()?,
        secret_hash: f.bytes()?,
        device: f.parsed()?,
        by: f.parsed()?,
        rights: rights(f)?,
        created: f.time()?,
        expires: f.time()?,
    })
}

fn release_row(f: &mut Fields<'_>) -> Result<Release, StoreError> {
    Ok(Release {
        order: f.parsed()?,
        device: f.parsed()?,
        begun: f.time()?,
        held: f.optional(|f| f.bytes().map(KeyThumbprint))?,
        wiped: f.optional(Fields::time)?,
        swept: f.optional(Fields::time)?,
    })
}
