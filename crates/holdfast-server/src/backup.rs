//! Backups of a server's state: database, artifacts and sealed keys in one folder that can be checked and put back.
//!
//! The copy is taken while the server runs. Keys go in only as they lie on disk under a seal; a key in clear never does,
//! and the backup says then that they have to be kept apart. What is in the folder stands in its list with a digest.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::authority::is_harmless;
use holdfast_core::hash::{Hasher, Sha256Digest};
use holdfast_core::time::Timestamp;
use holdfast_store::StoreError;
use serde::{Deserialize, Serialize};

/// The list's file name.
const LIST: &str = "backup.json";
/// The database's file name, in the state folder and in the backup.
const DATABASE: &str = "holdfast.db";
/// Folders whose files are copied as they are.
const BLOBS: &str = "blobs";
/// The folder of the server's keys.
const KEYS: &str = "keys";
/// Largest list that is read: a line for each of a million artifacts.
const LIST_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes copied at once.
const PIECE_BYTES: usize = 256 * 1024;
/// Version of the list's form.
const FORM: u32 = 1;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// Version of this form.
    pub form: u32,
    /// When the copy of the database was taken, microseconds UTC.
    pub taken_us: i64,
    /// Lines of the ledger at that moment.
    pub ledger_lines: u64,
    /// Whether the server's keys are in it, under their seal.
    pub keys: bool,
    /// Each file with its length and digest, by its path in the folder.
    pub files: BTreeMap<String, Entry>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its content, hexadecimal.
    pub sha256: String,
}

/// Why a backup is not made, not good, or not put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder has something in it already.
    #[error("{0} is not empty")]
    NotEmpty(PathBuf),
    /// There is no state of a server in the folder.
    #[error("{0} holds no state of a server")]
    NoState(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The list is missing, too long or of another form.
    #[error("{0} is not the list of a backup that this version can read")]
    List(PathBuf),
    /// A file is not what the list says.
    #[error("{0} is missing, longer, shorter or other than when the backup was made")]
    Changed(String),
    /// A path of the list leads out of the folder or is of no use here.
    #[error("the list names {0:?}, which no backup holds")]
    Foreign(String),
    /// The database in it is damaged.
    #[error("the database in the backup is damaged: {0}")]
    Damaged(String),
    /// The database cannot be copied or opened.
    #[error("the database: {0}")]
    Store(#[from] StoreError),
}

impl BackupError {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotEmpty(_) => "folder-not-empty",
            Self::NoState(_) => "no-state-here",
            Self::File { .. } => "backup-file",
            Self::List(_) => "backup-list-unreadable",
            Self::Changed(_) => "backup-file-changed",
            Self::Foreign(_) => "backup-path-foreign",
            Self::Damaged(_) => "backup-database-damaged",
            Self::Store(_) => "backup-store",
        }
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError + '_ {
    move |source| BackupError::File { path: path.to_owned(), source }
}

/// How far a copy is: what is being done, how much is done, how much there is.
pub type Progress<'a> = &'a mut dyn FnMut(&'static str, u64, u64);

/// Copies a state folder, served or not, into the new or empty folder `to`.
///
/// # Errors
///
/// [`BackupError`]; what was written until then stays, but without its list, so that it is no backup.
pub fn create(state: &Path, to: &Path, now: Timestamp, progress: Progress<'_>) -> Result<List, BackupError> {
    let database = state.join(DATABASE);
    if !database.is_file() {
        return Err(BackupError::NoState(state.to_owned()));
    }
    empty_folder(to)?;
    let copy = to.join(DATABASE);
    holdfast_store::backup::copy_database(&database, &copy, &mut |done, all| progress("database", done, all))?;
    let ledger_lines = holdfast_store::backup::ledger_lines(&copy)?;
    let mut files = BTreeMap::from([(DATABASE.to_owned(), measure(&copy)?)]);
    // After the database: an artifact that it names is there before it is named.
    let blobs = files_below(state, BLOBS)?;
    let all = u64::try_from(blobs.len()).unwrap_or(u64::MAX);
    for (done, name) in (1_u64..).zip(blobs) {
        files.insert(name.clone(), copy_file(&state.join(&name), &to.join(&name))?);
        progress("artifacts", done, all);
    }
    let keys = files_below(state, KEYS)?;
    let sealed = !keys.is_empty() && all_sealed(state, &keys)?;
    if sealed {
        for name in keys {
            files.insert(name.clone(), copy_file(&state.join(&name), &to.join(&name))?);
        }
    }
    let list = List { form: FORM, taken_us: now.as_micros(), ledger_lines, keys: sealed, files };
    write_list(to, &list)?;
    Ok(list)
}

/// Checks every file of a backup against its list, and the database in itself.
///
/// # Errors
///
/// [`BackupError`] names the first thing that is wrong.
pub fn verify(from: &Path, progress: Progress<'_>) -> Result<List, BackupError> {
    let list = read_list(from)?;
    let all = u64::try_from(list.files.len()).unwrap_or(u64::MAX);
    for (done, (name, entry)) in (1_u64..).zip(&list.files) {
        if measure(&from.join(name)).ok().as_ref() != Some(entry) {
            return Err(BackupError::Changed(name.clone()));
        }
        progress("files", done, all);
    }
    let database = from.join(DATABASE);
    if let Some(fault) = holdfast_store::backup::look_over(&database)? {
        return Err(BackupError::Damaged(fault));
    }
    Ok(list)
}

/// Checks a backup and puts it into the new or empty state folder `state`.
///
/// # Errors
///
/// [`BackupError`]; nothing is written if the backup is not good.
pub fn restore(from: &Path, state: &Path, progress: Progress<'_>) -> Result<List, BackupError> {
    let list = verify(from, progress)?;
    empty_folder(state)?;
    let all = u64::try_from(list.files.len()).unwrap_or(u64::MAX);
    // The database comes last: a folder without it holds no state, so a restore that broke off is no server.
    let database = DATABASE.to_owned();
    let others = list.files.keys().filter(|name| **name != database);
    for (done, name) in (1_u64..).zip(others.chain(std::iter::once(&database))) {
        if copy_file(&from.join(name), &state.join(name))? != list.files.get(name).cloned().unwrap_or(Entry::NONE) {
            return Err(BackupError::Changed(name.clone()));
        }
        progress("restore", done, all);
    }
    Ok(list)
}

impl Entry {
    const NONE: Self = Self { bytes: 0, sha256: String::new() };
}

/// Whether nothing in the folder of keys is a secret in clear: what is not known to be harmless counts as one.
fn all_sealed(state: &Path, names: &[String]) -> Result<bool, BackupError> {
    for name in names {
        let path = state.join(name);
        if !is_harmless(&path, &fs::read(&path).map_err(at(&path))?) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn empty_folder(path: &Path) -> Result<(), BackupError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path))?;
    if fs::read_dir(path).map_err(at(path))?.next().is_some() {
        return Err(BackupError::NotEmpty(path.to_owned()));
    }
    Ok(())
}

/// Every file below a folder of the state, as paths from the state; none if it is not there. What is unfinished stays out.
fn files_below(state: &Path, folder: &str) -> Result<Vec<String>, BackupError> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(relative) = open.pop() {
        let path = state.join(&relative);
        if !path.exists() {
            continue;
        }
        for entry in fs::read_dir(&path).map_err(at(&path))? {
            let entry = entry.map_err(at(&path))?;
            let relative = relative.join(entry.file_name());
            let kind = entry.file_type().map_err(at(&path))?;
            if kind.is_dir() {
                open.push(relative);
            } else if kind.is_file() && relative.extension().is_none_or(|end| end != "part") {
                found.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn copy_file(from: &Path, to: &Path) -> Result<Entry, BackupError> {
    if let Some(folder) = to.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
    }
    let mut source = File::open(from).map_err(at(from))?;
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(at(to))?;
    let entry = pieces(&mut source, from, |piece| target.write_all(piece).map_err(at(to)))?;
    target.sync_all().map_err(at(to))?;
    Ok(entry)
}

fn measure(path: &Path) -> Result<Entry, BackupError> {
    pieces(&mut File::open(path).map_err(at(path))?, path, |_| Ok(()))
}

fn pieces(
    source: &mut File,
    path: &Path,
    mut each: impl FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<Entry, BackupError> {
    let mut hasher = Hasher::new();
    let mut bytes = 0_u64;
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        let count = source.read(&mut buffer).map_err(at(path))?;
        let Some(piece) = buffer.get(..count).filter(|piece| !piece.is_empty()) else { break };
        hasher.update(piece);
        each(piece)?;
        bytes = bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
    let digest: Sha256Digest = hasher.finish();
    Ok(Entry { bytes, sha256: digest.to_string() })
}

/// The list is written last and atomically: a folder with it is a whole backup.
fn write_list(to: &Path, list: &List) -> Result<(), BackupError> {
    let path = to.join(LIST);
    let part = to.join("backup.json.part");
    let text = serde_json::to_vec_pretty(list).map_err(|_| BackupError::List(path.clone()))?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(at(&part))?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(at(&part))?;
    fs::rename(&part, &path).map_err(at(&path))?;
    File::open(to).and_then(|folder| folder.sync_all()).map_err(at(to))
}

fn read_list(from: &Path) -> Result<List, BackupError> {
    let path = from.join(LIST);
    let unreadable = || BackupError::List(path.clone());
    let mut text = Vec::new();
    let file = File::open(&path).map_err(|_| unreadable())?;
    file.take(LIST_BYTES_MAX).read_to_end(&mut text).map_err(|_| unreadable())?;
    let list: List = serde_json::from_slice(&text).map_err(|_| unreadable())?;
    if list.form != FORM || !list.files.contains_key(DATABASE) {
        return Err(unreadable());
    }
    match list.files.keys().find(|name| !is_ours(name)) {
        Some(name) => Err(BackupError::Foreign(name.clone())),
        None => Ok(list),
    }
}

/// A path that a backup may hold: the database, or a file below one of the two folders, and never a way out of them.
fn is_ours(name: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\\');
    name == DATABASE || (name.starts_with("blobs/") || name.starts_with("keys/")) && name.split('/').all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::secret_file::pem;
    use holdfast_store::Store;

    fn state(dir: &Path, key: &[u8]) -> PathBuf {
        let state = dir.join("state");
        drop(Store::open(&state).unwrap());
        fs::create_dir_all(state.join("blobs/ab")).unwrap();
        fs::write(state.join("blobs/ab/cd"), b"artifact").unwrap();
        fs::write(state.join("blobs/ab/ef.0.part"), b"unfinished").unwrap();
        fs::create_dir_all(state.join("keys")).unwrap();
        fs::write(state.join("keys/ca.key"), key).unwrap();
        state
    }

    fn sealed() -> zeroize::Zeroizing<String> {
        pem("HOLDFAST SEALED KEY", b"what nobody reads without the seal")
    }

    fn quiet() -> impl FnMut(&'static str, u64, u64) {
        |_, _, _| ()
    }

    #[test]
    fn a_backup_is_checked_and_put_back_whole() {
        let dir = tempfile::tempdir().unwrap();
        let state = state(dir.path(), sealed().as_bytes());
        let (to, new) = (dir.path().join("backup"), dir.path().join("new"));
        let list = create(&state, &to, Timestamp::from_micros(7), &mut quiet()).unwrap();
        assert!(list.keys);
        let names: Vec<_> = list.files.keys().map(String::as_str).collect();
        assert_eq!(names, ["blobs/ab/cd", "holdfast.db", "keys/ca.key"]);
        assert_eq!(verify(&to, &mut quiet()).unwrap(), list);
        assert_eq!(restore(&to, &new, &mut quiet()).unwrap(), list);
        assert_eq!(fs::read(new.join("blobs/ab/cd")).unwrap(), b"artifact");
        drop(Store::open(&new).unwrap());
    }

    #[test]
    fn a_key_in_clear_never_goes_into_a_backup() {
        for secret in [
            pem("PRIVATE KEY", b"a key in clear"),
            pem("KEY OF TOMORROW", b"who knows"),
            "what is this".to_owned().into(),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let state = state(dir.path(), secret.as_bytes());
            let to = dir.path().join("backup");
            let list = create(&state, &to, Timestamp::from_micros(7), &mut quiet()).unwrap();
            assert!(!list.keys && !to.join("keys").exists());
        }
    }

    #[test]
    fn what_was_changed_or_does_not_belong_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let state = state(dir.path(), sealed().as_bytes());
        let to = dir.path().join("backup");
        create(&state, &to, Timestamp::from_micros(7), &mut quiet()).unwrap();
        let name = |result: Result<List, BackupError>| result.unwrap_err().name();
        assert_eq!(name(create(&state, &to, Timestamp::from_micros(7), &mut quiet())), "folder-not-empty");
        assert_eq!(name(restore(&to, &state, &mut quiet())), "folder-not-empty");
        let list = fs::read_to_string(to.join(LIST)).unwrap();
        fs::write(to.join(LIST), list.replace("blobs/ab/cd", "blobs/../../cd")).unwrap();
        assert_eq!(name(verify(&to, &mut quiet())), "backup-path-foreign");
        fs::write(to.join(LIST), list.replace("\"form\": 1", "\"form\": 2")).unwrap();
        assert_eq!(name(verify(&to, &mut quiet())), "backup-list-unreadable");
        fs::write(to.join(LIST), &list).unwrap();
        fs::write(to.join("blobs/ab/cd"), b"artefact").unwrap();
        let new = dir.path().join("new");
        assert_eq!(name(restore(&to, &new, &mut quiet())), "backup-file-changed");
        assert!(!new.exists(), "nothing is half put back");
        fs::remove_file(to.join(LIST)).unwrap();
        assert_eq!(name(verify(&to, &mut quiet())), "backup-list-unreadable");
        assert_eq!(name(create(dir.path(), &new, Timestamp::from_micros(7), &mut quiet())), "no-state-here");
    }
}
