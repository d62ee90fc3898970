//! What comes out of a session of the agent, as closed lists.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::packet::PacketId;
use super::super::reason::ReasonCode;
use crate::topic::DownChannel;

/// What the shell has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The platform accepted the connection; messages can be published.
    Connected,
    /// All subscriptions were answered; the platform can reach the device.
    Ready,
    /// The platform will not tell the device this.
    NotSubscribed {
        /// What the device will not hear.
        channel: DownChannel,
        /// Why.
        reason: ReasonCode,
    },
    /// A message of the platform. If it has a packet identifier, it must be answered with
    /// [`super::ClientSession::accepted`] once it is safe, or with [`super::ClientSession::declined`].
    Received {
        /// `None` for quality of service 0, which gets no answer.
        packet_id: Option<PacketId>,
        /// Where it was published.
        channel: DownChannel,
        /// What was published.
        payload: Vec<u8>,
    },
    /// The platform has stored the message that was published under this token.
    Acked {
        /// The token given to [`super::ClientSession::publish`].
        token: u64,
    },
    /// The platform refused the message that was published under this token; sending it again would not help, except
    /// after [`ReasonCode::QuotaExceeded`].
    Refused {
        /// The token given to [`super::ClientSession::publish`].
        token: u64,
        /// Why.
        reason: ReasonCode,
        /// The stable name of the refusal, where the platform gave one.
        words: Option<String>,
    },
    /// Write these bytes.
    Send(Vec<u8>),
    /// Close the connection, after writing what came before. Nothing follows.
    Close {
        /// Why.
        cause: CloseCause,
    },
}

/// Why a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseCause {
    /// The agent said so.
    ByAgent,
    /// The platform did not accept the connection.
    TurnedAway {
        /// Why.
        reason: ReasonCode,
        /// The stable name of the refusal, where the platform gave one.
        words: Option<String>,
    },
    /// The platform ended the connection.
    ByServer {
        /// Why.
        reason: ReasonCode,
        /// The stable name of the refusal, where the platform gave one.
        words: Option<String>,
    },
    /// The platform broke a rule of this name.
    Broken(&'static str),
    /// The connection broke without a word.
    Vanished,
    /// The platform did not answer in time.
    Silent,
}

impl CloseCause {
    /// The stable name under which this is counted and shown.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ByAgent => "closed-by-agent",
            Self::TurnedAway { reason, .. } | Self::ByServer { reason, .. } => reason.name(),
            Self::Broken(name) => name,
            Self::Vanished => "connection-lost",
            Self::Silent => "no-answer-in-time",
        }
    }
}
