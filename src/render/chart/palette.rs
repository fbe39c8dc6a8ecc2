//! Colours: Okabe and Ito's set, which the colour-blind can tell apart, and two ramps of one hue.
//!
//! Colour is never the only sign: labels stand in place, lines differ in style, points in shape.

use plotters::style::RGBColor as Rgb;

pub(crate) const PAPER: Rgb = Rgb(255, 255, 255);
pub(crate) const INK: Rgb = Rgb(45, 45, 45);
/// Second-rank text; 5.7 to 1 against the paper.
pub(crate) const GREY: Rgb = Rgb(100, 100, 100);
pub(crate) const GRID: Rgb = Rgb(225, 225, 225);
/// The incident's band behind the data.
pub(crate) const BAND: Rgb = Rgb(252, 244, 214);
/// Where there is no evidence.
pub(crate) const SILENT: Rgb = Rgb(208, 214, 222);
/// Hatching over [`SILENT`].
pub(crate) const SILENT_LINES: Rgb = Rgb(165, 174, 186);

pub(crate) const ORANGE: Rgb = Rgb(230, 159, 0);
pub(crate) const SKY: Rgb = Rgb(86, 180, 233);
pub(crate) const YELLOW: Rgb = Rgb(240, 228, 66);
pub(crate) const BLUE: Rgb = Rgb(0, 114, 178);
pub(crate) const VERMILLION: Rgb = Rgb(213, 94, 0);
pub(crate) const PURPLE: Rgb = Rgb(204, 121, 167);

/// What failed, and the rest.
pub(crate) const TARGET: Rgb = VERMILLION;
pub(crate) const REST: Rgb = BLUE;

/// The two sides of a comparison: dark forms of Okabe and Ito's green and purple, 5 to 1 and more against the paper.
pub(crate) const SIDE_A: Rgb = Rgb(0, 115, 84);
pub(crate) const SIDE_B: Rgb = Rgb(139, 58, 128);

/// `a` with the part `t` (0 to 1) of `b` mixed in: opaque, so that overlaps leave no seams.
pub(crate) fn mix(a: Rgb, b: Rgb, t: f64) -> Rgb {
    let t = t.clamp(0.0, 1.0);
    let one = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * t).round() as u8;
    Rgb(one(a.0, b.0), one(a.1, b.1), one(a.2, b.2))
}

/// Stops of the failing-share ramp; the light end carries the small shares.
const HEAT: [(f64, Rgb); 6] = [
    (0.0, Rgb(247, 247, 244)),
    (0.02, Rgb(253, 229, 192)),
    (0.10, Rgb(252, 187, 132)),
    (0.30, Rgb(239, 101, 72)),
    (0.60, Rgb(190, 30, 45)),
    (1.0, Rgb(90, 0, 25)),
];

/// Colour of a failing share, near white to dark red, linear in sRGB between the stops.
pub(crate) fn heat(share: f64) -> Rgb {
    let share = share.clamp(0.0, 1.0);
    for pair in HEAT.windows(2) {
        let ((a, from), (b, to)) = (pair[0], pair[1]);
        if share <= b {
            return mix(from, to, (share - a) / (b - a));
        }
    }
    HEAT[HEAT.len() - 1].1
}

/// Colour of a volume, light to dark blue, `part` from 0 to 1.
pub(crate) fn depth(part: f64) -> Rgb {
    mix(Rgb(214, 232, 244), Rgb(24, 92, 150), part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heat_ramp_darkens_all_the_way_and_small_shares_already_show() {
        let light = |c: Rgb| 0.2126 * f64::from(c.0) + 0.7152 * f64::from(c.1) + 0.0722 * f64::from(c.2);
        let steps: Vec<f64> = (0..=100).map(|i| light(heat(f64::from(i) / 100.0))).collect();
        assert!(steps.windows(2).all(|w| w[1] < w[0]), "{steps:?}");
        assert!(light(heat(0.0)) - light(heat(0.02)) > 10.0);
    }
}
