//! What happened to one campaign: the one struct that page, command line, JSON and CSV show.
//!
//! Invariants (promises P7, P8): every sum adds up within one report; every rate comes with its
//! denominator; the same questions go to the store whoever asks. `from_store` reads it; `open_rate`
//! says who opened.
//!
//! The field names are the names in the JSON. Times are RFC 3339 UTC, `null` when not yet known.

use model::{CampaignId, DeliveryState, Timestamp, TopicId};
use serde::{Serialize, Serializer};

use crate::open_rate::{Clicks, Evidence};
use crate::origins::Origins;

/// Everything there is to say about a campaign.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CampaignReport {
    /// Which campaign, and when it ran.
    pub campaign: CampaignFacts,
    #[serde(serialize_with = "rfc3339")]
    pub made_at: Timestamp,
    /// The version of the rule set that the classes and bounds are by.
    pub rules_version: String,
    /// Versions by which an earlier release classified a part of the hits, of which it kept the
    /// class alone; empty for none.
    pub earlier_rules: Vec<String>,
    /// Contacts the campaign is for: the sum of `deliveries`.
    pub audience: i64,
    pub deliveries: Deliveries,
    /// Why deliveries ended as they did, grouped; per state the sum is that state's count.
    pub reasons: Vec<ReportReason>,
    /// What sent messages tell of their readers, and what was not recorded.
    pub tracking: Tracking,
    /// Loads of the pixel.
    pub views: Views,
    pub clicks: Clicks,
    /// Distinct browsers whose views brought our cookie.
    pub visitors: i64,
    /// Contacts who unsubscribed through a message of this campaign.
    pub unsubscribes: i64,
    /// HEAD requests; never counted as views or clicks.
    pub heads: i64,
    /// Views and clicks by class of hit; the sums are `views.total` and `clicks.total`.
    pub classes: Vec<ClassLine>,
    /// Contacts by their best evidence of a person.
    pub evidence: Evidence,
    /// Views and clicks by hour; hours without either are left out.
    pub hours: Vec<HourLine>,
    /// Hours from before are kept by days (UTC): such a day's hits stand in its first hour.
    #[serde(serialize_with = "maybe_rfc3339")]
    pub hours_by_day_until: Option<Timestamp>,
    /// Since when it is not kept any more what each contact did, because of its age; every figure stays.
    #[serde(serialize_with = "maybe_rfc3339")]
    pub engagements_removed_at: Option<Timestamp>,
    /// Tracked links in reading order.
    pub links: Vec<LinkLine>,
    /// Mail clients, devices, countries and networks.
    pub origins: Origins,
    /// Times in which answered hits could not be recorded.
    pub gaps: Vec<GapLine>,
    /// Hits of all campaigns that were answered but are not counted yet.
    pub on_the_way: u64,
    /// Hits of all campaigns since this one's start on messages that this store has not sent
    /// (because it was restored from a copy), or of people who were erased. They are in no other
    /// number.
    pub stray_hits: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CampaignFacts {
    /// Shown as its number.
    #[serde(serialize_with = "number")]
    pub id: CampaignId,
    pub name: String,
    /// draft, starting, sending, paused or finished.
    pub state: &'static str,
    pub topic: String,
    /// For whoever may know only some topics; in no export.
    #[serde(skip)]
    pub topic_id: TopicId,
    /// The subject line, merge tags unfilled.
    pub subject: String,
    #[serde(serialize_with = "rfc3339")]
    pub created_at: Timestamp,
    #[serde(serialize_with = "maybe_rfc3339")]
    pub started_at: Option<Timestamp>,
    /// When the last delivery had ended.
    #[serde(serialize_with = "maybe_rfc3339")]
    pub finished_at: Option<Timestamp>,
}

/// Contacts by state of their delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Deliveries {
    /// Waiting for their turn or their next try.
    pub queued: i64,
    /// Being sent right now.
    pub leased: i64,
    /// Accepted by the relay.
    pub sent: i64,
    /// Refused for good, or given up.
    pub failed: i64,
    /// Had left or were suppressed.
    pub suppressed: i64,
    /// The message could not be made for them.
    pub skipped: i64,
    /// A crash hid whether the relay took it.
    pub in_doubt: i64,
}

/// Why deliveries of one state ended so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportReason {
    pub state: &'static str,
    /// The relay's reply code, when a relay gave the reason.
    pub code: Option<i64>,
    /// The text, one example of its group; empty when there was none.
    pub text: String,
    pub contacts: i64,
}

/// What sent messages tell of their readers: `identified + anonymous + off` are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Tracking {
    /// Sent messages whose views and clicks tell who it was: the ones that rates are of.
    pub identified: i64,
    /// Sent messages that tell of views and clicks, but not whose they are.
    pub anonymous: i64,
    /// Sent messages without pixel and tracked links.
    pub off: i64,
    /// Views of nobody, which are among the views.
    pub anonymous_views: i64,
    pub anonymous_clicks: i64,
    /// Of those views, the ones of messages that tell whose they are: it is not recorded, because the
    /// contact or their browser does not want it. Each may be one more contact who opened.
    pub withheld_views: i64,
    pub withheld_clicks: i64,
}

/// Loads of the pixel, HEAD left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Views {
    /// All of them: with and without cookie.
    pub total: i64,
    /// Contacts with at least one.
    pub unique: i64,
    /// Views that brought our cookie.
    pub with_cookie: i64,
    /// Did not; they belong to nobody's browser.
    pub without_cookie: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClassLine {
    /// person, proxied, unknown, repeat, preview, prefetch or scanner.
    pub class: &'static str,
    pub views: i64,
    pub clicks: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HourLine {
    /// The beginning of the hour.
    #[serde(serialize_with = "rfc3339")]
    pub from: Timestamp,
    pub views: i64,
    pub clicks: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkLine {
    /// Its number, from 0 in reading order.
    pub slot: u16,
    pub url: String,
    /// The words of the link.
    pub label: String,
    /// Times it was followed.
    pub clicks: i64,
    /// Contacts who followed it at least once.
    pub contacts: i64,
}

/// A time in which answered hits could not be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GapLine {
    /// When the first unrecorded hit was answered.
    #[serde(serialize_with = "rfc3339")]
    pub from: Timestamp,
    #[serde(serialize_with = "rfc3339")]
    pub to: Timestamp,
    /// How many there were, of all campaigns.
    pub hits: u64,
}

impl CampaignReport {
    /// Hits of all gaps together.
    #[must_use]
    pub fn unrecorded(&self) -> u64 {
        self.gaps.iter().fold(0, |sum, gap| sum.saturating_add(gap.hits))
    }
}

impl CampaignReport {
    /// Whether this line stands for a whole day.
    #[must_use]
    pub fn is_whole_day(&self, line: &HourLine) -> bool {
        self.hours_by_day_until.is_some_and(|until| line.from < until)
    }
}

impl ReportReason {
    /// The reason as one readable line: reply code and text, which belong together.
    #[must_use]
    pub fn sentence(&self) -> String {
        const GIVEN_UP: &str = "given up: ";
        let text = self.text.trim();
        let Some(code) = self.code else { return text.to_owned() };
        match text.strip_prefix(GIVEN_UP) {
            Some(said) => format!("{GIVEN_UP}{}", with_code(code, said)),
            None => with_code(code, text),
        }
    }
}

fn with_code(code: i64, text: &str) -> String {
    match text.trim() {
        "" => format!("reply {code}"),
        text if text.starts_with(&code.to_string()) => text.to_owned(),
        text => format!("{code} {text}"),
    }
}

impl Deliveries {
    /// The counts with their states, in the order in which pages list them.
    #[must_use]
    pub fn by_state(&self) -> [(DeliveryState, i64); 7] {
        DeliveryState::ALL.map(|state| (state, self.of(state)))
    }

    const fn of(&self, state: DeliveryState) -> i64 {
        match state {
            DeliveryState::Queued => self.queued,
            DeliveryState::Leased => self.leased,
            DeliveryState::Sent => self.sent,
            DeliveryState::Failed => self.failed,
            DeliveryState::Suppressed => self.suppressed,
            DeliveryState::Skipped => self.skipped,
            DeliveryState::InDoubt => self.in_doubt,
        }
    }

    /// Everyone the campaign is for, in whatever state.
    #[must_use]
    pub const fn total(&self) -> i64 {
        self.queued
            + self.leased
            + self.sent
            + self.failed
            + self.suppressed
            + self.skipped
            + self.in_doubt
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn rfc3339<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&time.rfc3339())
}

fn number<S: Serializer>(id: &CampaignId, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_i64(id.number().0)
}

#[expect(clippy::ref_option, reason = "serde passes references")]
fn maybe_rfc3339<S: Serializer>(time: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, to),
        None => to.serialize_none(),
    }
}
