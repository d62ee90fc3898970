//! Choosing devices: filters, groups, and acts on many devices.
//!
//! Owns no rule: each device of an act is judged by the rule for one. What is carried out is `work/bulks.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_core::id::{BulkId, CommandId, DeviceId, GroupId, PersonId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::bulk::{self, Bulk, BulkAct, BulkRefusal, DEVICES_MAX, Facts, Item, ItemState, Order};
use holdfast_domain::fleet::filter::Filter;
use holdfast_domain::fleet::group::{self, Group, GroupRefusal, Members, Wish};
use holdfast_domain::fleet::origin::Origin;
use holdfast_domain::fleet::{Device, Shadow};
use holdfast_domain::telemetry::Model;
use holdfast_store::StoreError;
use holdfast_store::fleet::DeviceClass;
use holdfast_web::backend::groups::{BulkAsk, BulkPreview, BulkView, COUNT_MAX, Chosen, GroupView, Groups, Refusals};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, LiveEvent, Page, PageAsk, RefusalKind, Stop};

use super::paging::{cursor, cut, one_more};
use super::{House, absent, refuse, stored};
use crate::clock;

/// Devices that a preview looks at one by one where more than the device's row is needed.
const JUDGED_MAX: u32 = 2_000;
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
        let group = self.group_of(&ask.act)?;
        let mut looks = Look::new(self, by, ask, group.as_ref());
        let filter = match &ask.chosen {
            Chosen::Ticked(ids) => {
                for id in ids {
                    let device = self.device_or_absent(id)?;
                    looks.count(1, u64::from(device.online_until.is_some_and(|until| until > looks.now)));
                    looks.judge(device, 1)?;
                }
                return Ok(looks.preview());
            }
            Chosen::Fitting(filter) => filter,
        };
        self.groups_known(filter)?;
        let classes = self.store.search_classes((filter, looks.now)).map_err(stored)?;
        for class in &classes {
            looks.count(class.devices, class.online);
        }
        if ask.act.is_told_by_the_row() {
            for class in classes {
                looks.judge_class(filter, &class)?;
            }
            return Ok(looks.preview());
        }
        for device in self.store.search_devices((filter, looks.now), None, JUDGED_MAX).map_err(stored)? {
            looks.judge(device, 1)?;
        }
        Ok(looks.preview())
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

    pub(super) fn group_or_absent(&self, id: &GroupId) -> Answer<Group> {
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

/// A preview as it is made.
struct Look<'a> {
    house: &'a House,
    by: &'a Caller,
    act: &'a BulkAct,
    group: Option<&'a Group>,
    now: Timestamp,
    command: CommandId,
    preview: BulkPreview,
    refused: BTreeMap<&'static str, Refusals>,
}

impl<'a> Look<'a> {
    fn new(house: &'a House, by: &'a Caller, ask: &'a BulkAsk, group: Option<&'a Group>) -> Self {
        let now = clock::now();
        let command = CommandId::new(now, clock::random());
        let (preview, refused) = (BulkPreview::default(), BTreeMap::new());
        Self { house, by, act: &ask.act, group, now, command, preview, refused }
    }

    fn count(&mut self, devices: u64, online: u64) {
        self.preview.devices += devices;
        self.preview.online += online;
    }

    /// What the rule for one device says of this one, and so of `alike` devices; the refusal's name if it refuses.
    fn judge(&mut self, device: Device, alike: u64) -> Answer<Option<&'static str>> {
        self.preview.judged += alike;
        let known = Known::of(self.house, self.act, device, self.group)?;
        let facts = known.facts(self.group);
        let Err(why) = bulk::judge(self.act, &facts, self.command, &self.by.person.id, self.now) else {
            self.preview.changed += alike;
            return Ok(None);
        };
        let name = why.name;
        let none = || Refusals { name, text: why.text, devices: 0, examples: Vec::new() };
        let entry = self.refused.entry(name).or_insert_with(none);
        entry.devices += alike;
        if alike == 1 && entry.examples.len() < EXAMPLES {
            entry.examples.push(known.device.id.clone());
        }
        Ok(Some(name))
    }

    /// One device stands for all whose rows say the same.
    fn judge_class(&mut self, filter: &Filter, class: &DeviceClass) -> Answer<()> {
        // One that went meanwhile is not there to be dealt with.
        let Some(device) = self.house.store.device(&class.example).map_err(stored)? else { return Ok(()) };
        let Some(name) = self.judge(device, class.devices)? else { return Ok(()) };
        let Some(entry) = self.refused.get_mut(name) else { return Ok(()) };
        let missing = u32::try_from(EXAMPLES.saturating_sub(entry.examples.len())).unwrap_or(0);
        if class.devices > 1 && missing > 0 {
            let found = self.house.store.search_class((filter, self.now), class, missing).map_err(stored)?;
            entry.examples.extend(found);
        }
        Ok(())
    }

    fn preview(self) -> BulkPreview {
        let mut refused: Vec<Refusals> = self.refused.into_values().collect();
        refused.sort_by_key(|refusals| std::cmp::Reverse(refusals.devices));
        BulkPreview { refused, ..self.preview }
    }
}

/// What is known of one device when an act comes to it.
pub(crate) struct Known {
    pub(crate) device: Device,
    model: Option<Arc<Model>>,
    shadow: Shadow,
    open_commands: usize,
    member: bool,
    origins: Vec<Origin>,
}

impl Known {
    /// Reads what this act needs to know, and no more.
    pub(crate) fn read(
        house: &House,
        act: &BulkAct,
        device: Device,
        group: Option<&Group>,
    ) -> Result<Self, StoreError> {
        let mut known = Self {
            model: None,
            shadow: Shadow::default(),
            open_commands: 0,
            member: false,
            origins: Vec::new(),
            device,
        };
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

    /// The same with what an undo needs: who set what last.
    pub(crate) fn with_origins(mut self, house: &House) -> Result<Self, StoreError> {
        self.origins = house.store.origins(&self.device.id)?;
        Ok(self)
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
            origins: &self.origins,
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
