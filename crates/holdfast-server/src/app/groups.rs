//! Choosing devices: filters, groups, and acts on many devices.
//!
//! Owns no rule: each device of an act is judged by the rule for one. What is carried out is `work/bulks.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_core::id::{BulkId, CommandId, DeviceId, GroupId, PersonId};
use holdfast_domain::fleet::bulk::{self, Bulk, BulkAct, BulkRefusal, DEVICES_MAX, Facts, Item, ItemState, Order};
use holdfast_domain::fleet::filter::Filter;
use holdfast_domain::fleet::group::{self, Group, GroupRefusal, Members, Wish};
use holdfast_domain::fleet::{Device, Shadow};
use holdfast_domain::telemetry::Model;
use holdfast_store::StoreError;
use holdfast_web::backend::groups::{BulkAsk, BulkPreview, BulkView, COUNT_MAX, Chosen, GroupView, Groups, Refusals};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, LiveEvent, Page, PageAsk, RefusalKind, Stop};

use super::paging::{cursor, cut, one_more};
use super::{House, absent, refuse, stored};
use crate::clock;

/// Devices read at once.
const DEVICES_AT_ONCE: u32 = 2_000;
/// Devices that a preview looks at one by one where more than the device's row is needed.
const JUDGED_MAX: u64 = 2_000;
/// Devices that a preview names for each reason.
const EXAMPLES: usize = 5;

impl Groups for House {
    fn search(&self, filter: &Filter, page: &PageAsk) -> Answer<Page<Device>> {
        self.groups_known(filter)?;
        let after = cursor::<DeviceId>(page)?;
        let rows = self.store.search_devices((filter, clock::now()), after.as_ref(), one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |device| device.id.to_string()))
    }

    fn count(&self, filter: &Filter, limit: u32) -> Answer<u64> {
        self.groups_known(filter)?;
        self.store.search_count((filter, clock::now()), limit).map_err(stored)
    }

    fn groups(&self, page: &PageAsk) -> Answer<Page<GroupView>> {
        let after = cursor::<GroupId>(page)?;
        let rows = self.store.groups(after.as_ref(), one_more(page)).map_err(stored)?;
        let page = cut(rows, page, |group| group.id.to_string());
        let rows = page.rows.into_iter().map(|group| self.group_view(group)).collect::<Answer<_>>()?;
        Ok(Page { rows, next: page.next })
    }

    fn group(&self, id: &GroupId) -> Answer<Option<GroupView>> {
        self.store.group(id).map_err(stored)?.map(|group| self.group_view(group)).transpose()
    }

    fn groups_of(&self, device: &DeviceId) -> Answer<Vec<GroupId>> {
        self.store.groups_of_device(device).map_err(stored)
    }

    fn put_group(&self, by: &Caller, wish: Wish) -> Answer<GroupView> {
        let _turn = self.turns.devices.take();
        let id = wish.id.clone();
        let existing = self.store.group(&id).map_err(stored)?;
        let count = self.store.group_count().map_err(stored)?;
        let decision = group::put(wish, existing.as_ref(), count, &by.person.id, clock::now()).map_err(about_group)?;
        self.decide(decision)?;
        self.group_view(self.group_or_absent(&id)?)
    }

    fn remove_group(&self, by: &Caller, id: &GroupId) -> Answer<()> {
        let _turn = self.turns.devices.take();
        let group = self.group_or_absent(id)?;
        self.decide(group::remove(&group, &by.person.id, clock::now())).map(drop)
    }

    fn change_members(&self, by: &Caller, id: &GroupId, devices: Vec<DeviceId>, into: bool) -> Answer<GroupView> {
        let _turn = self.turns.devices.take();
        let group = self.group_or_absent(id)?;
        if into {
            let known = self.store.known_devices(&devices).map_err(stored)?;
            if let Some(stranger) = devices.iter().find(|device| !known.contains(device)) {
                return Err(absent("device-unknown", format_args!("device {stranger}")));
            }
        }
        let decision =
            group::change_members(&group, devices, into, &by.person.id, clock::now()).map_err(about_group)?;
        self.decide(decision)?;
        self.group_view(group)
    }

    fn preview_bulk(&self, by: &Caller, ask: &BulkAsk) -> Answer<BulkPreview> {
        let mut preview = BulkPreview::default();
        let mut refused: BTreeMap<&'static str, Refusals> = BTreeMap::new();
        let now = clock::now();
        let group = self.group_of(&ask.act)?;
        let command = CommandId::new(now, clock::random());
        self.each_chosen(&ask.chosen, |device| {
            preview.devices += 1;
            preview.online += u64::from(device.online_until.is_some_and(|until| until > now));
            if !ask.act.is_told_by_the_row() && preview.judged >= JUDGED_MAX {
                return Ok(());
            }
            preview.judged += 1;
            let known = Known::of(self, &ask.act, device, group.as_ref())?;
            match bulk::judge(&ask.act, &known.facts(group.as_ref()), command, &by.person.id, now) {
                Ok(_) => preview.changed += 1,
                Err(why) => {
                    let entry = refused.entry(why.name).or_insert_with(|| Refusals {
                        name: why.name,
                        text: why.text,
                        devices: 0,
                        examples: Vec::new(),
                    });
                    entry.devices += 1;
                    if entry.examples.len() < EXAMPLES {
                        entry.examples.push(known.device.id.clone());
                    }
                }
            }
            Ok(())
        })?;
        preview.refused = refused.into_values().collect();
        preview.refused.sort_by_key(|refusals| std::cmp::Reverse(refusals.devices));
        Ok(preview)
    }

    fn start_bulk(&self, by: &Caller, ask: &BulkAsk, reason: &str, confirmed: u64) -> Answer<BulkView> {
        let _turn = self.turns.devices.take();
        self.group_of(&ask.act)?;
        let devices = self.chosen_ids(&ask.chosen)?;
        let order =
            Order { act: ask.act.clone(), chosen: ask.chosen.text(), devices, reason: reason.to_owned(), confirmed };
        let now = clock::now();
        let id = BulkId::new(now, clock::random());
        let who = (&by.person.id, by.person.role);
        let (bulk, decision) = bulk::start(order, who, id, now).map_err(|why| about_bulk(&why))?;
        self.decide(decision)?;
        self.bulks.notify_one();
        self.bulk_view(bulk)
    }

    fn bulks(&self, page: &PageAsk) -> Answer<Page<BulkView>> {
        let rows = self.store.bulks(cursor::<BulkId>(page)?, one_more(page)).map_err(stored)?;
        let page = cut(rows, page, |bulk| bulk.id.to_string());
        let rows = page.rows.into_iter().map(|bulk| self.bulk_view(bulk)).collect::<Answer<_>>()?;
        Ok(Page { rows, next: page.next })
    }

    fn bulk(&self, id: BulkId) -> Answer<Option<BulkView>> {
        self.store.bulk(id).map_err(stored)?.map(|bulk| self.bulk_view(bulk)).transpose()
    }

    fn bulk_items(&self, id: BulkId, state: Option<ItemState>, page: &PageAsk) -> Answer<Page<Item>> {
        let after = cursor::<DeviceId>(page)?;
        let rows = self.store.bulk_items(id, state, after.as_ref(), one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |item| item.device.to_string()))
    }

    fn undo_bulk(&self, by: &Caller, id: BulkId) -> Answer<BulkView> {
        // A run that is under way moves under the same turn.
        let _turn = self.turns.devices.take();
        let bulk = self.bulk_or_absent(id)?;
        let who = (&by.person.id, by.person.role);
        self.decide(bulk::undo(&bulk, who, clock::now()).map_err(|why| about_bulk(&why))?)?;
        self.bulks.notify_one();
        self.tell(LiveEvent::Bulk(id));
        self.bulk_view(self.bulk_or_absent(id)?)
    }
}

impl House {
    fn groups_known(&self, filter: &Filter) -> Answer<()> {
        filter.groups().try_for_each(|id| self.group_or_absent(id).map(drop))
    }

    fn group_or_absent(&self, id: &GroupId) -> Answer<Group> {
        let group = self.store.group(id).map_err(stored)?;
        group.ok_or_else(|| absent("group-unknown", format_args!("group {id}")))
    }

    fn group_of(&self, act: &BulkAct) -> Answer<Option<Group>> {
        let group = act.group().map(|id| self.group_or_absent(id)).transpose()?;
        match &group {
            Some(Group { members: Members::Fitting(_), .. }) => Err(about_group(GroupRefusal::ByFilter)),
            _ => Ok(group),
        }
    }

    fn group_view(&self, group: Group) -> Answer<GroupView> {
        let devices = match &group.members {
            Members::Listed => self.store.member_count(&group.id).map_err(stored)?,
            Members::Fitting(filter) => {
                self.store.search_count((filter, clock::now()), COUNT_MAX + 1).map_err(stored)?
            }
        };
        Ok(GroupView { devices, created_by_name: self.name_of(group.created_by)?, group })
    }

    fn bulk_or_absent(&self, id: BulkId) -> Answer<Bulk> {
        let bulk = self.store.bulk(id).map_err(stored)?;
        bulk.ok_or_else(|| absent("bulk-unknown", format_args!("act {id}")))
    }

    fn bulk_view(&self, bulk: Bulk) -> Answer<BulkView> {
        let undone_by_name = bulk.undone_by.map(|id| self.name_of(id)).transpose()?;
        Ok(BulkView { by_name: self.name_of(bulk.by)?, undone_by_name, bulk })
    }

    fn name_of(&self, id: PersonId) -> Answer<String> {
        Ok(self.store.person(id).map_err(stored)?.map(|person| person.name).unwrap_or_default())
    }

    /// Shows each chosen device, a bounded number at once.
    fn each_chosen(&self, chosen: &Chosen, mut look: impl FnMut(Device) -> Answer<()>) -> Answer<()> {
        let filter = match chosen {
            Chosen::Ticked(ids) => {
                for id in ids {
                    look(self.device_or_absent(id)?)?;
                }
                return Ok(());
            }
            Chosen::Fitting(filter) => filter,
        };
        self.groups_known(filter)?;
        let (now, mut after, mut seen) = (clock::now(), None, 0);
        loop {
            let rows = self.store.search_devices((filter, now), after.as_ref(), DEVICES_AT_ONCE).map_err(stored)?;
            seen += rows.len();
            let full = rows.len() == DEVICES_AT_ONCE as usize;
            after = rows.last().map(|device| device.id.clone());
            rows.into_iter().try_for_each(&mut look)?;
            // One beyond the limit is enough to say that there are too many.
            if !full || seen > DEVICES_MAX {
                return Ok(());
            }
        }
    }

    fn chosen_ids(&self, chosen: &Chosen) -> Answer<Vec<DeviceId>> {
        match chosen {
            Chosen::Ticked(ids) => {
                ids.iter().try_for_each(|id| self.device_or_absent(id).map(drop))?;
                Ok(ids.clone())
            }
            Chosen::Fitting(filter) => {
                self.groups_known(filter)?;
                let most = u32::try_from(DEVICES_MAX + 1).unwrap_or(u32::MAX);
                self.store.search_ids((filter, clock::now()), None, most).map_err(stored)
            }
        }
    }
}

/// What is known of one device when an act comes to it.
pub(crate) struct Known {
    pub(crate) device: Device,
    model: Option<Arc<Model>>,
    shadow: Shadow,
    open_commands: usize,
    member: bool,
}

impl Known {
    /// Reads what this act needs to know, and no more.
    pub(crate) fn read(
        house: &House,
        act: &BulkAct,
        device: Device,
        group: Option<&Group>,
    ) -> Result<Self, StoreError> {
        let mut known = Self { model: None, shadow: Shadow::default(), open_commands: 0, member: false, device };
        let id = &known.device.id;
        match act {
            BulkAct::Desired(_) => known.shadow = house.store.shadow(id)?,
            BulkAct::Command { .. } => known.open_commands = house.store.open_commands(id)?.len(),
            BulkAct::Join(_) | BulkAct::Leave(_) => {
                known.member = group.map_or(Ok(false), |group| house.store.is_member(&group.id, id))?;
            }
            BulkAct::Quarantine | BulkAct::Release | BulkAct::AllowReenrolment | BulkAct::Revoke => return Ok(known),
        }
        known.model = house.models.known(&known.device.product);
        Ok(known)
    }

    fn of(house: &House, act: &BulkAct, device: Device, group: Option<&Group>) -> Answer<Self> {
        Self::read(house, act, device, group).map_err(stored)
    }

    pub(crate) fn facts<'a>(&'a self, group: Option<&'a Group>) -> Facts<'a> {
        Facts {
            device: &self.device,
            model: self.model.as_deref(),
            shadow: &self.shadow,
            open_commands: self.open_commands,
            group: group.map(|group| (group, self.member)),
            entitled: true,
        }
    }
}

fn about_group(why: GroupRefusal) -> Stop {
    let kind = match why {
        GroupRefusal::AboutLength | GroupRefusal::DeviceCount => RefusalKind::Malformed,
        GroupRefusal::FilterNamesGroup | GroupRefusal::FilterEmpty => RefusalKind::Unacceptable,
        GroupRefusal::KindDiffers
        | GroupRefusal::TooMany
        | GroupRefusal::ByFilter
        | GroupRefusal::MemberAlready
        | GroupRefusal::NoMember => RefusalKind::Conflict,
    };
    refuse(kind, why.name(), why.to_string())
}

fn about_bulk(why: &BulkRefusal) -> Stop {
    let kind = match why {
        BulkRefusal::RoleMayNot => RefusalKind::Forbidden,
        BulkRefusal::ReasonMissing | BulkRefusal::NothingToDo | BulkRefusal::NoDevices => RefusalKind::Unacceptable,
        BulkRefusal::TooManyDevices => RefusalKind::TooLarge,
        BulkRefusal::CountNotConfirmed { .. } | BulkRefusal::NoWayBack | BulkRefusal::Undone => RefusalKind::Conflict,
    };
    refuse(kind, why.name(), why.to_string())
}
