//! The envelope around a manifest (draft-ietf-suit-manifest-37 §8.2, §8.3): first only its frame, then its content.

use alloc::string::String;
use alloc::vec::Vec;

use super::command::{Scope, Sequence};
use super::manifest::{Manifest, Severable};
use super::text::TextMap;
use super::{BLOCKS_MAX, COMMANDS_MAX, ENVELOPE_BYTES_MAX, MEMBERS_MAX, SuitError, URI_BYTES_MAX, digest};
use crate::cbor::{Kind, Reader, Rules, Writer, item};
use crate::hash::Sha256Digest;

const TAG: u64 = 107;
const AUTHENTICATION: i64 = 2;
const MANIFEST: i64 = 3;
const PAYLOAD_FETCH: i64 = 16;
const INSTALL: i64 = 20;
const TEXT: i64 = 23;

#[derive(Debug, Clone, Copy)]
enum MemberKey<'b> {
    Section(i64),
    Payload(&'b str),
}

/// An envelope of which only the frame was read: who signed which digest, and unread bytes.
#[derive(Debug, Clone)]
pub struct Sealed<'b> {
    digest: Sha256Digest,
    digest_bytes: &'b [u8],
    blocks: Vec<&'b [u8]>,
    manifest: &'b [u8],
    members: Vec<(MemberKey<'b>, &'b [u8])>,
}

impl<'b> Sealed<'b> {
    /// Reads the frame of a tagged envelope.
    ///
    /// # Errors
    /// Not an envelope within the limits, or one whose authentication wrapper and manifest do not come first.
    pub fn parse(bytes: &'b [u8]) -> Result<Self, SuitError> {
        let mut reader = Reader::open(bytes, Rules::any_key_order(ENVELOPE_BYTES_MAX))?;
        match reader.tag()? {
            TAG => {}
            other => return Err(SuitError::WrongTag(other)),
        }
        let count = reader.map(2 + MEMBERS_MAX)?;
        if count < 2 || reader.peek() != Kind::Unsigned || reader.i64()? != AUTHENTICATION {
            return Err(SuitError::OutOfOrder);
        }
        let mut wrapper = Reader::open(reader.bytes()?, Rules::deterministic(ENVELOPE_BYTES_MAX))?;
        if reader.peek() != Kind::Unsigned || reader.i64()? != MANIFEST {
            return Err(SuitError::OutOfOrder);
        }
        let manifest = reader.bytes()?;
        let mut members = Vec::new();
        for _ in 2..count {
            let key = if reader.peek() == Kind::Text {
                MemberKey::Payload(reader.text(URI_BYTES_MAX)?)
            } else {
                match reader.i64()? {
                    known @ (PAYLOAD_FETCH | INSTALL | TEXT) => MemberKey::Section(known),
                    other => return Err(SuitError::UnknownKey(other)),
                }
            };
            members.push((key, reader.bytes()?));
        }
        reader.end()?;
        let blocks = wrapper.array(1 + BLOCKS_MAX)?.checked_sub(1).ok_or(SuitError::Missing(AUTHENTICATION))?;
        let digest_bytes = wrapper.bytes()?;
        let blocks: Result<Vec<_>, _> = (0..blocks).map(|_| wrapper.bytes()).collect();
        let (digest, blocks) = (digest::read_wrapped(digest_bytes)?, blocks?);
        wrapper.end()?;
        Ok(Self { digest, digest_bytes, blocks, manifest, members })
    }

    /// The digest that the wrapper states; it names the manifest everywhere.
    #[must_use]
    pub const fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// The encoded `SUIT_Digest`: the detached payload of every authentication block (draft §8.3).
    #[must_use]
    pub const fn signed_bytes(&self) -> &'b [u8] {
        self.digest_bytes
    }

    /// The authentication blocks: encoded, tagged COSE messages.
    #[must_use]
    pub fn blocks(&self) -> &[&'b [u8]] {
        &self.blocks
    }

    /// Compares the manifest with the stated digest.
    ///
    /// # Errors
    /// `WrongDigest`.
    pub fn check_digest(&self) -> Result<(), SuitError> {
        if digest::of_wrapped(self.manifest) == self.digest { Ok(()) } else { Err(SuitError::WrongDigest) }
    }

    /// The same envelope with one more authentication block.
    #[must_use]
    pub fn with_block(&self, block: &[u8]) -> Vec<u8> {
        let mut blocks = self.blocks.clone();
        blocks.push(block);
        item(|w| {
            write_frame(w, self.digest_bytes, &blocks, self.manifest, self.members.len());
            for (key, value) in &self.members {
                match key {
                    MemberKey::Section(number) => w.i64(*number),
                    MemberKey::Payload(name) => w.text(name),
                };
                w.bytes(value);
            }
        })
    }

    /// Reads everything. Call it only after the signatures were checked (draft §6.2).
    ///
    /// # Errors
    /// A wrong digest; a manifest or member that is malformed, unknown in any part, or beyond the limits.
    pub fn open(&self) -> Result<Envelope, SuitError> {
        self.check_digest()?;
        let mut commands_left = COMMANDS_MAX;
        let manifest = Manifest::read(self.manifest, &mut commands_left)?;
        let mut members = Vec::with_capacity(self.members.len());
        for (key, bytes) in &self.members {
            members.push(match key {
                MemberKey::Payload(name) => Member::Payload((*name).into(), (*bytes).into()),
                MemberKey::Section(number) => {
                    check_member(&manifest, *number, bytes)?;
                    let components = manifest.common.components.len();
                    let commands_left = &mut commands_left;
                    let scope = Scope { components, commands_left, shared: false, depth: 1 };
                    match *number {
                        PAYLOAD_FETCH => Member::PayloadFetch(Sequence::read(bytes, scope)?),
                        INSTALL => Member::Install(Sequence::read(bytes, scope)?),
                        _ => Member::Text(TextMap::read(bytes, &manifest.common.components)?),
                    }
                }
            });
        }
        let blocks = self.blocks.iter().map(|block| (*block).into()).collect();
        Ok(Envelope { digest: self.digest, blocks, manifest, members })
    }
}

fn check_member(manifest: &Manifest, number: i64, bytes: &[u8]) -> Result<(), SuitError> {
    let severed = |part: &Option<Severable<Sequence>>| match part {
        Some(Severable::Severed(digest)) => Some(*digest),
        _ => None,
    };
    let stated = match (number, &manifest.text) {
        (PAYLOAD_FETCH, _) => severed(&manifest.payload_fetch),
        (INSTALL, _) => severed(&manifest.install),
        (TEXT, Some(Severable::Severed(digest))) => Some(*digest),
        _ => None,
    };
    match stated {
        None => Err(SuitError::UnexpectedMember(number)),
        Some(digest) if digest == digest::of_wrapped(bytes) => Ok(()),
        Some(_) => Err(SuitError::WrongMemberDigest(number)),
    }
}

fn write_frame(w: &mut Writer, digest: &[u8], blocks: &[&[u8]], manifest: &[u8], members: usize) {
    let wrapper = item(|w| {
        w.array(1 + blocks.len()).bytes(digest);
        for block in blocks {
            w.bytes(block);
        }
    });
    w.tag(TAG).map(2 + members).i64(AUTHENTICATION).bytes(&wrapper).i64(MANIFEST).bytes(manifest);
}

/// A member of the envelope beside the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// The severed payload-fetch section.
    PayloadFetch(Sequence),
    /// The severed install section.
    Install(Sequence),
    /// The severed texts.
    Text(TextMap),
    /// An integrated payload with its name (draft §8.2).
    Payload(String, Vec<u8>),
}

/// A completely read envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Digest of the manifest.
    pub digest: Sha256Digest,
    /// Encoded authentication blocks.
    pub blocks: Vec<Vec<u8>>,
    /// The manifest.
    pub manifest: Manifest,
    /// Severed sections and integrated payloads, in their order.
    pub members: Vec<Member>,
}

impl Envelope {
    /// An envelope around `manifest` that nobody has signed yet.
    #[must_use]
    pub fn unsigned(manifest: Manifest, members: Vec<Member>) -> Self {
        let digest = digest::of_wrapped(&manifest.encode());
        Self { digest, blocks: Vec::new(), manifest, members }
    }

    /// Encodes the envelope; for one that was read, these are the bytes that were read.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let blocks: Vec<&[u8]> = self.blocks.iter().map(Vec::as_slice).collect();
        item(|w| {
            write_frame(w, &digest::encode(&self.digest), &blocks, &self.manifest.encode(), self.members.len());
            for member in &self.members {
                match member {
                    Member::PayloadFetch(sequence) => w.i64(PAYLOAD_FETCH).bytes(&sequence.encode()),
                    Member::Install(sequence) => w.i64(INSTALL).bytes(&sequence.encode()),
                    Member::Text(text) => w.i64(TEXT).bytes(&text.encode()),
                    Member::Payload(name, bytes) => w.text(name).bytes(bytes),
                };
            }
        })
    }
}
