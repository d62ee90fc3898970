//! The key that seals people's secrets in the store (second factors), peppers their passwords, and makes the secrets with which
//! erased devices come back: a copy of the database alone opens none.
//!
//! The key itself lies among the server's keys, sealed with them if they are.

use std::fmt;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use holdfast_core::id::{CommandId, DeviceId};
use zeroize::Zeroizing;

use super::secret_file::hex;
use super::vault::{SealError, Vault};
use super::{AuthorityError, PRIVATE_KEY};

/// The key's file.
const FILE: &str = "people.key";
/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// What the pepper of passwords is made of, beside the key.
const PEPPER_CONTEXT: &[u8] = b"holdfast password pepper v1";
/// What the secret of an erased device is made of, beside the key, its order and its id.
const RETURN_CONTEXT: &[u8] = b"holdfast return secret v1";

/// The key for people's secrets.
pub struct PeopleKey {
    sealing: RandomizedNonceKey,
    keyed: hmac::Key,
}

impl fmt::Debug for PeopleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PeopleKey(..)")
    }
}

impl PeopleKey {
    /// Opens the key of a folder, or makes it.
    pub(super) fn open(dir: &Path, vault: &Vault) -> Result<Self, AuthorityError> {
        let path = dir.join(FILE);
        if !path.exists() {
            let bytes = Zeroizing::new(crate::clock::random::<KEY_BYTES>());
            vault.create(&path, PRIVATE_KEY, bytes.as_slice())?;
        }
        let bytes = vault.read(&path, PRIVATE_KEY)?;
        let sealing = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| SealError::Wrong)?;
        // Another key than the sealing one, made from it.
        let master = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        let keyed = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&master, b"holdfast keyed digests v1").as_ref());
        Ok(Self { sealing, keyed })
    }

    /// What is mixed into every password before it is hashed.
    #[must_use]
    pub fn pepper(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(hmac::sign(&self.keyed, PEPPER_CONTEXT).as_ref().to_vec())
    }

    /// The secret that the order to erase brings to its device, as hexadecimal digits. It is stored nowhere here.
    #[must_use]
    pub fn return_secret(&self, order: &CommandId, device: &DeviceId) -> String {
        hex(hmac::sign(&self.keyed, &return_text(order, device)).as_ref())
    }

    /// Whether this is the secret of that order, compared in constant time.
    #[must_use]
    pub fn is_return_secret(&self, order: &CommandId, device: &DeviceId, shown: &str) -> bool {
        let Some(bytes) = unhex(shown) else { return false };
        hmac::verify(&self.keyed, &return_text(order, device), &bytes).is_ok()
    }

    /// Seals a secret for one person; `None` only if the library fails.
    #[must_use]
    pub fn seal(&self, person: &str, secret: &[u8]) -> Option<Vec<u8>> {
        let mut body = secret.to_vec();
        let nonce = self.sealing.seal_in_place_append_tag(Aad::from(person.as_bytes()), &mut body).ok()?;
        Some([nonce.as_ref().as_slice(), &body].concat())
    }

    /// Opens what was sealed for this person; `None` for anything else.
    #[must_use]
    pub fn open_sealed(&self, person: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self.sealing.open_in_place(nonce, Aad::from(person.as_bytes()), &mut body).ok()?.len();
        body.truncate(length);
        Some(body)
    }
}

fn return_text(order: &CommandId, device: &DeviceId) -> Vec<u8> {
    [RETURN_CONTEXT, order.to_string().as_bytes(), b" ", device.as_str().as_bytes()].concat()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let lower = |b: &u8| b.is_ascii_digit() || (b'a'..=b'f').contains(b);
    if digits.len() != 2 * KEY_BYTES || !digits.iter().all(lower) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_for_its_person_and_with_its_key_only() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let open = |dir: &Path| PeopleKey::open(dir, &Vault::open(dir, None).unwrap()).unwrap();
        let key = open(dir.path());
        let sealed = key.seal("ada", b"a secret").unwrap();
        assert_eq!(open(dir.path()).open_sealed("ada", &sealed).unwrap().as_slice(), b"a secret", "after a restart");
        assert!(key.open_sealed("bram", &sealed).is_none());
        assert!(open(other.path()).open_sealed("ada", &sealed).is_none());
        assert!(key.open_sealed("ada", b"short").is_none());
        assert_eq!(open(dir.path()).pepper(), key.pepper());
        assert_ne!(open(other.path()).pepper(), key.pepper());
    }

    #[test]
    fn the_secret_of_an_erased_device_is_of_one_order_one_device_and_one_server() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let open = |dir: &Path| PeopleKey::open(dir, &Vault::open(dir, None).unwrap()).unwrap();
        let key = open(dir.path());
        let now = holdfast_core::time::Timestamp::from_micros(0);
        let order = |n| CommandId::new(now, [n; 10]);
        let (one, two): (DeviceId, DeviceId) = ("hearth-0001".parse().unwrap(), "hearth-0002".parse().unwrap());
        let secret = key.return_secret(&order(1), &one);
        assert!(key.is_return_secret(&order(1), &one, &secret));
        for wrong in [
            key.is_return_secret(&order(2), &one, &secret),
            key.is_return_secret(&order(1), &two, &secret),
            open(other.path()).is_return_secret(&order(1), &one, &secret),
            key.is_return_secret(&order(1), &one, &secret[..62]),
            key.is_return_secret(&order(1), &one, &secret.to_uppercase()),
            key.is_return_secret(&order(1), &one, ""),
        ] {
            assert!(!wrong);
        }
    }
}
