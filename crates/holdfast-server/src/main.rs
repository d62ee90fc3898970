//! The `holdfast` program: server and command line in one binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(holdfast_server::cli::run())
}
