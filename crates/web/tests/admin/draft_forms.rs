//! Writing a campaign by forms: what is saved, what two writers see, what hostile texts do, and that what
//! is sent is what was checked.

use axum::http::StatusCode;
use axum::http::header::CONTENT_SECURITY_POLICY;
use model::{CampaignNumber, CampaignState, Role};
use store::CampaignText;

use super::House;
use super::forms::{DRAFT, Office, TEXT, area, form, hidden, refused, said};
use super::people::{Browser, OWNER, added};

const WRITE: &str = "/admin/campaigns/1/write";
const SEND: &str = "/admin/campaigns/1/send";
const EVIL: &str = "<evil>\"'><script>evil()</script></textarea>{{7*7}}";

async fn campaign(house: &House) -> store::Campaign {
    let id = house.store.campaign_by_number(CampaignNumber(1)).await.unwrap().unwrap();
    house.store.campaign_find(id).await.unwrap().unwrap()
}

async fn text(house: &House) -> CampaignText {
    house.store.campaign_text(campaign(house).await.id).await.unwrap().unwrap()
}

/// The texts of the versions that are kept under this name, the newest first.
async fn versions(house: &House, name: &str) -> Vec<String> {
    let kept = house.store.announcement_versions(name.into(), None, 9).await.unwrap();
    let mut texts = Vec::new();
    for version in kept {
        texts.push(house.store.announcement_find(version.id).await.unwrap().unwrap().source);
    }
    texts
}

#[tokio::test]
async fn a_campaign_is_begun_by_one_press_and_a_topic_is_asked_for_first() {
    let house = House::without_inbox().await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    let key = |page| form(&[("key", &hidden(page, "key"))]);
    let list = owner.get("/admin/campaigns").await;
    let asked = owner.post("/admin/campaigns", &key(&list)).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(asked.body.contains("there is no topic yet"), "{}", asked.body);
    let odd = form(&[("key", &hidden(&asked, "key")), ("name", EVIL.get(6..9).unwrap())]);
    refused(&owner.post("/admin/campaigns", &odd).await, 422, "name", "a letter or a digit");
    let named = form(&[("key", &hidden(&asked, "key")), ("name", "Release notices")]);
    let made = owner.post("/admin/campaigns", &named).await;
    assert_eq!((made.status, made.location()), (StatusCode::SEE_OTHER, DRAFT), "{}", made.body);
    let topic = house.store.topic_by_slug("release-notices".into()).await.unwrap().unwrap();
    assert_eq!(campaign(&house).await.topic, topic.id);
    let page = owner.get(DRAFT).await;
    assert!(page.body.contains("name=\"subject\" id=\"f-subject\" value=\"\""), "{}", page.body);
    assert!(page.body.contains("href=\"#f-subject\""), "a text without a subject is not ready");
    // What another campaign says about its sender holds for the next.
    let fields = [("revision", "0"), ("fields", "yes"), ("from", "A <a@b.example>")];
    owner.post(WRITE, &form(&fields)).await;
    let list = owner.get("/admin/campaigns").await;
    let next = owner.post("/admin/campaigns", &key(&list)).await;
    let page = owner.get(next.location()).await;
    assert!(page.body.contains("A &#60;a@b.example&#62;"), "{}", page.body);
}

#[tokio::test]
async fn what_is_typed_is_saved_by_field_and_told_with_its_mistakes() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let owner = &office.owner;
    let shown = owner.get(DRAFT).await;
    assert_eq!(area(&shown, "body"), "# Hi\n\nText.\n");
    let fields = [
        ("revision", "0"),
        ("fields", "yes"),
        ("by", "script"),
        ("subject", "Winter"),
        ("from", "news@team.example"),
        ("settings", "topic: news"),
        ("layout", "release-notice"),
        ("body", "# Hi\r\n\r\n{{ two\r\n"),
    ];
    let answer = owner.post(WRITE, &form(&fields)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.body.contains("data-revision=\"1\""), "{}", answer.body);
    assert!(answer.body.contains(">Text, line 3</a>"), "{}", answer.body);
    let saved = text(&office.house).await;
    let (head, _) = TEXT.split_once("---\n# Hi").unwrap();
    let expected = head.replace("News <evil>", "Winter") + "---\n# Hi\n\n{{ two\n";
    assert_eq!((saved.source, saved.revision), (expected, 1));
    assert_eq!(campaign(&office.house).await.name, "Winter");
    let page = owner.get(DRAFT).await;
    assert!(page.body.contains("<h1>Winter</h1>"), "{}", page.body);
    // The same once more, as a lost answer makes it.
    let again = owner.post(WRITE, &form(&fields)).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(text(&office.house).await.revision, 1);
    // A text whose front matter can't be found is one field.
    let whole = form(&[("revision", "1"), ("source", "no front matter")]);
    assert_eq!(owner.post(WRITE, &whole).await.status, StatusCode::SEE_OTHER);
    let page = owner.get(DRAFT).await;
    assert_eq!(area(&page, "source"), "no front matter");
    let long = form(&[("revision", "2"), ("source", &"<".repeat(1024 * 1024 + 1))]);
    refused(&owner.post(WRITE, &long).await, 422, "", "longer than");
    let largest = form(&[("revision", "2"), ("source", &"<".repeat(1024 * 1024))]);
    assert_eq!(owner.post(WRITE, &largest).await.status, StatusCode::SEE_OTHER);
    refused(&owner.post(WRITE, "source=x").await, 422, "", "not one of ours");
}

#[tokio::test]
async fn the_second_of_two_writers_sees_both_texts_and_neither_is_lost() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let (house, owner) = (&office.house, &office.owner);
    let with = |body: &str| TEXT.replace("Text.", body);
    let write = |revision: &str, body: &str, more: &[(&str, &str)]| {
        let source = with(body);
        let mut fields = vec![("revision", revision), ("source", source.as_str())];
        fields.extend(more);
        form(&fields)
    };
    owner.post(WRITE, &write("0", "Theirs <evil>", &[])).await;
    let script = owner.post(WRITE, &write("0", "Mine", &[("by", "script")])).await;
    assert_eq!(script.status, StatusCode::CONFLICT);
    assert!(script.body.contains("has changed this text meanwhile"), "{}", script.body);
    let both = owner.post(WRITE, &write("0", "Mine <evil>", &[])).await;
    refused(&both, 409, "", "has changed this text");
    for told in
        ["Theirs &#60;evil&#62;", "<span class=\"removed\">-Theirs", "<span class=\"added\">+Mine"]
    {
        assert!(both.body.contains(told), "{told}: {}", both.body);
    }
    assert_eq!(text(house).await.source, with("Theirs <evil>"));
    let revision = hidden(&both, "revision");
    let aside = owner.post(WRITE, &write(&revision, "Mine", &[("do", "theirs")])).await;
    said(owner, &aside, "Your text is kept").await;
    assert_eq!(text(house).await.source, with("Theirs <evil>"));
    assert_eq!(versions(house, "News <evil>").await.first(), Some(&with("Mine")));
    let over = owner.post(WRITE, &write(&revision, "Mine, over it", &[("do", "mine")])).await;
    assert_eq!(over.location(), format!("{DRAFT}#write"));
    assert_eq!(text(house).await.source, with("Mine, over it"));
    assert_eq!(versions(house, "News <evil>").await.first(), Some(&with("Theirs <evil>")));
    // Somebody else was faster again.
    let late = owner.post(WRITE, &write(&revision, "Late", &[("do", "mine")])).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_hostile_text_stays_a_text_wherever_it_is_shown() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let owner = &office.owner;
    let source =
        format!("---\nsubject: {EVIL}\nfrom: {EVIL}\nlayout: {EVIL}\n{EVIL}: x\n---\n{EVIL}\n");
    let evil = form(&[("revision", "0"), ("source", &source)]);
    owner.post(WRITE, &evil).await;
    let whole = form(&[("revision", "0"), ("source", EVIL)]);
    let conflict = owner.post(WRITE, &whole).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    let again = form(&[("revision", "1"), ("by", "script"), ("source", &source)]);
    let state = owner.post(WRITE, &again).await;
    let body = "</textarea><b onclick=evil()>{{ first_name }}</b>";
    let mailed = TEXT.replace("Text.", body);
    for (page, shown) in [
        (DRAFT, owner.get(DRAFT).await.body),
        (SEND, owner.get(SEND).await.body),
        ("conflict", conflict.body),
        ("state", state.body),
        ("preview", owner.get("/admin/campaigns/1/preview").await.body),
    ] {
        let found =
            ["<evil>", "<script>evil", "</textarea>{{"].into_iter().find(|it| shown.contains(it));
        assert_eq!(found, None, "{page}: {shown}");
    }
    owner.post(WRITE, &form(&[("revision", "1"), ("source", &mailed)])).await;
    for show in ["", "?show=dark", "?show=bare", "?show=text", "?show=%3Cevil%3E"] {
        let frame = owner.get(&format!("/admin/campaigns/1/preview{show}")).await;
        assert_eq!(frame.status, StatusCode::OK, "{}", frame.body);
        let policy = frame.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("sandbox allow-popups"), "{policy}");
        assert!(!policy.contains("allow-same-origin") && policy.contains("default-src 'none'"));
        assert!(!frame.body.contains("<evil>"), "{}", frame.body);
    }
}

#[tokio::test]
async fn what_is_sent_is_what_was_checked() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let (house, owner) = (&office.house, &office.owner);
    let offers = house.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let new = TEXT.replace("Text.", "[New](https://new.example)");
    owner.post(WRITE, &form(&[("revision", "0"), ("source", &new)])).await;
    let start = |page: &super::people::Answer| {
        let names = ["key", "audience_at_most", "text", "of"];
        let values = names.map(|name| hidden(page, name));
        form(&names.into_iter().zip(&values).map(|(n, v)| (n, v.as_str())).collect::<Vec<_>>())
    };
    let checked = owner.get(SEND).await;
    assert!(checked.body.contains("Send to 2<"), "{}", checked.body);
    // Somebody writes between the look and the press.
    let newer = new.replace("New", "Newer");
    owner.post(WRITE, &form(&[("revision", "1"), ("source", &newer)])).await;
    let late = owner.post("/admin/campaigns/1/start", &start(&checked)).await;
    refused(&late, 409, "", "has changed since it was checked");
    assert_eq!(campaign(house).await.state, CampaignState::Draft);
    // Or sends it to others.
    let checked = owner.get(SEND).await;
    let key = hidden(&checked, "key");
    let topic = form(&[("key", &key), ("topic", "offers")]);
    said(owner, &owner.post("/admin/campaigns/1/topic", &topic).await, "It goes to").await;
    assert_eq!(campaign(house).await.topic, offers);
    let late = owner.post("/admin/campaigns/1/start", &start(&checked)).await;
    refused(&late, 409, "", "has changed since it was checked");
    let key = hidden(&owner.get(SEND).await, "key");
    let topic = form(&[("key", &key), ("topic", "<evil>")]);
    refused(&owner.post("/admin/campaigns/1/topic", &topic).await, 422, "", "no topic");
    let key = hidden(&owner.get(SEND).await, "key");
    owner.post("/admin/campaigns/1/topic", &form(&[("key", &key), ("topic", "news")])).await;
    let sent = owner.post("/admin/campaigns/1/start", &start(&owner.get(SEND).await)).await;
    said(owner, &sent, "It starts in 60 seconds").await;
    let campaign = campaign(house).await;
    let sent = house.store.announcement_find(campaign.announcement).await.unwrap().unwrap();
    assert_eq!((sent.source, campaign.state), (newer.clone(), CampaignState::Scheduled));
    let links = house.store.campaign_links(campaign.id).await.unwrap();
    assert_eq!(links.len(), 1, "the links are those of the text: {links:?}");
    // It is no draft any more.
    let late = owner.post(WRITE, &form(&[("revision", "2"), ("source", "x")])).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(text(house).await.source, newer);
}

#[tokio::test]
async fn an_author_writes_and_somebody_else_sends() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let house = &office.house;
    added(&house.store, "ed@team.example", Role::Author, &[]).await;
    let author = Browser::signed_in(&house.open, "ed@team.example").await;
    let page = author.get(DRAFT).await;
    assert!(page.body.contains("name=\"subject\""), "{}", page.body);
    assert!(!page.body.contains("hx-get=\"/admin/campaigns/1/send\""), "{}", page.body);
    let written = form(&[("revision", "0"), ("source", "---\n---\n")]);
    assert_eq!(author.post(WRITE, &written).await.status, StatusCode::SEE_OTHER);
    let saved = text(house).await.saved.unwrap();
    assert_eq!(saved.1.kind, store::ActorKind::User);
    // The log tells that they began, not every second of it.
    for revision in ["1", "2", "3"] {
        let source = format!("---\n---\n{revision}");
        author.post(WRITE, &form(&[("revision", revision), ("source", &source)])).await;
    }
    assert_eq!(text(house).await.revision, 4);
    let log = house.store.audit_after(0).await.unwrap();
    assert_eq!(log.iter().filter(|it| it.action == "campaign.write").count(), 1);
    added(&house.store, "rita@team.example", Role::Reporter, &[]).await;
    let reporter = Browser::signed_in(&house.open, "rita@team.example").await;
    let page = reporter.get(DRAFT).await;
    assert!(!page.body.contains("<form class=\"stacked\" id=\"text\""), "{}", page.body);
    assert_eq!(reporter.post(WRITE, &written).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_draft_is_let_go_beyond_the_cap_where_its_audience_is_chosen() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let (owner, store) = (&office.owner, &office.house.store);
    let ignores = async || {
        let campaign = campaign(&office.house).await.id;
        store.campaign_ignores_cap(campaign).await.unwrap()
    };
    let cap = format!("{DRAFT}/cap");
    assert!(!owner.get(SEND).await.body.contains(&cap), "nobody is capped");
    store.mail_cap_set(Some("4 per 30 days".parse().unwrap())).await.unwrap();
    let page = owner.get(SEND).await;
    assert!(page.body.contains("the cap allows (4 per 30 days)"), "{}", page.body);
    let ticked = form(&[("key", &hidden(&page, "key")), ("ignore", "yes")]);
    said(owner, &owner.post(&cap, &ticked).await, "however many mails they have had").await;
    assert!(ignores().await);
    let page = owner.get(SEND).await;
    assert!(page.body.contains("name=\"ignore\" value=\"yes\" checked"), "{}", page.body);
    let bare = form(&[("key", &hidden(&page, "key"))]);
    said(owner, &owner.post(&cap, &bare).await, "keeps to the cap").await;
    assert!(!ignores().await);
}
