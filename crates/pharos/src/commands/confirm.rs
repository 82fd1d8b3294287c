//! Asks before something is done that can't be undone.

use std::io::{IsTerminal as _, Write as _};

use crate::telemetry::say;

/// Says what will be done; continues after `--yes`, or a yes on the terminal.
pub(super) fn confirm(what: &str, yes: bool) -> anyhow::Result<()> {
    say(what);
    if yes {
        return Ok(());
    }
    anyhow::ensure!(std::io::stdin().is_terminal(), "nothing was changed; add --yes to do it");
    write!(std::io::stdout(), "Type yes to do it: ")?;
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    anyhow::ensure!(answer.trim().eq_ignore_ascii_case("yes"), "nothing was changed");
    Ok(())
}
