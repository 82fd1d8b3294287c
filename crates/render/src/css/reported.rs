//! What people have reported of other inliners, each with its tracker.

use super::inline;
use crate::html::markup::markup;

#[track_caller]
fn check(sheet: &str, body: &str, expect: &str) {
    let html = format!("<!doctype html><style>{sheet}</style><body>{body}");
    let inlined = inline(&html, &markup(&html, 0).unwrap(), true).edits.apply(&html);
    let (_, body) = inlined.split_once("<body>").unwrap();
    assert_eq!(body, expect, "{sheet}");
}

#[test]
fn rules_of_one_weight_count_in_their_order() {
    // PreMailer.Net 53: the shorthand came last.
    check(
        "table.tiny td, table.small td { background: #2284a1 } table.plus td { background-color: red }",
        "<table class='tiny plus'><tr><td>x</td></tr></table>",
        "<table class='tiny plus'><tr><td style=\"background:#2284a1;background-color:red\">x</td></tr></table>",
    );
    // CssToInlineStyles 140: the part survived the shorthand behind it.
    check(
        "td{padding:0} td{padding-bottom:20px} td{padding:0}",
        "<table><tr><td>",
        "<table><tr><td style=\"padding-bottom:20px;padding:0\">",
    );
    // css_parser 87: a border was made of what was one side's.
    check(
        ".bb{border-bottom:1px solid} .bt,.bb{border-color:#dfdfdf}",
        "<p class=bb>",
        "<p style=\"border-bottom:1px solid;border-color:#dfdfdf\" class=bb>",
    );
    // premailer 28 and 216.
    check(
        "td p{padding:0} td.special p{padding-left:10px}",
        "<table><tr><td class=special><p>x",
        "<table><tr><td class=special><p style=\"padding:0;padding-left:10px\">x",
    );
    check(
        "p{background-image:url(https://a.example/x);background-size:cover}",
        "<p>",
        "<p style=\"background-image:url(https://a.example/x);background-size:cover\">",
    );
    // premailer 252: what stood behind the slash was lost.
    check(
        "p{background:url('https://a.example/x') no-repeat 0 0 / cover}",
        "<p>",
        "<p style=\"background:url('https://a.example/x') no-repeat 0 0 / cover\">",
    );
}

#[test]
fn important_and_queries_keep_their_weight() {
    // juice 210: the important one of a query was inlined.
    check(
        "@media (max-width:640px){.c{padding:0!important}} .c{padding:20px}",
        "<p class=c>",
        "<p style=\"padding:20px\" class=c>",
    );
    // gulp-inline-css 17: a shorthand that is important beats the attribute's part.
    check(
        "p{margin:0 !important}",
        "<p style=\"margin-bottom:10px\">",
        "<p style=\"margin-bottom:10px;margin:0\">",
    );
    // premailer 242: a sheet that is to be ignored was inlined.
    let html = "<!doctype html><style data-premailer=\"ignore\">p{color:red!important}</style><p>x";
    let inlined = inline(html, &markup(html, 0).unwrap(), true).edits.apply(html);
    assert_eq!(inlined, html);
}

#[test]
fn what_outlook_reads_stays_as_it_is() {
    // premailer 238, CsQuery 190, mosaico 170.
    let body = "<!--[if mso]><td class=\"c\"><![endif]--><![if !mso]><p class=c>x<![endif]>\
        <!--[if gte mso 9]><xml><o:OfficeDocumentSettings><o:AllowPNG/></o:OfficeDocumentSettings></xml><![endif]-->";
    check(".c{color:red}", body, &body.replace("<p class=c>", "<p style=\"color:red\" class=c>"));
}
