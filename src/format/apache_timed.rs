//! Apache: common, combined or vhost_combined with columns of the administrator's own, where those
//! can be understood: `%D %T %X %k %{UNIQUE_ID}e %{begin:msec}t` and more, in any order, behind the user
//! agent or before the referrer.
//!
//! ```text
//! .. "GET /slow HTTP/1.1" 200 137 "-" "curl/8" 87 137 2500850 2 X 0 av_7N-oeQXKNJP9Mp17wbQAAAAo "-" 1795160887553
//! ```
//!
//! No line says what its columns are. What can be proven from many lines is ([`super::part::proof`]
//! has the rules), and only that is interpreted: duration, finer stamps, `%X`, ids. A file of which
//! nothing can be proven is read as `combined`, `common` or `vhost-combined`.
//!
//! The stamp is the request's start, as Apache writes it. Where stamps are in order and stamps plus
//! durations are not, the file is lighttpd's, which knows the same columns and stamps the end, or it was
//! sorted by time: which instant the stamp tells is then unknown.
//!
//! Quirks:
//! - `X` in `%X`: the client left before the end. Apache logs status and size as if all had been sent, so
//!   nothing else tells. `+` and `-` say whether the connection stays open.
//! - A line with `+` or `X` among numbers is known by that alone, also where no other lines are at hand.
//! - `%T` alone has whole seconds, 0 for most requests: it is no duration.
//! - A line with another number of columns is not this file's format and left to the others.

use super::part::clf::{Clf, clf, read};
use super::part::client;
use super::part::field::{Raw, is_absent, number, value};
use super::part::proof::{self, Column, Instant};
use super::part::stamp;
use super::part::upstream::is_upstream;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Ending, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::settled(
    Facts {
        name: "apache-timed",
        about: "Apache with columns of its own that can be proven: %D, %X, %{begin:msec}t, UNIQUE_ID",
        fields: &[
            "client",
            "method",
            "path",
            "query",
            "status",
            "bytes",
            "duration",
            "user_agent",
            "referrer",
            "request_id",
            "ending",
        ],
        stamp: Stamp::Start,
        tier: Tier::Origin,
        blind: "columns whose meaning the lines do not prove are not read; no upstream status",
        specificity: 5,
        zoneless: false,
        samples: &[
            r#"192.0.2.1 - - [20/Nov/2026:07:48:07 +0000] "GET /a?b=c HTTP/1.1" 200 137 "https://example.net/" "curl/8" 87 337 2500850 2 X 0 av_7N-oeQXKNJP9Mp17wbQAAAAo "-" 1795160887553"#,
            r#"192.0.2.1 - - [20/Nov/2026:07:48:10 +0000] "GET /b HTTP/1.1" 200 512 "-" "curl/8" 86 712 45012 0 + 1 av_7McaxHMl6X28Q6ao86QAAAIg "-" 1795160890001"#,
            r#"192.0.2.2 - - [20/Nov/2026:07:48:01 +0000] "GET /die HTTP/1.1" 502 344 "-" "curl/8" 86 544 60060292 60 + 0 av_7McaxHMl6X28Q6ao86QAAAIk "-" 1795160881528"#,
        ],
    },
    || Arc::new(Apache { layout: None }),
    settle,
);

/// Most columns that are looked at; a line with more is of another format.
const COLUMNS_MAX: usize = 24;

/// What stands behind the bytes of a line.
struct Row<'a> {
    line: Clf<'a>,
    columns: [Raw<'a>; COLUMNS_MAX],
    /// Which of them stand in quotes.
    in_quotes: [bool; COLUMNS_MAX],
    count: usize,
    /// Place of the referrer; the agent stands behind it.
    agents: Option<usize>,
}

impl<'a> Row<'a> {
    /// The forwarded-for list behind the agents. One without quotes would be `%A`, the server's own address.
    fn forwarded(&self) -> Option<&'a [u8]> {
        let is_list = |list: &[u8]| client::is_address_list(list) && !is_upstream(list);
        let columns = self.columns.iter().zip(&self.in_quotes).take(self.count).skip(self.agents.map_or(0, |at| at + 2));
        columns.filter(|(_, in_quotes)| **in_quotes).map(|(raw, _)| raw.bytes).find(|list| is_list(list))
    }
}

/// What one column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Duration, in this many microseconds.
    Duration(i64),
    Connection,
    Begin,
    End,
    RequestId,
}

/// The shape of a file's lines.
#[derive(Debug)]
struct Layout {
    count: usize,
    agents: Option<usize>,
    meanings: Vec<(usize, Meaning)>,
    stamp: Stamp,
}

/// Lines of one layout; without one, those that prove themselves by `%X`.
#[derive(Debug)]
struct Apache {
    layout: Option<Layout>,
}

impl Dialect for Apache {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            let row = row(line)?;
            match &self.layout {
                Some(layout) => event(row, layout),
                None => {
                    let at = connection(&row).ok_or(Reject::UnknownFormat)?;
                    let meanings = vec![(at, Meaning::Connection)];
                    event(row, &Layout { count: 0, agents: None, meanings, stamp: FORMAT.facts.stamp })
                }
            }
        })
    }
}

fn row(line: &[u8]) -> Result<Row<'_>, Reject> {
    let line = clf(line)?;
    let mut columns = [Raw::default(); COLUMNS_MAX];
    let mut quotes = [false; COLUMNS_MAX];
    let (mut count, mut agents, mut before) = (0, None, false);
    let mut i = line.rest.trim_ascii_start();
    while !i.is_empty() {
        let in_quotes = i.first() == Some(&b'"');
        let (rest, raw) = value(i).map_err(|_| Reject::UnknownFormat)?;
        *columns.get_mut(count).ok_or(Reject::UnknownFormat)? = raw;
        *quotes.get_mut(count).ok_or(Reject::UnknownFormat)? = in_quotes;
        if in_quotes && before && agents.is_none() {
            agents = count.checked_sub(1);
        }
        (before, count, i) = (in_quotes, count + 1, rest);
    }
    Ok(Row { line, columns, in_quotes: quotes, count, agents })
}

/// The column of a line that is `%X` by itself: a plus or an X among two or more numbers.
fn connection(row: &Row<'_>) -> Option<usize> {
    let columns = row.columns.get(..row.count)?;
    let at = columns.iter().position(|raw| matches!(raw.bytes, b"+" | b"X"))?;
    (columns.iter().filter(|raw| number(raw.bytes).is_some()).count() >= 2).then_some(at)
}

fn event<'a>(row: Row<'a>, layout: &Layout) -> Result<Parsed<'a>, Reject> {
    let settled = layout.count > 0;
    if settled && (row.count, row.agents) != (layout.count, layout.agents) {
        return Err(Reject::UnknownFormat);
    }
    let list = row.forwarded();
    let mut event = row.line.event;
    if let Some(at) = row.agents {
        let agent = |n: usize| row.columns.get(n).copied().unwrap_or_default();
        if agent(at + 1).bytes.ends_with(b"(internal dummy connection)") {
            return Ok(Parsed::Skip(Skip::Internal));
        }
        (event.referrer, event.user_agent) = (agent(at).present(), agent(at + 1).present());
    }
    if let Some(list) = list {
        client::put(&mut event, row.line.peer.map(Cow::Borrowed), Some(Cow::Borrowed(list)));
    }
    let mut end = None;
    for (at, meaning) in &layout.meanings {
        let value = row.columns.get(*at).map(|raw| raw.bytes).unwrap_or_default();
        match meaning {
            Meaning::Duration(unit) => {
                event.duration = number(value).and_then(|n| i64::try_from(n).ok()?.checked_mul(*unit));
            }
            Meaning::Connection if value == b"X" => event.ending = Ending::ClientLeft,
            Meaning::Connection => {}
            Meaning::Begin => event.stamp = stamp::epoch(value).unwrap_or(event.stamp),
            Meaning::End => end = stamp::epoch(value),
            Meaning::RequestId => event.request_id = (!is_absent(value)).then_some(Cow::Borrowed(value)),
        }
    }
    let begins = layout.meanings.iter().any(|(_, m)| *m == Meaning::Begin);
    if let (true, Some(end), None) = (begins, end, event.duration) {
        event.duration = Some(end.0.saturating_sub(event.stamp.0)).filter(|d| *d >= 0);
    }
    event.place(layout.stamp);
    Ok(Parsed::Event(event))
}

/// The layout of a file, as far as these lines prove it; nothing where they prove no column.
fn settle(lines: &[&[u8]]) -> Option<Arc<dyn Dialect>> {
    let rows: Vec<Row<'_>> = lines.iter().filter_map(|line| row(line).ok()).filter(|row| row.count > 0).collect();
    let mut shapes: BTreeMap<(usize, Option<usize>), usize> = BTreeMap::new();
    rows.iter().for_each(|row| *shapes.entry((row.count, row.agents)).or_default() += 1);
    let (count, agents) = shapes.into_iter().max_by_key(|(_, n)| *n)?.0;
    let rows: Vec<Row<'_>> = rows.into_iter().filter(|row| (row.count, row.agents) == (count, agents)).collect();
    let stamps: Vec<i64> = rows.iter().map(|row| row.line.event.stamp.0).collect();
    let is_agent = |n: usize| agents.is_some_and(|at| n == at || n == at + 1);
    let columns: Vec<(usize, Column<'_>)> = (0..count)
        .filter(|n| !is_agent(*n))
        .map(|n| (n, rows.iter().map(|row| row.columns.get(n).map(|raw| raw.bytes).unwrap_or_default()).collect()))
        .collect();

    let mut meanings = Vec::new();
    for (n, column) in &columns {
        match proof::epoch(&stamps, column) {
            Some(Instant::Stamp) => meanings.push((*n, Meaning::Begin)),
            Some(Instant::Later) => meanings.push((*n, Meaning::End)),
            None if proof::is_connection(column) => meanings.push((*n, Meaning::Connection)),
            None => {}
        }
    }
    let duration = duration(&stamps, &columns);
    meanings.extend(duration.as_ref().map(|(n, unit, _)| (*n, Meaning::Duration(*unit))));
    if meanings.is_empty() {
        return None;
    }
    meanings.extend(columns.iter().find(|(_, c)| proof::is_unique_id(c)).map(|(n, _)| (*n, Meaning::RequestId)));
    // A server that stamps the start writes no file whose stamps are in order and whose ends are not.
    let sorted = duration.is_some_and(|(_, unit, values)| {
        let ends: Vec<i64> = stamps.iter().zip(&values).map(|(t, d)| t.saturating_add(d.saturating_mul(unit))).collect();
        !proof::is_disordered(&stamps) && proof::is_disordered(&ends)
    });
    let stamp = if sorted { Stamp::Unknown } else { FORMAT.facts.stamp };
    Some(Arc::new(Apache { layout: Some(Layout { count, agents, meanings, stamp }) }))
}

/// The column that is proven to be the duration, with its unit in microseconds and its values.
fn duration(stamps: &[i64], columns: &[(usize, Column<'_>)]) -> Option<(usize, i64, Vec<i64>)> {
    let numbers: Vec<(usize, Vec<i64>)> = columns.iter().filter_map(|(n, c)| Some((*n, proof::numbers(c)?))).collect();
    let by_seconds = numbers
        .iter()
        .find(|(n, micros)| numbers.iter().any(|(other, seconds)| other != n && proof::micros_by_seconds(micros, seconds)));
    if let Some((n, micros)) = by_seconds {
        return Some((*n, 1, micros.clone()));
    }
    let by_order = numbers.into_iter().filter_map(|(n, values)| Some((n, proof::unit_by_order(stamps, &values)?, values)));
    by_order.filter(|(_, unit, _)| *unit < crate::time::SECOND).min_by_key(|(_, unit, _)| *unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::format::part::clf::shown;

    fn event<'a>(dialect: &Arc<dyn Dialect>, line: &'a str) -> Event<'a> {
        match dialect.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn settled(lines: &[String]) -> Option<Arc<dyn Dialect>> {
        let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        (FORMAT.settle)(&lines)
    }

    /// Lines of requests a second apart, every fifth of which takes 4 s, in the order of their ends, with
    /// what `tail` makes of start and duration in microseconds.
    fn file(tail: impl Fn(i64, i64) -> String) -> Vec<String> {
        let mut all: Vec<(i64, i64)> = (0..40).map(|n| (n, if n % 5 == 0 { 4_137_000 } else { 12_000 + n * 100 })).collect();
        all.sort_by_key(|(n, d)| n * 1_000_000 + d);
        all.iter()
            .map(|(n, d)| {
                let tail = tail(1_795_160_880 + n, *d);
                format!(r#"192.0.2.1 - - [20/Nov/2026:07:48:{n:02} +0000] "GET /a HTTP/1.1" 200 512{tail}"#)
            })
            .collect()
    }

    #[test]
    fn three_lines_with_all_columns_prove_each_other() {
        let lines: Vec<String> = FORMAT.facts.samples.iter().map(|l| (*l).to_owned()).collect();
        let dialect = settled(&lines).expect("proven");
        let e = event(&dialect, &lines[0]);
        assert_eq!(
            (e.duration, e.ending, shown(&e.request_id).as_str()),
            (Some(2_500_850), Ending::ClientLeft, "av_7N-oeQXKNJP9Mp17wbQAAAAo")
        );
        assert_eq!((e.stamp.to_string().as_str(), e.start), ("2026-11-20T07:48:07.553Z", Some(e.stamp)));
        assert_eq!(e.end, Some(e.stamp.plus(2_500_850)));
        let e = event(&dialect, &lines[1]);
        assert_eq!((e.duration, e.ending, shown(&e.referrer).as_str()), (Some(45_012), Ending::Unsaid, "-"));
    }

    #[test]
    fn a_lone_number_is_a_duration_where_the_order_of_lines_proves_it() {
        for (what, tail, want) in [
            ("%D", (|_, d| format!(r#" "-" "curl/8" {d}"#)) as fn(i64, i64) -> String, 4_137_000),
            ("%{ms}T", |_, d| format!(r#" "-" "curl/8" {}"#, d / 1_000), 4_137_000),
            ("%D before the referrer", |_, d| format!(r#" {d} "-" "curl/8""#), 4_137_000),
            ("Jetty: common and ms", |_, d| format!(" {}", d / 1_000), 4_137_000),
            ("both, the finer one counts", |_, d| format!(" {} {d}", d / 1_000), 4_137_000),
            ("begin and end", |t, d| format!(" {} {}", t * 1_000 + 7, t * 1_000 + 7 + d / 1_000), 4_137_000),
        ] {
            let lines = file(tail);
            let dialect = settled(&lines).expect(what);
            let slow = lines.iter().map(|l| event(&dialect, l)).find(|e| e.duration > Some(1_000_000)).expect(what);
            assert_eq!((slow.duration, slow.start), (Some(want), Some(slow.stamp)), "{what}");
        }
    }

    #[test]
    fn what_is_not_proven_is_left_alone() {
        for (what, tail) in [
            ("whole seconds", (|_, d| format!(" {}", d / 1_000_000)) as fn(i64, i64) -> String),
            ("bytes", |t, _| format!(" {}", t % 65_537)),
            ("nothing", |_, _| r#" "-" "curl/8""#.to_owned()),
        ] {
            assert!(settled(&file(tail)).is_none(), "{what}");
        }
        let mut quick = file(|_, d| format!(r#" "-" "curl/8" {d}"#));
        quick.sort();
        quick.retain(|l| !l.contains("4137000"));
        assert!(settled(&quick).is_none(), "a file without a slow request proves nothing");
    }

    #[test]
    fn stamps_in_order_that_cannot_be_starts_are_of_an_unknown_instant() {
        let mut lines = file(|_, d| format!(r#" "-" "curl/8" {d} {}"#, d / 1_000_000));
        lines.sort();
        let dialect = settled(&lines).expect("proven by whole seconds");
        let e = event(&dialect, &lines[0]);
        assert_eq!((e.duration, e.start, e.end), (Some(4_137_000), None, None));
    }

    #[test]
    fn a_line_of_another_shape_is_left_to_the_others() {
        let lines = file(|_, d| format!(r#" "-" "curl/8" {d} +"#));
        let dialect = settled(&lines).expect("proven");
        for line in [lines[0].clone(), lines[0].replace(r#" "-" "curl/8""#, ""), format!("{} 7", lines[0])] {
            let same = line == lines[0];
            assert_eq!(matches!(dialect.line(line.as_bytes()), Parsed::Event(_)), same, "{line}");
        }
    }

    #[test]
    fn only_a_quoted_list_that_names_no_upstream_gives_the_client() {
        for (tail, client) in
            [(r#" "203.0.113.9, 10.0.0.2""#, "203.0.113.9"), (r#" "10.0.0.5:8080""#, "10.0.0.1"), (" 10.0.0.5", "10.0.0.1")]
        {
            let lines = file(|_, d| format!(r#" "-" "curl/8" {d}{tail}"#));
            let lines: Vec<String> = lines.iter().map(|l| l.replacen("192.0.2.1", "10.0.0.1", 1)).collect();
            let dialect = settled(&lines).expect(tail);
            assert_eq!(shown(&event(&dialect, &lines[0]).client), client, "{tail}");
        }
    }

    #[test]
    fn a_list_beside_the_peer_is_kept_for_the_users_rules() {
        let lines = file(|_, d| format!(r#" "-" "curl/8" {d} "203.0.113.9, 198.51.100.7""#));
        let dialect = settled(&lines).expect("proven");
        let e = event(&dialect, &lines[0]);
        assert_eq!(
            [shown(&e.client), shown(&e.peer), shown(&e.forwarded)],
            ["192.0.2.1", "192.0.2.1", "203.0.113.9, 198.51.100.7"]
        );
    }

    #[test]
    fn a_line_alone_is_known_by_its_connection_word() {
        let dialect = (FORMAT.dialect)();
        let head = r#"192.0.2.1 - - [20/Nov/2026:07:48:07 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl/8""#;
        for (tail, want) in [
            (" 87 137 2500850 2 X 0", Some(Ending::ClientLeft)),
            (" 87 137 2500850 2 + 0", Some(Ending::Unsaid)),
            (" 87 137 2500850 2 - 0", None),
            (" 5 X", None),
            ("", None),
        ] {
            let line = format!("{head}{tail}");
            let got = match dialect.line(line.as_bytes()) {
                Parsed::Event(e) => Some((e.ending, e.duration)),
                _ => None,
            };
            assert_eq!(got, want.map(|w| (w, None)), "{tail}");
        }
    }
}
