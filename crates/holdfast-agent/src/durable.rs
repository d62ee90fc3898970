//! Writing so that a power cut leaves the file before or the file after, and records kept in two copies.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use holdfast_core::update::copies;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::Fault;
use crate::layout::Layout;

/// Most bytes of a state file, key or manifest that is read into memory.
pub(crate) const SMALL_FILE_BYTES_MAX: u64 = 256 * 1024;

/// Makes a directory for the owner alone, with its parents.
pub(crate) fn create_dir(path: &Path) -> Result<(), Fault> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Fault::files("create", path))
}

/// Replaces a file: temporary file, fsync, rename, fsync of the directory.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let temporary = path.with_added_extension("tmp");
    remove(&temporary)?;
    write_new(&temporary, bytes)?;
    std::fs::rename(&temporary, path).map_err(Fault::files("rename into place", path))?;
    sync_parent(path)
}

/// Writes a file that must not exist yet (`O_EXCL`), readable by the owner alone, and makes it durable.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(Fault::files("create", path))?;
    file.write_all(bytes).map_err(Fault::files("write", path))?;
    file.sync_all().map_err(Fault::files("sync", path))?;
    drop(file);
    sync_parent(path)
}

/// Removes a file if it is there, durably.
pub(crate) fn remove(path: &Path) -> Result<(), Fault> {
    match std::fs::remove_file(path) {
        Ok(()) => sync_parent(path),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(Fault::files("remove", path)(why)),
    }
}

/// Reads a small file; `None` if it is not there.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Fault> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(Fault::files("open", path)(why)),
    };
    let mut bytes = Vec::new();
    file.take(SMALL_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(Fault::files("read", path))?;
    if bytes.len() as u64 > SMALL_FILE_BYTES_MAX {
        return Err(Fault::content(path, "too long"));
    }
    Ok(Some(bytes))
}

/// Makes the entries of the directory that holds `path` durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), Fault> {
    let Some(dir) = path.parent() else { return Ok(()) };
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(Fault::files("sync", dir))
}

/// A record in two copies, `state/{name}.0` and `state/{name}.1`, as JSON.
#[derive(Debug)]
pub(crate) struct Record<T> {
    layout: Layout,
    name: &'static str,
    generation: u64,
    /// What it holds; changes count only after [`Record::save`].
    pub(crate) value: T,
}

impl<T: Serialize + DeserializeOwned + Default> Record<T> {
    /// Reads the newest whole copy, or starts with the default.
    pub(crate) fn load(layout: &Layout, name: &'static str) -> Self {
        let (zero, one) = read_copies(layout, name);
        let (generation, value) = newest(&zero, &one).unwrap_or_default();
        Self { layout: layout.clone(), name, generation, value }
    }

    /// Writes the value durably over the older copy; what could not be read again is refused.
    pub(crate) fn save(&mut self) -> Result<(), Fault> {
        let generation = self.generation.checked_add(1).ok_or_else(|| Fault::refused("record-exhausted"))?;
        let place = copies::place_of(generation);
        let path = self.layout.state(&format!("{}.{place}", self.name));
        let payload = serde_json::to_vec(&self.value).map_err(|why| Fault::content(&path, why))?;
        if payload.len() > copies::PAYLOAD_BYTES_MAX {
            return Err(Fault::refused("record-too-large"));
        }
        write(&path, &copies::encode(generation, &payload))?;
        self.generation = generation;
        Ok(())
    }
}

/// Generation and value of the newest whole copy.
pub(crate) fn newest<T: DeserializeOwned>(zero: &[u8], one: &[u8]) -> Option<(u64, T)> {
    let (generation, payload) = copies::newest(zero, one)?;
    Some((generation, serde_json::from_slice(payload).ok()?))
}

/// The two copies' bytes; a copy that is missing, too long or cannot be read is empty. A device starts with what is left.
pub(crate) fn read_copies(layout: &Layout, name: &str) -> (Vec<u8>, Vec<u8>) {
    let copy = |place: u8| match read(&layout.state(&format!("{name}.{place}"))) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(fault) => {
            tracing::warn!(fault.name = fault.name(), fault.text = %fault, "copy of a record ignored");
            Vec::new()
        }
    };
    (copy(0), copy(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_the_loss_of_its_newest_copy() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        let mut record = Record::<Vec<u64>>::load(&layout, "numbers");
        for n in 1..=3 {
            record.value.push(n);
            record.save().unwrap();
        }
        assert_eq!(Record::<Vec<u64>>::load(&layout, "numbers").value, [1, 2, 3]);
        std::fs::write(layout.state("numbers.1"), b"torn").unwrap();
        assert_eq!(Record::<Vec<u64>>::load(&layout, "numbers").value, [1, 2]);
    }

    #[test]
    fn a_record_starts_with_the_default_when_no_copy_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        std::fs::write(layout.state("numbers.0"), vec![7; 300_000]).unwrap();
        std::fs::create_dir(layout.state("numbers.1")).unwrap();
        assert!(Record::<Vec<u64>>::load(&layout, "numbers").value.is_empty());
    }

    #[test]
    fn a_file_written_as_new_is_private_and_never_overwrites() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        write_new(&path, b"one").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(write_new(&path, b"two").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
    }
}
