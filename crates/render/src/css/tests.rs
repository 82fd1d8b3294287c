//! What inlining makes of whole documents.

use super::inline;
use crate::html::markup::markup;

fn inlined(html: &str) -> String {
    inline(html, &markup(html, 0).unwrap(), true).edits.apply(html)
}

/// The document has one sheet and one body; both come out changed as expected.
#[track_caller]
fn check(sheet: &str, body: &str, expect_sheet: &str, expect_body: &str) {
    let html = format!("<!doctype html><style>{sheet}</style><body>{body}");
    assert_eq!(
        inlined(&html),
        format!("<!doctype html><style>{expect_sheet}</style><body>{expect_body}")
    );
}

#[test]
fn what_a_sheet_says_moves_into_the_elements_and_the_sheet_stays() {
    let sheet = "p{color:red;margin:0}.a{color:blue}p.a{font-family:\"Segoe UI\",x}";
    let body = "<p>one</p><P CLASS='a b' id=x>two</P>";
    let expect = "<p style=\"color:red;margin:0\">one</p>\
        <P style=\"margin:0;color:blue;font-family:'Segoe UI',x\" CLASS='a b' id=x>two</P>";
    check(sheet, body, sheet, expect);
}

#[test]
fn a_media_query_still_wins_over_what_moved() {
    check(
        ".c{width:300px}@media (max-width:480px){.c{width:100%}.c{ height : 1px ; }}",
        "<p class=c>",
        ".c{width:300px}@media (max-width:480px){.c{width:100% !important}.c{ height : 1px ; }}",
        "<p style=\"width:300px\" class=c>",
    );
    check(
        ".c{padding:8px}@media print{.c{padding-top:0}}@media x{.c{padding-top:1px}}",
        "<p class=c>",
        ".c{padding:8px}@media print{.c{padding-top:0 !important}}\
         @media x{.c{padding-top:1px !important}}",
        "<p style=\"padding:8px\" class=c>",
    );
}

#[test]
fn what_beats_an_important_declaration_becomes_important_too() {
    // On the second element nothing moves: only the two queries meet there.
    check(
        "p{color:blue}@media x{.a{color:red}}@media y{.b{color:green}}",
        "<p class=a>one</p><div class='a b'>two</div>",
        "p{color:blue}@media x{.a{color:red !important}}@media y{.b{color:green !important}}",
        "<p style=\"color:blue\" class=a>one</p><div class='a b'>two</div>",
    );
}

#[test]
fn states_and_queries_that_lost_before_lose_still() {
    // The later rule wins on every screen: the query changes nothing, before and after.
    let sheet = "@media x{.c{color:red}}.c{color:blue}";
    check(sheet, "<p class=c>", sheet, "<p style=\"color:blue\" class=c>");
    let sheet = "a{color:blue}a:hover{color:red}.b{color:green}";
    check(
        sheet,
        "<a>x</a>",
        "a{color:blue}a:hover{color:red !important}.b{color:green}",
        "<a style=\"color:blue\">x</a>",
    );
}

#[test]
fn nothing_moves_where_important_would_beat_the_authors_own_style() {
    let sheet = ".c{color:blue;margin:0}@media x{.c{color:red}}";
    check(
        sheet,
        "<p class=c><b class=c style='color:green'>",
        sheet,
        "<p style=\"margin:0\" class=c><b class=c style='margin:0;color:green'>",
    );
    // A stronger rule on one of the elements.
    let sheet = ".c{color:blue}@media x{.c{color:red}}.d{color:green}";
    check(
        sheet,
        "<p class=c><p class='c d'>",
        sheet,
        "<p class=c><p style=\"color:green\" class='c d'>",
    );
    // An important one that is weaker.
    let sheet = "p{color:green!important}.c{color:blue}@media x{.c{color:red}}";
    check(sheet, "<p class=c>", sheet, "<p style=\"color:green\" class=c>");
}

#[test]
fn what_is_weaker_than_what_stays_stays_as_well() {
    let sheet = "p{padding-left:1px}.c{padding:2px}@media x{.c{padding-top:3px}}";
    check(
        sheet,
        "<p class=c><p class=c style='padding-top:0'>",
        sheet,
        "<p class=c><p class=c style='padding-top:0'>",
    );
}

#[test]
fn the_authors_own_style_keeps_its_place_between_normal_and_important() {
    check(
        "p{color:red;margin:0}p{padding:0!important;border:0!important}",
        "<p style=\"color:blue; padding:1px; border:1px!important\">",
        "p{color:red;margin:0}p{padding:0!important;border:0!important}",
        "<p style=\"margin:0;color:blue; padding:1px; border:1px!important;padding:0\">",
    );
}

#[test]
fn what_is_for_other_programs_or_whole_subtrees_stays_in_the_sheet() {
    let sheet = "*{margin:0}.x *{color:red}#outlook a{padding:0}u + #body .x{color:red}\
        [data-ogsc] p{color:#fff}p::before{content:'x'}:root{--a:red}p{color:var(--a)}\
        @font-face{font-family:x;src:url(https://a.example/x)}@supports (x:y){p{margin:1px}}";
    check(sheet, "<p class=x><b>", sheet, "<p class=x><b>");
    let embedded = "<style data-embed>p{color:red}</style><style>p{color:blue}</style><p>x";
    let expect = "<style data-embed>p{color:red}</style><style>p{color:blue}</style>\
        <p style=\"color:blue\">x";
    assert_eq!(inlined(embedded), expect);
    let media = "<style>p{color:blue}</style><style media='print'>p{color:red}</style><p>x";
    let expect = "<style>p{color:blue}</style><style media='print'>p{color:red !important}</style>\
        <p style=\"color:blue\">x";
    assert_eq!(inlined(media), expect);
}

#[test]
fn fallbacks_of_one_rule_move_together() {
    let sheet = "p{background:red;background:linear-gradient(red,blue);width:1px}p{width:2px}";
    check(
        sheet,
        "<p>",
        sheet,
        "<p style=\"background:red;background:linear-gradient(red,blue);width:2px\">",
    );
}

#[test]
fn comments_and_everything_else_stay_byte_for_byte() {
    let html = "<!DOCTYPE html>\r\n<!--[if mso]><style>p{color:red}</style><![endif]-->\
        <style type='text/plain'>p{color:red}</style><![if !mso]><P   ID = x>&nbsp;&copy <br/ >\
        </B></p><td>x<!-- -- > --!>";
    assert_eq!(inlined(html), html);
}

#[test]
fn names_are_compared_without_case_where_there_is_no_doctype() {
    let html = "<style>.Big{color:red}#x{margin:0}</style><p class=BIG id=X>";
    let expect = "<style>.Big{color:red}#x{margin:0}</style>\
        <p style=\"color:red;margin:0\" class=BIG id=X>";
    assert_eq!(inlined(html), expect);
    let strict = format!("<!doctype html>{html}");
    assert_eq!(inlined(&strict), strict);
}

#[test]
fn a_rule_for_links_and_their_states_moves_and_stays_as_it_is() {
    let sheet = ".more a,.more a:visited{color:#fff}@media x{.item a{color:red}}";
    check(
        sheet,
        "<div class='item more'><a>x</a></div><p class=item><a>y</a>",
        sheet,
        "<div class='item more'><a>x</a></div><p class=item><a>y</a>",
    );
    let sheet = "a,a:hover{color:#fff}";
    check(sheet, "<a>x</a>", sheet, "<a style=\"color:#fff\">x</a>");
}
