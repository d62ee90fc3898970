//! The one check of a release, for devices before they install and for the server before it publishes.

use alloc::vec::Vec;

use super::profile::stated_compatibility;
use super::{ReleaseManifest, ReleaseRefusal};
use crate::cose::{Sign1, Verified};
use crate::suit::{ClassId, Sealed, VendorId};
use crate::trust::{Tally, TrustDocument};

/// Which software fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compatibility {
    /// The device's maker.
    pub vendor: VendorId,
    /// The device's class.
    pub class: ClassId,
}

impl Compatibility {
    /// The compatibility of one product of the maker with this domain.
    #[must_use]
    pub fn of_product(maker_domain: &str, product: &str) -> Self {
        let vendor = VendorId::of_domain(maker_domain);
        Self { vendor, class: ClassId::of_product(vendor, product) }
    }
}

/// Below what nothing is accepted. A device keeps both; zero means none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Floors {
    /// Sequence number in use; the same again is allowed, so that an interrupted update can be repeated.
    pub sequence: u64,
    /// Security floor, also for fallback and recovery.
    pub security: u64,
}

/// Checks an envelope: frame, digest, signatures, and only then content, age, compatibility and profile
/// (draft-ietf-suit-manifest-37 §6.1, §6.2).
///
/// # Errors
/// The first reason to refuse, in that order.
pub fn verify_release(
    envelope: &[u8],
    trust: &TrustDocument,
    device: &Compatibility,
    floors: &Floors,
) -> Result<Verified<ReleaseManifest>, ReleaseRefusal> {
    let sealed = Sealed::parse(envelope)?;
    let tally = tally(&sealed, trust)?;
    if tally.wrong > 0 {
        return Err(ReleaseRefusal::WrongSignature);
    }
    if !tally.is_enough() {
        return Err(ReleaseRefusal::TooFewSignatures(tally));
    }
    let opened = sealed.open()?;
    let found = opened.manifest.sequence_number;
    if found < floors.sequence {
        return Err(ReleaseRefusal::OlderSequence { current: floors.sequence, found });
    }
    if found < floors.security {
        return Err(ReleaseRefusal::BelowSecurityFloor { floor: floors.security, found });
    }
    let (vendor, class) = stated_compatibility(&opened.manifest);
    if vendor.is_some_and(|vendor| vendor != device.vendor) {
        return Err(ReleaseRefusal::WrongVendor);
    }
    if class.is_some_and(|class| class != device.class) {
        return Err(ReleaseRefusal::WrongClass);
    }
    // A manifest that states no vendor or class does not have our profile, so it ends here.
    ReleaseManifest::of_envelope(&opened).map(Verified::assertion)
}

/// Counts the signatures of an envelope against the release role, such as for "one of two".
///
/// # Errors
/// A malformed envelope or signature, or a wrong digest.
pub fn count_signatures(envelope: &[u8], trust: &TrustDocument) -> Result<Tally, ReleaseRefusal> {
    tally(&Sealed::parse(envelope)?, trust)
}

fn tally(sealed: &Sealed<'_>, trust: &TrustDocument) -> Result<Tally, ReleaseRefusal> {
    sealed.check_digest()?;
    let mut claims = Vec::with_capacity(sealed.blocks().len());
    for block in sealed.blocks() {
        let block = Sign1::parse(block).map_err(ReleaseRefusal::MalformedSignature)?;
        let claim = block.claim(b"", Some(sealed.signed_bytes())).map_err(ReleaseRefusal::MalformedSignature)?;
        claims.push(claim);
    }
    Ok(trust.content().release.tally(&claims))
}
