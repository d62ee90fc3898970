//! Deletes readings when the time is over that their stream keeps them, and old refused messages, log lines and keyed requests.

use std::time::Duration;

use holdfast_core::id::{ProductId, StreamId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_store::StoreError;
use holdfast_store::telemetry::{Expiry, RetentionRun};
use holdfast_web::backend::idempotency::KEPT_SECONDS;

use crate::app::{House, chain};
use crate::clock;

/// Retention runs so often.
pub(crate) const EVERY: Duration = Duration::from_mins(10);
/// How long refused messages are kept aside.
const ASIDE_KEPT: Millis = Millis::from_secs(30 * 86_400);
/// How long certificates that were replaced or revoked are kept after their end, at the least: as long as readings that
/// they signed are kept.
const CERTIFICATES_KEPT: Millis = Millis::from_secs(400 * 86_400);
/// How long log lines of devices are kept.
const LOG_KEPT: Millis = Millis::from_secs(90 * 86_400);

/// A stream and how long its readings are kept.
pub(crate) struct Kept {
    pub(crate) product: ProductId,
    pub(crate) stream: StreamId,
    pub(crate) keep: Millis,
}

/// Every stream that does not keep its readings for ever.
pub(crate) fn kept(house: &House) -> Result<Vec<Kept>, StoreError> {
    let mut all = Vec::new();
    for product in house.store.products()? {
        let Some(model) = house.models.known(&product.id) else { continue };
        for stream in model.streams() {
            if let (Some(keep), Ok(name)) = (stream.retention(), stream.name.parse()) {
                all.push(Kept { product: product.id.clone(), stream: name, keep });
            }
        }
    }
    Ok(all)
}

/// When the next run is, by the last one.
pub(crate) fn next_run(runs: &[RetentionRun]) -> Option<Timestamp> {
    runs.iter().map(|run| run.last_run).max().map(|last| last.plus(Millis::from_secs(EVERY.as_secs())))
}

/// One run. What it does not finish, the next one does.
pub(super) fn run(house: &House) {
    let now = clock::now();
    let before =
        |kept: Millis| Timestamp::from_micros(now.as_micros().saturating_sub_unsigned(kept.0.saturating_mul(1_000)));
    let streams = match kept(house) {
        Ok(streams) => streams,
        Err(why) => return tracing::error!(why = %chain(&why), "products cannot be read; retention waits"),
    };
    let mut deleted = 0_u64;
    for Kept { product, stream, keep } in streams {
        let expiry = Expiry { product, stream, before: before(keep) };
        match house.store.expire_telemetry(&expiry, now) {
            Ok(count) => deleted = deleted.saturating_add(count),
            Err(why) => return tracing::error!(why = %chain(&why), "old readings cannot be deleted; it is tried again"),
        }
    }
    if let Err(why) = house.store.expire_asides(before(ASIDE_KEPT), before(LOG_KEPT)) {
        tracing::error!(why = %chain(&why), "old refused messages cannot be deleted; it is tried again");
    }
    if let Err(why) = house.store.expire_requests(before(Millis::from_secs(KEPT_SECONDS))) {
        tracing::error!(why = %chain(&why), "old keyed requests cannot be deleted; it is tried again");
    }
    match house.store.expire_certificates(before(CERTIFICATES_KEPT)) {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "retention deleted certificates"),
        Err(why) => tracing::error!(why = %chain(&why), "old certificates cannot be deleted; it is tried again"),
    }
    if deleted > 0 {
        tracing::info!(deleted, "retention deleted readings");
    }
}
