//! Every route of the API as data.
//!
//! Invariants: the router, the document and the tests are made from this table and from nothing else,
//! and the table in `docs/api.md` equals it (a test compares them).

use axum::response::Response;
use model::Right;

use crate::api::asked::Names;
use crate::api::parts::ApiParts;
use crate::api::route::{Answer, ApiNeeds, ApiRoute, Handler, Key, Receives, Shape, Verb};
use crate::api::route_macros::{again, known, may_state_again, routes, state_again};
use crate::api::{
    addresses, announcements, audit, campaign_actions, campaign_check, campaign_text, campaigns,
    contact_actions, contact_batch, contacts, deliveries, exports, imports, inbox, jobs, media,
    problem_codes, relay, report, system, test_sends, tokens, topics, user_actions, users,
};
use crate::listen::respond;

/// A key may be left out; what was done and has no stored answer can't be told again.
const TAKEN: Key = Key::Taken(|asked, _| Box::pin(campaign_actions::unknown(asked)));

const fn open(
    path: &'static str,
    operation: &'static str,
    handler: fn(&ApiParts, &str) -> Response,
    about: &'static str,
) -> ApiRoute {
    let handler = Handler::Open(handler);
    ApiRoute::get(path, operation, ApiNeeds::Nothing, Names::Nothing, handler, about)
}

/// Every route, in the order of the manual's table.
pub static API_ROUTES: &[ApiRoute] = routes! {
    [
        open(
            "/api/v1",
            "api_reader",
            |parts, _| respond::html(parts.document.page.clone()),
            "This API for readers",
        ),
        open(
            "/api/v1/openapi.json",
            "api_document",
            |parts, _| respond::json(parts.document.json.clone()),
            "This API for programs: its OpenAPI document",
        )
        .answering(Answer::Other("application/json")),
        open(
            "/api/v1/problems/{code}",
            "problem_page",
            |_, code| problem_codes::page(code),
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
        .answering(Answer::One(Shape::of::<tokens::Me>())),
    ]
    Get "/api/v1/campaigns" campaigns_list: CampaignsRead of Nothing, campaigns::list,
        asks campaigns::CampaignsParams,
        gives Many campaigns::Campaign,
        "Campaigns with their large figures, the newest first";
    Get "/api/v1/campaigns/{number}" campaign_get: CampaignsRead of Campaign, campaigns::one,
        gives One campaigns::CampaignDetail,
        "A campaign: figures, what it was made from, how it gets on";
    Get "/api/v1/campaigns/{number}/check" campaign_check: CampaignsRead of Campaign,
        campaign_check::one,
        gives One campaign_check::CampaignCheck,
        "What would go wrong if it started now; asks no other server";
    Post "/api/v1/campaigns" campaign_create: CampaignsWrite of Nothing, campaign_actions::create,
        takes campaign_actions::NewCampaign,
        logs "campaign.create" with again!(campaign_actions::created_again),
        gives Made campaign_actions::MadeCampaign,
        "Makes a draft from an announcement’s text";
    Get "/api/v1/campaigns/{number}/announcement" campaign_text_get: CampaignsRead of Campaign,
        campaign_text::get,
        gives One campaign_text::CampaignAnnouncement,
        "What a campaign says, as it was saved last";
    Put "/api/v1/campaigns/{number}/announcement" campaign_text_put: AnnouncementsWrite of Campaign,
        campaign_text::put,
        takes campaign_text::NewText,
        logs "campaign.write" with Key::None,
        gives One campaign_text::CampaignAnnouncement,
        "Saves a draft’s text, unless somebody else was faster";
    Post "/api/v1/campaigns/{number}/start" campaign_start: CampaignsSend of Campaign,
        campaign_actions::start,
        takes campaign_actions::Start,
        logs "campaign.schedule" with state_again!(campaign_actions::started_again),
        gives One campaign_actions::StartedCampaign,
        "Checks a draft and lets it start, now or at a time; can be taken back until then";
    Post "/api/v1/campaigns/{number}/test" campaign_test_send: AnnouncementsWrite of Campaign,
        test_sends::send,
        takes test_sends::NewTest,
        logs "campaign.test_send" with state_again!(campaign_actions::unknown),
        gives One test_sends::SentTests,
        "Sends a campaign’s message to a few addresses, and keeps it in the inbox";
    Post "/api/v1/campaigns/{number}/take_back" campaign_take_back: CampaignsSend of Campaign,
        campaign_actions::take_back,
        logs "campaign.take_back" with TAKEN,
        gives One campaign_actions::CampaignState,
        "Makes a scheduled campaign a draft again";
    Post "/api/v1/campaigns/{number}/pause" campaign_pause: CampaignsSend of Campaign,
        campaign_actions::pause,
        logs "campaign.pause" with may_state_again!(campaign_actions::state_again),
        gives One campaign_actions::CampaignState,
        "Stops a campaign before the next message";
    Post "/api/v1/campaigns/{number}/resume" campaign_resume: CampaignsSend of Campaign,
        campaign_actions::resume,
        logs "campaign.resume" with state_again!(campaign_actions::state_again),
        gives One campaign_actions::CampaignState,
        "Goes on after a pause";
    Post "/api/v1/campaigns/{number}/retry" campaign_retry: CampaignsSend of Campaign,
        campaign_actions::retry,
        takes campaign_actions::Retry,
        logs "campaign.retry" with state_again!(campaign_actions::unknown),
        gives One campaign_actions::Retried,
        "Sends again to people whose delivery failed, was skipped or is in doubt";
    Post "/api/v1/campaigns/{number}/publish" campaign_publish: CampaignsSend of Campaign,
        campaign_actions::publish,
        takes campaign_actions::Publish,
        logs "campaign.publish" with TAKEN,
        gives One campaign_actions::PublishedCampaign,
        "Publishes a campaign for everybody to read";
    Post "/api/v1/campaigns/{number}/withdraw" campaign_withdraw: CampaignsSend of Campaign,
        campaign_actions::withdraw,
        logs "campaign.withdraw" with TAKEN,
        gives One campaign_actions::WithdrawnCampaign,
        "Takes its public page back";
    Get "/api/v1/campaigns/{number}/report" campaign_report: ReportsRead of Campaign, report::one,
        gives One report::Report,
        "A campaign’s report";
    Get "/api/v1/campaigns/{number}/deliveries" deliveries_list: DeliveriesRead of Campaign,
        deliveries::list,
        asks deliveries::DeliveriesParams,
        gives Many deliveries::Delivery,
        "A campaign’s deliveries, by part of an address, state and code";
    Get "/api/v1/campaigns/{number}/deliveries/{contact}" delivery_get: DeliveriesRead of Campaign,
        deliveries::one,
        gives One deliveries::DeliveryDetail,
        "One delivery: attempts, reply, what followed";
    Get "/api/v1/announcements" announcements_list: AnnouncementsRead of Nothing,
        announcements::list,
        asks announcements::AnnouncementsParams,
        gives Many announcements::Announcement,
        "Announcements by name, by their newest version";
    Get "/api/v1/announcements/{id}" announcement_get: AnnouncementsRead of Nothing,
        announcements::one,
        gives One announcements::AnnouncementDetail,
        "One version: its text, the other versions, the campaigns that use them";
    Get "/api/v1/contacts" contacts_list: ContactsRead of Nothing, contacts::list,
        asks contacts::ContactsParams,
        gives Many contacts::Contact,
        "Contacts, by part of their address, topic and state, the newest first";
    Get "/api/v1/contacts/{id}" contact_get: ContactsRead of Contact, contacts::one,
        gives One contacts::ContactDetail,
        "One contact: attributes, subscriptions, suppression";
    Get "/api/v1/contacts/{id}/consents" contact_consents: ContactsRead of Contact,
        contacts::consents,
        asks contacts::ConsentsParams,
        gives Many contacts::Consent,
        "The ledger of a contact’s consents, the newest first";
    Post "/api/v1/contacts" contact_create: ContactsWrite of Nothing, contact_actions::create,
        takes contact_actions::NewContact,
        logs "contact.add" with again!(contact_actions::created_again),
        gives Made contact_actions::MadeContact,
        "Adds a contact, and subscribes them";
    Post "/api/v1/contacts/batch" contact_batch: ContactsWrite of Nothing, contact_batch::create,
        takes contact_batch::BatchLine,
        receives Receives::Lines,
        logs "contact.add" with again!(contact_batch::create_again),
        gives Lines contact_batch::BatchAnswer,
        "Adds up to 1,000 contacts, a line each, or changes those that there are";
    Patch "/api/v1/contacts/{id}" contact_edit: ContactsWrite of Contact, contact_actions::edit,
        takes contact_actions::ContactPatch,
        logs "contact.edit" with Key::None,
        gives One contacts::ContactDetail,
        "Changes a contact’s attributes or address";
    Post "/api/v1/contacts/{id}/subscribe" contact_subscribe: ContactsWrite of Contact,
        contact_actions::subscribe,
        takes contact_actions::Subscribe,
        logs "contact.subscribe" with TAKEN,
        gives One contact_actions::Changed,
        "Subscribes a contact, with proof";
    Post "/api/v1/contacts/{id}/unsubscribe" contact_unsubscribe: ContactsWrite of Contact,
        contact_actions::unsubscribe,
        takes contact_actions::Unsubscribe,
        logs "contact.unsubscribe" with TAKEN,
        gives One contact_actions::Changed,
        "Unsubscribes a contact who has asked for it";
    Get "/api/v1/addresses/{email}" address_get: ContactsRead of Nothing, addresses::one,
        gives One addresses::AddressRecord,
        "Everything that is kept about a person; for tokens of all topics";
    Post "/api/v1/addresses/suppress" address_suppress: ContactsWrite of Nothing,
        contact_actions::suppress,
        takes contact_actions::Suppress,
        logs "contact.suppress" with TAKEN,
        gives One contact_actions::Changed,
        "Sees to it that an address is never mailed; for tokens of all topics";
    Post "/api/v1/addresses/unsuppress" address_unsuppress: ContactsWrite of Nothing,
        contact_actions::unsuppress,
        takes contact_actions::Address,
        logs "contact.unsuppress" with TAKEN,
        gives One contact_actions::Unsuppressed,
        "Lifts that; for tokens of all topics";
    Post "/api/v1/addresses/erase" address_erase: ContactsWrite of Nothing, contact_actions::erase,
        takes contact_actions::Erase,
        logs "contact.erase" with TAKEN,
        gives One contact_actions::Erasure,
        "Erases everything that is kept about a person; for tokens of all topics";
    Post "/api/v1/imports" import_create: ContactsWrite of Nothing, imports::create,
        asks imports::ImportParams,
        takes String,
        receives Receives::File("text/csv"),
        logs "import.start" with again!(imports::created_again),
        gives Accepted jobs::Job,
        "Takes a CSV file of contacts, and imports or rehearses it as a job";
    Post "/api/v1/exports" export_create: ContactsRead of Nothing, exports::create,
        takes exports::NewExport,
        logs "contacts.export" with again!(exports::created_again),
        gives Accepted jobs::Job,
        "Writes the contacts that match to a CSV file, as a job";
    Get "/api/v1/jobs" jobs_list: ContactsRead of Nothing, jobs::list,
        asks jobs::JobsParams,
        gives Many jobs::Job,
        "Imports, exports and what was undone, the newest first";
    Get "/api/v1/jobs/{id}" job_get: ContactsRead of Job, jobs::one,
        gives One jobs::Job,
        "One job: how far it is, what it has done";
    Get "/api/v1/jobs/{id}/rejects" job_rejects: ContactsRead of Job, jobs::rejects,
        gives Csv,
        "The rows that an import could not use, with line, column and reason";
    Get "/api/v1/jobs/{id}/file" job_file: ContactsRead of Job, jobs::file,
        gives Csv,
        "The file that an export has written; each time it is logged";
    Post "/api/v1/jobs/{id}/start" job_start: ContactsWrite of Job, jobs::start,
        logs "import.start" with state_again!(jobs::state_again),
        gives Accepted jobs::Job,
        "Does what was rehearsed";
    Post "/api/v1/jobs/{id}/stop" job_stop: ContactsWrite of Job, jobs::stop,
        logs "job.stop" with may_state_again!(jobs::state_again),
        gives One jobs::Job,
        "Stops a job before its next step; what it has done stays";
    Post "/api/v1/jobs/{id}/undo" import_undo: ContactsWrite of Job, jobs::undo,
        takes jobs::Undo,
        logs "import.undo" with again!(imports::created_again),
        gives Accepted jobs::Job,
        "Takes an import back as far as nothing has happened since, as a job";
    Get "/api/v1/topics" topics_list: TopicsRead of Nothing, topics::list,
        asks topics::TopicsParams,
        gives Many topics::Topic,
        "Topics with their numbers";
    Get "/api/v1/topics/{slug}" topic_get: TopicsRead of Topic, topics::one,
        gives One topics::Topic,
        "One topic with its numbers";
    Put "/api/v1/topics/{slug}" topic_set: TopicsWrite of Nothing, contact_actions::topic_set,
        takes contact_actions::TopicName,
        logs "topic.set" with TAKEN,
        gives One contact_actions::TopicChanged,
        "Names a topic; makes it if there is none";
    Post "/api/v1/topics/{slug}/archive" topic_archive: TopicsWrite of Topic,
        contact_actions::topic_archive,
        takes contact_actions::TopicArchive,
        logs "topic.archive" with TAKEN,
        gives One contact_actions::TopicChanged,
        "Opens or closes a topic’s public archive";
    Get "/api/v1/media" media_list: MediaRead of Nothing, media::list,
        asks media::MediaParams,
        gives Many media::Media,
        "The media library, by name";
    Get "/api/v1/media/{name}" media_get: MediaRead of Nothing, media::one,
        gives One media::MediaDetail,
        "One picture or file: its files, and the campaigns that use it";
    Post "/api/v1/media" media_add: MediaWrite of Nothing, media::add,
        asks media::NewMedia,
        receives Receives::Bytes(::media::FILE_BYTES),
        logs "media.add" with Key::None,
        gives Made media::AddedMedia,
        "Takes a picture or file in: the body is the file, as it is";
    Post "/api/v1/media/{name}/alt" media_describe: MediaWrite of Nothing, media::describe,
        takes media::MediaWords,
        logs "media.describe" with Key::None,
        gives One media::MediaDetail,
        "Says what readers without pictures get";
    Post "/api/v1/media/{name}/remove" media_remove: MediaWrite of Nothing, media::remove,
        takes media::Removal,
        logs "media.remove" with Key::None,
        gives One media::Media,
        "Takes it out of the library; messages that were sent still show it";
    Get "/api/v1/inbox" inbox_list: InboxRead of Nothing, inbox::list,
        asks inbox::InboxParams,
        gives Many inbox::CaughtMessage,
        "Test messages, the newest first; in the demo, all mail";
    Get "/api/v1/inbox/{number}" inbox_get: InboxRead of Nothing, inbox::one,
        gives One inbox::MessageDetail,
        "One message: as text, as HTML, as source";
    Get "/api/v1/system" system_get: SystemRead of Nothing, system::one,
        gives One system::System,
        "Version, database, nodes, what waits to be counted, disk";
    Post "/api/v1/system/relay_test" relay_test: SettingsWrite of Nothing, relay::test,
        takes relay::RelayTest,
        logs "relay.test" with Key::None,
        gives One relay::TestedRelay,
        "Really sends one test message over the relay, and tells the conversation";
    Get "/api/v1/tokens" tokens_list: UsersRead of Nothing, tokens::list,
        asks tokens::TokensParams,
        gives Many tokens::Token,
        "API tokens, without what they are, the newest first";
    Post "/api/v1/tokens" token_create: UsersWrite of Nothing, tokens::create,
        takes tokens::NewToken,
        logs "token.create" with again!(tokens::created_again),
        gives Made tokens::MadeToken,
        "Makes a token, which is shown once";
    Get "/api/v1/tokens/{id}" token_get: UsersRead of Nothing, tokens::one,
        gives One tokens::Token,
        "One token, without what it is";
    Post "/api/v1/tokens/{id}/revoke" token_revoke: UsersWrite of Nothing, tokens::revoke,
        logs "token.revoke" with TAKEN,
        gives One tokens::RevokedToken,
        "Ends a token for good";
    Get "/api/v1/users" users_list: UsersRead of Nothing, users::list,
        asks users::UsersParams,
        gives Many users::User,
        "Users with role and topics, the newest first";
    Get "/api/v1/users/{id}" user_get: UsersRead of Nothing, users::one,
        gives One users::User,
        "One user";
    Post "/api/v1/users" user_create: UsersWrite of Nothing, user_actions::create,
        takes user_actions::NewUser,
        logs "user.add" with again!(user_actions::created_again),
        gives Made user_actions::MadeUser,
        "Invites somebody: the link by which they choose a password is shown once";
    Get "/api/v1/users/{id}/sessions" user_sessions: UsersRead of Nothing, user_actions::sessions,
        asks user_actions::SessionsParams,
        gives Many user_actions::Session,
        "Where a user is signed in";
    Post "/api/v1/users/{id}/sessions/{session}/end" user_session_end: UsersWrite of Nothing,
        user_actions::end_session,
        logs "user.session_end" with TAKEN,
        gives One user_actions::EndedSessions,
        "Ends one session of a user";
    Post "/api/v1/users/{id}/sessions/end" user_sessions_end: UsersWrite of Nothing,
        user_actions::end_sessions,
        logs "user.sessions_end" with TAKEN,
        gives One user_actions::EndedSessions,
        "Signs a user out everywhere";
    Post "/api/v1/users/{id}/invitation" user_invite: UsersWrite of Nothing, user_actions::invite,
        logs "user.invite" with Key::None,
        gives One user_actions::Invitation,
        "Makes another such link; an older one ends";
    Post "/api/v1/users/{id}/role" user_role: UsersWrite of Nothing, user_actions::set_role,
        takes user_actions::UserRole,
        logs "user.role" with TAKEN,
        gives One user_actions::ChangedUser,
        "Gives a user another role";
    Post "/api/v1/users/{id}/topics" user_topics: UsersWrite of Nothing, user_actions::set_topics,
        takes user_actions::UserTopics,
        logs "user.topics" with TAKEN,
        gives One user_actions::ChangedUser,
        "Trusts a user with these topics";
    Post "/api/v1/users/{id}/disable" user_disable: UsersWrite of Nothing, user_actions::disable,
        logs "user.disable" with TAKEN,
        gives One user_actions::ChangedUser,
        "Keeps a user out, and ends their sessions";
    Post "/api/v1/users/{id}/enable" user_enable: UsersWrite of Nothing, user_actions::enable,
        logs "user.enable" with TAKEN,
        gives One user_actions::ChangedUser,
        "Lets them in again";
    Post "/api/v1/users/{id}/second_factor/reset" user_second_factor_reset: UsersWrite of Nothing,
        user_actions::reset_second_factor,
        logs "user.second_factor_reset" with TAKEN,
        gives One user_actions::ChangedUser,
        "Removes the second factor of somebody who has lost it";
    Get "/api/v1/audit" audit_list: AuditRead of Nothing, audit::list,
        asks audit::AuditParams,
        gives Many audit::AuditLogEntry,
        "The audit log, the newest first";
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of the table in the manual.
    fn told() -> Vec<String> {
        let text = include_str!("../../../../docs/api.md");
        let map = text.split("<!-- routes -->").nth(1).unwrap();
        map.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect()
    }

    #[test]
    fn the_table_of_the_manual_is_the_table() {
        let ours: Vec<String> = API_ROUTES
            .iter()
            .map(|it| {
                let (verb, log) = (it.verb.as_str(), it.audit.map(|it| format!("`{it}`")));
                let log = log.unwrap_or_default();
                format!("| `{verb} {}` | {} | {} | {log} |", it.path, it.needs, it.about)
            })
            .collect();
        assert_eq!(told(), ours, "docs/api.md should hold:\n{}", ours.join("\n"));
    }
}
