//! Which format a file has, from its first bytes; or why it is no access log.
//!
//! Every format reads a sample of the lines, and the one that reads most of them is taken. File
//! names are not asked: they are wrong too often (`access.log` may be HAProxy's, `.json` Cloudflare's).

use super::catalogue::{Catalogue, Known, is_richer};
use super::explain::{is_apache_error, is_nginx_error};
use super::wrap::{Wrapped, candidates};
use super::{Dialect, Facts, Parsed};
use crate::ledger::Skip;
use memchr::memmem;
use std::sync::Arc;

/// Size of the head that is looked at, in bytes.
pub const HEAD_MAX: usize = 1 << 20;
/// Most lines that are tried.
pub const SAMPLE_MAX: usize = 1_000;
/// Smallest share of the sample that has to be read as requests.
///
/// Why so low: a log may begin with a day of HAProxy start-up messages, a damaged block or a foreign
/// format, and refusing it loses every request in it, while the ledger shows each line that was not
/// read. Why not lower: prose, configuration and error logs read as no format at all (0 % on every
/// such file tried), so a fifth is far above chance.
pub const SHARE_MIN: f64 = 0.2;
/// Number of requests that suffices whatever their share: fifty well-formed requests with dates,
/// methods and statuses do not come about by chance, and a file that holds them is worth reading.
pub const EVENTS_MIN: usize = 50;
/// Shares that differ by less than this are equal, and the more specific format is taken: the
/// general formats also read the lines that a specific one does not know.
const NEAR: f64 = 0.02;

/// Lines that are looked at for what wraps them.
const WRAPPED_SAMPLE_MAX: usize = 100;

/// The format found.
#[derive(Clone, Debug)]
pub struct Recognised {
    /// Its facts.
    pub facts: &'static Facts,
    /// The dialect for the file's first line.
    pub dialect: Arc<dyn Dialect>,
    /// Share of the sampled lines it reads, 0 to 1; skipped lines do not count.
    pub confidence: f64,
    /// What the lines are wrapped in, if they are.
    pub wrapper: Option<&'static str>,
    /// In words.
    pub why: String,
    /// The other formats that read anything, best first, with their share.
    pub runners_up: Vec<(&'static str, f64)>,
}

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotALog {
    /// In words, for the report.
    pub why: String,
}

impl NotALog {
    fn because(why: impl Into<String>) -> Self {
        NotALog { why: why.into() }
    }
}

/// How one format did on the sample.
struct Score {
    facts: &'static Facts,
    dialect: Arc<dyn Dialect>,
    wrapper: Option<&'static str>,
    read: usize,
    tried: usize,
}

impl Score {
    fn share(&self) -> f64 {
        if self.tried == 0 { 0.0 } else { self.read as f64 / self.tried as f64 }
    }
}

/// Recognises a file by its head: its first bytes after decompression, up to [`HEAD_MAX`] of them. A
/// full head may end inside a line, which is then left out. `path` is asked for one thing only: whether
/// a server's configuration that is at hand names this file.
///
/// # Errors
/// The file is no access log; the reason is for the user.
pub fn recognise(head: &[u8], path: &str, catalogue: &Catalogue) -> Result<Recognised, NotALog> {
    if head.trim_ascii().is_empty() {
        return Err(NotALog::because(if head.is_empty() { "the file is empty" } else { "the file holds only white space" }));
    }
    if let Some(what) = binary(head) {
        return Err(NotALog::because(what));
    }
    let lines = lines(head);
    let suits = |known: &&Known| !known.only_those || known.files.has(path);
    // Of two that fit equally the one whose configuration names the file comes first: the sorting is stable.
    let (named, unnamed): (Vec<&Known>, Vec<&Known>) = catalogue.iter().filter(suits).partition(|known| known.files.has(path));
    let known: Vec<&Known> = named.into_iter().chain(unnamed).collect();
    let mut scores: Vec<Score> = known.iter().map(|known| bare(known, &lines)).collect();
    rank(&mut scores);
    let named = |facts: &'static Facts| known.iter().any(|k| std::ptr::eq(k.facts, facts) && k.files.has(path));
    let mut inside = wrapped(&lines, &known);
    rank(&mut inside);
    let unclear = [&mut scores, &mut inside].map(|scores| drop_unclear(scores, &named)).into_iter().max().unwrap_or_default();
    if let Some(better) = inside.into_iter().next().filter(|inner| is_better(inner, scores.first())) {
        scores.insert(0, better);
    }
    let Some(best) = scores.first().filter(|s| s.share() >= SHARE_MIN || s.read >= EVENTS_MIN) else {
        return Err(NotALog::because(refusal(&lines, scores.first())));
    };
    let name = best.facts.name;
    let inside = best.wrapper.map_or_else(String::new, |w| format!(" inside {w}"));
    Ok(Recognised {
        facts: best.facts,
        dialect: Arc::clone(&best.dialect),
        confidence: best.share(),
        wrapper: best.wrapper,
        why: format!("{} of {} sampled lines read as {name}{inside}{}{unclear}", best.read, best.tried, others(&scores)),
        runners_up: scores.iter().skip(1).filter(|s| s.read > 0).map(|s| (s.facts.name, s.share())).collect(),
    })
}

/// The formats that came next, in words.
fn others(scores: &[Score]) -> String {
    let next: Vec<String> =
        scores.iter().skip(1).filter(|s| s.read > 0).take(2).map(|s| format!("{} of them as {}", s.read, s.facts.name)).collect();
    if next.is_empty() { String::new() } else { format!(" ({})", next.join(", ")) }
}

/// Best first: within [`NEAR`] of the best share the more specific one.
fn rank(scores: &mut [Score]) {
    let top = scores.iter().map(Score::share).fold(0.0, f64::max);
    scores.sort_by(|a, b| {
        let rank = |s: &Score| (s.share() + NEAR >= top && s.read > 0, s.facts.specificity);
        let by_share = b.share().total_cmp(&a.share()).then(b.facts.specificity.cmp(&a.facts.specificity));
        match (rank(a), rank(b)) {
            ((true, x), (true, y)) => y.cmp(&x).then(by_share),
            ((x, _), (y, _)) => y.cmp(&x).then(by_share),
        }
    });
    // A plain format reads every line that a richer one reads, so the shares cannot decide between them.
    if scores.first().is_some_and(|best| best.facts.specificity <= PLAIN)
        && let Some(n) = scores.iter().position(|s| is_richer(s.facts) && s.share() >= SHARE_MIN)
        && let Some(upto) = scores.get_mut(..=n)
    {
        upto.rotate_right(1);
    }
}

/// The highest specificity of the plain formats: common, combined and vhost-combined.
const PLAIN: u8 = 3;

/// How a file is read with a format that was not found but given: bare, or inside wrappers where it reads
/// the lines as well or better so.
#[must_use]
pub fn given(known: &Known, head: &[u8]) -> Recognised {
    let lines = lines(head);
    let outer = bare(known, &lines);
    let inner = wrapped(&lines, &[known]).pop().filter(|inner| inner.read > 0 && inner.share() + NEAR > outer.share());
    let score = inner.unwrap_or(outer);
    let name = known.facts.name;
    let inside = score.wrapper.map_or_else(String::new, |w| format!(" inside {w}"));
    let why = format!(
        "{name} as given by the user: it reads {} of {} sampled lines{inside}, the others are offered to all formats",
        score.read, score.tried
    );
    let confidence = score.share();
    Recognised { facts: score.facts, dialect: score.dialect, confidence, wrapper: score.wrapper, why, runners_up: Vec::new() }
}

/// How a format does on the lines as they are.
fn bare(known: &Known, lines: &[&[u8]]) -> Score {
    let settled = (known.settle)(lines);
    let dialect = settled.unwrap_or_else(|| Arc::clone(&known.dialect));
    score(known.facts, dialect, lines)
}

/// Whether what is inside a wrapper reads better than the lines as they are. A declared shape may be loose
/// enough to take the wrapper for a part of the line, so of two readings that it makes the inner one is right.
fn is_better(inner: &Score, outer: Option<&Score>) -> bool {
    let Some(outer) = outer else { return inner.read > 0 };
    let is_declared = outer.facts.specificity > DECLARED && std::ptr::eq(outer.facts, inner.facts);
    inner.share() > outer.share() + if is_declared { -NEAR } else { NEAR }
}

/// Takes out the declared shapes of which several fit the lines equally, if nothing says whose the file is:
/// the same figures may be seconds in one and milliseconds in the other. Says so, in words.
fn drop_unclear(scores: &mut Vec<Score>, named: &dyn Fn(&'static Facts) -> bool) -> String {
    let Some(top) = scores.first().map(Score::share) else { return String::new() };
    let fits = |s: &Score| s.facts.specificity > DECLARED && s.read > 0 && s.share() + NEAR >= top;
    let unclear: Vec<&str> = scores.iter().filter(|s| fits(s) && !named(s.facts)).map(|s| s.facts.name).collect();
    if unclear.len() < 2 || scores.first().is_none_or(|best| !fits(best) || named(best.facts)) {
        return String::new();
    }
    let words = format!("; {} fit equally and none is said to be this file's, so none is used", unclear.join(" and "));
    scores.retain(|s| !fits(s) || named(s.facts));
    rank(scores);
    words
}

/// The highest specificity of a shipped format; declared ones have more.
const DECLARED: u8 = 9;

/// How the formats do on what may be inside wrappers. Most files have none, which a look at each line tells
/// before any format is asked.
fn wrapped(lines: &[&[u8]], known: &[&Known]) -> Vec<Score> {
    let stride = lines.len().div_ceil(WRAPPED_SAMPLE_MAX).max(1);
    let sample: Vec<&[u8]> = lines.iter().step_by(stride).copied().collect();
    let inside: Vec<_> = sample.iter().map(|line| candidates(line)).collect();
    if inside.iter().all(Vec::is_empty) {
        return Vec::new();
    }
    let score = |known: &&Known| {
        let reads = |text: &Vec<u8>| matches!(known.dialect.line(text), Parsed::Event(_) | Parsed::Aside(..));
        let read: Vec<_> = inside.iter().filter_map(|all| all.iter().find(|(_, text)| reads(text))).collect();
        let wrapper = read.first()?.0;
        let texts: Vec<&[u8]> = read.iter().map(|(_, text)| text.as_slice()).collect();
        let dialect = (known.settle)(&texts).unwrap_or_else(|| Arc::clone(&known.dialect));
        Some(Score { wrapper: Some(wrapper), ..score(known.facts, Arc::new(Wrapped(dialect)), &sample) })
    };
    known.iter().filter_map(score).collect()
}

/// The whole lines of the head that are not blank.
fn lines(head: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = head.get(..HEAD_MAX).unwrap_or(head).split(|b| *b == b'\n').collect();
    if head.len() >= HEAD_MAX && lines.len() > 1 {
        lines.pop();
    }
    lines.retain(|line| !line.trim_ascii().is_empty());
    lines
}

/// Lets a dialect read lines spread evenly over the head, following its header lines.
fn score(facts: &'static Facts, dialect: Arc<dyn Dialect>, lines: &[&[u8]]) -> Score {
    let stride = lines.len().div_ceil(SAMPLE_MAX).max(1);
    let mut in_force = Arc::clone(&dialect);
    let mut score = Score { facts, dialect, wrapper: None, read: 0, tried: 0 };
    for (n, line) in lines.iter().enumerate() {
        if in_force.has_directives()
            && let Some(next) = in_force.after(line)
        {
            in_force = next;
        }
        if n % stride != 0 {
            continue;
        }
        match in_force.line(line) {
            // A request the server made to itself is no user's, but it is a line of the format.
            Parsed::Event(_) | Parsed::Aside(..) | Parsed::Skip(Skip::Internal) => {
                score.read += 1;
                score.tried += 1;
            }
            Parsed::Skip(_) => {}
            Parsed::Reject(_) => score.tried += 1,
        }
    }
    score
}

/// What binary file the head is of, if it is one.
fn binary(head: &[u8]) -> Option<String> {
    const MAGIC: [(&[u8], &str); 20] = [
        (b"\x89PNG", "a PNG picture"),
        (b"\xFF\xD8\xFF", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"%PDF", "a PDF document"),
        (b"\x7FELF", "a program (ELF)"),
        (b"MZ\x90", "a Windows program"),
        (b"\x1F\x8B", "gzip data inside compressed data"),
        (b"\x28\xB5\x2F\xFD", "zstd data inside compressed data"),
        (b"BZh", "bzip2 data inside compressed data"),
        (b"\xFD7zXZ", "xz data inside compressed data"),
        (b"PK\x03\x04", "a zip archive"),
        (b"SQLite format 3", "an SQLite database"),
        (b"PAR1", "a Parquet file (this program was built without its feature `parquet`)"),
        (b"Obj\x01", "an Avro file (export it as text first)"),
        (b"ElfFile\0", "a Windows event log (evtx)"),
        (b"LPKSHHRH", "a systemd journal (export it with journalctl first)"),
        (b"\xD4\xC3\xB2\xA1", "a packet capture"),
        (b"\x0A\x0D\x0D\x0A", "a packet capture"),
        (b"\xFF\xFE", "UTF-16 text (convert it to UTF-8 first)"),
        (b"\xFE\xFF", "UTF-16 text (convert it to UTF-8 first)"),
    ];
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(format!("the file is {what}"));
    }
    // A log may hold a few NUL bytes (a sparse block after a crash); a binary file is full of them.
    let sample = head.get(..64 * 1024).unwrap_or(head);
    let nul = memchr::memchr_iter(0, sample).count();
    (nul * 20 > sample.len()).then(|| "the file is binary: it is full of NUL bytes".to_owned())
}

/// Most lines that are looked at to say what a file is instead.
const LOOKED_AT: usize = 200;

/// What the file seems to be, for a file that no format reads.
fn refusal(lines: &[&[u8]], best: Option<&Score>) -> String {
    let sample = || lines.iter().take(LOOKED_AT).map(|line| line.trim_ascii());
    let most = |is: &dyn Fn(&[u8]) -> bool| sample().filter(|line| is(line)).count() * 2 > lines.len().min(LOOKED_AT);
    let count = match best.filter(|s| s.read > 0) {
        Some(s) => format!("only {} of {} sampled lines read as {}", s.read, s.tried, s.facts.name),
        None => format!("none of {} sampled lines reads as any known format", lines.len().min(SAMPLE_MAX)),
    };
    let seems = if most(&|l| is_nginx_error(l)) {
        "the file is an nginx error log, not an access log"
    } else if most(&|l| is_apache_error(l)) {
        "the file is an Apache error log, not an access log"
    } else if most(&|l| memmem::find(l, b"haproxy[").is_some() || l.starts_with(b"[WARNING]") || l.starts_with(b"[ALERT]")) {
        "the file holds messages of HAProxy, but no requests"
    } else if most(&|l| l.first() == Some(&b'{')) {
        "the file is JSON, but not of a known access log: no time, status and client or request under a known name"
    } else if lines.first().is_some_and(|l| matches!(l.trim_ascii().first(), Some(b'{' | b'[')) && l.len() < 4) {
        "the file is one JSON document, not a log of one record a line"
    } else if is_config(lines) {
        "the file is a server's configuration"
    } else {
        return count;
    };
    format!("{seems} ({count})")
}

/// Words that begin lines of nginx, Apache and HAProxy configuration.
fn is_config(lines: &[&[u8]]) -> bool {
    const WORDS: [&[u8]; 14] = [
        b"server {",
        b"location ",
        b"upstream ",
        b"proxy_pass",
        b"listen ",
        b"http {",
        b"<VirtualHost",
        b"<Directory",
        b"DocumentRoot",
        b"frontend ",
        b"defaults",
        b"LogFormat ",
        b"server_name ",
        b"log_format ",
    ];
    let begins = |line: &&&[u8]| WORDS.iter().any(|w| line.trim_ascii().starts_with(w));
    lines.iter().take(LOOKED_AT).filter(begins).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognise(head: &[u8]) -> Result<Recognised, NotALog> {
        super::recognise(head, "", &Catalogue::default())
    }

    const TIME: &str = "[20/Nov/2026:07:48:12 +0000]";

    fn file(lines: &[(usize, String)]) -> Vec<u8> {
        lines.iter().flat_map(|(n, line)| std::iter::repeat_n(format!("{line}\n"), *n)).collect::<String>().into_bytes()
    }

    fn combined() -> String {
        format!(r#"192.0.2.1 - - {TIME} "GET /a HTTP/1.1" 200 5 "-" "curl/8""#)
    }

    #[test]
    fn every_format_is_recognised_by_its_own_lines() {
        let haproxy =
            r#"192.0.2.1:5 [20/Nov/2026:07:48:12.056] fe be/s 0/0/0/1/1 200 152 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#;
        for (line, want) in [
            (combined(), "combined"),
            (format!(r#"192.0.2.1 - - {TIME} "GET /a HTTP/1.1" 200 5"#), "common"),
            (format!("www.example:80 {}", combined()), "vhost-combined"),
            (format!(r#"{} rt=0.001 uct="0.000" uht="0.001" urt="0.001""#, combined()), "nginx-timed"),
            (format!("{} miss 13754 ams", combined().replace(" /a", " http://x.example/a")), "varnish"),
            (format!("<134>Nov 20 07:48:12 haproxy[1]: {haproxy}"), "haproxy"),
            (r#"{"time_iso8601":"2026-11-20T07:47:58+00:00","remote_addr":"192.0.2.1","status":"200"}"#.into(), "nginx-json"),
            (r#"{"ClientIP":"192.0.2.1","EdgeStartTimestamp":1712790000,"EdgeResponseStatus":200}"#.into(), "cloudflare"),
        ] {
            let got = recognise(&file(&[(20, line.clone())])).expect(want);
            assert_eq!((got.facts.name, got.confidence), (want, 1.0), "{line}");
        }
        let header = "#Fields: date time x-edge-location sc-status c-ip".to_owned();
        let got = recognise(&file(&[
            (1, "#Version: 1.0".into()),
            (1, header),
            (3, "2026-12-13\t22:36:27\tSEA19\t200\t192.0.2.1".into()),
        ]));
        let got = got.expect("a log");
        assert_eq!((got.facts.name, got.why.as_str()), ("cloudfront", "3 of 3 sampled lines read as cloudfront"));
    }

    #[test]
    fn a_near_tie_goes_to_the_specific_format_and_a_clear_lead_to_the_leader() {
        let timed = format!("{} 0.001 0.001 .", combined());
        let near = recognise(&file(&[(99, timed.clone()), (1, combined())])).expect("a log");
        assert_eq!((near.facts.name, near.confidence), ("nginx-timed", 0.99));
        assert!(near.runners_up.contains(&("combined", 1.0)));
        let haproxy =
            r#"192.0.2.1:5 [20/Nov/2026:07:48:12.056] fe be/s 0/0/0/1/1 200 152 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#;
        assert_eq!(recognise(&file(&[(40, haproxy.into()), (60, combined())])).expect("a log").facts.name, "combined");
    }

    #[test]
    fn a_plain_format_does_not_outdo_a_richer_one_whose_lines_it_reads_too() {
        let timed = format!("{} rt=0.500 urt=0.050", combined());
        for (timed_lines, plain_lines, want) in [(97, 3, "nginx-timed"), (50, 50, "nginx-timed"), (10, 90, "combined")] {
            let file = file(&[(plain_lines, combined()), (timed_lines, timed.clone())]);
            assert_eq!(recognise(&file).expect("a log").facts.name, want, "{timed_lines} of 100");
        }
    }

    #[test]
    fn a_few_requests_among_much_else_suffice_but_too_few_do_not() {
        let noise = |n| (n, "startup noise".to_owned());
        assert!(recognise(&file(&[noise(79), (21, combined())])).is_ok());
        assert!(recognise(&file(&[noise(900), (60, combined())])).is_ok());
        let why = recognise(&file(&[noise(97), (3, combined())])).expect_err("too few").why;
        assert_eq!(why, "only 3 of 100 sampled lines read as combined");
    }

    #[test]
    fn a_head_that_ends_inside_a_line_leaves_that_line_out() {
        let mut head = file(&[(HEAD_MAX / (combined().len() + 1) + 2, combined())]);
        head.truncate(HEAD_MAX);
        let got = recognise(&head).expect("a log");
        assert_eq!(got.confidence, 1.0);
    }

    #[test]
    fn what_is_no_access_log_is_refused_with_a_telling_reason() {
        let nginx = "2026/11/20 07:47:58 [error] 71#71: *5 connect() failed, client: 192.0.2.1, request: \"GET / HTTP/1.1\", host: \"x\"\n".repeat(5);
        let apache = "[Fri Nov 20 07:47:58.123456 2026] [core:error] [pid 7] [client 192.0.2.1:5] AH00126\n".repeat(5);
        let haproxy = "Nov 20 07:48:12 lb1 haproxy[16702]: Server be/app1 is DOWN, reason: Layer4\n".repeat(5);
        let config = "server {\n  listen 80;\n  server_name x;\n  location / {\n    proxy_pass http://y;\n  }\n}\n";
        for (head, want) in [
            (&b""[..], "the file is empty"),
            (b" \n\n", "only white space"),
            (b"\x89PNG\r\n\x1a\n", "PNG"),
            (b"\x1f\x8b\x08\x00", "gzip"),
            (b"PAR1....", "Parquet"),
            (b"\x00\x01\x00\x02\x00\x03", "NUL"),
            (nginx.as_bytes(), "nginx error log"),
            (apache.as_bytes(), "Apache error log"),
            (haproxy.as_bytes(), "HAProxy"),
            (b"{\"level\":\"info\",\"msg\":\"up\"}\n{\"level\":\"info\"}\n", "JSON"),
            (config.as_bytes(), "configuration"),
            (b"Dear all,\nthe site was down.\n", "none of 2 sampled lines"),
        ] {
            let why = recognise(head).expect_err(want).why;
            assert!(why.contains(want), "{why} does not say {want}");
        }
    }
}
