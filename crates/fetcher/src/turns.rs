//! Whose turn it is: a few requests at the same time, one to each host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as TurnMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// More hosts than this are forgotten when nobody waits for them.
const REMEMBERED: usize = 1_000;

#[derive(Debug)]
pub(crate) struct Turns {
    all: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<TurnMutex<()>>>>,
}

/// The right to send one request; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _host: OwnedMutexGuard<()>,
    /// None when the semaphore was closed, which nobody does.
    _one_of_all: Option<OwnedSemaphorePermit>,
}

impl Turns {
    pub(crate) fn new(at_the_same_time: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(at_the_same_time)), hosts: Mutex::default() }
    }

    /// Waits for the host first: who waits for a slow host keeps nobody from another one.
    pub(crate) async fn wait(&self, host: &str) -> Turn {
        let lock = self.lock_of(host);
        let host = lock.lock_owned().await;
        let one_of_all = Arc::clone(&self.all).acquire_owned().await;
        Turn { _host: host, _one_of_all: one_of_all.ok() }
    }

    fn lock_of(&self, host: &str) -> Arc<TurnMutex<()>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= REMEMBERED {
            hosts.retain(|_, lock| Arc::strong_count(lock) > 1);
        }
        Arc::clone(hosts.entry(host.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_turn_at_a_time_and_all_have_a_few() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let turns = Turns::new(2);
            let is_free = async |host: &str| {
                let now = std::time::Duration::from_millis(20);
                tokio::time::timeout(now, turns.wait(host)).await.ok()
            };
            let a = is_free("a").await.unwrap();
            assert!(is_free("a").await.is_none());
            let b = is_free("b").await.unwrap();
            assert!(is_free("c").await.is_none());
            drop(a);
            assert!(is_free("a").await.is_some());
            drop(b);
        });
    }
}
