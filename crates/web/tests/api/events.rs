//! The feed of events.

use model::hit::HitSigns;
use model::{
    CampaignId, ContactId, Hit, HitClass, HitKind, HitOrigin, Right, Rule, RulesSeen, TopicId,
};
use serde_json::Value;
use store::{HitBatch, Mark, RecordedHit, RecorderProgress, hits_reader};

use crate::house::{Answer, House, now};

/// Records views of these campaigns, in this order; returns how many are new.
pub(crate) async fn record(house: &House, of: &[(CampaignId, ContactId)]) -> usize {
    let hit = |(index, (campaign, contact)): (usize, &(CampaignId, ContactId))| RecordedHit {
        node: 1,
        segment: 1,
        offset: u32::try_from(index).unwrap(),
        hit: Hit {
            at: now(),
            campaign: *campaign,
            contact: Some(*contact),
            kind: HitKind::View,
            visitor: None,
            client: Some([192, 0, 2, 1].into()),
            signs: HitSigns::default(),
            agent: b"Mozilla/5.0".to_vec(),
        },
        rules: RulesSeen::NONE.with(Rule::AGENT_BROWSER),
        class: HitClass::Person,
        origin: HitOrigin::default(),
    };
    let hits: Vec<RecordedHit> = of.iter().enumerate().map(hit).collect();
    let offset = u32::try_from(of.len()).unwrap();
    let mark = Mark { reader: hits_reader(1), segment: 1, offset };
    let progress = RecorderProgress::Marks(vec![mark]);
    let soon = std::time::Duration::ZERO;
    let batch = HitBatch { recorder: 1, hits, gaps: Vec::new(), progress, soon };
    house.store.hits_record(batch).await.unwrap().new
}

async fn views(house: &House, of: &[(CampaignId, ContactId)]) {
    assert_eq!(record(house, of).await, of.len());
}

async fn events(house: &House, query: &str, token: &str) -> Value {
    house.get(&format!("/api/v1/events?{query}"), token).await.json()
}

fn campaigns(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|it| it["campaign"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_token_sees_its_own_topics_events_and_goes_on_behind_foreign_ones() {
    let house = House::new().await;
    let (own, other) = (&house.own, &house.foreign);
    let mine = (own.campaign, own.contact);
    let theirs = (other.campaign, other.contact);
    views(&house, &[theirs, theirs, theirs, mine, theirs, mine]).await;
    let read = |topics: Vec<TopicId>| house.token(&[Right::DeliveriesRead], topics.leak());
    let (all, narrow) = (read(Vec::new()).await, read(vec![own.topic]).await);
    let number = own.campaign.to_string();
    assert_eq!(campaigns(&events(&house, "", &all).await).len(), 6);
    let mut query = "limit=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = events(&house, &query, &narrow).await;
        seen.extend(campaigns(&page).into_iter().map(str::to_owned));
        if page["more"] == false {
            break;
        }
        query = format!("limit=2&after={}", page["next"].as_str().unwrap());
    }
    assert_eq!(seen, [number.clone(), number.clone()]);
    assert_eq!(campaigns(&events(&house, &format!("campaign={number}"), &all).await).len(), 2);
    let foreign = format!("/api/v1/events?campaign={}", other.campaign);
    assert_eq!(house.get(&foreign, &narrow).await.code(), "campaign_not_found");
    let page = events(&house, "limit=1", &all).await;
    let theirs = format!("/api/v1/events/{}", page["data"][0]["id"].as_str().unwrap());
    let told = house.get(&theirs, &all).await.json();
    assert_eq!(told["event"], page["data"][0]);
    assert_eq!(told["words"], "it named a browser with its engine; it counts as person, for that");
    let absent = house.get("/api/v1/events/eAQHoBw", &narrow).await;
    for refused in [house.get(&theirs, &narrow).await, absent] {
        assert_eq!((refused.code().as_str(), refused.status.as_u16()), ("event_not_found", 404));
    }
    assert_eq!(house.get("/api/v1/events/rubbish", &all).await.code(), "event_not_found");
    let text = page.to_string();
    assert!(
        !text.contains("192.0.2") && !text.contains("Mozilla") && !text.contains('@'),
        "{text}"
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_an_empty_page_goes_on() {
    let house = House::new().await;
    let token = house.everything().await;
    let refused = async |query: &str| -> Answer {
        house.get(&format!("/api/v1/events?{query}"), &token).await
    };
    for (query, code) in [
        ("after=x", "cursor"),
        ("limit=0", "query"),
        ("limit=10001", "query"),
        ("wait=31", "query"),
        ("since=yesterday", "query"),
        ("campaign=987", "campaign_not_found"),
        ("rules=2020-01-01", "rule_set_not_found"),
        ("before=1", "query"),
    ] {
        assert_eq!(refused(query).await.code(), code, "{query}");
    }
    let empty = events(&house, "wait=1", &token).await;
    assert_eq!((campaigns(&empty).len(), &empty["more"]), (0, &Value::Bool(false)));
    let next = empty["next"].as_str().unwrap().to_owned();
    assert_eq!(events(&house, &format!("after={next}"), &token).await["next"], next);
}

#[tokio::test]
async fn whoever_waits_gets_the_next_event_when_it_comes() {
    let house = House::new().await;
    let token = house.everything().await;
    let mine = [(house.own.campaign, house.own.contact)];
    let waiting = events(&house, "wait=30", &token);
    let (page, ()) = tokio::join!(waiting, views(&house, &mine));
    assert_eq!(campaigns(&page).len(), 1);
}

#[tokio::test]
async fn whose_events_were_removed_is_told_where_to_go_on() {
    let house = House::new().await;
    let token = house.everything().await;
    let begun = events(&house, "", &token).await;
    views(&house, &[(house.own.campaign, house.own.contact)]).await;
    let after = model::Timestamp(now().0 + 1);
    while house.store.events_expire(after).await.unwrap().more {}
    let path = format!("/api/v1/events?after={}", begun["next"].as_str().unwrap());
    let gone = house.get(&path, &token).await;
    assert_eq!((gone.status.as_u16(), gone.code().as_str()), (410, "events_removed"));
    let next = gone.json()["next"].as_str().unwrap().to_owned();
    let left = events(&house, &format!("after={next}"), &token).await;
    assert_eq!((campaigns(&left).len(), &left["more"]), (0, &Value::Bool(false)));
}

#[tokio::test]
async fn an_events_network_is_told_and_its_address_only_on_the_record() {
    let house = House::new().await;
    house.store.client_secret_lend(store::ClientSecret::new([7; 32].into()));
    views(&house, &[(house.own.campaign, house.own.contact)]).await;
    let all = house.everything().await;
    let page = events(&house, "", &all).await;
    let path = format!("/api/v1/events/{}", page["data"][0]["id"].as_str().unwrap());
    let told = house.get(&path, &all).await;
    assert_eq!(told.json()["network"], "192.0.2.0/24", "{}", told.body);
    assert!(!told.body.contains("192.0.2.1") && !page.to_string().contains("192.0.2"));
    let ask = async |path: &str, token: &str| {
        let request = axum::http::Request::post(format!("{path}/address"))
            .header("authorization", format!("Bearer {token}"));
        house.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    let logged = async || {
        let log = house.store.audit_after(0).await.unwrap();
        log.into_iter().filter(|entry| entry.action == "event.address").collect::<Vec<_>>()
    };
    // Who reads events, contacts and reports does not get at it, and leaves no trace of having tried.
    let curious = [Right::DeliveriesRead, Right::ContactsRead, Right::ReportsRead];
    let curious = house.token(&curious, &[]).await;
    assert_eq!(ask(&path, &curious).await.status, 403);
    assert_eq!(ask("/api/v1/events/eAQHoBw", &all).await.code(), "event_not_found");
    assert!(logged().await.is_empty());
    let answer = ask(&path, &all).await;
    assert_eq!(answer.json()["address"], "192.0.2.1", "{}", answer.body);
    let entries = logged().await;
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    assert!(path.ends_with(&entry.object_id) && entry.object_kind == "event", "{entry:?}");
    assert!(!format!("{entry:?}").contains("192.0.2"), "{entry:?}");
    // When its time is over the network is left.
    let later = model::Timestamp(now().0 + 40 * 24 * model::Timestamp::HOUR);
    while house.store.clients_shorten(later).await.unwrap() {}
    assert_eq!(ask(&path, &all).await.json()["address"], Value::Null);
    assert_eq!(house.get(&path, &all).await.json()["network"], "192.0.2.0/24");
}
