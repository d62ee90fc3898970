//! Parameters of a manifest (draft-ietf-suit-manifest-37 §8.4.8), each with the type that its number demands.

use alloc::string::String;
use alloc::vec::Vec;

use super::identifier::{ClassId, VendorId};
use super::{SuitError, URI_BYTES_MAX, digest};
use crate::cbor::{Kind, Reader, Writer};
use crate::hash::Sha256Digest;

const PARAMETERS_MAX: usize = 16;
const TAG_PEN: u64 = 112;

/// How a vendor is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vendor {
    /// By a version 5 UUID of its domain.
    Uuid(VendorId),
    /// By its private enterprise number, as a relative object identifier (RFC 9090).
    EnterpriseNumber(Vec<u8>),
}

/// One parameter with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parameter {
    /// 1: whose device.
    VendorIdentifier(Vendor),
    /// 2: which class of device.
    ClassIdentifier(ClassId),
    /// 3: digest of the component's content.
    ImageDigest(Sha256Digest),
    /// 5: slot of the component.
    ComponentSlot(u64),
    /// 12: commands may not be reordered.
    StrictOrder(bool),
    /// 13: a failed condition ends the sequence without failing it.
    SoftFailure(bool),
    /// 14: size of the component's content in bytes.
    ImageSize(u64),
    /// 18: content to write.
    Content(Vec<u8>),
    /// 21: where to fetch from.
    Uri(String),
    /// 22: index of the component to copy or swap from.
    SourceComponent(u64),
    /// 23: arguments of the invoked image.
    InvokeArguments(Vec<u8>),
    /// 24: which single device.
    DeviceIdentifier([u8; 16]),
    /// 25: arguments of the fetch.
    FetchArguments(Vec<u8>),
}

impl Parameter {
    /// The parameter's registered number.
    #[must_use]
    pub const fn number(&self) -> i64 {
        match self {
            Self::VendorIdentifier(_) => 1,
            Self::ClassIdentifier(_) => 2,
            Self::ImageDigest(_) => 3,
            Self::ComponentSlot(_) => 5,
            Self::StrictOrder(_) => 12,
            Self::SoftFailure(_) => 13,
            Self::ImageSize(_) => 14,
            Self::Content(_) => 18,
            Self::Uri(_) => 21,
            Self::SourceComponent(_) => 22,
            Self::InvokeArguments(_) => 23,
            Self::DeviceIdentifier(_) => 24,
            Self::FetchArguments(_) => 25,
        }
    }

    fn read(reader: &mut Reader<'_>, components: usize) -> Result<Self, SuitError> {
        Ok(match reader.i64()? {
            1 => Self::VendorIdentifier(read_vendor(reader)?),
            2 => Self::ClassIdentifier(ClassId::from_bytes(reader.byte_array()?)),
            3 => Self::ImageDigest(digest::read_wrapped(reader.bytes()?)?),
            5 => Self::ComponentSlot(reader.u64()?),
            12 => Self::StrictOrder(reader.bool()?),
            13 => Self::SoftFailure(reader.bool()?),
            14 => Self::ImageSize(reader.u64()?),
            18 => Self::Content(reader.bytes()?.into()),
            21 => Self::Uri(reader.text(URI_BYTES_MAX)?.into()),
            22 => {
                let index = reader.u64()?;
                if index >= components as u64 {
                    return Err(SuitError::ComponentIndex(index));
                }
                Self::SourceComponent(index)
            }
            23 => Self::InvokeArguments(reader.bytes()?.into()),
            24 => Self::DeviceIdentifier(reader.byte_array()?),
            25 => Self::FetchArguments(reader.bytes()?.into()),
            other => return Err(SuitError::UnknownParameter(other)),
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.i64(self.number());
        match self {
            Self::VendorIdentifier(Vendor::Uuid(id)) => writer.bytes(id.as_bytes()),
            Self::VendorIdentifier(Vendor::EnterpriseNumber(oid)) => writer.tag(TAG_PEN).bytes(oid),
            Self::ClassIdentifier(id) => writer.bytes(id.as_bytes()),
            Self::ImageDigest(value) => writer.bytes(&digest::encode(value)),
            Self::ComponentSlot(value) | Self::ImageSize(value) | Self::SourceComponent(value) => writer.u64(*value),
            Self::StrictOrder(value) | Self::SoftFailure(value) => writer.bool(*value),
            Self::Content(value) | Self::InvokeArguments(value) | Self::FetchArguments(value) => writer.bytes(value),
            Self::Uri(value) => writer.text(value),
            Self::DeviceIdentifier(value) => writer.bytes(value),
        };
    }
}

fn read_vendor(reader: &mut Reader<'_>) -> Result<Vendor, SuitError> {
    if reader.peek() == Kind::Tag {
        match reader.tag()? {
            TAG_PEN => Ok(Vendor::EnterpriseNumber(reader.bytes()?.into())),
            other => Err(SuitError::WrongTag(other)),
        }
    } else {
        Ok(Vendor::Uuid(VendorId::from_bytes(reader.byte_array()?)))
    }
}

/// Reads the map of an override directive; it has at least one parameter.
pub(super) fn read_all(reader: &mut Reader<'_>, components: usize) -> Result<Vec<Parameter>, SuitError> {
    let count = reader.map(PARAMETERS_MAX)?;
    if count == 0 {
        return Err(SuitError::Missing(20));
    }
    (0..count).map(|_| Parameter::read(reader, components)).collect()
}

/// Writes the map; the caller keeps the parameters in ascending order of their numbers.
pub(super) fn write_all(writer: &mut Writer, parameters: &[Parameter]) {
    writer.map(parameters.len());
    for parameter in parameters {
        parameter.write(writer);
    }
}
