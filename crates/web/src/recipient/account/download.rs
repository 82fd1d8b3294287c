//! An account as files: JSON, tables, and a page to read.

use std::sync::atomic::Ordering;

use askama::Template;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use campaign::RecipientWords;
use model::{RuleSet, Timestamp};
use serde_json::json;
use store::Contact;

use crate::clock::now;
use crate::listen::respond;
use crate::recipient::account::data::rules;
use crate::recipient::account::frame::AccountRequest;
use crate::recipient::account::json;
use crate::recipient::account::tables::AccountTable;
use crate::recipient::account::view::AccountView;

#[derive(Template)]
#[template(path = "account/file.html")]
struct FilePage<'a> {
    organisation: &'a str,
    words: RecipientWords,
    view: AccountView,
    /// Where later views and clicks are, if they did not all fit.
    next: Option<String>,
    is_later: bool,
    acts: bool,
}

/// `data.json`, `data.html` or a table such as `mails.csv`; of views and clicks, those after a moment.
pub(crate) async fn file(asked: AccountRequest) -> Response {
    let contact = match asked.member().await {
        Ok((contact, _)) => contact,
        Err(answer) => return answer,
    };
    let rules = match rules(&asked).await {
        Ok(rules) => rules,
        Err(answer) => return answer,
    };
    let name = asked.segment.as_str();
    if let Some(after) = asked.query.get("after").and_then(|text| text.parse().ok()) {
        return later_hits(&asked, &contact, rules, Timestamp(after)).await;
    }
    let table = name.strip_suffix(".csv").and_then(AccountTable::find);
    if table.is_none() && name != "data.json" && name != "data.html" {
        return crate::recipient::parts::nothing_here_of(&asked.parts);
    }
    asked.accounts.counts().downloads.fetch_add(1, Ordering::Relaxed);
    let (store, keys) = (asked.accounts.store(), asked.accounts.keys());
    let whole = match audience::whole_account(store, keys, contact.id, now()).await {
        Ok(Some(whole)) => whole,
        Ok(None) => return asked.go("/account"),
        Err(problem) => return asked.not_now("reading an account", &problem),
    };
    if name == "data.html" {
        let words = asked.words(Some(&contact.attributes));
        let page = FilePage {
            organisation: &asked.sender.organisation,
            words,
            view: AccountView::new(&whole.account, rules, words, now()),
            next: whole
                .next_hits
                .map(|after| format!("{}{}", asked.sender.web_url, json::next_hits(after))),
            is_later: false,
            acts: false,
        };
        return match page.render() {
            Ok(html) => attached(name, "text/html; charset=utf-8", html.into_bytes()),
            Err(problem) => respond::failed("rendering an account", &problem),
        };
    }
    let account = json::account(&whole, rules, now());
    match table {
        Some(table) => match table.of_account(&account) {
            Ok(file) => attached(name, "text/csv; charset=utf-8", file),
            Err(problem) => respond::failed("writing a table", &problem),
        },
        None => match serde_json::to_vec_pretty(&account) {
            Ok(file) => attached(name, "application/json", file),
            Err(problem) => respond::failed("writing an account", &problem),
        },
    }
}

/// Views and clicks that did not fit into the file before.
async fn later_hits(
    asked: &AccountRequest,
    contact: &Contact,
    rules: &RuleSet,
    after: Timestamp,
) -> Response {
    let (store, name) = (asked.accounts.store(), asked.segment.as_str());
    let part = match audience::account_hits(store, contact.id, after).await {
        Ok(part) => part,
        Err(problem) => return asked.not_now("reading views and clicks", &problem),
    };
    let hits: Vec<_> = part.hits.iter().map(|it| json::hit(it, &[], rules)).collect();
    if name == "views_and_clicks.csv"
        && let Some(table) = AccountTable::find("views_and_clicks")
    {
        return match table.rows(&hits) {
            Ok(file) => attached(name, "text/csv; charset=utf-8", file),
            Err(problem) => respond::failed("writing a table", &problem),
        };
    }
    let next = part.next.map(json::next_hits);
    let file = json!({ "views_and_clicks": hits, "views_and_clicks_next": next });
    attached("views_and_clicks.json", "application/json", file.to_string().into_bytes())
}

/// A file to keep; its name is one of ours.
fn attached(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static(kind);
    ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, disposition)], bytes).into_response()
}
