//! Reads of groups of devices and of acts on many devices.

use holdfast_core::id::{BulkId, DeviceId, GroupId};
use holdfast_core::time::Millis;
use holdfast_domain::fleet::bulk::{Bulk, BulkAct, BulkState, Item, ItemState};
use holdfast_domain::fleet::filter::Filter;
use holdfast_domain::fleet::group::{Group, Members};
use holdfast_domain::fleet::origin::{Of, Origin};
use holdfast_domain::telemetry::value::{FieldMap, FieldPatch};
use rusqlite::params;

use crate::error::StoreError;
use crate::fleet::NEWEST;
use crate::row::{self, Fields, all, exactly, one};
use crate::sql;
use crate::store::Store;
use crate::words::Word;

impl Word for BulkState {
    fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Running, Self::Done, Self::Undoing, Self::Undone].into_iter().find(|state| state.word() == word)
    }
}

impl Word for ItemState {
    fn word(self) -> &'static str {
        Self::word(self)
    }

    fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Waiting, Self::Changed, Self::Refused, Self::Restored, Self::Kept];
        all.into_iter().find(|state| Self::word(*state) == word)
    }
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says")]
impl Store {
    /// One group.
    pub fn group(&self, id: &GroupId) -> Result<Option<Group>, StoreError> {
        self.read(|conn| one(conn, (sql::GROUP, "device_group"), [id.as_str()], group_row))
    }

    /// Groups by name, after `after` if given.
    pub fn groups(&self, after: Option<&GroupId>, limit: u32) -> Result<Vec<Group>, StoreError> {
        let asked = params![after.map_or("", GroupId::as_str), limit];
        self.read(|conn| all(conn, (sql::GROUP_LIST, "device_group"), asked, group_row))
    }

    /// How many groups there are.
    pub fn group_count(&self) -> Result<usize, StoreError> {
        self.read(|conn| exactly(conn, (sql::GROUP_COUNT, "device_group"), [], row::number))
    }

    /// Groups by hand that a device is in.
    pub fn groups_of_device(&self, device: &DeviceId) -> Result<Vec<GroupId>, StoreError> {
        self.read(|conn| all(conn, (sql::GROUPS_OF_DEVICE, "device_group_member"), [device.as_str()], row::parsed))
    }

    /// Whether a device is in a group by hand.
    pub fn is_member(&self, group: &GroupId, device: &DeviceId) -> Result<bool, StoreError> {
        let asked = params![group.as_str(), device.as_str()];
        self.read(|conn| Ok(one(conn, (sql::GROUP_MEMBER, "device_group_member"), asked, row::text)?.is_some()))
    }

    /// How many devices are in a group by hand.
    pub fn member_count(&self, group: &GroupId) -> Result<u64, StoreError> {
        self.read(|conn| {
            exactly(conn, (sql::GROUP_MEMBERS_COUNT, "device_group_member"), [group.as_str()], row::number)
        })
    }

    /// Who set what of a device last.
    pub fn origins(&self, device: &DeviceId) -> Result<Vec<Origin>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::ORIGINS, "origin"), [device.as_str()], |f| {
                let what = f.text()?;
                let of = of(&what).ok_or_else(|| f.inconsistent("names nothing that is set"))?;
                Ok(Origin { device: device.clone(), of, by: f.parsed()?, at: f.time()? })
            })
        })
    }

    /// One act on many devices.
    pub fn bulk(&self, id: BulkId) -> Result<Option<Bulk>, StoreError> {
        self.read(|conn| one(conn, (sql::BULK, "bulk"), [id.to_string()], bulk_row))
    }

    /// Acts on many devices, newest first, before `before` if given.
    pub fn bulks(&self, before: Option<BulkId>, limit: u32) -> Result<Vec<Bulk>, StoreError> {
        let before = before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        self.read(|conn| all(conn, (sql::BULKS, "bulk"), params![before, limit], bulk_row))
    }

    /// Acts that have devices to deal with, oldest first.
    pub fn active_bulks(&self, limit: u32) -> Result<Vec<Bulk>, StoreError> {
        self.read(|conn| all(conn, (sql::BULKS_ACTIVE, "bulk"), [limit], bulk_row))
    }

    /// Devices of an act by id, rising, after `after` if given; only those in `state` if given.
    pub fn bulk_items(
        &self,
        id: BulkId,
        state: Option<ItemState>,
        after: Option<&DeviceId>,
        limit: u32,
    ) -> Result<Vec<Item>, StoreError> {
        let (id, after) = (id.to_string(), after.map_or("", DeviceId::as_str));
        self.read(|conn| match state {
            None => all(conn, (sql::ITEMS, "bulk_item"), params![id, after, limit], item_row),
            Some(state) => {
                let asked = params![id, state.word(), after, limit];
                all(conn, (sql::ITEMS_IN_STATE, "bulk_item"), asked, item_row)
            }
        })
    }
}

/// Reads the text under which it is kept, as [`Of`] writes it.
fn of(text: &str) -> Option<Of> {
    match text.split_once('/') {
        None => (text == "quarantine").then_some(Of::Quarantine),
        Some(("desired", field)) => Some(Of::Desired(field.to_owned())),
        Some(("group", group)) => group.parse().ok().map(Of::Group),
        Some(_) => None,
    }
}

pub(crate) fn group_row(f: &mut Fields<'_>) -> Result<Group, StoreError> {
    let (id, about) = (f.parsed()?, f.text()?);
    let members = match f.optional(Fields::text)? {
        None => Members::Listed,
        Some(text) => Members::Fitting(Filter::parse(&text).map_err(|_| f.inconsistent("is no filter"))?),
    };
    Ok(Group { id, about, members, created: f.time()?, created_by: f.parsed()? })
}

fn bulk_row(f: &mut Fields<'_>) -> Result<Bulk, StoreError> {
    Ok(Bulk {
        id: f.parsed()?,
        act: act(f)?,
        chosen: f.text()?,
        reason: f.text()?,
        by: f.parsed()?,
        ordered: f.time()?,
        state: f.word()?,
        devices: f.number()?,
        changed: f.number()?,
        refused: f.number()?,
        restored: f.number()?,
        kept: f.number()?,
        done: f.optional(Fields::time)?,
        undone_by: f.optional(Fields::parsed)?,
        undone: f.optional(Fields::time)?,
    })
}

/// The five columns of an act.
fn act(f: &mut Fields<'_>) -> Result<BulkAct, StoreError> {
    let word = f.text()?;
    let group: Option<GroupId> = f.optional(Fields::parsed)?;
    let (action, document) = (f.optional(Fields::text)?, f.optional(Fields::text)?);
    let life: Option<u64> = f.optional(Fields::number)?;
    let read = match (word.as_str(), group, action, document, life) {
        ("quarantine", None, None, None, None) => Some(BulkAct::Quarantine),
        ("release", None, None, None, None) => Some(BulkAct::Release),
        ("allow-reenrolment", None, None, None, None) => Some(BulkAct::AllowReenrolment),
        ("revoke", None, None, None, None) => Some(BulkAct::Revoke),
        ("join", Some(group), None, None, None) => Some(BulkAct::Join(group)),
        ("leave", Some(group), None, None, None) => Some(BulkAct::Leave(group)),
        ("desired", None, None, Some(patch), None) => FieldPatch::parse(&patch).ok().map(BulkAct::Desired),
        ("command", None, Some(action), Some(input), Some(life)) => {
            FieldMap::parse(&input).ok().map(|input| BulkAct::Command { action, input, life: Millis(life) })
        }
        _ => None,
    };
    read.ok_or_else(|| f.inconsistent("and its neighbours fit no act"))
}

fn item_row(f: &mut Fields<'_>) -> Result<Item, StoreError> {
    Ok(Item {
        bulk: f.parsed()?,
        device: f.parsed()?,
        state: f.word()?,
        why: f.optional(Fields::text)?,
        before: f.optional(Fields::text)?,
        at: f.optional(Fields::time)?,
    })
}
