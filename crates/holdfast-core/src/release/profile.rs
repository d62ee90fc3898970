//! Profile "hf-1": the one shape of manifest that is a release, made from facts and recognised by comparison.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Deref;

use super::ReleaseRefusal;
use super::facts::{HealthContract, PATH_BYTES_MAX, ReleaseFacts, ReleaseKind};
use crate::cbor::{Reader, Rules, item};
use crate::hash::Sha256Digest;
use crate::suit::{
    ClassId, Command, CommonSection, ComponentId, Condition, Directive, ENVELOPE_BYTES_MAX, Envelope, Manifest,
    Parameter, Reporting, Sealed, Sequence, Severable, SuitError, Vendor, VendorId,
};
use crate::time::Millis;

/// The private manifest key of our extension.
pub const EXTENSION_KEY: i64 = -257;

const COMPONENT: &[u8] = b"image";
/// Room for 280 characters of up to four bytes each.
const DESCRIPTION_BYTES_MAX: usize = 1_120;

/// A release as its manifest states it; made only by reading an envelope of our profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseManifest {
    facts: ReleaseFacts,
    digest: Sha256Digest,
}

impl Deref for ReleaseManifest {
    type Target = ReleaseFacts;
    fn deref(&self) -> &ReleaseFacts {
        &self.facts
    }
}

impl ReleaseManifest {
    /// Digest of the manifest: the release's name in statements, evidence and stores.
    #[must_use]
    pub const fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// Where to fetch the image from, relative to the device's interface of the server.
    #[must_use]
    pub fn artifact_uri(&self) -> String {
        artifact_uri(&self.facts.image_digest)
    }

    /// Reads an envelope without asking who signed it: for showing it, and before signing it. Never install from it.
    ///
    /// # Errors
    /// Anything but an envelope of our profile with a right digest.
    pub fn read_unverified(envelope: &[u8]) -> Result<Self, ReleaseRefusal> {
        Self::of_envelope(&Sealed::parse(envelope)?.open()?)
    }

    /// Recognises our profile: the manifest must equal the one that its own facts would make.
    pub(super) fn of_envelope(envelope: &Envelope) -> Result<Self, ReleaseRefusal> {
        let facts = read_facts(&envelope.manifest)?.within_limits()?;
        let template = facts.to_manifest();
        let manifest = &envelope.manifest;
        for (part, same) in [
            ("private-keys", manifest.private.len() == 1),
            ("components", manifest.common.components == template.common.components),
            ("shared-sequence", manifest.common.shared == template.common.shared),
            ("validate", manifest.validate == template.validate),
            ("install", manifest.install == template.install),
            ("invoke", manifest.invoke == template.invoke),
            ("members", envelope.members.is_empty()),
            ("manifest", *manifest == template),
        ] {
            if !same {
                return Err(ReleaseRefusal::NotOurProfile(part));
            }
        }
        Ok(Self { facts, digest: envelope.digest })
    }
}

fn artifact_uri(image: &Sha256Digest) -> String {
    format!("artifacts/{image}")
}

/// Vendor and class as the shared sequence states them, as far as they can be found.
pub(super) fn stated_compatibility(manifest: &Manifest) -> (Option<VendorId>, Option<ClassId>) {
    let parameters = shared_parameters(manifest).unwrap_or_default();
    let vendor = parameters
        .iter()
        .find_map(|p| if let Parameter::VendorIdentifier(Vendor::Uuid(id)) = p { Some(*id) } else { None });
    let class = parameters.iter().find_map(|p| if let Parameter::ClassIdentifier(id) = p { Some(*id) } else { None });
    (vendor, class)
}

fn shared_parameters(manifest: &Manifest) -> Option<&[Parameter]> {
    let first = manifest.common.shared.as_ref()?.0.first()?;
    if let Command::Directive(Directive::OverrideParameters(parameters)) = first { Some(parameters) } else { None }
}

fn read_facts(manifest: &Manifest) -> Result<ReleaseFacts, ReleaseRefusal> {
    let Some(
        [
            Parameter::VendorIdentifier(Vendor::Uuid(vendor)),
            Parameter::ClassIdentifier(class),
            Parameter::ImageDigest(image_digest),
            Parameter::ImageSize(image_bytes),
        ],
    ) = shared_parameters(manifest)
    else {
        return Err(ReleaseRefusal::NotOurProfile("shared-sequence"));
    };
    let mut extension = None;
    for (key, value) in &manifest.private {
        match *key {
            EXTENSION_KEY => extension = Some(value),
            other => return Err(ReleaseRefusal::UnknownKey(other)),
        }
    }
    let extension = extension.ok_or(ReleaseRefusal::NotOurProfile("extension"))?;
    let mut reader = Reader::open(extension, Rules::deterministic(ENVELOPE_BYTES_MAX)).map_err(SuitError::from)?;
    let pairs = reader.map(16).map_err(SuitError::from)?;
    expect_key(&mut reader, 1)?;
    let version = reader.text(super::facts::VERSION_BYTES_MAX).map_err(SuitError::from)?.into();
    expect_key(&mut reader, 2)?;
    let kind = ReleaseKind::numbered(reader.u64().map_err(SuitError::from)?)?;
    expect_key(&mut reader, 3)?;
    let security_floor = reader.u64().map_err(SuitError::from)?;
    expect_key(&mut reader, 4)?;
    let description = reader.text(DESCRIPTION_BYTES_MAX).map_err(SuitError::from)?.into();
    expect_key(&mut reader, 5)?;
    let health = read_health(&mut reader)?;
    expect_key(&mut reader, 6)?;
    let app = reader.text(PATH_BYTES_MAX).map_err(SuitError::from)?.parse()?;
    if pairs > 6 {
        return Err(ReleaseRefusal::UnknownExtension(reader.i64().map_err(SuitError::from)?));
    }
    Ok(ReleaseFacts {
        vendor: *vendor,
        class: *class,
        sequence: manifest.sequence_number,
        image_digest: *image_digest,
        image_bytes: *image_bytes,
        version,
        kind,
        security_floor,
        description,
        health,
        app,
    })
}

fn read_health(reader: &mut Reader<'_>) -> Result<HealthContract, ReleaseRefusal> {
    let pairs = reader.map(16).map_err(SuitError::from)?;
    expect_key(reader, 1)?;
    let deadline = Millis(reader.u64().map_err(SuitError::from)?);
    expect_key(reader, 2)?;
    let program = reader.text(PATH_BYTES_MAX).map_err(SuitError::from)?.parse()?;
    if pairs > 2 {
        return Err(ReleaseRefusal::UnknownExtension(reader.i64().map_err(SuitError::from)?));
    }
    Ok(HealthContract { deadline, program })
}

/// Keys ascend, so each can be asked for in turn; another one is either missing its turn or not known at all.
fn expect_key(reader: &mut Reader<'_>, key: i64) -> Result<(), ReleaseRefusal> {
    match reader.i64() {
        Ok(found) if found == key => Ok(()),
        Ok(found) if !(1..=6).contains(&found) => Err(ReleaseRefusal::UnknownExtension(found)),
        _ => Err(ReleaseRefusal::NotOurProfile("extension")),
    }
}

impl ReleaseFacts {
    /// The manifest that states these facts.
    pub(super) fn to_manifest(&self) -> Manifest {
        let condition = |condition| Command::Condition(condition, Reporting::ALL);
        let image_match = || condition(Condition::ImageMatch);
        let identity = Directive::OverrideParameters(vec![
            Parameter::VendorIdentifier(Vendor::Uuid(self.vendor)),
            Parameter::ClassIdentifier(self.class),
            Parameter::ImageDigest(self.image_digest),
            Parameter::ImageSize(self.image_bytes),
        ]);
        let source = Directive::OverrideParameters(vec![Parameter::Uri(artifact_uri(&self.image_digest))]);
        Manifest {
            sequence_number: self.sequence,
            common: CommonSection {
                components: vec![ComponentId(vec![COMPONENT.into()])],
                shared: Some(Sequence(vec![
                    Command::Directive(identity),
                    condition(Condition::VendorIdentifier),
                    condition(Condition::ClassIdentifier),
                ])),
            },
            reference_uri: None,
            validate: Some(Sequence(vec![image_match()])),
            load: None,
            invoke: Some(Sequence(vec![Command::Directive(Directive::Invoke(Reporting::ON_FAILURE))])),
            payload_fetch: None,
            install: Some(Severable::Here(Sequence(vec![
                Command::Directive(source),
                Command::Directive(Directive::Fetch(Reporting::ON_FAILURE)),
                image_match(),
            ]))),
            text: None,
            private: vec![(EXTENSION_KEY, self.encode_extension())],
        }
    }

    fn encode_extension(&self) -> Vec<u8> {
        item(|w| {
            w.map(6).u64(1).text(&self.version).u64(2).u64(self.kind.number()).u64(3).u64(self.security_floor);
            w.u64(4).text(&self.description);
            w.u64(5).map(2).u64(1).u64(self.health.deadline.0).u64(2).text(self.health.program.as_str());
            w.u64(6).text(self.app.as_str());
        })
    }
}
