//! The prefix of an installation's keys in Redis.

use std::fmt;

use crate::BusError;

const LONGEST: usize = 64;

/// The name of an installation: the same on every node of it, and different from every other
/// installation on the same Redis. It is in braces in every key, so that all keys are in one slot
/// of a cluster and one script may use several.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InstallationId(String);

impl InstallationId {
    /// Checks a name: 1 to 64 letters, digits and `-`.
    pub fn parse(given: &str) -> Result<Self, BusError> {
        check(given).map(|()| Self(given.to_owned()))
    }

    /// The stream of hits.
    pub(crate) fn hits_key(&self) -> String {
        format!("pharos:{{{}}}:hits", self.0)
    }

    pub(crate) fn limit_key(&self, limit: &str) -> String {
        format!("pharos:{{{}}}:limit:{limit}", self.0)
    }

    /// The nodes that use a limit.
    pub(crate) fn members_key(&self, limit: &str) -> String {
        format!("pharos:{{{}}}:members:{limit}", self.0)
    }
}

impl fmt::Display for InstallationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Refuses names that can't be part of a key.
pub(crate) fn check(given: &str) -> Result<(), BusError> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if (1..=LONGEST).contains(&given.len()) && given.bytes().all(good) {
        Ok(())
    } else {
        Err(BusError::Name { given: given.chars().take(LONGEST).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_an_installation_share_a_slot() {
        let installation = InstallationId::parse("acme-1").unwrap();
        assert_eq!(installation.hits_key(), "pharos:{acme-1}:hits");
        assert_eq!(installation.limit_key("mail"), "pharos:{acme-1}:limit:mail");
        assert_eq!(installation.members_key("mail"), "pharos:{acme-1}:members:mail");
    }

    #[test]
    fn a_name_that_would_break_the_keys_is_refused() {
        for bad in ["", "a b", "a}b", "a:b", "ä", &"x".repeat(65)] {
            assert!(InstallationId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
