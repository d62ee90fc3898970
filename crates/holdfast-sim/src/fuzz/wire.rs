//! Targets for the MQTT codec: what is decoded is encoded and decoded again with the same meaning.

use holdfast_core::mqtt::packet::{Packet, Version};
use holdfast_core::mqtt::{Decoded, Limits, Sender, decode};

const PACKET_BYTES_MAX: u32 = 66 * 1024;

pub(super) fn mqtt_v5(data: &[u8]) {
    codec(Version::V5, data);
}

pub(super) fn mqtt_v311(data: &[u8]) {
    codec(Version::V311, data);
}

fn codec(version: Version, data: &[u8]) {
    for sender in [Sender::Client, Sender::Server] {
        let limits = Limits { packet_bytes_max: PACKET_BYTES_MAX, sender };
        let mut rest = data;
        while let Ok(decoded) = decode(version, rest, &limits) {
            match decoded {
                Decoded::Need(more) => {
                    assert!(more > 0, "needs nothing more and gives no packet");
                    break;
                }
                Decoded::Packet(packet, used) => {
                    assert!((2..=rest.len()).contains(&used), "took {used} of {} bytes", rest.len());
                    again(version, &packet, limits);
                    rest = rest.get(used..).unwrap_or_default();
                }
            }
        }
    }
}

fn again(version: Version, packet: &Packet<'_>, limits: Limits) {
    // A CONNECT states its own version.
    let version = if let Packet::Connect(connect) = packet { connect.version } else { version };
    let mut out = Vec::new();
    let written = packet.encode(version, &mut out);
    assert_eq!(written, Ok(()), "a decoded packet cannot be written: {packet:?}");
    let wide = Limits { packet_bytes_max: u32::MAX, ..limits };
    let read = decode(version, &out, &wide);
    let same = matches!(&read, Ok(Decoded::Packet(other, used)) if other == packet && *used == out.len());
    assert!(same, "{packet:?} became {out:02x?}, which reads {read:?}");
}
