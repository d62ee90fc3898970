//! The server's keys that follow each other: which files there are, where each stands, and the cross certificates by
//! which a device that knows only an older CA still believes the newest one.
//!
//! `ring.json` beside the key files is the truth; it is replaced in one step. Whether a step may be taken is the
//! domain's.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use holdfast_core::cose::{Signer as _, SoftwareKey};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::KeyThumbprint;
use holdfast_domain::keys::{KeyState, ServerKey, ServerRole};
use rcgen::{Issuer, KeyPair, PublicKeyData as _};
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::certificate::{self, CertificateError, SERIAL_BYTES, Validity, spki_of, validity_of};
use super::secret_file::{self, SecretFileError, from_hex, hex};
use super::vault::Vault;
use super::{
    AuthorityError, CA_KEY, CA_LIFE, CERTIFICATE, FRESHNESS_KEY, PRIVATE_KEY, ed25519_pkcs8, ed25519_seed,
    p256_from_pkcs8,
};

/// The file that says where each key stands.
pub(super) const RING: &str = "ring.json";
/// Version of its form.
const FORM: u32 = 1;
/// Most keys that are remembered, destroyed ones included.
const KEYS_MAX: usize = 64;
/// Most cross certificates that a door shows: one for each CA that a sleeping device may have missed.
const CROSS_MAX: usize = 4;

/// All keys of both roles, oldest first in each.
pub(super) struct Ring {
    pub(super) keys: Vec<Held>,
}

/// One key.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) standing: ServerKey,
    /// Name of its files, without their endings.
    file: String,
    pub(super) content: Content,
}

/// What is kept of a key.
#[derive(Clone)]
pub(super) enum Content {
    Ca(Arc<Ca>),
    Freshness(Option<Arc<SoftwareKey>>),
}

/// An operational CA.
pub(super) struct Ca {
    pub(super) der: CertificateDer<'static>,
    /// Its key, certified by the CA before it.
    pub(super) cross: Option<CertificateDer<'static>>,
    /// Gone once it is retired.
    pub(super) issuer: Option<Issuer<'static, KeyPair>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    form: u32,
    keys: Vec<WireKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireKey {
    role: String,
    file: String,
    key: String,
    state: String,
    created_us: i64,
    since_us: i64,
}

impl WireKey {
    fn read(&self) -> Option<(ServerKey, String)> {
        let plain = self.file.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let standing = ServerKey {
            role: ServerRole::from_name(&self.role)?,
            key: KeyThumbprint(from_hex(&self.key)?.try_into().ok()?),
            state: KeyState::from_name(&self.state)?,
            created: Timestamp::from_micros(self.created_us),
            since: Timestamp::from_micros(self.since_us),
        };
        (plain && !self.file.is_empty()).then(|| (standing, self.file.clone()))
    }
}

fn ca_thumbprint(spki: &[u8]) -> KeyThumbprint {
    KeyThumbprint(*Sha256Digest::of(spki).as_bytes())
}

fn freshness_thumbprint(key: &SoftwareKey) -> KeyThumbprint {
    KeyThumbprint(*key.public_key().key_id().as_bytes())
}

impl Ring {
    /// Reads the ring of a folder whose first keys exist; without `ring.json` they are all there is.
    pub(super) fn open(dir: &Path, vault: &Vault) -> Result<Self, AuthorityError> {
        let path = dir.join(RING);
        if !path.exists() {
            return Self::first(dir, vault);
        }
        let malformed = || SecretFileError::NotPem { path: path.clone(), label: "ring of keys" };
        let wire: Wire = serde_json::from_slice(&secret_file::read(&path)?).map_err(|_| malformed())?;
        if wire.form != FORM || wire.keys.len() > KEYS_MAX {
            return Err(malformed().into());
        }
        let mut keys = Vec::with_capacity(wire.keys.len());
        for listed in &wire.keys {
            let (standing, file) = listed.read().ok_or_else(malformed)?;
            let content = match standing.role {
                ServerRole::OperationalCa => Content::Ca(Arc::new(open_ca(dir, vault, &file, &standing)?)),
                ServerRole::Freshness => Content::Freshness(open_freshness(dir, vault, &file, &standing)?),
            };
            if standing.state == KeyState::Retired {
                destroy(&dir.join(format!("{file}.key")))?;
            }
            keys.push(Held { standing, file, content });
        }
        Ok(Self { keys })
    }

    /// The two keys that a server starts with.
    fn first(dir: &Path, vault: &Vault) -> Result<Self, AuthorityError> {
        let (ca_file, freshness_file) = (stem(CA_KEY), stem(FRESHNESS_KEY));
        let der = read_crt(&dir.join(format!("{ca_file}.crt")))?;
        let created = validity_of(&der)?.not_before;
        let standing = |role, key| ServerKey { role, key, state: KeyState::Active, created, since: created };
        let ca = standing(ServerRole::OperationalCa, ca_thumbprint(spki_of(&der)?));
        let ca_parts = open_ca(dir, vault, &ca_file, &ca)?;
        let seed = read_seed(&dir.join(FRESHNESS_KEY), vault)?;
        let key = Arc::new(SoftwareKey::ed25519(&seed));
        let freshness = standing(ServerRole::Freshness, freshness_thumbprint(&key));
        Ok(Self {
            keys: vec![
                Held { standing: ca, file: ca_file, content: Content::Ca(Arc::new(ca_parts)) },
                Held { standing: freshness, file: freshness_file, content: Content::Freshness(Some(key)) },
            ],
        })
    }

    /// Writes where each key stands.
    pub(super) fn save(&self, dir: &Path) -> Result<(), AuthorityError> {
        let key = |held: &Held| WireKey {
            role: held.standing.role.name().to_owned(),
            file: held.file.clone(),
            key: hex(&held.standing.key.0),
            state: held.standing.state.name().to_owned(),
            created_us: held.standing.created.as_micros(),
            since_us: held.standing.since.as_micros(),
        };
        let wire = Wire { form: FORM, keys: self.keys.iter().map(key).collect() };
        let text = serde_json::to_vec_pretty(&wire).map_err(|_| CertificateError::Unusable)?;
        Ok(secret_file::replace_secret(&dir.join(RING), &text)?)
    }

    /// The keys of a role in a state.
    pub(super) fn of(&self, role: ServerRole, state: KeyState) -> impl Iterator<Item = &Held> {
        self.keys.iter().filter(move |held| held.standing.role == role && held.standing.state == state)
    }

    /// The CA in a state.
    pub(super) fn ca(&self, state: KeyState) -> Option<(&ServerKey, &Arc<Ca>)> {
        self.of(ServerRole::OperationalCa, state).find_map(|held| match &held.content {
            Content::Ca(ca) => Some((&held.standing, ca)),
            Content::Freshness(_) => None,
        })
    }

    /// Every CA, oldest first.
    pub(super) fn cas(&self) -> impl Iterator<Item = (&ServerKey, &Arc<Ca>)> {
        self.keys.iter().filter_map(|held| match &held.content {
            Content::Ca(ca) => Some((&held.standing, ca)),
            Content::Freshness(_) => None,
        })
    }

    /// Every freshness key that can still sign.
    pub(super) fn freshness(&self) -> impl Iterator<Item = (&ServerKey, &Arc<SoftwareKey>)> {
        self.keys.iter().filter_map(|held| match &held.content {
            Content::Freshness(Some(key)) => Some((&held.standing, key)),
            Content::Freshness(None) | Content::Ca(_) => None,
        })
    }

    /// What a door shows behind its own certificate when this CA issued it: the way back to each older CA, or the CA
    /// itself if it is the first.
    pub(super) fn chain_of(&self, ca: KeyThumbprint) -> Vec<CertificateDer<'static>> {
        let upto = self.cas().take_while({
            let mut done = false;
            move |(standing, _)| !std::mem::replace(&mut done, standing.key == ca)
        });
        let mut known: Vec<_> = upto.map(|(_, parts)| parts).collect();
        known.reverse();
        let crossed: Vec<_> = known.iter().map_while(|parts| parts.cross.clone()).take(CROSS_MAX).collect();
        if crossed.is_empty() { known.first().map(|parts| parts.der.clone()).into_iter().collect() } else { crossed }
    }

    /// Makes the next key of a role on disk. It is not in the ring yet: a crash leaves only files that nobody names.
    pub(super) fn make(
        &self,
        role: ServerRole,
        dir: &Path,
        vault: &Vault,
        now: Timestamp,
    ) -> Result<Held, AuthorityError> {
        let standing = |key| ServerKey { role, key, state: KeyState::Next, created: now, since: now };
        let name = |key: &KeyThumbprint| format!("{}-{}", role.name(), hex(key.0.get(..8).unwrap_or_default()));
        match role {
            ServerRole::Freshness => {
                let seed = Zeroizing::new(crate::clock::random::<32>());
                let key = Arc::new(SoftwareKey::ed25519(&seed));
                let standing = standing(freshness_thumbprint(&key));
                let file = name(&standing.key);
                vault.create(&dir.join(format!("{file}.key")), PRIVATE_KEY, &ed25519_pkcs8(&seed))?;
                Ok(Held { standing, file, content: Content::Freshness(Some(key)) })
            }
            ServerRole::OperationalCa => {
                let (_, before) = self.ca(KeyState::Active).ok_or(CertificateError::Unusable)?;
                let key = KeyPair::generate().map_err(CertificateError::from)?;
                let standing = standing(ca_thumbprint(&key.subject_public_key_info()));
                let file = name(&standing.key);
                let (serial, cross_serial) = (crate::clock::random::<SERIAL_BYTES>(), crate::clock::random());
                let validity = Validity::from(now, CA_LIFE);
                let der = certificate::operational_ca(&key, &serial, validity)?;
                let issuer = before.issuer.as_ref().ok_or(CertificateError::Unusable)?;
                let limit = validity_of(&before.der)?.not_after.min(validity.not_after);
                let validity = Validity { not_after: limit, ..validity };
                let newer = (key.subject_public_key_info(), &serial);
                let cross = certificate::cross(issuer, (&newer.0, newer.1), &cross_serial, validity)?;
                let secret = Zeroizing::new(key.serialize_der());
                vault.create(&dir.join(format!("{file}.key")), PRIVATE_KEY, &secret)?;
                write_crt(&dir.join(format!("{file}.crt")), &der)?;
                write_crt(&dir.join(format!("{file}.cross.crt")), &cross)?;
                let issuer = Issuer::from_ca_cert_der(&der, key).map_err(CertificateError::from)?;
                let ca = Ca { der, cross: Some(cross), issuer: Some(issuer) };
                Ok(Held { standing, file, content: Content::Ca(Arc::new(ca)) })
            }
        }
    }

    /// The same ring after some keys of a role moved on.
    pub(super) fn moved(&self, role: ServerRole, steps: &[(KeyState, KeyState)], now: Timestamp) -> Self {
        let moved = |held: &Held| {
            let step = steps.iter().find(|(from, _)| held.standing.role == role && held.standing.state == *from);
            let Some((_, to)) = step else { return held.clone() };
            let mut held = held.clone();
            (held.standing.state, held.standing.since) = (*to, now);
            if *to == KeyState::Retired {
                held.content = match held.content {
                    Content::Freshness(_) => Content::Freshness(None),
                    Content::Ca(ca) => {
                        Content::Ca(Arc::new(Ca { der: ca.der.clone(), cross: ca.cross.clone(), issuer: None }))
                    }
                };
            }
            held
        };
        Self { keys: self.keys.iter().map(moved).collect() }
    }

    /// Removes the private keys of destroyed keys from the disk.
    pub(super) fn sweep(&self, dir: &Path) -> Result<(), AuthorityError> {
        let mut retired = self.keys.iter().filter(|held| held.standing.state == KeyState::Retired);
        retired.try_for_each(|held| destroy(&dir.join(format!("{}.key", held.file))))
    }
}

fn stem(file: &str) -> String {
    file.trim_end_matches(".key").to_owned()
}

fn open_ca(dir: &Path, vault: &Vault, file: &str, standing: &ServerKey) -> Result<Ca, AuthorityError> {
    let der = read_crt(&dir.join(format!("{file}.crt")))?;
    if ca_thumbprint(spki_of(&der)?) != standing.key {
        return Err(AuthorityError::Mismatch);
    }
    let cross = dir.join(format!("{file}.cross.crt"));
    let cross = cross.exists().then(|| read_crt(&cross)).transpose()?;
    let issuer = if standing.state == KeyState::Retired {
        None
    } else {
        let path = dir.join(format!("{file}.key"));
        let key = p256_from_pkcs8(&vault.read(&path, PRIVATE_KEY)?, &path)?;
        if spki_of(&der)? != key.subject_public_key_info() {
            return Err(AuthorityError::Mismatch);
        }
        Some(Issuer::from_ca_cert_der(&der, key).map_err(CertificateError::from)?)
    };
    Ok(Ca { der, cross, issuer })
}

fn open_freshness(
    dir: &Path,
    vault: &Vault,
    file: &str,
    standing: &ServerKey,
) -> Result<Option<Arc<SoftwareKey>>, AuthorityError> {
    if standing.state == KeyState::Retired {
        return Ok(None);
    }
    let path = dir.join(format!("{file}.key"));
    let key = SoftwareKey::ed25519(&*read_seed(&path, vault)?);
    if freshness_thumbprint(&key) != standing.key {
        return Err(AuthorityError::WrongKey(path));
    }
    Ok(Some(Arc::new(key)))
}

/// Reads the seed of an Ed25519 key file.
pub(super) fn read_seed(path: &Path, vault: &Vault) -> Result<Zeroizing<[u8; 32]>, AuthorityError> {
    ed25519_seed(&vault.read(path, PRIVATE_KEY)?).ok_or_else(|| AuthorityError::WrongKey(path.to_owned()))
}

fn read_crt(path: &Path) -> Result<CertificateDer<'static>, AuthorityError> {
    Ok(CertificateDer::from(secret_file::read_pem(path, CERTIFICATE)?.to_vec()))
}

fn write_crt(path: &Path, der: &[u8]) -> Result<(), AuthorityError> {
    Ok(secret_file::create(path, secret_file::pem(CERTIFICATE, der).as_bytes())?)
}

/// Overwrites a key file, then removes it; one that is gone stays gone.
fn destroy(path: &Path) -> Result<(), AuthorityError> {
    let failed = |source| SecretFileError::Io { path: path.to_owned(), source };
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    let length = usize::try_from(metadata.len()).unwrap_or(0);
    // In place: a new file under this name would leave the old blocks as they are.
    let file = fs::OpenOptions::new().write(true).open(path).map_err(failed)?;
    std::io::Write::write_all(&mut &file, &vec![0; length]).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::remove_file(path).map_err(failed)?;
    Ok(())
}
