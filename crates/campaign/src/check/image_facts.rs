//! What an image is like: its type, weight and size, and what of that readers would notice.

use fetcher::{Body, Fetched};
use render::WebAddress;

use crate::finding::Severity;

/// An image that weighs more makes readers wait.
const HEAVY_BYTES: u64 = 1_000_000;
/// Width and height may differ so much (in percent) from the image's own ratio.
const ODD_RATIO: u64 = 3;
/// So many times as wide as shown is more than any screen needs.
const TOO_WIDE: u64 = 4;

/// What is known about an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFacts {
    /// Without parameters, in lower case.
    pub content_type: Option<String>,
    /// Its weight; at least that, when it goes on for longer than was read.
    pub bytes: Option<u64>,
    /// Width and height in pixels.
    pub size: Option<(u64, u64)>,
}

impl ImageFacts {
    pub(crate) fn of(fetched: &Fetched) -> Self {
        let Body { start, bytes } = &fetched.body;
        let size = imagesize::blob_size(start).ok();
        let size = size.map(|size| (size.width as u64, size.height as u64));
        Self { content_type: fetched.content_type.clone(), bytes: *bytes, size }
    }

    /// What readers would notice, as predicates of the image.
    pub(crate) fn flaws(&self, address: &WebAddress) -> Vec<(Severity, String)> {
        let mut flaws = Vec::new();
        let mut add = |severity, text: String| flaws.push((severity, text));
        let kind = self.content_type.as_deref().unwrap_or("of no type");
        match kind.strip_prefix("image/") {
            None => {
                let text = format!("is no image: the server says it is {kind}");
                add(Severity::Warning, text);
                return flaws;
            }
            Some("svg+xml") => {
                add(Severity::Warning, "is SVG, which Gmail and Outlook do not show".to_owned());
            }
            Some("webp" | "avif") => {
                add(Severity::Hint, format!("is {kind}, which Outlook does not show"));
            }
            Some(_) if self.size.is_none() => {
                let text = format!("can't be read as an image, and the server says it is {kind}");
                add(Severity::Warning, text);
            }
            Some(_) => {}
        }
        if let Some(bytes) = self.bytes.filter(|bytes| *bytes > HEAVY_BYTES) {
            let text = format!("weighs {}; make it smaller", readable_bytes(bytes));
            add(Severity::Warning, text);
        }
        if let Some(size) = self.size {
            flaws.extend(of_size(size, address.shown));
        }
        flaws
    }
}

fn of_size(size: (u64, u64), shown: (Option<u32>, Option<u32>)) -> Option<(Severity, String)> {
    let (width, height) = size;
    let shown_width = shown.0.map(u64::from).filter(|it| *it > 1);
    let shown_height = shown.1.map(u64::from).filter(|it| *it > 1);
    if let (Some(shown_width), Some(shown_height)) = (shown_width, shown_height) {
        let (one, other) = (width * shown_height, height * shown_width);
        // A pixel of rounding is nothing.
        let rounding = width.max(height);
        if one.abs_diff(other) > one.max(other) * ODD_RATIO / 100 + rounding {
            let text = format!(
                "has {width} x {height} pixels and would be distorted to {shown_width} x \
                 {shown_height}"
            );
            return Some((Severity::Warning, text));
        }
    }
    // A spacer is stretched on purpose.
    let shown_width = shown_width.filter(|_| width > 2)?;
    if width * 100 < shown_width * 95 {
        let text = format!("is {width} pixels wide, shown {shown_width} wide, and looks blurred");
        return Some((Severity::Hint, text));
    }
    (width > shown_width * TOO_WIDE).then(|| {
        let text = format!("is {width} pixels wide and shown {shown_width} wide; make it smaller");
        (Severity::Hint, text)
    })
}

/// `1.4 MB`, `812 kB`.
pub(crate) fn readable_bytes(bytes: u64) -> String {
    match bytes {
        1_000_000.. => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
        _ => format!("{} kB", bytes.div_ceil(1_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_would_notice_of_a_size_is_told() {
        let of = |size, width, height| {
            let flaw = of_size(size, (width, height));
            flaw.map(|(severity, text)| (severity, text.split(' ').next_back().map(str::to_owned)))
        };
        let fine = |size, width, height| assert_eq!(of(size, width, height), None, "{size:?}");
        fine((1200, 400), Some(600), Some(200));
        fine((1200, 400), Some(600), None);
        fine((1200, 401), Some(600), Some(200));
        fine((100, 33), Some(50), Some(17));
        fine((1200, 400), None, None);
        fine((1, 1), Some(600), Some(1));
        let distorted = of((1200, 400), Some(600), Some(300)).unwrap();
        assert_eq!(distorted, (Severity::Warning, Some("300".to_owned())));
        assert_eq!(of((300, 100), Some(600), Some(200)).unwrap().0, Severity::Hint);
        assert_eq!(of((4800, 1600), Some(600), None).unwrap().0, Severity::Hint);
    }

    #[test]
    fn bytes_are_told_as_people_read_them() {
        for (bytes, text) in [(1, "1 kB"), (812_000, "812 kB"), (1_460_000, "1.4 MB")] {
            assert_eq!(readable_bytes(bytes), text);
        }
    }
}
