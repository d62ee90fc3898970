//! Tells owners of bulletins about their units and of policies that change. One owner gets one notice of one version, however
//! often a step is killed between telling and noting it.

use holdfast_core::id::PersonId;
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::papers::{Document, Paper, notice};
use holdfast_store::papers::Untold;
use holdfast_web::backend::Stop;

use crate::app::{House, chain};

/// Owners looked at in one decision.
const OWNERS_AT_ONCE: u32 = 200;
/// Papers looked at in one step.
const PAPERS_AT_ONCE: u32 = 16;

/// One look: tells everybody who has not been told.
pub(super) fn step(house: &House) {
    match house.store.papers_untold(PAPERS_AT_ONCE) {
        Ok(open) => open.into_iter().for_each(|untold| {
            if let Err(why) = tell(house, untold) {
                tracing::error!(why = %why, "owners cannot be told of a paper; it is tried again");
            }
        }),
        Err(why) => tracing::error!(why = %chain(&why), "papers cannot be read"),
    }
}

fn tell(house: &House, Untold { paper, mut after }: Untold) -> Result<(), String> {
    loop {
        let owners = house.store.owners_from(&after, OWNERS_AT_ONCE).map_err(|why| chain(&why))?;
        let Some(last) = owners.last() else {
            return house.store.move_paper_telling(&paper, &after, 0, true).map_err(|why| chain(&why));
        };
        after = last.to_string();
        let mut notices = Vec::new();
        for owner in owners {
            if concerns(house, &paper, owner)? {
                notices.extend(notice(&paper, owner).map(Change::AddNotice));
            }
        }
        let told = u64::try_from(notices.len()).unwrap_or(u64::MAX);
        house.decide(Decision::quiet(notices)).map_err(|why: Stop| why.to_string())?;
        house.store.move_paper_telling(&paper, &after, told, false).map_err(|why| chain(&why))?;
    }
}

/// Whether a unit of this owner is among those that a paper is about.
fn concerns(house: &House, paper: &Paper, owner: PersonId) -> Result<bool, String> {
    let bulletin = match &paper.document {
        Document::Policy(_) => return Ok(true),
        Document::Bulletin(bulletin) => bulletin,
    };
    for owned in house.store.ownerships_of(owner).map_err(|why| chain(&why))? {
        let device = house.store.device(&owned.device).map_err(|why| chain(&why))?;
        if device.is_some_and(|device| bulletin.concerns(&device.id, &device.product)) {
            return Ok(true);
        }
    }
    Ok(false)
}
