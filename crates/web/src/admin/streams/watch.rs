//! Pages that somebody looks at: each is made anew by one task, for all who look at it.

use std::collections::HashMap;
use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch::{self, Receiver, Sender};

use super::live_part::LivePart;

/// After trouble with the store it is asked again so many times later.
const SLOWER: u32 = 5;

/// Why a part can't be made.
#[derive(Debug)]
pub(crate) enum NoPart {
    /// There is none any more.
    Gone,
    /// What was being done, and what went wrong; it may go well later.
    Failed(&'static str, Box<dyn Error + Send + Sync>),
}

/// Makes a part anew; nothing when it still has the given revision.
pub(crate) type Maker = Box<dyn Fn(Option<String>) -> Making + Send + Sync>;
type Making = Pin<Box<dyn Future<Output = Result<Option<LivePart>, NoPart>> + Send>>;

/// A part as its task has made it last; nothing before the first time.
type Latest = Option<Arc<LivePart>>;
type Watched = HashMap<String, Weak<Sender<Latest>>>;

/// The parts of pages that somebody looks at.
#[derive(Clone)]
pub(super) struct LivePages {
    open: Arc<Mutex<Watched>>,
    pace: Duration,
}

impl LivePages {
    pub(super) fn new(pace: Duration) -> Self {
        Self { open: Arc::default(), pace }
    }

    /// Follows the part of this name, which everybody who may see it sees alike. `make` is used when
    /// nobody follows it yet.
    pub(super) fn follow(&self, name: String, make: Maker) -> Receiver<Latest> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.get(&name).and_then(Weak::upgrade) {
            return known.subscribe();
        }
        let (sender, receiver) = watch::channel(None);
        let sender = Arc::new(sender);
        open.insert(name.clone(), Arc::downgrade(&sender));
        tokio::spawn(self.clone().keep(name, sender, make));
        receiver
    }

    /// Makes a part anew for as long as somebody follows it.
    async fn keep(self, name: String, sender: Arc<Sender<Latest>>, make: Maker) {
        let mut known = None;
        let mut was_away = false;
        while !self.is_left(&name, &sender) {
            let mut wait = self.pace;
            match make(known.clone()).await {
                Ok(Some(part)) => {
                    known = Some(part.revision.clone());
                    sender.send_replace(Some(Arc::new(part)));
                    was_away = false;
                }
                Ok(None) => was_away = false,
                Err(NoPart::Failed(what, problem)) => {
                    wait *= SLOWER;
                    if !was_away {
                        tracing::warn!(what, %problem, "can't keep a page up to date");
                    }
                    was_away = true;
                }
                // It is gone: who follows it learns that by the end of the channel.
                Err(NoPart::Gone) => break,
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = sender.closed() => {}
            }
        }
        self.forget(&name, &sender);
    }

    /// Whether nobody follows it any more; then it is forgotten, so that nobody can begin to.
    fn is_left(&self, name: &str, sender: &Arc<Sender<Latest>>) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let is_left = sender.receiver_count() == 0;
        if is_left {
            forget(open, name, sender);
        }
        is_left
    }

    fn forget(&self, name: &str, sender: &Arc<Sender<Latest>>) {
        forget(self.open.lock().unwrap_or_else(PoisonError::into_inner), name, sender);
    }
}

/// Somebody may have begun to watch the same anew.
fn forget(mut open: std::sync::MutexGuard<'_, Watched>, name: &str, sender: &Arc<Sender<Latest>>) {
    if open.get(name).is_some_and(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(sender))) {
        open.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(askama::Template)]
    #[template(source = "{{ count }}", ext = "html")]
    struct Count {
        count: usize,
    }

    /// Counts how often it is asked; new is every second time.
    fn counting(asked: &Arc<AtomicUsize>) -> Maker {
        let asked = Arc::clone(asked);
        Box::new(move |known| {
            let count = asked.fetch_add(1, Ordering::Relaxed) / 2;
            let part = LivePart::of(&Count { count }).unwrap();
            Box::pin(async move { Ok(part.unless(known.as_deref())) })
        })
    }

    #[tokio::test(start_paused = true)]
    async fn fifty_who_look_at_a_page_have_it_made_once_a_second() {
        let pages = LivePages::new(Duration::from_secs(1));
        let asked = Arc::new(AtomicUsize::new(0));
        let follow = || pages.follow("page".into(), counting(&asked));
        let mut followed: Vec<_> = (0..50).map(|_| follow()).collect();
        tokio::time::sleep(Duration::from_millis(9_500)).await;
        assert_eq!(asked.load(Ordering::Relaxed), 10, "a second each, whoever looks");
        for receiver in &mut followed {
            let latest = receiver.borrow_and_update().clone().unwrap();
            assert_eq!(latest.html(""), "4");
        }
        let mut other = pages.follow("other".into(), counting(&asked));
        assert!(other.changed().await.is_ok());
        drop((followed, other));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let then = asked.load(Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(asked.load(Ordering::Relaxed), then, "nobody looks");
        assert!(pages.open.lock().unwrap().is_empty());
        assert!(follow().changed().await.is_ok(), "somebody looks again");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_gone_ends_and_what_is_away_comes_back() {
        let pages = LivePages::new(Duration::from_secs(1));
        let gone: Maker = Box::new(|_| Box::pin(async { Err(NoPart::Gone) }));
        assert!(pages.follow("gone".into(), gone).changed().await.is_err());
        assert!(pages.open.lock().unwrap().is_empty());
        let asked = Arc::new(AtomicUsize::new(0));
        let away: Maker = Box::new(move |_| {
            let first = asked.fetch_add(1, Ordering::Relaxed) == 0;
            Box::pin(async move {
                match first {
                    true => Err(NoPart::Failed("asking", Box::new(std::fmt::Error))),
                    false => Ok(LivePart::of(&Count { count: 7 }).ok()),
                }
            })
        });
        assert!(pages.follow("away".into(), away).changed().await.is_ok());
    }
}
