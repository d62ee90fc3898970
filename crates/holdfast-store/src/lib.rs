//! All SQL, blobs, the ledger's rows and the outbox. Knows no rule: what may change is decided in `domain`.
//!
//! Read [`Store`] first, then `writer` (one thread, group commit), `commit` (a decision becomes one transaction) and the
//! rooms, which answer reads in domain types. `sql` holds every statement by name; `migrations/` every schema step.

pub mod blobs;
pub mod choices;
pub mod conformity;
pub mod error;
pub mod findings;
pub mod backup;
pub mod credentials;
pub mod custody;
pub mod dossier;
pub mod papers;
pub mod fleet;
pub mod groups;
pub mod help;
pub mod homes;
pub mod idempotency;
pub mod integrity;
pub mod keys;
pub mod ledger;
pub mod notices;
pub mod outbox;
pub mod people;
pub mod redress;
pub mod roster;
pub mod shops;
pub mod telemetry;
pub mod tidings;
pub mod updates;

mod commit;
mod migrate;
mod readers;
mod row;
mod sql;
mod store;
mod words;
mod writer;

pub use error::{CommitError, StoreError};
pub use store::{Committed, Store, wait};
