//! Which values an audience has and lacks: determined before anybody is mailed, over everybody who
//! would be.
//!
//! Invariants: who is skipped is decided by rendering itself; memory is bounded
//! whatever the size of the audience; nothing is written, and no writer has to wait.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    CampaignId, ContactId, EmailAddress, Timestamp, TopicId, TrackingMode, is_reserved_domain,
};
use render::{Compiled, MergeTag, Recipient};
use store::{CAPPED, SegmentQuery, Store, StoreError, Subscriber, SubscribersPage};

/// Subscriptions looked at in one read: a few milliseconds in which a thread does nothing else.
const PAGE: usize = 2_000;
/// How many attribute names are remembered, to find the one that was meant.
const MOST_NAMES: usize = 1_000;
/// How many reasons to skip somebody are told apart; the others are told together.
const MOST_REASONS: usize = 50;
const OTHER_REASONS: &str = "another reason";
/// How many contacts are named for a reason.
const SAMPLE: usize = 5;
/// How many letters a name may differ from the one that was meant.
const NEAR: usize = 2;

/// What the subscribers of a topic have and lack for one announcement. People whose address is
/// suppressed are left out: they are not mailed anyway.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// Contacts who would be mailed.
    pub contacts: i64,
    /// The merge tags for which contacts lack a value, in the order of the text.
    pub lacking: Vec<Lacking>,
    /// Contacts whose message can't be made.
    pub skipped: i64,
    /// Why, the most frequent first.
    pub skips: Vec<Skips>,
    /// Contacts whose domain is not reserved for examples, and one of those domains.
    pub real: i64,
    /// A domain of theirs.
    pub real_domain: Option<String>,
    /// Contacts who would be mailed, by their own word on tracking.
    pub tracking_words: BTreeMap<Option<TrackingMode>, i64>,
    /// Contacts who are subscribed and must not be mailed, by reason; those who pause ([`store::PAUSED`]) or
    /// have had as many mails as the cap allows ([`CAPPED`]) are among them.
    pub suppressed: BTreeMap<String, i64>,
}

/// Contacts whose message can't be made for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skips {
    pub reason: String,
    pub contacts: i64,
    /// Some of them.
    pub sample: Vec<ContactId>,
}

/// A merge tag, and how many contacts have no value for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    pub tag: MergeTag,
    pub contacts: i64,
    /// When nobody has it: an attribute with a similar name that somebody has.
    pub meant: Option<String>,
}

impl Survey {
    /// Tags without a default for which no contact has a value: nobody could be mailed.
    pub fn for_nobody(&self) -> impl Iterator<Item = &Lacking> {
        self.lacking.iter().filter(|it| self.nobody_has(it) && !it.tag.has_default)
    }

    /// Whether the value is missing for everybody.
    #[must_use]
    pub const fn nobody_has(&self, lacking: &Lacking) -> bool {
        self.contacts > 0 && lacking.contacts == self.contacts
    }
}

impl std::fmt::Display for Lacking {
    /// For a tag for which nobody has a value: `line 6: no contact has ...`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let MergeTag { name, line, .. } = &self.tag;
        write!(f, "line {line}: no contact has `{name}`")?;
        match &self.meant {
            Some(meant) => write!(f, " (did you mean `{meant}`?)"),
            None => Ok(()),
        }
    }
}

/// Whom a campaign goes to among the people who are subscribed to its topic; None: to all of them.
///
/// # Errors
/// [`StoreError::Segment`] when one of its segments is not there.
pub(crate) async fn within(
    store: &Store,
    id: CampaignId,
) -> Result<Option<SegmentQuery>, StoreError> {
    store.campaign_audience_query(id, now()).await
}

fn now() -> Timestamp {
    Timestamp::from_system(std::time::SystemTime::now())
}

/// Whose subscribers a survey goes through.
#[derive(Clone, Copy)]
pub(crate) struct SurveyedAudience<'a> {
    /// None: of a campaign that is still to be created.
    pub(crate) campaign: Option<CampaignId>,
    pub(crate) topic: TopicId,
    pub(crate) within: Option<&'a SegmentQuery>,
}

impl SurveyedAudience<'_> {
    /// The next subscribers after one; who would be left out for the cap or pauses counts as not to be mailed.
    async fn page(self, store: &Store, after: ContactId) -> Result<SubscribersPage, StoreError> {
        let Self { campaign, topic, within } = self;
        let now = now();
        let mut page = store.subscribers_page(topic, within.cloned(), (after, PAGE), now).await?;
        let Some(to) = page.next else { return Ok(page) };
        let capped = store.subscribers_capped(campaign, topic, (after, to), now).await?;
        if !capped.is_empty() {
            let before = page.subscribers.len();
            page.subscribers.retain(|it| !capped.contains(&it.contact));
            let left_out = i64::try_from(before - page.subscribers.len()).unwrap_or(0);
            if left_out > 0 {
                page.suppressed.insert(CAPPED.to_owned(), left_out);
            }
        }
        Ok(page)
    }
}

/// Goes through everybody who is subscribed to the topic now, and is meant.
pub(crate) async fn survey(
    store: &Store,
    audience: SurveyedAudience<'_>,
    compiled: &Compiled,
) -> Result<Survey, StoreError> {
    let mut tally = Tally::new(compiled);
    let mut page = audience.page(store, ContactId(0)).await?;
    loop {
        let after = page.next;
        let reading = async {
            let Some(after) = after else { return Ok(None) };
            audience.page(store, after).await.map(Some)
        };
        // The store reads on meanwhile.
        let (next, ()) = tokio::join!(reading, async { tally.add_page(page) });
        match next? {
            Some(next) => page = next,
            None => return Ok(tally.survey()),
        }
    }
}

/// How many are subscribed to the topic now, and may or must not be mailed; for a text that is not
/// finished.
///
/// # Errors
/// When the store fails.
pub async fn people(
    store: &Store,
    campaign: CampaignId,
    topic: TopicId,
) -> Result<Survey, StoreError> {
    let audience = SurveyedAudience { campaign: Some(campaign), topic, within: None };
    let mut found = Survey::default();
    let mut after = ContactId(0);
    loop {
        let page = audience.page(store, after).await?;
        found.contacts += i64::try_from(page.subscribers.len()).unwrap_or(0);
        for (reason, contacts) in page.suppressed {
            *found.suppressed.entry(reason).or_default() += contacts;
        }
        match page.next {
            Some(next) => after = next,
            None => return Ok(found),
        }
    }
}

struct Tally<'a> {
    compiled: &'a Compiled,
    missing: Vec<i64>,
    names: BTreeSet<String>,
    skips: BTreeMap<String, Skips>,
    survey: Survey,
}

impl<'a> Tally<'a> {
    fn new(compiled: &'a Compiled) -> Self {
        Self {
            compiled,
            missing: vec![0; compiled.merge_tags().len()],
            names: BTreeSet::new(),
            skips: BTreeMap::new(),
            survey: Survey::default(),
        }
    }

    fn add_page(&mut self, page: SubscribersPage) {
        for (reason, contacts) in page.suppressed {
            *self.survey.suppressed.entry(reason).or_default() += contacts;
        }
        page.subscribers.into_iter().for_each(|it| self.add(it));
    }

    fn add(&mut self, subscriber: Subscriber) {
        let Subscriber { contact, email, attributes, tracking } = subscriber;
        self.survey.contacts += 1;
        *self.survey.tracking_words.entry(tracking).or_default() += 1;
        let domain = email.rsplit('@').next().unwrap_or_default();
        if !is_reserved_domain(domain) {
            self.survey.real += 1;
            self.survey.real_domain.get_or_insert_with(|| domain.to_owned());
        }
        match attributes {
            Some(attributes) => self.attributes(contact, &email, attributes),
            None => self.skip(contact, "the contact can't be read"),
        }
    }

    fn attributes(&mut self, contact: ContactId, email: &str, all: BTreeMap<String, String>) {
        for (tag, missing) in self.compiled.merge_tags().iter().zip(&mut self.missing) {
            if all.get(&tag.name).is_none_or(|value| value.trim().is_empty()) {
                *missing += 1;
            }
        }
        let checked = EmailAddress::parse(email).map(|email| {
            self.compiled
                .check(&Recipient { contact: Some(contact), ..Recipient::test(&email, &all) })
        });
        match checked {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => self.skip(contact, &problem.to_string()),
            Err(_) => self.skip(contact, "the contact can't be read"),
        }
        for name in all.into_keys() {
            if self.names.len() < MOST_NAMES && !self.names.contains(&name) {
                self.names.insert(name);
            }
        }
    }

    fn skip(&mut self, contact: ContactId, reason: &str) {
        self.survey.skipped += 1;
        let is_new = !self.skips.contains_key(reason);
        let reason =
            if is_new && self.skips.len() >= MOST_REASONS { OTHER_REASONS } else { reason };
        let skips = self.skips.entry(reason.to_owned()).or_insert_with(|| Skips {
            reason: reason.to_owned(),
            contacts: 0,
            sample: Vec::new(),
        });
        skips.contacts += 1;
        if skips.sample.len() < SAMPLE {
            skips.sample.push(contact);
        }
    }

    fn survey(self) -> Survey {
        let Self { compiled, missing, names, skips, survey } = self;
        let lacking =
            compiled.merge_tags().iter().zip(missing).filter(|(_, contacts)| *contacts > 0);
        let lacking = lacking.map(|(tag, contacts)| {
            let nobody = contacts == survey.contacts;
            let meant = if nobody { nearest(&tag.name, &names) } else { None };
            Lacking { tag: tag.clone(), contacts, meant }
        });
        let lacking = lacking.collect();
        let mut skips: Vec<Skips> = skips.into_values().collect();
        skips.sort_by_key(|it| std::cmp::Reverse(it.contacts));
        Survey { lacking, skips, ..survey }
    }
}

fn nearest(wanted: &str, names: &BTreeSet<String>) -> Option<String> {
    let far = |name: &String| strsim::osa_distance(wanted, name);
    // Two letters of a name of three are another name.
    let near = NEAR.min(wanted.chars().count() / 3);
    let nearest = names.iter().map(|name| (far(name), name)).min()?;
    (nearest.0 <= near).then(|| nearest.1.clone())
}
