//! What the platform says to a device, quarantine, and how both ends take leave.

use super::*;

#[test]
fn messages_to_the_device_keep_to_what_it_subscribed_and_can_take() {
    let mut session = session();
    assert_eq!(session.publish(DownChannel::Policy, b"", Qos::AtLeastOnce, 1), Err(NotSent::NotConnected));
    // Receive Maximum 2, Maximum Packet Size 80.
    let hello = connect(5, 2, b"\x08\x21\x00\x02\x27\x00\x00\x00\x50", b"\x00\x0bhearth-0001");
    feed(&mut session, &hello, Millis(0));
    let command = DownChannel::Command;
    assert_eq!(session.publish(command, b"", Qos::AtLeastOnce, 1), Err(NotSent::NotSubscribed));
    let filters = [("hf/v1/hearth-0001/command", 1), ("hf/v1/hearth-0001/policy", 0)];
    feed(&mut session, &subscribe(5, &filters), Millis(0));
    assert_eq!(session.publish(DownChannel::Policy, b"p", Qos::AtLeastOnce, 1), Ok(Qos::AtMostOnce), "[MQTT-3.8.4-8]");
    // [MQTT-4.3.2-1], [MQTT-4.3.2-2], [MQTT-2.2.1-4]
    assert_eq!(session.publish(command, b"a", Qos::AtLeastOnce, 11), Ok(Qos::AtLeastOnce));
    assert_eq!(session.publish(command, &[0; 80], Qos::AtLeastOnce, 12), Err(NotSent::TooLarge), "[MQTT-3.1.2-25]");
    assert_eq!(session.publish(command, b"b", Qos::AtLeastOnce, 13), Ok(Qos::AtLeastOnce));
    // [MQTT-4.9.0-1], [MQTT-4.9.0-2]
    assert_eq!(session.publish(command, b"c", Qos::AtLeastOnce, 14), Err(NotSent::WindowFull), "[MQTT-3.3.4-9]");
    let sent = [
        publish(5, 0x30, "hf/v1/hearth-0001/policy", 0, b"p"),
        publish(5, 0x32, "hf/v1/hearth-0001/command", 1, b"a"),
        publish(5, 0x32, "hf/v1/hearth-0001/command", 2, b"b"),
    ];
    assert_eq!(session.poll_action(), Some(Action::Send(sent.concat())));
    // [MQTT-4.9.0-3], [MQTT-3.3.4-10]: other packets are answered while the window is full.
    assert_eq!(feed(&mut session, b"\xc0\x00", Millis(0)).sent, b"\xd0\x00");
    let done = feed(&mut session, b"\x40\x03\x00\x02\x87\x40\x02\x00\x01\x40\x02\x00\x01", Millis(0));
    let delivered = |token, reason| Action::Delivered { token, reason };
    assert_eq!(done.other, [delivered(13, ReasonCode::NotAuthorized), delivered(11, ReasonCode::Success)]);
    assert_eq!((done.refused.as_slice(), done.closed), (&["puback-for-nothing"][..], None));
    assert_eq!(session.publish(command, b"d", Qos::AtLeastOnce, 15), Ok(Qos::AtLeastOnce));
}

#[test]
fn an_unsubscribed_device_is_told_nothing_more() {
    let mut session = connected(5);
    feed(&mut session, &subscribe(5, &[("hf/v1/hearth-0001/command", 1)]), Millis(0));
    let done = feed(
        &mut session,
        &unsubscribe(5, &["hf/v1/hearth-0001/command", "hf/v1/hearth-0001/policy", "other"]),
        Millis(0),
    );
    // [MQTT-3.10.4-1], [MQTT-3.10.4-4], [MQTT-3.10.4-5], [MQTT-3.10.4-6], [MQTT-3.11.3-1]
    assert_eq!(done.sent, b"\xb0\x06\x00\x08\x00\x00\x11\x11");
    assert_eq!(done.other, [Action::Unsubscribed(DownChannel::Command)]);
    // [MQTT-3.10.4-2]
    assert_eq!(session.publish(DownChannel::Command, b"", Qos::AtMostOnce, 0), Err(NotSent::NotSubscribed));
    let mut session = connected(4);
    assert_eq!(feed(&mut session, &unsubscribe(4, &["x"]), Millis(0)).sent, b"\xb0\x02\x00\x08");
}

#[test]
fn quarantine_narrows_both_directions_until_it_is_lifted() {
    let mut session = connected(5);
    let all = DownChannel::ALL.map(|channel| channel.topic_of(&device()));
    let filters: Vec<_> = all.iter().map(|topic| (topic.as_str(), 1)).collect();
    feed(&mut session, &subscribe(5, &filters), Millis(0));
    session.set_scope(Scope::Quarantine);
    let reading = publish(5, 0x32, "hf/v1/hearth-0001/telemetry/climate", 1, b"{}");
    let done = feed(&mut session, &reading, Millis(0));
    assert_eq!(done.sent, refusal(1, ReasonCode::NotAuthorized, "quarantined"));
    let evidence = publish(5, 0x32, "hf/v1/hearth-0001/attest", 2, b"x");
    assert_eq!(feed(&mut session, &evidence, Millis(0)).admitted.len(), 1);
    assert_eq!(session.publish(DownChannel::Command, b"", Qos::AtLeastOnce, 1), Err(NotSent::Quarantined));
    assert_eq!(session.publish(DownChannel::Challenge, b"", Qos::AtLeastOnce, 1), Ok(Qos::AtLeastOnce));
    session.set_scope(Scope::Full);
    assert_eq!(feed(&mut session, &reading, Millis(0)).admitted.len(), 1);
}

#[test]
fn both_ends_can_take_leave() {
    for (bytes, reason) in [(&b"\xe0\x00"[..], ReasonCode::Success), (b"\xe0\x01\x04", ReasonCode::DisconnectWithWill)]
    {
        let done = converse(&[&hello(5), bytes, b"\xc0\x00"]);
        assert_eq!(done.closed, Some(CloseCause::ByDevice(reason)), "[MQTT-3.14.4-1], [MQTT-3.14.4-2]");
    }
    let mut session = connected(5);
    session.handle(Input::Closed, Millis(0));
    assert_eq!(session.poll_action(), Some(Action::Close { cause: CloseCause::Vanished }));
    for (level, told) in [(5, &b"\xe0\x01\x8b"[..]), (4, b"")] {
        let mut session = connected(level);
        session.close(ReasonCode::ServerShuttingDown);
        session.close(ReasonCode::SessionTakenOver);
        let mut done = Done::default();
        done.collect(&mut session);
        assert_eq!(
            (done.sent.as_slice(), done.closed),
            (told, Some(CloseCause::ByServer(ReasonCode::ServerShuttingDown)))
        );
        assert_eq!(feed(&mut session, b"\xc0\x00", Millis(0)), Done::default());
        session.acknowledge(id(1), Verdict::Stored);
        assert_eq!(session.poll_action(), None);
    }
    let mut early = tests::session();
    early.close(ReasonCode::ServerShuttingDown);
    assert!(matches!(early.poll_action(), Some(Action::Close { .. })), "[MQTT-3.14.0-1]: no DISCONNECT before CONNACK");
}

#[test]
fn a_session_asked_to_outlive_the_connection_may_be_asked_again_at_its_end() {
    let hello = connect(5, 2, b"\x05\x11\x00\x00\x00\x09", b"\x00\x0bhearth-0001");
    let done = converse(&[&hello, &raw(0xe0, &[b"\x00\x05\x11\x00\x00\x00\x01"])]);
    assert_eq!(done.closed, Some(CloseCause::ByDevice(ReasonCode::Success)));
    let connack = connack(&done.sent, Version::V5);
    assert!(connack.properties.iter().any(|p| p == Property::SessionExpirySecs(0)));
}

#[test]
fn nothing_is_kept_of_an_idle_connection() {
    let mut session = connected(5);
    let bytes: Vec<u8> = (1..=40).flat_map(|n| publish(5, 0x32, "hf/v1/hearth-0001/event", n, b"x")).collect();
    let (head, tail) = bytes.split_at(bytes.len() - 3);
    feed(&mut session, head, Millis(0));
    feed(&mut session, tail, Millis(0));
    for n in 1..=40 {
        session.acknowledge(id(n), Verdict::Stored);
    }
    while session.poll_action().is_some() {}
    assert_eq!(session.output.capacity(), 0);
    assert!(session.actions.capacity() <= KEPT);
    assert!(session.open().is_some_and(|open| open.received.capacity() <= KEPT));
}
