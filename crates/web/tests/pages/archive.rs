//! What everybody may read.

use super::*;
use campaign::Publish;

impl House {
    async fn publish(&self, unlisted: bool) {
        let wish = Publish { unlisted, ..Publish::default() };
        campaign::publish(&self.store, &self.sender, self.campaign, wish, START).await.unwrap();
    }

    async fn read(&self, path: &str) -> Answer {
        ask(&self.public, Method::GET, path, "", "").await
    }

    async fn read_with(&self, path: &str, name: &str, value: &str) -> Answer {
        let request = Request::builder().uri(path).header(name, value).body(Body::empty()).unwrap();
        let response = TowerToHyperService::new(self.public.clone()).call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(to_bytes(body, 4 << 20).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

#[tokio::test]
async fn nothing_is_public_until_somebody_publishes_it() {
    let house = House::new().await;
    let paths = ["/archive/news", "/archive/news/feed.atom", "/archive/news/1"];
    for path in paths {
        let answer = house.read(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers["cache-control"], "private, no-store", "{path}");
    }
    house.publish(true).await;
    let message = house.read("/archive/news/1").await;
    assert_eq!(message.status, StatusCode::OK);
    assert_eq!(message.headers["x-robots-tag"], "noindex");
    assert_eq!(house.read("/archive/news").await.status, StatusCode::NOT_FOUND);
    house.store.topic_archive_set(house.topic, true).await.unwrap();
    for (path, status) in paths.into_iter().map(|it| (it, StatusCode::OK)).chain([
        ("/archive/news/2", StatusCode::NOT_FOUND),
        ("/archive/news/latest", StatusCode::NOT_FOUND),
        ("/archive/news/x", StatusCode::NOT_FOUND),
        ("/archive/offers/1", StatusCode::NOT_FOUND),
        ("/archive/news?before=x", StatusCode::NOT_FOUND),
        ("/archive/%6eews", StatusCode::OK),
        ("/archive/news%2f1", StatusCode::NOT_FOUND),
    ]) {
        assert_eq!(house.read(path).await.status, status, "{path}");
    }
    assert!(!house.read("/archive/news").await.body.contains("Aurora 4.2"), "unlisted");
    campaign::withdraw(&house.store, house.campaign).await.unwrap();
    assert_eq!(house.read("/archive/news/1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_public_tells_of_nobody_and_runs_nothing() {
    let house = House::new().await;
    house.publish(false).await;
    house.store.topic_archive_set(house.topic, true).await.unwrap();
    let message = house.read("/archive/news/1").await;
    let policy = message.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script"), "{policy}");
    assert!(!message.headers.contains_key("x-robots-tag"));
    assert!(message.body.contains("Hello there") && message.body.contains("aurora.example/notes"));
    let list = house.read("/archive/news").await;
    assert!(list.body.contains("href=\"/archive/news/1\"") && !list.body.contains("noindex"));
    let latest = house.read("/archive/news/latest").await;
    assert_eq!(latest.headers["location"], "/archive/news/1");
    let feed = house.read("/archive/news/feed.atom").await;
    assert_eq!(feed.headers["content-type"], "application/atom+xml; charset=utf-8");
    assert!(
        feed.body.contains("<id>https://w.aurora.example/archive/news/1</id>"),
        "{}",
        feed.body
    );
    for answer in [message, list, feed] {
        for part in ["t.aurora.example", "/u/", "/v/", "mia", "zoe", "example.com"] {
            assert!(!answer.body.contains(part), "{part} in {}", answer.body);
        }
        assert_eq!(answer.headers["cache-control"], "public, max-age=60");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let robots = house.read("/robots.txt").await;
    assert_eq!(robots.body, "User-agent: *\nAllow: /archive/\nDisallow: /\n");
}

#[tokio::test]
async fn whoever_has_it_is_told_so_until_it_changes() {
    let house = House::new().await;
    house.publish(false).await;
    house.store.topic_archive_set(house.topic, true).await.unwrap();
    for path in ["/archive/news", "/archive/news/feed.atom", "/archive/news/1"] {
        let first = house.read(path).await;
        let tag = first.headers["etag"].to_str().unwrap();
        let again = house.read_with(path, "if-none-match", tag).await;
        assert_eq!((again.status, &*again.body), (StatusCode::NOT_MODIFIED, ""), "{path}");
        let later = Timestamp(START.0 + 1);
        let wish = Publish::default();
        campaign::publish(&house.store, &house.sender, house.campaign, wish, later).await.unwrap();
        let changed = house.read_with(path, "if-none-match", tag).await;
        assert_eq!(changed.status, StatusCode::OK, "{path}");
        house.publish(false).await;
    }
}

#[tokio::test]
async fn a_reader_gets_the_language_of_the_address_or_of_the_browser() {
    let house = House::new().await;
    let text = NOTICE.replace("topic: news\n", "topic: news\nlang: en\n")
        + "=== lang: de ===\n---\nsubject: Aurora 4.2 ist da\n---\nHallo\n";
    let wish = Create { name: None, topic: None, policy: InDoubtPolicy::NeverResend };
    let id = campaign::create(&house.store, &house.sender, &text, wish, START).await.unwrap().id;
    let allow = campaign::Allow::default();
    let ready = campaign::preflight(&house.store, &house.sender, &house.files, id, allow);
    campaign::start(&house.store, ready.await.unwrap(), START, |_, _| {}).await.unwrap();
    let wish = Publish::default();
    campaign::publish(&house.store, &house.sender, id, wish, START).await.unwrap();
    for (path, accept, language) in [
        ("/archive/news/2", "", "en"),
        ("/archive/news/2", "fr, de-AT;q=0.5", "de"),
        ("/archive/news/2?lang=de", "en", "de"),
        ("/archive/news/2?lang=fr", "de", "en"),
    ] {
        let answer = house.read_with(path, "accept-language", accept).await;
        assert_eq!(answer.headers["content-language"], language, "{path} {accept}");
        assert_eq!(answer.body.contains("Hallo"), language == "de");
        assert_eq!(answer.headers["vary"], "accept-language");
        let links: Vec<_> = answer.headers.get_all("link").iter().collect();
        assert_eq!(links[2], "<?lang=de>; rel=\"alternate\"; hreflang=\"de\"");
        let own = if language == "de" { "?lang=de" } else { "" };
        let canonical =
            format!("<https://w.aurora.example/archive/news/2{own}>; rel=\"canonical\"");
        assert_eq!(links[0], &canonical);
    }
}

#[tokio::test]
async fn a_feed_is_xml_whatever_people_wrote() {
    let house = House::new().await;
    house.store.topic_ensure("news".into(), "A & <B>".into()).await.unwrap();
    house.store.topic_archive_set(house.topic, true).await.unwrap();
    let page = store::ArchivedPage {
        language: Some("de".into()),
        subject: "1 < 2 & \"3\" ]]>\u{1b}\u{fffe}".into(),
        summary: "\u{0}ü".into(),
        html: String::new(),
    };
    let new = store::NewArchived { listed: true, pages: vec![page] };
    house.store.archive_publish(house.campaign, new, START).await.unwrap();
    let feed = house.read("/archive/news/feed.atom").await.body;
    for part in
        ["<title>A &#38; &#60;B&#62;</title>", "1 &#60; 2 &#38; &#34;3&#34; ]]&#62;</title>", ">ü<"]
    {
        assert!(feed.contains(part), "{part} in {feed}");
    }
    assert!(!feed.contains(['\u{1b}', '\u{fffe}', '\u{0}']));
}
