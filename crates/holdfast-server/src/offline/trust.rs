//! Trust documents as files: drawn up from key and certificate files, signed one key at a time.

use std::path::{Path, PathBuf};

use holdfast_core::cose::{KeyId, PublicKey, Sign};
use holdfast_core::time::Timestamp;
use holdfast_core::trust::{self, Role, TRUST_BYTES_MAX, TrustContent, TrustDocument, TrustRefusal};
use rustls::pki_types::CertificateDer;
use serde::Deserialize;

use super::key::{KeyRole, load_public, load_signer};
use super::{OfflineError, create_public};
use crate::authority::secret_file::{self, from_hex};
use crate::authority::{parse, read_certificate};
use crate::factory::read_public;

/// Largest authority file.
const AUTHORITY_BYTES_MAX: u64 = 64 * 1024;

/// What a server tells of its own keys, for the trust document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityFacts {
    /// Certificates of the operational CA.
    pub operational_cas: Vec<CertificateDer<'static>>,
    /// The freshness key.
    pub freshness: PublicKey,
}

/// What a new trust document shall say.
#[derive(Debug, Clone)]
pub struct TrustDraft {
    /// The maker's domain.
    pub maker_domain: String,
    /// Key files of the root role, private or public.
    pub root_keys: Vec<PathBuf>,
    /// How many of them must sign.
    pub root_threshold: u64,
    /// Key files of the release role, private or public.
    pub release_keys: Vec<PathBuf>,
    /// How many of them must sign a release.
    pub release_threshold: u64,
    /// The server's authority file (`GET /api/v1/authority`).
    pub authority: PathBuf,
    /// Certificates of factory CAs, PEM.
    pub factory_cas: Vec<PathBuf>,
    /// The document it follows; none for the first.
    pub previous: Option<PathBuf>,
    /// When it is made.
    pub created: Timestamp,
}

/// A trust document's file and what it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustOutcome {
    /// The file.
    pub path: PathBuf,
    /// What it says; known as long as it has enough signatures of its own root, or was just drawn up.
    pub content: Option<TrustContent>,
    /// Who has signed, by thumbprint, as the signatures say.
    pub signers: Vec<KeyId>,
    /// How many distinct keys of its own root have rightly signed.
    pub own_root: usize,
    /// How many must.
    pub own_root_needed: usize,
}

impl TrustOutcome {
    /// Whether its own root role is satisfied.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.own_root >= self.own_root_needed
    }
}

#[derive(Deserialize)]
struct Wire {
    ca_pem: Option<String>,
    /// All of them, if the server is changing its CA.
    #[serde(default)]
    cas_pem: Vec<String>,
    freshness_key: Option<String>,
}

/// Reads what a server tells of its own keys: JSON with `ca_pem` and `freshness_key` (hexadecimal `COSE_Key`).
///
/// # Errors
/// [`OfflineError::Authority`] naming the part that cannot be used.
pub fn read_authority(path: &Path) -> Result<AuthorityFacts, OfflineError> {
    authority(&read_public(path, AUTHORITY_BYTES_MAX)?)
}

/// The same, from the file's text.
pub(crate) fn authority(text: &[u8]) -> Result<AuthorityFacts, OfflineError> {
    let wire: Wire = serde_json::from_slice(text).map_err(|_| OfflineError::Authority("JSON"))?;
    let one = wire.ca_pem.ok_or(OfflineError::Authority("ca_pem"))?;
    let listed = if wire.cas_pem.is_empty() { vec![one] } else { wire.cas_pem };
    let mut cas = Vec::with_capacity(listed.len());
    for pem in listed {
        let der = secret_file::from_pem("CERTIFICATE", pem.as_bytes()).ok_or(OfflineError::Authority("ca_pem"))?;
        let ca = CertificateDer::from(der.to_vec());
        parse(&ca)?;
        cas.push(ca);
    }
    let freshness = wire.freshness_key.and_then(|hex| PublicKey::from_cose_key(&from_hex(&hex)?).ok());
    let freshness = freshness.ok_or(OfflineError::Authority("freshness_key"))?;
    Ok(AuthorityFacts { operational_cas: cas, freshness })
}

/// Draws up a trust document that nobody has signed yet.
///
/// # Errors
/// [`OfflineError`]; no file is written then.
pub fn create_trust(draft: &TrustDraft, out: &Path) -> Result<TrustOutcome, OfflineError> {
    let version = match &draft.previous {
        None => 1,
        Some(previous) => {
            let document = TrustDocument::open_first(&read_public(previous, TRUST_BYTES_MAX as u64)?)?;
            if document.content().maker_domain != draft.maker_domain {
                return Err(TrustRefusal::OtherMaker.into());
            }
            document.version().saturating_add(1)
        }
    };
    let role = |files: &[PathBuf], threshold, role| -> Result<Role, OfflineError> {
        let keys = files.iter().map(|path| load_public(path, role)).collect::<Result<_, _>>()?;
        Ok(Role::new(threshold, keys)?)
    };
    let authority = read_authority(&draft.authority)?;
    let factory_ca = |path: &PathBuf| -> Result<Vec<u8>, OfflineError> {
        let certificate = read_certificate(path)?;
        parse(&certificate)?;
        Ok(certificate.to_vec())
    };
    let content = TrustContent {
        version,
        maker_domain: draft.maker_domain.clone(),
        root: role(&draft.root_keys, draft.root_threshold, KeyRole::Root)?,
        release: role(&draft.release_keys, draft.release_threshold, KeyRole::Release)?,
        freshness: authority.freshness,
        operational_cas: authority.operational_cas.iter().map(|ca| ca.to_vec()).collect(),
        factory_cas: draft.factory_cas.iter().map(factory_ca).collect::<Result<_, _>>()?,
        created: draft.created,
        next_root: None,
    };
    create_public(out, &content.to_unsigned()?)?;
    let needed = content.root.threshold();
    let (signers, own_root) = (Vec::new(), 0);
    Ok(TrustOutcome { path: out.to_owned(), content: Some(content), signers, own_root, own_root_needed: needed })
}

/// Adds one root key's signature to the document, in place. The keys of the version before sign it too.
///
/// # Errors
/// [`OfflineError`]; the file stays as it was then.
pub fn sign_trust(path: &Path, key: &Path) -> Result<TrustOutcome, OfflineError> {
    let private = load_signer(key, KeyRole::Root)?;
    let document = read_public(path, TRUST_BYTES_MAX as u64)?;
    let signed = trust::add_signature(&document, &private)?;
    secret_file::replace_public(path, &signed)?;
    judge(path, &signed)
}

/// What a trust document says and who has signed it.
///
/// # Errors
/// [`OfflineError`] if it is malformed or a signature is wrong; too few signatures are no error here.
pub fn show_trust(path: &Path) -> Result<TrustOutcome, OfflineError> {
    judge(path, &read_public(path, TRUST_BYTES_MAX as u64)?)
}

fn judge(path: &Path, document: &[u8]) -> Result<TrustOutcome, OfflineError> {
    let (content, tally) = match TrustDocument::open_first(document) {
        Ok(document) => (Some(document.content().clone()), None),
        Err(TrustRefusal::TooFewOfNew(tally)) => (None, Some(tally)),
        Err(refusal) => return Err(refusal.into()),
    };
    let message = Sign::parse(document).map_err(TrustRefusal::from)?;
    let claims = message.claims(b"", None).map_err(TrustRefusal::from)?;
    let thumbprint = |kid: &[u8]| <[u8; 32]>::try_from(kid).ok().map(KeyId::from_bytes);
    let signers: Vec<KeyId> = claims.iter().filter_map(|claim| claim.kid().and_then(thumbprint)).collect();
    let tally = match (&content, tally) {
        (Some(content), _) => content.root.tally(&claims),
        (None, tally) => tally.unwrap_or_default(),
    };
    let (own_root, own_root_needed) = (tally.distinct, tally.needed);
    Ok(TrustOutcome { path: path.to_owned(), content, signers, own_root, own_root_needed })
}
