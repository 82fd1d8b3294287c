//! The file of link targets in the data folder.
//!
//! ```text
//! pharos links 1
//! CAMPAIGN SLOT URL        newest campaign first
//! end COUNT
//! ```
//!
//! A copy of what the store has: a file that is missing, cut or of a later release is as good as
//! none. Bounded by [`MAX_LINKS`] and [`MAX_BYTES`].

use std::path::Path;
use std::sync::Arc;

use model::{CampaignId, LinkSlot};

use crate::installation::replace_private;

/// Most links that are kept: those of some two thousand campaigns.
pub(super) const MAX_LINKS: u32 = 20_000;
const MAX_BYTES: usize = 8 << 20;
const FIRST_LINE: &str = "pharos links 1";

type KeptLink = ((CampaignId, LinkSlot), Arc<str>);

/// Replaces the file as one step.
pub(super) fn write(path: &Path, links: &[KeptLink]) -> std::io::Result<()> {
    replace_private(path, text(links).as_bytes())
}

fn text(links: &[KeptLink]) -> String {
    let mut text = format!("{FIRST_LINE}\n");
    let mut count = 0;
    for ((campaign, slot), url) in links {
        let line = format!("{} {} {url}\n", campaign.0, slot.0);
        if text.len() + line.len() > MAX_BYTES {
            break;
        }
        // No URL of ours has one; another one must not make two lines.
        if !url.chars().any(char::is_control) {
            text.push_str(&line);
            count += 1;
        }
    }
    text.push_str(&format!("end {count}\n"));
    text
}

/// What the file tells.
pub(super) fn read(path: &Path) -> Vec<KeptLink> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "can't read the links kept on disk");
            return Vec::new();
        }
    };
    parse(&text).unwrap_or_else(|| {
        tracing::warn!(path = %path.display(), "can't parse the links kept on disk");
        Vec::new()
    })
}

fn parse(text: &str) -> Option<Vec<KeptLink>> {
    let lines = text.strip_prefix(FIRST_LINE)?.strip_prefix('\n')?;
    let (lines, end) = lines.trim_end_matches('\n').rsplit_once("end ")?;
    let links = lines.lines().map(link).collect::<Option<Vec<_>>>()?;
    (end.parse() == Ok(links.len())).then_some(links)
}

fn link(line: &str) -> Option<KeptLink> {
    let (campaign, rest) = line.split_once(' ')?;
    let (slot, url) = rest.split_once(' ')?;
    Some(((CampaignId(campaign.parse().ok()?), LinkSlot(slot.parse().ok()?)), url.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Vec<KeptLink> {
        let link = |campaign, slot, url: &str| ((CampaignId(campaign), LinkSlot(slot)), url.into());
        vec![
            link(1_795_428_000_007, 0, "https://a.example/?q=end 3#x y"),
            link(7, 1, "https://b.example/ü"),
        ]
    }

    #[test]
    fn links_are_read_back_as_they_were_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("links");
        assert_eq!(read(&path), []);
        for links in [links(), Vec::new()] {
            write(&path, &links).unwrap();
            assert_eq!(read(&path), links);
        }
    }

    #[test]
    fn a_file_that_is_cut_or_of_a_later_release_is_as_good_as_none() {
        let whole = text(&links());
        for cut in 0..whole.len() - 1 {
            if let Some(cut) = whole.get(..cut) {
                assert_eq!(parse(cut), None, "{cut}");
            }
        }
        assert_eq!(parse(&whole.replace("links 1", "links 2")), None);
    }

    #[test]
    fn the_file_is_bounded_and_the_newest_stay() {
        let url: Arc<str> = format!("https://a.example/{}", "x".repeat(2_000)).into();
        let many: Vec<KeptLink> = (0..MAX_LINKS)
            .map(|n| ((CampaignId(9_000_000 - i64::from(n)), LinkSlot(0)), Arc::clone(&url)))
            .collect();
        let text = text(&many);
        assert!(text.len() < MAX_BYTES + 20);
        let kept = parse(&text).unwrap();
        assert_eq!(kept, many[..kept.len()]);
    }
}
