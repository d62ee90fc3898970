//! Carries out acts on many devices, forwards and back, a bounded number at a time; an act goes on after a kill where it was.
//!
//! Each device is one decision and one commit, in which the act counts it; those of a step are on disk together.

use holdfast_core::id::CommandId;
use holdfast_domain::decision::Decision;
use holdfast_domain::fleet::bulk::{self, Bulk, BulkState, Facts, Item, ItemState, STEP_DEVICES_MAX};
use holdfast_store::{CommitError, StoreError, wait};
use holdfast_web::backend::LiveEvent;

use crate::app::groups::Known;
use crate::app::{House, chain};
use crate::clock;

/// Acts that are looked at in one go.
const ACTS_AT_ONCE: u32 = 16;

/// Moves every act that is under way to its end.
pub(crate) fn step(house: &House) {
    loop {
        let active = match house.store().active_bulks(ACTS_AT_ONCE) {
            Ok(active) => active,
            Err(why) => return tracing::error!(why = %chain(&why), "acts on many devices cannot be read"),
        };
        let mut moved = false;
        for Bulk { id, .. } in active {
            // Nobody orders anything about a device, or takes the act back, between the look at it and the commit.
            let _turn = house.turns.devices.take();
            match house.store().bulk(id).and_then(|bulk| bulk.map_or(Ok(0), |bulk| advance(house, &bulk))) {
                Ok(settled) => moved |= settled > 0,
                Err(why) => return tracing::error!(why = %chain(&why), bulk = %id, "an act's devices cannot be read"),
            }
            house.tell(LiveEvent::Bulk(id));
        }
        if !moved {
            return;
        }
    }
}

/// One step of one act; how much of it came to its end.
fn advance(house: &House, bulk: &Bulk) -> Result<usize, StoreError> {
    let left = match bulk.state {
        BulkState::Running => ItemState::Waiting,
        BulkState::Undoing => ItemState::Changed,
        BulkState::Done | BulkState::Undone => return Ok(0),
    };
    let limit = u32::try_from(STEP_DEVICES_MAX).unwrap_or(u32::MAX);
    let items = house.store().bulk_items(bulk.id, Some(left), None, limit)?;
    let decisions = if items.is_empty() {
        bulk::finish(bulk, clock::now()).into_iter().collect()
    } else {
        let entitled = house.still_may(bulk.by, bulk.act.needs())?;
        let group = bulk.act.group().map(|id| house.store().group(id)).transpose()?.flatten();
        let decide = |item: &Item| -> Result<Option<Decision>, StoreError> {
            let Some(device) = house.store().device(&item.device)? else { return Ok(None) };
            let known = Known::read(house, &bulk.act, device, group.as_ref())?;
            let known = if bulk.state == BulkState::Undoing { known.with_origins(house)? } else { known };
            let (facts, now) = (Facts { entitled, ..known.facts(group.as_ref()) }, clock::now());
            let command = CommandId::new(now, clock::random());
            let (decision, _) = match bulk.state {
                BulkState::Undoing => bulk::take_back(bulk, item, &facts, command, now),
                BulkState::Running | BulkState::Done | BulkState::Undone => bulk::carry_out(bulk, &facts, command, now),
            };
            Ok(Some(decision))
        };
        items.iter().filter_map(|item| decide(item).transpose()).collect::<Result<Vec<_>, _>>()?
    };
    let under_way: Vec<_> = decisions.into_iter().map(|decision| house.store().commit_async(decision)).collect();
    let mut settled = 0;
    for ended in under_way {
        match wait(ended) {
            Ok(_) => settled += 1,
            // The device changed at the same moment; it is looked at again.
            Err(CommitError::Conflict(name)) => {
                tracing::warn!(name, bulk = %bulk.id, "a device of an act moved meanwhile");
            }
            Err(CommitError::Fault(why)) => return Err(why),
        }
    }
    house.outbox.notify_one();
    Ok(settled)
}
