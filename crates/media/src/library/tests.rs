use store::StoreOptions;
use tempfile::TempDir;

use super::*;
use crate::file_store::FileStoreLocation;

const NOW: Timestamp = Timestamp(1_795_428_245_000_000);
const PDF: &[u8] = b"%PDF-1.7\n%%EOF\n";

fn library() -> (TempDir, Library) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
    let files = FileStore::open(&FileStoreLocation::Folder(dir.path().join("media"))).unwrap();
    (dir, Library::new(store, files))
}

fn pdf(name: &str, more: &str) -> Add {
    let content = [PDF, more.as_bytes(), b"%%EOF"].concat();
    Add { file_name: name.to_owned(), content, ..Add::default() }
}

#[tokio::test]
async fn what_is_added_is_found_under_the_name_that_was_made_of_it() {
    let (_dir, library) = library();
    let added = library.add(pdf("Agenda für Mai.pdf", ""), NOW).await.unwrap();
    assert_eq!((added.record.name.as_str(), added.was_there), ("agenda-fuer-mai.pdf", false));
    assert_eq!(added.record.file_name, "Agenda für Mai.pdf");
    assert_eq!(library.find("agenda-fuer-mai.pdf").await.unwrap(), added.record);
    let key = FileKey::parse(&added.record.files[0].file).unwrap();
    assert_eq!(library.files().read(&key).await.unwrap(), pdf("", "").content);
    let named = Add { name: Some("Plan.PDF".into()), ..pdf("x.pdf", "other") };
    let named = library.add(named, NOW).await.unwrap().record;
    assert_eq!((named.name.as_str(), named.file_name.as_str()), ("plan.pdf", "Plan.pdf"));
    let unknown = library.find("agenda-fur-mai.pdf").await.unwrap_err().to_string();
    assert!(unknown.ends_with("did you mean `agenda-fuer-mai.pdf`?"), "{unknown}");
}

#[tokio::test]
async fn the_same_again_changes_nothing_and_brings_back_what_was_lost() {
    let (dir, library) = library();
    let first = Add { alt: Some("The\nagenda ".into()), ..pdf("a.pdf", "") };
    let first = library.add(first, NOW).await.unwrap().record;
    assert_eq!(first.alt.as_deref(), Some("The agenda"));
    std::fs::remove_dir_all(dir.path().join("media")).unwrap();
    std::fs::create_dir(dir.path().join("media")).unwrap();
    let again = library.add(pdf("a.pdf", ""), Timestamp(NOW.0 + 1)).await.unwrap();
    assert_eq!((again.record, again.was_there), (first.clone(), true));
    let key = FileKey::parse(&first.files[0].file).unwrap();
    assert!(library.files().read(&key).await.is_ok());
}

#[tokio::test]
async fn another_file_of_the_same_name_takes_its_place_only_when_asked_to() {
    let (_dir, library) = library();
    let old = library.add(pdf("a.pdf", "1"), NOW).await.unwrap().record;
    let refused = library.add(pdf("a.pdf", "2"), NOW).await.unwrap_err();
    assert!(matches!(refused, MediaError::NameTaken(ref name) if name == "a.pdf"), "{refused}");
    assert_eq!(library.find("a.pdf").await.unwrap(), old);
    let replace = Add { replace: true, ..pdf("a.pdf", "2") };
    let new = library.add(replace, NOW).await.unwrap().record;
    assert_ne!(new.files, old.files);
    let key = FileKey::parse(&old.files[0].file).unwrap();
    assert!(library.files().read(&key).await.is_ok(), "messages still show the old one");
}

#[tokio::test]
async fn removing_leaves_the_files_and_erasing_does_not() {
    let (_dir, library) = library();
    let record = library.add(pdf("a.pdf", ""), NOW).await.unwrap().record;
    let key = FileKey::parse(&record.files[0].file).unwrap();
    library.remove("a.pdf").await.unwrap();
    assert!(library.find("a.pdf").await.is_err());
    assert!(library.files().read(&key).await.is_ok());
    library.add(pdf("a.pdf", ""), NOW).await.unwrap();
    library.erase("a.pdf").await.unwrap();
    assert!(library.files().read(&key).await.is_err());
    assert!(library.remove("a.pdf").await.is_err());
}

#[tokio::test]
async fn what_can_not_be_used_is_not_kept() {
    let (dir, library) = library();
    let add = |name: &str, content: &[u8]| {
        let (file_name, content) = (name.to_owned(), content.to_vec());
        library.add(Add { file_name, content, ..Add::default() }, NOW)
    };
    for (name, content, expect) in [
        ("logo.svg", &b"<svg/>"[..], "logo.svg is SVG"),
        ("tool.exe", b"MZ", "tool.exe is a program"),
        ("日本.pdf", PDF, "`日本.pdf` has nothing that a name can be made from"),
    ] {
        let refused = add(name, content).await.unwrap_err().to_string();
        assert!(refused.contains(expect), "{refused}");
    }
    let large = add("a.txt", &vec![b' '; crate::FILE_BYTES + 1]).await.unwrap_err().to_string();
    assert!(large.contains("more than 25 MiB"), "{large}");
    assert!(library.list().await.unwrap().is_empty());
    assert_eq!(std::fs::read_dir(dir.path().join("media")).unwrap().count(), 0);
}
