//! What was sent to a topic, as an Atom feed (RFC 4287).

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use campaign::ArchiveList;
use model::Timestamp;

use crate::archive::freshness::Freshness;
use crate::listen::respond;
use crate::recipient::parts::PublicParts;

const ATOM: &str = "application/atom+xml; charset=utf-8";

#[derive(Template)]
#[template(path = "archive.atom", escape = "xml")]
struct AtomFeed<'a> {
    organisation: String,
    /// The address of the topic's list.
    url: String,
    name: String,
    updated: Timestamp,
    list: &'a ArchiveList,
}

pub(super) async fn show(
    State(parts): State<PublicParts>,
    Path(slug): Path<String>,
    request: HeaderMap,
) -> Response {
    let read = async |store| campaign::archive_feed(&store, &slug).await;
    let list = match parts.archived(read).await {
        Ok(list) => list,
        Err(answer) => return answer,
    };
    parts.counted(|it| &it.feeds);
    let updated = list.entries.iter().map(|it| it.changed_at).max().unwrap_or(Timestamp(0));
    let sender = parts.sender();
    let fresh = Freshness::new(&[&updated.0, &list.entries.len(), &sender.organisation]);
    if let Some(answer) = fresh.known_to(&request) {
        return answer;
    }
    let feed = AtomFeed {
        organisation: xml_text(&sender.organisation),
        url: format!("{}/archive/{}", sender.web_url, list.topic.slug),
        name: xml_text(&list.topic.name),
        updated,
        list: &list,
    };
    match feed.render() {
        Ok(xml) => {
            let mut answer = (fresh.headers(), xml).into_response();
            let kind = axum::http::HeaderValue::from_static(ATOM);
            answer.headers_mut().insert(CONTENT_TYPE, kind);
            answer
        }
        Err(problem) => respond::failed("rendering a feed", &problem),
    }
}

/// The text without the characters that XML can't hold, escaped or not (XML 1.0 section 2.2).
fn xml_text(text: &str) -> String {
    let may_stand = |c: &char| match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        c => !c.is_control() || *c >= '\u{80}',
    };
    text.chars().filter(may_stand).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_can_not_hold_is_left_out() {
        assert_eq!(xml_text("a\u{0}\u{8}\u{1b}\tb\u{fffe}\u{85}ü😀"), "a\tb\u{85}ü😀");
    }
}
