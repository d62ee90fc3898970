//! The devices' HTTPS door: enrolment over secure transport (EST) and `/device/v1`.

mod pkcs7;
mod refusals;

pub use refusals::Refusals;
