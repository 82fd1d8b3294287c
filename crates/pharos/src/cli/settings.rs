//! The arguments of `pharos settings`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum SettingsCommand {
    /// Show who sends and over which relay, each value with where it comes from.
    Show,
    /// Set values that the configuration file leaves out. Every node uses them within seconds.
    ///
    /// Several are set together, such as:
    ///
    ///   pharos settings set relay.host=smtp.example.com relay.username=news --relay-password-file secret
    ///
    /// What stands in the configuration file holds, and is changed there.
    Set(SettingsSetArgs),
    /// Set values no more that the store keeps.
    Unset {
        /// Such as relay.hello_name; `relay.password` for the password.
        #[arg(required = true, value_name = "KEY")]
        keys: Vec<String>,
    },
}

#[derive(Args)]
pub(crate) struct SettingsSetArgs {
    /// A key as in the configuration file, and its value: organisation.name, organisation.postal_address,
    /// organisation.domain, relay.host, relay.port, relay.tls, relay.username, relay.hello_name,
    /// relay.return_path, relay.messages_per_minute.
    #[arg(required_unless_present = "relay_password_file", value_name = "KEY=VALUE")]
    pub values: Vec<String>,
    /// A file with the relay's password, which is kept sealed in the store.
    #[arg(long, value_name = "FILE")]
    pub relay_password_file: Option<PathBuf>,
}
