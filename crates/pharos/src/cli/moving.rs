//! `pharos migrate`, `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
pub(crate) struct MigrateArgs {
    /// The store to move from: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, value_name = "STORE", requires = "to", required_unless_present = "reopen")]
    pub from: Option<String>,
    /// The store to move to. It must be empty, or hold what an earlier run of this move left.
    #[arg(long, value_name = "STORE", requires = "from")]
    pub to: Option<String>,
    /// A file with the password for --from or --reopen, which the address then need not contain.
    #[arg(long, value_name = "FILE")]
    pub from_password_file: Option<PathBuf>,
    /// A file with the password for --to.
    #[arg(long, value_name = "FILE", requires = "to")]
    pub to_password_file: Option<PathBuf>,
    /// Certificates (PEM) of database servers to trust in addition to the public ones.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Instead of moving: reopen a store that was moved away, or whose move was interrupted. Only
    /// one of the two may ever send.
    #[arg(long, value_name = "STORE", conflicts_with_all = ["from", "to"])]
    pub reopen: Option<String>,
}

#[derive(Args)]
pub(crate) struct BackupArgs {
    /// A new or empty folder.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreArgs {
    /// A folder made by `pharos backup`.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}
