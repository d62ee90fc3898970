//! What can go wrong in the agent itself, and which exit code that gives.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use holdfast_core::time::Millis;

/// A failure of the agent or of its surroundings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The file system did not do what was asked.
    #[error("cannot {what} {path}")]
    Files {
        /// What was tried.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file holds something that this agent never writes.
    #[error("{path} is not usable: {why}")]
    Content {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A key or certificate could not be made, read or used.
    #[error("{what}: {why}")]
    Crypto {
        /// What was tried.
        what: &'static str,
        /// Why not; never holds key material.
        why: String,
    },
    /// The platform could not be reached or did not answer properly.
    #[error("{what}: {why}")]
    Network {
        /// What was tried.
        what: &'static str,
        /// Why not.
        why: String,
    },
    /// The platform's certificate is not of the time that the device's clock says.
    #[error("{what}: {why}")]
    Untimely {
        /// What was tried.
        what: &'static str,
        /// Why not.
        why: String,
    },
    /// The platform is there and asks to come back later.
    #[error("not now: {name}")]
    Busy {
        /// The stable name.
        name: String,
        /// Not before this time is over.
        wait: Millis,
    },
    /// The rules said no.
    #[error("refused: {name}")]
    Refused {
        /// The stable name.
        name: String,
    },
    /// Something signed or hashed does not verify.
    #[error("does not verify: {name}")]
    Unverified {
        /// The stable name.
        name: String,
    },
}

impl Fault {
    /// For `map_err` on file operations.
    pub(crate) fn files(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Files { what, path, source }
    }

    pub(crate) fn content(path: &Path, why: impl Display) -> Self {
        Self::Content { path: path.to_path_buf(), why: why.to_string() }
    }

    pub(crate) fn crypto(what: &'static str, why: impl Display) -> Self {
        Self::Crypto { what, why: why.to_string() }
    }

    pub(crate) fn network(what: &'static str, why: &(dyn std::error::Error + 'static)) -> Self {
        if is_of_time(why) { Self::Untimely { what, why: chain(why) } } else { Self::Network { what, why: chain(why) } }
    }

    pub(crate) fn refused(name: impl Display) -> Self {
        Self::Refused { name: name.to_string() }
    }

    pub(crate) fn unverified(name: impl Display) -> Self {
        Self::Unverified { name: name.to_string() }
    }

    /// A stable name of the kind, or the name that the refusal carries.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Files { source, .. } if source.kind() == io::ErrorKind::StorageFull => "not-enough-space",
            Self::Files { .. } => "storage-failed",
            Self::Content { .. } => "state-unusable",
            Self::Crypto { .. } => "key-unusable",
            Self::Network { .. } => "server-not-reached",
            Self::Untimely { .. } => "certificate-out-of-time",
            Self::Busy { name, .. } | Self::Refused { name } | Self::Unverified { name } => name,
        }
    }

    /// Whether the disk had no room.
    pub(crate) fn is_full_disk(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        matches!(self, Self::Files { source, .. } if matches!(source.kind(), StorageFull | QuotaExceeded))
    }

    /// How long the platform asks to wait.
    pub(crate) const fn asked_wait(&self) -> Millis {
        if let Self::Busy { wait, .. } = self { *wait } else { Millis(0) }
    }

    /// Whether trying the same again later may help.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(self, Self::Files { .. } | Self::Network { .. } | Self::Untimely { .. } | Self::Busy { .. })
    }

    /// The exit code (shared with the server's command line).
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Files { .. } | Self::Content { .. } | Self::Crypto { .. } => 1,
            Self::Refused { .. } => 3,
            Self::Network { .. } | Self::Untimely { .. } | Self::Busy { .. } => 4,
            Self::Unverified { .. } => 5,
        }
    }
}

/// Whether an error, or a cause of it, is that TLS found a certificate not valid at the time of the device's clock.
pub(crate) fn is_of_time(error: &(dyn std::error::Error + 'static)) -> bool {
    use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(rustls::Error::InvalidCertificate(why)) = cause.downcast_ref::<rustls::Error>() {
            return matches!(why, Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. });
        }
        // What an error of input and output holds is not its source.
        let held = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = held.map(|held| held as &(dyn std::error::Error + 'static)).or_else(|| cause.source());
    }
    false
}

/// An error with all its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let line = cause.to_string();
        if !text.contains(&line) {
            text.push_str(": ");
            text.push_str(&line);
        }
        next = cause.source();
    }
    text
}
