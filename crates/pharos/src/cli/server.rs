//! Which server a command works on, if not this machine.

use std::path::PathBuf;

use clap::Args;

use crate::remote::ServerAddress;

#[derive(Args)]
pub(crate) struct ServerArgs {
    /// Work on the server at this address instead of on this machine: https, or http to this machine.
    ///
    /// It is asked over its API, with the token in --token-file. See docs/remote.md.
    #[arg(long, global = true, value_name = "URL", env = "PHAROS_SERVER", hide_env_values = true)]
    pub server: Option<ServerAddress>,
    /// The file with the token for --server. Only you may be able to read it.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "PHAROS_TOKEN_FILE",
        hide_env_values = true
    )]
    pub token_file: Option<PathBuf>,
    /// Certificates (PEM) to trust for --server in addition to those of the system.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "PHAROS_SERVER_CA_FILE",
        hide_env_values = true
    )]
    pub server_ca_file: Option<PathBuf>,
}
