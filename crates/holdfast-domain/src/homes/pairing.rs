//! Phones and services paired on the local network: the device tells who they are, and the owner sees and ends them.

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;

use super::claim::home;
use super::{HomeChange, Ownership, PairedController};
use crate::decision::{Change, Decision};
use crate::people::notice::{Notice, NoticeKind};

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

/// Decides whom to tell that a phone or a service waits at the device for somebody's yes.
#[must_use]
pub fn waits(owner: Option<&Ownership>, product: &str, digits: Option<&str>, now: Timestamp) -> Decision {
    let Some(owner) = owner else { return Decision::default() };
    let notice = Notice::new(owner.person, NoticeKind::PairingWaits, now)
        .fact("product", product)
        .fact("device", owner.device.as_str());
    let notice = digits.map_or(notice.clone(), |digits| notice.fact("digits", digits));
    Decision::quiet(vec![Change::AddNotice(notice)])
}
