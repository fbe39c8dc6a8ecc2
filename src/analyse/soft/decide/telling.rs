//! What follows from the decision: the rules by which answers count as failed, and the sentences.

use super::*;

/// What the candidate's requests asked for.
pub(super) fn asked(c: &Candidate<'_>, suspect: &Suspect, pattern: &dyn Fn(&str) -> Option<String>) -> Option<Asked> {
    if !c.weighed.is_worth_telling(suspect.mode.high == REDIRECT) {
        return None;
    }
    match (c.path, &suspect.whom) {
        (Some(path), _) => Some(Asked::Path(path.to_vec())),
        (None, Whom::Resource(name)) => match pattern(name) {
            Some(text) => Asked::like(&text),
            None => Asked::template(name),
        },
        (None, Whom::Bucket(_)) => None,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn name(c: &Candidate<'_>, suspect: &Suspect) -> String {
    match (c.path, &suspect.whom) {
        (Some(path), _) => text(path),
        (None, Whom::Resource(name)) => name.clone(),
        (None, Whom::Bucket(_)) => String::new(),
    }
}

pub(super) fn bytes_words((low, high): (u64, u64)) -> String {
    if low == high { format!("{} bytes", count(low)) } else { format!("{} to {} bytes", count(low), count(high)) }
}

/// The rules for every kind of log that holds these answers. A tier that counts headers too has sizes of its own.
pub(super) fn rules(
    c: &Candidate<'_>,
    suspect: &Suspect,
    things: &BTreeMap<Key, Thing>,
    tier: Tier,
    asked: &Asked,
) -> Vec<FoundRule> {
    let mut logs: BTreeMap<(Tier, &'static str), Thing> = BTreeMap::new();
    for (key, thing) in things {
        let host = key.host.is_empty() || c.host.is_empty() || key.host == c.host;
        if host && asked.holds(&key.path) {
            logs.entry((key.tier, key.format)).or_default().merge(thing);
        }
    }
    let mut found: Vec<FoundRule> = Vec::new();
    for ((at, format), thing) in logs {
        let sign =
            if (at, format) == (tier, c.format) { Some(sign(suspect, c.weighed.bytes)) } else { own_sign(suspect, &thing) };
        let Some(sign) = sign else { continue };
        if found.iter().any(|r| (r.tier, r.sign) == (at, sign)) {
            continue;
        }
        let how = match sign {
            Sign::Bytes(low, high) => format!("status 200 with {}", bytes_words((low, high))),
            Sign::NoContent => "status 204".into(),
            Sign::Redirect => "redirected to another place (301, 302, 303, 307, 308)".into(),
        };
        let how = if suspect.verb == Verb::Post { format!("{how} to POST") } else { how };
        let why = match sign {
            Sign::Bytes(..) => "found from body sizes",
            Sign::NoContent => "found from answers without a body",
            Sign::Redirect => "found from redirects that were not there otherwise",
        };
        let words = format!(
            "{how}, {}, logged by the {}: failed ({why}; a rule of incident.toml goes before it)",
            name(c, suspect),
            at.name()
        );
        found.push(FoundRule { tier: at, host: c.host.to_vec(), asked: asked.clone(), verb: suspect.verb, sign, words });
    }
    found
}

pub(super) fn sign(suspect: &Suspect, bytes: (u64, u64)) -> Sign {
    match suspect.mode.high {
        REDIRECT => Sign::Redirect,
        NO_CONTENT => Sign::NoContent,
        _ => Sign::Bytes(bytes.0, bytes.1),
    }
}

/// What the same answers look like in another kind of log: the size that most had in the stretch, if
/// it dominated there and was hardly known otherwise.
fn own_sign(suspect: &Suspect, thing: &Thing) -> Option<Sign> {
    if suspect.risen {
        return risen_sign(suspect, thing);
    }
    let mut during: BTreeMap<u16, Sized> = BTreeMap::new();
    for (class, sized) in [FIRST, SECOND].into_iter().flat_map(|p| &thing.parts[p]) {
        during.entry(*class).and_modify(|s| s.merge(sized)).or_insert(*sized);
    }
    let redirect = suspect.mode.high == REDIRECT;
    let (class, _) = commonest(&during)?;
    if (class == REDIRECT) != redirect {
        return None;
    }
    let own = Suspect { mode: crate::survey::Mode { low: class, high: class }, ..suspect.clone() };
    let soft = classes(&own, &thing.parts);
    let (hit, n) = (sum(&thing.parts, &[FIRST, SECOND], Some(&soft)), sum(&thing.parts, &[FIRST, SECOND], None));
    let (elsewhere, m) = (sum(&thing.parts, &[BEFORE, AFTER], Some(&soft)), sum(&thing.parts, &[BEFORE, AFTER], None));
    let rare = hit as f64 / n.max(1) as f64 > RATIO * (elsewhere as f64 + 0.5) / (m as f64 + 1.0);
    if n < SIDE_MIN || hit * 2 <= n || !rare {
        return None;
    }
    Some(sign(&own, whole(&thing.parts, &soft)?.bytes))
}

/// The same where it did not dominate: the class that rose most.
fn risen_sign(suspect: &Suspect, thing: &Thing) -> Option<Sign> {
    let of = |soft: &RangeInclusive<u16>| {
        let both = |which: &[usize]| (sum(&thing.parts, which, Some(soft)), sum(&thing.parts, which, None));
        risen::excess(both(&[FIRST, SECOND]), both(&[BEFORE, AFTER]))
    };
    let class = if is_special(suspect.mode) {
        suspect.mode.high
    } else {
        let sizes =
            [FIRST, SECOND].into_iter().flat_map(|p| thing.parts[p].keys()).filter(|c| !is_special(Mode { low: **c, high: **c }));
        let best = sizes.map(|&class| (of(&(class..=class)), class)).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        best?.1
    };
    let own = Suspect { mode: Mode { low: class, high: class }, ..suspect.clone() };
    let soft = classes(&own, &thing.parts);
    (of(&soft) >= OWN_EXCESS).then(|| whole(&thing.parts, &soft)).flatten().map(|s| sign(&own, s.bytes))
}

/// A candidate in words.
pub(super) fn told(c: &Candidate<'_>, suspect: &Suspect, asked: &Asked, counted: bool) -> SoftAnswers {
    let (w, redirect) = (&c.weighed, suspect.mode.high == REDIRECT);
    let share = |(soft, n): (u64, u64)| percent(soft as f64 / n.max(1) as f64);
    let mut because = Vec::new();
    let what = match sign(suspect, w.bytes) {
        Sign::Redirect => "were redirected to another place".into(),
        Sign::NoContent => "had status 204, which says that there is nothing to send".into(),
        Sign::Bytes(0, 0) => "had status 200 and no body".into(),
        Sign::Bytes(..) => format!("had {}", bytes_words(w.bytes)),
    };
    because.push(format!(
        "{} of {} answers ({}) {what}; before and after that it was {} of {} ({}).",
        count(w.during.0),
        count(w.during.1),
        share(w.during),
        count(w.outside.0),
        count(w.outside.1),
        share(w.outside),
    ));
    if let Some((low, high)) = w.usual.filter(|_| !redirect) {
        because.push(format!("Otherwise nine tenths of its answers had {}.", bytes_words((low, high))));
    }
    if w.returns {
        because.push("The former answers were there before and came back afterwards.".into());
    }
    let at_least = if w.clients >= CLIENTS_TOLD { "at least " } else { "" };
    because.push(format!("{at_least}{} client addresses met it.", count(w.clients as u64)));
    because.extend(w.signs.iter().cloned());
    if let Some(last) = because.iter_mut().find(|b| b.starts_with("at least")) {
        last.replace_range(..1, "A");
    }
    SoftAnswers {
        resource: name(c, suspect),
        host: (!c.host.is_empty()).then(|| text(c.host)),
        kind: match suspect.mode.high {
            REDIRECT => SoftKind::Redirect,
            EMPTY | NO_CONTENT => SoftKind::Empty,
            _ => SoftKind::Size,
        },
        method: if suspect.verb == Verb::Post { "POST" } else { "GET" },
        counted,
        bytes: (!redirect && suspect.mode.high != NO_CONTENT).then_some(w.bytes),
        usual_bytes: w.usual,
        from: w.ends.0,
        to: w.ends.1,
        answers: w.during.1,
        soft: w.during.0,
        answers_elsewhere: w.outside.1,
        soft_elsewhere: w.outside.0,
        clients: w.clients as u64,
        because,
        open: w.open(redirect),
        may_be_outage: !counted && w.may_be_outage(redirect),
        rule: rule(asked, sign(suspect, w.bytes), if counted { "good" } else { "failed" }),
    }
}

/// The rule for `incident.toml` that decides it, on one line (an array of one table, as `[[outcome]]` makes it too).
fn rule(asked: &Asked, sign: Sign, outcome: &str) -> String {
    // A text between single quotes cannot hold one, nor what cannot be seen: any character will do there.
    let path: String = asked.pattern().chars().map(|c| if c.is_ascii_graphic() && c != '\'' { c } else { '.' }).collect();
    let (status, bytes) = match sign {
        Sign::Bytes(low, high) => ("200", format!(", bytes = \"{low}-{high}\"")),
        Sign::NoContent => ("204", String::new()),
        Sign::Redirect => ("[\"301-303\", \"307-308\"]", String::new()),
    };
    format!("outcome = [{{ status = {status}, path = '{path}'{bytes}, outcome = \"{outcome}\" }}]")
}
