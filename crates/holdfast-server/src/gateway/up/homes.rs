//! What devices say of homes: answers to the platform's own orders, and who is paired on their local network.

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::Decision;
use holdfast_domain::fleet::Command;
use holdfast_domain::fleet::command::Answer;
use holdfast_domain::homes::claim::{self, Answered};
use holdfast_domain::homes::{CLAIM_CONFIRM, Digits, OWNER_RESET, PairedController, pairing, release};
use holdfast_store::{Store, StoreError};

use super::super::payload::DeviceEvent;
use super::super::pending::Refused;

/// Kinds of events that say something of a home.
const CONTROLLER: &str = "local-controller";
const PAIRING_WAITS: &str = "local-pairing-waits";
const RESET: &str = "factory-reset";
/// Most characters of what a controller calls itself.
const NAME_CHARS_MAX: usize = 40;

/// What follows from the answer to an order beyond its end, which is `ended`.
pub(super) fn answered(
    store: &Store,
    command: &Command,
    answer: &Answer,
    ended: Decision,
    now: Timestamp,
) -> Result<Result<Decision, Refused>, StoreError> {
    match command.action.as_str() {
        CLAIM_CONFIRM => {
            let Some(claim) = store.claim_by_command(command.id)? else { return Ok(Ok(ended)) };
            let owner = store.ownership(&command.device)?;
            let product = title(store, &command.device)?;
            let facts = Answered { claim: &claim, owner: owner.as_ref(), product: &product };
            Ok(Ok(claim::answered(&facts, answer, ended, now)))
        }
        OWNER_RESET if matches!(answer, Answer::Done(_)) => {
            let waits = store.home_release(&command.device)?;
            let held = store.certificates(&command.device)?;
            let wiped = release::wiped(waits.as_ref(), command.id, &held, ended, now);
            Ok(wiped.map_err(|why| Refused::does_not_fit(why.name())))
        }
        _ => Ok(Ok(ended)),
    }
}

/// What an event of a device changes at its home.
pub(super) fn event(
    store: &Store,
    device: &DeviceId,
    event: &DeviceEvent,
    now: Timestamp,
) -> Result<Decision, StoreError> {
    match event.kind.as_str() {
        CONTROLLER => {
            let known = store.controllers(device)?;
            let Some(told) = controller_told(&known, &event.text.0) else { return Ok(Decision::default()) };
            Ok(pairing::reported(device, &known, told))
        }
        RESET => Ok(pairing::reported(device, &store.controllers(device)?, Vec::new())),
        PAIRING_WAITS => {
            let owner = store.ownership(device)?;
            let Some(owner) = owner else { return Ok(Decision::default()) };
            let told = store.notices(owner.person, None, pairing::NEWEST_LOOKED_AT)?;
            let digits = Digits::parse(&event.text.0);
            let product = title(store, device)?;
            Ok(pairing::waits(&owner, &told, &product, digits.as_ref().map(Digits::as_str), now))
        }
        _ => Ok(Decision::default()),
    }
}

/// The list after what the device says: `+ ID LETTERS MICROSECONDS NAME` or `- ID`; `None` for anything else.
pub(crate) fn controller_told(known: &[PairedController], text: &str) -> Option<Vec<PairedController>> {
    let (sign, rest) = text.split_once(' ')?;
    let (id, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_thumbprint = id.len() == 64 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !is_thumbprint {
        return None;
    }
    let mut list: Vec<PairedController> = known.iter().filter(|one| one.id != id).cloned().collect();
    if sign == "-" && rest.is_empty() {
        return Some(list);
    }
    let (letters, rest) = rest.split_once(' ').filter(|_| sign == "+")?;
    let (paired, name) = rest.split_once(' ')?;
    let words: Option<Vec<&str>> = letters.chars().map(word).collect();
    let words = words.filter(|words| !words.is_empty() && words.len() <= 3)?;
    if list.len() >= pairing::CONTROLLERS_MAX {
        return None;
    }
    list.push(PairedController {
        id: id.to_owned(),
        name: name.chars().take(NAME_CHARS_MAX).collect(),
        permissions: words.join(" "),
        paired: Timestamp::from_micros(paired.parse().ok()?),
    });
    list.sort_by(|a, b| (a.paired, &a.id).cmp(&(b.paired, &b.id)));
    Some(list)
}

const fn word(letter: char) -> Option<&'static str> {
    match letter {
        'r' => Some("read"),
        'c' => Some("control"),
        'm' => Some("manage"),
        _ => None,
    }
}

/// What people call the device's product.
fn title(store: &Store, device: &DeviceId) -> Result<String, StoreError> {
    let Some(device) = store.device(device)? else { return Ok(String::new()) };
    Ok(store.product(&device.product)?.map_or_else(|| device.product.to_string(), |product| product.title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_controllers_follows_what_the_device_says_and_nothing_else() {
        let id = "ab".repeat(32);
        let one = controller_told(&[], &format!("+ {id} rc 17 Anna's phone")).unwrap();
        assert_eq!((one[0].permissions.as_str(), one[0].name.as_str()), ("read control", "Anna's phone"));
        assert_eq!(controller_told(&one, &format!("+ {id} rcm 18 New name")).unwrap().len(), 1);
        assert_eq!(controller_told(&one, &format!("- {id}")), Some(Vec::new()));
        for bad in ["", "+", "- abc", &format!("* {id}"), &format!("+ {id} x 1 a"), &format!("+ {id} r x a")] {
            assert_eq!(controller_told(&one, bad), None, "{bad}");
        }
    }
}
