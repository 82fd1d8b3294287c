//! Names of fonts, the first that a reader's machine has being used.

use super::UnusableBrand;

/// What most machines look best in by themselves.
const NEUTRAL: &str = "system-ui, \"Segoe UI\", Roboto, \"Helvetica Neue\", Arial, sans-serif";
const MOST_FONTS: usize = 8;
const NAME_CHARACTERS: usize = 40;
/// They mean a kind of font, and are never quoted. What stands behind the names when they end in none
/// that every machine has: some programs would fall back to Times.
const KINDS: [(&str, &str); 5] = [
    ("sans-serif", "Arial, sans-serif"),
    ("serif", "Georgia, \"Times New Roman\", serif"),
    ("monospace", "Consolas, \"Courier New\", monospace"),
    ("system-ui", "system-ui"),
    ("ui-monospace", "ui-monospace"),
];
/// What Outlook draws with: it takes Times for any stack that begins with a font it lacks.
const OUTLOOK: [(&str, &str); 3] = [
    ("monospace", "Consolas,monospace"),
    ("sans-serif", "\"Segoe UI\",Arial,sans-serif"),
    ("serif", "Georgia,serif"),
];

/// A list of fonts as CSS writes it, which ends in a kind of font.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FontStack(String);

impl FontStack {
    /// Reads names with commas between them, in quotes or not.
    ///
    /// # Errors
    /// When a name has other characters than letters, digits, spaces, hyphens and underscores.
    pub fn parse(text: &str) -> Result<Self, UnusableBrand> {
        let names: Vec<&str> = text.split(',').map(str::trim).collect();
        if names.len() > MOST_FONTS {
            return Err(UnusableBrand::Font);
        }
        let mut fonts = Vec::with_capacity(names.len() + 1);
        let mut end = Some(KINDS[0].1);
        for name in names {
            let name = font_name(name)?;
            match KINDS.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(name)) {
                Some((_, stack)) => {
                    fonts.push((*stack).to_owned());
                    end = if stack.ends_with("serif") || stack.ends_with(" monospace") {
                        None
                    } else {
                        end
                    };
                }
                None => fonts.push(format!("\"{name}\"")),
            }
        }
        fonts.extend(end.map(str::to_owned));
        Ok(Self(fonts.join(", ")))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Fonts that Windows has, of the same kind.
    pub(crate) fn outlook(&self) -> &'static str {
        let kind = self.0.rsplit(", ").next().unwrap_or_default();
        OUTLOOK.iter().find(|(known, _)| *known == kind).map_or(OUTLOOK[1].1, |(_, fonts)| fonts)
    }
}

impl Default for FontStack {
    fn default() -> Self {
        Self(NEUTRAL.to_owned())
    }
}

fn font_name(text: &str) -> Result<&str, UnusableBrand> {
    let unquoted = ['"', '\''].into_iter().find_map(|quote| {
        text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).map(str::trim)
    });
    let name = unquoted.unwrap_or(text);
    let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let begins = name.chars().next().is_some_and(char::is_alphabetic);
    if begins && name.chars().count() <= NAME_CHARACTERS && name.chars().all(fits) {
        return Ok(name);
    }
    Err(UnusableBrand::Font)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, css: &str, outlook: &str) {
        let stack = FontStack::parse(text).unwrap();
        assert_eq!((stack.as_str(), stack.outlook()), (css, outlook));
    }

    #[test]
    fn names_are_quoted_and_end_in_a_font_that_every_machine_has() {
        let sans = "\"Segoe UI\",Arial,sans-serif";
        check("Avenir Next", "\"Avenir Next\", Arial, sans-serif", sans);
        check("'Lora', serif", "\"Lora\", Georgia, \"Times New Roman\", serif", "Georgia,serif");
        check("system-ui", "system-ui, Arial, sans-serif", sans);
        check(
            "\"メイリオ\", Verdana, Sans-Serif",
            "\"メイリオ\", \"Verdana\", Arial, sans-serif",
            sans,
        );
        check(
            "Iosevka, monospace",
            "\"Iosevka\", Consolas, \"Courier New\", monospace",
            "Consolas,monospace",
        );
        assert_eq!(FontStack::default().outlook(), sans);
    }

    #[test]
    fn nothing_that_could_break_out_is_a_name() {
        for bad in [
            "",
            " , Arial",
            "Arial;color:red",
            "a}b",
            "</style>",
            "a\"b",
            "\"Arial",
            "url(https://x.example)",
            "1st",
            "a\nb",
            "\\41",
            &"x".repeat(41),
            "a,b,c,d,e,f,g,h,i",
        ] {
            assert_eq!(FontStack::parse(bad), Err(UnusableBrand::Font), "{bad}");
        }
    }
}
