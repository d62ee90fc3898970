//! What a maker does away from the server: keys, trust documents, releases. Files in, files out, nothing else.
//!
//! Every write is atomic and on disk before it is reported. What a document must be is `holdfast-core`'s to say; here
//! only the files around it are handled, and keys are kept to the role they were made for.

pub(crate) mod image;
pub(crate) mod key;
mod release;
pub(crate) mod trust;

use std::path::PathBuf;

use holdfast_core::cose::KeyError;
use holdfast_core::release::{FactError, ImageRefusal, ReleaseRefusal};
use holdfast_core::trust::{RoleError, TrustRefusal};
use thiserror::Error;

use crate::authority::secret_file::SecretFileError;
use crate::authority::{AuthorityError, CertificateError};

pub use image::{ImageFacts, read_image};
pub use key::{KeyInfo, KeyRole, create_key, load_signer, show_key};
pub use release::{ReleaseDraft, ReleaseOutcome, create_release, show_release, sign_release, signers, verify_release};
pub use trust::{AuthorityFacts, TrustDraft, TrustOutcome, create_trust, read_authority, show_trust, sign_trust};

/// Why an offline command refuses or fails.
#[derive(Debug, Error)]
pub enum OfflineError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// A file is there already and is not replaced.
    #[error("{0} exists already and is not replaced")]
    Exists(PathBuf),
    /// Not a maker's key file, or its parts contradict each other.
    #[error("{0} is not a maker's key file")]
    NotAKey(PathBuf),
    /// A public key where the private one is needed.
    #[error("{0} holds a public key only")]
    PublicOnly(PathBuf),
    /// A key made for one role used in another.
    #[error("{path} is a {found} key; a {needed} key is needed")]
    OtherRole {
        /// The key file.
        path: PathBuf,
        /// The role it was made for.
        found: KeyRole,
        /// The role it was used for.
        needed: KeyRole,
    },
    /// A public key that cannot be used.
    #[error("a public key cannot be used")]
    Key(#[from] KeyError),
    /// Keys and threshold do not make a role.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// The server's authority file lacks a part or has it in another form.
    #[error("the authority file has no usable `{0}`")]
    Authority(&'static str),
    /// A certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The trust document is refused.
    #[error("the trust document is refused")]
    Trust(#[from] TrustRefusal),
    /// The trust document was not signed.
    #[error(transparent)]
    TrustSigning(#[from] holdfast_core::trust::SigningError),
    /// What the release would state is refused.
    #[error("the release cannot state this")]
    Facts(#[from] FactError),
    /// The release is refused.
    #[error("the release is refused")]
    Release(#[from] ReleaseRefusal),
    /// The release was not signed.
    #[error(transparent)]
    ReleaseSigning(#[from] holdfast_core::release::SigningError),
    /// The image is not the one the release states.
    #[error("the image is not the one the release states")]
    Image(#[from] ImageRefusal),
    /// The image is not a tar file, or lacks a program that the release names.
    #[error("the image is not a tar file with {0}")]
    ImageLacks(String),
}

impl OfflineError {
    /// Stable name for reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::File(inner) => inner.name(),
            Self::Exists(_) => "file-exists",
            Self::NotAKey(_) => "key-file-malformed",
            Self::PublicOnly(_) => "key-file-public-only",
            Self::OtherRole { .. } => "key-of-other-role",
            Self::Key(inner) => inner.name(),
            Self::Role(inner) => inner.name(),
            Self::Authority(_) => "authority-file-malformed",
            Self::Certificate(inner) => inner.name(),
            Self::Trust(inner) => inner.name(),
            Self::TrustSigning(inner) => inner.name(),
            Self::Facts(inner) => inner.name(),
            Self::Release(inner) => inner.name(),
            Self::ReleaseSigning(inner) => inner.name(),
            Self::Image(inner) => inner.name(),
            Self::ImageLacks(_) => "image-lacks-program",
        }
    }

    /// Whether a signature or digest did not hold, as against wrong arguments or files.
    #[must_use]
    pub const fn is_verification(&self) -> bool {
        matches!(self, Self::Trust(_) | Self::Release(_) | Self::Image(_))
    }
}

impl From<AuthorityError> for OfflineError {
    fn from(inner: AuthorityError) -> Self {
        match inner {
            AuthorityError::File(inner) => Self::File(inner),
            AuthorityError::Certificate(inner) => Self::Certificate(inner),
            AuthorityError::WrongKey(_)
            | AuthorityError::Seal(_)
            | AuthorityError::Mismatch
            | AuthorityError::BadNames => Self::Certificate(CertificateError::Unusable),
        }
    }
}

/// Writes a new public file; one that is there is not replaced.
fn create_public(path: &std::path::Path, content: &[u8]) -> Result<(), OfflineError> {
    if path.exists() {
        return Err(OfflineError::Exists(path.to_owned()));
    }
    Ok(crate::authority::secret_file::replace_public(path, content)?)
}

#[cfg(test)]
mod tests;
