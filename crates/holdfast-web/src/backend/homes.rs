//! Port of the room `homes`: claiming by the code of the label, who owns and uses what, invitations, release, transfer.
//!
//! A device that does not exist and one of somebody else answer the same: `device-unknown` (kind `Absent`).

use std::net::IpAddr;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{ClaimId, DeviceId, InvitationId, PersonId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::homes::recall::{Recall, RecallReason};
use holdfast_domain::homes::{ClaimState, Digits, PairedController, Place, Release, Rights};

use holdfast_domain::telemetry::Confirm;

use super::people::Caller;
use super::{Answer, Ground};

/// What the page of a label shows to anybody who has it, before any account.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimCard {
    /// The device.
    pub device: DeviceId,
    /// Its product.
    pub product: ProductId,
    /// The version of the privacy notice that is shown with it.
    pub notice: Sha256Digest,
    /// What people call the product.
    pub title: String,
    /// The maker's domain.
    pub maker: String,
    /// What its model says about data, set-up and confirmation.
    pub model: SetUp,
}

/// What a product's model says to somebody who sets one up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SetUp {
    /// What it measures that may say something about a person.
    pub data: Vec<DataTaken>,
    /// Settings with the value that is chosen unless somebody chooses another.
    pub settings: Vec<SettingAtStart>,
    /// How somebody confirms at the device.
    pub confirm: Confirm,
    /// What the device does to be noticed while it asks, by language tag, in its maker's words.
    pub signals: Vec<(String, String)>,
    /// Whether it has a screen or page that shows digits.
    pub shows_digits: bool,
    /// Whether any action of the model lets the device make itself noticed.
    pub can_identify: bool,
}

/// One kind of data that a device takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTaken {
    /// What people call it.
    pub title: String,
    /// What it is for, in the maker's words.
    pub purpose: Option<String>,
    /// Whether it may say something about a person.
    pub personal: bool,
    /// Whether it is sensitive for security.
    pub sensitive: bool,
}

/// One setting and its value at the start.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingAtStart {
    /// Its name in the model.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The value, as people read it; `None` if the model names none.
    pub value: Option<String>,
    /// What the model says of it if it matters for security or privacy.
    pub guard: Option<holdfast_domain::telemetry::guard::Guard>,
}

/// A claim as whoever claims sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimView {
    /// Its id.
    pub id: ClaimId,
    /// The device.
    pub device: DeviceId,
    /// Its product.
    pub product: ProductId,
    /// What people call the product.
    pub title: String,
    /// What both sides show.
    pub digits: Digits,
    /// When it was begun.
    pub begun: Timestamp,
    /// Where it stands now.
    pub state: ClaimState,
    /// How somebody confirms at this device.
    pub set_up: SetUp,
    /// Whether the device is connected.
    pub online: bool,
}

/// A device as somebody with a place at it sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyDevice {
    /// The device.
    pub device: DeviceId,
    /// Its product.
    pub product: ProductId,
    /// What people call the product.
    pub title: String,
    /// What its owner calls it.
    pub nickname: Option<String>,
    /// The caller's place.
    pub place: Place,
    /// Since when they have it.
    pub since: Timestamp,
}

/// Who has access to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// The owner.
    pub owner: Resident,
    /// Everybody else.
    pub members: Vec<Resident>,
    /// Open invitations; only for the owner.
    pub invitations: Vec<Invited>,
    /// Phones and services on the local network.
    pub controllers: Vec<PairedController>,
    /// Somebody else who holds the device and asks for it.
    pub contested: Option<Contest>,
    /// The end of the ownership that the maker's people asked for; only for the owner.
    pub recall: Option<Recall>,
}

/// Somebody of a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resident {
    /// Who.
    pub person: PersonId,
    /// What to call them.
    pub name: String,
    /// What they may do.
    pub rights: Rights,
    /// Since when.
    pub since: Timestamp,
}

/// An open invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// Its id; the secret is shown only once, by whoever makes it.
    pub id: InvitationId,
    /// With which rights.
    pub rights: Rights,
    /// Useless from then on.
    pub expires: Timestamp,
}

/// Somebody else who asks for a device; the owner learns no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contest {
    /// The claim.
    pub claim: ClaimId,
    /// Since when.
    pub begun: Timestamp,
    /// Until when the owner can object.
    pub until: Timestamp,
}

/// What an invitation offers to whoever has its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationCard {
    /// What people call the product; not what the owner calls the device.
    pub title: String,
    /// With which rights.
    pub rights: Rights,
    /// Useless from then on.
    pub expires: Timestamp,
}

/// Why one of the maker's people wants to know whose device it is. Kept for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeeReason {
    /// The owner asked for help.
    HelpAsked,
    /// A recall or a danger.
    Danger,
    /// A question about the owner's data.
    DataRequest,
    /// An order of a court or an authority.
    Authority,
}

impl SeeReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::HelpAsked, Self::Danger, Self::DataRequest, Self::Authority];

    /// The stable kebab-case word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::HelpAsked => "help-asked",
            Self::Danger => "danger",
            Self::DataRequest => "data-request",
            Self::Authority => "authority",
        }
    }

    /// The reason of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// What staff see of an ownership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerSeen {
    /// The owner, if there is one.
    pub owner: Option<Resident>,
    /// How many others there are.
    pub members: u64,
    /// The newest release of the device.
    pub release: Option<Release>,
}

/// What the pages ask and order about homes.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says. A device at which the caller has no place is refused with
/// `device-unknown` (kind `Absent`), whether it exists or not; what only the owner may, with `not-the-owner`.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Homes: Ground {
    /// What the label with this code leads to; `None` for a text that is no code of ours, whatever is wrong with it. Failed
    /// tries are counted by address and together: `too-many-tries`.
    fn claim_card(&self, code: &str, from: IpAddr) -> Answer<Option<ClaimCard>>;
    /// What a product's model says to somebody who sets one up.
    fn set_up(&self, product: &ProductId) -> Answer<SetUp>;
    /// Begins a claim: the device asks whoever is beside it. Refusals: `code-unknown`, `device-offline`,
    /// `device-not-ready`, `device-not-erased`, `device-quarantined`, `claim-waits`, `already-yours`, `claim-by-staff`.
    /// `notice` is the version of the privacy notice that was shown: `privacy-notice-not-shown`, `privacy-notice-changed`.
    fn begin_claim(&self, by: &Caller, code: &str, notice: Option<Sha256Digest>, from: IpAddr) -> Answer<ClaimId>;
    /// Asks at the device once more, after nobody confirmed; a new claim takes the place of the old one.
    fn ask_again(&self, by: &Caller, claim: ClaimId) -> Answer<ClaimId>;
    /// Where one of the caller's claims stands; `None` for somebody else's.
    fn claim(&self, by: &Caller, id: ClaimId) -> Answer<Option<ClaimView>>;
    /// The caller's newest claims.
    fn my_claims(&self, by: &Caller) -> Answer<Vec<ClaimView>>;
    /// Takes one's own claim back, or objects to somebody else's of one's own device.
    fn end_claim(&self, by: &Caller, id: ClaimId) -> Answer<()>;

    /// Every device at which the caller has a place.
    fn my_devices(&self, by: &Caller) -> Answer<Vec<MyDevice>>;
    /// The caller's place at one device; `None` if they have none or there is no such device.
    fn my_place(&self, by: &Caller, device: &DeviceId) -> Answer<Option<Place>>;
    /// Who has access; everybody with a place sees it.
    fn household(&self, by: &Caller, device: &DeviceId) -> Answer<Household>;
    /// Sets what the device is called; empty for the product's title.
    fn rename_device(&self, by: &Caller, device: &DeviceId, name: &str) -> Answer<()>;
    /// Makes an invitation. This crate makes the secret and shows it once; only its hash comes here.
    fn invite(&self, by: &Caller, device: &DeviceId, rights: Rights, secret_hash: &[u8; 32]) -> Answer<Invited>;
    /// Takes an invitation back.
    fn cancel_invitation(&self, by: &Caller, device: &DeviceId, id: InvitationId) -> Answer<()>;
    /// What an invitation offers; `None` if it does not count any more.
    fn invitation(&self, secret_hash: &[u8; 32]) -> Answer<Option<InvitationCard>>;
    /// Joins by an invitation; it is used up. Gives the device.
    fn accept(&self, by: &Caller, secret_hash: &[u8; 32]) -> Answer<DeviceId>;
    /// Gives a member other rights.
    fn set_rights(&self, by: &Caller, device: &DeviceId, whom: PersonId, rights: Rights) -> Answer<()>;
    /// Takes somebody out of the household, or leaves it (`whom` is the caller).
    fn remove_member(&self, by: &Caller, device: &DeviceId, whom: PersonId) -> Answer<()>;
    /// Ends a paired controller; the device does it as soon as it is connected.
    fn revoke_controller(&self, by: &Caller, device: &DeviceId, controller: &str) -> Answer<()>;

    /// Gives the device away: nobody owns it, everything of the home goes from device and service. Not to be taken back.
    fn release_device(&self, by: &Caller, device: &DeviceId) -> Answer<Release>;
    /// Hands the device on to a member of the household; everything of the old owner goes likewise.
    fn transfer(&self, by: &Caller, device: &DeviceId, to: PersonId) -> Answer<Release>;
    /// How far the newest release of a device has come; for its earlier owner's receipt, by the order's id.
    fn release_state(&self, by: &Caller, device: &DeviceId) -> Answer<Option<Release>>;

    /// Whose device it is, for the maker's people; that they asked, and why, is kept in the ledger.
    fn owner_of(&self, by: &Caller, device: &DeviceId, reason: SeeReason) -> Answer<OwnerSeen>;
    /// Asks on the maker's side for the end of an ownership; the owner is told and can stop it for 72 hours.
    fn ask_recall(&self, by: &Caller, device: &DeviceId, reason: RecallReason) -> Answer<Recall>;
    /// Ends it at once, as a second one of the maker's people.
    fn hasten_recall(&self, by: &Caller, device: &DeviceId) -> Answer<Release>;
    /// Stops it: the owner, or the maker's people themselves.
    fn stop_recall(&self, by: &Caller, device: &DeviceId) -> Answer<()>;
}
