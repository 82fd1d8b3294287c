//! Every admin page as data: its address, the right that it needs, and what it shows.
//!
//! Invariants: the router is made from this table and from nothing else, and the page map in
//! `docs/admin.md` equals it (a test compares them). Paths are a plural noun, a number, an aspect;
//! the query string is the filter.

use axum::Router;
use axum::http::Method;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{MethodRouter, get};
use model::Right;

use crate::admin::parts::AdminParts;
use crate::admin::{
    announcements, campaigns, contacts, deliveries, inbox_pages, media_pages, system, topics,
};

/// A page of the admin side, or a part of one.
#[derive(Debug)]
pub struct AdminRoute {
    pub method: Method,
    pub path: &'static str,
    /// What somebody must be allowed to do to ask for it.
    pub right: Right,
    pub handler: fn() -> MethodRouter<AdminParts>,
    /// What it shows, in one line.
    pub about: &'static str,
}

macro_rules! pages {
    ($($path:literal $right:ident $handler:path, $about:literal;)+) => {
        &[$(AdminRoute {
            method: Method::GET,
            path: $path,
            right: Right::$right,
            handler: || get($handler),
            about: $about,
        }),+]
    };
}

/// Every page, in the order of the manual's page map.
pub const ROUTES: &[AdminRoute] = pages! {
    "/admin" CampaignsRead to_campaigns, "Leads to the campaigns";
    "/admin/campaigns" CampaignsRead campaigns::campaigns,
        "Campaigns by what they need: needs you, running, drafts, done";
    "/admin/campaigns/live" CampaignsRead campaigns::campaigns_live,
        "The part of the list that renews itself";
    "/admin/campaigns/{number}" CampaignsRead campaigns::campaign,
        "A campaign: progress, results, what it was made from, accepted warnings, where everyone is";
    "/admin/campaigns/{number}/live" CampaignsRead campaigns::campaign_live,
        "The part of it that renews itself";
    "/admin/campaigns/{number}/report.json" ReportsRead campaigns::campaign_json,
        "Its report for programs";
    "/admin/campaigns/{number}/report.csv" ReportsRead campaigns::campaign_csv,
        "Its report for spreadsheets";
    "/admin/campaigns/{number}/deliveries" DeliveriesRead deliveries::deliveries,
        "Its deliveries, by part of an address, state and code, with the relay’s replies";
    "/admin/campaigns/{number}/deliveries/{contact}" DeliveriesRead deliveries::delivery,
        "One delivery: attempts, reply, what followed";
    "/admin/announcements" AnnouncementsRead announcements::announcements,
        "Announcements by name, by their newest version";
    "/admin/announcements/{id}" AnnouncementsRead announcements::announcement,
        "One version: its text, the other versions, the campaigns that use them";
    "/admin/contacts" ContactsRead contacts::contacts,
        "Contacts, by part of their address, topic and state";
    "/admin/contacts/{id}" ContactsRead contacts::contact,
        "One contact: rights, attributes, consents with proof, what happened";
    "/admin/topics" TopicsRead topics::topics, "Topics with their numbers";
    "/admin/media" MediaRead media_pages::library, "The media library";
    "/admin/media/{name}" MediaRead media_pages::record,
        "One picture or file: its files, and the campaigns that use it";
    "/admin/media/{name}/thumbnail" MediaRead media_pages::thumbnail, "A small picture of it";
    "/admin/inbox" InboxRead inbox_pages::list, "Test messages; in the demo, all mail";
    "/admin/inbox/picture.png" InboxRead inbox_pages::picture,
        "The picture of the sample announcement";
    "/admin/inbox/{number}" InboxRead inbox_pages::message,
        "One message: rendered, as text, as source";
    "/admin/inbox/{number}/html" InboxRead inbox_pages::frame, "Its HTML, for the frame of that page";
    "/admin/system" SystemRead system::system,
        "Version, database, nodes, what waits to be counted, disk";
};

/// The router of the table.
pub(crate) fn router() -> Router<AdminParts> {
    let shown = ROUTES.iter();
    let router =
        shown.fold(Router::new(), |router, route| router.route(route.path, (route.handler)()));
    // Addresses of releases before the prefix; links to them have been sent around.
    ["/campaigns", "/campaigns/{*rest}", "/inbox", "/inbox/{*rest}"]
        .into_iter()
        .fold(router, |router, path| router.route(path, get(to_new_address)))
        .route("/", get(async || Redirect::temporary("/admin")))
}

async fn to_campaigns() -> Redirect {
    Redirect::temporary("/admin/campaigns")
}

async fn to_new_address(asked: Uri) -> Response {
    let rest = asked.path_and_query().map_or("", |rest| rest.as_str());
    Redirect::permanent(&format!("/admin{rest}")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of the page map in the manual.
    fn told() -> Vec<String> {
        let text = include_str!("../../../../docs/admin.md");
        let map = text.split("<!-- page map -->").nth(1).unwrap();
        map.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect()
    }

    #[test]
    fn the_page_map_of_the_manual_is_the_table() {
        let ours: Vec<String> = ROUTES
            .iter()
            .map(|it| format!("| `{} {}` | `{}` | {} |", it.method, it.path, it.right, it.about))
            .collect();
        assert_eq!(told(), ours, "docs/admin.md should hold:\n{}", ours.join("\n"));
    }

    #[test]
    fn every_page_is_below_one_prefix_and_changes_nothing() {
        for route in ROUTES {
            assert!(route.path.starts_with("/admin"), "{}", route.path);
            assert_eq!(route.method, Method::GET, "{}", route.path);
            assert!(route.right.as_str().ends_with(":read"), "{}", route.path);
        }
    }
}
