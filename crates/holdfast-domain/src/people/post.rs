//! When a mail is tried again, when it is given up, and who hears of that. A mail server that answered 250 has it.

use holdfast_core::id::AlertId;
use holdfast_core::time::{Millis, Timestamp};

use crate::decision::{Change, Decision};
use crate::integrity::{Alert, Severity, alert_kind, open_alert};

/// A mail that nobody has taken for so long is given up: 3 days.
pub const GIVEN_UP_AFTER: Millis = Millis::from_secs(3 * 24 * 3_600);
/// A mail that was refused for good so often is given up: a second look may find the mail server's settings mended.
pub const REFUSALS_MAX: u32 = 3;
/// Mail that waits no more is remembered for 30 days.
pub const KEPT: Millis = Millis::from_secs(30 * 24 * 3_600);
/// How long notices wait on the pages, read or not: 400 days.
pub const NOTICES_KEPT: Millis = Millis::from_secs(400 * 86_400);
/// Waits between the first tries, in minutes; after them [`LAST_WAIT`] (RFC 5321 §4.5.4.1 asks for growing waits).
const WAITS_MIN: [u64; 6] = [1, 5, 15, 60, 120, 240];
/// Longest wait between two tries: 6 hours.
const LAST_WAIT: Millis = Millis::from_secs(6 * 3_600);

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// The mail server has it.
    Sent,
    /// Not now: unreachable, busy, or not to be trusted.
    PutOff,
    /// Refused for good (RFC 5321 §4.2.1, 5yz).
    Refused,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// Nothing; it is done.
    Done,
    /// Another try at this time.
    Again(Timestamp),
    /// It is given up.
    GivenUp,
}

/// Decides what follows the `tries`-th try of a mail that was queued at `queued`.
#[must_use]
pub fn follow(came: Came, tries: u32, queued: Timestamp, now: Timestamp) -> Follows {
    match came {
        Came::Sent => Follows::Done,
        Came::Refused if tries >= REFUSALS_MAX => Follows::GivenUp,
        Came::PutOff | Came::Refused => {
            let place = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
            let wait = WAITS_MIN.get(place).map_or(LAST_WAIT, |minutes| Millis::from_secs(minutes * 60));
            let next = now.plus(wait);
            if next.since(queued) > GIVEN_UP_AFTER { Follows::GivenUp } else { Follows::Again(next) }
        }
    }
}

/// Decides that somebody should look at the mail, unless somebody is told already: `alerts` are the open ones.
#[must_use]
pub fn given_up(alerts: &[Alert], alert: AlertId, now: Timestamp) -> Option<Decision> {
    if open_alert(alerts, alert_kind::MAIL_GIVEN_UP).is_some() {
        return None;
    }
    let text = "Mail to people could not be delivered and was given up; what it said waits on their pages. Check [mail] in \
                the configuration file; the server's log has a word for each try.";
    Some(Decision::quiet(vec![Change::OpenAlert(Alert {
        id: alert,
        device: None,
        kind: alert_kind::MAIL_GIVEN_UP.to_owned(),
        severity: Severity::Warning,
        text: text.to_owned(),
        opened: now,
        closed: None,
    })]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, alert_id, later};

    #[test]
    fn waits_grow_and_end_after_three_days() {
        let (mut now, mut tries, mut waits) = (NOW, 0, Vec::new());
        loop {
            tries += 1;
            match follow(Came::PutOff, tries, NOW, now) {
                Follows::Again(next) => {
                    waits.push(next.since(now));
                    now = next;
                }
                Follows::GivenUp => break,
                Follows::Done => panic!("nobody took it"),
            }
        }
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
        assert!(waits.len() > 12 && now.since(NOW) <= GIVEN_UP_AFTER, "{} tries", waits.len());
        assert!(now.plus(LAST_WAIT).since(NOW) > GIVEN_UP_AFTER);
    }

    #[test]
    fn what_is_refused_for_good_is_given_up_soon_and_what_was_taken_is_done() {
        assert!(matches!(follow(Came::Refused, 1, NOW, NOW), Follows::Again(_)));
        assert_eq!(follow(Came::Refused, REFUSALS_MAX, NOW, later(60)), Follows::GivenUp);
        assert_eq!(follow(Came::Sent, 40, NOW, NOW.plus(GIVEN_UP_AFTER).plus(GIVEN_UP_AFTER)), Follows::Done);
    }

    #[test]
    fn many_mails_given_up_are_one_alert() {
        let decision = given_up(&[], alert_id(), NOW).unwrap();
        let Some(Change::OpenAlert(alert)) = decision.changes.first() else { panic!("no alert") };
        assert!(!alert.text.contains('@'));
        assert_eq!(given_up(std::slice::from_ref(alert), alert_id(), NOW), None);
    }
}
