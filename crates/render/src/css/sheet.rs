//! Style sheets and `style` attributes as rules and declarations, each with its place.
//!
//! Only what the inliner must know is read: the rest (`@font-face`, `@keyframes`, nested rules,
//! what no parser understands) stays in the sheet as it is.

use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserState,
    QualifiedRuleParser, RuleBodyItemParser, RuleBodyParser, StyleSheetParser, Token,
    parse_important,
};

use crate::html::markup::Span;

/// A rule with selectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StyleRule {
    /// The selectors as they are written.
    pub(crate) selectors: String,
    /// Where they begin.
    pub(crate) start: usize,
    /// Whether it holds only on some screens or in some programs (`@media`, `@supports`).
    pub(crate) is_conditional: bool,
    pub(crate) declarations: Vec<Declaration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// In lower case, except custom properties (`--Name`).
    pub(crate) property: String,
    /// Without `!important`.
    pub(crate) value: String,
    pub(crate) is_important: bool,
    /// Where `!important` can be added.
    pub(crate) value_end: usize,
    /// Whether every mail program can take its value: `var(...)` means nothing in most.
    pub(crate) is_plain: bool,
}

/// An address that a sheet loads something from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SheetAddress {
    pub(crate) address: String,
    pub(crate) span: Span,
}

/// What a style sheet contains.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) rules: Vec<StyleRule>,
}

impl Sheet {
    /// Reads a sheet whose first byte is byte `base` of the text that places refer to.
    /// `is_conditional` says that the whole sheet holds only sometimes.
    pub(crate) fn parse(css: &str, base: usize, is_conditional: bool) -> Self {
        let mut rules = Vec::new();
        let mut input = Parser::new(css);
        let mut reader = RuleReader { base, is_conditional, rules: &mut rules };
        // What can't be read stays in the sheet, for the programs that can.
        StyleSheetParser::new(&mut input, &mut reader).for_each(drop);
        Self { rules }
    }
}

/// The rules of a sheet that stands alone.
pub(crate) fn rules(css: &str) -> Vec<StyleRule> {
    Sheet::parse(css, 0, false).rules
}

/// The declarations of a `style` attribute's value.
pub(crate) fn declarations(css: &str) -> Vec<Declaration> {
    let mut input = Parser::new(css);
    let mut reader = DeclarationReader { base: 0 };
    RuleBodyParser::new(&mut input, &mut reader).flatten().collect()
}

/// Every address in a sheet or a `style` attribute's value: `url(...)` and `@import "..."`.
pub(crate) fn addresses(css: &str, base: usize) -> Vec<SheetAddress> {
    let mut found = Vec::new();
    collect_addresses(&mut Parser::new(css), base, &mut found);
    found
}

/// The longest nesting of blocks that is looked into.
const NESTED_BLOCKS: u8 = 32;

fn collect_addresses(input: &mut Parser<'_>, base: usize, found: &mut Vec<SheetAddress>) {
    input.set_nested_block_limit(NESTED_BLOCKS);
    let (mut in_import, mut in_url) = (false, false);
    loop {
        input.skip_whitespace();
        let start = input.position().byte_index();
        let Ok(token) = input.next().cloned() else { return };
        let span = base + start..base + input.position().byte_index();
        match token {
            Token::UnquotedUrl(address) => {
                found.push(SheetAddress { address: address.to_string(), span });
            }
            Token::QuotedString(address) if in_import || in_url => {
                found.push(SheetAddress { address: address.to_string(), span });
            }
            Token::AtKeyword(name) => in_import = name.eq_ignore_ascii_case("import"),
            Token::Function(name) => {
                in_url = name.eq_ignore_ascii_case("url") || name.eq_ignore_ascii_case("src");
                nested(input, base, found, in_url);
            }
            Token::ParenthesisBlock | Token::CurlyBracketBlock | Token::SquareBracketBlock => {
                in_import = false;
                nested(input, base, found, false);
            }
            Token::Semicolon => in_import = false,
            _ => {}
        }
        in_url = false;
    }
}

fn nested(input: &mut Parser<'_>, base: usize, found: &mut Vec<SheetAddress>, in_url: bool) {
    let _ = input.parse_nested_block(|block| -> Result<(), ParseError<()>> {
        if in_url {
            let start = block.position().byte_index();
            if let Ok(address) = block.expect_string_cloned() {
                let span = base + start..base + block.position().byte_index();
                found.push(SheetAddress { address: address.to_string(), span });
            }
        }
        collect_addresses(block, base, found);
        Ok(())
    });
}

type Unreadable = ParseError<()>;

fn unreadable() -> Unreadable {
    ParseError::unexpected_token()
}

struct RuleReader<'r> {
    base: usize,
    is_conditional: bool,
    rules: &'r mut Vec<StyleRule>,
}

/// An at-rule whose rules are read: those inside hold only sometimes, or always.
struct AtRuleConditions {
    is_conditional: bool,
}

impl<'i> AtRuleParser<'i> for RuleReader<'_> {
    type Prelude = AtRuleConditions;
    type AtRule = ();
    type Error = ();

    fn parse_prelude(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
    ) -> Result<AtRuleConditions, Unreadable> {
        let start = input.position();
        while input.next().is_ok() {}
        let prelude = input.slice_from(start).trim();
        match name.to_ascii_lowercase().as_str() {
            "media" => Ok(AtRuleConditions { is_conditional: is_conditional_media(prelude) }),
            "supports" | "container" => Ok(AtRuleConditions { is_conditional: true }),
            _ => Err(unreadable()),
        }
    }

    fn parse_block(
        &mut self,
        conditions: AtRuleConditions,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), Unreadable> {
        let is_conditional = self.is_conditional || conditions.is_conditional;
        let mut reader = RuleReader { base: self.base, is_conditional, rules: self.rules };
        StyleSheetParser::new(input, &mut reader).for_each(drop);
        Ok(())
    }
}

impl<'i> QualifiedRuleParser<'i> for RuleReader<'_> {
    type Prelude = (usize, String);
    type QualifiedRule = ();
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<(usize, String), Unreadable> {
        input.skip_whitespace();
        let start = input.position();
        while input.next().is_ok() {}
        let selectors = input.slice_from(start).trim().to_owned();
        Ok((self.base.saturating_add(start.byte_index()), selectors))
    }

    fn parse_block(
        &mut self,
        (start, selectors): (usize, String),
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), Unreadable> {
        let mut reader = DeclarationReader { base: self.base };
        let declarations = RuleBodyParser::new(input, &mut reader).flatten().collect();
        let is_conditional = self.is_conditional;
        self.rules.push(StyleRule { selectors, start, is_conditional, declarations });
        Ok(())
    }
}

struct DeclarationReader {
    base: usize,
}

impl<'i> DeclarationParser<'i> for DeclarationReader {
    type Declaration = Declaration;
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _: &ParserState,
    ) -> Result<Declaration, Unreadable> {
        input.skip_whitespace();
        let start = input.position();
        let (mut end, mut is_important, mut is_plain) = (start, false, true);
        while !is_important {
            is_important = input.try_parse(parse_important).is_ok();
            if is_important {
                break;
            }
            match input.next() {
                Err(_) => break,
                // Else a rule within a rule would be taken for a declaration.
                Ok(Token::CurlyBracketBlock) => return Err(unreadable()),
                Ok(Token::Function(name)) => {
                    is_plain &= !is_modern(name);
                    is_plain &= is_plain_block(input);
                }
                Ok(Token::ParenthesisBlock | Token::SquareBracketBlock) => {
                    is_plain &= is_plain_block(input);
                }
                Ok(_) => {}
            }
            end = input.position();
        }
        let value = input.slice(start..end).trim_end().to_owned();
        if value.is_empty() || !input.is_exhausted() {
            return Err(unreadable());
        }
        let is_custom = name.starts_with("--");
        Ok(Declaration {
            property: if is_custom { name.to_string() } else { name.to_ascii_lowercase() },
            value_end: self.base + start.byte_index() + value.len(),
            is_plain: is_plain && !is_custom,
            value,
            is_important,
        })
    }
}

impl AtRuleParser<'_> for DeclarationReader {
    type Prelude = ();
    type AtRule = Declaration;
    type Error = ();
}

impl QualifiedRuleParser<'_> for DeclarationReader {
    type Prelude = ();
    type QualifiedRule = Declaration;
    type Error = ();
}

impl RuleBodyItemParser<'_, Declaration, ()> for DeclarationReader {
    fn parse_declarations(&self) -> bool {
        true
    }

    /// Rules within rules are not understood here, but what stands behind them is.
    fn parse_qualified(&self) -> bool {
        true
    }
}

/// Reads to the end of a block, and whether every mail program can take what is in it.
fn is_plain_block(input: &mut Parser<'_>) -> bool {
    let read = input.parse_nested_block(|block| -> Result<bool, Unreadable> {
        let mut is_plain = true;
        loop {
            match block.next() {
                Err(_) => return Ok(is_plain),
                Ok(Token::Function(name)) => {
                    is_plain &= !is_modern(name);
                    is_plain &= is_plain_block(block);
                }
                Ok(_) => {}
            }
        }
    });
    read.unwrap_or(false)
}

/// Functions that mail programs do not know, and whose meaning the inliner can't compute.
fn is_modern(function: &str) -> bool {
    ["var", "env", "light-dark"].iter().any(|name| function.eq_ignore_ascii_case(name))
}

/// Whether a media query holds only on some screens.
pub(crate) fn is_conditional_media(query: &str) -> bool {
    let always = |query: &str| matches!(query.trim(), "" | "all" | "screen" | "only screen");
    !query.to_ascii_lowercase().split(',').any(always)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(css: &str) -> String {
        let rules = Sheet::parse(css, 0, false).rules;
        let line = |rule: &StyleRule| {
            let declarations = rule.declarations.iter().map(|it| {
                assert!(css[..it.value_end].ends_with(&it.value), "{css}: {it:?}");
                let important = if it.is_important { " !" } else { "" };
                let modern = if it.is_plain { "" } else { " (modern)" };
                format!("{}={}{important}{modern}", it.property, it.value)
            });
            let declarations: Vec<String> = declarations.collect();
            let when = if rule.is_conditional { "sometimes" } else { "always" };
            format!("{when} {:?}: {}", rule.selectors, declarations.join(", "))
        };
        rules.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn rules_are_read_with_what_they_declare() {
        insta::assert_snapshot!(read(
            "<!-- @import url(x.css); @charset 'x';\n\
             a, b > c{COLOR : red;;margin:0 ! IMPORTANT ; font: 1px/2 \"a;b}\" /* c */}\n\
             @font-face { font-family: x; src: url(y) }\n\
             @media (max-width: 480px) { .x { width: 100%; *zoom: 1; _height: 1px } }\n\
             @media screen { .y { --Accent: red; color: var(--Accent, blue) } } -->\n\
             .z { color: red; &:hover { color: blue } margin: 0 }\n\
             @supports (display: grid) { @media print { .w { color: #000 } } }\n\
             .v { filter: progid:DXImageTransform.Microsoft.gradient(a='b'); color: red"
        ), @r#"
        always "a, b > c": color=red, margin=0 !, font=1px/2 "a;b}"
        sometimes ".x": width=100%, _height=1px
        always ".y": --Accent=red (modern), color=var(--Accent, blue) (modern)
        always ".z": color=red, margin=0
        sometimes ".w": color=#000
        always ".v": filter=progid:DXImageTransform.Microsoft.gradient(a='b'), color=red
        "#);
    }

    #[test]
    fn every_address_is_found() {
        let css = "@import 'a.css'; @import url(b.css); @font-face { src: url('c') format('woff') }\
            @media print { x { background: red URL( \"d\" ) } } y { content: 'no'; cursor: url(e) }";
        let found = addresses(css, 0);
        let read: Vec<_> =
            found.iter().map(|it| (it.address.as_str(), &css[it.span.clone()])).collect();
        assert_eq!(
            read,
            [
                ("a.css", "'a.css'"),
                ("b.css", "url(b.css)"),
                ("c", "'c'"),
                ("d", " \"d\""),
                ("e", "url(e)")
            ]
        );
    }

    #[test]
    fn a_query_that_holds_on_every_screen_is_no_condition() {
        for always in ["", "all", "screen", "Only Screen", "print, screen"] {
            assert!(!is_conditional_media(always), "{always}");
        }
        for sometimes in ["print", "screen and (max-width: 1px)", "(prefers-color-scheme: dark)"] {
            assert!(is_conditional_media(sometimes), "{sometimes}");
        }
    }
}
