//! The second factor by time (RFC 6238): six digits, 30 seconds, SHA-1, as every app has it.
//!
//! Owns the form of its secret at rest, sealed with the server's key for people's secrets.

use holdfast_core::time::Timestamp;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use totp_rs::{Algorithm, Builder, Secret, Totp};

/// Bytes of a secret (RFC 4226 §4, R6: at least 128 bits, 160 recommended).
pub(super) const SECRET_BYTES: usize = 20;
/// Most bytes that are read as a code.
const CODE_BYTES_MAX: usize = 12;
/// Side of the picture, in pixels.
const PICTURE_SIDE: u32 = 220;

fn totp(secret: &[u8], account: &str) -> Option<Totp> {
    let plain: String = account.chars().filter(|c| *c != ':' && !c.is_control()).collect();
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(Secret::from(secret.to_vec()))
        .with_account_name(plain)
        .with_issuer(Some("Holdfast"))
        .build()
        .ok()
}

/// The secret in base 32, the address for an app, and its picture.
pub(super) fn shown(secret: &[u8], account: &str) -> Option<(String, String, String)> {
    let address = totp(secret, account)?.to_url().ok()?;
    let code = QrCode::with_error_correction_level(address.as_bytes(), EcLevel::M).ok()?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(PICTURE_SIDE, PICTURE_SIDE).quiet_zone(true).build();
    // As a part of a page it needs no declaration of its own.
    let picture = picture.find("<svg").and_then(|at| picture.get(at..)).unwrap_or_default().to_owned();
    Some((Secret::from(secret.to_vec()).to_base32(), address, picture))
}

/// Reads a code as people type it: six digits, spaces anywhere.
pub(crate) fn parse_code(typed: &str) -> Option<String> {
    if typed.len() > CODE_BYTES_MAX {
        return None;
    }
    let digits: String = typed.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

/// The step whose code this is, now or one step beside.
pub(super) fn step(secret: &[u8], typed: &str, now: Timestamp) -> Option<u64> {
    let code = parse_code(typed)?;
    let seconds = u64::try_from(now.as_micros() / 1_000_000).ok()?;
    totp(secret, "account")?.check(&code, seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, the first and the third row, with six digits.
    #[test]
    fn the_codes_of_the_standard_are_found_in_their_step_and_beside() {
        let secret = b"12345678901234567890";
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        assert_eq!(step(secret, "287082", at(59)), Some(1));
        assert_eq!(step(secret, "081 804", at(1_111_111_109)), Some(37_037_036));
        assert_eq!(step(secret, "287082", at(89)), Some(1), "one step late");
        assert_eq!(step(secret, "287082", at(120)), None);
        for bad in ["", "28708", "2870823", "28708a", "２８７０８２", "287082 287082"] {
            assert_eq!(step(secret, bad, at(59)), None, "{bad}");
        }
    }

    #[test]
    fn a_setup_shows_secret_address_and_picture() {
        let (secret, address, picture) = shown(b"12345678901234567890", "Ada: Okafor").unwrap();
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(address.starts_with("otpauth://totp/Holdfast") && address.contains("secret=GEZDGNBV"), "{address}");
        assert!(picture.starts_with("<svg") && !picture.contains("<script"), "{picture}");
    }
}
