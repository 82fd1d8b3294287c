//! The colours of a message, made from those of the brand so that everything can be read.

use super::color::READABLE;
use super::{BrandColors, Color};

/// A button whose colour is closer than this to what is around it gets an edge.
const SEEN: f64 = 1.6;
/// What is no text but must be seen (WCAG 2.2, 1.4.11).
const SEEN_WELL: f64 = 3.0;

/// On light screens, or on dark ones. Invariant: text has at least the contrast 4.5 with what it
/// stands on: `text`, `muted` and `link` on `sheet`, `panel` and `code`; `below` on `ground`;
/// `on_accent` on `accent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Palette {
    /// Around the message.
    pub(crate) ground: Color,
    /// Under the message.
    pub(crate) sheet: Color,
    pub(crate) line: Color,
    pub(crate) text: Color,
    pub(crate) muted: Color,
    /// The text of the footer.
    pub(crate) below: Color,
    pub(crate) accent: Color,
    pub(crate) on_accent: Color,
    /// The edge of a button.
    pub(crate) edge: Color,
    pub(crate) link: Color,
    /// Under what stands out.
    pub(crate) panel: Color,
    pub(crate) code: Color,
    pub(crate) labels: LabelPalette,
}

/// The labels of changes, each with its text and what it stands on. A brand does not change them: they
/// mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LabelPalette {
    pub(crate) new: LabelColors,
    pub(crate) improved: LabelColors,
    pub(crate) fixed: LabelColors,
    pub(crate) removed: LabelColors,
    pub(crate) other: LabelColors,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LabelColors {
    pub(crate) text: Color,
    pub(crate) under: Color,
}

impl LabelColors {
    const fn new(text: u32, under: u32) -> Self {
        Self { text: Color::new(text), under: Color::new(under) }
    }
}

impl LabelPalette {
    const LIGHT: Self = Self {
        new: LabelColors::new(0x000f_5132, 0x00d6_f0de),
        improved: LabelColors::new(0x0012_428a, 0x00dd_e9fb),
        fixed: LabelColors::new(0x006b_4400, 0x00fd_ecc8),
        removed: LabelColors::new(0x008a_122a, 0x00fb_dfe2),
        other: LabelColors::new(0x0036_424e, 0x00e6_eaed),
    };
    const DARK: Self = Self {
        new: LabelColors::new(0x0093_e3b0, 0x0016_3d28),
        improved: LabelColors::new(0x00a6_cfff, 0x001a_3b60),
        fixed: LabelColors::new(0x00f6_d086, 0x004a_3612),
        removed: LabelColors::new(0x00ff_b8c0, 0x0054_222c),
        other: LabelColors::new(0x00d3_dbe1, 0x002e_3a45),
    };
}

impl Palette {
    pub(crate) fn light(colors: &BrandColors) -> Self {
        let sheet = Color::WHITE;
        let accent = colors.accent.unwrap_or(Color::new(0x0b_60_75));
        Self::new(&BaseColors {
            ground: colors.background.unwrap_or(Color::new(0xf3_f5_f5)),
            sheet,
            line: Color::new(0xdc_e1_e3),
            text: Color::new(0x16_20_2b),
            muted: Color::new(0x4a_58_66),
            code: Color::new(0xf2_f4_f5),
            panel: sheet.mixed(accent, 7, 100),
            accent,
            labels: LabelPalette::LIGHT,
        })
    }

    pub(crate) fn dark(colors: &BrandColors) -> Self {
        let sheet = Color::new(0x18_21_2a);
        let neutral = Color::new(0x66_c2_d6);
        let accent = match (colors.accent_dark, colors.accent) {
            (Some(color), _) => color,
            (None, Some(color)) => color.against(&[sheet], SEEN_WELL),
            (None, None) => neutral,
        };
        Self::new(&BaseColors {
            ground: Color::new(0x10_17_1e),
            sheet,
            line: Color::new(0x34_41_4d),
            text: Color::new(0xe8_ec_ee),
            muted: Color::new(0xb1_bc_c4),
            code: Color::new(0x10_17_1e),
            panel: sheet.mixed(accent, 10, 100),
            accent,
            labels: LabelPalette::DARK,
        })
    }

    fn new(base: &BaseColors) -> Self {
        let BaseColors { ground, sheet, line, text, muted, code, panel, accent, labels } = *base;
        let under = [sheet, panel, code];
        let link = accent.against(&under, READABLE);
        let is_seen = accent.contrast(sheet) >= SEEN && accent.contrast(panel) >= SEEN;
        Self {
            ground,
            sheet,
            line,
            text: text.against(&under, READABLE),
            muted: muted.against(&under, READABLE),
            below: muted.against(&[ground], READABLE),
            accent,
            on_accent: accent.text_on(),
            edge: if is_seen { accent } else { link },
            link,
            panel,
            code,
            labels,
        }
    }
}

/// What a palette is made from.
struct BaseColors {
    ground: Color,
    sheet: Color,
    line: Color,
    text: Color,
    muted: Color,
    code: Color,
    panel: Color,
    accent: Color,
    labels: LabelPalette,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn color() -> impl Strategy<Value = Color> {
        (0..=0xff_ff_ff_u32).prop_map(Color::new)
    }

    fn check(colors: BrandColors) {
        for palette in [Palette::light(&colors), Palette::dark(&colors)] {
            let Palette { ground, sheet, panel, code, accent, .. } = palette;
            for under in [sheet, panel, code] {
                for text in [palette.text, palette.muted, palette.link] {
                    assert!(text.contrast(under) >= READABLE, "{text} on {under}: {palette:?}");
                }
            }
            assert!(palette.below.contrast(ground) >= READABLE, "{palette:?}");
            assert!(palette.on_accent.contrast(accent) >= READABLE, "{palette:?}");
            let LabelPalette { new, improved, fixed, removed, other } = palette.labels;
            for LabelColors { text, under } in [new, improved, fixed, removed, other] {
                assert!(text.contrast(under) >= READABLE, "{text} on {under}");
            }
            assert!(palette.edge.contrast(sheet) >= SEEN, "{palette:?}");
        }
    }

    #[test]
    fn the_hardest_colours_can_be_read() {
        let hard = [0, 0xff_ff_ff, 0x80_80_80, 0x77_77_77, 0xff_ff_00, 0x00_00_ff, 0x18_21_2a];
        let hard = hard.map(|it| Some(Color::new(it)));
        for accent in hard {
            for background in hard {
                check(BrandColors { accent, accent_dark: accent, background });
                check(BrandColors { accent, accent_dark: None, background });
            }
        }
        check(BrandColors::default());
    }

    #[test]
    fn a_colour_that_can_be_read_stays_as_it_is() {
        let accent = Color::new(0x8a_1c_5c);
        let light = Palette::light(&BrandColors { accent: Some(accent), ..BrandColors::default() });
        assert_eq!((light.accent, light.link, light.edge), (accent, accent, accent));
    }

    proptest! {
        #[test]
        fn every_text_can_be_read_whatever_the_brands_colours_are(
            accent in color(),
            accent_dark in prop::option::of(color()),
            background in prop::option::of(color()),
        ) {
            check(BrandColors { accent: Some(accent), accent_dark, background });
        }
    }
}
