//! Changes to claims, ownership, households, invitations, releases and paired controllers.

use holdfast_core::id::{ClaimId, DeviceId, PersonId};
use holdfast_core::time::Timestamp;
use holdfast_domain::homes::recall::Recall;
use holdfast_domain::homes::{
    Claim, ClaimEnd, ClaimState, HomeChange, Invitation, Member, Ownership, PairedController, Release,
};
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::sql;
use crate::writer::Desk;

impl Desk {
    pub(super) fn change_homes(&self, change: &HomeChange) -> Result<(), CommitError> {
        match change {
            HomeChange::AddClaim(claim) => self.add_claim(claim),
            HomeChange::SetClaim { claim, to } => self.set_claim(*claim, *to),
            HomeChange::AddOwnership(ownership) => self.add_ownership(ownership),
            HomeChange::EndOwnership { device, person } => {
                self.must(sql::OWNERSHIP_END, params![device.as_str(), person.to_string()], "owner-changed")
            }
            HomeChange::SetNickname { device, to } => {
                self.must(sql::NICKNAME_SET, params![to, device.as_str()], "device-unowned")
            }
            HomeChange::PutMember(member) => self.put_member(member),
            HomeChange::RemoveMember { device, person } => self.remove_member(device, *person),
            HomeChange::AddInvitation(invitation) => self.add_invitation(invitation),
            HomeChange::EndInvitation { id } => self.must(sql::INVITATION_END, [id.to_string()], "invitation-unknown"),
            HomeChange::ClearHousehold { device } => {
                let all = [sql::MEMBERS_CLEAR, sql::INVITATIONS_CLEAR, sql::CONTROLLERS_CLEAR, sql::RECALL_END];
                for statement in all {
                    self.execute(statement, [device.as_str()])?;
                }
                Ok(())
            }
            HomeChange::AddRecall { device, recall } => self.add_recall(device, recall),
            HomeChange::EndRecall { device } => self.must(sql::RECALL_END, [device.as_str()], "recall-unknown"),
            HomeChange::ShowNotice { claim, product, notice, at } => {
                self.add_claim_notice(*claim, product, notice, *at)
            }
            HomeChange::AddRelease(release) => self.add_release_of_home(release),
            HomeChange::SetWiped { order, at } => {
                self.must(sql::RELEASE_WIPED, params![at.as_micros(), order.to_string()], "release-unknown")
            }
            HomeChange::SetSwept { order, at } => {
                self.must(sql::RELEASE_SWEPT, params![at.as_micros(), order.to_string()], "release-unknown")
            }
            HomeChange::SetControllers { device, controllers } => self.set_controllers(device, controllers),
        }
    }

    fn add_claim(&self, claim: &Claim) -> Result<(), CommitError> {
        let on = On { key: "claim-known", unique: "claim-waits", foreign: "device-unknown" };
        let Claim { id, device, person, command, digits, begun, state } = claim;
        let (word, at, why) = state_of(*state);
        let (id, person, command) = (id.to_string(), person.to_string(), command.to_string());
        let row = params![
            id,
            device.as_str(),
            person,
            command,
            digits.as_str(),
            begun.as_micros(),
            word,
            at.as_micros(),
            why.map(ClaimEnd::word)
        ];
        self.add(sql::CLAIM_BEGIN, row, on)
    }

    fn set_claim(&self, claim: ClaimId, to: ClaimState) -> Result<(), CommitError> {
        let (word, at, why) = state_of(to);
        let row = params![word, at.as_micros(), why.map(ClaimEnd::word), claim.to_string()];
        self.must(sql::CLAIM_SET, row, "claim-over")
    }

    fn add_ownership(&self, ownership: &Ownership) -> Result<(), CommitError> {
        let on = On { key: "device-owned", unique: "device-owned", foreign: "person-unknown" };
        let Ownership { device, person, since, nickname } = ownership;
        self.execute(sql::MEMBER_REMOVE, params![device.as_str(), person.to_string()])?;
        self.add(sql::OWNERSHIP_ADD, params![device.as_str(), person.to_string(), since.as_micros(), nickname], on)
    }

    fn put_member(&self, member: &Member) -> Result<(), CommitError> {
        let on = On { key: "member-known", unique: "member-known", foreign: "person-unknown" };
        let Member { device, person, rights, since } = member;
        let row = params![
            device.as_str(),
            person.to_string(),
            rights.control,
            rights.manage_updates,
            rights.see_data,
            since.as_micros()
        ];
        self.add(sql::MEMBER_PUT, row, on)
    }

    fn remove_member(&self, device: &DeviceId, person: PersonId) -> Result<(), CommitError> {
        self.must(sql::MEMBER_REMOVE, params![device.as_str(), person.to_string()], "member-unknown")
    }

    fn add_invitation(&self, invitation: &Invitation) -> Result<(), CommitError> {
        let on = On { key: "invitation-known", unique: "invitation-known", foreign: "device-unknown" };
        let Invitation { id, secret_hash, device, by, rights, created, expires } = invitation;
        let row = params![
            id.to_string(),
            secret_hash,
            device.as_str(),
            by.to_string(),
            rights.control,
            rights.manage_updates,
            rights.see_data,
            created.as_micros(),
            expires.as_micros()
        ];
        self.add(sql::INVITATION_ADD, row, on)
    }

    fn add_recall(&self, device: &DeviceId, recall: &Recall) -> Result<(), CommitError> {
        let on = On { key: "recall-waits", unique: "recall-waits", foreign: "device-unknown" };
        let Recall { owner, by, reason, asked, until } = recall;
        let row = params![
            device.as_str(),
            owner.to_string(),
            by.to_string(),
            reason.word(),
            asked.as_micros(),
            until.as_micros()
        ];
        self.add(sql::RECALL_ADD, row, on)
    }

    /// A release that still waited is over: what it would have deleted, the new one deletes too.
    fn add_release_of_home(&self, release: &Release) -> Result<(), CommitError> {
        let on = On { key: "release-known", unique: "release-known", foreign: "device-unknown" };
        let Release { order, device, begun, held, .. } = release;
        let held = held.map(|key| key.0);
        self.execute(sql::RELEASES_OVER, params![begun.as_micros(), device.as_str()])?;
        self.add(sql::HOME_RELEASE_ADD, params![order.to_string(), device.as_str(), begun.as_micros(), held], on)
    }

    fn set_controllers(&self, device: &DeviceId, controllers: &[PairedController]) -> Result<(), CommitError> {
        let on = On { key: "controller-known", unique: "controller-known", foreign: "device-unknown" };
        self.execute(sql::CONTROLLERS_CLEAR, [device.as_str()])?;
        for PairedController { id, name, permissions, paired } in controllers {
            let row = params![device.as_str(), id, name, permissions, paired.as_micros()];
            self.add(sql::CONTROLLER_ADD, row, on)?;
        }
        Ok(())
    }
}

const fn state_of(state: ClaimState) -> (&'static str, Timestamp, Option<ClaimEnd>) {
    match state {
        ClaimState::WaitingForDevice { until } => ("asking", until, None),
        ClaimState::WaitingPeriod { until } => ("contested", until, None),
        ClaimState::Done { at } => ("done", at, None),
        ClaimState::Refused { why, at } => ("refused", at, Some(why)),
    }
}
