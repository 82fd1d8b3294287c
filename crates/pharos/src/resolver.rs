//! Whom to ask about names: the DNS servers of the configuration, or of this machine.

use fetcher::{LookupProblem, Resolver};

use crate::config::Config;

pub(crate) fn resolver(config: &Config) -> Result<Resolver, LookupProblem> {
    match config.check.dns_servers.as_slice() {
        [] => Resolver::of_this_machine(),
        servers => Resolver::asking(servers),
    }
}
