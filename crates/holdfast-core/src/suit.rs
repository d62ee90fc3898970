//! SUIT envelopes and manifests as data (draft-ietf-suit-manifest-37): read within limits, and written byte for byte.
//!
//! Two steps, as the draft's §6.2 wants it: `Sealed` knows only the frame, so that signatures are checked before
//! anything inside is read; `Sealed::open` then gives the whole closed tree. Nothing here is executed, and nothing
//! here says whom to trust: `release` checks the tree against our profile and the signatures against `trust`.

mod command;
mod digest;
mod envelope;
mod identifier;
mod manifest;
mod parameter;
mod text;

use core::fmt;

use crate::cbor::CborError;

pub use command::{Command, Condition, Directive, Index, Reporting, Sequence};
pub use envelope::{Envelope, Member, Sealed};
pub use identifier::{ClassId, VendorId};
pub use manifest::{CommonSection, ComponentId, Manifest, Severable};
pub use parameter::{Parameter, Vendor};
pub use text::{TextMap, TextSection};

/// Most bytes of a whole envelope.
pub const ENVELOPE_BYTES_MAX: usize = 64 * 1024;
/// Most components of one manifest.
pub const COMPONENTS_MAX: usize = 8;
/// Most segments of one component identifier.
pub const COMPONENT_SEGMENTS_MAX: usize = 8;
/// Most commands of one manifest, nested ones included.
pub const COMMANDS_MAX: usize = 256;
/// Deepest nesting of command sequences; a section's own sequence is the first level.
pub const NESTING_MAX: usize = 4;
/// Most authentication blocks of one envelope.
pub const BLOCKS_MAX: usize = 16;
/// Most members of an envelope beside authentication and manifest.
pub const MEMBERS_MAX: usize = 16;
/// Most bytes of a URI.
pub const URI_BYTES_MAX: usize = 2_048;
/// Most bytes of one text.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;
/// The highest number of a private manifest key (draft §11; IANA "SUIT Manifest Elements").
pub const PRIVATE_KEY_MAX: i64 = -257;

/// Why an envelope is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuitError {
    /// Not CBOR within the limits, or not of the shape that the draft gives.
    Malformed(CborError),
    /// Another tag than 107.
    WrongTag(u64),
    /// The authentication wrapper does not come first, or the manifest not second.
    OutOfOrder,
    /// A member that must be there is not; holds its key.
    Missing(i64),
    /// A key that this program does not know, in the envelope, the manifest, the common section or a text.
    UnknownKey(i64),
    /// A command that this program does not know.
    UnknownCommand(i64),
    /// A parameter that this program does not know.
    UnknownParameter(i64),
    /// A digest algorithm that this program does not have.
    UnsupportedDigest(i64),
    /// The manifest is not the one that the authentication wrapper names.
    WrongDigest,
    /// A severed member is not the one that the manifest names; holds its key.
    WrongMemberDigest(i64),
    /// A severed member that the manifest does not name; holds its key.
    UnexpectedMember(i64),
    /// A manifest version other than 1.
    UnsupportedVersion(u64),
    /// More commands than [`COMMANDS_MAX`].
    TooManyCommands,
    /// Sequences nested deeper than [`NESTING_MAX`].
    TooDeep,
    /// A command that the shared sequence may not have (draft §5.3.2); holds it.
    NotInSharedSequence(i64),
    /// A component index beyond the list of components.
    ComponentIndex(u64),
    /// More than one component, and a sequence that does not begin with choosing one (draft §6.2).
    NoComponentIndex,
    /// A text about a component that the manifest does not have.
    ForeignComponent,
}

impl SuitError {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Malformed(inner) => inner.name(),
            Self::WrongTag(_) => "not-an-envelope",
            Self::OutOfOrder => "envelope-out-of-order",
            Self::Missing(_) => "missing-member",
            Self::UnknownKey(_) => "unknown-key",
            Self::UnknownCommand(_) => "unknown-command",
            Self::UnknownParameter(_) => "unknown-parameter",
            Self::UnsupportedDigest(_) => "unsupported-digest",
            Self::WrongDigest => "wrong-digest",
            Self::WrongMemberDigest(_) => "wrong-member-digest",
            Self::UnexpectedMember(_) => "unexpected-member",
            Self::UnsupportedVersion(_) => "unsupported-manifest-version",
            Self::TooManyCommands => "too-many-commands",
            Self::TooDeep => "sequences-too-deep",
            Self::NotInSharedSequence(_) => "not-in-shared-sequence",
            Self::ComponentIndex(_) => "component-index-out-of-range",
            Self::NoComponentIndex => "no-component-index",
            Self::ForeignComponent => "text-of-foreign-component",
        }
    }
}

impl fmt::Display for SuitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::WrongTag(n) | Self::UnsupportedVersion(n) | Self::ComponentIndex(n) => write!(f, " ({n})"),
            Self::Missing(n)
            | Self::UnknownKey(n)
            | Self::UnknownCommand(n)
            | Self::UnknownParameter(n)
            | Self::UnsupportedDigest(n)
            | Self::WrongMemberDigest(n)
            | Self::UnexpectedMember(n)
            | Self::NotInSharedSequence(n) => write!(f, " ({n})"),
            Self::Malformed(inner) => write!(f, " at byte {}", inner.at),
            Self::OutOfOrder
            | Self::WrongDigest
            | Self::TooManyCommands
            | Self::TooDeep
            | Self::NoComponentIndex
            | Self::ForeignComponent => Ok(()),
        }
    }
}

impl core::error::Error for SuitError {}

impl From<CborError> for SuitError {
    fn from(inner: CborError) -> Self {
        Self::Malformed(inner)
    }
}
