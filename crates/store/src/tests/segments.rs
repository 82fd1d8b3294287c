//! Segments: whom their rules mean, how they are kept, and campaigns that go to them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::rule_set::RuleSetLine;
use model::{
    AttributeTest, CampaignId, CampaignNumber, CampaignOutcome, CampaignState, ContactId,
    Engagement, EngagementEvidence, HitClass, HitKind, LinkSlot, NumberComparison, ReadAct,
    ReadTest, ReaderClass, Rule, RuleSet, RulesSeen, SegmentCondition, SegmentName, SegmentRefused,
    SegmentRule, TagName, TimeTest, Timestamp, TopicScope,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::hits::{BROWSER, view};
use super::world::{AT, World, batch, email, later, row};
use crate::counting::engagements::engagement;
use crate::engine::sql::texts;
use crate::engine::value::SqlValue;
use crate::people::contacts::attributes_from;
use crate::{
    CampaignAudience, ContactChange, Mark, NewSegment, Outcome, Scope, SegmentQuery, Settled,
    Store, StoreError, TagChange,
};

texts! {
    CONTACT_SHAPE = "UPDATE contacts SET attributes = $2, created_at = $3, tracking = $4
        WHERE id = $1";
    SUBSCRIPTION_SHAPE = "INSERT INTO subscriptions (topic_id, contact_id, state, changed_at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (topic_id, contact_id) DO UPDATE
        SET state = excluded.state, changed_at = excluded.changed_at";
    EVIDENCE_DROP = "UPDATE engagements SET evidence = NULL, click_evidence = NULL
        WHERE contact_id = $1";
    ALL_CONTACTS = "SELECT c.id, c.email, c.attributes, c.created_at, c.tracking,
            (SELECT count(*) FROM suppressions x WHERE x.email_key = lower(c.email))
        FROM contacts c ORDER BY c.id";
    ALL_TAGS = "SELECT c.contact_id, t.name_key FROM contact_tags c JOIN tags t ON t.id = c.tag_id";
    ALL_SUBSCRIPTIONS = "SELECT s.contact_id, t.slug, s.state, s.changed_at FROM subscriptions s
        JOIN topics t ON t.id = s.topic_id";
    ALL_DELIVERIES = "SELECT contact_id, campaign_id, state FROM deliveries";
    ALL_ENGAGEMENTS = "SELECT contact_id, campaign_id, viewed, clicked, best_class, click_class, hits,
            left_at, evidence FROM engagements";
    ALL_ATTRIBUTE_VALUES = "SELECT i.name, v.value, v.contact_id FROM attribute_values v
        JOIN attribute_indexes i ON i.id = v.index_id";
    CONTACTS_OF_CAMPAIGN =
        "SELECT contact_id FROM deliveries WHERE campaign_id = $1 ORDER BY contact_id";
    ALL_CLICKERS = "SELECT contact_id, campaign_id, slot FROM link_clickers";
}

/// When it is in these tests.
const NOW: Timestamp = Timestamp(AT.0 + 3_600_000_000);
const DAY: i64 = 24 * Timestamp::HOUR;
const LONG: Duration = Duration::from_secs(60);

fn rules() -> RuleSet {
    let line =
        |rule, class| RuleSetLine { any: RulesSeen::NONE.with(rule), none: RulesSeen::NONE, class };
    let lines = vec![
        line(Rule::AGENT_BROWSER, HitClass::Person),
        line(Rule::AGENT_GOOGLE_IMAGE_PROXY, HitClass::Proxied),
        line(Rule::AGENT_BOT, HitClass::Scanner),
    ];
    RuleSet::new("2026-01-01".to_owned(), lines).unwrap()
}

fn query(text: &str) -> SegmentQuery {
    query_of(SegmentRule::parse(text).unwrap())
}

fn query_of(rule: SegmentRule) -> SegmentQuery {
    SegmentQuery { rule, at: NOW, rules: rules(), topics: TopicScope::All }
}

fn name(text: &str) -> SegmentName {
    SegmentName::parse(text).unwrap()
}

fn new(text: &str, rule: &str) -> NewSegment {
    NewSegment { name: name(text), rule: SegmentRule::parse(rule).unwrap(), over: None }
}

/// Everybody in the order of pages of so many.
async fn members(store: &Store, query: SegmentQuery, page: usize) -> Vec<ContactId> {
    let (mut all, mut after) = (Vec::new(), ContactId(0));
    loop {
        let found = store.segment_page(query.clone(), after, page).await.unwrap();
        assert!(found.contacts.len() <= page);
        all.extend(found.contacts);
        match found.next {
            Some(next) => after = next,
            None => return all,
        }
    }
}

/// Contacts of every kind, three campaigns and what was done with them.
async fn shaped(store: Store) -> (World, Vec<CampaignId>) {
    let mut world = World::with_contacts(store, 0).await;
    let domains = ["x.org", "news.x.org", "y.example"];
    for number in 1..=36 {
        let domain = domains[number % 3];
        let contact = world.import(&format!("N{number}@{domain} name=N")).await;
        world.contacts.push(contact);
    }
    let mut campaigns = Vec::new();
    for _ in 0..3 {
        campaigns.push(world.started().await);
    }
    shape_deliveries(&world, &campaigns).await;
    // Before anybody has said a word on tracking.
    shape_hits(&world, &campaigns).await;
    shape_contacts(&world).await;
    for (index, scope) in
        [(3, Scope::Topic(world.topic)), (9, Scope::Everything), (14, Scope::Everything)]
    {
        world.leave(world.contacts[index], scope, Some(campaigns[1])).await;
    }
    (world, campaigns)
}

async fn shape_deliveries(world: &World, campaigns: &[CampaignId]) {
    for (number, campaign) in campaigns.iter().enumerate() {
        let claimed = world.claim(*campaign, 100).await;
        let settled = claimed.iter().enumerate().filter_map(|(index, each)| {
            let outcome = match (index + number) % 5 {
                0 => return None,
                1 => Outcome::Failed { code: 550, reply: "550 no such user".to_owned() },
                _ => Outcome::Sent { reply: "250 ok".to_owned() },
            };
            Some(Settled { contact: each.contact, epoch: each.epoch, outcome })
        });
        let settled: Vec<Settled> = settled.collect();
        world.store.deliveries_settle(*campaign, settled, AT, None).await.unwrap();
    }
}

async fn shape_contacts(world: &World) {
    let other = world.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let plans = ["free", "Pro", "team", "Big Team", ""];
    let ages = ["17", "18", "18.5", "-3", "old", "12.", "1e3", "123456789012345678901"];
    let days = ["2026-11-20", "2026-01-01", "1990-06-15", "soon", "20260101"];
    let cities = ["New York", "100% Rome", "a_b", "MÜNCHEN", "Ab!c"];
    let languages = ["de", "de-AT", "en", "pt-BR"];
    for (index, contact) in world.contacts.iter().enumerate() {
        let mut attributes = BTreeMap::new();
        for (name, values) in
            [("plan", &plans[..]), ("age", &ages[..]), ("since", &days[..]), ("city", &cities[..])]
        {
            let value = values[(index * 7 + name.len()) % values.len()];
            if index % 4 != name.len() % 4 && !value.is_empty() {
                attributes.insert(name.to_owned(), value.to_owned());
            }
        }
        if index % 3 > 0 {
            attributes.insert("language".to_owned(), languages[index % 4].to_owned());
        }
        let text = crate::people::contacts::attributes_text(&attributes).unwrap();
        let created = AT.0 - i64::try_from(index).unwrap() * 3 * DAY;
        let tracking = (index % 4 < 3).then(|| i64::try_from(index % 4).unwrap());
        let id = contact.0;
        let state = ["pending", "unsubscribed", "subscribed"][index % 3];
        world
            .store
            .write(move |tx| {
                tx.execute(CONTACT_SHAPE, (id, &text, created, tracking))?;
                if index % 5 < 3 {
                    tx.execute(SUBSCRIPTION_SHAPE, (other.0, id, state, created))?;
                }
                Ok(())
            })
            .await
            .unwrap();
        let tags = [(2, "VIP"), (3, "early bird")];
        let add = tags.iter().filter(|(step, _)| index % step == 0);
        let add = add.map(|(_, name)| TagName::parse(name).unwrap()).collect();
        let change = TagChange { add, remove: Vec::new() };
        world.store.contact_tags_change(*contact, change, AT).await.unwrap();
    }
}

async fn shape_hits(world: &World, campaigns: &[CampaignId]) {
    let seen = [
        (BROWSER, HitClass::Person),
        (RulesSeen::NONE.with(Rule::AGENT_GOOGLE_IMAGE_PROXY), HitClass::Proxied),
        (RulesSeen::NONE.with(Rule::AGENT_BOT), HitClass::Scanner),
    ];
    let mut hits = Vec::new();
    for (index, contact) in world.contacts.iter().enumerate() {
        for (number, campaign) in campaigns.iter().enumerate() {
            for part in 0..2_usize {
                let is_reader = index % 4 != 1 && index % 6 != 0;
                if !is_reader || (index + number * 2 + part) % 3 == 0 {
                    continue;
                }
                let offset = u32::try_from(hits.len()).unwrap();
                let mut hit = view(offset, *campaign, *contact);
                (hit.rules, hit.class) = seen[(index + number + part) % 3];
                let days = i64::try_from((index * 5 + number * 11 + part) % 40).unwrap();
                hit.hit.at = Timestamp(NOW.0 - days * DAY - 1);
                if part == 1 && index % 2 == 0 {
                    hit.hit.kind = HitKind::Click(LinkSlot(u16::from(index % 4 == 0)));
                }
                hits.push(hit);
            }
        }
    }
    let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: 1_000 };
    world.store.hits_record(batch(hits, mark)).await.unwrap();
    // As an earlier release has left it.
    let earlier = world.contacts[5].0;
    world.store.write(move |tx| tx.execute(EVIDENCE_DROP, [earlier])).await.unwrap();
}

/// All that is known of one contact.
#[derive(Debug, Default)]
struct Person {
    email: String,
    attributes: BTreeMap<String, String>,
    created_at: i64,
    tracking: Option<i64>,
    is_suppressed: bool,
    tags: BTreeSet<String>,
    /// By slug: state and since when.
    topics: BTreeMap<String, (String, i64)>,
    deliveries: BTreeMap<CampaignNumber, i64>,
    read: BTreeMap<CampaignNumber, CampaignReading>,
    links: BTreeSet<(CampaignNumber, i64)>,
}

/// What they did with one campaign.
#[derive(Debug, Default)]
struct CampaignReading {
    viewed: bool,
    clicked: bool,
    /// As the class of an earlier release, when there is no evidence.
    classes: Option<(i64, i64)>,
    evidence: EngagementEvidence,
    last_view: Option<i64>,
    last_click: Option<i64>,
    left: bool,
}

async fn people(store: &Store) -> BTreeMap<ContactId, Person> {
    let read = |tx: &crate::engine::tx::Tx<'_>| {
        let mut all: BTreeMap<ContactId, Person> = BTreeMap::new();
        tx.all(ALL_CONTACTS, (), |row| {
            let person = all.entry(ContactId(row.get(0)?)).or_default();
            person.email = row.get(1)?;
            person.attributes = attributes_from(row.text(2)?)?;
            person.created_at = row.get(3)?;
            person.tracking = row.get(4)?;
            person.is_suppressed = row.get::<i64>(5)? > 0;
            Ok(())
        })?;
        let number = |id: i64| CampaignId(id).number();
        tx.all(ALL_TAGS, (), |row| {
            all.entry(ContactId(row.get(0)?)).or_default().tags.insert(row.get(1)?);
            Ok(())
        })?;
        tx.all(ALL_SUBSCRIPTIONS, (), |row| {
            let topics = &mut all.entry(ContactId(row.get(0)?)).or_default().topics;
            topics.insert(row.get(1)?, (row.get(2)?, row.get(3)?));
            Ok(())
        })?;
        tx.all(ALL_DELIVERIES, (), |row| {
            let deliveries = &mut all.entry(ContactId(row.get(0)?)).or_default().deliveries;
            deliveries.insert(number(row.get(1)?), row.get(2)?);
            Ok(())
        })?;
        tx.all(ALL_ENGAGEMENTS, (), |row| {
            let read = &mut all.entry(ContactId(row.get(0)?)).or_default().read;
            read.insert(number(row.get(1)?), reading(row)?);
            Ok(())
        })?;
        tx.all(ALL_CLICKERS, (), |row| {
            let links = &mut all.entry(ContactId(row.get(0)?)).or_default().links;
            links.insert((number(row.get(1)?), row.get(2)?));
            Ok(())
        })?;
        Ok(all)
    };
    store.read(read).await.unwrap()
}

/// From a row of [`ALL_ENGAGEMENTS`].
fn reading(row: &crate::engine::value::SqlRow<'_>) -> Result<CampaignReading, crate::StoreError> {
    let hits = match row.value(6)? {
        SqlValue::Bytes(bytes) => engagement(bytes)?,
        _ => Engagement::default(),
    };
    let last = |click: bool| {
        let hits = hits.hits();
        hits.iter().filter(|it| it.slot.is_some() == click).map(|it| it.at.0).max()
    };
    Ok(CampaignReading {
        viewed: row.get(2)?,
        clicked: row.get(3)?,
        classes: match row.value(8)? {
            SqlValue::Null => Some((row.get(4)?, row.get(5)?)),
            _ => None,
        },
        evidence: hits.evidence(),
        last_view: last(false),
        last_click: last(true),
        left: row.get::<Option<i64>>(7)?.is_some(),
    })
}

impl Person {
    fn is(&self, rule: &SegmentRule) -> bool {
        match rule {
            SegmentRule::All(rules) => rules.iter().all(|rule| self.is(rule)),
            SegmentRule::Any(rules) => rules.iter().any(|rule| self.is(rule)),
            SegmentRule::Not(rule) => !self.is(rule),
            SegmentRule::Is(condition) => self.meets(condition),
        }
    }

    fn meets(&self, condition: &SegmentCondition) -> bool {
        match condition {
            SegmentCondition::Everybody => true,
            SegmentCondition::Attribute { name, test } => {
                self.attributes.get(name).is_some_and(|value| passes(value, test))
            }
            SegmentCondition::Tag(tag) => self.tags.contains(&tag.key()),
            SegmentCondition::Topic { topic, state, changed } => {
                let entry = self.topics.get(topic.as_str());
                entry.is_some_and(|(is, at)| {
                    is == state.as_str() && changed.as_ref().is_none_or(|test| in_time(test, *at))
                })
            }
            SegmentCondition::Tracking(mode) => self.tracking == Some(mode.code()),
            SegmentCondition::Added(test) => in_time(test, self.created_at),
            SegmentCondition::Domain(domain) => {
                let own = self.email.rsplit('@').next().unwrap().to_lowercase();
                own == domain.to_string()
            }
            SegmentCondition::Language(language) => {
                let own = self.attributes.get("language").map(|it| it.to_lowercase());
                let language = language.to_lowercase();
                own.is_some_and(|own| own == language || own.starts_with(&format!("{language}-")))
            }
            SegmentCondition::Suppressed => self.is_suppressed,
            SegmentCondition::Campaign { campaign, outcome } => {
                let state = self.deliveries.get(campaign);
                match outcome {
                    CampaignOutcome::Got => state == Some(&2),
                    CampaignOutcome::Failed => state == Some(&3),
                    CampaignOutcome::Left => self.read.get(campaign).is_some_and(|it| it.left),
                }
            }
            SegmentCondition::Read(test) => self.has_read(test),
            SegmentCondition::Unread { last, reader } => {
                let got = self.deliveries.iter().rev().filter(|(_, state)| **state == 2);
                let got: Vec<_> = got.take((*last).into()).collect();
                let seen = |number| {
                    let reading: Option<&CampaignReading> = self.read.get(number);
                    reading.is_some_and(|it| it.is_by(ReadAct::Viewed, *reader))
                };
                got.len() == usize::from(*last) && !got.iter().any(|(number, _)| seen(*number))
            }
            SegmentCondition::Segment(_) => unreachable!("no rule of this test names one"),
        }
    }

    fn has_read(&self, test: &ReadTest) -> bool {
        let since = test.within_days.map(|days| NOW.0 - i64::from(days) * DAY);
        let recent = |at: Option<i64>| since.is_none_or(|since| at.is_some_and(|at| at >= since));
        self.read.iter().any(|(number, it)| {
            test.campaign.is_none_or(|wanted| wanted == *number)
                && it.is_by(test.act, test.reader)
                && match test.act {
                    ReadAct::Viewed => recent(it.last_view) || recent(it.last_click),
                    ReadAct::Clicked => recent(it.last_click),
                }
                && test.link.is_none_or(|link| self.links.contains(&(*number, link.0.into())))
        })
    }
}

impl CampaignReading {
    fn is_by(&self, act: ReadAct, reader: ReaderClass) -> bool {
        let Some(least) = reader.at_least() else {
            return match act {
                ReadAct::Viewed => self.viewed || self.clicked,
                ReadAct::Clicked => self.clicked,
            };
        };
        let sets = match act {
            ReadAct::Viewed => &self.evidence.hits,
            ReadAct::Clicked => &self.evidence.clicks,
        };
        match self.classes {
            Some((best, _)) if act == ReadAct::Viewed => best >= least.code(),
            Some((_, of_clicks)) => of_clicks >= least.code(),
            None => rules().strongest(sets.iter().copied()).is_some_and(|class| class >= least),
        }
    }
}

fn in_time(test: &TimeTest, at: i64) -> bool {
    let (from, before) = test.times(NOW);
    from.is_none_or(|from| at >= from.0) && before.is_none_or(|before| at < before.0)
}

fn passes(value: &str, test: &AttributeTest) -> bool {
    let low = value.to_ascii_lowercase();
    match test {
        AttributeTest::IsSet => !value.is_empty(),
        AttributeTest::Is(choices) => choices.iter().any(|it| it.to_ascii_lowercase() == low),
        AttributeTest::Contains(part) => low.contains(&part.to_ascii_lowercase()),
        AttributeTest::BeginsWith(part) => low.starts_with(&part.to_ascii_lowercase()),
        AttributeTest::Number(how, number) => {
            let digits = value.strip_prefix('-').unwrap_or(value);
            let parts: Vec<&str> = digits.split('.').collect();
            let is_number = value.len() <= 20
                && parts.len() <= 2
                && parts.iter().all(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit()));
            let number: f64 = number.as_str().parse().unwrap();
            let compared = value.parse::<f64>().ok().and_then(|own| own.partial_cmp(&number));
            let Some(order) = compared.filter(|_| is_number) else { return false };
            match how {
                NumberComparison::Less => order.is_lt(),
                NumberComparison::AtMost => order.is_le(),
                NumberComparison::AtLeast => order.is_ge(),
                NumberComparison::More => order.is_gt(),
            }
        }
        AttributeTest::Day(test) => {
            let (first, last) = test.days(NOW);
            let is_day = value.len() == 10 && value.get(4..5) == Some("-");
            is_day
                && first.is_none_or(|first| value >= first.as_str())
                && last.is_none_or(|last| value <= last.as_str())
        }
    }
}

const CONDITIONS: [&str; 59] = [
    "everybody",
    "suppressed",
    "attribute plan = PRO",
    "attribute plan in (free, team)",
    "attribute plan is set",
    "attribute plan contains eam",
    "attribute plan begins with \"big \"",
    "attribute none is set",
    "attribute none = x",
    "attribute age >= 18",
    "attribute age < 18",
    "attribute age > 18.4",
    "attribute age <= -2.5",
    "attribute since before 2026-01-02",
    "attribute since after 2025-12-31",
    "attribute since within 30 days",
    "attribute city contains \"%\"",
    "attribute city contains \"_\"",
    "attribute city begins with \"AB!\"",
    "attribute city contains \"ünch\"",
    "attribute city contains \"ÜncH\"",
    "attribute city contains york",
    "tag = vip",
    "tag = \"Early Bird\"",
    "topic = offers",
    "topic = offers pending",
    "topic = offers unsubscribed",
    "topic = offers within 30 days",
    "topic = offers pending before 2026-11-01",
    "topic = release-notices",
    "topic = release-notices unsubscribed",
    "tracking = identified",
    "tracking = off",
    "added within 30 days",
    "added before 2026-10-01",
    "added after 2026-11-01",
    "domain = x.org",
    "domain = y.example",
    "language = de",
    "language = pt-BR",
    "got campaign 1",
    "failed campaign 2",
    "left campaign 2",
    "left campaign 1",
    "viewed",
    "clicked",
    "viewed by person",
    "viewed by reader within 10 days",
    "viewed campaign 1",
    "viewed campaign 2 by person",
    "viewed campaign 3 by reader within 20 days",
    "clicked by person within 15 days",
    "clicked by reader",
    "clicked campaign 1 link 1",
    "clicked campaign 2 link 0 by person within 30 days",
    "no view of last 1",
    "no view of last 2 by person",
    "no view of last 3 by reader",
    "viewed within 3 days",
];

fn rule() -> impl Strategy<Value = SegmentRule> {
    let condition = proptest::sample::select(&CONDITIONS[..]);
    let condition = condition.prop_map(|text| SegmentRule::parse(text).unwrap());
    condition.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(SegmentRule::All),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(SegmentRule::Any),
            inner.prop_map(|rule| SegmentRule::Not(Box::new(rule))),
        ]
    })
}

pub(super) async fn a_rule_means_whom_a_naive_look_at_everybody_finds(store: Store) {
    let (world, _) = shaped(store).await;
    let people = people(&world.store).await;
    let naive = |rule: &SegmentRule| {
        let found = people.iter().filter(|(_, person)| person.is(rule));
        found.map(|(id, _)| *id).collect::<Vec<_>>()
    };
    for text in CONDITIONS {
        let rule = SegmentRule::parse(text).unwrap();
        let found = members(&world.store, query_of(rule.clone()), 7).await;
        assert_eq!(found, naive(&rule), "{text}");
        // Only a to z are the same in either case.
        let none = [
            "attribute none is set",
            "attribute none = x",
            "attribute city contains \"ünch\"",
            "left campaign 1",
        ];
        assert_eq!(found.is_empty(), none.contains(&text), "{text} tests nothing");
    }
    let mut runner = TestRunner::deterministic();
    let strategy = rule();
    for _ in 0..250 {
        let rule = strategy.new_tree(&mut runner).unwrap().current();
        let expect = naive(&rule);
        assert_eq!(members(&world.store, query_of(rule.clone()), 11).await, expect, "{rule}");
        let counted = world.store.segment_count(query_of(rule.clone()), LONG).await.unwrap();
        let contacts = i64::try_from(expect.len()).unwrap();
        assert_eq!((counted.contacts, counted.is_complete), (contacts, true), "{rule}");
        let topics = TopicScope::These(vec![world.topic]);
        let within = SegmentQuery { topics, ..query_of(rule.clone()) };
        let reached = expect.iter().filter(|id| people[id].topics.contains_key("release-notices"));
        assert_eq!(members(&world.store, within, 5).await, reached.copied().collect::<Vec<_>>());
    }
    let none = SegmentQuery { topics: TopicScope::These(Vec::new()), ..query("everybody") };
    assert_eq!(world.store.segment_count(none, LONG).await.unwrap().contacts, 0);
}

/// How many values the indexes hold, which are to be those of these attributes.
async fn indexed(store: &Store, names: &[&str]) -> usize {
    let found = store
        .read(|tx| {
            let row = |row: &crate::engine::value::SqlRow<'_>| {
                Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.get(2)?))
            };
            tx.all(ALL_ATTRIBUTE_VALUES, (), row)
        })
        .await
        .unwrap();
    let found: BTreeSet<(String, String, i64)> = found.into_iter().collect();
    let (mut expect, mut after) = (BTreeSet::new(), ContactId(0));
    loop {
        let page = store.contacts_page(after, 1_000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.id;
        for (contact, name) in page.iter().flat_map(|it| names.iter().map(move |name| (it, *name)))
        {
            if let Some(value) = contact.attributes.get(name)
                && value.chars().count() <= 100
            {
                expect.insert((name.to_owned(), value.to_ascii_lowercase(), contact.id.0));
            }
        }
    }
    let differ: Vec<_> = found.symmetric_difference(&expect).take(20).collect();
    assert!(differ.is_empty(), "{differ:?}");
    found.len()
}

async fn index_until(store: &Store, at: Timestamp) {
    for _ in 0..1_000 {
        if !store.attribute_indexes_step(at).await.unwrap() {
            return;
        }
    }
    panic!("indexing has no end");
}

pub(super) async fn attributes_that_segments_ask_are_found_by_an_index(store: Store) {
    let (world, _) = shaped(store).await;
    let store = &world.store;
    add_with_plans(&world, 0..11_000, 4).await;
    store.segment_set(new("paying", "attribute plan in (pro, team)"), AT).await.unwrap();
    store
        .segment_set(new("quoted", "attribute \"a.b $x\" = 1 or attribute age > 3"), AT)
        .await
        .unwrap();
    // Not at once: what began before the index was there may still be going on.
    index_until(store, AT).await;
    assert_eq!(indexed(store, &[]).await, 0);
    // Whoever changes meanwhile is there already.
    let world_contacts = world.contacts.clone();
    let change = |id: ContactId, name: &str, value: &str| {
        let attributes = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        store.contact_change(id, None, ContactChange { email: None, attributes }, later(1))
    };
    change(world_contacts[1], "plan", "PRO").await.unwrap();
    let minute = Timestamp(AT.0 + 60_000_000);
    index_until(store, minute).await;
    let names = ["plan", "a.b $x"];
    assert!(indexed(store, &names).await > 2_750);
    // And so are those who are changed, added and erased from now on.
    change(world_contacts[2], "plan", "Big Team").await.unwrap();
    change(world_contacts[3], "plan", "").await.unwrap();
    change(world_contacts[4], "a.b $x", "1").await.unwrap();
    change(world_contacts[5], "plan", &"p".repeat(101)).await.unwrap();
    change(world_contacts[6], "plan", &"Ä".repeat(100)).await.unwrap();
    change(world_contacts[7], "city", "Pro").await.unwrap();
    world.import("new@x.org plan=team").await;
    world.import("N8@x.org plan=team city=Pro").await;
    indexed(store, &names).await;
    let people = people(store).await;
    for text in [
        "attribute plan = PRO",
        "attribute plan in (free, team, \"big team\")",
        "not attribute plan = team",
        "attribute plan = pro and topic = release-notices",
        "attribute \"a.b $x\" = 1 or tag = vip",
    ] {
        let rule = SegmentRule::parse(text).unwrap();
        let naive = people.iter().filter(|(_, person)| person.is(&rule)).map(|(id, _)| *id);
        let naive: Vec<_> = naive.collect();
        assert_eq!(members(store, query_of(rule.clone()), 997).await, naive, "{text}");
        let counted = store.segment_count(query_of(rule), LONG).await.unwrap();
        assert_eq!(counted.contacts, i64::try_from(naive.len()).unwrap(), "{text}");
    }

    let gone = store.contact_find(world_contacts[1]).await.unwrap().unwrap();
    let key = gone.email.as_str().to_lowercase();
    store.address_erase(key, [7; 32], AT).await.unwrap();
    let values = indexed(store, &names).await;

    // An index that nobody asks any more goes, a day later.
    store.segment_remove(name("paying")).await.unwrap();
    index_until(store, minute).await;
    assert_eq!(indexed(store, &names).await, values);
    index_until(store, Timestamp(minute.0 + DAY + 1)).await;
    assert_eq!(indexed(store, &names[1..]).await, 1);
}

pub(super) async fn a_count_ends_in_its_time_and_a_sample_is_of_members(store: Store) {
    let (world, _) = shaped(store).await;
    let none = world.store.segment_count(query("everybody"), Duration::ZERO).await.unwrap();
    assert!(none.is_complete, "all fit into the first read");
    assert_eq!((none.least, none.most), (none.contacts, Some(none.contacts)));
    let sample = world.store.segment_sample(query("tag = vip"), 5, LONG).await.unwrap();
    assert_eq!(sample, members(&world.store, query("tag = vip"), 100).await[..5]);
    let few = world.store.segment_sample(query("left campaign 2"), 20, LONG).await.unwrap();
    assert_eq!(few.len(), 3);
}

/// Two imports, of which one in four and then one in two are on a plan.
async fn add_with_plans(world: &World, numbers: std::ops::Range<usize>, every: usize) {
    for part in numbers.collect::<Vec<_>>().chunks(4_000) {
        let person = |number: &usize| {
            let plan = if number.is_multiple_of(every) { " plan=pro" } else { "" };
            row(&format!("many{number}@x.org name=N{plan}"))
        };
        let rows = part.iter().map(person).collect();
        world.store.contacts_import(rows, Some(world.topic), "test".into(), AT).await.unwrap();
    }
}

pub(super) async fn a_count_that_takes_too_long_is_a_range_with_the_number_in_it(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let counted = async |text: &str, expect: i64| {
        let found = world.store.segment_count(query(text), Duration::ZERO).await.unwrap();
        let most = found.most.expect("a sample");
        assert!(found.least <= expect && expect <= most, "{text}: {expect} of {found:?}");
        assert!((found.least..=most).contains(&found.contacts), "{found:?}");
        assert!(most - found.least < 9_000, "says nothing: {found:?}");
    };
    add_with_plans(&world, 0..12_000, 4).await;
    counted("attribute plan = pro", 3_000).await;
    counted("topic = release-notices and not attribute plan = pro", 9_003).await;
    // What came since is known as well.
    add_with_plans(&world, 12_000..20_000, 2).await;
    counted("attribute plan = pro", 7_000).await;
    counted("everybody", 20_003).await;
    counted("attribute plan = free", 0).await;
    let all = world.store.segment_count(query("attribute plan = pro"), LONG).await.unwrap();
    assert_eq!((all.contacts, all.is_complete), (7_000, true));
}

pub(super) async fn a_segment_is_kept_changed_and_removed(store: Store) {
    let (world, _) = shaped(store).await;
    let store = &world.store;
    assert_eq!(store.segment_set(new("Fans", "tag = vip"), AT).await.unwrap(), 1);
    let again = NewSegment { over: Some(0), ..new("fans", "tag = vip") };
    assert!(matches!(store.segment_set(again, AT).await, Err(StoreError::Changed("segment"))));
    let changed = NewSegment { over: Some(1), ..new("fans", "tag = vip and viewed") };
    assert_eq!(store.segment_set(changed, later(1)).await.unwrap(), 2);
    let kept = store.segment_find(name("FANS")).await.unwrap().unwrap();
    assert_eq!((kept.name.as_str(), kept.revision), ("fans", 2));
    assert_eq!((kept.created_at, kept.changed_at), (AT, later(1)));
    assert_eq!(kept.rule.to_string(), "tag = vip and viewed");

    store.segment_set(new("both", "segment = Fans and not suppressed"), AT).await.unwrap();
    let both = members(store, query("segment = both"), 9).await;
    let meant = members(store, query("tag = vip and viewed and not suppressed"), 9).await;
    assert_eq!(both, meant);
    let refused = |done: Result<i64, StoreError>| match done {
        Err(StoreError::Segment(refused)) => refused,
        other => panic!("{other:?}"),
    };
    let missing = |what, name: &str| SegmentRefused::Missing { what, name: name.to_owned() };
    let circle = store.segment_set(new("fans", "viewed or segment = BOTH"), AT).await;
    assert_eq!(refused(circle), SegmentRefused::Circle("Fans".to_owned()));
    let itself = store.segment_set(new("new", "not segment = new"), AT).await;
    assert_eq!(refused(itself), SegmentRefused::Circle("new".to_owned()));
    for (rule, what, name) in [
        ("segment = none", "segment", "none"),
        ("topic = none", "topic", "none"),
        ("tag = none", "tag", "none"),
        ("viewed campaign 9", "campaign", "9"),
        ("got campaign 5000000000", "campaign", "5000000000"),
    ] {
        let done = store.segment_set(new("other", rule), AT).await;
        assert_eq!(refused(done), missing(what, name), "{rule}");
    }
    let needed = store.segment_remove(name("Fans")).await;
    assert!(
        matches!(needed, Err(StoreError::Segment(SegmentRefused::Needed { .. }))),
        "{needed:?}"
    );
    store.segment_remove(name("both")).await.unwrap();
    store.segment_remove(name("Fans")).await.unwrap();
    let gone = store.segment_remove(name("Fans")).await;
    assert!(matches!(gone, Err(StoreError::NotFound("segment"))), "{gone:?}");
    assert_eq!(store.segments_list().await.unwrap(), []);
}

pub(super) async fn segments_within_one_another_are_bounded(store: Store) {
    let many = vec!["suppressed"; 100].join(" or ");
    store.segment_set(new("s0", &many), AT).await.unwrap();
    store.segment_set(new("s1", "segment = s0 or segment = s0 or segment = s0"), AT).await.unwrap();
    let done = store.segment_set(new("s2", "segment = s1 or segment = s1"), AT).await;
    assert!(matches!(done, Err(StoreError::Segment(SegmentRefused::TooLarge))), "{done:?}");
    store.segment_set(new("d0", "suppressed"), AT).await.unwrap();
    let mut deep = 0;
    for level in 1..20 {
        let rule = format!("not segment = d{}", level - 1);
        match store.segment_set(new(&format!("d{level}"), &rule), AT).await {
            Ok(_) => deep = level,
            Err(StoreError::Segment(SegmentRefused::TooLarge)) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(deep, 8, "so many segments within one another");
}

fn audience(included: &[&str], excluded: &[&str]) -> CampaignAudience {
    let names = |texts: &[&str]| texts.iter().map(|text| name(text)).collect();
    CampaignAudience {
        included: names(included),
        excluded: names(excluded),
        rules: rules(),
        frozen: None,
    }
}

pub(super) async fn a_campaign_goes_to_its_segments_as_they_were_at_its_start(store: Store) {
    let (world, _) = shaped(store).await;
    let store = &world.store;
    store.segment_set(new("fans", "tag = vip"), AT).await.unwrap();
    store.segment_set(new("birds", "tag = \"early bird\""), AT).await.unwrap();
    store.segment_set(new("active", "viewed by person"), AT).await.unwrap();
    let campaign = world.draft().await;
    let wish = audience(&["fans", "birds"], &["active"]);
    store.campaign_audience_set(campaign, wish.clone()).await.unwrap();
    assert_eq!(store.campaign_audience(campaign).await.unwrap(), Some(wish));
    let removed = store.segment_remove(name("birds")).await;
    assert!(matches!(removed, Err(StoreError::Segment(SegmentRefused::Needed { .. }))));
    let unknown = store.campaign_audience_set(campaign, audience(&["none"], &[])).await;
    assert!(matches!(unknown, Err(StoreError::Segment(_))), "{unknown:?}");

    let within = store.campaign_audience_query(campaign, NOW).await.unwrap().unwrap();
    let page = store.subscribers_page(world.topic, Some(within), (ContactId(0), 1_000), AT).await;
    let surveyed = page.unwrap().subscribers.len();
    store.expansion_begin(campaign, crate::Frozen::default(), NOW).await.unwrap();
    // What is changed now changes nothing.
    store.segment_set(new("fans", "suppressed"), NOW).await.unwrap();
    store.segment_remove(name("birds")).await.unwrap();
    while store.expansion_step(campaign, 10, NOW).await.unwrap() == CampaignState::Starting {}
    let expect = "topic = release-notices and (tag = vip or tag = \"early bird\") \
        and not viewed by person and not suppressed";
    let expect = members(store, query(expect), 100).await;
    assert!(expect.len() > 3 && expect.len() < 30, "{expect:?}");
    let claimed = world.claim_at(campaign, 100, NOW).await;
    assert_eq!(claimed.iter().map(|it| it.contact).collect::<Vec<_>>(), expect);
    assert_eq!(surveyed, expect.len());
    let kept = store.campaign_audience(campaign).await.unwrap().unwrap();
    let (rule, at) = kept.frozen.unwrap();
    let frozen = "(tag = vip or tag = \"early bird\") and not viewed by person";
    assert_eq!((rule.to_string().as_str(), at), (frozen, NOW));
    let late = store.campaign_audience_set(campaign, audience(&["fans"], &[])).await;
    assert!(matches!(late, Err(StoreError::Changed("campaign"))), "{late:?}");

    let other = world.draft().await;
    store.campaign_audience_set(other, audience(&["active"], &[])).await.unwrap();
    store.campaign_audience_set(other, audience(&[], &[])).await.unwrap();
    assert_eq!(store.campaign_audience(other).await.unwrap(), None);
}

pub(super) async fn an_expansion_makes_whom_its_rule_means_however_it_is_cut(store: Store) {
    let (world, _) = shaped(store).await;
    let store = &world.store;
    let people = people(store).await;
    let subscribed = |id: &ContactId| {
        let state = people[id].topics.get("release-notices");
        state.is_some_and(|(state, _)| state == "subscribed")
    };
    let mut runner = TestRunner::deterministic();
    let strategy = rule();
    let mut made = (0, 0);
    for round in 0..60 {
        let rule = match CONDITIONS.get(round) {
            Some(text) => SegmentRule::parse(text).unwrap(),
            None => strategy.new_tree(&mut runner).unwrap().current(),
        };
        let whom = format!("whom {round}");
        let wish = NewSegment { name: name(&whom), rule, over: None };
        store.segment_set(wish, AT).await.unwrap();
        let campaign = world.draft().await;
        store.campaign_audience_set(campaign, audience(&[&whom], &[])).await.unwrap();
        store.expansion_begin(campaign, crate::Frozen::default(), NOW).await.unwrap();
        while store.expansion_step(campaign, 3, NOW).await.unwrap() == CampaignState::Starting {}
        let kept = store.campaign_audience(campaign).await.unwrap().unwrap();
        let (rule, _) = kept.frozen.unwrap();
        let mut expect = members(store, query_of(rule.clone()), 100).await;
        expect.retain(subscribed);
        let found: Vec<i64> = store
            .read(move |tx| tx.all(CONTACTS_OF_CAMPAIGN, [campaign.0], |row| row.get(0)))
            .await
            .unwrap();
        assert_eq!(found.into_iter().map(ContactId).collect::<Vec<_>>(), expect, "{rule}");
        made = if expect.is_empty() { (made.0 + 1, made.1) } else { (made.0, made.1 + 1) };
    }
    assert!(made.0 > 3 && made.1 > 20, "{made:?}");
}

pub(super) async fn what_is_forgotten_of_reading_is_in_no_segment(store: Store) {
    let (world, campaigns) = shaped(store).await;
    let store = &world.store;
    let before = members(store, query("viewed by person"), 100).await;
    let contact = before[0];
    let word = crate::TrackingWord {
        contact,
        mode: model::TrackingMode::Off,
        source: "page".to_owned(),
        notice: None,
        campaign: Some(campaigns[0]),
        forget: true,
        at: NOW,
    };
    store.contact_tracking_say(word).await.unwrap();
    assert_eq!(members(store, query("viewed by person"), 100).await, before[1..]);
    let any = members(store, query("viewed or viewed within 3000 days or clicked"), 100).await;
    assert!(!any.contains(&contact));
    // A contact who is gone is in none, although their deliveries stay.
    let got = members(store, query("got campaign 1"), 100).await;
    let person = store.contact_find(got[1]).await.unwrap().unwrap();
    store.address_erase(person.email.key(), [9; 32], NOW).await.unwrap();
    let left = members(store, query("got campaign 1"), 100).await;
    assert_eq!(left.len(), got.len() - 1);
    assert!(store.contact_by_email(email(person.email.as_str())).await.unwrap().is_none());
    let stranger = row("zz@y.example");
    store.contacts_import(vec![stranger], None, "x".into(), AT).await.unwrap();
    assert_eq!(members(store, query("everybody"), 100).await.len(), 36);
}
