//! The rules for ways in, as anybody may read them: each with its value and the clause that it implements.
//!
//! The values are those of the code that enforces them; nothing is written twice.
//! Sources: NIST SP 800-63B-4 (2025), NCSC "Password administration for system owners".

use holdfast_core::time::Millis;

use super::Role;
use super::password::{ALONE_CHARS_MIN, ARGON2_MEMORY_KIB, ARGON2_PASSES, BYTES_MAX, CHARS_MIN};
use super::session::{FRESH, OWNER_IDLE, OWNER_LIFE, STAFF_IDLE, STAFF_LIFE};
use super::standing::FAILURES_MAX;
use super::throttle::{DELAY_MAX, FREE, STRANGERS_PER_MINUTE};
use super::{freeze, recovery, spray};

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its stable name.
    pub name: &'static str,
    /// What it says, in words.
    pub text: &'static str,
    /// Its figure, where it has one.
    pub value: Option<u64>,
    /// Unit of the figure.
    pub unit: &'static str,
    /// The clause that it implements.
    pub source: &'static str,
}

const fn rule(name: &'static str, text: &'static str, source: &'static str) -> Rule {
    Rule { name, text, value: None, unit: "", source }
}

const fn figure(
    (name, text): (&'static str, &'static str),
    value: u64,
    unit: &'static str,
    source: &'static str,
) -> Rule {
    Rule { name, text, value: Some(value), unit, source }
}

/// Every rule.
#[must_use]
pub fn rules() -> Vec<Rule> {
    [in_words(), of_passwords(), of_guessing(), of_time()].concat()
}

fn in_words() -> Vec<Rule> {
    const PASSWORDS: &str = "SP 800-63B-4 §3.1.1.2; NCSC";
    vec![
        rule("passkeys-first", "Passkeys are offered first; they verify their user.", "SP 800-63B-4 §3.1.6, §3.2.3"),
        rule(
            "no-default",
            "No account and no device has a password before somebody sets one.",
            "ETSI EN 303 645 5.1-1",
        ),
        rule("no-composition", "No rule asks for kinds of characters.", PASSWORDS),
        rule("no-expiry", "No password expires by time; a suspicion ends it.", PASSWORDS),
        rule("no-questions", "Nothing is recovered by questions or hints.", PASSWORDS),
        rule("paste", "Passwords may be pasted and filled in by managers.", PASSWORDS),
        rule(
            "refused",
            "Common, leaked and guessable passwords and names of products and people are refused.",
            PASSWORDS,
        ),
        rule("staff-two-factors", "The staff come in with two factors always.", "SP 800-63B-4 §2.2"),
    ]
}

fn of_passwords() -> Vec<Rule> {
    const SOURCE: &str = "SP 800-63B-4 §3.1.1.2";
    let alone = ("password-alone", "A password that opens an account alone has at least so many characters.");
    let beside = ("password-with-code", "A password beside a second factor has at least so many characters.");
    let longest = ("password-longest", "So long a password is taken whole; any character counts, also spaces.");
    let memory = ("argon2-memory", "Passwords are hashed with Argon2id, salt and pepper; memory of one hash.");
    vec![
        figure(alone, count(ALONE_CHARS_MIN), "characters", SOURCE),
        figure(beside, count(CHARS_MIN), "characters", SOURCE),
        figure(longest, count(BYTES_MAX), "bytes", SOURCE),
        figure(memory, u64::from(ARGON2_MEMORY_KIB), "KiB", "SP 800-63B-4 §3.1.1.2; RFC 9106"),
        figure(("argon2-passes", "Passes of one hash."), u64::from(ARGON2_PASSES), "passes", "RFC 9106"),
    ]
}

fn of_guessing() -> Vec<Rule> {
    const SOURCE: &str = "SP 800-63B-4 §3.2.2";
    let lock = ("staff-lock", "Failures after which a staff account's password locks until an administrator acts.");
    let sprayed = ("spray", "One password at so many accounts within an hour opens none from an unknown browser.");
    let strangers = ("strangers", "Tries of all unknown browsers together.");
    vec![
        figure(("free-tries", "Tries that may fail without a wait."), u64::from(FREE), "tries", SOURCE),
        figure(("longest-wait", "The longest wait after failures."), seconds(DELAY_MAX), "s", SOURCE),
        figure(strangers, u64::from(STRANGERS_PER_MINUTE), "per minute", SOURCE),
        figure(lock, u64::from(FAILURES_MAX), "tries", SOURCE),
        figure(sprayed, count(spray::ACCOUNTS), "accounts", SOURCE),
    ]
}

fn of_time() -> Vec<Rule> {
    let wait = ("recovery-wait", "Time after a recovery code until the new way in counts; the person is told at once.");
    let not_me = ("not-me", "A notice of a change brings a link that stops it, for so long.");
    vec![
        figure(("fresh", "Age of the proof that dangerous acts need."), seconds(FRESH), "s", "SP 800-63B-4 §2.2.3"),
        figure(wait, seconds(recovery::DELAY), "s", "SP 800-63B-4 §4.2"),
        figure(not_me, seconds(freeze::LINK_LIFE), "s", "SP 800-63B-4 §4.6"),
    ]
}

const fn seconds(millis: Millis) -> u64 {
    millis.0 / 1_000
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// What a role must show, and how long that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assurance {
    /// Whose.
    pub role: Role,
    /// Authentication assurance level (SP 800-63B-4 §2): 1 or 2.
    pub level: u8,
    /// A session ends after so many seconds without a request.
    pub idle_s: u64,
    /// A session ends after so many seconds, however busy.
    pub life_s: u64,
}

/// The assurance of each role. The staff come in with two factors always: a passkey that verifies its user, a password with
/// a code, or their organisation's provider.
#[must_use]
pub fn assurances() -> Vec<Assurance> {
    let of = |role: Role| {
        let (level, idle, life) =
            if role.is_staff() { (2, STAFF_IDLE, STAFF_LIFE) } else { (1, OWNER_IDLE, OWNER_LIFE) };
        Assurance { role, level, idle_s: idle.0 / 1_000, life_s: life.0 / 1_000 }
    };
    Role::ALL.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_a_text_and_the_clause_that_it_implements() {
        let rules = rules();
        let mut names: Vec<&str> = rules.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), rules.len());
        assert!(rules.iter().all(|rule| !rule.text.is_empty() && !rule.source.is_empty()));
        assert!(rules.iter().all(|rule| rule.value.is_some() != rule.unit.is_empty()), "a figure has a unit");
    }

    #[test]
    fn sessions_of_the_staff_fit_the_second_level_and_owners_the_first() {
        for one in assurances() {
            // SP 800-63B-4 §2.2.3: 24 hours and one hour without activity; §2.1.3: 30 days.
            let fits = one.level == 1 || (one.life_s <= 24 * 3_600 && one.idle_s <= 3_600);
            assert!(fits && (one.level == 2) == one.role.is_staff(), "{one:?}");
        }
    }
}
