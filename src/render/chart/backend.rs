//! The surface plotters draws on: an RGB buffer with anti-aliased lines and well set text.
//!
//! The stock bitmap surface drops side bearings of glyphs, lets dots rise by a pixel at odd sizes
//! and leaves wide lines jagged; here both are drawn with exact coverage. Everything outside the
//! buffer is cut off, never an error.

use super::palette::PAPER;
use crate::render::font;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle};
use std::convert::Infallible;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// A borrowed buffer of `width` x `height` RGB pixels.
pub(crate) struct Backend<'a> {
    pixels: &'a mut [u8],
    width: u32,
    height: u32,
}

impl<'a> Backend<'a> {
    /// Takes the buffer and paints it paper-coloured; a buffer of the wrong length draws nothing.
    pub(crate) fn new(pixels: &'a mut [u8], width: u32, height: u32) -> Self {
        for pixel in pixels.chunks_exact_mut(3) {
            pixel.copy_from_slice(&[PAPER.0, PAPER.1, PAPER.2]);
        }
        Backend { pixels, width, height }
    }

    fn blend(&mut self, x: i32, y: i32, color: BackendColor, coverage: f64) {
        if x < 0 || y < 0 || x >= self.width as i32 || y >= self.height as i32 {
            return;
        }
        let at = (y as usize * self.width as usize + x as usize) * 3;
        let Some(pixel) = self.pixels.get_mut(at..at + 3) else { return };
        let alpha = (color.alpha * coverage).clamp(0.0, 1.0);
        let (r, g, b) = color.rgb;
        for (old, new) in pixel.iter_mut().zip([r, g, b]) {
            *old = (f64::from(*old) + (f64::from(new) - f64::from(*old)) * alpha).round() as u8;
        }
    }

    /// A line with round ends: each pixel is covered by how far it lies inside the stroke.
    fn stroke(&mut self, (ax, ay): (f64, f64), (bx, by): (f64, f64), width: f64, color: BackendColor) {
        let reach = width / 2.0 + 0.5;
        let (dx, dy) = (bx - ax, by - ay);
        let squared = dx * dx + dy * dy;
        let steep = dy.abs() > dx.abs();
        // walk the long direction and, at each step, only the few pixels across that can be touched
        let across = reach * (1.0 + if steep { (dx / dy).powi(2) } else { (dy / dx.abs().max(1e-9)).powi(2) }).sqrt();
        let (a, b, low, high) = if steep { (ay, by, ax, bx) } else { (ax, bx, ay, by) };
        let limit = f64::from(if steep { self.height } else { self.width });
        let first = (a.min(b) - reach).floor().clamp(-1.0, limit) as i32;
        let last = (a.max(b) + reach).ceil().clamp(-1.0, limit) as i32;
        for long in first..=last {
            let t = if (b - a).abs() < 1e-9 { 0.5 } else { ((f64::from(long) - a) / (b - a)).clamp(0.0, 1.0) };
            let middle = low + (high - low) * t;
            let span = if squared < 1e-9 { reach } else { across };
            for short in (middle - span).floor() as i32..=(middle + span).ceil() as i32 {
                let (x, y) = if steep { (short, long) } else { (long, short) };
                let (px, py) = (f64::from(x) - ax, f64::from(y) - ay);
                let along = if squared < 1e-9 { 0.0 } else { ((px * dx + py * dy) / squared).clamp(0.0, 1.0) };
                let distance = (px - along * dx).hypot(py - along * dy);
                if distance < reach {
                    self.blend(x, y, color, (reach - distance).min(1.0));
                }
            }
        }
    }
}

impl DrawingBackend for Backend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.blend(x, y, color, 1.0);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let mut previous: Option<BackendCoord> = None;
        for point in path {
            if let Some(from) = previous {
                let float = |(x, y): BackendCoord| (f64::from(x), f64::from(y));
                self.stroke(float(from), float(point), f64::from(style.stroke_width()), style.color());
            }
            previous = Some(point);
        }
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, (x, y): BackendCoord) -> Drawn {
        let (em, bold, color) = (style.size() as f32, matches!(style.style(), FontStyle::Bold), style.color());
        let width = font::lay_out(text, em, bold).1;
        let anchor = style.anchor();
        let left = match anchor.h_pos {
            HPos::Left => 0.0,
            HPos::Center => -width / 2.0,
            HPos::Right => -width,
        };
        // a line is placed by its capitals: their top, their middle or the base line
        let base = match anchor.v_pos {
            VPos::Top => em * font::CAP_HEIGHT,
            VPos::Center => em * font::CAP_HEIGHT / 2.0,
            VPos::Bottom => 0.0,
        };
        font::rasterize(text, em, bold, (x as f32 + left, y as f32 + base), |px, py, coverage| {
            self.blend(px, py, color, f64::from(coverage));
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotters::style::{Color, RGBColor};

    fn drawn(draw: impl FnOnce(&mut Backend<'_>)) -> Vec<u8> {
        let mut pixels = vec![0; 60 * 40 * 3];
        draw(&mut Backend::new(&mut pixels, 60, 40));
        pixels
    }

    #[test]
    fn a_line_is_as_heavy_whatever_its_direction() {
        let black = RGBColor(0, 0, 0).to_backend_color();
        let weight = |a, b| drawn(|s| s.stroke(a, b, 4.0, black)).iter().map(|v| 255.0 - f64::from(*v)).sum::<f64>() / 765.0;
        for (a, b) in [((10.0, 20.0), (40.0, 20.0)), ((20.0, 5.0), (20.0, 35.0)), ((10.0, 10.0), (34.0, 28.0))] {
            let expected = 30.0 * 4.0 + std::f64::consts::PI * 4.0;
            assert!((weight(a, b) - expected).abs() < 5.0, "{a:?} {b:?}: {} for {expected}", weight(a, b));
        }
        assert!(weight((20.0, 20.0), (20.0, 20.0)) > 8.0, "a point is a dot");
    }

    #[test]
    fn drawing_outside_the_buffer_is_cut_off() {
        let black = RGBColor(0, 0, 0).to_backend_color();
        let pixels = drawn(|s| {
            s.stroke((-1e9, -1e9), (1e9, 1e9), 3.0, black);
            s.stroke((1e9, 5.0), (2e9, 5.0), 3.0, black);
            s.blend(i32::MAX, i32::MIN, black, 1.0);
        });
        assert!(pixels.contains(&0));
    }
}
