//! The plain-text part, derived from the HTML content: readable, links written out.
//!
//! Lines are not wrapped: a paragraph is one line and the reader's program wraps it to its window;
//! quoted-printable keeps the lines on the wire short.

use std::cell::Cell;
use std::rc::Rc;

use html2text::render::TextDecorator;
use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, element, rewrite_str, text};

use crate::problem::{Problem, SourcePosition};

/// Wider than any announcement is long, so that nothing wraps.
const WIDTH: usize = 16 * 1024 * 1024;

const CELL_SEPARATOR: &str = " | ";
/// The label of a link that contains nothing but an image without words.
const NAMELESS_IMAGE: &str = "[image]";

/// The text of an HTML fragment.
pub(crate) fn from_html(html: &str) -> Result<String, Problem> {
    let failed = || {
        SourcePosition::SETTINGS.problem(
            "can't make the text part from the HTML",
            "simplify the markup around tables and lists",
        )
    };
    let html = simplified(html).map_err(|_| failed())?;
    let text = html2text::config::with_decorator(Readable::default())
        .raw_mode(true)
        .no_table_borders()
        .unicode_strikeout(false)
        .link_footnotes(false)
        .allow_width_overflow()
        .string_from_read(html.as_bytes(), WIDTH)
        .map_err(|_| failed())?;
    // A separator alone on its line stood between the columns of a layout, not of a table.
    let lines: Vec<&str> =
        text.lines().map(str::trim_end).filter(|line| *line != CELL_SEPARATOR.trim()).collect();
    Ok(without_repeats(lines.join("\n").trim_matches('\n')))
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

/// Rules would be drawn over the whole width, and tables be laid out with marks for widths: a
/// table's row becomes a line instead. A link that shows nothing but an image without words would
/// vanish, and its address with it.
fn simplified(html: &str) -> Result<String, lol_html::errors::RewritingError> {
    let rule = element!("hr", |hr| {
        hr.replace("<p>* * *</p>", ContentType::Html);
        Ok(())
    });
    let block = element!("table, thead, tbody, tfoot, tr, caption", |part| {
        Ok(part.set_tag_name("div")?)
    });
    let cell = element!("td, th", |cell| Ok(cell.set_tag_name("span")?));
    let next_cell = element!("td:not(:first-child), th:not(:first-child)", |cell| {
        cell.before(CELL_SEPARATOR, ContentType::Text);
        Ok(())
    });
    // Whether the link that is open shows anything yet.
    let shows: Rc<Cell<bool>> = Rc::default();
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
    let settings = [rule, block, cell, next_cell, link, linked_image, link_text]
        .into_iter()
        .fold(RewriteStrSettings::new(), RewriteStrSettings::append_element_content_handler);
    rewrite_str(html, settings)
}

/// Gives the link a label at its end if nothing in it has shown that it `shows` something.
fn name_nameless(link: &mut Element<'_, '_>, shows: &Rc<Cell<bool>>) {
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

/// Writes a link as `label <address>`; emphasis leaves no markers.
#[derive(Default)]
struct Readable {
    address: String,
}

impl TextDecorator for Readable {
    type Annotation = ();

    fn decorate_link_start(&mut self, url: &str) -> (String, ()) {
        url.clone_into(&mut self.address);
        (String::new(), ())
    }

    fn decorate_link_end(&mut self) -> String {
        match self.address.strip_prefix("mailto:").unwrap_or(&self.address) {
            address if address.starts_with('#') => String::new(),
            address => format!(" <{address}>"),
        }
    }

    fn decorate_em_start(&self) -> (String, ()) {
        Default::default()
    }

    fn decorate_em_end(&self) -> String {
        String::new()
    }

    fn decorate_strong_start(&self) -> (String, ()) {
        Default::default()
    }

    fn decorate_strong_end(&self) -> String {
        String::new()
    }

    fn decorate_strikeout_start(&self) -> (String, ()) {
        ("~~".to_owned(), ())
    }

    fn decorate_strikeout_end(&self) -> String {
        "~~".to_owned()
    }

    fn decorate_code_start(&self) -> (String, ()) {
        ("`".to_owned(), ())
    }

    fn decorate_code_end(&self) -> String {
        "`".to_owned()
    }

    fn decorate_preformat_first(&self) {}

    fn decorate_preformat_cont(&self) {}

    fn decorate_image(&mut self, _: &str, title: &str) -> (String, ()) {
        (format!("[{title}]"), ())
    }

    fn header_prefix(&self, level: usize) -> String {
        "#".repeat(level) + " "
    }

    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }

    fn unordered_item_prefix(&self) -> String {
        "- ".to_owned()
    }

    fn ordered_item_prefix(&self, i: i64) -> String {
        format!("{i}. ")
    }

    fn make_subblock_decorator(&self) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_text_that_reads_well() {
        let html = "<h2>News</h2><p>Some <b>bold</b> and <em>soft</em> words, \
            <a href=\"https://t.example/c/x\">a link</a>.</p><hr><ul><li>one<li>two</ul>\
            <table><tr><td>cell</td><td>next</td></tr></table>\
            <p><a href='#top'>top</a> <a href='mailto:a@b.example'>write</a> \
            <a href='mailto:a@b.example'>a@b.example</a><br>\
            <img src=\"https://x.example/i.png\" alt=\"a ship\"></p><pre>a\n  b</pre>\
            <blockquote><p>said</p></blockquote><ol><li>x</ol>";
        insta::assert_snapshot!(from_html(html).unwrap(), @r"
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
        assert_eq!(from_html(&format!("<p>{words}</p>")).unwrap(), words.trim());
    }

    #[test]
    fn a_link_around_an_image_keeps_its_address() {
        let html = "<p><a href=\"https://t.example/c/x\"><img src=\"https://x.example/i.png\" \
            alt=\"Read more\"></a></p>\
            <p><a href=\"https://t.example/c/y\"><img src=\"https://x.example/j.png\" alt=\"\"></a></p>\
            <p><a href=\"https://t.example/c/z\"><img src=\"https://x.example/k.png\"></a></p>\
            <p>before <img src=\"https://x.example/l.png\" alt=\"\"> after</p>";
        insta::assert_snapshot!(from_html(html).unwrap(), @r"
        [Read more] <https://t.example/c/x>

        [image] <https://t.example/c/y>

        [image] <https://t.example/c/z>

        before after
        ");
    }
}
