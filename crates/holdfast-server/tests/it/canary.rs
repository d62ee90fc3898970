//! Secrets of every class are planted in a running house, used rightly and wrongly, and then looked for everywhere they
//! must not be: logs at their loudest, answers, database, backups, exports, process tables, core dumps.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::api::tls;
use crate::processes::{House, PATIENCE, end, signal};
use crate::world::until_within;

/// A secret, and the forms in which it would be one.
struct Canary {
    what: String,
    forms: Vec<Vec<u8>>,
}

impl Canary {
    /// A secret that is text.
    fn text(what: &str, secret: &str) -> Self {
        assert!(secret.len() >= 15, "{what} is too short to be looked for");
        let hex = hex(secret.as_bytes());
        let forms = [secret.to_owned(), hex, STANDARD.encode(secret).trim_end_matches('=').to_owned()];
        Self { what: what.to_owned(), forms: forms.map(String::into_bytes).to_vec() }
    }

    /// A secret that is bytes: as they are, in both cases of hexadecimal, and in both alphabets of base64.
    fn bytes(what: &str, secret: &[u8]) -> Self {
        let hex = hex(secret);
        let base64 = [STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret)];
        let mut forms = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
        forms.extend(base64.map(|text| text.trim_end_matches('=').as_bytes().to_vec()));
        // As a debug output would show it.
        forms.push(secret.iter().map(u8::to_string).collect::<Vec<_>>().join(", ").into_bytes());
        Self { what: what.to_owned(), forms }
    }
}

fn hex(bytes: &[u8]) -> String {
    holdfast_server::authority::secret_file::hex(bytes)
}

/// Every form of every canary, found in one walk over the bytes.
struct Nose {
    forms: Vec<(String, Vec<u8>)>,
    /// Which first two bytes any form has.
    begins: Vec<bool>,
}

impl Nose {
    fn new(canaries: &[Canary]) -> Self {
        let mut begins = vec![false; 1 << 16];
        let mut forms = Vec::new();
        for canary in canaries {
            for form in &canary.forms {
                assert!(form.len() >= 12, "{}", canary.what);
                begins[usize::from(form[0]) << 8 | usize::from(form[1])] = true;
                forms.push((canary.what.clone(), form.clone()));
            }
        }
        Self { forms, begins }
    }

    fn smells(&self, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for (at, pair) in bytes.windows(2).enumerate() {
            if self.begins[usize::from(pair[0]) << 8 | usize::from(pair[1])] {
                for (what, form) in &self.forms {
                    if bytes[at..].starts_with(form) && !found.contains(what) {
                        found.push(what.clone());
                    }
                }
            }
        }
        found
    }

    /// Looks through every file below a folder.
    fn search(&self, root: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![root.to_owned()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(fs::read_dir(&path).unwrap().flatten().map(|entry| entry.path()));
            } else if let Ok(bytes) = fs::read(&path) {
                found.extend(self.smells(&bytes).into_iter().map(|what| format!("{what} in {}", path.display())));
            }
        }
        found
    }
}

/// The secret numbers in a PEM file of one key: the PKCS#8 bytes, and the scalar or seed in them.
fn key_canaries(path: &Path) -> Vec<Canary> {
    let text = fs::read_to_string(path).unwrap();
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(body).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    // A 32-byte octet string: the P-256 scalar (RFC 5915) or the Ed25519 seed (RFC 8410).
    let at = der.windows(2).rposition(|pair| pair == [0x04, 0x20]);
    // A key that is no key pair is all secret.
    let secret = at.map_or(der.as_slice(), |at| der.get(at + 2..at + 34).unwrap());
    vec![
        Canary::bytes(&format!("secret number of {name}"), secret),
        Canary::text(&format!("lines of {name}"), &text.lines().nth(1).unwrap()[20..]),
    ]
}

fn keys_in(folder: &str) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    listed.filter(|path| fs::read_to_string(path).is_ok_and(|text| text.contains("BEGIN PRIVATE KEY"))).collect()
}

fn http(house: &House) -> reqwest::Client {
    let ca = fs::read_to_string(house.path("state/ca.pem")).unwrap();
    let tls = tls(&ca).with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// Signs a browser in; its cookie.
async fn cookie(house: &House, http: &reqwest::Client) -> String {
    let link = house.run(&["link"]).await["url"].as_str().unwrap().to_owned();
    let (base, secret) = link.split_once("/sign-in?link=").unwrap();
    let send = http.post(format!("{base}/sign-in")).header("sec-fetch-site", "same-origin");
    let reply = send.header("content-type", "application/x-www-form-urlencoded").body(format!("link={secret}")).send();
    let reply = reply.await.unwrap();
    let set = reply.headers().get("set-cookie").unwrap().to_str().unwrap();
    set.split_once('=').unwrap().1.split(';').next().unwrap().to_owned()
}

/// Sends each secret where it does not belong; what the server says to that.
async fn misuse(house: &House, http: &reqwest::Client, canaries: &[Canary]) -> Vec<u8> {
    let base = format!("https://localhost:{}", house.address("people").rsplit(':').next().unwrap());
    let mut said = Vec::new();
    for canary in canaries {
        for form in canary.forms.iter().filter_map(|form| std::str::from_utf8(form).ok()).filter(|form| form.is_ascii())
        {
            let form: String = form.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
            for request in [
                http.request(Method::GET, format!("{base}/api/v1/devices/{form}")),
                http.request(Method::GET, format!("{base}/api/v1/devices?prefix={form}&nonsense={form}")),
                http.request(Method::GET, format!("{base}/api/v1/me")).bearer_auth(format!("{form}x")),
                http.request(Method::GET, format!("{base}/console"))
                    .header("cookie", format!("__Host-holdfast={form}x")),
                http.request(Method::POST, format!("{base}/api/v1/sign-in")).json(&json!({"link": format!("{form}x")})),
                http.request(Method::POST, format!("{base}/api/v1/batches")).body(form.clone()),
                http.request(Method::PUT, format!("{base}/api/v1/products/x")).json(&json!({"title": form})),
            ] {
                let reply = request.send().await.unwrap();
                said.extend_from_slice(&reply.bytes().await.unwrap());
            }
        }
    }
    said
}

/// Sends a secret over HTTP/2, whose library logs every frame at the loudest level.
async fn over_http2(house: &House, secret: &str) -> Vec<u8> {
    let mut config = tls(&fs::read_to_string(house.path("state/ca.pem")).unwrap()).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let tcp = tokio::net::TcpStream::connect(house.address("people")).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap();
    // Preface and empty SETTINGS (RFC 9113 §3.4); GET / over https with a literal authorization field (RFC 7541 §6.2.2).
    let mut head = vec![0x82, 0x84, 0x87, 0x0f, 0x08, u8::try_from(secret.len()).unwrap()];
    head.extend_from_slice(secret.as_bytes());
    let length = u8::try_from(head.len()).unwrap();
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    bytes.extend_from_slice(&[0, 0, length, 1, 5, 0, 0, 0, 1]);
    bytes.extend_from_slice(&head);
    stream.write_all(&bytes).await.unwrap();
    let mut answer = vec![0; 64 * 1024];
    let read = stream.read(&mut answer).await.unwrap();
    answer.truncate(read);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_found_where_it_must_not_be() {
    const PASSPHRASE: &str = "canary passphrase: seven geese flew south";
    let mut house = House::new(&[]).await;
    house.device("hearth-0001", &[]).await;
    let agent = house.agent("hearth-0001");
    house.online("hearth-0001").await;

    let mut canaries = vec![Canary::text("passphrase", PASSPHRASE)];
    let invitation = house.invitation();
    canaries.push(Canary::text("sign-in link", invitation.split_once("link=").unwrap().1));
    let profile = fs::read_to_string(house.path("profile.toml")).unwrap();
    let token = profile.lines().find_map(|line| line.strip_prefix("token = ")).unwrap().trim_matches('"').to_owned();
    canaries.push(Canary::text("API token", &token));
    let code = fs::read_to_string(house.path("hearth-0001/claim-code")).unwrap();
    canaries.push(Canary::text("claim code", code.trim()));
    let client = http(&house);
    canaries.push(Canary::text("session cookie", &cookie(&house, &client).await));
    for folder in ["state/keys", "hearth-0001/keys"] {
        let keys = keys_in(&house.path(folder));
        assert!(folder != "state/keys" || keys.len() >= 4, "CA, freshness, ledger and door: {keys:?}");
        canaries.extend(keys.iter().flat_map(|path| key_canaries(path)));
    }
    let nose = Nose::new(&canaries);
    the_nose_works(&nose, &canaries, &house);

    // From here on the keys are sealed, by a passphrase that only a file holds.
    house.stop().await;
    let file = house.path("passphrase");
    fs::write(&file, format!("{PASSPHRASE}\n")).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    house.serve_args = vec!["--seal-passphrase-file".to_owned(), file];
    house.start().await;
    house.online("hearth-0001").await;
    let mut answers = misuse(&house, &client, &canaries[..5]).await;
    answers.extend(over_http2(&house, &token).await);
    assert!(answers.len() > 10_000, "the wrong requests were answered: {} bytes", answers.len());

    let found: Vec<String> = [("people's answers", answers), ("the process table", process_table(&house, &agent))]
        .into_iter()
        .flat_map(|(place, bytes)| nose.smells(&bytes).into_iter().map(move |what| format!("{what} in {place}")))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
    house.run(&["backup", "create", "--state", &house.path("state"), "--to", &house.path("backup")]).await;
    house.run(&["ledger", "export", "--out", &house.path("exports.txt")]).await;
    let exported = house.run(&["key", "list"]).await.to_string() + &house.run(&["authority", "show"]).await.to_string();
    fs::write(house.path("keys-shown.json"), exported).unwrap();
    for place in ["state", "backup", "exports.txt", "keys-shown.json", "logs"] {
        let place = house.path(place);
        assert!(Path::new(&place).exists(), "{place}");
        let found = nose.search(Path::new(&place));
        assert!(found.is_empty(), "{found:#?}");
    }
    let loud = fs::read_to_string(house.path("logs/server.log")).unwrap();
    assert!(loud.contains(" TRACE ") && loud.lines().count() > 200, "the log was not at its loudest");
    end(agent).await;
    no_core_dump_is_left(&mut house, &nose).await;
}

/// A search that finds nothing because it cannot find anything would prove nothing.
fn the_nose_works(nose: &Nose, canaries: &[Canary], house: &House) {
    let planted = house.dir.path().join("planted");
    fs::create_dir(&planted).unwrap();
    for canary in canaries {
        for (n, form) in canary.forms.iter().enumerate() {
            let file = planted.join(n.to_string());
            fs::write(&file, [b"before ".as_slice(), form, b" after"].concat()).unwrap();
            let found = nose.search(&planted);
            assert!(found.iter().any(|found| found.starts_with(&canary.what)), "{} form {n}", canary.what);
            fs::remove_file(file).unwrap();
        }
    }
    assert!(nose.search(&planted).is_empty());
    // And the places where the secrets do belong smell of them.
    assert!(!nose.search(&house.dir.path().join("state/keys")).is_empty());
}

/// Arguments and environment of every process of the house.
fn process_table(house: &House, agent: &tokio::process::Child) -> Vec<u8> {
    let mut table = Vec::new();
    for pid in [house.server_pid(), agent.id().unwrap()] {
        for part in ["cmdline", "environ"] {
            // Not readable is as good as empty: nobody else can read it either.
            table.extend(fs::read(format!("/proc/{pid}/{part}")).unwrap_or_default());
        }
    }
    assert!(!table.is_empty());
    table
}

/// The server is made to crash where a core dump would be allowed: none is written, and it may not even be.
async fn no_core_dump_is_left(house: &mut House, nose: &Nose) {
    let pid = house.server_pid();
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    let folder = fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    let mut server = house.take_server();
    signal(pid, rustix::process::Signal::ABORT);
    let ended = until_within(PATIENCE, "the crash", || {
        let ended = server.try_wait().unwrap();
        async move { ended }
    })
    .await;
    let core_dumped = std::os::unix::process::ExitStatusExt::core_dumped(&ended);
    assert!(!core_dumped && !ended.success(), "{ended}");
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == "core" || name.starts_with("core.") {
            assert!(nose.smells(&fs::read(entry.path()).unwrap_or_default()).is_empty(), "{name}");
        }
    }
}
