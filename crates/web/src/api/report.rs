//! A campaign's report on the wire: the figures of [`report::CampaignReport`].

use model::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::{Reply, hash};
use crate::api::report_origins::Origins;
use crate::api::rule_sets;
use crate::api::topic_slugs::TopicSlugs;

/// Writes a shape of the wire, and how it is made from the report's struct with the same fields.
macro_rules! figures {
    ($(#[$about:meta])* $name:ident of $from:path { $($(#[$field_about:meta])* $field:ident,)+ }) => {
        $(#[$about])*
        #[derive(Serialize, ToSchema)]
        pub(crate) struct $name { $($(#[$field_about])* $field: i64,)+ }

        impl From<$from> for $name {
            fn from(from: $from) -> Self {
                Self { $($field: from.$field,)+ }
            }
        }
    };
}

figures! {
    /// Contacts by the state of their delivery.
    DeliveryCounts of report::Deliveries {
        /// Waiting for their turn or their next try.
        queued,
        /// Being sent right now.
        leased,
        /// Accepted by the relay.
        sent,
        /// Refused for good, or given up.
        failed,
        /// Had left or were suppressed.
        suppressed,
        /// The message could not be made for them.
        skipped,
        /// A crash hid whether the relay took it.
        in_doubt,
    }
}

figures! {
    /// Contacts by the best evidence that a person read the message.
    Evidence of report::Evidence {
        /// Contacts who have, or may have, the message.
        denominator,
        /// A browser or mail program of their own, and nothing that a machine is known to do.
        person,
        /// A mailbox provider's image proxy.
        proxied,
        /// Unknown, or a privacy service that loads everything.
        unknown,
        /// Nothing but repetitions.
        repeat,
        /// Nothing but scanners, previews and prefetches.
        machine_only,
        not_opened,
        /// People, at least.
        floor,
        /// People, at most.
        ceiling,
    }
}

figures! {
    /// Followed links.
    Clicks of report::Clicks {
        total,
        /// Contacts with at least one, machines among them.
        unique,
        /// Contacts, at least.
        floor,
        /// Contacts, at most.
        ceiling,
        /// Contacts whose links were followed by machines alone.
        machine_only,
    }
}

figures! {
    /// What sent messages tell of their readers: identified, anonymous and off together are sent.
    Tracking of report::Tracking {
        /// Sent messages whose views and clicks tell who it was.
        identified,
        /// Sent messages that tell of views and clicks, but not whose they are.
        anonymous,
        /// Sent messages without pixel and tracked links.
        off,
        /// Views of nobody, which are among the views.
        anonymous_views,
        anonymous_clicks,
        /// Of those, the ones of messages that tell whose they are, which is not recorded.
        withheld_views,
        withheld_clicks,
    }
}

figures! {
    /// Loads of the pixel.
    Views of report::Views {
        total,
        /// Contacts with at least one.
        unique,
        with_cookie,
        without_cookie,
    }
}

/// Everything there is to say about a campaign.
#[derive(Serialize, ToSchema)]
pub(crate) struct Report {
    /// The campaign's number.
    #[schema(example = "17")]
    campaign: String,
    name: String,
    state: &'static str,
    /// The slug of its topic.
    topic: String,
    topic_name: String,
    /// The subject line, merge tags unfilled.
    subject: String,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    started_at: Option<String>,
    #[schema(format = "date-time")]
    finished_at: Option<String>,
    #[schema(format = "date-time")]
    made_at: String,
    /// The rule set that the classes and bounds are by.
    rules_version: String,
    /// Versions by which an earlier release classified a part of the hits; empty for none.
    earlier_rules: Vec<String>,
    audience: i64,
    deliveries: DeliveryCounts,
    /// Why deliveries ended as they did; per state the sum is that state's count.
    reasons: Vec<Reason>,
    tracking: Tracking,
    views: Views,
    clicks: Clicks,
    /// Distinct browsers whose views brought our cookie.
    visitors: i64,
    unsubscribes: i64,
    /// HEAD requests, which are neither views nor clicks.
    heads: i64,
    classes: Vec<HitsOfClass>,
    evidence: Evidence,
    /// How many contacts are left at each step: audience, tried, accepted, opened, clicked, unsubscribed.
    funnel: Vec<FunnelStep>,
    /// Hours without views and clicks are left out.
    hours: Vec<Hour>,
    /// Hours from before are kept by days (UTC): such a day’s hits stand in its first hour. Null for none.
    #[schema(format = "date-time")]
    hours_by_day_until: Option<String>,
    /// Since when it is not kept any more what each contact did, because of its age. Null while it is.
    #[schema(format = "date-time")]
    engagements_removed_at: Option<String>,
    /// Tracked links in reading order.
    links: Vec<Link>,
    origins: Origins,
    /// Times in which answered hits could not be recorded.
    gaps: Vec<Gap>,
    /// Hits of all campaigns that were answered and are not counted yet.
    on_the_way: u64,
    /// Hits that belong to no delivery that is known; in no other number.
    stray_hits: i64,
}

#[derive(Serialize, ToSchema)]
struct Reason {
    state: &'static str,
    /// The relay's reply code, when a relay gave the reason.
    code: Option<i64>,
    /// One example of its group; empty when there was none.
    text: String,
    contacts: i64,
}

/// A step of the funnel.
#[derive(Serialize, ToSchema)]
struct FunnelStep {
    /// audience, tried, accepted, opened, clicked or unsubscribed.
    step: &'static str,
    /// Contacts, at least.
    floor: i64,
    /// Contacts, at most.
    ceiling: i64,
    /// The contacts that a share of this step is of.
    of: i64,
}

impl From<report::FunnelStep> for FunnelStep {
    fn from(it: report::FunnelStep) -> Self {
        Self { step: it.step, floor: it.floor, ceiling: it.ceiling, of: it.of }
    }
}

#[derive(Serialize, ToSchema)]
struct HitsOfClass {
    /// person, proxied, unknown, repeat, preview, prefetch or scanner; there may be more.
    class: &'static str,
    views: i64,
    clicks: i64,
}

#[derive(Serialize, ToSchema)]
struct Hour {
    /// The beginning of the hour.
    #[schema(format = "date-time")]
    from: String,
    views: i64,
    clicks: i64,
}

#[derive(Serialize, ToSchema)]
struct Link {
    /// Its number, from 0 in reading order.
    slot: u16,
    url: String,
    /// The words of the link.
    label: String,
    clicks: i64,
    /// Contacts who followed it at least once.
    contacts: i64,
}

/// A time in which answered hits could not be recorded.
#[derive(Serialize, ToSchema)]
pub(crate) struct Gap {
    #[schema(format = "date-time")]
    from: String,
    #[schema(format = "date-time")]
    to: String,
    hits: u64,
}

impl From<report::GapLine> for Gap {
    fn from(it: report::GapLine) -> Self {
        Self { from: it.from.rfc3339(), to: it.to.rfc3339(), hits: it.hits }
    }
}

impl Report {
    fn new(report: report::CampaignReport, slugs: &TopicSlugs) -> Self {
        let funnel = report.funnel().map(FunnelStep::from).into();
        let facts = report.campaign;
        let reasons = report.reasons.into_iter().map(|it| Reason {
            state: it.state,
            code: it.code,
            text: it.text,
            contacts: it.contacts,
        });
        let classes = report.classes.into_iter().map(|it| HitsOfClass {
            class: it.class,
            views: it.views,
            clicks: it.clicks,
        });
        let hours = report.hours.into_iter().map(|it| Hour {
            from: it.from.rfc3339(),
            views: it.views,
            clicks: it.clicks,
        });
        let links = report.links.into_iter().map(|it| Link {
            slot: it.slot,
            url: it.url,
            label: it.label,
            clicks: it.clicks,
            contacts: it.contacts,
        });
        let gaps = report.gaps.into_iter().map(Gap::from);
        Self {
            campaign: facts.id.to_string(),
            name: facts.name,
            state: facts.state,
            topic: slugs.of(&[facts.topic_id]).pop().unwrap_or_default(),
            topic_name: facts.topic,
            subject: facts.subject,
            created_at: facts.created_at.rfc3339(),
            started_at: facts.started_at.map(Timestamp::rfc3339),
            finished_at: facts.finished_at.map(Timestamp::rfc3339),
            made_at: report.made_at.rfc3339(),
            rules_version: report.rules_version,
            earlier_rules: report.earlier_rules,
            audience: report.audience,
            deliveries: report.deliveries.into(),
            reasons: reasons.collect(),
            tracking: report.tracking.into(),
            views: report.views.into(),
            clicks: report.clicks.into(),
            visitors: report.visitors,
            unsubscribes: report.unsubscribes,
            heads: report.heads,
            classes: classes.collect(),
            evidence: report.evidence.into(),
            funnel,
            hours: hours.collect(),
            hours_by_day_until: report.hours_by_day_until.map(Timestamp::rfc3339),
            engagements_removed_at: report.engagements_removed_at.map(Timestamp::rfc3339),
            links: links.collect(),
            origins: report.origins.into(),
            gaps: gaps.collect(),
            on_the_way: report.on_the_way,
            stray_hits: report.stray_hits,
        }
    }
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let id = asked.campaign()?.id;
    // Before the report: what comes between the two makes another tag, and is never missed.
    let stamp = report::campaign_stamp(asked.store(), id).await?.unwrap_or_default();
    let rules = rule_sets::asked_for(&asked).await?;
    let report = report::campaign_report_by(asked.store(), id, asked.at, rules).await?;
    let report = report.ok_or_else(|| {
        Problem::not_found("campaign_not_found", "There is no campaign with this number.")
    })?;
    // Hits that are on the way change the report without the stamp.
    let tag = format!("{stamp}-{}-{}-{}", rules.version, report.on_the_way, report.stray_hits);
    let slugs = TopicSlugs::read(asked.store()).await?;
    Ok(Reply::of(&Report::new(report, &slugs))?.with_tag(&hash(tag.as_bytes())))
}
