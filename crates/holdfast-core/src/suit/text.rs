//! Texts for people, by language and component (draft-ietf-suit-manifest-37 §8.4.4).

use alloc::string::String;
use alloc::vec::Vec;

use super::manifest::{ComponentId, read_component, write_component};
use super::{COMPONENTS_MAX, ENVELOPE_BYTES_MAX, SuitError, TEXT_BYTES_MAX};
use crate::cbor::{Kind, Reader, Rules, Writer, item};

const LANGUAGES_MAX: usize = 32;
const TEXTS_MAX: usize = 16;

/// Texts of one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSection {
    /// Language tag (RFC 9290 appendix A), such as `en-GB`.
    pub language: String,
    /// Texts about the manifest: 1 description, 2 what the update does, 3 and 4 its JSON and YAML source.
    pub manifest: Vec<(i64, String)>,
    /// Texts about components: 1 vendor, 2 model, 3 domain, 4 model information, 5 description, 6 version.
    pub components: Vec<(ComponentId, Vec<(i64, String)>)>,
}

/// All texts of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMap(pub Vec<TextSection>);

impl TextMap {
    pub(super) fn read(bytes: &[u8], known: &[ComponentId]) -> Result<Self, SuitError> {
        let mut reader = Reader::open(bytes, Rules::deterministic(ENVELOPE_BYTES_MAX))?;
        let count = reader.map(LANGUAGES_MAX)?;
        if count == 0 {
            return Err(SuitError::Missing(23));
        }
        let sections: Result<Vec<_>, _> = (0..count).map(|_| TextSection::read(&mut reader, known)).collect();
        let sections = sections?;
        reader.end()?;
        Ok(Self(sections))
    }

    /// Encodes the map.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        item(|w| {
            w.map(self.0.len());
            self.0.iter().for_each(|section| section.write(w));
        })
    }
}

impl TextSection {
    fn read(reader: &mut Reader<'_>, known: &[ComponentId]) -> Result<Self, SuitError> {
        let language = reader.text(64)?;
        let mut section = Self { language: language.into(), manifest: Vec::new(), components: Vec::new() };
        for _ in 0..reader.map(TEXTS_MAX + COMPONENTS_MAX)? {
            if reader.peek() == Kind::Array {
                let component = read_component(reader)?;
                if !known.contains(&component) {
                    return Err(SuitError::ForeignComponent);
                }
                let count = reader.map(TEXTS_MAX)?;
                let texts: Result<Vec<_>, _> = (0..count).map(|_| read_text(reader, 6)).collect();
                section.components.push((component, texts?));
            } else {
                section.manifest.push(read_text(reader, 4)?);
            }
        }
        Ok(section)
    }

    fn write(&self, writer: &mut Writer) {
        writer.text(&self.language).map(self.manifest.len() + self.components.len());
        for (key, text) in &self.manifest {
            writer.i64(*key).text(text);
        }
        for (component, texts) in &self.components {
            write_component(writer, component);
            writer.map(texts.len());
            for (key, text) in texts {
                writer.i64(*key).text(text);
            }
        }
    }
}

fn read_text(reader: &mut Reader<'_>, key_max: i64) -> Result<(i64, String), SuitError> {
    let key = reader.i64()?;
    if !(1..=key_max).contains(&key) {
        return Err(SuitError::UnknownKey(key));
    }
    Ok((key, reader.text(TEXT_BYTES_MAX)?.into()))
}
