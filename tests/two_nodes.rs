//! An installation on many nodes, and what becomes of promises P1, P2 and P5 when nodes, Redis and
//! PostgreSQL die under it. Told on servers of its own.

mod messages;
mod settings;
mod sharing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use testkit::{Postgres, Redis};

use harness::{Cluster, Dice, Node, Sink, http, wait};

const CONTACTS: usize = 20_000;
const VIEWERS: usize = 4;
/// Each mailer's connections to the relay.
const CONNECTIONS: i64 = 20;
/// After this a delivery that a lost node had begun is in doubt: lease + data_timeout + 3 *
/// reply_timeout.
const BEGUN_LEASE: Duration = Duration::from_secs(4 + 2 + 3 * 2);
/// Long enough for a busy machine; a story that hangs ends here.
const LIMIT: Duration = Duration::from_secs(150);

/// The shortest lease there may be, and a limit, so that the send lasts for the whole story.
const HURRIED: &[(&str, &str)] = &[
    ("lease = \"15m\"", "lease = \"4s\""),
    ("data_timeout = \"10m\"", "data_timeout = \"2s\""),
    ("reply_timeout = \"5m\"", "reply_timeout = \"2s\""),
    ("connections = 10\n", "connections = 20\n"),
    ("messages_per_minute = 0", "messages_per_minute = 60000"),
    ("first = \"5m\"", "first = \"1s\""),
    ("# threads = 4", "threads = 2"),
];

#[derive(Debug, Clone, Copy)]
enum Blow {
    Beacon,
    Recorder,
    /// For good.
    Mailer,
    Web,
    /// The other mailer does nothing for longer than its leases last.
    Frozen,
    Redis,
    Postgres,
}

const BLOWS: [Blow; 7] = [
    Blow::Beacon,
    Blow::Recorder,
    Blow::Mailer,
    Blow::Web,
    Blow::Frozen,
    Blow::Redis,
    Blow::Postgres,
];

/// What a mailer that does nothing more had begun, of a table that is claimed from: its journal is
/// lost with it, so this and no more may be in doubt.
fn begun_by(postgres: &Postgres, database: &str, table: &str, mailer: &Node) -> i64 {
    let number =
        |sql: &str| -> i64 { postgres.query(database, sql)[0][0].parse().expect("a number") };
    // What its last transaction did counts, and that may still be at work in the database.
    let now = postgres.query(database, "SELECT clock_timestamp()")[0][0].clone();
    let older = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
         AND xact_start < '{now}' AND state <> 'idle in transaction'"
    );
    wait::until("older transactions to end", || (number(&older) == 0).then_some(()));
    number(&format!(
        "SELECT count(*) FROM {table} d JOIN nodes n ON n.number = d.holder
         WHERE d.state = 1 AND d.begun = 1 AND n.name = '{}'",
        mailer.name()
    ))
}

/// The nodes, and what they stand on.
struct Story {
    cluster: Cluster,
    postgres: Postgres,
    redis: Redis,
    dice: Dice,
    beacons: [Node; 2],
    recorders: [Node; 2],
    /// The first dies, the second is frozen; a third comes in the place of the first.
    mailers: Vec<Node>,
    web: Node,
    frozen_at: Option<Instant>,
    /// Deliveries that the lost and the frozen mailer had begun and not settled: those alone may be
    /// in doubt.
    begun: i64,
}

impl Story {
    fn begin(sink: &Sink) -> Self {
        let (postgres, redis) = (Postgres::start(), Redis::start());
        let cluster = Cluster::new(postgres.database(), redis.url(), sink.port, HURRIED);
        let two = |roles| [cluster.node(roles), cluster.node(roles)];
        let (beacons, recorders, mailers) = (two("beacon"), two("recorder"), two("mailer"));
        let web = cluster.web_node();
        let mut story = Self {
            cluster,
            postgres,
            redis,
            dice: Dice::seeded(),
            beacons,
            recorders,
            mailers: mailers.into(),
            web,
            frozen_at: None,
            begun: 0,
        };
        story.web.create_campaign(CONTACTS);
        for node in story.nodes() {
            node.serve();
        }
        story.web.ok(&["campaign", "start", "1"]);
        story
    }

    fn nodes(&mut self) -> impl Iterator<Item = &mut Node> {
        let (beacons, recorders) = (self.beacons.iter_mut(), self.recorders.iter_mut());
        let rest = self.mailers.iter_mut().chain([&mut self.web]);
        beacons.chain(recorders).chain(rest)
    }

    fn query(&self, sql: &str) -> Vec<Vec<String>> {
        self.postgres.query(&self.cluster.database, sql)
    }

    fn number(&self, sql: &str) -> i64 {
        self.query(sql)[0][0].parse().expect("a number")
    }

    fn numbers(&self, sql: &str) -> BTreeSet<i64> {
        self.query(sql).iter().map(|row| row[0].parse().expect("a number")).collect()
    }

    fn begun_by(&self, mailer: &Node) -> i64 {
        begun_by(&self.postgres, &self.cluster.database, "deliveries", mailer)
    }

    fn moment(&mut self, up_to_ms: u64) {
        wait::let_pass(Duration::from_millis(200));
        self.dice.let_pass_less_than(Duration::from_millis(up_to_ms));
    }

    /// How many entries the streams of hits hold.
    fn entries(&self) -> i64 {
        let key = self.redis.command(&["keys", "pharos:*:hits"]);
        self.redis.command(&["xlen", &key]).parse().expect("a number")
    }

    fn strike(&mut self, blow: Blow) {
        match blow {
            Blow::Beacon => {
                let which = self.dice.below(2) as usize;
                self.beacons[which].kill();
                self.moment(800);
                // Its journal has hits that were answered.
                self.beacons[which].serve();
            }
            Blow::Recorder => {
                let which = self.dice.below(2) as usize;
                self.recorders[which].kill();
                self.moment(800);
                if self.dice.below(2) == 0 {
                    self.recorders[which].serve();
                }
            }
            Blow::Mailer => {
                self.mailers[0].kill();
                self.begun += self.begun_by(&self.mailers[0]);
                let mut third = self.cluster.node("mailer");
                third.serve();
                self.mailers.push(third);
            }
            Blow::Web => {
                self.web.kill();
                self.moment(500);
                self.web.serve();
            }
            Blow::Frozen => {
                self.mailers[1].freeze();
                self.frozen_at = Some(Instant::now());
                self.begun += self.begun_by(&self.mailers[1]);
            }
            Blow::Redis => {
                // It takes hits along that no recorder was given yet.
                let recorders: Vec<&Node> =
                    self.recorders.iter().filter(|node| node.is_running()).collect();
                recorders.iter().for_each(|node| node.freeze());
                let before = self.entries();
                wait::until("hits that no recorder was given", || {
                    (self.entries() > before).then_some(())
                });
                self.redis.kill();
                recorders.iter().for_each(|node| node.thaw());
                self.moment(1_000);
                self.redis.start_again();
            }
            Blow::Postgres => {
                self.postgres.kill();
                self.moment(1_000);
                self.postgres.start_again();
            }
        }
    }

    /// The frozen mailer wakes up long after others were given what it held, and goes on.
    fn thaw(&mut self) {
        let frozen = &self.mailers[1];
        let sql = format!(
            "SELECT count(*) FROM deliveries d JOIN nodes n ON n.number = d.holder
             WHERE d.state = 1 AND n.name = '{}'",
            frozen.name()
        );
        wait::until_within(LIMIT, "others to take over what the frozen mailer held", || {
            (self.number(&sql) == 0).then_some(())
        });
        let frozen_at = self.frozen_at.expect("it was frozen");
        // By its own clock, too, what it had begun has run out.
        wait::let_pass((BEGUN_LEASE + Duration::from_secs(1)).saturating_sub(frozen_at.elapsed()));
        println!("thawed after {:?}", frozen_at.elapsed());
        frozen.thaw();
    }

    fn sent(&self) -> i64 {
        self.number("SELECT count(*) FROM deliveries WHERE state = 2")
    }
}

#[test]
fn a_campaign_over_two_nodes_survives_everything() {
    let begin = Instant::now();
    let sink = Sink::start();
    let mut story = Story::begin(&sink);
    println!("{:?}: under way", begin.elapsed());
    let viewers = Viewers::of(&story);
    let order = story.dice.shuffled(BLOWS);
    std::thread::scope(|scope| {
        for _ in 0..VIEWERS {
            scope.spawn(|| viewers.view());
        }
        // Viewers go home however the story ends.
        let over = Over(&viewers.over);
        for blow in order {
            story.moment(1_200);
            println!("{:?}: {blow:?}, {} sent", begin.elapsed(), story.sent());
            story.strike(blow);
        }
        assert!(story.sent() < CONTACTS as i64, "the send was over before the blows were");
        story.thaw();
        wait::until_within(LIMIT, "the campaign to finish", || {
            (story.query("SELECT state FROM campaigns")[0][0] == "finished").then_some(())
        });
        println!("{:?}: finished", begin.elapsed());
        drop(over);
    });
    let answered = viewers.answered();
    wait::until_within(LIMIT, "every answered view to be recorded", || {
        let recorded = recorded(&story);
        answered.iter().all(|contact| recorded.contains_key(contact)).then_some(())
    });
    println!("{:?}: recorded", begin.elapsed());
    let journals = story.number("SELECT count(DISTINCT node) FROM events");
    assert_eq!(journals, 4, "each beacon has two threads, and each of these a journal");
    // The mailer that was frozen has had time to do wrong, and ends in order like the others.
    for node in story.nodes().filter(|node| node.is_running()) {
        node.stop();
    }
    check_views(&story, &answered, &viewers.asked());
    check_letters(&story, &sink.recipients());
    println!("{:?}: told", begin.elapsed());
}

/// Contacts by the number of their events, asked with another program than ours.
fn recorded(story: &Story) -> BTreeMap<i64, i64> {
    let rows = story.query(
        "SELECT contact_id - (SELECT min(id) - 1 FROM contacts), count(*)
        FROM events GROUP BY contact_id",
    );
    let number = |text: &String| text.parse().expect("a number");
    rows.iter().map(|row| (number(&row[0]), number(&row[1]))).collect()
}

/// Promise P1: what was answered is recorded, once, and is in the report.
fn check_views(story: &Story, answered: &BTreeSet<i64>, asked: &BTreeSet<i64>) {
    let recorded = recorded(story);
    println!(
        "{} views asked for, {} answered, {} recorded",
        asked.len(),
        answered.len(),
        recorded.len()
    );
    assert!(answered.len() > 500, "the story needs views");
    let lost = answered.iter().filter(|contact| !recorded.contains_key(contact)).count();
    assert_eq!(lost, 0, "answered views that are lost");
    let twice: Vec<_> = recorded.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "recorded twice: {twice:?}");
    assert!(recorded.keys().all(|contact| asked.contains(contact)), "nobody asked for it");
    let report = story.web.report();
    assert_eq!(report["views"]["total"], recorded.len());
    assert_eq!(report["views"]["unique"], recorded.len());
    assert_eq!(report["gaps"].as_array().map(Vec::len), Some(0));
}

/// Promise P2: nobody is forgotten, nobody is mailed twice, and little is in doubt.
fn check_letters(story: &Story, recipients: &[String]) {
    let mut letters: BTreeMap<i64, usize> = BTreeMap::new();
    let rows = story.query("SELECT email, id FROM contacts");
    let contacts: BTreeMap<&str, i64> =
        rows.iter().map(|row| (row[0].as_str(), row[1].parse().expect("a number"))).collect();
    for recipient in recipients {
        *letters.entry(contacts[recipient.as_str()]).or_default() += 1;
    }
    let of =
        |state| story.numbers(&format!("SELECT contact_id FROM deliveries WHERE state = {state}"));
    let (sent, in_doubt) = (of(2), of(6));
    let without = CONTACTS - letters.len();
    let doubtful_letters = in_doubt.iter().filter(|contact| letters.contains_key(contact)).count();
    println!(
        "{} sent, {} in doubt ({doubtful_letters} of them at the sink), {} letters, {without} \
         without one; the lost mailers had begun {}",
        sent.len(),
        in_doubt.len(),
        recipients.len(),
        story.begun
    );
    let twice: Vec<_> = letters.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "mailed twice: {twice:?}");
    assert_eq!(sent.len() + in_doubt.len(), CONTACTS, "everyone is accounted for");
    let unsent = sent.iter().filter(|contact| !letters.contains_key(contact)).count();
    assert_eq!(unsent, 0, "sent, but not at the sink");
    assert_eq!(sent.len() + doubtful_letters, letters.len(), "a letter that nobody knows of");
    assert!(without <= in_doubt.len(), "{without} got nothing");
    // A mailer that is lost for good takes its journal along: in doubt is what it had begun and not
    // yet settled in the store, which was counted when it was struck. A mailer that lives puts in
    // doubt what the relay does not answer in time, one message a connection: allowed once for
    // each of the two that were struck by a database or machine that stood still.
    let most = story.begun + 2 * CONNECTIONS;
    assert!(in_doubt.len() as i64 <= most, "{} in doubt, {most} explained", in_doubt.len());
    let report = story.web.report();
    assert_eq!(report["audience"], CONTACTS);
    let states = report["deliveries"].as_object().expect("states");
    let total: i64 = states.values().filter_map(serde_json::Value::as_i64).sum();
    assert_eq!(total, CONTACTS as i64, "{states:?}");
    assert_eq!(report["deliveries"]["sent"], sent.len());
    assert_eq!(report["deliveries"]["in_doubt"], in_doubt.len());
}

/// Sets a flag when it goes.
struct Over<'f>(&'f AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// They load every pixel at most once, from both beacons in turn.
struct Viewers {
    beacons: [String; 2],
    pixels: Vec<String>,
    next: AtomicUsize,
    over: AtomicBool,
    answered: Mutex<BTreeSet<i64>>,
}

impl Viewers {
    fn of(story: &Story) -> Self {
        Self {
            beacons: [0, 1].map(|which| story.beacons[which].beacon()),
            pixels: (1..=CONTACTS as i64).map(|contact| story.cluster.pixel(contact)).collect(),
            next: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            answered: Mutex::default(),
        }
    }

    fn view(&self) {
        while !self.over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(pixel) = self.pixels.get(number) else { return };
            let url = format!("{}{pixel}", self.beacons[number % 2]);
            match http::request("GET", &url, &[], "") {
                Ok(answer) if answer.status == 200 => {
                    let mut answered = self.answered.lock().expect("no viewer panicked");
                    answered.insert(number as i64 + 1);
                }
                // Others are read while this beacon is away.
                _ => wait::let_pass(Duration::from_millis(50)),
            }
            // Some processor is to be left for the send.
            wait::let_pass(Duration::from_millis(20));
        }
    }

    fn answered(&self) -> BTreeSet<i64> {
        self.answered.lock().expect("no viewer panicked").clone()
    }

    fn asked(&self) -> BTreeSet<i64> {
        (1..=self.next.load(Ordering::Relaxed) as i64).collect()
    }
}
