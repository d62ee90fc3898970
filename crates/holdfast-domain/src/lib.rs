//! Every rule of Holdfast, with no I/O, no clock, no randomness and no async: facts in, a [`decision::Decision`] out.
//!
//! One folder a room; the same noun names the room in `store`, `web` and the templates. Read `decision` first: it says
//! what a rule may change. Then follow a device through `fleet`, `telemetry`, `updates`, `integrity`; `people` is who may
//! ask, `conformity` is what all of it proves.

pub mod conformity;
pub mod decision;
pub mod fleet;
pub mod homes;
pub mod integrity;
pub mod keys;
pub mod papers;
pub mod people;
pub mod reason;
pub mod telemetry;
pub mod updates;
mod words;

#[cfg(test)]
mod fixture;
