//! A node whose mailers are killed and whose journal is harmed, beside what is known about everybody.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use journal::Options;
use model::{DeliveryState, EmailAddress, InDoubtPolicy};
use store::{ContactRow, NewAnnouncement, NewCampaign, StoreOptions};
use tempfile::TempDir;

use super::super::*;
use crate::retry_schedule::RetrySchedule;
use crate::settings::{Relay, Tls};

const NODE: u16 = 1;
pub(super) const PEOPLE: usize = 6;
const OPTIONS: Options = Options { segment_bytes: 64 << 10, max_bytes: 16 << 20 };
const LEASE: Duration = Duration::from_secs(600);

/// What is known about one person's delivery, apart from store and journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownState {
    Waiting,
    Claimed(i64),
    /// Its intent is durable, so its dot may have been sent.
    Begun(i64),
    /// Its outcome is in the journal, too.
    Ended(i64),
    Sent,
    InDoubt,
}

/// What is done to a journal while no mailer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    None,
    FolderLost,
    SegmentsLost,
    NewestLost,
    Copied,
    /// Something was being written when the power went.
    Torn,
    /// The disk has lost a part of the last record.
    LastDamaged,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    Claim(usize),
    Begin(usize),
    End(usize),
    /// Brings what has ended to the store, with the mark if nothing is under way.
    Settle,
    Kill(Harm),
    /// A start, killed at its nth wait if a number is given.
    Start(Option<usize>),
}

pub(super) struct HarmedNode {
    dir: TempDir,
    store: Store,
    settings: MailerSettings,
    campaign: CampaignId,
    people: Vec<ContactId>,
    pub(super) known: Vec<KnownState>,
    /// While a mailer runs.
    journal: Option<Journal>,
    /// Where the journal ended when its last mailer was killed.
    end: Position,
    /// Whether there was harm since the last complete start.
    is_harmed: bool,
}

impl HarmedNode {
    pub(super) async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
        let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
        let email = |number| EmailAddress::parse(&format!("p{number}@example.com")).unwrap();
        let rows = (0..PEOPLE)
            .map(|number| ContactRow { email: email(number), attributes: BTreeMap::new() })
            .collect();
        store.contacts_import(rows, Some(topic), "test".into(), clock()).await.unwrap();
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            people.push(store.contact_by_email(email(number)).await.unwrap().unwrap().id);
        }
        let text = NewAnnouncement { name: "n".into(), subject: "s".into(), source: "text".into() };
        let announcement = store.announcement_save(text, clock()).await.unwrap();
        let policy = InDoubtPolicy::NeverResend;
        let campaign =
            NewCampaign { name: "n".into(), announcement, topic, policy, links: Vec::new() };
        let campaign = store.campaign_create(campaign, clock()).await.unwrap();
        store.campaign_start(campaign, clock()).await.unwrap();
        Self {
            settings: settings(dir.path()),
            dir,
            store,
            campaign,
            people,
            known: vec![KnownState::Waiting; PEOPLE],
            journal: None,
            end: Position::START,
            is_harmed: false,
        }
    }

    pub(super) async fn after(&mut self, event: Event) {
        match event {
            Event::Claim(count) => self.claim(count).await,
            Event::Begin(person) => self.begin(person),
            Event::End(person) => self.end(person),
            Event::Settle => self.settle().await,
            Event::Kill(harm) => self.kill(harm),
            Event::Start(killed_at) => self.start(killed_at).await,
        }
    }

    /// What a release that recorded no starts has left: a journal of its own, and the mark before it.
    pub(super) async fn as_an_earlier_release(&mut self) {
        let folder = &self.settings.journal_dir;
        self.journal = Some(Journal::open_after(folder, OPTIONS, 0).unwrap());
        put_mark(&self.store, mark_at(NODE, Position::START)).await.unwrap();
        let identity = journal::identity(folder).unwrap();
        self.store.setting_put(identity_key(NODE), identity).await.unwrap();
        // An empty one can't be told from a lost one.
        self.is_harmed = true;
    }

    async fn claim(&mut self, count: usize) {
        if self.journal.is_none() {
            return;
        }
        let claimed = self.store.deliveries_claim(self.campaign, NODE, count, clock(), LEASE).await;
        for each in claimed.unwrap() {
            let person = self.people.iter().position(|id| *id == each.contact).unwrap();
            assert_eq!(self.known[person], KnownState::Waiting, "somebody gets a second copy");
            self.known[person] = KnownState::Claimed(each.epoch);
        }
    }

    fn begin(&mut self, person: usize) {
        if let (Some(journal), KnownState::Claimed(epoch)) = (&mut self.journal, self.known[person])
        {
            let attempt = Attempt { campaign: self.campaign, contact: self.people[person], epoch };
            journal.append(&attempt.intent()).unwrap();
            journal.commit().unwrap();
            self.known[person] = KnownState::Begun(epoch);
        }
    }

    fn end(&mut self, person: usize) {
        if let (Some(journal), KnownState::Begun(epoch)) = (&mut self.journal, self.known[person]) {
            let attempt = Attempt { campaign: self.campaign, contact: self.people[person], epoch };
            let outcome = Outcome::Sent { reply: "250 ok".into() };
            journal.append(&attempt.outcome(&outcome)).unwrap();
            journal.commit().unwrap();
            self.known[person] = KnownState::Ended(epoch);
        }
    }

    async fn settle(&mut self) {
        let Some(journal) = &self.journal else { return };
        let is_idle = !self.known.iter().any(|known| matches!(known, KnownState::Begun(_)));
        let mark = is_idle.then(|| mark_at(NODE, journal.end()));
        let mut settled = Vec::new();
        for (known, contact) in self.known.iter_mut().zip(&self.people) {
            if let KnownState::Ended(epoch) = *known {
                let outcome = Outcome::Sent { reply: "250 ok".into() };
                settled.push(store::Settled { contact: *contact, epoch, outcome });
                *known = KnownState::Sent;
            }
        }
        self.store.deliveries_settle(self.campaign, settled, clock(), mark).await.unwrap();
    }

    fn kill(&mut self, harm: Harm) {
        if let Some(journal) = self.journal.take() {
            self.end = journal.end();
        }
        let folder = &self.settings.journal_dir;
        if harm == Harm::None || !folder.exists() {
            return;
        }
        self.is_harmed = true;
        match harm {
            Harm::None => {}
            Harm::FolderLost => std::fs::remove_dir_all(folder).unwrap(),
            Harm::SegmentsLost => {
                self.segments().iter().for_each(|path| std::fs::remove_file(path).unwrap());
            }
            Harm::NewestLost => {
                if let Some(newest) = self.segments().into_iter().rfind(has_records) {
                    std::fs::remove_file(newest).unwrap();
                }
            }
            Harm::Copied => {
                let aside = self.dir.path().join("aside");
                std::fs::rename(folder, &aside).unwrap();
                std::fs::create_dir(folder).unwrap();
                for entry in std::fs::read_dir(&aside).unwrap() {
                    let path = entry.unwrap().path();
                    std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
                }
                std::fs::remove_dir_all(aside).unwrap();
            }
            Harm::Torn => {
                let Some(newest) = self.segments().pop() else { return };
                let is_last =
                    newest.file_stem().unwrap().to_str().unwrap().parse() == Ok(self.end.segment);
                let at = if is_last { self.end.offset.into() } else { 0 };
                let file = std::fs::File::options().write(true).open(newest).unwrap();
                file.write_all_at(&[9, 0, 0, 0, 1, 2, 3, 4, 5], at).unwrap();
            }
            Harm::LastDamaged => {
                let newest = self.segments().into_iter().rfind(has_records);
                let Some(newest) = newest else { return };
                let mut bytes = std::fs::read(&newest).unwrap();
                let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
                bytes[last] ^= 0x40;
                std::fs::write(newest, bytes).unwrap();
            }
        }
    }

    fn segments(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.settings.journal_dir).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "seg"));
        paths.sort();
        paths
    }

    async fn start(&mut self, killed_at: Option<usize>) {
        self.kill(Harm::None);
        let seen = self.store.mark_find(reader(NODE)).await.unwrap().map_or(0, |it| it.segment);
        let folder = &self.settings.journal_dir;
        let mut journal = Journal::open_after(folder, OPTIONS, seen).unwrap();
        let recovery = recover(&self.store, &self.settings, &mut journal);
        let recovered = match killed_at {
            None => Some(recovery.await),
            Some(polls) => until_wait(recovery, polls).await,
        };
        // What it had asked the store for may still be done; this waits for it.
        self.store.setting_put("waited", String::new()).await.unwrap();
        let Some(recovered) = recovered else {
            self.end = journal.end();
            return;
        };
        recovered.unwrap();
        self.journal = Some(journal);
        self.check().await;
    }

    /// Checks what a complete start has done with everybody.
    async fn check(&mut self) {
        let is_sure = !self.is_harmed
            || !self.known.iter().any(|it| {
                matches!(it, KnownState::Claimed(_) | KnownState::Begun(_) | KnownState::Ended(_))
            });
        for (person, known) in self.known.iter_mut().enumerate() {
            let contact = self.people[person];
            let found = self.store.delivery_find(self.campaign, contact).await.unwrap().unwrap();
            let now = match found.listed.state {
                DeliveryState::Queued => KnownState::Waiting,
                DeliveryState::Sent => KnownState::Sent,
                DeliveryState::InDoubt => KnownState::InDoubt,
                state => panic!("{person} is {state:?} after a start"),
            };
            let right = match *known {
                KnownState::Waiting | KnownState::Claimed(_) => KnownState::Waiting,
                KnownState::Begun(_) | KnownState::InDoubt => KnownState::InDoubt,
                KnownState::Ended(_) | KnownState::Sent => KnownState::Sent,
            };
            if is_sure {
                assert_eq!(now, right, "{person} was {known:?}");
            } else if right != KnownState::Waiting {
                assert_ne!(
                    now,
                    KnownState::Waiting,
                    "{person} was {known:?} and gets a second copy"
                );
            }
            *known = now;
        }
        self.is_harmed = false;
    }
}

fn has_records(segment: &PathBuf) -> bool {
    std::fs::read(segment).unwrap().first() > Some(&0)
}

/// Runs it up to its nth wait, and drops it there; none if it had not ended.
async fn until_wait<T>(future: impl Future<Output = T>, waits: usize) -> Option<T> {
    let (mut future, mut left) = (pin!(future), waits);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

fn settings(folder: &Path) -> MailerSettings {
    let second = Duration::from_secs(1);
    let media = media::FileStoreLocation::Folder(folder.join("media"));
    MailerSettings {
        relay: Relay {
            host: "127.0.0.1".into(),
            port: 25,
            tls: Tls::None,
            auth: None,
            hello_name: "mailer.example".into(),
            connections: 1,
            messages_per_connection: 10,
            connect_timeout: second,
            reply_timeout: second,
            data_timeout: second,
            ca_file: None,
        },
        lease: LEASE,
        batch: 10,
        retry: RetrySchedule { first: second, max: second, give_up_after: second },
        return_path: None,
        journal_dir: folder.join("journal"),
        after_segment: 0,
        store_was_put_back: false,
        node: NODE,
        files: media::FileStore::open(&media).unwrap(),
        throttle: None,
    }
}
