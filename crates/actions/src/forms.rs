//! What is done with the forms by which people join.
//!
//! Invariants: a form offers topics of the whole installation and its text is kept with consents, so
//! changing one needs the right on the whole installation; what a browser is led to afterwards is on a
//! site that is ours or that the form names.

mod embedded;

use access::Object;
use campaign::RecipientWords;
use model::{BaseUrl, Right, TopicId, TopicSlug};
use serde_json::json;
use store::{AuditObject, FormField, FormNotice, JoinForm, MOST_FORMS, Store, StoreError};

use self::embedded::embedded;
use crate::{Call, Refusal, RefusalKind, Resources, ShownForm};

/// Characters of a title.
const TITLE_CHARS: usize = 150;
/// Characters of a notice.
const NOTICE_CHARS: usize = 5_000;
/// Topics that one form offers.
const TOPICS: usize = 30;
/// Attributes that one form asks for.
const FIELDS: usize = 30;
/// Sites that show it.
const ORIGINS: usize = 20;
/// Characters of the address that a browser is led to.
const REDIRECT_CHARS: usize = 1_000;

/// What a form is to be. What is left out is as before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormWish {
    pub title: Option<String>,
    /// Slugs of the topics that it offers.
    pub topics: Option<Vec<String>>,
    /// Names of declared attributes, and whether they must be filled in.
    pub fields: Option<Vec<(String, bool)>>,
    /// What people are told. Another text is another version.
    pub notice: Option<String>,
    /// Of title and notice; empty: the page is in the reader's.
    pub language: Option<String>,
    /// Where a browser is led afterwards; empty: to a page of ours.
    pub redirect: Option<String>,
    /// Other sites that show it.
    pub origins: Option<Vec<String>>,
    pub asks_age: Option<bool>,
    /// None: it opens.
    pub is_open: Option<bool>,
}

/// A form with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormDetail {
    /// With what it offers now.
    pub shown: ShownForm,
    /// Where it is.
    pub address: String,
    /// For pages of other sites.
    pub html: String,
    /// What it told people, the newest first.
    pub notices: Vec<FormNotice>,
    /// How many have not confirmed yet.
    pub waiting: i64,
}

/// Every form, by its name.
///
/// # Errors
/// Without the right to see contacts.
pub async fn forms(resources: &Resources, call: &Call) -> Result<Vec<JoinForm>, Refusal> {
    call.permit(Right::ContactsRead, Object::OwnTopics)?;
    Ok(resources.store.forms_list().await?)
}

/// One form.
///
/// # Errors
/// When there is none of this name.
pub async fn form(resources: &Resources, call: &Call, name: &str) -> Result<FormDetail, Refusal> {
    call.permit(Right::ContactsRead, Object::OwnTopics)?;
    let store = &resources.store;
    let form = store.form_find(name.to_owned()).await?.ok_or_else(no_form)?;
    let shown = ShownForm::read(store, form).await?;
    let web_url = &resources.settings.now().sender.web_url;
    Ok(FormDetail {
        address: format!("{web_url}/join/{name}"),
        html: embedded(&shown, web_url),
        notices: store.form_notices(name.to_owned()).await?,
        waiting: store.joins_waiting(name.to_owned(), call.at).await?,
        shown,
    })
}

/// Makes a form, or changes what is named of it.
///
/// # Errors
/// When a field can't be used, or there are too many forms.
pub async fn form_set(
    resources: &Resources,
    call: &Call,
    name: &str,
    wish: FormWish,
) -> Result<JoinForm, Refusal> {
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let form = wished(resources, call, name, wish).await?;
    let after = json!({
        "title": form.title,
        "topics": form.topics.len(),
        "fields": form.fields.len(),
        "asks_age": form.asks_age,
        "open": form.is_open,
    });
    let object = AuditObject::new("form", name);
    let named = call.acting(&permit, &resources.store, "form.set", object, Some(after));
    named.form_set(form, call.at).await.map_err(|error| match error {
        StoreError::OutOfRange(_) => {
            let words = format!("There can be {MOST_FORMS} forms at the most.");
            Refusal::new(RefusalKind::Conflict, "too_many_forms", words)
        }
        other => other.into(),
    })
}

/// Closes a form: nobody joins by it until it is set again. False when it was closed.
///
/// # Errors
/// When there is none of this name.
pub async fn form_close(resources: &Resources, call: &Call, name: &str) -> Result<bool, Refusal> {
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let object = AuditObject::new("form", name);
    let named = call.acting(&permit, &resources.store, "form.close", object, None);
    named.form_close(name.to_owned(), call.at).await.map_err(|error| match error {
        StoreError::NotFound(_) => no_form(),
        other => other.into(),
    })
}

/// Removes a form with what waits to be confirmed. What it told people stays, as consents name it.
///
/// # Errors
/// When there is none of this name.
pub async fn form_remove(resources: &Resources, call: &Call, name: &str) -> Result<(), Refusal> {
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    if resources.store.form_find(name.to_owned()).await?.is_none() {
        return Err(no_form());
    }
    let object = AuditObject::new("form", name);
    let named = call.acting(&permit, &resources.store, "form.remove", object, None);
    match named.form_remove(name.to_owned()).await? {
        true => Ok(()),
        false => Err(no_form()),
    }
}

fn no_form() -> Refusal {
    Refusal::not_found("form_not_found", "There is no form of this name.")
}

/// The form that a wish makes of what there is.
async fn wished(
    resources: &Resources,
    call: &Call,
    name: &str,
    wish: FormWish,
) -> Result<JoinForm, Refusal> {
    let store = &resources.store;
    TopicSlug::parse(name).map_err(|problem| wrong("/name", format!("The name {problem}.")))?;
    let before = store.form_find(name.to_owned()).await?;
    let FormWish { title, topics, fields, notice, language, redirect, origins, .. } = wish;
    let own = resources.settings.now().sender.web_url.clone();
    let origins = match (origins, &before) {
        (Some(origins), _) => checked_origins(&origins)?,
        (None, Some(before)) => before.origins.clone(),
        (None, None) => Vec::new(),
    };
    let redirect = match redirect.as_deref().map(str::trim) {
        Some("") => None,
        Some(redirect) => Some(redirect.to_owned()),
        None => before.as_ref().and_then(|it| it.redirect.clone()),
    };
    if let Some(redirect) = &redirect {
        check_redirect(redirect, &own, &origins)?;
    }
    Ok(JoinForm {
        name: name.to_owned(),
        title: line("/title", title.or(before.as_ref().map(|it| it.title.clone())))?,
        topics: match (topics, &before) {
            (Some(slugs), _) => checked_topics(store, &slugs).await?,
            (None, Some(before)) => before.topics.clone(),
            (None, None) => return Err(wrong("/topics", "Say which topics it offers.")),
        },
        fields: match (fields, &before) {
            (Some(fields), _) => checked_fields(store, fields).await?,
            (None, Some(before)) => before.fields.clone(),
            (None, None) => Vec::new(),
        },
        notice: checked_notice(notice.or(before.as_ref().map(|it| it.notice.clone())))?,
        notice_version: 0,
        language: match language.as_deref().map(str::trim) {
            Some("") => None,
            Some(tag) => Some(checked_language(tag)?),
            None => before.as_ref().and_then(|it| it.language.clone()),
        },
        redirect,
        origins,
        asks_age: wish.asks_age.unwrap_or(before.as_ref().is_some_and(|it| it.asks_age)),
        is_open: wish.is_open.unwrap_or(true),
        created_at: before.as_ref().map_or(call.at, |it| it.created_at),
        updated_at: call.at,
    })
}

fn wrong(field: &str, words: impl Into<String>) -> Refusal {
    Refusal::of_field(field, "form", words)
}

fn line(field: &str, text: Option<String>) -> Result<String, Refusal> {
    let text = text.unwrap_or_default().trim().to_owned();
    let is_line = (1..=TITLE_CHARS).contains(&text.chars().count());
    if is_line && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    Err(wrong(field, format!("A title is one line of 1 to {TITLE_CHARS} characters.")))
}

fn checked_notice(text: Option<String>) -> Result<String, Refusal> {
    let text = text.unwrap_or_default().replace("\r\n", "\n").trim().to_owned();
    let is_text = text.chars().all(|c| !c.is_control() || c == '\n');
    if is_text && (1..=NOTICE_CHARS).contains(&text.chars().count()) {
        return Ok(text);
    }
    let words = format!(
        "Say in 1 to {NOTICE_CHARS} characters what people agree to: who writes to them, about what, \
         how often, and that they can leave at any time."
    );
    Err(wrong("/notice", words))
}

fn checked_language(tag: &str) -> Result<String, Refusal> {
    match RecipientWords::of(tag) {
        Some(words) => Ok(words.tag().to_owned()),
        None => {
            let known: Vec<_> = RecipientWords::all().map(RecipientWords::tag).collect();
            let words = format!("The language should be one of {}.", known.join(", "));
            Err(wrong("/language", words))
        }
    }
}

async fn checked_topics(store: &Store, slugs: &[String]) -> Result<Vec<TopicId>, Refusal> {
    if slugs.is_empty() || slugs.len() > TOPICS {
        return Err(wrong("/topics", format!("A form offers 1 to {TOPICS} topics.")));
    }
    let all = store.topics_list().await?;
    let mut topics = Vec::with_capacity(slugs.len());
    for slug in slugs {
        let found = all.iter().find(|it| it.slug == *slug);
        let found =
            found.ok_or_else(|| wrong("/topics", format!("There is no topic {slug:?}.")))?;
        if !topics.contains(&found.id) {
            topics.push(found.id);
        }
    }
    Ok(topics)
}

async fn checked_fields(
    store: &Store,
    fields: Vec<(String, bool)>,
) -> Result<Vec<FormField>, Refusal> {
    if fields.len() > FIELDS {
        return Err(wrong("/fields", format!("A form asks for {FIELDS} attributes at the most.")));
    }
    let declared = store.attributes_list().await?;
    let mut kept: Vec<FormField> = Vec::with_capacity(fields.len());
    for (attribute, is_required) in fields {
        if !declared.iter().any(|it| it.name == attribute) {
            let words = format!(
                "{attribute:?} is no declared attribute: `pharos attributes set` declares it."
            );
            return Err(wrong("/fields", words));
        }
        if kept.iter().any(|it| it.attribute == attribute) {
            return Err(wrong("/fields", format!("{attribute:?} is asked for twice.")));
        }
        kept.push(FormField { attribute, is_required });
    }
    Ok(kept)
}

fn checked_origins(origins: &[String]) -> Result<Vec<String>, Refusal> {
    if origins.len() > ORIGINS {
        return Err(wrong("/origins", format!("A form names {ORIGINS} sites at the most.")));
    }
    let mut kept = Vec::with_capacity(origins.len());
    for text in origins {
        let parsed = BaseUrl::parse(text.trim())
            .map_err(|problem| wrong("/origins", format!("The site {text:?} {problem}.")))?;
        if origin_of(parsed.as_str()) != Some(parsed.as_str()) {
            let words = format!("{text:?} should have no path, such as https://www.example.com.");
            return Err(wrong("/origins", words));
        }
        let origin = parsed.as_str().to_ascii_lowercase();
        if !kept.contains(&origin) {
            kept.push(origin);
        }
    }
    Ok(kept)
}

fn check_redirect(redirect: &str, own: &str, origins: &[String]) -> Result<(), Refusal> {
    let plain = redirect.len() <= REDIRECT_CHARS
        && redirect.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    let origin = origin_of(redirect).map(str::to_ascii_lowercase);
    let is_known = origin.is_some_and(|origin| {
        origin_of(own).is_some_and(|own| own.eq_ignore_ascii_case(&origin))
            || origins.contains(&origin)
    });
    if plain && is_known {
        return Ok(());
    }
    let words = "The page to go on to should be a whole web address on this installation’s own site or \
        on one that the form names, such as https://www.example.com/thanks.";
    Err(wrong("/redirect", words))
}

/// Scheme, host and port of a web address.
fn origin_of(url: &str) -> Option<&str> {
    let start = url.find("://")? + 3;
    let rest = url.get(start..)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let scheme = url.get(..start)?.to_ascii_lowercase();
    let is_web = ["http://", "https://"].contains(&scheme.as_str());
    let is_plain = !authority.is_empty() && !authority.contains('@');
    if is_web && is_plain { url.get(..start + end) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_sites_are_led_to() {
        let sites = ["https://www.aurora.example".to_owned()];
        let check = |url: &str| check_redirect(url, "https://mail.aurora.example/x", &sites);
        for good in [
            "https://mail.aurora.example/",
            "https://MAIL.aurora.example/thanks?a=b#c",
            "https://www.aurora.example",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/thanks",
            "http://www.aurora.example/",
            "https://www.aurora.example.evil.example/",
            "https://www.aurora.example@evil.example/",
            "https://www.aurora.example:8443/",
            "//www.aurora.example/",
            "javascript://www.aurora.example/%0aalert(1)",
            "https://www.aurora.example/a b",
            "https://www.aurora.example\\@evil.example/",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_site_is_an_origin() {
        let check = |text: &str| checked_origins(&[text.to_owned()]);
        assert_eq!(check("https://WWW.aurora.example/").unwrap(), ["https://www.aurora.example"]);
        for bad in ["www.aurora.example", "https://www.aurora.example/shop", "*", "null", ""] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
