//! `outscope formats`: what can be read.

use super::args::FormatsArgs;
use outscope::error::{Error, Result};
use outscope::event::Stamp;
use outscope::format::{FORMATS, Facts};
use serde_json::json;
use std::io::Write;

pub(crate) fn run(args: &FormatsArgs) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let facts = FORMATS.iter().map(|f| &f.facts);
    if args.json {
        let list: Vec<_> = facts.map(as_json).collect();
        writeln!(out, "{:#}", json!(list))?;
        return Ok(());
    }
    if args.names {
        for f in facts {
            writeln!(out, "{}", f.name)?;
        }
        return Ok(());
    }
    if let Some(name) = &args.samples {
        let wanted: Vec<_> = facts.filter(|f| name == "all" || f.name == name).collect();
        if wanted.is_empty() {
            return Err(Error::Usage(format!("`{name}` is no format this program knows; see `outscope formats --names`")));
        }
        for line in wanted.iter().flat_map(|f| f.samples) {
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    for f in facts {
        writeln!(out, "{}\n  {}", f.name, f.about)?;
        writeln!(out, "  fields   {}", f.fields.join(", "))?;
        writeln!(out, "  stamp    {}", stamp(f.stamp))?;
        writeln!(out, "  tier     {} unless told otherwise", f.tier.name())?;
        if !f.blind.is_empty() {
            writeln!(out, "  blind    {}", f.blind)?;
        }
        writeln!(out)?;
    }
    out.flush()?;
    Ok(())
}

fn as_json(f: &Facts) -> serde_json::Value {
    json!({"name": f.name, "about": f.about, "fields": f.fields, "stamp": f.stamp, "tier": f.tier, "blind": f.blind})
}

const fn stamp(s: Stamp) -> &'static str {
    match s {
        Stamp::Start => "start of the request",
        Stamp::End => "end of the request",
        Stamp::Unknown => "start or end, by server: the format does not tell",
    }
}
