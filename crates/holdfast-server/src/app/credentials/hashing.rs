//! Passwords at rest: Argon2id, and how hard one is to guess.
//!
//! Every try is hashed, also for a name that nobody has: the answer takes as long.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use holdfast_domain::people::password::{ARGON2_LANES, ARGON2_MEMORY_KIB, ARGON2_PASSES, BYTES_MAX};

use crate::clock;

/// A hash of nothing that anybody knows, for names that nobody has. Its parameters are those of [`hash`].
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of a password as a PHC string, with a new salt; `None` only if the parameters are impossible.
pub(super) fn hash(password: &str) -> Option<String> {
    let salt = clock::random::<16>();
    argon2()?.hash_password_with_salt(password.as_bytes(), &salt).ok().map(|hash| hash.to_string())
}

/// Whether this is the password of `hash`, or of nobody's. Takes as long in both cases.
pub(super) fn matches(password: &str, hash: Option<&str>) -> bool {
    let (Some(argon2), true) = (argon2(), password.len() <= BYTES_MAX) else { return false };
    let Ok(known) = PasswordHash::new(hash.unwrap_or(NOBODYS)) else { return false };
    argon2.verify_password(password.as_bytes(), &known).is_ok() && hash.is_some()
}

/// How hard a password is to guess, 0 to 4, for somebody who knows these words about its person.
pub(super) fn score(password: &str, words: &[String]) -> u8 {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    u8::from(zxcvbn::zxcvbn(password, &words).score())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_says_its_parameters_and_only_its_password_matches() {
        let known = hash("violet harbour spoon eleven").unwrap();
        assert!(known.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{known}");
        assert!(matches("violet harbour spoon eleven", Some(&known)));
        assert!(!matches("violet harbour spoon twelve", Some(&known)));
        assert_ne!(hash("violet harbour spoon eleven").unwrap(), known, "each has its own salt");
    }

    #[test]
    fn nobodys_hash_can_be_read_and_matches_nothing() {
        let of = |text: &str| PasswordHash::new(text).unwrap().params.to_string();
        assert_eq!(of(NOBODYS), of(&hash("x").unwrap()), "the same work for a name that nobody has");
        assert!(!matches("", None) && !matches("password", None));
    }

    #[test]
    fn what_is_long_can_still_be_easy() {
        assert!(score("aaaaaaaaaaaaaaaaaaaa", &[]) < 3);
        assert!(score("violet harbour spoon eleven", &[]) >= 3);
        assert!(score("qwertyuiopasdfghjkl", &[]) < 3);
    }
}
