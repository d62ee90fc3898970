//! Copies the database while it is in use (SQLite online backup).

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use crate::error::StoreError;
use crate::store::Store;

/// Pages copied before others get a turn.
const PAGES_PER_STEP: i32 = 4_096;

impl Store {
    /// Copies everything committed so far to `path`, a new file; writers and readers go on meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the file is there already or cannot be written.
    pub fn backup_to(&self, path: &Path) -> Result<(), StoreError> {
        drop(std::fs::OpenOptions::new().write(true).create_new(true).open(path)?);
        self.read(|conn| {
            let mut copy = Connection::open(path)?;
            copy.pragma_update(None, "synchronous", "FULL")?;
            // One read transaction makes the copy a single moment and keeps steps from starting over.
            let moment = conn.unchecked_transaction()?;
            Backup::new(conn, &mut copy)?.run_to_completion(PAGES_PER_STEP, std::time::Duration::ZERO, None)?;
            drop(moment);
            copy.close().map_err(|(_, error)| error)?;
            Ok(())
        })
    }
}
