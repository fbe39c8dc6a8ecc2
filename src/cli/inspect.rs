//! `outscope inspect`: what is in a bundle.

use super::args::InspectArgs;
use outscope::bundle;
use outscope::case::Source;
use outscope::error::Result;
use outscope::progress::{Bar, Progress, Silent};
use outscope::reconstruct::inspect;
use outscope::render::escape::visible;
use outscope::time::Span;
use outscope::words::{count, span};
use serde_json::json;
use std::io::Write;

pub(crate) fn run(args: &InspectArgs) -> Result<()> {
    let bundle = bundle::open(&args.input.bundle)?;
    let options = args.input.options(&bundle)?;
    let progress: Box<dyn Progress> = if args.input.quiet { Box::new(Silent) } else { Bar::or_silence() };
    let found = inspect(&bundle, &options, &*progress)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if args.json {
        let asides: Vec<_> = bundle.asides.iter().map(|a| json!({"path": a.path, "size": a.size, "why": a.why})).collect();
        let all = json!({
            "bundle": bundle.name,
            "sources": found.sources,
            "totals": found.totals,
            "completeness": found.completeness,
            "asides": asides,
            "defined": found.defined,
        });
        writeln!(out, "{all:#}")?;
    } else {
        for s in &found.sources {
            source(&mut out, s)?;
        }
        for note in &found.defined {
            writeln!(out, "configuration: {}", visible(note))?;
        }
        for a in &bundle.asides {
            writeln!(out, "{}\n  set apart: {}", visible(&a.path), visible(&a.why))?;
        }
        let t = found.totals;
        writeln!(
            out,
            "\nledger: {} lines = {} events + {} duplicates + {} skipped + {} rejected",
            count(t.lines),
            count(t.events),
            count(t.duplicates),
            count(t.skipped),
            count(t.rejected)
        )?;
        for g in &found.completeness.gaps {
            let what = if g.share < 1.0 { "logged only a part" } else { "logged nothing" };
            let at = span(Span::new(g.from, g.to));
            writeln!(out, "gap: {} {what} in {at} ({}). {}", visible(&g.who), g.class.words(), visible(&g.means))?;
        }
        for q in &found.completeness.quiet {
            let at = span(Span::new(q.from, q.to));
            writeln!(out, "quiet: {} {} was not asked for in {at}. {}", q.attribute, visible(&q.value), q.means)?;
        }
        for c in &found.completeness.copies {
            writeln!(out, "copies: {}", visible(c))?;
        }
        for o in &found.completeness.clock_offsets {
            writeln!(out, "clock: {}", visible(o))?;
        }
    }
    out.flush()?;
    Ok(())
}

fn source(out: &mut impl Write, s: &Source) -> std::io::Result<()> {
    writeln!(out, "{}", visible(&s.path))?;
    match (&s.format, s.confidence) {
        (Some(format), Some(confidence)) => {
            let instance = s.instance.as_deref().map_or_else(String::new, |i| format!(" {}", visible(i)));
            let wrapper = s.wrapper.as_deref().map_or_else(String::new, |w| format!(" in {w}"));
            let confidence = 100.0 * confidence;
            writeln!(out, "  {}{wrapper}, confidence {confidence:.0} %, {}{instance}", visible(format), s.tier.name())?;
            writeln!(out, "  {}", visible(&s.why))?;
        }
        _ => writeln!(out, "  skipped: {}", visible(&s.why))?,
    }
    if let (Some(first), Some(last)) = (s.first, s.last) {
        writeln!(out, "  {}", span(Span::new(first, last)))?;
    }
    writeln!(
        out,
        "  {} lines = {} events + {} duplicates + {} skipped + {} rejected",
        count(s.lines),
        count(s.events),
        count(s.duplicates),
        count(s.skipped),
        count(s.rejected)
    )?;
    for (format, x) in s.formats.iter().filter(|(name, _)| Some(*name) != s.format.as_ref()) {
        writeln!(
            out,
            "  {} of them read as {}, in lines {} to {}",
            count(x.events),
            visible(format),
            count(x.first),
            count(x.last)
        )?;
    }
    if s.repaired > 0 {
        writeln!(out, "  {} of them broke their format's own rules and were mended", count(s.repaired))?;
    }
    if let Some(trouble) = &s.trouble {
        writeln!(out, "  trouble: {}", visible(trouble))?;
    }
    for (reason, n) in s.skipped_by.iter().chain(&s.rejected_by) {
        writeln!(out, "  {} x {reason}", count(*n))?;
    }
    for x in &s.examples {
        writeln!(out, "  line {}: {}: {}", x.line, x.reason, visible(&x.excerpt))?;
    }
    Ok(())
}
