//! The pages about whose data has left and what people ask about theirs, as data.

use model::Right;

use crate::admin::route::{AdminRoute, pages};
use crate::admin::route_access::{Access, RouteObject};
use crate::admin::{disclosures, person_requests};

/// What is about the whole installation.
const fn all(right: Right) -> Access {
    Access::Right(right, RouteObject::Installation)
}

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
    GET "/admin/requests" all(Right::ContactsRead), person_requests::list,
        "What people ask about their data, those that are due first come first";
    POST "/admin/requests" all(Right::ContactsWrite), person_requests::add,
        "Enters a request that came by post, phone or mail";
    GET "/admin/requests/{id}" all(Right::ContactsRead), person_requests::show,
        "One request, and by when it must be answered";
    POST "/admin/requests/{id}" all(Right::ContactsWrite), person_requests::handle,
        "Closes it as answered, refused or withdrawn, or gives it two months more";
};
