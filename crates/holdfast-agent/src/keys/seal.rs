//! Authenticated encryption of what rests on disk: AES-256-GCM, a fresh random nonce each time, the name bound in.
//!
//! Form: `hfs1`, nonce (12 bytes), ciphertext, tag (16 bytes).

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use super::Refusal;

/// Most bytes of one secret.
pub(crate) const PLAIN_BYTES_MAX: usize = 16 * 1024;
/// What sealed bytes start with.
const HEAD: &[u8; 4] = b"hfs1";

/// A key for sealing; wiped when dropped.
pub(crate) type SealingKey = Zeroizing<[u8; 32]>;

/// Encrypts `plain`; it opens again only under the same name.
pub(crate) fn seal(key: &SealingKey, name: &str, plain: &[u8]) -> Result<Vec<u8>, Refusal> {
    if plain.len() > PLAIN_BYTES_MAX {
        return Err(Refusal::SecretTooLong);
    }
    let key = RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| Refusal::StoreFailed)?;
    let mut secret = Zeroizing::new(Vec::with_capacity(plain.len() + AES_256_GCM.tag_len()));
    secret.extend_from_slice(plain);
    let nonce =
        key.seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut *secret).map_err(|_| Refusal::StoreFailed)?;
    Ok([HEAD.as_slice(), nonce.as_ref(), &secret].concat())
}

/// Decrypts what [`seal`] made under this name with this key.
pub(crate) fn unseal(key: &SealingKey, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let rest = sealed.strip_prefix(HEAD).ok_or(Refusal::SealedDamaged)?;
    let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Refusal::SealedDamaged)?;
    if rest.len() > PLAIN_BYTES_MAX + AES_256_GCM.tag_len() {
        return Err(Refusal::SealedDamaged);
    }
    let key = RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| Refusal::StoreFailed)?;
    let mut secret = Zeroizing::new(rest.to_vec());
    let length = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(name.as_bytes()), &mut secret)
        .map_err(|_| Refusal::SealedDamaged)?
        .len();
    secret.truncate(length);
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_name_and_key_alone_and_never_looks_the_same_twice() {
        let (key, other) = (SealingKey::new([1; 32]), SealingKey::new([2; 32]));
        let sealed = seal(&key, "wifi", b"correct horse").unwrap();
        assert_ne!(sealed, seal(&key, "wifi", b"correct horse").unwrap());
        assert!(!sealed.windows(7).any(|bytes| bytes == b"correct"));
        assert_eq!(unseal(&key, "wifi", &sealed).unwrap().as_slice(), b"correct horse");
        assert_eq!(unseal(&key, "mqtt", &sealed), Err(Refusal::SealedDamaged));
        assert_eq!(unseal(&other, "wifi", &sealed), Err(Refusal::SealedDamaged));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(unseal(&key, "wifi", &damaged), Err(Refusal::SealedDamaged), "{at}");
            assert_eq!(unseal(&key, "wifi", &sealed[..at]), Err(Refusal::SealedDamaged), "{at}");
        }
    }

    #[test]
    fn a_secret_over_the_limit_is_refused() {
        let key = SealingKey::new([1; 32]);
        assert!(seal(&key, "wifi", &vec![0; PLAIN_BYTES_MAX]).is_ok());
        assert_eq!(seal(&key, "wifi", &vec![0; PLAIN_BYTES_MAX + 1]), Err(Refusal::SecretTooLong));
    }
}
