//! A fleet that is ready: a server's state with enrolled devices, and the devices' keys. Made once, kept in a folder.
//!
//! The folder's name holds a digest of the store's schema, so that a fleet of an older schema is not used. The keys in it
//! open nothing but copies of that state. One device in five is of a product that matters for safety.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::BatchId;
use holdfast_server::authority::secret_file;
use holdfast_server::factory::{self, Station};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::enrol::{self, Device, Made};
use super::guest::{self, Guest};
use super::house::{self, House};
use super::process::Cores;
use super::{Fault, MODEL, Terms, say};
use crate::clock;

const MAKER: &str = "hearth.example";
/// The devices' products: the ordinary one, and the one whose devices come back first.
const PRODUCTS: [&str; 2] = ["hearth-thermostat", "hearth-smoke"];
/// Every so many-th device is of the second product.
const SAFETY_EVERY: usize = 5;
/// The schema the prepared state must have.
const SCHEMA: &str = include_str!("../../../holdfast-store/migrations/sqlite/SHA256SUMS");
/// Changes when what is prepared changes.
const FORM: &str = "1";
/// Devices of one batch.
const BATCH_DEVICES_MAX: usize = 1_000;

/// A server's state, and devices that it knows.
pub(super) struct Prepared {
    dir: PathBuf,
    pub(super) holdfast: PathBuf,
    /// The server's CA, which signed the devices' certificates too.
    pub(super) ca: CertificateDer<'static>,
    pub(super) devices: Vec<Device>,
}

impl Prepared {
    pub(super) fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    pub(super) fn profile(&self) -> PathBuf {
        self.dir.join("profile.toml")
    }

    /// A key that may release software.
    pub(super) fn release_key(&self) -> PathBuf {
        self.dir.join("release.key")
    }

    /// A prepared fleet of so many devices or more; made if there is none.
    pub(super) async fn at_least(terms: &Terms, count: usize, cores: &Cores) -> Result<Self, Fault> {
        Self::get(terms, count..=usize::MAX, cores).await
    }

    /// A prepared fleet of so many devices; made if there is none.
    pub(super) async fn exactly(terms: &Terms, count: usize, cores: &Cores) -> Result<Self, Fault> {
        Self::get(terms, count..=count, cores).await
    }

    async fn get(terms: &Terms, counts: RangeInclusive<usize>, cores: &Cores) -> Result<Self, Fault> {
        let count = *counts.start();
        let holdfast = house::find(terms.server.as_deref())?;
        let folder = terms.folder()?;
        let digest = Sha256Digest::of(format!("{FORM}\n{SCHEMA}").as_bytes()).to_string();
        let tail = format!("-{}", digest.get(..12).unwrap_or_default());
        let mut known: Vec<(usize, PathBuf)> = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(|why| Fault::new("bench folder", why))?.filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(rest) = name.strip_prefix("fleet-") else { continue };
            if !rest.ends_with(&tail) {
                // Of an older schema; nobody can use it any more.
                let _ = std::fs::remove_dir_all(entry.path());
            }
            let size = rest.strip_suffix(&tail).and_then(|size| size.parse().ok());
            known.extend(size.filter(|size| counts.contains(size)).map(|size| (size, entry.path())));
        }
        known.sort();
        if let Some((_, dir)) = known.into_iter().next() {
            match Self::read(&dir, &holdfast) {
                Ok(prepared) => return Ok(prepared),
                Err(why) => say(&format!("{}: {why}; made again", dir.display())),
            }
        }
        let dir = folder.join(format!("fleet-{count}{tail}"));
        let part = folder.join(format!("making-{count}-{}", std::process::id()));
        let made = make(&holdfast, &part, count, cores).await;
        if made.is_err() {
            let _ = std::fs::remove_dir_all(&part);
        }
        made?;
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::rename(&part, &dir).map_err(|why| Fault::new(&dir.display().to_string(), why))?;
        Self::read(&dir, &holdfast)
    }

    fn read(dir: &Path, holdfast: &Path) -> Result<Self, Fault> {
        let ca = std::fs::read(dir.join("state/ca.pem")).map_err(|why| Fault::new("ca.pem", why))?;
        let ca = CertificateDer::from_pem_slice(&ca).map_err(|why| Fault::new("ca.pem", why))?;
        let text = std::fs::read(dir.join("devices.json")).map_err(|why| Fault::new("devices.json", why))?;
        let devices = serde_json::from_slice(&text).map_err(|why| Fault::new("devices.json", why))?;
        Ok(Self { dir: dir.to_owned(), holdfast: holdfast.to_owned(), ca, devices })
    }

    /// The first so many devices, as they connect to a server with one of these CAs.
    pub(super) fn guests(&self, count: usize, cas: &[CertificateDer<'static>]) -> Result<Vec<Guest>, Fault> {
        let devices = self.devices.get(..count).ok_or_else(|| Fault::new("fleet", "fewer devices than asked for"))?;
        devices.iter().enumerate().map(|(place, device)| Guest::new(device, place, cas)).collect()
    }
}

async fn make(holdfast: &Path, dir: &Path, count: usize, cores: &Cores) -> Result<(), Fault> {
    say(&format!("preparing a fleet of {count} devices; kept for later runs"));
    let shown = dir.display().to_string();
    std::fs::create_dir_all(dir).map_err(|why| Fault::new(&shown, why))?;
    let mut house = House::found(holdfast, dir, cores).await?;
    let path = |rest: &str| dir.join(rest).to_string_lossy().into_owned();
    let station = factory::init(&dir.join("factory"), MAKER, clock::now()).map_err(|why| Fault::new("factory", why))?;
    trust(&house, dir).await?;
    for (product, model) in PRODUCTS.into_iter().zip([MODEL.to_owned(), safety_model()?]) {
        let file = path(&format!("{product}.tm.json"));
        std::fs::write(&file, model).map_err(|why| Fault::new(&file, why))?;
        house.holdfast(&["product", "create", product, "--model", &file, "--vendor-domain", MAKER]).await?;
    }
    let bar = super::bar("devices made", count as u64);
    let made = (1..=count).map(|n| {
        bar.inc(1);
        Made::at_the_factory(&station, &dir.join("devices").join(name(n)), &name(n), is_safety(n))
    });
    let made = made.collect::<Result<Vec<_>, Fault>>()?;
    bar.finish_and_clear();
    for (safety, product) in [(false, PRODUCTS[0]), (true, PRODUCTS[1])] {
        let of_it: Vec<PathBuf> = made
            .iter()
            .filter(|made| made.safety == safety)
            .map(|made| dir.join("devices").join(made.id.as_str()))
            .collect();
        for (at, dirs) in of_it.chunks(BATCH_DEVICES_MAX).enumerate() {
            let file = path(&format!("batch-{product}-{at}.json"));
            write_manifest(&station, product, dirs, &file)?;
            house.holdfast(&["batch", "import", &file]).await?;
        }
    }
    let ca = std::fs::read(dir.join("state/ca.pem")).map_err(|why| Fault::new("ca.pem", why))?;
    let ca = CertificateDer::from_pem_slice(&ca).map_err(|why| Fault::new("ca.pem", why))?;
    let devices = enrol::all(made, &house.doors.devices, &ca).await?;
    // The first connection of a certificate proves it, which is written down; that is not what later runs measure.
    let one_ca = std::slice::from_ref(&ca);
    let guests = devices.iter().enumerate().map(|(place, device)| Guest::new(device, place, one_ca));
    let guests = guests.collect::<Result<Vec<_>, Fault>>()?;
    guest::greet_all(&guests, &house.doors.mqtt).await?;
    let text = serde_json::to_vec(&devices).map_err(|why| Fault::new("devices.json", why))?;
    house.stop().await?;
    let _ = std::fs::remove_dir_all(dir.join("devices"));
    secret_file::create(&dir.join("devices.json"), &text).map_err(|why| Fault::new("devices.json", why))
}

async fn trust(house: &House, dir: &Path) -> Result<(), Fault> {
    let path = |rest: &str| dir.join(rest).to_string_lossy().into_owned();
    let (root, release) = (path("root.key"), path("release.key"));
    house.holdfast(&["key", "create", "--role", "root", "--out", &root]).await?;
    house.holdfast(&["key", "create", "--role", "release", "--out", &release]).await?;
    let (authority, document) = (path("authority.json"), path("trust-1.cose"));
    house.holdfast(&["trust", "authority", "--out", &authority]).await?;
    let ca = dir.join("factory").join(factory::CA_CERT_FILE).to_string_lossy().into_owned();
    let mut create = vec!["trust", "create", "--maker", MAKER, "--authority", &authority, "--factory-ca", &ca];
    create.extend(["--root", &root, "--root-threshold", "1"]);
    create.extend(["--release", &release, "--release-threshold", "1", "--out", &document]);
    house.holdfast(&create).await?;
    house.holdfast(&["trust", "sign", &document, "--key", &root]).await?;
    house.holdfast(&["trust", "upload", &document]).await.map(|_| ())
}

/// The same model for devices that come back first.
fn safety_model() -> Result<String, Fault> {
    let mut model: serde_json::Value = serde_json::from_str(MODEL).map_err(|why| Fault::new("model", why))?;
    if let Some(members) = model.as_object_mut() {
        members.insert("hf:priority".to_owned(), "safety".into());
    }
    Ok(model.to_string())
}

fn name(n: usize) -> String {
    format!("sim-{n:05}")
}

const fn is_safety(n: usize) -> bool {
    n.is_multiple_of(SAFETY_EVERY)
}

fn write_manifest(station: &Station, product: &str, dirs: &[PathBuf], file: &str) -> Result<(), Fault> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|why| Fault::new("random bytes", why))?;
    let batch = BatchId::new(clock::now(), random);
    let product = product.parse().map_err(|why| Fault::new(product, why))?;
    let manifest = station.manifest(batch, &product, dirs, clock::now()).map_err(|why| Fault::new("batch", why))?;
    let text = manifest.to_json().map_err(|why| Fault::new("batch", why))?;
    std::fs::write(file, text).map_err(|why| Fault::new(file, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_domain::telemetry::{Model, Priority};

    #[test]
    fn one_device_in_five_is_of_a_product_that_comes_back_first() {
        assert_eq!((1..=100).filter(|n| is_safety(*n)).count(), 20);
        assert_eq!(Model::compile(&safety_model().unwrap()).unwrap().priority(), Priority::Safety);
        assert_eq!(Model::compile(MODEL).unwrap().priority(), Priority::Ordinary);
    }
}
