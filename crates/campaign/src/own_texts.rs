//! Announcements that are written on their own, without a campaign: for single messages, or for a campaign
//! to come.
//!
//! Invariants: nothing that somebody has written is lost without their wish, as with drafts; what is being
//! written changes no message until it is put in use; what is put in use can be sent, as a single message
//! or by a campaign.

use model::{AnnouncementId, Timestamp};
use render::{Announcement, Compiled, Layout, Problem, Problems, Sender, SplitText, TextField};
use store::{
    ActorRecord, AnnouncementText, AnnouncementVersion, NewAnnouncement, NewDraftText, Store,
    StoreError,
};

use crate::CampaignError;
use crate::create::NAME_CHARS;
use crate::draft::{TRIES, WrittenText, beginning, check, version};
use crate::media_uses::with_media;
use crate::preview::{MessageSources, Preview, ShownValues, preview_of};

/// The topic that a text is checked for when no campaign says which.
const ANY_TOPIC: render::TopicName<'_> = render::TopicName { slug: "topic", name: "Topic" };

/// In which ways a text can be sent, and what is in the way of the others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sendable {
    /// Why no single message can be made of it, in the text's order.
    pub single: Vec<Problem>,
    /// Why no campaign can send it.
    pub campaign: Vec<Problem>,
}

impl Sendable {
    /// What has to be mended before it can be sent in any way.
    #[must_use]
    pub fn mistakes(&self) -> &[Problem] {
        if self.single.is_empty() { &self.single } else { &self.campaign }
    }

    /// Why it can be sent by a campaign alone.
    #[must_use]
    pub fn only_campaigns(&self) -> &[Problem] {
        if self.campaign.is_empty() { &self.single } else { &[] }
    }
}

/// A text as it can be sent: as a single message if it can be that, otherwise as a campaign sends it.
async fn compiled(
    store: &Store,
    sender: &Sender,
    source: &str,
    layout: Option<Layout>,
) -> Result<(Compiled, Sendable), CampaignError> {
    let mut text = with_media(store, Announcement::parse(source)?).await?;
    if let Some(layout) = layout {
        text = text.in_layout(layout);
    }
    let listed = |problems: &Problems| problems.as_slice().to_vec();
    let by_campaign = render::compile(&text, sender, &ANY_TOPIC);
    let campaign = by_campaign.as_ref().err().map(listed).unwrap_or_default();
    match (render::compile_single(&text, sender), by_campaign) {
        (Ok(single), _) => Ok((single, Sendable { campaign, ..Sendable::default() })),
        (Err(problems), Ok(other)) => Ok((other, Sendable { single: listed(&problems), campaign })),
        (Err(_), Err(problems)) => Err(problems.into()),
    }
}

/// What can be sent of a text, which may be unfinished.
///
/// # Errors
/// When the store fails.
pub async fn sendable(
    store: &Store,
    sender: &Sender,
    source: &str,
) -> Result<Sendable, CampaignError> {
    match compiled(store, sender, source, None).await {
        Ok((_, sendable)) => Ok(sendable),
        Err(CampaignError::Announcement(problems)) => {
            let problems = problems.as_slice().to_vec();
            Ok(Sendable { single: problems.clone(), campaign: problems })
        }
        Err(error) => Err(error),
    }
}

/// An announcement's message with made-up values or a contact's. Its links and images count for nobody.
///
/// # Errors
/// When the text has mistakes, the contact is unknown, or a value is missing.
pub async fn announcement_preview(
    sources: &MessageSources<'_>,
    source: &str,
    shown: &ShownValues,
    now: Timestamp,
) -> Result<Preview, CampaignError> {
    let (compiled, _) = compiled(sources.store, sources.sender, source, shown.layout).await?;
    preview_of(sources, model::CampaignId(0), &compiled, shown, now).await
}

/// What the announcement with this name says.
///
/// # Errors
/// When there is none, or the store fails.
pub async fn announcement_text(
    store: &Store,
    name: &str,
) -> Result<AnnouncementText, CampaignError> {
    let found = store.announcement_text(name.to_owned()).await?;
    found.ok_or_else(|| CampaignError::UnknownAnnouncement(name.to_owned()))
}

/// Adds an announcement with a text that can be sent.
///
/// # Errors
/// When the text has a mistake (with its line), the name can't be used, or is another announcement's.
pub async fn announcement_add(
    store: &Store,
    sender: &Sender,
    name: &str,
    written: WrittenText,
    now: Timestamp,
) -> Result<AnnouncementId, CampaignError> {
    let name = checked_name(name)?;
    check(&written.source)?;
    compiled(store, sender, &written.source, None).await?;
    added(store, version(name, written.source), true, written.by, now).await
}

/// Adds an announcement whose text is still to be written; who sends and in which layout is as in the one
/// that was saved last.
///
/// # Errors
/// When the name can't be used, or is another announcement's.
pub async fn announcement_begin(
    store: &Store,
    name: &str,
    by: ActorRecord,
    now: Timestamp,
) -> Result<AnnouncementId, CampaignError> {
    let name = checked_name(name)?;
    let latest = crate::versions::announcements(store, None).await?.into_iter().next();
    let like = match latest {
        Some(latest) => store.announcement_find(latest.id).await?,
        None => None,
    };
    let like = like.and_then(|like: AnnouncementVersion| SplitText::split(&like.source));
    added(store, version(name, beginning(like.as_ref())), false, by, now).await
}

async fn added(
    store: &Store,
    new: NewAnnouncement,
    is_finished: bool,
    by: ActorRecord,
    now: Timestamp,
) -> Result<AnnouncementId, CampaignError> {
    let name = new.name.clone();
    match store.announcement_add(new, is_finished, by, now).await {
        Err(StoreError::Exists(_)) => Err(CampaignError::AnnouncementExists(name)),
        added => Ok(added?),
    }
}

/// Saves what is being written, which may be unfinished; returns its revision. The version in use stays.
///
/// # Errors
/// [`CampaignError::AnnouncementChanged`] when somebody else has saved another text meanwhile.
pub async fn announcement_text_write(
    store: &Store,
    name: &str,
    written: WrittenText,
    now: Timestamp,
) -> Result<i64, CampaignError> {
    check(&written.source)?;
    for _ in 0..TRIES {
        let there = announcement_text(store, name).await?.text;
        if there.source == written.source {
            return Ok(there.revision);
        }
        let new = over(name, &there, &written)?;
        match store.announcement_text_save(name.to_owned(), new, now).await {
            Err(StoreError::Changed(_)) if written.over.is_none() => {}
            Err(error) => return Err(named(name, error)),
            Ok(revision) => return Ok(revision),
        }
    }
    Err(CampaignError::AnnouncementChanged(name.to_owned()))
}

/// Saves a text that can be sent, and puts it in use as the next version, or as the one that says the
/// same. Returns that version's id.
///
/// # Errors
/// When the text has a mistake; as [`announcement_text_write`].
pub async fn announcement_write(
    store: &Store,
    sender: &Sender,
    name: &str,
    written: WrittenText,
    now: Timestamp,
) -> Result<AnnouncementId, CampaignError> {
    check(&written.source)?;
    compiled(store, sender, &written.source, None).await?;
    for _ in 0..TRIES {
        let found = announcement_text(store, name).await?;
        if found.text.source == written.source && found.text.is_settled {
            return Ok(found.version_id);
        }
        let new = over(name, &found.text, &written)?;
        let version = version(name.to_owned(), written.source.clone());
        match store.announcement_write(version, new, now).await {
            Err(StoreError::Changed(_)) if written.over.is_none() => {}
            Err(error) => return Err(named(name, error)),
            Ok(id) => return Ok(id),
        }
    }
    Err(CampaignError::AnnouncementChanged(name.to_owned()))
}

/// Puts the text that was saved under this revision in use. Returns its version's id.
///
/// # Errors
/// When it has a mistake, or another revision by now.
pub async fn announcement_use(
    store: &Store,
    sender: &Sender,
    name: &str,
    revision: i64,
    now: Timestamp,
) -> Result<AnnouncementId, CampaignError> {
    let found = announcement_text(store, name).await?;
    if found.text.revision != revision {
        return Err(CampaignError::AnnouncementChanged(name.to_owned()));
    }
    compiled(store, sender, &found.text.source, None).await?;
    if found.text.is_settled {
        return Ok(found.version_id);
    }
    let version = version(name.to_owned(), found.text.source);
    let used = store.announcement_text_use(revision, version, now).await;
    used.map_err(|error| named(name, error))
}

/// Keeps a text as a version, without putting it in use.
///
/// # Errors
/// When there is no such announcement, or the store fails.
pub async fn announcement_keep(
    store: &Store,
    name: &str,
    source: String,
    now: Timestamp,
) -> Result<(), CampaignError> {
    check(&source)?;
    announcement_text(store, name).await?;
    Ok(store.announcement_save(version(name.to_owned(), source), now).await.map(drop)?)
}

/// Deletes an announcement with all versions. Returns how many there were.
///
/// # Errors
/// [`CampaignError::AnnouncementNeeded`] when a campaign says one of them, or a single message waits.
pub async fn announcement_delete(store: &Store, name: &str) -> Result<usize, CampaignError> {
    for _ in 0..TRIES {
        announcement_text(store, name).await?;
        let needs = store.announcement_needs(name.to_owned()).await?;
        if !needs.is_empty() {
            return Err(CampaignError::AnnouncementNeeded { name: name.to_owned(), needs });
        }
        match store.announcement_delete(name.to_owned()).await {
            // Something has come to need it just now; the next look says what.
            Err(StoreError::Changed(_)) => {}
            Err(error) => return Err(named(name, error)),
            Ok(versions) => return Ok(versions),
        }
    }
    Err(CampaignError::AnnouncementChanged(name.to_owned()))
}

/// The text to be saved over what is there.
fn over(
    name: &str,
    there: &store::CampaignText,
    written: &WrittenText,
) -> Result<NewDraftText, CampaignError> {
    let WrittenText { source, over, by, keep_replaced } = written;
    if over.is_some_and(|over| over != there.revision) {
        return Err(CampaignError::AnnouncementChanged(name.to_owned()));
    }
    Ok(NewDraftText {
        over: there.revision,
        source: source.clone(),
        name: None,
        by: by.clone(),
        keep: keep_replaced.then(|| version(name.to_owned(), there.source.clone())),
    })
}

fn named(name: &str, error: StoreError) -> CampaignError {
    match error {
        StoreError::Changed(_) => CampaignError::AnnouncementChanged(name.to_owned()),
        StoreError::NotFound(_) => CampaignError::UnknownAnnouncement(name.to_owned()),
        error => error.into(),
    }
}

fn checked_name(typed: &str) -> Result<String, CampaignError> {
    let name = typed.trim();
    let problem = match name {
        "" => Some("is empty"),
        name if name.chars().count() > NAME_CHARS => Some("has more than 120 characters"),
        name if name.contains(char::is_control) => {
            Some("has a line break or another control character")
        }
        _ => None,
    };
    match problem {
        Some(problem) => Err(CampaignError::AnnouncementName(problem)),
        None => Ok(name.to_owned()),
    }
}

/// A text with these in its front matter instead of what it says there, or in front of a text that has
/// none.
#[must_use]
pub fn with_fields(text: &str, subject: Option<&str>, layout: Option<Layout>) -> String {
    let fields = [
        (TextField::Subject, subject.map(str::to_owned)),
        (TextField::Layout, layout.map(|layout| layout.name().to_owned())),
    ];
    if fields.iter().all(|(_, value)| value.is_none()) {
        return text.to_owned();
    }
    let bare = || SplitText::split(&format!("---\n---\n{text}"));
    let Some(mut split) = SplitText::split(text).or_else(bare) else { return text.to_owned() };
    for (field, value) in fields {
        if let Some(value) = value {
            split.set(field, &value);
        }
    }
    split.join()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_command_line_says_stands_in_the_front_matter() {
        let with = |text: &str| with_fields(text, Some("Your code"), Some(Layout::Plain));
        assert_eq!(
            with("---\nsubject: Old\nfrom: a@b.example\n---\nHi\n"),
            "---\nsubject: Your code\nfrom: a@b.example\nlayout: plain\n---\nHi\n"
        );
        assert_eq!(with("Hi\n"), "---\nsubject: Your code\nlayout: plain\n---\nHi\n");
        assert_eq!(with_fields("Hi\n", None, None), "Hi\n");
    }

    #[test]
    fn a_name_is_one_line_of_at_most_120_characters() {
        assert_eq!(checked_name(" Your code ").unwrap(), "Your code");
        for bad in ["", " ", "a\nb", &"x".repeat(121)] {
            assert!(checked_name(bad).is_err(), "{bad:?}");
        }
    }
}
