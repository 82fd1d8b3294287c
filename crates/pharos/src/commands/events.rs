//! `pharos events`.

mod export;
mod follow;
mod source;

use crate::backend::Backend;
use crate::cli::EventsCommand;

pub(crate) async fn run(backend: &Backend, command: EventsCommand) -> anyhow::Result<()> {
    match command {
        EventsCommand::Follow(args) => follow::run(backend, args).await,
        EventsCommand::Export(args) => export::run(backend, args).await,
    }
}
