//! Colours, and whether text in one can be read on another (WCAG 2.2, relative luminance and
//! contrast ratio).

use std::fmt;

use super::UnusableBrand;

/// Text needs at least this contrast (WCAG 2.2, 1.4.3).
pub(crate) const READABLE: f64 = 4.5;
/// From a colour to white or black in so many steps.
const STEPS: u16 = 100;

/// In sRGB, without transparency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

impl Color {
    pub(crate) const WHITE: Self = Self::new(0xff_ff_ff);
    pub(crate) const BLACK: Self = Self::new(0);

    pub(crate) const fn new(rgb: u32) -> Self {
        let [_, red, green, blue] = rgb.to_be_bytes();
        Self { red, green, blue }
    }

    /// Reads `#0b6075` or `#06c`.
    ///
    /// # Errors
    /// When it is written otherwise: names and functions mean something else, or nothing, in some
    /// mail programs.
    pub fn parse(text: &str) -> Result<Self, UnusableBrand> {
        let digits = text.trim().strip_prefix('#').ok_or(UnusableBrand::Color)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(UnusableBrand::Color);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| UnusableBrand::Color)?;
        match digits.len() {
            6 => Ok(Self::new(number)),
            3 => {
                let digit = |at: u32| (number >> (4 * at) & 0xf) * 0x11;
                Ok(Self::new(digit(2) << 16 | digit(1) << 8 | digit(0)))
            }
            _ => Err(UnusableBrand::Color),
        }
    }

    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// White or black, whichever reads better on it: one of them has a contrast above 4.5 on any.
    pub(crate) fn text_on(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) {
            Self::WHITE
        } else {
            Self::BLACK
        }
    }

    /// The colour, made darker or lighter until it has this contrast with all of `grounds`, which
    /// must be alike.
    pub(crate) fn against(self, grounds: &[Self], contrast: f64) -> Self {
        let least = |color: Self| {
            grounds.iter().map(|it| color.contrast(*it)).fold(f64::INFINITY, f64::min)
        };
        let black_is_better = least(Self::BLACK) >= least(Self::WHITE);
        let end = if black_is_better { Self::BLACK } else { Self::WHITE };
        let mixed = (0..=STEPS).map(|step| self.mixed(end, step, STEPS));
        mixed.into_iter().find(|color| least(*color) >= contrast).unwrap_or(end)
    }

    /// `part` of `whole` of the other colour in this one.
    pub(crate) fn mixed(self, other: Self, part: u16, whole: u16) -> Self {
        let channel = |one: u8, other: u8| {
            let (part, whole) = (u32::from(part.min(whole)), u32::from(whole.max(1)));
            let sum = u32::from(one) * (whole - part) + u32::from(other) * part;
            u8::try_from((sum + whole / 2) / whole).unwrap_or(u8::MAX)
        };
        Self {
            red: channel(self.red, other.red),
            green: channel(self.green, other.green),
            blue: channel(self.blue, other.blue),
        }
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_hexadecimal_and_nothing_else() {
        assert_eq!(Color::parse(" #0B6075 ").unwrap().to_string(), "#0b6075");
        assert_eq!(Color::parse("#06c").unwrap().to_string(), "#0066cc");
        for bad in
            ["", "#", "0b6075", "red", "#0b60", "#0b60751", "#0b60zz", "#+b6075", "#ü00", "#0;x"]
        {
            assert_eq!(Color::parse(bad), Err(UnusableBrand::Color), "{bad}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        let contrast = |one: u32, other: u32| Color::new(one).contrast(Color::new(other));
        assert!((contrast(0, 0xff_ff_ff) - 21.0).abs() < 0.001);
        assert!((contrast(0x77_77_77, 0xff_ff_ff) - 4.478).abs() < 0.001);
        assert_eq!(Color::new(0xff_d4_00).text_on(), Color::BLACK);
        assert_eq!(Color::new(0x0b_60_75).text_on(), Color::WHITE);
    }
}
