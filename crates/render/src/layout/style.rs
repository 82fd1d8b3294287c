//! A layout's style in a brand's colours: one sheet, written with light and with dark colours.

use askama::Template;

use crate::brand::{Brand, BrandColors, Palette};
use crate::css::{StyleRule, rules};
use crate::settings::Layout;

#[derive(Template)]
#[template(path = "layout.css", escape = "none")]
struct LayoutSheet<'a> {
    layout: Layout,
    color: &'a Palette,
    font: &'a str,
    /// The sides where lines begin and end, for programs that know no `margin-inline-start`.
    start: &'static str,
    end: &'static str,
}

/// What the classes begin with that `blocks.css` is for.
const OF_BLOCKS: [&str; 5] =
    ["pharos-column", "pharos-change", "pharos-badge", "pharos-product", "pharos-card"];

/// A layout's style.
#[derive(Debug, Default)]
pub(crate) struct LayoutStyle {
    /// Rules for what Markdown makes.
    pub(crate) markdown: String,
    /// Rules for Pharos' own parts, all important.
    pub(crate) frame: String,
    /// What looks otherwise on narrow screens, all important.
    pub(crate) narrow: String,
    /// What looks otherwise on dark screens, all important.
    pub(crate) dark: String,
    /// What quotes stand on, as an attribute's value, when they are panels.
    pub(crate) panel: Option<String>,
}

impl LayoutStyle {
    /// # Errors
    /// When the template can't be filled.
    pub(crate) fn new(
        layout: Layout,
        brand: &Brand,
        colors: &BrandColors,
        is_rtl: bool,
    ) -> Result<Self, askama::Error> {
        let (start, end) = if is_rtl { ("right", "left") } else { ("left", "right") };
        let filled = |color: &Palette| {
            LayoutSheet { layout, color, font: brand.font.as_str(), start, end }.render()
        };
        let light = merged(&filled(&Palette::light(colors))?);
        let dark = merged(&filled(&Palette::dark(colors))?);
        let mut style = Self::default();
        for rule in &light {
            match (rule.is_narrow, rule.is_frame()) {
                (true, _) => rule.write(&rule.in_message(), true, &mut style.narrow),
                (false, true) => rule.write(&rule.selectors, true, &mut style.frame),
                (false, false) => rule.write(&rule.selectors, false, &mut style.markdown),
            }
        }
        for (light, dark) in light.iter().zip(&dark) {
            let differs = |it: &&(String, String)| !light.declarations.contains(*it);
            let declarations = dark.declarations.iter().filter(differs).map(color_of).collect();
            let rule = LayoutRule { declarations, ..dark.clone() };
            rule.write(&rule.in_message(), true, &mut style.dark);
        }
        style.narrow = format!("@media (max-width: 480px) {{\n{}}}\n", style.narrow);
        let panel = light.iter().find(|rule| rule.selectors == ".pharos-blockquote");
        style.panel = panel.and_then(|rule| rule.value("background-color"));
        Ok(style)
    }

    /// The same without rules for blocks that a body does not have.
    pub(crate) fn for_body(&self, body: &str) -> Self {
        let is_needed = |rule: &&str| {
            let mut names =
                rule.split('.').skip(1).filter_map(|it| it.split([',', '{', ' ']).next());
            let mut of_blocks = names
                .by_ref()
                .filter(|name| OF_BLOCKS.iter().any(|it| name.starts_with(it)))
                .peekable();
            of_blocks.peek().is_none() || of_blocks.any(|name| body.contains(name))
        };
        let needed = |rules: &str| rules.split_inclusive('\n').filter(is_needed).collect();
        Self {
            markdown: self.markdown.clone(),
            frame: self.frame.clone(),
            narrow: needed(&self.narrow),
            dark: needed(&self.dark),
            panel: self.panel.clone(),
        }
    }
}

/// All that a sheet says of the same elements.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LayoutRule {
    selectors: String,
    is_narrow: bool,
    /// Properties and values; each property once.
    declarations: Vec<(String, String)>,
}

impl LayoutRule {
    fn is_frame(&self) -> bool {
        self.selectors.starts_with('#')
    }

    fn value(&self, property: &str) -> Option<String> {
        let found = self.declarations.iter().find(|(known, _)| known == property);
        found.map(|(_, value)| value.clone())
    }

    /// Its selectors where the rules of the message stand: none matches outside of it.
    fn in_message(&self) -> String {
        if self.is_frame() {
            return self.selectors.clone();
        }
        let each = self.selectors.split(',').map(|it| format!("#pharos {}", it.trim()));
        each.collect::<Vec<_>>().join(",")
    }

    fn write(&self, selectors: &str, is_important: bool, output: &mut String) {
        if self.declarations.is_empty() {
            return;
        }
        let end = if is_important { "!important" } else { "" };
        let declaration = |(property, value): &(String, String)| format!("{property}:{value}{end}");
        let declarations: Vec<String> = self.declarations.iter().map(declaration).collect();
        output.push_str(&format!("{selectors}{{{}}}\n", declarations.join(";")));
    }
}

/// What a declaration says of colours: where a border is taken away, a colour brings none back.
fn color_of((property, value): &(String, String)) -> (String, String) {
    match value.rsplit_once(' ') {
        Some((_, color)) if property.starts_with("border") => {
            (format!("{property}-color"), color.to_owned())
        }
        _ => (property.clone(), value.clone()),
    }
}

/// The rules of a sheet, those with the same selectors as one: a layout's own file changes what stands
/// before it.
fn merged(css: &str) -> Vec<LayoutRule> {
    let mut merged: Vec<LayoutRule> = Vec::new();
    for StyleRule { selectors, is_conditional, declarations, .. } in rules(css) {
        let known = merged
            .iter_mut()
            .find(|it| it.selectors == selectors && it.is_narrow == is_conditional);
        let rule = match known {
            Some(rule) => rule,
            None => {
                let declarations = Vec::with_capacity(declarations.len());
                merged.push(LayoutRule { selectors, is_narrow: is_conditional, declarations });
                let Some(last) = merged.last_mut() else { continue };
                last
            }
        };
        for it in declarations {
            rule.declarations.retain(|(property, _)| *property != it.property);
            rule.declarations.push((it.property, it.value));
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_changes_what_stands_before_it() {
        let css = "/* a */ .x { color: red; margin: 0 } .y { top: 0 } .x { color: blue; left: 0 }\
            @media (max-width: 480px) { .x { color: green } }";
        let mut written = String::new();
        for rule in merged(css) {
            rule.write(&rule.in_message(), rule.is_narrow, &mut written);
        }
        assert_eq!(
            written,
            "#pharos .x{margin:0;color:blue;left:0}\n#pharos .y{top:0}\n\
             #pharos .x{color:green!important}\n"
        );
    }

    #[test]
    fn dark_screens_change_nothing_but_colours() {
        for layout in Layout::ALL {
            for is_rtl in [false, true] {
                let brand = Brand::default();
                let style = LayoutStyle::new(layout, &brand, &brand.colors, is_rtl).unwrap();
                for rule in rules(&style.dark) {
                    assert!(rule.selectors.starts_with("#pharos"), "{}", rule.selectors);
                    for it in rule.declarations {
                        assert!(it.is_important && it.value.contains('#'), "{it:?}");
                    }
                }
            }
        }
    }
}
