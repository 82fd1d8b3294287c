//! Writes pictures: photographs as JPEG, everything else as PNG with no more than it needs.

use std::collections::HashMap;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _, Rgba};
use store::MediaSize;

use super::colour::with_alpha;
use super::pixels::{Pixels, is_grey};
use super::{MadeFile, unreadable};
use crate::file_kind::FileKind;

/// Between visible blocks and wasted bytes.
const JPEG_QUALITY: u8 = 84;

/// A file of this size. What is transparent can't be a JPEG.
pub(super) fn file(size: MediaSize, pixels: &Pixels, is_photo: bool) -> Result<MadeFile, String> {
    let (kind, bytes) = match pixels {
        Pixels::Opaque(_) if is_photo => (FileKind::Jpeg, jpeg(pixels)?),
        _ => (FileKind::Png, png(pixels).map_err(unreadable)?),
    };
    Ok(MadeFile { size, kind, width: pixels.width(), height: pixels.height(), bytes })
}

fn jpeg(pixels: &Pixels) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    let (width, height) = (pixels.width(), pixels.height());
    match pixels {
        Pixels::Opaque(image) if image.pixels().all(is_grey) => {
            let grey: Vec<u8> = image.pixels().map(|pixel| pixel.0[0]).collect();
            encoder.write_image(&grey, width, height, ExtendedColorType::L8)
        }
        Pixels::Opaque(image) => encoder.write_image(image, width, height, ExtendedColorType::Rgb8),
        Pixels::Transparent(_) => return Err("is transparent, and JPEG can't be".to_owned()),
    }
    .map_err(unreadable)?;
    Ok(bytes)
}

/// With a palette when there are few colours, without one otherwise.
fn png(pixels: &Pixels) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixels.width(), pixels.height());
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let indexed = Indexed::of(pixels);
    let data: &[u8] = match (&indexed, pixels) {
        (Some(indexed), _) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_filter(png::Filter::NoFilter);
            encoder.set_palette(indexed.colours());
            if let Some(alphas) = indexed.alphas() {
                encoder.set_trns(alphas);
            }
            &indexed.pixels
        }
        (None, Pixels::Opaque(image)) => {
            encoder.set_color(png::ColorType::Rgb);
            encoder.set_filter(png::Filter::Adaptive);
            image
        }
        (None, Pixels::Transparent(image)) => {
            encoder.set_color(png::ColorType::Rgba);
            encoder.set_filter(png::Filter::Adaptive);
            image
        }
    };
    let mut writer = encoder.write_header()?;
    writer.write_image_data(data)?;
    writer.finish()?;
    Ok(bytes)
}

/// A picture of at most 256 colours.
struct Indexed {
    palette: Vec<Rgba<u8>>,
    pixels: Vec<u8>,
}

impl Indexed {
    fn of(pixels: &Pixels) -> Option<Self> {
        let mut palette = Vec::new();
        let mut numbers = HashMap::new();
        let mut number = |colour: Rgba<u8>| {
            if let Some(number) = numbers.get(&colour) {
                return Some(*number);
            }
            let number = u8::try_from(palette.len()).ok()?;
            palette.push(colour);
            numbers.insert(colour, number);
            Some(number)
        };
        let pixels: Option<Vec<u8>> = match pixels {
            Pixels::Opaque(image) => image.pixels().map(|it| number(with_alpha(*it))).collect(),
            Pixels::Transparent(image) => image.pixels().map(|it| number(*it)).collect(),
        };
        Some(Self { pixels: pixels?, palette })
    }

    fn colours(&self) -> Vec<u8> {
        self.palette.iter().flat_map(|Rgba([r, g, b, _])| [*r, *g, *b]).collect()
    }

    fn alphas(&self) -> Option<Vec<u8>> {
        let alphas: Vec<u8> = self.palette.iter().map(|Rgba([.., alpha])| *alpha).collect();
        alphas.iter().any(|alpha| *alpha < u8::MAX).then_some(alphas)
    }
}
