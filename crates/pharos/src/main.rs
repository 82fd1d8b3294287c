//! The Pharos binary. The command line is read here, errors become exit codes here, and the process
//! ends nowhere else.

mod address_sources;
mod backend;
mod backlog;
mod checkpoint;
mod cli;
mod commands;
mod config;
mod demo;
mod expiry;
mod hit_lanes;
mod installation;
mod jobs;
mod known_tracking;
mod links;
mod message_backlog;
mod metrics;
mod node;
mod operator;
mod put_back;
mod readiness;
mod reconfirming;
mod register_figures;
mod relay_sender;
mod remote;
mod report_mailing;
mod resolver;
mod roles;
mod scheduled_starts;
mod server;
mod set_up;
mod shutdown;
mod storage;
mod telemetry;
mod unfinished_starts;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    // One provider for all of TLS, chosen before anything can open a connection. It fails only
    // when one is installed already, which nothing before this line can have done.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            telemetry::complain(&error);
            ExitCode::FAILURE
        }
    }
}
