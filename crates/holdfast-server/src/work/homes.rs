//! Looks after homes: contested claims whose waiting time is over, and data of homes that ended.

use crate::app::{House, chain};

/// Most claims and releases of one look.
const AT_ONCE: u32 = 100;

/// One look.
pub(super) fn step(house: &House) {
    if let Err(why) = house.see_to_homes(AT_ONCE) {
        tracing::warn!(why = %chain(&why), "homes could not be looked after; it is tried again");
    }
}
