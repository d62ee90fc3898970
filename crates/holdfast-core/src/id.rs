//! The one list of identifiers. Each is its own type, so a release can never stand where a device is meant.
//!
//! Record ids are `UUIDv7` (RFC 9562 §5.7), built from a given time and given random bytes. A device id is text that
//! its maker chose; it is also the MQTT client id, a topic level and the subject of the device's certificates.

use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use crate::time::Timestamp;

/// Why a text is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdError {
    /// Shorter or longer than the identifier allows; holds the length in bytes.
    Length(usize),
    /// A character outside the identifier's alphabet, at this byte position.
    Character(usize),
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(n) => write!(f, "identifier has {n} bytes, which is outside its limits"),
            Self::Character(at) => write!(f, "identifier has a forbidden character at byte {at}"),
        }
    }
}

impl core::error::Error for IdError {}

macro_rules! text_ids {
    ($($(#[$doc:meta])* $name:ident $min:literal ..= $max:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Fewest bytes of this identifier.
            pub const BYTES_MIN: usize = $min;
            /// Most bytes of this identifier.
            pub const BYTES_MAX: usize = $max;

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.len() < $min || text.len() > $max {
                    return Err(IdError::Length(text.len()));
                }
                let edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
                for (at, b) in text.bytes().enumerate() {
                    let inner = at > 0 && at + 1 < text.len();
                    if !(edge(b) || inner && b == b'-') {
                        return Err(IdError::Character(at));
                    }
                }
                Ok(Self(text.to_string()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text_ids! {
    /// One physical unit, from factory to recycling: lower-case letters, digits and inner hyphens.
    DeviceId 4..=64;
    /// One product of the maker, such as `hearth-thermostat`.
    ProductId 2..=64;
    /// One reader of tags at a station of the way from factory to recycling, such as `dock-2`.
    ReaderId 2..=48;
    /// One group of devices, named by a person, such as `beta-testers`.
    GroupId 2..=48;
    /// One telemetry stream of a product model, such as `climate`.
    StreamId 1..=48;
}

macro_rules! record_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Builds the identifier from the time it is made and ten random bytes (RFC 9562 §5.7).
            #[must_use]
            pub const fn new(now: Timestamp, random: [u8; 10]) -> Self {
                Self(uuid_v7(now, random))
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_uuid(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_uuid(&self.0, f)
            }
        }
    )*};
}

record_ids! {
    /// A version of a product's software.
    ReleaseId;
    /// The roll-out of one release to a set of devices.
    DeploymentId;
    /// An order to one device that expects a result.
    CommandId;
    /// Something a person should look at.
    AlertId;
    /// A person with an account.
    PersonId;
    /// A signed-in session of a person.
    SessionId;
    /// A scoped, expiring key to the management interface.
    TokenId;
    /// A passkey of a person.
    PasskeyId;
    /// A batch of devices made at the factory.
    BatchId;
    /// Something that a detector found.
    FindingId;
    /// One run of a playbook.
    ActionId;
    /// One act on many devices.
    BulkId;
    /// One thing that a person is told.
    NoticeId;
    /// A question to the maker, with its answers.
    HelpId;
    /// Somebody's wish to be the owner of a device.
    ClaimId;
    /// An invitation into the household of a device.
    InvitationId;
    /// A retailer.
    ShopId;
    /// A complaint about privacy from somebody without an account.
    ComplaintId;
    /// A breach of personal data, as the register keeps it.
    BreachId;
    /// A record about a product that people made: a test, a checklist, a photograph.
    ProofId;
}

#[expect(clippy::cast_sign_loss, reason = "RFC 9562 takes the low 48 bits of milliseconds")]
const fn uuid_v7(now: Timestamp, r: [u8; 10]) -> [u8; 16] {
    let ms = now.as_micros().div_euclid(1_000) as u64;
    let t = ms.to_be_bytes();
    [
        t[2],
        t[3],
        t[4],
        t[5],
        t[6],
        t[7],
        0x70 | (r[0] & 0x0f),
        r[1],
        0x80 | (r[2] & 0x3f),
        r[3],
        r[4],
        r[5],
        r[6],
        r[7],
        r[8],
        r[9],
    ]
}

const fn hyphen_before(byte: usize) -> bool {
    matches!(byte, 4 | 6 | 8 | 10)
}

fn write_uuid(bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, b) in bytes.iter().enumerate() {
        if hyphen_before(at) {
            f.write_str("-")?;
        }
        write!(f, "{b:02x}")?;
    }
    Ok(())
}

fn parse_uuid(text: &str) -> Result<[u8; 16], IdError> {
    if text.len() != 36 {
        return Err(IdError::Length(text.len()));
    }
    let nibble = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let mut out = [0_u8; 16];
    let mut chars = text.bytes().enumerate();
    for (at, slot) in out.iter_mut().enumerate() {
        if hyphen_before(at) {
            match chars.next() {
                Some((_, b'-')) => {}
                Some((i, _)) => return Err(IdError::Character(i)),
                None => return Err(IdError::Length(text.len())),
            }
        }
        for _ in 0..2 {
            let (i, b) = chars.next().ok_or(IdError::Length(text.len()))?;
            let n = nibble(b).ok_or(IdError::Character(i))?;
            *slot = (*slot << 4) | n;
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_id_reads_back_and_sorts_by_time() {
        let early = CommandId::new(Timestamp::from_micros(1_700_000_000_000_000), [0xff; 10]);
        let late = CommandId::new(Timestamp::from_micros(1_700_000_000_001_000), [0; 10]);
        assert!(early < late);
        assert_eq!(early.to_string().parse(), Ok(early));
        assert_eq!(early.to_string().as_bytes()[14], b'7', "version nibble");
    }

    #[test]
    fn a_device_id_refuses_what_a_topic_level_could_not_hold() {
        for bad in ["", "abc", "a/bc", "a+bc", "A123", "-abc", "abc-", "dev ice", "dévice"] {
            assert!(bad.parse::<DeviceId>().is_err(), "{bad}");
        }
        assert!("hearth-0001".parse::<DeviceId>().is_ok());
    }

    #[test]
    fn an_upper_case_or_misplaced_hyphen_uuid_is_refused() {
        assert!("018BCFE5-6800-7fff-bfff-ffffffffffff".parse::<CommandId>().is_err());
        assert!("018bcfe56-800-7fff-bfff-ffffffffffff".parse::<CommandId>().is_err());
    }
}
