//! The chain of trust documents on disk: `trust/1.cose` from the factory, each later one signed by the one before.

use std::fmt;

use holdfast_core::trust::TrustDocument;

use crate::durable;
use crate::fault::Fault;
use crate::layout::Layout;

/// Most new trust documents taken at one check.
pub(crate) const STEPS_MAX: u32 = 64;

/// The newest trust document whose whole chain was verified.
pub(crate) struct Trust {
    layout: Layout,
    document: TrustDocument,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trust(version {})", self.document.version())
    }
}

impl Trust {
    /// Walks the chain from the factory's document to the newest that is there.
    pub(crate) fn load(layout: &Layout) -> Result<Self, Fault> {
        let first = layout.trust(1);
        let bytes =
            durable::read(&first)?.ok_or_else(|| Fault::content(&first, "not there; the factory puts it there"))?;
        let document = TrustDocument::open_first(&bytes).map_err(|why| {
            tracing::error!(trust.path = %first.display(), "the factory's trust document is damaged: nothing can be verified");
            Fault::unverified(why.name())
        })?;
        let mut trust = Self { layout: layout.clone(), document };
        loop {
            let next = match durable::read(&layout.trust(trust.next_version())) {
                Ok(None) => return Ok(trust),
                Ok(Some(bytes)) => trust.document.succeed(&bytes).map_err(|why| Fault::unverified(why.name())),
                Err(fault) => Err(fault),
            };
            match next {
                Ok(next) => trust.document = next,
                Err(fault) => {
                    tracing::warn!(
                        trust.version = trust.next_version(),
                        reason = fault.name(),
                        "stored trust document ignored"
                    );
                    return Ok(trust);
                }
            }
        }
    }

    /// The newest document.
    pub(crate) const fn document(&self) -> &TrustDocument {
        &self.document
    }

    /// The version that would come next.
    pub(crate) const fn next_version(&self) -> u64 {
        self.document.version().saturating_add(1)
    }

    /// Verifies the next document and keeps it.
    pub(crate) fn extend(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let next = self.document.succeed(bytes).map_err(|why| Fault::unverified(why.name()))?;
        durable::write(&self.layout.trust(next.version()), bytes)?;
        tracing::info!(trust.version = next.version(), "trust document accepted");
        self.document = next;
        Ok(())
    }
}
