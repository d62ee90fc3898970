//! Reads of dossiers and their history; how far owners have been told of support.

use holdfast_core::id::{PersonId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::dossier::promise::Coming;
use holdfast_domain::fleet::dossier::telling::{Occasion, Tidings};
use holdfast_domain::fleet::dossier::{Day, Dossier, DossierAct, Public, Record};
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::row::{Fields, all, exactly, one, parsed, text};
use crate::sql;
use crate::store::{Store, wait};

/// One line of a dossier's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The version it made.
    pub version: u64,
    /// What was done.
    pub act: DossierAct,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
    /// The promised last day afterwards.
    pub until: Option<Day>,
    /// The document, JSON text.
    pub document: String,
}

/// What history says about promises of support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SupportFacts {
    /// Promises that were extended.
    pub extended: u64,
    /// Lines of history with a nearer day than an earlier line of the same product.
    pub shortened: u64,
    /// Tries to shorten that were refused.
    pub shortening_refused: u64,
}

/// An occasion whose owners are not all told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// What they are told.
    pub occasion: Occasion,
    /// The last owner who was told; empty if nobody was.
    pub after: String,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// Every dossier, by product.
    pub fn dossiers(&self) -> Result<Vec<Record>, StoreError> {
        self.read(|conn| all(conn, (sql::DOSSIERS_ALL, "dossier"), [], record_row))
    }

    /// Every dossier that the public reads, by product.
    pub fn public_dossiers(&self) -> Result<Vec<Record>, StoreError> {
        self.read(|conn| all(conn, (sql::DOSSIERS_PUBLIC, "dossier"), [], record_row))
    }

    /// Dossiers whose announced change counts by now.
    pub fn dossiers_due(&self, now: Timestamp) -> Result<Vec<Record>, StoreError> {
        self.read(|conn| all(conn, (sql::DOSSIERS_DUE, "dossier"), [now.as_micros()], record_row))
    }

    /// The dossier of a product.
    pub fn dossier(&self, product: &ProductId) -> Result<Option<Record>, StoreError> {
        self.read(|conn| one(conn, (sql::DOSSIER, "dossier"), [product.as_str()], record_row))
    }

    /// The last day of a product's support, if the public may know it.
    pub fn support_end(&self, product: &ProductId) -> Result<Option<Day>, StoreError> {
        self.read(|conn| one(conn, (sql::DOSSIER_UNTIL, "dossier"), [product.as_str()], day))
    }

    /// History of a product's dossier, newest first.
    pub fn dossier_lines(&self, product: &ProductId, limit: u32) -> Result<Vec<Line>, StoreError> {
        let asked = params![product.as_str(), limit];
        self.read(|conn| {
            all(conn, (sql::DOSSIER_LINES, "dossier_line"), asked, |f| {
                Ok(Line {
                    version: f.number()?,
                    act: act(f)?,
                    at: f.time()?,
                    by: f.parsed()?,
                    until: f.optional(day)?,
                    document: f.text()?,
                })
            })
        })
    }

    /// Each last day that was promised, with the moment of the promise; the nearest day first.
    pub fn promises(&self, product: &ProductId) -> Result<Vec<(Timestamp, Day)>, StoreError> {
        self.read(|conn| all(conn, (sql::PROMISES, "dossier_line"), [product.as_str()], |f| Ok((f.time()?, day(f)?))))
    }

    /// What history says about promises of support.
    pub fn support_facts(&self) -> Result<SupportFacts, StoreError> {
        self.read(|conn| {
            exactly(conn, (sql::SUPPORT_FACTS, "dossier_line"), [], |f| {
                Ok(SupportFacts { extended: f.number()?, shortened: f.number()?, shortening_refused: f.number()? })
            })
        })
    }

    /// Owners of units of a product, by id, from after `after` on.
    pub fn product_owners(&self, product: &ProductId, after: &str, limit: u32) -> Result<Vec<PersonId>, StoreError> {
        let asked = params![product.as_str(), after, limit];
        self.read(|conn| all(conn, (sql::PRODUCT_OWNERS, "ownership"), asked, parsed))
    }

    /// Occasions whose owners are not all told yet.
    pub fn tellings(&self) -> Result<Vec<Telling>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::TELLINGS_OPEN, "support_telling"), [], |f| {
                let product = f.parsed()?;
                let what = f.str().map(Tidings::from_word)?.ok_or_else(|| f.inconsistent("is an unknown word"))?;
                let occasion = Occasion { product, what, until: day(f)?, at: f.time()? };
                Ok(Telling { occasion, after: text(f)? })
            })
        })
    }

    /// Begins an occasion; one that began before goes on where it stands.
    pub fn begin_telling(&self, occasion: Occasion) -> Result<(), CommitError> {
        wait(self.write(move |desk| desk.begin_telling(&occasion)))
    }

    /// Notes how far the owners have been told.
    pub fn move_telling(&self, occasion: &Occasion, after: &str, done: bool) -> Result<(), CommitError> {
        let (occasion, after) = (occasion.clone(), after.to_owned());
        wait(self.write(move |desk| {
            let Occasion { product, what, until, at: _ } = &occasion;
            let row = params![after, done, product.as_str(), what.word(), until.number()];
            desk.execute(sql::TELLING_MOVE, row).map(|_| ()).map_err(CommitError::from)
        }))
    }
}

fn day(f: &mut Fields<'_>) -> Result<Day, StoreError> {
    let number = f.number()?;
    Day::from_number(number).ok_or_else(|| f.inconsistent("is outside the calendar"))
}

fn act(f: &mut Fields<'_>) -> Result<DossierAct, StoreError> {
    let word = f.str()?;
    DossierAct::from_word(word).ok_or_else(|| f.inconsistent("is an unknown word"))
}

fn document(f: &mut Fields<'_>) -> Result<Dossier, StoreError> {
    let text = f.str()?;
    Dossier::parse(text).map_err(|why| f.inconsistent(&format!("cannot be read: {why}")))
}

fn record_row(f: &mut Fields<'_>) -> Result<Record, StoreError> {
    let (product, version, draft) = (f.parsed()?, f.number()?, document(f)?);
    let public = f.optional(document)?;
    let (until, first_until) = (f.optional(day)?, f.optional(day)?);
    let (since, public_changed) = (f.optional(Fields::time)?, f.optional(Fields::time)?);
    let (text, announced) = (f.optional(document)?, f.optional(Fields::time)?);
    let (from, by) = (f.optional(Fields::time)?, f.optional(parsed)?);
    let coming = match (text, announced, from, by) {
        (Some(dossier), Some(announced), Some(from), Some(by)) => {
            Some(Box::new(Coming { dossier, announced, from, by }))
        }
        (None, None, None, None) => None,
        _ => return Err(f.inconsistent("belongs to a change that is announced in part")),
    };
    let public = match (public, until, first_until, since, public_changed) {
        (Some(dossier), Some(until), Some(first_until), Some(since), Some(changed)) => {
            Some(Public { dossier, until, first_until, since, changed, coming })
        }
        (None, None, None, None, None) => None,
        _ => return Err(f.inconsistent("belongs to a dossier that is public in part")),
    };
    Ok(Record { product, version, draft, public, changed: f.time()? })
}
