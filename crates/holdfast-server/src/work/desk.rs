//! Looks after promised times: a request or a complaint that waits too long, a breach whose 72 hours are over. Each is told to the staff once.

use crate::app::House;

/// Requests of one look.
const AT_ONCE: u32 = 100;

/// One look.
pub(super) fn step(house: &House) {
    if let Err(why) = house.tell_late_help(AT_ONCE) {
        tracing::error!(why = %why, "late requests cannot be told; it is tried again");
    }
    if let Err(why) = house.tell_late_redress(AT_ONCE) {
        tracing::error!(why = %why, "late complaints and breaches cannot be told; it is tried again");
    }
}
