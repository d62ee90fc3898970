//! Port of the room `proofs`: records about products that people make, and the signed label that rests on them.

use holdfast_core::id::{ProductId, ProofId};
use holdfast_core::label::Label;
use holdfast_domain::fleet::label::Stale;
use holdfast_domain::fleet::proof::Proof;

use super::people::Caller;
use super::{Answer, Ground};

/// A product's label as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelView {
    /// What the maker claims, whether a label says so now or not.
    pub claims: Vec<(String, String)>,
    /// The signed label with its bytes (`COSE_Sign1`), unless it has lapsed.
    pub signed: Option<(Label, Vec<u8>)>,
    /// Stale or missing evidence, because of which there is no label.
    pub stale: Vec<Stale>,
}

/// Records about a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofsView {
    /// Newest first, with the name of who made each.
    pub proofs: Vec<(Proof, Option<String>)>,
    /// What is missing among them, as stable words.
    pub missing: Vec<&'static str>,
}

/// What pages ask and order about records and labels. Each call stops for a rule or a fault, as [`super::Stop`] says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Proofs: Ground {
    /// The label of a product, signed now; `None` if the public reads nothing about such a product.
    fn label(&self, product: &ProductId) -> Answer<Option<LabelView>>;
    /// Records about a product; `None` if there is no such product.
    fn proofs(&self, product: &ProductId) -> Answer<Option<ProofsView>>;
    /// Keeps a record, JSON text. A photograph must have been kept before.
    fn keep_proof(&self, by: &Caller, product: &ProductId, text: &str) -> Answer<Proof>;
    /// Keeps a photograph with its record.
    fn keep_photo(&self, by: &Caller, product: &ProductId, of: &str, bytes: &[u8]) -> Answer<Proof>;
    /// The photograph of a record, with its media type.
    fn photo(&self, id: ProofId) -> Answer<Option<(&'static str, Vec<u8>)>>;
}
