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
    /// Import a file that was uploaded and waits for a decision, after a rehearsal or from a page.
    Start {
        /// The job's number.
        job: i64,
    },
    /// Stop a job before its next step. What it has done stays.
    Stop {
        /// The job's number.
        job: i64,
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
