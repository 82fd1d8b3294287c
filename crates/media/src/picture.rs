//! Pictures: taken in once, and written anew as mail needs them.
//!
//! Invariants: what is written has no metadata, because it is made from pixels alone; it is upright and
//! in sRGB; it is never larger than what came in. Pixels are counted before any is decoded.

mod colour;
mod complete;
mod encode;
mod frames;
mod pixels;

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{DynamicImage, ImageDecoder, Limits};
use store::MediaSize;

use crate::file_kind::FileKind;
use pixels::Pixels;

/// Pixels that a picture may have: more than any camera's, and some 200 MB in memory.
const MOST_PIXELS: u64 = 50_000_000;
/// Memory that a decoder may take.
const DECODER_BYTES: u64 = 600 << 20;
/// As wide as the text of most mail, in points.
const SINGLE_WIDTH: u32 = 600;
/// For screens with two pixels per point.
const WHOLE_WIDTH: u32 = 2 * SINGLE_WIDTH;
const THUMBNAIL_WIDTH: u32 = 240;

/// A picture's files, and what its owner should know.
#[derive(Debug)]
pub(crate) struct MadePicture {
    pub(crate) files: Vec<MadeFile>,
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct MadeFile {
    pub(crate) size: MediaSize,
    pub(crate) kind: FileKind,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: Vec<u8>,
}

/// How pictures come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PictureFormat {
    Png,
    Jpeg,
    Gif,
    WebP,
}

impl PictureFormat {
    /// What the content begins like, whatever the file is called.
    pub(crate) fn of(content: &[u8]) -> Option<Self> {
        let webp = content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP");
        if content.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if content.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if content.starts_with(b"GIF87a") || content.starts_with(b"GIF89a") {
            Some(Self::Gif)
        } else if webp {
            Some(Self::WebP)
        } else {
            None
        }
    }
}

/// Makes a picture's files from what came in.
///
/// # Errors
/// Why it can't be used, as the end of a sentence that begins with the file's name.
pub(crate) fn make(content: &[u8], format: PictureFormat) -> Result<MadePicture, String> {
    complete::check(content, format)?;
    if format == PictureFormat::Gif {
        return frames::make(content);
    }
    let (decoded, notes, is_photo) = match format {
        PictureFormat::Jpeg => {
            let mut decoder = JpegDecoder::new(Cursor::new(content)).map_err(unreadable)?;
            let four_inks = complete::has_four_inks(content);
            let mut notes = Vec::new();
            if four_inks {
                notes.push(
                    "its colours are for printing (CMYK) and were converted roughly; export it in RGB \
                     for exact ones"
                        .to_owned(),
                );
            }
            (decoded(&mut decoder, !four_inks)?.with(decoder)?, notes, true)
        }
        PictureFormat::WebP => {
            let mut decoder = WebPDecoder::new(Cursor::new(content)).map_err(unreadable)?;
            if decoder.has_animation() {
                return Err(
                    "is an animated WebP, which many mail programs don't show; export it as GIF"
                        .to_owned(),
                );
            }
            let is_photo = content.windows(4).take(256).any(|it| it == b"VP8 ");
            (decoded(&mut decoder, true)?.with(decoder)?, Vec::new(), is_photo)
        }
        PictureFormat::Png | PictureFormat::Gif => {
            let mut decoder = PngDecoder::new(Cursor::new(content)).map_err(unreadable)?;
            let mut notes = Vec::new();
            if decoder.is_apng().unwrap_or(false) {
                notes.push(
                    "it is animated, and only its first picture was taken: mail programs show \
                     animations as GIF alone"
                        .to_owned(),
                );
            }
            (decoded(&mut decoder, true)?.with(decoder)?, notes, false)
        }
    };
    Ok(MadePicture { files: sizes(&decoded, is_photo)?, notes })
}

/// What is known of a picture before its pixels are decoded.
struct Header {
    orientation: image::metadata::Orientation,
    profile: Option<Vec<u8>>,
}

/// Reads the header and refuses what would take too much.
fn decoded(decoder: &mut impl ImageDecoder, has_profile: bool) -> Result<Header, String> {
    let (width, height) = decoder.dimensions();
    check_pixels(width, height)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODER_BYTES);
    decoder.set_limits(limits).map_err(unreadable)?;
    let orientation = decoder.orientation().map_err(unreadable)?;
    // A profile that can't be read is as good as none.
    let profile = decoder.icc_profile().ok().flatten().filter(|_| has_profile);
    Ok(Header { orientation, profile })
}

impl Header {
    fn with(self, decoder: impl ImageDecoder) -> Result<Pixels, String> {
        let mut image = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
        image.apply_orientation(self.orientation);
        let mut pixels = Pixels::of(image);
        if let Some(profile) = &self.profile {
            colour::to_srgb(&mut pixels, profile);
        }
        Ok(pixels)
    }
}

fn check_pixels(width: u32, height: u32) -> Result<(), String> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err("has no pixels".to_owned());
    }
    if pixels > MOST_PIXELS {
        return Err(format!(
            "has {width} x {height} pixels, and more than {} million are not decoded; make it smaller",
            MOST_PIXELS / 1_000_000
        ));
    }
    Ok(())
}

/// The same picture in each size.
fn sizes(pixels: &Pixels, is_photo: bool) -> Result<Vec<MadeFile>, String> {
    let mut files: Vec<MadeFile> = Vec::with_capacity(3);
    let mut larger: Option<Pixels> = None;
    for (size, width) in [
        (MediaSize::Whole, WHOLE_WIDTH),
        (MediaSize::Single, SINGLE_WIDTH),
        (MediaSize::Thumbnail, THUMBNAIL_WIDTH),
    ] {
        let before = larger.as_ref().unwrap_or(pixels);
        if before.width() <= width
            && let Some(same) = files.last()
        {
            files.push(MadeFile { size, ..same.clone() });
            continue;
        }
        let scaled = before.within(width);
        files.push(encode::file(size, &scaled, is_photo)?);
        larger = Some(scaled);
    }
    Ok(files)
}

fn unreadable(problem: impl std::fmt::Display) -> String {
    format!("can't be read as a picture: {problem}")
}

#[cfg(test)]
mod tests;
