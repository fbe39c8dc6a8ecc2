//! Question: do the clients ask like clockwork, together, and begin and end at a stroke?
//! Method: variance over mean of each busy client's requests in equal slices; mean correlation of their
//! courses with the common one taken out; time of rise and fall of demand.
//! Assumes: people pause and leave; programs keep their pace.
//! Reference: Thapngam, Yu, Zhou and Beliakov, INFOCOM Workshops 2011; Yu and others, TPDS 23 (2012) 1073.

use super::{Answer, Given, Ground, nothing, value};
use crate::stats::interval::Z95;

/// Busy clients looked at, and requests each must have: ten slices with one each.
const BUSY: usize = 50;
const REQUESTS_MIN: u64 = 10;

/// Slices of a client's activity.
const SLICES: i64 = 10;

/// Slices of the window for courses: enough for a correlation, few enough for counts in them.
const COURSE: i64 = 30;

/// Steps of the window in which rise and fall are timed.
const STEPS: i64 = 40;

/// Variance over mean (index of dispersion) of a client's requests in slices of its activity: median client.
pub(super) fn burstiness(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let mut list: Vec<f64> = Vec::new();
    for (_, seconds) in g.busiest(BUSY, REQUESTS_MIN) {
        let (Some(first), Some(last)) = (seconds.first(), seconds.last()) else { continue };
        let span = last.0 - first.0 + 1;
        if span < SLICES {
            continue;
        }
        let mut slices = [0.0; SLICES as usize];
        seconds.iter().for_each(|(at, n)| slices[((at - first.0) * SLICES / span) as usize] += *n as f64);
        let mean = slices.iter().sum::<f64>() / SLICES as f64;
        let variance = slices.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (SLICES - 1) as f64;
        list.push((variance / mean).max(0.01));
    }
    if list.len() < 3 {
        return nothing("Fewer than three clients asked ten times or more over ten seconds: there is no rhythm to tell.");
    }
    list.sort_by(f64::total_cmp);
    let n = list.len() as f64;
    let at = |q: f64| list[((n * q) as usize).min(list.len() - 1)];
    let half = 0.5 * Z95 / n.sqrt();
    let v = at(0.5);
    let says = format!(
        "Within the time that a busy client was active its requests varied {v:.2} times as much as chance alone would have it \
         (1 is chance, below is clockwork, above are bursts and pauses)."
    );
    value(v, at((0.5 - half).max(0.0)), at((0.5 + half).min(1.0)), says)
}

/// Mean correlation between the courses of the busy clients, the course of all others taken out.
pub(super) fn lock_step(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let (from, to) = g.window;
    let busy = g.busiest(BUSY, REQUESTS_MIN);
    if busy.len() < 3 || to - from < COURSE {
        return nothing("Fewer than three clients asked ten times or more: whether they moved in step cannot be told.");
    }
    let slice = |at: i64| ((at - from) * COURSE / (to - from)).clamp(0, COURSE - 1) as usize;
    let mut common = [0.0; COURSE as usize];
    for (at, counts) in g.seconds.range(from..to) {
        common[slice(*at)] += counts[0] as f64;
    }
    let courses: Vec<[f64; COURSE as usize]> = busy
        .iter()
        .map(|(_, seconds)| {
            let mut own = [0.0; COURSE as usize];
            seconds.iter().for_each(|(at, n)| own[slice(*at)] += *n as f64);
            own
        })
        .collect();
    for own in &courses {
        own.iter().enumerate().for_each(|(i, n)| common[i] -= n);
    }
    let total: f64 = common.iter().sum();
    let standard: Vec<Vec<f64>> = courses
        .iter()
        .filter_map(|own| {
            let n: f64 = own.iter().sum();
            let left: Vec<f64> =
                own.iter().zip(&common).map(|(x, c)| x - if total > 0.0 { n * c / total } else { n / COURSE as f64 }).collect();
            let mean = left.iter().sum::<f64>() / COURSE as f64;
            let sd = (left.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / COURSE as f64).sqrt();
            (sd > 1e-9).then(|| left.iter().map(|x| (x - mean) / sd).collect())
        })
        .collect();
    let m = standard.len() as f64;
    if standard.len() < 3 {
        return nothing("The busy clients' courses do not vary: whether they moved in step cannot be told.");
    }
    // Mean over pairs from the variance of the sum: var(sum) = m + m (m - 1) r.
    let sum: f64 = (0..COURSE as usize).map(|i| standard.iter().map(|s| s[i]).sum::<f64>().powi(2)).sum::<f64>() / COURSE as f64;
    let r = ((sum - m) / (m * (m - 1.0))).clamp(-1.0, 1.0);
    let half = Z95 * (2.0 / COURSE as f64 / (m * (m - 1.0) / 2.0)).sqrt().max(1.0 / (COURSE as f64 * m.sqrt()));
    let says = format!(
        "The courses of the {} busiest clients correlate by {r:.2} on average, the common course taken out.",
        standard.len()
    );
    value(r, r - half, r + half, says)
}

/// Wants by step around an end of the window, inwards positive: the time from a tenth to nine tenths of the change.
fn change(g: &Ground<'_>, rising: bool) -> Answer {
    let (from, to) = g.window;
    let length = to - from;
    let step = (length / STEPS).max(1);
    let steps = (length / step).max(1);
    if steps < 8 {
        return nothing("The window is too short for the time of a rise or fall.");
    }
    // Half the window outside, the whole window inside.
    let count = |i: i64| {
        let at = if rising { from + i * step } else { to - (i + 1) * step };
        g.seconds.range(at..at + step).map(|(_, c)| c[2]).sum::<u64>() as f64
    };
    let series: Vec<f64> = (-(steps / 2)..steps).map(count).collect();
    let outside: Vec<f64> = series[..(steps / 4).max(1) as usize].to_vec();
    let base = outside.iter().sum::<f64>() / outside.len() as f64;
    let mut inside = series[(steps / 2) as usize..].to_vec();
    inside.sort_by(f64::total_cmp);
    // The plateau is what the upper half of the window has in the middle.
    let top = inside[inside.len() * 3 / 4];
    if top < 1.5 * base || top * (steps as f64) < 40.0 {
        return nothing(if rising {
            "Demand shows no rise that could be timed."
        } else {
            "Demand shows no fall that could be timed."
        });
    }
    let smooth: Vec<f64> = (0..series.len())
        .map(|i| {
            series[i.saturating_sub(1)..(i + 2).min(series.len())].iter().sum::<f64>()
                / 3.0_f64.min((i + 2).min(series.len()) as f64 - i.saturating_sub(1) as f64)
        })
        .collect();
    let high = smooth.iter().position(|&x| x >= base + 0.9 * (top - base)).unwrap_or(smooth.len() - 1);
    let low = smooth[..=high].iter().rposition(|&x| x <= base + 0.1 * (top - base)).unwrap_or(0);
    let n = (high - low) as f64 * step as f64 / length as f64;
    let one = step as f64 / length as f64;
    let v = n.max(one);
    let says = format!(
        "Demand took {} to {} from a tenth to nine tenths of the way.",
        crate::words::duration_in_full((v * length as f64).round()),
        if rising { "rise" } else { "fall" }
    );
    value(v, (v - one).max(0.5 * one), v + one, says)
}

/// Time of the rise over the window's length.
pub(super) fn ramp(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    change(g, true)
}

/// Time of the fall over the window's length.
pub(super) fn end(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    change(g, false)
}
