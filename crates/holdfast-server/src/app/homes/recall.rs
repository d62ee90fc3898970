//! The maker's people end an ownership: asked for with a reason, stopped by its owner, done when its time is over or a second
//! person agrees.

use holdfast_core::id::{CommandId, DeviceId};
use holdfast_domain::homes::Release;
use holdfast_domain::homes::recall::{self, Recall, RecallReason, RecallRefusal};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, LiveEvent, RefusalKind, Stop};

use super::{House, Rooms, release_refused, stored};
use crate::app::{absent, refuse};
use crate::clock;

impl House {
    pub(super) fn start_recall(&self, by: &Caller, device: &DeviceId, reason: RecallReason) -> Answer<Recall> {
        let _turn = self.turns.devices.take();
        self.device_or_absent(device)?;
        let rooms = Rooms::read(self, device)?;
        let waits = self.store.recall(device).map_err(stored)?;
        let owned = (rooms.owner.as_ref(), rooms.product.as_str());
        let decision = recall::ask(owned, waits.as_ref(), reason, &by.person, clock::now());
        self.decide(decision.map_err(refused)?)?;
        self.post.ring();
        self.tell(LiveEvent::Device(device.clone()));
        let made = self.store.recall(device).map_err(stored)?;
        made.ok_or_else(|| refused(RecallRefusal::None))
    }

    pub(super) fn finish_recall(&self, by: &Caller, device: &DeviceId) -> Answer<Release> {
        let turn = self.turns.devices.take();
        self.device_or_absent(device)?;
        let rooms = Rooms::read(self, device)?;
        let waits = self.store.recall(device).map_err(stored)?;
        let now = clock::now();
        let order = CommandId::new(now, clock::random());
        let decision = recall::hasten(&rooms.estate(device), waits.as_ref(), order, &by.person, now);
        self.decide(decision.map_err(refused)?)?;
        drop(turn);
        self.post.ring();
        self.tell(LiveEvent::Device(device.clone()));
        let made = self.store.home_release(device).map_err(stored)?;
        made.ok_or_else(|| absent("release-unknown", "release"))
    }

    /// By the owner, or by the staff who may ask for it.
    pub(super) fn end_recall(&self, by: &Caller, device: &DeviceId) -> Answer<()> {
        let staff = by.person.role.is_staff();
        if !staff {
            self.placed(by, device)?;
        }
        let _turn = self.turns.devices.take();
        let waits = self.store.recall(device).map_err(stored)?;
        let decision = recall::stop(device, waits.as_ref(), &by.person.id, staff, clock::now());
        self.decide(decision.map_err(refused)?)?;
        self.tell(LiveEvent::Device(device.clone()));
        Ok(())
    }

    /// Ends ownerships whose owner had their time.
    pub(super) fn see_to_recalls(&self, most: u32) -> Answer<()> {
        let now = clock::now();
        for device in self.store.recalls_due(now, most).map_err(stored)? {
            let _turn = self.turns.devices.take();
            let Some(waits) = self.store.recall(&device).map_err(stored)? else { continue };
            let rooms = Rooms::read(self, &device)?;
            let order = CommandId::new(now, clock::random());
            if let Some(decision) = recall::mature(&rooms.estate(&device), &waits, order, now) {
                self.decide(decision)?;
                self.post.ring();
                self.tell(LiveEvent::Device(device.clone()));
            }
        }
        Ok(())
    }
}

fn refused(why: RecallRefusal) -> Stop {
    let kind = match why {
        RecallRefusal::Release(why) => return release_refused(why),
        RecallRefusal::NoOwner | RecallRefusal::None => RefusalKind::Absent,
        RecallRefusal::Waits => RefusalKind::Conflict,
        RecallRefusal::SamePerson | RecallRefusal::NotTheOwner => RefusalKind::Forbidden,
    };
    refuse(kind, why.name(), why.to_string())
}
