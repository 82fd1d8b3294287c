//! Where the bytes are: a folder on this machine (or that all nodes share), or a bucket of a server
//! that speaks S3.
//!
//! Invariants: a file is written under its name at once or not at all, and is on disk when `put`
//! returns; whoever reads a whole file gets the content that its name was made from.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Certificate, ClientOptions, ObjectStore, ObjectStoreExt as _,
    PutOptions, RetryConfig,
};

use crate::error::FileStoreError;
use crate::file_key::FileKey;
use crate::{FILE_BYTES, FileKind};

/// For one request to a bucket, tries included.
const BUCKET_TIMEOUT: Duration = Duration::from_secs(30);
const BUCKET_TRIES: usize = 3;
/// Readers and their proxies may keep a file for ever: its name is never given to another.
pub(crate) const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// Where the files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileStoreLocation {
    Folder(PathBuf),
    Bucket(Bucket),
}

/// A bucket of a server that speaks S3.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// In front of every file's name, without a slash at the end; may be empty.
    pub prefix: String,
    pub region: String,
    /// The server; nothing: that of the region at Amazon.
    pub endpoint: Option<String>,
    /// Key and secret; nothing: the role of the machine at Amazon.
    pub access: Option<(String, String)>,
    /// Certificates (PEM) to trust in addition to the public ones.
    pub certificates: Option<Vec<u8>>,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, prefix, endpoint, .. } = self;
        f.debug_struct("Bucket")
            .field("name", name)
            .field("prefix", prefix)
            .field("endpoint", endpoint)
            .finish_non_exhaustive()
    }
}

/// The library's files.
#[derive(Debug, Clone)]
pub struct FileStore {
    inner: Arc<dyn ObjectStore>,
    prefix: String,
    place: String,
    is_bucket: bool,
}

/// A file that is being read.
pub struct OpenedFile {
    pub bytes: u64,
    pub stream: BoxStream<'static, Result<Bytes, FileStoreError>>,
}

impl FileStore {
    /// Opens it; a folder that does not exist is created, closed to everybody but its owner.
    ///
    /// # Errors
    /// When the folder can't be created or used. A bucket is asked nothing yet.
    pub fn open(location: &FileStoreLocation) -> Result<Self, FileStoreError> {
        let place = location.place();
        let away = |why: String| FileStoreError::Away { place: place.clone(), why };
        match location {
            FileStoreLocation::Folder(folder) => {
                create_folder(folder).map_err(|error| away(error.to_string()))?;
                let files = LocalFileSystem::new_with_prefix(folder)
                    .map_err(|error| away(error.to_string()))?
                    .with_fsync(true);
                Ok(Self { inner: Arc::new(files), prefix: String::new(), place, is_bucket: false })
            }
            FileStoreLocation::Bucket(bucket) => {
                let files = client(bucket).map_err(|error| away(error.to_string()))?;
                let prefix = bucket.prefix.clone();
                Ok(Self { inner: Arc::new(files), prefix, place, is_bucket: true })
            }
        }
    }

    /// Writes a file; when it returns, it stays.
    ///
    /// # Errors
    /// When the folder or the bucket does not take it.
    pub async fn put(&self, key: &FileKey, content: Vec<u8>) -> Result<(), FileStoreError> {
        let mut options = PutOptions::default();
        if self.is_bucket {
            let kind = key.kind().map_or("application/octet-stream", FileKind::content_type);
            options.attributes = Attributes::from_iter([
                (Attribute::ContentType, kind),
                (Attribute::CacheControl, CACHE_CONTROL),
            ]);
        }
        let put = self.inner.put_opts(&self.path(key), content.into(), options).await;
        put.map(drop).map_err(|error| self.failed(key, &error))
    }

    /// Opens a file for reading piece by piece.
    ///
    /// # Errors
    /// When it is missing, or the folder or bucket does not answer.
    pub async fn get(&self, key: &FileKey) -> Result<OpenedFile, FileStoreError> {
        let found = self.inner.get(&self.path(key)).await;
        let found = found.map_err(|error| self.failed(key, &error))?;
        let bytes = found.meta.size;
        let (place, key) = (self.place.clone(), key.clone());
        let failed = move |error| failure(&place, &key, &error);
        Ok(OpenedFile { bytes, stream: found.into_stream().map_err(failed).boxed() })
    }

    /// How long a file is.
    ///
    /// # Errors
    /// When it is missing, or the folder or bucket does not answer.
    pub async fn length(&self, key: &FileKey) -> Result<u64, FileStoreError> {
        let found = self.inner.head(&self.path(key)).await;
        Ok(found.map_err(|error| self.failed(key, &error))?.size)
    }

    /// A whole file, which is what its name says.
    ///
    /// # Errors
    /// When it is missing or has other content, or the folder or bucket does not answer.
    pub async fn read(&self, key: &FileKey) -> Result<Vec<u8>, FileStoreError> {
        let OpenedFile { bytes, mut stream } = self.get(key).await?;
        let damaged = || FileStoreError::Damaged(key.to_string());
        // What the library has made itself may be a little larger than what came in.
        let length = usize::try_from(bytes).ok().filter(|it| *it <= 2 * FILE_BYTES);
        let mut content = Vec::with_capacity(length.ok_or_else(damaged)?);
        while let Some(piece) = stream.next().await {
            content.extend_from_slice(&piece?);
        }
        if key.fits(&content) { Ok(content) } else { Err(damaged()) }
    }

    /// Whole files by their names, each once.
    ///
    /// # Errors
    /// As [`Self::read`]; a name that is none of a file is missing.
    pub async fn contents<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<BTreeMap<String, Vec<u8>>, FileStoreError> {
        let mut contents = BTreeMap::new();
        for name in names {
            if !contents.contains_key(name) {
                let key = FileKey::parse(name);
                let key = key.ok_or_else(|| FileStoreError::Missing(name.to_owned()))?;
                contents.insert(name.to_owned(), self.read(&key).await?);
            }
        }
        Ok(contents)
    }

    /// Deletes a file; one that is not there is none to complain about.
    ///
    /// # Errors
    /// When the folder or bucket does not do it.
    pub async fn delete(&self, key: &FileKey) -> Result<(), FileStoreError> {
        match self.inner.delete(&self.path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(key, &error)),
        }
    }

    /// Asks whether files can be read: for one that does not exist.
    ///
    /// # Errors
    /// What the folder or bucket says instead.
    pub async fn probe(&self) -> Result<(), FileStoreError> {
        let key = FileKey::of(b"", "probe", FileKind::Text);
        match self.length(&key).await {
            Ok(_) | Err(FileStoreError::Missing(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn path(&self, key: &FileKey) -> Path {
        Path::from(format!("{}/{key}", self.prefix))
    }

    fn failed(&self, key: &FileKey, error: &object_store::Error) -> FileStoreError {
        failure(&self.place, key, error)
    }
}

fn failure(place: &str, key: &FileKey, error: &object_store::Error) -> FileStoreError {
    match error {
        object_store::Error::NotFound { .. } => FileStoreError::Missing(key.to_string()),
        error => {
            // The first line: below it is what the server sent, in XML.
            let text = error.to_string();
            let why = text.lines().next().unwrap_or_default().chars().take(300).collect();
            FileStoreError::Away { place: place.to_owned(), why }
        }
    }
}

impl FileStoreLocation {
    /// In words, without secrets.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Bucket(Bucket { name, prefix, .. }) if prefix.is_empty() => {
                format!("s3://{name}")
            }
            Self::Bucket(Bucket { name, prefix, .. }) => format!("s3://{name}/{prefix}"),
        }
    }
}

fn create_folder(folder: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn client(bucket: &Bucket) -> Result<AmazonS3, object_store::Error> {
    let mut options = ClientOptions::new().with_timeout(BUCKET_TIMEOUT);
    if let Some(pem) = &bucket.certificates {
        for certificate in Certificate::from_pem_bundle(pem)? {
            options = options.with_root_certificate(certificate);
        }
    }
    let retry = RetryConfig {
        max_retries: BUCKET_TRIES,
        retry_timeout: BUCKET_TIMEOUT,
        ..RetryConfig::default()
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        // One by one: not every server knows how to delete many.
        .with_disable_bulk_delete(true)
        .with_retry(retry);
    if let Some(endpoint) = &bucket.endpoint {
        let is_plain = endpoint.starts_with("http://");
        options = options.with_allow_http(is_plain);
        builder = builder.with_endpoint(endpoint).with_virtual_hosted_style_request(false);
    }
    if let Some((key, secret)) = &bucket.access {
        builder = builder.with_access_key_id(key).with_secret_access_key(secret);
    }
    builder.with_client_options(options).build()
}

#[cfg(test)]
mod tests;
