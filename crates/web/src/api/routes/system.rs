//! Media, the inbox, the system, and who may use it.

use model::Right;

use crate::api::asked::Names;
use crate::api::route::{Answer, ApiNeeds, ApiRoute, Handler, Key, Receives, Shape, Verb};
use crate::api::route_macros::{TAKEN, again, known, routes};
use crate::api::{
    audit, inbox, mail_caps, media, relay, rule_sets, sample, settings, system, tokens, tracking,
    user_actions, users,
};

pub(super) const ROUTES: &[ApiRoute] = routes! {
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
    Get "/api/v1/system/storage" system_storage: SystemRead of Nothing, system::storage,
        gives One system::Storage,
        "What the store takes on disk by kind, and what it will take: estimates";
    Get "/api/v1/rule-sets" rule_sets_get: ReportsRead of Nothing, rule_sets::all,
        gives One rule_sets::RuleSets,
        "What is said of what is seen in hits, by version, and which version reports are made by";
    Get "/api/v1/rule-sets/{version}/changes" rule_set_changes: ReportsRead of Nothing,
        rule_sets::changes,
        asks rule_sets::ChangesParams,
        gives Many rule_sets::ChangedCampaign,
        "How campaigns would change by a version, the newest first, of what the one in use says";
    Put "/api/v1/rule-sets/in-use" rule_set_use: SettingsWrite of Nothing, rule_sets::choose,
        takes rule_sets::RulesInUse, logs "rules.use" with Key::None,
        gives One rule_sets::RuleSets,
        "Has every report made by another version, of what was counted before as well";
    Get "/api/v1/settings/sender" settings_sender_get: SettingsRead of Nothing, settings::sender,
        gives One settings::SenderSettings,
        "Who sends, and where that is set";
    Put "/api/v1/settings/sender" settings_sender_put: SettingsWrite of Nothing,
        settings::put_sender,
        takes settings::NewSender, logs "settings.set" with Key::None,
        gives One settings::SenderSettings,
        "Sets who sends, where the configuration file says nothing";
    Get "/api/v1/settings/relay" settings_relay_get: SettingsRead of Nothing, settings::relay,
        gives One settings::RelaySettings,
        "Over which relay mail is sent, and where that is set; never its password";
    Put "/api/v1/settings/relay" settings_relay_put: SettingsWrite of Nothing, settings::put_relay,
        takes settings::NewRelay, logs "settings.set" with Key::None,
        gives One settings::RelaySettings,
        "Sets over which relay mail is sent, where the configuration file says nothing";
    Get "/api/v1/tracking" tracking_get: SettingsRead of Nothing, tracking::rules,
        gives One tracking::TrackingRules,
        "What may be recorded of whom, for everybody";
    Put "/api/v1/tracking" tracking_set: SettingsWrite of Nothing, tracking::set_rules,
        takes tracking::NewTrackingRules, logs "tracking.set" with Key::None,
        gives One tracking::TrackingRules,
        "Changes that, from the next message and the next hit on";
    Get "/api/v1/mail_cap" mail_cap_get: SettingsRead of Nothing, mail_caps::rule,
        gives One mail_caps::MailCapRule,
        "How many campaign mails a contact gets at most";
    Put "/api/v1/mail_cap" mail_cap_set: SettingsWrite of Nothing, mail_caps::set_rule,
        takes mail_caps::NewMailCap, logs "mail_cap.set" with Key::None,
        gives One mail_caps::MailCapRule,
        "Changes that, from the next message on";
    Post "/api/v1/system/relay_test" relay_test: SettingsWrite of Nothing, relay::test,
        takes relay::RelayTest,
        logs "relay.test" with Key::None,
        gives One relay::TestedRelay,
        "Really sends one test message over the relay, and tells the conversation";
    Post "/api/v1/sample" sample_add: SettingsWrite of Nothing, sample::add,
        logs "sample.add" with TAKEN,
        gives One sample::AddedSample,
        "Adds sample data for a first look, or what is missing of it";
    Post "/api/v1/sample/remove" sample_remove: SettingsWrite of Nothing, sample::remove,
        logs "sample.remove" with TAKEN,
        gives One sample::RemovedSample,
        "Removes the sample data, as if it had never been there";
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
        "Invites somebody: the link by which they choose a password is shown once, and mailed if asked for";
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
        asks user_actions::LinkAsked,
        logs "user.invite" with Key::None,
        gives One user_actions::Invitation,
        "Makes another such link, and mails it if asked for; an older one ends";
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
        "Removes the second factor and the passkeys of somebody who has lost them";
    Get "/api/v1/audit" audit_list: AuditRead of Nothing, audit::list,
        asks audit::AuditParams,
        gives Many audit::AuditLogEntry,
        "The audit log, the newest first";
};
