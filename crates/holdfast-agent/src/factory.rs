//! The two steps at the factory: the device makes its secrets; its first image is verified and put into slot a.

use std::path::Path;

use holdfast_core::id::{DeviceId, ProductId};
use holdfast_core::update::boot::{BootState, Slot};
use zeroize::Zeroizing;

use crate::cli;
use crate::clock;
use crate::config::{Config, ConfigFile, Timing};
use crate::durable::{self, SMALL_FILE_BYTES_MAX};
use crate::fault::Fault;
use crate::keys::{Store, Terms, Vault};
use crate::layout::Layout;
use crate::slots::{self, Judge};
use crate::trust::Trust;

/// Alphabet of base32 (RFC 4648 §6).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Random bytes of a claim code: 160 bits, 32 characters.
const CLAIM_BYTES: usize = 20;

/// `init`: directories, key, certificate request, claim code, configuration. Refuses to run twice.
pub(crate) fn init(args: &cli::Init) -> Result<(), Fault> {
    let _: DeviceId = args.device_id.parse().map_err(|_| Fault::refused("bad-device-id"))?;
    let _: ProductId = args.product.parse().map_err(|_| Fault::refused("bad-product-id"))?;
    let layout = Layout::new(&args.dir);
    if Vault::is_at(&layout.vault()) {
        return Err(Fault::refused("already-initialised"));
    }
    layout.create()?;
    let file = ConfigFile {
        device_id: args.device_id.clone(),
        product: args.product.clone(),
        maker: args.maker.clone(),
        est_url: args.devices_url.clone(),
        mqtt_addr: args.mqtt_addr.clone(),
        mqtt_addrs: Vec::new(),
        est_urls: Vec::new(),
        fallback_addresses: Vec::new(),
        timing: Timing { reconnect_ms_max: args.reconnect_max_ms, poll_ms: args.poll_ms, ..Timing::default() },
        limits: crate::config::Limits::default(),
        application_env: std::collections::BTreeMap::new(),
        power_on: std::collections::BTreeMap::new(),
        local: args.local_port.map(|port| crate::local::Settings { port, ..crate::local::Settings::default() }),
    };
    let text = toml::to_string(&file).map_err(|why| Fault::content(&layout.config(), why))?;
    durable::write(&layout.config(), text.as_bytes())?;
    Config::load(&layout)?;
    let tcti = (args.key_store == Store::Tpm).then(|| args.tcti.clone());
    let terms = Terms {
        device_id: args.device_id.clone(),
        maker: args.maker.clone(),
        store: args.key_store,
        tcti,
        device_secret: args.device_secret.clone(),
    };
    let mut vault = Vault::create(&layout.vault(), &terms)?;
    let request = vault.make_factory_key().map_err(|refusal| Fault::refused(refusal.name()))?;
    durable::write(&layout.factory_csr(), request.as_bytes())?;
    durable::write_new(&layout.claim_code(), claim_code().as_bytes())
}

fn claim_code() -> Zeroizing<String> {
    let secret = Zeroizing::new(clock::random::<CLAIM_BYTES>());
    let mut code = Zeroizing::new(String::with_capacity(CLAIM_BYTES / 5 * 8 + 1));
    for group in secret.chunks_exact(5) {
        let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for shift in (0..40).step_by(5).rev() {
            let digit = usize::try_from(bits >> shift & 31).unwrap_or(0);
            code.push(char::from(BASE32.get(digit).copied().unwrap_or(b'A')));
        }
    }
    code.push('\n');
    code
}

/// `install-factory`: the first image, verified by the same verifier as every later one.
pub(crate) fn install(args: &cli::InstallFactory) -> Result<u64, Fault> {
    let layout = Layout::new(&args.dir);
    layout.create()?;
    let config = Config::load(&layout)?;
    let trust = Trust::load(&layout)?;
    let envelope = durable::read(&args.manifest)?.ok_or_else(|| Fault::content(&args.manifest, "not there"))?;
    let judge = Judge { trust: trust.document(), product: config.product.as_str(), floor: 0 };
    let accepted = judge.accept(envelope)?;
    slots::invalidate(&layout, Slot::A, None)?;
    copy(&args.image, &layout.slot(Slot::A).image, accepted.manifest.image_bytes)?;
    if let Err(fault) = slots::check_image(&layout, Slot::A, &accepted.manifest) {
        slots::invalidate(&layout, Slot::A, None)?;
        return Err(fault);
    }
    slots::seal(&layout, Slot::A, &accepted.envelope)?;
    let sequence = accepted.manifest.sequence;
    let (zero, one) = durable::read_copies(&layout, "boot");
    let before = BootState::read(&zero, &one);
    let after = BootState {
        generation: before.generation + 1,
        committed: Slot::A,
        committed_sequence: sequence,
        ..BootState::FIRST
    };
    let (place, bytes) = after.encode();
    durable::write(&layout.state(&format!("boot.{place}")), &bytes)?;
    Ok(sequence)
}

fn copy(from: &Path, to: &Path, bytes_max: u64) -> Result<(), Fault> {
    use std::io::Read as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let source = std::fs::File::open(from).map_err(Fault::files("open", from))?;
    let mut target = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(Fault::files("create", to))?;
    let limit = bytes_max.saturating_add(SMALL_FILE_BYTES_MAX);
    std::io::copy(&mut source.take(limit), &mut target).map_err(Fault::files("copy to", to))?;
    target.sync_all().map_err(Fault::files("sync", to))?;
    durable::sync_parent(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(dir: &Path) -> cli::Init {
        cli::Init {
            dir: dir.to_path_buf(),
            device_id: "hearth-0001".to_owned(),
            product: "hearth-thermostat".to_owned(),
            maker: "hearth.example".to_owned(),
            devices_url: "https://localhost:8444".to_owned(),
            mqtt_addr: "localhost:8883".to_owned(),
            reconnect_max_ms: 60_000,
            poll_ms: 5_000,
            ..cli::Init::default()
        }
    }

    #[test]
    fn a_device_is_initialised_once_and_its_secrets_are_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        init(&args(dir.path())).unwrap();
        let layout = Layout::new(dir.path());
        for secret in [layout.vault().join("factory.key"), layout.claim_code()] {
            assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600, "{}", secret.display());
        }
        assert_eq!(Config::load(&layout).unwrap().timing.poll_ms, 5_000);
        let request = std::fs::read_to_string(layout.factory_csr()).unwrap();
        assert!(request.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
        assert_eq!(init(&args(dir.path())).unwrap_err().name(), "already-initialised");
    }

    #[test]
    fn claim_codes_are_long_and_differ() {
        let (one, two) = (claim_code(), claim_code());
        assert_eq!(one.trim_end().len(), 32);
        assert!(one.trim_end().bytes().all(|b| BASE32.contains(&b)));
        assert_ne!(one, two);
    }
}
