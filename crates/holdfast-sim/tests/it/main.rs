//! Tests of the development tools themselves.

mod fuzz;
