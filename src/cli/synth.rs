//! `outscope synth`: bundles with planted truth.

use super::args::SynthArgs;
use outscope::error::{Error, Result};
use outscope::synth::{Request, scenarios, write};
use std::io::Write;

pub(crate) fn run(args: &SynthArgs) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if args.scenario == "list" {
        for (name, about) in scenarios() {
            writeln!(out, "{name:<20} {about}")?;
        }
        return Ok(());
    }
    let Some(folder) = &args.out else {
        return Err(Error::Usage("say where the bundle goes: --out DIR".into()));
    };
    let request = Request { scenario: args.scenario.clone(), out: folder.clone(), seed: args.seed, lines: args.lines };
    let summary = write(&request)?;
    writeln!(out, "{} (SYNTHETIC) in {}", summary.scenario, folder.display())?;
    for (file, lines) in &summary.files {
        writeln!(out, "  {lines:>9} lines  {file}")?;
    }
    Ok(())
}
