//! Copies the database while it is in use (SQLite online backup), and looks over a copy.

use std::path::Path;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;
use crate::sql;
use crate::store::{BUSY_TIMEOUT, Store};

/// Pages copied before others get a turn.
const PAGES_PER_STEP: i32 = 4_096;

impl Store {
    /// Copies everything committed so far to `path`, a new file; writers and readers go on meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the file is there already or cannot be written.
    pub fn backup_to(&self, path: &Path) -> Result<(), StoreError> {
        make(path)?;
        self.read(|conn| copy(conn, path, &mut |_, _| ()))
    }
}

/// Copies the database of a state folder that another process may be serving; `progress` hears pages done and pages in all.
///
/// # Errors
///
/// [`StoreError`] if the database cannot be read, or the copy is there already or cannot be written.
pub fn copy_database(database: &Path, path: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
    let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    make(path)?;
    copy(&conn, path, progress)
}

/// Reads a whole copy: every page, index and reference. The first thing that is wrong comes back as words.
///
/// # Errors
///
/// [`StoreError`] if the file cannot be read at all.
pub fn look_over(path: &Path) -> Result<Option<String>, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found: String = conn.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if found != "ok" {
        return Ok(Some(found));
    }
    let mut broken = false;
    conn.pragma_query(None, "foreign_key_check", |_| {
        broken = true;
        Ok(())
    })?;
    Ok(broken.then(|| "a row refers to one that is not there".to_owned()))
}

/// How many lines the ledger of a copy has.
///
/// # Errors
///
/// [`StoreError`] if the file cannot be read.
pub fn ledger_lines(path: &Path) -> Result<u64, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let lines: i64 = conn.query_row(sql::LEAF_COUNT.text, [], |row| row.get(0))?;
    Ok(u64::try_from(lines).unwrap_or(0))
}

fn make(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    drop(std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?);
    Ok(())
}

fn copy(conn: &Connection, path: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
    let mut copy = Connection::open(path)?;
    copy.pragma_update(None, "synchronous", "FULL")?;
    // One read transaction makes the copy a single moment and keeps steps from starting over.
    let moment = conn.unchecked_transaction()?;
    // The moment begins with the first read; without one, each step would read another moment and start over.
    let _: i64 = moment.query_row(sql::LEAF_COUNT.text, [], |row| row.get(0))?;
    let backup = Backup::new(conn, &mut copy)?;
    loop {
        let step = backup.step(PAGES_PER_STEP)?;
        let pages = backup.progress();
        let all = u64::try_from(pages.pagecount).unwrap_or(0);
        progress(all.saturating_sub(u64::try_from(pages.remaining).unwrap_or(0)), all);
        if step == rusqlite::backup::StepResult::Done {
            break;
        }
    }
    drop(backup);
    drop(moment);
    copy.close().map_err(|(_, error)| error)?;
    Ok(())
}
