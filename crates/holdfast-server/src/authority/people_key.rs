//! The key that seals people's secrets in the store (second factors): a copy of the database alone opens none.
//!
//! The key itself lies among the server's keys, sealed with them if they are.

use std::fmt;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use super::vault::{SealError, Vault};
use super::{AuthorityError, PRIVATE_KEY};

/// The key's file.
const FILE: &str = "people.key";
/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// The key for people's secrets.
pub struct PeopleKey(RandomizedNonceKey);

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
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| SealError::Wrong)?;
        Ok(Self(key))
    }

    /// Seals a secret for one person; `None` only if the library fails.
    #[must_use]
    pub fn seal(&self, person: &str, secret: &[u8]) -> Option<Vec<u8>> {
        let mut body = secret.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(person.as_bytes()), &mut body).ok()?;
        Some([nonce.as_ref().as_slice(), &body].concat())
    }

    /// Opens what was sealed for this person; `None` for anything else.
    #[must_use]
    pub fn open_sealed(&self, person: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self.0.open_in_place(nonce, Aad::from(person.as_bytes()), &mut body).ok()?.len();
        body.truncate(length);
        Some(body)
    }
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
    }
}
