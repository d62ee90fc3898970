//! The command line's way to a server: its management interface, over TLS 1.3, trusting only the CA in the profile.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use indicatif::ProgressBar;
use reqwest::{Method, StatusCode};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;

use super::Failure;
use super::answer::{self, member};
use crate::app::chain;
use crate::authority::secret_file::hex;
use crate::clock;

/// Rows of a list asked for at once; the interface's own limit.
const ROWS_AT_ONCE: usize = 500;
/// Most characters of a reason that are shown.
const REASON_CHARS_MAX: usize = 2_000;
/// Most items of a list that is taken as a whole.
const WHOLE_ITEMS_MAX: u64 = 10_000;
/// Longest wait for an answer.
const ANSWER_MAX: Duration = Duration::from_mins(1);
/// Longest time for an upload.
const UPLOAD_MAX: Duration = Duration::from_hours(1);
/// Bytes of a file that are read at once.
const PIECE_BYTES: usize = 256 * 1024;

/// What `holdfast login` keeps: where the server is, whom to trust, who we are.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    /// Address of the server's people port, such as `https://localhost:8443`.
    pub(super) server: String,
    /// The server's CA, PEM.
    pub(super) ca: String,
    /// The API token; secret.
    pub(super) token: String,
    /// The token's id, to revoke it with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token_id: Option<String>,
}

impl Profile {
    /// The profile's path: the one given, or the one in the user's configuration folder.
    ///
    /// # Errors
    ///
    /// If none is given and there is no home folder.
    pub(super) fn path(given: Option<PathBuf>) -> Result<PathBuf, Failure> {
        if let Some(path) = given {
            return Ok(path);
        }
        let base = std::env::var_os("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".config")))
            .ok_or_else(|| Failure::usage("no home folder; say --profile FILE"))?;
        Ok(base.join("holdfast/profile.toml"))
    }

    /// Reads a profile.
    ///
    /// # Errors
    ///
    /// If it is not there or cannot be used.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|why| Failure::usage(format!("{shown}: {why}; run `holdfast login` first")))?;
        toml::from_str(&text).map_err(|why| Failure::usage(format!("{shown}: {}", why.message())))
    }
}

/// A client of one server.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Client {
    /// Opens the client that the profile describes.
    ///
    /// # Errors
    ///
    /// If there is no usable profile.
    pub(super) fn open(profile: Option<PathBuf>) -> Result<Self, Failure> {
        let profile = Profile::read(&Profile::path(profile)?)?;
        Self::new(&profile.server, profile.ca.as_bytes(), Some(profile.token))
    }

    /// A client of this server, trusting this CA.
    ///
    /// # Errors
    ///
    /// If the CA is not a PEM certificate.
    pub(super) fn new(base: &str, ca_pem: &[u8], token: Option<String>) -> Result<Self, Failure> {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca_pem) {
            let certificate = certificate.map_err(|why| Failure::usage(format!("the CA is not PEM: {why}")))?;
            roots.add(certificate).map_err(|why| Failure::usage(format!("the CA cannot be used: {why}")))?;
        }
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(Failure::fault)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWER_MAX)
            .no_proxy()
            .cookie_store(true)
            .build()
            .map_err(Failure::fault)?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), token })
    }

    /// GET, answer as JSON.
    ///
    /// # Errors
    ///
    /// If the server is not reached or refuses.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(Method::GET, path, None).await
    }

    /// The server's address.
    #[must_use]
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Every item of a list, page by page, at most `items_max`. `path` may have a query.
    ///
    /// # Errors
    ///
    /// If the server is not reached or refuses.
    pub(super) async fn all(&self, path: &str, items_max: u64) -> Result<Vec<Value>, Failure> {
        let items_max = usize::try_from(items_max).unwrap_or(usize::MAX);
        let path = path.trim_end_matches(['?', '&']);
        let join = if path.contains('?') { '&' } else { '?' };
        let mut items: Vec<Value> = Vec::new();
        let mut after = String::new();
        loop {
            let rows = (items_max - items.len()).min(ROWS_AT_ONCE);
            let page = self.get(&format!("{path}{join}limit={rows}{after}")).await?;
            items.extend(answer::items(&page).iter().cloned());
            match member(&page, "next").as_str() {
                Some(next) if items.len() < items_max => after = format!("&after={}", in_query(next)),
                _ => return Ok(items),
            }
        }
    }

    /// A list that is short by nature, whole: every product, token, reader.
    ///
    /// # Errors
    ///
    /// If the server is not reached or refuses.
    pub(super) async fn whole(&self, path: &str) -> Result<Value, Failure> {
        self.all(path, WHOLE_ITEMS_MAX).await.map(Value::Array)
    }

    /// POST with a JSON body, answer as JSON.
    ///
    /// # Errors
    ///
    /// If the server is not reached or refuses.
    pub(super) async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.send(Method::POST, path, Some(Body::Json(body))).await
    }

    /// POST as somebody else: with this key instead of the profile's.
    ///
    /// # Errors
    ///
    /// If the server is not reached or refuses.
    pub(super) async fn post_as(&self, key: &str, path: &str, body: Value) -> Result<Value, Failure> {
        let other = Self { http: self.http.clone(), base: self.base.clone(), token: Some(key.to_owned()) };
        other.post(path, body).await
    }

    /// Any method with any body, answer as JSON (null if empty).
    ///
    /// # Errors
    ///
    /// If the server is not reached or refuses.
    pub(super) async fn send(&self, method: Method, path: &str, body: Option<Body>) -> Result<Value, Failure> {
        let bytes = self.send_raw(method, path, body).await?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|why| Failure::fault(format!("{path}: the answer is not JSON: {why}")))
    }

    /// Any method with any body, answer as bytes.
    ///
    /// # Errors
    ///
    /// If the server is not reached or refuses.
    pub(super) async fn send_raw(&self, method: Method, path: &str, body: Option<Body>) -> Result<Vec<u8>, Failure> {
        // With a key an order is carried out once, so it may be sent again when the connection broke before its answer.
        let key = (method == Method::POST).then(|| hex(&clock::random::<16>()));
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(key) = &key {
            request = request.header("idempotency-key", key);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request = match body {
            None => request,
            Some(Body::Json(value)) => request.json(&value),
            Some(Body::Bytes(content_type, bytes)) => request.header("content-type", content_type).body(bytes),
            Some(Body::File(file, bytes, bar)) => request
                .header("content-type", "application/octet-stream")
                .header("content-length", bytes)
                .timeout(UPLOAD_MAX)
                .body(streamed(file, bar)),
        };
        let again = key.and_then(|_| request.try_clone());
        let reply = match (request.send().await, again) {
            (Err(why), Some(again)) if why.is_request() && !why.is_connect() && !why.is_timeout() => again.send().await,
            (reply, _) => reply,
        };
        let reply = reply.map_err(|why| self.unreached(&why))?;
        let status = reply.status();
        let bytes = reply.bytes().await.map_err(|why| self.unreached(&why))?;
        if status.is_success() { Ok(bytes.to_vec()) } else { Err(refusal(status, &bytes)) }
    }

    fn unreached(&self, why: &reqwest::Error) -> Failure {
        Failure::unreachable(format!("{}: {}", self.base, chain(why)))
    }
}

/// A text as it may stand in a query (RFC 3986 §2.3: what is not unreserved is written as its bytes).
fn in_query(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A request's body.
pub(super) enum Body {
    /// JSON.
    Json(Value),
    /// Bytes of this media type.
    Bytes(&'static str, Vec<u8>),
    /// A file of this many bytes, streamed past a bar.
    File(tokio::fs::File, u64, ProgressBar),
}

/// A file, piece by piece; the bar moves as the network takes them.
fn streamed(file: tokio::fs::File, bar: ProgressBar) -> reqwest::Body {
    let pieces = futures_util::stream::try_unfold((file, bar), |(mut file, bar)| async move {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        let read = file.read_buf(&mut piece).await?;
        bar.inc(u64::try_from(read).unwrap_or(0));
        Ok::<_, std::io::Error>((read > 0).then(|| (piece.freeze(), (file, bar))))
    });
    reqwest::Body::wrap_stream(pieces)
}

/// A problem document (RFC 9457) as a failure.
fn refusal(status: StatusCode, body: &[u8]) -> Failure {
    let (name, detail) = problem(body);
    if status.is_server_error() {
        return Failure::fault(format!("the server failed ({status}): {detail}"));
    }
    Failure::refused(name, format!("{detail} ({status})"))
}

/// Name and reason in a problem document. What a stranger may have sent reaches a terminal here: a name is kebab-case, a
/// reason one line without control characters.
pub(crate) fn problem(body: &[u8]) -> (String, String) {
    let problem: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let stated = |name| member(&problem, name).as_str();
    let detail = stated("detail").or_else(|| stated("title")).unwrap_or("no reason given");
    let plain = detail.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
    let kebab = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let name = stated("type").and_then(|t| t.rsplit(':').next()).filter(kebab).unwrap_or("unnamed");
    (name.to_owned(), plain)
}
