//! Colours as every screen shows them: a profile is applied, and then not needed any more. Mail
//! programs ignore profiles or read them each in its own way.

use image::{Rgb, Rgba};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::pixels::Pixels;

/// Converts from the profile's colours to sRGB. A profile that makes no sense for the picture is
/// ignored, as browsers do.
pub(super) fn to_srgb(pixels: &mut Pixels, profile: &[u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    let is_grey = match profile.color_space {
        DataColorSpace::Rgb => false,
        DataColorSpace::Gray => true,
        _ => return,
    };
    let srgb = ColorProfile::new_srgb();
    let (from, to) = match (&*pixels, is_grey) {
        (Pixels::Opaque(_), false) => (Layout::Rgb, Layout::Rgb),
        (Pixels::Transparent(_), false) => (Layout::Rgba, Layout::Rgba),
        (Pixels::Opaque(_), true) => (Layout::Gray, Layout::Rgb),
        (Pixels::Transparent(_), true) => (Layout::GrayAlpha, Layout::Rgba),
    };
    let options = TransformOptions::default();
    let Ok(transform) = profile.create_transform_8bit(from, &srgb, to, options) else { return };
    let width = pixels.width() as usize;
    let mut source = Vec::with_capacity(4 * width);
    let mut convert = |row: &mut [u8], channels: usize| {
        source.clear();
        match (is_grey, channels) {
            (false, _) => source.extend_from_slice(row),
            (true, 4) => source.extend(row.chunks_exact(4).flat_map(|it| [it[0], it[3]])),
            (true, _) => source.extend(row.iter().step_by(channels)),
        }
        // Lengths that do not fit leave the row as it is; they always do.
        let _ = transform.transform(&source, row);
    };
    match pixels {
        Pixels::Opaque(image) => {
            image.as_flat_samples_mut().samples.chunks_exact_mut(3 * width).for_each(|row| {
                convert(row, 3);
            });
        }
        Pixels::Transparent(image) => {
            image.as_flat_samples_mut().samples.chunks_exact_mut(4 * width).for_each(|row| {
                convert(row, 4);
            });
        }
    }
}

/// The four channels of a pixel.
pub(super) fn with_alpha(Rgb([r, g, b]): Rgb<u8>) -> Rgba<u8> {
    Rgba([r, g, b, u8::MAX])
}
