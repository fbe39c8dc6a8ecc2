//! `outscope show`: the raw lines behind a number.

use super::args::{ShowArgs, time};
use outscope::bundle;
use outscope::error::{Error, Result};
use outscope::outcome::{Outcome, Rules};
use outscope::reconstruct::lines::{Seen, What, each_line};
use outscope::render::escape::visible;
use outscope::resource::{NameRules, template};
use outscope::survey::host_of;
use outscope::time::Micros;
use std::io::Write;

/// What the lines must satisfy.
struct Filter {
    at: Option<(String, u64)>,
    resource: Option<String>,
    from: Option<Micros>,
    to: Option<Micros>,
    outcome: Option<String>,
    tier: Option<String>,
    rules: Rules,
    names: NameRules,
}

pub(crate) fn run(args: &ShowArgs) -> Result<()> {
    let bundle = bundle::open(&args.input.bundle)?;
    let mut options = args.input.options(&bundle)?;
    options.threads = 1;
    let filter = Filter::new(args, &options.incident)?;
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let (mut shown, mut more, mut failed) = (0usize, 0u64, None);
    each_line(&bundle, &options, &mut |seen| {
        let path = &bundle.sources[seen.source].path;
        if !filter.keeps(path, seen) {
            return true;
        }
        if shown == args.most {
            more += 1;
            return true;
        }
        shown += 1;
        let text = visible(&String::from_utf8_lossy(seen.text));
        failed = writeln!(out, "{}:{}: {text}", visible(path), seen.line).err();
        failed.is_none()
    })?;
    if let Some(e) = failed {
        return Err(e.into());
    }
    out.flush()?;
    if more > 0 {
        writeln!(std::io::stderr(), "outscope: {more} more lines; --most N shows more")?;
    }
    Ok(())
}

impl Filter {
    fn new(args: &ShowArgs, incident: &outscope::config::Incident) -> Result<Self> {
        let at = args.at.as_deref().map(place).transpose()?;
        let known = ["good", "degraded", "failed", "shed", "excluded", "ambiguous", "rejected", "skipped"];
        if let Some(o) = args.outcome.as_deref().filter(|o| !known.contains(o)) {
            return Err(Error::Usage(format!("`{o}` is no outcome; one of {}", known.join(", "))));
        }
        let tiers = ["edge", "balancer", "origin", "unknown"];
        if let Some(t) = args.tier.as_deref().filter(|t| !tiers.contains(t)) {
            return Err(Error::Usage(format!("`{t}` is no tier; one of {}", tiers.join(", "))));
        }
        Ok(Filter {
            at,
            resource: args.resource.clone(),
            from: args.from.as_deref().map(time).transpose()?,
            to: args.to.as_deref().map(time).transpose()?,
            outcome: args.outcome.clone(),
            tier: args.tier.clone(),
            rules: Rules::new(&incident.outcome).map_err(Error::Usage)?,
            names: NameRules::new(&incident.resource).map_err(Error::Usage)?,
        })
    }

    fn keeps(&self, path: &str, seen: &Seen<'_>) -> bool {
        if let Some((source, line)) = &self.at {
            return source == path && *line == seen.line && !matches!(seen.what, What::NotALog(_) | What::Trouble(_));
        }
        let kind = |name: &str| self.outcome.as_deref() == Some(name);
        let timeless = self.from.is_none() && self.to.is_none() && self.resource.is_none() && self.tier.is_none();
        match &seen.what {
            What::Rejected(_) => kind("rejected") && timeless,
            What::Skipped(_) | What::Aside(..) => kind("skipped") && timeless,
            What::NotALog(_) | What::Trouble(_) => false,
            What::Event(event, _, info) => {
                let mut host = Vec::new();
                // The instants have been corrected for zone and clock.
                let (at, host) = (event.when(), host_of(event, info, &mut host));
                let outcome: Outcome = self.rules.classify(event, info.tier);
                self.from.is_none_or(|t| at >= t)
                    && self.to.is_none_or(|t| at < t)
                    && self.outcome.as_deref().is_none_or(|o| o == outcome.name())
                    && self.tier.as_deref().is_none_or(|t| t == info.tier.name())
                    && self.resource.as_deref().is_none_or(|r| self.is_of(r, host, event.path.as_deref()))
            }
        }
    }

    /// Whether host with path, template or rule's name contains the pattern.
    fn is_of(&self, pattern: &str, host: &[u8], path: Option<&[u8]>) -> bool {
        let path = path.unwrap_or(b"");
        let mut folded = Vec::new();
        template(path, &mut folded);
        let named = self.names.name(path).map(|n| n.0).unwrap_or_default();
        [[host, path].concat(), [host, &folded].concat(), named]
            .iter()
            .any(|text| String::from_utf8_lossy(text).contains(pattern))
    }
}

fn place(text: &str) -> Result<(String, u64)> {
    let wrong = || Error::Usage(format!("`{text}` is no place: write SOURCE:LINE, such as edge/a.log.gz:17"));
    let (source, line) = text.rsplit_once(':').ok_or_else(wrong)?;
    Ok((source.to_owned(), line.parse().map_err(|_| wrong())?))
}
