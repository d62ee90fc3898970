//! What crosses the key socket: frames with a length before them, each one CBOR array (RFC 8949), deterministic.
//!
//! A request is `[operation, …]`, an answer `[0, bytes]` or `[1, refusal's name]`. One answer to each request, in order.

use std::io::{self, Read, Write};

use holdfast_core::cbor::{CborError, Reader, Rules, item};
use zeroize::Zeroizing;

use super::{KeySlot, Purpose, Refusal};

/// Most bytes of one frame, length not counted.
pub(crate) const FRAME_BYTES_MAX: usize = 20 * 1024;
/// Most bytes of a name in a request.
const NAME_BYTES_MAX: usize = 64;
/// Most bytes of an answer's refusal.
const REFUSAL_BYTES_MAX: usize = 64;

/// What the key process is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request<'a> {
    /// The device's id and where its keys live.
    Hello,
    /// The public half of a key.
    Public(KeySlot),
    /// The public half of an operational key, which is made if there is none.
    Make(KeySlot),
    /// Destroys an operational key.
    Erase(KeySlot),
    /// A certificate request (PKCS#10) for an operational key.
    Certify(KeySlot),
    /// A signature over a message of exactly this purpose.
    Sign(KeySlot, Purpose, &'a [u8]),
    /// Encrypts a secret under its name.
    Seal(&'a str, &'a [u8]),
    /// Decrypts it.
    Unseal(&'a str, &'a [u8]),
    /// Destroys both operational keys, and the key of all sealed secrets.
    Wipe,
}

impl<'a> Request<'a> {
    /// As bytes.
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(item(|w| {
            match self {
                Self::Hello => w.array(1).u64(0),
                Self::Public(slot) => w.array(2).u64(1).text(slot.name()),
                Self::Make(slot) => w.array(2).u64(2).text(slot.name()),
                Self::Erase(slot) => w.array(2).u64(3).text(slot.name()),
                Self::Certify(slot) => w.array(2).u64(4).text(slot.name()),
                Self::Sign(slot, purpose, message) => {
                    w.array(4).u64(5).text(slot.name()).text(purpose.name()).bytes(message)
                }
                Self::Seal(name, plain) => w.array(3).u64(6).text(name).bytes(plain),
                Self::Unseal(name, sealed) => w.array(3).u64(7).text(name).bytes(sealed),
                Self::Wipe => w.array(1).u64(8),
            };
        }))
    }

    /// Reads a request, whole or not at all.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let malformed = |_: CborError| Refusal::RequestMalformed;
        let mut reader = Reader::open(bytes, Rules::deterministic(FRAME_BYTES_MAX)).map_err(malformed)?;
        let count = reader.array(4).map_err(malformed)?;
        let operation = reader.u64().map_err(malformed)?;
        let slot = |reader: &mut Reader<'a>| {
            KeySlot::named(reader.text(NAME_BYTES_MAX).map_err(malformed)?).ok_or(Refusal::SlotUnknown)
        };
        let request = match (operation, count) {
            (0, 1) => Self::Hello,
            (1, 2) => Self::Public(slot(&mut reader)?),
            (2, 2) => Self::Make(slot(&mut reader)?),
            (3, 2) => Self::Erase(slot(&mut reader)?),
            (4, 2) => Self::Certify(slot(&mut reader)?),
            (5, 4) => {
                let slot = slot(&mut reader)?;
                let purpose = reader.text(NAME_BYTES_MAX).map_err(malformed)?;
                let purpose = Purpose::named(purpose).ok_or(Refusal::PurposeUnknown)?;
                Self::Sign(slot, purpose, reader.bytes().map_err(malformed)?)
            }
            (6 | 7, 3) => {
                let name = reader.text(NAME_BYTES_MAX).map_err(malformed)?;
                let value = reader.bytes().map_err(malformed)?;
                if operation == 6 { Self::Seal(name, value) } else { Self::Unseal(name, value) }
            }
            (8, 1) => Self::Wipe,
            _ => return Err(Refusal::RequestMalformed),
        };
        reader.end().map_err(malformed)?;
        Ok(request)
    }
}

/// What comes back: bytes, or the stable name of a refusal.
pub(crate) type Answer = Result<Zeroizing<Vec<u8>>, String>;

/// An answer as bytes.
pub(crate) fn encode_answer(answer: Result<&[u8], &str>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(item(|w| {
        match answer {
            Ok(bytes) => w.array(2).u64(0).bytes(bytes),
            Err(name) => w.array(2).u64(1).text(name),
        };
    }))
}

/// Reads an answer; `None` if it is none.
pub(crate) fn parse_answer(bytes: &[u8]) -> Option<Answer> {
    let mut reader = Reader::open(bytes, Rules::deterministic(FRAME_BYTES_MAX)).ok()?;
    reader.array_of(2).ok()?;
    let answer = match reader.u64().ok()? {
        0 => Ok(Zeroizing::new(reader.bytes().ok()?.to_vec())),
        1 => Err(reader.text(REFUSAL_BYTES_MAX).ok()?.to_owned()),
        _ => return None,
    };
    reader.end().ok()?;
    Some(answer)
}

/// Writes one frame.
pub(crate) fn write_frame(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= FRAME_BYTES_MAX);
    let length = length.ok_or(io::ErrorKind::InvalidInput)?;
    let mut frame = Zeroizing::new(Vec::with_capacity(bytes.len() + 4));
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(bytes);
    stream.write_all(&frame)
}

/// Reads one frame; `None` at the end of the stream. A frame over the limit is [`io::ErrorKind::InvalidData`].
pub(crate) fn read_frame(stream: &mut impl Read) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut length = [0_u8; 4];
    loop {
        match stream.read(&mut length) {
            Ok(0) => return Ok(None),
            Ok(read) => {
                stream.read_exact(length.get_mut(read..).unwrap_or_default())?;
                break;
            }
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > FRAME_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut frame = Zeroizing::new(vec![0; length]);
    stream.read_exact(&mut frame)?;
    Ok(Some(frame))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device_state::CredentialSlot;

    const SLOT: KeySlot = KeySlot::Operational(CredentialSlot::B);

    #[test]
    fn every_request_is_read_back_and_every_cut_of_it_is_refused() {
        let requests = [
            Request::Hello,
            Request::Public(KeySlot::Factory),
            Request::Make(SLOT),
            Request::Erase(SLOT),
            Request::Certify(SLOT),
            Request::Sign(SLOT, Purpose::TlsClientVerify, b"message"),
            Request::Seal("wifi", b"secret"),
            Request::Unseal("wifi", b"sealed"),
            Request::Wipe,
        ];
        for request in requests {
            let bytes = request.encode();
            assert_eq!(Request::parse(&bytes), Ok(request));
            for cut in 0..bytes.len() {
                assert_eq!(Request::parse(&bytes[..cut]), Err(Refusal::RequestMalformed), "{request:?} {cut}");
            }
            let longer = [&bytes[..], &[0]].concat();
            assert_eq!(Request::parse(&longer), Err(Refusal::RequestMalformed));
        }
    }

    #[test]
    fn what_does_not_exist_is_refused_by_name() {
        let of = |fill: fn(&mut holdfast_core::cbor::Writer)| Request::parse(&item(fill)).unwrap_err();
        assert_eq!(
            of(|w| {
                w.array(2).u64(1).text("root");
            }),
            Refusal::SlotUnknown
        );
        assert_eq!(
            of(|w| {
                w.array(4).u64(5).text("factory").text("any").bytes(b"");
            }),
            Refusal::PurposeUnknown
        );
        assert_eq!(
            of(|w| {
                w.array(1).u64(9);
            }),
            Refusal::RequestMalformed
        );
    }

    #[test]
    fn a_frame_over_the_limit_is_not_even_read() {
        let mut over = (u32::try_from(FRAME_BYTES_MAX).unwrap() + 1).to_be_bytes().to_vec();
        over.extend([0; 16]);
        assert_eq!(read_frame(&mut over.as_slice()).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(write_frame(&mut Vec::new(), &vec![0; FRAME_BYTES_MAX + 1]).is_err());
        let mut framed = Vec::new();
        write_frame(&mut framed, b"abc").unwrap();
        assert_eq!(read_frame(&mut framed.as_slice()).unwrap().unwrap().as_slice(), b"abc");
        assert!(read_frame(&mut [].as_slice()).unwrap().is_none());
    }
}
