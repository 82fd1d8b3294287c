//! Three private Redis masters that share the slots of one cluster.

use std::sync::OnceLock;

use crate::redis_server::{Redis, redis_cli};
use crate::wait;

const MASTERS: usize = 3;
const OPTIONS: &[&str] = &["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];

/// A private Redis cluster on loopback: three masters, no replicas.
pub struct RedisCluster {
    masters: Vec<Redis>,
}

impl RedisCluster {
    /// Starts the masters, gives them the slots, and waits until each says that all is well.
    pub fn start() -> Self {
        let masters: Vec<Redis> = (0..MASTERS).map(|_| Redis::start_with(OPTIONS)).collect();
        let addresses: Vec<String> =
            masters.iter().map(|master| format!("127.0.0.1:{}", master.port())).collect();
        let mut words = vec!["--cluster", "create"];
        words.extend(addresses.iter().map(String::as_str));
        words.push("--cluster-yes");
        let output = redis_cli(&[], &words);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "redis-cli --cluster create: {said}");
        for master in &masters {
            wait::until("the cluster to be well", || is_well(master).then_some(()));
        }
        Self { masters }
    }

    /// The cluster that the tests of one process share. Started at first use.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisCluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The masters' URLs, `redis://127.0.0.1:PORT`. A cluster has no database but 0.
    pub fn urls(&self) -> Vec<String> {
        let url = |master: &Redis| format!("redis://127.0.0.1:{}", master.port());
        self.masters.iter().map(url).collect()
    }
}

fn is_well(master: &Redis) -> bool {
    let info = master.command(&["cluster", "info"]);
    let says = |what: &str| info.lines().any(|line| line.trim() == what);
    says("cluster_state:ok")
        && says("cluster_slots_ok:16384")
        && says(&format!("cluster_known_nodes:{MASTERS}"))
}
