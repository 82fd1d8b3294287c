//! MJML, compiled into a whole HTML document. Nothing is included or fetched.

use std::collections::HashMap;
use std::panic::catch_unwind;

use mrml::prelude::parser::{Error, ParserOptions, Warning, WarningKind};
use mrml::prelude::render::RenderOptions;

use crate::html::markup::{Markup, Span, StartTag, markup};

/// The elements that are understood. mrml takes any other for HTML of the author's.
const ELEMENTS: [&str; 28] = [
    "mj-all",
    "mj-attributes",
    "mj-body",
    "mj-breakpoint",
    "mj-button",
    "mj-class",
    "mj-column",
    "mj-divider",
    "mj-font",
    "mj-group",
    "mj-head",
    "mj-hero",
    "mj-image",
    "mj-include",
    "mj-navbar",
    "mj-navbar-link",
    "mj-preview",
    "mj-raw",
    "mj-section",
    "mj-social",
    "mj-social-element",
    "mj-spacer",
    "mj-style",
    "mj-table",
    "mj-text",
    "mj-title",
    "mj-wrapper",
    "mjml",
];
/// Elements that are made of form fields, which many mail programs remove.
const OF_FORM_FIELDS: [&str; 6] = [
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-text",
    "mj-accordion-title",
    "mj-carousel",
    "mj-carousel-image",
];
/// The host of the icons of `<mj-social-element>` when it names no `src`.
const ICON_HOST: &str = "www.mailjet.com";

/// Something in the MJML that is wrong or has no effect.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MjmlProblem {
    /// Where in the MJML; nothing when it is about the whole.
    pub(crate) span: Option<Span>,
    pub(crate) what: String,
    /// What would be right.
    pub(crate) hint: &'static str,
}

/// The HTML document that the MJML means, and what in it has no effect or needs a second look.
///
/// # Errors
/// What is wrong, as far as it can be told at once.
pub(crate) fn to_html(mjml: &str) -> Result<(String, Vec<MjmlProblem>), Vec<MjmlProblem>> {
    let unknown = unknown_elements(mjml);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    if let Some(torn) = torn_condition(mjml) {
        return Err(vec![torn]);
    }
    // Its parser has panicked at odd comments; whatever else it panics at is a mistake in the MJML.
    let parsed = catch_unwind(|| {
        // The default loader refuses every include.
        mrml::parse_with_options(mjml, &ParserOptions::default())
    });
    let parsed = parsed.map_err(|_| {
        let what = "the MJML can't be read".to_owned();
        vec![MjmlProblem { span: None, what, hint: "simplify its comments and raw parts" }]
    })?;
    let parsed = parsed.map_err(|error| vec![problem(mjml, &error)])?;
    // No fonts are added that the author has not asked for.
    let options = RenderOptions { fonts: HashMap::new(), ..RenderOptions::default() };
    let html = parsed.element.render(&options).map_err(|_| {
        vec![MjmlProblem {
            span: None,
            what: "the MJML can't be made into HTML".to_owned(),
            hint: "simplify it",
        }]
    })?;
    let warnings = parsed.warnings.iter().filter_map(|warning| without_effect(mjml, warning));
    Ok((without_font_links(&html), warnings.chain(foreign_icons(mjml, &html)).collect()))
}

/// What stands around a part of MJML; as wide as the content of a layout.
const PART_START: &str = "<mjml><mj-body width=\"536px\">";
const PART_END: &str = "</mj-body></mjml>";

/// The HTML of what could be the body of MJML: sections, and the sheets that they need on phones.
///
/// # Errors
/// What is wrong, with places in `part`.
pub(crate) fn part_to_html(part: &str) -> Result<(String, Vec<MjmlProblem>), Vec<MjmlProblem>> {
    let of_part = |problems: Vec<MjmlProblem>| -> Vec<MjmlProblem> {
        let moved = |at: usize| at.saturating_sub(PART_START.len()).min(part.len());
        let problem = |it: MjmlProblem| {
            let span = it.span.map(|span| moved(span.start)..moved(span.end));
            MjmlProblem { span, ..it }
        };
        problems.into_iter().map(problem).collect()
    };
    if let Some(tag) = ["<mjml", "<mj-head", "<mj-body"].iter().find_map(|it| part.find(it)) {
        return Err(vec![MjmlProblem {
            span: Some(tag..tag),
            what: "a block of MJML is no document".to_owned(),
            hint: "write what stands inside of <mj-body>: sections",
        }]);
    }
    let whole = format!("{PART_START}{part}{PART_END}");
    let (html, warnings) = to_html(&whole).map_err(of_part)?;
    let torn = || {
        let what = "the MJML can't be taken apart".to_owned();
        vec![MjmlProblem { span: None, what, hint: "simplify it" }]
    };
    let (head, body) = html.split_once("<body").ok_or_else(torn)?;
    let body = body.split_once('>').and_then(|(_, rest)| rest.rsplit_once("</body>"));
    let (body, _) = body.ok_or_else(torn)?;
    let mut output = String::with_capacity(body.len() * 2);
    // The others are resets, which would hold for the whole message.
    for sheet in head.split("<style").skip(1).filter(|sheet| sheet.contains("@media")) {
        let sheet = sheet.split_once("</style>").map_or(sheet, |(sheet, _)| sheet);
        output.push_str(&format!("<style{sheet}</style>\n"));
    }
    output.push_str(body.trim());
    output.push('\n');
    Ok((output, of_part(warnings)))
}

/// Elements that begin like MJML's own and are none.
fn unknown_elements(mjml: &str) -> Vec<MjmlProblem> {
    let Ok(markup) = markup(mjml, 0) else { return Vec::new() };
    let unknown = |piece: &Markup| {
        let Markup::Start(StartTag { name, span, .. }) = piece else { return None };
        if !name.starts_with("mj") || ELEMENTS.contains(&name.as_str()) {
            return None;
        }
        let (what, hint) = match OF_FORM_FIELDS.contains(&name.as_str()) {
            true => ("is made of form fields, which many mail programs remove", "remove it"),
            false => ("is not known here", "use the elements of MJML 4"),
        };
        Some(MjmlProblem { span: Some(span.clone()), what: format!("<{name}> {what}"), hint })
    };
    markup.iter().filter_map(unknown).collect()
}

/// The first conditional comment whose condition does not end: mrml's parser (htmlparser 0.2.1) panics
/// at such.
fn torn_condition(mjml: &str) -> Option<MjmlProblem> {
    let is_torn = |at: &usize| {
        let rest = mjml.get(*at..).unwrap_or_default();
        let ends = |(_, behind): (&str, &str)| behind.starts_with('>') || behind.starts_with("-->");
        !rest.split_once(']').is_some_and(ends)
    };
    let starts = ["<!--[if", "<![if", "<!--<![endif", "<![endif"];
    let starts = starts.iter().flat_map(|start| mjml.match_indices(start).map(|(at, _)| at));
    starts.filter(is_torn).min().map(|at| MjmlProblem {
        span: Some(at..at),
        what: "this condition for Outlook does not end".to_owned(),
        hint: "write <!--[if mso]> ... <![endif]-->",
    })
}

/// Every font is named twice, in a link and in an `@import`; mail needs no links.
fn without_font_links(html: &str) -> String {
    let mut parts = html.split("<link href=\"");
    let mut output = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = "\" rel=\"stylesheet\" type=\"text/css\">";
        match part.split_once(end) {
            Some((_, rest)) => output.push_str(rest),
            None => {
                output.push_str("<link href=\"");
                output.push_str(part);
            }
        }
    }
    output
}

fn foreign_icons(mjml: &str, html: &str) -> Option<MjmlProblem> {
    let start = mjml.find("<mj-social-element")?;
    html.contains(ICON_HOST).then(|| MjmlProblem {
        span: Some(start..start),
        what: format!("the icons of <mj-social-element> are loaded from {ICON_HOST}"),
        hint: "give each a src of your own",
    })
}

fn problem(mjml: &str, error: &Error) -> MjmlProblem {
    let element = |span: &Span| {
        let text = mjml.get(span.clone()).unwrap_or_default();
        let name = text.trim_start_matches(['<', '/']);
        name.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next().unwrap_or_default()
    };
    let (span, what, hint) = match error {
        Error::UnexpectedElement { position, .. } => {
            let span = position.start..position.end;
            let what = format!("<{}> is not known here", element(&span));
            (Some(span), what, "use the elements of MJML 4, each where it belongs")
        }
        Error::UnexpectedToken { position, .. } | Error::InvalidFormat { position, .. } => {
            let span = position.start..position.end;
            (Some(span), "the MJML can't be read here".to_owned(), "close what is open")
        }
        Error::MissingAttribute { name, position, .. } => {
            let what = format!("the attribute {name} is missing");
            (Some(position.start..position.end), what, "add it")
        }
        Error::InvalidAttribute { position, .. } => {
            let what = "this attribute's value means nothing".to_owned();
            (Some(position.start..position.end), what, "correct it")
        }
        Error::IncludeLoaderError { position, .. } => {
            let what = "<mj-include> does not work here".to_owned();
            (Some(position.start..position.end), what, "write the included text itself")
        }
        Error::ParserError { source, .. } => {
            (None, format!("the MJML can't be read: {source}"), "correct it")
        }
        Error::EndOfStream { .. } => {
            (None, "the MJML ends too early".to_owned(), "close what is open")
        }
        Error::SizeLimit { .. } | Error::NoRootNode => {
            (None, "there is no <mjml> element".to_owned(), "begin with <mjml>")
        }
    };
    MjmlProblem { span, what, hint }
}

fn without_effect(mjml: &str, warning: &Warning) -> Option<MjmlProblem> {
    let span = warning.span.start..warning.span.end;
    match warning.kind {
        WarningKind::UnexpectedAttribute => {
            let written = mjml.get(span.clone()).unwrap_or_default();
            let name = written.split('=').next().unwrap_or_default().trim();
            Some(MjmlProblem {
                what: format!("the attribute {name} has no effect here"),
                span: Some(span),
                hint: "remove it, or correct its name",
            })
        }
        // Every sheet is inlined later.
        WarningKind::InlineStyleUnsupported => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mjml: &str, expect: &str) {
        let told = |it: &MjmlProblem| {
            let at = it.span.clone().map_or("", |span| &mjml[span]);
            format!("{at:?} {}", it.what)
        };
        let told = match to_html(mjml) {
            Ok((_, warnings)) => warnings.iter().map(told).collect::<Vec<_>>().join("\n"),
            Err(problems) => {
                format!("refused: {}", problems.iter().map(told).collect::<Vec<_>>().join("\n"))
            }
        };
        assert_eq!(told, expect, "{mjml}");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let body = |inner: &str| format!("<mjml><mj-body>{inner}</mj-body></mjml>");
        check(&body("<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>"), "");
        check(
            &body("<mj-sektion>x</mj-sektion><mj-carousel/>"),
            "refused: \"<mj-sektion>\" <mj-sektion> is not known here\n\
             \"<mj-carousel/>\" <mj-carousel> is made of form fields, which many mail programs remove",
        );
        check(
            &body("<mj-include path='https://a.example/x.mjml' />"),
            "refused: \"mj-include\" <mj-include> does not work here",
        );
        check("<mjml><mj-body>", "refused: \"\" the MJML ends too early");
        for torn in ["<!--[if", "<![if", "<!--[if mso]x>", "<!--<![endif", "<![endif", "<![endif]"]
        {
            let told = "refused: \"\" this condition for Outlook does not end";
            check(&format!("<mjml><mj-body><mj-raw>{torn}"), told);
        }
        check("<p>x</p>", "refused: \"<p\" the MJML can't be read here");
        check(&body("<mj-text>x</mj-body>"), "");
    }

    #[test]
    fn nothing_is_added_that_loads_from_elsewhere() {
        let text = "<mj-text font-family='Lato'>Hello</mj-text>";
        let mjml = format!(
            "<mjml><mj-body><mj-section><mj-column>{text}</mj-column></mj-section></mj-body></mjml>"
        );
        let (html, _) = to_html(&mjml).unwrap();
        assert!(html.contains("Hello") && !html.contains("googleapis"), "{html}");
    }
}
