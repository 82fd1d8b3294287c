//! The page on which recipients choose what they get, and pause.

use store::{ContactChange, NewReconfirmation, ReconfirmationState, THEMSELVES};

use super::joins::send;
use super::*;

const MIA: &str = "mia@example.com";

impl House {
    fn choose_link(&self) -> String {
        self.link(Purpose::Unsubscribe, "/p/")
    }

    async fn look(&self) -> Answer {
        ask(&self.public, Method::GET, &self.choose_link(), "", "").await
    }

    async fn choose(&self, body: &str) -> Answer {
        self.post(&self.choose_link(), body).await
    }

    async fn paused(&self) -> Option<Timestamp> {
        let now = Timestamp::from_system(std::time::SystemTime::now());
        self.store.contact_paused_until(self.contact, now).await.unwrap()
    }
}

/// A topic of which everybody may read what was sent, so that everybody may choose it.
async fn open_topic(house: &House) -> TopicId {
    let topic = house.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    house.store.topic_archive_set(topic, true).await.unwrap();
    topic
}

#[tokio::test]
async fn the_page_shows_what_may_be_chosen_and_hides_the_address() {
    let house = House::new().await;
    open_topic(&house).await;
    house.store.topic_ensure("staff".into(), "Staff only".into()).await.unwrap();
    let page = house.look().await;
    assert_eq!(page.status, StatusCode::OK);
    let ticked = r#"<input type="checkbox" name="topic" value="news" checked>"#;
    let open = r#"<input type="checkbox" name="topic" value="offers">"#;
    for words in [ticked, open, "m•••@example.com", "Aurora Software", "For three months"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains(MIA) && !page.body.contains("Staff only"));
    assert!(!page.body.contains("<script"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
}

#[tokio::test]
async fn one_post_chooses_topics_language_and_a_pause() {
    let house = House::new().await;
    let offers = open_topic(&house).await;
    let body = "act=save&shown=news&shown=offers&topic=offers&pause=month&language=de";
    let page = house.choose(body).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("lang=\"de\""), "{}", page.body);
    assert_eq!(house.state().await.0, Some(SubscriptionState::Unsubscribed));
    let offered = house.store.subscription_state(house.contact, offers).await.unwrap();
    assert_eq!(offered, Some(SubscriptionState::Subscribed));
    assert!(house.paused().await.is_some());
    assert_eq!(house.unsubscribes().await, 1, "they left what the message was about");
    let contact = house.store.contact_find(house.contact).await.unwrap().unwrap();
    assert_eq!(contact.attributes["language"], "de");
    let consents = house.store.contact_consents(house.contact).await.unwrap();
    let given = consents.iter().find(|it| it.topic == Some(offers)).unwrap();
    assert!(given.granted && given.source == "page");
    assert_eq!(given.notice.as_deref(), Some(audience::PREFERENCES_NOTICE));
    let history = house.store.contact_history(house.contact, i64::MAX, 9).await.unwrap();
    assert!(history.iter().all(|it| it.actor == THEMSELVES), "{history:?}");
    // The same again changes nothing more, but for the month, which is over later.
    let before = house.state().await;
    house.choose(&body.replace("pause=month", "pause=keep")).await;
    assert_eq!(house.state().await, before);
}

#[tokio::test]
async fn what_the_page_did_not_show_stays_as_it_is() {
    let house = House::new().await;
    let offers = open_topic(&house).await;
    house.choose("act=save&shown=offers&topic=offers").await;
    assert_eq!(house.state().await.0, Some(SubscriptionState::Subscribed), "news was not shown");
    // A topic that only some may see is not chosen by naming it.
    let staff = house.store.topic_ensure("staff".into(), "Staff only".into()).await.unwrap();
    house.choose("act=save&shown=staff&topic=staff").await;
    let states = |topic| house.store.subscription_state(house.contact, topic);
    assert_eq!(states(staff).await.unwrap(), None);
    assert_eq!(states(offers).await.unwrap(), Some(SubscriptionState::Subscribed));
    // Neither topics nor the pause were said anything about.
    house.choose("act=save&shown=news&topic=news&pause=week").await;
    let until = house.paused().await;
    house.choose("act=save").await;
    assert_eq!(house.paused().await, until);
    assert_eq!(house.state().await.0, Some(SubscriptionState::Subscribed));
}

#[tokio::test]
async fn a_pause_is_until_a_day_and_ends_by_a_wish() {
    let house = House::new().await;
    for wrong in ["", "soon", "2020-01-01", "2999-01-01"] {
        let page = house.choose(&format!("act=save&pause=date&until={wrong}")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(page.body.contains("role=\"alert\""), "{wrong}");
        assert_eq!(house.paused().await, None, "{wrong}");
    }
    let soon = std::time::SystemTime::now() + std::time::Duration::from_secs(40 * 24 * 60 * 60);
    let day: String = Timestamp::from_system(soon).rfc3339().chars().take(10).collect();
    let page = house.choose(&format!("act=save&pause=date&until={day}")).await;
    assert!(page.body.contains(&day), "{}", page.body);
    assert_eq!(house.paused().await, Timestamp::parse_day(&day));
    assert_eq!(house.state().await.0, Some(SubscriptionState::Subscribed), "they did not leave");
    house.choose("act=save&pause=none").await;
    assert_eq!(house.paused().await, None);
}

#[tokio::test]
async fn nobody_is_subscribed_whose_address_is_blocked_and_everybody_can_leave() {
    let house = House::new().await;
    let left = house.choose("act=leave-all").await;
    assert_eq!(left.status, StatusCode::OK, "{}", left.body);
    let (state, reason, _) = house.state().await;
    assert_eq!(
        (state, reason.as_deref()),
        (Some(SubscriptionState::Unsubscribed), Some("unsubscribed"))
    );
    let page = house.choose("act=save&shown=news&topic=news").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("nothing can be added here"), "{}", page.body);
    assert_eq!(house.state().await.0, Some(SubscriptionState::Unsubscribed));
    assert!(page.body.contains("../u/"), "they can come back where they left");
}

#[tokio::test]
async fn what_is_no_wish_changes_nothing() {
    let house = House::new().await;
    let before = house.state().await;
    for body in ["", "act=", "act=everything", "topic=news", "List-Unsubscribe=One-Click"] {
        let answer = house.choose(body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
    for path in ["/p/", "/p/AAAA", &house.link(Purpose::Browse, "/p/")] {
        let answer = ask(&house.public, Method::POST, path, URLENCODED, "act=leave-all").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let longer = "x".repeat(70 * 1024);
    house.choose(&format!("act=leave-all&shown={longer}")).await;
    assert_eq!(house.state().await, before);
}

#[tokio::test]
async fn the_page_is_written_from_right_to_left_for_those_who_read_so() {
    let house = House::new().await;
    let attributes = BTreeMap::from([("language".to_owned(), "ar".to_owned())]);
    let change = ContactChange { email: None, attributes };
    house.store.contact_change(house.contact, None, change, START).await.unwrap();
    let page = house.look().await;
    assert!(page.body.contains("lang=\"ar\" dir=\"rtl\""), "{}", page.body);
    assert!(page.body.contains(r#"<option value="ar" lang="ar" selected>"#), "{}", page.body);
}

#[tokio::test]
async fn r26_every_page_for_recipients_says_whom_to_ask_about_privacy() {
    let house = House::new().await;
    house.store.topic_archive_set(house.topic, true).await.unwrap();
    let unsubscribe = house.leave_link();
    let tracking = unsubscribe.replacen("/u/", "/t/", 1);
    let choose = house.choose_link();
    let line = "<a href=\"mailto:privacy@aurora.example\"><bdi>privacy@aurora.example</bdi></a>";
    for path in
        [&unsubscribe, &tracking, &choose, "/u/cut", "/account", "/browser", "/archive/news"]
    {
        let page = ask(&house.public, Method::GET, path, "", "").await;
        assert!(
            page.body.contains(&format!("Questions about privacy: {line}")),
            "{path}: {}",
            page.body
        );
    }
    let attributes = BTreeMap::from([("language".to_owned(), "de".to_owned())]);
    let change = ContactChange { email: None, attributes };
    house.store.contact_change(house.contact, None, change, START).await.unwrap();
    for path in [&unsubscribe, &tracking, &choose] {
        let page = ask(&house.public, Method::GET, path, "", "").await;
        assert!(page.body.contains(&format!("Fragen zum Datenschutz: {line}")), "{path}");
    }
    let left = house.post(&unsubscribe, "scope=topic").await;
    assert!(left.body.contains(&format!("Fragen zum Datenschutz: {line}")), "{}", left.body);
}

/// The path of the link in a mail.
fn link_in(message: &str) -> String {
    let text = message.replace("=\r\n", "");
    let start = text.find("/confirm/").unwrap();
    text[start..].split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_subscriber_confirms_again_by_the_link_in_the_mail() {
    let house = House::new().await;
    let (by, before) = ("Ann".to_owned(), Timestamp(START.0 + 1));
    let (topic, at) = (house.topic, START);
    let new = NewReconfirmation { topic, before, within_days: 30, per_minute: 60, by, at };
    house.store.reconfirmation_begin(new).await.unwrap();
    let sender = (*house.sender).clone();
    let set_up = people::set_up::of_team();
    let settings = actions::LiveSettings::fixed(sender, set_up, house.relay.clone());
    let asking = actions::Reconfirming { store: house.store.clone(), settings };
    let now = Timestamp::from_system(std::time::SystemTime::now());
    assert!(asking.round(now).await.unwrap());
    assert!(!asking.round(now).await.unwrap(), "it has had its mails for now");
    let mails = house.relay.asked();
    assert_eq!(mails.len(), 2, "{mails:?}");
    let (_, message) = mails.iter().find(|(to, _)| to.contains(MIA)).unwrap();
    let link = link_in(message);
    // Programs follow links: that alone confirms nothing.
    let page = ask(&house.public, Method::GET, &link, "", "").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Do you still want to get this?"), "{}", page.body);
    let standing = || async {
        let found = house.store.reconfirmation_of(house.topic).await.unwrap().unwrap();
        (found.state, found.asked, found.confirmed)
    };
    assert_eq!(standing().await, (ReconfirmationState::Waiting, 2, 0));
    let foreign = ask(&house.public, Method::POST, &link, URLENCODED, "act=confirm").await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let own = [("sec-fetch-site", "same-origin")];
    let done = send(&house, (Method::POST, &link), "act=confirm", &own).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(standing().await, (ReconfirmationState::Waiting, 1, 1));
    let again = send(&house, (Method::POST, &link), "act=confirm", &own).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "a link works once");
}

/// Announces that data is to be shared, told by the house's campaign, which is still a draft or names them.
async fn announce(house: &House) -> store::SharingNotice {
    let processor = store::Processor {
        name: "Friends".into(),
        country: "DE".into(),
        basis: model::DisclosureBasis::Sharing,
        purposes: vec!["calendars".into()],
        fields: model::DisclosureKind::ContactsFile.fields().to_vec(),
        changed_at: Timestamp(1),
    };
    house.store.processor_set(processor).await.unwrap();
    let draft = sharing_campaign(house).await;
    let notice = store::NewSharingNotice {
        recipient: "Friends".into(),
        purpose: "calendars".into(),
        fields: vec![model::DisclosedField::Address],
        text: "Friends print <our> calendar.".into(),
        campaign: draft,
        days: 30,
        begins_at: None,
        at: Timestamp(1_795_428_245_000_000),
    };
    let id = house.store.sharing_announce(notice).await.unwrap();
    house.store.sharing_notice(id).await.unwrap()
}

async fn sharing_campaign(house: &House) -> CampaignId {
    let found = house.store.campaigns_list().await.unwrap().remove(0);
    let new = store::NewCampaign {
        name: "Notice".into(),
        announcement: found.announcement,
        topic: found.topic,
        policy: found.policy,
        links: vec![],
    };
    house.store.campaign_create(new, Timestamp(1)).await.unwrap()
}

#[tokio::test]
async fn r22_sharing_is_asked_about_once_it_was_announced() {
    let house = House::new().await;
    let asks = |page: &Answer| page.body.contains("name=\"sharing-shown\"");
    assert!(!asks(&house.look().await));
    house.choose("act=save&sharing-shown=").await;
    let notice = announce(&house).await;
    let page = house.look().await;
    let ticked = r#"<input type="checkbox" name="sharing" value="yes" checked>"#;
    for words in
        ["value=\"yes\"", ticked, "To \u{2068}Friends\u{2069}", "print &#60;our&#62; calendar"]
    {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let word = async || house.store.contact_sharing(house.contact).await.unwrap();
    // Who saves something else says neither yes nor no.
    house.choose("act=save&sharing-shown=yes&sharing=yes&pause=none").await;
    house.choose("act=save&pause=none").await;
    assert_eq!(word().await, None);
    let page = house.choose("act=save&sharing-shown=yes&pause=none").await;
    assert_eq!((word().await, page.status), (Some(false), StatusCode::OK));
    assert!(page.body.contains(r#"name="sharing" value="yes">"#), "{}", page.body);
    let consents = house.store.contact_consents(house.contact).await.unwrap();
    let entry = &consents[0];
    let told = format!("sharing notice {}", notice.id);
    assert_eq!((entry.kind, entry.source.as_str()), (model::ConsentKind::Sharing, "page"));
    assert_eq!(
        (entry.notice.as_deref(), entry.campaign),
        (Some(told.as_str()), Some(house.campaign))
    );
    assert_eq!(house.state().await.0, Some(SubscriptionState::Subscribed), "they did not leave");
    house.choose("act=save&sharing-shown=no&sharing=yes").await;
    assert_eq!(word().await, Some(true));
    // A notice that was cancelled is told no more; their word can still be changed.
    house.store.sharing_cancel(notice.id, Timestamp(2)).await.unwrap();
    let page = house.look().await;
    assert!(asks(&page) && page.body.contains("Nothing is being shared."), "{}", page.body);
}

#[tokio::test]
async fn where_consent_is_needed_sharing_is_not_ticked_beforehand() {
    let house = House::new().await;
    announce(&house).await;
    house.store.tracking_policy_set(model::TrackingPolicy::EU).await.unwrap();
    let page = house.look().await;
    assert!(page.body.contains(r#"name="sharing" value="yes">"#), "{}", page.body);
    house.choose("act=save&sharing-shown=no&sharing=yes").await;
    assert_eq!(house.store.contact_sharing(house.contact).await.unwrap(), Some(true));
}

impl House {
    /// Announces that data is to be shared.
    pub(super) async fn announce_sharing(&self) {
        announce(self).await;
    }
}
