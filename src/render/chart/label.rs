//! Finds a place for a label beside its own line where it touches no line and no other label.

use super::canvas::Rect;

/// Distance kept between a label and any line, pixels.
const CLEAR: f64 = 7.0;
/// Places tried along a line.
const TRIES: usize = 80;

/// Where a label of `size` (width, height) for the step line `own` may stand inside `bounds`
/// without meeting `taken`: the place nearest to `wanted` (an x), above its line rather than below.
/// `None` where everything is full.
pub(crate) fn place(own: &[Rect], (width, height): (f64, f64), bounds: Rect, taken: &[Rect], wanted: f64) -> Option<Rect> {
    let mut best: Option<(f64, Rect)> = None;
    for step in own.iter().step_by(own.len().div_ceil(TRIES).max(1)) {
        let middle = wanted.max(step.left).min(step.right);
        for (penalty, top) in [(0.0, step.top - CLEAR - height), (60.0, step.bottom + CLEAR)] {
            let left = (middle - width / 2.0).clamp(bounds.left, (bounds.right - width).max(bounds.left));
            let place = Rect::new(left, top, left + width, top + height);
            let cost = (middle - wanted).abs() + penalty;
            let inside = place.top >= bounds.top && place.bottom <= bounds.bottom && place.right <= bounds.right;
            if !inside || best.is_some_and(|(c, _)| c <= cost) {
                continue;
            }
            let padded = Rect::new(place.left - CLEAR, place.top - CLEAR + 2.0, place.right + CLEAR, place.bottom + CLEAR - 2.0);
            if !taken.iter().any(|t| t.meets(padded)) {
                best = Some((cost, place));
            }
        }
    }
    best.map(|(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(y: f64) -> Vec<Rect> {
        (0..10).map(|i| Rect::new(f64::from(i) * 100.0, y - 1.0, f64::from(i) * 100.0 + 100.0, y + 1.0)).collect()
    }

    #[test]
    fn a_label_stands_above_its_line_near_the_wanted_place_and_clear_of_others() {
        let bounds = Rect::new(0.0, 0.0, 1000.0, 400.0);
        let (low, high) = (flat(380.0), flat(30.0));
        let all: Vec<Rect> = low.iter().chain(&high).copied().collect();
        let first = place(&low, (200.0, 20.0), bounds, &all, 500.0).expect("room");
        assert!(first.bottom < 380.0 && (first.left + 100.0 - 500.0).abs() < 100.0);
        let below = place(&high, (200.0, 30.0), bounds, &all, 500.0).expect("room below");
        assert!(below.top > 30.0);
        assert_eq!(place(&low, (200.0, 20.0), bounds, &[bounds], 500.0), None);
    }
}
