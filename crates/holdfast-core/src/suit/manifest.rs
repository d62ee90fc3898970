//! The manifest and its common section (draft-ietf-suit-manifest-37 §8.4), read completely or not at all.

use alloc::string::String;
use alloc::vec::Vec;

use super::command::{Scope, Sequence};
use super::text::TextMap;
use super::{
    COMPONENT_SEGMENTS_MAX, COMPONENTS_MAX, ENVELOPE_BYTES_MAX, PRIVATE_KEY_MAX, SuitError, URI_BYTES_MAX, digest,
};
use crate::cbor::{Kind, Reader, Rules, Writer, item};
use crate::hash::Sha256Digest;

const MANIFEST_KEYS_MAX: usize = 24;
const RULES: Rules = Rules::deterministic(ENVELOPE_BYTES_MAX);

/// A unit of code or data: a path of byte strings (draft §8.4.5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentId(pub Vec<Vec<u8>>);

/// What all sections share (draft §8.4.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommonSection {
    /// The components, in the order that indices count.
    pub components: Vec<ComponentId>,
    /// Commands before every section's own.
    pub shared: Option<Sequence>,
}

/// A section that is in the manifest, or of which only the digest is (draft §8.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Severable<T> {
    /// In the manifest.
    Here(T),
    /// Moved to the envelope; its digest stays.
    Severed(Sha256Digest),
}

/// A manifest of version 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Rises with every manifest of a component.
    pub sequence_number: u64,
    /// What all sections share.
    pub common: CommonSection,
    /// Where the full manifest can be found.
    pub reference_uri: Option<String>,
    /// Checks the installed image.
    pub validate: Option<Sequence>,
    /// Prepares the image for running.
    pub load: Option<Sequence>,
    /// Starts the image.
    pub invoke: Option<Sequence>,
    /// Obtains payloads.
    pub payload_fetch: Option<Severable<Sequence>>,
    /// Installs payloads.
    pub install: Option<Severable<Sequence>>,
    /// Texts for people.
    pub text: Option<Severable<TextMap>>,
    /// Private keys, at most [`PRIVATE_KEY_MAX`], with their encoded values; a profile must know every one.
    pub private: Vec<(i64, Vec<u8>)>,
}

impl CommonSection {
    fn read(bytes: &[u8], commands_left: &mut usize) -> Result<Self, SuitError> {
        let mut reader = Reader::open(bytes, RULES)?;
        let mut common = Self { components: Vec::new(), shared: None };
        for _ in 0..reader.map(MANIFEST_KEYS_MAX)? {
            match reader.i64()? {
                2 => {
                    let count = reader.array(COMPONENTS_MAX)?;
                    let list: Result<Vec<_>, _> = (0..count).map(|_| read_component(&mut reader)).collect();
                    common.components = list?;
                }
                4 => {
                    let components = common.components.len();
                    let scope = Scope { components, commands_left, shared: true, depth: 1 };
                    common.shared = Some(Sequence::read(reader.bytes()?, scope)?);
                }
                other => return Err(SuitError::UnknownKey(other)),
            }
        }
        reader.end()?;
        if common.components.is_empty() { Err(SuitError::Missing(2)) } else { Ok(common) }
    }

    fn encode(&self) -> Vec<u8> {
        item(|w| {
            w.map(1 + usize::from(self.shared.is_some())).u64(2).array(self.components.len());
            self.components.iter().for_each(|component| write_component(w, component));
            if let Some(shared) = &self.shared {
                w.u64(4).bytes(&shared.encode());
            }
        })
    }
}

pub(super) fn read_component(reader: &mut Reader<'_>) -> Result<ComponentId, SuitError> {
    let count = reader.array(COMPONENT_SEGMENTS_MAX)?;
    let segments: Result<Vec<_>, _> = (0..count).map(|_| reader.bytes().map(Vec::from)).collect();
    Ok(ComponentId(segments?))
}

pub(super) fn write_component(writer: &mut Writer, component: &ComponentId) {
    writer.array(component.0.len());
    component.0.iter().for_each(|segment| {
        writer.bytes(segment);
    });
}

/// Reads a section, or the digest that stands for it.
fn severable<T>(
    reader: &mut Reader<'_>,
    read: impl FnOnce(&[u8]) -> Result<T, SuitError>,
) -> Result<Option<Severable<T>>, SuitError> {
    Ok(Some(if reader.peek() == Kind::Array {
        Severable::Severed(digest::read(reader)?)
    } else {
        Severable::Here(read(reader.bytes()?)?)
    }))
}

fn expect_key(reader: &mut Reader<'_>, key: i64) -> Result<(), SuitError> {
    if reader.i64() == Ok(key) { Ok(()) } else { Err(SuitError::Missing(key)) }
}

impl Manifest {
    pub(super) fn read(bytes: &[u8], commands_left: &mut usize) -> Result<Self, SuitError> {
        let mut reader = Reader::open(bytes, RULES)?;
        let pairs = reader.map(MANIFEST_KEYS_MAX)?;
        // Keys ascend, so version, sequence number and common section come first and can be asked for in turn.
        expect_key(&mut reader, 1)?;
        let version = reader.u64()?;
        if version != 1 {
            return Err(SuitError::UnsupportedVersion(version));
        }
        expect_key(&mut reader, 2)?;
        let sequence_number = reader.u64()?;
        expect_key(&mut reader, 3)?;
        let common = CommonSection::read(reader.bytes()?, commands_left)?;
        let mut manifest = Self {
            sequence_number,
            common,
            reference_uri: None,
            validate: None,
            load: None,
            invoke: None,
            payload_fetch: None,
            install: None,
            text: None,
            private: Vec::new(),
        };
        for _ in 3..pairs {
            manifest.read_section(&mut reader, commands_left)?;
        }
        reader.end()?;
        Ok(manifest)
    }

    fn read_section(&mut self, reader: &mut Reader<'_>, commands_left: &mut usize) -> Result<(), SuitError> {
        let components = self.common.components.len();
        let mut sequence =
            |bytes: &[u8]| Sequence::read(bytes, Scope { components, commands_left, shared: false, depth: 1 });
        match reader.i64()? {
            4 => self.reference_uri = Some(reader.text(URI_BYTES_MAX)?.into()),
            7 => self.validate = Some(sequence(reader.bytes()?)?),
            8 => self.load = Some(sequence(reader.bytes()?)?),
            9 => self.invoke = Some(sequence(reader.bytes()?)?),
            16 => self.payload_fetch = severable(reader, sequence)?,
            20 => self.install = severable(reader, sequence)?,
            23 => self.text = severable(reader, |bytes| TextMap::read(bytes, &self.common.components))?,
            private if private <= PRIVATE_KEY_MAX => self.private.push((private, reader.raw()?.into())),
            other => return Err(SuitError::UnknownKey(other)),
        }
        Ok(())
    }

    /// Encodes the manifest, without the byte string around it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let key = |key: i64| {
            item(|w| {
                w.i64(key);
            })
        };
        let number = |value: u64| {
            item(|w| {
                w.u64(value);
            })
        };
        let wrapped = |content: Vec<u8>| {
            item(|w| {
                w.bytes(&content);
            })
        };
        let sequence = |part: &Option<Sequence>| part.as_ref().map(|s| wrapped(s.encode()));
        let severable = |part: &Option<Severable<Sequence>>| match part {
            None => None,
            Some(Severable::Here(sequence)) => Some(wrapped(sequence.encode())),
            Some(Severable::Severed(digest)) => Some(digest::encode(digest)),
        };
        let text = match &self.text {
            None => None,
            Some(Severable::Here(text)) => Some(wrapped(text.encode())),
            Some(Severable::Severed(digest)) => Some(digest::encode(digest)),
        };
        let uri = self.reference_uri.as_ref().map(|uri| {
            item(|w| {
                w.text(uri);
            })
        });
        let parts = [
            (1, Some(number(1))),
            (2, Some(number(self.sequence_number))),
            (3, Some(wrapped(self.common.encode()))),
            (4, uri),
            (7, sequence(&self.validate)),
            (8, sequence(&self.load)),
            (9, sequence(&self.invoke)),
            (16, severable(&self.payload_fetch)),
            (20, severable(&self.install)),
            (23, text),
        ];
        let sections = parts.into_iter().filter_map(|(n, value)| value.map(|value| (key(n), value)));
        let private = self.private.iter().map(|(n, value)| (key(*n), value.clone()));
        let pairs = sections.chain(private).collect();
        item(|w| {
            w.sorted(pairs);
        })
    }
}
