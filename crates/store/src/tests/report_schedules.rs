//! Reports that are mailed at set times.

use model::campaign::CampaignAction;
use model::{
    CampaignId, ReportRhythm, ReportScheduleId, ReportSubject, ReportTimes, Role, Timestamp,
    TopicId, UserId, Zone,
};

use super::world::{AT, World, email, later};
use crate::{
    FirstPassword, NewInvitation, NewReportSchedule, NewUser, Outcome, ReportMailState, Settled,
    Store,
};

const DAY: i64 = 24 * 60;

/// A topic's report, every day at nine.
pub(crate) fn new_schedule(topic: TopicId, user: UserId) -> NewReportSchedule {
    NewReportSchedule {
        subject: ReportSubject::Topic(topic),
        times: times("daily 9"),
        users: vec![user],
        created_by: "ann".to_owned(),
    }
}

fn times(text: &str) -> ReportTimes {
    let zone = Zone::named("Europe/Madrid").unwrap();
    ReportTimes { rhythm: ReportRhythm::parse(text).unwrap(), zone }
}

async fn user(store: &Store, name: &str) -> UserId {
    let number = name.bytes().next().unwrap_or_default();
    let user = NewUser {
        email: email(&format!("{name}@team.example")),
        name: name.to_owned(),
        role: Role::Owner,
        topics: Vec::new(),
        how: FirstPassword::Invitation(NewInvitation {
            token_hash: [number; 32],
            ends_at: later(9),
        }),
    };
    store.user_add(user, AT).await.unwrap()
}

async fn daily(store: &Store) -> (ReportScheduleId, Timestamp, [UserId; 2]) {
    let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
    let users = [user(store, "ann").await, user(store, "ben").await];
    let new = NewReportSchedule { users: users.to_vec(), ..new_schedule(topic, users[0]) };
    let id = store.report_schedule_add(new, AT).await.unwrap();
    let next = store.report_schedule_find(id).await.unwrap().unwrap().next_at.unwrap();
    (id, next, users)
}

fn after(time: Timestamp, minutes: i64) -> Timestamp {
    Timestamp(time.0 + minutes * 60_000_000)
}

/// The people of all mails that wait, which are begun.
async fn begun(store: &Store, now: Timestamp) -> Vec<UserId> {
    let mut users = Vec::new();
    while let Some(mail) = store.report_mail_begin(now).await.unwrap() {
        users.push(mail.user);
    }
    users
}

pub(super) async fn a_report_that_is_due_is_mailed_once_to_each(store: Store) {
    let (id, next, users) = daily(&store).await;
    assert!(next > AT && next <= later(DAY));
    assert_eq!(store.report_schedule_users(id).await.unwrap(), users);
    assert_eq!(store.report_schedules_claim(after(next, -1)).await.unwrap(), 0);
    let claims = (0..4).map(|_| store.report_schedules_claim(next));
    let [a, b, c, d] = <[_; 4]>::try_from(claims.collect::<Vec<_>>()).ok().unwrap();
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    let claimed: usize = [a, b, c, d].into_iter().map(Result::unwrap).sum();
    assert_eq!(claimed, 1, "of four nodes one claims it");
    assert_eq!(begun(&store, next).await, users);
    let found = store.report_schedule_find(id).await.unwrap().unwrap();
    assert_eq!((found.last_due_at, found.next_at), (Some(next), Some(after(next, DAY))));
}

pub(super) async fn of_times_that_were_missed_the_latest_is_mailed(store: Store) {
    let (id, next, users) = daily(&store).await;
    let now = after(next, 5 * DAY + 30);
    assert_eq!(store.report_schedules_claim(now).await.unwrap(), 1);
    assert_eq!(store.report_schedules_claim(now).await.unwrap(), 0);
    let mails = store.report_mails_of(id, 10).await.unwrap();
    let expect: Vec<_> = users.map(|user| (user, after(next, 5 * DAY))).into();
    assert_eq!(mails.iter().map(|it| (it.user, it.due_at)).collect::<Vec<_>>(), expect);
    let found = store.report_schedule_find(id).await.unwrap().unwrap();
    assert_eq!(found.next_at, Some(after(next, 6 * DAY)));
}

async fn finish(world: &World, campaign: CampaignId, at: Timestamp) {
    let settled = world.claim(campaign, 10).await.into_iter().map(|claim| Settled {
        contact: claim.contact,
        epoch: claim.epoch,
        outcome: Outcome::Sent { reply: "taken".into() },
    });
    world.store.deliveries_settle(campaign, settled.collect(), AT, None).await.unwrap();
    world.store.campaign_act(campaign, CampaignAction::Finish, at).await.unwrap();
}

pub(super) async fn a_report_waits_for_the_end_of_its_campaign(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let reader = user(&world.store, "ann").await;
    let new = NewReportSchedule {
        subject: ReportSubject::Campaign(campaign),
        times: times("5h after sending"),
        ..new_schedule(world.topic, reader)
    };
    let id = world.store.report_schedule_add(new, AT).await.unwrap();
    let claim = async |minutes| world.store.report_schedules_claim(later(minutes)).await.unwrap();
    assert_eq!(claim(DAY).await, 0, "it is still being sent");
    finish(&world, campaign, later(10)).await;
    assert_eq!((claim(10 + 299).await, claim(10 + 300).await, claim(DAY).await), (0, 1, 0));
    let mails = world.store.report_mails_of(id, 10).await.unwrap();
    assert_eq!((mails.len(), mails[0].due_at), (1, later(310)));
}

pub(super) async fn a_mail_is_begun_once_and_tried_again(store: Store) {
    let (id, next, [ann, ben]) = daily(&store).await;
    store.report_schedules_claim(next).await.unwrap();
    let first = store.report_mail_begin(next).await.unwrap().unwrap();
    let second = store.report_mail_begin(next).await.unwrap().unwrap();
    assert_eq!((first.user, second.user, first.tries), (ann, ben, 0));
    assert_eq!(store.report_mail_begin(next).await.unwrap(), None);
    let (sent, words) = (ReportMailState::Sent, "250 taken".to_owned());
    store.report_mail_end(first.id, sent, words, next).await.unwrap();
    let put_off = store.report_mail_put_off(second.id, after(next, 5), "away".into(), next);
    put_off.await.unwrap();
    assert_eq!(store.report_mail_begin(after(next, 4)).await.unwrap(), None);
    let again = store.report_mail_begin(after(next, 5)).await.unwrap().unwrap();
    assert_eq!((again.user, again.tries), (ben, 1));
    let states = async || -> Vec<ReportMailState> {
        store.report_mails_of(id, 9).await.unwrap().iter().map(|it| it.state).collect()
    };
    assert_eq!(states().await, [ReportMailState::Sent, ReportMailState::Begun]);
    // What has ended is forgotten after a while, what is under way is not.
    store.report_mails_tidy(AT, after(next, 9), after(next, 9)).await.unwrap();
    assert_eq!(states().await, [ReportMailState::Begun]);
}

pub(super) async fn a_mail_whose_end_is_unknown_is_in_doubt(store: Store) {
    let (id, next, _) = daily(&store).await;
    store.report_schedules_claim(next).await.unwrap();
    let lost = store.report_mail_begin(next).await.unwrap().unwrap();
    store.report_mails_tidy(after(next, 1), AT, after(next, 1)).await.unwrap();
    let mails = store.report_mails_of(id, 9).await.unwrap();
    let states: Vec<_> = mails.iter().map(|it| it.state).collect();
    assert_eq!(states, [ReportMailState::InDoubt, ReportMailState::Waiting]);
    // Whoever had begun it comes back too late, and it is not sent again.
    store.report_mail_put_off(lost.id, next, String::new(), next).await.unwrap();
    assert_eq!(begun(&store, after(next, DAY)).await.len(), 1);
}

pub(super) async fn a_schedule_that_was_removed_mails_nothing_more(store: Store) {
    let (id, next, _) = daily(&store).await;
    store.report_schedules_claim(next).await.unwrap();
    store.report_schedule_remove(id).await.unwrap();
    assert!(begun(&store, after(next, DAY)).await.is_empty());
    assert_eq!(store.report_schedules_claim(after(next, 9 * DAY)).await.unwrap(), 0);
    assert_eq!(store.report_schedule_find(id).await.unwrap(), None);
    let gone = store.report_schedule_remove(id).await;
    assert!(matches!(gone, Err(crate::StoreError::NotFound(_))), "{gone:?}");
}
