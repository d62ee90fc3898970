//! Who is at this door: the certificate as TLS proved it, and what the device table says of it now.

use axum::extract::FromRequestParts;
use holdfast_domain::fleet::Device;
use holdfast_domain::fleet::connection::{ConnectionFacts, certificate_proven, decide_connection};
use http::request::Parts as RequestParts;

use super::Parts;
use super::refused::Refused;
use crate::clock;
use crate::https::Presented;
use crate::tls::peer::{Peer, PeerKind};

/// A device with any identity of ours.
pub(super) struct Anyone;

/// A device with its factory identity, which enrols, asks what time it is, and does nothing else.
pub(super) struct Factory(pub(super) Peer);

/// A device with an operational identity that the device table still accepts.
pub(super) struct Admitted {
    pub(super) device: Device,
    pub(super) peer: Peer,
}

fn presented(request: &RequestParts) -> Result<Peer, Refused> {
    match request.extensions.get::<Presented>() {
        Some(Presented(Ok(peer))) => Ok(peer.clone()),
        Some(Presented(Err(why))) => Err(Refused::forbidden(why.name(), why)),
        None => Err(Refused::forbidden("peer-certificate-missing", "no client certificate was presented")),
    }
}

impl<S: Sync> FromRequestParts<S> for Anyone {
    type Rejection = Refused;

    async fn from_request_parts(request: &mut RequestParts, _: &S) -> Result<Self, Refused> {
        presented(request).map(|_| Self)
    }
}

impl<S: Sync> FromRequestParts<S> for Factory {
    type Rejection = Refused;

    async fn from_request_parts(request: &mut RequestParts, _: &S) -> Result<Self, Refused> {
        let peer = presented(request)?;
        match peer.kind() {
            PeerKind::Factory => Ok(Self(peer)),
            PeerKind::Operational => Err(Refused::forbidden(
                "factory-identity-needed",
                "enrol with the factory identity, renew with this one",
            )),
        }
    }
}

impl FromRequestParts<Parts> for Admitted {
    type Rejection = Refused;

    async fn from_request_parts(request: &mut RequestParts, parts: &Parts) -> Result<Self, Refused> {
        let peer = presented(request)?;
        if peer.kind() == PeerKind::Factory {
            return Err(Refused::forbidden("operational-identity-needed", "the factory identity enrols only"));
        }
        parts.blocking(move |parts| Ok(Self { device: admit(parts, &peer)?, peer })).await
    }
}

/// Looks the certificate up; its first use proves it (RFC 7030 leaves this to us; DESIGN §5).
pub(super) fn admit(parts: &Parts, peer: &Peer) -> Result<Device, Refused> {
    let now = clock::now();
    let device = parts.store.device(peer.device())?;
    let certificate = parts.store.certificate_by_serial(peer.serial())?.filter(|known| known.key == peer.key());
    let facts = ConnectionFacts { device: device.as_ref(), certificate: certificate.as_ref() };
    let admission = decide_connection(&facts, now).map_err(|why| Refused::forbidden(why.name(), why))?;
    let (Some(device), Some(certificate)) = (device, certificate) else {
        return Err(Refused::forbidden("device-unknown", "no such device is known"));
    };
    if admission.proves {
        parts.decide(certificate_proven(&certificate, now))?;
    }
    Ok(device)
}
