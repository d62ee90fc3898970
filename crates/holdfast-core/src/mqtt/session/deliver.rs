//! Messages to the device: within its window, its packet size and what it asked to hear (MQTT 5.0 §3.3.4, §4.9).

use core::fmt;
use core::num::NonZeroU16;

use super::super::packet::{Ack, Delivery, Packet, PacketId, Publish, Qos};
use super::super::property::Properties;
use super::{Action, ServerSession};
use crate::topic::DownChannel;

/// Why a message was not sent to the device. Nothing was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSent {
    /// The device is not connected.
    NotConnected,
    /// The device has not subscribed to the channel.
    NotSubscribed,
    /// The device is under quarantine and not told this.
    Quarantined,
    /// Too many messages wait for the device's acknowledgement; try again after [`Action::Delivered`].
    WindowFull,
    /// The device does not take packets of this size; it never will on this connection (`[MQTT-3.1.2-25]`).
    TooLarge,
}

impl NotSent {
    /// The stable name under which this is counted and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotConnected => "not-connected",
            Self::NotSubscribed => "not-subscribed",
            Self::Quarantined => "quarantined",
            Self::WindowFull => "window-full",
            Self::TooLarge => "too-large-for-device",
        }
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message not sent: {}", self.name())
    }
}

impl core::error::Error for NotSent {}

impl ServerSession {
    /// Whether the device listens on `channel`.
    #[must_use]
    pub fn is_subscribed(&self, channel: DownChannel) -> bool {
        self.granted(channel).is_some()
    }

    pub(super) fn granted(&self, channel: DownChannel) -> Option<Qos> {
        self.open()?.granted.get(channel as usize).copied().flatten()
    }

    /// Sends a message at the lower of `qos` and what was granted, and gives that back. At quality of service 1 the
    /// device's answer comes as [`Action::Delivered`] with `token`; at 0 there is none.
    ///
    /// # Errors
    ///
    /// [`NotSent`] says why nothing was sent.
    pub fn publish(&mut self, channel: DownChannel, payload: &[u8], qos: Qos, token: u64) -> Result<Qos, NotSent> {
        let open = self.open().ok_or(NotSent::NotConnected)?;
        if !self.scope.permits_down(channel) {
            return Err(NotSent::Quarantined);
        }
        let qos = self.granted(channel).ok_or(NotSent::NotSubscribed)?.min(qos).min(Qos::AtLeastOnce);
        let delivery = if qos == Qos::AtMostOnce {
            Delivery::AtMostOnce
        } else {
            // [MQTT-3.3.4-9]
            if open.sent.len() >= usize::from(open.send_window) {
                return Err(NotSent::WindowFull);
            }
            let packet_id = unused_id(open.last_id, |id| open.sent.iter().any(|(sent, _)| *sent == id));
            Delivery::AtLeastOnce { packet_id, dup: false }
        };
        let topic = channel.topic_of(&self.device);
        let message = Publish { delivery, retain: false, topic: &topic, properties: Properties::NONE, payload };
        self.put(&Packet::Publish(message)).map_err(|_| NotSent::TooLarge)?;
        if let (Delivery::AtLeastOnce { packet_id, .. }, Some(open)) = (delivery, self.open_mut()) {
            open.last_id = packet_id.0.get();
            open.sent.push_back((packet_id, token));
        }
        Ok(qos)
    }

    pub(super) fn take_puback(&mut self, ack: &Ack<'_>) {
        let Some(open) = self.open_mut() else { return };
        match open.sent.iter().position(|(id, _)| *id == ack.packet_id).and_then(|at| open.sent.remove(at)) {
            Some((_, token)) => self.actions.push_back(Action::Delivered { token, reason: ack.reason }),
            None => self.refused("puback-for-nothing"),
        }
    }
}

/// The next packet identifier that is neither zero nor in use (`[MQTT-2.2.1-4]`); windows are far smaller than the
/// range, so the search is short.
pub(in super::super) fn unused_id(last: u16, in_use: impl Fn(PacketId) -> bool) -> PacketId {
    let mut id = last;
    loop {
        id = id.wrapping_add(1);
        if let Some(id) = NonZeroU16::new(id).map(PacketId).filter(|id| !in_use(*id)) {
            return id;
        }
    }
}
