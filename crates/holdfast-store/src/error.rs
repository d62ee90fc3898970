//! What can go wrong in the store: a refusal (the state is another one) or a fault (ours). Nothing here is user input.

use std::io;
use std::sync::Arc;

/// A fault of the store: logged with its chain, shown to nobody.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed.
    #[error("the database failed")]
    Sql(#[source] Arc<rusqlite::Error>),
    /// A file could not be read or written.
    #[error("a file could not be read or written")]
    Io(#[source] Arc<io::Error>),
    /// A stored row fits no state.
    #[error("row {key} of {table} fits no state: {why}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The row's first column.
        key: String,
        /// The column and what is wrong with it.
        why: String,
    },
    /// A migration that was applied has another text now.
    #[error("migration {0} was changed after it was applied")]
    MigrationChanged(i64),
    /// The database was written by a newer version of this program.
    #[error("the database has migration {0}, which this version does not know")]
    SchemaNewer(i64),
    /// The writer has stopped.
    #[error("the store's writer has stopped")]
    Stopped,
}

impl StoreError {
    /// The stable word for this error.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sql(_) => "store-database",
            Self::Io(_) => "store-file",
            Self::Inconsistent { .. } => "store-inconsistent",
            Self::MigrationChanged(_) => "store-migration-changed",
            Self::SchemaNewer(_) => "store-schema-newer",
            Self::Stopped => "store-stopped",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(Arc::new(error))
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

/// Why a decision was not committed; nothing of it was applied.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// The state is not the one the decision was made for; holds the stable name.
    #[error("the decision does not fit the stored state: {0}")]
    Conflict(&'static str),
    /// The store failed.
    #[error("the decision could not be stored")]
    Fault(#[source] StoreError),
}

impl CommitError {
    /// The stable word for this error.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Conflict(name) => name,
            Self::Fault(fault) => fault.name(),
        }
    }
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error)
    }
}

impl From<rusqlite::Error> for CommitError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Fault(error.into())
    }
}
