//! The newest message of each series, read once after a start, so that rules between readings hold across it.

use std::collections::HashMap;

use holdfast_core::id::{DeviceId, ProductId, StreamId};

use super::{Message, message_row};
use crate::error::StoreError;
use crate::row::{Fields, all};
use crate::sql;
use crate::store::Store;

/// Series read at once.
const SERIES_AT_ONCE: u32 = 1_000;

/// The newest message of a series, by counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastStored {
    /// Whose.
    pub device: DeviceId,
    /// Of which stream.
    pub stream: StreamId,
    /// The device's product.
    pub product: ProductId,
    /// The message.
    pub message: Message,
}

impl Store {
    /// The newest message of each series, of at most so many series.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails.
    pub fn last_messages(&self, series_max: usize) -> Result<Vec<LastStored>, StoreError> {
        let mut newest: HashMap<(DeviceId, StreamId), LastStored> = HashMap::new();
        let fresh = self.read(|conn| all(conn, (sql::MESSAGES_FRESH, "telemetry_fresh"), [], last_stored))?;
        for last in fresh {
            keep(&mut newest, last, series_max);
        }
        let ids: Vec<i64> = self.read(|conn| all(conn, (sql::SERIES_IDS, "series"), [], crate::row::number))?;
        let mut after = -1;
        for chunk in ids.chunks(SERIES_AT_ONCE as usize) {
            if newest.len() >= series_max {
                break;
            }
            let asked = [after, i64::from(SERIES_AT_ONCE)];
            let settled = self.read(|conn| all(conn, (sql::MESSAGES_LAST, "telemetry"), asked, last_stored))?;
            for last in settled {
                keep(&mut newest, last, series_max);
            }
            after = chunk.last().copied().unwrap_or(after);
        }
        Ok(newest.into_values().collect())
    }
}

fn keep(newest: &mut HashMap<(DeviceId, StreamId), LastStored>, last: LastStored, most: usize) {
    let place = (last.device.clone(), last.stream.clone());
    let room = newest.len() < most;
    match newest.get_mut(&place) {
        Some(known) if known.message.counter < last.message.counter => *known = last,
        None if room => {
            newest.insert(place, last);
        }
        Some(_) | None => {}
    }
}

fn last_stored(f: &mut Fields<'_>) -> Result<LastStored, StoreError> {
    Ok(LastStored { device: f.parsed()?, stream: f.parsed()?, product: f.parsed()?, message: message_row(f)? })
}
