//! The files of one lane of the queue: segments that are only appended to, and an index of where each line lies.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::durable;
use crate::fault::Fault;

/// A segment is closed when it is larger.
const SEGMENT_BYTES: u64 = 256 * 1024;
/// Most bytes of a segment that are read: what an agent writes is smaller.
const SEGMENT_BYTES_MAX: u64 = 1024 * 1024;
/// Longest line that is read back.
const LINE_BYTES_MAX: u32 = 128 * 1024;
/// Segment numbers below this are ours; a file with a higher one was not written by an agent.
const SEGMENTS_MAX: u64 = 1 << 63;

/// Where one message lies.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) counter: u64,
    pub(super) segment: u64,
    /// First byte of its line in the segment.
    pub(super) at: u32,
    /// Bytes of its line without the end.
    pub(super) length: u32,
    /// What it counts against the quota.
    pub(super) bytes: u32,
    pub(super) stream: u16,
    /// Whether it is on its way.
    pub(super) taken: bool,
}

/// One lane.
#[derive(Debug)]
pub(super) struct LaneFiles {
    dir: PathBuf,
    prefix: &'static str,
    pub(super) entries: VecDeque<Entry>,
    pub(super) bytes: u64,
    segments: BTreeMap<u64, u64>,
    open: Option<(u64, File, u64)>,
    reading: Option<(u64, File)>,
    next_segment: u64,
    unsynced: bool,
}

impl LaneFiles {
    pub(super) fn new(dir: &Path, prefix: &'static str) -> Self {
        Self {
            dir: dir.to_path_buf(),
            prefix,
            entries: VecDeque::new(),
            bytes: 0,
            segments: BTreeMap::new(),
            open: None,
            reading: None,
            next_segment: 0,
            unsynced: false,
        }
    }

    /// The segments that are there, in order.
    pub(super) fn found(&self) -> Result<Vec<(u64, PathBuf)>, Fault> {
        let mut files: Vec<(u64, PathBuf)> = std::fs::read_dir(&self.dir)
            .map_err(Fault::files("read", &self.dir))?
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .filter_map(|entry| Some((self.number(&entry.file_name().to_string_lossy())?, entry.path())))
            .collect();
        files.sort();
        Ok(files)
    }

    fn number(&self, name: &str) -> Option<u64> {
        let digits = name.strip_suffix(".seg")?.strip_prefix(self.prefix)?;
        u64::from_str_radix(digits, 16).ok().filter(|segment| *segment < SEGMENTS_MAX)
    }

    /// A segment is there.
    pub(super) fn begin(&mut self, segment: u64) {
        self.segments.insert(segment, 0);
        self.next_segment = segment + 1;
    }

    /// Takes a message into the index.
    pub(super) fn put(&mut self, entry: Entry) {
        self.bytes += u64::from(entry.bytes);
        *self.segments.entry(entry.segment).or_insert(0) += 1;
        self.entries.push_back(entry);
    }

    /// Writes a line; gives its segment and place.
    pub(super) fn append(&mut self, line: &[u8], durable_now: bool) -> Result<(u64, u32), Fault> {
        let (segment, mut file, written) = self.segment()?;
        let path = self.path(segment);
        // A line that was cut short stays the last one of its segment: nothing is appended behind it.
        file.write_all(line).map_err(Fault::files("append to", &path))?;
        if durable_now {
            file.sync_data().map_err(Fault::files("sync", &path))?;
        }
        self.unsynced |= !durable_now;
        self.open = Some((segment, file, written + line.len() as u64));
        Ok((segment, u32::try_from(written).unwrap_or(u32::MAX)))
    }

    /// Makes what was appended durable.
    pub(super) fn sync(&mut self) -> Result<(), Fault> {
        if std::mem::take(&mut self.unsynced)
            && let Some((segment, file, _)) = &self.open
        {
            file.sync_data().map_err(Fault::files("sync", &self.path(*segment)))?;
        }
        Ok(())
    }

    /// The bytes of a line; `None` if the medium does not give them.
    pub(super) fn read(&mut self, entry: &Entry) -> Option<Vec<u8>> {
        if entry.length > LINE_BYTES_MAX {
            return None;
        }
        if self.reading.as_ref().is_none_or(|(segment, _)| *segment != entry.segment) {
            self.reading = Some((entry.segment, File::open(self.path(entry.segment)).ok()?));
        }
        let (_, file) = self.reading.as_ref()?;
        let mut line = vec![0; usize::try_from(entry.length).ok()?];
        file.read_exact_at(&mut line, u64::from(entry.at)).ok()?;
        Some(line)
    }

    /// Those of `done` whose segment holds nothing else, the last segment excepted: it stays.
    pub(super) fn of_whole_segments(&self, done: &BTreeSet<u64>) -> Vec<u64> {
        let last = self.next_segment.checked_sub(1);
        let mut left: BTreeMap<u64, u64> = self.segments.clone();
        for entry in self.entries.iter().filter(|entry| done.contains(&entry.id)) {
            if let Some(left) = left.get_mut(&entry.segment) {
                *left = left.saturating_sub(1);
            }
        }
        let is_whole = |segment| Some(segment) != last && left.get(&segment) == Some(&0);
        let whole = self.entries.iter().filter(|entry| done.contains(&entry.id) && is_whole(entry.segment));
        whole.map(|entry| entry.id).collect()
    }

    pub(super) fn entry_mut(&mut self, id: u64) -> Option<&mut Entry> {
        let at = self.entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        self.entries.get_mut(at)
    }

    /// Lets a message go, and its segment with the last one in it.
    pub(super) fn forget(&mut self, id: u64) -> Result<(), Fault> {
        let Ok(at) = self.entries.binary_search_by_key(&id, |entry| entry.id) else { return Ok(()) };
        let Some(entry) = self.entries.remove(at) else { return Ok(()) };
        self.bytes = self.bytes.saturating_sub(u64::from(entry.bytes));
        if let Some(left) = self.segments.get_mut(&entry.segment) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return self.sweep();
            }
        }
        Ok(())
    }

    /// Removes segments that hold nothing any more, except the last one.
    pub(super) fn sweep(&mut self) -> Result<(), Fault> {
        let last = self.next_segment.checked_sub(1);
        let empty: Vec<u64> =
            self.segments.iter().filter(|(s, left)| **left == 0 && Some(**s) != last).map(|(s, _)| *s).collect();
        for segment in empty {
            self.segments.remove(&segment);
            if self.reading.as_ref().is_some_and(|(reading, _)| *reading == segment) {
                self.reading = None;
            }
            durable::remove(&self.path(segment))?;
        }
        Ok(())
    }

    fn segment(&mut self) -> Result<(u64, File, u64), Fault> {
        if let Some((segment, file, written)) = self.open.take() {
            if written < SEGMENT_BYTES {
                return Ok((segment, file, written));
            }
            // Nobody comes back to a closed segment, so what it holds is made durable now.
            file.sync_data().map_err(Fault::files("sync", &self.path(segment)))?;
            self.unsynced = false;
        }
        let segment = self.next_segment;
        let path = self.path(segment);
        let file =
            OpenOptions::new().append(true).create_new(true).open(&path).map_err(Fault::files("create", &path))?;
        self.next_segment += 1;
        self.segments.insert(segment, 0);
        durable::sync_parent(&path)?;
        self.sweep()?;
        Ok((segment, file, 0))
    }

    fn path(&self, segment: u64) -> PathBuf {
        self.dir.join(format!("{}{segment:016x}.seg", self.prefix))
    }
}

/// Gives every line of a segment with its place.
pub(super) fn lines(path: &Path, mut each: impl FnMut(u32, &[u8])) -> Result<(), Fault> {
    let file = File::open(path).map_err(Fault::files("open", path))?;
    let mut reader = BufReader::new(file.take(SEGMENT_BYTES_MAX));
    let (mut at, mut line) = (0_u32, Vec::new());
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return Ok(()),
            Ok(read) => {
                if line.last() == Some(&b'\n') {
                    line.pop();
                    each(at, &line);
                }
                at = at.saturating_add(u32::try_from(read).unwrap_or(u32::MAX));
            }
        }
    }
}
