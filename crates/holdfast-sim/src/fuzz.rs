//! One function for each parser of the product, to be fed with any bytes: it must return, whatever they are.
//!
//! Each function also checks what must hold for input that is accepted, mostly that writing and reading agree. The
//! libFuzzer programs in `fuzz/` and the tests of this crate call the same list, [`TARGETS`].

mod facts;
mod house;
mod images;
pub(crate) mod maker;
pub mod mutate;
pub mod seeds;
mod sessions;
mod signed;
mod wire;

use holdfast_agent::parsers as agent;
use holdfast_server::parsers as server;
use holdfast_web::parsers as web;

/// A parser under test: takes any bytes and panics only if the parser has a fault.
pub type Target = fn(&[u8]);

/// Every target with the name of its program in `fuzz/fuzz_targets`.
pub const TARGETS: &[(&str, Target)] = &[
    ("agent_answer", agent::answer),
    ("agent_application", agent::application),
    ("agent_config", agent::config),
    ("agent_declarations", agent::declarations),
    ("agent_image", images::unpacked),
    ("agent_key_files", agent::key_files),
    ("agent_key_requests", agent::key_requests),
    ("agent_local_requests", agent::local_requests),
    ("agent_messages", agent::messages),
    ("agent_queue", agent::queue_lines),
    ("agent_records", agent::records),
    ("authority_file", server::authority_file),
    ("boot_state", facts::boot_state),
    ("cbor", signed::cbor),
    ("certification_request", house::certification_request),
    ("claim_code", house::claim_code),
    ("client_session", sessions::client_session),
    ("cose_key", signed::cose_key),
    ("cose_sign", signed::cose_sign),
    ("cose_sign1", signed::cose_sign1),
    ("credentials", server::credentials),
    ("cursor", server::cursor),
    ("device_filter", facts::device_filter),
    ("device_payload", server::device_payload),
    ("evidence", signed::evidence),
    ("factory_manifest", house::factory_manifest),
    ("field_map", facts::field_map),
    ("ids", facts::ids),
    ("image_list", images::listed),
    ("key_file", server::key_file),
    ("label", signed::label),
    ("ledger_note", facts::ledger_note),
    ("ledger_proof", facts::ledger_proof),
    ("model", facts::model),
    ("mqtt_v311", wire::mqtt_v311),
    ("mqtt_v5", wire::mqtt_v5),
    ("peer_certificate", house::peer_certificate),
    ("pem", house::pem),
    ("problem_document", server::problem_document),
    ("range_request", server::range_request),
    ("release", signed::release),
    ("server_session", sessions::server_session),
    ("spki", signed::spki),
    ("statement", signed::statement),
    ("suit", signed::suit),
    ("telemetry", facts::telemetry),
    ("topic", facts::topic),
    ("trust", signed::trust),
    ("update_question", server::update_question),
    ("web_bodies", web::bodies),
    ("web_fields", web::fields),
    ("web_headers", web::headers),
    ("web_secret", house::web_secret),
];

/// Runs the target of this name; the libFuzzer programs call nothing else.
///
/// # Panics
///
/// If the target finds a fault, or there is no target of this name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    assert!(target.is_some(), "no target {name}");
    if let Some((_, target)) = target {
        target(data);
    }
}
