//! What goes into a session of the server and what comes out of it, as closed lists.

use alloc::vec::Vec;
use core::fmt;

use super::super::packet::{PacketId, Version};
use super::super::reason::ReasonCode;
use crate::topic::{DownChannel, UpChannel};

/// What happened on the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// These bytes arrived.
    Bytes(&'a [u8]),
    /// The other end closed, or the connection broke.
    Closed,
}

/// What the shell has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The device is connected; an older connection of it should now be closed with
    /// [`ReasonCode::SessionTakenOver`] (`[MQTT-3.1.4-3]`).
    Connected {
        /// The version it speaks.
        version: Version,
        /// The keep-alive in force, in seconds.
        keep_alive_secs: u16,
    },
    /// Decide on this message, and make it durable.
    Admit(Admit),
    /// The device listens here from now on.
    Subscribed(DownChannel),
    /// The device no longer listens here.
    Unsubscribed(DownChannel),
    /// The device answered the message that was sent under this token.
    Delivered {
        /// The token given to [`super::ServerSession::publish`].
        token: u64,
        /// Success, or why the device did not take it.
        reason: ReasonCode,
    },
    /// Something was refused; count it under this name.
    Refused {
        /// The stable name.
        name: &'static str,
    },
    /// Write these bytes.
    Send(Vec<u8>),
    /// Close the connection, after writing what came before. Nothing follows.
    Close {
        /// Why.
        cause: CloseCause,
    },
}

/// A message from the device, with the topic already checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admit {
    /// To be given to [`super::ServerSession::acknowledge`]; `None` for quality of service 0, which gets no answer.
    pub packet_id: Option<PacketId>,
    /// Where it was published.
    pub channel: UpChannel,
    /// What was published.
    pub payload: Vec<u8>,
}

/// The answer to an admitted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is durable.
    Stored,
    /// It was refused and left no trace. The shell has counted it; the session tells the device.
    Refused {
        /// The reason code for the PUBACK.
        reason: ReasonCode,
        /// The stable name, sent as reason string where the device wants one.
        name: &'static str,
    },
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseCause {
    /// The device said so.
    ByDevice(ReasonCode),
    /// The server said so.
    ByServer(ReasonCode),
    /// The device broke a rule of this name.
    Refused(&'static str),
    /// The connection broke without a word.
    Vanished,
    /// Nothing was heard for one and a half times the keep-alive (`[MQTT-3.1.2-22]`).
    Silent,
    /// No CONNECT came in time.
    NoConnect,
}

impl CloseCause {
    /// The stable name under which this is counted and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ByDevice(_) => "closed-by-device",
            Self::ByServer(reason) => reason.name(),
            Self::Refused(name) => name,
            Self::Vanished => "connection-lost",
            Self::Silent => "keep-alive-timeout",
            Self::NoConnect => "no-connect-in-time",
        }
    }
}

impl fmt::Display for CloseCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
