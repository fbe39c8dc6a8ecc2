//! Who was there, and why requests, views, clients and those at one time differ by orders of magnitude; how long
//! good answers took.

use crate::case::audience::Basis;
use crate::case::latency::Quantiles;
use crate::case::{Case, Verdict};
use crate::render::chart::took_words;
use crate::render::doc::{Block, Table, Text};
use crate::render::story::phrases::{Clock, counted};
use crate::words::{count, duration_in_full as duration, percent};

/// The numbers of the audience, each with what it counts.
pub(super) fn audience(case: &Case) -> Vec<Block> {
    let a = &case.audience;
    if a.requests == 0 {
        return Vec::new();
    }
    let mut blocks = vec![Block::Para(
        "One evening of one person makes many requests, some page views, one or two visits, and at any moment at most one listener. \
         So these numbers differ by orders of magnitude, and each answers another question:"
            .into(),
    )];
    blocks.push(Block::Table(ladder(case)));
    blocks.push(Block::List(sentences(case)));
    let mut inside = Vec::new();
    inside.extend(readings(case));
    inside.extend(views(case));
    inside.push(Block::List(caveats(case)));
    blocks.push(Block::Details { summary: "How these were counted, and what else they could have been".into(), blocks: inside });
    blocks
}

fn ladder(case: &Case) -> Table {
    let a = &case.audience;
    let mut table = Table::new(&["What", "#In these logs", "What it counts"]);
    let mut row = |what: &str, n: String, counts: &str| table.row(vec![what.into(), n.into(), counts.into()]);
    row(
        "Impressions or views, as a platform counts them",
        "not in these logs".into(),
        "each time something appeared on a screen, also within a list, also again; no server of the site need be asked for it",
    );
    row(
        "Requests",
        count(a.requests),
        "every line that the outermost servers wrote: pages, their pictures and scripts, every poll of a player",
    );
    row(
        "Page views",
        count(a.page_views.all),
        "documents that people asked for and got; no pictures, scripts, interfaces or polls",
    );
    if let Some(s) = &a.sessions {
        row("Visits", count(s.all), &format!("requests of one client with no pause longer than {}", duration(s.gap as f64)));
    }
    let addresses = match a.distinct_clients_error {
        Some(error) => format!("about {} (give or take {})", count(a.distinct_clients), percent(1.96 * error)),
        None => count(a.distinct_clients),
    };
    row("Client addresses", addresses, "different network addresses that asked at least once");
    if let Some(n) = a.target_clients {
        row("Client addresses that asked for what failed", count(n), "the same, during the incident");
    }
    if let Some(x) = a.admission.as_ref().filter(|_| case.scope.verdict != Verdict::NoIncident) {
        row(
            "Clients let in",
            count(x.admitted),
            "asked for what failed during the incident and were answered well at least once in it",
        );
        row(
            "Clients turned away",
            count(x.denied),
            &format!("asked, and were not answered well once in it; {} of them later", count(x.later)),
        );
    }
    match (&a.peak_concurrent, &a.concurrency) {
        (Some(p), Some(c)) => {
            let how = if c.basis == Basis::Polls {
                "were there at the same moment, by their regular requests for"
            } else {
                "had an answer open at the same moment from"
            };
            let range = if (p.low, p.high) == (p.value, p.value) {
                String::new()
            } else {
                format!(" ({} to {})", count(p.low), count(p.high))
            };
            let counts = Text::from(format!("clients that {how} ")).name(&c.of);
            table.row(vec!["Most at one time".into(), format!("{}{range}", count(p.value)).into(), counts]);
        }
        _ => {
            let why = a.unknown.as_deref().unwrap_or("not measured");
            table.row(vec!["Most at one time".into(), "cannot be told".into(), why.into()]);
        }
    }
    table
}

fn sentences(case: &Case) -> Vec<Text> {
    let a = &case.audience;
    let mut out: Vec<Text> = Vec::new();
    let per = |n: u64, by: u64| (by > 0).then(|| format!("{:.1}", n as f64 / by as f64));
    if let (Some(requests), Some(views)) = (per(a.requests, a.distinct_clients), per(a.page_views.all, a.distinct_clients)) {
        out.push(format!("Here one client address stands for {requests} requests and {views} page views.").into());
    }
    if let (Some(p), Some(c)) = (&a.peak_concurrent, &a.concurrency) {
        let at = Clock::of(case).moment(p.at);
        let own = if c.clients > 0 { duration(3_600.0 * c.hours / c.clients as f64) } else { "no time".into() };
        let mut text = format!(
            "At most {} were there at one time, at {at}, of {} that ever were; each stayed for {own} on average.",
            counted(p.value, "client"),
            count(c.clients)
        );
        if c.basis == Basis::Polls && c.pause > 0 {
            let each = 3_600 / c.pause;
            text += &format!(
                " Somebody who stays for an hour asks {} times in it, which no count of requests shows to be one person.",
                count(each.max(1).unsigned_abs())
            );
        }
        out.push(text.into());
    }
    if let Some(s) = a.scale {
        out.push(
            format!(
                "These data are made: by their own statement one client in them stands for {} people. The numbers above are those of the logs as they are.",
                count(s as u64)
            )
            .into(),
        );
    }
    out
}

fn readings(case: &Case) -> Vec<Block> {
    let Some(c) = &case.audience.concurrency else { return Vec::new() };
    let clock = Clock::of(case);
    let how = if c.basis == Basis::Polls {
        format!(
            "Clients ask again every {} (the median pause), so one that pauses for longer than three such pauses counts as gone, \
                 and each counts as there for one pause beyond its last request. The choice matters this much:",
            duration(c.pause as f64)
        )
    } else {
        "A client counts as there while an answer to it lasts, and between two answers if it connects again soon enough. The choice matters this much:".to_owned()
    };
    let mut table = Table::new(&["Gone after", "#Most at one time", "When"]);
    for r in &c.readings {
        table.row(vec![duration(r.gap as f64).into(), count(r.value).into(), clock.moment(r.at).into()]);
    }
    vec![Block::Para(how.into()), Block::Table(table)]
}

fn views(case: &Case) -> Vec<Block> {
    let v = &case.audience.page_views;
    let mut table = Table::new(&["Page", "#Views"]);
    for r in v.resources.iter().take(8).filter(|r| r.views > 0) {
        table.row(vec![Text::new().name(&r.name), count(r.views).into()]);
    }
    if table.rows.is_empty() { Vec::new() } else { vec![Block::Table(table)] }
}

fn caveats(case: &Case) -> Vec<Text> {
    let a = &case.audience;
    let mut out: Vec<Text> = vec![
        "A page view is a GET request that was answered well, by a path that names no file of another kind (.js, .jpg, .m3u8) and no interface for \
         programs (/api/, /graphql, /static/ and the like), from an agent that does not call itself a program. Logs do not say what kind \
         of thing an answer was, so this goes by custom; what an application draws by itself makes no page view."
            .into(),
        "An address is not a person. Behind one address of a household, a company or a mobile carrier there may be thousands (then the true number is \
         larger); one person may come from several addresses, at home and on the way (then it is smaller). Visits, those let in and those at one time tell \
         clients apart by address and user agent, which softens the first and worsens the second."
            .into(),
    ];
    if a.page_views.programs > 0 {
        out.push(
            format!(
                "{} were fetched by programs that say so; they are not among the page views.",
                counted(a.page_views.programs, "page")
            )
            .into(),
        );
    }
    if let Some(c) = a.concurrency.as_ref().filter(|c| c.sampling > 1) {
        out.push(
            format!(
                "There are so many clients that one in {} was looked at, chosen by a hash; ranges allow for it.",
                count(c.sampling)
            )
            .into(),
        );
    }
    out
}

/// How long good answers took.
pub(super) fn latency(case: &Case) -> Vec<Block> {
    let Some(l) = &case.latency else { return Vec::new() };
    let mut table = Table::new(&["Of what, when", "#Good answers", "#Half took at most", "#19 of 20 took at most"]);
    let whole = if l.rest.is_some() { "what was hit" } else { "the whole site" };
    for (name, took) in [(whole, Some(&l.target)), ("everything else", l.rest.as_ref())] {
        let Some(took) = took else { continue };
        for (when, q) in [("otherwise", took.baseline), ("during the incident", took.during)] {
            if q.answers > 0 {
                let what = if case.window.is_some() { format!("{name}, {when}") } else { name.to_owned() };
                table.row(row(what, q));
            }
        }
    }
    if table.rows.is_empty() {
        return Vec::new();
    }
    vec![
        Block::Para(
            format!(
                "Only good answers are counted, as an error that comes at once would make a failing service look fast. Times are those that the outermost log \
                 gives, known to within {}; waiting in front of it, on the way and at the client's, is not in them.",
                percent(l.error)
            )
            .into(),
        ),
        Block::Table(table),
    ]
}

fn row(what: String, q: Quantiles) -> Vec<Text> {
    let told = |p: Option<f64>| p.map_or_else(|| Text::from("too few answers"), |p| took_words(p).into());
    vec![what.into(), count(q.answers).into(), told(q.p50), told(q.p95)]
}
