//! The embedded typeface: no picture depends on what is installed on the machine.
//!
//! Sizes are in pixels per em; glyphs are placed at fractions of a pixel, with kerning.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use std::sync::OnceLock;

/// Height of a capital letter of DejaVu Sans, in em (the glyph H is 1493 of 2048 units high).
pub(crate) const CAP_HEIGHT: f32 = 0.729;

static REGULAR: &[u8] = include_bytes!("DejaVuSans.ttf");
static BOLD: &[u8] = include_bytes!("DejaVuSans-Bold.ttf");

/// The regular or the bold face; `None` only if the embedded file were damaged.
pub(crate) fn face(bold: bool) -> Option<&'static FontRef<'static>> {
    static FACES: OnceLock<[Option<FontRef<'static>>; 2]> = OnceLock::new();
    let faces = FACES.get_or_init(|| [REGULAR, BOLD].map(|bytes| FontRef::try_from_slice(bytes).ok()));
    faces[usize::from(bold)].as_ref()
}

/// Whether the face can draw `c`.
pub(crate) fn has(c: char) -> bool {
    face(false).is_some_and(|f| f.glyph_id(c).0 != 0)
}

/// The glyphs of `text`, laid out from x = 0 on the base line y = 0, and the width of the whole.
pub(crate) fn lay_out(text: &str, em: f32, bold: bool) -> (Vec<Glyph>, f32) {
    let Some(face) = face(bold) else { return (vec![], 0.0) };
    let scale = PxScale::from(em * face.height_unscaled() / face.units_per_em().unwrap_or(2048.0));
    let scaled = face.as_scaled(scale);
    let (mut x, mut previous, mut glyphs) = (0.0, None, vec![]);
    for c in text.chars() {
        let id = scaled.glyph_id(c);
        x += previous.map_or(0.0, |p| scaled.kern(p, id));
        glyphs.push(id.with_scale_and_position(scale, point(x, 0.0)));
        x += scaled.h_advance(id);
        previous = Some(id);
    }
    (glyphs, x)
}

/// Calls `dot(x, y, coverage)` for every pixel that `text` touches when its base line starts at
/// (`x`, `y`). Positions are rounded to a quarter of a pixel, so that equal words look equal.
pub(crate) fn rasterize(text: &str, em: f32, bold: bool, (x, y): (f32, f32), mut dot: impl FnMut(i32, i32, f32)) {
    let Some(face) = face(bold) else { return };
    for mut glyph in lay_out(text, em, bold).0 {
        glyph.position.x = ((glyph.position.x + x) * 4.0).round() / 4.0;
        glyph.position.y = y.round();
        let Some(outline) = face.outline_glyph(glyph) else { continue };
        let corner = outline.px_bounds().min;
        outline.draw(|dx, dy, coverage| dot(corner.x as i32 + dx as i32, corner.y as i32 + dy as i32, coverage.min(1.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_faces_load_and_bold_is_wider() {
        let regular = lay_out("Space", 20.0, false).1;
        assert!(regular > 40.0 && lay_out("Space", 20.0, true).1 > regular);
        assert!(has('Ж') && has('≥') && has('→') && has('\u{fffd}') && !has('\u{4e2d}'));
    }

    #[test]
    fn a_capital_is_as_high_as_declared() {
        let mut top = 0;
        rasterize("H", 1000.0, false, (0.0, 0.0), |_, y, c| {
            if c > 0.5 {
                top = top.min(y)
            }
        });
        assert!((f64::from(-top) - f64::from(CAP_HEIGHT) * 1000.0).abs() < 2.0, "{top}");
    }
}
