//! The reject file of an import: it appears, complete, when there is something in it; when there
//! is nothing, the one of an earlier import is removed.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Rejected rows on their way to a file that only its owner can read.
pub(super) struct Rejects {
    path: PathBuf,
    part: PathBuf,
    /// What every such file begins with.
    header: &'static str,
    file: BufWriter<File>,
}

impl Rejects {
    /// Begins beside `path`; refuses to end up in place of `input`.
    pub(super) fn begin(path: PathBuf, input: &Path) -> anyhow::Result<Self> {
        Self::begin_with(path, input, audience::REJECTS_HEADER)
    }

    /// The same for warnings.
    pub(super) fn begin_warnings(path: PathBuf, input: &Path) -> anyhow::Result<Self> {
        Self::begin_with(path, input, audience::WARNINGS_HEADER)
    }

    fn begin_with(path: PathBuf, input: &Path, header: &'static str) -> anyhow::Result<Self> {
        let same = fs::canonicalize(&path)
            .is_ok_and(|it| fs::canonicalize(input).is_ok_and(|of| it == of));
        anyhow::ensure!(!same, "--rejects names the file to import; name another file");
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&part);
        let file =
            file.with_context(|| format!("can't write the reject file {}", path.display()))?;
        Ok(Self { path, part, header, file: BufWriter::new(file) })
    }

    /// Puts the file in its place.
    pub(super) fn keep(mut self) -> anyhow::Result<()> {
        self.file.flush()?;
        fs::rename(&self.part, &self.path)
            .with_context(|| format!("can't write the reject file {}", self.path.display()))
    }

    /// Removes the file of an earlier import; any other file is left alone.
    pub(super) fn remove_older(self) -> anyhow::Result<()> {
        let header = self.header.as_bytes();
        let mut found = Vec::new();
        let opened = File::open(&self.path);
        let limit = u64::try_from(header.len()).unwrap_or(u64::MAX);
        let read = opened.and_then(|file| file.take(limit).read_to_end(&mut found));
        if read.is_err() || found != header {
            return Ok(());
        }
        fs::remove_file(&self.path)
            .with_context(|| format!("can't remove the older reject file {}", self.path.display()))
    }
}

impl Write for Rejects {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Rejects {
    fn drop(&mut self) {
        // Gone already when it was kept.
        let _ = fs::remove_file(&self.part);
    }
}
