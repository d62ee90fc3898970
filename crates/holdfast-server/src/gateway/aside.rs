//! Refused messages that are kept aside, on disk before the device hears its no: at most so many of one connection.

use std::sync::Arc;

use holdfast_core::id::StreamId;
use holdfast_core::time::Timestamp;
use holdfast_domain::telemetry::TelemetryRefusal;
use holdfast_store::telemetry::AsideRow;

use super::pending::{Done, Pending, Refused, Stop};
use super::readings::{Came, may_be_newer, refused};

/// Largest message that is kept aside.
const ASIDE_BYTES_MAX: usize = 8 * 1024;
/// Messages of one connection that may be kept aside at once.
const ASIDES_AT_ONCE: u32 = 60;
/// One more for each span of this length.
const ASIDE_EVERY_US: i64 = 1_000_000;

/// A refusal and what is noted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aside {
    pub(super) refused: Refused,
    pub(super) field: Option<String>,
    pub(super) waits: bool,
}

impl Aside {
    /// What is noted of a refusal by the model.
    pub(super) fn of(refusal: &TelemetryRefusal) -> Self {
        Self { refused: refused(refusal), field: refusal.field().map(str::to_owned), waits: may_be_newer(refusal) }
    }
}

/// How many messages of a connection may still be kept aside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    left: u32,
    since: Timestamp,
}

impl Allowance {
    /// All of it.
    pub(super) const FULL: Self = Self { left: ASIDES_AT_ONCE, since: Timestamp::from_micros(0) };

    fn take(&mut self, now: Timestamp) -> bool {
        let more = now.as_micros().saturating_sub(self.since.as_micros()) / ASIDE_EVERY_US;
        if more > 0 {
            self.left = self.left.saturating_add(u32::try_from(more).unwrap_or(u32::MAX)).min(ASIDES_AT_ONCE);
            self.since = now;
        }
        let some = self.left > 0;
        self.left = self.left.saturating_sub(1);
        some
    }

    /// Keeps a refused message, then refuses it. One that is not kept is refused at once.
    pub(super) fn keep_aside(
        &mut self,
        came: &Came<'_>,
        stream: StreamId,
        aside: Aside,
        pending: &mut Pending,
    ) -> Result<(), Refused> {
        let Aside { refused, field, waits } = aside;
        let too_often = refused.reason == holdfast_core::mqtt::reason::ReasonCode::QuotaExceeded;
        if too_often || came.payload.len() > ASIDE_BYTES_MAX || !self.take(came.now) {
            return Err(refused);
        }
        let row = AsideRow {
            device: came.device.clone(),
            stream,
            reason: refused.name.to_owned(),
            field,
            waits,
            received: came.now,
            payload: came.payload.to_vec(),
        };
        let (door, id) = (Arc::clone(came.door), came.id);
        pending.push(async move {
            if let Err(fault) = door.records.store().keep_aside(row).await {
                tracing::error!(error = &fault as &dyn std::error::Error, "mqtt.refused message not kept");
            }
            Done::Document { id, result: Err(Stop::Refused(refused)) }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_keeps_a_burst_aside_and_then_one_a_second() {
        let at = |ms: i64| Timestamp::from_micros(1_795_408_200_000_000 + ms * 1_000);
        let mut allowance = Allowance::FULL;
        let kept = (0..100).filter(|_| allowance.take(at(0))).count();
        assert_eq!(kept, 60);
        assert!(!allowance.take(at(900)));
        assert!(allowance.take(at(1_000)) && !allowance.take(at(1_001)));
        assert_eq!((0..100).filter(|_| allowance.take(at(3_600_000))).count(), 60);
    }
}
