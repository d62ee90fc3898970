//! What was really negotiated at the doors since the server started: evidence, where a configuration is only a promise.

use std::sync::atomic::{AtomicU64, Ordering};

use rustls::{ProtocolVersion, ServerConnection};

/// The doors of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoorName {
    /// HTTPS for people.
    People,
    /// HTTPS for devices.
    Devices,
    /// MQTT for devices.
    Mqtt,
}

impl DoorName {
    /// Every door.
    pub const ALL: [Self; 3] = [Self::People, Self::Devices, Self::Mqtt];
}

/// Finished handshakes of one door.
#[derive(Debug, Default)]
struct Seen {
    all: AtomicU64,
    tls13: AtomicU64,
}

/// Finished handshakes of every door.
#[derive(Debug, Default)]
pub struct Witness([Seen; DoorName::ALL.len()]);

/// What a [`Witness`] saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Testimony {
    /// Doors that finished a handshake.
    pub doors_seen: u64,
    /// Those of them whose every handshake was TLS 1.3.
    pub doors_tls13: u64,
    /// Finished handshakes.
    pub handshakes: u64,
}

impl Witness {
    /// A handshake was finished.
    pub fn saw(&self, door: DoorName, connection: &ServerConnection) {
        self.count(door, connection.protocol_version());
    }

    fn count(&self, door: DoorName, version: Option<ProtocolVersion>) {
        let Some(seen) = self.0.get(door as usize) else { return };
        seen.all.fetch_add(1, Ordering::Relaxed);
        if version == Some(ProtocolVersion::TLSv1_3) {
            seen.tls13.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What was seen up to now.
    #[must_use]
    pub fn testimony(&self) -> Testimony {
        self.0.iter().fold(Testimony::default(), |sum, seen| {
            let (tls13, all) = (seen.tls13.load(Ordering::Relaxed), seen.all.load(Ordering::Relaxed));
            Testimony {
                doors_seen: sum.doors_seen + u64::from(all > 0),
                doors_tls13: sum.doors_tls13 + u64::from(all > 0 && tls13 >= all),
                handshakes: sum.handshakes + all,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_older_handshake_is_enough_to_spoil_a_door() {
        let witness = Witness::default();
        assert_eq!(witness.testimony(), Testimony::default());
        witness.count(DoorName::People, Some(ProtocolVersion::TLSv1_3));
        witness.count(DoorName::Mqtt, Some(ProtocolVersion::TLSv1_3));
        witness.count(DoorName::Mqtt, Some(ProtocolVersion::TLSv1_2));
        assert_eq!(witness.testimony(), Testimony { doors_seen: 2, doors_tls13: 1, handshakes: 3 });
    }
}
