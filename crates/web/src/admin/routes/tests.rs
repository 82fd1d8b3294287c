//! The table against the manual, and what holds for each of its lines.

use super::*;

/// Lines of the page map in the manual.
fn told() -> Vec<String> {
    let text = include_str!("../../../../../docs/admin.md");
    let map = text.split("<!-- page map -->").nth(1).unwrap();
    map.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect()
}

#[test]
fn the_page_map_of_the_manual_is_the_table() {
    let ours: Vec<String> = ROUTES
        .iter()
        .map(|it| format!("| `{} {}` | {} | {} |", it.method, it.path, it.access, it.about))
        .collect();
    assert_eq!(told(), ours, "docs/admin.md should hold:\n{}", ours.join("\n"));
}

#[test]
fn every_page_is_below_one_prefix_and_only_a_post_changes_something() {
    for AdminRoute { method, path, access, .. } in ROUTES.iter().copied() {
        assert!(path.starts_with("/admin"), "{path}");
        let Access::Right(right, object) = access else { continue };
        // A form is a GET that needs the right of what it is for.
        let reads = right.as_str().ends_with(":read");
        // Who may see contacts may take them away, and be told an event's full address; that is logged.
        let takes_away = [
            "/admin/exports",
            "/admin/campaigns/{number}/report/contacts/export",
            "/admin/events/{event}/address",
        ];
        let takes_away = takes_away.contains(path);
        assert!(*method == axum::http::Method::GET || !reads || takes_away, "{path}");
        let part = match object {
            RouteObject::Installation | RouteObject::AllTopics | RouteObject::OwnTopics => {
                continue;
            }
            RouteObject::Campaign(part)
            | RouteObject::Contact(part)
            | RouteObject::Topic(part)
            | RouteObject::Job(part)
            | RouteObject::InboxMessage(part) => part,
        };
        assert!(path.contains(&format!("{{{part}}}")), "{path}");
    }
}
