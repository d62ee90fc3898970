//! Enrolment over secure transport (RFC 7030, RFC 8951): CA certificates, first certificate, renewal.
//!
//! The device's name comes from TLS alone; from the request only the key is taken. Attributes are not negotiated.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_core::id::AlertId;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::fleet::enrolment::{EnrolmentFacts, certificate_issued, decide_enrolment, enrolled};
use holdfast_domain::fleet::{CertificateState, Device, DeviceCertificate};
use holdfast_domain::homes::release::in_the_way;
use holdfast_domain::keys::policy::{Use, permits};
use holdfast_domain::telemetry::KeyProtection;
use holdfast_store::integrity::AlertFilter;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use rustls::pki_types::CertificateDer;

use super::admission::{Admitted, Anyone, Factory};
use super::refused::Refused;
use super::{Parts, body, pkcs7};
use crate::authority::{REQUEST_BYTES_MAX, RequestedKey};
use crate::clock;
use crate::tls::peer::Peer;

/// Largest request body: base64 of the largest request, with some line breaks.
const BODY_BYTES_MAX: usize = REQUEST_BYTES_MAX * 2;
/// Most certificates that one device gets within [`ISSUE_WINDOW`], besides [`ISSUES_PER_LIFE`] for each life in it.
const ISSUES_MAX: u64 = 60;
/// Certificates live as short as the maker wants: so many for each life that fits into the window.
const ISSUES_PER_LIFE: u64 = 3;
/// See [`ISSUES_MAX`].
const ISSUE_WINDOW: Millis = Millis::from_secs(3_600);
/// How long a device that asked too often is told to wait.
const ISSUE_WAIT_S: u32 = 60;
/// The only algorithm of requests, as the crypto policy names it; every other one is refused when the request is read.
const REQUEST_ALGORITHM: &str = "ecdsa-with-SHA256 (P-256)";
/// Shows the secret of the order to erase (`holdfast_domain::homes::release::in_the_way`).
const RETURN_HEADER: &str = "holdfast-return";
/// Open alerts about one device that are looked at.
const ALERTS_MAX: u32 = 100;

/// `GET /.well-known/est/cacerts` (RFC 7030 §4.1).
pub(super) async fn ca_certificates(State(parts): State<Parts>, _: Anyone) -> Result<Response, Refused> {
    certificates(&parts.authority.ca_certificates())
}

/// `GET /.well-known/est/csrattrs`: nothing is asked for (RFC 7030 §4.5.2).
pub(super) async fn request_attributes(_: Anyone) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// `POST /.well-known/est/simpleenroll` with the factory identity (RFC 7030 §4.2.1).
pub(super) async fn enrol(
    State(parts): State<Parts>,
    Factory(peer): Factory,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let key = requested_key(&headers, body).await?;
    let shown = headers.get(RETURN_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let issued = parts.blocking(move |parts| issue_first(parts, &peer, &key, shown.as_deref())).await?;
    certificates(&[issued])
}

/// `POST /.well-known/est/simplereenroll` with an operational identity (RFC 7030 §4.2.2).
pub(super) async fn renew(
    State(parts): State<Parts>,
    admitted: Admitted,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let key = requested_key(&headers, body).await?;
    let issued = parts.blocking(move |parts| {
        let now = clock::now();
        issue(parts, &admitted.device, &key, now, |certificate| certificate_issued(&admitted.device, certificate, now))
    });
    let issued = issued.await?;
    certificates(&[issued])
}

async fn requested_key(headers: &HeaderMap, body: Body) -> Result<RequestedKey, Refused> {
    let stated = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !stated.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/pkcs10") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refused::new(status, "content-type-unsupported", "send application/pkcs10"));
    }
    let mut text = body::read(body, BODY_BYTES_MAX, body::WITHIN).await?.to_vec();
    // White space may stand anywhere; a Content-Transfer-Encoding header is ignored (RFC 8951 §3.1).
    text.retain(|byte| !byte.is_ascii_whitespace());
    let der = STANDARD.decode(text).map_err(|_| Refused::malformed("csr-malformed", "the body is not base64"))?;
    permits(REQUEST_ALGORITHM, Use::Certificates, clock::now()).map_err(|why| Refused::malformed(why.name(), why))?;
    RequestedKey::from_request(&der).map_err(|why| Refused::malformed(why.name(), why))
}

fn issue_first(
    parts: &Parts,
    peer: &Peer,
    key: &RequestedKey,
    shown: Option<&str>,
) -> Result<CertificateDer<'static>, Refused> {
    let now = clock::now();
    if key.thumbprint() == peer.key() {
        return Err(Refused::forbidden("csr-key-is-factory-key", "the operational key must be another one"));
    }
    let device = parts.store.device(peer.device())?;
    let held = parts.store.certificates(peer.device())?;
    let filter = AlertFilter { open_only: true, device: Some(peer.device().clone()) };
    let alerts = parts.store.alerts(&filter, None, ALERTS_MAX)?;
    let release = parts.store.home_release(peer.device())?;
    let returns = release.as_ref().zip(shown).is_some_and(|(release, shown)| {
        parts.authority.people_key().is_return_secret(&release.order, peer.device(), shown)
    });
    let facts = EnrolmentFacts {
        device: device.as_ref(),
        presented: peer.key(),
        requested: key.thumbprint(),
        proven: in_the_way(
            held.iter().find(|certificate| certificate.state == CertificateState::Proven),
            release.as_ref(),
            returns,
        ),
        alerts: &alerts,
        protection: parts.store.key_protection(peer.device())?,
        protection_min: demanded(parts, device.as_ref()),
        policy: parts.authority.terms().returning,
    };
    let alert = AlertId::new(now, clock::random());
    match decide_enrolment(&facts, alert, now) {
        Ok(entitled) => {
            issue(parts, entitled.device, key, now, |certificate| enrolled(&entitled, certificate, alert, now))
        }
        Err(refused) => {
            if let Some(decision) = refused.decision {
                parts.decide(*decision)?;
            }
            Err(Refused::forbidden(refused.refusal.name(), refused.refusal))
        }
    }
}

/// How well the product's model wants the factory key protected.
fn demanded(parts: &Parts, device: Option<&Device>) -> KeyProtection {
    let model = device.and_then(|device| parts.models.known(&device.product));
    model.map_or(KeyProtection::default(), |model| model.key_protection())
}

fn issue(
    parts: &Parts,
    device: &Device,
    key: &RequestedKey,
    now: Timestamp,
    record: impl FnOnce(DeviceCertificate) -> Decision,
) -> Result<CertificateDer<'static>, Refused> {
    if key.thumbprint() == device.factory_key {
        return Err(Refused::forbidden("csr-key-is-factory-key", "the operational key must be another one"));
    }
    let recent = |held: &&DeviceCertificate| held.not_before.plus(ISSUE_WINDOW) > now;
    let most = ISSUES_MAX + ISSUES_PER_LIFE * (ISSUE_WINDOW.0 / parts.authority.terms().device_life.0.max(1));
    if parts.store.certificates(&device.id)?.iter().filter(recent).count() as u64 >= most {
        return Err(Refused::too_often("enrolment-too-often", ISSUE_WAIT_S));
    }
    let issued = parts.authority.issue(&device.id, key, &clock::random(), now).map_err(|why| Refused::fault(&why))?;
    let serial = issued.record.serial.clone();
    parts.decide(record(issued.record).with_change(Change::SetIssuer { serial, issuer: issued.issuer }))?;
    Ok(issued.der)
}

fn certificates(certificates: &[CertificateDer<'_>]) -> Result<Response, Refused> {
    let der = pkcs7::certificates_only(&certificates.iter().collect::<Vec<_>>()).map_err(|why| Refused::fault(&why))?;
    let kind = (CONTENT_TYPE, "application/pkcs7-mime; smime-type=certs-only");
    Ok(([kind], pkcs7::body(&der)).into_response())
}
