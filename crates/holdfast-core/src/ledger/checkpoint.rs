//! A tree head as the text of a note (C2SP tlog-checkpoint, <https://c2sp.org/tlog-checkpoint>).

use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::note::{NoteError, NoteSigner, NoteVerifier};

/// Most bytes of an origin.
pub const ORIGIN_BYTES_MAX: usize = 256;

/// Why a text is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The note around it is refused.
    Note(NoteError),
    /// The origin is missing, too long or not the expected one.
    Origin,
    /// The size is not a decimal number without leading zeroes.
    Size,
    /// The root is not the base64 of 32 bytes.
    Root,
    /// A line is missing, empty or one too many; extension lines are not accepted, for nobody can audit them.
    Lines,
}

impl CheckpointError {
    /// The stable word for this error.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note(note) => note.name(),
            Self::Origin => "checkpoint-origin",
            Self::Size => "checkpoint-size",
            Self::Root => "checkpoint-root",
            Self::Lines => "checkpoint-lines",
        }
    }
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note(_) => "the checkpoint's note is refused",
            Self::Origin => "the checkpoint's origin is missing or another one",
            Self::Size => "the checkpoint's size is not a plain decimal number",
            Self::Root => "the checkpoint's root is not the base64 of 32 bytes",
            Self::Lines => "a checkpoint has exactly three lines",
        })
    }
}

impl core::error::Error for CheckpointError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Note(note) => Some(note),
            Self::Origin | Self::Size | Self::Root | Self::Lines => None,
        }
    }
}

/// The name of a log, first line of its checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = CheckpointError;
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        if text.is_empty() || text.len() > ORIGIN_BYTES_MAX || text.contains(char::is_control) {
            return Err(CheckpointError::Origin);
        }
        Ok(Self(text.to_string()))
    }
}

/// A head of a log's tree; prints and reads as the text of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: [u8; 32],
}

impl Checkpoint {
    /// The signed note of this head. Sign only heads that extend every head signed before.
    ///
    /// # Errors
    ///
    /// What [`NoteSigner::sign`] fails with.
    pub fn sign(&self, signer: &NoteSigner) -> Result<String, NoteError> {
        signer.sign(&self.to_string())
    }

    /// The head in `note`, if `verifier` signed it and it is a head of the log `origin`.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] otherwise.
    pub fn open(note: &str, verifier: &NoteVerifier, origin: &Origin) -> Result<Self, CheckpointError> {
        let head: Self = verifier.open(note).map_err(CheckpointError::Note)?.parse()?;
        if head.origin == *origin { Ok(head) } else { Err(CheckpointError::Origin) }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin.0, self.size, STANDARD.encode(self.root))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Lines);
        };
        let digits = !size.is_empty() && size.bytes().all(|b| b.is_ascii_digit());
        if !digits || (size.len() > 1 && size.starts_with('0')) {
            return Err(CheckpointError::Size);
        }
        let size = size.parse().map_err(|_| CheckpointError::Size)?;
        let root = STANDARD.decode(root).map_err(|_| CheckpointError::Root)?;
        let root = root.try_into().map_err(|_| CheckpointError::Root)?;
        Ok(Self { origin: origin.parse()?, size, root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    fn check(text: &str, expected: Result<u64, CheckpointError>) {
        assert_eq!(text.parse::<Checkpoint>().map(|head| head.size), expected, "{text:?}");
    }

    #[test]
    fn the_example_of_the_specification_reads_and_prints_as_it_was() {
        let text = format!("example.com/behind-the-sofa\n20852163\n{ROOT}\n");
        check(&text, Ok(20_852_163));
        assert_eq!(text.parse::<Checkpoint>().unwrap().to_string(), text);
        check(&format!("o\n0\n{ROOT}\n"), Ok(0));
        check(&format!("o\n{}\n{ROOT}\n", u64::MAX), Ok(u64::MAX));
    }

    #[test]
    fn every_other_form_is_refused_by_name() {
        for (text, error) in [
            (String::new(), CheckpointError::Lines),
            (format!("o\n1\n{ROOT}"), CheckpointError::Lines),
            (format!("o\n1\n{ROOT}\nextension\n"), CheckpointError::Lines),
            (format!("o\n1\n{ROOT}\n\n"), CheckpointError::Lines),
            (format!("\n1\n{ROOT}\n"), CheckpointError::Origin),
            (format!("o\n01\n{ROOT}\n"), CheckpointError::Size),
            (format!("o\n+1\n{ROOT}\n"), CheckpointError::Size),
            (format!("o\n\n{ROOT}\n"), CheckpointError::Size),
            (format!("o\n{}0\n{ROOT}\n", u64::MAX), CheckpointError::Size),
            (format!("o\n1\n{}\n", ROOT.trim_end_matches('=')), CheckpointError::Root),
            (String::from("o\n1\nAAAA\n"), CheckpointError::Root),
        ] {
            check(&text, Err(error));
        }
    }

    #[test]
    fn a_head_opens_only_under_its_own_key_and_origin() {
        let signer = NoteSigner::new("o.example/ledger".parse().unwrap(), &[9; 32]);
        let other = NoteSigner::new("o.example/ledger".parse().unwrap(), &[8; 32]);
        let origin: Origin = "o.example/ledger".parse().unwrap();
        let head = Checkpoint { origin: origin.clone(), size: 3, root: [1; 32] };
        let note = head.sign(&signer).unwrap();
        assert_eq!(Checkpoint::open(&note, &signer.verifier(), &origin), Ok(head));
        let elsewhere = Checkpoint::open(&note, &signer.verifier(), &"p".parse().unwrap());
        assert_eq!(elsewhere, Err(CheckpointError::Origin));
        let refused = Checkpoint::open(&note, &other.verifier(), &origin);
        assert_eq!(refused, Err(CheckpointError::Note(NoteError::NotSigned)));
    }
}
