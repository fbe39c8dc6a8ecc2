//! The command line program: everything it does is in the library; here it speaks.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
