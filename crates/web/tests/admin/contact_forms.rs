//! What is done with contacts and topics by forms, by whom, and how it is refused.

use axum::http::StatusCode;
use model::{ContactId, EmailAddress, SubscriptionState};

use super::AT;
use super::forms::{DRAFT, Office, TEXT, area, form, hidden, refused, said, send};
use super::people::Answer;

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

#[tokio::test]
async fn a_declared_attribute_has_a_field_of_its_kind_and_its_values_are_checked() {
    let office = Office::new().await;
    let (id, path) = office.ann().await;
    let attributes = "/admin/contacts/attributes";
    let declare = |name: &'static str, kind: &'static str| {
        [("name", name), ("label", "Customer since"), ("kind", kind), ("act", "set")]
    };
    let wrong = send(&office.owner, attributes, attributes, &declare("Big Name", "date")).await;
    refused(&wrong, 422, "name", "big_name");
    let answer = send(&office.owner, attributes, attributes, &declare("since", "date")).await;
    let shown = said(&office.owner, &answer, "It is declared").await;
    assert!(shown.body.contains("Customer since"), "{}", shown.body);
    let edit = format!("{path}/edit");
    let page = office.owner.get(&edit).await;
    assert!(
        page.body.contains("type=\"date\" name=\"attribute.since\" value=\"\""),
        "{}",
        page.body
    );
    let lines = area(&page, "attributes");
    let typed = |page: &Answer, since: &str| {
        let (key, seen) = (hidden(page, "key"), hidden(page, "seen"));
        let (email, was) = (hidden(page, "email_was"), area(page, "was"));
        form(&[
            ("key", &key),
            ("seen", &seen),
            ("email_was", &email),
            ("was", &was),
            ("email", &email),
            ("attribute.since", since),
            ("attributes", &lines),
        ])
    };
    let answer = office.owner.post(&edit, &typed(&page, "28.11.2026")).await;
    refused(&answer, 422, "attributes", "such as 2026-11-28");
    assert!(answer.body.contains("value=\"28.11.2026\""), "what was typed: {}", answer.body);
    let answer = office.owner.post(&edit, &typed(&answer, "2026-11-28")).await;
    said(&office.owner, &answer, "The contact is changed").await;
    let kept = office.attributes(id).await;
    assert_eq!((&*kept["since"], &*kept["plan"]), ("2026-11-28", "team"));
    let page = office.owner.get(&edit).await;
    assert!(page.body.contains("name=\"attribute.since\" value=\"2026-11-28\""));
    let answer = office.owner.post(&edit, &typed(&page, "")).await;
    said(&office.owner, &answer, "The contact is changed").await;
    assert!(!office.attributes(id).await.contains_key("since"));
    let shown = office.owner.get(&path).await;
    assert!(shown.body.contains("attribute since"), "the history: {}", shown.body);
}

#[tokio::test]
async fn tags_are_changed_on_the_contacts_page_and_found_in_the_list() {
    let office = Office::new().await;
    let (id, path) = office.ann().await;
    let tags = format!("{path}/tags");
    let answer =
        send(&office.owner, &path, &tags, &[("were", ""), ("tags", "vip, <b>early")]).await;
    said(&office.owner, &answer, "The contact is changed").await;
    assert_eq!(office.house.store.contact_tags(id).await.unwrap(), ["<b>early", "vip"]);
    let list = office.owner.get("/admin/contacts?tag=VIP").await;
    assert!(list.body.contains("ann@reader.example") && !list.body.contains("bob@reader.example"));
    assert!(!list.body.contains("<b>early"));
    // Somebody else has added one in the meantime, which stays.
    let typed = [("were", "<b>early"), ("tags", "gold")];
    let answer = send(&office.owner, &path, &tags, &typed).await;
    said(&office.owner, &answer, "The contact is changed").await;
    assert_eq!(office.house.store.contact_tags(id).await.unwrap(), ["gold", "vip"]);
    let long = "x".repeat(65);
    let answer = send(&office.owner, &path, &tags, &[("were", ""), ("tags", &long)]).await;
    refused(&answer, 422, "tags", "64 characters");
    let history = office.owner.get(&format!("{path}/history")).await;
    assert!(history.body.contains("tag gold") && history.body.contains("tag &#60;b&#62;early"));
}

#[tokio::test]
async fn the_address_of_somebody_who_was_merged_leads_to_who_remained() {
    let office = Office::new().await;
    let ((keep, path), store) = (office.ann().await, &office.house.store);
    let other = office.contact("bob@reader.example").await;
    let take = std::collections::BTreeSet::new();
    let wish = store::MergeWish { keep, other, take, hashes: ([1; 32], [2; 32]) };
    store.contact_merge(wish, AT).await.unwrap();
    let former = format!("/admin/contacts/{other}");
    for page in [former.clone(), format!("{former}/history")] {
        let answer = office.owner.get(&page).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, &*path), "{page}");
        said(&office.owner, &answer, "was merged into this one").await;
    }
    let form = office.owner.post(&format!("{former}/unsubscribe"), "key=x&topic=news").await;
    assert_eq!(form.status, StatusCode::NOT_FOUND, "of a form nothing is done");
}
