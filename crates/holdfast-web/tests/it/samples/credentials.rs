//! Made-up accounts: passkeys, sessions, a recovery that waits. Orders are recorded, not carried out.

use std::net::IpAddr;

use holdfast_core::id::{PasskeyId, PersonId, SessionId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::people::account::{Lock, LockReason, Recovery, Standing, Ways};
use holdfast_domain::people::session::SessionKind;
use holdfast_domain::people::{Role, Session};
use holdfast_web::backend::credentials::{
    Account, AccountOrder, AccountRow, Arrival, Ceremony, Credentials, Finish, PasskeyView, SecondFactorSetup,
    SignedIn, Ticket, Tickets, TypedPassword,
};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, Ground as _, RefusalKind};
use serde_json::json;

use super::{NOON, Sample, person, refuse};

#[expect(clippy::unnecessary_wraps, reason = "answers of a port")]
fn ceremony() -> Answer<Ceremony> {
    Ok(Ceremony { id: "1f2e".to_owned(), options: json!({"publicKey": {"challenge": "AAAA"}}) })
}

pub(super) fn session(sample: &Sample, n: u8, whose: usize, seconds_ago: u64) -> Session {
    Session {
        id: SessionId::new(NOON, [n; 10]),
        secret_hash: [n; 32],
        person: person(whose).id,
        kind: if n == 1 { SessionKind::Passkey } else { SessionKind::PasswordTotp },
        browser: if n == 1 { "Firefox on Linux" } else { "Safari on iPhone" }.to_owned(),
        created: sample.ago(seconds_ago),
        authenticated: sample.ago(seconds_ago),
        last_used: sample.ago(seconds_ago),
        expires: sample.now().plus(Millis::from_secs(43_200)),
        ended: None,
    }
}

impl Sample {
    fn signed_in(&self, arrival: &Arrival, whose: usize) -> SignedIn {
        self.opened.lock().unwrap().push(arrival.session_hash);
        let session = Session { secret_hash: arrival.session_hash, ..session(self, 1, whose, 0) };
        SignedIn { session, person: person(whose), bare: false }
    }

    #[expect(clippy::unnecessary_wraps, reason = "answers of a port")]
    fn done(&self, order: &str) -> Answer<()> {
        self.note(order);
        Ok(())
    }
}

impl Tickets for Sample {
    fn admit_ticket(&self, ticket: &Ticket, _: IpAddr) -> Answer<()> {
        if ticket.text == "GOOD" {
            Ok(())
        } else {
            refuse(RefusalKind::Forbidden, "ticket-unknown", "This code is not good.")
        }
    }
}

impl Credentials for Sample {
    fn begin_sign_in(&self, _: IpAddr) -> Answer<Ceremony> {
        ceremony()
    }
    fn finish_sign_in(&self, finish: &Finish, arrival: &Arrival) -> Answer<SignedIn> {
        if finish.ceremony != "1f2e" {
            return refuse(RefusalKind::Unauthenticated, "passkey-unknown", "This passkey is not known here.");
        }
        self.note("finish_sign_in");
        Ok(self.signed_in(arrival, 0))
    }
    fn sign_in_by_password(&self, typed: &TypedPassword, arrival: &Arrival) -> Answer<SignedIn> {
        if typed.password != "violet harbour spoon eleven" {
            return refuse(RefusalKind::Unauthenticated, "sign-in-wrong", "That did not open an account.");
        }
        self.note("sign_in_by_password");
        Ok(self.signed_in(arrival, 7))
    }
    fn begin_sign_up(&self, ticket: &Ticket, _: &str, from: IpAddr) -> Answer<Ceremony> {
        self.admit_ticket(ticket, from)?;
        ceremony()
    }
    fn finish_sign_up(&self, _: &Finish, arrival: &Arrival) -> Answer<SignedIn> {
        self.note("finish_sign_up");
        Ok(self.signed_in(arrival, 7))
    }
    fn begin_confirm(&self, _: &Caller) -> Answer<Ceremony> {
        ceremony()
    }
    fn finish_confirm(&self, _: &Caller, _: &Finish, arrival: &Arrival) -> Answer<Session> {
        self.note("finish_confirm");
        Ok(self.signed_in(arrival, 0).session)
    }
    fn confirm_by_password(&self, _: &Caller, typed: &TypedPassword, arrival: &Arrival) -> Answer<Session> {
        Ok(self.sign_in_by_password(typed, arrival)?.session)
    }
    fn own_account(&self, by: &Caller) -> Answer<Account> {
        let key = |n: u8, label: &str, seconds| PasskeyView {
            id: PasskeyId::new(NOON, [n; 10]),
            label: label.to_owned(),
            created: self.ago(86_400 * 30),
            used: (n == 1).then(|| self.ago(seconds)),
            counts_from: if n == 3 { self.now().plus(Millis::from_secs(80_000)) } else { self.ago(86_400 * 30) },
        };
        let full = !self.empty();
        let ways = Ways { passkeys: 2, password: true, long_password: false, second_factor: true, recovery_codes: 7 };
        let mine = ROW.iter().position(|role| *role == by.person.role).unwrap();
        let sessions = [session(self, 1, mine, 30), session(self, 2, mine, 7_200)];
        let ends = self.now().plus(Millis::from_secs(1_800));
        Ok(Account {
            ways: if full { ways } else { Ways::default() },
            passkeys: if full {
                vec![key(1, "Ada's phone", 600), key(2, "Grey key", 0), key(3, "New", 0)]
            } else {
                vec![]
            },
            login: full.then(|| "ada".to_owned()),
            sessions: sessions.into_iter().take(if full { 2 } else { 1 }).map(|one| (one, ends)).collect(),
            recovery: full.then(|| Recovery {
                person: by.person.id,
                begun: self.ago(6_400),
                until: self.now().plus(Millis::from_secs(80_000)),
            }),
        })
    }
    fn begin_passkey(&self, _: &Caller) -> Answer<Ceremony> {
        ceremony()
    }
    fn finish_passkey(&self, by: &Caller, _: &Finish, _: &str) -> Answer<PasskeyView> {
        self.note("finish_passkey");
        Ok(self.own_account(by)?.passkeys.remove(0))
    }
    fn rename_passkey(&self, _: &Caller, _: PasskeyId, _: &str) -> Answer<()> {
        self.done("rename_passkey")
    }
    fn remove_passkey(&self, _: &Caller, _: PasskeyId) -> Answer<()> {
        self.done("remove_passkey")
    }
    fn set_password(&self, _: &Caller, _: &str, password: &str) -> Answer<()> {
        if password.len() < 15 {
            return refuse(RefusalKind::Unacceptable, "password-short", "A password alone has at least 15 characters.");
        }
        self.done("set_password")
    }
    fn remove_password(&self, _: &Caller) -> Answer<()> {
        self.done("remove_password")
    }
    fn begin_second_factor(&self, _: &Caller) -> Answer<SecondFactorSetup> {
        self.note("begin_second_factor");
        Ok(SecondFactorSetup {
            secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned(),
            address: "otpauth://totp/Holdfast:Ada".to_owned(),
            picture: "<svg viewBox=\"0 0 8 8\"><path d=\"M0 0h8v8\"/></svg>".to_owned(),
        })
    }
    fn confirm_second_factor(&self, _: &Caller, code: &str) -> Answer<()> {
        if code != "287082" {
            return refuse(RefusalKind::Unacceptable, "code-wrong", "This code is wrong.");
        }
        self.done("confirm_second_factor")
    }
    fn remove_second_factor(&self, _: &Caller) -> Answer<()> {
        self.done("remove_second_factor")
    }
    fn make_recovery_codes(&self, _: &Caller) -> Answer<Vec<String>> {
        self.note("make_recovery_codes");
        Ok((0..10).map(|n| format!("ABCD-EFGH-JKMN-000{n}")).collect())
    }
    fn begin_recovery(&self, code: &str, _: IpAddr) -> Answer<Ceremony> {
        if code == "ABCD-EFGH-JKMN-0000" {
            return ceremony();
        }
        refuse(RefusalKind::Unauthenticated, "recovery-code-wrong", "This recovery code is not known.")
    }
    fn finish_recovery(&self, _: &Finish) -> Answer<Timestamp> {
        self.note("finish_recovery");
        Ok(self.now().plus(Millis::from_secs(86_400)))
    }
    fn cancel_recovery(&self, _: &Caller) -> Answer<()> {
        self.done("cancel_recovery")
    }
    fn end_session_of(&self, _: &Caller, _: SessionId) -> Answer<()> {
        self.done("end_session_of")
    }
    fn end_other_sessions(&self, _: &Caller) -> Answer<()> {
        self.done("end_other_sessions")
    }
    fn accounts(&self, _: Option<&str>) -> Answer<Vec<AccountRow>> {
        let ways = Ways { passkeys: 2, recovery_codes: 10, ..Ways::default() };
        let lock = Lock { since: self.ago(600), reason: LockReason::Failures };
        let row = |at: usize| AccountRow {
            person: person(at),
            ways: if at == 4 { Ways::default() } else { ways },
            standing: Standing { locked: (at == 3).then_some(lock), ..Standing::default() },
        };
        Ok(if self.empty() { vec![row(0)] } else { (0..5).map(row).collect() })
    }
    fn order_account(&self, _: &Caller, whom: PersonId, order: AccountOrder) -> Answer<()> {
        if whom == person(0).id {
            return refuse(RefusalKind::Forbidden, "not-allowed", "This person's role does not allow it.");
        }
        self.done(&format!("order_account {order:?}"))
    }
}

const ROW: [Role; 8] = Role::ALL;
