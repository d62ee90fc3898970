//! The counter of everything a door turns away. Names are the stable kebab-case names of errors.

/// Counts refusals by door and name. One call each, cheap, never blocking.
pub trait Refusals: Send + Sync {
    /// One more of `name` at `door`.
    fn count(&self, door: &'static str, name: &'static str);
}
