//! Reads of papers, and how far owners were told of them.

use holdfast_core::id::{PersonId, ProductId};
use holdfast_domain::papers::{Document, Paper};
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::row::{Fields, all, exactly, int, number, parsed};
use crate::sql;
use crate::store::{Store, wait};

/// A paper of which not all owners have been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// The paper.
    pub paper: Paper,
    /// The last owner who was looked at; empty if nobody was.
    pub after: String,
}

/// How changes of policies were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PaperFacts {
    /// Changes of policies of which every owner was told.
    pub changes_told: u64,
    /// Owners' notices of them.
    pub told: u64,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// The newest version of each paper, the newest first.
    pub fn papers(&self, limit: u32) -> Result<Vec<Paper>, StoreError> {
        self.read(|conn| all(conn, (sql::PAPERS_NEWEST, "paper"), [limit], paper_row))
    }

    /// Every version of a paper, the newest first.
    pub fn paper_versions(&self, id: &str) -> Result<Vec<Paper>, StoreError> {
        self.read(|conn| all(conn, (sql::PAPER_VERSIONS, "paper"), [id], paper_row))
    }

    /// Papers of which not all owners have been told, the oldest first.
    pub fn papers_untold(&self, limit: u32) -> Result<Vec<Untold>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::PAPERS_UNTOLD, "paper"), [limit], |f| Ok(Untold { paper: paper_row(f)?, after: f.text()? }))
        })
    }

    /// How many owners were told of this version, and whether that was all of them.
    pub fn paper_told(&self, id: &str, version: u64) -> Result<(u64, bool), StoreError> {
        let version = i64::try_from(version).unwrap_or(i64::MAX);
        self.read(|conn| {
            exactly(conn, (sql::PAPER_TOLD, "paper_telling"), params![id, version], |f| {
                let (told, done): (u64, i64) = (f.number()?, f.number()?);
                Ok((told, done == 1))
            })
        })
    }

    /// Notes how far owners have been told: `told` more of them got a notice.
    pub fn move_paper_telling(&self, paper: &Paper, after: &str, told: u64, done: bool) -> Result<(), CommitError> {
        let (id, version, after) = (paper.id.clone(), paper.version, after.to_owned());
        wait(self.write(move |desk| {
            let row = params![id, int(version)?, after, int(told)?, i64::from(done)];
            desk.execute(sql::PAPER_TOLD_PUT, row).map(|_| ()).map_err(CommitError::from)
        }))
    }

    /// Everybody who owns a device, by id, from after `after` on.
    pub fn owners_from(&self, after: &str, limit: u32) -> Result<Vec<PersonId>, StoreError> {
        self.read(|conn| all(conn, (sql::OWNERS_ALL, "ownership"), params![after, limit], parsed))
    }

    /// How many people own a device of a product, or any device.
    pub fn owners_count(&self, product: Option<&ProductId>) -> Result<u64, StoreError> {
        let asked = params![product.map(ProductId::as_str)];
        self.read(|conn| exactly(conn, (sql::OWNERS_OF_PRODUCT, "ownership"), asked, number))
    }

    /// How changes of policies were told.
    pub fn paper_facts(&self) -> Result<PaperFacts, StoreError> {
        self.read(|conn| {
            exactly(conn, (sql::PAPER_FACTS, "paper"), [], |f| {
                Ok(PaperFacts { changes_told: f.number()?, told: f.number()? })
            })
        })
    }
}

fn paper_row(f: &mut Fields<'_>) -> Result<Paper, StoreError> {
    let (id, version) = (f.text()?, f.number()?);
    let document = f.str().map(Document::parse)?.map_err(|why| f.inconsistent(&format!("cannot be read: {why}")))?;
    Ok(Paper { id, version, document, at: f.time()?, by: f.parsed()? })
}
