//! What the door tells a device about coming back after its connection is lost or refused.
//!
//! Advice only: who may come in, and when, is the listener's matter.

use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::mqtt::session::ReturnWindow;
use holdfast_core::time::Millis;
use holdfast_domain::telemetry::Priority;

use super::door::Door;

/// Time in which safety devices come back; the others follow it.
const SAFETY_WINDOW: Millis = Millis(2_000);
/// Connections a second that the windows are made for.
const RETURNS_PER_SECOND: u64 = 1_000;
/// Longest window.
const WINDOW_MS_MAX: u64 = 60 * 60 * 1_000;
/// How long to stay away after a refusal or a farewell that passes by itself.
const PAUSE: Millis = Millis(1_000);

/// When a device should come back if this connection is lost: told in the CONNACK.
pub(super) fn hint(door: &Door, priority: Priority) -> Option<ReturnWindow> {
    Some(match priority {
        Priority::Safety => ReturnWindow { first: Millis(0), last: SAFETY_WINDOW },
        Priority::Ordinary | Priority::Bulk => {
            let devices = u64::try_from(door.connections.count()).unwrap_or(u64::MAX);
            let last = SAFETY_WINDOW.0.saturating_add(devices.saturating_mul(1_000) / RETURNS_PER_SECOND);
            ReturnWindow { first: SAFETY_WINDOW, last: Millis(last.clamp(2 * SAFETY_WINDOW.0, WINDOW_MS_MAX)) }
        }
    })
}

/// How long a device should stay away when it is refused or sent off for `reason`: told in the CONNACK or DISCONNECT, if
/// the reason is one that passes.
pub(super) fn retry_after(_door: &Door, priority: Priority, _reason: ReasonCode) -> Option<Millis> {
    (priority != Priority::Safety).then_some(PAUSE)
}
