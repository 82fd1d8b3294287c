//! The records of the media library.

use super::world::{AT, later};
use crate::{MediaFile, MediaRecord, MediaSize, Store};

pub(crate) fn picture(name: &str) -> MediaRecord {
    let file = |size, width, bytes| MediaFile {
        size,
        file: format!("{width}-{name}"),
        width,
        height: 2 * width,
        bytes,
    };
    MediaRecord {
        name: name.to_owned(),
        file_name: "Das Logo.png".to_owned(),
        content_type: "image/png".to_owned(),
        alt: Some("Zürich".to_owned()),
        added_at: AT,
        files: vec![
            file(MediaSize::Whole, 1_200, 5_000_000_000),
            file(MediaSize::Single, 600, 7),
            file(MediaSize::Thumbnail, 240, 0),
        ],
    }
}

pub(super) async fn a_record_is_found_with_its_files(store: Store) {
    for name in ["b.png", "a.png", "c.png"] {
        store.media_put(picture(name)).await.unwrap();
    }
    assert_eq!(store.media_find("b.png".into()).await.unwrap(), Some(picture("b.png")));
    assert_eq!(store.media_find("d.png".into()).await.unwrap(), None);
    let all = store.media_list().await.unwrap();
    assert_eq!(all, ["a.png", "b.png", "c.png"].map(picture));
    assert_eq!(store.media_count().await.unwrap(), 3);
}

pub(super) async fn a_record_takes_the_place_of_its_name(store: Store) {
    store.media_put(picture("a.png")).await.unwrap();
    let mut other = picture("a.png");
    other.files.truncate(1);
    (other.alt, other.added_at) = (None, later(1));
    store.media_put(other.clone()).await.unwrap();
    assert_eq!(store.media_find("a.png".into()).await.unwrap(), Some(other));
    assert_eq!(store.media_count().await.unwrap(), 1);
}

pub(super) async fn what_is_removed_is_gone_with_its_files(store: Store) {
    for name in ["a.png", "b.png"] {
        store.media_put(picture(name)).await.unwrap();
    }
    assert!(store.media_remove("a.png".into()).await.unwrap());
    assert!(!store.media_remove("a.png".into()).await.unwrap());
    assert_eq!(store.media_list().await.unwrap(), [picture("b.png")]);
}
