//! What a file's name says: hints only, always weaker than what stands in its lines.
//!
//! A name is taken apart from its end: packing (`.gz`), rotation (`.1`, `-20251219`, `.old`), kind
//! (`.log`). What is left is the stem. In the stem, words for logs (access, error, ssl), tiers (edge,
//! lb, origin) and products (nginx, varnish) are known; a domain name is the host; the rest tells the
//! servers of one fleet apart: the instance.

use crate::event::Tier;

/// What a path says of the source behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// The site the log is for (`shop.example.com`), lower case.
    pub host: Option<String>,
    /// Where on the way it was written: the first word of the file's name that names a tier, else the
    /// first word of its folder's name if that does.
    pub tier: Option<Tier>,
    /// What tells this server from its siblings: the stem without the known words; where the file's
    /// own name says nothing at all, its folder's.
    pub instance: Option<String>,
}

const PACKING: &[&str] = &[".gz", ".zst", ".zstd", ".bz2", ".xz", ".z"];
const ARCHIVES: &[&str] = &[".tar", ".tgz", ".tbz2", ".tbz", ".txz", ".tzst", ".zip"];
const KINDS: &[&str] = &[".log", ".txt", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".out", ".parquet"];
const ASIDE: &[&str] = &[".old", ".bak", ".orig", ".save", "~"];
const LOG_WORDS: &[&str] =
    &["access", "accesslog", "error", "errors", "log", "logs", "ssl", "tls", "http", "https", "other", "vhosts"];
const PRODUCTS: &[&str] = &[
    "nginx",
    "apache",
    "apache2",
    "httpd",
    "varnish",
    "varnishncsa",
    "haproxy",
    "cloudfront",
    "elasticloadbalancing",
    "caddy",
    "traefik",
    "envoy",
    "iis",
    "u",
    "ex",
];
const EDGE: &[&str] = &["edge", "cdn", "pop"];
const BALANCER: &[&str] = &["lb", "balancer", "haproxy", "alb", "elb", "elasticloadbalancing"];
const ORIGIN: &[&str] = &["origin", "backend", "upstream", "app"];
/// Folders that only collect: no instance.
const FOLDERS: &[&str] =
    &["var", "data", "bundle", "tmp", "backup", "archive", "archives", "files", "daily", "raw", "old", "export"];
/// Generic top-level domains seen in server logs, and the names reserved for private use (RFC 2606,
/// RFC 6762, RFC 8375). A closed list, because `server.prod` and `node.old` are no hosts.
const TOP_LEVEL: &[&str] = &[
    "com",
    "net",
    "org",
    "edu",
    "gov",
    "mil",
    "int",
    "info",
    "biz",
    "name",
    "pro",
    "app",
    "dev",
    "cloud",
    "online",
    "site",
    "shop",
    "store",
    "blog",
    "tech",
    "xyz",
    "live",
    "news",
    "page",
    "web",
    "wiki",
    "social",
    "agency",
    "digital",
    "media",
    "network",
    "systems",
    "space",
    "world",
    "games",
    "team",
    "zone",
    "example",
    "test",
    "invalid",
    "localhost",
    "local",
    "localdomain",
    "internal",
    "lan",
    "home",
    "arpa",
];
/// Country codes (ISO 3166, as delegated).
const COUNTRIES: &str = "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz \
ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh \
gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la \
lb lc li lk lr ls lt lu lv ly ma mc me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om \
pa pe pf pg ph pk pm pn pr pt pw qa re ro ru rw sa sb sc sd se sg si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl \
tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw md pl ps py rs sh";
/// Country codes that are also endings of files: no host where the file itself ends so.
const ENDINGS: &[&str] = &[".md", ".pl", ".ps", ".py", ".rs", ".sh", ".so"];
/// First labels that name a machine, not a site, where only one label follows (`web1.sg`).
const MACHINES: &[&str] = &["web", "node", "host", "srv", "server", "vm", "pod", "www", "ip", "proxy", "front", "frontend"];

/// What the shown path `path` says.
#[must_use]
pub fn hints(path: &str) -> Hints {
    let (folders, file) = split(path);
    let stem = stem(file);
    let folder = folders.rsplit('/').find(|f| !f.is_empty()).map(without_packing).unwrap_or_default();
    let no_host = is_balancer_file(&stem) || without_one(file, ENDINGS).is_some();
    let in_file = if no_host { None } else { host_in(&stem) };
    let in_folder = if is_host(&folder.to_ascii_lowercase()) { Some(folder.to_ascii_lowercase()) } else { None };
    let rest = match &in_file {
        Some(host) => replace_ignoring_case(&stem, host),
        None => stem.clone(),
    };
    let tier =
        tier_of(&rest).or_else(|| if in_folder.is_none() { tier_of(words(folder).next().unwrap_or_default()) } else { None });
    let own = distinguishing(&rest, &[]);
    let instance = match (&own, &in_file, &in_folder) {
        (None, None, None) => distinguishing(folder, FOLDERS),
        _ => own,
    };
    Hints { host: in_file.or(in_folder), tier, instance }
}

/// What is equal for all rotations of one log: its folder and its stem.
#[must_use]
pub fn group(path: &str) -> String {
    let (folders, file) = split(path);
    format!("{folders}{}", stem(file))
}

/// A file's name without its packing and archive extensions.
#[must_use]
pub fn without_packing(name: &str) -> &str {
    let mut name = name;
    while let Some(shorter) = without_one(name, PACKING).or_else(|| without_one(name, ARCHIVES)) {
        name = shorter;
    }
    name
}

/// The path up to its last `/` inclusive, and the rest.
fn split(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |at| at + 1))
}

fn without_one<'n>(name: &'n str, endings: &[&str]) -> Option<&'n str> {
    endings.iter().find_map(|e| {
        let at = name.len().checked_sub(e.len())?;
        let fits = at > 0 && name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(e);
        fits.then(|| &name[..at])
    })
}

/// The name without packing, rotation, dates and kind. Falls back to the whole name rather than to
/// nothing only where a date is all there is: then the stem is empty.
fn stem(file: &str) -> String {
    let mut name = file;
    loop {
        let shorter = without_one(name, PACKING)
            .or_else(|| without_one(name, ARCHIVES))
            .or_else(|| without_one(name, ASIDE))
            .or_else(|| without_one(name, KINDS))
            .or_else(|| without_counter(name))
            .or_else(|| without_date(name));
        match shorter {
            Some(shorter) => name = shorter,
            None => break,
        }
    }
    without_inner_date(name)
}

/// `access.log.1` is rotated; `10.0.0.1` and `app-1.2.3` are not: before the counter stands no digit.
/// Where the kind came after it (`node.1.log`), the counter is one only after a word for logs.
fn without_counter(name: &str) -> Option<&str> {
    let at = name.rfind('.').filter(|&at| at > 0)?;
    let counter = &name[at + 1..];
    let counts = (1..=4).contains(&counter.len()) && counter.bytes().all(|b| b.is_ascii_digit());
    let word = name[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    (counts && is_word(word, LOG_WORDS)).then(|| &name[..at])
}

/// A trailing date with what separates it: `-20251219`, `.2025-12-19`, `_2025122013`, `-1766102400`.
fn without_date(name: &str) -> Option<&str> {
    let starts = name.char_indices().filter(|&(_, c)| is_separator(c)).map(|(at, _)| (at, at + 1));
    let whole = std::iter::once((0, 0));
    let found = whole.chain(starts).find(|&(_, from)| is_date(&name[from..]) || is_epoch(&name[from..]));
    let iis = || name.len().checked_sub(6).filter(|&at| name.starts_with("u_ex") && at == 4 && all_digits(&name[4..]));
    found.map(|(at, _)| at).or_else(iis).map(|at| &name[..at])
}

/// A date inside a name. CloudFront (`E2ABC.2024-08-12-23.abcd1234`) and ALB names go on with what is
/// different for every file, so the stem ends there; elsewhere only the date goes.
fn without_inner_date(name: &str) -> String {
    let mut marks: Vec<usize> = name.char_indices().filter(|&(_, c)| is_separator(c)).map(|(at, _)| at).collect();
    marks.push(name.len());
    for (i, &at) in marks.iter().enumerate() {
        let from = if at == name.len() { continue } else { at + 1 };
        let Some(&to) = marks[i + 1..].iter().rev().find(|&&to| is_date(&name[from..to])) else { continue };
        let (before, after) = (&name[..at], &name[to..]);
        let hash = after.trim_start_matches(is_separator);
        let is_hash = hash.len() >= 8 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        return if is_hash || is_balancer_file(before) { before.to_owned() } else { format!("{before}{after}") };
    }
    name.to_owned()
}

fn is_balancer_file(name: &str) -> bool {
    name.contains("elasticloadbalancing")
}

const fn is_separator(c: char) -> bool {
    matches!(c, '.' | '-' | '_')
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Bytes of the longest date in a name: `2025-12-20T13-20-25.000Z` and a little more.
const DATE_MAX: usize = 26;

/// Year, month and day, with or without hour, minute and second; separators between them as may be.
fn is_date(text: &str) -> bool {
    let known = |c: char| c.is_ascii_digit() || is_separator(c) || matches!(c, 'T' | 'Z' | ':');
    if text.len() > DATE_MAX || !text.starts_with(|c: char| c.is_ascii_digit()) || !text.chars().all(known) {
        return false;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|d| d.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0, 4), part(4, 6), part(6, 8)) else { return false };
    matches!(digits.len(), 8 | 10 | 12 | 14)
        && (1990..2100).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && part(8, 10).is_none_or(|hour| hour <= 24)
}

/// Seconds since 1970 as ten digits (2001 to 2033), as `logrotate` writes with `dateformat -%s`.
fn is_epoch(text: &str) -> bool {
    text.len() == 10 && text.starts_with('1') && all_digits(text)
}

fn is_word(word: &str, words: &[&str]) -> bool {
    words.iter().any(|w| w.eq_ignore_ascii_case(word))
}

/// The domain name in a stem. `_` parts it off; log words joined to its ends by `.` or `-` are cut.
fn host_in(stem: &str) -> Option<String> {
    stem.split('_').map(|piece| without_log_words(&piece.to_ascii_lowercase()).to_owned()).find(|piece| is_host(piece))
}

fn without_log_words(piece: &str) -> &str {
    let mut piece = piece;
    loop {
        let is_end = |c: char| c == '.' || c == '-';
        let shorter = piece
            .split_once(is_end)
            .and_then(|(word, rest)| is_known(word).then_some(rest))
            .or_else(|| piece.rsplit_once(is_end).and_then(|(rest, word)| is_known(word).then_some(rest)));
        match shorter {
            Some(rest) => piece = rest,
            None => return piece,
        }
    }
}

fn is_known(word: &str) -> bool {
    is_word(word, LOG_WORDS) || is_word(word, PRODUCTS)
}

fn is_host(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    let well_formed = |l: &&str| {
        let edge_ok = !l.starts_with('-') && !l.ends_with('-');
        (1..=63).contains(&l.len()) && edge_ok && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let [first, .., last] = labels.as_slice() else { return false };
    let is_top = TOP_LEVEL.contains(last) || last.starts_with("xn--") || COUNTRIES.split(' ').any(|c| c == *last);
    let letters = labels[..labels.len() - 1].iter().any(|l| l.bytes().any(|b| b.is_ascii_alphabetic()));
    let machine = labels.len() == 2 && is_machine(first);
    name.len() <= 253 && labels.iter().all(well_formed) && is_top && letters && !machine
}

fn is_machine(label: &str) -> bool {
    let word = label.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    is_known(word) || is_word(word, MACHINES) || tier_of(word).is_some()
}

fn replace_ignoring_case(stem: &str, host: &str) -> String {
    // Both are compared in ASCII lower case, which moves no byte.
    stem.to_ascii_lowercase()
        .find(host)
        .map_or_else(|| stem.to_owned(), |at| format!("{} {}", &stem[..at], &stem[at + host.len()..]))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty())
}

/// The tier of the first word that names one.
fn tier_of(text: &str) -> Option<Tier> {
    words(text).find_map(|word| match word {
        w if is_word(w, EDGE) => Some(Tier::Edge),
        w if is_word(w, BALANCER) => Some(Tier::Balancer),
        w if is_word(w, ORIGIN) => Some(Tier::Origin),
        _ => None,
    })
}

/// The words of `text` that are not known, joined by `-`.
fn distinguishing(text: &str, also_known: &[&str]) -> Option<String> {
    let rest: Vec<&str> = words(text).filter(|w| !is_known(w) && !is_word(w, also_known) && tier_of(w).is_none()).collect();
    (!rest.is_empty()).then(|| rest.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_host_tier_and_instance_and_no_more_than_that() {
        let (edge, balancer, origin) = (Some(Tier::Edge), Some(Tier::Balancer), Some(Tier::Origin));
        for (path, host, tier, instance) in [
            ("meatlabel.app.access.log-20251219.gz", Some("meatlabel.app"), None, None),
            ("saunathinker.com.access.log-20251231.gz", Some("saunathinker.com"), None, None),
            ("access_shop.example.com.log", Some("shop.example.com"), None, None),
            ("ssl-example.org-access_log", Some("example.org"), None, None),
            ("example.com_443_access.log", Some("example.com"), None, Some("443")),
            ("Example.COM-error.log.3", Some("example.com"), None, None),
            ("example.com/access.log", Some("example.com"), None, None),
            ("sites/example.com/web1-access.log", Some("example.com"), None, Some("web1")),
            ("edge-ams-varnish.log.gz", None, edge, Some("ams")),
            ("edge-iad-varnish.log.gz", None, edge, Some("iad")),
            ("lb-haproxy.log.gz", None, balancer, None),
            ("haproxy.log", None, balancer, None),
            ("origin-nginx.log.gz", None, origin, None),
            ("app.access.log", None, origin, None),
            ("application.log", None, None, Some("application")),
            ("popular.log", None, None, Some("popular")),
            ("edge/ams/access.log", None, None, Some("ams")),
            ("edge-ams/access.log", None, edge, Some("ams")),
            ("origin/access.log", None, origin, None),
            ("lab-pop_fault/access.log", None, None, Some("lab-fault")),
            ("web1/access.log.2.gz", None, None, Some("web1")),
            ("logs/access.log", None, None, None),
            ("access.log", None, None, None),
            ("error.log", None, None, None),
            ("other_vhosts_access.log.1", None, None, None),
            ("server.log.1", None, None, Some("server")),
            ("web1.sg.access.log", None, None, Some("web1-sg")),
            ("sklep.example.pl-access.log.1", Some("sklep.example.pl"), None, None),
            ("README.md", None, None, Some("README-md")),
            ("server.prod.log", None, None, Some("server-prod")),
            ("u_ex231231.log", None, None, None),
            ("archive.tar", None, None, Some("archive")),
            ("logs.tar.gz/access.log", None, None, None),
            ("app-1.2.3.log", None, origin, Some("1-2-3")),
            ("10.0.0.1.log", None, None, Some("10-0-0-1")),
            ("E2ABC.2024-08-12-23.abcd1234.gz", None, None, Some("E2ABC")),
            (
                "123_elasticloadbalancing_us-east-1_app.my-lb.a1_20140215T2340Z_172.160.1.192_20sg8hgm.log.gz",
                None,
                balancer,
                Some("123-us-east-1-my-a1"),
            ),
            ("2025-12-20.log", None, None, None),
            ("", None, None, None),
            ("...", None, None, None),
            ("ünï.com.log", None, None, Some("ünï-com")),
        ] {
            let want = Hints { host: host.map(Into::into), tier, instance: instance.map(Into::into) };
            assert_eq!(hints(path), want, "{path}");
        }
    }

    #[test]
    fn rotations_of_one_log_share_a_group_and_different_logs_do_not() {
        for (path, want) in [
            ("access.log", "access"),
            ("access.log.1", "access"),
            ("access.log.12.gz", "access"),
            ("access.1.log", "access"),
            ("access.log-20251220", "access"),
            ("access.log.2025-12-20.zst", "access"),
            ("access_2025122013.log.bz2", "access"),
            ("access-2025-12-20.log", "access"),
            ("access.log-1766102400.gz", "access"),
            ("access.log.old", "access"),
            ("a/access.log.1", "a/access"),
            ("meatlabel.app.access.log-20251219.gz", "meatlabel.app.access"),
            ("node.1.log", "node.1"),
            ("10.0.0.1.log", "10.0.0.1"),
            ("app-1.2.3.log", "app-1.2.3"),
            ("web-20251219-1.log", "web-1"),
            ("u_ex231231.log", "u_ex"),
            ("E2ABC.2024-08-12-23.abcd1234.gz", "E2ABC"),
            ("x/2025-12-20.log", "x/"),
            ("lb_elasticloadbalancing_a.b_20140215T2340Z_172.16.1.1_20sg8hgm.log.gz", "lb_elasticloadbalancing_a.b"),
        ] {
            assert_eq!(group(path), want, "{path}");
        }
    }

    #[test]
    fn packing_and_archive_endings_go_from_the_name_of_a_bundle() {
        for (name, want) in [("a.tar.gz", "a"), ("a.tgz", "a"), ("a.log.gz", "a.log"), (".gz", ".gz"), ("a", "a"), ("A.ZIP", "A")]
        {
            assert_eq!(without_packing(name), want);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_name_is_too_strange(path in "([a-z0-9./_ü-]|access|log|2025-12-20|u_ex|\\PC){0,60}") {
            let stem = group(&path);
            proptest::prop_assert!(stem.len() <= path.len());
            proptest::prop_assert!(hints(&path).host.is_none_or(|h| path.to_ascii_lowercase().contains(&h)));
        }
    }
}
