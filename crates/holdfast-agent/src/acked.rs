//! `acked.log`: one line "stream counter" for each telemetry message that the server acknowledged, synced before the
//! message leaves the queue. With it anyone can check that nothing acknowledged is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use crate::fault::Fault;
use crate::layout::Layout;

/// The log is set aside as `acked.log.old` when it is larger.
const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Longest line.
const LINE_BYTES_MAX: u64 = 128;

/// The open log.
#[derive(Debug)]
pub(crate) struct AckedLog {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl AckedLog {
    /// Opens the log; a line that a power cut left unfinished is cut off.
    pub(crate) fn open(layout: &Layout) -> Result<Self, Fault> {
        let path = layout.acked();
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(Fault::files("open", &path))?;
        let length = file.metadata().map_err(Fault::files("read", &path))?.len();
        let from = length.saturating_sub(LINE_BYTES_MAX);
        let mut tail = Vec::new();
        file.seek(SeekFrom::Start(from)).map_err(Fault::files("read", &path))?;
        file.read_to_end(&mut tail).map_err(Fault::files("read", &path))?;
        let whole = tail.iter().rposition(|b| *b == b'\n').map_or(0, |at| at as u64 + 1);
        let bytes = if tail.is_empty() { 0 } else { from + whole };
        if bytes < length {
            file.set_len(bytes).map_err(Fault::files("cut", &path))?;
        }
        Ok(Self { path, file, bytes })
    }

    /// Appends and syncs.
    pub(crate) fn append<'a>(&mut self, lines: impl Iterator<Item = (&'a str, u64)>) -> Result<(), Fault> {
        let mut text = String::new();
        for (stream, counter) in lines {
            let _ = writeln!(text, "{stream} {counter}");
        }
        if text.is_empty() {
            return Ok(());
        }
        let written = self.file.write_all(text.as_bytes()).map_err(Fault::files("append to", &self.path));
        if written.is_err() {
            // Half a line would make a wrong one of the next; cutting needs no room.
            let _ = self.file.set_len(self.bytes);
        }
        written?;
        self.file.sync_data().map_err(Fault::files("sync", &self.path))?;
        self.bytes += text.len() as u64;
        if self.bytes > LOG_BYTES_MAX { self.set_aside() } else { Ok(()) }
    }

    /// Which of `wanted` stand in the log, and the highest number of each stream in it.
    #[expect(clippy::type_complexity, reason = "used at one place, to start the queue and the counters")]
    pub(crate) fn find(
        &self,
        wanted: &BTreeSet<(&str, u64)>,
    ) -> Result<(BTreeSet<(String, u64)>, BTreeMap<String, u64>), Fault> {
        let file = File::open(&self.path).map_err(Fault::files("open", &self.path))?;
        let (mut found, mut highest) = (BTreeSet::new(), BTreeMap::new());
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            if reader
                .by_ref()
                .take(LINE_BYTES_MAX)
                .read_until(b'\n', &mut line)
                .map_err(Fault::files("read", &self.path))?
                == 0
            {
                return Ok((found, highest));
            }
            // A damaged line says nothing; what it stood for is sent again and acknowledged as a repeat.
            let Some((stream, counter)) = entry(&line) else { continue };
            if wanted.contains(&(stream, counter)) {
                found.insert((stream.to_owned(), counter));
            }
            match highest.get_mut(stream) {
                Some(at) if counter > *at => *at = counter,
                Some(_) => {}
                None => {
                    highest.insert(stream.to_owned(), counter);
                }
            }
        }
    }

    /// As if the disk was full, or had room again.
    #[cfg(test)]
    pub(crate) fn pretend_full(&mut self, full: bool) {
        let path = if full { std::path::Path::new("/dev/full") } else { self.path.as_path() };
        self.file = OpenOptions::new().append(true).open(path).unwrap();
    }

    fn set_aside(&mut self) -> Result<(), Fault> {
        let old = self.path.with_added_extension("old");
        std::fs::rename(&self.path, &old).map_err(Fault::files("rename", &self.path))?;
        self.file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&self.path)
            .map_err(Fault::files("open", &self.path))?;
        self.bytes = 0;
        Ok(())
    }
}

/// Stream and counter of a line.
pub(crate) fn entry(line: &[u8]) -> Option<(&str, u64)> {
    let (stream, counter) = std::str::from_utf8(line).ok()?.trim_end_matches('\n').split_once(' ')?;
    Some((stream, counter.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_garbage_is_read_past_and_still_written() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let mut bytes = b"climate 1\n".to_vec();
        bytes.extend([0xff; 3_000]);
        bytes.extend(b"\nclimate x\nclimate 5\n");
        std::fs::write(layout.acked(), bytes).unwrap();
        let mut log = AckedLog::open(&layout).unwrap();
        log.append([("climate", 6)].into_iter()).unwrap();
        let (found, highest) = log.find(&BTreeSet::from([("climate", 5), ("climate", 6)])).unwrap();
        assert_eq!(found, BTreeSet::from([("climate".to_owned(), 5), ("climate".to_owned(), 6)]));
        assert_eq!(highest["climate"], 6);
    }

    #[test]
    fn an_unfinished_line_is_cut_off_so_that_it_never_reads_as_another_number() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        std::fs::write(layout.acked(), "climate 122\nclimate 12").unwrap();
        let mut log = AckedLog::open(&layout).unwrap();
        log.append([("climate", 124)].into_iter()).unwrap();
        assert_eq!(std::fs::read_to_string(layout.acked()).unwrap(), "climate 122\nclimate 124\n");
        let (found, highest) = log.find(&BTreeSet::from([("climate", 122), ("climate", 123)])).unwrap();
        assert_eq!(found, BTreeSet::from([("climate".to_owned(), 122)]));
        assert_eq!(highest["climate"], 124);
    }
}
