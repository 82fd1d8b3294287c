//! Files that are uploaded, and what stays of those that do not come whole.

use store::{JobFile, JobState};

use super::{World, code};
use crate::{ImportFor, RefusalKind, import_begin, import_preview, job_stop};

/// Somebody who has sent so many bytes.
async fn sent(world: &World, bytes: usize) -> crate::Upload {
    let call = world.operator();
    let whom = ImportFor::Topic(Some("news"));
    let mut upload = import_begin(&world.resources, &call, "people.csv", whom).await.unwrap();
    upload.write(&call, &vec![b'x'; bytes]).await.unwrap();
    upload
}

async fn parts(world: &World, id: model::JobId) -> u32 {
    world.resources.store.job_parts(id, JobFile::Upload).await.unwrap()
}

#[tokio::test]
async fn of_a_file_that_did_not_come_whole_nothing_stays() {
    let world = World::new().await;
    let upload = sent(&world, 3 << 20).await;
    let id = upload.id;
    assert_eq!(parts(&world, id).await, 3);
    // The connection has broken.
    drop(upload);
    let gone = async {
        while parts(&world, id).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), gone).await.unwrap();
    let job = world.resources.store.job_find(id).await.unwrap().unwrap();
    assert_eq!(job.state, JobState::Stopped);
    let abandoned = sent(&world, 2 << 20).await;
    let id = abandoned.id;
    abandoned.abandon(&world.operator()).await.unwrap();
    assert_eq!(parts(&world, id).await, 0);
}

#[tokio::test]
async fn of_an_import_that_was_stopped_no_file_stays() {
    let world = World::new().await;
    let call = world.operator();
    let id = sent(&world, 2 << 20).await.finish(&call).await.unwrap();
    job_stop(&world.resources, &call, id).await.unwrap();
    assert_eq!(parts(&world, id).await, 0);
    let shown = import_preview(&world.resources, &call, id, &Default::default()).await;
    assert_eq!(shown.unwrap().columns, []);
    let started = crate::job_start(&world.resources, &call, id, None).await;
    assert!(matches!(started.unwrap_err().kind, RefusalKind::Stale));
}

#[tokio::test]
async fn open_imports_take_so_much_of_the_disk_and_uploads_so_much_memory() {
    let world = World::new().await;
    let whole = world.resources.uploads.enter(128 << 20).unwrap();
    let whom = ImportFor::Topic(Some("news"));
    let call = world.operator();
    let begun = import_begin(&world.resources, &call, "people.csv", whom).await;
    assert_eq!(code(begun), "busy");
    drop(whole);
    let upload = sent(&world, 1 << 20).await;
    let store = &world.resources.store;
    store.job_upload(upload.id, 1, vec![7], 16 << 30, super::NOW).await.unwrap();
    let begun = import_begin(&world.resources, &call, "people.csv", whom).await;
    assert_eq!(code(begun), "state");
    upload.abandon(&call).await.unwrap();
    assert_eq!(code(import_begin(&world.resources, &call, "people.csv", whom).await), "done");
}
