//! Phones and services paired on the local network: the device tells who they are, and the owner sees and ends them.

use holdfast_core::id::DeviceId;
use holdfast_core::time::{Millis, Timestamp};

use super::claim::home;
use super::{HomeChange, Ownership, PairedController};
use crate::decision::{Change, Decision};
use crate::people::notice::{Notice, NoticeKind};

/// Most notices about waiting phones within [`TOLD_WITHIN`].
pub const TOLD_MAX: usize = 3;
/// The time in which they are counted: 10 minutes.
pub const TOLD_WITHIN: Millis = Millis::from_secs(10 * 60);
/// How many of the owner's newest notices are looked at for that.
pub const NEWEST_LOOKED_AT: u32 = 32;
/// Most controllers of one device.
pub const CONTROLLERS_MAX: usize = 16;

/// Decides what the device's list of its controllers changes. Quiet: the device's own events say who was paired and when.
#[must_use]
pub fn reported(device: &DeviceId, known: &[PairedController], told: Vec<PairedController>) -> Decision {
    if known == told {
        return Decision::default();
    }
    Decision::quiet(vec![home(HomeChange::SetControllers { device: device.clone(), controllers: told })])
}

/// Decides to tell the owner that a phone or a service waits at the device for somebody's yes. `told` are their newest notices: a
/// device that says so without end tells them a few times, by the server's clock.
#[must_use]
pub fn waits(owner: &Ownership, told: &[Notice], product: &str, digits: Option<&str>, now: Timestamp) -> Decision {
    let lately = told.iter().filter(|one| one.kind == NoticeKind::PairingWaits && now.since(one.at) < TOLD_WITHIN);
    if lately.count() >= TOLD_MAX {
        return Decision::default();
    }
    let notice = Notice::new(owner.person, NoticeKind::PairingWaits, now)
        .fact("product", product)
        .fact("device", owner.device.as_str());
    let notice = digits.map_or(notice.clone(), |digits| notice.fact("digits", digits));
    Decision::quiet(vec![Change::AddNotice(notice)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, device_id, later, person};

    #[test]
    fn a_device_that_asks_without_end_tells_its_owner_a_few_times_and_later_again() {
        let owner = Ownership { device: device_id(1), person: person(), since: NOW, nickname: None };
        let mut told: Vec<Notice> = Vec::new();
        for second in 0..500 {
            let digits = format!("{second:06}");
            let decision = waits(&owner, &told, "Lamp", Some(&digits), later(second));
            told.extend(decision.changes.into_iter().filter_map(|change| {
                let Change::AddNotice(notice) = change else { return None };
                Some(notice)
            }));
        }
        assert_eq!(told.len(), TOLD_MAX);
        let again = waits(&owner, &told, "Lamp", None, later(700));
        assert_eq!(again.changes.len(), 1, "ten minutes later it is news again");
    }
}
