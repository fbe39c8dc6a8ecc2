//! Question: were there so many?
//! Method: counts and estimates of the audience under each definition, with what may be missing from them; numbers of
//! made data only at the scale that its manifest states.
//! Assumes: what a platform counts as views or impressions is another quantity than requests.
//! Reference: none.

use super::{Answer, TOLERANCE, judge, said_of_definitions};
use crate::case::audience::{Basis, Present};
use crate::case::claimed::{Held, Measure};
use crate::case::gaps::Class;
use crate::case::{Case, ClaimStanding};
use crate::config::ClaimNote;
use crate::stats::interval::Z95;
use crate::time::{Micros, Span};
use crate::words::{clock, count};

/// Tests a claim about a number; `None` where it names none.
pub(super) fn test(note: &ClaimNote, case: &Case) -> Option<Answer> {
    let (test, claimed, unit) = [
        ("views", note.views, "views"),
        ("requests", note.requests, "requests"),
        ("distinct_clients", note.distinct_clients, "clients"),
        ("peak_concurrent", note.peak_concurrent, "clients"),
        ("concurrent", note.concurrent, "clients"),
        ("admitted", note.admitted, "clients"),
    ]
    .into_iter()
    .find_map(|(test, n, unit)| Some((test, n?, unit)))?;
    let allowed = note.tolerance.unwrap_or(TOLERANCE * claimed).abs();
    let when = note.when.or(note.at).filter(|_| matches!(test, "concurrent" | "admitted"));
    let held = Held {
        about: when.map(|t| Span::new(t, t)),
        claimed: Some(claimed),
        tolerance: (test != "views").then_some(allowed),
        unit: Some(unit),
        ..Held::default()
    };
    let found = match test {
        "views" => Err(views(note.resource.as_deref(), case)),
        _ if case.synthetic && case.audience.scale.is_none() => {
            Err("The bundle is made and says no scale (`scale`): it is not known how many \
             people one client in it stands for, so its absolute numbers are held against nothing."
                .to_owned())
        }
        "requests" => requests(note.resource.as_deref(), case),
        "distinct_clients" => distinct(case),
        "peak_concurrent" => peak(case),
        "concurrent" => concurrent(when, case),
        _ => admitted(when, case),
    };
    let measured = match found {
        Ok(measured) => scaled(measured, case.audience.scale),
        Err(why) => return Some(Answer { held, ..Answer::untestable(why).under(test) }),
    };
    let (standing, measured) = judge(claimed, allowed, measured);
    let told: Vec<String> = measured.iter().map(|m| said(m, case.audience.scale)).collect();
    let mut because = format!("{}. The claim is {} with {} allowed.", told.join("; "), whole(claimed), whole(allowed));
    because += &said_of_definitions(&measured);
    if unit == "clients" && standing != ClaimStanding::NotTestable {
        because += " Clients are told apart by their addresses: people are not counted.";
    }
    if standing == ClaimStanding::NotTestable {
        because += " The data allow it, and also that it was otherwise.";
    }
    let held = Held { measured, ..held };
    Some(Answer { held, ..Answer::new(standing, because).under(test) })
}

fn whole(n: f64) -> String {
    count(n.max(0.0).round() as u64)
}

fn said(m: &Measure, scale: Option<f64>) -> String {
    let one = scale.unwrap_or(1.0);
    let range = match m.high {
        Some(h) if (h - m.low).abs() < 0.5 * one => String::new(),
        Some(h) => format!(" ({} to {})", whole(m.low / one), whole(h / one)),
        None => " or more, as lines are missing".to_owned(),
    };
    let scaled = scale
        .map_or_else(String::new, |s| format!(", which at this bundle's scale of 1:{} stands for {}", whole(s), whole(m.value)));
    format!("{}: {}{range}{scaled}", m.definition, whole(m.value / one))
}

/// In made data one client stands for many.
fn scaled(measured: Vec<Measure>, scale: Option<f64>) -> Vec<Measure> {
    let by = scale.unwrap_or(1.0);
    measured.into_iter().map(|m| Measure { value: by * m.value, low: by * m.low, high: m.high.map(|h| by * h), ..m }).collect()
}

/// Whether lines of the outermost tier are missing, so that counts are lower bounds.
fn is_incomplete(case: &Case) -> bool {
    let outermost = case.sources.iter().filter(|s| s.events > 0).map(|s| s.tier).min();
    let ours = |i: &usize| case.sources.get(*i).is_some_and(|s| Some(s.tier) == outermost);
    let lost = |c: Class| matches!(c, Class::LogLost | Class::CannotTell);
    case.completeness.gaps.iter().any(|g| lost(g.class) && g.sources.iter().any(ours))
}

fn counted(definition: impl Into<String>, n: u64, case: &Case) -> Measure {
    let value = n as f64;
    Measure { definition: definition.into(), value, low: value, high: (!is_incomplete(case)).then_some(value), fits: None }
}

fn requests(resource: Option<&str>, case: &Case) -> Result<Vec<Measure>, String> {
    if let Some(name) = resource {
        let r = case.resources.iter().find(|r| r.name == name);
        let r = r.ok_or_else(|| format!("{name} is not among the resources told apart here."))?;
        let mut out = vec![counted(format!("Valid requests for {name} in what is looked at"), r.requests, case)];
        if case.window.is_some() {
            out.push(counted("in the window alone", r.during.requests, case));
        }
        return Ok(out);
    }
    let mut out = Vec::new();
    // Of made data only what the incident is about keeps its scale.
    if case.audience.scale.is_none_or(|s| s <= 1.0) {
        out.push(counted("All requests in what is looked at", case.audience.requests, case));
    }
    if case.window.is_some() && !case.scope.cause_set.is_empty() {
        out.push(counted("valid requests for what failed, in the window", case.scope.target.requests, case));
    }
    if out.is_empty() { Err("These made data keep their scale only for what the incident is about.".into()) } else { Ok(out) }
}

fn distinct(case: &Case) -> Result<Vec<Measure>, String> {
    let a = &case.audience;
    let mut out = Vec::new();
    if a.scale.is_none_or(|s| s <= 1.0) {
        let mut all = counted("Different client addresses in what is looked at", a.distinct_clients, case);
        let off = a.distinct_clients_error.map_or(0.0, |error| Z95 * error * all.value);
        (all.low, all.high) = (all.low - off, all.high.map(|h| h + off));
        out.push(all);
    }
    out.extend(
        a.target_clients.map(|n| counted("different client addresses that asked for what failed, in the window", n, case)),
    );
    if out.is_empty() { Err("These made data keep their scale only for what the incident is about.".into()) } else { Ok(out) }
}

/// Why nothing is known of those at one time.
fn why_not(case: &Case) -> String {
    case.audience.unknown.clone().unwrap_or_else(|| "How many were there at one time was not measured.".to_owned())
}

fn at_what(case: &Case) -> String {
    case.audience.concurrency.as_ref().map_or_else(String::new, |c| {
        let how = if c.basis == Basis::Polls { "that ask regularly for" } else { "with an open answer from" };
        format!(" {how} {}", c.of)
    })
}

fn peak(case: &Case) -> Result<Vec<Measure>, String> {
    let p = case.audience.peak_concurrent.as_ref().ok_or_else(|| why_not(case))?;
    let definition = format!("Most clients at one time{}, at {} UTC", at_what(case), clock(p.at));
    let high = (!is_incomplete(case)).then_some(p.high as f64);
    Ok(vec![Measure { definition, value: p.value as f64, low: p.low as f64, high, fits: None }])
}

/// The bin that holds `when`.
fn bin(when: Option<Micros>, case: &Case) -> Result<(usize, Micros), String> {
    let when = when.ok_or("The claim does not say of which moment it speaks (`when`).")?;
    let bin = case.axis.bin(when).ok_or("The moment lies outside what is looked at.")?;
    Ok((bin, when))
}

fn concurrent(when: Option<Micros>, case: &Case) -> Result<Vec<Measure>, String> {
    let (i, when) = bin(when, case)?;
    let near = case.audience.series.get(i.saturating_sub(1)..(i + 2).min(case.axis.bins)).unwrap_or_default();
    let of = |get: &dyn Fn(&Present) -> Option<u64>| near.iter().filter_map(get).collect::<Vec<u64>>();
    let value = case.audience.series.get(i).and_then(|p| p.concurrent).ok_or_else(|| why_not(case))?;
    let low = of(&|p| p.low).into_iter().min().unwrap_or(value);
    let high = of(&|p| p.high).into_iter().max().unwrap_or(value);
    let definition = format!("Clients at one time{} around {} UTC", at_what(case), clock(when));
    Ok(vec![Measure {
        definition,
        value: value as f64,
        low: low as f64,
        high: (!is_incomplete(case)).then_some(high as f64),
        fits: None,
    }])
}

fn admitted(when: Option<Micros>, case: &Case) -> Result<Vec<Measure>, String> {
    let a = &case.audience;
    let admission = a.admission.as_ref().ok_or("Nothing failed of which somebody could have been let in or turned away.")?;
    let until = match when {
        Some(_) => {
            let (i, when) = bin(when, case)?;
            let n = a.series.iter().take(i + 1).map(|p| p.first_served).sum();
            counted(
                format!("Clients that were answered well from the beginning of the failure until {} UTC", clock(when)),
                n,
                case,
            )
        }
        None => counted("Clients that were answered well at least once in the window", admission.admitted, case),
    };
    Ok(vec![until])
}

/// Why views are no test, with the numbers that stand beside them.
fn views(resource: Option<&str>, case: &Case) -> String {
    let a = &case.audience;
    let own = resource.and_then(|name| {
        let views = a.page_views.resources.iter().find(|r| r.name == name).map(|r| r.views);
        let requests = case.resources.iter().find(|r| r.name == name).map(|r| r.requests);
        Some(format!("{} requests for {name} with {} views of its page, and ", count(requests?), count(views.unwrap_or(0))))
    });
    format!(
        "Views or impressions are counted by a platform when something appears on a screen, also within a list and more than once; an access log \
         holds requests. The two cannot be held against each other. These logs hold {}{} views of pages by {} client addresses in all{}.",
        own.unwrap_or_default(),
        count(a.page_views.all),
        count(a.distinct_clients),
        a.scale.map_or_else(String::new, |s| format!(", made at a scale of 1:{}", whole(s)))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::example;

    fn answer(text: &str, case: &Case) -> Answer {
        let note: ClaimNote = toml::from_str(&format!("id = \"C\"\nsays = \"s\"\n{text}")).expect("a claim");
        test(&note, case).expect("a test")
    }

    fn case() -> Case {
        let mut case = example::case();
        case.synthetic = false;
        case.audience.scale = None;
        case.completeness.gaps.clear();
        case
    }

    #[test]
    fn numbers_are_held_against_every_definition_and_views_against_none() {
        use ClaimStanding::{Consistent, Contradicted, NotTestable};
        let case = case();
        for (text, want) in [
            ("requests = 90000", Consistent),
            ("requests = 8000", Consistent),
            ("requests = 500000", Contradicted),
            ("requests = 8000\nresource = \"/nowhere\"", NotTestable),
            ("distinct_clients = 12500", Consistent),
            ("distinct_clients = 2900", Consistent),
            ("distinct_clients = 40000", Contradicted),
            ("peak_concurrent = 1450", Consistent),
            ("peak_concurrent = 9000", Contradicted),
            ("views = 73000000", NotTestable),
            ("concurrent = 1300\nwhen = 2001-01-01T00:00:00Z", NotTestable),
            ("concurrent = 1300", NotTestable),
        ] {
            let a = answer(text, &case);
            assert_eq!(a.standing, want, "{text}: {}", a.because);
        }
        assert!(answer("requests = 8000", &case).because.contains("It fits only if"), "the definition is told");
    }

    #[test]
    fn made_data_without_a_scale_is_held_against_nothing_and_with_one_in_its_proportion() {
        let mut case = case();
        case.synthetic = true;
        for text in ["requests = 90000", "distinct_clients = 12000", "peak_concurrent = 1400"] {
            assert_eq!(answer(text, &case).standing, ClaimStanding::NotTestable, "{text}");
        }
        case.audience.scale = Some(1_000.0);
        let a = answer("peak_concurrent = 1400000", &case);
        assert_eq!(a.standing, ClaimStanding::Consistent, "{}", a.because);
        assert!(a.because.contains("1:1,000"), "{}", a.because);
        assert_eq!(answer("peak_concurrent = 1400", &case).standing, ClaimStanding::Contradicted);
    }

    #[test]
    fn where_lines_are_missing_more_is_possible_and_fewer_is_not() {
        let mut case = example::case();
        (case.synthetic, case.audience.scale) = (false, None);
        case.completeness.gaps[0].sources = vec![0];
        assert_eq!(answer("requests = 500000", &case).standing, ClaimStanding::NotTestable);
        assert_eq!(answer("requests = 500", &case).standing, ClaimStanding::Contradicted);
    }
}
