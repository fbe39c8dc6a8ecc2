//! The smallest picture there is: for tests of the pages, which need no drawing.

use super::chart::Picture;

/// A picture of one grey dot.
pub(crate) fn dot(file: &str, title: &str) -> Picture {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&[0xcc]).expect("a dot");
    drop(writer);
    Picture { file: file.into(), title: title.into(), alt: format!("a dot for {title}"), png }
}
