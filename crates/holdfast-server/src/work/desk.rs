//! Looks after the promise of the help desk: a request that waits too long is told to the staff, once.

use crate::app::House;

/// Requests of one look.
const AT_ONCE: u32 = 100;

/// One look.
pub(super) fn step(house: &House) {
    if let Err(why) = house.tell_late_help(AT_ONCE) {
        tracing::error!(why = %why, "late requests cannot be told; it is tried again");
    }
}
