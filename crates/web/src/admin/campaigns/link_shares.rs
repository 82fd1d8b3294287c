//! A campaign's message with the number and the share of clickers of every tracked link in it, for the
//! frame on its report.
//!
//! Invariants: what is written into the message is our own digits and nothing else; its pixel is not
//! loaded, for nobody reads it here; the frame is sandboxed, so nothing of the message can run or act as part of our origin. A link is known by its
//! token, so other people's addresses that look alike get no mark.

use axum::extract::{Path, State};
use axum::response::Response;
use campaign::{MessageSources, Preview, ShownValues};
use report::number_text::percent;
use report::{LinkLine, campaign_report};
use token::{Keyring, LEN, Purpose};

use crate::admin::campaigns::acts::record_of;
use crate::admin::inbox_pages::with_links_in_new_tabs;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;
use crate::admin::text_editor::frame::framed_as;
use crate::admin::text_editor::preview_page::in_scheme;
use crate::clock::now;
use crate::listen::respond;

/// More marks than a message has links with room to spare.
const MOST_MARKS: usize = 2_000;

pub(crate) async fn frame(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
) -> Response {
    let found = async {
        let id = record_of(&parts, &number).await?.campaign.id;
        let report = campaign_report(&parts.store, id, now()).await;
        let report = report.map_err(PageProblem::failed("reporting"))?;
        report.ok_or_else(PageProblem::no_campaign)
    };
    let report = match found.await {
        Ok(report) => report,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let resources = &parts.resources;
    let sources = MessageSources {
        store: &resources.store,
        sender: &resources.sender(),
        keys: &resources.keys,
        files: &resources.files,
    };
    let shown = ShownValues::default();
    let preview = campaign::preview(&sources, report.campaign.id, &shown, now()).await;
    let with_marks = |preview: &Preview| {
        let html = in_scheme(&preview.html, "light");
        let html = without_pixel(&html, &resources.keys);
        let html = marked(&html, &resources.keys, &report.links, report.clicks.unique);
        respond::html(with_links_in_new_tabs(&html))
    };
    framed_as(preview, with_marks, &admitted.visitor)
}

/// An image of one pixel in itself.
const NO_PIXEL: &str =
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/// The message with an image in place of its pixel that asks nobody for anything.
fn without_pixel(html: &str, keys: &Keyring) -> String {
    let is_ours = |at: &usize| {
        let token = html.get(at + "/o/".len()..).and_then(|rest| rest.get(..LEN));
        token.is_some_and(|token| keys.open(Purpose::View, token).is_ok())
    };
    let found = html.match_indices("/o/").map(|(at, _)| at).find(is_ours);
    let quoted = found.and_then(|at| {
        let (before, behind) = (html.get(..at)?, html.get(at..)?);
        Some((before.rfind('"')? + 1, at + behind.find('"')?))
    });
    match quoted {
        Some((start, end)) => {
            let mut out = html.to_owned();
            out.replace_range(start..end, NO_PIXEL);
            out
        }
        None => html.to_owned(),
    }
}

/// The message with a mark behind the start of every tracked link.
fn marked(html: &str, keys: &Keyring, links: &[LinkLine], clickers: i64) -> String {
    let mut out = String::with_capacity(html.len() + 4_096);
    let (mut rest, mut marks) = (html, 0);
    while let Some(at) = rest.find("/c/").filter(|_| marks < MOST_MARKS) {
        let (before, found) = rest.split_at(at + "/c/".len());
        out.push_str(before);
        rest = found;
        let slot = found.get(..LEN).and_then(|token| keys.open(Purpose::Click, token).ok());
        let Some(slot) = slot.map(|claims| claims.slot.0) else { continue };
        let link = links.iter().find(|link| link.slot == slot);
        let (Some(link), Some(end)) = (link, tag_end(found)) else { continue };
        let (tag, behind) = found.split_at(end);
        out.push_str(tag);
        out.push_str(&mark(slot, &percent(link.contacts, clickers)));
        rest = behind;
        marks += 1;
    }
    out.push_str(rest);
    out
}

/// Behind the `>` of the tag in whose attribute the text begins.
fn tag_end(text: &str) -> Option<usize> {
    // The address is the only thing in its attribute: a quote or a blank ends it.
    let ends = |it: char| matches!(it, '"' | '\'' | '<' | '>') || it.is_ascii_whitespace();
    let end = text.find(ends)?;
    if text.get(end..)?.starts_with('>') {
        return Some(end + 1);
    }
    let mut inside: Option<char> = None;
    for (at, character) in text.char_indices().skip_while(|(at, _)| *at <= end) {
        match (inside, character) {
            (None, '>') => return Some(at + 1),
            (None, '<') => return None,
            (None, '"' | '\'') => inside = Some(character),
            (Some(quote), _) if quote == character => inside = None,
            _ => {}
        }
    }
    None
}

/// Numbers begin at 1, as in the list beside it.
fn mark(slot: u16, share: &str) -> String {
    let number = slot.saturating_add(1);
    format!(
        "<span style=\"all:initial;display:inline-block;margin:0 4px 0 0;padding:1px 6px;\
         border:1px solid #fff;border-radius:9px;background:#0b6075;color:#fff;font:600 12px/16px system-ui,sans-serif;\
         white-space:nowrap\">{number} · {share}</span>"
    )
}

#[cfg(test)]
mod tests;
