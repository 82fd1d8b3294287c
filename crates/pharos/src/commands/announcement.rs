//! `pharos announcement`.

use render::Layout;

use crate::cli::AnnouncementCommand;
use crate::telemetry::say;

pub(crate) fn run(command: &AnnouncementCommand) {
    match command {
        AnnouncementCommand::Layouts => {
            for layout in Layout::ALL {
                say(format_args!("{:<16}{}", layout.name(), layout.summary()));
            }
        }
    }
}
