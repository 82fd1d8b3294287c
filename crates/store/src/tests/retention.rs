//! What goes because of its age: browsers that are not seen any more, hours of campaigns.

use model::SegmentRefused::NotKept;
use model::{CampaignId, ContactId, SegmentRule, TopicScope, VisitorId};

use super::hits::view;
use super::visitor_links::{DAY, click, events, links, record};
use super::world::{World, later};
use crate::engine::sql::texts;
use crate::{HitCount, Hour, RecordedHit, ReportContactSource, Scope, Store, StoreError};

texts! {
    VISITS_ALL = "SELECT count(*) FROM campaign_visitors";
    CUT_AT = "SELECT cut_at FROM cut_visitor_links";
    HOUR_ROWS = "SELECT count(*) FROM campaign_hours";
    EXPIRED_PUT = "INSERT INTO expired_engagements (campaign_id, expired_at, after_contact)
        VALUES ($1, $2, $3)";
    CLICKERS = "SELECT count(*) FROM link_clickers";
    FINISH = "UPDATE campaigns SET state = 'finished', finished_at = $2 WHERE id = $1";
}

const ONE: VisitorId = VisitorId([7; 12]);
const OTHER: VisitorId = VisitorId([8; 12]);

async fn count(world: &World, sql: crate::engine::sql::Sql) -> i64 {
    world.store.read(move |tx| tx.one(sql, (), |row| row.get(0))).await.unwrap()
}

/// Removes all browsers that were last seen before that minute; returns how many.
async fn expire(world: &World, before: i64) -> u64 {
    let mut removed = 0;
    loop {
        let step = world.store.visitors_expire(later(before)).await.unwrap();
        removed += step.removed;
        if !step.more {
            return removed;
        }
    }
}

/// A view in this browser.
fn seen(world: &World, campaign: CampaignId, visitor: VisitorId, at: i64) -> RecordedHit {
    let mut seen = click(campaign, world.contacts[0], visitor, at);
    seen.hit.kind = model::HitKind::View;
    seen
}

pub(super) async fn a_browser_that_is_not_seen_any_more_goes_and_counts_stay(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let contact = world.contacts[0];
    let hits = [
        seen(&world, campaign, ONE, 1),
        click(campaign, contact, ONE, 2),
        seen(&world, campaign, OTHER, 1),
        click(campaign, world.contacts[1], OTHER, 5),
    ];
    record(&world, hits.into()).await;
    let before = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!((before.visitors, links(&world).await.len()), (2, 2));
    assert_eq!(expire(&world, 2).await, 0, "both were seen at that time or later");
    assert_eq!(expire(&world, DAY).await, 2);
    assert_eq!(world.store.visitor_find(ONE).await.unwrap(), None);
    assert_eq!((count(&world, VISITS_ALL).await, links(&world).await.len()), (0, 0));
    assert!(events(&world).await.is_empty(), "no event bears a browser");
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap(), before);
}

pub(super) async fn a_browser_that_comes_back_is_a_new_one(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    record(&world, vec![seen(&world, campaign, ONE, 1)]).await;
    record(&world, vec![seen(&world, campaign, OTHER, 3 * DAY)]).await;
    assert_eq!(expire(&world, 2 * DAY).await, 1);
    assert!(world.store.visitor_find(OTHER).await.unwrap().is_some(), "it was seen since");
    record(&world, vec![seen(&world, campaign, ONE, 4 * DAY)]).await;
    let found = world.store.visitor_find(ONE).await.unwrap().unwrap();
    assert_eq!((found.first_at, found.campaigns, found.hits), (later(4 * DAY), 1, 1));
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!((rollup.visitors, rollup.views), (3, 3));
}

pub(super) async fn browsers_are_walked_over_in_steps_and_once_a_day(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let numbered = |number: u8, at| seen(&world, campaign, VisitorId([number; 12]), at);
    record(&world, (0..250).map(|number| numbered(number, 1)).collect()).await;
    record(&world, vec![numbered(251, 3 * DAY)]).await;
    let first = world.store.visitors_expire(later(2 * DAY)).await.unwrap();
    assert_eq!((first.removed, first.more), (100, true));
    assert_eq!(expire(&world, 2 * DAY).await, 150);
    // Hits that come late, of the same day's walk: they go with the next one.
    record(&world, vec![numbered(3, 2)]).await;
    assert_eq!(expire(&world, 2 * DAY).await, 0);
    assert_eq!(expire(&world, 3 * DAY).await, 1);
    assert_eq!(count(&world, VISITS_ALL).await, 1, "the one that was seen since");
}

pub(super) async fn a_cut_outlasts_its_browser(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let contact = world.contacts[0];
    record(&world, vec![click(campaign, contact, ONE, 1)]).await;
    assert!(world.store.visitor_cut(ONE, contact, later(2)).await.unwrap().was_tied);
    record(&world, vec![seen(&world, campaign, OTHER, 3), click(campaign, contact, ONE, 9)]).await;
    // Somebody else clicks in it.
    record(&world, vec![click(campaign, world.contacts[1], ONE, 9)]).await;
    assert_eq!(expire(&world, DAY).await, 2);
    assert_eq!(count(&world, CUT_AT).await, later(9).0, "kept from when it was seen last");
    record(&world, vec![click(campaign, contact, ONE, 2 * DAY)]).await;
    assert!(links(&world).await.is_empty(), "still cut");
}

pub(super) async fn old_hours_become_days_with_the_same_sums(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (campaign, contact) = (world.started().await, world.contacts[0]);
    // Three views on each of four days, and a click on the last.
    let views = (0..4).flat_map(|day| [0, 90, 400].map(|minute| day * DAY + minute));
    let mut hits: Vec<RecordedHit> = views.map(|at| seen(&world, campaign, ONE, at)).collect();
    hits.push(click(campaign, contact, ONE, 3 * DAY + 500));
    record(&world, hits).await;
    let sums = |hours: &[Hour]| {
        hours.iter().fold((0, 0), |(views, clicks), it| (views + it.views, clicks + it.clicks))
    };
    let before = world.store.campaign_hours(campaign).await.unwrap();
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!((sums(&before), before.len()), ((12, 1), 13));
    while world.store.hours_fold(later(2 * DAY)).await.unwrap().more {}
    let after = world.store.campaign_hours(campaign).await.unwrap();
    assert_eq!(sums(&after), sums(&before));
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap(), rollup);
    let snapshot = world.store.campaign_snapshot(campaign, later(5 * DAY)).await.unwrap().unwrap();
    let until = snapshot.folded_until.unwrap().hour();
    assert_eq!(until % 24, 0);
    assert!(until <= later(2 * DAY).hour() && until > later(DAY).hour());
    let (days, hours): (Vec<Hour>, Vec<Hour>) = after.iter().partition(|it| it.hour < until);
    assert!(days.iter().all(|it| it.hour % 24 == 0) && days.len() <= 2, "{days:?}");
    let kept: Vec<Hour> = before.into_iter().filter(|it| it.hour >= until).collect();
    assert_eq!(hours, kept, "younger ones are as they were");
}

pub(super) async fn hours_are_folded_once_and_in_steps(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (first, second) = (world.started().await, world.started().await);
    let view = |offset, campaign, day: i64| {
        let mut view = view(offset, campaign, world.contacts[0]);
        view.hit.at = later(day * DAY);
        view
    };
    let hits = vec![view(1, first, 0), view(2, first, 100), view(3, second, 7)];
    record(&world, hits).await;
    let mut steps = 0;
    while world.store.hours_fold(later(200 * DAY)).await.unwrap().more {
        steps += 1;
    }
    assert_eq!(steps, 3, "a campaign of many days takes several steps, an empty month none");
    assert_eq!(count(&world, HOUR_ROWS).await, 3);
    // A hit that comes late is in the sums, as an hour of its own.
    record(&world, vec![view(4, first, 0)]).await;
    assert!(!world.store.hours_fold(later(200 * DAY)).await.unwrap().more);
    let views: i64 =
        world.store.campaign_hours(first).await.unwrap().iter().map(|it| it.views).sum();
    assert_eq!(views, 3);
}

/// Removes what contacts did with campaigns that had ended before that minute, as of `now`; returns how many.
async fn expire_engagements(world: &World, before: i64, now: i64) -> u64 {
    let mut removed = 0;
    loop {
        let step = world.store.engagements_expire(later(before), later(now)).await.unwrap();
        removed += step.removed;
        if !step.more {
            return removed;
        }
    }
}

pub(super) async fn what_contacts_did_goes_and_every_figure_stays(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let (campaign, other) = (world.started().await, world.started().await);
    let hits = vec![
        seen(&world, campaign, ONE, 1),
        click(campaign, world.contacts[0], ONE, 2),
        click(campaign, world.contacts[1], OTHER, 3),
        click(other, world.contacts[0], ONE, 3),
    ];
    record(&world, hits).await;
    let scope = Scope::Everything;
    assert!(world.leave(world.contacts[1], scope, Some(campaign)).await);
    assert_eq!(expire_engagements(&world, DAY, 2 * DAY).await, 0, "it is still being sent");
    world.store.write(move |tx| tx.execute(FINISH, (campaign.0, later(9).0))).await.unwrap();
    let before = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!(expire_engagements(&world, 9, 2 * DAY).await, 0, "it had not ended before that");
    let marked = world.store.engagements_expire(later(10), later(2 * DAY)).await.unwrap();
    assert_eq!((marked.removed, marked.more), (0, true), "first it is marked");
    assert_eq!(expire_engagements(&world, 10, 2 * DAY).await, 0, "somebody may be recording");
    assert_eq!(expire_engagements(&world, 10, 2 * DAY + 2).await, 1);
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap(), before);
    assert_eq!(count(&world, CLICKERS).await, 1, "of the other campaign");

    // What comes later is counted, and no contact is.
    record(&world, vec![click(campaign, world.contacts[0], ONE, 3 * DAY)]).await;
    assert!(!world.leave(world.contacts[1], scope, Some(campaign)).await);
    let after = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!((after.clicks, after.unique_clicks), (before.clicks + 1, before.unique_clicks));
    assert_eq!(after.evidence, before.evidence);
    assert_eq!((after.unsubscribes, after.anonymous), (1, HitCount::default()));
    let of_hits: i64 = after.seen.values().map(|it| it.views + it.clicks).sum();
    assert_eq!(of_hits, after.views + after.clicks, "the classes add up");
    assert_eq!(count(&world, CLICKERS).await, 1);

    let source = ReportContactSource::Unsubscribed;
    let none = ContactId(i64::MIN);
    let left = world.store.report_contacts(campaign, source, none, 9).await.unwrap();
    assert_eq!(left.len(), 1, "who left by it is known");
    assert!(left[0].evidence.hits.is_empty());
    let snapshot = world.store.campaign_snapshot(campaign, later(4 * DAY)).await.unwrap().unwrap();
    assert_eq!(snapshot.engagements_removed_at, Some(later(2 * DAY)));
    let of_other = world.store.campaign_snapshot(other, later(4 * DAY)).await.unwrap().unwrap();
    assert_eq!(of_other.engagements_removed_at, None);
    let facts = world.store.delivery_find(campaign, world.contacts[0]).await.unwrap().unwrap();
    assert_eq!(facts.engagement_removed_at, Some(later(2 * DAY)));
    // Nobody is picked by what is not known any more.
    let resolve = async |rule| {
        let resolved = world.store.segment_resolve(SegmentRule::parse(rule).unwrap()).await;
        resolved.map(drop).map_err(|why| matches!(why, StoreError::Segment(NotKept(_))))
    };
    assert_eq!(resolve("not viewed campaign 1").await, Err(true));
    assert_eq!(resolve("viewed campaign 2 or left campaign 1").await, Ok(()));
    let profile = world.store.contact_profile(world.contacts[0], TopicScope::All, 9, 9).await;
    let messages = profile.unwrap().unwrap().messages;
    let removed: Vec<bool> = messages.iter().map(|it| it.engagement_removed).collect();
    assert_eq!(removed, [false, true], "the newest first");
}
