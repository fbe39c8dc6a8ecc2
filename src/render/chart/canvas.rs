//! A page to draw on, in the pixels of the finished picture; drawn at twice the size and filtered
//! down, then packed as PNG.
//!
//! Drawing functions return nothing: the page keeps the first error, and [`paint`] returns it.

use super::axis::Axis;
use super::backend::Backend;
use super::palette::{GRID, INK};
use super::text;
use crate::error::{Error, Result};
use crate::render::font;
use plotters::coord::Shift;
use plotters::coord::{CoordTranslate, cartesian::Cartesian2d};
use plotters::prelude::{Circle, DrawingArea, IntoDrawingArea, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor as Rgb, ShapeStyle, TextStyle};
use std::cell::RefCell;

/// Width of every picture, pixels.
pub(crate) const WIDTH: f64 = 1600.0;
/// Drawn pixels per finished pixel, each way.
const SCALE: u32 = 2;
/// Highest picture, pixels: more rows than fit must be left out before drawing.
const HEIGHT_MAX: f64 = 4000.0;

/// A rectangle; y grows downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Rect {
    pub(crate) const fn new(left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Rect { left, top, right, bottom }
    }

    pub(crate) fn width(self) -> f64 {
        self.right - self.left
    }

    /// Whether the two share more than an edge.
    pub(crate) fn meets(self, other: Rect) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }
}

/// How a text looks and which of its points is given.
#[derive(Clone, Copy)]
pub(crate) struct Type {
    pub(crate) size: f64,
    pub(crate) bold: bool,
    color: Rgb,
    h: HPos,
    v: VPos,
}

/// Labels: readable also when the picture is shown at half its width.
pub(crate) const LABEL: Type = Type { size: 20.0, bold: false, color: INK, h: HPos::Left, v: VPos::Center };
/// Titles.
pub(crate) const TITLE: Type = Type { size: 30.0, bold: true, color: INK, h: HPos::Left, v: VPos::Top };

impl Type {
    pub(crate) const fn bold(self) -> Self {
        Type { bold: true, ..self }
    }
    pub(crate) const fn color(self, color: Rgb) -> Self {
        Type { color, ..self }
    }
    pub(crate) const fn size(self, size: f64) -> Self {
        Type { size, ..self }
    }
    /// The given x is the right end.
    pub(crate) const fn right(self) -> Self {
        Type { h: HPos::Right, ..self }
    }
    /// The given x is the middle.
    pub(crate) const fn center(self) -> Self {
        Type { h: HPos::Center, ..self }
    }
    /// The given y is the top of the capitals.
    pub(crate) const fn top(self) -> Self {
        Type { v: VPos::Top, ..self }
    }
    pub(crate) fn width(self, text: &str) -> f64 {
        text::width(text, self.size, self.bold)
    }
    pub(crate) fn shorten(self, text: &str, room: f64) -> String {
        text::shorten(text, self.size, self.bold, room)
    }
    pub(crate) fn wrap(self, text: &str, room: f64, most: usize) -> Vec<String> {
        text::wrap(text, self.size, self.bold, room, most)
    }
}

/// The page being drawn.
pub(crate) struct Page<'a> {
    area: DrawingArea<Backend<'a>, Shift>,
    trouble: RefCell<Option<String>>,
}

fn px(v: f64) -> i32 {
    (v * f64::from(SCALE)).round() as i32
}

fn at((x, y): (f64, f64)) -> (i32, i32) {
    (px(x), px(y))
}

fn stroke(color: Rgb, width: f64) -> ShapeStyle {
    color.stroke_width(px(width).max(1) as u32)
}

impl Page<'_> {
    fn note<E: std::fmt::Display>(&self, outcome: std::result::Result<(), E>) {
        if let Err(e) = outcome {
            self.trouble.borrow_mut().get_or_insert_with(|| e.to_string());
        }
    }

    /// Writes `text` as it is, made harmless; shorten it first where room is limited.
    pub(crate) fn text(&self, text: &str, x: f64, y: f64, style: Type) {
        let weight = if style.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = ("sans-serif", style.size * f64::from(SCALE)).into_font().style(weight);
        let style = TextStyle::from(font).color(&style.color).pos(Pos::new(style.h, style.v));
        self.note(self.area.draw_text(&text::clean(text), &style, at((x, y))));
    }

    /// Fills a rectangle; at least one drawn pixel each way.
    pub(crate) fn fill(&self, r: Rect, color: Rgb) {
        let (a, b) = (at((r.left, r.top)), at((r.right, r.bottom)));
        let end = ((b.0 - 1).max(a.0), (b.1 - 1).max(a.1));
        self.note(self.area.draw(&Rectangle::new([a, end], color.filled())));
    }

    pub(crate) fn outline(&self, r: Rect, color: Rgb, width: f64) {
        let corners = [(r.left, r.top), (r.right, r.top), (r.right, r.bottom), (r.left, r.bottom), (r.left, r.top)];
        self.line(&corners, color, width);
    }

    pub(crate) fn line(&self, points: &[(f64, f64)], color: Rgb, width: f64) {
        let points: Vec<_> = points.iter().copied().map(at).collect();
        self.note(self.area.draw(&PathElement::new(points, stroke(color, width))));
    }

    /// A line of dashes `on` long with gaps `off` long, measured along the line.
    pub(crate) fn dashed(&self, points: &[(f64, f64)], color: Rgb, width: f64, (on, off): (f64, f64)) {
        let mut done = 0.0;
        for pair in points.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let length = (b.0 - a.0).hypot(b.1 - a.1);
            let place = |d: f64| (a.0 + (b.0 - a.0) * d / length, a.1 + (b.1 - a.1) * d / length);
            let mut d = 0.0;
            while d < length {
                let phase = (done + d) % (on + off);
                let step = if phase < on { on - phase } else { on + off - phase }.max(0.01).min(length - d);
                if phase < on {
                    self.line(&[place(d), place(d + step)], color, width);
                }
                d += step;
            }
            done += length;
        }
    }

    pub(crate) fn polygon(&self, points: &[(f64, f64)], color: Rgb) {
        let points: Vec<_> = points.iter().copied().map(at).collect();
        self.note(self.area.draw(&Polygon::new(points, color.filled())));
    }

    pub(crate) fn disc(&self, centre: (f64, f64), radius: f64, color: Rgb) {
        self.note(self.area.draw(&Circle::new(at(centre), px(radius), color.filled())));
    }

    /// Slanted lines over a rectangle, in step with those of its neighbours.
    pub(crate) fn hatch(&self, r: Rect, color: Rgb) {
        const APART: f64 = 9.0;
        let mut sum = ((r.left + r.top) / APART).ceil() * APART;
        while sum < r.right + r.bottom {
            let (x0, x1) = (r.left.max(sum - r.bottom), r.right.min(sum - r.top));
            if x0 < x1 {
                self.line(&[(x0, sum - x0), (x1, sum - x1)], color, 1.0);
            }
            sum += APART;
        }
    }
}

/// A rectangle of the page with an axis along each side.
pub(crate) struct Plot {
    pub(crate) rect: Rect,
    coords: Cartesian2d<Axis, Axis>,
}

impl Plot {
    pub(crate) fn new(rect: Rect, x: Axis, y: Axis) -> Self {
        let across = px(rect.left)..px(rect.right);
        let up = px(rect.bottom)..px(rect.top);
        Plot { rect, coords: Cartesian2d::new(x, y, (across, up)) }
    }

    /// Where the point (`x`, `y`) of the axes lies on the page.
    pub(crate) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let (x, y) = self.coords.translate(&(x, y));
        (f64::from(x) / f64::from(SCALE), f64::from(y) / f64::from(SCALE))
    }

    pub(crate) fn x(&self, x: f64) -> f64 {
        self.at(x, 0.0).0
    }

    pub(crate) fn y(&self, y: f64) -> f64 {
        self.at(0.0, y).1
    }

    /// The upper end of the y axis.
    pub(crate) fn y_end(&self) -> f64 {
        self.coords.y_spec().range.end
    }

    /// Pale lines across, with their labels on the left.
    pub(crate) fn y_grid(&self, page: &Page<'_>) {
        for tick in &self.coords.y_spec().ticks {
            let y = self.y(tick.at);
            page.line(&[(self.rect.left, y), (self.rect.right, y)], GRID, 1.0);
            page.text(&tick.label, self.rect.left - 12.0, y, LABEL.right());
        }
    }

    /// Pale lines upwards, without labels.
    pub(crate) fn x_grid(&self, page: &Page<'_>) {
        for tick in &self.coords.x_spec().ticks {
            let x = self.x(tick.at);
            page.line(&[(x, self.rect.top), (x, self.rect.bottom)], GRID, 1.0);
        }
    }

    /// The base line with ticks and labels below it; 56 pixels high where dates stand there.
    pub(crate) fn x_labels(&self, page: &Page<'_>) {
        let bottom = self.rect.bottom;
        page.line(&[(self.rect.left, bottom), (self.rect.right, bottom)], INK, 1.0);
        for tick in &self.coords.x_spec().ticks {
            let x = self.x(tick.at);
            page.line(&[(x, bottom), (x, bottom + 7.0)], INK, 1.0);
            page.text(&tick.label, x, bottom + 12.0, LABEL.center().top());
            if let Some(date) = &tick.date {
                page.text(date, x, bottom + 35.0, LABEL.center().top());
            }
        }
    }
}

/// Draws one picture of `height` pixels and gives its RGB pixels, [`WIDTH`] wide.
///
/// # Errors
/// The drawing layer refused something: a defect of the program.
pub(crate) fn paint(chart: &str, height: f64, draw: impl FnOnce(&Page<'_>)) -> Result<(Vec<u8>, u32)> {
    let broken = |reason: &str| Error::Chart { chart: chart.to_owned(), reason: reason.to_owned() };
    if font::face(false).is_none() || font::face(true).is_none() {
        return Err(broken("the embedded font cannot be read"));
    }
    let (width, height) = (WIDTH as u32, height.ceil().clamp(100.0, HEIGHT_MAX) as u32);
    let mut pixels = vec![0; (width * SCALE * height * SCALE * 3) as usize];
    let backend = Backend::new(&mut pixels, width * SCALE, height * SCALE);
    let page = Page { area: backend.into_drawing_area(), trouble: RefCell::new(None) };
    draw(&page);
    if let Some(reason) = page.trouble.take() {
        return Err(broken(&reason));
    }
    drop(page);
    Ok((halve(&pixels, width as usize, height as usize), height))
}

/// Box filter: each finished pixel is the mean of its drawn ones.
fn halve(pixels: &[u8], width: usize, height: usize) -> Vec<u8> {
    let row = width * SCALE as usize * 3;
    let mut out = Vec::with_capacity(width * height * 3);
    for pair in pixels.chunks_exact(row * 2).take(height) {
        let (upper, lower) = pair.split_at(row);
        for (a, b) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for c in 0..3 {
                let sum = u16::from(a[c]) + u16::from(a[c + 3]) + u16::from(b[c]) + u16::from(b[c + 3]);
                out.push(((sum + 2) / 4) as u8);
            }
        }
    }
    out
}

/// Packs RGB pixels as PNG. The only text inside is the program's name and version: no time.
///
/// # Errors
/// The packer refused: a defect of the program.
pub(crate) fn png(chart: &str, pixels: &[u8], height: u32, program: &str) -> Result<Vec<u8>> {
    let broken = |e: png::EncodingError| Error::Chart { chart: chart.to_owned(), reason: e.to_string() };
    let mut out = vec![];
    let mut encoder = png::Encoder::new(&mut out, WIDTH as u32, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let ascii: String = program.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(80).collect();
    encoder.add_text_chunk("Software".into(), ascii).map_err(broken)?;
    let mut writer = encoder.write_header().map_err(broken)?;
    writer.write_image_data(pixels).map_err(broken)?;
    writer.finish().map_err(broken)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::axis;
    use super::*;
    use crate::render::sample;

    #[test]
    fn every_tick_stands_on_the_page_where_its_time_belongs() {
        let case = sample::case();
        let rect = Rect::new(140.0, 100.0, 1540.0, 500.0);
        let plot = Plot::new(rect, axis::time(&case.axis, rect.width()), axis::shares(0.0, 1.0, 0.2));
        let ticks = plot.coords.x_spec().ticks.clone();
        assert!(ticks.len() > 5);
        for tick in ticks {
            let part = (plot.x(tick.at) - rect.left) / rect.width();
            let micros = (part * (case.axis.to.0 - case.axis.from.0) as f64).round() as i64;
            let there = case.axis.from.plus(micros);
            let minute = 60 * crate::time::SECOND;
            let nearest = crate::time::Micros((there.0 + minute / 2).div_euclid(minute) * minute);
            assert!((there.0 - nearest.0).abs() < 5 * crate::time::SECOND, "{tick:?} is drawn at {there}");
            assert_eq!(tick.label, nearest.hour_minute());
        }
        assert_eq!((plot.y(0.0), plot.y(1.0), plot.y(7.0)), (500.0, 100.0, 100.0));
    }

    #[test]
    fn a_filled_rectangle_covers_exactly_its_pixels() {
        let (pixels, height) = paint("test", 100.0, |page| page.fill(Rect::new(10.0, 20.0, 12.0, 23.0), INK)).expect("a picture");
        assert_eq!(pixels.len(), 1600 * 100 * 3);
        let dark = pixels.chunks_exact(3).enumerate().filter(|(_, p)| *p == [INK.0, INK.1, INK.2]);
        let at: Vec<_> = dark.map(|(i, _)| (i % 1600, i / 1600)).collect();
        assert_eq!(at, [(10, 20), (11, 20), (10, 21), (11, 21), (10, 22), (11, 22)]);
        assert_eq!(height, 100);
    }

    #[test]
    fn a_png_carries_the_program_and_no_time() {
        let (pixels, height) = paint("test", 100.0, |_| {}).expect("a picture");
        let bytes = png("test", &pixels, height, "outscope 1.2.3\u{7}").expect("a PNG");
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
        assert!(has(b"tEXtSoftware\0outscope 1.2.3") && !has(b"tIME") && !has(b"pHYs"));
    }
}
