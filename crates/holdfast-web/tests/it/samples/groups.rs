//! The sample's answers about groups, filters, acts on many devices, and settings.

use holdfast_core::id::{BulkId, DeviceId, GroupId, PersonId};
use holdfast_domain::fleet::bulk::{Bulk, BulkAct, BulkState, Item, ItemState};
use holdfast_domain::fleet::filter::{Filter, Test};
use holdfast_domain::fleet::group::{Group, Members, Wish};
use holdfast_domain::fleet::{Device, Enrolment};
use holdfast_web::backend::fleet::{DeviceFilter, Fleet as _};
use holdfast_web::backend::groups::{BulkAsk, BulkPreview, BulkView, Chosen, GroupView, Groups, Refusals};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::settings::{Section, Settings, Value};
use holdfast_web::backend::{Answer, Ground as _, Page, PageAsk, RefusalKind};

use super::{NOON, Sample, refuse};

pub(crate) fn bulk_id(n: u8) -> BulkId {
    BulkId::new(NOON, [n; 10])
}

impl Sample {
    fn all_groups(&self) -> Vec<GroupView> {
        let one = |id: &str, about: &str, filter: Option<&str>, devices| GroupView {
            group: Group {
                id: id.parse().unwrap(),
                about: about.to_owned(),
                members: filter.map_or(Members::Listed, |text| Members::Fitting(Filter::parse(text).unwrap())),
                created: self.ago(86_400 * 3),
                created_by: PersonId::new(NOON, [1; 10]),
            },
            devices,
            created_by_name: "Bram de Wit".to_owned(),
        };
        if self.empty() {
            return Vec::new();
        }
        vec![
            one("beta-testers", "First to try a release", None, 3),
            one("old-firmware", "", Some("version:<1.2.0 state:accepted"), 4),
        ]
    }

    fn all_bulks(&self) -> Vec<BulkView> {
        let one = |n: u8, act, state, (changed, refused, restored)| BulkView {
            bulk: Bulk {
                id: bulk_id(n),
                act,
                chosen: if n == 1 { "product:hearth-thermostat".to_owned() } else { String::new() },
                reason: "A recall of the first batch.".to_owned(),
                by: PersonId::new(NOON, [1; 10]),
                ordered: self.ago(600 * u64::from(n)),
                state,
                devices: 12,
                changed,
                refused,
                restored,
                kept: 0,
                done: (state != BulkState::Running).then(|| self.ago(500 * u64::from(n))),
                undone_by: None,
                undone: None,
            },
            by_name: "Bram de Wit".to_owned(),
            undone_by_name: None,
        };
        if self.empty() {
            return Vec::new();
        }
        vec![
            one(1, BulkAct::Quarantine, BulkState::Running, (5, 1, 0)),
            one(2, BulkAct::Join("beta-testers".parse().unwrap()), BulkState::Undone, (12, 0, 12)),
            one(3, BulkAct::Revoke, BulkState::Done, (11, 1, 0)),
        ]
    }

    fn fitting(&self, filter: &Filter) -> Vec<Device> {
        let all = self.devices(&DeviceFilter::default(), &PageAsk::first(PageAsk::ROWS_MAX)).unwrap().rows;
        let fits = |device: &Device, test: &Test| match test {
            Test::Begins(text) => device.id.as_str().starts_with(text),
            Test::Contains(text) => device.id.as_str().contains(text),
            Test::Product(product) => device.product == *product,
            Test::State(state) => device.enrolment == *state,
            Test::Quarantine(yes) => device.quarantine.is_some() == *yes,
            Test::Group(_) => device.id.as_str().ends_with('1'),
            Test::Version(..) | Test::Online(_) | Test::Batch(_) | Test::Alert(_) | Test::Seen(_) | Test::Owner(_) => {
                true
            }
        };
        all.into_iter()
            .filter(|device| filter.terms().iter().all(|term| fits(device, &term.test) != term.negated))
            .collect()
    }
}

impl Groups for Sample {
    fn search(&self, filter: &Filter, page: &PageAsk) -> Answer<Page<Device>> {
        if let Some(id) = filter.groups().find(|id| self.group(id).unwrap().is_none()) {
            return refuse(RefusalKind::Absent, "group-unknown", &format!("There is no group {id}."));
        }
        let after = page.after.clone().unwrap_or_default();
        let mut rows: Vec<_> = self.fitting(filter).into_iter().filter(|d| d.id.as_str() > after.as_str()).collect();
        let more = rows.len() > usize::from(page.rows);
        rows.truncate(usize::from(page.rows));
        let next = if more { rows.last().map(|device| device.id.to_string()) } else { None };
        Ok(Page { rows, next })
    }
    fn count(&self, filter: &Filter, limit: u32) -> Answer<u64> {
        Ok((self.fitting(filter).len() as u64).min(u64::from(limit)))
    }
    fn groups(&self, _: &PageAsk) -> Answer<Page<GroupView>> {
        Ok(Page::whole(self.all_groups()))
    }
    fn group(&self, id: &GroupId) -> Answer<Option<GroupView>> {
        Ok(self.all_groups().into_iter().find(|view| view.group.id == *id))
    }
    fn groups_of(&self, id: &DeviceId) -> Answer<Vec<GroupId>> {
        let member = !self.empty() && id.as_str().ends_with('1');
        Ok(member.then(|| "beta-testers".parse().unwrap()).into_iter().collect())
    }
    fn put_group(&self, _: &Caller, wish: Wish) -> Answer<GroupView> {
        if matches!(&wish.members, Members::Fitting(filter) if filter.groups().next().is_some()) {
            return refuse(
                RefusalKind::Unacceptable,
                "group-filter-names-group",
                "The filter of a group names no group.",
            );
        }
        self.note(format!("put_group {}", wish.id));
        let mut view = self.all_groups().remove(0);
        (view.group.id, view.group.about, view.group.members) = (wish.id, wish.about, wish.members);
        Ok(view)
    }
    fn remove_group(&self, _: &Caller, id: &GroupId) -> Answer<()> {
        self.note(format!("remove_group {id}"));
        Ok(())
    }
    fn change_members(&self, _: &Caller, id: &GroupId, devices: Vec<DeviceId>, into: bool) -> Answer<GroupView> {
        let Some(view) = self.group(id)? else {
            return refuse(RefusalKind::Absent, "group-unknown", "There is no such group.");
        };
        self.note(format!("change_members {id} {} {into}", devices.len()));
        Ok(view)
    }
    fn preview_bulk(&self, _: &Caller, ask: &BulkAsk) -> Answer<BulkPreview> {
        let devices = match &ask.chosen {
            Chosen::Fitting(filter) => self.fitting(filter),
            Chosen::Ticked(ids) => {
                self.fitting(&Filter::default()).into_iter().filter(|device| ids.contains(&device.id)).collect()
            }
        };
        let revoked: Vec<_> = devices.iter().filter(|device| device.enrolment != Enrolment::Accepted).collect();
        let refused = Refusals {
            name: "device-revoked",
            text: "the device is revoked".to_owned(),
            devices: revoked.len() as u64,
            examples: revoked.iter().take(3).map(|device| device.id.clone()).collect(),
        };
        Ok(BulkPreview {
            devices: devices.len() as u64,
            online: 2,
            judged: devices.len() as u64,
            changed: (devices.len() - revoked.len()) as u64,
            refused: if revoked.is_empty() { Vec::new() } else { vec![refused] },
        })
    }
    fn start_bulk(&self, by: &Caller, ask: &BulkAsk, reason: &str, confirmed: u64) -> Answer<BulkView> {
        let now = self.preview_bulk(by, ask)?.devices;
        if now != confirmed {
            let detail =
                format!("{now} devices are meant now and {confirmed} were confirmed; look at the preview again");
            return refuse(RefusalKind::Conflict, "count-not-confirmed", &detail);
        }
        self.note(format!("start_bulk {} {now} {reason}", ask.act.word()));
        Ok(self.all_bulks().remove(0))
    }
    fn bulks(&self, _: &PageAsk) -> Answer<Page<BulkView>> {
        Ok(Page::whole(self.all_bulks()))
    }
    fn bulk(&self, id: BulkId) -> Answer<Option<BulkView>> {
        Ok(self.all_bulks().into_iter().find(|view| view.bulk.id == id))
    }
    fn bulk_items(&self, id: BulkId, state: Option<ItemState>, _: &PageAsk) -> Answer<Page<Item>> {
        let states = [ItemState::Changed, ItemState::Refused, ItemState::Waiting];
        let one = |n: usize| Item {
            bulk: id,
            device: format!("hearth-{n:04}").parse().unwrap(),
            state: states[n % 3],
            why: (n % 3 == 1).then(|| "already-quarantined".to_owned()),
            before: None,
            at: (n % 3 != 2).then(|| self.now()),
        };
        let rows = if self.empty() { Vec::new() } else { (1..=9).map(one).collect() };
        Ok(Page::whole(rows.into_iter().filter(|item: &Item| state.is_none_or(|state| item.state == state)).collect()))
    }
    fn undo_bulk(&self, _: &Caller, id: BulkId) -> Answer<BulkView> {
        let Some(view) = self.bulk(id)? else {
            return refuse(RefusalKind::Absent, "bulk-unknown", "There is no such act on many devices.");
        };
        if !view.bulk.act.can_be_undone() {
            return refuse(RefusalKind::Conflict, "no-way-back", "This act has no way back.");
        }
        self.note(format!("undo_bulk {id}"));
        Ok(view)
    }
}

impl Settings for Sample {
    fn settings(&self) -> Answer<Vec<Section>> {
        Ok(vec![
            Section {
                title: "settings-server",
                change: "settings-server-change",
                rows: vec![("settings-address", Value::Said("https://fleet.hearthworks.example".to_owned()))],
            },
            Section {
                title: "settings-mail",
                change: "settings-mail-change",
                rows: vec![("settings-state", Value::Word("settings-mail-off"))],
            },
        ])
    }
}
