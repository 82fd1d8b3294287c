//! Every route of the API as data.
//!
//! Invariants: the router, the document and the tests are made from this table and from nothing else,
//! and the table in `docs/api.md` equals it (a test compares them).

use model::Right;

use crate::api::asked::Names;
use crate::api::route::{Answer, ApiNeeds, ApiRoute, Handler, Key, Shape};
use crate::api::{
    announcements, audit, campaign_actions, campaigns, contacts, deliveries, inbox, media,
    problem_codes, report, system, tokens, topics, users,
};
use crate::listen::respond;

const fn right(right: Right) -> ApiNeeds {
    ApiNeeds::Right(right)
}

macro_rules! known {
    ($handler:path) => {
        Handler::Known(|asked| Box::pin($handler(asked)))
    };
}

/// A key is needed; what was made is told again from its id.
macro_rules! again {
    ($handler:path) => {
        Key::Required(|asked, made| Box::pin($handler(asked, made)))
    };
}

/// A key is needed; what was done is told again from what the path names.
macro_rules! state_again {
    ($handler:path) => {
        Key::Required(|asked, _| Box::pin($handler(asked)))
    };
}

macro_rules! one {
    ($shape:ty) => {
        Answer::One(Shape::of::<$shape>())
    };
}

macro_rules! many {
    ($shape:ty) => {
        Answer::Many(Shape::of::<$shape>())
    };
}

/// Every route, in the order of the manual's table.
pub static API_ROUTES: &[ApiRoute] = &[
    ApiRoute::get(
        "/api/v1",
        "api_reader",
        ApiNeeds::Nothing,
        Names::Nothing,
        Handler::Open(|parts, _| respond::html(parts.document.page.clone())),
        "This API for readers",
    ),
    ApiRoute::get(
        "/api/v1/openapi.json",
        "api_document",
        ApiNeeds::Nothing,
        Names::Nothing,
        Handler::Open(|parts, _| respond::json(parts.document.json.clone())),
        "This API for programs: its OpenAPI document",
    )
    .answering(Answer::Other("application/json")),
    ApiRoute::get(
        "/api/v1/problems/{code}",
        "problem_page",
        ApiNeeds::Nothing,
        Names::Nothing,
        Handler::Open(|_, code| problem_codes::page(code)),
        "What a kind of problem means",
    ),
    ApiRoute::get(
        "/api/v1/me",
        "me",
        ApiNeeds::Token,
        Names::Nothing,
        known!(tokens::me),
        "Whose token this is, and what it may do",
    )
    .answering(one!(tokens::Me)),
    ApiRoute::get(
        "/api/v1/campaigns",
        "campaigns_list",
        right(Right::CampaignsRead),
        Names::Nothing,
        known!(campaigns::list),
        "Campaigns with their large figures, the newest first",
    )
    .asking::<campaigns::CampaignsParams>()
    .answering(many!(campaigns::Campaign)),
    ApiRoute::get(
        "/api/v1/campaigns/{number}",
        "campaign_get",
        right(Right::CampaignsRead),
        Names::Campaign,
        known!(campaigns::one),
        "A campaign: figures, what it was made from, how it gets on",
    )
    .answering(one!(campaigns::CampaignDetail)),
    ApiRoute::get(
        "/api/v1/campaigns",
        "campaign_create",
        right(Right::CampaignsWrite),
        Names::Nothing,
        known!(campaign_actions::create),
        "Makes a draft from an announcement’s text",
    )
    .post("campaign.create", again!(campaign_actions::created_again))
    .taking::<campaign_actions::NewCampaign>()
    .answering(Answer::Made(Shape::of::<campaign_actions::MadeCampaign>())),
    ApiRoute::get(
        "/api/v1/campaigns/{number}/start",
        "campaign_start",
        right(Right::CampaignsSend),
        Names::Campaign,
        known!(campaign_actions::start),
        "Checks a draft and lets it start, now or at a time; can be taken back until then",
    )
    .post("campaign.schedule", state_again!(campaign_actions::started_again))
    .taking::<campaign_actions::Start>()
    .answering(one!(campaign_actions::StartedCampaign)),
    ApiRoute::get(
        "/api/v1/campaigns/{number}/take_back",
        "campaign_take_back",
        right(Right::CampaignsSend),
        Names::Campaign,
        known!(campaign_actions::take_back),
        "Makes a scheduled campaign a draft again",
    )
    .post("campaign.take_back", Key::None)
    .answering(one!(campaign_actions::CampaignState)),
    ApiRoute::get(
        "/api/v1/campaigns/{number}/pause",
        "campaign_pause",
        right(Right::CampaignsSend),
        Names::Campaign,
        known!(campaign_actions::pause),
        "Stops a campaign before the next message",
    )
    .post("campaign.pause", Key::Taken(|asked, _| Box::pin(campaign_actions::state_again(asked))))
    .answering(one!(campaign_actions::CampaignState)),
    ApiRoute::get(
        "/api/v1/campaigns/{number}/resume",
        "campaign_resume",
        right(Right::CampaignsSend),
        Names::Campaign,
        known!(campaign_actions::resume),
        "Goes on after a pause",
    )
    .post("campaign.resume", state_again!(campaign_actions::state_again))
    .answering(one!(campaign_actions::CampaignState)),
    ApiRoute::get(
        "/api/v1/campaigns/{number}/retry",
        "campaign_retry",
        right(Right::CampaignsSend),
        Names::Campaign,
        known!(campaign_actions::retry),
        "Sends again to people whose delivery failed, was skipped or is in doubt",
    )
    .post("campaign.retry", state_again!(campaign_actions::unknown))
    .taking::<campaign_actions::Retry>()
    .answering(one!(campaign_actions::Retried)),
    ApiRoute::get(
        "/api/v1/campaigns/{number}/report",
        "campaign_report",
        right(Right::ReportsRead),
        Names::Campaign,
        known!(report::one),
        "A campaign’s report",
    )
    .answering(one!(report::Report)),
    ApiRoute::get(
        "/api/v1/campaigns/{number}/deliveries",
        "deliveries_list",
        right(Right::DeliveriesRead),
        Names::Campaign,
        known!(deliveries::list),
        "A campaign’s deliveries, by part of an address, state and code",
    )
    .asking::<deliveries::DeliveriesParams>()
    .answering(many!(deliveries::Delivery)),
    ApiRoute::get(
        "/api/v1/campaigns/{number}/deliveries/{contact}",
        "delivery_get",
        right(Right::DeliveriesRead),
        Names::Campaign,
        known!(deliveries::one),
        "One delivery: attempts, reply, what followed",
    )
    .answering(one!(deliveries::DeliveryDetail)),
    ApiRoute::get(
        "/api/v1/announcements",
        "announcements_list",
        right(Right::AnnouncementsRead),
        Names::Nothing,
        known!(announcements::list),
        "Announcements by name, by their newest version",
    )
    .asking::<announcements::AnnouncementsParams>()
    .answering(many!(announcements::Announcement)),
    ApiRoute::get(
        "/api/v1/announcements/{id}",
        "announcement_get",
        right(Right::AnnouncementsRead),
        Names::Nothing,
        known!(announcements::one),
        "One version: its text, the other versions, the campaigns that use them",
    )
    .answering(one!(announcements::AnnouncementDetail)),
    ApiRoute::get(
        "/api/v1/contacts",
        "contacts_list",
        right(Right::ContactsRead),
        Names::Nothing,
        known!(contacts::list),
        "Contacts, by part of their address, topic and state, the newest first",
    )
    .asking::<contacts::ContactsParams>()
    .answering(many!(contacts::Contact)),
    ApiRoute::get(
        "/api/v1/contacts/{id}",
        "contact_get",
        right(Right::ContactsRead),
        Names::Contact,
        known!(contacts::one),
        "One contact: attributes, subscriptions, suppression",
    )
    .answering(one!(contacts::ContactDetail)),
    ApiRoute::get(
        "/api/v1/contacts/{id}/consents",
        "contact_consents",
        right(Right::ContactsRead),
        Names::Contact,
        known!(contacts::consents),
        "The ledger of a contact’s consents, the newest first",
    )
    .asking::<contacts::ConsentsParams>()
    .answering(many!(contacts::Consent)),
    ApiRoute::get(
        "/api/v1/topics",
        "topics_list",
        right(Right::TopicsRead),
        Names::Nothing,
        known!(topics::list),
        "Topics with their numbers",
    )
    .asking::<topics::TopicsParams>()
    .answering(many!(topics::Topic)),
    ApiRoute::get(
        "/api/v1/topics/{slug}",
        "topic_get",
        right(Right::TopicsRead),
        Names::Topic,
        known!(topics::one),
        "One topic with its numbers",
    )
    .answering(one!(topics::Topic)),
    ApiRoute::get(
        "/api/v1/media",
        "media_list",
        right(Right::MediaRead),
        Names::Nothing,
        known!(media::list),
        "The media library, by name",
    )
    .asking::<media::MediaParams>()
    .answering(many!(media::Media)),
    ApiRoute::get(
        "/api/v1/media/{name}",
        "media_get",
        right(Right::MediaRead),
        Names::Nothing,
        known!(media::one),
        "One picture or file: its files, and the campaigns that use it",
    )
    .answering(one!(media::MediaDetail)),
    ApiRoute::get(
        "/api/v1/inbox",
        "inbox_list",
        right(Right::InboxRead),
        Names::Nothing,
        known!(inbox::list),
        "Test messages, the newest first; in the demo, all mail",
    )
    .asking::<inbox::InboxParams>()
    .answering(many!(inbox::Message)),
    ApiRoute::get(
        "/api/v1/inbox/{number}",
        "inbox_get",
        right(Right::InboxRead),
        Names::Nothing,
        known!(inbox::one),
        "One message: as text, as HTML, as source",
    )
    .answering(one!(inbox::MessageDetail)),
    ApiRoute::get(
        "/api/v1/system",
        "system_get",
        right(Right::SystemRead),
        Names::Nothing,
        known!(system::one),
        "Version, database, nodes, what waits to be counted, disk",
    )
    .answering(one!(system::System)),
    ApiRoute::get(
        "/api/v1/tokens",
        "tokens_list",
        right(Right::UsersRead),
        Names::Nothing,
        known!(tokens::list),
        "API tokens, without what they are, the newest first",
    )
    .asking::<tokens::TokensParams>()
    .answering(many!(tokens::Token)),
    ApiRoute::get(
        "/api/v1/tokens",
        "token_create",
        right(Right::UsersWrite),
        Names::Nothing,
        known!(tokens::create),
        "Makes a token, which is shown once",
    )
    .post("token.create", again!(tokens::created_again))
    .taking::<tokens::NewToken>()
    .answering(Answer::Made(Shape::of::<tokens::MadeToken>())),
    ApiRoute::get(
        "/api/v1/tokens/{id}",
        "token_get",
        right(Right::UsersRead),
        Names::Nothing,
        known!(tokens::one),
        "One token, without what it is",
    )
    .answering(one!(tokens::Token)),
    ApiRoute::get(
        "/api/v1/tokens/{id}/revoke",
        "token_revoke",
        right(Right::UsersWrite),
        Names::Nothing,
        known!(tokens::revoke),
        "Ends a token for good",
    )
    .post("token.revoke", Key::None)
    .answering(one!(tokens::RevokedToken)),
    ApiRoute::get(
        "/api/v1/users",
        "users_list",
        right(Right::UsersRead),
        Names::Nothing,
        known!(users::list),
        "Users with role and topics, the newest first",
    )
    .asking::<users::UsersParams>()
    .answering(many!(users::User)),
    ApiRoute::get(
        "/api/v1/users/{id}",
        "user_get",
        right(Right::UsersRead),
        Names::Nothing,
        known!(users::one),
        "One user",
    )
    .answering(one!(users::User)),
    ApiRoute::get(
        "/api/v1/audit",
        "audit_list",
        right(Right::AuditRead),
        Names::Nothing,
        known!(audit::list),
        "The audit log, the newest first",
    )
    .asking::<audit::AuditParams>()
    .answering(many!(audit::AuditLogEntry)),
];
