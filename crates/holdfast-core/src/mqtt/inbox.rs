//! Keeps the bytes of a packet that has not fully arrived; nothing is copied and nothing kept while packets are whole.

use alloc::vec::Vec;

/// What a machine did with the start of the bytes it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Handled this many bytes; show the rest.
    Took(usize),
    /// Nothing can be handled now; keep the bytes.
    Wait,
    /// The connection is over; forget the bytes.
    Stop,
}

/// Bytes that arrived and wait for their rest.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    partial: Vec<u8>,
}

impl Inbox {
    /// Nothing waits.
    pub(super) const EMPTY: Self = Self { partial: Vec::new() };

    /// Shows `step` what is waiting followed by `bytes`, until it waits or stops.
    pub(super) fn feed(&mut self, bytes: &[u8], step: impl FnMut(&[u8]) -> Step) {
        if self.partial.is_empty() {
            if let Some(rest) = run(bytes, step) {
                self.partial.extend_from_slice(rest);
            }
            return;
        }
        self.partial.extend_from_slice(bytes);
        let left = run(&self.partial, step).map_or(0, <[u8]>::len);
        if left == 0 {
            self.partial = Vec::new();
        } else {
            self.partial.drain(..self.partial.len() - left);
        }
    }
}

/// The bytes that were not handled; `None` if they are to be forgotten.
fn run(mut bytes: &[u8], mut step: impl FnMut(&[u8]) -> Step) -> Option<&[u8]> {
    while !bytes.is_empty() {
        match step(bytes) {
            Step::Took(used) => bytes = bytes.get(used..)?,
            Step::Wait => break,
            Step::Stop => return None,
        }
    }
    Some(bytes)
}
