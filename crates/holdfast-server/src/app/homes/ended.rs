//! Homes that end: contested claims whose waiting time is over, and what the service still holds of earlier homes.

use holdfast_core::id::CommandId;
use holdfast_core::time::Timestamp;
use holdfast_domain::homes::{Release, claim, release};
use holdfast_web::backend::{Answer, LiveEvent};

use super::{House, Rooms, stored};
use crate::app::{chain, conflict};
use crate::clock;

impl House {
    /// Moves contested claims whose time is over, and deletes what is left of homes that ended.
    pub(crate) fn see_to_homes(&self, most: u32) -> Answer<()> {
        let now = clock::now();
        for claim in self.store.claims_due(now, most).map_err(stored)? {
            let _turn = self.turns.devices.take();
            let rooms = Rooms::read(self, &claim.device)?;
            let order = CommandId::new(now, clock::random());
            if let Some(decision) = claim::mature(&claim, &rooms.estate(&claim.device), order, now) {
                self.decide(decision)?;
                self.tell(LiveEvent::Device(claim.device.clone()));
            }
        }
        self.see_to_recalls(most)?;
        // Those whose device is wiped come first and leave the list; what still comes from the others is shown to nobody.
        for ended in self.store.open_releases(most).map_err(stored)? {
            if let Err(why) = self.sweep(&ended, now) {
                tracing::warn!(device = %ended.device, why = %chain(&why), "a home could not be swept; tried again");
            }
        }
        Ok(())
    }

    fn sweep(&self, ended: &Release, now: Timestamp) -> Answer<()> {
        // Until the device is wiped, what it says still comes from the old home; what people choose belongs to the next one.
        let until = ended.wiped.unwrap_or(now);
        let rows = self.store.sweep_home(&ended.device, ended.begun, until).map_err(conflict)?;
        if ended.wiped.is_some() {
            self.decide(release::swept(ended, rows, now))?;
        }
        Ok(())
    }
}
