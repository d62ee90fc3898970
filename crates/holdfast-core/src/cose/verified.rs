//! The proof token for content whose signatures were checked.

use core::ops::Deref;

/// Content that was signed by whoever may sign it, and was not changed since. Only this crate's verifiers make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// States that all checks have passed. The one constructor.
    pub(crate) const fn assertion(content: T) -> Self {
        Self(content)
    }

    /// The content, without the proof.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
