//! The room `telemetry` of the port beside its values: gaps, quality, signatures, what was refused, logs, retention.

use holdfast_core::id::{DeviceId, ProductId, StreamId};
use holdfast_core::telemetry::log::harmless;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::telemetry::Model;
use holdfast_domain::telemetry::score::{Observed, late_after, score};
use holdfast_store::telemetry::{Appended, Aside, AsideRow, LogLine, Message, MessageAsk, Order, Received};
use holdfast_store::wait;
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::telemetry::{
    Account, AsideView, FaultView, LogView, Replayed, RetentionView, SignatureCheck, Telemetry,
};
use holdfast_web::backend::{Answer, Page, PageAsk, RefusalKind, Stop};

use super::paging::{cursor, cut, one_more};
use super::{House, absent, conflict, refuse, stored};
use crate::gateway::readmit;
use crate::provenance::{self, keys_of, proven};
use crate::work::retention;
use crate::{clock, provenance::NotSigned};

/// Newest readings that a score looks at.
const SCORED_MAX: u32 = 1_000;
/// How far back a score looks.
const SCORED_SPAN: Millis = Millis::from_secs(24 * 3_600);
/// Messages judged again at once.
const REPLAY_AT_ONCE: u32 = 200;
/// Most characters of a refused message that a page shows.
const PAYLOAD_CHARS_MAX: usize = 2_000;

impl Telemetry for House {
    fn account(&self, id: &DeviceId, stream: &StreamId) -> Answer<Account> {
        let device = self.device_or_absent(id)?;
        let model = self.model_of(&device.product)?;
        let declared = model.stream(stream.as_str());
        let declared = declared.ok_or_else(|| absent("stream-unknown", format_args!("stream {stream}")))?;
        let now = clock::now();
        let from = Timestamp::from_micros(now.as_micros().saturating_sub_unsigned(SCORED_SPAN.0.saturating_mul(1_000)));
        let ask = MessageAsk {
            from,
            to: Timestamp::from_micros(i64::MAX),
            order: Order::NewestFirst,
            after: None,
            limit: SCORED_MAX,
        };
        let newest = self.store.telemetry(id, stream, &ask).map_err(stored)?;
        let received = self.store.telemetry_received(id, stream).map_err(stored)?;
        let begin = newest.last().map_or(from, |oldest| oldest.received);
        let refused = self.store.asides_since(id, stream, begin).map_err(stored)?;
        let observed = observed(&newest, &received, refused, late_after(declared));
        let (missing, shed) = (received.missing(), received.shed());
        let Received { runs, gaps, unlisted, repeats } = received;
        let score = score(declared, &observed, now);
        Ok(Account { runs, gaps, missing, shed, unlisted, repeats, score, looked_at: observed.readings })
    }

    fn asides(&self, id: &DeviceId, page: &PageAsk, clear: bool) -> Answer<Page<AsideView>> {
        let device = self.device_or_absent(id)?;
        let model = self.models.known(&device.product);
        let rows = self.store.asides(id, cursor(page)?, one_more(page)).map_err(stored)?;
        let page = cut(rows, page, |aside| aside.id.to_string());
        let view = |Aside { id, row }: Aside| {
            let shown = clear || model.as_deref().is_some_and(|model| is_plain(model, &row));
            AsideView {
                id,
                stream: row.stream.to_string(),
                reason: row.reason,
                field: row.field,
                waits: row.waits,
                received: row.received,
                payload: shown.then(|| payload(&row.payload)),
            }
        };
        Ok(Page { rows: page.rows.into_iter().map(view).collect(), next: page.next })
    }

    fn faults(&self, id: &DeviceId) -> Answer<Vec<FaultView>> {
        let faults = self.store.telemetry_faults(id).map_err(stored)?;
        let view = |fault: holdfast_store::telemetry::FaultCount| FaultView {
            stream: fault.stream,
            field: fault.field,
            reason: fault.reason,
            count: fault.count,
            last: fault.last,
        };
        Ok(faults.into_iter().map(view).collect())
    }

    fn device_log(&self, id: &DeviceId, page: &PageAsk) -> Answer<Page<LogView>> {
        let before = page.after.as_deref().map(log_cursor).transpose()?;
        let rows = self.store.device_log(id, before, one_more(page)).map_err(stored)?;
        let page = cut(rows, page, |line| format!("{}.{}", line.counter, line.line));
        let view = |LogLine { counter, line, row, device_time, received }: LogLine| LogView {
            counter,
            line,
            level: row.level,
            code: row.code,
            text: row.text,
            at: device_time,
            received,
        };
        Ok(Page { rows: page.rows.into_iter().map(view).collect(), next: page.next })
    }

    fn check_signatures(&self, id: &DeviceId, stream: &StreamId) -> Answer<SignatureCheck> {
        self.device_or_absent(id)?;
        let found = provenance::check(&self.store, id, stream).map_err(stored)?;
        Ok(SignatureCheck {
            signatures: found.signatures,
            verified: found.verified,
            altered: found.altered,
            absent: found.absent,
            broken: found.broken,
            forwarded: found.forwarded.into_iter().map(|(device, count)| (device.to_string(), count)).collect(),
            more: found.more,
        })
    }

    fn replay(&self, _: &Caller, product: &ProductId) -> Answer<Replayed> {
        let model = self.model_of(product)?;
        let _turn = self.turns.products.take();
        let (mut replayed, mut after) = (Replayed::default(), 0);
        loop {
            let waiting = self.store.asides_waiting(product, after, REPLAY_AT_ONCE).map_err(stored)?;
            let Some(last) = waiting.last() else { return Ok(replayed) };
            after = last.id;
            let mut done = Vec::new();
            for Aside { id, row } in waiting {
                match self.readmit(&model, &row)? {
                    None => replayed.waiting += 1,
                    Some(appended) => {
                        replayed.stored += count(&appended, Appended::Stored);
                        replayed.repeats += count(&appended, Appended::Repeat);
                        done.push(id);
                    }
                }
            }
            // What was stored and is not taken out here is a repeat the next time.
            wait(self.store.drop_asides(done)).map_err(conflict)?;
        }
    }

    fn retention(&self) -> Answer<Vec<RetentionView>> {
        let runs = self.store.retention_runs().map_err(stored)?;
        let next = retention::next_run(&runs);
        let view = |expiry: retention::Kept| {
            let run = runs.iter().find(|run| run.product == expiry.product && run.stream == expiry.stream);
            RetentionView {
                product: expiry.product,
                stream: expiry.stream.to_string(),
                keep_ms: expiry.keep.0,
                deleted: run.map_or(0, |run| run.deleted),
                deleted_last: run.map_or(0, |run| run.deleted_last),
                last_run: run.map(|run| run.last_run),
                next_run: next,
            }
        };
        Ok(retention::kept(self).map_err(stored)?.into_iter().map(view).collect())
    }
}

impl House {
    /// Stores a message that waited, if the model admits it now.
    fn readmit(&self, model: &Model, row: &AsideRow) -> Answer<Option<Vec<Appended>>> {
        let Some(readmitted) = readmit(model, row) else { return Ok(None) };
        let proof = match &readmitted.signed {
            None => None,
            Some((readings, signature)) => {
                let keys = keys_of(&self.store, &row.device).map_err(stored)?;
                match proven((&row.device, &row.stream), readings, signature, &keys) {
                    Ok(proof) => Some(proof),
                    Err(NotSigned::Malformed | NotSigned::Wrong) => return Ok(None),
                }
            }
        };
        wait(self.store.append_signed(readmitted.rows, proof)).map(Some).map_err(conflict)
    }
}

fn observed(newest: &[Message], received: &Received, refused: u64, late_after: Millis) -> Observed {
    let count = |wanted: &dyn Fn(&Message) -> bool| newest.iter().filter(|message| wanted(message)).count() as u64;
    let low = newest.iter().map(|message| message.counter).min().unwrap_or(u64::MAX);
    let missing = |explained: bool| {
        let gaps = received.gaps.iter().filter(|gap| gap.span.last >= low && gap.reason.is_some() == explained);
        gaps.map(|gap| gap.span.len()).fold(0, u64::saturating_add)
    };
    Observed {
        readings: newest.len() as u64,
        late: count(&|message| message.received.since(message.device_time) > late_after),
        doubtful: count(&|message| message.quality.as_deref().is_some_and(is_doubtful)),
        refused,
        missing: missing(false),
        shed: missing(true),
        newest: newest.first().map(|message| message.device_time),
        oldest: newest.last().map(|message| message.device_time),
    }
}

fn is_doubtful(quality: &str) -> bool {
    ["\"suspect\"", "\"bad\"", "\"missing\""].iter().any(|word| quality.contains(word))
}

fn count(appended: &[Appended], what: Appended) -> u64 {
    appended.iter().filter(|one| **one == what).count() as u64
}

/// Whether nothing of a refused message can be sensitive for security, as far as the model knows.
fn is_plain(model: &Model, row: &AsideRow) -> bool {
    model.stream(row.stream.as_str()).is_some_and(|stream| !stream.is_security_sensitive())
}

/// A refused message as it can be shown: text with nothing unseen in it, or hexadecimal digits.
fn payload(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => harmless(text),
        Err(_) => crate::authority::secret_file::hex(bytes),
    };
    text.chars().take(PAYLOAD_CHARS_MAX).collect()
}

fn log_cursor(text: &str) -> Result<(u64, u32), Stop> {
    let pair = text.split_once('.').and_then(|(counter, line)| Some((counter.parse().ok()?, line.parse().ok()?)));
    pair.ok_or_else(|| refuse(RefusalKind::Malformed, "cursor-malformed", "`after` is not a cursor of this list"))
}
