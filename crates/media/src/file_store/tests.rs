use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

fn key(content: &[u8]) -> FileKey {
    FileKey::of(content, "a", FileKind::Png)
}

/// What holds wherever the files are.
async fn files_are_kept(files: &FileStore) {
    let content: Vec<u8> = (0..200_000_u32).flat_map(u32::to_be_bytes).collect();
    let key = key(&content);
    assert!(
        matches!(files.read(&key).await, Err(FileStoreError::Missing(name)) if name == key.as_str())
    );
    files.probe().await.unwrap();
    for _ in 0..2 {
        files.put(&key, content.clone()).await.unwrap();
    }
    assert_eq!(files.read(&key).await.unwrap(), content);
    assert_eq!(files.length(&key).await.unwrap(), 800_000);
    let OpenedFile { bytes, stream } = files.get(&key).await.unwrap();
    let pieces: Vec<Bytes> = stream.map(Result::unwrap).collect().await;
    assert_eq!((bytes, pieces.concat()), (800_000, content.clone()));
    let names = [key.as_str(), key.as_str()];
    let all = files.contents(names).await.unwrap();
    assert_eq!(all, BTreeMap::from([(key.to_string(), content)]));
    assert!(files.contents(["../keys"]).await.is_err());
    files.delete(&key).await.unwrap();
    files.delete(&key).await.unwrap();
    assert!(files.length(&key).await.is_err());
}

#[tokio::test]
async fn files_are_kept_in_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("a/media");
    let files = FileStore::open(&FileStoreLocation::Folder(folder.clone())).unwrap();
    files_are_kept(&files).await;
    let content = b"abc".to_vec();
    files.put(&key(&content), content.clone()).await.unwrap();
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half-written is left");
    std::fs::write(folder.join(key(&content).as_str()), b"other").unwrap();
    assert!(matches!(files.read(&key(&content)).await, Err(FileStoreError::Damaged(_))));
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, b"a file").unwrap();
    let broken = files.put(&key(&content), content).await.unwrap_err();
    assert!(broken.is_temporary() && broken.to_string().contains("a/media"), "{broken}");
}

#[tokio::test]
async fn files_are_kept_in_a_bucket_under_its_prefix() {
    let server = Server::start().await;
    for prefix in ["", "news/2026"] {
        let files = FileStore::open(&FileStoreLocation::Bucket(server.bucket(prefix))).unwrap();
        files_are_kept(&files).await;
        files.put(&key(b"abc"), b"abc".to_vec()).await.unwrap();
        let path = match prefix {
            "" => format!("/bucket/{}", key(b"abc")),
            prefix => format!("/bucket/{prefix}/{}", key(b"abc")),
        };
        let (content, headers) = server.objects().get(&path).cloned().unwrap();
        assert_eq!(content, b"abc");
        assert!(headers.contains("content-type: image/png"), "{headers}");
        assert!(
            headers.contains("cache-control: public, max-age=31536000, immutable"),
            "{headers}"
        );
        assert!(headers.contains("authorization: aws4-hmac-sha256 credential=key/"), "{headers}");
        assert!(!headers.contains("s3cret"), "{headers}");
    }
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_may_do_so_later() {
    let mut bucket = Server::start().await.bucket("");
    bucket.endpoint = Some(format!("http://127.0.0.1:{}", testkit::free_port()));
    let files = FileStore::open(&FileStoreLocation::Bucket(bucket.clone())).unwrap();
    let away = files.read(&key(b"abc")).await.unwrap_err();
    assert!(away.is_temporary() && away.to_string().contains("s3://bucket"), "{away}");
    assert!(!format!("{bucket:?} {files:?}").contains("s3cret"));
}

type Objects = BTreeMap<String, (Vec<u8>, String)>;

/// As much of S3 as is needed: PUT, GET, HEAD, DELETE of an object.
struct Server {
    port: u16,
    objects: Arc<Mutex<Objects>>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let objects: Arc<Mutex<Objects>> = Arc::default();
        let shared = Arc::clone(&objects);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&shared)));
            }
        });
        Self { port, objects }
    }

    fn objects(&self) -> Objects {
        self.objects.lock().unwrap().clone()
    }

    fn bucket(&self, prefix: &str) -> Bucket {
        Bucket {
            name: "bucket".to_owned(),
            prefix: prefix.to_owned(),
            region: "us-east-1".to_owned(),
            endpoint: Some(format!("http://127.0.0.1:{}", self.port)),
            access: Some(("key".to_owned(), "s3cret".to_owned())),
            certificates: None,
        }
    }
}

async fn answer(stream: TcpStream, objects: Arc<Mutex<Objects>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        let headers = head.to_ascii_lowercase();
        let length = headers.split("content-length: ").nth(1).and_then(|it| it.split('\r').next());
        let mut body = vec![0; length.map_or(0, |it| it.parse().unwrap())];
        stream.read_exact(&mut body).await.unwrap();
        let found = objects.lock().unwrap().get(&path).map(|it| it.0.clone());
        let (status, body) = match (method.as_str(), found) {
            ("PUT", _) => {
                objects.lock().unwrap().insert(path, (body, headers));
                ("200 OK", Vec::new())
            }
            ("DELETE", _) => {
                objects.lock().unwrap().remove(&path);
                ("204 No Content", Vec::new())
            }
            ("GET" | "HEAD", Some(content)) => ("200 OK", content),
            _ => ("404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>".to_vec()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nETag: \"1\"\r\n\
             Last-Modified: Thu, 26 Nov 2026 09:00:00 GMT\r\n\r\n",
            if status.starts_with("204") { 0 } else { body.len() }
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        if method != "HEAD" && !status.starts_with("204") {
            stream.write_all(&body).await.unwrap();
        }
    }
}
