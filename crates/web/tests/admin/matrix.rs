//! Every route of the table, by every role, on all topics, on its own and on a foreign one: who is let
//! through, and what the others are told. A route without a call in [`CALLS`] fails.

use axum::http::{Method, StatusCode};
use model::{Right, RightReach, Role, TopicId};
use store::{ActorKind, ActorRecord, NewJob, NewTestMessage};
use web::{ADMIN_ROUTES, Access, AdminRoute, RouteObject};

use super::people::{Answer, Browser, added};
use super::{AT, House, contact};

/// Route, address with what the house holds, form. `{gone}` is what does not exist.
const CALLS: &[(&str, &str, &str)] = &[
    ("GET /admin", "/admin", ""),
    ("GET /admin/campaigns", "/admin/campaigns", ""),
    ("GET /admin/contacts/bulk", "/admin/contacts/bulk", ""),
    (
        "POST /admin/contacts/bulk",
        "/admin/contacts/bulk",
        "key={key}&topic=news&act=clear&attribute=nothing",
    ),
    ("GET /admin/contacts/bulk/{id}", "/admin/contacts/bulk/{bulk}", ""),
    ("POST /admin/contacts/bulk/{id}", "/admin/contacts/bulk/{bulk}", "key={key}&do=stop"),
    ("GET /admin/contacts/duplicates", "/admin/contacts/duplicates", ""),
    ("GET /admin/contacts/{id}/merge", "/admin/contacts/{contact}/merge", ""),
    (
        "POST /admin/contacts/{id}/merge",
        "/admin/contacts/{contact}/merge",
        "key={key}&other={contact}",
    ),
    (
        "POST /admin/contacts/{id}/unmerge",
        "/admin/contacts/{contact}/unmerge",
        "key={key}&undone=999999",
    ),
    ("GET /admin/contacts/{id}/proof", "/admin/contacts/{contact}/proof", ""),
    ("GET /admin/contacts/{id}/history", "/admin/contacts/{contact}/history", ""),
    (
        "POST /admin/contacts/{id}/tags",
        "/admin/contacts/{contact}/tags",
        "key={key}&were=&tags=vip",
    ),
    ("GET /admin/contacts/attributes", "/admin/contacts/attributes", ""),
    (
        "POST /admin/contacts/attributes",
        "/admin/contacts/attributes",
        "key={key}&name=since&label=&kind=date&act=count",
    ),
    ("GET /admin/contacts/forms", "/admin/contacts/forms", ""),
    ("GET /admin/contacts/forms/{name}", "/admin/contacts/forms/evil", ""),
    (
        "POST /admin/contacts/forms",
        "/admin/contacts/forms",
        "key={key}&act=set&name=join&title=Join&topics=news&notice=We+write.",
    ),
    ("GET /admin/contacts/segments", "/admin/contacts/segments", ""),
    (
        "POST /admin/contacts/segments",
        "/admin/contacts/segments",
        "key={key}&name=fans&text=not+suppressed&act=keep",
    ),
    ("GET /admin/campaigns/live", "/admin/campaigns/live", ""),
    ("POST /admin/campaigns", "/admin/campaigns", "key={key}"),
    ("GET /admin/campaigns/{number}", "/admin/campaigns/{campaign}", ""),
    (
        "POST /admin/campaigns/{number}/write",
        "/admin/campaigns/{campaign}/write",
        "revision=0&source=Hello",
    ),
    ("GET /admin/campaigns/{number}/preview", "/admin/campaigns/{campaign}/preview", ""),
    (
        "POST /admin/campaigns/{number}/topic",
        "/admin/campaigns/{campaign}/topic",
        "key={key}&topic=news",
    ),
    (
        "POST /admin/campaigns/{number}/audience",
        "/admin/campaigns/{campaign}/audience",
        "key={key}",
    ),
    // Without a key, so that it stays for the others.
    ("POST /admin/campaigns/{number}/delete", "/admin/campaigns/{campaign}/delete", ""),
    ("GET /admin/campaigns/{number}/live", "/admin/campaigns/{campaign}/live", ""),
    ("GET /admin/campaigns/stream", "/admin/campaigns/stream", ""),
    ("GET /admin/campaigns/{number}/stream", "/admin/campaigns/{campaign}/stream", ""),
    ("GET /admin/imports/{id}/stream", "/admin/imports/{import}/stream", ""),
    ("GET /admin/erasures/{id}/stream", "/admin/erasures/{erasure}/stream", ""),
    ("GET /admin/campaigns/{number}/report.json", "/admin/campaigns/{campaign}/report.json", ""),
    ("GET /admin/campaigns/{number}/report.csv", "/admin/campaigns/{campaign}/report.csv", ""),
    (
        "GET /admin/campaigns/{number}/report/contacts",
        "/admin/campaigns/{campaign}/report/contacts",
        "",
    ),
    (
        "GET /admin/campaigns/{number}/report/domains",
        "/admin/campaigns/{campaign}/report/domains",
        "",
    ),
    (
        "GET /admin/campaigns/{number}/report/domains.csv",
        "/admin/campaigns/{campaign}/report/domains.csv",
        "",
    ),
    ("GET /admin/campaigns/{number}/report/hours", "/admin/campaigns/{campaign}/report/hours", ""),
    ("GET /admin/reports/schedules", "/admin/reports/schedules", ""),
    // Without anything to mail, so that nothing is; there is nothing to remove either.
    ("POST /admin/reports/schedules", "/admin/reports/schedules", "key={key}"),
    ("POST /admin/reports/schedules/{id}/remove", "/admin/reports/schedules/99/remove", ""),
    (
        "GET /admin/campaigns/{number}/report/share-links",
        "/admin/campaigns/{campaign}/report/share-links",
        "",
    ),
    // Without a key, so that none is made.
    (
        "POST /admin/campaigns/{number}/report/share-links",
        "/admin/campaigns/{campaign}/report/share-links",
        "",
    ),
    (
        "POST /admin/campaigns/{number}/report/share-links/{link}/revoke",
        "/admin/campaigns/{campaign}/report/share-links/1/revoke",
        "key={key}",
    ),
    (
        "POST /admin/campaigns/{number}/report/contacts/export",
        "/admin/campaigns/{campaign}/report/contacts/export",
        "key={key}&did=not_opened",
    ),
    ("GET /admin/campaigns/{number}/deliveries", "/admin/campaigns/{campaign}/deliveries", ""),
    (
        "GET /admin/campaigns/{number}/deliveries/{contact}",
        "/admin/campaigns/{campaign}/deliveries/{contact}",
        "",
    ),
    ("GET /admin/announcements", "/admin/announcements", ""),
    ("GET /admin/announcements/{id}", "/admin/announcements/1", ""),
    ("GET /admin/announcements/new", "/admin/announcements/new", ""),
    // Without a name, so that each is told the same.
    ("POST /admin/announcements", "/admin/announcements", "key={key}"),
    ("GET /admin/announcements/{id}/write", "/admin/announcements/1/write", ""),
    ("POST /admin/announcements/{id}/write", "/admin/announcements/1/write", "source=x"),
    ("GET /admin/announcements/{id}/preview", "/admin/announcements/1/preview", ""),
    ("GET /admin/announcements/{id}/message", "/admin/announcements/1/message", ""),
    ("POST /admin/announcements/{id}/message", "/admin/announcements/1/message", "key={key}"),
    ("POST /admin/announcements/{id}/delete", "/admin/announcements/1/delete", "key={key}"),
    ("GET /admin/contacts", "/admin/contacts", ""),
    ("GET /admin/contacts/{id}", "/admin/contacts/{contact}", ""),
    ("GET /admin/events/{event}", "/admin/events/eAQEB", ""),
    ("POST /admin/events/{event}/address", "/admin/events/eAQEB/address", "key={key}"),
    ("GET /admin/visitors", "/admin/visitors", ""),
    (
        "GET /admin/visitors/{visitor}/cut",
        "/admin/visitors/7f7f7f7f7f7f7f7f7f7f7f7f/cut?contact={contact}",
        "",
    ),
    (
        "POST /admin/visitors/{visitor}/cut",
        "/admin/visitors/7f7f7f7f7f7f7f7f7f7f7f7f/cut",
        "key={key}&contact={contact}",
    ),
    ("GET /admin/visitors/{visitor}/remove", "/admin/visitors/7f7f7f7f7f7f7f7f7f7f7f7f/remove", ""),
    (
        "POST /admin/visitors/{visitor}/remove",
        "/admin/visitors/7f7f7f7f7f7f7f7f7f7f7f7f/remove",
        "key={key}",
    ),
    ("GET /admin/topics", "/admin/topics", ""),
    ("POST /admin/announcements/{id}/campaign", "/admin/announcements/1/campaign", "key={key}"),
    ("POST /admin/media", "/admin/media", ""),
    ("POST /admin/media/{name}/alt", "/admin/media/{picture}/alt", "key={key}&alt=words"),
    // Without a key, so that it stays for the others.
    ("POST /admin/media/{name}/remove", "/admin/media/{picture}/remove", ""),
    ("GET /admin/media", "/admin/media", ""),
    ("GET /admin/media/{name}", "/admin/media/{picture}", ""),
    ("GET /admin/media/{name}/thumbnail", "/admin/media/{picture}/thumbnail", ""),
    ("GET /admin/inbox", "/admin/inbox", ""),
    ("GET /admin/inbox/picture.png", "/admin/inbox/picture.png", ""),
    ("GET /admin/inbox/{number}", "/admin/inbox/{message}", ""),
    ("GET /admin/inbox/{number}/html", "/admin/inbox/{message}/html", ""),
    ("GET /admin/messages", "/admin/messages", ""),
    ("GET /admin/messages/{id}", "/admin/messages/{single}", ""),
    ("GET /admin/campaigns/{number}/acts", "/admin/campaigns/{campaign}/acts", ""),
    ("GET /admin/campaigns/{number}/send", "/admin/campaigns/{campaign}/send", ""),
    ("GET /admin/campaigns/{number}/test", "/admin/campaigns/{campaign}/test", ""),
    (
        "POST /admin/campaigns/{number}/test",
        "/admin/campaigns/{campaign}/test",
        "key={key}&to=boss@own.example",
    ),
    (
        "POST /admin/campaigns/{number}/start",
        "/admin/campaigns/{campaign}/start",
        "key={key}&audience_at_most=1",
    ),
    (
        "POST /admin/campaigns/{number}/schedule",
        "/admin/campaigns/{campaign}/schedule",
        "key={key}&at=2027-01-01T09:00&zone=UTC",
    ),
    (
        "POST /admin/campaigns/{number}/take-back",
        "/admin/campaigns/{campaign}/take-back",
        "key={key}",
    ),
    ("POST /admin/campaigns/{number}/pause", "/admin/campaigns/{campaign}/pause", "key={key}"),
    ("POST /admin/campaigns/{number}/resume", "/admin/campaigns/{campaign}/resume", "key={key}"),
    (
        "POST /admin/campaigns/{number}/retry",
        "/admin/campaigns/{campaign}/retry",
        "key={key}&whom=failed&people=9",
    ),
    ("POST /admin/campaigns/{number}/publish", "/admin/campaigns/{campaign}/publish", "key={key}"),
    (
        "POST /admin/campaigns/{number}/withdraw",
        "/admin/campaigns/{campaign}/withdraw",
        "key={key}",
    ),
    ("GET /admin/contacts/new", "/admin/contacts/new", ""),
    ("POST /admin/contacts", "/admin/contacts", "key={key}&email={new}&topics=news&proof=asked"),
    ("GET /admin/contacts/{id}/edit", "/admin/contacts/{contact}/edit", ""),
    (
        "POST /admin/contacts/{id}/edit",
        "/admin/contacts/{contact}/edit",
        "key={key}&seen=1&was=&attributes=plan:+team",
    ),
    (
        "POST /admin/contacts/{id}/subscribe",
        "/admin/contacts/{contact}/subscribe",
        "key={key}&topic=news&proof=asked",
    ),
    (
        "POST /admin/contacts/{id}/unsubscribe",
        "/admin/contacts/{contact}/unsubscribe",
        "key={key}&topic=news",
    ),
    (
        "POST /admin/contacts/{id}/unsubscribe/everything",
        "/admin/contacts/{contact}/unsubscribe/everything",
        "key={key}",
    ),
    ("GET /admin/contacts/{id}/suppress", "/admin/contacts/{contact}/suppress", ""),
    (
        "POST /admin/contacts/{id}/suppress",
        "/admin/contacts/{contact}/suppress",
        "key={key}&reason=operator",
    ),
    ("POST /admin/contacts/{id}/lift", "/admin/contacts/{contact}/lift", "key={key}"),
    ("GET /admin/contacts/{id}/tracking", "/admin/contacts/{contact}/tracking", ""),
    (
        "POST /admin/contacts/{id}/tracking",
        "/admin/contacts/{contact}/tracking",
        "key={key}&mode=off&source=a+letter",
    ),
    ("GET /admin/contacts/{id}/pause", "/admin/contacts/{contact}/pause", ""),
    ("POST /admin/contacts/{id}/pause", "/admin/contacts/{contact}/pause", "key={key}&act=end"),
    ("GET /admin/topics/{slug}/reconfirm", "/admin/topics/{topic}/reconfirm", ""),
    (
        "POST /admin/topics/{slug}/reconfirm",
        "/admin/topics/{topic}/reconfirm",
        "key={key}&act=count&before=2024-05-01&within_days=30&per_minute=60",
    ),
    ("GET /admin/mail-cap", "/admin/mail-cap", ""),
    ("POST /admin/mail-cap", "/admin/mail-cap", "key={key}&at_most=4+per+30+days"),
    (
        "POST /admin/mail-cap/campaign",
        "/admin/mail-cap/campaign",
        "key={key}&campaign=1&act=ignore",
    ),
    (
        "POST /admin/campaigns/{number}/cap",
        "/admin/campaigns/{campaign}/cap",
        "key={key}&ignore=yes",
    ),
    ("GET /admin/contacts/{id}/erase", "/admin/contacts/{contact}/erase", ""),
    (
        "POST /admin/contacts/{id}/erase",
        "/admin/contacts/{contact}/erase",
        "key={key}&email=nobody@team.example",
    ),
    ("GET /admin/imports", "/admin/imports", ""),
    ("GET /admin/setup", "/admin/setup", ""),
    ("GET /admin/setup/sender", "/admin/setup/sender", ""),
    (
        "POST /admin/setup/sender/test",
        "/admin/setup/sender/test",
        "key={key}&to=ann@example.com&from=news@team.example",
    ),
    (
        "POST /admin/setup/sender",
        "/admin/setup/sender",
        "revision=0&name=Team&postal_address=x&domain=team.example",
    ),
    ("POST /admin/setup/relay", "/admin/setup/relay", "revision=0&host=relay.example"),
    ("GET /admin/setup/domain", "/admin/setup/domain?selector=s1", ""),
    ("POST /admin/setup/domain", "/admin/setup/domain", "key={key}"),
    ("GET /admin/setup/start", "/admin/setup/start", ""),
    ("POST /admin/setup/start", "/admin/setup/start", "key={key}"),
    ("POST /admin/setup/sample", "/admin/setup/sample", "key={key}"),
    ("POST /admin/setup/sample/remove", "/admin/setup/sample/remove", "key={key}"),
    ("POST /admin/setup/dismiss", "/admin/setup/dismiss", "key={key}"),
    ("GET /admin/imports/new", "/admin/imports/new", ""),
    ("POST /admin/imports", "/admin/imports", ""),
    ("GET /admin/imports/{id}", "/admin/imports/{import}", ""),
    ("GET /admin/imports/{id}/live", "/admin/imports/{import}/live", ""),
    (
        "POST /admin/imports/{id}/start",
        "/admin/imports/{import}/start",
        "key={key}&topic=news&basis=consent",
    ),
    ("POST /admin/imports/{id}/stop", "/admin/imports/{import}/stop", "key={key}"),
    ("GET /admin/imports/{id}/warnings.csv", "/admin/imports/{import}/warnings.csv", ""),
    ("GET /admin/imports/{id}/rejects.csv", "/admin/imports/{import}/rejects.csv", ""),
    ("POST /admin/imports/{id}/undo", "/admin/imports/{import}/undo", "key={key}"),
    ("GET /admin/erasures/new", "/admin/erasures/new", ""),
    ("POST /admin/erasures", "/admin/erasures", ""),
    ("GET /admin/erasures/{id}", "/admin/erasures/{erasure}", ""),
    ("GET /admin/erasures/{id}/live", "/admin/erasures/{erasure}/live", ""),
    ("POST /admin/erasures/{id}/start", "/admin/erasures/{erasure}/start", "key={key}&contacts=9"),
    ("POST /admin/erasures/{id}/stop", "/admin/erasures/{erasure}/stop", "key={key}"),
    ("GET /admin/erasures/{id}/rejects.csv", "/admin/erasures/{erasure}/rejects.csv", ""),
    ("POST /admin/exports", "/admin/exports", "key={key}&topic=news"),
    ("GET /admin/exports/{id}", "/admin/exports/{export}", ""),
    ("GET /admin/exports/{id}/live", "/admin/exports/{export}/live", ""),
    ("GET /admin/exports/{id}/contacts.csv", "/admin/exports/{export}/contacts.csv", ""),
    ("GET /admin/topics/new", "/admin/topics/new", ""),
    ("POST /admin/topics", "/admin/topics", "key={key}&slug=made&name=Made"),
    ("GET /admin/topics/{slug}", "/admin/topics/{topic}", ""),
    ("POST /admin/topics/{slug}/name", "/admin/topics/{topic}/name", "key={key}&name=News"),
    (
        "POST /admin/topics/{slug}/archive",
        "/admin/topics/{topic}/archive",
        "key={key}&archive=open",
    ),
    (
        "POST /admin/topics/{slug}/tracking",
        "/admin/topics/{topic}/tracking",
        "key={key}&tracking=off",
    ),
    ("GET /admin/users", "/admin/users", ""),
    ("GET /admin/users/new", "/admin/users/new", ""),
    ("POST /admin/users", "/admin/users", "key={key}&name=New&email={new}&role=author&reach=all"),
    ("GET /admin/users/{id}", "/admin/users/{user}", ""),
    ("POST /admin/users/{id}/role", "/admin/users/{user}/role", "key={key}&role=author"),
    ("POST /admin/users/{id}/topics", "/admin/users/{user}/topics", "key={key}&reach=all"),
    ("POST /admin/users/{id}/invitation", "/admin/users/{user}/invitation", "key={key}"),
    (
        "POST /admin/users/{id}/second-factor/reset",
        "/admin/users/{user}/second-factor/reset",
        "key={key}",
    ),
    ("POST /admin/users/{id}/disable", "/admin/users/{user}/disable", "key={key}"),
    ("POST /admin/users/{id}/enable", "/admin/users/{user}/enable", "key={key}"),
    ("POST /admin/users/{id}/sessions/end", "/admin/users/{user}/sessions/end", "key={key}"),
    (
        "POST /admin/users/{id}/sessions/{session}/end",
        "/admin/users/{user}/sessions/{session}/end",
        "key={key}",
    ),
    ("GET /admin/audit", "/admin/audit", ""),
    ("GET /admin/audit/verified", "/admin/audit/verified", ""),
    ("GET /admin/me", "/admin/me", ""),
    ("POST /admin/me/password", "/admin/me/password", "current_password=x&password=y&again=y"),
    ("GET /admin/me/second-factor", "/admin/me/second-factor", ""),
    ("POST /admin/me/second-factor", "/admin/me/second-factor", "password=x&secret={secret}"),
    ("POST /admin/me/second-factor/remove", "/admin/me/second-factor/remove", "password=x"),
    ("GET /admin/me/passkeys", "/admin/me/passkeys", ""),
    ("POST /admin/me/passkeys", "/admin/me/passkeys", "name=x"),
    ("POST /admin/me/passkeys/options", "/admin/me/passkeys/options", ""),
    ("POST /admin/me/passkeys/confirm", "/admin/me/passkeys/confirm", "password=x"),
    ("POST /admin/me/passkeys/confirm/passkey", "/admin/me/passkeys/confirm/passkey", ""),
    (
        "POST /admin/me/passkeys/confirm/passkey/options",
        "/admin/me/passkeys/confirm/passkey/options",
        "",
    ),
    ("POST /admin/me/passkeys/{passkey}/remove", "/admin/me/passkeys/0/remove", ""),
    ("POST /admin/me/sessions/{session}/end", "/admin/me/sessions/0/end", ""),
    ("POST /admin/me/sessions/end-others", "/admin/me/sessions/end-others", ""),
    ("GET /admin/tokens", "/admin/tokens", ""),
    ("POST /admin/tokens", "/admin/tokens", "key={key}&name=x&scope=campaigns:read&ends=30"),
    ("POST /admin/tokens/{id}/revoke", "/admin/tokens/0/revoke", ""),
    ("GET /admin/system", "/admin/system", ""),
    ("GET /admin/campaigns/compare", "/admin/campaigns/compare", ""),
    ("GET /admin/topics/{slug}/report", "/admin/topics/{topic}/report", ""),
    ("GET /admin/campaigns/{number}/link-shares", "/admin/campaigns/{campaign}/link-shares", ""),
    ("GET /admin/rule-sets", "/admin/rule-sets", ""),
    ("GET /admin/rule-sets/{version}", "/admin/rule-sets/2026-11-25", ""),
    (
        "POST /admin/rule-sets/{version}/use",
        "/admin/rule-sets/2026-11-25/use",
        "key={key}&in_use=2026-11-27",
    ),
    ("GET /admin/disclosures", "/admin/disclosures", ""),
    ("GET /admin/disclosures/verified", "/admin/disclosures/verified", ""),
    ("GET /admin/processors", "/admin/processors", ""),
    (
        "POST /admin/processors",
        "/admin/processors",
        "key={key}&name=Post&country=DE&basis=law&purposes=printing&field.address=yes&act=set",
    ),
    ("GET /admin/sharing-notices", "/admin/sharing-notices", ""),
    (
        "POST /admin/sharing-notices",
        "/admin/sharing-notices",
        "key={key}&recipient=Nobody&purpose=x&field.address=yes&text=Hello&campaign=1&days=30",
    ),
    ("GET /admin/sharing-notices/{id}", "/admin/sharing-notices/1", ""),
    ("POST /admin/sharing-notices/{id}", "/admin/sharing-notices/1", "key={key}"),
    ("GET /admin/requests", "/admin/requests", ""),
    (
        "POST /admin/requests",
        "/admin/requests",
        "key={key}&kind=access&email=a@b.example&text=Hello",
    ),
    ("GET /admin/requests/{id}", "/admin/requests/1", ""),
    ("POST /admin/requests/{id}", "/admin/requests/1", "key={key}&act=extend&words=Later"),
    ("GET /admin/tracking", "/admin/tracking", ""),
    ("POST /admin/tracking", "/admin/tracking", "key={key}&preset=standard"),
    (
        "POST /admin/campaigns/{number}/tracking",
        "/admin/campaigns/{campaign}/tracking",
        "key={key}&tracking=anonymous",
    ),
    ("GET /admin/sign-in", "/admin/sign-in", ""),
    ("POST /admin/sign-in", "/admin/sign-in", "email=a@b.example&password=x"),
    ("GET /admin/sign-in/code", "/admin/sign-in/code", ""),
    ("POST /admin/sign-in/code", "/admin/sign-in/code", "code=123456"),
    ("POST /admin/sign-in/passkey", "/admin/sign-in/passkey", "credential_id=x"),
    ("POST /admin/sign-in/passkey/options", "/admin/sign-in/passkey/options", ""),
    ("POST /admin/sign-in/code/passkey", "/admin/sign-in/code/passkey", "credential_id=x"),
    ("POST /admin/sign-in/code/passkey/options", "/admin/sign-in/code/passkey/options", ""),
    ("POST /admin/sign-out", "/admin/sign-out", ""),
    ("GET /admin/invitation/{token}", "/admin/invitation/x", ""),
    ("POST /admin/invitation/{token}", "/admin/invitation/x", "password=x"),
    ("GET /admin/setup/{token}", "/admin/setup/x", ""),
    ("POST /admin/setup/{token}", "/admin/setup/x", "password=x"),
    ("GET /admin/demo/{token}", "/admin/demo/x", ""),
];

fn call(route: &AdminRoute) -> (&'static str, &'static str) {
    let named = format!("{} {}", route.method, route.path);
    let found = CALLS.iter().find(|(route, ..)| *route == named);
    let (_, path, form) = found.unwrap_or_else(|| panic!("{named} has no call in the matrix"));
    (path, form)
}

/// What the addresses name.
struct Named {
    campaign: String,
    contact: String,
    message: String,
    single: String,
    picture: String,
    topic: String,
    import: String,
    erasure: String,
    export: String,
    bulk: String,
    user: String,
    session: String,
}

/// A secret as an app gets it.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The form of a route, with the one-time key that its page would hold.
fn filled(route: &AdminRoute, form: &str) -> String {
    let index = ADMIN_ROUTES.iter().position(|it| it.about == route.about).unwrap();
    form.replace("{key}", &format!("{index:0>43}"))
        .replace("{secret}", SECRET)
        .replace("{new}", "new@team.example")
}

impl Named {
    fn fill(&self, path: &str) -> String {
        path.replace("{campaign}", &self.campaign)
            .replace("{contact}", &self.contact)
            .replace("{message}", &self.message)
            .replace("{single}", &self.single)
            .replace("{picture}", &self.picture)
            .replace("{topic}", &self.topic)
            .replace("{import}", &self.import)
            .replace("{erasure}", &self.erasure)
            .replace("{export}", &self.export)
            .replace("{bulk}", &self.bulk)
            .replace("{user}", &self.user)
            .replace("{session}", &self.session)
    }

    /// Of things that do not exist.
    fn gone() -> Self {
        Self {
            campaign: "9999999".into(),
            contact: "1".into(),
            message: "9999999".into(),
            single: "9999999".into(),
            picture: "gone.png".into(),
            topic: "nowhere".into(),
            import: "9999999".into(),
            erasure: "9999999".into(),
            export: "9999999".into(),
            bulk: "9999999".into(),
            user: "9999".into(),
            session: "9999".into(),
        }
    }
}

/// A house with one of everything, which belongs to the topic `news`; and a topic with nothing.
async fn furnished() -> (House, Named, [TopicId; 2]) {
    let house = House::without_inbox().await;
    let (campaign, id) = super::hostile(&house).await;
    let store = &house.store;
    let (email_key, raw) = ("a@b.example".into(), b"Subject: x\r\n\r\nx\r\n".to_vec());
    let test = NewTestMessage { campaign, email_key, contact: None, raw };
    let sent_at = model::Timestamp::from_system(std::time::SystemTime::now());
    let message = store.test_message_keep(test, sent_at).await.unwrap().unwrap();
    let news = store.topic_by_slug("news".into()).await.unwrap().unwrap().id;
    let foreign = store.topic_ensure("foreign".into(), "Foreign".into()).await.unwrap();
    let stranger = vec![contact("stranger@evil.example")];
    store.contacts_import(stranger, Some(foreign), "x".into(), AT).await.unwrap();
    // Somebody to be looked after, who is signed in.
    let user = added(store, "target@team.example", Role::Reporter, &[]).await;
    Browser::signed_in(&house.open, "target@team.example").await;
    let at = model::Timestamp::from_system(std::time::SystemTime::now());
    let sessions = store.sessions_of(user, at, access::SESSION_IDLE).await.unwrap();
    let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
    let (title, spec) = ("people.csv".to_owned(), "{}".to_owned());
    let new =
        NewJob { kind: audience::IMPORT_JOB, actor, topic: Some(news), title, spec, of: None };
    let list = NewJob { kind: audience::ERASE_JOB, topic: None, ..new.clone() };
    let [import, erasure] =
        [store.job_create(new, at).await.unwrap(), store.job_create(list, at).await.unwrap()];
    for job in [import, erasure] {
        store.job_upload(job, 0, b"email\na@b.example\n".to_vec(), 18, at).await.unwrap();
        store.job_uploaded(job, at).await.unwrap();
    }
    let named = Named {
        topic: "news".into(),
        import: import.to_string(),
        erasure: erasure.to_string(),
        export: exported(store, news).await.to_string(),
        bulk: bulk(store, news).await.to_string(),
        user: user.to_string(),
        session: sessions[0].id.to_string(),
        campaign: campaign.to_string(),
        contact: id.to_string(),
        message: message.to_string(),
        single: "1".into(),
        picture: "evil.png".into(),
    };
    (house, named, [news, foreign])
}

/// The event is of a campaign on a topic that is not theirs.
fn is_anothers_event(path: &str, scope: Scope) -> bool {
    path == "/admin/events/{event}" && matches!(scope, Scope::Foreign)
}

/// An export of one topic that is done.
async fn exported(store: &store::Store, topic: TopicId) -> model::JobId {
    let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
    let topics = model::TopicScope::These(vec![topic]);
    let spec = audience::ExportSpec { query: Default::default(), topics }.to_json();
    let (kind, title) = (audience::EXPORT_JOB, "contacts.csv".to_owned());
    let new = NewJob { kind, actor, topic: Some(topic), title, spec, of: None };
    let now = || model::Timestamp::from_system(std::time::SystemTime::now());
    let id = store.job_ask(new, 0, now()).await.unwrap();
    let until = now().after(audience::JOB_HELD);
    let job = store.job_take(id, now(), until).await.unwrap().unwrap();
    audience::run_export_job(store, job, now, Default::default()).await.unwrap();
    id
}

/// An act with many contacts of one topic, which was asked for.
async fn bulk(store: &store::Store, topic: TopicId) -> model::JobId {
    let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
    let topics = model::TopicScope::These(vec![topic]);
    let found = audience::ExportSpec { query: Default::default(), topics };
    let act = store::BulkAct::Set { name: "plan".into(), value: "pro".into() };
    let whom = audience::BulkWhom::Found(found);
    let spec = audience::BulkSpec { whom, act, rehearsal: true }.to_json();
    let (kind, title) = (audience::BULK_JOB, "setting plan".to_owned());
    let new = NewJob { kind, actor, topic: Some(topic), title, spec, of: None };
    let now = model::Timestamp::from_system(std::time::SystemTime::now());
    store.job_ask(new, 0, now).await.unwrap()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    All,
    Own,
    Foreign,
}

const SCOPES: [Scope; 3] = [Scope::All, Scope::Own, Scope::Foreign];

fn is_let_through(answer: &Answer) -> bool {
    let leads_away = answer.location().starts_with("/admin/sign-in");
    // Also what a form is refused for: a state, a mistake, another form with the same key.
    let fine = [200, 204, 303, 307, 409, 412, 422, 429].contains(&answer.status.as_u16());
    fine && !leads_away
}

/// What a visitor should be told.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    LetThrough,
    Forbidden(Right),
    NotFound,
}

fn expected(access: Access, role: Role, scope: Scope) -> Expected {
    let Access::Right(right, object) = access else { return Expected::LetThrough };
    // What is about everything, and not only about what is shared by all topics.
    let is_about_all = match object {
        RouteObject::Installation => right.reach() != RightReach::Shared,
        RouteObject::AllTopics => true,
        _ => right.reach() == RightReach::Installation,
    };
    let narrowed = scope != Scope::All && is_about_all;
    if !role.may(right) || narrowed {
        return Expected::Forbidden(right);
    }
    match object {
        RouteObject::Installation | RouteObject::AllTopics | RouteObject::OwnTopics => {
            Expected::LetThrough
        }
        _ if scope == Scope::Foreign => Expected::NotFound,
        _ => Expected::LetThrough,
    }
}

async fn ask(browser: &Browser, route: &AdminRoute, named: &Named) -> Answer {
    let (path, form) = call(route);
    let path = named.fill(path);
    match route.method {
        Method::GET => browser.get(&path).await,
        _ => browser.post(&path, &filled(route, form)).await,
    }
}

#[tokio::test]
async fn each_role_reaches_what_it_may_and_nothing_else() {
    let (house, named, [news, foreign]) = furnished().await;
    let gone = Named::gone();
    let (mut refused, mut hidden) = (0, 0);
    for role in Role::ALL {
        for scope in SCOPES {
            let topics: &[TopicId] = match scope {
                Scope::All => &[],
                Scope::Own => &[news],
                Scope::Foreign => &[foreign],
            };
            let email = format!("{role}-{scope:?}@team.example").to_lowercase();
            added(&house.store, &email, role, topics).await;
            let browser = Browser::signed_in(&house.open, &email).await;
            for route in ADMIN_ROUTES.iter().filter(|it| it.access != Access::Everybody) {
                let who = format!("{} {} by {email}", route.method, route.path);
                let answer = ask(&browser, route, &named).await;
                match expected(route.access, role, scope) {
                    // Its bytes are not there, only the record is; nobody has that token; it is of another topic.
                    Expected::LetThrough
                        if route.path.ends_with("/thumbnail")
                            || route.path.ends_with("/revoke")
                            || is_anothers_event(route.path, scope) =>
                    {
                        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{who}");
                    }
                    Expected::LetThrough => {
                        assert!(is_let_through(&answer), "{who}: {answer:?}");
                    }
                    Expected::Forbidden(right) => {
                        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{who}");
                        assert!(answer.body.contains(right.as_str()), "{who}: {}", answer.body);
                        // Nor can it be told whether the thing exists.
                        let other = ask(&browser, route, &gone).await;
                        assert_eq!((other.status, other.body), (answer.status, answer.body));
                        refused += 1;
                    }
                    Expected::NotFound => {
                        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{who}");
                        let other = ask(&browser, route, &gone).await;
                        assert_eq!(
                            (other.status, other.body),
                            (answer.status, answer.body),
                            "{who}"
                        );
                        hidden += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 20 && hidden > 20, "{refused} refused, {hidden} hidden");
}

#[tokio::test]
async fn nobody_reaches_more_than_the_way_in() {
    let (house, named, _) = furnished().await;
    let mut planted = Browser::new(&house.open);
    planted.cookie = format!("__Host-pharos_session={}", "A".repeat(43));
    for browser in [Browser::new(&house.open), planted] {
        for route in ADMIN_ROUTES.iter() {
            let who = format!("{} {}", route.method, route.path);
            let answer = ask(&browser, route, &named).await;
            if route.access == Access::Everybody {
                let away = answer.location().starts_with("/admin/sign-in?next");
                assert!(!away && answer.status != StatusCode::FORBIDDEN, "{who}: {answer:?}");
                continue;
            }
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{who}: {answer:?}");
            assert!(answer.location().starts_with("/admin/sign-in"), "{who}");
            assert_eq!(answer.body, "", "{who}");
            let path = named.fill(call(route).0);
            let fragment = [("hx-request", "true"), ("sec-fetch-site", "same-origin")];
            let answer = browser.send(route.method.clone(), &path, &fragment, "").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{who}");
            assert_eq!(answer.headers["hx-redirect"], "/admin/sign-in", "{who}");
        }
    }
}

#[tokio::test]
async fn nothing_is_done_that_another_site_asks_for() {
    let (house, named, _) = furnished().await;
    let email = "boss@team.example";
    added(&house.store, email, Role::Owner, &[]).await;
    let signed_in = Browser::signed_in(&house.open, email).await;
    let ours = "https://pharos.example";
    let foreign: &[&[(&str, &str)]] = &[
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "cross-site"), ("origin", ours)],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "https://pharos.example.evil.example")],
        &[("origin", ours), ("host", "evil.example")],
        &[("referer", "https://pharos.example/admin")],
    ];
    for route in ADMIN_ROUTES.iter().filter(|it| it.method != Method::GET) {
        let (path, form) = call(route);
        let path = named.fill(path);
        for browser in [&signed_in, &Browser::new(&house.open)] {
            for headers in foreign {
                let form = filled(route, form);
                let answer = browser.send(route.method.clone(), &path, headers, &form).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} with {headers:?}");
                assert!(answer.session().is_none(), "{path}");
            }
        }
    }
    // Addresses without a page are no way around.
    let nowhere = signed_in.send(Method::POST, "/admin/nowhere", &[], "").await;
    assert_eq!(nowhere.status, StatusCode::FORBIDDEN);
    assert_eq!(signed_in.get("/admin/system").await.status, StatusCode::OK, "still signed in");
    for headers in [&[("sec-fetch-site", "same-origin")][..], &[("origin", ours)]] {
        let answer = signed_in.send(Method::POST, "/admin/sign-in", headers, "email=x").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{headers:?}");
    }
}

#[tokio::test]
async fn lists_show_what_belongs_to_ones_topics() {
    let (house, named, [news, foreign]) = furnished().await;
    for (email, topic, sees) in [("n@team.example", news, true), ("f@team.example", foreign, false)]
    {
        added(&house.store, email, Role::Marketer, &[topic]).await;
        let browser = Browser::signed_in(&house.open, email).await;
        let campaign = format!("href=\"/admin/campaigns/{}\"", named.campaign);
        let contact = format!("href=\"/admin/contacts/{}\"", named.contact);
        let message = format!("href=\"/admin/inbox/{}\"", named.message);
        for (path, link) in [
            ("/admin/campaigns", &campaign),
            ("/admin/campaigns?tab=running", &campaign),
            ("/admin/campaigns?tab=needs-you", &campaign),
            ("/admin/campaigns/live", &campaign),
            ("/admin/announcements/1", &campaign),
            ("/admin/contacts", &contact),
            ("/admin/contacts?q=evil", &contact),
            ("/admin/contacts?state=subscribed", &contact),
            ("/admin/inbox", &message),
        ] {
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert_eq!(page.body.contains(link.as_str()), sees, "{path} for {email}");
        }
        let stranger = browser.get("/admin/contacts").await.body.contains("stranger@evil.example");
        assert_eq!(stranger, !sees);
        let topics = browser.get("/admin/topics").await.body;
        assert_eq!(topics.contains("Foreign"), !sees, "{topics}");
        let filter = browser.get("/admin/contacts?topic=news").await.body;
        assert_eq!(filter.contains(&contact), sees);
    }
}
