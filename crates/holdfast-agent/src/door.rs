//! Requests to the devices' HTTPS door: small answers with a limit, refusals with their name.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdfast_core::time::Millis;
use reqwest::{Client, Method, Response, StatusCode, header};

use crate::fault::Fault;
use crate::resolve::Resolver;

/// Time for the TLS connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Time for a small request, answer included.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Most bytes of a small answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest wait that a door may ask for.
const RETRY_AFTER_S_MAX: u64 = 3_600;
/// Start of the type of a refusal.
const REFUSAL_URN: &str = "urn:holdfast:refusal:";

/// The devices' door as one identity sees it.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    client: Client,
    base: String,
}

impl Door {
    pub(crate) fn open(base: &str, tls: rustls::ClientConfig, resolver: &Resolver) -> Result<Self, Fault> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Arc::new(resolver.clone()))
            .https_only(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .user_agent(concat!("holdfast-agent/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|why| Fault::network("prepare HTTPS", &why))?;
        Ok(Self { client, base: base.to_owned() })
    }

    /// A small request; the answer must be a success.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, Vec<u8>)>,
    ) -> Result<Bytes, Fault> {
        self.ask_saying(method, path, body, &[]).await
    }

    /// The same with one more header.
    pub(crate) async fn ask_saying(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, Vec<u8>)>,
        headers: &[(&'static str, &str)],
    ) -> Result<Bytes, Fault> {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).timeout(ANSWER_WITHIN);
        if let Some((kind, bytes)) = body {
            request = request.header(header::CONTENT_TYPE, kind).body(bytes);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.map_err(|why| Fault::network("reach the devices' door", &why))?;
        let (status, wait) = (response.status(), retry_after(&response));
        let bytes = limited(response).await?;
        if status.is_success() { Ok(bytes) } else { Err(refusal(status, wait, &bytes)) }
    }

    /// A download from byte `from` on, if the resource still has this tag. The caller reads the stream.
    pub(crate) async fn stream(&self, path: &str, from: u64, tag: Option<&str>) -> Result<Response, Fault> {
        let mut request = self.client.get(format!("{}{path}", self.base));
        if let (true, Some(tag)) = (from > 0, tag) {
            request = request.header(header::RANGE, format!("bytes={from}-")).header(header::IF_RANGE, tag);
        }
        let response = request.send().await.map_err(|why| Fault::network("reach the devices' door", &why))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let wait = retry_after(&response);
        let bytes = limited(response).await?;
        Err(refusal(status, wait, &bytes))
    }
}

async fn limited(mut response: Response) -> Result<Bytes, Fault> {
    let mut gathered = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|why| Fault::network("read an answer", &why))? {
        if gathered.len() + piece.len() > ANSWER_BYTES_MAX {
            return Err(Fault::refused("answer-too-long"));
        }
        gathered.extend_from_slice(&piece);
    }
    Ok(Bytes::from(gathered))
}

/// How long the door asks to wait, in seconds (RFC 9110 §10.2.3). A date is not read: the device's clock may be wrong.
fn retry_after(response: &Response) -> Option<u64> {
    response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// The named refusal of a problem document (RFC 9457), or a passing failure for a server in trouble or under load.
pub(crate) fn refusal(status: StatusCode, retry_after_s: Option<u64>, body: &[u8]) -> Fault {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let kind = problem.get("type").and_then(serde_json::Value::as_str).and_then(|kind| kind.strip_prefix(REFUSAL_URN));
    let is_name = |name: &&str| {
        (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let passes = status.is_server_error()
        || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY].contains(&status);
    match kind.filter(is_name) {
        name if passes => Fault::Busy {
            name: name.unwrap_or("server-not-reached").to_owned(),
            wait: Millis::from_secs(retry_after_s.unwrap_or(0).min(RETRY_AFTER_S_MAX)),
        },
        Some(name) => Fault::refused(name),
        None if status.is_client_error() => Fault::refused(format!("http-{}", status.as_u16())),
        None => Fault::Network { what: "ask the devices' door", why: format!("status {}", status.as_u16()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, name: &str, passing: bool) {
        let fault = refusal(StatusCode::from_u16(status).unwrap(), None, body.as_bytes());
        assert_eq!((fault.name(), fault.is_passing()), (name, passing), "{status} {body}");
    }

    #[test]
    fn refusals_keep_their_name_and_trouble_passes() {
        check(403, r#"{"type":"urn:holdfast:refusal:device-revoked"}"#, "device-revoked", false);
        check(404, "<html>", "http-404", false);
        check(403, r#"{"type":"urn:holdfast:refusal:"}"#, "http-403", false);
        check(503, "", "server-not-reached", true);
        check(429, "", "server-not-reached", true);
        check(429, r#"{"type":"urn:holdfast:refusal:enrolment-too-often"}"#, "enrolment-too-often", true);
        check(503, r#"{"type":"urn:holdfast:refusal:device-changed"}"#, "device-changed", true);
        check(302, "", "server-not-reached", true);
        check(403, r#"{"type":"urn:holdfast:refusal:UPPER\n"}"#, "http-403", false);
    }

    #[test]
    fn a_door_under_load_says_how_long_to_wait_and_nobody_waits_for_ever() {
        let wait = |seconds| refusal(StatusCode::SERVICE_UNAVAILABLE, seconds, b"").asked_wait();
        assert_eq!(wait(Some(60)), Millis::from_secs(60));
        assert_eq!(wait(None), Millis(0));
        assert_eq!(wait(Some(u64::MAX)), Millis::from_secs(RETRY_AFTER_S_MAX));
    }
}
