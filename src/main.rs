//! The `callibrate` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    callibrate::cli::main()
}
