//! Whether a picture's file has all of itself. Decoders fill up what is missing with grey, and an
//! upload that broke off would be mailed like that.

use super::PictureFormat;

const CUT_OFF: &str = "is cut off: its end is missing; export or copy it again";

/// # Errors
/// When the end is missing. That of WebP and GIF is checked by their decoders.
pub(super) fn check(content: &[u8], format: PictureFormat) -> Result<(), String> {
    let has_end = match format {
        PictureFormat::Jpeg => Markers { content, at: 2 }.any(|marker| marker.code == END),
        PictureFormat::Png => content.windows(4).any(|it| it == b"IEND"),
        PictureFormat::Gif => content.last().is_some(),
        PictureFormat::WebP => {
            let length = content.get(4..8).and_then(|it| <[u8; 4]>::try_from(it).ok());
            length.is_some_and(|it| u64::from(u32::from_le_bytes(it)) + 8 <= content.len() as u64)
        }
    };
    if has_end { Ok(()) } else { Err(CUT_OFF.to_owned()) }
}

/// Whether a JPEG is made for printing: four components in its frame.
pub(super) fn has_four_inks(content: &[u8]) -> bool {
    let frame = |marker: &Marker<'_>| {
        matches!(marker.code, 0xc0..=0xcf) && !matches!(marker.code, 0xc4 | 0xc8 | 0xcc)
    };
    let mut markers = Markers { content, at: 2 };
    markers.find(frame).is_some_and(|frame| frame.data.get(5) == Some(&4))
}

const END: u8 = 0xd9;

struct Marker<'a> {
    code: u8,
    data: &'a [u8],
}

/// The markers of a JPEG (ITU T.81 annex B), without the restarts inside a scan.
struct Markers<'a> {
    content: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Markers<'a> {
    type Item = Marker<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        // Behind a scan's header this skips its data: there 0xff stands before 0 and restarts only.
        loop {
            let rest = self.content.get(self.at..)?;
            self.at += rest.iter().position(|byte| *byte == 0xff)? + 1;
            let code = *self.content.get(self.at)?;
            match code {
                0xff => continue,
                0 | 0x01 | 0xd0..=0xd7 => self.at += 1,
                0xd8 | END => {
                    self.at += 1;
                    return Some(Marker { code, data: &[] });
                }
                _ => {
                    let length = self.content.get(self.at + 1..self.at + 3)?;
                    let length = usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
                    let data = self.content.get(self.at + 3..self.at + 1 + length)?;
                    self.at += 1 + length;
                    return Some(Marker { code, data });
                }
            }
        }
    }
}
