//! What the stories are told with: the real binary, real mail servers, plain HTTP.

pub(crate) mod backing;
pub(crate) mod binary;
pub(crate) mod cluster;
pub(crate) mod dice;
pub(crate) mod http;
pub(crate) mod letter;
pub(crate) mod mailhost;
pub(crate) mod pharos;
pub(crate) mod sink;
pub(crate) mod wait;

pub(crate) use backing::Backing;
pub(crate) use cluster::{Cluster, Node};
pub(crate) use dice::Dice;
pub(crate) use letter::Letter;
pub(crate) use mailhost::MailHost;
pub(crate) use pharos::Pharos;
pub(crate) use sink::Sink;
