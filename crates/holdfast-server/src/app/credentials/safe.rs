//! "That was not me": whoever holds the link of a notice stops what is going on in the account.

use holdfast_domain::people::freeze::{self, Frozen};
use holdfast_web::backend::{Answer, RefusalKind};

use super::{House, refuse, stored};
use crate::app::conflict;
use crate::clock;

impl House {
    /// Makes the account of a notice safe; every such link of its person has been used then.
    pub(crate) fn freeze_by_link(&self, secret_hash: &[u8; 32]) -> Answer<()> {
        let (now, _turn) = (clock::now(), self.turns.people.take());
        let unknown = || {
            refuse(
                RefusalKind::Unacceptable,
                "objection-link-unknown",
                "this link is not known, was used, or is too old",
            )
        };
        let notice = self.store.objection(secret_hash, now).map_err(stored)?.ok_or_else(unknown)?;
        let person = self.store.person(notice.person).map_err(stored)?.ok_or_else(unknown)?;
        let standing = self.store.standing(person.id).map_err(stored)?;
        let recovery = self.store.recovery(person.id).map_err(stored)?;
        let identity = self.store.identity_of(person.id).map_err(stored)?;
        let ways = self.store.ways(person.id, now).map_err(stored)?;
        let older = self.store.passkeys_before(person.id, notice.at, now).map_err(stored)?;
        let account = Frozen {
            person: &person,
            standing: &standing,
            recovery: recovery.as_ref(),
            identity: identity.as_ref(),
            password: ways.password,
            older_passkeys: usize::try_from(older).unwrap_or(usize::MAX),
            codes: ways.recovery_codes,
        };
        self.decide(freeze::freeze(&account, &notice, now))?;
        self.store.end_objections(person.id).map_err(conflict)?;
        self.post.ring();
        Ok(())
    }
}
