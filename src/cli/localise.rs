//! `outscope localise`: the search for the cause set, on a table that somebody else counted.

use super::args::LocaliseArgs;
use outscope::aggregate::{Aggregate, Columns, instant};
use outscope::analyse::localise::listing::{Listed, list};
use outscope::analyse::localise::minutes::{Chance, before, chance, dispersion, follow_drift, table};
use outscope::analyse::localise::{ATTRIBUTES_MAX, Constants, Ranked, Search, Set, Table, indistinguishable, is_located};
use outscope::error::{Error, Result};
use outscope::render::escape::visible;
use outscope::render::json::{line, rounded};
use outscope::words::{count, counted, percent};
use serde_json::{Map, Value, json};
use std::io::Write;

/// With more of the earlier times than this showing as strong a set, the answer may be chance.
const CHANCE_MAX: f64 = 0.2;

/// Everything that is told.
struct Answer<'a> {
    of: &'a Aggregate,
    now: usize,
    base: Vec<usize>,
    table: Table,
    drift: f64,
    ranked: Vec<Ranked>,
    listed: Vec<Listed>,
    located: bool,
    chance: Chance,
    dispersion: Option<f64>,
}

pub(crate) fn run(args: &LocaliseArgs) -> Result<()> {
    let name = args.table.display().to_string();
    let file = std::fs::File::open(&args.table).map_err(|e| Error::read(&name, e))?;
    let columns = Columns { time: &args.time, bad: &args.bad, total: &args.total };
    let of = Aggregate::read(file, &name, columns)?;
    complain(&of, &name);
    let at = instant(args.at.trim())
        .ok_or_else(|| Error::Usage(format!("--at `{}` is neither seconds since 1970 nor an RFC 3339 time", args.at)))?;
    let Ok(now) = of.times.binary_search(&at) else {
        let span = of.times.first().zip(of.times.last()).map_or(String::new(), |(a, b)| format!("; its rows go from {a} to {b}"));
        return Err(Error::Usage(format!("{name} has no row of {at} in column `{}`{span}", args.time)));
    };
    if args.baseline == 0 || args.most == 0 {
        return Err(Error::Usage("--baseline and --most must be at least 1".into()));
    }
    let base = before(now, args.baseline);
    if base.is_empty() {
        return Err(Error::NothingUsable(format!("{name} has no row before {at}: there is nothing to compare it with")));
    }
    let mut table = table(&of, now, &base);
    let drift = follow_drift(&mut table);
    let ranked = Search::new(&table, Constants::CHOSEN).answers(args.most, true);
    let mut listed = list(&ranked);
    listed.truncate(args.most);
    let best = ranked.first();
    let answer = Answer {
        located: best.is_some_and(|b| b.score > 0.0 && is_located(b, &table)),
        dispersion: best.and_then(|b| dispersion(&of, &base, b, &table)),
        chance: chance(&of, now, args.baseline),
        of: &of,
        now,
        base,
        table,
        drift,
        ranked,
        listed,
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if args.json {
        line(&mut out, &answer.json()).map_err(|e| Error::Stdout(e.into()))?;
        writeln!(out)?;
    } else {
        answer.tell(&mut out)?;
    }
    out.flush()?;
    Ok(())
}

/// Names on standard error what could not be read of the table, and columns that are passed over.
fn complain(of: &Aggregate, name: &str) {
    let mut err = std::io::stderr().lock();
    for (line, why) in &of.examples {
        let _ = writeln!(err, "outscope: {}:{line}: {}", visible(name), visible(why));
    }
    if of.refused > 0 {
        let rows = counted(of.refused, "row", "rows");
        let _ = writeln!(err, "outscope: {}: {rows} of {} could not be read and were left out", visible(name), count(of.rows));
    }
    if of.attributes.len() > ATTRIBUTES_MAX {
        let more = of.attributes[ATTRIBUTES_MAX..].join(", ");
        let _ = writeln!(err, "outscope: only the first {ATTRIBUTES_MAX} attributes are searched; left out: {}", visible(&more));
    }
}

/// A number as JSON, with six significant digits.
fn number(x: f64) -> Value {
    rounded(x).map_or(Value::Null, Value::from)
}

impl Answer<'_> {
    /// Bad, all and expected bad requests at the time asked about.
    fn totals(&self) -> (f64, f64, f64) {
        let (bad, all) = self.of.cells[self.now].iter().fold((0.0, 0.0), |s, c| (s.0 + c.1, s.1 + c.2));
        let base = self.base.iter().flat_map(|&t| &self.of.cells[t]).fold((0.0, 0.0), |s, c| (s.0 + c.1, s.1 + c.2));
        (bad, all, if base.1 > 0.0 { all * base.0 / base.1 } else { 0.0 })
    }

    fn map(&self, set: &Set) -> Value {
        Value::Object(
            set.iter().map(|(a, v)| (self.table.attributes[*a].clone(), Value::from(v.as_str()))).collect::<Map<_, _>>(),
        )
    }

    fn json(&self) -> Value {
        let ranked: Vec<Value> = self
            .listed
            .iter()
            .map(|l| {
                let r = &self.ranked[l.answer];
                json!({
                    "cause_set": l.sets.iter().map(|s| self.map(s)).collect::<Vec<_>>(),
                    "score": number(r.score),
                    "share_of_excess": number(r.share),
                    "answer": l.answer + 1,
                    "same_traffic": l.again,
                })
            })
            .collect();
        let (bad, all, expected) = self.totals();
        let c = &self.chance;
        json!({
            "ranked": ranked,
            "located": self.located,
            "indistinguishable": if self.located { indistinguishable(&self.ranked) } else { 0 },
            "at": self.of.times[self.now].to_string(),
            "bad": number(bad),
            "total": number(all),
            "expected": number(expected),
            "drift": number(self.drift),
            "baseline": {"from": self.of.times[self.base[0]].to_string(), "times": self.base.len()},
            "beyond_chance": self.beyond_chance(),
            "chance": {"strongest": number(c.strongest), "tried": c.tried, "as_strong": c.as_strong, "p": number(c.p)},
            "dispersion": self.dispersion.map_or(Value::Null, number),
            "rows": {"read": self.of.rows, "refused": self.of.refused},
        })
    }

    /// Whether earlier times seldom show so strong a set. Some may: they can hold incidents themselves.
    fn beyond_chance(&self) -> bool {
        self.chance.p <= CHANCE_MAX
    }

    fn words(&self, sets: &[Set]) -> String {
        let one = |s: &Set| s.iter().map(|(a, v)| format!("{}={v}", self.table.attributes[*a])).collect::<Vec<_>>().join(" and ");
        visible(&sets.iter().map(one).collect::<Vec<_>>().join("  or  "))
    }

    fn tell(&self, out: &mut impl Write) -> Result<()> {
        let (bad, all, expected) = self.totals();
        let times = counted(self.base.len() as u64, "time", "times");
        writeln!(
            out,
            "{}: {} of {} bad ({}); {} were to be expected from the {times} before.",
            self.of.times[self.now],
            count(bad.round() as u64),
            count(all.round() as u64),
            percent(if all > 0.0 { bad / all } else { 0.0 }),
            count(expected.round() as u64),
        )?;
        writeln!(out, "{}", self.verdict())?;
        if self.listed.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{:>4}  {:>10}  {:>6}  set", "rank", "score", "share")?;
        for (i, l) in self.listed.iter().enumerate() {
            let r = &self.ranked[l.answer];
            let again = if l.again { "  (the same traffic as the one above it)" } else { "" };
            let again =
                if l.again && self.listed[i - 1].answer != l.answer { "  (the same traffic as another above)" } else { again };
            writeln!(out, "{:>4}  {:>10.1}  {:>6}  {}{again}", i + 1, r.score, percent(r.share), self.words(&l.sets))?;
        }
        let alike = indistinguishable(&self.ranked);
        if self.located && alike > 1 {
            writeln!(out, "\nThe score does not tell the first {alike} answers apart (within 5 %).")?;
        }
        let c = &self.chance;
        let told = match c.as_strong {
            _ if c.tried == 0 => "No earlier time could be tried in its place: how much chance shows is unknown.".to_owned(),
            0 => format!("Of {} earlier times, each tried in its place, none showed as strong a set.", c.tried),
            n => format!("Of {} earlier times, each tried in its place, {n} showed as strong a set.", c.tried),
        };
        let so = if self.beyond_chance() || c.tried == 0 { "" } else { " This may be chance, or they failed too." };
        writeln!(out, "\n{told} (p = {:.2}){so}", c.p)?;
        if let Some(d) = self.dispersion {
            writeln!(out, "Before, the failures of the first set varied {d:.1} times as much as independent requests would.")?;
        }
        Ok(())
    }

    fn verdict(&self) -> String {
        let (bad, _, expected) = self.totals();
        match self.ranked.first().filter(|b| b.score > 0.0) {
            _ if bad <= expected => {
                "No more was bad than was to be expected: there is nothing to explain. The sets below are only those that come first.".to_owned()
            }
            None if bad > 2.0 * expected => {
                "Not localised by any recorded attribute: everything rose alike.".to_owned()
            }
            None => "No set fails more than expected: nothing to locate.".to_owned(),
            Some(_) if !self.located => {
                "Not localised by any recorded attribute: no set explains half of the excess and leaves the rest as it was."
                    .to_owned()
            }
            Some(best) => format!("{} explains {} of the excess.", self.words(&best.sets), percent(best.share)),
        }
    }
}
