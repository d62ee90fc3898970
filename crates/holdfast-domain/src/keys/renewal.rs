//! Who may come back without a person: a device that slept past its certificate's end, or lost its operational key.
//!
//! The maker chooses how far that goes; `fleet::enrolment` applies it.

use holdfast_core::time::{Millis, Timestamp};

use crate::fleet::DeviceCertificate;
use crate::telemetry::KeyProtection;

/// How long a device may have been away by default: two years after its certificate's end.
pub const AFTER_EXPIRY_DEFAULT: Millis = Millis::from_secs(730 * 86_400);

/// Whether a device whose operational certificate has expired may enrol again with its factory identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterExpiry {
    /// If the certificate has not been expired for longer.
    Within(Millis),
    /// However long ago.
    Always,
    /// Never: a person allows it.
    Never,
}

impl AfterExpiry {
    /// Whether a certificate that ended then may be followed by a new one now.
    #[must_use]
    pub fn allows(self, ended: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Within(span) => now.since(ended) <= span,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Whether a device that lost its operational key while the certificate is still good may get another one.
///
/// Its factory identity vouches for it. Where the factory key lies in hardware nobody else can have it; where it is a file
/// it may have been copied, so that waiting for the device to be away would be enough for a thief.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostKey {
    /// Never: a person allows it.
    Never,
    /// Only devices whose factory key lies in hardware, as soon as they are offline.
    Hardware,
    /// Those, and every other device that nobody has heard of for so long.
    After(Millis),
}

impl LostKey {
    /// Whether a device may get another key. `heard` is its last sign of life, `online` whether its lease still runs.
    #[must_use]
    pub fn allows(self, protection: KeyProtection, heard: Option<Timestamp>, online: bool, now: Timestamp) -> bool {
        if online {
            return false;
        }
        match self {
            Self::Never => false,
            Self::Hardware => protection == KeyProtection::Hardware,
            Self::After(span) => {
                protection == KeyProtection::Hardware || heard.is_none_or(|heard| now.since(heard) >= span)
            }
        }
    }
}

/// What the maker has decided about devices that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnPolicy {
    /// After their certificate's end.
    pub after_expiry: AfterExpiry,
    /// Without their operational key.
    pub lost_key: LostKey,
}

impl Default for ReturnPolicy {
    fn default() -> Self {
        Self { after_expiry: AfterExpiry::Within(AFTER_EXPIRY_DEFAULT), lost_key: LostKey::Hardware }
    }
}

/// Why a device gets a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// A batch lists it, or a person allowed it; or it asks again for the key it asked for before.
    Listed,
    /// Its certificate has expired and the policy lets it come back.
    AfterExpiry,
    /// Its operational key is lost and the policy lets it have another.
    LostKey,
}

impl Ground {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::AfterExpiry => "after-expiry",
            Self::LostKey => "lost-key",
        }
    }
}

/// Whether this certificate still keeps other keys away.
#[must_use]
pub fn is_live(held: &DeviceCertificate, now: Timestamp) -> bool {
    held.state == crate::fleet::CertificateState::Proven && held.not_after > now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later};

    const DAY: u64 = 86_400;

    #[test]
    fn a_device_that_slept_comes_back_within_the_span_and_not_a_moment_later() {
        let within = AfterExpiry::Within(Millis::from_secs(120 * DAY));
        assert!(within.allows(NOW, later(120 * DAY)));
        assert!(!within.allows(NOW, later(120 * DAY + 1)));
        assert!(AfterExpiry::Always.allows(NOW, later(40_000 * DAY)));
        assert!(!AfterExpiry::Never.allows(NOW, later(1)));
    }

    #[test]
    fn a_lost_key_is_replaced_for_hardware_or_after_long_silence_and_never_while_the_device_is_online() {
        let (file, hardware) = (KeyProtection::File, KeyProtection::Hardware);
        let day = LostKey::After(Millis::from_secs(DAY));
        for (policy, protection, silent, online, allowed) in [
            (LostKey::Hardware, hardware, 1, false, true),
            (LostKey::Hardware, hardware, 1, true, false),
            (LostKey::Hardware, file, 999 * DAY, false, false),
            (day, file, DAY - 1, false, false),
            (day, file, DAY, false, true),
            (day, file, DAY, true, false),
            (day, hardware, 1, false, true),
            (LostKey::Never, hardware, 999 * DAY, false, false),
        ] {
            let got = policy.allows(protection, Some(NOW), online, later(silent));
            assert_eq!(got, allowed, "{policy:?} {protection:?} silent {silent} online {online}");
        }
    }
}
