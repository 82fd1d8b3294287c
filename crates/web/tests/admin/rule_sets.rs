//! Rule sets on pages: what would change is shown, one is chosen once, and a report is by any of them.

use std::time::Duration;

use axum::http::StatusCode;
use model::{HitKind, LinkSlot, Role, Rule, RulesSeen};
use store::{HitBatch, RecorderProgress};

use super::people::{Browser, OWNER, added};
use super::{House, hit, hostile};

const OLD: &str = "2026-11-25";
const NEW: &str = "2026-11-28";

/// A house in which one contact looks like a person to the old rule set and like a scanner to the new
/// one: a browser that has followed every link at once.
async fn house() -> House {
    let house = House::without_inbox().await;
    let (campaign, contact) = hostile(&house).await;
    let seen = RulesSeen::NONE.with(Rule::AGENT_BROWSER).with(Rule::LINKS_BURST);
    let other = model::ContactId(contact.0 + 1);
    let mut hits = vec![
        hit(3, campaign, other, HitKind::View),
        hit(4, campaign, other, HitKind::Click(LinkSlot(0))),
    ];
    for hit in &mut hits {
        hit.rules = seen;
    }
    let progress = RecorderProgress::Runs(Vec::new());
    let batch = HitBatch { recorder: 1, hits, gaps: Vec::new(), progress, soon: Duration::ZERO };
    house.store.hits_record(batch).await.unwrap();
    house
}

fn key_of(body: &str) -> String {
    let rest = body.split("name=\"key\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The row's cells, without markup.
fn row(body: &str, name: &str) -> Vec<String> {
    let row = body.split("<tr>").find(|row| row.contains(name)).unwrap();
    let text = |cell: &str| {
        let cell = cell.split("</td>").next().unwrap_or_default();
        let parts = cell.split('<').filter_map(|part| part.split_once('>'));
        parts.map(|(_, text)| text.trim()).collect::<String>()
    };
    row.split("<td class=\"n\"").skip(1).map(|cell| text(&format!("<{cell}"))).collect()
}

#[tokio::test]
async fn what_would_change_is_shown_before_one_is_chosen_and_it_is_chosen_once() {
    let house = house().await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    let list = owner.get("/admin/rule-sets").await.body;
    assert!(list.find("in use").unwrap() < list.find(OLD).unwrap(), "the newest first: {list}");
    let page = owner.get(&format!("/admin/rule-sets/{OLD}")).await.body;
    assert!(page.contains("1 of the newest 1 campaigns"), "{page}");
    let cells = row(&page, "beside=2026-11-25");
    assert_eq!(cells, ["1", "2", "1", "2"], "opened and clicked, before and after");
    let used = owner.get(&format!("/admin/rule-sets/{NEW}")).await.body;
    assert!(!used.contains("What would change") && !used.contains("/use\""), "{used}");
    let (at, key) = (format!("/admin/rule-sets/{OLD}/use"), key_of(&page));
    let form = format!("key={key}&in_use={NEW}");
    for message in ["rules-used", "done-before"] {
        let done = owner.post(&at, &form).await;
        assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/admin/rule-sets"));
        assert!(done.cookies().iter().any(|it| it.contains(message)), "{:?}", done.cookies());
    }
    let log = house.store.audit_after(0).await.unwrap();
    assert_eq!(log.iter().filter(|it| it.action == "rules.use").count(), 1);
    let rules = report::rules_in_use(&house.store).await.unwrap();
    assert_eq!(rules.version, OLD);
}

#[tokio::test]
async fn a_change_that_was_shown_of_another_one_is_refused_and_shown_anew() {
    let house = house().await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    let page = owner.get(&format!("/admin/rule-sets/{OLD}")).await.body;
    let form = format!("key={}&in_use=2020-01-01", key_of(&page));
    let late = owner.post(&format!("/admin/rule-sets/{OLD}/use"), &form).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.body.contains("chosen meanwhile") && late.body.contains("1 of the newest 1"));
    assert_eq!(report::rules_in_use(&house.store).await.unwrap().version, NEW);
    for path in ["/admin/rule-sets/2020-01-01", "/admin/rule-sets/%3Cevil%3E"] {
        assert_eq!(owner.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn who_may_not_choose_sees_what_would_change_in_their_topics() {
    let house = house().await;
    let foreign = house.store.topic_ensure("foreign".into(), "Foreign".into()).await.unwrap();
    let news = house.store.topic_by_slug("news".into()).await.unwrap().unwrap().id;
    for (name, topic, shows) in [("in", news, true), ("out", foreign, false)] {
        let email = format!("{name}@team.example");
        added(&house.store, &email, Role::Reporter, &[topic]).await;
        let reader = Browser::signed_in(&house.open, &email).await;
        let page = reader.get(&format!("/admin/rule-sets/{OLD}")).await.body;
        assert_eq!(page.contains("1 of the newest 1"), shows, "{name}");
        assert_eq!(page.contains("No campaign has been started"), !shows, "{name}");
        assert!(!page.contains("/use\""), "{name} may not choose");
    }
}

#[tokio::test]
async fn a_report_is_by_any_rule_set_and_by_two_beside_each_other() {
    let house = house().await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    let plain = owner.get("/admin/campaigns/1").await.body;
    assert!(plain.contains("2026-11-28, in use") && !plain.contains("By two rule sets"), "{plain}");
    assert!(!plain.contains("These figures are by"), "{plain}");
    let old = owner.get(&format!("/admin/campaigns/1?rules={OLD}&beside=")).await.body;
    assert!(old.contains("These figures are by the rule set 2026-11-25"), "{old}");
    assert!(old.contains("/stream?rules=2026-11-25"), "it stays by it when it renews itself");
    let live = owner.get(&format!("/admin/campaigns/1/live?rules={OLD}")).await.body;
    assert!(live.contains("These figures are by the rule set 2026-11-25"), "{live}");
    let both = owner.get(&format!("/admin/campaigns/1?rules={OLD}&beside={NEW}")).await.body;
    assert_eq!(row(&both, "Opened, at least"), ["2", "1", "−1"]);
    assert_eq!(row(&both, "Clicked, at most"), ["2", "1", "−1"]);
    assert_eq!(row(&both, "Reached only by machines"), ["0", "1", "+1"]);
    // The same figures in the files.
    for (version, floor) in [(OLD, 2), (NEW, 1)] {
        let path = format!("/admin/campaigns/1/report.json?rules={version}");
        let json: serde_json::Value = serde_json::from_str(&owner.get(&path).await.body).unwrap();
        assert_eq!(json["evidence"]["floor"], floor, "{version}");
        assert_eq!(json["rules_version"], version);
        let csv = owner.get(&path.replace("json", "csv")).await.body;
        assert!(csv.contains(&format!("opened by,\"people, at least\",,{floor}")), "{csv}");
    }
    for query in ["rules=2020-01-01", "beside=%3Cevil%3E"] {
        for part in ["", "/live", "/report.json", "/report.csv", "/stream"] {
            let refused = owner.get(&format!("/admin/campaigns/1{part}?{query}")).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{part}?{query}");
            assert!(!refused.body.contains("<evil"), "{}", refused.body);
        }
    }
}
