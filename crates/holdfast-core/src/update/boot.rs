//! What the next start needs to know, and nothing else: which slot is trusted, which is on trial, which release failed.
//!
//! Reading is total: any two byte strings give a state from which something can be started. The state only points; it
//! proves nothing. Whoever starts a slot verifies the slot's signed manifest and image first.

use alloc::vec::Vec;

use super::copies;

/// One of the two places for an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// The slot filled at the factory.
    A,
    /// The other one.
    B,
}

impl Slot {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// The other slot.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// `a` or `b`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::A),
            1 => Some(Self::B),
            _ => None,
        }
    }

    const fn byte(self) -> u8 {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }
}

/// A slot that was written and verified but has not yet proven itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// Where it lies.
    pub slot: Slot,
    /// Its manifest sequence number.
    pub sequence: u64,
    /// How many starts it still has; consumed before each start.
    pub attempts_left: u8,
}

/// The durable boot state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootState {
    /// Rises by one with each write.
    pub generation: u64,
    /// The slot that is started when nothing is on trial.
    pub committed: Slot,
    /// Sequence number of the committed image; 0 before the first is known.
    pub committed_sequence: u64,
    /// The slot on trial.
    pub trial: Option<Trial>,
    /// Highest sequence that failed its trial; 0 for none. Nothing at or below it is tried unless it is already committed.
    pub bad_sequence: u64,
}

const PAYLOAD_BYTES: usize = 1 + 8 + 1 + 1 + 8 + 8;
const NO_TRIAL: u8 = 0xff;

impl BootState {
    /// The state of a device that has never written one.
    pub const FIRST: Self =
        Self { generation: 0, committed: Slot::A, committed_sequence: 0, trial: None, bad_sequence: 0 };

    /// Reads the newest whole copy; [`Self::FIRST`] if there is none.
    #[must_use]
    pub fn read(copy_0: &[u8], copy_1: &[u8]) -> Self {
        copies::newest(copy_0, copy_1)
            .and_then(|(generation, payload)| Self::parse(generation, payload))
            .unwrap_or(Self::FIRST)
    }

    /// The bytes to write and the copy (0 or 1) that they replace.
    #[must_use]
    pub fn encode(&self) -> (u8, Vec<u8>) {
        let mut payload = Vec::with_capacity(PAYLOAD_BYTES);
        payload.push(self.committed.byte());
        payload.extend_from_slice(&self.committed_sequence.to_le_bytes());
        payload.push(self.trial.map_or(NO_TRIAL, |t| t.slot.byte()));
        payload.push(self.trial.map_or(0, |t| t.attempts_left));
        payload.extend_from_slice(&self.trial.map_or(0, |t| t.sequence).to_le_bytes());
        payload.extend_from_slice(&self.bad_sequence.to_le_bytes());
        (copies::place_of(self.generation), copies::encode(self.generation, &payload))
    }

    fn parse(generation: u64, payload: &[u8]) -> Option<Self> {
        if payload.len() != PAYLOAD_BYTES {
            return None;
        }
        let (committed, rest) = payload.split_first()?;
        let (committed_sequence, rest) = rest.split_first_chunk::<8>()?;
        let (trial_slot, rest) = rest.split_first()?;
        let (attempts_left, rest) = rest.split_first()?;
        let (trial_sequence, rest) = rest.split_first_chunk::<8>()?;
        let bad_sequence = rest.first_chunk::<8>()?;
        let committed = Slot::from_byte(*committed)?;
        let trial = Slot::from_byte(*trial_slot).filter(|slot| *slot != committed).map(|slot| Trial {
            slot,
            sequence: u64::from_le_bytes(*trial_sequence),
            attempts_left: *attempts_left,
        });
        Some(Self {
            generation,
            committed,
            committed_sequence: u64::from_le_bytes(*committed_sequence),
            trial,
            bad_sequence: u64::from_le_bytes(*bad_sequence),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_state_reads_back_from_its_own_copy() {
        let state = BootState {
            generation: 7,
            committed: Slot::B,
            committed_sequence: 12,
            trial: Some(Trial { slot: Slot::A, sequence: 13, attempts_left: 2 }),
            bad_sequence: 11,
        };
        let (place, bytes) = state.encode();
        assert_eq!(place, 1);
        assert_eq!(BootState::read(&[], &bytes), state);
    }

    #[test]
    fn a_torn_write_leaves_the_state_before_it() {
        let before = BootState { generation: 2, committed_sequence: 5, ..BootState::FIRST };
        let after = BootState { generation: 3, committed: Slot::B, committed_sequence: 6, ..BootState::FIRST };
        let (_, old) = before.encode();
        let (_, new) = after.encode();
        for cut in 0..new.len() {
            assert_eq!(BootState::read(&old, &new[..cut]), before, "cut after {cut} bytes");
        }
        assert_eq!(BootState::read(&old, &new), after);
    }

    proptest! {
        #[test]
        fn any_two_byte_strings_give_something_to_start(a: Vec<u8>, b: Vec<u8>) {
            let state = BootState::read(&a, &b);
            prop_assert!(state.trial.is_none_or(|t| t.slot != state.committed));
        }

        #[test]
        fn any_payload_with_a_good_crc_gives_something_to_start(payload in proptest::collection::vec(any::<u8>(), 0..40)) {
            let state = BootState::read(&copies::encode(2, &payload), &[]);
            prop_assert!(state.trial.is_none_or(|t| t.slot != state.committed));
        }
    }
}
