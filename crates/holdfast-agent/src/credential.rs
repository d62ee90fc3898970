//! The operational credential: two slots, renewal into the free one, promotion only after a proven connection.

use holdfast_core::time::Timestamp;
use holdfast_core::trust::TrustDocument;
use rustls::pki_types::CertificateDer;

use crate::config::Config;
use crate::device_state::{CredentialSlot, DeviceRecord};
use crate::door::Door;
use crate::durable;
use crate::est::{self, Request};
use crate::fault::Fault;
use crate::keys::{self, PrivateKey};
use crate::layout::Layout;
use crate::tls::{self, Identity};

/// Connections that a new credential may fail to make before it is given up, and that the proven one may be turned away
/// from before the device asks to enrol anew.
pub(crate) const CANDIDATE_TRIES_MAX: u8 = 3;

/// The factory identity: made in the device, vouched for by the factory, for enrolment and evidence alone.
pub(crate) fn factory_identity(layout: &Layout) -> Result<Identity, Fault> {
    let (key_path, chain_path) = (layout.keys("factory.key"), layout.keys("factory.crt"));
    let key = PrivateKey::load(&key_path)?.ok_or_else(|| Fault::content(&key_path, "not there; `init` makes it"))?;
    let chain = keys::load_chain(&chain_path)?
        .ok_or_else(|| Fault::content(&chain_path, "not there; the factory puts it there"))?;
    Ok(Identity { key, chain })
}

/// Reads the credential of one slot; `None` if it is not complete or damaged.
pub(crate) fn read(layout: &Layout, slot: CredentialSlot) -> Result<Option<Identity>, Fault> {
    let key = unless_damaged(PrivateKey::load(&key_path(layout, slot)))?;
    let chain = unless_damaged(keys::load_chain(&chain_path(layout, slot)))?;
    Ok(key.zip(chain).map(|(key, chain)| Identity { key, chain }))
}

/// A damaged file counts as missing: another credential can take its place.
fn unless_damaged<T>(read: Result<Option<T>, Fault>) -> Result<Option<T>, Fault> {
    match read {
        Err(fault @ Fault::Content { .. }) => {
            tracing::warn!(fault.name = fault.name(), fault.text = %fault, "credential ignored");
            Ok(None)
        }
        other => other,
    }
}

/// Where a credential from a new enrolment goes: beside the proven one, or into its place if its key is there without a
/// usable certificate, so that the same key asks again.
pub(crate) fn place_to_enrol(layout: &Layout, record: &DeviceRecord) -> Result<CredentialSlot, Fault> {
    let Some(proven) = record.value.credential else { return Ok(CredentialSlot::A) };
    let key = unless_damaged(PrivateKey::load(&key_path(layout, proven)))?;
    let chain = unless_damaged(keys::load_chain(&chain_path(layout, proven)))?;
    Ok(if key.is_some() && chain.is_none() { proven } else { proven.other() })
}

fn key_path(layout: &Layout, slot: CredentialSlot) -> std::path::PathBuf {
    layout.keys(&format!("ldevid-{}.key", slot.name()))
}

fn chain_path(layout: &Layout, slot: CredentialSlot) -> std::path::PathBuf {
    layout.keys(&format!("ldevid-{}.crt", slot.name()))
}

/// The credential to connect with: a candidate first, else the proven one.
pub(crate) fn choose(layout: &Layout, record: &DeviceRecord) -> Result<Option<(CredentialSlot, Identity)>, Fault> {
    for slot in [record.value.candidate, record.value.credential].into_iter().flatten() {
        if let Some(identity) = read(layout, slot)? {
            return Ok(Some((slot, identity)));
        }
    }
    Ok(None)
}

/// Whether two thirds of a certificate's life are over.
pub(crate) fn is_due(certificate: &CertificateDer<'_>, now: Timestamp) -> bool {
    est::validity(certificate).is_none_or(|(begin, end)| {
        let renew_at = begin.saturating_add(end.saturating_sub(begin) / 3 * 2);
        now.as_micros() / 1_000_000 >= renew_at
    })
}

/// What a request for a certificate needs; owns everything, so that it can run beside the rest.
#[derive(Debug)]
pub(crate) struct Enrolment {
    /// The agent's directory.
    pub(crate) layout: Layout,
    /// The configuration.
    pub(crate) config: Config,
    /// The newest trust document.
    pub(crate) trust: TrustDocument,
    /// The latest proven time.
    pub(crate) time_floor: Timestamp,
    /// The slot that gets the credential.
    pub(crate) slot: CredentialSlot,
    /// Whether an enrolment makes a new key even if one is there.
    pub(crate) new_key: bool,
}

impl Enrolment {
    /// Gets a first credential with the factory identity. A key that is there without certificate is used again, so that
    /// an enrolment whose answer was lost can be repeated.
    pub(crate) async fn enrol(self) -> Result<CredentialSlot, Fault> {
        let factory = factory_identity(&self.layout)?;
        if self.new_key {
            self.clear()?;
        }
        self.certify(Request::Enrol, &factory).await
    }

    /// Renews into the free slot with the operational identity of the other one.
    pub(crate) async fn renew(self) -> Result<CredentialSlot, Fault> {
        let current = read(&self.layout, self.slot.other())?.ok_or_else(|| Fault::refused("credential-missing"))?;
        self.clear()?;
        self.certify(Request::Renew, &current).await
    }

    fn clear(&self) -> Result<(), Fault> {
        durable::remove(&chain_path(&self.layout, self.slot))?;
        durable::remove(&key_path(&self.layout, self.slot))
    }

    async fn certify(&self, request: Request, identity: &Identity) -> Result<CredentialSlot, Fault> {
        let door = Door::open(&self.config.est_url, tls::config(&self.trust, identity, self.time_floor, b"")?)?;
        let path = key_path(&self.layout, self.slot);
        let key = if let Some(key) = unless_damaged(PrivateKey::load(&path))? {
            key
        } else {
            durable::remove(&path)?;
            PrivateKey::create(&path)?
        };
        let (csr, _) = key.request(self.config.device.as_str(), None)?;
        let certificate = est::certify(&door, request, &csr, &key.spki()?).await?;
        durable::write(&chain_path(&self.layout, self.slot), pem(&certificate).as_bytes())?;
        tracing::info!(credential.slot = self.slot.name(), credential.how = ?request, "certificate received");
        Ok(self.slot)
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

/// Gives up a candidate that no connection proved, if there is a proven credential to go back to.
pub(crate) fn give_up_candidate(layout: &Layout, record: &mut DeviceRecord) -> Result<(), Fault> {
    if let (Some(slot), Some(_)) = (record.value.candidate, record.value.credential) {
        record.value.candidate = None;
        record.save()?;
        durable::remove(&chain_path(layout, slot))?;
        durable::remove(&key_path(layout, slot))?;
        tracing::warn!(credential.slot = slot.name(), "new credential given up");
    }
    Ok(())
}

/// Whether the certificate can no longer be used for TLS.
pub(crate) fn is_expired(certificate: &CertificateDer<'_>, now: Timestamp) -> bool {
    est::validity(certificate).is_none_or(|(_, end)| now.as_micros() / 1_000_000 > end)
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out.push_str("-----END CERTIFICATE-----\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device_state::DEVICE_RECORD;

    fn with_credential() -> (tempfile::TempDir, Layout, DeviceRecord) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        PrivateKey::create(&key_path(&layout, CredentialSlot::A)).unwrap();
        let certificate = rcgen::generate_simple_self_signed(vec!["device".to_owned()]).unwrap();
        std::fs::write(chain_path(&layout, CredentialSlot::A), pem(certificate.cert.der())).unwrap();
        let mut record = DeviceRecord::load(&layout, DEVICE_RECORD);
        record.value.credential = Some(CredentialSlot::A);
        (dir, layout, record)
    }

    #[test]
    fn a_whole_credential_is_chosen_and_a_new_enrolment_goes_beside_it() {
        let (_dir, layout, record) = with_credential();
        assert_eq!(choose(&layout, &record).unwrap().map(|(slot, _)| slot), Some(CredentialSlot::A));
        assert_eq!(place_to_enrol(&layout, &record).unwrap(), CredentialSlot::B);
    }

    #[test]
    fn a_key_whose_certificate_is_damaged_asks_again_in_its_place() {
        let (_dir, layout, record) = with_credential();
        std::fs::write(chain_path(&layout, CredentialSlot::A), b"-----BEGIN CERT").unwrap();
        assert!(choose(&layout, &record).unwrap().is_none());
        assert_eq!(place_to_enrol(&layout, &record).unwrap(), CredentialSlot::A);
    }

    #[test]
    fn a_damaged_key_counts_as_missing_and_another_one_is_made_beside_it() {
        let (_dir, layout, record) = with_credential();
        std::fs::write(key_path(&layout, CredentialSlot::A), b"").unwrap();
        assert!(choose(&layout, &record).unwrap().is_none());
        assert_eq!(place_to_enrol(&layout, &record).unwrap(), CredentialSlot::B);
    }
}
