//! Text under Ed25519 signatures (C2SP signed-note, <https://c2sp.org/signed-note>) and the text form of verifier keys.
//! What the text means is its reader's business; only signature type 0x01 is known here, others are passed over.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// Most bytes of a note; room for sixteen post-quantum signatures (signed-note, "Format").
pub const NOTE_BYTES_MAX: usize = 128 * 1024;
/// Most signature lines of a note that are looked at; a verifier accepts at least sixteen (signed-note, "Format").
pub const SIGNATURES_MAX: usize = 32;
/// Most bytes of a key name.
pub const NAME_BYTES_MAX: usize = 256;

const ED25519: u8 = 0x01;
const SIGNATURE_LINE: &str = "\u{2014} ";

/// Why a note or a verifier key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteError {
    /// Larger than [`NOTE_BYTES_MAX`], or more than [`SIGNATURES_MAX`] signatures.
    TooLarge,
    /// The text or a signature line does not have its form.
    Malformed,
    /// A key name is empty, too long, or has a space, a plus sign or a control character.
    Name,
    /// A verifier key does not have its form, its id does not fit, or its point is weak.
    Key,
    /// The key is of a type other than Ed25519.
    KeyType,
    /// The known key signed nothing here.
    NotSigned,
    /// The known key's signature is wrong.
    Signature,
}

impl NoteError {
    /// The stable word for this error.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "note-too-large",
            Self::Malformed => "note-malformed",
            Self::Name => "note-key-name",
            Self::Key => "note-key-malformed",
            Self::KeyType => "note-key-type",
            Self::NotSigned => "note-not-signed",
            Self::Signature => "note-signature-wrong",
        }
    }
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the note is too large or has too many signatures",
            Self::Malformed => "the note does not have the form of a signed note",
            Self::Name => "the key name is empty, too long or has a forbidden character",
            Self::Key => "the verifier key does not have its form",
            Self::KeyType => "the verifier key is not an Ed25519 key",
            Self::NotSigned => "the note has no signature by the known key",
            Self::Signature => "the note's signature by the known key is wrong",
        })
    }
}

impl core::error::Error for NoteError {}

/// The name of a key, such as `holdfast.example/ledger`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(String);

impl KeyName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if text.is_empty() || text.len() > NAME_BYTES_MAX || text.contains(forbidden) {
            return Err(NoteError::Name);
        }
        Ok(Self(text.to_string()))
    }
}

/// A named Ed25519 key that signs notes.
pub struct NoteSigner {
    name: KeyName,
    key: SigningKey,
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoteSigner").field("name", &self.name).finish_non_exhaustive()
    }
}

impl NoteSigner {
    /// A signer from 32 secret bytes (RFC 8032 §5.1.5).
    #[must_use]
    pub fn new(name: KeyName, secret: &[u8; 32]) -> Self {
        Self { name, key: SigningKey::from_bytes(secret) }
    }

    /// What checks this signer's notes.
    #[must_use]
    pub fn verifier(&self) -> NoteVerifier {
        NoteVerifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// The whole note for `text`.
    ///
    /// # Errors
    ///
    /// [`NoteError::Malformed`] if `text` does not end in a newline or has another control character.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        check_text(text)?;
        let mut bytes = Vec::from(key_id(&self.name, &self.key.verifying_key()));
        bytes.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        let note = format!("{text}\n{SIGNATURE_LINE}{} {}\n", self.name.0, STANDARD.encode(bytes));
        if note.len() > NOTE_BYTES_MAX { Err(NoteError::TooLarge) } else { Ok(note) }
    }
}

/// A named Ed25519 key that checks notes; shown and read in the `vkey` form `name+id+key` (signed-note, "Verifier keys").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteVerifier {
    name: KeyName,
    key: VerifyingKey,
}

impl NoteVerifier {
    /// The key's name.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key's 32 public bytes (RFC 8032 §5.1.2).
    #[must_use]
    pub fn public_key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The text of `note`, if this key signed it. Signatures of other keys are passed over.
    ///
    /// # Errors
    ///
    /// [`NoteError`] if it is no note, or this key did not sign it, or any signature in this key's name and id is wrong.
    pub fn open<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLarge);
        }
        let blank = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, rest) = note.split_at_checked(blank + 1).ok_or(NoteError::Malformed)?;
        check_text(text)?;
        let lines = rest.strip_prefix('\n').and_then(|r| r.strip_suffix('\n')).ok_or(NoteError::Malformed)?;
        let (mut signed, id) = (false, key_id(&self.name, &self.key));
        for (count, line) in lines.split('\n').enumerate() {
            if count >= SIGNATURES_MAX {
                return Err(NoteError::TooLarge);
            }
            let (name, bytes) = signature_line(line)?;
            let (theirs, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::Malformed)?;
            if name != self.name || *theirs != id {
                continue;
            }
            let signature = Signature::from_slice(signature).map_err(|_| NoteError::Signature)?;
            self.key.verify_strict(text.as_bytes(), &signature).map_err(|_| NoteError::Signature)?;
            signed = true;
        }
        if signed { Ok(text) } else { Err(NoteError::NotSigned) }
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+", self.name.0)?;
        for b in key_id(&self.name, &self.key) {
            write!(f, "{b:02x}")?;
        }
        let mut typed = Vec::from([ED25519]);
        typed.extend_from_slice(self.key.as_bytes());
        write!(f, "+{}", STANDARD.encode(typed))
    }
}

impl FromStr for NoteVerifier {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let name: KeyName = name.parse()?;
        let typed = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let (kind, public) = typed.split_first().ok_or(NoteError::Key)?;
        if *kind != ED25519 {
            return Err(NoteError::KeyType);
        }
        let public: &[u8; 32] = public.try_into().map_err(|_| NoteError::Key)?;
        let key = VerifyingKey::from_bytes(public).map_err(|_| NoteError::Key)?;
        let [a, b, c, d] = key_id(&name, &key);
        if key.is_weak() || id != format!("{a:02x}{b:02x}{c:02x}{d:02x}") {
            return Err(NoteError::Key);
        }
        Ok(Self { name, key })
    }
}

/// First four bytes of SHA-256 over name, newline, type and public key (signed-note, "Ed25519 signatures").
fn key_id(name: &KeyName, key: &VerifyingKey) -> [u8; 4] {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(name.0.as_bytes())
        .chain_update([b'\n', ED25519])
        .chain_update(key.as_bytes())
        .finalize()
        .into();
    let [a, b, c, d, ..] = digest;
    [a, b, c, d]
}

fn check_text(text: &str) -> Result<(), NoteError> {
    let forbidden = |c: char| c < ' ' && c != '\n';
    if text.ends_with('\n') && !text.contains(forbidden) { Ok(()) } else { Err(NoteError::Malformed) }
}

fn signature_line(line: &str) -> Result<(KeyName, Vec<u8>), NoteError> {
    let (name, signature) =
        line.strip_prefix(SIGNATURE_LINE).and_then(|l| l.split_once(' ')).ok_or(NoteError::Malformed)?;
    Ok((name.parse()?, STANDARD.decode(signature).map_err(|_| NoteError::Malformed)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the signed-note specification.
    const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    fn check(note: &str, expected: Result<&str, NoteError>) {
        let key: NoteVerifier = VKEY.parse().unwrap();
        assert_eq!(key.open(note), expected, "{note:.80}");
    }

    #[test]
    fn the_example_of_the_specification_opens_and_its_key_prints_as_it_was() {
        check(NOTE, Ok("This is an example message.\n"));
        assert_eq!(VKEY.parse::<NoteVerifier>().unwrap().to_string(), VKEY);
    }

    #[test]
    fn other_signatures_are_passed_over_but_a_wrong_one_of_the_known_key_is_not() {
        let foreign = "\u{2014} other.example/key AAAAAAAA\n";
        check(&format!("{NOTE}{foreign}"), Ok("This is an example message.\n"));
        check(&NOTE.replace("Uw2QOkn8", "Uw2QOkn9"), Err(NoteError::Signature));
        check(&NOTE.replace("an example", "no example"), Err(NoteError::Signature));
        check(&NOTE.replace("Uw2QOkn8", "Vw2QOkn8"), Err(NoteError::NotSigned));
        check(&NOTE.replace("example.com/foo ", "example.com/bar "), Err(NoteError::NotSigned));
        check(&format!("{NOTE}{}", foreign.repeat(SIGNATURES_MAX)), Err(NoteError::TooLarge));
    }

    #[test]
    fn what_has_not_the_form_of_a_note_is_refused() {
        let long = "a".repeat(NOTE_BYTES_MAX + 1);
        for (note, error) in [
            ("", NoteError::Malformed),
            ("text\n", NoteError::Malformed),
            ("text\n\n", NoteError::Malformed),
            ("te\txt\n\n\u{2014} a AAAAAAAA\n", NoteError::Malformed),
            ("text\n\n\u{2014} a AAAAAAAA", NoteError::Malformed),
            ("text\n\n- a AAAAAAAA\n", NoteError::Malformed),
            ("text\n\n\u{2014} a+b AAAAAAAA\n", NoteError::Name),
            ("text\n\n\u{2014} a AA\n", NoteError::Malformed),
            ("text\n\n\u{2014} a AAA=\n", NoteError::Malformed),
            (long.as_str(), NoteError::TooLarge),
        ] {
            check(note, Err(error));
        }
    }

    #[test]
    fn a_verifier_key_with_another_id_type_or_length_is_refused() {
        for (key, error) in [
            (VKEY.replace("530d903a", "530d903b"), NoteError::Key),
            (VKEY.replace("530d903a", "530D903A"), NoteError::Key),
            (VKEY.replace("AekyeR", "AukyeR"), NoteError::KeyType),
            (VKEY.replace("3U2k", ""), NoteError::Key),
            (VKEY.replace("example.com/foo", ""), NoteError::Name),
            ("a+b".to_string(), NoteError::Key),
        ] {
            assert_eq!(key.parse::<NoteVerifier>(), Err(error), "{key}");
        }
    }

    #[test]
    fn what_is_signed_opens_and_text_that_cannot_stand_in_a_note_is_not_signed() {
        let signer = NoteSigner::new("hold.example/ledger".parse().unwrap(), &[7; 32]);
        let note = signer.sign("line\n\nline\n").unwrap();
        assert_eq!(signer.verifier().open(&note), Ok("line\n\nline\n"));
        assert_eq!(signer.sign("no newline"), Err(NoteError::Malformed));
        assert_eq!(signer.sign("tab\t\n"), Err(NoteError::Malformed));
        assert!(!format!("{signer:?}").contains("key"), "the secret is not shown");
    }
}
