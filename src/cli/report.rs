//! `outscope report`: the main job.

use super::args::ReportArgs;
use outscope::bundle;
use outscope::error::Result;
use outscope::progress::{Bar, Progress, Silent};
use outscope::reconstruct::reconstruct;
use outscope::render::{self, summary, write};
use std::io::Write;
use std::path::PathBuf;

pub(crate) fn run(args: &ReportArgs) -> Result<()> {
    let bundle = bundle::open(&args.input.bundle)?;
    let options = args.options(&bundle)?;
    let progress: Box<dyn Progress> = if args.input.quiet { Box::new(Silent) } else { Bar::or_silence() };
    let mut case = reconstruct(&bundle, &options, &*progress)?;
    let pictures = render::chart::all(&case)?;
    let artifacts = render::artifacts(&mut case, pictures)?;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("reports").join(&bundle.name));
    write::folder(&out, &artifacts)?;
    let text = summary::text(&case, &out.display().to_string());
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
