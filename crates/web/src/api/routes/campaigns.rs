//! Campaigns and announcements.

use model::Right;

use crate::api::asked::Names;
use crate::api::route::{Answer, ApiNeeds, ApiRoute, Handler, Key, Shape, Verb};
use crate::api::route_macros::{TAKEN, again, known, may_state_again, routes, state_again};
use crate::api::{
    announcement_texts, announcements, campaign_actions, campaign_check, campaign_text, campaigns,
    comparison, deliveries, domain_report, draft_actions, events, hours_report, jobs, mail_caps,
    previews, report, report_contacts, report_schedules, rule_sets, segments, share_links,
    test_sends, tracking,
};

pub(super) const ROUTES: &[ApiRoute] = routes! {
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
    Patch "/api/v1/campaigns/{number}" campaign_edit: CampaignsWrite of Campaign,
        draft_actions::edit,
        takes draft_actions::CampaignPatch,
        logs "campaign.set_topic" with Key::None,
        gives One campaigns::CampaignDetail,
        "Sends a draft to the subscribers of another topic";
    Post "/api/v1/campaigns/{number}/delete" campaign_delete: CampaignsWrite of Nothing,
        draft_actions::delete,
        logs "campaign.delete" with may_state_again!(draft_actions::deleted_again),
        gives One draft_actions::DeletedDraft,
        "Deletes a draft; its text stays a version of its announcement";
    Get "/api/v1/campaigns/{number}/preview" campaign_preview: CampaignsRead of Campaign,
        previews::message,
        asks previews::PreviewParams,
        gives One previews::MessagePreview,
        "A campaign’s message, with made-up values or a contact’s";
    Get "/api/v1/campaigns/{number}/public_page" campaign_public_preview: CampaignsRead of Campaign,
        previews::public_page,
        asks previews::PublicPreviewParams,
        gives One previews::PublicPreview,
        "The page that everybody may read once it is published";
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
    Get "/api/v1/campaigns/{number}/audience" campaign_audience: CampaignsRead of Campaign,
        segments::audience,
        gives One segments::CampaignSegments,
        "To which segments a campaign goes";
    Put "/api/v1/campaigns/{number}/audience" campaign_audience_set: CampaignsWrite of Campaign,
        segments::set_audience,
        takes segments::NewAudience,
        logs "campaign.audience" with TAKEN,
        gives One segments::CampaignSegments,
        "Says to which segments a draft goes, of the people who are subscribed to its topic";
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
    Put "/api/v1/campaigns/{number}/tracking" campaign_tracking_set: CampaignsWrite of Campaign,
        tracking::campaign,
        takes tracking::NewTracking,
        logs "campaign.tracking" with TAKEN,
        gives One tracking::SetTracking,
        "Sets the most that a campaign records, while it runs as well";
    Put "/api/v1/campaigns/{number}/cap" campaign_cap_set: SettingsWrite of Nothing,
        mail_caps::campaign,
        takes mail_caps::CampaignCap,
        logs "campaign.cap" with TAKEN,
        gives One mail_caps::CampaignCap,
        "Has a campaign go to people however many mails they have had, or ends that";
    Get "/api/v1/campaigns/{number}/report" campaign_report: ReportsRead of Campaign, report::one,
        asks rule_sets::RulesParams,
        gives One report::Report,
        "A campaign’s report";
    Get "/api/v1/campaigns/{number}/report/contacts" report_contacts: ContactsRead of Campaign,
        report_contacts::list,
        asks report_contacts::ReportContactsParams,
        gives Many report_contacts::ReportContact,
        "A campaign’s contacts by what they did: the lists behind its report’s figures";
    Post "/api/v1/campaigns/{number}/report/contacts/export" report_contacts_export: ContactsRead of Campaign,
        report_contacts::export,
        takes report_contacts::NewContactsExport,
        logs "contacts.export" with again!(report_contacts::export_again),
        gives Accepted jobs::Job,
        "Writes such a list to a CSV file, as a job";
    Get "/api/v1/campaigns/{number}/report/domains" domain_report: ReportsRead of Campaign,
        domain_report::one,
        asks rule_sets::RulesParams,
        gives One domain_report::DomainReport,
        "A campaign’s figures by receiving domain";
    Get "/api/v1/campaigns/{number}/report/hours" hours_report: ReportsRead of Campaign,
        hours_report::one,
        asks hours_report::HoursParams,
        gives One hours_report::HoursReport,
        "When a campaign was viewed and clicked: since sending, and by the hour of the day";
    Get "/api/v1/campaigns/{number}/report/share_links" share_links_list: CampaignsSend of Campaign,
        share_links::list,
        asks share_links::ShareLinksParams,
        gives Many share_links::ShareLink,
        "Links by which outsiders read a campaign’s report";
    Post "/api/v1/campaigns/{number}/report/share_links" share_link_create: CampaignsSend of Campaign,
        share_links::create,
        takes share_links::NewShareLink,
        logs "share_link.create" with again!(share_links::created_again),
        gives Made share_links::MadeShareLink,
        "Makes a link for outsiders, which is told once";
    Post "/api/v1/campaigns/{number}/report/share_links/{link}/revoke" share_link_revoke: CampaignsSend of Campaign,
        share_links::revoke,
        logs "share_link.revoke" with may_state_again!(share_links::revoked_again),
        gives One share_links::RevokedShareLink,
        "Revokes a link for outsiders for good";
    Get "/api/v1/reports/compare" campaigns_compare: ReportsRead of Nothing, comparison::compare,
        asks comparison::CompareParams,
        gives One comparison::Comparison,
        "Campaigns beside each other, by one rule set";
    Get "/api/v1/reports/schedules" report_schedules_list: CampaignsSend of Nothing,
        report_schedules::list,
        asks report_schedules::ReportSchedulesParams,
        gives Many report_schedules::ReportSchedule,
        "Reports that are mailed at set times";
    Post "/api/v1/reports/schedules" report_schedule_create: CampaignsSend of Nothing,
        report_schedules::create,
        takes report_schedules::NewReportSchedule,
        logs "report_schedule.add" with again!(report_schedules::created_again),
        gives Made report_schedules::MadeReportSchedule,
        "Has a report mailed to users at set times, or some time after a campaign is sent";
    Post "/api/v1/reports/schedules/{schedule}/remove" report_schedule_remove: CampaignsSend of Nothing,
        report_schedules::remove,
        logs "report_schedule.remove" with may_state_again!(report_schedules::removed_again),
        gives One report_schedules::RemovedReportSchedule,
        "Has it mailed no more";
    Get "/api/v1/events" events_follow: DeliveriesRead of Nothing, events::list,
        asks events::EventsParams,
        gives One events::Events,
        "Every view and click once, in the order in which they can be had; “next” goes on";
    Get "/api/v1/events/{event}" event_get: DeliveriesRead of Nothing, events::one,
        asks rule_sets::RulesParams,
        gives One events::EventDetail,
        "One event, and why it counts as what it counts as";
    Post "/api/v1/events/{event}/address" event_address: AuditRead of Nothing, events::address,
        logs "event.address" with Key::None,
        gives One events::EventAddressDetail,
        "Tells the full network address of one event; that it was told is in the log";
    Get "/api/v1/campaigns/{number}/deliveries" deliveries_list: DeliveriesRead of Campaign,
        deliveries::list,
        asks deliveries::DeliveriesParams,
        gives Many deliveries::Delivery,
        "A campaign’s deliveries, by part of an address, state and code";
    Get "/api/v1/campaigns/{number}/deliveries/{contact}" delivery_get: DeliveriesRead of Campaign,
        deliveries::one,
        asks rule_sets::RulesParams,
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
    Get "/api/v1/announcements/{id}/preview" announcement_preview: AnnouncementsRead of Nothing,
        announcement_texts::preview,
        asks previews::PreviewParams,
        gives One previews::MessagePreview,
        "The message of a version, with made-up values or a contact’s";
    Post "/api/v1/announcements" announcement_add: AnnouncementsWrite of Nothing,
        announcement_texts::add,
        takes announcement_texts::NewAnnouncement,
        logs "announcement.add" with again!(announcement_texts::added_again),
        gives Made announcement_texts::AnnouncementText,
        "Adds an announcement without a campaign, for single messages or for later";
    Get "/api/v1/announcements/{id}/text" announcement_text_get: AnnouncementsRead of Nothing,
        announcement_texts::get,
        gives One announcement_texts::AnnouncementText,
        "What an announcement says, as it was saved last, and which version is in use";
    Put "/api/v1/announcements/{id}/text" announcement_text_put: AnnouncementsWrite of Nothing,
        announcement_texts::put,
        takes campaign_text::NewText,
        logs "announcement.write" with Key::None,
        gives One announcement_texts::AnnouncementText,
        "Puts another text in use as the next version, unless somebody else was faster";
    Post "/api/v1/announcements/{id}/delete" announcement_delete: AnnouncementsWrite of Nothing,
        announcement_texts::delete,
        logs "announcement.delete" with may_state_again!(announcement_texts::deleted_again),
        gives One announcement_texts::DeletedAnnouncement,
        "Deletes an announcement with all versions, unless a campaign or a message needs it";
};
