//! A few read-only connections that any thread may borrow; a reader never waits for the writer.

use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;

/// Read-only connections kept open.
const READERS: usize = 4;
/// Prepared statements kept by each connection.
pub(crate) const STATEMENTS_CACHED: usize = 192;

/// A plan does not depend on the values that are bound, so a cached statement is never prepared anew for other values.
pub(crate) const STABLE_PLANS: DbConfig = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;

pub(crate) struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Readers {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let open = || -> Result<Connection, StoreError> {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let conn = Connection::open_with_flags(path, flags)?;
            conn.busy_timeout(crate::store::BUSY_TIMEOUT)?;
            conn.set_db_config(STABLE_PLANS, true)?;
            conn.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
            Ok(conn)
        };
        let idle = (0..READERS).map(|_| open()).collect::<Result<_, _>>()?;
        Ok(Self { idle: Mutex::new(idle), returned: Condvar::new() })
    }

    /// Runs `work` on a connection, waiting for one if all are in use.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let conn = loop {
            match idle.pop() {
                Some(conn) => break conn,
                None => idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(idle);
        let lent = Lent { readers: self, conn: Some(conn) };
        lent.conn.as_ref().map_or(Err(StoreError::Stopped), work)
    }
}

/// Gives the connection back, also when the work panics.
struct Lent<'a> {
    readers: &'a Readers,
    conn: Option<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut idle = self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.conn.take());
        self.readers.returned.notify_one();
    }
}
