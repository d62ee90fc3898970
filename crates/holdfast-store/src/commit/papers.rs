//! Changes to papers: a version is added, and none is ever changed.

use holdfast_core::id::ProductId;
use holdfast_domain::papers::Paper;
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::row::int;
use crate::sql;
use crate::writer::Desk;

const ON: On =
    On { key: "paper-version-conflict", unique: "paper-version-conflict", foreign: "product-or-person-unknown" };

impl Desk {
    pub(super) fn add_paper(&self, paper: &Paper) -> Result<(), CommitError> {
        let Paper { id, version, document, at, by } = paper;
        let product = document.product().map(ProductId::as_str);
        let row =
            params![id, int(*version)?, document.kind(), product, document.text(), at.as_micros(), by.to_string()];
        match self.execute(sql::PAPER_ADD, row) {
            Ok(1) => Ok(()),
            Ok(_) => Err(CommitError::Conflict("paper-version-conflict")),
            Err(error) => Err(ON.conflict(error)),
        }
    }
}
