//! Who may do what: one closed list of acts, one table.

use super::Role;

/// Something a person can ask for. Each route of the management interface and each button names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// See products, devices, releases, deployments, alerts and counters.
    ViewFleet,
    /// See what devices measured: personal data.
    ReadTelemetry,
    /// See measured values that are sensitive for security.
    ReadSensitive,
    /// See the ledger, checkpoints and the conformity report.
    ViewEvidence,
    /// Add a product or replace its model.
    PutProduct,
    /// Upload a trust document.
    UploadTrust,
    /// Import a factory batch.
    ImportBatch,
    /// Upload an artifact and publish a release.
    PublishRelease,
    /// Withdraw a release.
    WithdrawRelease,
    /// Create a deployment.
    CreateDeployment,
    /// Pause, resume or abort a deployment.
    SteerDeployment,
    /// Set a desired shadow.
    SetShadow,
    /// Give a command.
    GiveCommand,
    /// Quarantine a device or let it out.
    ContainDevice,
    /// Revoke a device.
    RevokeDevice,
    /// Let a device enrol anew.
    AllowReenrolment,
    /// Register readers, bind tags, and put one unit in the place of another.
    ManageCustody,
    /// Close an alert.
    CloseAlert,
    /// Make and revoke one's own API tokens, and end one's own sessions.
    ManageOwnAccess,
    /// Change the server's keys.
    ChangeKeys,
    /// Add people, make their sign-in links, revoke their tokens.
    ManagePeople,
    /// Write what the public reads about a product: support period, reasons, policies.
    PutDossier,
    /// Make groups of devices and act on many at once.
    ManageGroups,
    /// Read and answer what owners ask.
    AnswerHelp,
    /// See whose device it is, after saying why; the reason is kept.
    SeeOwners,
    /// Change the installation's settings: mail, sign-in of the staff.
    ChangeSettings,
    /// Use one's own devices at home: the consumer's pages.
    UseHome,
    /// Keep the register of breaches of personal data.
    HandleBreaches,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 28] = [
        Self::ViewFleet,
        Self::ReadTelemetry,
        Self::ReadSensitive,
        Self::ViewEvidence,
        Self::PutProduct,
        Self::UploadTrust,
        Self::ImportBatch,
        Self::PublishRelease,
        Self::WithdrawRelease,
        Self::CreateDeployment,
        Self::SteerDeployment,
        Self::SetShadow,
        Self::GiveCommand,
        Self::ContainDevice,
        Self::RevokeDevice,
        Self::AllowReenrolment,
        Self::ManageCustody,
        Self::CloseAlert,
        Self::ManageOwnAccess,
        Self::ChangeKeys,
        Self::ManagePeople,
        Self::PutDossier,
        Self::ManageGroups,
        Self::AnswerHelp,
        Self::SeeOwners,
        Self::ChangeSettings,
        Self::UseHome,
        Self::HandleBreaches,
    ];

    /// Whether it leaves everything as it is.
    #[must_use]
    pub const fn only_reads(self) -> bool {
        matches!(self, Self::ViewFleet | Self::ReadTelemetry | Self::ReadSensitive | Self::ViewEvidence)
    }
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Administrator,
        Self::FleetOperator,
        Self::ReleaseEngineer,
        Self::Security,
        Self::Assessor,
        Self::PrivacyOfficer,
        Self::Support,
        Self::Owner,
    ];

    /// Whether this is one of the maker's people.
    #[must_use]
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Owner)
    }

    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::FleetOperator => "fleet-operator",
            Self::ReleaseEngineer => "release-engineer",
            Self::Security => "security",
            Self::Assessor => "assessor",
            Self::PrivacyOfficer => "privacy-officer",
            Self::Support => "support",
            Self::Owner => "owner",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Whether a role may do an act.
#[must_use]
pub const fn may(role: Role, act: Act) -> bool {
    use Role::{Administrator, Assessor, FleetOperator, Owner, PrivacyOfficer, ReleaseEngineer, Security, Support};
    match act {
        Act::ManageOwnAccess => true,
        Act::UseHome => matches!(role, Owner),
        Act::HandleBreaches => matches!(role, Administrator | PrivacyOfficer),
        Act::ViewFleet => role.is_staff(),
        Act::ViewEvidence => role.is_staff() && !matches!(role, Support),
        Act::ReadTelemetry => matches!(role, Administrator | FleetOperator | Security),
        Act::ReadSensitive => matches!(role, Administrator | Security),
        Act::ChangeKeys | Act::ManagePeople | Act::ChangeSettings => matches!(role, Administrator),
        Act::PutDossier => matches!(role, Administrator | ReleaseEngineer | PrivacyOfficer),
        Act::AnswerHelp | Act::SeeOwners => matches!(role, Administrator | PrivacyOfficer | Support),
        Act::PutProduct | Act::UploadTrust | Act::PublishRelease => matches!(role, Administrator | ReleaseEngineer),
        Act::ImportBatch
        | Act::SetShadow
        | Act::GiveCommand
        | Act::AllowReenrolment
        | Act::ManageCustody
        | Act::ManageGroups => matches!(role, Administrator | FleetOperator),
        Act::CreateDeployment => matches!(role, Administrator | FleetOperator | ReleaseEngineer),
        // Whoever sees harm may stop it.
        Act::WithdrawRelease => matches!(role, Administrator | ReleaseEngineer | Security),
        Act::SteerDeployment => !matches!(role, Assessor | PrivacyOfficer | Support | Owner),
        Act::ContainDevice | Act::RevokeDevice | Act::CloseAlert => {
            matches!(role, Administrator | FleetOperator | Security)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row for each act; columns as in [`Role::ALL`]; `x` may, `.` may not.
    const TABLE: &str = "
        ViewFleet         xxxxxxx.
        ReadTelemetry     xx.x....
        ReadSensitive     x..x....
        ViewEvidence      xxxxxx..
        PutProduct        x.x.....
        UploadTrust       x.x.....
        ImportBatch       xx......
        PublishRelease    x.x.....
        WithdrawRelease   x.xx....
        CreateDeployment  xxx.....
        SteerDeployment   xxxx....
        SetShadow         xx......
        GiveCommand       xx......
        ContainDevice     xx.x....
        RevokeDevice      xx.x....
        AllowReenrolment  xx......
        ManageCustody     xx......
        CloseAlert        xx.x....
        ManageOwnAccess   xxxxxxxx
        ChangeKeys        x.......
        ManagePeople      x.......
        PutDossier        x.x..x..
        ManageGroups      xx......
        AnswerHelp        x....xx.
        SeeOwners         x....xx.
        ChangeSettings    x.......
        UseHome           .......x
        HandleBreaches    x....x..";

    #[test]
    fn every_role_may_do_exactly_what_the_table_says() {
        let rows: Vec<String> =
            TABLE.trim().lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let actual: Vec<String> = Act::ALL
            .into_iter()
            .map(|act| {
                let marks: String = Role::ALL.into_iter().map(|role| if may(role, act) { 'x' } else { '.' }).collect();
                format!("{act:?} {marks}")
            })
            .collect();
        assert_eq!(rows, actual);
    }

    #[test]
    fn an_assessor_changes_nothing_but_their_own_access() {
        for act in Act::ALL.into_iter().filter(|act| may(Role::Assessor, *act)) {
            assert!(act.only_reads() || act == Act::ManageOwnAccess, "{act:?}");
        }
    }

    #[test]
    fn roles_read_back_from_their_names() {
        assert!(Role::ALL.into_iter().all(|role| Role::from_name(role.name()) == Some(role)));
        assert_eq!(Role::from_name("root"), None);
    }
}
