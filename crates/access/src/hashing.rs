//! Hashes passwords slowly (argon2id), on threads of their own and few at a time.
//!
//! Invariants: at most [`AT_ONCE`] passwords are hashed at the same time and [`WAITING`] wait, of one
//! network at most [`OF_ONE_NETWORK`]: a flood of sign-ins takes neither the machine nor everybody's
//! turn. A hash that is compared in vain takes as long as one that is right.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::client_network::ClientNetwork;
use crate::error::AccessError;
use crate::password::{MAX_PASSWORD_BYTES, Password};

/// 19 MiB, 2 passes, 1 lane: OWASP's Password Storage Cheat Sheet, looked up in 2026-11.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// Passwords hashed at the same time: 40 MiB.
const AT_ONCE: usize = 2;
/// Passwords that are hashed or wait.
const WAITING: usize = 64;
const OF_ONE_NETWORK: usize = 4;

/// Hashes and compares passwords. Clones share one queue.
#[derive(Clone)]
pub struct PasswordHasher {
    permits: Arc<Semaphore>,
    waiting: Arc<Mutex<HashMap<ClientNetwork, usize>>>,
}

/// A place in the queue.
pub(crate) struct Place {
    network: ClientNetwork,
    waiting: Arc<Mutex<HashMap<ClientNetwork, usize>>>,
}

/// What comparing a password gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    Wrong,
    Right,
    /// Right, and hashed with older parameters.
    RightButOld,
}

impl Default for PasswordHasher {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::default() }
    }
}

impl std::fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordHasher").finish_non_exhaustive()
    }
}

impl PasswordHasher {
    /// A place in the queue for somebody who is not known yet; None when there is none.
    pub(crate) fn place(&self, network: ClientNetwork) -> Option<Place> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = waiting.values().sum();
        let of_network = waiting.get(&network).copied().unwrap_or(0);
        if all >= WAITING || of_network >= OF_ONE_NETWORK {
            return None;
        }
        waiting.insert(network, of_network + 1);
        Some(Place { network, waiting: Arc::clone(&self.waiting) })
    }

    /// The PHC string of a password.
    ///
    /// # Errors
    /// [`AccessError::Hash`] and [`AccessError::Random`].
    pub async fn hash(&self, password: Password) -> Result<String, AccessError> {
        self.run(move || hash(password.into_text().as_bytes())).await?
    }

    /// Hashes a password that was right just now, with today's parameters.
    pub(crate) async fn hash_again(
        &self,
        password: Zeroizing<String>,
    ) -> Result<String, AccessError> {
        self.run(move || hash(password.as_bytes())).await?
    }

    /// Compares a password with a hash. Without one it takes as long, and is wrong.
    pub(crate) async fn compare(
        &self,
        password: Zeroizing<String>,
        hash: Option<String>,
    ) -> Result<Compared, AccessError> {
        self.run(move || compare(&password, hash.as_deref())).await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccessError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| AccessError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let value = work();
            // Also when nobody waits for it any more: the work goes on until here.
            drop(permit);
            value
        });
        done.await.map_err(|error| AccessError::Hash(error.to_string()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = waiting.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.network);
            }
        }
    }
}

fn argon2() -> Result<Argon2<'static>, AccessError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.map_err(|error| AccessError::Hash(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> Result<String, AccessError> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt)?;
    let hash = argon2()?.hash_password_with_salt(password, &salt);
    Ok(hash.map_err(|error| AccessError::Hash(error.to_string()))?.to_string())
}

fn compare(password: &str, stored: Option<&str>) -> Result<Compared, AccessError> {
    /// What passwords are compared with that belong to nobody.
    static NOBODYS: OnceLock<String> = OnceLock::new();
    let nobodys = match NOBODYS.get() {
        Some(known) => known,
        None => {
            let fresh = hash(b"nobody's password")?;
            NOBODYS.get_or_init(|| fresh)
        }
    };
    // Nobody could choose one that is longer.
    let password = if password.len() > MAX_PASSWORD_BYTES { "" } else { password };
    let unreadable = |error| AccessError::Hash(format!("{error}"));
    let parsed = PasswordHash::new(stored.unwrap_or(nobodys)).map_err(unreadable)?;
    let is_right = argon2()?.verify_password(password.as_bytes(), &parsed).is_ok();
    Ok(match (stored, is_right) {
        (Some(_), true) if is_current(&parsed) => Compared::Right,
        (Some(_), true) => Compared::RightButOld,
        _ => Compared::Wrong,
    })
}

fn is_current(hash: &PasswordHash) -> bool {
    Params::try_from(hash).is_ok_and(|params| {
        hash.algorithm == Algorithm::Argon2id.ident()
            && [params.m_cost(), params.t_cost(), params.p_cost()] == [MEMORY_KIB, PASSES, LANES]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "correct horse";

    fn compared(stored: &str) -> Compared {
        compare(PASSWORD, Some(stored)).unwrap()
    }

    #[test]
    fn parameters_are_at_least_those_of_owasp() {
        // The equivalent choices of the cheat sheet: KiB and passes, with one lane.
        let choices = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
        assert!(choices.iter().any(|(kib, passes)| MEMORY_KIB >= *kib && PASSES >= *passes));
        assert!(hash(b"x").unwrap().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    #[test]
    fn a_password_is_right_wrong_or_hashed_too_weakly() {
        let stored = hash(PASSWORD.as_bytes()).unwrap();
        assert_ne!(stored, hash(PASSWORD.as_bytes()).unwrap(), "a salt of its own");
        assert_eq!(compared(&stored), Compared::Right);
        assert_eq!(compare("correct house", Some(&stored)).unwrap(), Compared::Wrong);
        assert_eq!(compare("", Some(&stored)).unwrap(), Compared::Wrong);
        assert_eq!(compare("nobody's password", None).unwrap(), Compared::Wrong);
        let endless = PASSWORD.repeat(1_000);
        assert_eq!(compare(&endless, Some(&stored)).unwrap(), Compared::Wrong);
        let weak = Params::new(8, 1, 1, None).unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, weak);
        let weak = weak.hash_password_with_salt(PASSWORD.as_bytes(), &[1; 16]).unwrap();
        assert_eq!(compared(&weak.to_string()), Compared::RightButOld);
        assert!(compare(PASSWORD, Some("not a hash")).is_err());
    }

    #[test]
    fn a_network_takes_a_few_places_and_leaves_the_others() {
        let network = |byte| ClientNetwork::of([192, 0, byte, 1].into());
        let hasher = PasswordHasher::default();
        let mut places: Vec<_> = (0..9).filter_map(|_| hasher.place(network(1))).collect();
        assert_eq!(places.len(), OF_ONE_NETWORK);
        let other = hasher.place(network(2));
        assert!(other.is_some());
        places.pop();
        assert!(hasher.place(network(1)).is_some(), "a place comes back");
        drop((places, other));
        assert!(hasher.waiting.lock().unwrap().is_empty(), "nothing is left of those who went");
        let all: Vec<_> = (0..200).filter_map(|byte| hasher.place(network(byte))).collect();
        assert_eq!(all.len(), WAITING);
    }
}
