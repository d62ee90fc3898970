//! The `holdfast-agent` program: everything it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    holdfast_agent::main_program()
}
