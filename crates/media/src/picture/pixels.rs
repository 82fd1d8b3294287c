//! Decoded pixels, eight bits per channel.

use image::imageops::{FilterType, resize, thumbnail};
use image::{DynamicImage, ImageBuffer, Rgb, RgbImage, Rgba, RgbaImage};

/// A picture with or without transparency. Grey ones are RGB, too; the encoders see that.
#[derive(Debug, Clone)]
pub(crate) enum Pixels {
    Opaque(RgbImage),
    Transparent(RgbaImage),
}

/// A picture that is more than this many times too wide is first halved roughly: averaging whole
/// blocks is quick and loses nothing that the filter afterwards would show.
const ROUGHLY: u32 = 4;

impl Pixels {
    /// Whatever a decoder gave: sixteen bits become eight, a channel of transparency that hides
    /// nothing goes.
    pub(super) fn of(image: DynamicImage) -> Self {
        if !image.color().has_alpha() {
            return Self::Opaque(image.into_rgb8());
        }
        let image = image.into_rgba8();
        if image.pixels().all(|Rgba([.., alpha])| *alpha == u8::MAX) {
            return Self::Opaque(DynamicImage::ImageRgba8(image).into_rgb8());
        }
        Self::Transparent(image)
    }

    pub(super) fn width(&self) -> u32 {
        match self {
            Self::Opaque(image) => image.width(),
            Self::Transparent(image) => image.width(),
        }
    }

    pub(super) fn height(&self) -> u32 {
        match self {
            Self::Opaque(image) => image.height(),
            Self::Transparent(image) => image.height(),
        }
    }

    /// The picture at most this wide.
    pub(super) fn within(&self, width: u32) -> Self {
        if self.width() <= width {
            return self.clone();
        }
        let height_of = |width: u32| {
            let height = u64::from(self.height()) * u64::from(width) / u64::from(self.width());
            u32::try_from(height).unwrap_or(u32::MAX).max(1)
        };
        let (height, is_large) = (height_of(width), self.width() > ROUGHLY * width);
        let (rough_width, rough_height) = (2 * width, height_of(2 * width));
        match self {
            Self::Opaque(image) if is_large => {
                let rough: RgbImage = thumbnail(image, rough_width, rough_height);
                Self::Opaque(resize(&rough, width, height, FilterType::Lanczos3))
            }
            Self::Opaque(image) => Self::Opaque(resize(image, width, height, FilterType::Lanczos3)),
            Self::Transparent(image) => {
                let mut mixed = premultiplied(image);
                if is_large {
                    mixed = thumbnail(&mixed, rough_width, rough_height);
                }
                Self::Transparent(straight(&resize(&mixed, width, height, FilterType::Lanczos3)))
            }
        }
    }
}

type Premultiplied = ImageBuffer<Rgba<u16>, Vec<u16>>;

/// Colours weighted by how much they cover. Without that the colour of what can't be seen, which is
/// mostly black, would be mixed into edges.
fn premultiplied(image: &RgbaImage) -> Premultiplied {
    ImageBuffer::from_fn(image.width(), image.height(), |x, y| {
        let Rgba([r, g, b, alpha]) = *image.get_pixel(x, y);
        let times = |channel: u8| u16::from(channel) * u16::from(alpha);
        Rgba([times(r), times(g), times(b), u16::from(alpha) * 255])
    })
}

fn straight(image: &Premultiplied) -> RgbaImage {
    ImageBuffer::from_fn(image.width(), image.height(), |x, y| {
        let Rgba([r, g, b, alpha]) = *image.get_pixel(x, y);
        let (covers, half) = (u32::from(alpha), u32::from(alpha) / 2);
        let channel = |mixed: u16| {
            let whole = (u32::from(mixed) * 255 + half).checked_div(covers).unwrap_or(0);
            u8::try_from(whole).unwrap_or(u8::MAX)
        };
        let alpha = u8::try_from((covers + 127) / 255).unwrap_or(u8::MAX);
        Rgba([channel(r), channel(g), channel(b), alpha])
    })
}

/// Whether a pixel has no colour.
pub(super) fn is_grey(Rgb([r, g, b]): &Rgb<u8>) -> bool {
    r == g && g == b
}
