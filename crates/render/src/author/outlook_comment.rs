//! Conditional comments: what Outlook reads in a comment, and nobody else.

use crate::html::markup::Span;

/// Whether a comment opens or closes a condition, and contains nothing else.
pub(crate) fn is_marker(comment: &str) -> bool {
    let comment = comment.trim_start();
    ["[if", "<![endif]", "[endif]"].iter().any(|marker| comment.starts_with(marker))
}

/// The part of a conditional comment that Outlook reads as HTML: behind `[if ...]>` and before
/// `<![endif]`.
pub(crate) fn outlook_content(comment: &str) -> Option<Span> {
    let indent = comment.len() - comment.trim_start().len();
    if !comment.get(indent..)?.starts_with("[if") {
        return None;
    }
    let start = comment.find("]>")? + 2;
    let end = comment.rfind("<![endif]").filter(|end| *end >= start).unwrap_or(comment.len());
    // `<!--<![endif]-->` may close what only Outlook reads, too.
    let content = comment.get(start..end)?;
    let end = start + content.strip_suffix("<!--").unwrap_or(content).len();
    // `<!--[if !mso]><!-->`, or `<!-- -->` at its end, opens what all the others read.
    let opens = matches!(comment.get(start..end)?.trim(), "<!" | "<!--");
    (!opens).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_outlook_reads_is_found_between_the_marks() {
        for (comment, expect) in [
            ("[if mso]><p>x</p><![endif]", Some("<p>x</p>")),
            (" [if (gte mso 9)|(IE)]><td><!--<![endif]", Some("<td>")),
            ("[if mso]>x", Some("x")),
            ("[if !mso]><!", None),
            ("[if !mso]><!-- ", None),
            ("<![endif]", None),
            ("[if mso", None),
            ("a remark [if mso]>x<![endif]", None),
        ] {
            let found = outlook_content(comment).map(|span| &comment[span]);
            assert_eq!(found, expect, "{comment}");
        }
        assert!(is_marker("[if !mso]><!") && is_marker(" <![endif]") && !is_marker("a remark"));
    }
}
