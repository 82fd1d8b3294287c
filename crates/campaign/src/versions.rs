//! Versions of announcements: which there are, what each says, and what has changed.

use std::time::Duration;

use model::{AnnouncementId, TopicScope};
use similar::TextDiff;
use store::{AnnouncementVersion, ListedAnnouncement, Store, StoreError, VersionSummary};

/// Versions in one page.
const PAGE: usize = 100;
/// Lines around a change.
const AROUND: usize = 3;
/// A diff that takes longer is made coarser.
const LONGEST: Duration = Duration::from_secs(2);

/// Why a version can't be had.
#[derive(Debug, thiserror::Error)]
pub enum VersionProblem {
    #[error("there is no announcement {0:?}; `pharos announcement list` shows those there are")]
    UnknownName(String),
    #[error("the announcement {name:?} has no version {version}; its latest is {latest}")]
    UnknownVersion { name: String, version: i64, latest: i64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The announcements with their latest versions, the one that was written last first, those before
/// `before`; at most 100.
///
/// # Errors
/// When the store fails.
pub async fn announcements(
    store: &Store,
    before: Option<AnnouncementId>,
) -> Result<Vec<ListedAnnouncement>, StoreError> {
    let before = before.unwrap_or(AnnouncementId(i64::MAX));
    store.announcements_page(before, TopicScope::All, PAGE).await
}

/// The versions of an announcement, the latest first, those before `before`; at most 100.
///
/// # Errors
/// When there is no such announcement, or the store fails.
pub async fn versions(
    store: &Store,
    name: &str,
    before: Option<i64>,
) -> Result<Vec<VersionSummary>, VersionProblem> {
    let found = store.announcement_versions(name.to_owned(), before, PAGE).await?;
    if found.is_empty() && before.is_none() {
        return Err(VersionProblem::UnknownName(name.to_owned()));
    }
    Ok(found)
}

/// A version with its text: the one with this number, or the latest.
///
/// # Errors
/// When there is none, or the store fails.
pub async fn version(
    store: &Store,
    name: &str,
    number: Option<i64>,
) -> Result<AnnouncementVersion, VersionProblem> {
    let latest = store.announcement_versions(name.to_owned(), None, 1).await?;
    let unknown = || VersionProblem::UnknownName(name.to_owned());
    let latest = latest.first().ok_or_else(unknown)?.version;
    let wanted = number.unwrap_or(latest);
    let found = store.announcement_version(name.to_owned(), wanted).await?;
    found.ok_or_else(|| VersionProblem::UnknownVersion {
        name: name.to_owned(),
        version: wanted,
        latest,
    })
}

/// What has changed from one text to another, as `diff -u` writes it; empty when nothing has.
#[must_use]
pub fn difference(from: (&str, &str), to: (&str, &str)) -> String {
    let [(from_name, old), (to_name, new)] = [from, to];
    let diff = TextDiff::configure().timeout(LONGEST).diff_lines(old, new);
    diff.unified_diff().context_radius(AROUND).header(from_name, to_name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_both_texts_and_what_changed() {
        let (old, new) = ("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nE\nf\ng");
        assert_eq!(
            difference(("version 1", old), ("version 2", new)),
            "--- version 1\n+++ version 2\n@@ -2,5 +2,6 @@\n b\n c\n d\n-e\n+E\n f\n+g\n\
             \\ No newline at end of file\n"
        );
        assert_eq!(difference(("a", old), ("b", old)), "");
    }
}
