//! Vendor and class identifiers: version 5 UUIDs (draft-ietf-suit-manifest-37 §8.4.8.2, RFC 9562 §5.5).
//!
//! They say which software fits which device. They never prove who a device is.

use core::fmt;

use uuid::Uuid;

/// A maker, named by its domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VendorId([u8; 16]);

impl VendorId {
    /// The identifier of the maker who holds this domain name.
    #[must_use]
    pub fn of_domain(domain: &str) -> Self {
        Self(Uuid::new_v5(&Uuid::NAMESPACE_DNS, domain.as_bytes()).into_bytes())
    }

    /// Takes sixteen bytes that are already an identifier.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The identifier's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A class of devices of one maker that run the same software.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId([u8; 16]);

impl ClassId {
    /// The identifier of a product or model of this vendor.
    #[must_use]
    pub fn of_product(vendor: VendorId, product: &str) -> Self {
        Self(Uuid::new_v5(&Uuid::from_bytes(vendor.0), product.as_bytes()).into_bytes())
    }

    /// Takes sixteen bytes that are already an identifier.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The identifier's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for VendorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Uuid::from_bytes(self.0), f)
    }
}

impl fmt::Display for ClassId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Uuid::from_bytes(self.0), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn the_identifiers_are_the_ones_of_the_drafts_examples() {
        let vendor = VendorId::of_domain("arm.com");
        assert_eq!(vendor.to_string(), "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe");
        assert_eq!(ClassId::of_product(vendor, "suit").to_string(), "1492af14-2569-5e48-bf42-9b2d51f2ab45");
    }
}
