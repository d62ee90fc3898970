//! Which algorithms are permitted for what, until when, on whose advice, and when that is looked at again.
//!
//! One table for the whole product. A verifier asks [`permits`] with the name that it read; what is not in the table is
//! not permitted, and what is past its end date is not permitted any more.

use holdfast_core::time::Timestamp;

/// What an algorithm is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Signing certificates and certification requests (X.509).
    Certificates,
    /// Signing trust documents, releases, statements and evidence (COSE).
    Documents,
    /// Key agreement in TLS.
    KeyAgreement,
    /// Encryption of traffic in TLS.
    Traffic,
    /// Digests: images, manifests, ledger, tokens.
    Digests,
    /// Keys of the server at rest.
    AtRest,
}

impl Use {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certificates => "certificates",
            Self::Documents => "documents",
            Self::KeyAgreement => "key-agreement",
            Self::Traffic => "traffic",
            Self::Digests => "digests",
            Self::AtRest => "at-rest",
        }
    }
}

/// One permitted algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// Its registered name (COSE, TLS or NIST).
    pub algorithm: &'static str,
    /// What for.
    pub purpose: Use,
    /// Last moment; `None` while no end is foreseen.
    pub until: Option<Timestamp>,
    /// Whose advice this follows.
    pub source: &'static str,
}

/// When the table was last compared with its sources.
pub const REVIEWED: Timestamp = day(2026, 11, 23);
/// When that has to be done again.
pub const REVIEW_DUE: Timestamp = day(2027, 11, 23);
/// What classical public-key algorithms have left: quantum-vulnerable ones are disallowed after 2035.
const CLASSICAL_END: Timestamp = day(2036, 1, 1);

const IR8547: &str = "NIST IR 8547 (transition to post-quantum standards); NCSC, Timelines for migration to PQC";
const TLS_ADVICE: &str = "NCSC, Using TLS to protect data; RFC 9325; RFC 8446 §9.1";
const DIGEST_ADVICE: &str = "NIST SP 800-131A Rev. 2; FIPS 180-4";

/// The table.
pub const PERMITTED: &[Permission] = &[
    permission("ecdsa-with-SHA256 (P-256)", Use::Certificates, Some(CLASSICAL_END), IR8547),
    permission("ESP256", Use::Documents, Some(CLASSICAL_END), IR8547),
    permission("ES256", Use::Documents, Some(CLASSICAL_END), IR8547),
    permission("Ed25519", Use::Documents, Some(CLASSICAL_END), IR8547),
    permission("X25519MLKEM768", Use::KeyAgreement, None, "FIPS 203; NCSC, Next steps in preparing for PQC"),
    permission("X25519", Use::KeyAgreement, Some(CLASSICAL_END), TLS_ADVICE),
    permission("secp256r1", Use::KeyAgreement, Some(CLASSICAL_END), TLS_ADVICE),
    permission("secp384r1", Use::KeyAgreement, Some(CLASSICAL_END), TLS_ADVICE),
    permission("TLS_AES_256_GCM_SHA384", Use::Traffic, None, TLS_ADVICE),
    permission("TLS_AES_128_GCM_SHA256", Use::Traffic, None, TLS_ADVICE),
    permission("TLS_CHACHA20_POLY1305_SHA256", Use::Traffic, None, TLS_ADVICE),
    permission("SHA-256", Use::Digests, None, DIGEST_ADVICE),
    permission("AES-256-GCM", Use::AtRest, None, "NIST SP 800-38D; NIST SP 800-131A Rev. 2"),
    permission("PBKDF2-HMAC-SHA512", Use::AtRest, None, "NIST SP 800-132; OWASP Password Storage Cheat Sheet"),
];

const fn permission(
    algorithm: &'static str,
    purpose: Use,
    until: Option<Timestamp>,
    source: &'static str,
) -> Permission {
    Permission { algorithm, purpose, until, source }
}

/// Why an algorithm may not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// It is not in the table.
    #[error("the crypto policy does not permit this algorithm")]
    NotPermitted,
    /// Its time is over.
    #[error("the crypto policy permitted this algorithm until a day that has passed")]
    PastSunset,
}

impl PolicyRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotPermitted => "algorithm-not-permitted",
            Self::PastSunset => "algorithm-past-sunset",
        }
    }
}

/// Whether an algorithm may be used for a purpose now.
///
/// # Errors
///
/// [`PolicyRefusal`].
pub fn permits(algorithm: &str, purpose: Use, now: Timestamp) -> Result<(), PolicyRefusal> {
    let found = PERMITTED.iter().find(|row| row.purpose == purpose && row.algorithm == algorithm);
    match found.ok_or(PolicyRefusal::NotPermitted)?.until {
        Some(until) if now >= until => Err(PolicyRefusal::PastSunset),
        _ => Ok(()),
    }
}

/// Whether somebody should compare the table with its sources again.
#[must_use]
pub fn review_overdue(now: Timestamp) -> bool {
    now >= REVIEW_DUE
}

/// Midnight (UTC) of a day in the Gregorian calendar.
const fn day(year: i64, month: i64, day: i64) -> Timestamp {
    // Days since 1970 by counting years from March, so that a leap day comes last.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Timestamp::from_micros(days * 86_400_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_table_or_past_its_end_is_refused() {
        assert_eq!(permits("ESP256", Use::Documents, REVIEWED), Ok(()));
        for weak in ["RS1", "SHA-1", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_RC4_128_SHA", "RSA", ""] {
            for purpose in
                [Use::Certificates, Use::Documents, Use::KeyAgreement, Use::Traffic, Use::Digests, Use::AtRest]
            {
                assert_eq!(permits(weak, purpose, REVIEWED), Err(PolicyRefusal::NotPermitted), "{weak}");
            }
        }
        assert_eq!(permits("SHA-256", Use::Documents, REVIEWED), Err(PolicyRefusal::NotPermitted), "another purpose");
        let last = Timestamp::from_micros(CLASSICAL_END.as_micros() - 1);
        assert_eq!(permits("Ed25519", Use::Documents, last), Ok(()));
        assert_eq!(permits("Ed25519", Use::Documents, CLASSICAL_END), Err(PolicyRefusal::PastSunset));
        assert_eq!(permits("X25519MLKEM768", Use::KeyAgreement, CLASSICAL_END), Ok(()));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(day(1970, 1, 1).as_micros(), 0);
        assert_eq!(day(2000, 2, 29).as_micros() / 86_400_000_000, 11_016);
        assert_eq!(day(2026, 11, 23).as_micros() / 86_400_000_000, 20_780);
        assert!(!review_overdue(REVIEWED) && review_overdue(REVIEW_DUE));
    }

    #[test]
    fn every_row_says_on_whose_advice_and_stands_once() {
        for (at, row) in PERMITTED.iter().enumerate() {
            assert!(!row.source.is_empty(), "{}", row.algorithm);
            let again = PERMITTED.iter().skip(at + 1).any(|o| o.algorithm == row.algorithm && o.purpose == row.purpose);
            assert!(!again, "{}", row.algorithm);
        }
    }
}
