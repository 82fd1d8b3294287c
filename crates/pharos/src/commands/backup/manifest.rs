//! What a backup says about itself.
//!
//! Invariant: a backup whose manifest exists and agrees with its files is complete; a manifest that
//! was truncated has fewer entries than it says.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Component, Path};

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The form of the manifest.
const FORMAT: u32 = 1;
/// Its name in a backup.
pub(in crate::commands) const MANIFEST: &str = "manifest.toml";
/// The names of what a backup may hold.
pub(in crate::commands) const STORE: &str = "store.sqlite";
pub(in crate::commands) const CONFIG: &str = "pharos.toml";
pub(in crate::commands) const KEYS: &str = "keys";
pub(in crate::commands) const NODE: &str = "node";
/// The folder of the media library's files.
pub(in crate::commands) const MEDIA: &str = "media";
/// Journals, as they lie in a data folder too.
pub(in crate::commands) const JOURNALS: [&str; 2] = ["journal/hits", "journal/removals"];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::commands) struct Manifest {
    format: u32,
    pub(in crate::commands) release: String,
    /// The version of the store's schema.
    pub(in crate::commands) schema: i64,
    /// When it was begun, in UTC.
    pub(in crate::commands) made_at: String,
    file_count: usize,
    /// Every file but the manifest itself.
    pub(in crate::commands) files: Vec<BackupFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::commands) struct BackupFile {
    /// Relative to the backup's folder.
    pub(in crate::commands) path: String,
    pub(in crate::commands) bytes: u64,
    sha256: String,
}

impl Manifest {
    pub(in crate::commands) fn new(schema: i64, made_at: String, files: Vec<BackupFile>) -> Self {
        let (release, file_count) = (env!("CARGO_PKG_VERSION").to_owned(), files.len());
        Self { format: FORMAT, release, schema, made_at, file_count, files }
    }

    pub(in crate::commands) fn text(&self) -> anyhow::Result<String> {
        Ok(format!(
            "# `pharos restore` checks the backup against this file.\n{}",
            toml::to_string(self)?
        ))
    }

    /// Reads the manifest in the backup `folder`, if this release understands it.
    pub(in crate::commands) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(MANIFEST);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("{} is not a complete backup: can't read {}", folder.display(), path.display())
        })?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Form {
            format: u32,
            release: String,
        }
        let form: Form = toml::from_str(text)?;
        ensure!(
            form.format == FORMAT && !is_newer(&form.release, env!("CARGO_PKG_VERSION")),
            "it was made by release {}, and this is {}: use that release or a newer one",
            form.release,
            env!("CARGO_PKG_VERSION")
        );
        let manifest: Self = toml::from_str(text)?;
        ensure!(
            manifest.files.len() == manifest.file_count,
            "it names {} of {} files: it was truncated",
            manifest.files.len(),
            manifest.file_count
        );
        for file in &manifest.files {
            let plain =
                Path::new(&file.path).components().all(|it| matches!(it, Component::Normal(_)));
            ensure!(plain, "{:?} is not a file of a backup", file.path);
        }
        for name in [STORE, CONFIG, KEYS] {
            ensure!(manifest.file(name).is_some(), "it has no {name}");
        }
        Ok(manifest)
    }

    pub(in crate::commands) fn file(&self, path: &str) -> Option<&BackupFile> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(in crate::commands) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).fold(0, u64::saturating_add)
    }
}

/// Compares numbers, part by part; a part that is not a number counts as 0.
fn is_newer(release: &str, than: &str) -> bool {
    let parts = |text: &str| -> Vec<u64> {
        text.split(['.', '-', '+']).take(3).map(|part| part.parse().unwrap_or(0)).collect()
    };
    parts(release) > parts(than)
}

impl BackupFile {
    /// Describes a file that was written into the backup `folder`.
    pub(in crate::commands) fn of(folder: &Path, path: &str) -> anyhow::Result<Self> {
        let (bytes, sha256) =
            digest(&folder.join(path), |_| {}).with_context(|| format!("can't read {path}"))?;
        Ok(Self { path: path.to_owned(), bytes, sha256 })
    }

    /// Refuses the file if it has changed. Reports how many bytes were read.
    pub(in crate::commands) fn check(
        &self,
        folder: &Path,
        read: impl FnMut(u64),
    ) -> anyhow::Result<()> {
        let path = folder.join(&self.path);
        let (bytes, sha256) = digest(&path, read)
            .with_context(|| format!("the backup is incomplete: can't read {}", path.display()))?;
        if bytes != self.bytes {
            bail!(
                "the backup is incomplete: {} has {bytes} bytes instead of {}",
                path.display(),
                self.bytes
            );
        }
        ensure!(
            sha256 == self.sha256,
            "the backup is damaged: the SHA-256 checksum of {} does not match",
            path.display()
        );
        Ok(())
    }
}

fn digest(path: &Path, mut read: impl FnMut(u64)) -> io::Result<(u64, String)> {
    let (mut file, mut sha256, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut piece = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            break;
        }
        sha256.update(piece.get(..length).unwrap_or_default());
        bytes += length as u64;
        read(length as u64);
    }
    let sha256 = sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, sha256))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let file = |path: &str| BackupFile { path: path.to_owned(), bytes: 1, sha256: "a".into() };
        let files = [STORE, CONFIG, KEYS].map(file).to_vec();
        Manifest::new(8, "2026-11-25T00:00:00Z".to_owned(), files)
    }

    #[test]
    fn a_manifest_is_read_back() {
        assert_eq!(Manifest::parse(&manifest().text().unwrap()).unwrap(), manifest());
    }

    #[test]
    fn a_manifest_of_a_newer_release_or_one_that_was_cut_is_refused() {
        let text = manifest().text().unwrap();
        let last = text.rfind("[[files]]").unwrap();
        for (wrong, expect) in [
            (text.replace(env!("CARGO_PKG_VERSION"), "99.0.0"), "release 99.0.0"),
            (text.replace("format = 1", "format = 2"), "made by release"),
            (text[..last].to_owned(), "2 of 3 files"),
            (text.replace("\"keys\"", "\"../keys\""), "not a file of a backup"),
            (text.replace("\"keys\"", "\"other\""), "no keys"),
        ] {
            let said = format!("{:#}", Manifest::parse(&wrong).unwrap_err());
            assert!(said.contains(expect), "{said}");
        }
    }

    #[test]
    fn releases_are_compared_by_their_numbers() {
        assert!(is_newer("0.10.0", "0.9.1"));
        assert!(!is_newer("0.9.1", "0.10.0"));
        assert!(!is_newer("1.0.0", "1.0.0"));
    }

    #[test]
    fn a_file_that_was_cut_or_changed_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("keys"), "abc").unwrap();
        let file = BackupFile::of(dir.path(), "keys").unwrap();
        file.check(dir.path(), |_| {}).unwrap();
        for (text, expect) in [("ab", "2 bytes instead of 3"), ("abd", "SHA-256")] {
            std::fs::write(dir.path().join("keys"), text).unwrap();
            let said = file.check(dir.path(), |_| {}).unwrap_err().to_string();
            assert!(said.contains(expect) && said.contains("keys"), "{said}");
        }
    }
}
