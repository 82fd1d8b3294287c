//! What a node does: any subset of the four roles.

use std::collections::BTreeSet;

use anyhow::ensure;

use crate::cli::Role;
use crate::config::{Bus, Config};

/// The roles of one `pharos serve`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roles(BTreeSet<Role>);

impl Roles {
    /// All roles: a node that needs no other.
    pub(crate) fn all() -> Self {
        Self([Role::Web, Role::Beacon, Role::Mailer, Role::Recorder].into())
    }

    /// The roles as typed. Whether they make sense depends on how hits travel.
    ///
    /// # Errors
    /// When hits could not get from the beacon to a recorder.
    pub(crate) fn typed(roles: &[Role], config: &Config) -> anyhow::Result<Self> {
        if roles.contains(&Role::All) {
            return Ok(Self::all());
        }
        let roles = Self(roles.iter().copied().collect());
        if matches!(config.bus, Bus::Local) {
            ensure!(
                roles.has(Role::Beacon) == roles.has(Role::Recorder),
                "with `bus = \"local\"` hits stay on the node that answered them, so the roles \
                 beacon and recorder belong together; set `bus` to Redis to separate them"
            );
        }
        Ok(roles)
    }

    pub(crate) fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }
}

impl std::fmt::Display for Roles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|role| role.as_str()).collect();
        f.write_str(&words.join(","))
    }
}
