//! Announcements without a campaign, by forms: what is being written changes no message, and nothing is
//! lost when two people write.

use axum::http::StatusCode;
use model::Role;

use super::forms::{Office, area, form, hidden, refused, said};
use super::people::{Browser, added};

const LIST: &str = "/admin/announcements";
const NAME: &str = "Reset <evil>";

/// Makes one and returns the address of its text.
async fn begun(browser: &Browser, name: &str) -> String {
    let asked = browser.get("/admin/announcements/new").await;
    let fields = form(&[("key", &hidden(&asked, "key")), ("name", name)]);
    let made = browser.post(LIST, &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    made.location().to_owned()
}

fn typed<'a>(revision: &'a str, body: &'a str, more: &[(&'a str, &'a str)]) -> String {
    let mut fields = vec![
        ("revision", revision),
        ("fields", "yes"),
        ("subject", "Your code"),
        ("from", "news@team.example"),
        ("layout", "plain"),
        ("body", body),
    ];
    fields.extend(more);
    form(&fields)
}

async fn in_use(office: &Office) -> String {
    let store = &office.house.store;
    let id = store.announcement_in_use(NAME.into()).await.unwrap().unwrap();
    store.announcement_find(id).await.unwrap().unwrap().source
}

#[tokio::test]
async fn a_text_is_saved_as_it_is_typed_and_used_when_somebody_says_so() {
    let office = Office::new().await;
    let owner = &office.owner;
    let write = begun(owner, NAME).await;
    let asked = owner.get("/admin/announcements/new").await;
    let again = form(&[("key", &hidden(&asked, "key")), ("name", NAME)]);
    refused(&owner.post(LIST, &again).await, 422, "name", "There is already");
    let page = owner.get(&write).await;
    assert!(page.body.contains("href=\"#f-subject\""), "not ready: {}", page.body);
    let first = in_use(&office).await;

    let script = owner.post(&write, &typed("1", "{{ half", &[("by", "script")])).await;
    assert!(script.body.contains("data-revision=\"2\""), "{}", script.body);
    let early = owner.post(&write, &typed("2", "{{ half", &[("do", "use")])).await;
    refused(&early, 422, "", "mend what is listed");
    assert_eq!(area(&early, "body"), "{{ half");
    let code = "It is {{ code }}.\r\n";
    let done = owner.post(&write, &typed("2", code, &[("by", "script")])).await;
    assert!(done.body.contains("not in use yet"), "{}", done.body);
    assert_eq!(in_use(&office).await, first, "nobody has said so");
    let id = write.strip_suffix("/write").unwrap();
    let told = owner.get(id).await;
    assert!(told.body.contains("a text that is not in use yet"), "{}", told.body);
    let used = owner.post(&write, &typed("3", code, &[("do", "use")])).await;
    said(owner, &used, "It is in use").await;
    assert!(in_use(&office).await.contains("It is {{ code }}."));
    let frame = owner.get(&format!("{id}/preview?show=text")).await;
    assert!(frame.body.contains("It is "), "{}", frame.body);

    let topics = typed("3", "[Leave]({{ unsubscribe_url }})", &[("by", "script")]);
    let only = owner.post(&write, &topics).await;
    assert!(only.body.contains("Only a campaign can send it"), "{}", only.body);
}

#[tokio::test]
async fn the_second_who_writes_an_announcement_sees_both_texts() {
    let office = Office::new().await;
    let owner = &office.owner;
    let write = begun(owner, NAME).await;
    owner.post(&write, &typed("1", "Theirs", &[])).await;
    let script = owner.post(&write, &typed("1", "Mine", &[("by", "script")])).await;
    assert_eq!(script.status, StatusCode::CONFLICT, "{}", script.body);
    // Also by the button that puts it in use.
    let both = owner.post(&write, &typed("1", "Mine", &[("do", "use")])).await;
    refused(&both, 409, "", "has changed this text");
    assert!(both.body.contains("which the announcement says"), "{}", both.body);
    let revision = hidden(&both, "revision");
    let aside = owner.post(&write, &typed(&revision, "Mine", &[("do", "theirs")])).await;
    said(owner, &aside, "Your text is kept").await;
    let over = owner.post(&write, &typed(&revision, "Mine again", &[("do", "mine")])).await;
    assert_eq!(over.location(), format!("{write}#write"));
    let kept = office.house.store.announcement_versions(NAME.into(), None, 9).await.unwrap();
    assert_eq!(kept.len(), 3, "the first, mine that was put aside, theirs: {kept:?}");
}

#[tokio::test]
async fn an_announcement_is_deleted_when_nothing_needs_it() {
    let office = Office::new().await;
    let owner = &office.owner;
    let write = begun(owner, NAME).await;
    owner.post(&write, &typed("1", "Hello {{ first_name }}.", &[("do", "use")])).await;
    let id = write.strip_suffix("/write").unwrap().to_owned();
    let shown = owner.get(&id).await;
    let topic = form(&[("key", &hidden(&shown, "key")), ("topic", "news")]);
    let version = office.house.store.announcement_in_use(NAME.into()).await.unwrap().unwrap();
    let campaign = owner.post(&format!("{LIST}/{version}/campaign"), &topic).await;
    assert_eq!(campaign.location(), "/admin/campaigns/1", "{}", campaign.body);
    let delete = |page| form(&[("key", &hidden(page, "key"))]);
    let shown = owner.get(&id).await;
    let needed = owner.post(&format!("{id}/delete"), &delete(&shown)).await;
    // The campaign has another name, its subject, and with it a version of its own.
    said(owner, &needed, "is deleted").await;
    assert_eq!(owner.get(&id).await.status, StatusCode::NOT_FOUND);
    let page = owner.get("/admin/campaigns/1").await;
    assert!(page.body.contains("Hello {{ first_name }}."), "{}", page.body);

    let versions = office.house.store.announcement_versions("Your code".into(), None, 9).await;
    let of_campaign = format!("{LIST}/{}", versions.unwrap()[0].id);
    let shown = owner.get(&of_campaign).await;
    let refused_now = owner.post(&format!("{of_campaign}/delete"), &delete(&shown)).await;
    refused(&refused_now, 409, "", "campaign 1 needs it");
}

#[tokio::test]
async fn who_is_trusted_with_some_topics_reads_and_writes_none() {
    let office = Office::new().await;
    let write = begun(&office.owner, NAME).await;
    let id = write.strip_suffix("/write").unwrap();
    let topic = office.house.store.topic_by_slug("news".into()).await.unwrap().unwrap().id;
    let narrow = office.marketer("narrow@team.example", topic).await;
    let shown = narrow.get(id).await;
    assert_eq!(shown.status, StatusCode::OK);
    for offer in ["/write\"", "/message\"", "/delete\""] {
        assert!(!shown.body.contains(offer), "{offer}: {}", shown.body);
    }
    assert!(!narrow.get(LIST).await.body.contains("New announcement"));
    assert_eq!(narrow.post(&write, &typed("1", "x", &[])).await.status, StatusCode::FORBIDDEN);
    added(&office.house.store, "auth@team.example", Role::Author, &[]).await;
    let author = Browser::signed_in(&office.house.open, "auth@team.example").await;
    assert_eq!(author.get(&write).await.status, StatusCode::OK);
    assert!(!author.get(id).await.body.contains("/message\""), "an author sends none");
}

#[tokio::test]
async fn a_text_may_be_as_large_as_a_drafts() {
    let office = Office::new().await;
    let owner = &office.owner;
    let write = begun(owner, NAME).await;
    // As a form writes it, three bytes for each.
    let with = |length: usize| form(&[("revision", "1"), ("source", &"<".repeat(length))]);
    refused(&owner.post(&write, &with(1024 * 1024 + 1)).await, 422, "", "longer than");
    let largest = owner.post(&write, &with(1024 * 1024)).await;
    assert_eq!(largest.status, StatusCode::SEE_OTHER, "{}", largest.body);
}
