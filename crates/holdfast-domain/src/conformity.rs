//! The catalogue of requirements and the status of each, computed from facts.
