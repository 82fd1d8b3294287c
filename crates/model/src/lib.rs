//! The nouns of Pharos and the rules that hold for them alone.
//!
//! Invariants: a value of these types is valid by construction; nothing here reads a clock, a file
//! or the network. Deliberately absent: serde. Wire formats belong to the edges, except the compact
//! form of a [`Hit`], which the beacon writes and the recorder reads.

pub mod address_code;
mod agent_code;
mod attribute_kind;
pub mod base_url;
mod birth_date;
pub mod campaign;
pub mod contact;
mod contact_origins;
pub mod delivery;
pub mod disclosure;
pub mod domain;
pub mod email;
pub mod engagement;
pub mod hit;
mod hit_class;
mod hit_origin;
pub mod id;
mod mail_cap;
pub mod network;
mod person_request;
pub mod refusal;
pub mod report_subject;
pub mod report_times;
pub mod right;
mod rule;
pub mod rule_set;
pub mod segment;
mod sharing;
pub mod subscription;
mod tag_name;
pub mod time;
pub mod topic_scope;
pub mod topic_slug;
mod tracking;
mod tracking_snapshot;
pub mod visitor;
pub mod visitor_link;
pub mod zone;

pub use address_code::AddressCode;
pub use attribute_kind::{AttributeKind, AttributeProblem, ChoiceList, KindProblem};
pub use base_url::BaseUrl;
pub use birth_date::{BirthDate, BirthDateProblem, YOUNGEST_AGE};
pub use campaign::{CampaignState, InDoubtPolicy};
pub use contact::ContactRefused;
pub use contact_origins::{ChosenOrigin, ContactOrigins, OriginHit};
pub use delivery::DeliveryState;
pub use disclosure::{DisclosedField, DisclosureBasis, DisclosureKind, DisclosureRefused};
pub use domain::{Domain, is_reserved_domain};
pub use email::EmailAddress;
pub use engagement::{Engagement, EngagementEvidence, EngagementHit};
pub use hit::{ClientAddr, Hit, HitKind};
pub use hit_class::HitClass;
pub use hit_origin::{Country, Device, HitOrigin, Located, MailClient, OriginKind};
pub use id::{
    AnnouncementId, ApiTokenId, CampaignId, CampaignNumber, ContactId, JobId, LinkSlot,
    MessageFormId, MessageId, PasskeyId, ReportScheduleId, SessionId, SharingNoticeId, TopicId,
    UserId,
};
pub use mail_cap::{MailCap, NoMailCap};
pub use network::{Network, NotANetwork, client_address};
pub use person_request::{RequestKind, RequestState, request_due};
pub use refusal::refusal_text;
pub use report_subject::ReportSubject;
pub use report_times::{NoReportTimes, ReportRhythm, ReportTimes};
pub use right::{Right, RightReach, Role};
pub use rule::{Rule, RulesSeen};
pub use rule_set::RuleSet;
pub use segment::{
    AttributeTest, CampaignOutcome, NumberComparison, ReadAct, ReadTest, ReaderClass,
    SegmentCondition, SegmentDay, SegmentName, SegmentNumber, SegmentProblem, SegmentRefused,
    SegmentRule, SegmentTooLarge, SegmentValueProblem, TimeTest,
};
pub use sharing::{
    NOTICE_DAYS, NOTICE_DAYS_LEAST, NOTICE_DAYS_MOST, SharingFacts, SharingObstacle, SharingTerms,
};
pub use subscription::{ConsentBasis, ConsentKind, Removal, SubscriptionState, SuppressionReason};
pub use tag_name::{TagName, TagProblem};
pub use time::Timestamp;
pub use topic_scope::TopicScope;
pub use topic_slug::TopicSlug;
pub use tracking::{TrackingChoices, TrackingMode, TrackingPolicy};
pub use tracking_snapshot::TrackingSnapshot;
pub use visitor::{NotAVisitor, VisitorId};
pub use visitor_link::{DistinctBits, VisitorLinkReason, VisitorLinkStrength};
pub use zone::Zone;
