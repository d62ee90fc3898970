//! What devices do and what is done to them: identity, channels, updates, integrity, telemetry, custody.

use holdfast_core::time::Millis;

use super::{Facts, Proof, met, not_met};

/// How fast a device has to be contained once a standing rule says so.
const CONTAINED_WITHIN: Millis = Millis::from_secs(60);
/// Signers from whom on nobody acts alone.
const DUAL_CONTROL: u64 = 2;

/// Guideline 1: there is no password on a device at all; each has its own key.
pub(super) fn no_device_password(f: &Facts) -> Option<Proof> {
    if f.devices_enrolled == 0 {
        return None;
    }
    if f.factory_keys != f.devices {
        return Some(not_met(format!("{} devices share {} factory keys", f.devices, f.factory_keys)));
    }
    Some(met(format!(
        "no device has a password: {} devices with {} distinct factory keys, {} enrolled with a certificate of their own",
        f.devices, f.factory_keys, f.devices_enrolled
    )))
}

/// Guideline 5; Mozilla standard 1.
pub(super) fn every_listener_is_tls13(f: &Facts) -> Option<Proof> {
    if f.listeners == 0 || f.listeners_seen < f.listeners {
        return None;
    }
    let text = format!(
        "{} of {} listeners negotiated TLS 1.3 only, in {} handshakes since the server started",
        f.listeners_tls13, f.listeners, f.handshakes
    );
    Some(if f.listeners == f.listeners_tls13 { met(text) } else { not_met(text) })
}

/// Guideline 3: patches come over a secure channel.
pub(super) fn updates_over_mutual_tls(f: &Facts) -> Option<Proof> {
    if f.executions_succeeded == 0 || f.listeners_seen == 0 || f.listeners_seen != f.listeners_tls13 {
        return None;
    }
    Some(met(format!("{} devices fetched and installed a release over mutual TLS 1.3", f.executions_succeeded)))
}

/// RFC 9124 `REQ.SEC.AUTHENTIC`, `REQ.SEC.AUTH.EXEC`.
pub(super) fn releases_by_threshold(f: &Facts) -> Option<Proof> {
    if f.executions_succeeded == 0 {
        return None;
    }
    if f.releases_under_threshold > 0 {
        return Some(not_met(format!("{} releases have too few signers", f.releases_under_threshold)));
    }
    Some(met(format!(
        "{} releases, each with the threshold of signers; {} devices verified signature and image digest before they installed",
        f.releases, f.executions_succeeded
    )))
}

/// RFC 9019 §6; RFC 9124 `REQ.SEC.KEY.PROTECTION`.
pub(super) fn no_signing_key_on_the_server(f: &Facts) -> Option<Proof> {
    if f.releases == 0 {
        return None;
    }
    if f.release_keys_on_server > 0 {
        return Some(not_met(format!("this server holds {} release-signing keys", f.release_keys_on_server)));
    }
    Some(met(format!("none of the keys that signed {} releases is on this server", f.releases)))
}

/// Guideline 7: an unauthorised change is told to the administrator.
pub(super) fn tampering_alerts(f: &Facts) -> Option<Proof> {
    if f.contradictions == 0 || f.integrity_alerts == 0 {
        return None;
    }
    Some(met(format!("{} contradictions raised {} alerts to the administrator", f.contradictions, f.integrity_alerts)))
}

/// Guideline 7: recovery rests on a known good version, kept on the device.
pub(super) fn recovery_from_known_good(f: &Facts) -> Option<Proof> {
    if f.recoveries == 0 || f.executions_rolled_back == 0 {
        return None;
    }
    Some(met(format!(
        "{} devices went back to their kept version by themselves, {} contradicted devices are out of quarantine again",
        f.executions_rolled_back, f.recoveries
    )))
}

/// Guideline 5. Proven by what became of revoked, renewed and ending keys, by fresh revocation lists, sealed key files
/// and thresholds of signers. How holders keep their offline keys is not counted.
pub(super) fn keys_are_kept_renewed_and_revoked(f: &Facts) -> Option<Proof> {
    if f.keys_overdue > 0 {
        return Some(not_met(format!("{} keys are past the end of their time", f.keys_overdue)));
    }
    if f.revoked_seen_late > 0 {
        return Some(not_met(format!(
            "{} revoked devices were connected later than a minute after it",
            f.revoked_seen_late
        )));
    }
    let revoked = f.devices_revoked > 0 && f.revoked_refused > 0 && f.cas > 0 && f.cas_with_fresh_crl == f.cas;
    let renewed = f.certificates_renewed > 0 && f.certificates_ended == 0;
    let shared = f.root_threshold.min(f.release_threshold) >= DUAL_CONTROL;
    if !(revoked && renewed && shared && f.server_keys_sealed) {
        return None;
    }
    Some(met(format!(
        "no key is past its end; {} certificates were renewed in time; {} revoked devices were gone within a minute and \
         refused {} times; {} revocation lists are fresh; the server's key files are sealed; {} root and {} release keys \
         sign together",
        f.certificates_renewed,
        f.devices_revoked,
        f.revoked_refused,
        f.cas_with_fresh_crl,
        f.root_threshold,
        f.release_threshold
    )))
}

/// Guideline 10. Proven by quarantines that a standing rule ordered, and how long each took. Whether everything unusual is
/// found at all is not counted.
pub(super) fn isolated_by_rule_in_time(f: &Facts) -> Option<Proof> {
    if f.containment_ms_max > CONTAINED_WITHIN.0 {
        return Some(not_met(format!(
            "the slowest isolation by a rule took {}, more than {}",
            seconds(f.containment_ms_max),
            seconds(CONTAINED_WITHIN.0)
        )));
    }
    if f.isolated_by_rule == 0 || f.isolation_pending > 0 {
        return None;
    }
    Some(met(format!(
        "{} findings were isolated by a standing rule, the slowest {} after its discovery (at most {}) and found {} after \
         its begin",
        f.isolated_by_rule,
        seconds(f.containment_ms_max),
        seconds(CONTAINED_WITHIN.0),
        seconds(f.detection_ms_max)
    )))
}

/// NIST SP 800-183, testing. Proven by signatures in every series and by one of each: a wrong signature refused, a gap
/// listed, a repeat not stored twice. A message cut off together with all that came after it is not seen as a gap.
pub(super) fn changed_lost_and_repeated_messages_are_named(f: &Facts) -> Option<Proof> {
    if f.series == 0 || f.series_unsigned > 0 {
        return None;
    }
    if f.signatures_wrong == 0 || f.gaps == 0 || f.telemetry_repeated == 0 {
        return None;
    }
    Some(met(format!(
        "all {} series are signed by their devices; {} changed messages were refused, {} gaps are listed, {} repeats were \
         not stored twice",
        f.series, f.signatures_wrong, f.gaps, f.telemetry_repeated
    )))
}

/// NIST SP 800-183, security. Proven by readings that were passed on with their author's signature, and by an aggregator
/// that was reported because it had none. Whether an aggregator leaves readings out is a matter of gaps.
pub(super) fn aggregators_do_not_author(f: &Facts) -> Option<Proof> {
    if f.forwards_proven == 0 || f.forgery_alerts == 0 {
        return None;
    }
    Some(met(format!(
        "{} batches came through an aggregator with their author's signature; {} times an aggregator passed on what its \
         author did not sign, was refused and reported",
        f.forwards_proven, f.forgery_alerts
    )))
}

/// NIST SP 800-183, security. Proven by bound tags, one that was seen at two places and reported, and no device ever
/// connected without a certificate. Copies that never pass a reader are not seen.
pub(super) fn tags_are_names_only(f: &Facts) -> Option<Proof> {
    if f.seen_without_certificate > 0 {
        return Some(not_met(format!(
            "{} devices were connected without ever having had a certificate",
            f.seen_without_certificate
        )));
    }
    if f.tags == 0 || f.tag_clone_alerts == 0 || f.certificates_proven == 0 {
        return None;
    }
    Some(met(format!(
        "{} tags are bound to units; {} were seen at two places at once and reported; every connected device had a \
         certificate, none came in by its tag",
        f.tags, f.tag_clone_alerts
    )))
}

/// Milliseconds as seconds, rounded up to tenths.
fn seconds(ms: u64) -> String {
    let tenths = ms.div_ceil(100);
    format!("{}.{} s", tenths / 10, tenths % 10)
}
