//! The two image slots: what verifies, what is measured, and how a slot becomes complete or invalid.

use std::fs::File;
use std::io::Read as _;

use holdfast_core::hash::{Hasher, Sha256Digest};
use holdfast_core::release::{Compatibility, Floors, ImageCheck, ReleaseManifest, verify_release};
use holdfast_core::trust::TrustDocument;
use holdfast_core::update::boot::Slot;
use holdfast_core::update::journal::{Job, Target};
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::fault::Fault;
use crate::layout::Layout;

/// Bytes read at once.
const PIECE_BYTES: usize = 256 * 1024;

/// A release whose signatures, floors and compatibility were checked for this device.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    /// What was signed.
    pub(crate) manifest: ReleaseManifest,
    /// The whole envelope.
    pub(crate) envelope: Vec<u8>,
}

/// What decides whether a release is for this device.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    /// The newest trust document.
    pub(crate) trust: &'a TrustDocument,
    /// The device's product.
    pub(crate) product: &'a str,
    /// Lowest sequence that may be started.
    pub(crate) floor: u64,
}

impl Judge<'_> {
    /// The one verification of a release, at the factory, before a download and before every start.
    pub(crate) fn accept(&self, envelope: Vec<u8>) -> Result<Accepted, Fault> {
        let fits = Compatibility::of_product(&self.trust.content().maker_domain, self.product);
        let floors = Floors { sequence: 0, security: self.floor };
        let manifest =
            verify_release(&envelope, self.trust, &fits, &floors).map_err(|why| Fault::unverified(why.name()))?;
        Ok(Accepted { manifest: manifest.into_inner(), envelope })
    }

    /// The verified manifest of a complete slot; the image is not looked at.
    pub(crate) fn manifest_of(&self, layout: &Layout, slot: Slot) -> Result<Accepted, Fault> {
        let path = layout.slot(slot).manifest;
        let envelope = durable::read(&path)?.ok_or_else(|| Fault::unverified("slot-empty"))?;
        self.accept(envelope)
    }
}

/// How much of a download is durably there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Of which image.
    pub(crate) image: [u8; 32],
    /// So many bytes are written and synced.
    pub(crate) bytes: u64,
    /// So many bytes came over the network for it, also those that were lost.
    pub(crate) received: u64,
    /// The server's tag of the resource, for a resume.
    pub(crate) tag: Option<String>,
}

/// Reads the progress of a slot if it belongs to this image.
pub(crate) fn progress(layout: &Layout, slot: Slot, image: [u8; 32]) -> Result<Option<Progress>, Fault> {
    let bytes = durable::read(&layout.slot(slot).progress)?;
    let read: Option<Progress> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ok(read.filter(|progress| progress.image == image))
}

/// Writes the progress durably.
pub(crate) fn save_progress(layout: &Layout, slot: Slot, progress: &Progress) -> Result<(), Fault> {
    let path = layout.slot(slot).progress;
    let bytes = serde_json::to_vec(progress).map_err(|why| Fault::content(&path, why))?;
    durable::write(&path, &bytes)
}

/// Makes a slot invalid. Downloaded bytes stay only if they belong to `keep`.
pub(crate) fn invalidate(layout: &Layout, slot: Slot, keep: Option<[u8; 32]>) -> Result<(), Fault> {
    let files = layout.slot(slot);
    durable::remove(&files.manifest)?;
    let kept = match keep {
        Some(image) => progress(layout, slot, image)?.is_some(),
        None => false,
    };
    if !kept {
        durable::remove(&files.progress)?;
        durable::remove(&files.image)?;
    }
    Ok(())
}

/// Checks that the target fits beside what is already downloaded, with room for the unpacked copy.
pub(crate) fn preflight(layout: &Layout, slot: Slot, target: &Target) -> Result<(), Fault> {
    const RESERVE_BYTES: u64 = 8 * 1024 * 1024;
    let dir = layout.slot(slot).dir;
    let space = rustix::fs::statvfs(&dir).map_err(|why| Fault::files("measure free space of", &dir)(why.into()))?;
    let have = std::fs::metadata(layout.slot(slot).image).map_or(0, |meta| meta.len());
    let free = space.f_bavail.saturating_mul(space.f_frsize).saturating_add(have);
    let need = target.image_bytes.saturating_mul(2).saturating_add(RESERVE_BYTES);
    if free < need { Err(Fault::refused("not-enough-space")) } else { Ok(()) }
}

/// Re-reads the whole image of a job and compares it; a mismatch also drops what was downloaded.
pub(crate) fn verify_image(layout: &Layout, job: &Job) -> Result<(), Fault> {
    let check = ImageCheck::of(Sha256Digest::from_bytes(job.target.image), job.target.image_bytes);
    let verdict = read_through(layout, job.slot, check);
    if matches!(verdict, Err(Fault::Unverified { .. })) {
        let files = layout.slot(job.slot);
        durable::remove(&files.progress)?;
        durable::remove(&files.image)?;
    }
    verdict
}

/// Re-reads the whole image of a slot and compares it with its manifest.
pub(crate) fn check_image(layout: &Layout, slot: Slot, manifest: &ReleaseManifest) -> Result<(), Fault> {
    read_through(layout, slot, ImageCheck::new(manifest))
}

fn read_through(layout: &Layout, slot: Slot, mut check: ImageCheck) -> Result<(), Fault> {
    let path = layout.slot(slot).image;
    let refused = |why: holdfast_core::release::ImageRefusal| Fault::unverified(why.name());
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Err(Fault::unverified("image-missing")),
        Err(why) => return Err(Fault::files("open", &path)(why)),
    };
    // The medium is asked, not the page cache, where the kernel allows it.
    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    let mut piece = vec![0_u8; PIECE_BYTES];
    loop {
        match file.read(&mut piece).map_err(Fault::files("read", &path))? {
            0 => return check.finish().map_err(refused),
            read => check.update(piece.get(..read).unwrap_or_default()).map_err(refused)?,
        }
    }
}

/// Hashes the image of a slot as it lies there now.
pub(crate) fn measure(layout: &Layout, slot: Slot) -> Result<Sha256Digest, Fault> {
    let path = layout.slot(slot).image;
    let mut file = File::open(&path).map_err(Fault::files("open", &path))?;
    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    let (mut hasher, mut piece) = (Hasher::new(), vec![0_u8; PIECE_BYTES]);
    loop {
        match file.read(&mut piece).map_err(Fault::files("read", &path))? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(piece.get(..read).unwrap_or_default()),
        }
    }
}

/// Puts the verified envelope beside the verified image: the slot is complete.
pub(crate) fn seal(layout: &Layout, slot: Slot, envelope: &[u8]) -> Result<(), Fault> {
    let files = layout.slot(slot);
    durable::write(&files.manifest, envelope)?;
    durable::remove(&files.progress)
}
