//! MQTT 5.0 and 3.1.1 without I/O: one strict codec for server and agent, and the two session machines.
//!
//! Owns bytes ↔ [`packet::Packet`] (this file: fixed header; `decode`, `encode`: bodies), [`session`] for the server and
//! [`client`] for the agent. Does not own sockets, TLS or time. Everything is borrowed from the input: decoding a packet
//! allocates nothing. What the standard forbids is refused with a name, not repaired.
//!
//! Source: OASIS MQTT Version 5.0 (2019-03-07) and MQTT Version 3.1.1 (2014-10-29); statement ids `[MQTT-x.y.z-n]` are
//! those of 5.0.

pub mod client;
pub mod malformed;
pub mod packet;
pub mod property;
pub mod reason;
pub mod session;

mod decode;
mod encode;
mod inbox;
mod wire;

pub use encode::Unencodable;

use malformed::Malformed;
use packet::{Packet, PacketKind, Version};

/// Most bytes that any packet can have on the wire: fixed header and a remaining length of four varint bytes
/// (MQTT 5.0 §2.1.4).
pub const PACKET_BYTES_MAX: u32 = 5 + 268_435_455;

/// Which end of the connection wrote the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The device.
    Client,
    /// The platform.
    Server,
}

/// What the reader of a connection is willing to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of one packet with its fixed header; checked before the body is buffered.
    pub packet_bytes_max: u32,
    /// Who wrote the bytes; decides which packets may appear at all.
    pub sender: Sender,
}

/// What the first bytes of an input hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// Nothing whole yet; at least this many further bytes are needed.
    Need(usize),
    /// One packet, and how many bytes of the input it took.
    Packet(Packet<'a>, usize),
}

/// Reads one packet from the start of `input`.
///
/// `version` is that of the connection; a CONNECT states its own, so for the first packet any value will do.
/// An input cut short gives [`Decoded::Need`], or already the refusal that the whole packet would get.
///
/// # Errors
///
/// [`Malformed`] if the bytes break the standard or `limits`; the connection must then be closed
/// (`[MQTT-4.13.1-1]`).
///
/// # Examples
///
/// ```
/// use holdfast_core::mqtt::packet::{Packet, Version};
/// use holdfast_core::mqtt::{Decoded, Limits, Sender, decode};
///
/// let limits = Limits { packet_bytes_max: 1024, sender: Sender::Client };
/// assert_eq!(decode(Version::V5, b"\xc0", &limits), Ok(Decoded::Need(1)));
/// assert_eq!(decode(Version::V5, b"\xc0\x00", &limits), Ok(Decoded::Packet(Packet::PingReq, 2)));
/// assert_eq!(decode(Version::V5, b"\xc1\x00", &limits).unwrap_err().name(), "fixed-header-flags");
/// ```
pub fn decode<'a>(version: Version, input: &'a [u8], limits: &Limits) -> Result<Decoded<'a>, Malformed> {
    let Some((&first, after)) = input.split_first() else {
        return Ok(Decoded::Need(2));
    };
    let kind = PacketKind::from_nibble(first >> 4).ok_or(Malformed::ReservedPacketType)?;
    decode::check_first_byte(kind, first & 0x0f, version, limits.sender)?;
    let Some((remaining, length_bytes)) = wire::varint(after)? else {
        return Ok(Decoded::Need(1));
    };
    let header_bytes = 1 + length_bytes;
    let body_bytes = usize::try_from(remaining).map_err(|_| Malformed::PacketTooLarge)?;
    let total = header_bytes.saturating_add(body_bytes);
    if total > usize::try_from(limits.packet_bytes_max).unwrap_or(usize::MAX) {
        return Err(Malformed::PacketTooLarge);
    }
    let Some(body) = input.get(header_bytes..total) else {
        return Ok(Decoded::Need(total - input.len()));
    };
    let packet = decode::body(kind, first & 0x0f, version, limits.sender, body)?;
    Ok(Decoded::Packet(packet, total))
}

#[cfg(test)]
mod tests;
