//! What is done by forms: what it does to the store, what is refused and how, done once, by whom.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use campaign::Create;
use model::{
    CampaignNumber, CampaignState, ContactId, EmailAddress, Role, SubscriptionState, Timestamp,
    TopicId,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use store::{ContactRow, Outcome, Settled};

use super::people::{Answer, Browser, OWNER, added};
use super::{AT, House};

const TEXT: &str =
    "---\nsubject: News <evil>\nfrom: news@team.example\ntopic: news\n---\n# Hi\n\nText.\n";
const DRAFT: &str = "/admin/campaigns/1";

/// A house with `news`, two people who get it, and its owner at a browser.
struct Office {
    house: House,
    owner: Browser,
    news: TopicId,
}

impl Office {
    async fn new() -> Self {
        let house = House::without_inbox().await;
        let owner = Browser::signed_in(&house.open, OWNER).await;
        let news = house.store.topic_ensure("news".into(), "News".into()).await.unwrap();
        let office = Self { house, owner, news };
        office.contact("ann@reader.example").await;
        office.contact("bob@reader.example").await;
        office
    }

    async fn contact(&self, email: &str) -> ContactId {
        let email = EmailAddress::parse(email).unwrap();
        let attributes = BTreeMap::from([("plan".to_owned(), "team".to_owned())]);
        let row = ContactRow { email: email.clone(), attributes };
        let store = &self.house.store;
        store.contacts_import(vec![row], Some(self.news), "x".into(), AT).await.unwrap();
        store.contact_by_email(email).await.unwrap().unwrap().id
    }

    async fn ann(&self) -> (ContactId, String) {
        let id = self.contact("ann@reader.example").await;
        (id, format!("/admin/contacts/{id}"))
    }

    async fn draft(&self, text: &str) {
        let resources = super::people::resources(&self.house.store, self.files());
        let wish = Create::default();
        let (store, sender) = (&resources.store, &resources.sender);
        campaign::create(store, sender, text, wish, AT).await.unwrap();
    }

    fn files(&self) -> media::FileStore {
        let folder = media::FileStoreLocation::Folder(self.house.dir.path().join("media"));
        media::FileStore::open(&folder).unwrap()
    }

    /// A marketer who is trusted with a topic.
    async fn marketer(&self, email: &str, topic: TopicId) -> Browser {
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

    async fn subscription(&self, contact: ContactId) -> Option<SubscriptionState> {
        self.house.store.subscription_state(contact, self.news).await.unwrap()
    }

    async fn attributes(&self, contact: ContactId) -> BTreeMap<String, String> {
        self.house.store.contact_find(contact).await.unwrap().unwrap().attributes
    }
}

fn now() -> Timestamp {
    Timestamp::from_system(std::time::SystemTime::now())
}

/// The value of a hidden field, as a browser takes it from the page.
fn hidden(page: &Answer, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let rest = page.body.split(&field).nth(1).unwrap_or_else(|| panic!("{name}: {}", page.body));
    rest.split('"').next().unwrap().replace("&#38;", "&")
}

/// What a text field of several lines holds.
fn area(page: &Answer, name: &str) -> String {
    let rest = page.body.split(&format!("<textarea name=\"{name}\"")).nth(1).unwrap();
    let text = rest.split_once(">\n").unwrap().1.split("</textarea>").next().unwrap();
    text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'")
}

fn form(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
    };
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// Opens a page and sends a form of it to `action`, as a browser does.
async fn send(browser: &Browser, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
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
async fn said(browser: &Browser, answer: &Answer, words: &str) -> Answer {
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
fn refused(answer: &Answer, status: u16, field: &str, words: &str) {
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

#[tokio::test]
async fn a_card_renews_itself_only_when_it_offers_something_else() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let seen = |page: &Answer| {
        let rest = page.body.split("/acts?seen=").nth(1).unwrap();
        format!("{DRAFT}/acts?seen={}", rest.split('"').next().unwrap())
    };
    let card = seen(&office.owner.get(DRAFT).await);
    assert_eq!(office.owner.get(&card).await.status, StatusCode::NO_CONTENT);
    let fields = [("at", "2027-01-01T09:00"), ("zone", "UTC"), ("audience_at_most", "")];
    let action = "/admin/campaigns/1/schedule";
    send(&office.owner, "/admin/campaigns/1/send", action, &fields).await;
    let news = office.owner.get(&card).await;
    assert!(news.body.contains("Take back") && news.body.contains("chip scheduled"));
    assert_eq!(office.owner.get(&seen(&news)).await.status, StatusCode::NO_CONTENT);
    let reporter = added(&office.house.store, "rob@team.example", Role::Reporter, &[]).await;
    assert!(reporter.0 > 0);
    let reporter = Browser::signed_in(&office.house.open, "rob@team.example").await;
    let page = reporter.get(DRAFT).await.body;
    assert!(page.contains("chip scheduled") && !page.contains("Take back"), "{page}");
}

#[tokio::test]
async fn a_contact_is_added_once_with_topics_and_proof() {
    let office = Office::new().await;
    let owner = &office.owner;
    let (page, action) = ("/admin/contacts/new", "/admin/contacts");
    let fields = |email, proof, attributes| {
        [("email", email), ("topics", "news"), ("proof", proof), ("attributes", attributes)]
    };
    for (typed, status, field, words) in [
        (fields("no address", "asked", ""), 422, "email", "<b>"),
        (fields("dora@reader.example", "", ""), 422, "proof", ""),
        (fields("dora@reader.example", "asked", "plan"), 422, "attributes", "Line 1"),
        (fields("dora@reader.example", "asked", "Big Plan: x"), 422, "attributes", "big_plan"),
        (fields("ann@reader.example", "asked", ""), 409, "email", "already a contact"),
    ] {
        let answer = send(owner, page, action, &typed).await;
        let words = if words == "<b>" { "" } else { words };
        refused(&answer, status, field, words);
        assert!(answer.body.contains(&format!("value=\"{}\"", typed[0].1)), "{}", answer.body);
        assert!(answer.body.contains("value=\"news\" checked"), "{}", answer.body);
    }
    assert_eq!(office.house.store.contacts_count().await.unwrap(), 2);
    let key = hidden(&owner.get(page).await, "key");
    let typed = form(&[
        ("key", &key),
        ("email", "dora@reader.example"),
        ("topics", "news"),
        ("proof", "by phone, <b>today</b>"),
        ("attributes", "plan: team\r\nnote: a: b\r\n  <i>and</i> more\r\n"),
    ]);
    let answer = owner.post(action, &typed).await;
    let shown = said(owner, &answer, "The contact is added").await;
    assert!(shown.body.contains("dora@reader.example") && !shown.body.contains("<b>today"));
    let again = owner.post(action, &typed).await;
    assert_eq!(again.location(), answer.location(), "the same contact");
    said(owner, &again, "It was not done twice").await;
    let id: ContactId = answer.location().rsplit('/').next().unwrap().parse().unwrap();
    let kept = office.attributes(id).await;
    assert_eq!(kept["note"], "a: b\n<i>and</i> more");
    assert_eq!(office.subscription(id).await, Some(SubscriptionState::Subscribed));
    assert_eq!(office.house.store.contacts_count().await.unwrap(), 3);
}

#[tokio::test]
async fn two_people_change_one_contact_and_nobodys_text_is_lost() {
    let office = Office::new().await;
    let (id, path) = office.ann().await;
    let other = office.marketer("mia@team.example", office.news).await;
    let edit = format!("{path}/edit");
    let (ours, theirs) = (office.owner.get(&edit).await, other.get(&edit).await);
    assert!(theirs.body.contains("plan: team") && !theirs.body.contains("name=\"email\""));
    let typed = |page: &Answer, attributes: &str, email: Option<&str>| {
        let (key, seen) = (hidden(page, "key"), hidden(page, "seen"));
        let (email_was, was) = (hidden(page, "email_was"), area(page, "was"));
        let mut fields = vec![
            ("key", key.as_str()),
            ("seen", &seen),
            ("email_was", &email_was),
            ("was", &was),
            ("attributes", attributes),
        ];
        fields.extend(email.map(|email| ("email", email)));
        form(&fields)
    };
    let answer = other.post(&edit, &typed(&theirs, "plan: pro\r\nseats: 9", None)).await;
    said(&other, &answer, "The contact is changed").await;

    // The owner has the old one before them, removes the plan, adds a city and another address.
    let mine = typed(&ours, "city: Berlin <evil>", Some("anna@reader.example"));
    let answer = office.owner.post(&edit, &mine).await;
    refused(&answer, 412, "", "Somebody else has changed this contact");
    for words in ["What you typed", "Berlin", "pro", "9", "anna@reader.example", "ann@reader"] {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    assert!(!answer.body.contains("<evil>"));
    assert_eq!(office.attributes(id).await["plan"], "pro", "nothing is overwritten unseen");
    // What comes of both: their change, and everything of the other that they did not touch.
    assert_eq!(area(&answer, "attributes"), "city: Berlin <evil>\nseats: 9");
    let merged = area(&answer, "attributes").replace('\n', "\r\n");
    let saved = typed(&answer, &merged, Some(&hidden(&answer, "email")));
    let done = office.owner.post(&edit, &saved).await;
    let shown = said(&office.owner, &done, "The contact is changed").await;
    assert!(shown.body.contains("anna@reader.example"), "{}", shown.body);
    let kept = office.attributes(id).await;
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!((&*kept["city"], &*kept["seats"]), ("Berlin <evil>", "9"));
    // Once more the same form changes nothing more.
    let again = office.owner.post(&edit, &saved).await;
    said(&office.owner, &again, "It was not done twice").await;
    // An address of somebody else, and nothing at all.
    let page = office.owner.get(&edit).await;
    let same = area(&page, "attributes");
    let taken = typed(&page, &same, Some("bob@reader.example"));
    refused(&office.owner.post(&edit, &taken).await, 409, "email", "already a contact");
    let nothing = typed(&page, &same, Some("anna@reader.example"));
    let answer = office.owner.post(&edit, &nothing).await;
    said(&office.owner, &answer, "Nothing was to be changed").await;
}

#[tokio::test]
async fn a_contact_is_subscribed_unsubscribed_suppressed_and_lifted() {
    let office = Office::new().await;
    let (id, path) = office.ann().await;
    let owner = &office.owner;
    let offers = office.house.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let to = |verb: &str| format!("{path}/{verb}");
    let subscribe = to("subscribe");
    let answer = send(owner, &path, &subscribe, &[("topic", "offers"), ("proof", " ")]).await;
    refused(&answer, 422, "proof", "");
    let answer = send(owner, &path, &subscribe, &[("topic", "nonsense"), ("proof", "x")]).await;
    refused(&answer, 422, "topic", "There is no topic");
    let fields = [("topic", "offers"), ("proof", "asked by phone")];
    let answer = send(owner, &path, &subscribe, &fields).await;
    said(owner, &answer, "They are subscribed").await;
    let store = &office.house.store;
    let state = store.subscription_state(id, offers).await.unwrap();
    assert_eq!(state, Some(SubscriptionState::Subscribed));

    let answer = send(owner, &path, &to("unsubscribe"), &[("topic", "")]).await;
    refused(&answer, 422, "", "Choose a topic");
    let answer = send(owner, &path, &to("unsubscribe"), &[("topic", "offers")]).await;
    said(owner, &answer, "They are unsubscribed").await;
    let state = store.subscription_state(id, offers).await.unwrap();
    assert_eq!(state, Some(SubscriptionState::Unsubscribed));
    assert_eq!(office.subscription(id).await, Some(SubscriptionState::Subscribed));
    assert!(!owner.get(&path).await.body.contains(&format!("action=\"{subscribe}\"")));

    let suppress = to("suppress");
    let answer = send(owner, &suppress, &suppress, &[("reason", "whim")]).await;
    refused(&answer, 422, "reason", "Choose one of the reasons");
    let answer = send(owner, &suppress, &suppress, &[("reason", "complaint")]).await;
    said(owner, &answer, "The address is suppressed").await;
    let answer = send(owner, &path, &to("lift"), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    // An operator's own decision can be lifted; a complaint may stay.
    let bob = office.contact("bob@reader.example").await;
    let bobs = format!("/admin/contacts/{bob}");
    let bobs_suppress = format!("{bobs}/suppress");
    send(owner, &bobs_suppress, &bobs_suppress, &[("reason", "operator")]).await;
    let key = || EmailAddress::parse("bob@reader.example").unwrap().key();
    assert!(store.suppression_reason(key()).await.unwrap().is_some());
    let answer = send(owner, &bobs, &format!("{bobs}/lift"), &[]).await;
    said(owner, &answer, "The suppression is lifted").await;
    assert!(store.suppression_reason(key()).await.unwrap().is_none());
    let everything = format!("{bobs}/unsubscribe/everything");
    let answer = send(owner, &bobs, &everything, &[]).await;
    said(owner, &answer, "They are unsubscribed").await;
    assert_eq!(office.subscription(bob).await, Some(SubscriptionState::Unsubscribed));
}

#[tokio::test]
async fn nobody_is_erased_unless_their_address_is_typed() {
    let office = Office::new().await;
    let (id, path) = office.ann().await;
    let (owner, erase) = (&office.owner, format!("{path}/erase"));
    let page = owner.get(&erase).await;
    for words in ["entries of the consent ledger", "attributes", "ann@reader.example"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    for typed in ["", "bob@reader.example", "ann"] {
        let answer = send(owner, &erase, &erase, &[("email", typed)]).await;
        refused(&answer, 422, "email", "Nobody was erased");
        assert!(office.house.store.contact_find(id).await.unwrap().is_some(), "{typed}");
    }
    let answer = send(owner, &erase, &erase, &[("email", " Ann@Reader.example ")]).await;
    said(owner, &answer, "The person is erased").await;
    assert!(office.house.store.contact_find(id).await.unwrap().is_none());
    assert_eq!(owner.get(&erase).await.status, StatusCode::NOT_FOUND);
    // They can't be added again.
    let fields = [("email", "ann@reader.example"), ("topics", "news"), ("proof", "x")];
    let answer = send(owner, "/admin/contacts/new", "/admin/contacts", &fields).await;
    refused(&answer, 409, "email", "erased");
}

#[tokio::test]
async fn a_topic_is_added_renamed_opened_and_closed() {
    let office = Office::new().await;
    let (owner, store) = (&office.owner, &office.house.store);
    let fields = |slug, name| [("slug", slug), ("name", name)];
    let (new, all) = ("/admin/topics/new", "/admin/topics");
    let answer = send(owner, new, all, &fields("Bad Slug", "Beta")).await;
    refused(&answer, 422, "slug", "");
    assert!(answer.body.contains("value=\"Beta\""));
    refused(&send(owner, new, all, &fields("beta", " ")).await, 422, "name", "has no name");
    let answer = send(owner, new, all, &fields("news", "Mine")).await;
    refused(&answer, 422, "slug", "already a topic");
    let answer = send(owner, new, all, &fields("beta", "Beta <b>")).await;
    let shown = said(owner, &answer, "The topic is added").await;
    assert!(shown.body.contains("/admin/topics/beta") && !shown.body.contains("Beta <b>"));

    let page = "/admin/topics/news";
    let answer = send(owner, page, "/admin/topics/news/name", &[("name", "")]).await;
    refused(&answer, 422, "name", "has no name");
    let answer = send(owner, page, "/admin/topics/news/name", &[("name", "Our news")]).await;
    said(owner, &answer, "The topic has its new name").await;
    let topic = async || store.topic_by_slug("news".into()).await.unwrap().unwrap();
    assert_eq!(topic().await.name, "Our news");
    assert!(owner.get(all).await.body.contains("Our news"), "also where it is kept");
    let archive = "/admin/topics/news/archive";
    let answer = send(owner, page, archive, &[("archive", "ajar")]).await;
    refused(&answer, 422, "", "either open or closed");
    let answer = send(owner, page, archive, &[("archive", "open")]).await;
    let shown = said(owner, &answer, "The archive is open").await;
    assert!(shown.body.contains("https://www.team.example/archive/news"));
    assert!(topic().await.archive_open);
    let answer = send(owner, page, archive, &[("archive", "closed")]).await;
    said(owner, &answer, "The archive is closed").await;
    assert!(!topic().await.archive_open);
}

#[tokio::test]
async fn whoever_is_trusted_with_some_topics_is_offered_and_allowed_no_more() {
    let office = Office::new().await;
    let store = &office.house.store;
    let offers = store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let (id, path) = office.ann().await;
    let mia = office.marketer("mia@team.example", office.news).await;
    let page = mia.get(&path).await.body;
    assert!(page.contains("/edit\"") && page.contains("/unsubscribe\""), "{page}");
    for hidden in ["/erase", "/suppress", "/unsubscribe/everything", "Offers"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    let new = mia.get("/admin/contacts/new").await;
    assert!(new.body.contains("value=\"news\"") && !new.body.contains("Offers"));
    let key = hidden(&new, "key");
    // A foreign topic is like one that does not exist.
    let fields = |topic| form(&[("key", &key), ("topic", topic), ("proof", "x")]);
    let foreign = mia.post(&format!("{path}/subscribe"), &fields("offers")).await;
    let unknown = mia.post(&format!("{path}/subscribe"), &fields("nowhere")).await;
    refused(&foreign, 422, "", "There is no topic with this name");
    assert_eq!(unknown.status, foreign.status);
    assert_eq!(store.subscription_state(id, offers).await.unwrap(), None);
    let added =
        form(&[("key", &key), ("email", "e@reader.example"), ("topics", "offers"), ("proof", "x")]);
    refused(&mia.post("/admin/contacts", &added).await, 422, "topics", "There is no topic");
    let none = form(&[("key", &key), ("email", "e@reader.example"), ("proof", "x")]);
    refused(
        &mia.post("/admin/contacts", &none).await,
        422,
        "topics",
        "at least one of your topics",
    );
    // Another address reaches beyond; the form has no such field, and one that is made up is ignored.
    let edit = mia.get(&format!("{path}/edit")).await;
    let (seen, was) = (hidden(&edit, "seen"), area(&edit, "was"));
    let moved = form(&[
        ("key", &key),
        ("seen", &seen),
        ("email_was", "ann@reader.example"),
        ("was", &was),
        ("email", "mia@team.example"),
        ("attributes", &was),
    ]);
    let answer = mia.post(&format!("{path}/edit"), &moved).await;
    said(&mia, &answer, "Nothing was to be changed").await;
    let email = store.contact_find(id).await.unwrap().unwrap().email;
    assert_eq!(email.as_str(), "ann@reader.example");
    // A contact and a campaign of another topic are not there.
    let zoe = office.marketer("zoe@team.example", offers).await;
    office.draft(TEXT).await;
    for action in [format!("{path}/edit"), format!("{path}/subscribe"), format!("{DRAFT}/start")] {
        let answer = zoe.post(&action, &fields("offers")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
    }
    assert_eq!(
        zoe.post("/admin/topics/news/name", &fields("x")).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(mia.post("/admin/topics", &fields("x")).await.status, StatusCode::FORBIDDEN);
}
