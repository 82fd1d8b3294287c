//! Every admin page as data: its address, what it needs, and what it shows.
//!
//! Invariants: the router is made from this table and from nothing else, with the gate in front of each
//! handler; the page map in `docs/admin.md` equals it (a test compares them). Paths are a plural noun,
//! a number, an aspect; the query string is the filter.

use std::sync::LazyLock;

use axum::response::Redirect;
use model::Right;

use crate::admin::entry_routes::EVERYBODY;
use crate::admin::route::{AdminRoute, pages};
use crate::admin::route_access::{Access, RouteObject};
use crate::admin::{
    account, announcements, audit, campaigns, contact_routes, contacts, deliveries, entry_routes,
    erasures, events, exports, imports, inbox_pages, media, privacy_routes, rule_sets,
    set_up_screens, system, topics, tracking, users, visitors,
};

const SIGNED_IN: Access = Access::SignedIn;

/// What is shared by all topics, or about the whole installation.
const fn all(right: Right) -> Access {
    Access::Right(right, RouteObject::Installation)
}

/// A list of what belongs to the actor's topics.
const fn own(right: Right) -> Access {
    Access::Right(right, RouteObject::OwnTopics)
}

/// The campaign that the path names.
const fn campaign(right: Right) -> Access {
    Access::Right(right, RouteObject::Campaign("number"))
}

const fn message(right: Right) -> Access {
    Access::Right(right, RouteObject::InboxMessage("number"))
}

const WRITE_TEXT: Access = Access::Right(Right::AnnouncementsWrite, RouteObject::AllTopics);
const IMPORT: Access = Access::Right(Right::ContactsWrite, RouteObject::Job("id"));
const SET_UP: Access = all(Right::SettingsWrite);
const EXPORT: Access = Access::Right(Right::ContactsRead, RouteObject::Job("id"));
const TOPIC: Access = Access::Right(Right::TopicsWrite, RouteObject::Topic("slug"));

/// Every page, in the order of the manual's page map.
pub static ROUTES: LazyLock<Vec<&AdminRoute>> = LazyLock::new(|| {
    let more = [contact_routes::ROUTES, entry_routes::ROUTES, privacy_routes::ROUTES];
    PAGES.iter().chain(more.into_iter().flatten()).collect()
});

const PAGES: &[AdminRoute] = pages! {
    GET "/admin" SIGNED_IN, to_campaigns, "Leads to the campaigns";
    GET "/admin/campaigns" own(Right::CampaignsRead), campaigns::campaigns,
        "Campaigns by what they need: needs you, running, drafts, done";
    GET "/admin/campaigns/live" own(Right::CampaignsRead), campaigns::campaigns_live,
        "The part of the list that renews itself";
    GET "/admin/campaigns/stream" own(Right::CampaignsRead), campaigns::campaigns_stream,
        "Sends that part whenever it changes";
    POST "/admin/campaigns" own(Right::CampaignsWrite), campaigns::draft::new::make,
        "Makes a draft whose text is still to be written";
    GET "/admin/campaigns/compare" own(Right::ReportsRead), campaigns::compare::compare,
        "Campaigns beside each other, by one rule set";
    GET "/admin/reports/schedules" own(Right::CampaignsSend), campaigns::report_schedules::show,
        "Reports that are mailed at set times, and to whom";
    POST "/admin/reports/schedules" own(Right::CampaignsSend), campaigns::report_schedules::add, "Has one mailed";
    POST "/admin/reports/schedules/{id}/remove" own(Right::CampaignsSend),
        campaigns::report_schedules::remove, "Has one mailed no more";
    GET "/admin/campaigns/{number}" campaign(Right::CampaignsRead), campaigns::campaign,
        "A draft: writing it, to whom it goes, check, sending; later its progress, results, where everyone is";
    GET "/admin/campaigns/{number}/live" campaign(Right::CampaignsRead), campaigns::live_page::report,
        "The part of it that renews itself";
    GET "/admin/campaigns/{number}/acts" campaign(Right::CampaignsRead), campaigns::live_page::acts,
        "Its head and its buttons, which renew themselves when its state changes";
    GET "/admin/campaigns/{number}/stream" campaign(Right::CampaignsRead), campaigns::live_page::stream,
        "Sends both whenever they change";
    POST "/admin/campaigns/{number}/write" campaign(Right::AnnouncementsWrite), campaigns::draft::write::save,
        "Saves a draft’s text, unless somebody else was faster";
    GET "/admin/campaigns/{number}/preview" campaign(Right::CampaignsRead), campaigns::draft::write::preview,
        "Its message with made-up values, for the frame beside the text";
    POST "/admin/campaigns/{number}/topic" campaign(Right::CampaignsWrite), campaigns::draft::new::set_topic,
        "Sends a draft to the subscribers of another topic";
    POST "/admin/campaigns/{number}/audience" campaign(Right::CampaignsWrite), campaigns::draft::new::set_audience,
        "Sends a draft to segments of its topic’s subscribers";
    POST "/admin/campaigns/{number}/delete" own(Right::CampaignsWrite), campaigns::draft::new::delete,
        "Deletes a draft; its text stays among the announcements";
    GET "/admin/campaigns/{number}/send" campaign(Right::CampaignsSend), campaigns::send_page::show,
        "Checks a draft over everybody who would get it; starting and scheduling it";
    GET "/admin/campaigns/{number}/test" campaign(Right::AnnouncementsWrite), campaigns::test_send::show,
        "Sending a test of it";
    POST "/admin/campaigns/{number}/test" campaign(Right::AnnouncementsWrite), campaigns::test_send::send,
        "Sends its message to a few addresses, and keeps it in the inbox";
    POST "/admin/campaigns/{number}/start" campaign(Right::CampaignsSend), campaigns::send_page::start,
        "Starts it in 60 seconds";
    POST "/admin/campaigns/{number}/schedule" campaign(Right::CampaignsSend), campaigns::send_page::schedule,
        "Starts it by itself at a time, or moves that";
    POST "/admin/campaigns/{number}/take-back" campaign(Right::CampaignsSend),
        campaigns::forms::take_back, "Makes a scheduled one a draft again";
    POST "/admin/campaigns/{number}/pause" campaign(Right::CampaignsSend), campaigns::forms::pause,
        "Stops before the next message";
    POST "/admin/campaigns/{number}/resume" campaign(Right::CampaignsSend),
        campaigns::forms::resume, "Goes on";
    POST "/admin/campaigns/{number}/retry" campaign(Right::CampaignsSend),
        campaigns::forms::retry_deliveries,
        "Sends again to those who failed, were skipped or are in doubt";
    POST "/admin/campaigns/{number}/publish" campaign(Right::CampaignsSend),
        campaigns::forms::publish, "Publishes it for everybody to read";
    POST "/admin/campaigns/{number}/withdraw" campaign(Right::CampaignsSend),
        campaigns::forms::withdraw, "Takes its public page back";
    POST "/admin/campaigns/{number}/tracking" campaign(Right::CampaignsWrite), campaigns::forms::set_tracking,
        "Sets the most that it records, while it runs as well";
    GET "/admin/campaigns/{number}/report.json" campaign(Right::ReportsRead),
        campaigns::files::campaign_json, "Its report for programs";
    GET "/admin/campaigns/{number}/report.csv" campaign(Right::ReportsRead),
        campaigns::files::campaign_csv, "Its report for spreadsheets";
    GET "/admin/campaigns/{number}/report/contacts" campaign(Right::ContactsRead),
        campaigns::report_contacts::show,
        "Its contacts by what they did: opened, clicked, not opened, unsubscribed, machines only, not delivered";
    POST "/admin/campaigns/{number}/report/contacts/export" campaign(Right::ContactsRead),
        campaigns::report_contacts::export, "Lets a server write those who are shown to a file";
    GET "/admin/campaigns/{number}/report/domains" campaign(Right::ReportsRead),
        campaigns::domains::show, "Its figures by receiving domain";
    GET "/admin/campaigns/{number}/report/domains.csv" campaign(Right::ReportsRead),
        campaigns::domains::csv, "The same for spreadsheets";
    GET "/admin/campaigns/{number}/report/hours" campaign(Right::ReportsRead),
        campaigns::hours::show, "When it was viewed and clicked: since sending, and by the hour of the day";
    GET "/admin/campaigns/{number}/report/share-links" campaign(Right::CampaignsSend),
        campaigns::share_links::show, "Links by which outsiders read its report";
    POST "/admin/campaigns/{number}/report/share-links" campaign(Right::CampaignsSend),
        campaigns::share_links::make, "Makes one, and shows it once";
    POST "/admin/campaigns/{number}/report/share-links/{link}/revoke" campaign(Right::CampaignsSend),
        campaigns::share_links::revoke, "Revokes one for good";
    GET "/admin/campaigns/{number}/link-shares" campaign(Right::ReportsRead),
        campaigns::link_shares::frame,
        "Its message with the share of clickers of every link, for the frame of its page";
    GET "/admin/campaigns/{number}/deliveries" campaign(Right::DeliveriesRead),
        deliveries::deliveries,
        "Its deliveries, by part of an address, state and code, with the relay’s replies";
    GET "/admin/campaigns/{number}/deliveries/{contact}" campaign(Right::DeliveriesRead),
        deliveries::delivery, "One delivery: attempts, reply, what followed";
    GET "/admin/announcements" all(Right::AnnouncementsRead), announcements::announcements,
        "Announcements by name, by their newest version";
    GET "/admin/announcements/new" WRITE_TEXT, announcements::new::show, "Naming a new one";
    POST "/admin/announcements" WRITE_TEXT, announcements::new::make,
        "Makes one without a campaign, whose text is still to be written";
    GET "/admin/announcements/{id}" all(Right::AnnouncementsRead), announcements::announcement,
        "One version: its text, what has changed, the other versions, the campaigns that use them";
    POST "/admin/announcements/{id}/campaign" own(Right::CampaignsWrite),
        announcements::make_campaign, "Makes a draft of this version";
    GET "/admin/announcements/{id}/write" WRITE_TEXT, announcements::write::show,
        "Writing it on its own: its text, with the message beside it";
    POST "/admin/announcements/{id}/write" WRITE_TEXT, announcements::write::save,
        "Saves its text, unless somebody else was faster; puts it in use";
    GET "/admin/announcements/{id}/preview" all(Right::AnnouncementsRead), announcements::write::preview,
        "Its message with made-up values, for the frame beside the text";
    GET "/admin/announcements/{id}/message" all(Right::MessagesSend), announcements::message::show,
        "Sending a single message of it";
    POST "/admin/announcements/{id}/message" all(Right::MessagesSend), announcements::message::send,
        "Sends it to one address, once";
    POST "/admin/announcements/{id}/delete" WRITE_TEXT, announcements::new::delete,
        "Deletes it with all versions, unless a campaign or a message needs it";
    GET "/admin/rule-sets" own(Right::ReportsRead), rule_sets::list,
        "The rule sets that hits can be judged by, and which reports are made by";
    GET "/admin/rule-sets/{version}" own(Right::ReportsRead), rule_sets::show,
        "What one says, and how campaigns would change by it";
    POST "/admin/rule-sets/{version}/use" all(Right::SettingsWrite), rule_sets::choose,
        "Has every report made by it";
    GET "/admin/contacts" own(Right::ContactsRead), contacts::contacts,
        "Contacts, by part of their address, topic and state";
    GET "/admin/contacts/new" own(Right::ContactsWrite), contacts::new::show, "Adding a contact";
    POST "/admin/contacts" own(Right::ContactsWrite), contacts::new::add,
        "Adds them, with topics and the proof";
    GET "/admin/contacts/attributes" own(Right::ContactsRead), contacts::attributes::show, "What the values of attributes are";
    POST "/admin/contacts/attributes" all(Right::ContactsWrite), contacts::attributes::set, "Declares that, counts which fit, or ends it";
    GET "/admin/contacts/forms" own(Right::ContactsRead), contacts::join_forms::list, "The forms by which people join";
    POST "/admin/contacts/forms" all(Right::ContactsWrite), contacts::join_forms::set, "Makes one, changes, closes or removes it";
    GET "/admin/contacts/forms/{name}" own(Right::ContactsRead), contacts::join_forms::show, "One of them: its address, its HTML for other sites, what it told people";
    GET "/admin/contacts/segments" own(Right::ContactsRead), contacts::segments::show, "Segments, and whom one means now";
    POST "/admin/contacts/segments" all(Right::ContactsWrite), contacts::segments::set, "Adds conditions to one, counts, keeps or removes it";
    GET "/admin/visitors" all(Right::ContactsRead), visitors::visitors,
        "A browser by the identifier that its owner quotes, and to whom it is tied";
    GET "/admin/visitors/{visitor}/cut" all(Right::ContactsWrite), visitors::show_cut,
        "What cutting it from a contact does";
    POST "/admin/visitors/{visitor}/cut" all(Right::ContactsWrite), visitors::cut,
        "Cuts it from that contact";
    GET "/admin/visitors/{visitor}/remove" all(Right::ContactsWrite), visitors::show_remove,
        "What removing it removes";
    POST "/admin/visitors/{visitor}/remove" all(Right::ContactsWrite), visitors::remove,
        "Removes everything that bears its identifier";
    GET "/admin/erasures/new" all(Right::ContactsWrite), erasures::upload::show,
        "Erasing a list of people";
    POST "/admin/erasures" all(Right::ContactsWrite), erasures::upload::upload,
        "Takes the list in, and counts what erasing it would do";
    GET "/admin/erasures/{id}" all(Right::ContactsWrite), erasures::page::show,
        "The erasure of one list: what it removes from how much, how far it is";
    GET "/admin/erasures/{id}/live" all(Right::ContactsWrite), erasures::page::live,
        "The part of it that renews itself";
    GET "/admin/erasures/{id}/stream" all(Right::ContactsWrite), erasures::page::stream,
        "Sends that part whenever it changes";
    POST "/admin/erasures/{id}/start" all(Right::ContactsWrite), erasures::page::start,
        "Lets a server erase them, when their number is typed";
    POST "/admin/erasures/{id}/stop" all(Right::ContactsWrite), erasures::page::stop,
        "Stops it before the next person, and removes the list";
    GET "/admin/erasures/{id}/rejects.csv" all(Right::ContactsWrite), erasures::page::rejects,
        "The lines that are no address, by their numbers";
    GET "/admin/imports" own(Right::ContactsWrite), imports::list,
        "Imports of files, how far each is";
    GET "/admin/imports/new" own(Right::ContactsWrite), imports::upload::show, "Importing a file";
    POST "/admin/imports" own(Right::ContactsWrite), imports::upload::upload, "Takes the file in";
    GET "/admin/imports/{id}" IMPORT, imports::page::show,
        "One import: what its columns become, how far it is, what it has done";
    GET "/admin/imports/{id}/live" IMPORT, imports::page::live, "The part of it that renews itself";
    GET "/admin/imports/{id}/stream" IMPORT, imports::page::stream,
        "Sends that part whenever it changes";
    POST "/admin/imports/{id}/start" IMPORT, imports::page::start,
        "Rehearses it, or lets a server do it";
    POST "/admin/imports/{id}/stop" IMPORT, imports::page::stop, "Stops it before its next step";
    GET "/admin/imports/{id}/warnings.csv" IMPORT, imports::warnings::file,
        "What may be wrong with addresses, by lines of the file";
    GET "/admin/imports/{id}/rejects.csv" IMPORT, imports::page::rejects,
        "The rows that could not be used, with line, column and reason";
    POST "/admin/imports/{id}/undo" IMPORT, imports::undo::undo,
        "Counts what undoing it would do, or lets a server do it";
    POST "/admin/exports" own(Right::ContactsRead), exports::begin,
        "Lets a server write the contacts of a list to a file";
    GET "/admin/exports/{id}" EXPORT, exports::show, "One export: how far it is, and its file";
    GET "/admin/exports/{id}/live" EXPORT, exports::live, "The part of it that renews itself";
    GET "/admin/exports/{id}/contacts.csv" EXPORT, exports::file,
        "The file; that it was taken is logged";
    GET "/admin/topics" own(Right::TopicsRead), topics::topics, "Topics with their numbers";
    GET "/admin/topics/new" all(Right::TopicsWrite), topics::forms::show_new, "Adding a topic";
    POST "/admin/topics" all(Right::TopicsWrite), topics::forms::add, "Adds it";
    GET "/admin/topics/{slug}" TOPIC, topics::forms::show, "One topic: name, public archive";
    GET "/admin/topics/{slug}/report" Access::Right(Right::ReportsRead, RouteObject::Topic("slug")),
        topics::over_time::show, "Its campaigns in the order of their start";
    POST "/admin/topics/{slug}/name" TOPIC, topics::forms::rename, "Renames it";
    POST "/admin/topics/{slug}/archive" TOPIC, topics::forms::set_archive,
        "Opens or closes its archive";
    POST "/admin/topics/{slug}/tracking" TOPIC, topics::forms::set_tracking,
        "Sets what is recorded in it of those who have said nothing";
    GET "/admin/media" all(Right::MediaRead), media::library, "The media library";
    POST "/admin/media" all(Right::MediaWrite), media::upload::add,
        "Takes pictures and files in";
    GET "/admin/media/{name}" all(Right::MediaRead), media::record,
        "One picture or file: its files, and the campaigns that use it";
    GET "/admin/media/{name}/thumbnail" all(Right::MediaRead), media::thumbnail,
        "A small picture of it";
    POST "/admin/media/{name}/alt" all(Right::MediaWrite), media::forms::describe,
        "Says what readers without pictures get";
    POST "/admin/media/{name}/remove" all(Right::MediaWrite), media::forms::remove,
        "Takes it out of the library";
    GET "/admin/inbox" own(Right::InboxRead), inbox_pages::list,
        "Test messages; in the demo, all mail";
    GET "/admin/inbox/picture.png" EVERYBODY, inbox_pages::picture,
        "The picture of the sample announcement";
    GET "/admin/inbox/{number}" message(Right::InboxRead), inbox_pages::message,
        "One message: rendered, as text, as source";
    GET "/admin/inbox/{number}/html" message(Right::InboxRead), inbox_pages::frame,
        "Its HTML, for the frame of that page";
    GET "/admin/events/{event}" own(Right::DeliveriesRead), events::show,
        "One view or click: what was seen in it, why it counts as what it counts as";
    POST "/admin/events/{event}/address" all(Right::AuditRead), events::tell_address,
        "Tells its full network address; that it was told is in the log";
    GET "/admin/messages" all(Right::DeliveriesRead), deliveries::single_messages::messages,
        "Single messages: searched by address and state";
    GET "/admin/messages/{id}" all(Right::DeliveriesRead), deliveries::single_messages::message,
        "One of them, what the relay has said, and what became of it";
    GET "/admin/setup" SET_UP, set_up_screens::lead,
        "Leads to the first screen of the set-up that is not done";
    GET "/admin/setup/sender" SET_UP, set_up_screens::sender::show,
        "Who sends and over which relay: fixed by the configuration file, or to be set";
    POST "/admin/setup/sender" SET_UP, set_up_screens::settings_acts::keep_sender,
        "Keeps who sends, where the configuration file says nothing";
    POST "/admin/setup/relay" SET_UP, set_up_screens::settings_acts::keep_relay,
        "Keeps over which relay, where the configuration file says nothing";
    POST "/admin/setup/sender/test" SET_UP, set_up_screens::sender::test,
        "Really sends one test message, and shows the conversation";
    GET "/admin/setup/domain" SET_UP, set_up_screens::domain::show,
        "SPF, DKIM and DMARC of the sender’s domain: what to copy, and what is there";
    POST "/admin/setup/domain" SET_UP, set_up_screens::domain::finish,
        "Keeps that they are in place";
    GET "/admin/setup/start" SET_UP, set_up_screens::start::show,
        "Sample data, or importing one’s own contacts";
    POST "/admin/setup/start" SET_UP, set_up_screens::start::finish,
        "Keeps that it is done, and leads to the campaigns";
    POST "/admin/setup/sample" SET_UP, set_up_screens::start::add_sample, "Adds sample data";
    POST "/admin/setup/sample/remove" SET_UP, set_up_screens::start::remove_sample,
        "Removes it as if it had never been there";
    POST "/admin/setup/dismiss" SET_UP, set_up_screens::dismiss,
        "Ends the reminder on the list of campaigns";
    GET "/admin/users" all(Right::UsersRead), users::list, "Who has an account";
    GET "/admin/users/new" all(Right::UsersWrite), users::show_new, "Inviting somebody";
    POST "/admin/users" all(Right::UsersWrite), users::invite,
        "Adds a user, and shows the link to send them";
    GET "/admin/users/{id}" all(Right::UsersRead), users::user::show,
        "One user: role, topics, way in, sessions";
    POST "/admin/users/{id}/role" all(Right::UsersWrite), users::user::set_role, "Gives another role";
    POST "/admin/users/{id}/topics" all(Right::UsersWrite), users::user::set_topics,
        "Narrows a user to some topics, or lifts that";
    POST "/admin/users/{id}/invitation" all(Right::UsersWrite), users::user::new_link,
        "A new link to choose a password";
    POST "/admin/users/{id}/second-factor/reset" all(Right::UsersWrite),
        users::user::reset_second_factor, "Removes a lost second factor";
    POST "/admin/users/{id}/disable" all(Right::UsersWrite), users::user::disable, "Keeps a user out";
    POST "/admin/users/{id}/enable" all(Right::UsersWrite), users::user::enable, "Lets them in again";
    POST "/admin/users/{id}/sessions/end" all(Right::UsersWrite), users::user::end_sessions,
        "Signs a user out everywhere";
    POST "/admin/users/{id}/sessions/{session}/end" all(Right::UsersWrite), users::user::end_session,
        "Ends one session of a user";
    GET "/admin/audit" all(Right::AuditRead), audit::list,
        "The audit log, by actor or object, with what was before and after";
    GET "/admin/audit/verified" all(Right::AuditRead), audit::verified,
        "Whether the chain of the log holds";
    GET "/admin/me" SIGNED_IN, account::show,
        "One’s own account: role and rights, password, second factor, sessions";
    POST "/admin/me/password" SIGNED_IN, account::change_password, "Changes one’s password";
    GET "/admin/me/second-factor" SIGNED_IN, account::second_factor_pages::begin,
        "A QR code to set up a second factor with";
    POST "/admin/me/second-factor" SIGNED_IN, account::second_factor_pages::confirm,
        "Turns it on, and shows the recovery codes once";
    POST "/admin/me/second-factor/remove" SIGNED_IN, account::remove_second_factor,
        "Removes one’s second factor";
    GET "/admin/me/passkeys" SIGNED_IN, account::passkey_pages::show,
        "One’s passkeys; adding and removing them";
    POST "/admin/me/passkeys" SIGNED_IN, account::passkey_pages::add, "Adds a passkey";
    POST "/admin/me/passkeys/options" SIGNED_IN, account::passkey_pages::creation_options,
        "What the authenticator is asked for a new one";
    POST "/admin/me/passkeys/confirm" SIGNED_IN, account::passkey_pages::confirm,
        "Proves by the password again who one is";
    POST "/admin/me/passkeys/confirm/passkey" SIGNED_IN, account::passkey_pages::confirm_by_passkey,
        "Proves it by a passkey";
    POST "/admin/me/passkeys/confirm/passkey/options" SIGNED_IN, account::passkey_pages::confirm_options,
        "What the authenticator is asked for that";
    POST "/admin/me/passkeys/{passkey}/remove" SIGNED_IN, account::passkey_pages::remove,
        "Removes a passkey";
    POST "/admin/me/sessions/{session}/end" SIGNED_IN, account::end_session,
        "Ends one of one’s sessions";
    POST "/admin/me/sessions/end-others" SIGNED_IN, account::end_other_sessions,
        "Ends all of them but this one";
    GET "/admin/tokens" SIGNED_IN, users::tokens::list,
        "One’s API tokens, and everybody’s for who may see users; making one";
    POST "/admin/tokens" SIGNED_IN, users::tokens::create, "Makes a token, and shows it once";
    POST "/admin/tokens/{id}/revoke" SIGNED_IN, users::tokens::revoke, "Revokes a token for good";
    GET "/admin/system" all(Right::SystemRead), system::system,
        "Version, database, nodes, what waits to be counted, disk";
    GET "/admin/tracking" all(Right::SettingsRead), tracking::show,
        "What may be recorded of whom, for everybody";
    POST "/admin/tracking" all(Right::SettingsWrite), tracking::set, "Changes it";
};

async fn to_campaigns() -> Redirect {
    Redirect::temporary("/admin/campaigns")
}

#[cfg(test)]
mod tests;
