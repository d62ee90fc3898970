//! Port of the room that shows how a fleet comes back after an outage.

use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::telemetry::Priority;

/// Classes of devices, in the order in which they come back.
pub const CLASSES: usize = 3;

/// One priority class and the window its devices were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Class {
    /// Which.
    pub priority: Priority,
    /// Its devices that were seen in the last week.
    pub devices: u32,
    /// They come back not before this, counted from the loss of their connection.
    pub first: Millis,
    /// And not after this.
    pub last: Millis,
}

/// One second at the devices' MQTT door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Second {
    /// Devices with a session at its end.
    pub connected: u32,
    /// Sessions that began, by class, in the order of [`Recovery::classes`].
    pub came: [u32; CLASSES],
    /// Handshakes that failed.
    pub failed: u32,
    /// Connections that waited for their handshake at its end.
    pub waiting: u32,
}

/// How the fleet comes back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovery {
    /// The last second ends here.
    pub now: Timestamp,
    /// Handshakes that the door begins in any second at most.
    pub ceiling_per_second: u32,
    /// Unfinished handshakes that one address may have.
    pub per_address: u32,
    /// The classes, safety first.
    pub classes: [Class; CLASSES],
    /// The last seconds, oldest first, at most 900.
    pub seconds: Vec<Second>,
}
