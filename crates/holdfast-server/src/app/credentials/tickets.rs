//! Who may make an owner's account: whoever holds a claim code or an invitation that is good now.
//!
//! The rooms that give them out judge them; neither is used up by the account.

use std::net::IpAddr;

use holdfast_web::backend::credentials::{Ticket, TicketKind, Tickets};
use holdfast_web::backend::homes::Homes as _;
use holdfast_web::backend::{Answer, RefusalKind};
use holdfast_web::secret::Secret;

use super::{House, refuse};

impl Tickets for House {
    fn admit_ticket(&self, ticket: &Ticket, from: IpAddr) -> Answer<()> {
        let good = match ticket.kind {
            TicketKind::Claim => self.claim_card(&ticket.text, from)?.is_some(),
            TicketKind::Invitation => match Secret::parse(&ticket.text) {
                Some(secret) => self.invitation(&secret.hash())?.is_some(),
                None => false,
            },
        };
        if good {
            return Ok(());
        }
        Err(refuse(RefusalKind::Forbidden, "ticket-unknown", "this code or invitation allows no new account"))
    }
}
