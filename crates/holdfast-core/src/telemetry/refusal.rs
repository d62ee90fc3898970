//! Every reason for which a payload about fields is not read, with its stable name.

use core::fmt;

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        /// Why a payload is not a message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum PayloadRefusal {
            $($(#[$doc])* $variant,)*
        }

        impl PayloadRefusal {
            /// Every variant, for tables and tests.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name under which this is counted and shown.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

refusals! {
    /// More than [`super::PAYLOAD_BYTES_MAX`] bytes.
    TooLarge "payload-too-large";
    /// Starts as no JSON object or CBOR map, nor as a list where a list may stand.
    NotJsonOrCbor "payload-not-json-or-cbor";
    /// Breaks the grammar of its format, or ends too early.
    Syntax "payload-syntax";
    /// Text that is not UTF-8.
    TextNotUtf8 "payload-text-not-utf8";
    /// Text with U+0000, which not every store can hold.
    TextWithNull "payload-text-with-null";
    /// CBOR without a length in advance.
    IndefiniteLength "payload-indefinite-length";
    /// Bytes after the end.
    TrailingBytes "payload-trailing-bytes";
    /// A key of the envelope that does not exist.
    EnvelopeKeyUnknown "envelope-key-unknown";
    /// A key of the envelope is missing.
    EnvelopeKeyMissing "envelope-key-missing";
    /// A value of the envelope has the wrong type or range.
    EnvelopeValue "envelope-value";
    /// The same key twice.
    KeyTwice "key-twice";
    /// More than [`super::FIELDS_MAX`] fields.
    TooManyFields "too-many-fields";
    /// A field's name is empty, too long or outside its alphabet.
    FieldName "field-name";
    /// A value is a list or an object.
    NotFlat "value-not-flat";
    /// A value is of a type that fields do not have, such as null or bytes.
    ValueKind "value-kind";
    /// A text is longer than [`super::TEXT_BYTES_MAX`].
    TextTooLong "text-too-long";
    /// An integer is beyond [`super::INTEGER_MAX`].
    IntegerOutOfRange "integer-out-of-range";
    /// A number is infinite or not a number.
    NumberNotFinite "number-not-finite";
    /// A quality that is none of good, suspect, bad and missing.
    QualityWord "quality-word";
    /// A quality of a field that is not in the message, or `missing` for one that is.
    QualityWithoutField "quality-without-field";
    /// Keys of different kinds of upload in one envelope.
    EnvelopeMixed "envelope-mixed";
    /// A pack of readings that is empty or longer than [`super::PACK_READINGS_MAX`].
    PackLength "pack-length";
    /// Two readings of a pack have the same counter.
    PackCounterTwice "pack-counter-twice";
    /// A signature that is not base64url text or bytes of bounded length.
    SignatureForm "signature-form";
    /// A list of shed ranges that is empty, too long, or has a range that ends before it begins.
    ShedRanges "shed-ranges";
    /// A batch of log lines that is empty or longer than [`super::log::LINES_MAX`].
    LogLength "log-length";
    /// A level or code of a log line outside its list or alphabet.
    LogWord "log-word";
    /// A list of `SenML` records that is empty or longer than [`super::senml::RECORDS_MAX`].
    SenmlLength "senml-length";
    /// `SenML` of a version above 10, or of two versions (RFC 8428 §4.4).
    SenmlVersion "senml-version";
    /// A resolved `SenML` name outside its alphabet, or without a part that can name a field (RFC 8428 §4.5.1).
    SenmlName "senml-name";
    /// A `SenML` record with more than one value, or none where nothing else is said (RFC 8428 §4.2).
    SenmlValue "senml-value";
    /// A `SenML` sum or data value, which no declared field can hold.
    SenmlKind "senml-kind";
    /// A `SenML` label that must be understood and is not (RFC 8428 §4.4).
    SenmlMustUnderstand "senml-must-understand";
    /// A `SenML` time outside what a clock can show.
    SenmlTime "senml-time";
    /// A `SenML` base value with a record that is no number (RFC 8428 §4.5.4).
    SenmlBaseValue "senml-base-value";
}

impl fmt::Display for PayloadRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "payload refused: {}", self.name())
    }
}

impl core::error::Error for PayloadRefusal {}
