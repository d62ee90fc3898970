//! What the application measured and the server has not acknowledged: kept in order, bounded by bytes, on disk.
//!
//! Append-only segments of text lines, each with a CRC. A message leaves only when the server's acknowledgement stands
//! in `acked.log`, or when the queue is full: then the oldest telemetry goes, and the gap is counted exactly.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;

use holdfast_core::update::copies::crc32;

use crate::acked::AckedLog;
use crate::durable;
use crate::fault::Fault;
use crate::layout::Layout;

/// A segment is closed when it is larger.
const SEGMENT_BYTES: u64 = 256 * 1024;
/// Most bytes of a segment that are read: what an agent writes is smaller.
const SEGMENT_BYTES_MAX: u64 = 1024 * 1024;
/// Segment numbers below this are ours; a file with a higher one was not written by an agent.
const SEGMENTS_MAX: u64 = 1 << 63;
/// Kept for each message beside its payload.
const OVERHEAD_BYTES: u64 = 64;
/// Stream name of events in the files.
pub(crate) const EVENTS: &str = "-event";

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
    segment: u64,
    taken: bool,
}

/// Numbers of one stream that were dropped because the queue was full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    /// First number.
    pub(crate) first: u64,
    /// Last number.
    pub(crate) last: u64,
    /// How many.
    pub(crate) count: u64,
}

/// The queue.
#[derive(Debug)]
pub(crate) struct Queue {
    dir: PathBuf,
    messages: VecDeque<Message>,
    bytes: u64,
    bytes_max: u64,
    next_id: u64,
    segments: BTreeMap<u64, u64>,
    open: Option<(u64, File, u64)>,
    next_segment: u64,
    gaps: BTreeMap<String, Gap>,
    log: AckedLog,
    pending: Vec<(String, u64, u64)>,
}

impl Queue {
    /// Reads what is there. The highest number found of each stream comes back, for the counters.
    pub(crate) fn load(layout: &Layout, bytes_max: u64) -> Result<(Self, BTreeMap<String, u64>), Fault> {
        let mut queue = Self {
            dir: layout.queue(),
            messages: VecDeque::new(),
            bytes: 0,
            bytes_max,
            next_id: 1,
            segments: BTreeMap::new(),
            open: None,
            next_segment: 0,
            gaps: BTreeMap::new(),
            log: AckedLog::open(layout)?,
            pending: Vec::new(),
        };
        let mut files: Vec<(u64, PathBuf)> = std::fs::read_dir(&queue.dir)
            .map_err(Fault::files("read", &queue.dir))?
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .filter_map(|entry| Some((segment_of(&entry.file_name().to_string_lossy())?, entry.path())))
            .collect();
        files.sort();
        for (segment, path) in &files {
            let file = File::open(path).map_err(Fault::files("open", path))?;
            queue.segments.insert(*segment, 0);
            queue.next_segment = segment + 1;
            for line in BufReader::new(file.take(SEGMENT_BYTES_MAX)).split(b'\n') {
                let Ok(line) = line else { break };
                if let Some((stream, counter, payload)) = parse(&line) {
                    queue.put(stream, counter, payload, *segment);
                }
            }
        }
        let wanted: BTreeSet<(&str, u64)> = queue.messages.iter().map(|m| (m.stream.as_str(), m.counter)).collect();
        let (acknowledged, mut highest) = queue.log.find(&wanted)?;
        for message in &queue.messages {
            let at = highest.entry(message.stream.clone()).or_insert(0);
            *at = (*at).max(message.counter);
        }
        let done: Vec<u64> = queue
            .messages
            .iter()
            .filter(|m| acknowledged.contains(&(m.stream.clone(), m.counter)))
            .map(|m| m.id)
            .collect();
        for id in done {
            queue.forget(id)?;
        }
        queue.sweep()?;
        Ok((queue, highest))
    }

    /// Adds a message; drops the oldest telemetry if there is no room.
    pub(crate) fn push(&mut self, stream: &str, counter: u64, payload: Vec<u8>) -> Result<(), Fault> {
        let (segment, file, written) = self.segment()?;
        let line = line_of(stream, counter, &payload);
        let path = path_of(&self.dir, segment);
        let mut file = file;
        let outcome = file.write_all(&line).map_err(Fault::files("append to", &path));
        // A line that was cut short stays the last one of its segment: nothing is appended behind it.
        outcome?;
        self.open = Some((segment, file, written + line.len() as u64));
        self.put(stream.to_owned(), counter, payload, segment);
        self.make_room()
    }

    fn put(&mut self, stream: String, counter: u64, payload: Vec<u8>, segment: u64) {
        self.bytes += payload.len() as u64 + OVERHEAD_BYTES;
        *self.segments.entry(segment).or_insert(0) += 1;
        self.messages.push_back(Message { id: self.next_id, stream, counter, payload, segment, taken: false });
        self.next_id += 1;
    }

    /// The oldest message that is not on its way; with `events_alone`, the oldest such event.
    pub(crate) fn take(&mut self, events_alone: bool) -> Option<Message> {
        let next = self.messages.iter_mut().find(|m| !m.taken && (!events_alone || m.stream == EVENTS))?;
        next.taken = true;
        Some(next.clone())
    }

    /// Nothing is on its way any more: the connection ended.
    pub(crate) fn release_all(&mut self) {
        self.messages.iter_mut().for_each(|m| m.taken = false);
    }

    /// This message is not on its way any more and will be sent again.
    pub(crate) fn release(&mut self, id: u64) {
        if let Some(message) = self.messages.iter_mut().find(|m| m.id == id) {
            message.taken = false;
        }
    }

    /// The server has this message. It leaves the queue at the next [`Self::flush`].
    pub(crate) fn acknowledged(&mut self, id: u64) {
        if let Some(message) = self.messages.iter().find(|m| m.id == id) {
            self.pending.push((message.stream.clone(), message.counter, id));
        }
    }

    /// How many acknowledgements wait for [`Self::flush`].
    pub(crate) fn unflushed(&self) -> usize {
        self.pending.len()
    }

    /// Writes acknowledgements durably to `acked.log`, then lets the messages go.
    pub(crate) fn flush(&mut self) -> Result<(), Fault> {
        let telemetry = self.pending.iter().filter(|(stream, _, _)| stream != EVENTS);
        self.log.append(telemetry.map(|(stream, counter, _)| (stream.as_str(), *counter)))?;
        for (_, _, id) in std::mem::take(&mut self.pending) {
            self.forget(id)?;
        }
        Ok(())
    }

    /// The server will never take this message: it leaves at once.
    pub(crate) fn refused(&mut self, id: u64) -> Result<(), Fault> {
        self.forget(id)
    }

    /// Takes the gap of one stream, to be told.
    pub(crate) fn take_gap(&mut self) -> Option<(String, Gap)> {
        self.gaps.pop_first()
    }

    /// How many messages wait.
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    fn forget(&mut self, id: u64) -> Result<(), Fault> {
        let Some(at) = self.messages.iter().position(|m| m.id == id) else { return Ok(()) };
        if let Some(message) = self.messages.remove(at) {
            self.bytes = self.bytes.saturating_sub(message.payload.len() as u64 + OVERHEAD_BYTES);
            if let Some(left) = self.segments.get_mut(&message.segment) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    return self.sweep();
                }
            }
        }
        Ok(())
    }

    fn make_room(&mut self) -> Result<(), Fault> {
        while self.bytes > self.bytes_max {
            let Some(oldest) = self.messages.iter().find(|m| !m.taken && m.stream != EVENTS) else { return Ok(()) };
            let (id, stream, counter) = (oldest.id, oldest.stream.clone(), oldest.counter);
            let gap = self.gaps.entry(stream).or_insert(Gap { first: counter, last: counter, count: 0 });
            (gap.first, gap.last, gap.count) = (gap.first.min(counter), gap.last.max(counter), gap.count + 1);
            self.forget(id)?;
        }
        Ok(())
    }

    /// Removes segments that hold nothing any more, except the last one.
    fn sweep(&mut self) -> Result<(), Fault> {
        let last = self.next_segment.checked_sub(1);
        let empty: Vec<u64> =
            self.segments.iter().filter(|(s, left)| **left == 0 && Some(**s) != last).map(|(s, _)| *s).collect();
        for segment in empty {
            self.segments.remove(&segment);
            durable::remove(&path_of(&self.dir, segment))?;
        }
        Ok(())
    }

    fn segment(&mut self) -> Result<(u64, File, u64), Fault> {
        if let Some((segment, file, written)) = self.open.take()
            && written < SEGMENT_BYTES
        {
            return Ok((segment, file, written));
        }
        let segment = self.next_segment;
        let path = path_of(&self.dir, segment);
        let file =
            OpenOptions::new().append(true).create_new(true).open(&path).map_err(Fault::files("create", &path))?;
        self.next_segment += 1;
        self.segments.insert(segment, 0);
        self.sweep()?;
        Ok((segment, file, 0))
    }
}

fn path_of(dir: &std::path::Path, segment: u64) -> PathBuf {
    dir.join(format!("{segment:016x}.seg"))
}

fn segment_of(name: &str) -> Option<u64> {
    u64::from_str_radix(name.strip_suffix(".seg")?, 16).ok().filter(|segment| *segment < SEGMENTS_MAX)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> (tempfile::TempDir, Layout) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        (dir, layout)
    }

    fn push(queue: &mut Queue, counters: std::ops::RangeInclusive<u64>) {
        for counter in counters {
            queue.push("climate", counter, format!("{{\"c\":{counter}}}").into_bytes()).unwrap();
        }
    }

    #[test]
    fn what_was_not_acknowledged_is_there_after_a_restart_in_order() {
        let (_dir, layout) = fresh();
        let (mut queue, _) = Queue::load(&layout, 1 << 20).unwrap();
        push(&mut queue, 1..=5);
        let (one, two) = (queue.take(false).unwrap(), queue.take(false).unwrap());
        queue.acknowledged(one.id);
        queue.flush().unwrap();
        queue.acknowledged(two.id);
        drop(queue);
        let (mut queue, highest) = Queue::load(&layout, 1 << 20).unwrap();
        let left: Vec<u64> = std::iter::from_fn(|| queue.take(false)).map(|m| m.counter).collect();
        assert_eq!(left, [2, 3, 4, 5], "an acknowledgement counts once it is in the log");
        assert_eq!(highest["climate"], 5);
        assert_eq!(std::fs::read_to_string(layout.acked()).unwrap(), "climate 1\n");
    }

    #[test]
    fn a_torn_or_damaged_line_is_skipped_and_the_rest_kept() {
        let (_dir, layout) = fresh();
        let (mut queue, _) = Queue::load(&layout, 1 << 20).unwrap();
        push(&mut queue, 1..=3);
        let path = path_of(&layout.queue(), 0);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes.extend(b"00000000 climate 9 {");
        std::fs::write(&path, bytes).unwrap();
        let (mut queue, _) = Queue::load(&layout, 1 << 20).unwrap();
        let left: Vec<u64> = std::iter::from_fn(|| queue.take(false)).map(|m| m.counter).collect();
        assert_eq!(left, [1, 3]);
    }

    #[test]
    fn a_full_queue_drops_the_oldest_telemetry_and_counts_the_gap() {
        let (_dir, layout) = fresh();
        let (mut queue, _) = Queue::load(&layout, 10 * 73).unwrap();
        queue.push(EVENTS, 1, b"{}".to_vec()).unwrap();
        push(&mut queue, 1..=30);
        let (stream, gap) = queue.take_gap().unwrap();
        assert_eq!((stream.as_str(), gap.first, gap.last), ("climate", 1, gap.count), "without holes");
        assert_eq!(queue.take(false).unwrap().stream, EVENTS, "events stay");
        assert_eq!(queue.take(false).unwrap().counter, gap.last + 1);
        assert_eq!(queue.len() as u64, 31 - gap.count);
    }

    #[test]
    fn what_is_no_segment_of_ours_is_left_alone() {
        let (_dir, layout) = fresh();
        std::fs::write(layout.queue().join("ffffffffffffffff.seg"), b"").unwrap();
        std::fs::create_dir(layout.queue().join("0000000000000007.seg")).unwrap();
        let (mut queue, _) = Queue::load(&layout, 1 << 20).unwrap();
        push(&mut queue, 1..=3);
        let (queue, _) = Queue::load(&layout, 1 << 20).unwrap();
        assert_eq!(queue.len(), 3);
    }

    #[test]
    fn segments_vanish_when_everything_in_them_is_acknowledged() {
        let (_dir, layout) = fresh();
        let (mut queue, _) = Queue::load(&layout, 64 << 20).unwrap();
        let big = vec![b'x'; 100_000];
        for counter in 1..=9 {
            queue.push("climate", counter, big.clone()).unwrap();
        }
        let files = || std::fs::read_dir(layout.queue()).unwrap().count();
        assert_eq!(files(), 3);
        while let Some(message) = queue.take(false) {
            queue.acknowledged(message.id);
        }
        queue.flush().unwrap();
        assert_eq!(files(), 1, "the last one stays");
    }
}
