//! Tests of a campaign that are sent from its page.

use axum::http::{Method, StatusCode};
use model::{Role, TopicScope};

use super::forms::{DRAFT, Office, TEXT, form, hidden};
use super::people::{Answer, Browser, added};
use super::relay::TestRelay;

const FORM: &str = "/admin/campaigns/1/test";

async fn kept(office: &Office) -> usize {
    let kept = office.house.store.test_messages(TopicScope::All, None, 99, super::AT).await;
    kept.unwrap().len()
}

async fn send(browser: &Browser, to: &str, place: &str) -> Answer {
    let page = browser.get(FORM).await;
    let key = hidden(&page, "key");
    browser.post(FORM, &form(&[("key", &key), ("to", to), ("place", place)])).await
}

#[tokio::test]
async fn a_test_goes_to_each_address_once_and_says_where_it_is_to_be_seen() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let page = office.owner.get(&format!("{DRAFT}/send")).await;
    assert!(page.body.contains("value=\"owner@team.example\""), "{}", page.body);
    let to = "boss@team.example, eva@team.example BOSS@team.example";
    let key = hidden(&page, "key");
    let typed = form(&[("key", &key), ("to", to), ("place", "send")]);
    let sent = office.owner.post(FORM, &typed).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert_eq!(sent.location(), format!("{DRAFT}/send?tested=1,2#test"));
    let asked = office.house.relay.asked();
    let to: Vec<&str> = asked.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["boss@team.example", "eva@team.example"]);
    assert!(asked[0].1.contains("To: boss@team.example"), "{}", asked[0].1);
    let page = office.owner.get(&format!("{DRAFT}/send?tested=1,2")).await;
    assert!(page.body.contains("href=\"/admin/inbox/2\""), "{}", page.body);
    let seen = office.owner.get("/admin/inbox/1").await;
    assert_eq!(seen.status, StatusCode::OK);
    let again = office.owner.post(FORM, &typed).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert_eq!(office.house.relay.asked().len(), 2, "not sent twice");
    let log = office.house.store.audit_after(0).await.unwrap();
    let entry = log.iter().rfind(|it| it.action == "campaign.test_send").unwrap();
    assert_eq!(entry.after.as_deref(), Some("{\"addresses\":2}"));
}

#[tokio::test]
async fn what_the_relay_refuses_is_shown_and_stays_in_no_inbox() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    office.house.relay.fails(TestRelay::refused("550 <no> such sender"));
    let refused = send(&office.owner, "boss@team.example", "send").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("550 &#60;no&#62; such sender"), "{}", refused.body);
    assert!(refused.body.contains("value=\"boss@team.example\""), "what was typed is kept");
    assert_eq!(kept(&office).await, 0);
    office.house.relay.fails(TestRelay::away());
    let away = send(&office.owner, "a@team.example b@team.example", "send").await;
    assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE, "{}", away.body);
    assert_eq!(office.house.relay.asked().len(), 2, "the second address does not wait as well");
    assert_eq!(kept(&office).await, 0);
    office.house.relay.fails(None);
    assert_eq!(
        send(&office.owner, "boss@team.example", "").await.location().find("?tested="),
        Some(18)
    );
    assert_eq!(kept(&office).await, 1);
}

#[tokio::test]
async fn a_test_that_can_not_be_sent_says_why() {
    let office = Office::new().await;
    office.draft(&TEXT.replace("Text.", "{{ plan }}")).await;
    let store = &office.house.store;
    store
        .address_suppress("gone@team.example".into(), model::Removal::Operator, [9; 32], super::AT)
        .await
        .unwrap();
    let many = "x@team.example ".repeat(11);
    for (to, words) in [
        ("", "1 to 10 addresses"),
        ("nobody", "For nobody: "),
        (
            "boss@team.example gone@team.example",
            "For gone@team.example: This address must not be mailed",
        ),
        (many.as_str(), "1 to 10 addresses"),
        ("<evil>@x", "&#60;evil&#62;"),
    ] {
        let refused = send(&office.owner, to, "send").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{to}: {}", refused.body);
        assert!(refused.body.contains(words), "{to}: {}", refused.body);
        assert!(!refused.body.contains("<evil>"));
    }
    assert_eq!(office.house.relay.asked(), [], "nobody got anything");
}

#[tokio::test]
async fn an_author_tests_what_they_write_and_nobody_sends_without_end() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    for (role, status) in
        [(Role::Author, StatusCode::SEE_OTHER), (Role::Auditor, StatusCode::FORBIDDEN)]
    {
        let email = format!("{}@team.example", role.as_str());
        added(&office.house.store, &email, role, &[]).await;
        let browser = Browser::signed_in(&office.house.open, &email).await;
        let key = hidden(&office.owner.get(FORM).await, "key");
        let typed =
            form(&[("key", &key), ("to", "boss@team.example"), ("place", "//evil.example")]);
        let sent = browser.post(FORM, &typed).await;
        assert_eq!(sent.status, status, "{role:?}: {}", sent.body);
        if status == StatusCode::SEE_OTHER {
            assert!(sent.location().starts_with("/admin/campaigns/1/test?"), "{}", sent.location());
        }
    }
    for _ in 0..10 {
        assert_eq!(
            send(&office.owner, "boss@team.example", "").await.status,
            StatusCode::SEE_OTHER
        );
    }
    let refused = send(&office.owner, "boss@team.example", "").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.body);
    assert_eq!(office.house.relay.asked().len(), 11);
}

#[tokio::test]
async fn from_the_page_of_a_draft_a_test_leads_back_to_it() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let part = async |page: String| {
        let page = format!("http://127.0.0.1{page}");
        let headers = [("hx-request", "true"), ("hx-current-url", page.as_str())];
        office.owner.send(Method::GET, &format!("{DRAFT}/send"), &headers, "").await
    };
    let shown = part(format!("{DRAFT}?tested=7")).await;
    assert_eq!(hidden(&shown, "place"), "");
    assert!(shown.body.contains("href=\"/admin/inbox/7\""), "{}", shown.body);
    assert_eq!(hidden(&part(format!("{DRAFT}/send")).await, "place"), "send");
    let sent = send(&office.owner, "boss@team.example", "").await;
    assert_eq!(sent.location(), format!("{DRAFT}?tested=1#test"));
    added(&office.house.store, "ann@team.example", Role::Author, &[]).await;
    let author = Browser::signed_in(&office.house.open, "ann@team.example").await;
    assert!(author.get(DRAFT).await.body.contains(&format!("href=\"{FORM}\"")));
}
