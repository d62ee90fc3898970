//! Inputs that are accepted, or nearly: what mutation starts from. Made by the product's own encoders, published vectors
//! and fixed certificates; the same on every machine.

mod documents;
mod files;
mod packets;

use std::io;
use std::path::Path;

/// The seeds of one target.
#[derive(Debug, Clone)]
pub struct Seeds {
    /// The target's name.
    pub target: &'static str,
    /// Its inputs.
    pub inputs: Vec<Vec<u8>>,
}

/// Seeds of every target, in the order of [`super::TARGETS`].
#[must_use]
pub fn all() -> Vec<Seeds> {
    let seeds = |target: &'static str| Seeds { target, inputs: of(target) };
    super::TARGETS.iter().map(|(name, _)| seeds(name)).collect()
}

#[expect(clippy::too_many_lines, reason = "one line for each target")]
fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "agent_answer"
        | "agent_application"
        | "agent_config"
        | "agent_image"
        | "agent_key_files"
        | "agent_declarations"
        | "agent_local_requests"
        | "agent_key_requests"
        | "agent_messages"
        | "agent_queue"
        | "agent_records"
        | "authority_file"
        | "cursor"
        | "device_filter"
        | "device_payload"
        | "image_list"
        | "key_file"
        | "problem_document"
        | "range_request"
        | "update_question"
        | "web_bodies"
        | "web_fields"
        | "web_headers" => files::of(target),
        "boot_state" => documents::boot_states(),
        "cbor" => documents::cbor(),
        "certification_request" => vec![documents::request()],
        "claim_code" => texts(&["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcd-efgh-ijkl-mnop-qrst-uvwx-yz23-4567", "AAAA"]),
        "client_session" => packets::to_client(),
        "cose_key" => documents::cose_keys(),
        "cose_sign" => documents::cose_sign(),
        "cose_sign1" => documents::cose_sign1(),
        "credentials" => texts(&[
            "0123-4567-89AB-CDEF",
            "287 082",
            "view-fleet,contain-device",
            "ada.okafor",
            r#"{"id":"AAAA","rawId":"AAAA","type":"public-key","extensions":{},"response":{"authenticatorData":"AAAA","clientDataJSON":"e30","signature":"AAAA","userHandle":null}}"#,
            r#"{"id":"AAAA","rawId":"AAAA","type":"public-key","extensions":{},"response":{"attestationObject":"oA","clientDataJSON":"e30","transports":["internal"]}}"#,
        ]),
        "evidence" => documents::evidence(),
        "factory_manifest" => vec![documents::factory_manifest()],
        "field_map" => texts(&[
            "{}",
            r#"{"targetTemperature":21.5,"mode":"manual","childLock":true,"reportingInterval":60}"#,
            r#"{"minutes":5,"mode":null,"offsetTemperature":-1e-3}"#,
        ]),
        "ids" => texts(&[
            "hearth-0001",
            "climate",
            "018bcfe5-6800-7fff-bfff-ffffffffffff",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ]),
        "ledger_note" => documents::notes(),
        "ledger_proof" => documents::proofs(),
        "model" => texts(&[super::facts::THERMOSTAT, super::facts::CAMERA]),
        "mqtt_v311" | "mqtt_v5" => packets::all(),
        "peer_certificate" => vec![documents::certificate()],
        "pem" => vec![documents::pem(), b"00ff7e".to_vec()],
        "release" => documents::releases(),
        "server_session" => packets::to_server(),
        "spki" => documents::spkis(),
        "label" => documents::labels(),
        "statement" => documents::statements(),
        "suit" => documents::envelopes(),
        "telemetry" => documents::payloads(),
        "topic" => texts(&[
            "hf/v1/hearth-0001/telemetry/climate",
            "hf/v1/hearth-0001/shadow/reported",
            "hf/v1/hearth-0001/shadow/delta",
            "hf/v1/hearth-0001/command/018bcfe5-6800-7fff-bfff-ffffffffffff/result",
            "hf/v1/hearth-0001/update/report",
            "hf/v1/hearth-0001/attest",
        ]),
        "trust" => vec![super::maker::trust_document()],
        "web_secret" => {
            texts(&["BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc", "hft_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"])
        }
        _ => Vec::new(),
    }
}

fn texts(list: &[&str]) -> Vec<Vec<u8>> {
    list.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Writes the seeds as files `dir/target/seed-NN`, where `cargo fuzz` looks for its corpus; says how many.
///
/// # Errors
///
/// If a file cannot be written.
pub fn write(dir: &Path) -> io::Result<usize> {
    let mut written = 0;
    for Seeds { target, inputs } in all() {
        let folder = dir.join(target);
        std::fs::create_dir_all(&folder)?;
        for (at, input) in inputs.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{at:02}")), input)?;
            written += 1;
        }
    }
    Ok(written)
}
