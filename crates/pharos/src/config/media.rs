//! The settings of the media library: where its files are, and how much a message may carry.

use media::{Bucket, FileStoreLocation};
use render::AttachmentLimits;

use super::checked::{Checked, Checker};
use super::file;

/// What a name of a bucket begins with.
const BUCKET: &str = "s3://";
/// The region of servers that have none.
const NO_REGION: &str = "us-east-1";
/// Of one message; few mailboxes take more.
const MOST_MIB: usize = 20;

impl Checker<'_> {
    /// By default, a folder in the data folder.
    pub(super) fn media(&self, file: &file::File) -> Checked<FileStoreLocation> {
        let media = &file.media;
        let Some(typed) = &media.files else {
            return Ok(FileStoreLocation::Folder(self.beside(&file.data).join("media")));
        };
        let Some(name) = typed.get_ref().strip_prefix(BUCKET) else {
            let of_bucket = [
                ("media.endpoint", &media.endpoint),
                ("media.region", &media.region),
                ("media.access_key", &media.access_key),
                ("media.secret_key_file", &media.secret_key_file),
                ("media.ca_file", &media.ca_file),
            ];
            for (field, value) in of_bucket {
                if let Some(value) = value {
                    let what = "is for a bucket, and media.files is a folder";
                    return Err(self.wrong(field, value, what));
                }
            }
            return Ok(FileStoreLocation::Folder(self.beside(typed.get_ref())));
        };
        let (name, prefix) = name.split_once('/').unwrap_or((name, ""));
        let prefix = prefix.trim_end_matches('/');
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let of_prefix = prefix.split('/').all(|part| {
            prefix.is_empty() || (!part.is_empty() && part != ".." && part.chars().all(is_plain))
        });
        if name.is_empty() || !name.chars().all(is_plain) || !of_prefix {
            let what =
                "should be a folder, or a bucket such as \"s3://name\" or \"s3://name/prefix\"";
            return Err(self.wrong("media.files", typed, what));
        }
        Ok(FileStoreLocation::Bucket(Bucket {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            region: media.region.as_ref().map_or(NO_REGION, |it| it.get_ref()).to_owned(),
            endpoint: self.endpoint(media)?,
            access: self.access(media)?,
            certificates: self.certificates(media)?,
        }))
    }

    fn endpoint(&self, media: &file::MediaTable) -> Checked<Option<String>> {
        let Some(typed) = &media.endpoint else { return Ok(None) };
        let url = typed.get_ref().trim_end_matches('/');
        let host = url.strip_prefix("https://").or(url.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#', ' '])) {
            let what =
                "should be the address of a server, such as \"https://minio.example.com:9000\"";
            return Err(self.wrong("media.endpoint", typed, what));
        }
        Ok(Some(url.to_owned()))
    }

    fn access(&self, media: &file::MediaTable) -> Checked<Option<(String, String)>> {
        match (&media.access_key, &media.secret_key_file) {
            (None, None) => Ok(None),
            (Some(key), Some(file)) => {
                let secret = self.password("media.secret_key_file", file)?;
                Ok(Some((key.get_ref().clone(), secret)))
            }
            (Some(key), None) => {
                Err(self.wrong("media.access_key", key, "also needs `secret_key_file`"))
            }
            (None, Some(file)) => {
                Err(self.wrong("media.secret_key_file", file, "also needs `access_key`"))
            }
        }
    }

    fn certificates(&self, media: &file::MediaTable) -> Checked<Option<Vec<u8>>> {
        let Some(typed) = &media.ca_file else { return Ok(None) };
        let path = self.beside(typed.get_ref());
        std::fs::read(&path).map(Some).map_err(|error| {
            let what = format!("names {}, which can't be read: {error}", path.display());
            self.wrong("media.ca_file", typed, &what)
        })
    }

    pub(super) fn attachments(&self, media: &file::MediaTable) -> Checked<AttachmentLimits> {
        let mut limits = AttachmentLimits::default();
        let mut one = 0;
        if let Some(typed) = &media.attachment_max_mib {
            one = self.between("media.attachment_max_mib", typed, 1..=MOST_MIB)?;
            limits.one = (one as u64) << 20;
            limits.all = limits.all.max(limits.one);
        }
        if let Some(typed) = &media.attachments_max_mib {
            let all = self.between("media.attachments_max_mib", typed, one.max(1)..=MOST_MIB)?;
            limits.all = (all as u64) << 20;
            limits.one = limits.one.min(limits.all);
        }
        Ok(limits)
    }
}
