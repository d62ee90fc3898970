//! Adding a product, and replacing its model.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{PersonId, ProductId};
use holdfast_core::time::Timestamp;

use super::Product;
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::telemetry::{Model, ModelError};

/// Most characters of a product's title.
pub const TITLE_CHARS_MAX: usize = 80;

/// A product as a person offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedProduct {
    /// Its id.
    pub id: ProductId,
    /// What people call it.
    pub title: String,
    /// The maker's domain.
    pub vendor_domain: String,
    /// The Thing Model, JSON text.
    pub thing_model: String,
}

/// Why a product is not put.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProductRefusal {
    /// The model does not compile.
    #[error("the thing model cannot be used")]
    Model(#[from] ModelError),
    /// The title is empty or too long.
    #[error("the title is empty or longer than {TITLE_CHARS_MAX} characters")]
    Title,
    /// The model names another maker.
    #[error("the thing model names another vendor domain")]
    VendorDiffers,
    /// The product exists under another domain; its devices would refuse every further release.
    #[error("the vendor domain of a product never changes, because its devices know it")]
    VendorChanged,
}

impl ProductRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Model(error) => error.name(),
            Self::Title => "title-malformed",
            Self::VendorDiffers => "vendor-differs",
            Self::VendorChanged => "vendor-changed",
        }
    }
}

/// Decides to add a product, or to replace the title and model of `existing`.
///
/// # Errors
///
/// [`ProductRefusal`] names what is wrong with the offer.
pub fn put_product(
    existing: Option<&Product>,
    offered: OfferedProduct,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, ProductRefusal> {
    let model = Model::compile(&offered.thing_model)?;
    if offered.title.trim().is_empty() || offered.title.chars().count() > TITLE_CHARS_MAX {
        return Err(ProductRefusal::Title);
    }
    if model.vendor_domain().is_some_and(|domain| domain != offered.vendor_domain) {
        return Err(ProductRefusal::VendorDiffers);
    }
    if existing.is_some_and(|existing| existing.vendor_domain != offered.vendor_domain) {
        return Err(ProductRefusal::VendorChanged);
    }
    let digest = Sha256Digest::of(offered.thing_model.as_bytes());
    let product = Product {
        id: offered.id,
        title: offered.title,
        vendor_domain: offered.vendor_domain,
        thing_model: offered.thing_model,
        created: existing.map_or(now, |existing| existing.created),
    };
    let line = LedgerLine::new(kind::PRODUCT_PUT, now)
        .fact("product", &product.id)
        .fact("model", digest.as_bytes())
        .fact("person", by);
    Ok(Decision::new(vec![Change::PutProduct(product)], line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, THERMOSTAT, later, person};

    fn offered() -> OfferedProduct {
        OfferedProduct {
            id: "hearth-thermostat".parse().expect("an id"),
            title: "Hearth thermostat".to_owned(),
            vendor_domain: "hearth.example".to_owned(),
            thing_model: THERMOSTAT.to_owned(),
        }
    }

    fn put(existing: Option<&Product>, offered: OfferedProduct) -> Result<Product, &'static str> {
        let decision = put_product(existing, offered, &person(), later(5)).map_err(|refusal| refusal.name())?;
        match decision.changes.as_slice() {
            [Change::PutProduct(product)] => Ok(product.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_product_keeps_its_first_day_when_its_model_is_replaced() {
        let first = Product { created: NOW, ..put(None, offered()).expect("put") };
        let again = put(Some(&first), OfferedProduct { title: "New title".to_owned(), ..offered() }).expect("put");
        assert_eq!((again.created, again.title.as_str()), (NOW, "New title"));
    }

    #[test]
    fn what_devices_could_not_live_with_is_refused() {
        let first = put(None, offered()).expect("put");
        let elsewhere = Product { vendor_domain: "other.example".to_owned(), ..first };
        assert_eq!(put(Some(&elsewhere), offered()), Err("vendor-changed"));
        let renamed = OfferedProduct { vendor_domain: "other.example".to_owned(), ..offered() };
        assert_eq!(put(None, renamed), Err("vendor-differs"));
        assert_eq!(put(None, OfferedProduct { title: " ".to_owned(), ..offered() }), Err("title-malformed"));
        assert_eq!(put(None, OfferedProduct { title: "x".repeat(81), ..offered() }), Err("title-malformed"));
        assert_eq!(put(None, OfferedProduct { thing_model: "{}".to_owned(), ..offered() }), Err("member-absent"));
    }
}
