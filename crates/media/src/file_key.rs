//! What a file is called where its bytes are, and at the end of its web address:
//! `HASH-NAME.EXTENSION`.
//!
//! Invariant: nothing but lower-case letters, digits, hyphens and one dot, so a key is safe in a
//! folder, in a bucket and in an address as it stands, and can lead nowhere else.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::file_kind::FileKind;

/// Hexadecimal digits of the content's SHA-256 that a key begins with: 128 bits.
const HASH_DIGITS: usize = 32;
/// The longest name in a key.
const STEM_CHARS: usize = 80;

/// The name of a file, which its content decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKey(String);

impl FileKey {
    /// The key of this content; `stem` is what people recognise it by.
    pub(crate) fn of(content: &[u8], stem: &str, kind: FileKind) -> Self {
        let is_plain = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-';
        let stem: String = stem.chars().filter(is_plain).take(STEM_CHARS).collect();
        Self(format!("{}-{stem}.{}", hash(content), kind.extension()))
    }

    /// Reads a key from the end of an address or from a record; nothing when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (stem, extension) = text.rsplit_once('.')?;
        let (hash, stem) = stem.split_at_checked(HASH_DIGITS)?;
        let stem = stem.strip_prefix('-')?;
        let is_hash = hash.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'a'..=b'f'));
        let is_stem = stem.len() <= STEM_CHARS
            && stem.bytes().all(|it| it.is_ascii_digit() || it.is_ascii_lowercase() || it == b'-');
        (is_hash && is_stem && FileKind::of_extension(extension).is_some())
            .then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn kind(&self) -> Option<FileKind> {
        FileKind::of_extension(self.0.rsplit_once('.')?.1)
    }

    /// The name without the hash, for who saves the file.
    #[must_use]
    pub fn saved_as(&self) -> &str {
        match self.0.split_once('-') {
            Some((_, name)) if !name.starts_with('.') => name,
            _ => &self.0,
        }
    }

    /// Whether the content is the one that the key was made from.
    #[must_use]
    pub fn fits(&self, content: &[u8]) -> bool {
        self.0.starts_with(&hash(content))
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn hash(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().take(HASH_DIGITS / 2).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "ba7816bf8f01cfea414140de5dae2223-time-line.png";

    #[test]
    fn a_key_is_made_of_the_content_and_read_back() {
        let key = FileKey::of(b"abc", "time-line", FileKind::Png);
        assert_eq!(key.as_str(), KEY);
        assert_eq!(FileKey::parse(KEY), Some(key.clone()));
        assert_eq!((key.kind(), key.saved_as()), (Some(FileKind::Png), "time-line.png"));
        assert!(key.fits(b"abc") && !key.fits(b"abd"));
        let nameless = FileKey::of(b"abc", "", FileKind::Png);
        assert_eq!(FileKey::parse(nameless.as_str()), Some(nameless.clone()));
        assert_eq!(nameless.saved_as(), nameless.as_str());
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_key() {
        for bad in [
            "",
            "x.png",
            "../../../../etc/passwd",
            &KEY.replace('-', "/"),
            &KEY.replace("time", ".."),
            &KEY.replace("png", "html"),
            &KEY.replace("png", "PNG"),
            &KEY.replace("ba", "BA"),
            &format!("{KEY}\r\nx: y"),
            &KEY.replace("time", "t%2fe"),
            &KEY.replace("time", "t\u{e9}e"),
        ] {
            assert_eq!(FileKey::parse(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn every_key_can_be_read_back(content: Vec<u8>, stem: String) {
            for kind in FileKind::ALL {
                let key = FileKey::of(&content, &stem, kind);
                prop_assert_eq!(FileKey::parse(key.as_str()), Some(key.clone()));
                prop_assert!(key.fits(&content));
            }
        }
    }
}
