//! Lets announced changes of promises count when their notice period is over. Tells owners about the support of their products: that it was extended, that it ends in twelve, six and one months, that it has
//! ended. One owner gets one notice of one occasion, however often a step is killed between telling and noting it.

use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::fleet::dossier::telling::{Occasion, due};
use holdfast_store::dossier::Telling;
use holdfast_web::backend::Stop;

use crate::app::{House, chain};
use crate::clock;

/// Owners told in one decision.
const OWNERS_AT_ONCE: u32 = 200;

/// One look: begins what is due, and tells everybody who has not been told.
pub(super) fn step(house: &House) {
    if let Err(why) = house.see_to_promises() {
        tracing::error!(why = %chain(&why), "announced changes cannot take effect; it is tried again");
    }
    if let Err(why) = begin(house) {
        tracing::error!(why = %why, "owners cannot be told about support; it is tried again");
    }
    match house.store.tellings() {
        Ok(open) => open.into_iter().for_each(|telling| {
            if let Err(why) = tell(house, telling) {
                tracing::error!(why = %why, "owners cannot be told about support; it is tried again");
            }
        }),
        Err(why) => tracing::error!(why = %chain(&why), "what owners are to be told cannot be read"),
    }
}

fn begin(house: &House) -> Result<(), String> {
    let now = clock::now();
    for record in house.store.public_dossiers().map_err(|why| chain(&why))? {
        let occasion = record.public.as_ref().and_then(|public| due(&record.product, public, now));
        if let Some(occasion) = occasion {
            house.store.begin_telling(occasion).map_err(|why| chain(&why))?;
        }
    }
    Ok(())
}

fn tell(house: &House, Telling { occasion, mut after }: Telling) -> Result<(), String> {
    let title = title(house, &occasion)?;
    loop {
        let owners = house.store.product_owners(&occasion.product, &after, OWNERS_AT_ONCE);
        let owners = owners.map_err(|why| chain(&why))?;
        let Some(last) = owners.last() else {
            return house.store.move_telling(&occasion, &after, true).map_err(|why| chain(&why));
        };
        after = last.to_string();
        let notices = owners.iter().map(|owner| Change::AddNotice(occasion.notice(*owner, &title))).collect();
        house.decide(Decision::quiet(notices)).map_err(|why: Stop| why.to_string())?;
        house.store.move_telling(&occasion, &after, false).map_err(|why| chain(&why))?;
    }
}

fn title(house: &House, occasion: &Occasion) -> Result<String, String> {
    let record = house.store.dossier(&occasion.product).map_err(|why| chain(&why))?;
    let name = record.and_then(|record| record.public).map(|public| public.dossier.name);
    Ok(name.unwrap_or_else(|| occasion.product.to_string()))
}
