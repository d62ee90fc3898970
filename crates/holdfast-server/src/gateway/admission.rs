//! Whether the device behind a verified certificate may come in: asked after every handshake, and again when it is let in.
//!
//! A device with nothing new about it is decided on from memory; everybody else from the store.

use std::sync::Arc;

use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::topic::Scope;
use holdfast_domain::decision::Decision;
use holdfast_domain::fleet::connection::{
    ConnectionFacts, ConnectionRefusal, certificate_proven, decide_connection, decide_standing,
};
use holdfast_store::roster::Known;
use holdfast_store::{Store, StoreError};

use super::door::Door;
use super::identity::Identity;
use super::pending::{Refused, Stop};
use super::readings::Readings;
use crate::clock;

/// A device that may come in.
pub(super) struct Admitted {
    pub(super) scope: Scope,
    pub(super) readings: Readings,
}

/// What is read in one go.
struct Found {
    scope: Scope,
    proves: Option<Decision>,
    readings: Readings,
}

/// Decides on a device. The first connection of a certificate is recorded before the device is answered.
pub(super) async fn decide(identity: &Identity, door: &Arc<Door>) -> Result<Admitted, Refused> {
    if door.is_draining() {
        return Err(Refused { reason: ReasonCode::ServerUnavailable, name: "server-shutting-down" });
    }
    if let Some(admitted) = decide_at_once(identity, door) {
        return Ok(admitted);
    }
    let (asked, asked_door) = (identity.clone(), Arc::clone(door));
    let found = door.records.read(move |store| find(&asked, &asked_door, store)).await;
    let fault = Refused { reason: ReasonCode::Unspecified, name: "server-fault" };
    let Found { scope, proves, readings } = found.map_err(|_| fault)??;
    if let Some(decision) = proves {
        door.records.commit(decision).await.map_err(|stop| match stop {
            // A newer certificate was proven in the same moment.
            Stop::Refused(refused) => Refused { reason: ReasonCode::NotAuthorized, ..refused },
            Stop::Fault => fault,
        })?;
    }
    Ok(Admitted { scope, readings })
}

/// Decides on a device whose proven certificate this is. `None` if that takes more than what is in memory.
fn decide_at_once(identity: &Identity, door: &Door) -> Option<Admitted> {
    let generation = door.models.generation();
    let (scope, known) = stands(identity, door)?;
    let model = door.models.known(&known.product)?;
    Some(Admitted { scope, readings: Readings::new(known.product.as_ref().clone(), model, generation) })
}

/// How far a device may reach at this moment, if memory says so.
pub(super) fn stands(identity: &Identity, door: &Door) -> Option<(Scope, Known)> {
    let known = door.records.known(&identity.device)?;
    let standing = known.standing_with(&identity.serial, &identity.key)?;
    let admission = decide_standing(&standing, clock::now()).ok().filter(|admission| !admission.proves)?;
    Some((admission.may, known))
}

fn find(identity: &Identity, door: &Door, store: &Store) -> Result<Result<Found, Refused>, StoreError> {
    let now = clock::now();
    let device = store.device(&identity.device)?;
    let certificate = store.certificate_by_serial(&identity.serial)?.filter(|known| known.key == identity.key);
    let facts = ConnectionFacts { device: device.as_ref(), certificate: certificate.as_ref() };
    let admission = match decide_connection(&facts, now) {
        Ok(admission) => admission,
        Err(refusal) => return Ok(Err(refused(refusal))),
    };
    let (Some(device), Some(certificate)) = (device, certificate) else {
        return Ok(Err(refused(ConnectionRefusal::DeviceUnknown)));
    };
    let generation = door.models.generation();
    let known = door.models.known(&device.product);
    let model = if known.is_some() {
        known
    } else {
        let product = store.product(&device.product)?;
        product.and_then(|product| door.models.load(&product.id, &product.thing_model).ok())
    };
    let Some(model) = model else {
        return Ok(Err(Refused { reason: ReasonCode::Unspecified, name: "product-without-model" }));
    };
    Ok(Ok(Found {
        scope: admission.may,
        proves: admission.proves.then(|| certificate_proven(&certificate, now)),
        readings: Readings::new(device.product, model, generation),
    }))
}

/// A device that is revoked is told so; a certificate that is not good is only refused.
const fn refused(refusal: ConnectionRefusal) -> Refused {
    let reason = match refusal {
        ConnectionRefusal::DeviceRevoked => ReasonCode::Banned,
        ConnectionRefusal::DeviceUnknown
        | ConnectionRefusal::CertificateUnknown
        | ConnectionRefusal::CertificateRevoked
        | ConnectionRefusal::CertificateSuperseded
        | ConnectionRefusal::CertificateExpired => ReasonCode::NotAuthorized,
    };
    Refused { reason, name: refusal.name() }
}
