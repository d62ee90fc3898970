//! Compiled Thing Models of the products, shared by all connections.
//!
//! Whoever changes a product calls [`Models::load`]; open connections notice by the generation and take the new model
//! for their next message.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_core::id::ProductId;
use holdfast_domain::telemetry::{Model, ModelError};

#[derive(Debug, Default)]
struct Inner {
    by_product: Mutex<BTreeMap<ProductId, Arc<Model>>>,
    generation: AtomicU64,
}

/// Compiled models by product; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Models(Arc<Inner>);

impl Models {
    /// Compiles a product's model and keeps it in the place of an older one.
    ///
    /// # Errors
    ///
    /// [`ModelError`]; the older model stays then.
    pub fn load(&self, product: &ProductId, thing_model: &str) -> Result<Arc<Model>, ModelError> {
        let model = Arc::new(Model::compile(thing_model)?);
        let mut models = self.0.by_product.lock().unwrap_or_else(PoisonError::into_inner);
        models.insert(product.clone(), Arc::clone(&model));
        self.0.generation.fetch_add(1, Ordering::Release);
        Ok(model)
    }

    /// The model of a product, if one was loaded.
    #[must_use]
    pub fn known(&self, product: &ProductId) -> Option<Arc<Model>> {
        self.0.by_product.lock().unwrap_or_else(PoisonError::into_inner).get(product).map(Arc::clone)
    }

    /// Rises with each load.
    #[must_use]
    pub(super) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }
}
