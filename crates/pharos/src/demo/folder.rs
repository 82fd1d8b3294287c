//! The demo's folder: new, and removed at the end unless the user named it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::telemetry::note;

/// A folder that did not exist before.
pub(super) struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    pub(super) fn create(named: Option<&Path>) -> anyhow::Result<Self> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => std::env::temp_dir().join(format!("pharos-demo-{}", std::process::id())),
        };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::create_dir(&path).with_context(|| {
            format!(
                "can't create the folder {}; the demo never writes into an existing one",
                path.display()
            )
        })?;
        Ok(Self { path, keep: named.is_some() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Says that the folder is kept; a temporary one is removed with the demo, however it ends.
    pub(super) fn leave(self) {
        if self.keep {
            note(format_args!("Everything is kept in {}", self.path.display()));
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            note(format_args!("can't remove {}: {error}", self.path.display()));
        }
    }
}
