//! Who set something of a device last, and when: what an undo asks before it takes anything back.
//!
//! A value alone does not tell: somebody else may have wished for the same meanwhile, and their wish is not undone.

use std::fmt;

use holdfast_core::id::{DeviceId, GroupId, PersonId};
use holdfast_core::time::Timestamp;

/// What of a device was set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// Whether it is in quarantine.
    Quarantine,
    /// One field of what is wanted of it.
    Desired(String),
    /// Whether it is in this group.
    Group(GroupId),
}

impl fmt::Display for Of {
    /// The stable text under which it is kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quarantine => f.write_str("quarantine"),
            Self::Desired(field) => write!(f, "desired/{field}"),
            Self::Group(group) => write!(f, "group/{group}"),
        }
    }
}

/// Who set it last. The moment is that of the ledger's entry, so the two name one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Of which device.
    pub device: DeviceId,
    /// What.
    pub of: Of,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}
