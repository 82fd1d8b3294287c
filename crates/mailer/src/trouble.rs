//! What prevents sending, separated by where it is: the relay, the store, the journal.
//!
//! Invariant: trouble of one kind never hides, ends or slows down what belongs to another. How the
//! relay is approached during its trouble is the job of `relay::concurrency`.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::clock;
use crate::metrics::{Metrics, count};
use crate::settings::MailerSettings;
use crate::trouble_kind::TroubleKind;
use bus::backoff::{doubled, jittered};

pub(crate) const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_STORE_WAIT: Duration = Duration::from_secs(10);

pub(crate) struct Troubles {
    metrics: Arc<Metrics>,
    /// What the store should show; taken by the feeder.
    news: RefCell<[Option<String>; 3]>,
    waits: [Wait; 3],
}

struct Wait {
    failures: Cell<i64>,
    until: Cell<Instant>,
}

impl Troubles {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        let wait = || Wait { failures: Cell::new(0), until: Cell::new(Instant::now()) };
        // Whatever a former process has said is over.
        let news = RefCell::new([const { Some(String::new()) }; 3]);
        Self { metrics, news, waits: [wait(), wait(), wait()] }
    }

    /// Records trouble; `what` is for people and names no recipient. For store and journal,
    /// [`Self::clear`] then waits, longer with each failure.
    pub(crate) fn met(&self, kind: TroubleKind, what: &str) {
        let [_, store, journal] = &self.waits;
        if let Some(wait) = match kind {
            TroubleKind::Relay => None,
            TroubleKind::Store => Some(store),
            TroubleKind::Journal => Some(journal),
        } {
            count(&self.metrics.own_errors);
            wait.met(what);
        }
        self.tell(kind, what);
    }

    fn tell(&self, kind: TroubleKind, what: &str) {
        let before = self.metrics.trouble(kind);
        if before.as_ref().is_some_and(|(_, text)| text == what) {
            return;
        }
        let since = before.map_or_else(clock, |(since, _)| since);
        self.metrics.set_trouble(kind, Some((since, what.to_owned())));
        self.put_news(kind, Some(format!("{what} (since {})", since.readable())));
    }

    /// The trouble is over.
    pub(crate) fn over(&self, kind: TroubleKind) {
        if let Some(wait) = self.waits.get(kind.index()) {
            wait.failures.set(0);
        }
        if self.metrics.trouble(kind).is_none() {
            return;
        }
        tracing::info!(?kind, "sending continues");
        self.metrics.set_trouble(kind, None);
        self.put_news(kind, Some(String::new()));
    }

    /// Resolves when store and journal may be tried again.
    pub(crate) async fn clear(&self) {
        for wait in &self.waits {
            while wait.failures.get() > 0 && Instant::now() < wait.until.get() {
                tokio::time::sleep_until(wait.until.get()).await;
            }
        }
    }

    fn put_news(&self, kind: TroubleKind, news: Option<String>) {
        if let Some(place) = self.news.borrow_mut().get_mut(kind.index()) {
            *place = news;
        }
    }

    /// What to write to the store, if it has changed.
    pub(crate) fn take_news(&self) -> Option<(TroubleKind, String)> {
        let mut news = self.news.borrow_mut();
        TroubleKind::ALL
            .into_iter()
            .find_map(|kind| Some((kind, news.get_mut(kind.index())?.take()?)))
    }

    /// The store did not accept it; newer news wins.
    pub(crate) fn keep_news(&self, kind: TroubleKind, kept: String) {
        if let Some(news) = self.news.borrow_mut().get_mut(kind.index()) {
            news.get_or_insert(kept);
        }
    }
}

impl Wait {
    fn met(&self, what: &str) {
        let now = Instant::now();
        // Failures that come together are one trouble.
        if self.failures.get() == 0 || now >= self.until.get() {
            let failures = self.failures.get();
            self.failures.set(failures + 1);
            let wait = jittered(doubled(FIRST_WAIT, LONGEST_STORE_WAIT, failures));
            self.until.set(now + wait);
            tracing::warn!(what, ?wait, "sending is held up");
        }
    }
}

/// The message for a journal that accepts no intents.
pub(crate) fn journal_trouble(settings: &MailerSettings, error: &journal::JournalError) -> String {
    format!(
        "nothing is sent while the journal in {} accepts no records: {error}",
        settings.journal_dir.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn troubles_of_different_kinds_end_by_themselves() {
        let metrics = Arc::new(Metrics::default());
        let troubles = Troubles::new(Arc::clone(&metrics));
        troubles.met(TroubleKind::Relay, "the relay is away");
        troubles.met(TroubleKind::Store, "the store is away");
        troubles.over(TroubleKind::Relay);
        assert_eq!(metrics.trouble(TroubleKind::Relay), None);
        assert_eq!(metrics.trouble(TroubleKind::Store).unwrap().1, "the store is away");
        let mut told = Vec::new();
        while let Some((kind, text)) = troubles.take_news() {
            told.push((kind, text.split(" (").next().unwrap().to_owned()));
        }
        let (store, journal) = (TroubleKind::Store, TroubleKind::Journal);
        assert_eq!(
            told,
            [
                (TroubleKind::Relay, String::new()),
                (store, "the store is away".into()),
                (journal, String::new())
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_of_the_store_is_waited_for_and_that_of_the_relay_is_not() {
        let troubles = Troubles::new(Arc::new(Metrics::default()));
        let began = Instant::now();
        troubles.met(TroubleKind::Relay, "away");
        troubles.clear().await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        troubles.met(TroubleKind::Store, "away");
        troubles.clear().await;
        assert!(began.elapsed() >= FIRST_WAIT / 2);
    }
}
