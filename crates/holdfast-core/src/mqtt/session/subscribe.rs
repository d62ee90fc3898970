//! What the device wants to hear: exact filters of its own tree, one code each (MQTT 5.0 §3.8 to §3.11).
//!
//! What CONNACK announced as missing is refused per filter with the code of that name, which keeps the connection; the
//! standard also allows ending it (§3.2.2.3.11).

use alloc::vec::Vec;

use super::super::packet::{Packet, Qos, SubAck, Subscribe, Unsubscribe, Version};
use super::super::property::{Properties, Property};
use super::super::reason::ReasonCode;
use super::receive::reason_for;
use super::{Action, Broken, FILTERS_MAX, ServerSession};
use crate::topic::DownChannel;

impl ServerSession {
    pub(super) fn take_subscribe(&mut self, subscribe: &Subscribe<'_>) -> Result<(), Broken> {
        let numbered = subscribe.properties.iter().any(|p| matches!(p, Property::SubscriptionId(_)));
        let whole = if numbered {
            Some(ReasonCode::SubscriptionIdsNotSupported)
        } else if subscribe.filters.iter().nth(FILTERS_MAX).is_some() {
            Some(ReasonCode::QuotaExceeded)
        } else {
            None
        };
        if let Some(reason) = whole {
            self.refused(if numbered { reason.name() } else { "too-many-filters" });
        }
        let mut codes = Vec::new();
        for (filter, options) in subscribe.filters.iter() {
            let code = whole.unwrap_or_else(|| self.grant(filter, options.qos));
            codes.push(code.byte());
        }
        let suback = SubAck { packet_id: subscribe.packet_id, properties: Properties::NONE, codes: &codes };
        self.put(&Packet::SubAck(suback))
    }

    /// Subscribes to one filter; the code says what was granted or why not (`[MQTT-3.8.4-7]`). Quality of service 2 is
    /// accepted and lowered (`[MQTT-3.2.2-10]`).
    fn grant(&mut self, filter: &str, qos: Qos) -> ReasonCode {
        let channel = match self.listen_to(filter) {
            Ok(channel) => channel,
            Err(broken) => {
                self.refused(broken.name);
                return broken.reason;
            }
        };
        let qos = qos.min(Qos::AtLeastOnce);
        if let Some(slot) = self.open_mut().and_then(|open| open.granted.get_mut(channel as usize)) {
            *slot = Some(qos);
        }
        self.actions.push_back(Action::Subscribed(channel));
        if qos == Qos::AtMostOnce { ReasonCode::Success } else { ReasonCode::GrantedQos1 }
    }

    fn listen_to(&self, filter: &str) -> Result<DownChannel, Broken> {
        if filter.starts_with("$share/") && self.version() == Some(Version::V5) {
            let reason = ReasonCode::SharedSubscriptionsNotSupported;
            return Err(Broken { name: reason.name(), reason });
        }
        if filter.contains(['+', '#']) {
            let reason = ReasonCode::WildcardsNotSupported;
            return Err(Broken { name: reason.name(), reason });
        }
        DownChannel::parse_for(&self.device, filter).map_err(|refusal| {
            let known = reason_for(refusal) == ReasonCode::NotAuthorized;
            let reason = if known { ReasonCode::NotAuthorized } else { ReasonCode::TopicFilterInvalid };
            Broken { name: refusal.name(), reason }
        })
    }

    pub(super) fn take_unsubscribe(&mut self, unsubscribe: &Unsubscribe<'_>) -> Result<(), Broken> {
        let too_many = unsubscribe.filters.iter().nth(FILTERS_MAX).is_some();
        if too_many {
            self.refused("too-many-filters");
        }
        let mut codes = Vec::new();
        for (filter, _) in unsubscribe.filters.iter() {
            let code = if too_many { ReasonCode::ImplementationSpecific } else { self.revoke(filter) };
            codes.push(code.byte());
        }
        let unsuback = SubAck { packet_id: unsubscribe.packet_id, properties: Properties::NONE, codes: &codes };
        self.put(&Packet::UnsubAck(unsuback))
    }

    /// Compares character by character, as every filter held is an exact one (`[MQTT-3.10.4-1]`).
    fn revoke(&mut self, filter: &str) -> ReasonCode {
        let Some(channel) = DownChannel::parse_for(&self.device, filter).ok().filter(|c| self.is_subscribed(*c)) else {
            return ReasonCode::NoSubscriptionExisted;
        };
        if let Some(slot) = self.open_mut().and_then(|open| open.granted.get_mut(channel as usize)) {
            *slot = None;
        }
        self.actions.push_back(Action::Unsubscribed(channel));
        ReasonCode::Success
    }
}
