//! Targets for both MQTT session machines: the same bytes, whole and in odd pieces, must do the same; output is bounded.

use holdfast_core::id::DeviceId;
use holdfast_core::mqtt::client::{self, ClientConfig, ClientSession};
use holdfast_core::mqtt::packet::Qos;
use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::mqtt::session::{self, Input, ServerConfig, ServerSession, Verdict};
use holdfast_core::time::Millis;
use holdfast_core::topic::{Scope, UpChannel};

/// Answers to one byte of input are never longer than this, averaged over a connection.
const OUTPUT_FACTOR: usize = 40;
/// CONNACK, DISCONNECT and what the machine says by itself.
const OUTPUT_FIXED_BYTES: usize = 2_048;

/// CONNECT of `hearth-0001`: version 5, keep-alive 60 s.
const CONNECT_V5: &[u8] = b"\x10\x18\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x0bhearth-0001";
/// The same in version 3.1.1.
const CONNECT_V311: &[u8] = b"\x10\x17\x00\x04MQTT\x04\x02\x00\x3c\x00\x0bhearth-0001";
/// CONNACK with success, then SUBACK for the five subscriptions.
const WELCOME: &[u8] = b"\x20\x03\x00\x00\x00\x90\x08\x00\x01\x00\x01\x01\x01\x01\x01";

/// The first input byte says how the connection starts and how it is cut.
struct Script<'a> {
    mode: u8,
    bytes: &'a [u8],
}

impl<'a> Script<'a> {
    fn read(data: &'a [u8]) -> Option<Self> {
        let (mode, bytes) = data.split_first()?;
        Some(Self { mode: *mode, bytes })
    }

    fn is(&self, bit: u8) -> bool {
        self.mode >> bit & 1 == 1
    }

    /// Sizes of the pieces repeat: 1, 2, 3 … up to eight.
    fn pieces(&self) -> Vec<&'a [u8]> {
        let most = 1 + usize::from(self.mode >> 4 & 7);
        let mut rest = self.bytes;
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(1 + pieces.len() % most));
            pieces.push(piece);
            rest = after;
        }
        pieces
    }
}

fn device() -> Option<DeviceId> {
    "hearth-0001".parse().ok()
}

pub(super) fn server_session(data: &[u8]) {
    let Some(script) = Script::read(data) else { return };
    let whole = serve(&script, &[script.bytes]);
    let pieces = serve(&script, &script.pieces());
    assert_eq!(whole, pieces, "a connection depends on how its bytes were cut");
}

/// What a connection did: its actions without the bytes, and the bytes.
fn serve(script: &Script<'_>, pieces: &[&[u8]]) -> Option<(Vec<session::Action>, Vec<u8>)> {
    let mut session = ServerSession::new(device()?, ServerConfig::default(), Millis(0));
    if script.is(2) {
        session.set_scope(Scope::Quarantine);
    }
    let (mut actions, mut sent) = (Vec::new(), Vec::new());
    let start: &[u8] = match (script.is(0), script.is(1)) {
        (true, true) => CONNECT_V311,
        (true, false) => CONNECT_V5,
        (false, _) => b"",
    };
    for piece in [start].iter().chain(pieces) {
        session.handle(Input::Bytes(piece), Millis(1));
        drain_server(&mut session, &mut actions, &mut sent);
    }
    answer(&mut session, &mut actions, &mut sent);
    session.handle_deadline(Millis(u64::MAX));
    session.handle(Input::Closed, Millis(2));
    drain_server(&mut session, &mut actions, &mut sent);
    let told = 5 * 80;
    let bound = OUTPUT_FIXED_BYTES + told + OUTPUT_FACTOR * script.bytes.len();
    assert!(sent.len() <= bound, "{} bytes said for {} heard", sent.len(), script.bytes.len());
    assert!(actions.len() <= script.bytes.len() + 64, "{} actions", actions.len());
    Some((actions, sent))
}

/// Answers what was admitted, from the last to the first, stored and refused in turn; and tells the device something.
fn answer(session: &mut ServerSession, actions: &mut Vec<session::Action>, sent: &mut Vec<u8>) {
    // Answers make room for packets that waited, so there may be more to answer; each round takes some bytes.
    let mut done = 0;
    while done < actions.len() {
        let admitted: Vec<_> = actions
            .iter()
            .skip(done)
            .filter_map(|action| if let session::Action::Admit(admit) = action { admit.packet_id } else { None })
            .collect();
        done = actions.len();
        for (at, id) in admitted.into_iter().enumerate().rev() {
            let refused = Verdict::Refused { reason: ReasonCode::PayloadFormatInvalid, name: "made-up-refusal" };
            session.acknowledge(id, if at % 2 == 0 { Verdict::Stored } else { refused });
        }
        drain_server(session, actions, sent);
    }
    for channel in holdfast_core::topic::DownChannel::ALL {
        let _ = session.publish(channel, b"{}", Qos::AtLeastOnce, 7);
    }
    drain_server(session, actions, sent);
}

fn drain_server(session: &mut ServerSession, actions: &mut Vec<session::Action>, sent: &mut Vec<u8>) {
    while let Some(action) = session.poll_action() {
        if let session::Action::Send(bytes) = action {
            sent.extend(bytes);
        } else {
            actions.push(action);
        }
    }
}

pub(super) fn client_session(data: &[u8]) {
    let Some(script) = Script::read(data) else { return };
    let whole = talk(&script, &[script.bytes]);
    let pieces = talk(&script, &script.pieces());
    assert_eq!(whole, pieces, "a connection depends on how its bytes were cut");
}

fn talk(script: &Script<'_>, pieces: &[&[u8]]) -> Option<(Vec<client::Action>, Vec<u8>)> {
    let mut session = ClientSession::new(device()?, ClientConfig::default(), Millis(0)).ok()?;
    let (mut actions, mut sent) = (Vec::new(), Vec::new());
    if script.is(0) {
        session.handle(Input::Bytes(WELCOME), Millis(1));
        drain_client(&mut session, &mut actions, &mut sent);
        assert!(session.is_ready(), "the welcome was not understood: {actions:?}");
        for token in 0..4 {
            assert_eq!(session.publish(&UpChannel::Event, b"{}", token), Ok(()));
        }
    }
    for piece in pieces {
        session.handle(Input::Bytes(piece), Millis(2));
        drain_client(&mut session, &mut actions, &mut sent);
    }
    let received: Vec<_> = actions
        .iter()
        .filter_map(|action| if let client::Action::Received { packet_id, .. } = action { *packet_id } else { None })
        .collect();
    for (at, id) in received.into_iter().enumerate().rev() {
        if at % 2 == 0 { session.accepted(id) } else { session.declined(id, ReasonCode::NotAuthorized) }
    }
    session.handle_deadline(Millis(60_000));
    session.disconnect();
    drain_client(&mut session, &mut actions, &mut sent);
    let bound = OUTPUT_FIXED_BYTES + OUTPUT_FACTOR * script.bytes.len();
    assert!(sent.len() <= bound, "{} bytes said for {} heard", sent.len(), script.bytes.len());
    assert!(actions.len() <= script.bytes.len() + 64, "{} actions", actions.len());
    Some((actions, sent))
}

fn drain_client(session: &mut ClientSession, actions: &mut Vec<client::Action>, sent: &mut Vec<u8>) {
    while let Some(action) = session.poll_action() {
        if let client::Action::Send(bytes) = action {
            sent.extend(bytes);
        } else {
            actions.push(action);
        }
    }
}
