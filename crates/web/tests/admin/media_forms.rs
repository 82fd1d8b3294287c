//! Pictures and files that are added, described and taken out; announcements that become campaigns.

use axum::http::{Method, StatusCode};
use campaign::Create;
use model::{CampaignNumber, CampaignState};
use store::MediaRecord;

use super::forms::{DRAFT, Office, TEXT, form, hidden};
use super::people::{Answer, Browser};

const BOUNDARY: &str = "----a-boundary";
const PICTURE: &[u8] = include_bytes!("../../assets/sample-picture.png");
const MEDIA: &str = "/admin/media";

/// A file with its fields, as a line of the form has them.
struct Line<'a> {
    file: &'a str,
    content: &'a [u8],
    fields: &'a [(&'a str, &'a str)],
}

async fn upload(browser: &Browser, lines: &[Line<'_>]) -> Answer {
    let mut body = Vec::new();
    let begin =
        |name: &str| format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"");
    for line in lines {
        let head = begin("file");
        body.extend(format!("{head}; filename=\"{}\"\r\n\r\n", line.file).as_bytes());
        body.extend(line.content);
        body.extend(b"\r\n");
        for (name, value) in line.fields {
            body.extend(format!("{}\r\n\r\n{value}\r\n", begin(name)).as_bytes());
        }
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", kind.as_str())];
    browser.send_bytes(Method::POST, MEDIA, &headers, body).await
}

async fn one(browser: &Browser, file: &str, content: &[u8], fields: &[(&str, &str)]) -> Answer {
    upload(browser, &[Line { file, content, fields }]).await
}

async fn record(office: &Office, name: &str) -> Option<MediaRecord> {
    office.house.store.media_find(name.into()).await.unwrap()
}

async fn act(browser: &Browser, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
    let key = hidden(&browser.get(page).await, "key");
    let mut all = vec![("key", key.as_str())];
    all.extend(fields);
    browser.post(action, &form(&all)).await
}

/// What was done with the library, as the log calls it.
async fn log(office: &Office) -> Vec<String> {
    let entries = office.house.store.audit_after(0).await.unwrap();
    let actions = entries.iter().filter_map(|entry| entry.action.strip_prefix("media."));
    actions.map(str::to_owned).collect()
}

/// As PNG counts it (RFC 2083, part 15).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 }
        })
    })
}

/// A picture that says it has 10,000 x 10,000 pixels.
fn bomb() -> Vec<u8> {
    let mut bomb = PICTURE.to_vec();
    bomb[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
    let crc = crc32(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&crc);
    bomb
}

#[tokio::test]
async fn a_picture_is_added_described_and_taken_out() {
    let office = Office::new().await;
    let owner = &office.owner;
    let fields = [("name", "Logo.png"), ("alt", " A <b>logo</b>\n"), ("replace", "")];
    let done = one(owner, "C:\\pictures\\<evil>.png", PICTURE, &fields).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/admin/media/logo%2Epng"));
    let added = record(&office, "logo.png").await.unwrap();
    assert_eq!(added.alt.as_deref(), Some("A <b>logo</b>"));
    let page = owner.get(done.location()).await;
    assert!(
        page.body.contains("A &#60;b&#62;logo") && !page.body.contains("<b>logo"),
        "{}",
        page.body
    );
    let again = one(owner, "Logo.png", PICTURE, &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "the same again: {}", again.body);
    assert_eq!(record(&office, "logo.png").await.unwrap(), added);

    let path = "/admin/media/logo%2Epng";
    let done = act(owner, path, &format!("{path}/alt"), &[("alt", "Aurora")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(record(&office, "logo.png").await.unwrap().alt.as_deref(), Some("Aurora"));

    office.draft(&TEXT.replace("Text.", "![](media:logo.png)")).await;
    let refused = act(owner, path, &format!("{path}/remove"), &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    assert!(
        refused.body.contains("used by campaigns that are not over: 1 (News"),
        "{}",
        refused.body
    );
    assert!(record(&office, "logo.png").await.is_some());
    let done = act(owner, path, &format!("{path}/remove"), &[("sure", "yes")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, MEDIA));
    assert!(record(&office, "logo.png").await.is_none());
    assert_eq!(owner.get(path).await.status, StatusCode::NOT_FOUND);
    let mut logged = log(&office).await;
    logged.sort_unstable();
    logged.dedup();
    assert_eq!(logged, ["add", "describe", "remove"]);
}

#[tokio::test]
async fn each_file_of_a_form_is_by_itself() {
    let office = Office::new().await;
    let owner = &office.owner;
    let text = |file, content, fields| Line { file, content, fields };
    let empty = || text("", b"", &[("name", ""), ("alt", "")]);
    let some = [text("a.txt", b"One.", &[]), empty(), text("b.exe", b"MZ\x90\0", &[])];
    let done = upload(owner, &some).await;
    assert_eq!(done.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(done.body.contains("a.txt</a> is in the library"), "{}", done.body);
    assert!(done.body.contains("<b>b.exe</b> was not added"), "{}", done.body);
    assert!(record(&office, "a.txt").await.is_some());
    let other = one(owner, "a.txt", b"Another.", &[]).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(other.body.contains("already another `a.txt`"), "{}", other.body);
    let replaced = one(owner, "a.txt", b"Another.", &[("replace", "yes")]).await;
    assert_eq!(replaced.status, StatusCode::SEE_OTHER, "{}", replaced.body);
    assert_eq!(record(&office, "a.txt").await.unwrap().files[0].bytes, 8);
    for (lines, words) in [
        (vec![], "Choose a file"),
        (vec![empty(), empty()], "Choose a file"),
        ((0..4).map(|_| text("a.txt", b"Another.", &[])).collect(), "At most 3 files"),
    ] {
        let refused = upload(owner, &lines).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
    let broken = owner.post(MEDIA, "file=x").await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_made_to_harm_is_refused_or_comes_out_clean() {
    let office = Office::new().await;
    let owner = &office.owner;
    let large = vec![b'x'; media::FILE_BYTES + 1];
    let script = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>evil()</script></svg>";
    for (file, content, words) in [
        ("bomb.png", bomb(), "10000 x 10000 pixels"),
        ("drawing.svg", script.to_vec(), "SVG"),
        ("drawing.png", script.to_vec(), "SVG"),
        ("page.gif", b"GIF89a=0;/*<script>evil()</script>*/".to_vec(), "page.gif"),
        ("cut.png", PICTURE[..200].to_vec(), "cut off"),
        ("large.txt", large, "more than 25 MiB"),
        ("..", b"Text.".to_vec(), ".."),
    ] {
        let refused = one(owner, file, &content, &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{file}: {}", refused.body);
        assert!(refused.body.contains(words), "{file}: {}", refused.body);
    }
    assert!(office.house.store.media_list().await.unwrap().is_empty());
    // What stands behind a picture is gone when it is written anew; a path is no name.
    let polyglot = [PICTURE, b"<script>evil()</script>PK\x03\x04"].concat();
    let done = one(owner, "../../etc/passwd.png", &polyglot, &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let made = record(&office, "passwd.png").await.unwrap();
    for file in &made.files {
        assert!(!file.file.contains(['/', '\\']), "{}", file.file);
        let key = media::FileKey::parse(&file.file).unwrap();
        let bytes = office.house.parts.files.read(&key).await.unwrap();
        assert!(!bytes.windows(7).any(|it| it == b"<script"), "{}", file.file);
    }
    // Four files that are as large as can be are more than a form may bring.
    let whole = vec![b'x'; media::FILE_BYTES];
    let line = || Line { file: "x.txt", content: &whole, fields: &[] };
    let refused = upload(owner, &[line(), line(), line(), line()]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn what_another_topic_needs_stays_whoever_asks() {
    let office = Office::new().await;
    one(&office.owner, "logo.png", PICTURE, &[]).await;
    office.draft(&TEXT.replace("Text.", "![Logo](media:logo.png)")).await;
    let other = office.house.store.topic_ensure("other".into(), "Other".into()).await.unwrap();
    let omar = office.marketer("omar@team.example", other).await;
    let path = "/admin/media/logo%2Epng";
    let refused = act(&omar, path, &format!("{path}/remove"), &[("sure", "yes")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert!(refused.body.contains("1 of other topics") && !refused.body.contains("1 (News"));
    assert!(record(&office, "logo.png").await.is_some());
}

#[tokio::test]
async fn a_version_shows_what_has_changed_and_becomes_a_draft() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let resources = super::people::resources(
        &office.house.store,
        office.house.parts.files.clone(),
        Default::default(),
    );
    let text = TEXT.replace("Text.", "Another <evil> text.");
    let (store, sender) = (&resources.store, &resources.sender());
    campaign::create(store, sender, &text, Create::default(), super::AT).await.unwrap();
    let first = office.owner.get("/admin/announcements/1").await;
    assert!(!first.body.contains("Changed since"), "{}", first.body);
    let second = office.owner.get("/admin/announcements/2").await;
    assert!(second.body.contains("Changed since version 1"), "{}", second.body);
    assert!(second.body.contains("-Text.\n+Another &#60;evil&#62; text."), "{}", second.body);

    let page = "/admin/announcements/1";
    let done = act(&office.owner, page, &format!("{page}/campaign"), &[("topic", "")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/admin/campaigns/3"));
    let id = store.campaign_by_number(CampaignNumber(3)).await.unwrap().unwrap();
    let made = store.campaign_find(id).await.unwrap().unwrap();
    assert_eq!((made.state, made.topic), (CampaignState::Draft, office.news));
    let source = store.announcement_find(made.announcement).await.unwrap().unwrap().source;
    assert_eq!(source, TEXT);

    let other = store.topic_ensure("other".into(), "Other".into()).await.unwrap();
    let omar = office.marketer("omar@team.example", other).await;
    let foreign = act(&omar, page, &format!("{page}/campaign"), &[("topic", "news")]).await;
    assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", foreign.body);
    let own = act(&omar, page, &format!("{page}/campaign"), &[("topic", "other")]).await;
    assert_eq!(own.location(), "/admin/campaigns/4", "{}", own.body);
    let gone = office.owner.post("/admin/announcements/99/campaign", "key=x").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(office.owner.get(DRAFT).await.status, StatusCode::OK);
}
