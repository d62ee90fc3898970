//! Messages from the device: which are admitted, and the order in which they are acknowledged (MQTT 5.0 §3.3, §3.4).

use alloc::collections::VecDeque;

use super::super::packet::{Ack, Delivery, Packet, PacketId, PacketKind, Publish, Version};
use super::super::property::{Properties, Property};
use super::super::reason::ReasonCode;
use super::{Action, Admit, Broken, KEPT, Received, ServerSession, Verdict, reason_string};
use crate::time::Millis;
use crate::topic::{TopicRefusal, UpChannel};

/// Name under which each refused message is counted, besides its own, whose device could not be told.
pub const ACKNOWLEDGED_BUT_REFUSED: &str = "acknowledged-but-refused";

impl ServerSession {
    /// Answers an admitted message. PUBACKs leave in the order in which the messages came, so an answer may wait for
    /// earlier ones; that keeps a device's own queue in order. A packet identifier that waits for nothing is ignored.
    ///
    /// 3.1.1 has no word for a refusal. Its PUBACK ends the matter either way (3.1.1 `[MQTT-3.3.5-2]`), and the refusal is
    /// counted once more as [`ACKNOWLEDGED_BUT_REFUSED`].
    pub fn acknowledge(&mut self, packet_id: PacketId, verdict: Verdict) {
        let waiting = |r: &&mut Received| r.packet_id == packet_id && r.verdict.is_none();
        let Some(open) = self.open_mut() else { return };
        let Some(received) = open.received.iter_mut().find(waiting) else { return };
        received.verdict = Some(verdict);
        if let Err(broken) = self.release_acks() {
            self.break_off(broken);
        }
        // A 3.1.1 device may have waited for room.
        let heard: Millis = self.heard;
        self.read(&[], heard);
    }

    pub(super) fn take_publish(&mut self, publish: &Publish<'_>) -> Result<(), Broken> {
        if publish.retain {
            // [MQTT-3.2.2-14]
            return Err(Broken { name: "retain-not-supported", reason: ReasonCode::RetainNotSupported });
        }
        if publish.properties.iter().any(|p| matches!(p, Property::TopicAlias(_))) {
            // [MQTT-3.2.2-17]
            return Err(Broken { name: "topic-alias-not-supported", reason: ReasonCode::TopicAliasInvalid });
        }
        let packet_id = match publish.delivery {
            Delivery::AtMostOnce => None,
            Delivery::AtLeastOnce { packet_id, dup } => {
                if self.is_repeat(packet_id, dup)? {
                    return Ok(());
                }
                Some(packet_id)
            }
            // [MQTT-3.2.2-11]
            Delivery::ExactlyOnce { .. } => {
                return Err(Broken { name: "qos-2-not-supported", reason: ReasonCode::QosNotSupported });
            }
        };
        match self.channel_of(publish.topic) {
            Ok(channel) => {
                self.expect_ack(packet_id, None);
                self.actions.push_back(Action::Admit(Admit { packet_id, channel, payload: publish.payload.to_vec() }));
                Ok(())
            }
            Err(broken) => self.refuse_message(packet_id, broken),
        }
    }

    /// Whether the message is already waiting for its commit; also checks the announced window (`[MQTT-3.3.4-7]`).
    fn is_repeat(&mut self, packet_id: PacketId, dup: bool) -> Result<bool, Broken> {
        let window = usize::from(self.config.receive_maximum.get());
        let Some(open) = self.open() else { return Ok(false) };
        let known = open.received.iter().any(|r| r.packet_id == packet_id);
        match (known, open.version) {
            // Older clients repeat within a connection; the one PUBACK to come answers both.
            (true, Version::V311) if dup => {
                self.refused("repeated-while-in-flight");
                Ok(true)
            }
            // [MQTT-2.2.1-3]
            (true, _) => Err(Broken { name: "packet-id-in-use", reason: ReasonCode::ProtocolError }),
            (false, Version::V5) if open.received.len() >= window => {
                Err(Broken { name: "receive-maximum-exceeded", reason: ReasonCode::ReceiveMaximumExceeded })
            }
            (false, _) => Ok(false),
        }
    }

    fn channel_of(&self, topic: &str) -> Result<UpChannel, Broken> {
        let channel = UpChannel::parse_for(&self.device, topic)
            .map_err(|refusal| Broken { name: refusal.name(), reason: reason_for(refusal) })?;
        if self.scope.permits_up(&channel) {
            return Ok(channel);
        }
        Err(Broken { name: "quarantined", reason: ReasonCode::NotAuthorized })
    }

    /// Refuses one message. Quality of service 0 is dropped and counted; otherwise the device is told in the PUBACK, as far
    /// as its version has words, and stays.
    fn refuse_message(&mut self, packet_id: Option<PacketId>, broken: Broken) -> Result<(), Broken> {
        self.refused(broken.name);
        self.expect_ack(packet_id, Some(Verdict::Refused { reason: broken.reason, name: broken.name }));
        self.release_acks()
    }

    fn expect_ack(&mut self, packet_id: Option<PacketId>, verdict: Option<Verdict>) {
        if let (Some(open), Some(packet_id)) = (self.open_mut(), packet_id) {
            open.received.push_back(Received { packet_id, verdict });
        }
    }

    /// Queues every PUBACK that no earlier message holds back.
    fn release_acks(&mut self) -> Result<(), Broken> {
        while let Some(open) = self.open_mut() {
            let Some(&Received { packet_id, verdict: Some(verdict) }) = open.received.front() else { break };
            let (version, wants_reasons) = (open.version, open.wants_reasons);
            open.received.pop_front();
            match (verdict, version) {
                (Verdict::Stored, _) => self.put_ack(packet_id),
                (Verdict::Refused { .. }, Version::V311) => {
                    self.refused(ACKNOWLEDGED_BUT_REFUSED);
                    self.put_ack(packet_id);
                }
                (Verdict::Refused { reason, name }, Version::V5) => {
                    self.put_refusal(packet_id, reason, wants_reasons.then_some(name))?;
                }
            }
        }
        // An idle connection keeps no memory for a burst of the past.
        if let Some(open) = self.open_mut().filter(|open| open.received.is_empty() && open.received.capacity() > KEPT) {
            open.received = VecDeque::new();
        }
        Ok(())
    }

    fn put_ack(&mut self, packet_id: PacketId) {
        let [high, low] = packet_id.0.get().to_be_bytes();
        self.output.extend_from_slice(&[(PacketKind::PubAck as u8) << 4, 2, high, low]);
    }

    /// Queues a PUBACK with a reason, in words if there is room for them (`[MQTT-3.4.2-2]`).
    fn put_refusal(&mut self, packet_id: PacketId, reason: ReasonCode, words: Option<&str>) -> Result<(), Broken> {
        let known = reason.is_error() && reason.belongs_in(PacketKind::PubAck);
        let reason = if known { reason } else { ReasonCode::Unspecified };
        let list = words.map(reason_string).unwrap_or_default();
        self.put(&Packet::PubAck(Ack { packet_id, reason, properties: list.as_properties() }))
            .or_else(|_| self.put(&Packet::PubAck(Ack { packet_id, reason, properties: Properties::NONE })))
    }
}

/// 0x87 for a topic that exists but is not this device's to use, 0x90 for one that does not exist.
pub(super) const fn reason_for(refusal: TopicRefusal) -> ReasonCode {
    match refusal {
        TopicRefusal::ForeignDeviceTree | TopicRefusal::WrongDirection => ReasonCode::NotAuthorized,
        TopicRefusal::UnknownTopic
        | TopicRefusal::BadDeviceId
        | TopicRefusal::BadStreamId
        | TopicRefusal::BadCommandId => ReasonCode::TopicNameInvalid,
    }
}
