//! GIF: its frames are kept as they are, palette by palette, and written without anything else.

use std::io::Cursor;
use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, Decoder, Encoder, MemoryLimit};
use image::DynamicImage;
use image::codecs::gif::GifDecoder;
use store::MediaSize;

use super::pixels::Pixels;
use super::{
    DECODER_BYTES, MOST_PIXELS, MadeFile, MadePicture, SINGLE_WIDTH, THUMBNAIL_WIDTH, WHOLE_WIDTH,
    check_pixels, encode, sizes, unreadable,
};
use crate::file_kind::FileKind;

/// Most frames of an animation.
const FRAMES: usize = 1_000;
/// Most pixels of all frames together.
const FRAMES_PIXELS: u64 = 10 * MOST_PIXELS;

/// # Errors
/// Why it can't be used.
pub(super) fn make(content: &[u8]) -> Result<MadePicture, String> {
    let mut decoder = reader(content)?;
    let (width, height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    check_pixels(width, height)?;
    let (bytes, frames) = written_anew(&mut decoder)?;
    let first = first_frame(content)?;
    if frames == 1 && width > WHOLE_WIDTH {
        return Ok(MadePicture { files: sizes(&first, false)?, notes: Vec::new() });
    }
    if width > WHOLE_WIDTH {
        return Err(format!(
            "is an animation {width} pixels wide, and its frames can't be made smaller one by one; \
             export it at most {WHOLE_WIDTH} pixels wide"
        ));
    }
    let whole = MadeFile { size: MediaSize::Whole, kind: FileKind::Gif, width, height, bytes };
    // An animation has one size: scaled frames would need new palettes, and flicker.
    let single = match frames == 1 && width > SINGLE_WIDTH {
        true => encode::file(MediaSize::Single, &first.within(SINGLE_WIDTH), false)?,
        false => MadeFile { size: MediaSize::Single, ..whole.clone() },
    };
    let thumbnail = first.within(THUMBNAIL_WIDTH);
    let thumbnail = encode::file(MediaSize::Thumbnail, &thumbnail, false)?;
    let mut notes = Vec::new();
    if frames > 1 {
        notes.push(format!(
            "it has {frames} frames; Outlook on Windows shows only the first, so let that say it all"
        ));
    }
    Ok(MadePicture { files: vec![whole, single, thumbnail], notes })
}

fn reader(content: &[u8]) -> Result<Decoder<&[u8]>, String> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(
        NonZeroU64::new(DECODER_BYTES).map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes),
    );
    options.check_frame_consistency(true);
    options.read_info(content).map_err(unreadable)
}

/// The same frames in a new file, and how many they are.
fn written_anew(decoder: &mut Decoder<&[u8]>) -> Result<(Vec<u8>, usize), String> {
    let mut bytes = Vec::new();
    let palette = decoder.global_palette().unwrap_or_default().to_vec();
    let mut encoder = Encoder::new(&mut bytes, decoder.width(), decoder.height(), &palette)
        .map_err(unreadable)?;
    let (mut frames, mut pixels) = (0, 0);
    while let Some(frame) = decoder.read_next_frame().map_err(unreadable)? {
        let mut frame = frame.clone();
        // The decoder has put the lines in order.
        frame.interlaced = false;
        frames += 1;
        pixels += u64::from(frame.width) * u64::from(frame.height);
        if frames > FRAMES || pixels > FRAMES_PIXELS {
            return Err(format!(
                "has more than {FRAMES} frames, or more than {} million pixels in all of them; make it \
                 shorter or smaller",
                FRAMES_PIXELS / 1_000_000
            ));
        }
        if frames == 1 {
            encoder.set_repeat(decoder.repeat()).map_err(unreadable)?;
        }
        encoder.write_frame(&frame).map_err(unreadable)?;
    }
    if frames == 0 {
        return Err("has no pixels".to_owned());
    }
    drop(encoder);
    Ok((bytes, frames))
}

fn first_frame(content: &[u8]) -> Result<Pixels, String> {
    let decoder = GifDecoder::new(Cursor::new(content)).map_err(unreadable)?;
    Ok(Pixels::of(DynamicImage::from_decoder(decoder).map_err(unreadable)?))
}
