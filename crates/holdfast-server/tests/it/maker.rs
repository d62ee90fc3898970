//! A maker's desk, away from the server: keys by the offline functions, trust documents, releases, a factory station.

use std::path::{Path, PathBuf};

use holdfast_core::cose::{PublicKey, Signer as _, SoftwareKey};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::release::{self, Compatibility, HealthContract, ReleaseFacts, ReleaseKind};
use holdfast_core::time::Millis;
use holdfast_core::trust::{self, Role, TrustContent};
use holdfast_server::clock;
use holdfast_server::factory::{self, Station};
use holdfast_server::offline::{self, KeyRole, TrustDraft};

/// The maker's domain.
pub(crate) const MAKER: &str = "hearth.example";
/// The product.
pub(crate) const PRODUCT: &str = "hearth-thermostat";

/// Keys and files of one maker.
pub(crate) struct Maker {
    pub(crate) dir: PathBuf,
    /// Root keys, 2 of 3.
    pub(crate) root: Vec<SoftwareKey>,
    /// Release keys, 2 of 3.
    pub(crate) release: Vec<SoftwareKey>,
    pub(crate) station: Station,
}

fn keys(dir: &Path, role: KeyRole) -> Vec<SoftwareKey> {
    let key = |n: u32| {
        let path = dir.join(format!("{role}-{n}.key"));
        offline::create_key(&path, role).unwrap();
        offline::load_signer(&path, role).unwrap()
    };
    (1..=3).map(key).collect()
}

impl Maker {
    pub(crate) fn new(dir: &Path) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let station = factory::init(&dir.join("factory"), MAKER, clock::now()).unwrap();
        Self { dir: dir.to_owned(), root: keys(dir, KeyRole::Root), release: keys(dir, KeyRole::Release), station }
    }

    /// What trust document 1 says, drawn up from the server's authority file by the command line's own function.
    pub(crate) fn content(&self, authority: &str) -> TrustContent {
        let file = self.dir.join("authority.json");
        std::fs::write(&file, authority).unwrap();
        let named = |role: &str| (1..=3).map(|n| self.dir.join(format!("{role}-{n}.key.pub"))).collect();
        let draft = TrustDraft {
            maker_domain: MAKER.to_owned(),
            root_keys: named("root"),
            root_threshold: 2,
            release_keys: named("release"),
            release_threshold: 2,
            authority: file,
            factory_cas: vec![self.dir.join("factory").join(factory::CA_CERT_FILE)],
            previous: None,
            created: clock::now(),
        };
        let out = self.dir.join("trust.cose");
        let _ = std::fs::remove_file(&out);
        offline::create_trust(&draft, &out).unwrap().content.unwrap()
    }

    /// The release, signed by two of three.
    pub(crate) fn signed(&self, facts: &ReleaseFacts) -> Vec<u8> {
        signed_by(facts, &self.release[..2])
    }
}

/// A release of the product, still to be changed and signed.
pub(crate) fn release(sequence: u64, image: &[u8]) -> ReleaseFacts {
    let Compatibility { vendor, class } = Compatibility::of_product(MAKER, PRODUCT);
    ReleaseFacts {
        vendor,
        class,
        sequence,
        image_digest: Sha256Digest::of(image),
        image_bytes: image.len() as u64,
        version: format!("{sequence}.0.0"),
        kind: ReleaseKind::Feature,
        security_floor: 0,
        description: "Keeps the room warm.".to_owned(),
        health: HealthContract { deadline: Millis::from_secs(5), program: "bin/health".parse().unwrap() },
        app: "bin/app".parse().unwrap(),
    }
}

/// The envelope of these facts with these signatures.
pub(crate) fn signed_by(facts: &ReleaseFacts, signers: &[SoftwareKey]) -> Vec<u8> {
    let unsigned = facts.to_unsigned_envelope().unwrap();
    signers.iter().fold(unsigned, |envelope, key| release::add_signature(&envelope, key).unwrap())
}

/// The document that says this, with these signatures.
pub(crate) fn document(content: &TrustContent, signers: &[&SoftwareKey]) -> Vec<u8> {
    let unsigned = content.to_unsigned().unwrap();
    signers.iter().fold(unsigned, |document, key| trust::add_signature(&document, *key).unwrap())
}

/// A key that nobody trusts.
pub(crate) fn stranger() -> SoftwareKey {
    SoftwareKey::ed25519(&clock::random())
}

/// A role of these keys.
pub(crate) fn role(threshold: u64, keys: &[SoftwareKey]) -> Role {
    let keys: Vec<PublicKey> = keys.iter().map(SoftwareKey::public_key).collect();
    Role::new(threshold, keys).unwrap()
}

/// A software image, small and real: a tar with the two programs that a release names. `tag` makes it another one.
pub(crate) fn image(tag: &str) -> Vec<u8> {
    image_of(&format!("#!/bin/sh\necho {tag}\n"))
}

/// A software image with this application.
pub(crate) fn image_of(application: &str) -> Vec<u8> {
    image_with(application, &[])
}

/// The same with further files.
pub(crate) fn image_with(application: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in [("bin/app", application), ("bin/health", "#!/bin/sh\n")].iter().chain(files) {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}
