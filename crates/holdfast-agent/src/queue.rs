//! What was measured and noticed, and the server has not acknowledged: kept in order, bounded by bytes, on disk.
//!
//! Four lanes, the more important first: security events, events, telemetry, bulk telemetry. Each is a row of append-only
//! segments of text lines with a CRC; memory holds only where a line lies. A message leaves when the server's
//! acknowledgement stands in `acked.log`, or when there is no room: bulk goes first, then the oldest telemetry, then the
//! oldest events, each counted exactly in `shed`. Security events never go; when their lane is full, further ones are
//! counted by kind instead (`security-events-condensed`).

mod lane;
mod shed;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::time::Timestamp;
use holdfast_core::update::copies::crc32;

use crate::acked::AckedLog;
use crate::durable::Record;
use crate::fault::Fault;
use crate::layout::Layout;

use lane::{Entry, LaneFiles};
pub(crate) use shed::{Range, Shed};

/// Kept for each message beside its payload.
const OVERHEAD_BYTES: usize = 64;
/// Stream name of events in the files.
pub(crate) const EVENTS: &str = "-event";
/// Stream name of batches of log lines in the files.
pub(crate) const LOG: &str = "-log";
/// Most bytes of events.
const EVENT_BYTES_MAX: u64 = 1024 * 1024;
/// Most bytes of security events.
const SECURITY_BYTES_MAX: u64 = 512 * 1024;
/// Most acknowledgements that wait for room on the disk; of older ones no line is written.
const OWED_MAX: usize = 8_192;
/// When there is no room, this share of the quota is freed at once, so that the record is seldom written.
const SHED_SHARE: u64 = 16;

/// How important a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Security,
    Event,
    Telemetry,
    Bulk,
}

impl Lane {
    const ALL: [Self; 4] = [Self::Security, Self::Event, Self::Telemetry, Self::Bulk];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Security => "s-",
            Self::Event => "e-",
            Self::Telemetry => "",
            Self::Bulk => "b-",
        }
    }

    const fn is_event(self) -> bool {
        matches!(self, Self::Security | Self::Event)
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its place in the order.
    pub(crate) id: u64,
    /// Its stream, or [`EVENTS`].
    pub(crate) stream: String,
    /// Its number in the stream.
    pub(crate) counter: u64,
    /// What is published.
    pub(crate) payload: Vec<u8>,
}

/// The queue.
#[derive(Debug)]
pub(crate) struct Queue {
    lanes: [LaneFiles; 4],
    streams: Vec<String>,
    telemetry_bytes_max: u64,
    next_id: u64,
    shed: Record<Shed>,
    log: AckedLog,
    pending: Vec<(String, u64, u64)>,
    /// Acknowledged and gone, and for want of room not yet in the log.
    owed: Vec<(String, u64)>,
    telling: Vec<Range>,
}

impl Queue {
    /// Reads what is there. The highest number found of each stream comes back, for the counters.
    pub(crate) fn load(layout: &Layout, bytes_max: u64) -> Result<(Self, BTreeMap<String, u64>), Fault> {
        let dir = layout.queue();
        let mut queue = Self {
            lanes: Lane::ALL.map(|lane| LaneFiles::new(&dir, lane.prefix())),
            streams: Vec::new(),
            telemetry_bytes_max: bytes_max,
            next_id: 1,
            shed: Record::load(layout, "shed"),
            log: AckedLog::open(layout)?,
            pending: Vec::new(),
            owed: Vec::new(),
            telling: Vec::new(),
        };
        for lane in Lane::ALL {
            queue.read(lane)?;
        }
        let known = &queue.streams;
        let all = || queue.lanes.iter().flat_map(|lane| lane.entries.iter());
        let name = |entry: &Entry| known.get(usize::from(entry.stream)).map_or("", String::as_str);
        let wanted: BTreeSet<(&str, u64)> = all().map(|entry| (name(entry), entry.counter)).collect();
        let (acknowledged, mut highest) = queue.log.find(&wanted)?;
        for entry in all() {
            let at = highest.entry(name(entry).to_owned()).or_insert(0);
            *at = (*at).max(entry.counter);
        }
        for (stream, counter) in &queue.shed.value.acknowledged {
            let at = highest.entry(stream.clone()).or_insert(0);
            *at = (*at).max(*counter);
        }
        for range in &queue.shed.value.ranges {
            let at = highest.entry(range.stream.clone()).or_insert(0);
            *at = (*at).max(range.to);
        }
        let done: Vec<u64> = all()
            .filter(|entry| {
                let of = (name(entry).to_owned(), entry.counter);
                acknowledged.contains(&of) || queue.shed.value.holds(&of.0, of.1)
            })
            .map(|entry| entry.id)
            .collect();
        for id in done {
            queue.forget(id)?;
        }
        queue.lanes.iter_mut().try_for_each(LaneFiles::sweep)?;
        Ok((queue, highest))
    }

    fn read(&mut self, lane: Lane) -> Result<(), Fault> {
        let Some(files) = self.lanes.get_mut(lane as usize) else { return Ok(()) };
        for (segment, path) in files.found()? {
            files.begin(segment);
            lane::lines(&path, |at, line| {
                let Some((stream, counter, payload)) = parse(line) else { return };
                let stream = intern(&mut self.streams, &stream);
                let (bytes, length) = (bytes_of(&payload), u32::try_from(line.len()).unwrap_or(u32::MAX));
                let (id, taken) = (self.next_id, false);
                files.put(Entry { id, counter, segment, at, length, bytes, stream, taken });
                self.next_id += 1;
            })?;
        }
        Ok(())
    }

    /// Adds a message; makes room if there is none. Events are durable before this returns.
    pub(crate) fn push(&mut self, lane: Lane, stream: &str, counter: u64, payload: &[u8]) -> Result<(), Fault> {
        let text = line_of(stream, counter, payload);
        let stream = intern(&mut self.streams, stream);
        let Some(files) = self.lanes.get_mut(lane as usize) else { return Ok(()) };
        let (segment, at) = files.append(&text, lane.is_event())?;
        let length = u32::try_from(text.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let bytes = bytes_of(payload);
        files.put(Entry { id: self.next_id, counter, segment, at, length, bytes, stream, taken: false });
        self.next_id += 1;
        self.make_room()
    }

    /// Whether a security event of this size still fits.
    pub(crate) fn has_room_for_security(&self, payload: usize) -> bool {
        self.bytes(Lane::Security) + (payload + OVERHEAD_BYTES) as u64 <= SECURITY_BYTES_MAX
    }

    /// Counts a security event that does not fit.
    pub(crate) fn condense(&mut self, kind: &str, now: Timestamp) -> Result<(), Fault> {
        if self.shed.value.condense(kind, now) { self.shed.save() } else { Ok(()) }
    }

    /// A number of a stream was used, and its message could not be kept; or it will never be used.
    pub(crate) fn lost(&mut self, stream: &str, (from, to): (u64, u64)) -> Result<(), Fault> {
        self.shed.value.add(stream, from, to, &self.telling);
        self.shed.save()
    }

    /// The next message that is not on its way, the most important first; with `events_alone`, the next event.
    pub(crate) fn take(&mut self, events_alone: bool) -> Option<Message> {
        for lane in Lane::ALL.into_iter().filter(|lane| !events_alone || lane.is_event()) {
            let files = self.lanes.get_mut(lane as usize)?;
            while let Some(place) = files.entries.iter().position(|entry| !entry.taken) {
                let Some(entry) = files.entries.get_mut(place) else { break };
                let found = entry.clone();
                if let Some((stream, counter, payload)) = files.read(&found).as_deref().and_then(parse) {
                    if let Some(entry) = files.entries.get_mut(place) {
                        entry.taken = true;
                    }
                    return Some(Message { id: found.id, stream, counter, payload });
                }
                // The medium lost it: the server is told, and the rest goes on.
                let stream = self.streams.get(usize::from(found.stream)).cloned().unwrap_or_default();
                self.shed.value.add(&stream, found.counter, found.counter, &self.telling);
                let _ = files.forget(found.id);
            }
        }
        None
    }

    /// Nothing is on its way any more: the connection ended.
    pub(crate) fn release_all(&mut self) {
        self.lanes.iter_mut().flat_map(|lane| lane.entries.iter_mut()).for_each(|entry| entry.taken = false);
    }

    /// This message is not on its way any more and will be sent again.
    pub(crate) fn release(&mut self, id: u64) {
        if let Some(entry) = self.lanes.iter_mut().find_map(|lane| lane.entry_mut(id)) {
            entry.taken = false;
        }
    }

    /// The server has this message. It leaves the queue at the next [`Self::flush`].
    pub(crate) fn acknowledged(&mut self, id: u64) {
        if let Some(entry) = self.lanes.iter_mut().find_map(|lane| lane.entry_mut(id)) {
            let stream = self.streams.get(usize::from(entry.stream)).cloned().unwrap_or_default();
            self.pending.push((stream, entry.counter, id));
        }
    }

    /// How many acknowledgements wait for [`Self::flush`].
    pub(crate) fn unflushed(&self) -> usize {
        self.pending.len()
    }

    /// Writes acknowledgements durably to `acked.log`, then lets the messages go.
    ///
    /// On a full disk whole segments of acknowledged messages go first, which needs no room and gives some; their lines
    /// follow as soon as there is room. After a cut in between the server gets nothing twice, for what is gone is not sent.
    pub(crate) fn flush(&mut self) -> Result<(), Fault> {
        match self.record() {
            Err(fault) if fault.is_full_disk() => {
                self.let_segments_go()?;
                self.record()?;
            }
            done => done?,
        }
        self.owed.clear();
        for (_, _, id) in std::mem::take(&mut self.pending) {
            self.forget(id)?;
        }
        Ok(())
    }

    /// Lets the acknowledged messages of every segment go that holds no other ones.
    fn let_segments_go(&mut self) -> Result<(), Fault> {
        let done: BTreeSet<u64> = self.pending.iter().map(|(_, _, id)| *id).collect();
        let gone: BTreeSet<u64> = self.lanes.iter().flat_map(|lane| lane.of_whole_segments(&done)).collect();
        let (over, waiting) = std::mem::take(&mut self.pending).into_iter().partition(|(_, _, id)| gone.contains(id));
        self.pending = waiting;
        let over: Vec<(String, u64, u64)> = over;
        self.owed.extend(over.into_iter().map(|(stream, counter, _)| (stream, counter)));
        let excess = self.owed.len().saturating_sub(OWED_MAX);
        self.owed.drain(..excess);
        gone.into_iter().try_for_each(|id| self.forget(id))
    }

    /// Makes durable what was acknowledged.
    fn record(&mut self) -> Result<(), Fault> {
        let owed = self.owed.iter().map(|(stream, counter)| (stream.as_str(), *counter));
        let pending = self.pending.iter().map(|(stream, counter, _)| (stream.as_str(), *counter));
        self.log.append(owed.chain(pending).filter(|(stream, _)| !stream.starts_with('-')))?;
        let all = self.pending.iter().map(|(stream, counter, _)| (stream, counter));
        let all = all.chain(self.owed.iter().map(|(stream, counter)| (stream, counter)));
        let acknowledged = &mut self.shed.value.acknowledged;
        let mut news = false;
        for (stream, counter) in all.filter(|(stream, _)| stream.starts_with('-')) {
            let at = acknowledged.entry(stream.clone()).or_insert(0);
            news |= *counter > *at;
            *at = (*at).max(*counter);
        }
        if news { self.shed.save() } else { Ok(()) }
    }

    /// Makes what was pushed durable; false if there was nothing to do.
    pub(crate) fn sync(&mut self) -> Result<(), Fault> {
        self.lanes.iter_mut().try_for_each(LaneFiles::sync)
    }

    /// The server will never take this message: it leaves at once.
    pub(crate) fn refused(&mut self, id: u64) -> Result<(), Fault> {
        self.forget(id)
    }

    /// Numbers of telemetry that are missing on purpose and not being told; they are being told then.
    pub(crate) fn take_shed(&mut self) -> Option<Range> {
        let range =
            self.shed.value.ranges.iter().find(|r| !r.stream.starts_with('-') && !self.telling.contains(*r))?.clone();
        self.telling.push(range.clone());
        Some(range)
    }

    /// The server knows that these numbers are missing, or will never take it.
    pub(crate) fn shed_told(&mut self, range: &Range) -> Result<(), Fault> {
        self.telling.retain(|told| told != range);
        self.shed.value.remove(range);
        self.shed.save()
    }

    /// The connection ended: nothing is being told.
    pub(crate) fn shed_lost(&mut self) {
        self.telling.clear();
    }

    /// What is missing of events, as kind and text of an event; [`Self::told`] removes it.
    pub(crate) fn untold(&self) -> Option<(&'static str, String)> {
        self.shed.value.first_of_events()
    }

    /// What [`Self::untold`] gave stands in the queue as an event.
    pub(crate) fn told(&mut self) -> Result<(), Fault> {
        self.shed.value.remove_first_of_events();
        self.shed.save()
    }

    /// How many messages wait.
    pub(crate) fn len(&self) -> usize {
        self.lanes.iter().map(|lane| lane.entries.len()).sum()
    }

    /// How many wait in each lane, with their bytes.
    pub(crate) fn fill(&self) -> [(usize, u64); 4] {
        [0, 1, 2, 3].map(|at: usize| self.lanes.get(at).map_or((0, 0), |lane| (lane.entries.len(), lane.bytes)))
    }

    fn bytes(&self, lane: Lane) -> u64 {
        self.lanes.get(lane as usize).map_or(0, |files| files.bytes)
    }

    fn forget(&mut self, id: u64) -> Result<(), Fault> {
        self.lanes.iter_mut().try_for_each(|lane| lane.forget(id))
    }

    fn make_room(&mut self) -> Result<(), Fault> {
        let telemetry = self.bytes(Lane::Telemetry) + self.bytes(Lane::Bulk);
        let mut going = Vec::new();
        if telemetry > self.telemetry_bytes_max {
            let mut excess = telemetry - self.telemetry_bytes_max + self.telemetry_bytes_max / SHED_SHARE;
            for lane in [Lane::Bulk, Lane::Telemetry] {
                excess = self.choose(lane, excess, &mut going);
            }
        }
        if self.bytes(Lane::Event) > EVENT_BYTES_MAX {
            let excess = self.bytes(Lane::Event) - EVENT_BYTES_MAX + EVENT_BYTES_MAX / SHED_SHARE;
            self.choose(Lane::Event, excess, &mut going);
        }
        if going.is_empty() {
            return Ok(());
        }
        // The record first: a message that is declared as dropped is not sent after a cut.
        self.shed.save()?;
        going.into_iter().try_for_each(|id| self.forget(id))
    }

    /// Chooses the oldest of a lane, up to so many bytes; gives what is still to be freed.
    fn choose(&mut self, lane: Lane, excess: u64, going: &mut Vec<u64>) -> u64 {
        let Some(files) = self.lanes.get(lane as usize) else { return excess };
        let mut left = excess;
        for entry in files.entries.iter().filter(|entry| !entry.taken) {
            if left == 0 {
                break;
            }
            let stream = self.streams.get(usize::from(entry.stream)).map_or("", String::as_str);
            left = left.saturating_sub(u64::from(entry.bytes));
            self.shed.value.add(stream, entry.counter, entry.counter, &self.telling);
            going.push(entry.id);
        }
        left
    }
}

fn bytes_of(payload: &[u8]) -> u32 {
    u32::try_from(payload.len().saturating_add(OVERHEAD_BYTES)).unwrap_or(u32::MAX)
}

fn intern(streams: &mut Vec<String>, stream: &str) -> u16 {
    let at = streams.iter().position(|known| known == stream).unwrap_or_else(|| {
        streams.push(stream.to_owned());
        streams.len() - 1
    });
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// The line that stands for a message in a segment.
pub(crate) fn line_of(stream: &str, counter: u64, payload: &[u8]) -> Vec<u8> {
    let body = [format!("{stream} {counter} ").as_bytes(), payload].concat();
    [format!("{:08x} ", crc32(&body)).as_bytes(), &body, b"\n"].concat()
}

/// Stream, counter and payload of a line without its end; `None` if it is torn or damaged.
pub(crate) fn parse(line: &[u8]) -> Option<(String, u64, Vec<u8>)> {
    let (crc, body) = line.split_at_checked(9)?;
    let crc = u32::from_str_radix(std::str::from_utf8(crc).ok()?.strip_suffix(' ')?, 16).ok()?;
    if crc32(body) != crc {
        return None;
    }
    let mut parts = body.splitn(3, |b| *b == b' ');
    let stream = String::from_utf8(parts.next()?.to_vec()).ok()?;
    let counter = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    Some((stream, counter, parts.next()?.to_vec()))
}
