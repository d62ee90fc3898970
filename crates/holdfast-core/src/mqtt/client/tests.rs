//! The agent's session against the server's, and against servers that break the rules.

use super::super::packet::{Packet, PacketId};
use super::super::session::{
    self as server, Admit, CloseCause as ServerClose, Input, ServerConfig, ServerSession, Verdict,
};
use super::*;
use crate::time::Millis;
use crate::topic::{DownChannel, UpChannel};
use alloc::vec::Vec;
use core::num::NonZeroU16;

fn device() -> DeviceId {
    "hearth-0001".parse().unwrap()
}

fn agent() -> ClientSession {
    ClientSession::new(device(), ClientConfig::default(), Millis(0)).unwrap()
}

/// Both ends with a wire between them.
struct Pair {
    agent: ClientSession,
    server: ServerSession,
    /// What the shells saw, without the bytes.
    at_agent: Vec<Action>,
    at_server: Vec<server::Action>,
}

impl Pair {
    fn new(config: ServerConfig) -> Self {
        let server = ServerSession::new(device(), config, Millis(0));
        Self { agent: agent(), server, at_agent: Vec::new(), at_server: Vec::new() }
    }

    /// Carries bytes until nobody has anything to say.
    fn run(&mut self, now: Millis) {
        loop {
            let mut quiet = true;
            while let Some(action) = self.agent.poll_action() {
                quiet = false;
                match action {
                    Action::Send(bytes) => self.server.handle(Input::Bytes(&bytes), now),
                    other => self.at_agent.push(other),
                }
            }
            while let Some(action) = self.server.poll_action() {
                quiet = false;
                match action {
                    server::Action::Send(bytes) => self.agent.handle(Input::Bytes(&bytes), now),
                    other => self.at_server.push(other),
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn admitted(&mut self) -> Vec<Admit> {
        let take = |action| match action {
            server::Action::Admit(admit) => Some(admit),
            _ => None,
        };
        core::mem::take(&mut self.at_server).into_iter().filter_map(take).collect()
    }

    fn connected(config: ServerConfig) -> Self {
        let mut pair = Self::new(config);
        pair.run(Millis(0));
        assert_eq!(core::mem::take(&mut pair.at_agent), [Action::Connected, Action::Ready]);
        assert!(DownChannel::ALL.iter().all(|channel| pair.server.is_subscribed(*channel)));
        pair.at_server.clear();
        pair
    }
}

#[test]
fn agent_and_server_understand_each_other() {
    let mut pair = Pair::connected(ServerConfig::default());
    let channel = UpChannel::Telemetry("climate".parse().unwrap());
    pair.agent.publish(&channel, b"{}", 7).unwrap();
    pair.agent.publish(&UpChannel::Event, b"{}", 8).unwrap();
    pair.run(Millis(0));
    let admitted = pair.admitted();
    assert_eq!(admitted.iter().map(|a| &a.channel).collect::<Vec<_>>(), [&channel, &UpChannel::Event]);
    let refused = Verdict::Refused { reason: ReasonCode::PayloadFormatInvalid, name: "out-of-range" };
    pair.server.acknowledge(admitted[0].packet_id.unwrap(), Verdict::Stored);
    pair.server.acknowledge(admitted[1].packet_id.unwrap(), refused);
    pair.run(Millis(0));
    let words = Some("out-of-range".into());
    assert_eq!(
        core::mem::take(&mut pair.at_agent),
        [Action::Acked { token: 7 }, Action::Refused { token: 8, reason: ReasonCode::PayloadFormatInvalid, words }]
    );
    assert_eq!(pair.agent.window(), 64, "[MQTT-4.4.0-2]");
    pair.server.publish(DownChannel::Command, b"on", Qos::AtLeastOnce, 70).unwrap();
    pair.server.publish(DownChannel::Update, b"", Qos::AtLeastOnce, 71).unwrap();
    pair.server.publish(DownChannel::Policy, b"", Qos::AtMostOnce, 72).unwrap();
    pair.run(Millis(0));
    let ids: Vec<_> = core::mem::take(&mut pair.at_agent)
        .into_iter()
        .map(|action| match action {
            Action::Received { packet_id, channel, .. } => (packet_id, channel),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        ids.iter().map(|(_, c)| *c).collect::<Vec<_>>(),
        [DownChannel::Command, DownChannel::Update, DownChannel::Policy]
    );
    // [MQTT-4.6.0-2]: the answer to the first message leaves first, whatever the shell does.
    pair.agent.accepted(ids[1].0.unwrap());
    pair.run(Millis(0));
    assert!(pair.at_server.is_empty());
    // [MQTT-4.5.0-2]: also what the device does not take is answered.
    pair.agent.declined(ids[0].0.unwrap(), ReasonCode::Success);
    pair.run(Millis(0));
    assert_eq!(
        core::mem::take(&mut pair.at_server),
        [
            server::Action::Delivered { token: 70, reason: ReasonCode::Unspecified },
            server::Action::Delivered { token: 71, reason: ReasonCode::Success }
        ]
    );
    pair.agent.disconnect();
    pair.run(Millis(0));
    assert_eq!(pair.at_agent, [Action::Close { cause: CloseCause::ByAgent }]);
    assert_eq!(pair.at_server, [server::Action::Close { cause: ServerClose::ByDevice(ReasonCode::Success) }]);
}

#[test]
fn the_agent_keeps_to_the_window_of_the_server() {
    let config = ServerConfig { receive_maximum: NonZeroU16::new(3).unwrap(), ..ServerConfig::default() };
    let mut pair = Pair::connected(config);
    assert_eq!(pair.agent.window(), 3);
    for token in 0..3 {
        pair.agent.publish(&UpChannel::Event, b"{}", token).unwrap();
    }
    assert_eq!(pair.agent.publish(&UpChannel::Event, b"{}", 3), Err(NotSent::WindowFull), "[MQTT-3.3.4-7]");
    // [MQTT-4.3.2-3]
    pair.run(Millis(0));
    let first = pair.admitted()[0].packet_id.unwrap();
    pair.server.acknowledge(first, Verdict::Stored);
    pair.run(Millis(0));
    assert_eq!(pair.agent.window(), 1);
    let large = alloc::vec![0; 70_000];
    assert_eq!(pair.agent.publish(&UpChannel::Event, &large, 9), Err(NotSent::TooLarge), "[MQTT-3.2.2-15]");
    assert_eq!(pair.agent.window(), 1);
}

#[test]
fn packet_identifiers_go_round_and_are_never_used_twice_at_once() {
    let mut pair = Pair::connected(ServerConfig::default());
    pair.agent.publish(&UpChannel::Event, b"stays", 0).unwrap();
    pair.run(Millis(0));
    let stays = pair.admitted()[0].packet_id.unwrap();
    for token in 1..70_000 {
        pair.agent.publish(&UpChannel::Event, b"", token).unwrap();
        let Some(Action::Send(bytes)) = pair.agent.poll_action() else { panic!("nothing to send") };
        let limits = Limits { packet_bytes_max: 1_000, sender: Sender::Client };
        let Ok(Decoded::Packet(Packet::Publish(publish), _)) = decode(Version::V5, &bytes, &limits) else {
            panic!("{bytes:?}")
        };
        let super::super::packet::Delivery::AtLeastOnce { packet_id, dup: false } = publish.delivery else {
            panic!("{publish:?}")
        };
        assert!(packet_id != stays && packet_id != SUBSCRIBE_ID);
        let [high, low] = packet_id.0.get().to_be_bytes();
        pair.agent.handle(Input::Bytes(&[0x40, 2, high, low]), Millis(0));
        assert_eq!(pair.agent.poll_action(), Some(Action::Acked { token }));
    }
}

#[test]
fn the_agent_pings_and_gives_up_a_silent_server() {
    let config = ServerConfig { keep_alive_secs_max: 20, ..ServerConfig::default() };
    let mut pair = Pair::connected(config);
    assert_eq!(pair.agent.poll_deadline(), Some(Millis(15_000)), "[MQTT-3.1.2-21]: the server's keep-alive");
    pair.agent.handle_deadline(Millis(14_999));
    assert_eq!(pair.agent.poll_action(), None);
    pair.agent.handle_deadline(Millis(15_000));
    pair.run(Millis(15_000));
    assert_eq!(pair.agent.poll_deadline(), Some(Millis(30_000)));
    assert_eq!(pair.server.poll_deadline(), Some(Millis(45_000)), "[MQTT-3.1.2-20]");
    pair.agent.handle_deadline(Millis(30_000));
    assert_eq!(pair.agent.poll_action(), Some(Action::Send(b"\xc0\x00".to_vec())));
    assert_eq!(pair.agent.poll_deadline(), Some(Millis(45_000)));
    pair.agent.handle_deadline(Millis(45_000));
    assert_eq!(pair.agent.poll_action(), Some(Action::Close { cause: CloseCause::Silent }));
    let mut unanswered = agent();
    assert_eq!(unanswered.poll_deadline(), Some(ANSWER_WITHIN));
    unanswered.handle_deadline(ANSWER_WITHIN);
    assert!(matches!(unanswered.poll_action(), Some(Action::Send(_))));
    assert_eq!(unanswered.poll_action(), Some(Action::Close { cause: CloseCause::Silent }));
}

#[test]
fn the_agent_learns_why_it_is_sent_away() {
    let mut pair = Pair::new(ServerConfig::default());
    pair.server.turn_away(ReasonCode::ConnectionRateExceeded);
    pair.run(Millis(0));
    let words = Some("connection-rate-exceeded".into());
    let cause = CloseCause::TurnedAway { reason: ReasonCode::ConnectionRateExceeded, words };
    assert_eq!(pair.at_agent, [Action::Close { cause }]);
    let mut pair = Pair::connected(ServerConfig::default());
    pair.server.close(ReasonCode::SessionTakenOver);
    pair.run(Millis(0));
    let cause = CloseCause::ByServer { reason: ReasonCode::SessionTakenOver, words: None };
    assert_eq!(pair.at_agent, [Action::Close { cause }]);
    assert_eq!(pair.agent.publish(&UpChannel::Event, b"", 0), Err(NotSent::NotConnected));
    let mut lost = agent();
    lost.handle(Input::Closed, Millis(0));
    assert!(matches!(lost.poll_action(), Some(Action::Send(_))));
    assert_eq!(lost.poll_action(), Some(Action::Close { cause: CloseCause::Vanished }));
}

/// Statement, bytes before, the bytes that break it, name, reason told (0 for none).
type Breach<'a> = (&'a str, &'a [u8], Vec<u8>, &'a str, u8);

#[test]
fn a_server_that_breaks_the_rules_is_left() {
    let welcome = b"\x20\x03\x00\x00\x00";
    let policy = b"\x00\x18hf/v1/hearth-0001/policy";
    let raw = |first: u8, body: &[&[u8]]| super::super::tests::raw(first, body);
    let foreign = raw(0x30, &[b"\x00\x18hf/v1/hearth-0002/policy\x00"]);
    let upward = raw(0x30, &[b"\x00\x17hf/v1/hearth-0001/event\x00"]);
    let flood: Vec<u8> = (1..=17_u8).flat_map(|n| raw(0x32, &[policy, &[0, n, 0]])).collect();
    let cases: [Breach<'_>; 14] = [
        ("MQTT-3.2.0-1", b"", raw(0x30, &[policy, b"\x00"]), "first-packet-not-connack", 0),
        ("MQTT-3.2.0-1", b"", b"\xe0\x00".to_vec(), "first-packet-not-connack", 0),
        ("MQTT-3.2.2-4", b"", b"\x20\x03\x01\x00\x00".to_vec(), "session-present-unasked", 0),
        ("MQTT-3.2.2-11", b"", b"\x20\x05\x00\x00\x02\x24\x00".to_vec(), "server-without-qos-1", 0),
        ("MQTT-3.2.0-2", welcome, welcome.to_vec(), "packet-not-expected", 0x82),
        ("MQTT-3.1.2-27", welcome, raw(0x30, &[policy, b"\x03\x23\x00\x01"]), "topic-alias-not-supported", 0x94),
        ("MQTT-3.3.2-3", welcome, foreign, "foreign-device-tree", 0x90),
        ("MQTT-3.3.2-3", welcome, upward, "wrong-direction", 0x90),
        ("MQTT-3.8.4-8", welcome, raw(0x34, &[policy, b"\x00\x01\x00"]), "qos-2-not-supported", 0x9b),
        ("MQTT-3.3.4-9", welcome, flood, "receive-maximum-exceeded", 0x93),
        ("MQTT-2.2.1-5", welcome, b"\x40\x02\x00\x09".to_vec(), "puback-for-nothing", 0x82),
        ("MQTT-3.8.4-6", welcome, raw(0x90, &[b"\x00\x01\x00\x01"]), "suback-not-expected", 0x82),
        ("MQTT-2.1.3-1", welcome, b"\xd1\x00".to_vec(), "fixed-header-flags", 0x81),
        ("MQTT-4.12.0-6", welcome, raw(0xf0, &[b"\x18\x00"]), "packet-not-expected", 0x82),
    ];
    for (statement, before, bytes, name, told) in cases {
        let mut agent = agent();
        assert!(matches!(agent.poll_action(), Some(Action::Send(_))));
        agent.handle(Input::Bytes(before), Millis(0));
        while agent.poll_action().is_some() {}
        agent.handle(Input::Bytes(&bytes), Millis(0));
        let mut last = (Vec::new(), None);
        while let Some(action) = agent.poll_action() {
            match action {
                Action::Send(bytes) => last.0 = bytes,
                Action::Close { cause } => last.1 = Some(cause),
                _ => {}
            }
        }
        assert_eq!(last.1, Some(CloseCause::Broken(name)), "[{statement}]");
        let expected = if told == 0 { Vec::new() } else { Vec::from([0xe0, 1, told]) };
        assert_eq!(last.0, expected, "[{statement}]");
    }
}

#[test]
fn a_filter_that_the_server_refuses_is_reported() {
    let mut agent = agent();
    agent.handle(Input::Bytes(b"\x20\x03\x00\x00\x00\x90\x08\x00\x01\x00\x01\x87\x01\x01\x00"), Millis(0));
    let actions: Vec<_> = core::iter::from_fn(|| agent.poll_action()).collect();
    let refused = Action::NotSubscribed { channel: DownChannel::Command, reason: ReasonCode::NotAuthorized };
    assert_eq!(actions[..3], [Action::Connected, refused, Action::Ready]);
    assert!(agent.is_ready());
}

#[test]
fn long_words_of_the_server_are_cut_between_characters() {
    let text = "\u{e9}".repeat(200);
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    let mut body = Vec::from(*b"\x00\x00\x87\x93\x03\x1f");
    body.drain(..1);
    body.extend(length);
    body.extend(text.as_bytes());
    let connack = super::super::tests::raw(0x20, &[&body]);
    let mut agent = agent();
    agent.handle(Input::Bytes(&connack), Millis(0));
    let last = core::iter::from_fn(|| agent.poll_action()).last();
    let Some(Action::Close { cause: CloseCause::TurnedAway { words: Some(words), .. } }) = last else {
        panic!("{last:?}")
    };
    assert_eq!(words.len(), WORDS_BYTES_MAX);
    let _: PacketId = SUBSCRIBE_ID;
}
