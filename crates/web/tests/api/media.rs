//! Pictures and files that programs add, describe and take out.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use model::Right;
use serde_json::json;

use crate::house::{Answer, House};

const PICTURE: &[u8] = include_bytes!("../../assets/sample-picture.png");

async fn add(
    house: &House,
    token: &str,
    query: &str,
    content: &[u8],
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = Request::post(format!("/api/v1/media?{query}"))
        .header("authorization", format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.send(request.body(Body::from(content.to_vec())).unwrap()).await
}

#[tokio::test]
async fn a_file_is_added_described_and_taken_out() {
    let house = House::new().await;
    let token = house.token(&[Right::MediaRead, Right::MediaWrite], &[]).await;
    let added = add(&house, &token, "name=Logo.PNG&alt=A+logo", PICTURE, &[]).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    assert_eq!(added.header("location"), Some("/api/v1/media/logo.png"));
    let said = added.json();
    assert_eq!(
        (said["name"].as_str(), said["was_there"].as_bool()),
        (Some("logo.png"), Some(false))
    );
    let again = add(&house, &token, "name=logo.png", PICTURE, &[]).await.json();
    assert_eq!((again["was_there"].as_bool(), again["alt"].as_str()), (Some(true), Some("A logo")));

    let taken = add(&house, &token, "name=note.txt", b"Another.", &[]).await;
    assert_eq!((taken.status.as_u16(), taken.code().as_str()), (409, "media_name_taken"));
    let replaced = add(&house, &token, "name=note.txt&replace=true", b"Another.", &[]).await;
    assert_eq!(replaced.status, StatusCode::CREATED, "{}", replaced.body);

    let path = "/api/v1/media/logo.png";
    let words = json!({ "alt": "Aurora" }).to_string();
    let described = house.post(&format!("{path}/alt"), &token, "a", &words).await;
    assert_eq!(described.json()["alt"], "Aurora", "{}", described.body);
    let removed = house.post(&format!("{path}/remove"), &token, "b", "{}").await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.body);
    let gone = house.post(&format!("{path}/remove"), &token, "c", "{}").await;
    assert_eq!((gone.status.as_u16(), gone.code().as_str()), (404, "media_not_found"));
    let log = house.log().await;
    for action in ["media.add", "media.describe", "media.remove"] {
        assert!(log.iter().any(|it| it == action), "{action}: {log:?}");
    }
}

#[tokio::test]
async fn what_can_not_be_taken_in_is_refused_with_a_reason() {
    let house = House::new().await;
    let token = house.token(&[Right::MediaWrite], &[]).await;
    for (query, content, status, code) in [
        ("name=x.svg", &b"<svg><script>evil()</script></svg>"[..], 422, "media_refused"),
        ("name=x.png", &PICTURE[..100], 422, "media_refused"),
        ("name=x.exe", b"MZ\x90\0", 422, "media_refused"),
        ("name=x.txt", b"", 422, "media_refused"),
        ("name=..%2f..", b"Text.", 422, "media_refused"),
        ("", b"Text.", 400, "query"),
        ("name=x.txt&more=1", b"Text.", 400, "query"),
        ("name=x%00.txt", b"Text.", 400, "nul"),
    ] {
        let refused = add(&house, &token, query, content, &[]).await;
        let told = (refused.status.as_u16(), refused.code());
        assert_eq!(told, (status, code.to_owned()), "{query}: {}", refused.body);
    }
    let zipped = add(&house, &token, "name=x.txt", b"Text.", &[("content-encoding", "gzip")]).await;
    assert_eq!(zipped.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    // Before a byte of it is read.
    for length in ["4294967296", "18446744073709551615"] {
        let refused = add(&house, &token, "name=x.txt", b"", &[("content-length", length)]).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE, "{length}");
    }
    let large = vec![b'x'; media::FILE_BYTES + 1];
    let refused = add(&house, &token, "name=x.txt", &large, &[]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE, "whatever its length says");
    let elsewhere = house.post("/api/v1/tokens", &token, "d", "{}").await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    let path = add(&house, &token, "name=..%2F..%2Fetc%2Fpasswd.txt", b"Text.", &[]).await;
    assert_eq!(path.json()["name"], "passwd.txt", "{}", path.body);
}
