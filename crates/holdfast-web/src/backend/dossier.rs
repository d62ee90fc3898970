//! Port of the dossiers: what the public reads about products, and the maker's work on it.

use holdfast_core::id::{PersonId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::dossier::privacy::Datum;
use holdfast_domain::fleet::dossier::rules::Gap;
use holdfast_domain::fleet::dossier::{Day, DossierAct, Public, Record};
use holdfast_domain::updates::ReleaseKind;
use holdfast_domain::updates::note::Note;

use super::people::Caller;
use super::{Answer, Ground};

/// What the public reads about one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicDossier {
    /// The product.
    pub product: ProductId,
    /// All that is said, with the last day of support.
    pub public: Public,
    /// What the product takes, from its model; personal data first.
    pub data: Vec<Datum>,
    /// How the last day of support came about, the first promise first.
    pub promises: Vec<Promise>,
    /// Releases so far, newest first, at most [`PublicDossier::UPDATES_MAX`].
    pub updates: Vec<PublicUpdate>,
    /// Where the public reads it, such as `https://hearth.example/p/hearth-thermostat`.
    pub address: String,
}

impl PublicDossier {
    /// Most releases that are shown.
    pub const UPDATES_MAX: usize = 50;
}

/// One promise about the end of support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// When it was made.
    pub at: Timestamp,
    /// Until when.
    pub until: Day,
}

/// One release as the public reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUpdate {
    /// Its version.
    pub version: String,
    /// When it was published.
    pub published: Timestamp,
    /// Why it exists.
    pub kind: ReleaseKind,
    /// What it changes, in the maker's words.
    pub description: String,
    /// Bytes to fetch.
    pub bytes: u64,
    /// How many people signed it.
    pub signers: u32,
    /// Not offered any more.
    pub withdrawn: bool,
    /// Why it is needed and what to do; none for releases from before there were notes.
    pub note: Option<Note>,
}

/// A dossier as the maker works on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierView {
    /// The product.
    pub product: ProductId,
    /// The product's title in the console.
    pub title: String,
    /// Draft and public text; `None` if nobody wrote any yet.
    pub record: Option<Record>,
    /// What must still be said before the public may read the draft.
    pub gaps: Vec<Gap>,
    /// What the product takes, from its model.
    pub data: Vec<Datum>,
    /// Where the public reads it.
    pub address: String,
}

/// One line of a dossier's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierLine {
    /// The version it made.
    pub version: u64,
    /// What was done.
    pub act: DossierAct,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
    /// Their name, if the account is still there.
    pub who: Option<String>,
    /// The promised last day afterwards.
    pub until: Option<Day>,
    /// The document as it was saved or published, JSON text.
    pub document: String,
}

/// What pages ask and order about dossiers. Each call stops for a rule or a fault, as [`super::Stop`] says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Dossiers: Ground {
    /// Every product that the public may read about, by id.
    fn public_dossiers(&self) -> Answer<Vec<PublicDossier>>;
    /// What the public reads about a product; `None` before it was published.
    fn dossier_of(&self, product: &ProductId) -> Answer<Option<PublicDossier>>;
    /// The last day of a product's support, if the public may know it.
    fn support_end(&self, product: &ProductId) -> Answer<Option<Day>>;
    /// Every product with its dossier, by id.
    fn dossiers(&self) -> Answer<Vec<DossierView>>;
    /// One product with its dossier; `None` if there is no such product.
    fn dossier(&self, product: &ProductId) -> Answer<Option<DossierView>>;
    /// History of a product's dossier, newest first, at most 100 lines.
    fn dossier_history(&self, product: &ProductId) -> Answer<Vec<DossierLine>>;
    /// Keeps a draft, JSON text. Refuses (`dossier-version-conflict`) unless `from_version` is current, if given.
    fn save_dossier(&self, by: &Caller, product: &ProductId, from_version: Option<u64>, text: &str) -> Answer<Record>;
    /// Makes the draft public.
    fn publish_dossier(&self, by: &Caller, product: &ProductId, from_version: Option<u64>) -> Answer<Record>;
    /// Moves the last day of support later; the public reads it at once and owners are told.
    fn extend_support(&self, by: &Caller, product: &ProductId, until: Day) -> Answer<Record>;
}
