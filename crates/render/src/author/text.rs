//! The plain-text part, derived from the HTML content: readable, links written out.
//!
//! Lines are not wrapped: a paragraph is one line and the reader's program wraps it to its window;
//! quoted-printable keeps the lines on the wire short.

mod cells;
mod decided_lists;
mod readable;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, element, rewrite_str, text};
use scraper::Html;

use self::cells::{Cell, cells};
use self::decided_lists::decided_lists;
use self::readable::{ITEM, Readable};
use crate::placeholders::Placeholders;
use crate::problem::{Problem, SourcePosition};

/// Wider than any announcement is long, so that nothing wraps.
const WIDTH: usize = 16 * 1024 * 1024;

const CELL_SEPARATOR: &str = " | ";
/// Alone on its line, where a part of a layout begins: a character for private use.
const CELL_START: char = '\u{e000}';
/// The cells of a list of changes.
const LABEL_CLASS: &str = "pharos-change-label pharos-li";
const CHANGE_CLASS: &str = "pharos-change-text pharos-li";
/// The label of a link that contains nothing but an image without words.
const NAMELESS_IMAGE: &str = "[image]";

/// The text of an author's HTML, whose elements `parsed` has with their numbers. What `hidden` says
/// that nobody sees is left out.
pub(crate) fn from_html(
    html: &str,
    parsed: &Html,
    hidden: &[bool],
    placeholders: &Placeholders,
) -> Result<String, Problem> {
    let failed = || {
        SourcePosition::SETTINGS.problem(
            "can't make the text part from the HTML",
            "simplify the markup around tables and lists",
        )
    };
    let lists = decided_lists(parsed, placeholders);
    let html = simplified(html, &cells(parsed), &lists, hidden).map_err(|_| failed())?;
    let text = html2text::config::with_decorator(Readable::default())
        .raw_mode(true)
        .no_table_borders()
        .unicode_strikeout(false)
        .link_footnotes(false)
        .allow_width_overflow()
        .string_from_read(html.as_bytes(), WIDTH)
        .map_err(|_| failed())?;
    let text = without_filler(&text);
    // A separator alone on its line stood between the columns of a layout, not of a table.
    let lines = text.lines().map(str::trim_end).filter(|line| *line != CELL_SEPARATOR.trim());
    let lines = lines.map(|line| if line.trim() == CELL_START.to_string() { "" } else { line });
    let mut output = String::new();
    let mut empty_lines = 1;
    for line in lines {
        // A condition between blocks or items is no line of its own.
        let content = line.trim();
        let content = content.strip_prefix(ITEM).unwrap_or(content);
        if placeholders.only_controls(content) {
            output.push_str(content);
            continue;
        }
        empty_lines = if line.is_empty() { empty_lines + 1 } else { 0 };
        if empty_lines < 2 {
            output.push_str(line);
            output.push('\n');
        }
    }
    Ok(without_repeats(output.trim_matches('\n')))
}

/// Characters that only keep a list of messages from showing what follows a preheader. Most of them
/// have a use of their own in some script, but never among spaces.
const FILLER: [char; 8] =
    ['\u{200b}', '\u{200c}', '\u{200d}', '\u{feff}', '\u{34f}', '\u{ad}', '\u{2007}', '\u{a0}'];

/// The text without runs of filler.
fn without_filler(text: &str) -> String {
    let fills = |c: char| FILLER.contains(&c);
    let mut output = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars() {
        if fills(c) || (c == ' ' && !run.is_empty()) {
            run.push(c);
            continue;
        }
        push_run(&mut output, &mut run);
        output.push(c);
    }
    push_run(&mut output, &mut run);
    output
}

/// A single mark inside a word stays; a run of several, or one among spaces, is filler.
fn push_run(output: &mut String, run: &mut String) {
    let marks = run.chars().filter(|c| FILLER.contains(c) && *c != '\u{a0}').count();
    let among_spaces = run.contains([' ', '\u{a0}']) || output.ends_with([' ', '\n']);
    match marks {
        0 => output.push_str(run),
        1 if !among_spaces => output.push_str(run),
        _ if output.is_empty() || output.ends_with([' ', '\n']) => {}
        _ => output.push(' '),
    }
    run.clear();
}

/// Writes `a@b.example <a@b.example>` once.
fn without_repeats(text: &str) -> String {
    let mut parts = text.split(" <");
    let mut output = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('>') {
            Some((address, rest)) if !address.is_empty() && output.ends_with(address) => {
                output.push_str(rest);
            }
            _ => {
                output.push_str(" <");
                output.push_str(part);
            }
        }
    }
    output
}

/// The HTML with what html2text can't lay out as people would write it changed: rules would be drawn
/// over the whole width, and tables be laid out with marks for widths, so a row of data becomes a
/// line. A link that shows nothing but an image without words would vanish, and its address with it.
fn simplified(
    html: &str,
    cells: &HashMap<usize, Cell>,
    decided_lists: &HashSet<usize>,
    hidden: &[bool],
) -> Result<String, lol_html::errors::RewritingError> {
    let mut number = 0;
    let elements = element!("*", move |element| {
        let cell = cells.get(&number).copied();
        let is_hidden = hidden.get(number).copied().unwrap_or(false);
        let is_decided = decided_lists.contains(&number);
        number += 1;
        match element.tag_name().as_str() {
            "head" | "title" | "style" => element.remove(),
            _ if is_hidden => element.remove(),
            _ if name_of_list(element).is_some() => as_list(element)?,
            _ if cell == Some(Cell::Inside) => element.set_tag_name("span")?,
            // How many items come before one is known per contact only.
            "ol" if is_decided => element.set_tag_name("ul")?,
            "hr" => element.replace("<p>* * *</p>", ContentType::Html),
            "table" if cell == Some(Cell::Table) => {
                element.set_tag_name("div")?;
                element.before(&format!("<div>{CELL_START}</div>"), ContentType::Html);
                element.after(&format!("<div>{CELL_START}</div>"), ContentType::Html);
            }
            "table" | "thead" | "tbody" | "tfoot" | "tr" | "caption" => {
                element.set_tag_name("div")?;
            }
            "td" | "th" => match cell {
                Some(Cell::Layout | Cell::Inside | Cell::Table) | None => {
                    element.set_tag_name("div")?;
                    element.before(&format!("<div>{CELL_START}</div>"), ContentType::Html);
                }
                Some(Cell::First) => element.set_tag_name("span")?,
                Some(Cell::Next) => {
                    element.set_tag_name("span")?;
                    element.before(CELL_SEPARATOR, ContentType::Text);
                }
            },
            _ => {}
        }
        Ok(())
    });
    // Whether the link that is open shows anything yet.
    let shows: Rc<std::cell::Cell<bool>> = Rc::default();
    let (by_image, by_text) = (Rc::clone(&shows), Rc::clone(&shows));
    let link = element!("a[href]", move |link| {
        name_nameless(link, &shows);
        Ok(())
    });
    let linked_image = element!("a[href] img", move |image| {
        if image.get_attribute("alt").is_some_and(|alt| !alt.trim().is_empty()) {
            by_image.set(true);
        }
        Ok(())
    });
    let link_text = text!("a[href]", move |text| {
        if !text.as_str().trim().is_empty() {
            by_text.set(true);
        }
        Ok(())
    });
    let code_block = element!("pre code", |code| Ok(code.set_tag_name("span")?));
    let settings = [elements, code_block, link, linked_image, link_text]
        .into_iter()
        .fold(RewriteStrSettings::new(), RewriteStrSettings::append_element_content_handler);
    rewrite_str(html, settings)
}

/// What becomes of the elements of a list that is a table in HTML, as its roles say; one without a name
/// is left out.
fn name_of_list(element: &Element<'_, '_>) -> Option<&'static str> {
    let class = element.get_attribute("class").unwrap_or_default();
    match (element.tag_name().as_str(), element.get_attribute("role").as_deref()) {
        ("table", Some("list")) => Some("ul"),
        ("tr", Some("listitem")) => Some("li"),
        ("tbody", Some("presentation")) => Some(""),
        ("td", _) if class == LABEL_CLASS || class == CHANGE_CLASS => Some("span"),
        _ => None,
    }
}

fn as_list(element: &mut Element<'_, '_>) -> Result<(), lol_html::errors::TagNameError> {
    if element.get_attribute("class").is_some_and(|class| class == LABEL_CLASS) {
        element.append(": ", ContentType::Text);
    }
    match name_of_list(element) {
        Some("") | None => element.remove_and_keep_content(),
        Some(name) => element.set_tag_name(name)?,
    }
    Ok(())
}

/// Gives the link a label at its end if nothing in it has shown that it `shows` something.
fn name_nameless(link: &mut Element<'_, '_>, shows: &Rc<std::cell::Cell<bool>>) {
    shows.set(false);
    let shows = Rc::clone(shows);
    if let Some(handlers) = link.end_tag_handlers() {
        handlers.push(Box::new(move |end| {
            if !shows.get() {
                end.before(NAMELESS_IMAGE, ContentType::Text);
            }
            Ok(())
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::css;
    use crate::html::markup::markup;

    fn text_of(html: &str) -> String {
        let styles = css::inline(html, &markup(html, 0).unwrap(), true);
        from_html(html, &styles.html, &styles.hidden, &Placeholders::absent_from(&[html])).unwrap()
    }

    #[test]
    fn what_nobody_sees_stays_out() {
        let html = "<html><head><title>t</title><style>.x{display:none}</style></head><body>\
            <div class=x>hidden <b>and <i>nested</i></b> <img alt=no></div>\
            <div style='max-height:0;overflow:hidden'>pre&zwnj;&nbsp;&zwnj;&nbsp;</div>\
            <p>seen &#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;</p>\
            <table><tr><td>&nbsp;</td></tr><tr><td><p>a</p></td><td><p>b</p></td></tr></table>\
            <p>می\u{200c}خواهم</p>";
        insta::assert_snapshot!(text_of(html), @r"
        seen

        a

        b

        می‌خواهم
        ");
    }

    #[test]
    fn data_stands_in_lines_and_layouts_in_order() {
        let html = "<table role=presentation><tr><td>one</td><td>two</td></tr></table>\
            <table><tr><th>Item</th><th>Price</th></tr><tr><td>Seat</td><td>12</td></tr></table>\
            <table><tr><td><table><tr><td>x</td><td>y</td></tr></table></td><td>z</td></tr></table>";
        insta::assert_snapshot!(text_of(html), @r"
        one

        two

        Item | Price
        Seat | 12

        x | y

        z
        ");
    }

    #[test]
    fn html_becomes_text_that_reads_well() {
        let html = "<h2>News</h2><p>Some <b>bold</b> and <em>soft</em> words, \
            <a href=\"https://t.example/c/x\">a link</a>.</p><hr><ul><li>one<li>two</ul>\
            <table><tr><td>cell</td><td>next</td></tr></table>\
            <p><a href='#top'>top</a> <a href='mailto:a@b.example'>write</a> \
            <a href='mailto:a@b.example'>a@b.example</a><br>\
            <img src=\"https://x.example/i.png\" alt=\"a ship\"></p><pre>a\n  b</pre>\
            <blockquote><p>said</p></blockquote><ol><li>x</ol>";
        insta::assert_snapshot!(text_of(html), @r"
        ## News

        Some bold and soft words, a link <https://t.example/c/x>.

        * * *
        - one
        - two

        cell | next

        top write <a@b.example> a@b.example
        [a ship]

        a
          b

        > said
        1. x
        ");
    }

    #[test]
    fn long_paragraphs_stay_one_line() {
        let words = "word ".repeat(500);
        assert_eq!(text_of(&format!("<p>{words}</p>")), words.trim());
    }

    #[test]
    fn a_link_around_an_image_keeps_its_address() {
        let html = "<p><a href=\"https://t.example/c/x\"><img src=\"https://x.example/i.png\" \
            alt=\"Read more\"></a></p>\
            <p><a href=\"https://t.example/c/y\"><img src=\"https://x.example/j.png\" alt=\"\"></a></p>\
            <p><a href=\"https://t.example/c/z\"><img src=\"https://x.example/k.png\"></a></p>\
            <p>before <img src=\"https://x.example/l.png\" alt=\"\"> after</p>";
        insta::assert_snapshot!(text_of(html), @r"
        [Read more] <https://t.example/c/x>

        [image] <https://t.example/c/y>

        [image] <https://t.example/c/z>

        before after
        ");
    }
}
