//! Compiled Thing Models of the products, shared by all connections, and the newest readings of devices by them.
//!
//! Whoever changes a product calls [`Models::load`]; open connections notice by the generation and take the new model
//! for their next message.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_core::id::{DeviceId, ProductId, StreamId};
use holdfast_domain::telemetry::value::FieldMap;
use holdfast_domain::telemetry::{LastReading, Model, ModelError};
use holdfast_store::{Store, StoreError};

/// Devices whose newest readings are remembered between connections.
const MEMORY_DEVICES_MAX: usize = 50_000;

/// The newest readings of each stream of a device.
pub(super) type Newest = Vec<(StreamId, LastReading)>;

/// Newest readings of devices that are not connected, so that rules between readings hold across connections.
#[derive(Debug, Default)]
struct Memory(Mutex<HashMap<DeviceId, (u64, Newest)>>);

#[derive(Debug, Default)]
struct Inner {
    by_product: Mutex<BTreeMap<ProductId, Arc<Model>>>,
    generation: AtomicU64,
    memory: Memory,
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

    /// The newest readings of a device, if they were judged by the models of this generation.
    pub(super) fn recall(&self, device: &DeviceId, generation: u64) -> Newest {
        let memory = self.0.memory.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.get(device).filter(|(of, _)| *of == generation).map(|(_, newest)| newest.clone()).unwrap_or_default()
    }

    /// Keeps the newest readings of a device until its next connection.
    pub(super) fn keep(&self, device: DeviceId, generation: u64, newest: Newest) {
        let mut memory = self.0.memory.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() < MEMORY_DEVICES_MAX || memory.contains_key(&device) {
            memory.insert(device, (generation, newest));
        }
    }

    /// Reads the newest stored readings of devices, after a start. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails.
    pub fn recall_stored(&self, store: &Store) -> Result<(), StoreError> {
        let generation = self.generation();
        let mut by_device: HashMap<DeviceId, Newest> = HashMap::new();
        for last in store.last_messages(MEMORY_DEVICES_MAX)? {
            let Some(model) = self.known(&last.product) else { continue };
            let Ok(fields) = FieldMap::parse(&last.message.fields) else { continue };
            let (counter, at) = (last.message.counter, last.message.device_time);
            if let Some(reading) = model.recall(last.stream.as_str(), counter, at, &fields) {
                by_device.entry(last.device).or_default().push((last.stream, reading));
            }
        }
        let mut memory = self.0.memory.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (device, newest) in by_device {
            // What a connection has kept meanwhile is newer.
            memory.entry(device).or_insert((generation, newest));
        }
        Ok(())
    }

    /// Rises with each load.
    #[must_use]
    pub(super) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }
}
