//! The `holdfast` server: the devices' door, the reconcilers, the command line, and the wiring between them.
//!
//! Read in this order: `wiring` (what runs), `tls` and `authority` (who may speak), `gateway` and `devices` (devices),
//! `app` (what people ask for), `work` (what happens by itself), `cli` and `demo` (how it is used), `offline` and
//! `factory` (what never touches the server).

pub mod clock;
pub mod wiring;
mod provenance;
mod oidc;
mod post;
pub mod settings;
pub mod tls;
pub mod authority;
pub mod doorstep;
pub mod https;
pub mod gateway;
pub mod devices;
pub mod app;
pub mod work;
pub mod backup;
pub mod cli;
pub mod demo;
pub mod offline;
pub mod factory;
#[doc(hidden)]
pub mod parsers;
