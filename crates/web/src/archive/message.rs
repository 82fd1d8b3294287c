//! One campaign, as everybody may read it.

use axum::extract::{Path, Query, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderValue, LINK, VARY,
};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse as _, Response};
use campaign::{ArchiveAddresses, ArchivedMessage, CampaignError};
use model::CampaignNumber;
use serde::Deserialize;
use store::Store;

use crate::archive::freshness::Freshness;
use crate::archive::language::preferred;
use crate::listen::{headers, respond};
use crate::recipient::parts::PublicParts;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

#[derive(Deserialize)]
pub(super) struct MessageQuery {
    /// A BCP 47 tag; otherwise the browser's.
    lang: Option<String>,
}

pub(super) async fn show(
    State(parts): State<PublicParts>,
    Path((slug, number)): Path<(String, String)>,
    Query(MessageQuery { lang }): Query<MessageQuery>,
    request: HeaderMap,
) -> Response {
    let Ok(number) = number.parse().map(CampaignNumber) else { return parts.nothing_published() };
    let accept = request.get(ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let read = async |store| message(&store, &slug, number, lang.as_deref(), accept).await;
    let found = match parts.archived(read).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    parts.counted(|it| &it.messages);
    let ArchivedMessage { archived, page } = found;
    let is_first = archived.languages.first() == Some(&page.language);
    let canonical = page.language.clone().filter(|_| !is_first);
    let language = page.language.unwrap_or_default();
    let fresh = Freshness::new(&[&archived.changed_at.0, &language]);
    if let Some(answer) = fresh.known_to(&request) {
        return answer;
    }
    let mut answer = (fresh.headers(), respond::html(page.html)).into_response();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(headers::MESSAGE_PAGE));
    if !archived.listed {
        headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
    }
    if let Ok(language) = HeaderValue::try_from(language)
        && !language.is_empty()
    {
        headers.insert(CONTENT_LANGUAGE, language);
    }
    // Search engines must not take the page of each language, or of each query, for another one.
    let url = ArchiveAddresses::new(&parts.sender().web_url, &slug, number).page;
    let query = canonical.map_or(String::new(), |language| format!("?lang={language}"));
    let link = format!("<{url}{query}>; rel=\"canonical\"");
    headers.extend(HeaderValue::try_from(link).ok().map(|link| (LINK, link)));
    if archived.languages.len() > 1 {
        headers.insert(VARY, HeaderValue::from_static("accept-language"));
        for language in archived.languages.iter().flatten() {
            let link = format!("<?lang={language}>; rel=\"alternate\"; hreflang=\"{language}\"");
            headers.extend(HeaderValue::try_from(link).ok().map(|link| (LINK, link)));
        }
    }
    answer
}

/// In the language of the address, or else in the browser's.
async fn message(
    store: &Store,
    slug: &str,
    number: CampaignNumber,
    language: Option<&str>,
    accept: &str,
) -> Result<Option<ArchivedMessage>, CampaignError> {
    let Some(first) = campaign::archived_message(store, slug, number, language).await? else {
        return Ok(None);
    };
    let known: Vec<&str> = first.archived.languages.iter().flatten().map(String::as_str).collect();
    match preferred(accept, &known) {
        Some(wanted) if language.is_none() && first.page.language.as_deref() != Some(wanted) => {
            campaign::archived_message(store, slug, number, Some(wanted)).await
        }
        _ => Ok(Some(first)),
    }
}
