//! What somebody does in their account. Each act is in the store before it is said to be done.

use std::collections::BTreeMap;

use audience::{EditContact, EditError, OwnAccount, TopicsChosen};
use axum::extract::Form;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use campaign::RecipientWords;
use model::{EmailAddress, RequestKind, TrackingMode, request_due};
use store::{Contact, NewRequest, REQUEST_CHARS, StoreError};

use crate::clock::now;
use crate::listen::respond;
use crate::recipient::account::data::{self, Said};
use crate::recipient::account::entry::moment;
use crate::recipient::account::frame::{AccountRequest, ConfirmPage, DATA};
use crate::recipient::account::way_in::{AccountForm, field};
use crate::recipient::parts::in_time;
use crate::recipient::pause_choice::PauseChoice;
use crate::recipient::sharing_choice::SharingChoice;

/// What a button asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AccountAct {
    Correct,
    ChangeAddress,
    ChooseTopics,
    LeaveAll,
    Pause,
    Sharing,
    StopTracking,
    StopAndForget,
    AllowTracking,
    CutBrowser,
    AskUs,
    AskErase,
    Erase,
    Close,
}

impl AccountAct {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "correct" => Self::Correct,
            "address" => Self::ChangeAddress,
            "topics" => Self::ChooseTopics,
            "leave-all" => Self::LeaveAll,
            "pause" => Self::Pause,
            "sharing" => Self::Sharing,
            "stop" => Self::StopTracking,
            "forget" => Self::StopAndForget,
            "allow" => Self::AllowTracking,
            "cut" => Self::CutBrowser,
            "ask-us" => Self::AskUs,
            "ask-erase" => Self::AskErase,
            "erase" => Self::Erase,
            "close" => Self::Close,
            _ => return None,
        })
    }
}

/// Before each name of an attribute in the form.
const ATTRIBUTE: &str = "attribute.";

pub(crate) async fn act(asked: AccountRequest, form: AccountForm) -> Response {
    if let Some(answer) = asked.foreign_form(asked.words(None)) {
        return answer;
    }
    let (contact, secret) = match asked.member().await {
        Ok(member) => member,
        Err(answer) => return answer,
    };
    let words = asked.words(Some(&contact.attributes));
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    let Some(act) = field(&fields, "act").and_then(AccountAct::of) else {
        let said = Some(Said::refused(words.text("foreign-form")));
        return data::page(&asked, &contact, StatusCode::BAD_REQUEST, said).await;
    };
    let doing = Doing { asked: &asked, contact: &contact, words, fields: &fields };
    let done = match act {
        AccountAct::AskErase => return doing.ask_erase(),
        AccountAct::Erase => return doing.erase(false).await,
        AccountAct::Close => return doing.close(&secret).await,
        AccountAct::Correct if audience::says_child(&doing.corrected(), now()) => {
            return doing.erase(true).await;
        }
        AccountAct::Correct => doing.correct().await,
        AccountAct::ChangeAddress => doing.change_address(),
        AccountAct::ChooseTopics => doing.choose_topics().await,
        AccountAct::LeaveAll => doing.leave_all().await,
        AccountAct::Pause => doing.pause().await,
        AccountAct::Sharing => doing.say_sharing().await,
        AccountAct::StopTracking => doing.say_tracking(TrackingMode::Off, false).await,
        AccountAct::StopAndForget => doing.say_tracking(TrackingMode::Off, true).await,
        AccountAct::AllowTracking => doing.say_tracking(TrackingMode::Identified, false).await,
        AccountAct::CutBrowser => doing.cut_browser().await,
        AccountAct::AskUs => doing.ask_us().await,
    };
    match done {
        Ok(said) => {
            let status =
                if said.is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            data::page(&asked, &contact, status, Some(said)).await
        }
        Err(problem) => asked.not_now("changing an account", &problem),
    }
}

/// An act of somebody whose account is open.
struct Doing<'a> {
    asked: &'a AccountRequest,
    contact: &'a Contact,
    words: RecipientWords,
    fields: &'a [(String, String)],
}

type Done = Result<Said, StoreError>;

impl Doing<'_> {
    fn saved(&self) -> Said {
        Said::done(self.words, "said-saved")
    }

    fn wrong(&self, problem: &str) -> Said {
        Said::refused(self.words.with("said-wrong", "problem", problem))
    }

    /// Only values that are there can be corrected, so that nobody gives themselves new ones.
    fn corrected(&self) -> BTreeMap<String, String> {
        let mut attributes = BTreeMap::new();
        for (name, value) in self.fields {
            let Some(name) = name.strip_prefix(ATTRIBUTE) else { continue };
            let value = value.trim();
            match self.contact.attributes.get(name) {
                Some(known) if known != value => {
                    attributes.insert(name.to_owned(), value.to_owned());
                }
                Some(_) | None => {}
            }
        }
        attributes
    }

    async fn correct(&self) -> Done {
        let attributes = self.corrected();
        if attributes.is_empty() {
            return Ok(Said::done(self.words, "said-nothing"));
        }
        let store = &self.asked.accounts.store().by_themselves();
        let keys = self.asked.accounts.keys();
        let edit = EditContact { email: None, attributes };
        match audience::edit(store, keys, self.contact.id, None, edit, now()).await {
            Ok(_) => Ok(self.saved()),
            Err(EditError::Store(problem)) => Err(problem),
            Err(EditError::Problem(problem)) => Ok(self.wrong(&problem.to_string())),
        }
    }

    /// Keeps what they ask, with the time by which it is answered.
    async fn ask_us(&self) -> Done {
        let kind = field(self.fields, "kind").and_then(RequestKind::from_word);
        let text = field(self.fields, "text").unwrap_or_default().trim().to_owned();
        let fits = (1..=REQUEST_CHARS).contains(&text.chars().count()) && !text.contains('\0');
        let Some(kind) = kind.filter(|_| fits) else {
            return Ok(Said::done(self.words, "said-nothing"));
        };
        let (contact, received_at) = (Some(self.contact.id), now());
        let email = self.contact.email.clone();
        let new = NewRequest { kind, contact, email, channel: "account", text, received_at };
        match self.asked.accounts.store().request_add(new).await {
            Ok(id) => {
                self.asked.accounts.tell_request(id, received_at);
                let due = moment(request_due(received_at, false));
                let text = self.words.with("said-asked", "date", &due);
                Ok(Said { text, is_refused: false })
            }
            Err(StoreError::Exists(_)) => Ok(Said::refused(self.words.text("said-asked-often"))),
            Err(problem) => Err(problem),
        }
    }

    fn change_address(&self) -> Done {
        let typed = field(self.fields, "address").unwrap_or_default().trim();
        let Ok(email) = EmailAddress::parse(typed) else {
            return Ok(self.wrong(&self.words.text("ask-wrong-address")));
        };
        let accounts = &self.asked.accounts;
        match accounts.ask_change(self.contact.id, email, self.words, now()) {
            Ok(()) => Ok(Said::done(self.words, "said-confirm")),
            Err(_) => Ok(Said::refused(self.words.text("later-text"))),
        }
    }

    async fn account(&self) -> Result<Option<OwnAccount>, StoreError> {
        let (store, keys) = (self.asked.accounts.store(), self.asked.accounts.keys());
        in_time(audience::own_account(store, keys, self.contact.id, None, now())).await
    }

    async fn choose_topics(&self) -> Done {
        let Some(account) = self.account().await? else {
            return Ok(Said::done(self.words, "said-nothing"));
        };
        let ticked = self.fields.iter().filter(|(name, _)| name == "topic");
        let ticked: Vec<String> = ticked.map(|(_, slug)| slug.clone()).collect();
        let (store, keys) = (self.asked.accounts.store(), self.asked.accounts.keys());
        let chosen = audience::choose_topics(store, keys, &account, &ticked, now());
        match in_time(chosen).await? {
            TopicsChosen::Wait => Ok(Said::refused(self.words.text("said-wait"))),
            TopicsChosen::Saved(false) => Ok(Said::done(self.words, "said-nothing")),
            TopicsChosen::Saved(true) => {
                let key = self.contact.email.key();
                let blocked = in_time(store.suppression_reason(key)).await?.is_some();
                let said =
                    if blocked && !ticked.is_empty() { "said-blocked" } else { "said-saved" };
                Ok(Said::done(self.words, said))
            }
        }
    }

    async fn leave_all(&self) -> Done {
        let (store, keys) = (self.asked.accounts.store(), self.asked.accounts.keys());
        in_time(audience::leave_all(store, keys, self.contact.id, now())).await?;
        Ok(self.saved())
    }

    async fn pause(&self) -> Done {
        let text = |name| field(self.fields, name).unwrap_or_default();
        let Ok(wish) = PauseChoice::wished(text("pause"), text("until"), now()) else {
            return Ok(self.wrong(&self.words.text("pause-wrong")));
        };
        let Some(until) = wish else { return Ok(Said::done(self.words, "said-nothing")) };
        let store = self.asked.accounts.store();
        let changed = in_time(audience::pause_own(store, self.contact.id, until, now())).await?;
        Ok(if changed { self.saved() } else { Said::done(self.words, "said-nothing") })
    }

    async fn say_sharing(&self) -> Done {
        let text = |name| field(self.fields, name).unwrap_or_default();
        let wished = SharingChoice::wished(text("sharing-shown"), text("sharing"));
        let Some(granted) = wished else { return Ok(Said::done(self.words, "said-nothing")) };
        let (store, word) = (self.asked.accounts.store(), (self.contact.id, granted));
        let changed = in_time(audience::say_sharing_here(store, word, now())).await?;
        Ok(if changed { self.saved() } else { Said::done(self.words, "said-nothing") })
    }

    async fn say_tracking(&self, mode: TrackingMode, forget: bool) -> Done {
        let store = self.asked.accounts.store();
        let said = audience::say_tracking_here(store, self.contact.id, mode, forget, now());
        in_time(said).await?;
        Ok(self.saved())
    }

    async fn cut_browser(&self) -> Done {
        let named = field(self.fields, "browser").unwrap_or_default();
        let store = self.asked.accounts.store();
        let tied = in_time(store.contact_visitors(self.contact.id)).await?;
        // Only those of their own account can be named.
        let Some(found) = tied.iter().find(|it| it.visitor.to_string() == named) else {
            return Ok(Said::done(self.words, "said-nothing"));
        };
        in_time(store.visitor_cut(found.visitor, self.contact.id, now())).await?;
        Ok(self.saved())
    }

    /// Says what goes and what stays, with the button that does it.
    fn ask_erase(&self) -> Response {
        let page = ConfirmPage {
            brand: self.asked.brand(self.words),
            frame: self.asked.frame(self.words),
            title: self.words.text("erase-sure-title"),
            text: self.words.text("erase-hint"),
            action: DATA,
            act: "erase",
            button: self.words.text("erase-button"),
            is_grave: true,
            back: Some((DATA, self.words.text("erase-cancel"))),
        };
        respond::page(StatusCode::OK, &page)
    }

    async fn erase(&self, is_child: bool) -> Response {
        let contact = self.contact.clone();
        match self.asked.accounts.erase(contact, is_child, self.words, now()).await {
            Ok(receipt) => data::erased(self.asked, self.words, &receipt),
            Err(refusal) => {
                tracing::warn!(code = refusal.code, "can't erase a person for now");
                self.asked.later(self.words)
            }
        }
    }

    async fn close(&self, secret: &str) -> Response {
        if let Err(problem) = in_time(self.asked.accounts.leave(secret)).await {
            return self.asked.not_now("closing an account", &problem);
        }
        let (title, text) = (self.words.text("closed-title"), self.words.text("closed-text"));
        let mut page = self.asked.notice(StatusCode::OK, self.words, title, vec![text]);
        page.headers_mut().append(SET_COOKIE, self.asked.cookie().remove());
        page
    }
}
