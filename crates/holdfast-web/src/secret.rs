//! Secrets of this door: 256 random bits, shown once as base64url text and kept as SHA-256 everywhere else.
//!
//! Owns the text forms of session cookies, one-time links and API tokens. Takes its random bytes; makes none.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_core::hash::Sha256Digest;

/// A secret of 256 random bits. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

/// Text before an API token's secret, so that scanners for leaked keys can find it.
pub const TOKEN_PREFIX: &str = "hft_";

/// Text before the secret of a reader of tags.
pub const READER_PREFIX: &str = "hfr_";

impl Secret {
    /// Takes 32 bytes from a cryptographic random source.
    #[must_use]
    pub const fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The form that stands in a link or a cookie: 43 characters of base64url (RFC 4648 §5).
    #[must_use]
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The form that stands in an `Authorization: Bearer` header: `hft_` and 43 characters.
    #[must_use]
    pub fn token_text(&self) -> String {
        format!("{TOKEN_PREFIX}{}", self.text())
    }

    /// The form in which a reader of tags holds its key: `hfr_` and 43 characters.
    #[must_use]
    pub fn reader_text(&self) -> String {
        format!("{READER_PREFIX}{}", self.text())
    }

    /// Reads [`Self::reader_text`]; `None` for anything else.
    #[must_use]
    pub fn parse_reader(text: &str) -> Option<Self> {
        Self::parse(text.strip_prefix(READER_PREFIX)?)
    }

    /// SHA-256 of the 32 bytes: the only form that is stored or compared.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        *Sha256Digest::of(&self.0).as_bytes()
    }

    /// Reads [`Self::text`]; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Reads [`Self::token_text`]; `None` for anything else.
    #[must_use]
    pub fn parse_token(text: &str) -> Option<Self> {
        Self::parse(text.strip_prefix(TOKEN_PREFIX)?)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_from_both_of_its_texts() {
        let secret = Secret::from_random([7; 32]);
        assert_eq!(Secret::parse(&secret.text()), Some(secret.clone()));
        assert_eq!(Secret::parse_token(&secret.token_text()), Some(secret));
    }

    #[test]
    fn a_short_long_or_foreign_text_is_no_secret() {
        for bad in ["", "abc", &"A".repeat(42), &"A".repeat(44), &"!".repeat(43), &"B".repeat(43)] {
            assert_eq!(Secret::parse(bad), None, "{bad}");
        }
        assert_eq!(Secret::parse_token(&Secret::from_random([7; 32]).text()), None);
    }

    #[test]
    fn a_secret_is_not_in_its_debug_output() {
        assert_eq!(format!("{:?}", Secret::from_random([7; 32])), "Secret(..)");
    }
}
