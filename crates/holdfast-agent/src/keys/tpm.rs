//! Keys in a TPM 2.0: made in it, usable in it alone. On disk lie blobs that only this TPM can load.
//!
//! The storage key above them is made anew from the TPM's own seed at each start, so nothing is kept in its memory; it and
//! every key in use are flushed again. libtss2 speaks to the TPM (TPM 2.0 Library, part 3).

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use aws_lc_rs::digest::{SHA256, digest};
use tss_esapi::attributes::ObjectAttributesBuilder;
use tss_esapi::constants::Tss2ResponseCodeKind;
use tss_esapi::constants::tss::{TPM2_RH_NULL, TPM2_ST_HASHCHECK};
use tss_esapi::handles::{KeyHandle, ObjectHandle};
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::ecc::EccCurve;
use tss_esapi::interface_types::resource_handles::Hierarchy;
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{
    Digest, EccPoint, EccScheme, HashScheme, KeyedHashScheme, Private, Public, PublicBuilder, PublicEccParameters,
    PublicKeyedHashParameters, SensitiveData, Signature, SignatureScheme, SymmetricDefinitionObject,
};
use tss_esapi::tcti_ldr::TctiNameConf;
use tss_esapi::traits::{Marshall as _, UnMarshall as _};
use tss_esapi::tss2_esys::TPMT_TK_HASHCHECK;
use tss_esapi::{Context, Error};

use super::seal::SealingKey;
use super::vault::Provider;
use super::{KeySlot, Refusal, Terms, spki_of};
use crate::clock;
use crate::durable;
use crate::fault::Fault;

/// The kernel's resource manager: several programs may use the TPM beside each other.
const TCTI: &str = "device:/dev/tpmrm0";
/// The sealed key of secrets.
const SEALING_KEY: &str = "seal.tpm";
/// What a blob starts with.
const HEAD: &[u8; 4] = b"hft1";

/// Keys in a TPM.
pub(super) struct Tpm {
    dir: PathBuf,
    tcti: TctiNameConf,
    line: Option<Line>,
    sealing_key: Option<SealingKey>,
}

/// An open TPM and its storage key.
struct Line {
    context: Context,
    parent: KeyHandle,
}

/// What lies on disk of a key.
struct Blob {
    public: Public,
    private: Private,
}

impl Tpm {
    pub(super) fn open(dir: &Path, terms: &Terms) -> Result<Self, Fault> {
        let tcti = TctiNameConf::from_str(terms.tcti.as_deref().unwrap_or(TCTI));
        let tcti = tcti.map_err(|why| Fault::crypto("read the TPM's address", why))?;
        let line = Line::open(&tcti).map_err(|why| {
            tracing::error!(reason = %why, "the TPM does not answer");
            Fault::refused("tpm-not-reached")
        })?;
        Ok(Self { dir: dir.to_path_buf(), tcti, line: Some(line), sealing_key: None })
    }

    fn path(&self, slot: KeySlot) -> PathBuf {
        self.dir.join(format!("{}.tpm", slot.name()))
    }

    /// Does something with the TPM. One that was reset, or lost its connection, is opened again first.
    fn with<T>(&mut self, work: impl Fn(&mut Line) -> Result<T, Error>) -> Result<T, Refusal> {
        if let Some(line) = &mut self.line {
            match work(line) {
                Err(why) if !is_foreign(why) => self.line = None,
                done => return done.map_err(refused),
            }
        }
        let mut line = Line::open(&self.tcti).map_err(refused)?;
        let done = work(&mut line).map_err(refused);
        self.line = Some(line);
        done
    }

    fn create(&mut self, path: &Path, public: &Public, secret: Option<&SealingKey>) -> Result<Blob, Refusal> {
        if path.exists() {
            return Err(Refusal::KeyExists);
        }
        let blob = self.with(|line| line.create(public.clone(), secret))?;
        let bytes = blob.encode().map_err(refused)?;
        durable::write(path, &bytes).map_err(|fault| failed(&fault))?;
        Ok(blob)
    }
}

fn load(path: &Path) -> Result<Blob, Refusal> {
    let bytes = durable::read(path).map_err(|fault| failed(&fault))?.ok_or(Refusal::KeyMissing)?;
    Blob::parse(&bytes).ok_or(Refusal::KeyDamaged)
}

/// Whether the TPM says that a blob is not its own.
fn is_foreign(why: Error) -> bool {
    matches!(why, Error::Tss2Error(code) if code.kind() == Some(Tss2ResponseCodeKind::Integrity))
}

fn refused(why: Error) -> Refusal {
    tracing::error!(reason = %why, "TPM");
    if is_foreign(why) { Refusal::KeyForeign } else { Refusal::StoreFailed }
}

fn failed(fault: &Fault) -> Refusal {
    tracing::error!(fault.name = fault.name(), fault.text = %crate::fault::chain(fault), "key store");
    Refusal::StoreFailed
}

impl Line {
    fn open(tcti: &TctiNameConf) -> Result<Self, Error> {
        let mut context = Context::new(tcti.clone())?;
        context.set_sessions((Some(AuthSession::Password), None, None));
        let primary = context.create_primary(Hierarchy::Owner, storage_key()?, None, None, None, None)?;
        Ok(Self { context, parent: primary.key_handle })
    }

    fn create(&mut self, public: Public, secret: Option<&SealingKey>) -> Result<Blob, Error> {
        let secret = secret.map(|secret| SensitiveData::try_from(secret.to_vec())).transpose()?;
        let made = self.context.create(self.parent, public, None, secret, None, None)?;
        Ok(Blob { public: made.out_public, private: made.out_private })
    }

    /// Loads a key for the time of its use.
    fn using<T>(
        &mut self,
        blob: &Blob,
        work: impl FnOnce(&mut Context, ObjectHandle) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let load = |context: &mut Context| context.load(self.parent, blob.private.clone(), blob.public.clone());
        let handle: ObjectHandle = load(&mut self.context)?.into();
        let done = work(&mut self.context, handle);
        self.context.flush_context(handle)?;
        done
    }
}

impl Blob {
    fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut out = HEAD.to_vec();
        for part in [self.public.marshall()?.as_slice(), self.private.value()] {
            out.extend_from_slice(&u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
            out.extend_from_slice(part);
        }
        Ok(out)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (public, rest) = part(bytes.strip_prefix(HEAD)?)?;
        let (private, rest) = part(rest)?;
        let public = Public::unmarshall(public).ok()?;
        rest.is_empty().then_some(Self { public, private: Private::try_from(private.to_vec()).ok()? })
    }

    fn spki(&self) -> Option<Vec<u8>> {
        let Public::Ecc { unique, .. } = &self.public else { return None };
        spki_of(&[[4].as_slice(), &padded(unique.x().value())?, &padded(unique.y().value())?].concat())
    }
}

/// A length in two bytes, and so many bytes.
fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// A number in exactly 32 bytes: a TPM may leave leading zeros out.
fn padded(number: &[u8]) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    let from = out.len().checked_sub(number.len())?;
    out.get_mut(from..)?.copy_from_slice(number);
    Some(out)
}

/// What every object here is: bound to this TPM and to its place under the storage key.
fn bound() -> ObjectAttributesBuilder {
    ObjectAttributesBuilder::new()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_user_with_auth(true)
        .with_no_da(true)
}

fn ecc(attributes: ObjectAttributesBuilder, parameters: PublicEccParameters) -> Result<Public, Error> {
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Ecc)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes.build()?)
        .with_ecc_parameters(parameters)
        .with_ecc_unique_identifier(EccPoint::default())
        .build()
}

fn storage_key() -> Result<Public, Error> {
    let parameters = tss_esapi::structures::PublicEccParametersBuilder::new_restricted_decryption_key(
        SymmetricDefinitionObject::AES_128_CFB,
        EccCurve::NistP256,
    );
    ecc(bound().with_sensitive_data_origin(true).with_decrypt(true).with_restricted(true), parameters.build()?)
}

fn signing_key() -> Result<Public, Error> {
    let parameters = tss_esapi::structures::PublicEccParametersBuilder::new_unrestricted_signing_key(
        EccScheme::EcDsa(HashScheme::new(HashingAlgorithm::Sha256)),
        EccCurve::NistP256,
    );
    ecc(bound().with_sensitive_data_origin(true).with_sign_encrypt(true), parameters.build()?)
}

fn sealed_data() -> Result<Public, Error> {
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::KeyedHash)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(bound().build()?)
        .with_keyed_hash_parameters(PublicKeyedHashParameters::new(KeyedHashScheme::Null))
        .with_keyed_hash_unique_identifier(Digest::default())
        .build()
}

fn signature_over(context: &mut Context, key: ObjectHandle, message: &[u8]) -> Result<Signature, Error> {
    let hash = Digest::try_from(digest(&SHA256, message).as_ref())?;
    let not_hashed_inside = TPMT_TK_HASHCHECK {
        tag: TPM2_ST_HASHCHECK,
        hierarchy: TPM2_RH_NULL,
        digest: tss_esapi::tss2_esys::TPM2B_DIGEST::default(),
    };
    context.sign(key.into(), hash, SignatureScheme::Null, not_hashed_inside.try_into()?)
}

impl Provider for Tpm {
    fn protection(&self) -> &'static str {
        "tpm"
    }

    fn public(&mut self, slot: KeySlot) -> Result<Vec<u8>, Refusal> {
        let blob = load(&self.path(slot))?;
        // A key counts as there only if this TPM takes its private half.
        self.with(|line| line.using(&blob, |_, _| Ok(())))?;
        blob.spki().ok_or(Refusal::KeyDamaged)
    }

    fn make(&mut self, slot: KeySlot) -> Result<Vec<u8>, Refusal> {
        let blob = self.create(&self.path(slot), &signing_key().map_err(refused)?, None)?;
        blob.spki().ok_or(Refusal::StoreFailed)
    }

    fn erase(&mut self, slot: KeySlot) -> Result<(), Refusal> {
        durable::remove(&self.path(slot)).map_err(|fault| failed(&fault))
    }

    fn sign(&mut self, slot: KeySlot, message: &[u8]) -> Result<[u8; 64], Refusal> {
        let blob = load(&self.path(slot))?;
        let signature = self.with(|line| line.using(&blob, |context, key| signature_over(context, key, message)))?;
        let Signature::EcDsa(signature) = signature else { return Err(Refusal::StoreFailed) };
        let (r, s) = (padded(signature.signature_r().value()), padded(signature.signature_s().value()));
        let both = r.zip(s).ok_or(Refusal::StoreFailed)?;
        [both.0, both.1].concat().try_into().map_err(|_| Refusal::StoreFailed)
    }

    fn sealing_key(&mut self) -> Result<SealingKey, Refusal> {
        if let Some(key) = &self.sealing_key {
            return Ok(key.clone());
        }
        let path = self.dir.join(SEALING_KEY);
        let key = match load(&path) {
            Ok(blob) => {
                let secret = self.with(|line| line.using(&blob, Context::unseal))?;
                secret.value().try_into().map(SealingKey::new).map_err(|_| Refusal::KeyDamaged)?
            }
            Err(Refusal::KeyMissing) => {
                let key = SealingKey::new(clock::random());
                self.create(&path, &sealed_data().map_err(refused)?, Some(&key))?;
                key
            }
            Err(refusal) => return Err(refusal),
        };
        self.sealing_key = Some(key.clone());
        Ok(key)
    }

    fn erase_sealing_key(&mut self) -> Result<(), Refusal> {
        self.sealing_key = None;
        durable::remove(&self.dir.join(SEALING_KEY)).map_err(|fault| failed(&fault))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, Command, Stdio};

    use super::super::tests::check;
    use super::super::{Purpose, Request, Store, Vault};
    use super::*;

    /// A TPM in software (swtpm), with a seed of its own.
    struct SoftwareTpm {
        child: Child,
        port: u16,
        _dir: tempfile::TempDir,
    }

    impl SoftwareTpm {
        fn start() -> Self {
            loop {
                let port = two_free_ports();
                let dir = tempfile::tempdir().unwrap();
                let child = Command::new("swtpm")
                    .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear", "--tpmstate"])
                    .arg(format!("dir={}", dir.path().display()))
                    .args(["--server", &format!("type=tcp,bindaddr=127.0.0.1,port={port}")])
                    .args(["--ctrl", &format!("type=tcp,bindaddr=127.0.0.1,port={}", port + 1)])
                    .stdin(Stdio::null())
                    .spawn()
                    .expect("swtpm is installed (packages swtpm, libtss2-dev)");
                let mut tpm = Self { child, port, _dir: dir };
                while tpm.child.try_wait().unwrap().is_none() {
                    if TcpStream::connect(("127.0.0.1", port + 1)).is_ok() {
                        return tpm;
                    }
                    std::thread::yield_now();
                }
            }
        }

        fn tcti(&self) -> String {
            format!("swtpm:host=127.0.0.1,port={}", self.port)
        }
    }

    /// The first of two ports that nobody listens at.
    fn two_free_ports() -> u16 {
        loop {
            let first = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = first.local_addr().unwrap().port();
            if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
                return port;
            }
        }
    }

    impl Drop for SoftwareTpm {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    fn terms(tpm: &SoftwareTpm) -> Terms {
        Terms { store: Store::Tpm, tcti: Some(tpm.tcti()), ..Terms::of("hearth-0001") }
    }

    fn client_verify() -> Vec<u8> {
        [[b' '; 64].as_slice(), b"TLS 1.3, client CertificateVerify\0", &[0xaa; 32]].concat()
    }

    #[test]
    fn keys_are_made_used_and_erased_in_the_tpm_and_none_lies_on_the_disk() {
        let (tpm, dir) = (SoftwareTpm::start(), tempfile::tempdir().unwrap());
        let path = dir.path().join("vault");
        let mut vault = Vault::create(&path, &terms(&tpm)).unwrap();
        vault.make_factory_key().unwrap();
        assert_eq!(vault.protection(), "tpm");
        check(&mut vault);
        for _ in 0..20 {
            let message = client_verify();
            vault
                .answer(Request::Sign(KeySlot::Factory, Purpose::TlsClientVerify, &message))
                .expect("none stays loaded");
        }
        for file in std::fs::read_dir(&path).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(bytes.starts_with(HEAD) || bytes.starts_with(b"device_id"), "only blobs and the terms");
        }
    }

    #[test]
    fn a_copy_of_the_disk_beside_another_tpm_is_no_working_identity() {
        let (tpm, other, dir) = (SoftwareTpm::start(), SoftwareTpm::start(), tempfile::tempdir().unwrap());
        let path = dir.path().join("vault");
        let mut vault = Vault::create(&path, &terms(&tpm)).unwrap();
        vault.make_factory_key().unwrap();
        let sealed = vault.answer(Request::Seal("wifi", b"correct horse")).unwrap();
        drop(vault);
        let text = std::fs::read_to_string(path.join("vault.toml")).unwrap();
        std::fs::write(path.join("vault.toml"), text.replace(&tpm.tcti(), &other.tcti())).unwrap();
        let mut copy = Vault::open(&path).unwrap();
        let message = client_verify();
        let sign = Request::Sign(KeySlot::Factory, Purpose::TlsClientVerify, &message);
        assert_eq!(copy.answer(sign).unwrap_err(), Refusal::KeyForeign);
        let public = Request::Public(KeySlot::Factory);
        assert_eq!(copy.answer(public).unwrap_err(), Refusal::KeyForeign, "a public half alone is no key");
        assert_eq!(copy.answer(Request::Unseal("wifi", &sealed)).unwrap_err(), Refusal::KeyForeign);
        std::fs::write(path.join("vault.toml"), text).unwrap();
        drop(copy);
        let mut back = Vault::open(&path).unwrap();
        assert!(back.answer(sign).is_ok());
        assert_eq!(back.answer(Request::Unseal("wifi", &sealed)).unwrap().as_slice(), b"correct horse");
    }

    #[test]
    fn a_tpm_that_was_away_is_used_again() {
        let (tpm, dir) = (SoftwareTpm::start(), tempfile::tempdir().unwrap());
        let mut keys = Tpm::open(dir.path(), &terms(&tpm)).unwrap();
        keys.make(KeySlot::Factory).unwrap();
        if let Some(line) = &mut keys.line {
            line.context.flush_context(ObjectHandle::from(line.parent)).unwrap();
        }
        assert!(keys.sign(KeySlot::Factory, b"message").is_ok());
    }

    #[test]
    fn without_a_tpm_the_vault_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let nowhere = Terms { tcti: Some("device:/nonexistent".to_owned()), ..Terms::of("hearth-0001") };
        assert_eq!(Tpm::open(dir.path(), &nowhere).err().unwrap().name(), "tpm-not-reached");
    }

    #[test]
    fn a_blob_that_was_cut_is_damaged() {
        let bytes = [HEAD.as_slice(), &[0, 3, 1, 2]].concat();
        assert!(Blob::parse(&bytes).is_none() && Blob::parse(b"").is_none());
        assert_eq!(padded(&[7]).unwrap()[31], 7);
        assert!(padded(&[0; 33]).is_none());
    }
}
