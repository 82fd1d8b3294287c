//! Selectors: which elements they mean, how much they count, and what of them holds only sometimes.

use cssparser::{ParseError, Parser, ToCss, Token};
use scraper::{ElementRef, Selector};

/// One selector of a rule.
#[derive(Debug)]
pub(crate) struct RuleSelector {
    matcher: Selector,
    pub(crate) specificity: Specificity,
    /// Whether it means an element only in some state (`:hover`, `:visited`).
    pub(crate) is_conditional: bool,
    /// Whether it ends in `*`, so that it means whole subtrees.
    pub(crate) is_universal: bool,
    /// A name that every element it means has, to look for these first.
    pub(crate) key: SelectorKey,
}

/// What the last compound of a selector asks for, the rarest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SelectorKey {
    Id(String),
    Class(String),
    /// In lower case.
    Element(String),
    Any,
}

/// Numbers of ids, of classes, attributes and pseudo-classes, and of elements (Selectors 4,
/// section 17).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Specificity(u32, u32, u32);

impl std::ops::AddAssign for Specificity {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
        self.1 = self.1.saturating_add(other.1);
        self.2 = self.2.saturating_add(other.2);
    }
}

/// How names of classes and ids are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum NameMode {
    #[default]
    Exact,
    /// As in documents without a doctype (quirks mode): the document's names are in lower case, and
    /// those of selectors are read so.
    LowerCase,
}

impl NameMode {
    pub(crate) fn name(self, name: &str) -> String {
        match self {
            Self::Exact => name.to_owned(),
            Self::LowerCase => name.to_ascii_lowercase(),
        }
    }
}

impl RuleSelector {
    /// The selectors of a list that mean elements. A selector for a part of an element
    /// (`::before`) or one that is not understood means none.
    pub(crate) fn list(selectors: &str, mode: NameMode) -> Vec<Self> {
        let mut input = Parser::new(selectors);
        let mut list = Vec::new();
        loop {
            let mut reader = SelectorReader { mode, ..SelectorReader::default() };
            let read = reader.read(&mut input, false);
            if let Some(selector) = reader.selector() {
                list.push(selector);
            }
            if read == SelectorEnd::OfInput {
                return list;
            }
        }
    }

    pub(crate) fn matches(&self, element: &ElementRef<'_>) -> bool {
        self.matcher.matches(element)
    }
}

/// States of an element that a message can be in after it was laid out.
const STATES: [&str; 12] = [
    "hover",
    "focus",
    "active",
    "visited",
    "link",
    "any-link",
    "checked",
    "target",
    "focus-within",
    "focus-visible",
    "enabled",
    "disabled",
];

#[derive(Debug, PartialEq, Eq)]
enum SelectorEnd {
    OfSelector,
    OfInput,
}

/// Reads one selector: what is left of it without states, and its specificity with them.
#[derive(Debug, Default)]
struct SelectorReader {
    text: String,
    specificity: Specificity,
    is_conditional: bool,
    /// It is about a part of an element, or can't be understood.
    is_unusable: bool,
    is_universal: bool,
    key: Option<SelectorKey>,
    /// What comes next begins another compound selector.
    has_combinator: bool,
    mode: NameMode,
}

impl SelectorReader {
    fn selector(self) -> Option<RuleSelector> {
        if self.is_unusable || self.text.trim().is_empty() {
            return None;
        }
        Some(RuleSelector {
            matcher: Selector::parse(self.text.trim()).ok()?,
            specificity: self.specificity,
            is_conditional: self.is_conditional,
            is_universal: self.is_universal,
            key: self.key.unwrap_or(SelectorKey::Any),
        })
    }

    fn read(&mut self, input: &mut Parser<'_>, is_nested: bool) -> SelectorEnd {
        loop {
            let Ok(token) = input.next_including_whitespace().cloned() else {
                return SelectorEnd::OfInput;
            };
            match token {
                Token::Comma => return SelectorEnd::OfSelector,
                Token::WhiteSpace(_) | Token::Delim('>' | '+' | '~') => {
                    self.has_combinator = true;
                    self.push(&token);
                }
                token => self.simple(&token, input),
            }
            if is_nested && self.is_unusable {
                return SelectorEnd::OfInput;
            }
        }
    }

    /// One simple selector of a compound one.
    fn simple(&mut self, token: &Token<'_>, input: &mut Parser<'_>) {
        if std::mem::take(&mut self.has_combinator) {
            self.key = None;
        }
        self.is_universal = matches!(token, Token::Delim('*'));
        match token {
            Token::Colon => self.pseudo(input),
            Token::SquareBracketBlock => {
                self.specificity.1 += 1;
                self.block(input, "[", "]");
            }
            Token::IDHash(id) | Token::Hash(id) => {
                self.specificity.0 += 1;
                let id = self.mode.name(id);
                self.push(&Token::IDHash(id.as_str().into()));
                self.key = Some(SelectorKey::Id(id));
            }
            Token::Delim('.') => self.class(input),
            Token::Ident(name) => {
                self.specificity.2 += 1;
                self.key.get_or_insert(SelectorKey::Element(name.to_ascii_lowercase()));
                self.push(token);
            }
            Token::Delim('*') => self.push(token),
            _ => self.is_unusable = true,
        }
    }

    fn push(&mut self, token: &Token<'_>) {
        self.text.push_str(&token.to_css_string());
    }

    fn class(&mut self, input: &mut Parser<'_>) {
        let Ok(name) = input.expect_ident_cloned() else {
            self.is_unusable = true;
            return;
        };
        self.specificity.1 += 1;
        let name = self.mode.name(&name);
        self.text.push('.');
        self.push(&Token::Ident(name.as_str().into()));
        if !matches!(self.key, Some(SelectorKey::Id(_))) {
            self.key = Some(SelectorKey::Class(name));
        }
    }

    /// Takes a block over as it is written.
    fn block(&mut self, input: &mut Parser<'_>, open: &str, close: &str) {
        let inner = input.parse_nested_block(|block| -> Result<String, ParseError<()>> {
            let start = block.position();
            while block.next().is_ok() {}
            Ok(block.slice_from(start).to_owned())
        });
        match inner {
            Ok(inner) => self.text.push_str(&format!("{open}{inner}{close}")),
            Err(_) => self.is_unusable = true,
        }
    }

    fn pseudo(&mut self, input: &mut Parser<'_>) {
        match input.next_including_whitespace().cloned() {
            Ok(Token::Ident(name)) => self.pseudo_class(&name.to_ascii_lowercase()),
            Ok(Token::Function(name)) => self.pseudo_function(&name.to_ascii_lowercase(), input),
            // `::before` is about a part of the element.
            _ => self.is_unusable = true,
        }
    }

    fn pseudo_class(&mut self, name: &str) {
        self.specificity.1 += 1;
        match name {
            "before" | "after" | "first-line" | "first-letter" => self.is_unusable = true,
            name if STATES.contains(&name) => {
                self.is_conditional = true;
                // What is left may be nothing: `:hover` alone means every element.
                if self.text.is_empty() || self.text.ends_with([' ', '>', '+', '~']) {
                    self.text.push('*');
                }
            }
            name => self.text.push_str(&format!(":{name}")),
        }
    }

    fn pseudo_function(&mut self, name: &str, input: &mut Parser<'_>) {
        match name {
            "is" | "not" | "has" | "where" => {
                let inner = input.parse_nested_block(|block| -> Result<_, ParseError<()>> {
                    let mut texts = Vec::new();
                    let mut most = Specificity::default();
                    let mut is_clean = true;
                    loop {
                        let mut inner = Self { mode: self.mode, ..Self::default() };
                        let end = inner.read(block, true);
                        most = most.max(inner.specificity);
                        is_clean &= !inner.is_unusable && !inner.is_conditional;
                        texts.push(inner.text);
                        if end == SelectorEnd::OfInput {
                            break;
                        }
                    }
                    Ok((texts.join(","), most, is_clean))
                });
                match inner {
                    Ok((text, most, true)) => {
                        self.text.push_str(&format!(":{name}({text})"));
                        if name != "where" {
                            self.specificity += most;
                        }
                    }
                    _ => self.is_unusable = true,
                }
            }
            name if name.starts_with("nth-") => {
                self.specificity.1 += 1;
                self.block(input, &format!(":{name}("), ")");
            }
            _ => self.is_unusable = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    fn check(selectors: &str, expect: &[((u32, u32, u32), bool, SelectorKey)]) {
        let list: Vec<_> = RuleSelector::list(selectors, NameMode::Exact)
            .into_iter()
            .map(|it| {
                let Specificity(a, b, c) = it.specificity;
                ((a, b, c), it.is_conditional, it.key)
            })
            .collect();
        assert_eq!(list, expect, "{selectors}");
    }

    #[test]
    fn a_selector_counts_as_css_says() {
        let class = |name: &str| SelectorKey::Class(name.into());
        let element = |name: &str| SelectorKey::Element(name.into());
        check(
            "TABLE.a td#x, .b",
            &[((1, 1, 2), false, SelectorKey::Id("x".into())), ((0, 1, 0), false, class("b"))],
        );
        check("a[href^=\"tel\"]:first-child > *", &[((0, 2, 1), false, SelectorKey::Any)]);
        check("a:hover, a::before, a:after", &[((0, 1, 1), true, element("a"))]);
        check("tr:nth-child(2n + 1) + td", &[((0, 1, 2), false, element("td"))]);
        check("p:not(.a #b, i):is(.c)", &[((1, 2, 1), false, element("p"))]);
        check("p:where(#b)", &[((0, 0, 1), false, element("p"))]);
        check("u + #body .x", &[((1, 1, 1), false, class("x"))]);
        check(":root", &[((0, 1, 0), false, SelectorKey::Any)]);
        check(".a :hover", &[((0, 2, 0), true, SelectorKey::Any)]);
        check("p:not(:hover), p:lang(de), &.x, .1x", &[]);
    }

    #[test]
    fn names_are_read_in_lower_case_where_the_document_has_them_so() {
        let html = Html::parse_document("<p class=big id=one>");
        let text = html.select(&Selector::parse("p").unwrap()).next().unwrap();
        for (mode, expect) in [(NameMode::Exact, false), (NameMode::LowerCase, true)] {
            for selector in [".BIG", "#One", "p:not(.x):is(.Big)"] {
                let list = RuleSelector::list(selector, mode);
                assert_eq!(list[0].matches(&text), expect, "{selector}");
            }
        }
    }

    #[test]
    fn a_state_is_left_out_when_elements_are_looked_for() {
        let html = Html::parse_document("<p class=a><a href=x>x</a></p>");
        let links = RuleSelector::list(".a a:hover", NameMode::Exact);
        let any = Selector::parse("a").unwrap();
        assert!(html.select(&any).all(|link| links[0].matches(&link)));
        let any = Selector::parse("p").unwrap();
        assert!(!html.select(&any).any(|text| links[0].matches(&text)));
    }
}
