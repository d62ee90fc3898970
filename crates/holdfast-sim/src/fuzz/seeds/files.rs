//! Seeds for what one program alone reads: the agent's files and messages, the server's requests, the door's headers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_core::cbor::item;
use holdfast_core::cose::{Signer as _, SoftwareKey};
use holdfast_core::id::DeviceId;
use holdfast_core::order::{CommandOrder, DesiredOrder};
use holdfast_core::time::Timestamp;
use holdfast_core::update::copies::crc32;
use holdfast_server::authority::secret_file;

use super::super::images::{BLOCK_BYTES, repaired};
use super::super::maker::{FACTORY_PUBLIC, FRESHNESS, key};
use super::{documents, texts};

pub(super) fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "agent_answer" => answers(),
        "agent_application" => texts(&[APPLICATION]),
        "agent_config" => texts(&[CONFIG]),
        "agent_declarations" => texts(&[
            r#"{"title":"Lamp","controls":{"properties":{"on":{"type":"boolean"},"level":{"type":"number","minimum":0,"maximum":1}},"actions":{"blink":{"title":"Blink"}}},"power_on":{"on":"ask"},"core":{"program":"bin/core","silent_ms_max":2000,"gap_ms_max":900},"bulk":["waveform"],"limits":{"memory_mib":64}}"#,
            r#"{"button":"confirm"}"#,
            r#"{"alive":true}"#,
        ]),
        "agent_local_requests" => texts(&[
            "GET /local/v1/events?after=7 HTTP/1.1\r\nHost: 192.168.1.7:8443\r\nAuthorization: Bearer abc\r\n\r\n",
            "POST /local/v1/token HTTP/1.1\r\nHost: holdfast-0a1b2c3d.local:8443\r\nContent-Type: application/json\r\nContent-Length: 46\r\n\r\n{\"controller\":\"a\",\"nonce\":\"b\",\"signature\":\"c\"}",
            r#"{"do":"confirm","code":"482913"}"#,
        ]),
        "agent_image" | "image_list" => images(),
        "agent_key_files" => vec![private_key_pem(), certificate_pem()],
        "agent_key_requests" => key_requests(),
        "agent_messages" => [
            texts(&[
                r#"{"nonce":"0a0b0c0d0e0f0a0b0c0d0e0f0a0b0c0d"}"#,
                r#"{"quarantined":true,"reason":"image-changed","recover":true}"#,
            ]),
            orders(),
        ]
        .concat(),
        "agent_queue" => vec![queue()],
        "agent_records" => texts(&RECORDS),
        "authority_file" => vec![authority()],
        "cursor" => texts(&["1795408200000000.7", "-5.18446744073709551615"]),
        "device_filter" => texts(&[
            "hearth-00* -0042 product:hearth version:>=1.2.0 -state:revoked",
            "quarantine:yes online:no owner:yes alert:open seen:<7d seen:never group:beta-testers",
            "version:\"1.0 beta\" batch:018bcfe5-6800-7fff-bfff-ffffffffffff -\"-4\"",
        ]),
        "device_payload" => texts(&[
            r#"{"ok":true,"output":{"a":1,"b":"x"}}"#,
            r#"{"ok":false,"reason":"too-hot"}"#,
            r#"{"deployment":"018bcfe5-6800-7fff-bfff-ffffffffffff","generation":1,"state":"rolled_back","percent":7,"reason":"no-boot","sequence":9,"digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}"#,
            r#"{"c":1,"t":5,"kind":"door-opened","text":"the lid is open"}"#,
        ]),
        "key_file" => vec![key_file(true), key_file(false)],
        "problem_document" => texts(&[
            r#"{"type":"urn:holdfast:refusal:device-unknown","title":"device unknown","status":404,"detail":"There is no such device."}"#,
            r#"{"title":"\u001b[2J","type":"about:blank"}"#,
        ]),
        "range_request" => ["bytes=10-90\n\"tag\"", "bytes=-10\n", "bytes=5-\n\n\"a\", W/\"tag\""]
            .map(|lines| [&100_u64.to_le_bytes(), lines.as_bytes()].concat())
            .to_vec(),
        "update_question" => vec![item(|w| {
            w.map(4).u64(1).bytes(&[1; 32]).u64(2).u64(1).u64(3).u64(7).u64(4).bytes(&[2; 32]);
        })],
        "web_bodies" => texts(&[
            r#"{"release":"018bcfe5-6800-7fff-bfff-ffffffffffff","phases":[{"percent":5,"success_percent":90}],"abort_threshold_percent":20,"min_devices":3,"deadline_s":60}"#,
            r#"{"version":3,"desired":{"targetTemperature":21.5,"mode":null}}"#,
            r#"{"action":"identify","input":{"seconds":2},"expires_s":300}"#,
            r#"{"title":"Hearth","vendor_domain":"hearth.example","thing_model":{"title":"Hearth"}}"#,
            r#"{"name":"Ada","role":"assessor"}"#,
            r#"{"label":"ci","days":30}"#,
        ]),
        "web_fields" => {
            texts(&["after=018bcfe5&limit=50&state=ok", "form_token=ab&set.mode=a+b%20c&version=3", "limit=1&limit=2"])
        }
        "web_headers" => texts(&[
            "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"\n8e03978e-40d5",
            "a=b; __Host-holdfast=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc; c=d",
            "Bearer hft_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
            "https://hf.example\nhttps://evil.example\nhttps://hf.example:8443",
        ]),
        _ => Vec::new(),
    }
}

/// What the agent asks its key process, and what comes back.
fn key_requests() -> Vec<Vec<u8>> {
    let client_verify = [[b' '; 64].as_slice(), b"TLS 1.3, client CertificateVerify\0", &[7; 32]].concat();
    let evidence = item(|w| {
        let claims = item(|w| {
            w.map(1).i64(265).text(holdfast_core::attest::PROFILE);
        });
        let header = item(|w| {
            w.map(1).i64(1).i64(-9);
        });
        w.array(4).text("Signature1").bytes(&header).bytes(b"").bytes(&claims);
    });
    let mut seeds = vec![
        item(|w| {
            w.array(1).u64(0);
        }),
        item(|w| {
            w.array(2).u64(4).text("ldevid-a");
        }),
    ];
    seeds.extend([("ldevid-b", "tls-client-verify", client_verify), ("factory", "evidence", evidence)].map(
        |(slot, purpose, message)| {
            item(|w| {
                w.array(4).u64(5).text(slot).text(purpose).bytes(&message);
            })
        },
    ));
    seeds.push(item(|w| {
        w.array(3).u64(6).text("wifi").bytes(b"correct horse");
    }));
    seeds.push(item(|w| {
        w.array(2).u64(1).text("key-missing");
    }));
    seeds
}

const APPLICATION: &str = r#"{"stream":"climate","fields":{"temperature":21.5,"humidity":40}}
{"event":"housing-opened","text":"by hand"}
{"reported":{"mode":"frost"}}
{"result":{"id":"018bcfe5-6800-7fff-bfff-ffffffffffff","ok":true,"output":{"a":1}}}
{"result":{"id":"018bcfe5-6800-7fff-bfff-ffffffffffff","ok":false,"reason":"too-hot"}}
"#;

const CONFIG: &str = r#"device_id = "hearth-0001"
product = "hearth-thermostat"
maker = "Hearth"
est_url = "https://localhost:8444/"
mqtt_addr = "[::1]:8883"
[timing]
reconnect_ms_min = 100
reconnect_ms_max = 2000
[limits]
queue_bytes_max = 100000
[application_env]
ROOM = "hall"
"#;

const RECORDS: [&str; 7] = [
    r#"{"boots":7,"statement_counter":4,"time_floor_us":1795408200000000,"credential":"a","candidate":"b"}"#,
    r#"{"floor":5,"job":null,"outcome":null}"#,
    r#"{"version":4,"wish":{"mode":"off"},"reported":{"mode":"frost","target":21.5}}"#,
    r#"[{"id":"018bcfe5-6800-7fff-bfff-ffffffffffff","result":{"ok":true,"output":{}},"acknowledged":false}]"#,
    r#"{"climate":501,"heating":1001}"#,
    r#"{"image":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"bytes":9,"received":12,"tag":"\"t\""}"#,
    r#"{"climate":18446744073709551615}"#,
];

/// One DER element.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let [high, low] = u16::try_from(content.len()).unwrap_or_default().to_be_bytes();
    let head: &[u8] = match (high, low) {
        (0, 0..=0x7f) => &[tag, low],
        (0, _) => &[tag, 0x81, low],
        _ => &[tag, 0x82, high, low],
    };
    [head, &content].concat()
}

/// An enrolment's answer (RFC 5652 §5.1, certificates only), and two refusals (RFC 9457) behind their status.
fn answers() -> Vec<Vec<u8>> {
    let signed_data = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    let data = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
    let certificates = element(0xa0, &[&documents::certificate()]);
    let inner =
        element(0x30, &[&[0x02, 0x01, 0x01], &[0x31, 0x00], &element(0x30, &[&data]), &certificates, &[0x31, 0x00]]);
    let answer = STANDARD.encode(element(0x30, &[&signed_data, &element(0xa0, &[&inner])]));
    let refusal = |status: u16, body: &str| [&status.to_le_bytes(), body.as_bytes()].concat();
    vec![answer.into_bytes(), refusal(403, r#"{"type":"urn:holdfast:refusal:device-revoked"}"#), refusal(503, "<html>")]
}

/// One entry of a tar file: name, kind, content or link target.
fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let is_link = kind == b'2';
    let mut header = vec![0_u8; BLOCK_BYTES];
    let mut put = |at: usize, bytes: &[u8]| header.splice(at..at + bytes.len(), bytes.iter().copied()).count();
    put(0, name.as_bytes());
    put(100, b"0000755\0");
    put(124, format!("{:011o}\0", if is_link { 0 } else { content.len() }).as_bytes());
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    if is_link {
        put(157, content);
    }
    let mut header = repaired(&header);
    if !is_link {
        header.extend_from_slice(content);
        header.resize(header.len().next_multiple_of(BLOCK_BYTES), 0);
    }
    header
}

/// A good image, one with links, one with a long name, and one that wants out.
fn images() -> Vec<Vec<u8>> {
    let end = vec![0; 2 * BLOCK_BYTES];
    let app = || entry("bin/app", b'0', b"#!/bin/sh\n");
    let long = entry("././@LongLink", b'L', &[b'x'; 120]);
    vec![
        [entry("./", b'5', b""), app(), entry("bin/go", b'2', b"../bin/app"), end.clone()].concat(),
        [entry("here", b'2', b"."), entry("out", b'2', b"here/.."), end.clone()].concat(),
        [long, app(), end.clone()].concat(),
        [entry("PaxHeaders/app", b'x', b"17 path=bin/other\n"), app(), end.clone()].concat(),
        [entry("../out", b'0', b"x"), end].concat(),
    ]
}

/// The factory key of the device in the seeds, as a file (RFC 5958, RFC 5915).
fn private_key_pem() -> Vec<u8> {
    let spki = FACTORY_PUBLIC.to_spki_der();
    let (algorithm, public) = spki.get(2..).and_then(|rest| rest.split_at_checked(21)).unwrap_or_default();
    let scalar = [&[0x04, 32], [7; 32].as_slice()].concat();
    let key = element(0x30, &[&[0x02, 0x01, 0x01], &scalar, &element(0xa1, &[public])]);
    let whole = element(0x30, &[&[0x02, 0x01, 0x00], algorithm, &element(0x04, &[&key])]);
    secret_file::pem("PRIVATE KEY", &whole).as_bytes().to_vec()
}

fn certificate_pem() -> Vec<u8> {
    let pem = secret_file::pem("CERTIFICATE", &documents::certificate());
    [pem.as_bytes(), pem.as_bytes()].concat()
}

/// Two messages and two acknowledgements.
fn queue() -> Vec<u8> {
    let line = |body: &str| format!("{:08x} {body}\n", crc32(body.as_bytes()));
    [line(r#"climate 7 {"c":7}"#), line("-event 1 {}"), "climate 5\n-event 18446744073709551615\n".to_owned()]
        .concat()
        .into_bytes()
}

fn authority() -> Vec<u8> {
    let pem = secret_file::pem("CERTIFICATE", &documents::certificate());
    let key = secret_file::hex(&key(FRESHNESS).public_key().to_cose_key());
    serde_json::json!({ "ca_pem": pem.as_str(), "freshness_key": key }).to_string().into_bytes()
}

fn key_file(private: bool) -> Vec<u8> {
    let public = key(2).public_key();
    let mut file = serde_json::json!({
        "kind": "holdfast-maker-key/1", "role": "root", "key_id": public.key_id().to_string(),
        "public_key": secret_file::hex(&public.to_cose_key()),
    });
    if let (true, Some(members)) = (private, file.as_object_mut()) {
        members.insert("seed".to_owned(), secret_file::hex(&[2; 32]).into());
    }
    file.to_string().into_bytes()
}

/// Orders of the platform, signed with the key that the agent's parsers expect in fuzzing.
fn orders() -> Vec<Vec<u8>> {
    let signer = SoftwareKey::ed25519(&[7; 32]);
    let (Ok(device), Ok(id)) = ("hearth-0001".parse::<DeviceId>(), "018bcfe5-6800-7fff-bfff-ffffffffffff".parse())
    else {
        return Vec::new();
    };
    let expires = Timestamp::from_micros(1_795_408_200_000_000);
    let input = r#"{"minutes":5}"#.to_owned();
    let command = CommandOrder { device: device.clone(), id, action: "identify".to_owned(), input, expires };
    let wishes = DesiredOrder { device, version: 4, fields: r#"{"mode":"off"}"#.to_owned() };
    [command.sign(&signer), wishes.sign(&signer)].into_iter().flatten().collect()
}
