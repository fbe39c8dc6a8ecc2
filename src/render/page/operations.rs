//! What users got, as against what requests got; and how much depends on how answers are counted.

use crate::case::operations::{Bound, Phase, Usage};
use crate::case::{Avail, Case, Share};
use crate::render::doc::{Block, Table, Text};
use crate::render::story::phrases::{answered, counted, share};
use crate::words::{count, duration_in_full as duration, percent};

/// Operations, users' time, denial.
pub(super) fn users(case: &Case) -> Vec<Block> {
    let o = &case.operations;
    if let Some(why) = &o.unknown {
        return vec![Block::Para(why.as_str().into())];
    }
    let gap = o.gap.unwrap_or(o.patience);
    let mut blocks = vec![Block::Para(
        format!(
            "Who is refused tries again, so single requests weigh most those who try most. Here attempts of one client (address and \
             browser) at one thing, at most {} apart, are put together until one of them succeeds; such an operation counts as served \
             if that was within {} of its first attempt. A user's time counts as up from an answer that succeeded to the next answer, \
             and as down from one that failed. Most logs stamp whole seconds: of answers within one second failures are taken to \
             come first.",
            duration(gap as f64),
            duration(o.patience as f64)
        )
        .into(),
    )];
    let timed = case.window.is_some();
    let parts = parts(case);
    let mut table = Table::new(&[
        "Of what, when",
        "#Requests answered well",
        "#Operations served in time",
        "#Users' time that was up",
        "#Attempts per operation",
    ]);
    for (name, usage) in &parts {
        for (when, phase) in [("otherwise", &usage.baseline), ("during the incident", &usage.during)] {
            if phase.requests.value.is_some() || phase.operations.value.is_some() {
                let what = if timed { format!("{name}, {when}") } else { (*name).to_owned() };
                table.row(row(what, phase));
            }
        }
    }
    if table.rows.is_empty() {
        return Vec::new();
    }
    blocks.push(Block::Table(table));
    let mut said: Vec<Text> = Vec::new();
    if timed {
        if let Some((name, usage)) = parts.first() {
            said.extend(told(name, usage));
        }
        said.extend(o.surge.as_ref().map(|s| Text::from(s.says.as_str())));
    }
    said.extend(caveats(case));
    blocks.push(Block::List(said));
    blocks
}

/// The parts told, by name: what was hit first.
fn parts(case: &Case) -> Vec<(&'static str, &Usage)> {
    let o = &case.operations;
    let list = match (&o.target, &o.rest) {
        (Some(target), rest) => vec![("what was hit", Some(target)), ("everything else", rest.as_ref())],
        (None, _) => vec![("the whole site", o.site.as_ref())],
    };
    list.into_iter().filter_map(|(name, usage)| Some((name, usage?))).collect()
}

fn row(what: String, p: &Phase) -> Vec<Text> {
    let good = |a: &Avail| if a.value.is_none() { "nothing asked".to_owned() } else { answered(a) };
    let of = |a: &Avail, noun: &str| format!("{} of {}", good(a), counted(a.requests, noun));
    vec![
        what.into(),
        of(&p.requests, "request").into(),
        of(&p.operations, "operation").into(),
        if p.uptime.value.is_none() {
            "not measurable".into()
        } else {
            share(p.uptime.value, p.uptime.low, p.uptime.high).into()
        },
        times(p.attempts).into(),
    ]
}

/// A ratio with its range: `2.31 (2.10 to 2.55)`.
fn times(s: Share) -> String {
    match (s.value, s.low, s.high) {
        (Some(v), Some(l), Some(h)) => format!("{v:.2} ({l:.2} to {h:.2})"),
        (Some(v), ..) => format!("{v:.2} (too little to give a range)"),
        _ => "not measurable".into(),
    }
}

fn told(name: &str, usage: &Usage) -> Vec<Text> {
    let mut out: Vec<Text> = Vec::new();
    if usage.amplification.value.is_some() {
        let than = if usage.compared_with == Some("own") {
            "otherwise"
        } else {
            "over the whole site otherwise, as it is hardly on record then"
        };
        out.push(format!("Of {name}, an operation took {} times as many attempts as {than}.", times(usage.amplification)).into());
    }
    if usage.denied.value.is_some() {
        out.push(
            format!(
                "Of the clients that asked for {name} during the incident, {} were not served once.",
                share(usage.denied.value, usage.denied.low, usage.denied.high)
            )
            .into(),
        );
    }
    let first = &usage.first_success;
    if first.clients > 0 {
        let within = |n: Option<i64>, part: &str| match n {
            Some(secs) => format!("{part} were first served within {}", duration(secs as f64)),
            None => format!("fewer than {part} were ever served"),
        };
        out.push(
            format!(
                "{} met a failure first: of these, {}, {}, and {} were not served before the end of what is looked at.",
                counted(first.clients, "client"),
                within(first.median, "half"),
                within(first.p90, "nine of ten"),
                share(first.never.value, first.never.low, first.never.high)
            )
            .into(),
        );
    }
    out
}

fn caveats(case: &Case) -> Vec<Text> {
    let o = &case.operations;
    let mut out = Vec::new();
    if let Some((name, usage)) = parts(case).first() {
        let why = if usage.polls {
            "three of the pauses between its clients' regular requests"
        } else {
            "longer than all but one in a hundred of the pauses that are ordinary"
        };
        out.push(Text::from(format!(
            "A client of {name} counts as gone after {} without a request: {why}.",
            duration(usage.cutoff as f64)
        )));
        if usage.during.unsure > 0 {
            out.push(
                format!(
                    "{} of {name} count as served because a failure and a success of the same second are taken in that order.",
                    counted(usage.during.unsure, "operation")
                )
                .into(),
            );
        }
    }
    if o.sampling > 1 {
        out.push(
            format!("There are so many clients that these figures rest on one in {}, chosen by a hash.", count(o.sampling))
                .into(),
        );
    }
    out
}

/// Availability between its bounds.
pub(super) fn readings(case: &Case) -> Vec<Block> {
    let r = &case.operations.readings;
    let timed = case.window.is_some();
    let mut table = Table::new(&[
        "Of what, when",
        "#At the worst reading",
        "#At the best",
        "#Clients that left",
        "#Cut short or spoilt",
        "#Slow",
    ]);
    let whole = if r.rest.is_some() { "what was hit" } else { "the whole site" };
    for (name, bounds) in [(whole, r.target), ("everything else", r.rest)] {
        let Some(bounds) = bounds else { continue };
        for (when, b) in [("otherwise", bounds.baseline), ("during the incident", bounds.during)] {
            if doubts(&b) > 0 {
                let what = if timed { format!("{name}, {when}") } else { name.to_owned() };
                let shares = [&b.low, &b.high].map(|a| Text::from(answered(a)));
                let counts = [b.ambiguous, b.degraded, b.slow].map(|n| Text::from(count(n)));
                table.row([Text::from(what)].into_iter().chain(shares).chain(counts).collect());
            }
        }
    }
    let mut said: Vec<Text> = Vec::new();
    said.extend(r.depends.as_ref().map(|d| Text::new().strong(d.as_str())));
    if table.rows.is_empty() {
        return if said.is_empty() { Vec::new() } else { vec![Block::List(said)] };
    }
    said.push(r.why.as_str().into());
    if let (Some(w), Some(b), None) = (r.worst, r.best, &r.depends) {
        said.push(format!("At the worst reading the answer is “{}”, at the best “{}”.", w.name(), b.name()).into());
    }
    let ends = r.target.filter(|_| timed).and_then(|t| Some((percent(t.during.low.value?), percent(t.during.high.value?))));
    if let Some((low, high)) = ends.filter(|(low, high)| low != high) {
        said.push(format!("Of {whole} between {low} and {high} was answered well, whatever became of these.").into());
    }
    vec![
        Block::Para(
            "Some answers can be read in two ways: the client left before it was answered, the answer was cut short, or it came late. \
             At the worst reading all of them are failures; at the best, clients that left are not counted and the others were good. \
             The truth lies between."
                .into(),
        ),
        Block::Table(table),
        Block::List(said),
    ]
}

fn doubts(b: &Bound) -> u64 {
    b.ambiguous + b.degraded + b.slow
}
