//! The command line: the only place that knows clap and that writes to standard output.

mod args;
mod compare;
mod events;
mod formats;
mod inspect;
mod localise;
mod report;
mod show;
mod synth;

use args::{Cli, Command};
use clap::Parser;
use clap::error::ErrorKind;
use outscope::error::Error;
use std::io::Write;
use std::process::ExitCode;

/// Runs the command that was typed. Exit status: 0 done, whatever the verdict; 2 wrong usage;
/// 1 anything else. A closed pipe is no error.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            let fine = matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if fine { 0 } else { 2 });
        }
    };
    let done = match &cli.command {
        Command::Report(a) => report::run(a),
        Command::Compare(a) => compare::run(a),
        Command::Inspect(a) => inspect::run(a),
        Command::Events(a) => events::run(a),
        Command::Show(a) => show::run(a),
        Command::Formats(a) => formats::run(a),
        Command::Localise(a) => localise::run(a),
        Command::Synth(a) => synth::run(a),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Stdout(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(e) => {
            // Line by line: a message that points into a file has several.
            let text: Vec<String> = e.to_string().trim_end().lines().map(outscope::render::escape::visible).collect();
            let _ = writeln!(std::io::stderr(), "outscope: {}", text.join("\n"));
            ExitCode::from(if matches!(e, Error::Usage(_)) { 2 } else { 1 })
        }
    }
}
