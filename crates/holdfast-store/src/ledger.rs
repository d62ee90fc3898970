//! The ledger's rows: a leaf for each line, hashes of complete subtrees, which lines name a device, signed heads.

use holdfast_core::id::{DeviceId, PersonId};
use holdfast_core::ledger::proof;
use holdfast_core::ledger::tree::{Frontier, Node, leaf_hash};
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::LedgerLine;
use rusqlite::{Connection, params};

use crate::error::{CommitError, StoreError};
use crate::row::{self, Fields, all, exactly, int, one};
use crate::sql;
use crate::store::{Store, wait};
use crate::writer::Desk;

/// One line of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its place, from 0.
    pub index: u64,
    /// The line exactly as it is hashed: one JSON object.
    pub line: String,
    /// Its leaf hash.
    pub hash: [u8; 32],
}

/// Which lines of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerOf {
    /// Every line.
    All,
    /// Those that name this device.
    Device(DeviceId),
    /// Those that name this person.
    Person(PersonId),
    /// Those of this kind.
    Kind(String),
}

/// The head of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: [u8; 32],
}

/// A signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// How many leaves it covers.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// The current head.
    pub fn ledger_head(&self) -> Result<Head, StoreError> {
        self.read(|conn| {
            let edge = load_edge(conn)?;
            Ok(Head { size: edge.size(), root: edge.root() })
        })
    }

    /// Lines from this place on, rising.
    pub fn ledger_leaves(&self, from: u64, limit: u32) -> Result<Vec<Leaf>, StoreError> {
        let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
        self.read(|conn| all(conn, (sql::LEAVES, "ledger_leaf"), params![from, limit], leaf_row))
    }

    /// Lines that name a device, newest first, before `before` if given.
    pub fn ledger_leaves_of(
        &self,
        device: &DeviceId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Leaf>, StoreError> {
        let before = before.and_then(|at| i64::try_from(at).ok()).unwrap_or(i64::MAX);
        let asked = params![device.as_str(), before, limit];
        self.read(|conn| all(conn, (sql::LEAVES_OF_DEVICE, "ledger_leaf"), asked, leaf_row))
    }

    /// Lines newest first, before `before` if given, at most `limit`: of one device, of one person, of one kind, or all.
    pub fn ledger_search(&self, of: &LedgerOf, before: Option<u64>, limit: u32) -> Result<Vec<Leaf>, StoreError> {
        let before = before.and_then(|at| i64::try_from(at).ok()).unwrap_or(i64::MAX);
        self.read(|conn| {
            let (statement, name) = match of {
                LedgerOf::All => {
                    return all(conn, (sql::LEAVES_BEFORE, "ledger_leaf"), params![before, limit], leaf_row);
                }
                LedgerOf::Device(device) => (sql::LEAVES_OF_DEVICE, device.to_string()),
                LedgerOf::Person(person) => (sql::LEAVES_OF_PERSON, person.to_string()),
                LedgerOf::Kind(kind) => (sql::LEAVES_OF_KIND, kind.clone()),
            };
            all(conn, (statement, "ledger_leaf"), params![name, before, limit], leaf_row)
        })
    }

    /// The place of the first line that was written at `time` or later, found by halving: lines follow each other in time
    /// but for moments.
    pub fn ledger_place(&self, time: Timestamp) -> Result<u64, StoreError> {
        self.read(|conn| {
            let (mut low, mut high) = (0, leaf_count(conn)?);
            while low < high {
                let middle = low.midpoint(high);
                let at = i64::try_from(middle).unwrap_or(i64::MAX);
                let line = one(conn, (sql::LEAF_LINE, "ledger_leaf"), [at], row::text)?.unwrap_or_default();
                let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
                let written = line.get("at").and_then(serde_json::Value::as_i64).unwrap_or(i64::MIN);
                if written < time.as_micros() { low = middle + 1 } else { high = middle }
            }
            Ok(low)
        })
    }

    /// How many lines there are of this kind.
    pub fn ledger_count(&self, kind: &str) -> Result<u64, StoreError> {
        self.read(|conn| exactly(conn, (sql::LEAVES_OF_KIND_COUNT, "ledger_leaf"), [kind], row::number))
    }

    /// Proof that leaf `index` is in the tree of `size` leaves; `None` if there is no such leaf or tree.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Option<Vec<[u8; 32]>>, StoreError> {
        self.read(|conn| {
            if size > leaf_count(conn)? {
                return Ok(None);
            }
            proof::inclusion(index, size, |node| stored_hash(conn, node))
        })
    }

    /// Proof that the tree of `new` leaves only added to that of `old`; `None` if there are no such trees.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Option<Vec<[u8; 32]>>, StoreError> {
        self.read(|conn| {
            if new > leaf_count(conn)? {
                return Ok(None);
            }
            proof::consistency(old, new, |node| stored_hash(conn, node))
        })
    }

    /// The newest signed head.
    pub fn latest_checkpoint(&self) -> Result<Option<SignedHead>, StoreError> {
        self.read(latest_checkpoint)
    }

    /// Keeps a signed head. Refused as `checkpoint-older` if a larger one is kept, and as `checkpoint-ahead` if it
    /// covers more than is stored.
    pub fn put_checkpoint(&self, head: SignedHead) -> Result<(), CommitError> {
        wait(self.write(move |desk| {
            let SignedHead { size, note } = head;
            if latest_checkpoint(&desk.conn)?.is_some_and(|kept| kept.size > size) {
                return Err(CommitError::Conflict("checkpoint-older"));
            }
            if size > desk.edge.size() {
                return Err(CommitError::Conflict("checkpoint-ahead"));
            }
            desk.execute(sql::CHECKPOINT_PUT, params![int(size)?, note])?;
            Ok(())
        }))
    }
}

impl Desk {
    /// Appends a line and answers its place.
    pub(crate) fn append_line(&mut self, line: &LedgerLine) -> Result<u64, CommitError> {
        let (text, index) = (line.to_string(), self.edge.size());
        self.execute(sql::LEAF_ADD, params![int(index)?, line.kind, text])?;
        let conn = &self.conn;
        self.edge.push(leaf_hash(text.as_bytes()), |node, hash| -> Result<(), CommitError> {
            let row = params![node.level, int(node.index)?, hash];
            conn.prepare_cached(sql::HASH_ADD.text)?.execute(row)?;
            Ok(())
        })?;
        let named: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(device) = named.get("device").and_then(serde_json::Value::as_str) {
            self.execute(sql::MENTION_ADD, params![device, int(index)?])?;
        }
        if let Some(person) = named.get("person").and_then(serde_json::Value::as_str) {
            self.execute(sql::LEDGER_PERSON_ADD, params![person, int(index)?])?;
        }
        Ok(index)
    }
}

/// The tree's edge as stored.
pub(crate) fn load_edge(conn: &Connection) -> Result<Frontier, StoreError> {
    Frontier::load(leaf_count(conn)?, |node| stored_hash(conn, node))
}

fn leaf_count(conn: &Connection) -> Result<u64, StoreError> {
    exactly(conn, (sql::LEAF_COUNT, "ledger_leaf"), [], row::number)
}

fn stored_hash(conn: &Connection, node: Node) -> Result<[u8; 32], StoreError> {
    let missing = || StoreError::Inconsistent {
        table: "ledger_hash",
        key: format!("{}/{}", node.level, node.index),
        why: "is missing".to_owned(),
    };
    let index = i64::try_from(node.index).map_err(|_| missing())?;
    let from = (sql::HASH, "ledger_hash");
    one(conn, from, params![node.level, index], row::bytes)?.ok_or_else(missing)
}

fn leaf_row(f: &mut Fields<'_>) -> Result<Leaf, StoreError> {
    Ok(Leaf { index: f.number()?, line: f.text()?, hash: f.bytes()? })
}

fn latest_checkpoint(conn: &Connection) -> Result<Option<SignedHead>, StoreError> {
    one(conn, (sql::CHECKPOINT_LATEST, "checkpoint"), [], |f| Ok(SignedHead { size: f.number()?, note: f.text()? }))
}
