//! The operational credential: two slots, renewal into the free one, promotion only after a proven connection.
//!
//! What is done without a usable credential is decided in [`plan`]: a key that is still there asks again itself, so that
//! the platform sees the same device go on, also after months in a drawer.

use std::sync::Arc;

use holdfast_core::time::Timestamp;
use holdfast_core::trust::TrustDocument;
use rustls::pki_types::CertificateDer;

use crate::config::Config;
use crate::device_state::{CredentialSlot, DeviceRecord};
use crate::door::Door;
use crate::durable;
use crate::est::{self, Request};
use crate::fault::Fault;
use crate::keys::{self, KeySlot, Keys};
use crate::layout::Layout;
use crate::reset;
use crate::resolve::Resolver;
use crate::tls::{self, Corrected, Identity};

/// Connections that a new credential may fail to make before it is given up, and that the proven one may be turned away
/// from before the device asks to enrol anew.
pub(crate) const CANDIDATE_TRIES_MAX: u8 = 3;

/// Why a device enrols with its factory identity; the platform is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It has never had a credential, or was reset.
    First,
    /// The certificate's time is over; its key asks for the next one.
    Expired,
    /// The certificate is gone; its key asks for another one.
    CertificateLost,
    /// The key is gone or damaged; a new key asks.
    KeyLost,
    /// The platform turned the credential away several times; a new key asks.
    TurnedAway,
}

impl Reason {
    /// The value of the header `Holdfast-Credential`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Expired => "expired",
            Self::CertificateLost => "certificate-lost",
            Self::KeyLost => "key-lost",
            Self::TurnedAway => "turned-away",
        }
    }

    /// Whether the key that asks has served before, so that a fresh one takes its place soon.
    const fn keeps_the_key(self) -> bool {
        matches!(self, Self::Expired | Self::CertificateLost)
    }
}

/// How to come to a connection.
#[derive(Debug)]
pub(crate) enum Plan {
    /// With this credential.
    Connect(CredentialSlot, Identity),
    /// After an enrolment into this slot.
    Enrol(CredentialSlot, Reason),
}

/// A certificate that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    /// Where it is.
    pub(crate) slot: CredentialSlot,
    /// Whether its key is to be replaced once it is proven.
    pub(crate) rekey: bool,
}

/// The factory identity: made in the device, vouched for by the factory, for enrolment and evidence alone.
pub(crate) fn factory_identity(layout: &Layout, keys: &Arc<Keys>) -> Result<Identity, Fault> {
    let path = layout.keys("factory.crt");
    let chain =
        keys::load_chain(&path)?.ok_or_else(|| Fault::content(&path, "not there; the factory puts it there"))?;
    let spki = chain.first().and_then(|leaf| est::spki(leaf));
    let key = keys.with(KeySlot::Factory, &spki.ok_or_else(|| Fault::content(&path, "not a certificate"))?)?;
    Ok(Identity { key, chain })
}

/// Reads the credential of one slot; `None` if it is not complete, damaged, or not of one piece.
pub(crate) fn read(layout: &Layout, keys: &Arc<Keys>, slot: CredentialSlot) -> Result<Option<Identity>, Fault> {
    let Some(chain) = read_chain(layout, slot)? else { return Ok(None) };
    let Some(key) = keys.key(slot.into())? else { return Ok(None) };
    if chain.first().and_then(|leaf| est::spki(leaf)).as_deref() != Some(key.spki()) {
        tracing::warn!(credential.slot = slot.name(), "certificate of another key ignored");
        return Ok(None);
    }
    Ok(Some(Identity { key, chain }))
}

/// Reads the certificates of one slot. A damaged file counts as missing: another certificate can take its place.
pub(crate) fn read_chain(layout: &Layout, slot: CredentialSlot) -> Result<Option<Vec<CertificateDer<'static>>>, Fault> {
    match keys::load_chain(&chain_path(layout, slot)) {
        Err(fault @ Fault::Content { .. }) => {
            tracing::warn!(fault.name = fault.name(), fault.text = %fault, "certificate ignored");
            Ok(None)
        }
        other => other,
    }
}

fn chain_path(layout: &Layout, slot: CredentialSlot) -> std::path::PathBuf {
    layout.keys(&format!("ldevid-{}.crt", slot.name()))
}

/// Decides how to come to a connection: a candidate first, then the proven credential, then an enrolment.
pub(crate) fn plan(layout: &Layout, keys: &Arc<Keys>, record: &DeviceRecord, now: Timestamp) -> Result<Plan, Fault> {
    let mut proven_is_whole = false;
    for slot in [record.value.candidate, record.value.credential].into_iter().flatten() {
        if let Some(identity) = read(layout, keys, slot)? {
            if identity.chain.first().is_some_and(|leaf| !is_expired(leaf, now)) {
                return Ok(Plan::Connect(slot, identity));
            }
            proven_is_whole = record.value.credential == Some(slot);
        }
    }
    let Some(proven) = record.value.credential else { return Ok(Plan::Enrol(CredentialSlot::A, Reason::First)) };
    if proven_is_whole {
        Ok(Plan::Enrol(proven, Reason::Expired))
    } else if keys.key(proven.into())?.is_some() {
        Ok(Plan::Enrol(proven, Reason::CertificateLost))
    } else {
        Ok(Plan::Enrol(proven.other(), Reason::KeyLost))
    }
}

/// When two thirds of a certificate's life are over.
pub(crate) fn renewal_at(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (begin, end) = est::validity(certificate)?;
    let micros = |secs: i64| secs.saturating_mul(1_000_000);
    let life = micros(end).saturating_sub(micros(begin));
    Some(Timestamp::from_micros(micros(begin).saturating_add(life / 3 * 2)))
}

/// What a request for a certificate needs; owns everything, so that it can run beside the rest.
#[derive(Debug)]
pub(crate) struct Enrolment {
    /// The agent's directory.
    pub(crate) layout: Layout,
    /// The configuration.
    pub(crate) config: Config,
    /// The device's keys.
    pub(crate) keys: Arc<Keys>,
    /// The newest trust document.
    pub(crate) trust: TrustDocument,
    /// How to read the clock.
    pub(crate) time: Corrected,
    /// The slot that gets the credential.
    pub(crate) slot: CredentialSlot,
    /// From names to addresses.
    pub(crate) resolver: Resolver,
}

impl Enrolment {
    /// Gets a credential with the factory identity. A key that is there asks again, so that an enrolment whose answer was
    /// lost can be repeated.
    pub(crate) async fn enrol(self, reason: Reason) -> Result<Received, Fault> {
        let factory = factory_identity(&self.layout, &self.keys)?;
        if reason == Reason::TurnedAway {
            self.clear()?;
        }
        self.certify(Request::Enrol(reason), &factory).await?;
        Ok(Received { slot: self.slot, rekey: reason.keeps_the_key() })
    }

    /// Renews into the free slot with the operational identity of the other one.
    pub(crate) async fn renew(self) -> Result<Received, Fault> {
        let current = read(&self.layout, &self.keys, self.slot.other())?;
        let current = current.ok_or_else(|| Fault::refused("credential-missing"))?;
        self.clear()?;
        self.certify(Request::Renew, &current).await?;
        Ok(Received { slot: self.slot, rekey: false })
    }

    fn clear(&self) -> Result<(), Fault> {
        durable::remove(&chain_path(&self.layout, self.slot))?;
        self.keys.erase(self.slot.into())
    }

    async fn certify(&self, request: Request, identity: &Identity) -> Result<(), Fault> {
        let tls = tls::config(&self.trust, identity, self.time, b"")?;
        let door = Door::open(&self.config.est_url, tls, &self.resolver)?;
        let key = self.keys.make(self.slot.into())?;
        let csr = self.keys.certify(self.slot.into())?;
        let returns = reset::return_secret(&self.layout).filter(|_| matches!(request, Request::Enrol(_)));
        let certificate = est::certify(&door, request, returns.as_deref(), &csr, key.spki()).await?;
        durable::write(&chain_path(&self.layout, self.slot), pem("CERTIFICATE", &certificate).as_bytes())?;
        tracing::info!(credential.slot = self.slot.name(), credential.how = ?request, "certificate received");
        Ok(())
    }
}

/// A connection was made with this credential: from now on it is the one.
pub(crate) fn proven(record: &mut DeviceRecord, slot: CredentialSlot) -> Result<(), Fault> {
    if record.value.credential != Some(slot) || record.value.candidate.is_some() {
        record.value.credential = Some(slot);
        record.value.candidate = None;
        record.save()?;
        tracing::info!(credential.slot = slot.name(), "credential proven");
    }
    Ok(())
}

/// Gives up a candidate that no connection proved, if there is a proven credential to go back to. A candidate in that
/// one's place has its key, which stays.
pub(crate) fn give_up_candidate(layout: &Layout, keys: &Keys, record: &mut DeviceRecord) -> Result<(), Fault> {
    if let (Some(slot), Some(proven)) = (record.value.candidate, record.value.credential) {
        record.value.candidate = None;
        record.save()?;
        if slot != proven {
            durable::remove(&chain_path(layout, slot))?;
            keys.erase(slot.into())?;
        }
        tracing::warn!(credential.slot = slot.name(), "new credential given up");
    }
    Ok(())
}

/// Whether the certificate can no longer be used for TLS.
pub(crate) fn is_expired(certificate: &CertificateDer<'_>, now: Timestamp) -> bool {
    est::validity(certificate).is_none_or(|(_, end)| now.as_micros() / 1_000_000 > end)
}

/// DER as PEM (RFC 7468).
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out + "-----END " + label + "-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device_state::DEVICE_RECORD;
    use crate::keys::{Terms, Vault};
    use rcgen::{CertificateParams, KeyPair, SubjectPublicKeyInfo, date_time_ymd};

    const A: CredentialSlot = CredentialSlot::A;
    const IN_2026: Timestamp = Timestamp::from_micros(1_780_000_000_000_000);
    const IN_2030: Timestamp = Timestamp::from_micros(1_900_000_000_000_000);

    struct Desk {
        _dir: tempfile::TempDir,
        layout: Layout,
        keys: Arc<Keys>,
        record: DeviceRecord,
    }

    impl Desk {
        fn plan(&self, now: Timestamp) -> String {
            match plan(&self.layout, &self.keys, &self.record, now).unwrap() {
                Plan::Connect(slot, _) => format!("connect with {}", slot.name()),
                Plan::Enrol(slot, reason) => format!("enrol {}, {}", slot.name(), reason.name()),
            }
        }

        /// A certificate of the years 2026 to 2028 for the key of a slot.
        fn certify(&self, slot: CredentialSlot) {
            let key = self.keys.make(slot.into()).unwrap();
            let spki = SubjectPublicKeyInfo::from_der(key.spki()).unwrap();
            let mut params = CertificateParams::default();
            (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2029, 1, 1));
            let authority = rcgen::CertifiedIssuer::self_signed(params.clone(), KeyPair::generate().unwrap()).unwrap();
            let certificate = params.signed_by(&spki, &authority).unwrap();
            std::fs::write(chain_path(&self.layout, slot), pem("CERTIFICATE", certificate.der())).unwrap();
        }

        fn break_key(&self, slot: &str) {
            std::fs::write(self.layout.vault().join(format!("ldevid-{slot}.key")), b"torn").unwrap();
        }
    }

    fn with_credential() -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        let keys = Keys::here(Vault::create(&layout.vault(), &Terms::of("hearth-0001")).unwrap());
        let mut record = DeviceRecord::load(&layout, DEVICE_RECORD);
        record.value.credential = Some(A);
        let desk = Desk { _dir: dir, layout, keys, record };
        desk.certify(A);
        desk
    }

    #[test]
    fn a_whole_credential_connects_and_a_candidate_goes_first() {
        let mut desk = with_credential();
        assert_eq!(desk.plan(IN_2026), "connect with a");
        desk.certify(CredentialSlot::B);
        desk.record.value.candidate = Some(CredentialSlot::B);
        assert_eq!(desk.plan(IN_2026), "connect with b");
        desk.break_key("b");
        assert_eq!(desk.plan(IN_2026), "connect with a");
    }

    #[test]
    fn an_expired_credential_asks_again_with_its_own_key() {
        assert_eq!(with_credential().plan(IN_2030), "enrol a, expired");
    }

    #[test]
    fn a_key_whose_certificate_is_damaged_asks_again_in_its_place() {
        let desk = with_credential();
        std::fs::write(chain_path(&desk.layout, A), b"-----BEGIN CERT").unwrap();
        assert_eq!(desk.plan(IN_2026), "enrol a, certificate-lost");
    }

    #[test]
    fn a_certificate_of_another_key_counts_as_lost() {
        let desk = with_credential();
        desk.certify(CredentialSlot::B);
        std::fs::copy(chain_path(&desk.layout, CredentialSlot::B), chain_path(&desk.layout, A)).unwrap();
        assert_eq!(desk.plan(IN_2026), "enrol a, certificate-lost");
    }

    #[test]
    fn a_damaged_key_is_said_to_be_lost_and_a_new_one_is_made_beside_it() {
        let desk = with_credential();
        desk.break_key("a");
        assert_eq!(desk.plan(IN_2026), "enrol b, key-lost");
    }

    #[test]
    fn a_device_without_any_credential_enrols_for_the_first_time() {
        let mut desk = with_credential();
        desk.record.value.credential = None;
        assert_eq!(desk.plan(IN_2026), "enrol a, first");
    }

    #[test]
    fn a_candidate_that_is_given_up_takes_the_proven_key_with_it_never() {
        let mut desk = with_credential();
        desk.record.value.candidate = Some(A);
        give_up_candidate(&desk.layout, &desk.keys, &mut desk.record).unwrap();
        assert_eq!(desk.plan(IN_2026), "connect with a");
        desk.certify(CredentialSlot::B);
        desk.record.value.candidate = Some(CredentialSlot::B);
        give_up_candidate(&desk.layout, &desk.keys, &mut desk.record).unwrap();
        assert_eq!(desk.plan(IN_2026), "connect with a");
        assert!(desk.keys.key(CredentialSlot::B.into()).unwrap().is_none());
    }
}
