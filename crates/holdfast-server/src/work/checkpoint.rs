//! Signs the ledger's head whenever it has grown. Heads only ever extend each other: the tree is append-only in the store.

use std::time::Duration;

use holdfast_core::ledger::checkpoint::{Checkpoint, Origin};
use holdfast_core::ledger::note::{NoteError, NoteSigner};
use holdfast_store::CommitError;
use holdfast_store::ledger::SignedHead;

use crate::app::{House, chain};

/// A new head is signed at most so often.
pub(crate) const EVERY: Duration = Duration::from_secs(1);
/// Name of the log and of its key; where it can be reached is not part of it.
pub(crate) const ORIGIN: &str = "holdfast.dev/ledger";

/// A head that was signed and kept.
pub(crate) struct Signed {
    /// How many lines it covers.
    pub(crate) size: u64,
    /// The root over them.
    pub(crate) root: [u8; 32],
    /// The signed note.
    pub(crate) note: String,
}

/// What the store or the ledger's key may fail with.
type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// Signs a new head if there are lines the last one does not cover.
pub(crate) fn sign(house: &House) {
    if let Err(why) = sign_if_grown(house) {
        tracing::error!(why = %chain(why.as_ref()), "the ledger's head could not be signed; it is tried again");
    }
}

/// The newest head, over every line that is stored now.
///
/// # Errors
///
/// If the store or the key fails.
pub(crate) fn newest(house: &House) -> Result<Signed, Trouble> {
    sign_if_grown(house)?;
    let kept = house.store.latest_checkpoint()?.ok_or("no head was ever signed")?;
    // The root that was signed, not the one of this moment: lines may have come since.
    let head = Checkpoint::open(&kept.note, &signer(house)?.verifier(), &origin()?)?;
    Ok(Signed { size: head.size, root: head.root, note: kept.note })
}

fn sign_if_grown(house: &House) -> Result<(), Trouble> {
    let head = house.store.ledger_head()?;
    let last = house.store.latest_checkpoint()?;
    if last.is_some_and(|last| last.size >= head.size) {
        return Ok(());
    }
    let note = Checkpoint { origin: origin()?, size: head.size, root: head.root }.sign(&signer(house)?)?;
    match house.store.put_checkpoint(SignedHead { size: head.size, note }) {
        // Somebody else has signed a larger one in the meantime.
        Ok(()) | Err(CommitError::Conflict("checkpoint-older")) => Ok(()),
        Err(why) => Err(why.into()),
    }
}

fn origin() -> Result<Origin, Trouble> {
    Ok(ORIGIN.parse::<Origin>()?)
}

/// The ledger's signer.
///
/// # Errors
///
/// If the key's name cannot stand in a note.
pub(crate) fn signer(house: &House) -> Result<NoteSigner, NoteError> {
    Ok(house.authority.ledger_signer(ORIGIN.parse()?))
}
