//! Messages in both directions, within the windows that both ends announced (MQTT 5.0 §3.3, §3.4, §4.9).

use super::super::packet::{Ack, Delivery, Packet, PacketId, Publish};
use super::super::property::{Properties, Property};
use super::super::reason::ReasonCode;
use super::super::session::{NotSent, unused_id};
use super::{Action, Broken, ClientSession, SUBSCRIBE_ID, words};
use crate::topic::{DownChannel, UpChannel};

impl ClientSession {
    /// How many messages can be published before one is answered.
    #[must_use]
    pub fn window(&self) -> usize {
        self.open().map_or(0, |open| usize::from(open.send_window).saturating_sub(open.sent.len()))
    }

    /// Publishes a message at quality of service 1; the answer comes as [`Action::Acked`] or [`Action::Refused`] with
    /// `token`.
    ///
    /// # Errors
    ///
    /// [`NotSent`] says why nothing was sent.
    pub fn publish(&mut self, channel: &UpChannel, payload: &[u8], token: u64) -> Result<(), NotSent> {
        let open = self.open().ok_or(NotSent::NotConnected)?;
        // [MQTT-3.3.4-7]
        if open.sent.len() >= usize::from(open.send_window) {
            return Err(NotSent::WindowFull);
        }
        let in_use = |id| id == SUBSCRIBE_ID || open.sent.iter().any(|(sent, _)| *sent == id);
        let packet_id = unused_id(open.last_id, in_use);
        let topic = channel.topic_of(&self.device);
        let delivery = Delivery::AtLeastOnce { packet_id, dup: false };
        let message = Publish { delivery, retain: false, topic: &topic, properties: Properties::NONE, payload };
        self.put(&Packet::Publish(message))?;
        if let Some(open) = self.open_mut() {
            open.last_id = packet_id.0.get();
            open.sent.push_back((packet_id, token));
        }
        Ok(())
    }

    /// Answers a message of the platform: it is safe with the device now.
    pub fn accepted(&mut self, packet_id: PacketId) {
        self.answer(packet_id, ReasonCode::Success);
    }

    /// Answers a message of the platform: the device does not take it.
    pub fn declined(&mut self, packet_id: PacketId, reason: ReasonCode) {
        let known = reason.is_error() && reason.belongs_in(super::super::packet::PacketKind::PubAck);
        self.answer(packet_id, if known { reason } else { ReasonCode::Unspecified });
    }

    /// PUBACKs leave in the order in which the messages came (`[MQTT-4.6.0-2]`).
    fn answer(&mut self, packet_id: PacketId, reason: ReasonCode) {
        let Some(open) = self.open_mut() else { return };
        if let Some(slot) = open.received.iter_mut().find(|(id, known)| *id == packet_id && known.is_none()) {
            slot.1 = Some(reason);
        }
        while let Some(open) = self.open_mut() {
            let Some(&(packet_id, Some(reason))) = open.received.front() else { break };
            open.received.pop_front();
            self.put(&Packet::PubAck(Ack { packet_id, reason, properties: Properties::NONE })).unwrap_or_default();
        }
    }

    pub(super) fn take_puback(&mut self, ack: &Ack<'_>) -> Result<(), Broken> {
        let found = self.open_mut().and_then(|open| {
            let at = open.sent.iter().position(|(id, _)| *id == ack.packet_id)?;
            open.sent.remove(at)
        });
        let Some((_, token)) = found else {
            return Err(Broken { name: "puback-for-nothing", reason: ReasonCode::ProtocolError });
        };
        self.actions.push_back(if ack.reason.is_error() {
            Action::Refused { token, reason: ack.reason, words: words(ack.properties) }
        } else {
            Action::Acked { token }
        });
        Ok(())
    }

    pub(super) fn take_publish(&mut self, publish: &Publish<'_>) -> Result<(), Broken> {
        if publish.properties.iter().any(|p| matches!(p, Property::TopicAlias(_))) {
            // [MQTT-3.1.2-27]
            return Err(Broken { name: "topic-alias-not-supported", reason: ReasonCode::TopicAliasInvalid });
        }
        let channel = DownChannel::parse_for(&self.device, publish.topic)
            .map_err(|refusal| Broken { name: refusal.name(), reason: ReasonCode::TopicNameInvalid })?;
        let packet_id = match publish.delivery {
            Delivery::AtMostOnce => None,
            Delivery::AtLeastOnce { packet_id, .. } => Some(self.expect_answer(packet_id)?),
            Delivery::ExactlyOnce { .. } => {
                return Err(Broken { name: "qos-2-not-supported", reason: ReasonCode::QosNotSupported });
            }
        };
        self.actions.push_back(Action::Received { packet_id, channel, payload: publish.payload.to_vec() });
        Ok(())
    }

    fn expect_answer(&mut self, packet_id: PacketId) -> Result<PacketId, Broken> {
        let most = usize::from(self.config.receive_maximum.get());
        if let Some(open) = self.open_mut() {
            if open.received.iter().any(|(id, _)| *id == packet_id) {
                return Err(Broken { name: "packet-id-in-use", reason: ReasonCode::ProtocolError });
            }
            if open.received.len() >= most {
                // [MQTT-3.3.4-9]
                return Err(Broken { name: "receive-maximum-exceeded", reason: ReasonCode::ReceiveMaximumExceeded });
            }
            open.received.push_back((packet_id, None));
        }
        Ok(packet_id)
    }
}
