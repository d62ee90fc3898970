//! What may stand in one message of a telemetry topic: a reading, a pack of readings, or ranges that were shed.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::signed::SIGNATURE_BYTES_MAX;
use super::{
    Envelope, INTEGER_MAX, Key, NAME_BYTES_MAX, PayloadRefusal, Source, TelemetryMessage, natural, senml, whole,
};

/// Most readings of one pack.
pub const PACK_READINGS_MAX: usize = 256;
/// Most ranges of one declaration of sheds.
pub const SHED_RANGES_MAX: usize = 64;

/// A message of a telemetry topic.
#[derive(Debug, Clone, PartialEq)]
pub enum Upload {
    /// One reading: `{"c":…,"t":…,"f":{…}}`, with `"q"` and `"s"` if there are any.
    Reading {
        /// The reading.
        reading: TelemetryMessage,
        /// The device's signature over it ([`super::signed`]).
        signature: Option<Vec<u8>>,
    },
    /// Several readings of the stream: `{"p":[{…},…]}`, with one signature for all of them if there is one.
    Pack {
        /// The readings, in the order in which they are signed.
        readings: Vec<TelemetryMessage>,
        /// The device's signature over all of them.
        signature: Option<Vec<u8>>,
    },
    /// Counters that the device dropped by intent and will never send: `{"x":[[from,to],…],"w":"queue-full"}`.
    Shed(Shed),
    /// Sensor measurement lists (RFC 8428): a list.
    Senml(senml::Pack),
}

/// Counters of readings that a device gave up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shed {
    /// First and last counter of each range.
    pub ranges: Vec<(u64, u64)>,
    /// Why, kebab-case; `unstated` if the device does not say.
    pub reason: String,
}

/// Keys that an upload may have.
const KEYS: &[Key] =
    &[Key::Counter, Key::Time, Key::Fields, Key::Quality, Key::Signature, Key::Pack, Key::Shed, Key::Why];

impl Upload {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`PayloadRefusal`] names the first rule that `payload` breaks.
    pub fn parse(payload: &[u8]) -> Result<Self, PayloadRefusal> {
        if senml::is_list(payload) {
            return senml::Pack::parse(payload).map(Self::Senml);
        }
        let mut envelope = Envelope::read(payload, KEYS)?;
        let signature = envelope.signature.take();
        if envelope.pack.is_none() && envelope.shed.is_none() {
            if envelope.why.is_some() {
                return Err(PayloadRefusal::EnvelopeMixed);
            }
            return Ok(Self::Reading { reading: envelope.reading()?, signature });
        }
        let reading_too = envelope.counter.is_some() || envelope.time.is_some() || envelope.fields.is_some();
        match (envelope.pack, envelope.shed, envelope.why) {
            (Some(readings), None, None) if !reading_too => Ok(Self::Pack { readings, signature }),
            (None, Some(ranges), why) if !reading_too && signature.is_none() => {
                Ok(Self::Shed(Shed { ranges, reason: why.unwrap_or_else(|| String::from("unstated")) }))
            }
            _ => Err(PayloadRefusal::EnvelopeMixed),
        }
    }
}

/// The readings of a pack.
pub(super) fn read_pack<'a>(source: &mut impl Source<'a>) -> Result<Vec<TelemetryMessage>, PayloadRefusal> {
    const KEYS: &[Key] = &[Key::Counter, Key::Time, Key::Fields, Key::Quality];
    let mut readings = Vec::new();
    let mut counters = BTreeSet::new();
    let mut list = source.open_list()?;
    while source.next_item(&mut list)? {
        if readings.len() >= PACK_READINGS_MAX {
            return Err(PayloadRefusal::PackLength);
        }
        let reading = Envelope::read_map(source, KEYS)?.reading()?;
        if !counters.insert(reading.counter) {
            return Err(PayloadRefusal::PackCounterTwice);
        }
        readings.push(reading);
    }
    if readings.is_empty() { Err(PayloadRefusal::PackLength) } else { Ok(readings) }
}

/// Ranges of counters.
pub(super) fn read_shed<'a>(source: &mut impl Source<'a>) -> Result<Vec<(u64, u64)>, PayloadRefusal> {
    let mut ranges = Vec::new();
    let mut list = source.open_list()?;
    while source.next_item(&mut list)? {
        let mut pair = source.open_list()?;
        let mut ends = [0_u64; 2];
        for end in &mut ends {
            if !source.next_item(&mut pair)? {
                return Err(PayloadRefusal::ShedRanges);
            }
            *end = natural(Some(whole(&source.value()?)?))?;
        }
        let [from, to] = ends;
        if source.next_item(&mut pair)?
            || from > to
            || to >= INTEGER_MAX.unsigned_abs()
            || ranges.len() >= SHED_RANGES_MAX
        {
            return Err(PayloadRefusal::ShedRanges);
        }
        ranges.push((from, to));
    }
    if ranges.is_empty() { Err(PayloadRefusal::ShedRanges) } else { Ok(ranges) }
}

/// A kebab-case word.
pub(super) fn read_why<'a>(source: &mut impl Source<'a>) -> Result<String, PayloadRefusal> {
    let word = source.text_within(NAME_BYTES_MAX)?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if word.is_empty() || !word.bytes().all(plain) {
        return Err(PayloadRefusal::EnvelopeValue);
    }
    Ok(word.into_owned())
}

/// A signature: base64url text without padding in JSON (RFC 4648 §5), bytes in CBOR.
pub(super) fn read_signature<'a>(source: &mut impl Source<'a>) -> Result<Vec<u8>, PayloadRefusal> {
    let bytes = source.blob(SIGNATURE_BYTES_MAX)?;
    if bytes.is_empty() { Err(PayloadRefusal::SignatureForm) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(payload: &str) -> &'static str {
        Upload::parse(payload.as_bytes()).map_or_else(PayloadRefusal::name, |_| "read")
    }

    #[test]
    fn a_telemetry_topic_takes_readings_packs_and_sheds_and_no_mixture() {
        for (payload, expected) in [
            (r#"{"c":1,"t":1,"f":{"a":1},"q":{"a":"suspect"},"s":"AAEC"}"#, "read"),
            (r#"{"c":1,"t":1,"f":{"a":1},"q":{"a":"fine"}}"#, "quality-word"),
            (r#"{"c":1,"t":1,"f":{"a":1},"q":{"a":1}}"#, "quality-word"),
            (r#"{"c":1,"t":1,"f":{"a":1},"q":{"b":"bad"}}"#, "quality-without-field"),
            (r#"{"c":1,"t":1,"f":{"a":1},"q":{"b":"missing"}}"#, "read"),
            (r#"{"c":1,"t":1,"f":{"a":1},"q":{"a":"missing"}}"#, "quality-without-field"),
            (r#"{"c":1,"t":1,"f":{"a":1},"q":{"a":"bad","a":"bad"}}"#, "key-twice"),
            (r#"{"c":1,"t":1,"f":{"a":1},"s":"A+/C"}"#, "signature-form"),
            (r#"{"c":1,"t":1,"f":{"a":1},"s":""}"#, "signature-form"),
            (r#"{"c":1,"t":1,"f":{"a":1},"s":7}"#, "signature-form"),
            (r#"{"p":[{"c":1,"t":1,"f":{"a":1}},{"c":2,"t":1,"f":{"a":1}}],"s":"AAEC"}"#, "read"),
            (r#"{"p":[]}"#, "pack-length"),
            (r#"{"p":{}}"#, "envelope-value"),
            (r#"{"p":[{"c":1,"t":1,"f":{}},{"c":1,"t":2,"f":{}}]}"#, "pack-counter-twice"),
            (r#"{"p":[{"c":1,"t":1,"f":{},"s":"AA"}]}"#, "envelope-key-unknown"),
            (r#"{"p":[{"p":[]}]}"#, "envelope-key-unknown"),
            (r#"{"p":[{"c":1,"t":1,"f":{}}],"c":1}"#, "envelope-mixed"),
            (r#"{"p":[{"c":1,"t":1,"f":{}}],"x":[[1,2]]}"#, "envelope-mixed"),
            (r#"{"x":[[1,2],[7,7]],"w":"queue-full"}"#, "read"),
            (r#"{"x":[[1,2]]}"#, "read"),
            (r#"{"x":[[1,2]],"s":"AA"}"#, "envelope-mixed"),
            (r#"{"x":[]}"#, "shed-ranges"),
            (r#"{"x":[[2,1]]}"#, "shed-ranges"),
            (r#"{"x":[[1]]}"#, "shed-ranges"),
            (r#"{"x":[[1,2,3]]}"#, "shed-ranges"),
            (r#"{"x":[[1,-2]]}"#, "envelope-value"),
            (r#"{"x":[[1,2]],"w":"Queue Full"}"#, "envelope-value"),
            (r#"{"w":"queue-full"}"#, "envelope-mixed"),
            (r#"{"v":1}"#, "envelope-key-unknown"),
            (r#"{"x":[[1,2]"#, "payload-syntax"),
        ] {
            assert_eq!(name(payload), expected, "{payload}");
        }
        let one = r#"{"c":1,"t":1,"f":{}}"#;
        let many = |n: usize| {
            let list: Vec<_> = (0..n).map(|c| one.replace("\"c\":1", &alloc::format!("\"c\":{c}"))).collect();
            alloc::format!("{{\"p\":[{}]}}", list.join(","))
        };
        assert_eq!((name(&many(PACK_READINGS_MAX)), name(&many(PACK_READINGS_MAX + 1))), ("read", "pack-length"));
        let sheds = |n: usize| alloc::format!("{{\"x\":[{}]}}", alloc::vec!["[1,2]"; n].join(","));
        assert_eq!((name(&sheds(64)), name(&sheds(65))), ("read", "shed-ranges"));
        assert_eq!(name(&alloc::format!(r#"{{"c":1,"t":1,"f":{{}},"s":"{}"}}"#, "A".repeat(800))), "signature-form");
    }

    #[test]
    fn a_pack_in_cbor_says_the_same() {
        let cbor = b"\xa2\x61p\x81\xa4\x61c\x01\x61t\x02\x61f\xa1\x61a\x03\x61q\xa1\x61a\x63bad\x61s\x43\x00\x01\x02";
        let json = r#"{"p":[{"c":1,"t":2,"f":{"a":3},"q":{"a":"bad"}}],"s":"AAEC"}"#;
        let read = Upload::parse(cbor).unwrap();
        assert_eq!(Upload::parse(json.as_bytes()).as_ref(), Ok(&read));
        let Upload::Pack { readings, signature } = read else { panic!("a pack") };
        assert_eq!((readings.len(), signature.as_deref()), (1, Some(&[0, 1, 2][..])));
        assert_eq!(readings[0].quality.iter().next(), Some(("a", super::super::Quality::Bad)));
        assert_eq!(readings[0].to_json(), r#"{"c":1,"f":{"a":3},"q":{"a":"bad"},"t":2}"#);
        assert_eq!(
            Upload::parse(b"\xa1\x61x\x81\x82\x01\x18\x20"),
            Ok(Upload::Shed(Shed { ranges: alloc::vec![(1, 32)], reason: "unstated".into() }))
        );
        assert_eq!(Upload::parse(b"\xa1\x61x\x9f\xff"), Err(PayloadRefusal::IndefiniteLength));
        assert_eq!(Upload::parse(b"\xa1\x61p\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), Err(PayloadRefusal::Syntax));
    }
}
