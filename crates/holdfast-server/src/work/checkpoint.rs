//! Signs the ledger's head whenever it has grown. Heads only ever extend each other: the tree is append-only in the store.

use std::time::Duration;

use holdfast_core::ledger::checkpoint::{Checkpoint, Origin};
use holdfast_core::ledger::note::NoteSigner;

use holdfast_store::ledger::SignedHead;

use crate::app::House;

/// A new head is signed at most so often.
pub const EVERY: Duration = Duration::from_secs(1);
/// Name of the log and of its key; where it can be reached is not part of it.
pub const ORIGIN: &str = "holdfast.dev/ledger";

/// Signs a new head if there are lines the last one does not cover.
pub fn sign(house: &House) {
    if let Err(why) = try_sign(house) {
        tracing::error!(why = %why, "the ledger's head could not be signed; it is tried again");
    }
}

/// Signs now if needed.
///
/// # Errors
///
/// If the store or the key fails.
pub fn try_sign(house: &House) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let head = house.store.ledger_head()?;
    let last = house.store.latest_checkpoint()?;
    if last.as_ref().is_some_and(|last| last.size >= head.size) {
        return Ok(());
    }
    let origin: Origin = ORIGIN.parse()?;
    let note = Checkpoint { origin, size: head.size, root: head.root }.sign(&signer(house)?)?;
    house.store.put_checkpoint(SignedHead { size: head.size, note })?;
    Ok(())
}

/// The ledger's signer.
///
/// # Errors
///
/// If the key's name cannot stand in a note.
pub fn signer(house: &House) -> Result<NoteSigner, holdfast_core::ledger::note::NoteError> {
    Ok(house.authority.ledger_signer(ORIGIN.parse()?))
}
