//! `tables/*.csv`: every number of the report and of its pictures, for people with a spreadsheet.
//!
//! A text field that a spreadsheet would run as a formula begins with an apostrophe, and characters
//! that cannot be seen are written as visible escapes: both are said on the pages.

use super::Artifact;
use super::csv::Csv;
use crate::case::{Avail, Case, Point, Share};

/// All tables, each with its head line even where it is empty.
#[must_use]
pub fn all(case: &Case) -> Vec<Artifact> {
    [
        ("sources", sources(case)),
        ("source_series", source_series(case)),
        ("ledger", ledger(case)),
        ("rejected", rejected(case)),
        ("resources", resources(case)),
        ("series", series(case)),
        ("headline", headline(case)),
        ("segments", segments(case)),
        ("segment_series", segment_series(case)),
        ("uptime", uptime(case)),
        ("episodes", episodes(case)),
        ("bouts", bouts(case)),
        ("claims", claims(case)),
        ("claim_figures", claim_figures(case)),
        ("audience", audience(case)),
        ("latency", latency(case)),
        ("explanations", explanations(case)),
    ]
    .into_iter()
    .map(|(name, csv)| Artifact::new(format!("tables/{name}.csv"), csv.finish()))
    .collect()
}

fn sources(case: &Case) -> Csv {
    let head = [
        "path",
        "sha256",
        "size",
        "format",
        "confidence",
        "why",
        "tier",
        "instance",
        "lines",
        "events",
        "duplicates",
        "skipped",
        "rejected",
        "first",
        "last",
        "clock_offset",
        "trouble",
    ];
    case.sources.iter().fold(Csv::new(&head), |csv, s| {
        csv.text(&s.path)
            .text(&s.sha256)
            .count(s.size)
            .maybe(s.format.as_deref())
            .number(s.confidence)
            .text(&s.why)
            .text(s.tier.name())
            .maybe(s.instance.as_deref())
            .count(s.lines)
            .count(s.events)
            .count(s.duplicates)
            .count(s.skipped)
            .count(s.rejected)
            .time(s.first)
            .time(s.last)
            .number(s.clock_offset)
            .maybe(s.trouble.as_deref())
            .end()
    })
}

fn source_series(case: &Case) -> Csv {
    let mut csv = Csv::new(&["source", "bin_start", "events"]);
    for source in &case.sources {
        for (i, n) in source.per_bin.iter().enumerate() {
            csv = csv.text(&source.path).time(Some(case.axis.start(i))).count(*n).end();
        }
    }
    csv
}

fn ledger(case: &Case) -> Csv {
    let mut csv = Csv::new(&["source", "became", "reason", "lines"]);
    for s in &case.sources {
        for (became, n) in [("event", s.events), ("duplicate", s.duplicates)] {
            csv = csv.text(&s.path).text(became).text("").count(n).end();
        }
        for (became, by) in [("skipped", &s.skipped_by), ("rejected", &s.rejected_by)] {
            for (reason, n) in by {
                csv = csv.text(&s.path).text(became).text(reason).count(*n).end();
            }
        }
    }
    csv
}

fn rejected(case: &Case) -> Csv {
    let mut csv = Csv::new(&["source", "line", "reason", "excerpt"]);
    for s in &case.sources {
        for e in &s.examples {
            csv = csv.text(&s.path).count(e.line).text(&e.reason).text(&e.excerpt).end();
        }
    }
    csv
}

fn resources(case: &Case) -> Csv {
    let mut head = vec!["name".to_owned(), "in_cause".into(), "rule".into(), "requests".into(), "failed".into()];
    for part in ["availability", "before", "during", "after"] {
        for what in ["", "_low", "_high", "_requests", "_clients", "_effective_requests"] {
            head.push(format!("{part}{what}"));
        }
    }
    for what in ["time_availability", "time_availability_low", "time_availability_high", "excess_failures"] {
        head.push(what.into());
    }
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    case.resources.iter().fold(Csv::new(&head), |csv, r| {
        let csv = csv.text(&r.name).yes(r.in_cause).maybe(r.rule.as_deref()).count(r.requests).count(r.failed);
        let csv = [&r.availability, &r.before, &r.during, &r.after].into_iter().fold(csv, avail);
        share(csv, r.time_availability).number(Some(r.excess)).end()
    })
}

fn avail(csv: Csv, a: &Avail) -> Csv {
    csv.number(a.value).number(a.low).number(a.high).count(a.requests).count(a.clients).number(a.effective)
}

fn share(csv: Csv, s: Share) -> Csv {
    csv.number(s.value).number(s.low).number(s.high)
}

/// Columns of one bin, after whatever names the series.
const POINT: [&str; 10] =
    ["bin_start", "requests", "failed", "state", "success", "redirect", "client_error", "shed", "server_error", "unanswered"];

fn point(csv: Csv, p: &Point) -> Csv {
    let c = p.classes;
    let csv = csv.time(Some(p.t)).count(p.requests).count(p.failed).text(p.state.name());
    [c.success, c.redirect, c.client_error, c.shed, c.server_error, c.unanswered].into_iter().fold(csv, Csv::count).end()
}

fn series(case: &Case) -> Csv {
    let head: Vec<&str> = ["resource"].into_iter().chain(POINT).collect();
    let mut csv = Csv::new(&head);
    for r in &case.resources {
        csv = r.series.iter().fold(csv, |csv, p| point(csv.text(&r.name), p));
    }
    csv
}

fn headline(case: &Case) -> Csv {
    let head: Vec<&str> = ["part"].into_iter().chain(POINT).collect();
    let mut csv = Csv::new(&head);
    for (part, series) in [("target", &case.scope.target_series), ("rest", &case.scope.rest_series)] {
        csv = series.iter().fold(csv, |csv, p| point(csv.text(part), p));
    }
    csv
}

fn segments(case: &Case) -> Csv {
    case.segments.iter().fold(Csv::new(&["attribute", "value", "tier", "requests", "failed"]), |csv, s| {
        csv.text(&s.attribute).text(&s.value).text(s.tier.name()).count(s.requests).count(s.failed).end()
    })
}

fn segment_series(case: &Case) -> Csv {
    let head: Vec<&str> = ["attribute", "value", "tier"].into_iter().chain(POINT).collect();
    let mut csv = Csv::new(&head);
    for s in &case.segments {
        csv = s.series.iter().fold(csv, |csv, p| point(csv.text(&s.attribute).text(&s.value).text(s.tier.name()), p));
    }
    csv
}

fn uptime(case: &Case) -> Csv {
    let o = &case.operations;
    let parts = [("site", &o.site), ("target", &o.target), ("rest", &o.rest)];
    let rows = parts.into_iter().flat_map(|(name, usage)| usage.iter().flat_map(|u| &u.worst).map(move |w| (name, w)));
    rows.fold(Csv::new(&["part", "window_seconds", "worst_user_uptime", "from"]), |csv, (name, w)| {
        csv.text(name).count(w.window.unsigned_abs()).number(Some(w.uptime)).time(Some(w.from)).end()
    })
}

fn episodes(case: &Case) -> Csv {
    let head = [
        "resource",
        "from",
        "from_low",
        "from_high",
        "to",
        "to_low",
        "to_high",
        "requests",
        "failed",
        "clients_affected",
        "open",
        "set_aside",
        "shape",
        "bouts",
        "downtime",
        "duty_cycle",
        "period",
        "resolution",
    ];
    case.episodes.iter().fold(Csv::new(&head), |csv, e| {
        let csv = csv.text(&e.resource);
        let csv = [e.from, e.from_low, e.from_high, e.to, e.to_low, e.to_high].into_iter().fold(csv, |c, t| c.time(Some(t)));
        csv.count(e.requests)
            .count(e.failed)
            .maybe(e.clients_affected.map(|n| n.to_string()).as_deref())
            .maybe(e.open.as_deref())
            .maybe(e.set_aside.as_deref())
            .text(e.course.shape.name())
            .count(e.course.bouts.len() as u64)
            .number(e.course.downtime)
            .number(e.course.duty_cycle)
            .number(e.course.period)
            .number(e.course.resolution)
            .end()
    })
}

fn bouts(case: &Case) -> Csv {
    let head = ["resource", "bout", "from", "from_low", "from_high", "to", "to_low", "to_high", "requests", "failed"];
    let all = case.episodes.iter().flat_map(|e| e.course.bouts.iter().zip(1u64..).map(move |(b, i)| (e, b, i)));
    all.fold(Csv::new(&head), |csv, (e, b, i)| {
        let csv = csv.text(&e.resource).count(i);
        let csv = [b.from, b.from_low, b.from_high, b.to, b.to_low, b.to_high].into_iter().fold(csv, |c, t| c.time(Some(t)));
        csv.count(b.requests).count(b.failed).end()
    })
}

fn claims(case: &Case) -> Csv {
    case.claims.iter().fold(Csv::new(&["id", "says", "by", "at", "standing", "because"]), |csv, c| {
        csv.text(&c.id).text(&c.says).maybe(c.by.as_deref()).time(c.at).text(c.standing.name()).text(&c.because).end()
    })
}

fn claim_figures(case: &Case) -> Csv {
    let head =
        ["claim", "test", "about_from", "about_to", "claimed", "tolerance", "unit", "definition", "value", "low", "high", "fits"];
    let mut csv = Csv::new(&head);
    for c in &case.claims {
        let h = &c.held;
        let start = |csv: Csv| {
            let csv = csv.text(&c.id).maybe(h.test).time(h.about.map(|s| s.from)).time(h.about.map(|s| s.to));
            csv.number(h.claimed).number(h.tolerance).maybe(h.unit)
        };
        if h.measured.is_empty() {
            csv = start(csv).text("").number(None).number(None).number(None).text("").end();
        }
        for m in &h.measured {
            let fits = m.fits.map_or("", |f| if f { "yes" } else { "no" });
            csv = start(csv).text(&m.definition).number(Some(m.value)).number(Some(m.low)).number(m.high).text(fits).end();
        }
    }
    csv
}

fn audience(case: &Case) -> Csv {
    let head = [
        "bin_start",
        "concurrent",
        "concurrent_low",
        "concurrent_high",
        "clients_served",
        "clients_denied",
        "clients_first_served",
    ];
    case.audience.series.iter().fold(Csv::new(&head), |csv, p| {
        let csv = [p.concurrent, p.low, p.high].into_iter().fold(csv.time(Some(p.t)), |csv, n| csv.number(n.map(|n| n as f64)));
        csv.count(p.served).count(p.denied).count(p.first_served).end()
    })
}

fn latency(case: &Case) -> Csv {
    let mut csv = Csv::new(&["part", "from", "good_answers", "p50", "p95"]);
    let Some(l) = &case.latency else { return csv };
    for (part, took) in [("target", Some(&l.target)), ("rest", l.rest.as_ref())] {
        for t in took.map_or(&[][..], |t| &t.series) {
            csv = csv.text(part).time(Some(t.t)).count(t.took.answers).number(t.took.p50).number(t.took.p95).end();
        }
    }
    csv
}

fn explanations(case: &Case) -> Csv {
    let mut csv = Csv::new(&["id", "standing", "strength", "evidence", "favours", "against"]);
    for e in &case.explanations {
        let start = |csv: Csv| csv.text(&e.id).text(e.standing.name()).maybe(e.strength.as_deref());
        if e.evidence.is_empty() {
            csv = start(csv).text("").text("").text("").end();
        }
        csv = e.evidence.iter().fold(csv, |csv, v| start(csv).text(&v.says).yes(v.favours).yes(v.against).end());
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::csv::parse;

    #[test]
    fn every_table_is_rectangular_and_counts_what_the_case_holds() {
        let case = crate::render::sample::case();
        let tables = all(&case);
        for table in &tables {
            let rows = parse(std::str::from_utf8(&table.bytes).expect("UTF-8"));
            assert!(rows.iter().all(|r| r.len() == rows[0].len()), "{}", table.name);
            let want = match table.name.as_str() {
                "tables/sources.csv" => case.sources.len(),
                "tables/resources.csv" => case.resources.len(),
                "tables/series.csv" => case.resources.iter().map(|r| r.series.len()).sum(),
                "tables/headline.csv" => 2 * case.axis.bins,
                "tables/segments.csv" => case.segments.len(),
                "tables/uptime.csv" => 12,
                "tables/episodes.csv" => case.episodes.len(),
                "tables/bouts.csv" => case.episodes.iter().map(|e| e.course.bouts.len()).sum(),
                "tables/claims.csv" => case.claims.len(),
                "tables/rejected.csv" => case.sources.iter().map(|s| s.examples.len()).sum(),
                "tables/explanations.csv" => case.explanations.iter().map(|e| e.evidence.len().max(1)).sum(),
                _ => continue,
            };
            assert_eq!(rows.len() - 1, want, "{}", table.name);
        }
    }

    #[test]
    fn the_ledger_table_adds_up_to_the_lines_of_every_source() {
        let case = crate::render::sample::case();
        let tables = all(&case);
        let ledger = tables.iter().find(|t| t.name == "tables/ledger.csv").expect("the ledger");
        let rows = parse(std::str::from_utf8(&ledger.bytes).expect("UTF-8"));
        for source in &case.sources {
            let sum: u64 = rows.iter().filter(|r| r[0] == source.path).map(|r| r[3].parse::<u64>().expect("a count")).sum();
            assert_eq!(sum, source.lines, "{}", source.path);
        }
    }
}
