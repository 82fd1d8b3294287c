//! The command line of `pharos job`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum JobCommand {
    /// List the newest jobs.
    List,
    /// Show how far a job is, and what it has done.
    Show {
        /// The job's number.
        job: i64,
    },
    /// Do what was rehearsed, or import a file that was uploaded and waits for a decision.
    ///
    /// The erasure of a list can't be undone, so you are asked first.
    Start {
        /// The job's number.
        job: i64,
        /// Erase people without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Stop a job before its next step. What it has done stays.
    Stop {
        /// The job's number.
        job: i64,
    },
    /// Take an import back as far as nothing has happened since.
    ///
    /// Contacts whom only that file has brought are removed, subscriptions that it made are taken back
    /// (the consent ledger says so), and values that it changed are as before. Contacts who have been
    /// mailed, changed or subscribed to something else since stay, and so does who has left: nobody
    /// comes back by it. A running server does it; `pharos job show` says what it has done and why
    /// who stays.
    Undo {
        /// The import's number.
        job: i64,
        /// Count what would be taken back, and change nothing; `job start` then does it.
        #[arg(long)]
        dry_run: bool,
    },
    /// Write the file of an export, within a day; that it was taken is logged.
    File {
        /// The export's number.
        job: i64,
        /// A new file that only you can read [default: standard output].
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Write what may be wrong with addresses of an import, with lines of its file.
    Warnings {
        /// The import's number.
        job: i64,
        /// A new file that only you can read [default: standard output].
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Write the rows that a job could not use, with line, column and reason.
    Rejects {
        /// The job's number.
        job: i64,
        /// A new file that only you can read [default: standard output].
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}
