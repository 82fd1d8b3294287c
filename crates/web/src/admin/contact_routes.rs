//! The pages of one contact, as data.

use model::Right;

use crate::admin::contacts;
use crate::admin::route::{AdminRoute, pages};
use crate::admin::route_access::{Access, RouteObject};

const CONTACT: Access = Access::Right(Right::ContactsRead, RouteObject::Contact("id"));
const CHANGE_CONTACT: Access = Access::Right(Right::ContactsWrite, RouteObject::Contact("id"));

/// Contacts of the actor's topics.
const OWN: Access = Access::Right(Right::ContactsWrite, RouteObject::OwnTopics);
const BULK: Access = Access::Right(Right::ContactsWrite, RouteObject::Job("id"));

/// What touches a person beyond the actor's topics.
const fn all(right: Right) -> Access {
    Access::Right(right, RouteObject::Installation)
}

/// Every page, in the order of the manual's page map.
pub(crate) const ROUTES: &[AdminRoute] = pages! {
    GET "/admin/contacts/duplicates" all(Right::ContactsRead), contacts::merges::duplicates,
        "Contacts who may be one person";
    GET "/admin/contacts/bulk" OWN, contacts::bulk::show,
        "One act with all who match the list’s filter, or are in a segment";
    POST "/admin/contacts/bulk" OWN, contacts::bulk::count, "Has it counted";
    GET "/admin/contacts/bulk/{id}" BULK, contacts::bulk::job, "What it would do, or has done";
    POST "/admin/contacts/bulk/{id}" BULK, contacts::bulk::act, "Does it, stops it, or takes it back";
    GET "/admin/contacts/{id}" CONTACT, contacts::contact,
        "One contact: rights, attributes, consents with proof, what happened";
    GET "/admin/contacts/{id}/proof" CONTACT, contacts::proof::show,
        "By what right they are mailed and tracked, to be printed";
    GET "/admin/contacts/{id}/history" CONTACT, contacts::history::show, "What was changed about them and by whom";
    POST "/admin/contacts/{id}/tags" CHANGE_CONTACT, contacts::history::set_tags, "Gives them tags, and takes others away";
    GET "/admin/contacts/{id}/edit" CHANGE_CONTACT, contacts::edit::show,
        "Their address and attributes, to change";
    POST "/admin/contacts/{id}/edit" CHANGE_CONTACT, contacts::edit::edit,
        "Changes them, unless somebody else was faster";
    POST "/admin/contacts/{id}/subscribe" CHANGE_CONTACT, contacts::forms::subscribe,
        "Subscribes them to a topic, with proof";
    POST "/admin/contacts/{id}/unsubscribe" CHANGE_CONTACT, contacts::forms::unsubscribe,
        "Unsubscribes them from a topic";
    POST "/admin/contacts/{id}/unsubscribe/everything" all(Right::ContactsWrite),
        contacts::forms::leave_everything, "Unsubscribes them from everything";
    GET "/admin/contacts/{id}/suppress" all(Right::ContactsWrite), contacts::forms::show_suppress,
        "Why their address must not be mailed";
    POST "/admin/contacts/{id}/suppress" all(Right::ContactsWrite), contacts::forms::suppress,
        "Sees to it that it never is";
    POST "/admin/contacts/{id}/lift" all(Right::ContactsWrite), contacts::forms::lift,
        "Lifts that";
    GET "/admin/contacts/{id}/tracking" all(Right::ContactsWrite), contacts::tracking::show,
        "What they say about tracking";
    POST "/admin/contacts/{id}/tracking" all(Right::ContactsWrite), contacts::tracking::say,
        "Notes it; forgets what is known until now when that is ticked twice";
    GET "/admin/contacts/{id}/merge" all(Right::ContactsWrite), contacts::merges::show,
        "Another contact beside them, with what merging the two would do; who was merged before";
    POST "/admin/contacts/{id}/merge" all(Right::ContactsWrite), contacts::merges::merge,
        "Merges the other one into them";
    POST "/admin/contacts/{id}/unmerge" all(Right::ContactsWrite), contacts::merges::unmerge,
        "Takes a merge back";
    GET "/admin/contacts/{id}/erase" all(Right::ContactsWrite), contacts::erasure::show,
        "What erasing them removes";
    POST "/admin/contacts/{id}/erase" all(Right::ContactsWrite), contacts::erasure::erase,
        "Erases them, when their address is typed";
};
