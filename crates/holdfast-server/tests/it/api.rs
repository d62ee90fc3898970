//! A person's program at the people's door: JSON over TLS 1.3, trusting only the server's CA.

use std::fmt;
use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

/// What the server answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Reply {
    /// The stable name of a refusal.
    pub(crate) fn name(&self) -> &str {
        self.body["type"].as_str().and_then(|text| text.rsplit(':').next()).unwrap_or("no refusal")
    }

    /// The body of an answer that must be a yes.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }
}

/// A caller, with or without a proof of who they are.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) base: String,
    pub(crate) http: Client,
    pub(crate) token: Option<String>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", &self.base).finish_non_exhaustive()
    }
}

/// The TLS configuration of a client without a certificate.
pub(crate) fn tls(ca_pem: &str) -> rustls::ConfigBuilder<rustls::ClientConfig, rustls::client::WantsClientCert> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
}

impl Api {
    /// Nobody yet; keeps cookies.
    pub(crate) fn nobody(base: String, ca_pem: &str) -> Self {
        let http = Client::builder()
            .tls_backend_preconfigured(tls(ca_pem).with_no_client_auth())
            .redirect(reqwest::redirect::Policy::none())
            .cookie_store(true)
            .no_proxy()
            .build()
            .unwrap();
        Self { base, http, token: None }
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    pub(crate) async fn send(request: RequestBuilder) -> Reply {
        let reply = request.send().await.unwrap();
        let status = reply.status().as_u16();
        let bytes = reply.bytes().await.unwrap();
        Reply { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        Self::send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        Self::send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        Self::send(self.request(Method::DELETE, path)).await
    }

    /// Any bytes of any media type.
    pub(crate) async fn bytes(&self, method: Method, path: &str, media_type: &str, body: Vec<u8>) -> Reply {
        Self::send(self.request(method, path).header(CONTENT_TYPE, media_type).body(body)).await
    }

    /// Uses a one-time link up; the session is a cookie.
    pub(crate) async fn sign_in(&self, link: &str) -> Reply {
        let secret = link.split_once("link=").map_or(link, |(_, secret)| secret);
        self.post("/api/v1/sign-in", json!({"link": secret})).await
    }

    /// A token of whoever is signed in.
    pub(crate) async fn new_token(&self) -> String {
        let made = self.post("/api/v1/tokens", json!({"label": "a test", "days": 1, "scope": "dangerous"})).await.ok();
        made["token"].as_str().unwrap().to_owned()
    }
}
