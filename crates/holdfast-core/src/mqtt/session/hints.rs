//! What a device is told about coming back: user properties of our own, on 5.0 only (MQTT 5.0 §3.2.2.3.10, §3.14.2.2.4).
//!
//! Both are advice in milliseconds. A client that does not know them ignores them; they are left out rather than make a
//! packet larger than the client takes.

use alloc::format;

use super::super::property::{Property, PropertyList};
use super::super::reason::ReasonCode;
use crate::time::Millis;

/// User property of a CONNACK with success: `FIRST-LAST`, the window after the loss of this connection in which the device
/// should come back.
pub const RETURN: &str = "hf-return";
/// User property of a refusal or a farewell: how long the device should stay away at least.
pub const RETRY_AFTER: &str = "hf-retry-after";

/// When a device should come back after its connection was lost, counted from the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnWindow {
    /// Not before this.
    pub first: Millis,
    /// Not after this.
    pub last: Millis,
}

/// What is told on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Hints {
    pub(super) window: Option<ReturnWindow>,
    pub(super) retry_after: Option<Millis>,
}

impl Hints {
    /// Adds the window to a welcome.
    pub(super) fn welcome(self, list: &mut PropertyList) {
        if let Some(ReturnWindow { first, last }) = self.window {
            list.push(Property::UserProperty((RETURN, &format!("{}-{}", first.0, last.0)))).unwrap_or_default();
        }
    }

    /// Adds the pause to a refusal or a farewell for a reason that passes by itself.
    pub(super) fn farewell(self, reason: ReasonCode, list: &mut PropertyList) {
        if let Some(pause) = self.retry_after.filter(|_| passes(reason)) {
            list.push(Property::UserProperty((RETRY_AFTER, &format!("{}", pause.0)))).unwrap_or_default();
        }
    }
}

/// Whether waiting helps.
const fn passes(reason: ReasonCode) -> bool {
    matches!(
        reason,
        ReasonCode::ServerUnavailable
            | ReasonCode::ServerBusy
            | ReasonCode::ServerShuttingDown
            | ReasonCode::QuotaExceeded
            | ReasonCode::ConnectionRateExceeded
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::packet::Packet;
    use super::super::super::{Decoded, Limits, Sender, decode};
    use super::super::{Action, Input, ServerConfig, ServerSession};
    use super::*;
    use crate::mqtt::packet::Version;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    const HELLO: &[u8] = b"\x10\x18\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x0bhearth-0001";
    /// Takes packets of 48 bytes at most.
    const NARROW: &[u8] = b"\x10\x1d\x00\x04MQTT\x05\x02\x00\x3c\x05\x27\x00\x00\x00\x30\x00\x0bhearth-0001";
    /// Takes packets of 31 bytes at most: a bare CONNACK fits, a farewell with a pause of ages does not.
    const TINY: &[u8] = b"\x10\x1d\x00\x04MQTT\x05\x02\x00\x3c\x05\x27\x00\x00\x00\x1f\x00\x0bhearth-0001";
    const OLD: &[u8] = b"\x10\x17\x00\x04MQTT\x04\x02\x00\x3c\x00\x0bhearth-0001";

    fn session() -> ServerSession {
        let mut session = ServerSession::new("hearth-0001".parse().unwrap(), ServerConfig::default(), Millis(0));
        session.set_return_window(Some(ReturnWindow { first: Millis(2_000), last: Millis(90_000) }));
        session.set_retry_after(Some(Millis(1_500)));
        session
    }

    /// Our user properties in the last packet that was sent.
    fn hints(session: &mut ServerSession, version: Version) -> Vec<(String, String)> {
        let mut sent = Vec::new();
        while let Some(action) = session.poll_action() {
            if let Action::Send(bytes) = action {
                sent = bytes;
            }
        }
        let limits = Limits { packet_bytes_max: u32::MAX, sender: Sender::Server };
        let Ok(Decoded::Packet(packet, _)) = decode(version, &sent, &limits) else { panic!("{sent:?}") };
        let properties = if let Packet::ConnAck(connack) = packet {
            connack.properties
        } else if let Packet::Disconnect(outcome) = packet {
            outcome.properties
        } else {
            panic!("{packet:?}")
        };
        let ours = |property| {
            let Property::UserProperty((name, value)) = property else { return None };
            Some((name.to_string(), value.to_string()))
        };
        properties.iter().filter_map(ours).collect()
    }

    fn pair(name: &str, value: &str) -> Vec<(String, String)> {
        Vec::from([(name.to_string(), value.to_string())])
    }

    #[test]
    fn a_welcome_says_when_to_come_back_and_a_farewell_how_long_to_stay_away() {
        let mut session = session();
        session.handle(Input::Bytes(HELLO), Millis(0));
        assert_eq!(hints(&mut session, Version::V5), pair("hf-return", "2000-90000"));
        session.close(ReasonCode::ServerShuttingDown);
        assert_eq!(hints(&mut session, Version::V5), pair("hf-retry-after", "1500"));
    }

    #[test]
    fn a_refusal_that_passes_says_how_long_and_one_that_stays_does_not() {
        for (reason, told) in [
            (ReasonCode::ServerBusy, pair("hf-retry-after", "1500")),
            (ReasonCode::QuotaExceeded, pair("hf-retry-after", "1500")),
            (ReasonCode::Banned, Vec::new()),
        ] {
            let mut session = session();
            session.turn_away(reason);
            session.handle(Input::Bytes(HELLO), Millis(0));
            assert_eq!(hints(&mut session, Version::V5), told, "{reason:?}");
        }
    }

    #[test]
    fn a_hint_is_left_out_where_there_is_no_room_or_no_word_for_it() {
        let mut narrow = session();
        narrow.handle(Input::Bytes(NARROW), Millis(0));
        assert_eq!(hints(&mut narrow, Version::V5), [], "[MQTT-3.2.2-20]");
        assert!(narrow.version().is_some(), "and the device is let in all the same");
        let mut tiny = session();
        tiny.set_retry_after(Some(Millis(u64::MAX)));
        tiny.handle(Input::Bytes(TINY), Millis(0));
        let _ = hints(&mut tiny, Version::V5);
        tiny.close(ReasonCode::ServerShuttingDown);
        assert_eq!(hints(&mut tiny, Version::V5), [], "[MQTT-3.14.2-4]");
        let mut old = session();
        old.handle(Input::Bytes(OLD), Millis(0));
        assert_eq!(hints(&mut old, Version::V311), []);
    }
}
