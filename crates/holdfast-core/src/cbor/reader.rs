//! Typed reading of an item that has passed the strict scan. Wraps minicbor's decoder; never skips unread bytes.

use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};

use super::{CborError, Fault, KeyOrder, Rules, scan};

/// The type of the item that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// An integer from 0.
    Unsigned,
    /// An integer below 0.
    Negative,
    /// A byte string.
    Bytes,
    /// A text string.
    Text,
    /// An array.
    Array,
    /// A map.
    Map,
    /// A tagged item.
    Tag,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// A float, another simple value, or the end of the input.
    Other,
}

/// Takes values out of one checked item, in order.
///
/// ```
/// use holdfast_core::cbor::{Reader, Rules, item};
/// let bytes = item(|w| { w.array(2).u64(7).text("seven"); });
/// let mut reader = Reader::open(&bytes, Rules::deterministic(64)).unwrap();
/// reader.array_of(2).unwrap();
/// assert_eq!((reader.u64(), reader.text(16)), (Ok(7), Ok("seven")));
/// ```
#[derive(Debug, Clone)]
pub struct Reader<'b> {
    decoder: Decoder<'b>,
    keys: KeyOrder,
}

impl<'b> Reader<'b> {
    /// Checks `bytes` against `rules` and stands before the item.
    ///
    /// # Errors
    /// The first fault of the encoding (RFC 8949 §4.2).
    pub fn open(bytes: &'b [u8], rules: Rules) -> Result<Self, CborError> {
        scan::whole(bytes, rules)?;
        Ok(Self { decoder: Decoder::new(bytes), keys: rules.keys })
    }

    fn fault(&self, fault: Fault) -> CborError {
        CborError { fault, at: self.decoder.position() }
    }

    fn read<T>(&mut self, read: impl FnOnce(&mut Decoder<'b>) -> Result<T, Error>) -> Result<T, CborError> {
        let start = self.decoder.position();
        read(&mut self.decoder).map_err(|e| {
            let fault = if e.is_end_of_input() { Fault::Truncated } else { Fault::UnexpectedType };
            CborError { fault, at: start }
        })
    }

    /// The type of the next item.
    #[must_use]
    pub fn peek(&self) -> Kind {
        let Ok(datatype) = self.decoder.datatype() else { return Kind::Other };
        match datatype {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => Kind::Unsigned,
            Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => Kind::Negative,
            Type::Bytes => Kind::Bytes,
            Type::String => Kind::Text,
            Type::Array => Kind::Array,
            Type::Map => Kind::Map,
            Type::Tag => Kind::Tag,
            Type::Bool => Kind::Bool,
            Type::Null => Kind::Null,
            Type::Undefined
            | Type::F16
            | Type::F32
            | Type::F64
            | Type::Simple
            | Type::BytesIndef
            | Type::StringIndef
            | Type::ArrayIndef
            | Type::MapIndef
            | Type::Break
            | Type::Unknown(_) => Kind::Other,
        }
    }

    /// An integer from 0.
    ///
    /// # Errors
    /// Another type.
    pub fn u64(&mut self) -> Result<u64, CborError> {
        self.read(Decoder::u64)
    }

    /// An integer that fits 64 signed bits.
    ///
    /// # Errors
    /// Another type, or an integer outside `i64`.
    pub fn i64(&mut self) -> Result<i64, CborError> {
        let start = self.decoder.position();
        let wide = self.read(Decoder::int)?;
        i64::try_from(wide).map_err(|_| CborError { fault: Fault::OutOfRange, at: start })
    }

    /// A byte string.
    ///
    /// # Errors
    /// Another type.
    pub fn bytes(&mut self) -> Result<&'b [u8], CborError> {
        self.read(Decoder::bytes)
    }

    /// A byte string of exactly `N` bytes.
    ///
    /// # Errors
    /// Another type, or another length.
    pub fn byte_array<const N: usize>(&mut self) -> Result<[u8; N], CborError> {
        let start = self.decoder.position();
        <[u8; N]>::try_from(self.bytes()?).map_err(|_| CborError { fault: Fault::OutOfRange, at: start })
    }

    /// A text string of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// Another type, or a longer text.
    pub fn text(&mut self, bytes_max: usize) -> Result<&'b str, CborError> {
        let start = self.decoder.position();
        let text = self.read(Decoder::str)?;
        if text.len() > bytes_max { Err(CborError { fault: Fault::OutOfRange, at: start }) } else { Ok(text) }
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// Another type.
    pub fn bool(&mut self) -> Result<bool, CborError> {
        self.read(Decoder::bool)
    }

    /// `null`.
    ///
    /// # Errors
    /// Another type.
    pub fn null(&mut self) -> Result<(), CborError> {
        self.read(Decoder::null)
    }

    /// The head of an array of at most `count_max` items; gives the count.
    ///
    /// # Errors
    /// Another type, or more items.
    pub fn array(&mut self, count_max: usize) -> Result<usize, CborError> {
        let start = self.decoder.position();
        let count = self.read(Decoder::array)?;
        Self::bounded(count, count_max, start)
    }

    /// The head of an array of exactly `count` items.
    ///
    /// # Errors
    /// Another type, or another count.
    pub fn array_of(&mut self, count: usize) -> Result<(), CborError> {
        let start = self.decoder.position();
        if self.array(count)? == count { Ok(()) } else { Err(CborError { fault: Fault::OutOfRange, at: start }) }
    }

    /// The head of a map of at most `count_max` pairs; gives the count of pairs.
    ///
    /// # Errors
    /// Another type, or more pairs.
    pub fn map(&mut self, count_max: usize) -> Result<usize, CborError> {
        let start = self.decoder.position();
        let count = self.read(Decoder::map)?;
        Self::bounded(count, count_max, start)
    }

    fn bounded(count: Option<u64>, count_max: usize, at: usize) -> Result<usize, CborError> {
        let count = count.and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= count_max);
        count.ok_or(CborError { fault: Fault::OutOfRange, at })
    }

    /// The number of a tag; the tagged item comes next.
    ///
    /// # Errors
    /// Another type.
    pub fn tag(&mut self) -> Result<u64, CborError> {
        self.read(Decoder::tag).map(minicbor::data::Tag::as_u64)
    }

    /// The encoded bytes of the next item, whatever it is.
    ///
    /// # Errors
    /// The end of the input.
    pub fn raw(&mut self) -> Result<&'b [u8], CborError> {
        let start = self.decoder.position();
        let end = scan::item_end(self.decoder.input(), start, self.keys)?;
        self.decoder.set_position(end);
        self.decoder.input().get(start..end).ok_or(CborError { fault: Fault::Truncated, at: start })
    }

    /// Nothing may follow.
    ///
    /// # Errors
    /// Unread bytes.
    pub fn end(&self) -> Result<(), CborError> {
        if self.decoder.position() == self.decoder.input().len() {
            Ok(())
        } else {
            Err(self.fault(Fault::TrailingBytes))
        }
    }
}
