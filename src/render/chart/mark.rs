//! The mark of made data: a ribbon beside the title, and a faint slanted word across the picture
//! that survives cutting the picture out.

use super::canvas::{LABEL, Page, Rect, Type, WIDTH};
use super::palette::{INK, YELLOW};
use crate::render::font;

/// What the mark says.
pub(crate) const WORDS: &str = "SYNTHETIC DATA";

const RIBBON: Type = LABEL.bold().size(22.0);
const MARGIN: f64 = 40.0;

/// Width that the ribbon takes of the title's line.
pub(crate) fn ribbon_room() -> f64 {
    RIBBON.width(WORDS) + 36.0 + 24.0
}

/// The ribbon in the upper right corner.
pub(crate) fn ribbon(page: &Page<'_>) {
    let box_ = Rect::new(WIDTH - MARGIN - RIBBON.width(WORDS) - 36.0, 26.0, WIDTH - MARGIN, 66.0);
    page.fill(box_, YELLOW);
    page.outline(box_, INK, 1.5);
    page.text(WORDS, box_.left + 18.0, 46.0, RIBBON);
}

/// Darkens the finished pixels along a slanted word by 5 %: seen on light and dark ground, hiding nothing.
pub(crate) fn watermark(pixels: &mut [u8], width: usize, height: usize) {
    const STRENGTH: f32 = 0.05;
    let em = (width as f32 / 11.0).min(height as f32 / 4.0);
    let (across, up) = (font::lay_out(WORDS, em, true).1.ceil(), em * font::CAP_HEIGHT);
    let (mask_width, mask_height) = (across as usize + 4, up as usize + 8);
    let mut mask = vec![0f32; mask_width * mask_height];
    font::rasterize(WORDS, em, true, (2.0, up + 4.0), |x, y, coverage| {
        if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y))
            && x < mask_width
            && let Some(m) = mask.get_mut(y * mask_width + x)
        {
            *m = m.max(coverage);
        }
    });
    // 20 degrees, rising to the right
    let (sin, cos) = (0.342_f32, 0.940_f32);
    let (cx, cy) = (width as f32 / 2.0, height as f32 / 2.0);
    for (i, pixel) in pixels.chunks_exact_mut(3).enumerate() {
        let (x, y) = ((i % width) as f32 - cx, (i / width) as f32 - cy);
        let (u, v) = (x * cos - y * sin + mask_width as f32 / 2.0, x * sin + y * cos + mask_height as f32 / 2.0);
        if u < 0.0 || v < 0.0 || u >= mask_width as f32 || v >= mask_height as f32 {
            continue;
        }
        let coverage = mask.get(v as usize * mask_width + u as usize).copied().unwrap_or(0.0);
        for value in pixel {
            *value = (f32::from(*value) * (1.0 - STRENGTH * coverage)).round() as u8;
        }
    }
}
