//! `pharos serve`.

use std::path::Path;

use crate::cli::ServeArgs;
use crate::config;
use crate::roles::Roles;
use crate::server::{Listeners, start_when_possible};
use crate::{shutdown, telemetry};

/// Runs until a signal ends it.
pub(crate) async fn run(config: &Path, args: &ServeArgs) -> anyhow::Result<()> {
    let config = config::load(config)?;
    telemetry::start(config.log_level, config.log_json);
    let roles = Roles::typed(&args.role, &config)?;
    let listeners = Listeners::bind(&config, &roles)?;
    let stop = shutdown::on_signal()?;
    let started = start_when_possible(config, &roles, listeners, &stop).await?;
    let Some((installation, server)) = started else {
        tracing::info!("stopped before the store could be opened");
        return Ok(());
    };
    let config = &installation.config;
    tracing::info!(
        %roles, beacon = %config.beacon.0, web = %config.web.0, admin = %config.admin.0,
        "Pharos is up; reports are at http://{}/", config.admin.0
    );
    let broken = tokio::select! {
        () = stop.cancelled() => false,
        () = server.broken() => true,
    };
    server.stop(config.shutdown_timeout).await?;
    anyhow::ensure!(!broken, "a part of the server stopped by itself; see the log");
    tracing::info!("stopped");
    Ok(())
}
