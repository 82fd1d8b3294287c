//! A QR code as a drawing inside a page: a secret must not be asked for from elsewhere, nor lie at an
//! address of its own.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Blank modules around the code, which readers need.
const QUIET: usize = 4;

/// What is drawn: the width in modules and the path of the dark ones.
pub(crate) struct QrPicture {
    pub(crate) width: usize,
    pub(crate) path: String,
}

/// None for a text that is too long for any code.
pub(crate) fn qr_picture(text: &str) -> Option<QrPicture> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let side = code.width();
    let mut path = String::new();
    for (index, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (index % side + QUIET, index / side + QUIET);
            // Writing to a string can't fail.
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some(QrPicture { width: side + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_with_a_quiet_border() {
        let picture = qr_picture("otpauth://totp/Pharos:ann?secret=MFRGG").unwrap();
        assert!(picture.width >= 29 && picture.path.starts_with("M4 4h1v1h-1z"));
        assert!(!picture.path.contains("M3 ") && !picture.path.contains("M0 "));
        assert!(qr_picture(&"x".repeat(5_000)).is_none());
    }
}
