//! Entry points for the fuzzers, not an interface: each feeds any bytes to private parsers of this program.
//!
//! Each also checks what must hold for input that is accepted.

use std::path::Path;

use futures_util::FutureExt as _;
use holdfast_core::cose::{Signer as _, SoftwareKey};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::order::{verify_desired, verify_order};
use holdfast_core::time::Timestamp;
use holdfast_core::update::copies::{self, crc32};
use holdfast_core::update::journal::Journal;
use reqwest::StatusCode;
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::agent::{Returned, homes};
use crate::application::{LINE_BYTES_MAX, Printed, next_line};
use crate::commands::Results;
use crate::config::Config;
use crate::conversation::{self, Policy};
use crate::counters::Reserved;
use crate::device_state::DeviceState;
use crate::fault::Fault;
use crate::keys::{Request, Terms};
use crate::local::form::Form;
use crate::local::keeper::{Controllers, FirstLink, SignIn};
use crate::local::{http, network, query};
use crate::queue::Shed;
use crate::resolve::Proven;
use crate::shadow::Known;
use crate::slots::Progress;
use crate::{acked, admin, commands, credential, declared, door, durable, est, hooks, keys, queue, unpack};

/// `agent.toml`.
pub fn config(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Config::parse(text);
    }
}

/// What the application prints: lines, and what they say.
///
/// # Panics
///
/// If a line is longer than it may be, or the output never ends.
pub fn application(data: &[u8]) {
    let (mut reader, mut line) = (data, Vec::new());
    for _ in 0..=data.len() {
        match next_line(&mut reader, &mut line).now_or_never() {
            Some(Printed::Line(text)) => {
                assert!(text.len() as u64 <= LINE_BYTES_MAX, "a line over the limit");
                let _ = conversation::said(&text);
            }
            Some(Printed::Unreadable) => {}
            Some(Printed::TooLong | Printed::End) => return,
            None => break,
        }
    }
    assert!(data.is_empty(), "the output does not end");
}

/// What the platform says: wishes, commands, challenges, policies.
///
/// # Panics
///
/// If an order is known by a name that is not its own.
pub fn messages(data: &[u8]) {
    let signer = SoftwareKey::ed25519(&[7; 32]).public_key();
    if let Ok(device) = "hearth-0001".parse() {
        let _ = verify_desired(data, &signer, &device);
        if let Ok(order) = verify_order(data, &signer, &device) {
            let _ = commands::read(order.into_inner());
        }
    }
    if let Ok(input) = serde_json::from_slice::<serde_json::Value>(data) {
        for action in ["holdfast:claim-confirm", "holdfast:owner-reset", "holdfast:revoke-controller"] {
            assert!(!homes::read_any(&action.to_uppercase(), input.clone()), "{action} in another case");
            let _ = homes::read_any(action, input.clone());
        }
    }
    let _ = serde_json::from_slice::<Policy>(data);
    let _ = conversation::challenge(data);
}

/// What anybody on the local network sends to the local door, and what is asked at the device.
///
/// # Panics
///
/// If a request is read as longer than what there was, or an answer is not read back as whole.
pub fn local_requests(data: &[u8]) {
    if let Ok(Some((request, used))) = http::parse(data) {
        assert!(used <= data.len(), "more than there was");
        let _ = query(&request.query);
        let _ = request.json::<FirstLink>();
        let _ = request.json::<SignIn>();
        let _ = Form::parse(&request.body);
        let local = std::net::SocketAddr::from(([192, 168, 1, 7], 8_443));
        let own = network::is_own_host(&request.host, local, "holdfast-0a1b2c3d.local");
        assert!(!own || !request.host.contains("evil"), "another host's name");
    }
    let _ = admin::parse(data);
}

/// What an image declares, and what the application tells the agent itself.
///
/// # Panics
///
/// If a declaration cannot be read again once it was written.
pub fn declarations(data: &[u8]) {
    if let Ok(declared) = declared::parse(data) {
        let written = serde_json::to_vec(&declared).unwrap_or_default();
        assert_eq!(declared::parse(&written).as_ref(), Ok(&declared), "read again as another");
    }
    let _ = std::str::from_utf8(data).map(hooks::read);
}

/// What the devices' door answers to an enrolment, or to anything it refuses.
///
/// # Panics
///
/// If a refusal has no name.
pub fn answer(data: &[u8]) {
    for certificate in est::read_answer(data).unwrap_or_default() {
        let _ = credential::renewal_at(&CertificateDer::from(certificate.as_slice()));
        if let Some((_, end)) = est::validity(&certificate) {
            let _ = Timestamp::from_micros(end.saturating_mul(1_000_000)).to_string();
        }
    }
    if let Some((status, body)) = data.split_first_chunk::<2>()
        && let Ok(status) = StatusCode::from_u16(u16::from_le_bytes(*status))
    {
        assert!(!door::refusal(status, None, body).name().is_empty(), "a refusal without a name");
    }
}

/// Key files, certificate files, and the terms of the vault.
pub fn key_files(data: &[u8]) {
    let _ = keys::pkcs8_of_pem(data);
    for certificate in keys::chain_from_pem(data).unwrap_or_default() {
        let _ = credential::is_expired(&certificate, Timestamp::from_micros(0));
        let _ = est::spki(&certificate);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Terms::parse(text);
    }
}

/// What the key process is asked, and what it answers.
///
/// # Panics
///
/// If a request is read, and written as another, or a message is signed that is not of its purpose.
pub fn key_requests(data: &[u8]) {
    if let Ok(request) = Request::parse(data) {
        assert_eq!(request.encode().as_slice(), data, "a request has one form");
        if let Request::Sign(slot, purpose, message) = request
            && purpose.check(slot, message).is_ok()
        {
            assert!(message.len() <= 8 * 1024, "a message over every limit");
        }
    }
    let _ = keys::parse_answer(data);
}

/// Lines of the queue's segments and of `acked.log`.
///
/// # Panics
///
/// If a message is written and read as another.
pub fn queue_lines(data: &[u8]) {
    for line in data.split(|byte| *byte == b'\n') {
        let _ = acked::entry(line);
        let framed = [format!("{:08x} ", crc32(line)).as_bytes(), line].concat();
        for line in [line, framed.as_slice()] {
            let Some((stream, counter, payload)) = queue::parse(line) else { continue };
            let written = queue::line_of(&stream, counter, &payload);
            assert_eq!(written.split_last().and_then(|(_, line)| queue::parse(line)), Some((stream, counter, payload)));
        }
    }
}

/// The records in `state/` and the progress of a download.
///
/// # Panics
///
/// If a record is read, and cannot be read again once it was written.
pub fn records(data: &[u8]) {
    record::<DeviceState>(data);
    record::<Journal>(data);
    record::<Known>(data);
    record::<Shed>(data);
    record::<Controllers>(data);
    record::<Results>(data);
    record::<Reserved>(data);
    record::<Proven>(data);
    record::<Returned>(data);
    let _ = serde_json::from_slice::<Progress>(data);
}

fn record<T: Serialize + DeserializeOwned>(data: &[u8]) {
    let _ = durable::newest::<T>(data, data);
    let Some((generation, value)) = durable::newest::<T>(&copies::encode(2, data), b"") else { return };
    assert_eq!(generation, 2);
    let written = serde_json::to_vec(&value).unwrap_or_default();
    let again = durable::newest::<T>(b"", &copies::encode(3, &written));
    assert!(again.is_some() || written.len() > copies::PAYLOAD_BYTES_MAX, "a record that cannot be read again");
}

/// An image, unpacked into `dir`, which is the fuzzer's own and is left empty.
///
/// # Panics
///
/// If unpacking fails without a named refusal, leaves something of a refused image, or a link out of a good one.
pub fn image(data: &[u8], dir: &Path) {
    let (image, into) = (dir.join("image"), dir.join("run"));
    if durable::create_dir(dir).is_err() || std::fs::write(&image, data).is_err() {
        return;
    }
    match unpack::unpack(&image, Sha256Digest::of(data), &into) {
        Ok(()) => no_way_out(&into, &into),
        Err(fault) => {
            assert!(matches!(fault, Fault::Refused { .. }), "not refused by name: {fault:?}");
            assert!(!into.exists(), "something stays of a refused image");
        }
    }
    let _ = unpack::clear(dir);
}

fn no_way_out(dir: &Path, root: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(meta) = std::fs::symlink_metadata(&path) else { continue };
        if meta.is_dir() {
            no_way_out(&path, root);
        } else if let (Ok(real), Ok(root)) = (path.canonicalize(), root.canonicalize()) {
            assert!(real.starts_with(root), "a link leads out: {}", path.display());
        }
    }
}
