//! How the relay is doing: after trouble everybody waits, then one connection tries first.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::backoff::{doubled, jittered};
use crate::metrics::{Metrics, count};
use crate::settings::MailerSettings;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// See the module.
pub(crate) struct Health {
    failures: Cell<i64>,
    open_at: Cell<Instant>,
    trying: Cell<bool>,
    changed: Notify,
    metrics: Arc<Metrics>,
    /// What the store should say; taken by the feeder.
    news: RefCell<Option<String>>,
}

impl Health {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            failures: Cell::new(0),
            open_at: Cell::new(Instant::now()),
            trying: Cell::new(false),
            changed: Notify::new(),
            metrics,
            // Whatever a former process has said is over.
            news: RefCell::new(Some(String::new())),
        }
    }

    /// Resolves when this connection may be opened. Who gets through after trouble must end with
    /// [`Self::good`], [`Self::bad`] or [`Self::give_back`].
    pub(crate) async fn admit(&self) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.failures.get() == 0 {
                return;
            }
            if self.trying.get() {
                changed.await;
            } else if Instant::now() >= self.open_at.get() {
                self.trying.set(true);
                return;
            } else {
                tokio::time::sleep_until(self.open_at.get()).await;
            }
        }
    }

    /// The relay took or refused a message: it works.
    pub(crate) fn good(&self) {
        if self.failures.replace(0) == 0 {
            return;
        }
        tracing::info!("sending goes on");
        self.trying.set(false);
        self.metrics.set_relay_trouble(None);
        self.news.replace(Some(String::new()));
        self.changed.notify_waiters();
    }

    /// An attempt ended without saying anything about the relay.
    pub(crate) fn give_back(&self) {
        self.trying.set(false);
        self.changed.notify_waiters();
    }

    /// Something is in the way of sending; `what` is for people and names no recipient.
    pub(crate) fn bad(&self, what: &str) {
        count(&self.metrics.relay_errors);
        self.trying.set(false);
        let now = Instant::now();
        // Connections that break together are one trouble.
        if self.failures.get() == 0 || now >= self.open_at.get() {
            let failures = self.failures.get();
            self.failures.set(failures + 1);
            let wait = jittered(doubled(FIRST_WAIT, LONGEST_WAIT, failures));
            self.open_at.set(now + wait);
            tracing::warn!(what, ?wait, "sending is held up");
        }
        self.tell(what);
        self.changed.notify_waiters();
    }

    fn tell(&self, what: &str) {
        let before = self.metrics.relay_trouble();
        if before.as_ref().is_some_and(|(_, text)| text == what) {
            return;
        }
        let since = before.map_or_else(clock, |(since, _)| since);
        self.metrics.set_relay_trouble(Some((since, what.to_owned())));
        self.news.replace(Some(format!("{what} (since {})", since.readable())));
    }

    /// What is to be put into the store, if it has changed.
    pub(crate) fn take_news(&self) -> Option<String> {
        self.news.take()
    }

    /// The store did not take it; newer news win.
    pub(crate) fn keep_news(&self, news: String) {
        self.news.borrow_mut().get_or_insert(news);
    }
}

/// The words for a journal that takes no intents.
pub(crate) fn journal_trouble(settings: &MailerSettings, error: &journal::JournalError) -> String {
    format!(
        "nothing is sent while the journal in {} takes no records: {error}",
        settings.journal_dir.display()
    )
}

/// The time now.
pub(crate) fn clock() -> Timestamp {
    Timestamp::from_system(std::time::SystemTime::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_trouble_one_connection_tries_first() {
        let metrics = Arc::new(Metrics::default());
        let health = Health::new(Arc::clone(&metrics));
        health.admit().await;
        health.bad("down");
        health.bad("down");
        let began = Instant::now();
        health.admit().await;
        assert!(began.elapsed() >= FIRST_WAIT / 2);
        let second = tokio::time::timeout(Duration::from_secs(600), health.admit()).await;
        assert!(second.is_err(), "a second connection got through while the first one tries");
        health.good();
        health.admit().await;
        assert_eq!(metrics.relay_trouble(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_to_a_minute() {
        let health = Health::new(Arc::new(Metrics::default()));
        let mut longest = Duration::ZERO;
        for _ in 0..12 {
            health.bad("down");
            let began = Instant::now();
            health.admit().await;
            longest = longest.max(began.elapsed());
        }
        assert!(longest > LONGEST_WAIT / 2 && longest <= LONGEST_WAIT, "{longest:?}");
    }
}
