//! HTTP for people: the JSON interface under `/api/v1`, the maker's console and the public pages.
//!
//! Owns parsing of requests, pages, cookies, headers and refusals of this door. Knows no SQL and no rule: everything
//! is asked through the port [`backend::Backend`], which the server implements over the store and the domain.

pub mod backend;
pub mod secret;
