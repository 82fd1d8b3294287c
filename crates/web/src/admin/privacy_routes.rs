//! The pages about whose data has left, what people ask about theirs, and how often they are written to, as data.

use model::Right;

use crate::admin::route::{AdminRoute, pages};
use crate::admin::route_access::{Access, RouteObject};
use crate::admin::{campaigns, contacts, disclosures, mail_caps, person_requests, topics};

/// What is about the whole installation.
const fn all(right: Right) -> Access {
    Access::Right(right, RouteObject::Installation)
}

const TOPIC: Access = Access::Right(Right::TopicsWrite, RouteObject::Topic("slug"));

/// Every page, in the order of the manual's page map.
pub(crate) const ROUTES: &[AdminRoute] = pages! {
    GET "/admin/disclosures" all(Right::AuditRead), disclosures::list,
        "To whom personal data has left, by recipient";
    GET "/admin/disclosures/verified" all(Right::AuditRead), disclosures::verified,
        "Whether the chain of that register holds";
    GET "/admin/processors" Access::Right(Right::ContactsRead, RouteObject::OwnTopics),
        disclosures::show_processors, "Who may get personal data, and for what";
    POST "/admin/processors" all(Right::SettingsWrite), disclosures::change_processor,
        "Registers a recipient, changes what they may get, or takes them out";
    GET "/admin/sharing-notices" Access::Right(Right::ContactsRead, RouteObject::OwnTopics),
        disclosures::sharing::list, "What people are told before their data is shared";
    POST "/admin/sharing-notices" all(Right::OwnershipWrite), disclosures::sharing::announce,
        "Announces that data is to be shared";
    GET "/admin/sharing-notices/{id}" all(Right::ContactsRead), disclosures::sharing::show,
        "Whom one would share, and why not the others";
    POST "/admin/sharing-notices/{id}" all(Right::SettingsWrite), disclosures::sharing::cancel,
        "Cancels it for good";
    GET "/admin/requests" all(Right::ContactsRead), person_requests::list,
        "What people ask about their data, those that are due first come first";
    POST "/admin/requests" all(Right::ContactsWrite), person_requests::add,
        "Enters a request that came by post, phone or mail";
    GET "/admin/requests/{id}" all(Right::ContactsRead), person_requests::show,
        "One request, and by when it must be answered";
    POST "/admin/requests/{id}" all(Right::ContactsWrite), person_requests::handle,
        "Closes it as answered, refused or withdrawn, or gives it two months more";
    GET "/admin/contacts/{id}/pause" all(Right::ContactsWrite), contacts::pauses::show,
        "Whether they pause, and until when";
    POST "/admin/contacts/{id}/pause" all(Right::ContactsWrite), contacts::pauses::set,
        "Has them get no campaign until a day, or ends that";
    GET "/admin/mail-cap" all(Right::SettingsRead), mail_caps::show,
        "How many campaign mails a contact gets at most";
    POST "/admin/mail-cap" all(Right::SettingsWrite), mail_caps::set,
        "Changes that";
    POST "/admin/mail-cap/campaign" all(Right::SettingsWrite), mail_caps::set_campaign,
        "Has a campaign go to people however many mails they have had, or ends that";
    POST "/admin/campaigns/{number}/cap" all(Right::SettingsWrite), campaigns::forms::set_cap,
        "The same of the campaign whose page it is on";
    GET "/admin/topics/{slug}/reconfirm" TOPIC, topics::reconfirm::show, "Whom to ask whether they still want it, and how far that is";
    POST "/admin/topics/{slug}/reconfirm" TOPIC, topics::reconfirm::act, "Counts them, mails them, or cancels that";
};
