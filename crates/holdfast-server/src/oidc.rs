//! The staff's own identity provider: authorization code with PKCE, state and nonce (`OpenID Connect Core 1.0` §3.1,
//! RFC 7636, RFC 9207).
//!
//! Owns the talk with the provider and what is begun and not finished, in memory and bounded. Who an account belongs to is
//! the domain's matter. The provider's documents are fetched anew for each sign-in, so that its keys may change.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_core::id::PersonId;
use holdfast_core::time::{Millis, Timestamp};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, TokenResponse as _,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::app::chain;
use crate::clock;
use crate::settings::{self, Oidc, SettingsError};

/// What is begun is void after this: 10 minutes.
const BEGUN_LIFE: Millis = Millis::from_secs(600);
/// Most that is begun at once; the oldest gives way.
const BEGUN_MAX: usize = 256;
/// Most that is begun in a minute and not finished: each costs the provider two requests.
const BEGUN_PER_MINUTE_MAX: usize = 60;
/// A minute.
const MINUTE: Millis = Millis::from_secs(60);
/// Longest wait for an answer of the provider.
const ANSWER: Duration = Duration::from_secs(15);
/// Most bytes of one answer of the provider.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Where the provider sends people back to, below the server's address.
pub(crate) const BACK: &str = "/sign-in/oidc/back";

/// Why the provider cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// A file that the configuration names cannot be used.
    #[error("a file of the provider's settings cannot be used")]
    File(#[from] SettingsError),
    /// The authority's file holds no certificate.
    #[error("oidc.ca_file holds no certificate")]
    Authority,
    /// The issuer is no URL.
    #[error("oidc.issuer is no URL")]
    Issuer,
    /// TLS cannot be configured.
    #[error("TLS to the provider cannot be configured")]
    Tls(#[source] rustls::Error),
    /// The client cannot be made.
    #[error("the client to the provider cannot be made")]
    Client(#[source] reqwest::Error),
}

/// Why nobody gets in this way; a word for the person, the rest for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declined {
    /// The provider does not answer as it should.
    Unreachable,
    /// Nothing of this kind was begun in this browser, or too long ago.
    Unknown,
    /// The provider said no.
    Refused,
    /// What it signed does not hold.
    Wrong,
    /// Too many begin just now.
    Busy,
}

/// What a person has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To sign in, and go on there.
    SignIn(String),
    /// To bind the account to themselves.
    Bind(PersonId),
}

struct Begun {
    purpose: Purpose,
    browser: [u8; 32],
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    metadata: Box<CoreProviderMetadata>,
    at: Timestamp,
}

/// The provider.
pub(crate) struct Provider {
    /// What stands on the button.
    pub(crate) name: String,
    pub(crate) issuer: String,
    issuer_url: IssuerUrl,
    client_id: ClientId,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    http: reqwest::Client,
    begun: Mutex<BTreeMap<String, Begun>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the provider names an address that is not https")]
    Insecure,
    #[error("the provider's answer is too large")]
    TooLarge,
    #[error("the provider is not reached")]
    Http(#[from] reqwest::Error),
    #[error("the provider's answer cannot be read")]
    Form(#[from] http::Error),
}

impl Provider {
    /// The provider of the configuration; people reach this server at `address`.
    ///
    /// # Errors
    ///
    /// [`OidcError`] if a file or URL of it cannot be used. Whether it answers is seen when somebody signs in.
    pub(crate) fn new(settings: &Oidc, address: &str) -> Result<Self, OidcError> {
        let secret = settings.client_secret_file.as_deref().map(settings::secret).transpose()?;
        Ok(Self {
            name: settings.name.trim().to_owned(),
            issuer: settings.issuer.clone(),
            issuer_url: IssuerUrl::new(settings.issuer.clone()).map_err(|_| OidcError::Issuer)?,
            client_id: ClientId::new(settings.client_id.clone()),
            secret: secret.map(|secret| ClientSecret::new(secret.to_string())),
            redirect: RedirectUrl::new(format!("{address}{BACK}")).map_err(|_| OidcError::Issuer)?,
            http: client(settings)?,
            begun: Mutex::default(),
        })
    }

    /// Begins; where to send the person. Blocks. `browser` is the hash of a secret in a cookie.
    pub(crate) fn begin(&self, purpose: Purpose, browser: [u8; 32]) -> Result<String, Declined> {
        if self.begun_lately() >= BEGUN_PER_MINUTE_MAX {
            return Err(Declined::Busy);
        }
        let fetching = self.fetching();
        let asking = CoreProviderMetadata::discover_async(self.issuer_url.clone(), &fetching);
        let metadata = block(asking).map_err(|why| unreachable("discovery", &why))?;
        let verifier = PkceCodeVerifier::new(random());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let client = CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), self.secret.clone())
            .set_redirect_uri(self.redirect.clone());
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, state, nonce) = client
            .authorize_url(flow, || CsrfToken::new(random()), || Nonce::new(random()))
            .set_pkce_challenge(challenge)
            .url();
        let begun = Begun { purpose, browser, nonce, verifier, metadata: Box::new(metadata), at: clock::now() };
        self.keep(state.secret().clone(), begun);
        Ok(url.to_string())
    }

    fn begun_lately(&self) -> usize {
        let now = clock::now();
        let all = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().filter(|begun| now.since(begun.at) < MINUTE).count()
    }

    fn keep(&self, state: String, begun: Begun) {
        let now = begun.at;
        let mut all = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, begun| now.since(begun.at) < BEGUN_LIFE);
        if all.len() >= BEGUN_MAX {
            let oldest = all.iter().min_by_key(|(_, begun)| begun.at).map(|(state, _)| state.clone());
            oldest.and_then(|state| all.remove(&state));
        }
        all.insert(state, begun);
    }

    /// Finishes what was begun in this browser: what for, and which account the provider vouches for. Blocks.
    pub(crate) fn finish(
        &self,
        state: &str,
        code: Option<&str>,
        issuer: Option<&str>,
        browser: &[u8; 32],
    ) -> Result<(Purpose, String), Declined> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(state);
        let begun = begun.filter(|begun| begun.browser == *browser && clock::now().since(begun.at) < BEGUN_LIFE);
        let begun = begun.ok_or(Declined::Unknown)?;
        // RFC 9207 §2.4: an answer of another issuer is not for this request.
        if issuer.is_some_and(|issuer| issuer != self.issuer) {
            return Err(Declined::Wrong);
        }
        let code = code.ok_or(Declined::Refused)?;
        let subject = self.redeem(code, &begun)?;
        Ok((begun.purpose, subject))
    }

    fn redeem(&self, code: &str, begun: &Begun) -> Result<String, Declined> {
        let metadata = (*begun.metadata).clone();
        let by_body = metadata
            .token_endpoint_auth_methods_supported()
            .is_some_and(|methods| !methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let client = CoreClient::from_provider_metadata(metadata, self.client_id.clone(), self.secret.clone())
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(if by_body { AuthType::RequestBody } else { AuthType::BasicAuth });
        let verifier = PkceCodeVerifier::new(begun.verifier.secret().clone());
        let asking = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let asking = asking.map_err(|why| unreachable("configuration", &why))?.set_pkce_verifier(verifier);
        let fetching = self.fetching();
        let answer = block(asking.request_async(&fetching)).map_err(|why| {
            tracing::warn!(why = %chain(&why), "the identity provider gave no token");
            Declined::Refused
        })?;
        let token = answer.id_token().ok_or(Declined::Wrong)?;
        let algorithms = [CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, CoreJwsSigningAlgorithm::EcdsaP256Sha256];
        let judge = client.id_token_verifier().set_allowed_algs(algorithms);
        let claims = token.claims(&judge, &begun.nonce).map_err(|why| {
            tracing::warn!(why = %chain(&why), "the identity provider's token does not hold");
            Declined::Wrong
        })?;
        Ok(claims.subject().as_str().to_owned())
    }

    fn fetching(&self) -> impl Fn(HttpRequest) -> Fetched + use<> {
        let http = self.http.clone();
        move |request| Box::pin(fetch(http.clone(), request))
    }
}

type Fetched = std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send>>;

fn unreachable(what: &'static str, why: &(dyn std::error::Error + 'static)) -> Declined {
    tracing::warn!(oidc.step = what, why = %chain(why), "the identity provider cannot be used");
    Declined::Unreachable
}

fn random() -> String {
    URL_SAFE_NO_PAD.encode(clock::random::<32>())
}

/// Runs the talk to its end on this thread, which may block.
fn block<T>(talk: impl Future<Output = T>) -> T {
    tokio::runtime::Handle::current().block_on(talk)
}

fn client(settings: &Oidc) -> Result<reqwest::Client, OidcError> {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(ANSWER).no_proxy();
    let builder = builder.https_only(true);
    let Some(path) = &settings.ca_file else {
        // The system's own authorities; what checks them takes the process's provider, which nothing else looks at.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let builder = builder.tls_version_min(reqwest::tls::Version::TLS_1_3);
        return builder.build().map_err(OidcError::Client);
    };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(settings::text(path)?.as_bytes()) {
        roots.add(certificate.map_err(|_| OidcError::Authority)?).map_err(|_| OidcError::Authority)?;
    }
    if roots.is_empty() {
        return Err(OidcError::Authority);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(OidcError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    builder.tls_backend_preconfigured(tls).build().map_err(OidcError::Client)
}

async fn fetch(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, FetchError> {
    let (head, body) = request.into_parts();
    if head.uri.scheme_str() != Some("https") {
        return Err(FetchError::Insecure);
    }
    let asked = http.request(head.method, head.uri.to_string()).headers(head.headers).body(body);
    let mut answer = asked.send().await?;
    let mut made = http::Response::builder().status(answer.status());
    if let Some(headers) = made.headers_mut() {
        *headers = answer.headers().clone();
    }
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if bytes.len() + piece.len() > ANSWER_BYTES_MAX {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(made.body(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(ca_file: Option<std::path::PathBuf>) -> Oidc {
        Oidc {
            issuer: "https://id.hearth.example".to_owned(),
            client_id: "holdfast".to_owned(),
            client_secret_file: None,
            name: "Hearth accounts".to_owned(),
            ca_file,
        }
    }

    #[test]
    fn a_public_provider_needs_no_file_and_a_file_without_a_certificate_is_refused() {
        assert!(Provider::new(&settings(None), "https://localhost:8443").is_ok());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, "nothing\n").unwrap();
        assert!(matches!(Provider::new(&settings(Some(path)), "https://localhost:8443"), Err(OidcError::Authority)));
    }

    #[test]
    fn an_answer_to_nothing_begun_lets_nobody_in() {
        let provider = Provider::new(&settings(None), "https://localhost:8443").unwrap();
        assert_eq!(provider.finish("state", Some("code"), None, &[0; 32]), Err(Declined::Unknown));
    }
}
