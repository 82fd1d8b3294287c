//! What is done with campaigns by forms: what it does to the store, what is refused and how, that it is
//! done once.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use campaign::Create;
use model::{
    CampaignNumber, CampaignState, ContactId, EmailAddress, Role, SubscriptionState, Timestamp,
    TopicId,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use store::{ContactRow, Outcome, Settled};

use super::people::{Answer, Browser, OWNER, added};
use super::{AT, House};

pub(crate) const TEXT: &str =
    "---\nsubject: News <evil>\nfrom: news@team.example\ntopic: news\n---\n# Hi\n\nText.\n";
pub(crate) const DRAFT: &str = "/admin/campaigns/1";

/// A house with `news`, two people who get it, and its owner at a browser.
pub(crate) struct Office {
    pub(crate) house: House,
    pub(crate) owner: Browser,
    pub(crate) news: TopicId,
}

impl Office {
    pub(crate) async fn new() -> Self {
        let house = House::without_inbox().await;
        let owner = Browser::signed_in(&house.open, OWNER).await;
        let news = house.store.topic_ensure("news".into(), "News".into()).await.unwrap();
        let office = Self { house, owner, news };
        office.contact("ann@reader.example").await;
        office.contact("bob@reader.example").await;
        office
    }

    pub(crate) async fn contact(&self, email: &str) -> ContactId {
        let email = EmailAddress::parse(email).unwrap();
        let attributes = BTreeMap::from([("plan".to_owned(), "team".to_owned())]);
        let row = ContactRow { email: email.clone(), attributes };
        let store = &self.house.store;
        store.contacts_import(vec![row], Some(self.news), "x".into(), AT).await.unwrap();
        store.contact_by_email(email).await.unwrap().unwrap().id
    }

    pub(crate) async fn ann(&self) -> (ContactId, String) {
        let id = self.contact("ann@reader.example").await;
        (id, format!("/admin/contacts/{id}"))
    }

    pub(crate) async fn draft(&self, text: &str) {
        let resources =
            super::people::resources(&self.house.store, self.files(), Default::default());
        let wish = Create::default();
        let (store, sender) = (&resources.store, &resources.sender());
        campaign::create(store, sender, text, wish, AT).await.unwrap();
    }

    fn files(&self) -> media::FileStore {
        let folder = media::FileStoreLocation::Folder(self.house.dir.path().join("media"));
        media::FileStore::open(&folder).unwrap()
    }

    /// A marketer who is trusted with a topic.
    pub(crate) async fn marketer(&self, email: &str, topic: TopicId) -> Browser {
        added(&self.house.store, email, Role::Marketer, &[topic]).await;
        Browser::signed_in(&self.house.open, email).await
    }

    async fn campaign(&self) -> store::Campaign {
        let id = self.house.store.campaign_by_number(CampaignNumber(1)).await.unwrap().unwrap();
        self.house.store.campaign_find(id).await.unwrap().unwrap()
    }

    async fn state(&self) -> CampaignState {
        self.campaign().await.state
    }

    /// When it starts, in seconds from now, and for how many people.
    async fn schedule(&self) -> (i64, Option<i64>) {
        let id = self.campaign().await.id;
        let found = self.house.store.campaign_schedule_find(id).await.unwrap().unwrap();
        ((found.starts_at.0 - now().0) / 1_000_000, found.audience_at_most)
    }

    pub(crate) async fn subscription(&self, contact: ContactId) -> Option<SubscriptionState> {
        self.house.store.subscription_state(contact, self.news).await.unwrap()
    }

    pub(crate) async fn attributes(&self, contact: ContactId) -> BTreeMap<String, String> {
        self.house.store.contact_find(contact).await.unwrap().unwrap().attributes
    }
}

fn now() -> Timestamp {
    Timestamp::from_system(std::time::SystemTime::now())
}

/// The value of a hidden field, as a browser takes it from the page.
pub(crate) fn hidden(page: &Answer, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let rest = page.body.split(&field).nth(1);
    assert!(rest.is_some(), "{name}: {}", page.body);
    rest.unwrap().split('"').next().unwrap().replace("&#38;", "&")
}

/// What a text field of several lines holds.
pub(crate) fn area(page: &Answer, name: &str) -> String {
    let rest = page.body.split(&format!("<textarea name=\"{name}\"")).nth(1).unwrap();
    let text = rest.split_once(">\n").unwrap().1.split("</textarea>").next().unwrap();
    text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'")
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
    };
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// Opens a page and sends a form of it to `action`, as a browser does.
pub(crate) async fn send(
    browser: &Browser,
    page: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> Answer {
    let shown = browser.get(page).await;
    assert_eq!(shown.status, StatusCode::OK, "{page}: {}", shown.body);
    assert!(
        shown.body.contains(&format!("action=\"{action}\"")),
        "{page} has no form for {action}"
    );
    let key = hidden(&shown, "key");
    let mut all = vec![("key", key.as_str())];
    all.extend(fields);
    browser.post(action, &form(&all)).await
}

/// It led on, and the next page says this.
pub(crate) async fn said(browser: &Browser, answer: &Answer, words: &str) -> Answer {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let mut next = browser.clone();
    let message = answer.cookies().into_iter().find(|it| it.contains("message")).unwrap();
    next.cookie = format!("{}; {message}", browser.cookie);
    let page = next.get(answer.location()).await;
    assert!(page.body.contains(words), "{words}: {}", page.body);
    assert!(!page.body.contains("<evil>"), "{}", page.body);
    page
}

/// The form came back, with this at its field.
pub(crate) fn refused(answer: &Answer, status: u16, field: &str, words: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert!(answer.body.contains("id=\"problem\""), "{}", answer.body);
    assert!(!answer.body.contains("<evil>"), "{}", answer.body);
    assert!(answer.body.contains(words), "{words}: {}", answer.body);
    if !field.is_empty() {
        let mut fields = answer.body.match_indices(" aria-invalid");
        let named = fields.any(|(at, _)| {
            let before = &answer.body[..at];
            let tag = before.rsplit('<').next().unwrap_or_default();
            tag.contains(&format!("name=\"{field}\"")) || tag.contains("fieldset")
        });
        assert!(named, "{field} is not marked: {}", answer.body);
    }
}

#[tokio::test]
async fn a_draft_is_sent_to_as_many_as_the_button_says_and_taken_back() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let owner = &office.owner;
    assert!(owner.get(DRAFT).await.body.contains("/admin/campaigns/1/send"));
    let (page, start) = ("/admin/campaigns/1/send", "/admin/campaigns/1/start");
    let shown = owner.get(page).await;
    assert!(shown.body.contains("Send to 2<"), "{}", shown.body);
    // Somebody subscribes between the look and the press.
    office.contact("cleo@reader.example").await;
    let sent = form(&[("key", &hidden(&shown, "key")), ("audience_at_most", "2")]);
    let answer = owner.post(start, &sent).await;
    refused(&answer, 409, "audience_at_most", "3 people would get it");
    assert_eq!(office.state().await, CampaignState::Draft);

    let shown = owner.get(page).await;
    let at_most = hidden(&shown, "audience_at_most");
    let sent = form(&[("key", &hidden(&shown, "key")), ("audience_at_most", &at_most)]);
    let answer = owner.post(start, &sent).await;
    let shown = said(owner, &answer, "It starts in 60 seconds").await;
    assert!(shown.body.contains("Starts in ") && shown.body.contains("Take back"));
    let (seconds, most) = office.schedule().await;
    assert!((50..=60).contains(&seconds) && most == Some(3), "{seconds} {most:?}");
    // A double click is one start.
    let again = owner.post(start, &sent).await;
    said(owner, &again, "It was not done twice").await;

    let taken = send(owner, DRAFT, "/admin/campaigns/1/take-back", &[]).await;
    said(owner, &taken, "It is a draft again").await;
    assert_eq!(office.state().await, CampaignState::Draft);
    let late = owner.post("/admin/campaigns/1/take-back", &sent.replace("key=", "key=A")).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY, "a key of nobody");
}

#[tokio::test]
async fn a_schedule_takes_a_time_in_a_zone_and_says_what_is_wrong_with_it() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let (page, action) = ("/admin/campaigns/1/send", "/admin/campaigns/1/schedule");
    let typed = |at, zone, most| [("at", at), ("zone", zone), ("audience_at_most", most)];
    for (fields, status, field, words) in [
        (typed("soon", "UTC", "9"), 422, "at", "should be a date and a time"),
        (typed("2020-01-01T09:00", "UTC", "9"), 422, "at", "is in the past"),
        (typed("2027-03-28T02:30", "Europe/Madrid", "9"), 422, "at", "clocks are put forward"),
        (typed("2027-01-01T09:00", "<Mars>", "9"), 422, "zone", "there is no time zone"),
        (typed("2027-01-01T09:00", "UTC", "many"), 422, "audience_at_most", "a number of people"),
        (typed("2027-01-01T09:00", "UTC", "1"), 409, "audience_at_most", "2 people would get it"),
    ] {
        let answer = send(&office.owner, page, action, &fields).await;
        let words = words.to_owned();
        let capital = format!("{}{}", words[..1].to_uppercase(), &words[1..]);
        let words = if answer.body.contains(&words) { words } else { capital };
        refused(&answer, status, field, &words);
        // What was typed is still there.
        assert!(answer.body.contains(&format!("value=\"{}\"", fields[0].1)), "{}", answer.body);
        assert!(!answer.body.contains("<Mars>"));
        assert_eq!(office.state().await, CampaignState::Draft, "{fields:?}");
    }
    let mut madrid = office.owner.clone();
    madrid.cookie.push_str("; pharos_zone=Europe/Madrid");
    let fine = typed("2026-12-24T09:00", "Europe/Madrid", "1,000");
    assert_eq!(hidden(&madrid.get(page).await, "zone"), "Europe/Madrid");
    let answer = send(&madrid, page, action, &fine).await;
    let shown = said(&madrid, &answer, "It is scheduled").await;
    assert!(shown.body.contains("24 Dec 2026, 09:00 Europe/Madrid"), "{}", shown.body);
    let id = office.campaign().await.id;
    let kept = office.house.store.campaign_schedule_find(id).await.unwrap().unwrap();
    assert_eq!(kept.starts_at.rfc3339(), "2026-12-24T08:00:00Z");
    assert_eq!(kept.audience_at_most, Some(1_000));
    // And moved.
    let later = typed("2026-12-24T10:00", "UTC", "");
    let answer = send(&madrid, page, action, &later).await;
    said(&madrid, &answer, "It is scheduled").await;
    assert_eq!(office.schedule().await.1, None);
}

#[tokio::test]
async fn warnings_are_listed_and_have_to_be_ticked() {
    let office = Office::new().await;
    // A value that one of them lacks.
    let text = TEXT.replace("Text.", "Text, {{ plan }} and {{ nick }}.");
    let row = ContactRow {
        email: EmailAddress::parse("cleo@reader.example").unwrap(),
        attributes: [("nick".to_owned(), "C".to_owned()), ("plan".to_owned(), "x".to_owned())]
            .into(),
    };
    let store = &office.house.store;
    store.contacts_import(vec![row], Some(office.news), "x".into(), AT).await.unwrap();
    office.draft(&text).await;
    let (page, action) = ("/admin/campaigns/1/send", "/admin/campaigns/1/start");
    let shown = office.owner.get(page).await.body;
    assert!(shown.contains("nick") && shown.contains("name=\"accept\""), "{shown}");
    let answer = send(&office.owner, page, action, &[("audience_at_most", "3")]).await;
    refused(&answer, 409, "accept", "there are warnings that nobody has accepted");
    assert!(answer.body.contains("nick"), "they are listed");
    assert_eq!(office.state().await, CampaignState::Draft);
    let ticked = [("audience_at_most", "3"), ("accept", "yes")];
    let answer = send(&office.owner, page, action, &ticked).await;
    said(&office.owner, &answer, "It starts in 60 seconds").await;
    let id = office.campaign().await.id;
    assert!(!store.accepted_warnings(id).await.unwrap().is_empty());
}

/// A campaign of two: the one was refused, the other is in doubt.
async fn half_done(office: &Office) {
    office.draft(TEXT).await;
    let store = &office.house.store;
    let id = office.campaign().await.id;
    store.campaign_start(id, AT).await.unwrap();
    let lease = std::time::Duration::from_secs(60);
    let claimed = store.deliveries_claim(id, 1, 10, AT, lease).await.unwrap();
    let outcomes = [Outcome::Failed { code: 550, reply: "550 <no>".into() }, Outcome::InDoubt];
    let settled = claimed.iter().zip(outcomes).map(|(claim, outcome)| Settled {
        contact: claim.contact,
        epoch: claim.epoch,
        outcome,
    });
    store.deliveries_settle(id, settled.collect(), AT, None).await.unwrap();
}

#[tokio::test]
async fn a_campaign_is_paused_resumed_retried_published_and_withdrawn() {
    let office = Office::new().await;
    half_done(&office).await;
    let (owner, store) = (&office.owner, &office.house.store);
    let path = |verb| format!("{DRAFT}/{verb}");
    let answer = send(owner, DRAFT, &path("pause"), &[]).await;
    said(owner, &answer, "It is paused").await;
    assert_eq!(office.state().await, CampaignState::Paused);
    let answer = send(owner, DRAFT, &path("resume"), &[]).await;
    said(owner, &answer, "It goes on").await;
    assert_eq!(office.state().await, CampaignState::Sending);
    let shown = owner.get(DRAFT).await.body;
    assert!(shown.contains("Send again to 1 who was refused"), "{shown}");
    let retry = path("retry");
    let fields = |whom, people| [("whom", whom), ("people", people)];
    let answer = send(owner, DRAFT, &retry, &fields("in-doubt", "1")).await;
    refused(&answer, 422, "", "second copy");
    let answer = send(owner, DRAFT, &retry, &fields("failed", "0")).await;
    refused(&answer, 409, "", "it would be 1 now");
    let answer = send(owner, DRAFT, &retry, &fields("everybody", "9")).await;
    refused(&answer, 422, "", "whom");
    let id = office.campaign().await.id;
    let counts = async || store.deliveries_count(id).await.unwrap();
    assert_eq!(counts().await.get(model::DeliveryState::Queued), 0);
    let answer = send(owner, DRAFT, &retry, &fields("failed", "1")).await;
    said(owner, &answer, "They are queued again").await;
    let sure = [("whom", "in-doubt"), ("people", "1"), ("sure", "yes")];
    let answer = send(owner, DRAFT, &retry, &sure).await;
    said(owner, &answer, "They are queued again").await;
    assert_eq!(counts().await.get(model::DeliveryState::Queued), 2);

    let answer = send(owner, DRAFT, &path("publish"), &[("unlisted", "yes")]).await;
    let shown = said(owner, &answer, "Everybody may read it now").await;
    assert!(shown.body.contains("https://www.team.example/archive/news/1"), "{}", shown.body);
    assert!(!store.archive_find(id).await.unwrap().unwrap().listed);
    let answer = send(owner, DRAFT, &path("withdraw"), &[]).await;
    said(owner, &answer, "Its public page is gone").await;
    assert!(store.archive_find(id).await.unwrap().is_none());
}

/// The same address again, by who has this version of it.
pub(crate) async fn again(browser: &Browser, path: &str, tag: &str) -> Answer {
    let headers = [("sec-fetch-site", "same-origin"), ("if-none-match", tag)];
    browser.send(Method::GET, path, &headers, "").await
}

#[tokio::test]
async fn a_card_renews_itself_only_when_it_offers_something_else() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let acts = format!("{DRAFT}/acts");
    let schedule = async |at| {
        let fields = [("at", at), ("zone", "UTC"), ("audience_at_most", "")];
        send(&office.owner, "/admin/campaigns/1/send", "/admin/campaigns/1/schedule", &fields).await
    };
    schedule("2027-01-01T09:00").await;
    let card = office.owner.get(&acts).await;
    let tag = card.headers["etag"].to_str().unwrap();
    assert_eq!(again(&office.owner, &acts, tag).await.status, StatusCode::NOT_MODIFIED);
    send(&office.owner, DRAFT, "/admin/campaigns/1/take-back", &[]).await;
    let news = again(&office.owner, &acts, tag).await;
    assert!(news.body.contains("It is a draft again"), "{}", news.body);
    schedule("2027-01-02T09:00").await;
    let news = again(&office.owner, &acts, tag).await;
    assert!(news.body.contains("Take back") && news.body.contains("chip scheduled"));
    let tag = news.headers["etag"].to_str().unwrap();
    assert_eq!(again(&office.owner, &acts, tag).await.status, StatusCode::NOT_MODIFIED);
    let key = hidden(&news, "key");
    assert_ne!(key, hidden(&office.owner.get(&acts).await, "key"), "each reader has their own");
    let reporter = added(&office.house.store, "rob@team.example", Role::Reporter, &[]).await;
    assert!(reporter.0 > 0);
    let reporter = Browser::signed_in(&office.house.open, "rob@team.example").await;
    let page = reporter.get(DRAFT).await.body;
    assert!(page.contains("chip scheduled") && !page.contains("Take back"), "{page}");
}
