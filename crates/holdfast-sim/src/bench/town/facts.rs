//! Single facts of a made-up fleet, each told apart by its number.

use holdfast_core::id::{AlertId, BatchId, DeviceId, FindingId, ReleaseId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::{Device, Enrolment, KeyThumbprint, Quarantine, Software};
use holdfast_domain::integrity::Severity;
use holdfast_domain::integrity::finding::{Evidence, Finding, FindingKind, FindingState, Subject};
use holdfast_domain::updates::{Phase, Release, ReleaseKind};
use holdfast_store::fleet::Touch;

use super::{Fault, VERSIONS, device_id, product, seeded};
use crate::fuzz::maker;

/// Bytes that no other number and filling have.
pub(in crate::bench) fn key(n: u32, filling: u8) -> [u8; 32] {
    let mut key = [filling; 32];
    for (slot, byte) in key.iter_mut().zip(n.to_be_bytes()) {
        *slot = byte;
    }
    key
}

pub(super) fn device(n: u32, batch: BatchId, now: Timestamp) -> Result<Device, Fault> {
    let seen = n % 10 != 9;
    let sequence = u64::from(n) % VERSIONS + 1;
    let software = seen.then(|| Software {
        version: format!("1.{sequence}.0"),
        sequence,
        image_digest: [u8::try_from(sequence).unwrap_or(0); 32],
        slot: 'a',
        at: now,
    });
    Ok(Device {
        id: device_id(n)?,
        product: product()?,
        batch,
        factory_key: KeyThumbprint(key(n, 0xab)),
        enrolment: if seen { Enrolment::Accepted } else { Enrolment::Preauthorised },
        quarantine: n.is_multiple_of(500).then(|| Quarantine { since: now, reason: "slot-digest-unknown".to_owned() }),
        software,
        created: now,
        last_seen: None,
        online_until: None,
    })
}

/// A phase of these devices that has started.
pub(in crate::bench) fn phase(devices: &[DeviceId], now: Timestamp) -> Phase {
    Phase { devices: devices.to_vec(), success_percent: 90, share_percent: None, started: Some(now) }
}

pub(super) fn finding(n: u32, device: DeviceId, alert: AlertId, at: Timestamp) -> Finding {
    Finding {
        id: seeded(FindingId::new, n),
        subject: Subject::Device(device),
        kind: FindingKind::DeviceSilent,
        severity: Severity::Warning,
        began: at,
        opened: at,
        last: at,
        times: 1,
        state: FindingState::Open,
        state_by: None,
        state_at: at,
        alert,
        evidence: Evidence {
            field: None,
            observed: 90.0,
            expected: 4.0,
            spread: 1.0,
            window_ms: 60_000,
            series: vec![0.1, 0.2, 9.0],
            devices: 1,
            scaled: false,
        },
        contained: None,
    }
}

/// Most are online for days to come; some have not been heard of for a month or two.
pub(super) fn touch(n: u32, now: Timestamp) -> Result<Touch, Fault> {
    const DAY: i64 = 86_400_000_000;
    let device = device_id(n)?;
    let (seen, until) = match n % 20 {
        3 => (-40 * DAY, -40 * DAY),
        7 => (-2 * DAY, -2 * DAY),
        _ => (0, 3_650 * DAY),
    };
    let at = |offset: i64| Timestamp::from_micros(now.as_micros() + offset);
    Ok(Touch { device, last_seen: at(seen), online_until: at(until) })
}

pub(super) fn release(n: u64) -> Result<Release, Fault> {
    let byte = u8::try_from(n).unwrap_or(0);
    Ok(Release {
        id: seeded(ReleaseId::new, u32::from(byte)),
        product: product()?,
        version: format!("1.{n}.0"),
        sequence: n,
        kind: ReleaseKind::Feature,
        security_floor: 0,
        description: "Made by the bench".to_owned(),
        manifest_digest: [byte; 32],
        artifact_digest: [0xa0 | byte; 32],
        artifact_bytes: 4_000_000,
        signers: 2,
        envelope: maker::release_envelope(),
        published: Timestamp::from_micros(1_790_000_000_000_000),
        withdrawn: false,
    })
}
