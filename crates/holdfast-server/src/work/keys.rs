//! Looks after keys: the one that the trust document names, the doors' certificate, revocation lists, and the alert about a key that is past its time.

use holdfast_core::id::AlertId;
use holdfast_domain::keys::inventory::watch;
use holdfast_store::integrity::AlertFilter;
use holdfast_web::backend::LiveEvent;

use crate::app::{House, chain};
use crate::clock;

/// Open alerts without a device that are looked through.
const ALERTS_MAX: u32 = 500;

/// One look.
pub(super) fn see_to_keys(house: &House) {
    if let Err(why) = house.follow_trust_in_force() {
        tracing::error!(why = %why, "the freshness key that the trust document names cannot be put to use");
    }
    renew_certificate(house);
    if let Err(why) = house.publish_crls() {
        tracing::error!(why = %why, "a revocation list cannot be made; the last one stays");
    }
    watch_ends(house);
}

fn renew_certificate(house: &House) {
    let behind = match house.devices_behind() {
        Ok(behind) => behind > 0,
        Err(why) => return tracing::error!(why = %chain(&why), "devices that know only the old CA cannot be counted"),
    };
    match house.authority.see_to_door(behind, clock::now()) {
        Ok(true) => {
            if let Err(why) = house.reload_doors() {
                tracing::error!(why = %chain(&why), "the doors keep their old certificate");
            }
        }
        Ok(false) => {}
        Err(why) => tracing::error!(why = %chain(&why), "the doors' certificate cannot be renewed"),
    }
}

fn watch_ends(house: &House) {
    let filter = AlertFilter { open_only: true, device: None };
    let alerts = match house.store.alerts(&filter, None, ALERTS_MAX) {
        Ok(alerts) => alerts,
        Err(why) => return tracing::error!(why = %chain(&why), "alerts cannot be read"),
    };
    let (now, alert) = (clock::now(), AlertId::new(clock::now(), clock::random()));
    let Some(decision) = watch(&house.entries(), &alerts, alert, now) else { return };
    match house.decide(decision) {
        Ok(_) => house.tell(LiveEvent::Alert(alert)),
        Err(why) => {
            tracing::warn!(why = %why, "the alert about a key past its time could not be kept; it is tried again");
        }
    }
}
