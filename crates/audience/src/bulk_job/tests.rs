use std::sync::atomic::{AtomicI64, Ordering};

use model::{JobId, Removal, SegmentName, SubscriptionState};
use store::{ActorKind, ActorRecord, ContactRow, JobFile, NewJob, NewSegment, Scope, StoreOptions};

use super::*;
use crate::{UndoSpec, run_undo_job};

const AT: Timestamp = Timestamp(1_795_428_245_000_000);
static NOW: AtomicI64 = AtomicI64::new(AT.0);

fn clock() -> Timestamp {
    Timestamp(NOW.fetch_add(1, Ordering::Relaxed))
}

struct World {
    store: Store,
    contacts: Vec<ContactId>,
    beta: TopicId,
    _dir: tempfile::TempDir,
}

impl World {
    /// Contacts of a topic, who all have the attribute `plan`.
    async fn with(contacts: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
        let news = store.topic_ensure("news".into(), "News".into()).await.unwrap();
        let beta = store.topic_ensure("beta".into(), "Beta".into()).await.unwrap();
        let mut all = Vec::new();
        for number in 0..contacts {
            let email = model::EmailAddress::parse(&format!("{number}@x.org")).unwrap();
            let attributes = [("plan".to_owned(), "free".to_owned())].into();
            let row = ContactRow { email: email.clone(), attributes };
            store.contacts_import(vec![row], Some(news), "test".into(), AT).await.unwrap();
            all.push(store.contact_by_email(email).await.unwrap().unwrap().id);
        }
        Self { store, contacts: all, beta, _dir: dir }
    }

    fn everybody() -> BulkWhom {
        BulkWhom::Found(ExportSpec { query: Default::default(), topics: TopicScope::All })
    }

    async fn asked(&self, spec: &BulkSpec) -> JobId {
        let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
        let (title, spec) = ("x".to_owned(), spec.to_json());
        let new = NewJob { kind: BULK_JOB, actor, topic: None, title, spec, of: None };
        self.store.job_ask(new, 0, clock()).await.unwrap()
    }

    /// Whoever holds it counts as lost.
    async fn claim(&self) -> Option<Job> {
        let hour = 3_600_000_000;
        let now = Timestamp(NOW.fetch_add(hour, Ordering::Relaxed) + hour);
        self.store.job_claim(1, now, now.after(crate::JOB_HELD)).await.unwrap()
    }

    async fn run(&self, job: Job) -> Result<(), StoreError> {
        let rules = RuleSet::new("none".into(), Vec::new()).unwrap();
        run_by(2, &self.store, (job, &rules), clock, CancellationToken::new()).await
    }

    /// Asks for it and does it, in steps of two.
    async fn done(&self, whom: BulkWhom, act: BulkAct) -> (Job, BulkCounts) {
        let id = self.asked(&BulkSpec { whom, act, rehearsal: false }).await;
        let job = self.claim().await.unwrap();
        assert_eq!(job.id, id);
        self.run(job).await.unwrap();
        self.ended(id).await
    }

    async fn ended(&self, id: JobId) -> (Job, BulkCounts) {
        let job = self.store.job_find(id).await.unwrap().unwrap();
        assert_eq!(job.problem, None);
        let counts = BulkCounts::from_text(&job.counts).unwrap();
        (job, counts)
    }

    async fn plans(&self) -> Vec<Option<String>> {
        let mut plans = Vec::new();
        for id in &self.contacts {
            let found = self.store.contact_find(*id).await.unwrap().unwrap();
            plans.push(found.attributes.get("plan").cloned());
        }
        plans
    }

    async fn states(&self) -> Vec<Option<SubscriptionState>> {
        let mut states = Vec::new();
        for id in &self.contacts {
            states.push(self.store.subscription_state(*id, self.beta).await.unwrap());
        }
        states
    }

    async fn undo(&self, of: JobId) {
        let actor = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
        let spec = UndoSpec { rehearsal: false }.to_json();
        let kind = crate::UNDO_JOB;
        let new = NewJob { kind, actor, topic: None, title: "x".into(), spec, of: Some(of) };
        let id = self.store.job_ask(new, 0, clock()).await.unwrap();
        let job = self.claim().await.unwrap();
        assert_eq!(job.id, id);
        run_undo_job(&self.store, job, clock, CancellationToken::new()).await.unwrap();
    }
}

fn set(value: &str) -> BulkAct {
    BulkAct::Set { name: "plan".into(), value: value.into() }
}

fn some(plan: &str) -> Option<String> {
    Some(plan.to_owned())
}

#[tokio::test]
async fn a_value_is_set_for_everybody_and_taken_back_where_it_is_still_so() {
    let world = World::with(5).await;
    let (job, counts) = world.done(World::everybody(), set("pro")).await;
    assert_eq!((job.state, counts.contacts, counts.changed), (JobState::Done, 5, 5));
    assert_eq!(world.plans().await, vec![some("pro"); 5]);
    let history = world.store.contact_history(world.contacts[0], i64::MAX, 9).await.unwrap();
    assert_eq!(
        (history[0].field.as_str(), &history[0].actor),
        ("attribute plan", &format!("job {}", job.id))
    );
    let change = store::ContactChange {
        attributes: [("plan".to_owned(), "team".to_owned())].into(),
        ..Default::default()
    };
    world.store.contact_change(world.contacts[1], None, change, clock()).await.unwrap();
    world.undo(job.id).await;
    let free = some("free");
    assert_eq!(world.plans().await, [free.clone(), some("team"), free.clone(), free.clone(), free]);
}

#[tokio::test]
async fn what_was_cleared_comes_back_by_undoing() {
    let world = World::with(3).await;
    let (job, counts) = world.done(World::everybody(), set("")).await;
    assert_eq!(counts.changed, 3);
    assert_eq!(world.plans().await, vec![None; 3]);
    world.undo(job.id).await;
    assert_eq!(world.plans().await, vec![some("free"); 3]);
}

#[tokio::test]
async fn nobody_is_subscribed_over_a_withdrawal_and_each_has_the_basis() {
    let world = World::with(4).await;
    let (store, all) = (&world.store, &world.contacts);
    let leave = |id, scope| store.contact_leave(id, scope, Removal::Page, None, [9; 32], clock());
    leave(all[0], Scope::Topic(world.beta)).await.unwrap();
    leave(all[1], Scope::Everything).await.unwrap();
    let basis = ImportBasis {
        basis: ConsentBasis::ExistingCustomer,
        notice: None,
        proof: Some("the shop".into()),
    };
    let act = BulkAct::Subscribe { topic: world.beta, basis };
    let (job, counts) = world.done(World::everybody(), act).await;
    assert_eq!((counts.contacts, counts.changed), (4, 2));
    assert_eq!((counts.kept_unsubscribed, counts.suppressed), (1, 1));
    let (left, got) = (SubscriptionState::Unsubscribed, SubscriptionState::Subscribed);
    assert_eq!(world.states().await, [Some(left), None, Some(got), Some(got)]);
    let consents = store.contact_consents(all[2]).await.unwrap();
    assert_eq!(consents[0].basis, Some(ConsentBasis::ExistingCustomer));
    assert_eq!(consents[0].proof.as_deref(), Some("the shop"));
    assert_eq!(consents[0].source, format!("job {}", job.id));
    // Undone, nobody comes back, and who has left since stays so.
    leave(all[2], Scope::Topic(world.beta)).await.unwrap();
    world.undo(job.id).await;
    assert_eq!(world.states().await, [Some(left), None, Some(left), None]);
}

#[tokio::test]
async fn a_rehearsal_counts_the_same_and_changes_nothing() {
    let world = World::with(3).await;
    let spec = BulkSpec { whom: World::everybody(), act: set("pro"), rehearsal: true };
    let id = world.asked(&spec).await;
    let job = world.claim().await.unwrap();
    world.run(job).await.unwrap();
    let (job, counts) = world.ended(id).await;
    assert_eq!((job.state, counts.contacts, counts.changed), (JobState::Waiting, 3, 3));
    assert_eq!(world.plans().await, vec![some("free"); 3]);
    assert_eq!(world.store.job_parts(id, JobFile::Changes).await.unwrap(), 0);
    let spec = BulkSpec { rehearsal: false, ..spec };
    world.store.job_queue(id, spec.to_json(), None, clock()).await.unwrap();
    let job = world.claim().await.unwrap();
    world.run(job).await.unwrap();
    assert_eq!(world.ended(id).await.1, counts);
    assert_eq!(world.plans().await, vec![some("pro"); 3]);
}

#[tokio::test]
async fn a_tag_keeps_who_is_in_a_segment_now_and_is_taken_back() {
    let world = World::with(5).await;
    let (store, all) = (&world.store, &world.contacts);
    let put = async |id: ContactId, plan: &str| {
        let attributes = [("plan".to_owned(), plan.to_owned())].into();
        let change = store::ContactChange { attributes, ..Default::default() };
        store.contact_change(id, None, change, clock()).await.unwrap();
    };
    put(all[0], "pro").await;
    put(all[1], "pro").await;
    let tag = TagName::parse("then").unwrap();
    let mine = store::TagChange { add: vec![tag.clone()], remove: Vec::new() };
    store.contact_tags_change(all[1], mine, clock()).await.unwrap();
    let rule = SegmentRule::parse("attribute plan = pro").unwrap();
    let whom = BulkWhom::Segment { rule, topics: TopicScope::All };
    let give = |is_given| BulkAct::Tag { tag: tag.clone(), is_given };
    let (job, counts) = world.done(whom, give(true)).await;
    assert_eq!((counts.contacts, counts.changed, counts.full), (2, 1, 0));
    put(all[0], "free").await;
    put(all[2], "pro").await;
    let tagged = async || {
        let query = store::ContactQuery { tag: Some(tag.clone()), ..Default::default() };
        let found = store.contacts_find(query, TopicScope::All, ContactId(i64::MAX), 9).await;
        found.unwrap().contacts.iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(tagged().await, [all[1], all[0]]);
    // Only what the job has given is taken back.
    world.undo(job.id).await;
    assert_eq!(tagged().await, [all[1]]);
    let (_, counts) = world.done(World::everybody(), give(false)).await;
    assert_eq!((counts.contacts, counts.changed), (5, 1));
    assert_eq!(tagged().await, []);
}

#[tokio::test]
async fn a_segments_members_are_walked_and_leave() {
    let world = World::with(5).await;
    let rule = SegmentRule::parse("attribute plan = pro").unwrap();
    for id in &world.contacts[..3] {
        let change = store::ContactChange {
            attributes: [("plan".to_owned(), "pro".to_owned())].into(),
            ..Default::default()
        };
        world.store.contact_change(*id, None, change, clock()).await.unwrap();
    }
    let name = SegmentName::parse("pros").unwrap();
    world.store.segment_set(NewSegment { name, rule: rule.clone(), over: None }, AT).await.unwrap();
    let whom = || BulkWhom::Segment { rule: rule.clone(), topics: TopicScope::All };
    let news = world.store.topic_by_slug("news".into()).await.unwrap().unwrap().id;
    let (_, counts) = world.done(whom(), BulkAct::Leave { topic: news }).await;
    assert_eq!((counts.contacts, counts.changed), (3, 3));
    let (_, again) = world.done(whom(), BulkAct::Leave { topic: news }).await;
    assert_eq!((again.contacts, again.changed), (3, 0));
    let state = world.store.subscription_state(world.contacts[4], news).await.unwrap();
    assert_eq!(state, Some(SubscriptionState::Subscribed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_taken_over_ends_the_same() {
    let world = World::with(9).await;
    let spec = BulkSpec { whom: World::everybody(), act: set("pro"), rehearsal: false };
    let id = world.asked(&spec).await;
    let mut job = world.claim().await.unwrap();
    for _ in 0..3 {
        let run = world.run(job.clone());
        let taken = async {
            tokio::task::yield_now().await;
            world.claim().await
        };
        let (_, taken) = tokio::join!(run, taken);
        job = taken.unwrap_or(job);
    }
    let _ = world.run(job).await;
    let (job, counts) = world.ended(id).await;
    assert_eq!((job.state, counts.contacts, counts.changed), (JobState::Done, 9, 9));
    assert_eq!(world.plans().await, vec![some("pro"); 9]);
}

#[test]
fn a_spec_is_read_as_it_was_written() {
    let rule = SegmentRule::parse("tag = vip").unwrap();
    let whoms = [
        World::everybody(),
        BulkWhom::Segment { rule: rule.clone(), topics: TopicScope::All },
        BulkWhom::Segment { rule, topics: TopicScope::These(vec![TopicId(3)]) },
    ];
    let basis =
        ImportBasis { basis: ConsentBasis::Consent, notice: Some("v1".into()), proof: None };
    let tag = TagName::parse("vip").unwrap();
    let acts = [
        BulkAct::Tag { tag: tag.clone(), is_given: true },
        BulkAct::Tag { tag, is_given: false },
        BulkAct::Subscribe { topic: TopicId(3), basis },
        BulkAct::Leave { topic: TopicId(4) },
        set("pro"),
        set(""),
    ];
    for whom in whoms {
        for act in acts.clone() {
            let spec = BulkSpec { whom: whom.clone(), act, rehearsal: true };
            assert_eq!(BulkSpec::from_json(&spec.to_json()), Some(spec));
        }
    }
    assert_eq!(BulkSpec::from_json("{}"), None);
}
