//! Every route, with every kind of token: nobody gets further than they may, and an allowed call
//! proves that what was refused is there.

use std::collections::BTreeSet;

use access::{Object, token_revoke, user_role_set};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use model::{Right, RightReach, Role};
use web::{API_ROUTES, ApiNeeds, ApiRoute, Verb};

use crate::events::record;
use crate::house::{Answer, House, Side, now, system};

/// The route's address for things of one side.
fn address(route: &ApiRoute, side: &Side) -> String {
    let number = match route.path.starts_with("/api/v1/inbox") {
        true => side.message.to_string(),
        false => side.campaign.to_string(),
    };
    let id = match route.path.split('/').nth(3) {
        Some("contacts") => side.contact.to_string(),
        Some("announcements") => side.announcement.to_string(),
        Some("jobs") => side.job.to_string(),
        Some("requests") => side.request.to_string(),
        _ => "1".to_owned(),
    };
    let values = [("{number}", number.as_str()), ("{id}", &id), ("{slug}", side.slug)];
    let contact = side.contact.to_string();
    let path = match route.operation {
        "media_add" => "/api/v1/media?name=new.txt",
        "tag_rename" => "/api/v1/tags/kept",
        "tag_remove" => "/api/v1/tags/kept/remove",
        "segment_get" | "segment_set" => "/api/v1/segments/kept",
        "segment_count" => "/api/v1/segments/kept/count?sample=true",
        "segment_remove" => "/api/v1/segments/kept/remove",
        "attribute_set" => "/api/v1/attributes/since",
        "attribute_remove" => "/api/v1/attributes/since/remove",
        "form_get" | "form_set" => "/api/v1/forms/join",
        "form_close" => "/api/v1/forms/join/close",
        "form_remove" => "/api/v1/forms/join/remove",
        "campaigns_compare" => "/api/v1/reports/compare?campaigns={number}",
        _ => route.path,
    };
    values
        .into_iter()
        .chain([("{contact}", contact.as_str()), ("{name}", "note.txt"), ("{code}", "query")])
        .chain([("{session}", "1"), ("{email}", side.email), ("{visitor}", &"7f".repeat(12))])
        .chain([
            ("{version}", "2026-11-25"),
            ("{event}", "eAQEA"),
            ("{link}", if side.slug == "news" { "1" } else { "2" }),
            ("{schedule}", if side.slug == "news" { "1" } else { "2" }),
        ])
        .fold(path.to_owned(), |path, (name, value)| path.replace(name, value))
}

/// A body with which a route can be meant, for those that take one.
const BODIES: &[(&str, &str)] = &[
    ("token_create", r#"{"name":"x","scopes":["users:write"]}"#),
    (
        "campaign_create",
        r#"{"text":"---\nsubject: x\nfrom: a@b.example\ntopic: news\n---\nx\n","topic":"news"}"#,
    ),
    ("announcement_add", r#"{"name":"new","text":"---\nsubject: x\nfrom: a@b.example\n---\nx\n"}"#),
    ("announcement_text_put", r#"{"text":"---\nsubject: y\nfrom: a@b.example\n---\ny\n"}"#),
    ("campaign_edit", r#"{"topic":"news"}"#),
    ("campaign_text_put", r#"{"text":"half a te"}"#),
    ("contact_create", r#"{"email":"new@own.example","topics":["news"],"proof":"a form"}"#),
    (
        "contact_batch",
        "{\"email\":\"line@own.example\",\"topics\":[\"news\"],\"proof\":\"a form\"}\n",
    ),
    ("import_create", "email\nfile@own.example\n"),
    ("erasure_create", "x@gone.example\n"),
    ("export_create", "{}"),
    ("import_undo", "{}"),
    (
        "report_schedule_create",
        r#"{"topic":"news","times":"weekly mon 9","to":["eva@team.example"]}"#,
    ),
    ("share_link_create", r#"{"name":"The printer"}"#),
    ("report_contacts_export", r#"{"did":"opened","bound":"at_most"}"#),
    ("contact_edit", r#"{"attributes":{"plan":"pro"}}"#),
    ("contact_merge", r#"{"other":"{foreign}","dry_run":true}"#),
    ("contact_unmerge", r#"{"other":"{foreign}"}"#),
    ("contacts_bulk", r#"{"act":"clear","subject":"nothing","topic":"news"}"#),
    ("contact_subscribe", r#"{"topic":"news","proof":"a call"}"#),
    ("contact_unsubscribe", r#"{"topic":"news"}"#),
    ("address_suppress", r#"{"email":"x@gone.example","reason":"manual"}"#),
    ("address_unsuppress", r#"{"email":"x@gone.example"}"#),
    ("address_erase", r#"{"email":"x@gone.example"}"#),
    ("contact_tracking_set", r#"{"mode":"off","forget":true,"source":"a letter"}"#),
    ("contact_sharing_set", r#"{"granted":false,"source":"a letter"}"#),
    ("reconfirmation_begin", r#"{"before":"2024-05-01"}"#),
    ("contact_pause_set", r#"{"until":null}"#),
    ("campaign_cap_set", r#"{"ignores_cap":true}"#),
    ("mail_cap_set", r#"{"at_most":"4 per 30 days"}"#),
    ("topic_tracking_set", r#"{"mode":"anonymous"}"#),
    ("campaign_tracking_set", r#"{"mode":"anonymous"}"#),
    ("tracking_set", r#"{"at_most":"identified","notice":"2026-11"}"#),
    ("contacts_tag", r#"{"topic":"news","add":["all"]}"#),
    ("contact_tag", r#"{"add":["vip"],"remove":["old"]}"#),
    ("tag_rename", r#"{"name":"Kept"}"#),
    ("tag_remove", "{}"),
    ("attribute_set", r#"{"kind":"date"}"#),
    ("form_set", r#"{"title":"Join","topics":["news"],"notice":"We write."}"#),
    ("segment_set", r#"{"text":"not suppressed"}"#),
    ("campaign_audience_set", r#"{"segments":[],"except":[]}"#),
    ("topic_set", r#"{"name":"News"}"#),
    ("topic_archive", r#"{"open":true}"#),
    ("campaign_publish", "{}"),
    ("media_remove", "{}"),
    ("media_add", "A text."),
    ("media_describe", r#"{"alt":"words"}"#),
    ("user_create", r#"{"email":"sam@team.example","name":"Sam","role":"reporter"}"#),
    ("user_role", r#"{"role":"reporter"}"#),
    ("user_topics", r#"{"topics":[]}"#),
    ("relay_test", r#"{"to":"ann@example.com"}"#),
    ("settings_sender_put", r#"{"postal_address":"1 Quay"}"#),
    ("rule_set_use", r#"{"version":"2026-11-27"}"#),
    ("settings_relay_put", r#"{"port":587}"#),
    ("campaign_start", r#"{"expect":{"audience_at_most":10}}"#),
    ("campaign_test_send", r#"{"to":["boss@own.example"]}"#),
    ("campaign_retry", r#"{"state":"failed"}"#),
    (
        "processor_set",
        r#"{"country":"DE","basis":"law","purposes":["a court"],"fields":["address"]}"#,
    ),
    ("request_add", r#"{"kind":"access","email":"asks@own.example","text":"A copy"}"#),
    ("request_extend", r#"{"reason":"much to look for"}"#),
    ("request_answer", r#"{"outcome":"by post"}"#),
    ("request_refuse", r#"{"outcome":"by post"}"#),
    ("request_withdraw", r#"{"outcome":"by post"}"#),
    ("message_send", r#"{"announcement":"own notice","to":"new@own.example"}"#),
];

fn body(route: &ApiRoute) -> &'static str {
    let found = BODIES.iter().find(|(operation, _)| *operation == route.operation);
    found.map_or("", |(_, body)| body)
}

/// Numbers and names of nothing.
fn nothing() -> Side {
    Side {
        request: 987,
        topic: model::TopicId(987),
        slug: "nothing",
        campaign: model::CampaignId(987),
        contact: model::ContactId(987),
        announcement: 987,
        message: 987,
        email: "nobody@gone.example",
        job: model::JobId(987),
    }
}

/// How the body is sent.
fn kind(route: &ApiRoute) -> &'static str {
    match route.operation {
        "contact_batch" => "application/x-ndjson",
        "import_create" | "erasure_create" => "text/csv",
        _ => "application/json",
    }
}

async fn ask(house: &House, route: &ApiRoute, side: &Side, token: Option<&str>) -> Answer {
    let method = match route.verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
        Verb::Patch => Method::PATCH,
        Verb::Put => Method::PUT,
    };
    static KEYS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let key = KEYS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    // People of no topic are imported by who is trusted with all.
    let query = match route.operation {
        "import_create" => "?topic=news",
        "erasure_create" => "?contacts_at_most=9",
        _ => "",
    };
    if ["event_get", "event_address"].contains(&route.operation) {
        record(house, &[(side.campaign, side.contact)]).await;
    }
    let mut request = Request::builder().method(method).uri(address(route, side) + query);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if route.verb != Verb::Get {
        request = request
            .header("idempotency-key", format!("matrix {key}"))
            .header("if-match", "*")
            .header("content-type", kind(route));
    }
    let body = body(route).replace("{foreign}", &house.foreign.contact.to_string());
    house.send(request.body(Body::from(body)).unwrap()).await
}

/// Whether somebody who may was let through: what is refused then is about the thing's state.
fn is_let_through(answer: &Answer) -> bool {
    answer.status.is_success() || answer.status == StatusCode::CONFLICT
}

fn known_routes() -> impl Iterator<Item = (&'static ApiRoute, Right)> {
    API_ROUTES.iter().filter_map(|route| match route.needs {
        ApiNeeds::Right(right) => Some((route, right)),
        ApiNeeds::Nothing | ApiNeeds::Token => None,
    })
}

#[tokio::test]
async fn each_route_needs_its_own_right_and_no_other() {
    let house = House::new().await;
    for (route, right) in known_routes() {
        let others: Vec<Right> = Right::ALL
            .into_iter()
            .filter(|it| *it != right && *it != Right::OwnershipWrite)
            .collect();
        let others = house.token(&others, &[]).await;
        let refused = ask(&house, route, &house.own, Some(&others)).await;
        let what = format!("{} {}", route.verb.as_str(), route.path);
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{what}: {}", refused.body);
        assert!(refused.body.contains(right.as_str()), "{what}: {}", refused.body);
        // Whoever lacks the right learns nothing of what is there.
        let gone = ask(&house, route, &nothing(), Some(&others)).await;
        assert_eq!(gone.status, StatusCode::FORBIDDEN, "{what}: {}", gone.body);
        let mut alone = vec![right];
        if right == Right::UsersWrite {
            // Nobody touches users who may do more: Eva is one who reads everything.
            alone.extend(Right::ALL.into_iter().filter(|it| Role::Auditor.may(*it)));
            alone.extend(Right::ALL.into_iter().filter(|it| Role::Reporter.may(*it)));
            alone.sort_unstable();
            alone.dedup();
        }
        let alone = house.token(&alone, &[]).await;
        let allowed = ask(&house, route, &house.own, Some(&alone)).await;
        assert!(is_let_through(&allowed), "{what}: {} {}", allowed.status, allowed.body);
    }
}

#[tokio::test]
async fn without_a_good_token_every_route_is_closed() {
    let house = House::new().await;
    let all: Vec<Right> =
        Right::ALL.into_iter().filter(|it| *it != Right::OwnershipWrite).collect();
    let good = house.token(&all, &[]).await;
    let (id, revoked) = house.token_of(&system(), &all, &[], None, true).await;
    token_revoke(&house.store, &system(), id, now()).await.unwrap();
    let soon = model::Timestamp(now().0 + 50_000);
    let (_, expired) = house.token_of(&system(), &all, &[], Some(soon), true).await;
    while now() <= soon {
        tokio::task::yield_now().await;
    }
    let mut broken = good.clone();
    broken.replace_range(20..21, if &good[20..21] == "a" { "b" } else { "a" });
    for route in API_ROUTES.iter() {
        let what = format!("{} {}", route.verb.as_str(), route.path);
        if route.needs == ApiNeeds::Nothing {
            assert!(ask(&house, route, &house.own, None).await.status.is_success(), "{what}");
            continue;
        }
        let missing = ask(&house, route, &house.own, None).await;
        assert_eq!((missing.status.as_u16(), missing.code().as_str()), (401, "token_missing"));
        assert_eq!(missing.header("www-authenticate"), Some("Bearer realm=\"pharos\""), "{what}");
        let mut told = BTreeSet::new();
        for token in [&broken, &revoked, &expired, "ph_live_", "ü"] {
            let refused = ask(&house, route, &house.own, Some(token)).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{what} {token}");
            let mut told_now = refused.json();
            told_now["request_id"] = "".into();
            if token != "ü" {
                told.insert(told_now.to_string());
            }
        }
        assert_eq!(told.len(), 1, "{what}: {told:?}");
        let good = ask(&house, route, &house.own, Some(&good)).await;
        assert!(is_let_through(&good), "{what}: {}", good.body);
    }
}

#[tokio::test]
async fn what_its_owner_loses_a_token_loses_at_the_same_moment() {
    let house = House::new().await;
    let (user, actor) = house.user("zoe@team.example", Role::Marketer).await;
    let scopes = [Right::ContactsRead, Right::CampaignsSend, Right::ReportsRead];
    let (_, token) = house.token_of(&actor, &scopes, &[], None, true).await;
    let path = format!("/api/v1/campaigns/{}/report", house.own.campaign);
    assert!(house.get("/api/v1/contacts", &token).await.status.is_success());
    assert!(house.get(&path, &token).await.status.is_success());
    let permit = system().may(Right::UsersWrite, Object::Installation).unwrap();
    user_role_set(&house.store, &permit, user, Role::Reporter, now()).await.unwrap();
    assert_eq!(house.get("/api/v1/contacts", &token).await.status, StatusCode::FORBIDDEN);
    assert!(house.get(&path, &token).await.status.is_success());
    let me = house.get("/api/v1/me", &token).await.json();
    assert_eq!(me["scopes"], serde_json::json!(["reports:read"]));
    assert_eq!(me["owner"], user.to_string());
    access::user_disable(&house.store, &permit, user, now()).await.unwrap();
    assert_eq!(house.get(&path, &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_foreign_topics_thing_can_not_be_told_from_none() {
    for (route, right) in known_routes() {
        // What one changes must not let another one in.
        let house = House::new().await;
        let what = format!("{} {}", route.verb.as_str(), route.path);
        let narrow = house.token(&[right], &[house.own.topic]).await;
        let own = ask(&house, route, &house.own, Some(&narrow)).await;
        // A person belongs to no topic, and neither does a browser, a message that a program asks
        // for, or what such messages say.
        let of_all = [
            "/api/v1/addresses",
            "/api/v1/erasures",
            "/api/v1/messages",
            "/api/v1/visitors",
            "/api/v1/requests",
        ];
        let is_of_all = of_all.into_iter().any(|it| route.path.starts_with(it));
        let writes_for_all =
            right == Right::AnnouncementsWrite && route.path.starts_with("/api/v1/announcements");
        // What they say about tracking and sharing and a pause hold for every topic.
        let of_a_contact = [
            "contact_tracking_set",
            "contact_sharing_set",
            "sharing_notice_preview",
            "contact_pause_set",
        ];
        let is_of_all = is_of_all || writes_for_all || of_a_contact.contains(&route.operation);
        let is_of_all = is_of_all || route.operation == "contact_visitors";
        let merging = ["contact_duplicates", "contact_merges", "contact_merge", "contact_unmerge"];
        let is_of_all = is_of_all || merging.contains(&route.operation);
        let is_of_all =
            is_of_all || ["attribute_set", "attribute_remove"].contains(&route.operation);
        let writes_form = right == Right::ContactsWrite && route.path.starts_with("/api/v1/forms");
        let is_of_all = is_of_all
            || writes_form
            || ["segment_set", "segment_remove"].contains(&route.operation);
        let is_of_all = is_of_all || route.path.starts_with("/api/v1/tags");
        if right.reach() == RightReach::Installation || is_of_all {
            assert_eq!(own.status, StatusCode::FORBIDDEN, "{what}: {}", own.body);
            continue;
        }
        assert!(is_let_through(&own), "{what}: {} {}", own.status, own.body);
        let names_topics = ["{number}", "{slug}", "contacts/{id}", "jobs/{id}"]
            .into_iter()
            .any(|it| route.path.contains(it));
        if !names_topics {
            continue;
        }
        let foreign = ask(&house, route, &house.foreign, Some(&narrow)).await;
        let absent = ask(&house, route, &nothing(), Some(&narrow)).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{what}: {}", foreign.body);
        let bare = |answer: &Answer| {
            let mut body = answer.json();
            body["request_id"] = "".into();
            (
                answer.status,
                body,
                answer.headers.keys().map(|it| it.to_string()).collect::<Vec<_>>(),
            )
        };
        assert_eq!(bare(&foreign), bare(&absent), "{what}");
        let wide = house.token(&[right], &[]).await;
        let proof = ask(&house, route, &house.foreign, Some(&wide)).await;
        assert!(is_let_through(&proof), "{what}: it is there: {}", proof.body);
    }
}

/// What only the other topic's things are called.
fn markers(side: &Side) -> Vec<String> {
    vec!["foreign".to_owned(), side.contact.to_string(), side.slug.to_owned()]
}

#[tokio::test]
async fn a_token_of_one_topic_reads_nothing_of_another() {
    let house = House::new().await;
    let rights: Vec<Right> =
        Right::ALL.into_iter().filter(|it| it.reach() != RightReach::Installation).collect();
    let narrow = house.token(&rights, &[house.own.topic]).await;
    // The announcements are shared by all topics, and so are their texts.
    let shared = [
        "/api/v1/announcements",
        "/api/v1/announcements/{id}",
        "/api/v1/announcements/{id}/text",
        "/api/v1/announcements/{id}/preview",
    ];
    let mut looked = 0;
    for (route, right) in known_routes() {
        if route.verb != Verb::Get || right.reach() == RightReach::Installation {
            continue;
        }
        for query in ["", "?limit=500", "?q=foreign", "?topic=foreign-topic", "?state=subscribed"] {
            let address = address(route, &house.own) + query;
            let answer = house.get(&address, &narrow).await;
            if shared.contains(&route.path) {
                continue;
            }
            for marker in markers(&house.foreign) {
                let text = answer.body.replace("“foreign", "");
                assert!(!text.contains(&marker), "{address} tells {marker}: {text}");
            }
            looked += 1;
        }
    }
    assert!(looked > 40, "{looked}");
    let foreign = house.foreign.announcement;
    let text = house.get(&format!("/api/v1/announcements/{foreign}"), &narrow).await.json();
    assert_eq!(text["campaigns"], serde_json::json!([]), "{text}");
    let lists = house.get("/api/v1/contacts", &narrow).await.json();
    assert_eq!(lists["data"].as_array().unwrap().len(), 2, "{lists}");
}

#[tokio::test]
async fn what_changes_something_is_logged_by_its_word() {
    let house = House::new().await;
    let token = house.everything().await;
    for route in API_ROUTES.iter().filter(|route| route.audit.is_some()) {
        // A campaign was started here, and beside that there is no place for sample data.
        if route.operation == "sample_add" {
            continue;
        }
        // Two become one by the first, and what others need is gone; what they log is in `contact_merges`.
        if ["contact_merge", "contact_unmerge"].contains(&route.operation) {
            continue;
        }
        // One after the other, what each needs comes about; see the table's order.
        let before = house.log().await.len();
        let side = match route.operation {
            "campaign_edit" | "campaign_delete" | "campaign_text_put" | "campaign_start"
            | "campaign_take_back" => {
                let text = "---\\nsubject: y\\nfrom: a@b.example\\ntopic: news\\n---\\ny\\n";
                let body = format!("{{\"text\":\"{text}\"}}");
                let made = house.post("/api/v1/campaigns", &token, route.operation, &body).await;
                let number: i64 = made.json()["id"].as_str().unwrap().parse().unwrap();
                let id = house.store.campaign_by_number(model::CampaignNumber(number)).await;
                let id = id.unwrap().unwrap();
                if route.operation == "campaign_take_back" {
                    let start = format!("/api/v1/campaigns/{number}/start");
                    let body =
                        "{\"expect\":{\"audience_at_most\":9},\"at\":\"2027-01-01T00:00:00Z\"}";
                    let started = house.post(&start, &token, "later", body).await;
                    assert!(started.status.is_success(), "{}", started.body);
                }
                Side { campaign: id, ..house.own.clone() }
            }
            "announcement_delete" => {
                let body =
                    r#"{"name":"gone","text":"---\nsubject: x\nfrom: a@b.example\n---\nx\n"}"#;
                let made = house.post("/api/v1/announcements", &token, route.operation, body).await;
                let announcement = made.json()["id"].as_str().unwrap().parse().unwrap();
                Side { announcement, ..house.own.clone() }
            }
            // Each closes one.
            "request_answer" | "request_refuse" | "request_withdraw" => {
                let request = house.store.request_add(super::house::question()).await.unwrap();
                Side { request, ..house.own.clone() }
            }
            _ => house.own.clone(),
        };
        let done = ask(&house, route, &side, Some(&token)).await;
        assert!(done.status.is_success(), "{}: {}", route.path, done.body);
        let log = house.log().await;
        assert!(log.len() > before, "{}", route.path);
        assert_eq!(log.last().map(String::as_str), route.audit, "{}: {log:?}", route.path);
    }
    let moved = Request::patch(format!("/api/v1/contacts/{}", house.own.contact))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("if-match", "*")
        .body(Body::from(r#"{"email":"moved@own.example"}"#));
    let moved = house.send(moved.unwrap()).await;
    assert!(moved.status.is_success(), "{}", moved.body);
    // The log is kept for good, so it names nobody's address.
    for entry in house.store.audit_after(0).await.unwrap() {
        let told = [entry.before, entry.after, Some(entry.object_id)];
        assert!(!told.iter().flatten().any(|it| it.contains('@')), "{} {told:?}", entry.action);
    }
}
