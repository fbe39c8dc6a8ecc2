//! Question: do the clients behave as visitors do: look around, load what belongs to a page, stop once served?
//! Method: shares of clients as odds against the baseline's; each client counts once.
//! Assumes: browsers load pictures and scripts, unless they hold them already.
//! Reference: Kandula, Katabi, Jacob and Berger, "Botz-4-Sale", NSDI 2005, for conduct after a refusal.

use super::ground::answers;
use super::{Answer, Given, Ground, Stay, against, nothing, odds, value};
use crate::case::weighing::Scale;
use crate::stats::interval::{Z95, wilson};
use crate::stats::ratio::{Pairs, quotient};
use crate::words::percent;

/// Clients below which shares of them say nothing.
const CLIENTS_MIN: f64 = 5.0;

/// Whoever asks again within so many seconds comes back; shorter where the window is.
const AGAIN: i64 = 30;

/// Of the clients with several wants, the share that asked for one thing only, as odds against the baseline.
pub(super) fn single_path(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let of = |stays: &mut dyn Iterator<Item = &Stay>| {
        stays
            .filter(|s| s.requests + s.elsewhere >= 3)
            .fold((0.0, 0.0), |c, s| if s.asks == 1 { (c.0 + 1.0, c.1) } else { (c.0, c.1 + 1.0) })
    };
    let (now, base) = (of(&mut g.stays_now()), of(&mut g.stays_base()));
    if now.0 + now.1 < CLIENTS_MIN || base.0 + base.1 < CLIENTS_MIN {
        return nothing("Too few clients asked three times or more.");
    }
    let (v, low, high) = odds(now, base);
    let part = |c: (f64, f64)| c.0 / (c.0 + c.1);
    let says = format!(
        "Of the clients that asked three times or more, {} asked for one and the same thing only; ordinarily {}.",
        percent(part(now)),
        percent(part(base))
    );
    let mut out = value(v, low, high, says)?;
    out.placebo = against(g, Scale::Logit, part(now), |s| {
        let c = of(&mut s.iter());
        (c.0 + c.1 > 0.0).then(|| part(c))
    });
    Ok(out)
}

/// Pictures, scripts and the like for every other request, window over baseline.
pub(super) fn assets(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let of = |stays: &mut dyn Iterator<Item = &Stay>| {
        let mut p = Pairs::default();
        stays.for_each(|s| p.add(s.assets[0] as f64, s.assets[1] as f64));
        p
    };
    let (now, base) = (of(&mut g.stays_now()), of(&mut g.stays_base()));
    let (Some(a), Some(b)) = (now.ratio(), base.ratio()) else { return nothing("There is nothing to compare.") };
    // Fewer than one to twenty requests: the site, or the part of it that is logged, brings none along.
    if b < 0.05 || !g.own_base {
        return nothing(
            "Those who asked for it before hardly loaded pictures or scripts that these logs show, so their absence says nothing.",
        );
    }
    let says = format!("The clients loaded {a:.2} pictures, scripts and the like for every other request; ordinarily {b:.2}.");
    match quotient(&now, &base) {
        Some((q, Some(i))) => value(q, i.low, i.high, says),
        // None at all: fewer than one to all their other requests.
        _ => value(0.5 / b / (g.stays_now().map(|s| s.assets[1]).sum::<u64>() as f64 + 1.0), 0.0, 0.2, says),
    }
}

/// How much likelier a client asks again for the same after a failure than after a success, as odds.
pub(super) fn after_refusal(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let (from, to) = g.window;
    let reach = AGAIN.min((to - from) / 4).max(2);
    let list = g.e.examined.attempts.list();
    // [after a failure, after a success]: came back, and did not; each client one share of each.
    let mut sums = [(0.0, 0.0); 2];
    for client in list.chunk_by(|a, b| a.client == b.client) {
        let mut own = [(0.0, 0.0); 2];
        for asked in client.chunk_by(|a, b| a.ask == b.ask) {
            let here = |a: &&crate::examine::Attempt| from <= a.at && a.at < to - reach && g.chosen[a.leaf as usize];
            for (i, a) in asked.iter().enumerate().filter(|(_, a)| here(a)) {
                let (good, bad) = answers(a);
                let which = usize::from(good > 0);
                // Several requests within the second are a return as well.
                let again = good + bad > 1 || asked[i + 1..].iter().any(|n| n.at > a.at && n.at - a.at <= reach);
                if again { own[which].0 += 1.0 } else { own[which].1 += 1.0 }
            }
        }
        for (sum, o) in sums.iter_mut().zip(own) {
            let n = o.0 + o.1;
            if n > 0.0 {
                *sum = (sum.0 + o.0 / n, sum.1 + o.1 / n);
            }
        }
    }
    let n = sums.map(|s| s.0 + s.1);
    if n[0] < CLIENTS_MIN || n[1] < CLIENTS_MIN {
        return nothing("Too few clients met both kinds of answers to compare what they did next.");
    }
    let (v, low, high) = odds(sums[0], sums[1]);
    let says = format!(
        "After a failure {} of the clients asked for the same again within {reach} seconds, after a success {}.",
        percent(sums[0].0 / n[0]),
        percent(sums[1].0 / n[1])
    );
    value(v, low, high, says)
}

/// Share of the clients that asked for anything else on the site in the same stretch.
pub(super) fn elsewhere(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let of = |stays: &mut dyn Iterator<Item = &Stay>, has_target: bool| {
        stays.fold((0.0, 0.0), |c, s| {
            let more = if has_target { s.elsewhere > 0 } else { s.asks > 1 };
            (c.0 + f64::from(u8::from(more)), c.1 + 1.0)
        })
    };
    let now = of(&mut g.stays_now(), g.has_target);
    if now.1 < CLIENTS_MIN {
        return nothing("Too few clients.");
    }
    let v = now.0 / now.1;
    let i = wilson(v, now.1, Z95);
    let says = format!(
        "{} of the clients asked for {} in the same stretch.",
        percent(v),
        if g.has_target { "something else on the site, too," } else { "more than one thing" }
    );
    let mut out = value(v, i.low, i.high, says)?;
    if g.own_base {
        out.placebo = against(g, Scale::Logit, v, |s| {
            let c = of(&mut s.iter(), g.has_target);
            (c.1 > 0.0).then(|| c.0 / c.1)
        });
    }
    Ok(out)
}
