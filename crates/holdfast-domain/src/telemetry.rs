//! Compiled Thing Models and the admission of telemetry.
