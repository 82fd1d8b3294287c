//! Reports that are mailed: who gets them, and what becomes of a mail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::{CampaignNumber, EmailAddress, Role, Timestamp};
use store::ReportMailState;

use super::{FIRST, NOW, World, code, set_up};
use crate::{
    Call, LiveSettings, MessageSender, RelayReply, ReportAbout, ReportMailing, ReportScheduleWish,
    SendFailure, Sending, report_schedule_add, report_schedule_remove, report_schedules,
};

/// A relay that answers as it is told, and keeps what it was given.
#[derive(Default)]
struct Relay {
    taken: Mutex<Vec<(String, String)>>,
    failure: Mutex<Option<SendFailure>>,
}

impl MessageSender for Relay {
    fn send<'a>(
        &'a self,
        _: &'a EmailAddress,
        to: &'a EmailAddress,
        message: &'a [u8],
    ) -> Sending<'a> {
        let answer = match self.failure.lock().unwrap().clone() {
            Some(failure) => Err(failure),
            None => {
                let message = String::from_utf8_lossy(message).into_owned();
                self.taken.lock().unwrap().push((to.to_string(), message));
                Ok(RelayReply { relay: "relay:25".into(), text: "250 ok".into() })
            }
        };
        Box::pin(async { answer })
    }
}

async fn user(world: &World, name: &str, role: Role, of_news: bool) {
    let user = store::NewUser {
        email: EmailAddress::parse(&format!("{name}@team.example")).unwrap(),
        name: name.into(),
        role,
        topics: if of_news { vec![world.news] } else { Vec::new() },
        how: store::FirstPassword::Invitation(store::NewInvitation {
            token_hash: [name.as_bytes()[0]; 32],
            ends_at: NOW,
        }),
    };
    world.resources.store.user_add(user, NOW).await.unwrap();
}

fn daily(about: ReportAbout, to: &[&str]) -> ReportScheduleWish {
    let to = to.iter().map(|name| format!("{name}@team.example")).collect();
    ReportScheduleWish { about, times: "daily 9".into(), zone: "UTC".into(), to }
}

fn mailing(world: &World, relay: &Arc<Relay>) -> ReportMailing {
    let sender = (*world.resources.sender()).clone();
    let relay: Arc<dyn MessageSender> = Arc::<Relay>::clone(relay);
    let settings = LiveSettings::fixed(sender, set_up::unreachable(), relay);
    ReportMailing { store: world.resources.store.clone(), settings }
}

fn in_days(days: u64) -> Timestamp {
    NOW.after(Duration::from_secs(days * 24 * 60 * 60))
}

async fn mail_all(mailing: &ReportMailing, now: Timestamp) {
    mailing.claim_due(now).await.unwrap();
    while mailing.send_next(now).await.unwrap() {}
}

/// What became of the mails of the first schedule, the latest first.
async fn states(world: &World, ops: &Call) -> Vec<(ReportMailState, String)> {
    let listed = report_schedules(&world.resources, ops).await.unwrap();
    let mails = listed.into_iter().next_back().unwrap().mails;
    mails.into_iter().map(|mail| (mail.state, mail.words)).collect()
}

#[tokio::test]
async fn who_may_not_read_a_report_is_not_chosen_and_gets_none() {
    let world = World::new().await;
    let (ops, mia) = (world.operator(), world.marketer().await);
    world.campaign(&ops, "news").await.unwrap();
    world.campaign(&ops, "offers").await.unwrap();
    user(&world, "ann", Role::Reporter, true).await;
    user(&world, "ben", Role::Reporter, false).await;
    let resources = &world.resources;
    let add = async |call: &Call, wish| code(report_schedule_add(resources, call, &wish).await);
    let (news, offers) = (ReportAbout::Campaign(FIRST), ReportAbout::Campaign(CampaignNumber(2)));
    let both = ReportAbout::Comparison(vec![FIRST, CampaignNumber(2)]);
    assert_eq!(add(&mia, daily(offers.clone(), &["ben"])).await, "campaign_not_found");
    assert_eq!(add(&mia, daily(both.clone(), &["ben"])).await, "campaign_not_found");
    assert_eq!(add(&ops, daily(offers, &["ann"])).await, "report_reader", "a foreign topic's");
    assert_eq!(add(&ops, daily(both.clone(), &["ann"])).await, "report_reader");
    assert_eq!(add(&ops, daily(news.clone(), &[])).await, "report_readers");
    assert_eq!(add(&ops, daily(news.clone(), &["ann"; 11])).await, "report_readers");
    assert_eq!(add(&ops, daily(ReportAbout::Topic("x".into()), &["ann"])).await, "topic_not_found");
    assert_eq!(add(&mia, daily(news, &["ann", "ben", "ann"])).await, "done");
    assert_eq!(add(&ops, daily(both, &["ben"])).await, "done");
    let listed = report_schedules(resources, &mia).await.unwrap();
    assert_eq!((listed.len(), listed[0].to.len()), (1, 2), "the other is foreign");
    let other = model::ReportScheduleId(2);
    let removed = report_schedule_remove(resources, &mia, other).await;
    assert_eq!(code(removed), "report_schedule_not_found");

    let relay = Arc::new(Relay::default());
    let mailing = mailing(&world, &relay);
    let ben = resources.store.users_list().await.unwrap();
    let ben = ben.iter().find(|user| user.name == "ben").unwrap().id;
    resources.store.user_disable(ben, NOW).await.unwrap();
    mail_all(&mailing, in_days(1)).await;
    let taken = relay.taken.lock().unwrap().clone();
    assert_eq!(taken.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["ann@team.example"]);
    let expect = [ReportMailState::Sent, ReportMailState::NotSent];
    assert_eq!(states(&world, &ops).await.iter().map(|it| it.0).collect::<Vec<_>>(), expect);
}

#[tokio::test]
async fn what_is_refused_for_now_is_tried_again_and_what_is_in_doubt_is_not() {
    let world = World::new().await;
    let ops = world.operator();
    world.campaign(&ops, "news").await.unwrap();
    user(&world, "ann", Role::Reporter, true).await;
    let wish = daily(ReportAbout::Topic("news".into()), &["ann"]);
    report_schedule_add(&world.resources, &ops, &wish).await.unwrap();
    let relay = Arc::new(Relay::default());
    let mailing = mailing(&world, &relay);
    let fails = |failure| *relay.failure.lock().unwrap() = failure;
    let refused = |reply: &str| {
        Some(SendFailure::Refused { relay: "relay:25".into(), reply: reply.to_owned() })
    };
    fails(refused("451 4.7.1 later"));
    let now = in_days(1);
    mail_all(&mailing, now).await;
    let (state, words) = states(&world, &ops).await.remove(0);
    assert_eq!(state, ReportMailState::Waiting);
    assert!(words.contains("451"), "{words}");
    fails(None);
    mail_all(&mailing, now).await;
    assert_eq!(states(&world, &ops).await[0].0, ReportMailState::Waiting, "not at once");
    mail_all(&mailing, now.after(Duration::from_secs(61))).await;
    assert_eq!(states(&world, &ops).await[0].0, ReportMailState::Sent);
    let mail = relay.taken.lock().unwrap()[0].1.clone();
    assert!(mail.contains("Subject: Report: News") && mail.contains("multipart/alternative"));

    fails(Some(SendFailure::InDoubt { relay: "relay:25".into(), why: "cut off".into() }));
    mail_all(&mailing, in_days(2)).await;
    fails(refused("550 5.7.1 no"));
    mail_all(&mailing, in_days(3)).await;
    fails(None);
    mail_all(&mailing, in_days(3).after(Duration::from_secs(9_999))).await;
    let states: Vec<_> = states(&world, &ops).await.into_iter().map(|it| it.0).collect();
    let expect = [ReportMailState::NotSent, ReportMailState::InDoubt, ReportMailState::Sent];
    assert_eq!(states, expect);
    assert_eq!(relay.taken.lock().unwrap().len(), 1);
}
