//! Sends the mail that waits. A mail whose sending was not written down because the server was killed goes out once more,
//! with the same `Message-ID`.

use holdfast_core::id::AlertId;
use holdfast_core::time::Timestamp;
use holdfast_domain::people::freeze::{LINK_LIFE, can_object};
use holdfast_domain::people::notice::Notice;
use holdfast_domain::people::post::{self as rules, Came, Follows, GIVEN_UP_AFTER, KEPT, NOTICES_KEPT};
use holdfast_store::integrity::AlertFilter;
use holdfast_store::notices::{Mail, MailState, Tried};
use holdfast_store::{CommitError, StoreError};
use holdfast_web::backend::LiveEvent;
use holdfast_web::lang::Lang;
use holdfast_web::notice;
use holdfast_web::secret::Secret;

use crate::app::{House, chain};
use crate::clock;
use crate::post::Letter;

/// Mails of one step.
const MAILS_AT_ONCE: u32 = 16;
/// Open alerts that are looked through.
const ALERTS_MAX: u32 = 500;

/// One look: what is due goes out, what is old is forgotten.
pub(super) fn step(house: &House) {
    let now = clock::now();
    if house.post.forgets(now)
        && let Err(why) = house.store.mail_forget(back(now, KEPT.0))
    {
        tracing::error!(why = %chain(&why), "old mail cannot be forgotten");
    }
    if let Err(why) = house.store.forget_notices(now, back(now, NOTICES_KEPT.0)) {
        tracing::error!(why = %chain(&why), "old notices cannot be forgotten");
    }
    let due = match house.store.mail_due(now, MAILS_AT_ONCE) {
        Ok(due) => due,
        Err(why) => return tracing::error!(why = %chain(&why), "the mail's queue cannot be read"),
    };
    for mail in due {
        match send(house, &mail) {
            Ok(Came::PutOff) => return,
            Ok(Came::Sent | Came::Refused) => {}
            Err(why) => return tracing::error!(mail.id, why = %chain(&why), "a mail's state cannot be written"),
        }
    }
}

fn send(house: &House, mail: &Mail) -> Result<Came, CommitError> {
    let now = clock::now();
    let put = |state, next, tries, answer| {
        house.store.mail_tried(&Tried { id: mail.id, state, next, tries, answer: Some(answer) })
    };
    if !house.post.sends() {
        // It was switched off: what nobody has sent in time is not sent much later, and nobody needs to be told.
        let late = now.since(mail.queued) > GIVEN_UP_AFTER;
        let state = if late { MailState::Dropped } else { MailState::Waiting };
        put(state, now.plus(GIVEN_UP_AFTER), mail.tries, "not-configured")?;
        return Ok(Came::Refused);
    }
    let Some(letter) = letter(house, mail, now)? else {
        put(MailState::Dropped, now, mail.tries, "no-longer-wanted")?;
        return Ok(Came::Sent);
    };
    let tries = mail.tries.saturating_add(1);
    let (came, word) = house.post.hand_over(&letter);
    match rules::follow(came, tries, mail.queued, clock::now()) {
        Follows::Done => {
            put(MailState::Sent, now, tries, word)?;
            tracing::info!(mail.id, mail.tries = tries, "mail sent");
        }
        Follows::Again(next) => {
            put(MailState::Waiting, next, tries, word)?;
            tracing::warn!(mail.id, mail.tries = tries, mail.answer = word, "mail put off");
        }
        Follows::GivenUp => {
            put(MailState::GivenUp, now, tries, word)?;
            tracing::error!(mail.id, mail.tries = tries, mail.answer = word, "mail given up");
            tell(house);
        }
    }
    Ok(came)
}

/// What goes out; `None` if it has become pointless.
fn letter(house: &House, mail: &Mail, now: Timestamp) -> Result<Option<Letter>, StoreError> {
    let l = Lang::from_tag(&mail.language).unwrap_or_default();
    let said = if let Some(id) = mail.notice {
        let Some((told, person)) = house.store.notice(id)?.zip(house.store.person(mail.person)?) else {
            return Ok(None);
        };
        let secret = objection(house, &told, now)?;
        notice::mail(l, &told, person.role.is_staff(), &house.address, secret.as_ref().map(Secret::text).as_deref())
    } else {
        let wish = house.store.contact(mail.person)?.and_then(|contact| contact.wish);
        if wish.is_none_or(|wish| wish.address != mail.address || wish.expires <= now) {
            return Ok(None);
        }
        // Each try has a secret of its own, so that none has to be kept until it can be sent.
        let secret = Secret::from_random(clock::random());
        match house.store.set_contact_link(mail.person, &mail.address, secret.hash()) {
            Ok(true) => notice::confirmation(l, &house.address, &secret.text()),
            Ok(false) | Err(CommitError::Conflict(_)) => return Ok(None),
            Err(CommitError::Fault(why)) => return Err(why),
        }
    };
    let (subject, body) = said;
    let (to, language) = (mail.address.clone(), l.tag().to_owned());
    Ok(Some(Letter { id: mail.id, queued: mail.queued, to, language, subject, body }))
}

/// The secret of the link by which the reader says that it was not them; each try has its own, so that none is kept.
fn objection(house: &House, told: &Notice, now: Timestamp) -> Result<Option<Secret>, StoreError> {
    if !can_object(told.kind) {
        return Ok(None);
    }
    let secret = Secret::from_random(clock::random());
    match house.store.add_objection(secret.hash(), told.id, now.plus(LINK_LIFE)) {
        Ok(()) => Ok(Some(secret)),
        Err(CommitError::Conflict(_)) => Ok(None),
        Err(CommitError::Fault(why)) => Err(why),
    }
}

fn tell(house: &House) {
    let filter = AlertFilter { open_only: true, device: None };
    let (now, alert) = (clock::now(), AlertId::new(clock::now(), clock::random()));
    let alerts = match house.store.alerts(&filter, None, ALERTS_MAX) {
        Ok(alerts) => alerts,
        Err(why) => return tracing::error!(why = %chain(&why), "alerts cannot be read"),
    };
    let Some(decision) = rules::given_up(&alerts, alert, now) else { return };
    match house.decide(decision) {
        Ok(_) => house.tell(LiveEvent::Alert(alert)),
        Err(why) => tracing::error!(why = %why, "the alert about mail that was given up could not be kept"),
    }
}

fn back(now: Timestamp, millis: u64) -> Timestamp {
    let micros = i64::try_from(millis).unwrap_or(i64::MAX).saturating_mul(1_000);
    Timestamp::from_micros(now.as_micros().saturating_sub(micros))
}
