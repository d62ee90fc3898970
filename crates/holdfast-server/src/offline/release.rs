//! Releases as files: an envelope drawn up from an image, signed one key at a time, verified as a device would.

use std::path::{Path, PathBuf};

use holdfast_core::cose::{KeyId, Sign1};
use holdfast_core::id::ProductId;
use holdfast_core::release::{
    self, Compatibility, Floors, HealthContract, ImageRefusal, ProgramPath, ReleaseFacts, ReleaseKind, ReleaseManifest,
    ReleaseRefusal,
};
use holdfast_core::suit::{ENVELOPE_BYTES_MAX, Sealed};
use holdfast_core::time::Millis;
use holdfast_core::trust::{TRUST_BYTES_MAX, Tally, TrustDocument};

use super::image::read_image;
use super::key::{KeyRole, load_signer};
use super::{OfflineError, create_public};
use crate::authority::secret_file::{self, SecretFileError};
use crate::factory::read_public;

/// What a new release shall state.
#[derive(Debug, Clone)]
pub struct ReleaseDraft {
    /// The image, a tar file.
    pub image: PathBuf,
    /// For which product.
    pub product: ProductId,
    /// The maker's domain, as in the trust document.
    pub maker_domain: String,
    /// Rises with every release of the product, from 1.
    pub sequence: u64,
    /// Version text for people.
    pub version: String,
    /// Why it exists.
    pub kind: ReleaseKind,
    /// Lowest sequence a device may run once this release is confirmed.
    pub security_floor: u64,
    /// What changes, in plain words for owners.
    pub description: String,
    /// How long a trial start may take.
    pub health_deadline: Millis,
    /// The program that checks the trial start.
    pub health: ProgramPath,
    /// The program to run.
    pub app: ProgramPath,
    /// Where to put the image under its digest as name, if anywhere.
    pub artifact_dir: Option<PathBuf>,
}

/// A release's file, what it states and what it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseOutcome {
    /// The envelope's file.
    pub path: PathBuf,
    /// What it states.
    pub manifest: ReleaseManifest,
    /// Who has signed, by thumbprint, as the signatures say.
    pub signers: Vec<KeyId>,
    /// How the signatures count, if a trust document was given.
    pub tally: Option<Tally>,
    /// The image under its digest as name, if it was put somewhere.
    pub artifact: Option<PathBuf>,
}

/// Draws up a release that nobody has signed yet.
///
/// # Errors
/// [`OfflineError`]; no envelope is written then.
pub fn create_release(draft: &ReleaseDraft, out: &Path) -> Result<ReleaseOutcome, OfflineError> {
    let image = read_image(&draft.image)?;
    for program in [&draft.app, &draft.health] {
        if !image.files.contains(program.as_str()) {
            return Err(OfflineError::ImageLacks(program.to_string()));
        }
    }
    let Compatibility { vendor, class } = Compatibility::of_product(&draft.maker_domain, draft.product.as_str());
    let facts = ReleaseFacts {
        vendor,
        class,
        sequence: draft.sequence,
        image_digest: image.digest,
        image_bytes: image.bytes,
        version: draft.version.clone(),
        kind: draft.kind,
        security_floor: draft.security_floor,
        description: draft.description.clone(),
        health: HealthContract { deadline: draft.health_deadline, program: draft.health.clone() },
        app: draft.app.clone(),
    };
    let envelope = facts.to_unsigned_envelope()?;
    if out.exists() {
        return Err(OfflineError::Exists(out.to_owned()));
    }
    let artifact = match &draft.artifact_dir {
        None => None,
        Some(dir) => Some(place_artifact(&draft.image, dir, &image.digest.to_string())?),
    };
    create_public(out, &envelope)?;
    Ok(ReleaseOutcome { artifact, ..judge(out, &envelope, None)? })
}

fn place_artifact(image: &Path, dir: &Path, name: &str) -> Result<PathBuf, OfflineError> {
    let target = dir.join(name);
    let draft = dir.join(format!("{name}.draft"));
    let io = |source| SecretFileError::Io { path: target.clone(), source };
    std::fs::create_dir_all(dir).map_err(io)?;
    std::fs::copy(image, &draft).map_err(io)?;
    std::fs::File::open(&draft).and_then(|file| file.sync_all()).map_err(io)?;
    std::fs::rename(&draft, &target).map_err(io)?;
    Ok(target)
}

/// Adds one release key's signature to the envelope, in place.
///
/// # Errors
/// [`OfflineError`]; the file stays as it was then.
pub fn sign_release(path: &Path, key: &Path) -> Result<ReleaseOutcome, OfflineError> {
    let private = load_signer(key, KeyRole::Release)?;
    let envelope = read_public(path, ENVELOPE_BYTES_MAX as u64)?;
    let signed = release::add_signature(&envelope, &private)?;
    secret_file::replace_public(path, &signed)?;
    judge(path, &signed, None)
}

/// What an envelope states and who has signed it, without judging the signers.
///
/// # Errors
/// [`OfflineError`] if it is not an envelope of our profile.
pub fn show_release(path: &Path) -> Result<ReleaseOutcome, OfflineError> {
    judge(path, &read_public(path, ENVELOPE_BYTES_MAX as u64)?, None)
}

/// Verifies an envelope as a device of this product would, and its image if one is given.
///
/// `trust` is the chain of trust documents, the first one first.
///
/// # Errors
/// [`OfflineError`] with the first reason to refuse.
pub fn verify_release(
    path: &Path,
    trust: &[PathBuf],
    product: &ProductId,
    image: Option<&Path>,
) -> Result<ReleaseOutcome, OfflineError> {
    let envelope = read_public(path, ENVELOPE_BYTES_MAX as u64)?;
    let mut current: Option<TrustDocument> = None;
    for path in trust {
        let bytes = read_public(path, TRUST_BYTES_MAX as u64)?;
        current = Some(match current {
            None => TrustDocument::open_first(&bytes)?,
            Some(before) => before.succeed(&bytes)?,
        });
    }
    let Some(document) = current else { return Err(ReleaseRefusal::TooFewSignatures(Tally::default()).into()) };
    let device = Compatibility::of_product(&document.content().maker_domain, product.as_str());
    let verified = release::verify_release(&envelope, &document, &device, &Floors::default())?;
    if let Some(image) = image {
        let found = read_image(image)?;
        if found.bytes != verified.image_bytes {
            let missing = verified.image_bytes.checked_sub(found.bytes);
            return Err(missing.map_or(ImageRefusal::OverLong, ImageRefusal::Truncated).into());
        }
        if found.digest != verified.image_digest {
            return Err(ImageRefusal::WrongDigest.into());
        }
    }
    judge(path, &envelope, Some(release::count_signatures(&envelope, &document)?))
}

fn judge(path: &Path, envelope: &[u8], tally: Option<Tally>) -> Result<ReleaseOutcome, OfflineError> {
    let manifest = ReleaseManifest::read_unverified(envelope)?;
    Ok(ReleaseOutcome { path: path.to_owned(), manifest, signers: signers(envelope)?, tally, artifact: None })
}

/// Who has signed an envelope, by thumbprint, as the signatures say.
///
/// # Errors
/// A malformed envelope or signature.
pub fn signers(envelope: &[u8]) -> Result<Vec<KeyId>, ReleaseRefusal> {
    let sealed = Sealed::parse(envelope)?;
    let mut signers = Vec::new();
    for block in sealed.blocks() {
        let block = Sign1::parse(block).map_err(ReleaseRefusal::MalformedSignature)?;
        signers.extend(block.kid().and_then(|kid| <[u8; 32]>::try_from(kid).ok()).map(KeyId::from_bytes));
    }
    Ok(signers)
}
