//! The agent's loop without a server: an agent in a directory of its own, with a link that is gone.

use holdfast_core::cose::{Signer as _, SoftwareKey};
use holdfast_core::trust::{self, Role, TrustContent};

use super::*;
use crate::cli;

mod clock_ahead;

/// An initialised device, and the far ends of its channels.
fn agent() -> (tempfile::TempDir, Agent) {
    let authority = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let created = Timestamp::from_micros(1_790_000_000_000_000);
    let (dir, agent, _) = agent_of("https://localhost:1", authority.cert.der(), created);
    (dir, agent)
}

/// The same for a platform at this address, with an authority and a trust document of this time.
fn agent_of(url: &str, authority: &[u8], created: Timestamp) -> (tempfile::TempDir, Agent, mpsc::Receiver<Brought>) {
    let dir = tempfile::tempdir().unwrap();
    let init = cli::Init {
        dir: dir.path().to_path_buf(),
        device_id: "hearth-0001".to_owned(),
        product: "hearth-thermostat".to_owned(),
        maker: "hearth.example".to_owned(),
        devices_url: url.to_owned(),
        mqtt_addr: "localhost:1".to_owned(),
        reconnect_max_ms: 60_000,
        poll_ms: 5_000,
        ..cli::Init::default()
    };
    crate::factory::init(&init).unwrap();
    let layout = Layout::new(dir.path());
    layout.create().unwrap();
    let keys = Keys::here(crate::keys::Vault::open(&layout.vault()).unwrap());
    let spki = keys.key(crate::keys::KeySlot::Factory).unwrap().unwrap().spki().to_vec();
    let factory =
        rcgen::CertifiedIssuer::self_signed(rcgen::CertificateParams::default(), rcgen::KeyPair::generate().unwrap());
    let key = rcgen::SubjectPublicKeyInfo::from_der(&spki).unwrap();
    let factory = rcgen::CertificateParams::default().signed_by(&key, &factory.unwrap()).unwrap();
    std::fs::write(layout.keys("factory.crt"), factory.pem()).unwrap();
    std::fs::write(layout.trust(1), trust_document(1, 13, authority, created)).unwrap();
    let (brings, brought) = mpsc::channel(1);
    let (heard, _) = mpsc::channel(1);
    let (said, _) = mpsc::channel(1);
    let (core_said, _) = mpsc::channel(1);
    let agent = Agent::load(&layout, keys, (brings, heard), (said, core_said)).unwrap();
    (dir, agent, brought)
}

/// A trust document whose freshness key is the one of this seed.
fn trust_document(version: u64, freshness: u8, authority: &[u8], created: Timestamp) -> Vec<u8> {
    let root = SoftwareKey::ed25519(&[11; 32]);
    let content = TrustContent {
        version,
        maker_domain: "hearth.example".to_owned(),
        root: Role::new(1, vec![root.public_key()]).unwrap(),
        release: Role::new(1, vec![SoftwareKey::ed25519(&[12; 32]).public_key()]).unwrap(),
        freshness: SoftwareKey::ed25519(&[freshness; 32]).public_key(),
        operational_cas: vec![authority.to_vec()],
        factory_cas: vec![authority.to_vec()],
        created,
        next_root: None,
    };
    trust::add_signature(&content.to_unsigned().unwrap(), &root).unwrap()
}

#[test]
fn what_a_link_that_is_gone_does_not_take_waits_in_the_queue() {
    let (_dir, mut agent) = agent();
    agent.connection.pretend_linked();
    for _ in 0..3 {
        agent.measured("climate", &serde_json::Map::new()).unwrap();
    }
    let order = crate::conversation::Order {
        id: "018bcfe5-6800-7fff-bfff-ffffffffffff".to_owned(),
        action: "identify".to_owned(),
        input: serde_json::Value::Null,
        expires: 0,
    };
    assert!(!agent.commands.ordered(&order, Timestamp::from_micros(1)).unwrap(), "expired: its result is to be told");
    agent.speak();
    assert!(agent.on_the_way.is_empty());
    assert!(agent.hold_until.is_some(), "another try comes later");
    agent.hold_until = None;
    agent.speak();
    assert_eq!(agent.queue.take(false).map(|message| message.counter), Some(1));
    assert!(agent.commands.take_untold().is_some());
}

#[test]
fn an_order_of_a_signer_that_a_newer_trust_document_names_is_carried_out_once_that_is_here() {
    let (_dir, mut agent) = agent();
    agent.connection.pretend_linked();
    let id = "018bcfe5-6800-7fff-bfff-ffffffffffff".parse().unwrap();
    let device = "hearth-0001".parse().unwrap();
    let expires = Timestamp::from_micros(i64::MAX);
    let (action, input) = ("identify".to_owned(), "{}".to_owned());
    let order = holdfast_core::order::CommandOrder { device, id, action, input, expires };
    let payload = order.sign(&SoftwareKey::ed25519(&[14; 32])).unwrap();
    agent.link_told(0, FromLink::Received { packet_id: None, channel: DownChannel::Command, payload });
    assert_eq!(agent.commands.next_expiry(), None, "not believed");
    let authority = agent.trust.document().content().operational_cas[0].clone();
    let created = agent.trust.document().content().created;
    agent.trust_more(&[trust_document(2, 14, &authority, created)]).unwrap();
    assert_eq!(agent.commands.next_expiry(), Some(expires), "the platform does not send it again on this connection");
    assert!(agent.of_unknown_signer.is_empty());
}

#[test]
fn a_clock_far_ahead_is_set_back_by_a_statement_and_a_small_difference_is_left() {
    let (_dir, mut agent) = agent();
    let day = 86_400_000_000;
    let real = |ahead: i64| Timestamp::from_micros(clock::now().as_micros() - ahead);
    agent.compare_clock(real(85 * day));
    let off = agent.trusted_now().as_micros() - real(85 * day).as_micros();
    assert!(off.abs() < 5_000_000, "{off}");
    let told = String::from_utf8(agent.queue.take(true).unwrap().payload).unwrap();
    assert!(told.contains("clock-corrected") && told.contains("off_ms=7344"), "{told}");
    agent.compare_clock(real(5_000_000));
    assert_eq!(agent.clock_ahead_us, 0);
}

#[tokio::test]
async fn a_program_that_could_not_even_be_started_is_started_again_later() {
    let (_dir, mut agent) = agent();
    let (slot, app) = (holdfast_core::update::boot::Slot::A, "bin/app".to_owned());
    let program = crate::application::Program { slot, app, limits: crate::declared::Use::default() };
    assert_eq!(agent.application.start(program).unwrap_err().name(), "storage-failed", "there is no such directory");
    let first = agent.application.restart_at();
    assert!(first.is_some());
    assert!(agent.application.restart().is_err());
    assert!(agent.application.restart_at() > first, "after a longer wait");
    agent.application.stop().await;
    assert_eq!(agent.application.restart_at(), None);
}

#[test]
fn on_a_device_whose_clock_is_behind_time_goes_on_from_what_was_proven() {
    let (_dir, mut agent) = agent();
    let proven = Timestamp::from_micros(clock::now().as_micros() + 86_400_000_000);
    agent.record.value.time_floor_us = proven.as_micros();
    agent.compare_clock(proven);
    let (_, at) = agent.proven;
    while clock::monotonic() == at {
        std::thread::yield_now();
    }
    assert!(agent.trusted_now() > proven);
    assert!(agent.trusted_now().since(proven) < Millis(60_000));
}

#[test]
fn what_waits_is_told_only_after_the_platform_said_its_policy() {
    let (_dir, mut agent) = agent();
    agent.connection.pretend_linked();
    agent.outage_over(clock::monotonic());
    agent.measured("climate", &serde_json::Map::new()).unwrap();
    agent.speak();
    assert_eq!(agent.hold_until, None, "nothing was tried");
    let payload = br#"{"quarantined":false,"reason":null}"#.to_vec();
    let channel = DownChannel::Policy;
    agent.link_told(0, FromLink::Received { packet_id: None, channel, payload });
    agent.speak();
    assert!(agent.hold_until.is_some(), "now it was, and the link is gone");
}

#[test]
fn an_outage_is_told_once_after_it_with_its_begin_and_nearest_cause() {
    let (dir, mut agent) = agent();
    let now = clock::monotonic();
    agent.outage_over(now);
    assert_eq!(agent.queue.len(), 0, "the first connection ends no outage");
    agent.outage(Outage::Server, true);
    agent.outage(Outage::Dns, false);
    agent.outage(Outage::Server, false);
    agent.outage_over(now);
    agent.outage_over(now);
    assert_eq!(agent.queue.len(), 1);
    let told = String::from_utf8(agent.queue.take(true).unwrap().payload).unwrap();
    assert!(told.contains("class=dns") && told.contains("tries=2"), "{told}");
    agent.left_on_purpose();
    agent.outage_over(now);
    assert_eq!(agent.queue.len(), 1, "what the agent itself wanted is no outage");
    assert!(Returning::load(&Layout::new(dir.path())).after_power_cut(), "ended without a word");
}
