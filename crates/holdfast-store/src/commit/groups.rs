//! Changes to groups of devices and to acts on many.

use holdfast_core::id::{DeviceId, GroupId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::bulk::{Bulk, BulkAct, BulkChange, Item, ItemState};
use holdfast_domain::fleet::group::{Group, GroupChange, Members};
use holdfast_domain::fleet::origin::{Of, Origin};
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::row::{self, one};
use crate::sql;
use crate::words::Word;
use crate::writer::Desk;

impl Desk {
    pub(super) fn change_group(&self, change: &GroupChange) -> Result<(), CommitError> {
        match change {
            GroupChange::Put(group) => self.put_group(group),
            GroupChange::Remove(group) => {
                self.execute(sql::GROUP_EMPTY, [group.as_str()])?;
                // A group of the same name may come, and is another one.
                self.execute(sql::ORIGINS_OF_GROUP, [Of::Group(group.clone()).to_string()])?;
                self.must(sql::GROUP_REMOVE, [group.as_str()], "group-unknown")
            }
            GroupChange::Add { group, devices } => self.put_members(group, devices),
            GroupChange::Take { group, devices } => {
                self.listed(group)?;
                for device in devices {
                    self.execute(sql::GROUP_MEMBER_TAKE, params![group.as_str(), device.as_str()])?;
                }
                Ok(())
            }
        }
    }

    pub(super) fn set_origin(&self, origin: &Origin) -> Result<(), CommitError> {
        let Origin { device, of, by, at } = origin;
        let row = params![device.as_str(), of.to_string(), by.to_string(), at.as_micros()];
        let on = On { key: "origin-known", unique: "origin-known", foreign: "device-unknown" };
        self.add(sql::ORIGIN_PUT, row, on)
    }

    fn put_group(&self, group: &Group) -> Result<(), CommitError> {
        let Group { id, about, members, created, created_by } = group;
        let filter = match members {
            Members::Listed => None,
            Members::Fitting(filter) => Some(filter.to_string()),
        };
        let row = params![id.as_str(), about, filter, created.as_micros(), created_by.to_string()];
        self.execute(sql::GROUP_PUT, row)?;
        Ok(())
    }

    fn put_members(&self, group: &GroupId, devices: &[DeviceId]) -> Result<(), CommitError> {
        let on = On { key: "member-known", unique: "member-known", foreign: "device-unknown" };
        self.listed(group)?;
        for device in devices {
            self.add(sql::GROUP_MEMBER_PUT, params![group.as_str(), device.as_str()], on)?;
        }
        Ok(())
    }

    /// A group that went, or became one by filter, takes no members by a decision made before.
    fn listed(&self, group: &GroupId) -> Result<(), CommitError> {
        match one(&self.conn, (sql::GROUP_IS_LISTED, "device_group"), [group.as_str()], row::number::<u8>)? {
            Some(1) => Ok(()),
            Some(_) => Err(CommitError::Conflict("group-by-filter")),
            None => Err(CommitError::Conflict("group-unknown")),
        }
    }

    pub(super) fn change_bulk(&self, change: &BulkChange) -> Result<(), CommitError> {
        match change {
            BulkChange::Start { bulk, devices } => self.start_bulk(bulk, devices),
            BulkChange::Move(bulk) => {
                let row = params![
                    bulk.state.word(),
                    bulk.done.map(Timestamp::as_micros),
                    bulk.undone_by.map(|person| person.to_string()),
                    bulk.undone.map(Timestamp::as_micros),
                    bulk.id.to_string(),
                ];
                self.must(sql::BULK_MOVE, row, "bulk-moved")
            }
            BulkChange::Settle(item) => self.settle_item(item),
        }
    }

    fn start_bulk(&self, bulk: &Bulk, devices: &[DeviceId]) -> Result<(), CommitError> {
        let on = On { key: "bulk-known", unique: "bulk-known", foreign: "device-unknown" };
        let (action, document, life) = match &bulk.act {
            BulkAct::Command { action, input, life } => (Some(action), Some(input.to_string()), Some(life)),
            BulkAct::Desired(patch) => (None, Some(patch.to_string()), None),
            BulkAct::Quarantine
            | BulkAct::Release
            | BulkAct::Join(_)
            | BulkAct::Leave(_)
            | BulkAct::AllowReenrolment
            | BulkAct::Revoke => (None, None, None),
        };
        let id = bulk.id.to_string();
        let row = params![
            id,
            bulk.act.word(),
            bulk.act.group().map(GroupId::as_str),
            action,
            document,
            life.map(|Millis(ms)| row::int(*ms)).transpose()?,
            bulk.chosen,
            bulk.reason,
            bulk.by.to_string(),
            bulk.ordered.as_micros(),
            bulk.state.word(),
            bulk.devices,
        ];
        self.add(sql::BULK_ADD, row, on)?;
        for device in devices {
            self.add(sql::ITEM_ADD, params![id, device.as_str()], on)?;
        }
        Ok(())
    }

    /// Keeps how one device ended and counts it, each once.
    fn settle_item(&self, item: &Item) -> Result<(), CommitError> {
        let (count, before) = match item.state {
            ItemState::Changed => (sql::BULK_COUNT_CHANGED, ItemState::Waiting),
            ItemState::Refused => (sql::BULK_COUNT_REFUSED, ItemState::Waiting),
            ItemState::Restored => (sql::BULK_COUNT_RESTORED, ItemState::Changed),
            ItemState::Kept => (sql::BULK_COUNT_KEPT, ItemState::Changed),
            ItemState::Waiting => return Err(CommitError::Conflict("bulk-item-settled")),
        };
        let id = item.bulk.to_string();
        let row = params![
            item.state.word(),
            item.why,
            item.before,
            item.at.map(Timestamp::as_micros),
            id,
            item.device.as_str(),
            before.word(),
        ];
        self.must(sql::ITEM_SETTLE, row, "bulk-item-settled")?;
        self.must(count, [&id], "bulk-moved")
    }
}
