//! Passwords at rest: Argon2id with a salt of each and a pepper that is not in the database, and how hard one is to guess.
//!
//! Every try is hashed, also for a name that nobody has: the answer takes as long. What is stored says with which parameters
//! and whether with a pepper; what is older than [`hash`] is made anew when its person signs in.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use holdfast_domain::people::password::{ARGON2_LANES, ARGON2_MEMORY_KIB, ARGON2_PASSES, BYTES_MAX};

use crate::clock;

/// A hash of nothing that anybody knows, for names that nobody has. Its parameters are those of [`hash`].
const NOBODYS: &str =
    "p1$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What stands before a hash that was made with the pepper.
const PEPPERED: &str = "p1";

fn argon2(pepper: &[u8]) -> Option<Argon2<'_>> {
    let params = Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES, None).ok()?;
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params).ok()
}

/// The hash of a password as a PHC string, with a new salt; `None` only if the parameters are impossible.
pub(super) fn hash(password: &str, pepper: &[u8]) -> Option<String> {
    let salt = clock::random::<16>();
    let hash = argon2(pepper)?.hash_password_with_salt(password.as_bytes(), &salt).ok()?;
    Some(format!("{PEPPERED}{hash}"))
}

/// Whether this is the password of `hash`, or of nobody's. Takes as long in both cases.
pub(super) fn matches(password: &str, hash: Option<&str>, pepper: &[u8]) -> bool {
    let kept = hash.unwrap_or(NOBODYS);
    let (kept, pepper) = kept.strip_prefix(PEPPERED).map_or((kept, [].as_slice()), |kept| (kept, pepper));
    let (Some(argon2), true) = (argon2(pepper), password.len() <= BYTES_MAX) else { return false };
    let Ok(known) = PasswordHash::new(kept) else { return false };
    argon2.verify_password(password.as_bytes(), &known).is_ok() && hash.is_some()
}

/// Whether a hash was made as [`hash`] makes it today.
pub(super) fn is_of_today(hash: &str) -> bool {
    let Some(known) = hash.strip_prefix(PEPPERED).and_then(|kept| PasswordHash::new(kept).ok()) else { return false };
    let today = PasswordHash::new(NOBODYS.strip_prefix(PEPPERED).unwrap_or(NOBODYS));
    today.is_ok_and(|today| {
        (today.algorithm, today.version, today.params) == (known.algorithm, known.version, known.params)
    })
}

/// How hard a password is to guess, 0 to 4, for somebody who knows these words about its person.
pub(super) fn score(password: &str, words: &[String]) -> u8 {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    u8::from(zxcvbn::zxcvbn(password, &words).score())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEPPER: &[u8] = b"thirty-two bytes of some pepper.";

    #[test]
    fn a_hash_says_its_parameters_and_only_its_password_matches() {
        let known = hash("violet harbour spoon eleven", PEPPER).unwrap();
        assert!(known.starts_with("p1$argon2id$v=19$m=19456,t=2,p=1$"), "{known}");
        assert!(matches("violet harbour spoon eleven", Some(&known), PEPPER));
        assert!(!matches("violet harbour spoon twelve", Some(&known), PEPPER));
        assert_ne!(hash("violet harbour spoon eleven", PEPPER).unwrap(), known, "each has its own salt");
    }

    #[test]
    fn a_copy_of_the_database_without_the_pepper_proves_no_guess() {
        let known = hash("violet harbour spoon eleven", PEPPER).unwrap();
        for other in [b"another pepper, as long as it is".as_slice(), b""] {
            assert!(!matches("violet harbour spoon eleven", Some(&known), other));
        }
        assert!(!matches("violet harbour spoon eleven", known.strip_prefix("p1"), PEPPER), "as if it had none");
    }

    #[test]
    fn an_older_hash_still_counts_and_is_seen_as_older() {
        let params = Params::new(8 * 1_024, 1, 1, None).unwrap();
        let old = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let old = old.hash_password_with_salt(b"violet harbour spoon eleven", &[7; 16]).unwrap().to_string();
        assert!(matches("violet harbour spoon eleven", Some(&old), PEPPER) && !is_of_today(&old));
        assert!(is_of_today(&hash("violet harbour spoon eleven", PEPPER).unwrap()));
    }

    #[test]
    fn nobodys_hash_can_be_read_and_matches_nothing() {
        let of = |text: &str| PasswordHash::new(text.strip_prefix("p1").unwrap()).unwrap().params.to_string();
        assert_eq!(of(NOBODYS), of(&hash("x", PEPPER).unwrap()), "the same work for a name that nobody has");
        assert!(!matches("", None, PEPPER) && !matches("password", None, PEPPER));
    }

    #[test]
    fn what_is_long_can_still_be_easy() {
        assert!(score("aaaaaaaaaaaaaaaaaaaa", &[]) < 3);
        assert!(score("violet harbour spoon eleven", &[]) >= 3);
        assert!(score("qwertyuiopasdfghjkl", &[]) < 3);
    }
}
