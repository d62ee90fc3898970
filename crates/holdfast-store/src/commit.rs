//! A decision becomes one transaction: its changes in order, its ledger line, its effects. Matches every [`Change`].

mod credentials;
mod custody;
mod dossier;
mod findings;
mod fleet;
mod groups;
mod help;
mod homes;
mod integrity;
mod keys;
mod notices;
mod papers;
mod people;
mod tidings;
mod redress;
mod shops;
mod updates;

use holdfast_domain::decision::{Change, Decision};
use rusqlite::{ErrorCode, Params, ffi};

use crate::error::CommitError;
use crate::roster::Touched;
use crate::sql::Statement;
use crate::store::Committed;
use crate::writer::Desk;

impl Desk {
    /// Applies a decision inside the current savepoint.
    pub(crate) fn decide(&mut self, decision: &Decision) -> Result<Committed, CommitError> {
        let mut touched = Touched::default();
        for change in &decision.changes {
            self.change(change)?;
            touched.note(change, &self.conn)?;
        }
        let leaf = decision.line.as_ref().map(|line| self.append_line(line)).transpose()?;
        self.post(&decision.effects)?;
        self.touched.and(touched);
        Ok(Committed { leaf })
    }

    fn change(&self, change: &Change) -> Result<(), CommitError> {
        match change {
            Change::PutProduct(product) => self.put_product(product),
            Change::PutDossier(change) => self.put_dossier(change),
            Change::AddPaper(paper) => self.add_paper(paper),
            Change::AddTrust(trust) => self.add_trust(trust),
            Change::AddBatch { batch, devices, claims } => self.add_batch(batch, devices, claims),
            Change::SetEnrolment { device, to } => self.set_enrolment(device, *to),
            Change::AddCertificate(certificate) => self.add_certificate(certificate),
            Change::SetIssuer { serial, issuer } => self.set_issuer(serial, *issuer),
            Change::SetHardwareKeys(devices) => self.set_hardware_keys(devices),
            Change::SetDeviceTrust { device, version, at } => self.set_device_trust(device, *version, *at),
            Change::ProveCertificate { device, serial, at } => self.prove_certificate(device, serial, *at),
            Change::RevokeCertificates { device, at } => self.revoke_certificates(device, *at),
            Change::SetQuarantine { device, to } => self.set_quarantine(device, to.as_ref()),
            Change::SetSoftware { device, software } => self.set_software(device, software),
            Change::AddAppraisal(appraisal) => self.add_appraisal(appraisal),
            Change::OpenAlert(alert) => self.open_alert(alert),
            Change::CloseAlert { alert, at, by } => self.close_alert(*alert, *at, *by),
            Change::SetDesired { device, from_version, desired } => self.set_desired(device, *from_version, desired),
            Change::SetReported { device, applied_version, reported, at } => {
                self.set_reported(device, *applied_version, reported, *at)
            }
            Change::AddCommand(command) => self.add_command(command),
            Change::EndCommand { command, outcome, at } => self.end_command(*command, outcome, *at),
            Change::Findings(change) => self.change_findings(change),
            Change::Home(change) => self.change_homes(change),
            Change::Group(change) => self.change_group(change),
            Change::SetOrigin(origin) => self.set_origin(origin),
            Change::Bulk(change) => self.change_bulk(change),
            Change::AddRelease(release) => self.add_release(release),
            Change::PutReleaseNote(kept) => self.put_release_note(kept),
            Change::WithdrawRelease { release } => self.withdraw_release(*release),
            Change::AddDeployment { deployment, executions } => self.add_deployment(deployment, executions),
            Change::AddRuns { deployment, phase, executions } => self.add_runs(*deployment, *phase, executions),
            Change::SetDeploymentState { deployment, to, at } => self.set_deployment_state(*deployment, to, *at),
            Change::SetExecution(execution) => self.set_execution(execution),
            Change::AddReader(reader) => self.add_reader(reader),
            Change::RetireReader { reader, at } => self.retire_reader(reader, *at),
            Change::BindTag(tag) => self.bind_tag(tag),
            Change::AddSighting(sighting) => self.add_sighting(sighting),
            Change::AddReplacement(replacement) => self.add_replacement(replacement),
            Change::AddPerson(person) => self.add_person(person),
            Change::AddSignInLink(link) => self.add_link(link),
            Change::UseSignInLink { secret_hash, at } => self.use_link(secret_hash, *at),
            Change::AddSession(session) => self.add_session(session),
            Change::EndSession { secret_hash, at } => self.end_session(secret_hash, *at),
            Change::AddToken(token) => self.add_token(token),
            Change::RevokeToken { token, at } => self.revoke_token(*token, *at),
            Change::AddNotice(notice) => self.add_notice(notice),
            Change::Help(change) => self.change_help(change),
            Change::SetChoice(choice) => self.set_choice(choice),
            Change::SetSensing { device, property, active, since } => {
                self.set_sensing(device, property, *active, *since)
            }
            Change::Account(change) => self.change_account(change),
            Change::Contact(change) => self.change_contact(change),
            Change::Identity(change) => self.change_identity(change),
            Change::Complaint(change) => self.change_complaint(change),
            Change::Breach(change) => self.change_breach(change),
            Change::Shop(change) => self.change_shop(change),
            Change::AddProof(proof) => self.keep_proof(proof),
        }
    }

    /// Adds a row; a broken constraint becomes the conflict named in `on`.
    fn add(&self, statement: Statement, params: impl Params, on: On) -> Result<(), CommitError> {
        match self.execute(statement, params) {
            Ok(_) => Ok(()),
            Err(error) => Err(on.conflict(error)),
        }
    }

    /// Changes exactly one row; says whether it was there.
    fn touched(&self, statement: Statement, params: impl Params) -> Result<bool, CommitError> {
        Ok(self.execute(statement, params)? == 1)
    }

    /// Changes exactly one row, which must be there.
    fn must(&self, statement: Statement, params: impl Params, absent: &'static str) -> Result<(), CommitError> {
        if self.touched(statement, params)? { Ok(()) } else { Err(CommitError::Conflict(absent)) }
    }
}

/// The conflict to report for each kind of constraint of a table.
#[derive(Clone, Copy)]
struct On {
    /// The primary key is taken.
    key: &'static str,
    /// Another unique value is taken.
    unique: &'static str,
    /// What a row refers to is not there.
    foreign: &'static str,
}

impl On {
    fn conflict(self, error: rusqlite::Error) -> CommitError {
        let name = match error.sqlite_error() {
            Some(e) if e.code == ErrorCode::ConstraintViolation => match e.extended_code {
                ffi::SQLITE_CONSTRAINT_PRIMARYKEY => Some(self.key),
                ffi::SQLITE_CONSTRAINT_UNIQUE => Some(self.unique),
                ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some(self.foreign),
                _ => None,
            },
            _ => None,
        };
        name.map_or_else(|| error.into(), CommitError::Conflict)
    }
}
