//! The page of an account: everything that is kept, with what its person can do about it.

use actions::ErasureReceipt;
use askama::Template;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use campaign::RecipientWords;
use model::{CampaignId, RuleSet};
use store::Contact;

use crate::clock::now;
use crate::listen::respond;
use crate::recipient::account::entry::moment;
use crate::recipient::account::frame::{AccountRequest, Frame};
use crate::recipient::account::tables::TABLES;
use crate::recipient::account::view::AccountView;
use crate::recipient::brand::PageBrand;
use crate::recipient::parts::in_time;

#[derive(Template)]
#[template(path = "account/data.html")]
struct DataPage<'a> {
    brand: PageBrand<'a>,
    frame: Frame<'a>,
    view: AccountView,
    /// What was done a moment ago, and whether it was refused.
    said: Option<Said>,
    open_in: String,
    /// A later page of mails.
    is_later: bool,
    tables: Vec<&'static str>,
    /// Forms and downloads, which a file has not.
    acts: bool,
}

/// What a page says was done.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) is_refused: bool,
}

impl Said {
    pub(super) fn done(words: RecipientWords, key: &str) -> Self {
        Self { text: words.text(key), is_refused: false }
    }

    pub(super) fn refused(text: String) -> Self {
        Self { text, is_refused: true }
    }
}

pub(crate) async fn show(asked: AccountRequest) -> Response {
    match asked.member().await {
        Ok((contact, _)) => page(&asked, &contact, StatusCode::OK, None).await,
        Err(answer) => answer,
    }
}

/// The page after something was done.
pub(super) async fn page(
    asked: &AccountRequest,
    contact: &Contact,
    status: StatusCode,
    said: Option<Said>,
) -> Response {
    let before = asked.query.get("mails").and_then(|id| id.parse().ok()).map(CampaignId);
    let (store, keys) = (asked.accounts.store(), asked.accounts.keys());
    let read = in_time(async {
        let account = audience::own_account(store, keys, contact.id, before, now()).await?;
        let open = store.account_sessions_of(contact.id, now(), actions::ACCOUNT_IDLE).await?;
        Ok((account, open))
    });
    let (account, open) = match read.await {
        Ok((Some(account), open)) => (account, open),
        Ok((None, _)) => return asked.go("/account"),
        Err(problem) => return asked.not_now("reading an account", &problem),
    };
    let rules = match rules(asked).await {
        Ok(rules) => rules,
        Err(answer) => return answer,
    };
    let words = asked.words(Some(&account.profile.contact.attributes));
    let page = DataPage {
        brand: asked.brand(words),
        frame: asked.frame(words),
        view: AccountView::new(&account, rules, words, now()),
        said,
        open_in: words.counted("open-in", open),
        is_later: before.is_some(),
        tables: TABLES.iter().map(|table| table.list).collect(),
        acts: true,
    };
    respond::page(status, &page)
}

/// The rules by which views and clicks are judged.
pub(super) async fn rules(asked: &AccountRequest) -> Result<&'static RuleSet, Response> {
    report::rules_in_use(asked.accounts.store()).await.map_err(|problem| {
        tracing::warn!(%problem, "can't find the rules for an account");
        asked.later(asked.words(None))
    })
}

/// What is left to say to somebody who was erased; their browser is forgotten.
pub(super) fn erased(
    asked: &AccountRequest,
    words: RecipientWords,
    receipt: &ErasureReceipt,
) -> Response {
    let values = [("number", receipt.number.as_str()), ("date", &moment(receipt.at))];
    let mut lines = vec![
        words.with("erased-text", "organisation", &asked.sender.organisation),
        words.filled("erased-receipt", &values),
    ];
    if receipt.is_mailed {
        lines.push(words.text("erased-mailed"));
    }
    let title = words.text("erased-title");
    let mut page = asked.notice(StatusCode::OK, words, title, lines);
    page.headers_mut().append(SET_COOKIE, asked.cookie().remove());
    page
}
