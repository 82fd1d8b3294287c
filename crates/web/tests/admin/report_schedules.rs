//! Reports that are mailed at set times, on pages.

use axum::http::StatusCode;
use model::Role;

use super::forms::{form, hidden};
use super::people::{Browser, OWNER, added};
use super::{House, assert_harmless, hostile};

const PATH: &str = "/admin/reports/schedules";

#[tokio::test]
async fn a_report_is_scheduled_listed_and_removed() {
    let house = House::without_inbox().await;
    hostile(&house).await;
    added(&house.store, "rob@team.example", Role::Reporter, &[]).await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    let filled = owner.get(&format!("{PATH}?campaign=1")).await;
    assert!(filled.body.contains("name=\"campaigns\" value=\"1\""), "{}", filled.body);
    let post = async |fields: &[(&str, &str)]| {
        let key = hidden(&owner.get(PATH).await, "key");
        let mut all = vec![("key", key.as_str()), ("zone", "Europe/Madrid")];
        all.extend(fields);
        owner.post(PATH, &form(&all)).await
    };
    for (fields, part) in [
        (&[("campaigns", "1"), ("times", "yearly"), ("to", "rob@team.example")][..], "daily 9"),
        (
            &[("campaigns", "x"), ("times", "daily 9"), ("to", "rob@team.example")],
            "numbers of campaigns",
        ),
        (&[("times", "daily 9"), ("to", "rob@team.example")], "Name a campaign"),
        (&[("campaigns", "1"), ("times", "daily 9"), ("to", super::EVIL)], "value="),
        (
            &[("campaigns", "1"), ("times", "daily 9"), ("to", "no@team.example")],
            "not the address of one",
        ),
    ] {
        let refused = post(fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert!(refused.body.contains(part), "no {part:?} in {}", refused.body);
        assert!(!refused.body.contains("<evil"), "{}", refused.body);
    }
    let made =
        post(&[("campaigns", "1"), ("times", "Weekly Mon 9"), ("to", "rob@team.example")]).await;
    assert_eq!(made.location(), PATH, "{}", made.body);
    let list = house.get(PATH).await;
    assert_harmless(PATH, &list);
    assert!(list.body.contains("weekly mon 9 Europe/Madrid") && list.body.contains("Campaign 1"));
    let key = hidden(&owner.get(PATH).await, "key");
    let removed = owner.post(&format!("{PATH}/1/remove"), &form(&[("key", &key)])).await;
    assert_eq!(removed.location(), PATH, "{}", removed.body);
    assert_eq!(house.get(PATH).await.body.matches(">Remove<").count(), 0);
    let entries = house.store.audit_after(0).await.unwrap();
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions[actions.len() - 2..], ["report_schedule.add", "report_schedule.remove"]);
    let rob = Browser::signed_in(&house.open, "rob@team.example").await;
    assert_eq!(rob.get(PATH).await.status, StatusCode::FORBIDDEN);
    assert!(!rob.get("/admin/campaigns/1").await.body.contains("reports/schedules"));
}
