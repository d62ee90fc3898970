//! Command sequences as a closed tree (draft-ietf-suit-manifest-37 §8.4.6 to §8.4.11). Custom commands are refused.

use alloc::vec::Vec;

use super::parameter::{self, Parameter};
use super::{COMMANDS_MAX, COMPONENTS_MAX, ENVELOPE_BYTES_MAX, NESTING_MAX, SuitError};
use crate::cbor::{CborError, Fault, Kind, Reader, Rules, Writer, item};

/// Which results of a command the sender would like to see reported: four bits (draft §8.4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reporting(u8);

impl Reporting {
    /// Report success and failure, with system information.
    pub const ALL: Self = Self(15);
    /// Report failure only.
    pub const ON_FAILURE: Self = Self(2);

    fn read(reader: &mut Reader<'_>) -> Result<Self, SuitError> {
        match u8::try_from(reader.u64()?) {
            Ok(bits @ 0..=15) => Ok(Self(bits)),
            _ => Err(SuitError::Malformed(CborError { fault: Fault::OutOfRange, at: 0 })),
        }
    }
}

/// Something that must hold (draft §8.4.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// 1: the device is this vendor's.
    VendorIdentifier,
    /// 2: the device is of this class.
    ClassIdentifier,
    /// 3: the component has the given digest.
    ImageMatch,
    /// 5: the component is in the given slot.
    ComponentSlot,
    /// 6: the component has the given content.
    CheckContent,
    /// 14: never holds.
    Abort,
    /// 24: the device is this one.
    DeviceIdentifier,
}

impl Condition {
    const fn number(self) -> i64 {
        match self {
            Self::VendorIdentifier => 1,
            Self::ClassIdentifier => 2,
            Self::ImageMatch => 3,
            Self::ComponentSlot => 5,
            Self::CheckContent => 6,
            Self::Abort => 14,
            Self::DeviceIdentifier => 24,
        }
    }

    const fn numbered(number: i64) -> Option<Self> {
        Some(match number {
            1 => Self::VendorIdentifier,
            2 => Self::ClassIdentifier,
            3 => Self::ImageMatch,
            5 => Self::ComponentSlot,
            6 => Self::CheckContent,
            14 => Self::Abort,
            24 => Self::DeviceIdentifier,
            _ => return None,
        })
    }
}

/// Which components the following commands are about (draft §6.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Index {
    /// The one at this place in the list.
    One(u64),
    /// Each of these, in order.
    Many(Vec<u64>),
    /// Every component.
    All,
}

/// Something to do (draft §8.4.10).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Directive {
    /// 12: choose components.
    SetComponentIndex(Index),
    /// 15: the first sequence that succeeds; with `or_nothing` it is no failure if none does.
    TryEach {
        /// The sequences in order; at least two.
        sequences: Vec<Sequence>,
        /// A last, empty branch.
        or_nothing: bool,
    },
    /// 18: write the content parameter.
    Write(Reporting),
    /// 20: set parameters.
    OverrideParameters(Vec<Parameter>),
    /// 21: fetch from the URI.
    Fetch(Reporting),
    /// 22: copy from the source component.
    Copy(Reporting),
    /// 23: start the component.
    Invoke(Reporting),
    /// 31: exchange with the source component.
    Swap(Reporting),
    /// 32: a nested sequence.
    RunSequence(Sequence),
}

impl Directive {
    const fn number(&self) -> i64 {
        match self {
            Self::SetComponentIndex(_) => 12,
            Self::TryEach { .. } => 15,
            Self::Write(_) => 18,
            Self::OverrideParameters(_) => 20,
            Self::Fetch(_) => 21,
            Self::Copy(_) => 22,
            Self::Invoke(_) => 23,
            Self::Swap(_) => 31,
            Self::RunSequence(_) => 32,
        }
    }
}

/// One command of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A condition, and what of it to report.
    Condition(Condition, Reporting),
    /// A directive.
    Directive(Directive),
}

/// Commands in order; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence(pub Vec<Command>);

/// What a sequence may contain, and how much is left.
pub(super) struct Scope<'m> {
    pub(super) components: usize,
    pub(super) commands_left: &'m mut usize,
    pub(super) shared: bool,
    pub(super) depth: usize,
}

impl Scope<'_> {
    fn nested(&mut self) -> Scope<'_> {
        Scope {
            components: self.components,
            commands_left: self.commands_left,
            shared: self.shared,
            depth: self.depth + 1,
        }
    }

    fn index(&self, index: u64) -> Result<u64, SuitError> {
        if index < self.components as u64 { Ok(index) } else { Err(SuitError::ComponentIndex(index)) }
    }
}

impl Sequence {
    /// Reads an encoded sequence.
    pub(super) fn read(bytes: &[u8], mut scope: Scope<'_>) -> Result<Self, SuitError> {
        if scope.depth > NESTING_MAX {
            return Err(SuitError::TooDeep);
        }
        let mut reader = Reader::open(bytes, Rules::deterministic(ENVELOPE_BYTES_MAX))?;
        let count = reader.array(ENVELOPE_BYTES_MAX)?;
        if count == 0 || count % 2 == 1 {
            return Err(SuitError::Malformed(CborError { fault: Fault::OutOfRange, at: 0 }));
        }
        let commands: Result<Vec<_>, _> = (0..count / 2).map(|_| Command::read(&mut reader, &mut scope)).collect();
        let commands = commands?;
        reader.end()?;
        let chosen = matches!(commands.first(), Some(Command::Directive(Directive::SetComponentIndex(_))));
        if scope.depth == 1 && scope.components > 1 && !chosen {
            return Err(SuitError::NoComponentIndex);
        }
        Ok(Self(commands))
    }

    /// Encodes the sequence.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        item(|w| {
            w.array(self.0.len() * 2);
            self.0.iter().for_each(|command| command.write(w));
        })
    }
}

impl Command {
    fn read(reader: &mut Reader<'_>, scope: &mut Scope<'_>) -> Result<Self, SuitError> {
        *scope.commands_left = scope.commands_left.checked_sub(1).ok_or(SuitError::TooManyCommands)?;
        let number = reader.i64()?;
        if let Some(condition) = Condition::numbered(number) {
            return Ok(Self::Condition(condition, Reporting::read(reader)?));
        }
        if scope.shared && matches!(number, 18 | 21..=23 | 31) {
            return Err(SuitError::NotInSharedSequence(number));
        }
        Ok(Self::Directive(match number {
            12 => Directive::SetComponentIndex(read_index(reader, scope)?),
            15 => read_try_each(reader, scope)?,
            18 => Directive::Write(Reporting::read(reader)?),
            20 => Directive::OverrideParameters(parameter::read_all(reader, scope.components)?),
            21 => Directive::Fetch(Reporting::read(reader)?),
            22 => Directive::Copy(Reporting::read(reader)?),
            23 => Directive::Invoke(Reporting::read(reader)?),
            31 => Directive::Swap(Reporting::read(reader)?),
            32 => Directive::RunSequence(Sequence::read(reader.bytes()?, scope.nested())?),
            other => return Err(SuitError::UnknownCommand(other)),
        }))
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Condition(condition, reporting) => {
                writer.i64(condition.number()).u64(u64::from(reporting.0));
            }
            Self::Directive(directive) => {
                writer.i64(directive.number());
                write_argument(directive, writer);
            }
        }
    }
}

fn read_index(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<Index, SuitError> {
    let next = reader.peek();
    if next == Kind::Bool {
        if reader.bool()? { Ok(Index::All) } else { Err(unexpected()) }
    } else if next == Kind::Array {
        let count = reader.array(COMPONENTS_MAX)?;
        let indices: Result<Vec<_>, _> = (0..count).map(|_| scope.index(reader.u64()?)).collect();
        if count == 0 { Err(unexpected()) } else { Ok(Index::Many(indices?)) }
    } else {
        Ok(Index::One(scope.index(reader.u64()?)?))
    }
}

const fn unexpected() -> SuitError {
    SuitError::Malformed(CborError { fault: Fault::OutOfRange, at: 0 })
}

fn read_try_each(reader: &mut Reader<'_>, scope: &mut Scope<'_>) -> Result<Directive, SuitError> {
    let count = reader.array(COMMANDS_MAX)?;
    let (mut sequences, mut or_nothing) = (Vec::new(), false);
    for at in 1..=count {
        if at == count && reader.peek() == Kind::Null {
            reader.null()?;
            or_nothing = true;
        } else {
            sequences.push(Sequence::read(reader.bytes()?, scope.nested())?);
        }
    }
    if sequences.len() < 2 { Err(unexpected()) } else { Ok(Directive::TryEach { sequences, or_nothing }) }
}

fn write_argument(directive: &Directive, writer: &mut Writer) {
    match directive {
        Directive::SetComponentIndex(Index::One(index)) => {
            writer.u64(*index);
        }
        Directive::SetComponentIndex(Index::Many(indices)) => {
            writer.array(indices.len());
            for index in indices {
                writer.u64(*index);
            }
        }
        Directive::SetComponentIndex(Index::All) => {
            writer.bool(true);
        }
        Directive::TryEach { sequences, or_nothing } => {
            writer.array(sequences.len() + usize::from(*or_nothing));
            for sequence in sequences {
                writer.bytes(&sequence.encode());
            }
            if *or_nothing {
                writer.null();
            }
        }
        Directive::OverrideParameters(parameters) => parameter::write_all(writer, parameters),
        Directive::RunSequence(sequence) => {
            writer.bytes(&sequence.encode());
        }
        Directive::Write(reporting)
        | Directive::Fetch(reporting)
        | Directive::Copy(reporting)
        | Directive::Invoke(reporting)
        | Directive::Swap(reporting) => {
            writer.u64(u64::from(reporting.0));
        }
    }
}
