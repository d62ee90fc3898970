//! The revocation list of an operational CA (RFC 5280 §5), for whoever checks device certificates without asking us.
//!
//! Our own doors ask the device table, which knows first. The list names serial numbers only, no device. Certificates do
//! not point to it: no device could use the pointer, and each would carry the server's address.

use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::CertificateState;
use holdfast_store::keys::Fallen;
use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, RevocationReason, RevokedCertParams, SerialNumber,
};

use super::certificate::{CertificateError, moment};
use super::secret_file::from_hex;

/// A list is made again after this, even if nothing has changed.
pub const CRL_EVERY: Millis = Millis::from_secs(86_400);
/// A list counts for so long: a server that is down for a weekend leaves nobody without one.
pub const CRL_LIFE: Millis = Millis::from_secs(7 * 86_400);
/// Most certificates on one list.
pub const CRL_ENTRIES_MAX: u32 = 1_000_000;

/// Makes and signs a list.
pub(super) fn list(
    ca: &Issuer<'_, KeyPair>,
    fallen: &[Fallen],
    number: u64,
    (this_update, next_update): (Timestamp, Timestamp),
) -> Result<Vec<u8>, CertificateError> {
    let revoked = |fallen: &Fallen| {
        Ok(RevokedCertParams {
            serial_number: SerialNumber::from_slice(&from_hex(&fallen.serial).ok_or(CertificateError::Unusable)?),
            revocation_time: moment!(fallen.at),
            // "Unspecified" is said by saying nothing (RFC 5280 §5.3.1).
            reason_code: (fallen.state == CertificateState::Superseded).then_some(RevocationReason::Superseded),
            invalidity_date: None,
        })
    };
    let list = CertificateRevocationListParams {
        this_update: moment!(this_update),
        next_update: moment!(next_update),
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: None,
        revoked_certs: fallen.iter().map(revoked).collect::<Result<_, CertificateError>>()?,
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(list.signed_by(ca)?.der().to_vec())
}
