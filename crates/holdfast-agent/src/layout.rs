//! Where everything lies in the agent's directory. Nothing else builds a path.

use std::path::{Path, PathBuf};

use holdfast_core::update::boot::Slot;

use crate::durable;
use crate::fault::Fault;

/// The agent's directory.
#[derive(Debug, Clone)]
pub(crate) struct Layout(PathBuf);

/// The files of one slot.
#[derive(Debug, Clone)]
pub(crate) struct SlotFiles {
    /// The slot's directory.
    pub(crate) dir: PathBuf,
    /// The image.
    pub(crate) image: PathBuf,
    /// The signed envelope; its presence makes the slot complete.
    pub(crate) manifest: PathBuf,
    /// How much of a download is durably there.
    pub(crate) progress: PathBuf,
}

impl Layout {
    pub(crate) fn new(dir: &Path) -> Self {
        Self(std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf()))
    }

    /// Makes the directories that do not exist yet, for the owner alone.
    pub(crate) fn create(&self) -> Result<(), Fault> {
        for dir in ["keys", "secrets", "trust", "slots/a", "slots/b", "state", "queue", "data", "run", "local"] {
            durable::create_dir(&self.0.join(dir))?;
        }
        Ok(())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.0.join("agent.toml")
    }

    pub(crate) fn keys(&self, file: &str) -> PathBuf {
        self.0.join("keys").join(file)
    }

    /// The private keys, which only the key process reads.
    pub(crate) fn vault(&self) -> PathBuf {
        self.0.join("vault")
    }

    /// A sealed secret.
    pub(crate) fn secret(&self, name: &str) -> PathBuf {
        self.0.join("secrets").join(format!("{name}.sealed"))
    }

    pub(crate) fn factory_csr(&self) -> PathBuf {
        self.0.join("keys/factory.csr.pem")
    }

    pub(crate) fn claim_code(&self) -> PathBuf {
        self.0.join("claim-code")
    }

    pub(crate) fn trust(&self, version: u64) -> PathBuf {
        self.0.join("trust").join(format!("{version}.cose"))
    }

    pub(crate) fn slot(&self, slot: Slot) -> SlotFiles {
        let dir = self.0.join("slots").join(slot.name());
        SlotFiles { image: dir.join("image"), manifest: dir.join("manifest.suit"), progress: dir.join("progress"), dir }
    }

    pub(crate) fn state(&self, file: &str) -> PathBuf {
        self.0.join("state").join(file)
    }

    pub(crate) fn local(&self, file: &str) -> PathBuf {
        self.0.join("local").join(file)
    }

    /// Where a person at the device speaks with the running agent.
    pub(crate) fn control(&self) -> PathBuf {
        self.0.join("state/control.sock")
    }

    pub(crate) fn queue(&self) -> PathBuf {
        self.0.join("queue")
    }

    pub(crate) fn acked(&self) -> PathBuf {
        self.0.join("acked.log")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    pub(crate) fn run(&self, name: &str) -> PathBuf {
        self.0.join("run").join(name)
    }
}
