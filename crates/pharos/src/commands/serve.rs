//! `pharos serve`.

use std::path::Path;

use crate::cli::{Role, ServeArgs};
use crate::config;
use crate::installation::{Installation, now};
use crate::roles::Roles;
use crate::server::{Listeners, start_when_possible};
use crate::telemetry::note;
use crate::{shutdown, telemetry};

/// Runs until a signal ends it.
pub(crate) async fn run(config: &Path, args: &ServeArgs) -> anyhow::Result<()> {
    let config = config::load(config)?;
    telemetry::start(config.log_level, config.log_json);
    let roles = Roles::typed(&args.role, &config)?;
    let listeners = Listeners::bind(&config, &roles)?;
    let stop = shutdown::on_signal()?;
    let started = Box::pin(start_when_possible(config, &roles, listeners, &stop)).await?;
    let Some((installation, server)) = started else {
        tracing::info!("stopped before the store could be opened");
        return Ok(());
    };
    let config = &installation.config;
    tracing::info!(
        %roles, beacon = %config.beacon.0, web = %config.web.0, admin = %config.admin.0,
        "Pharos is up; its pages are at http://{}/", config.admin.0
    );
    if roles.has(Role::Web) {
        tell_way_in(&installation).await?;
    }
    let broken = tokio::select! {
        () = stop.cancelled() => false,
        () = server.broken() => true,
    };
    server.stop(config.shutdown_timeout).await?;
    anyhow::ensure!(!broken, "a part of the server stopped by itself; see the log");
    tracing::info!("stopped");
    Ok(())
}

/// While nobody has an account: how the first owner gets one.
async fn tell_way_in(installation: &Installation) -> anyhow::Result<()> {
    let Installation { config, store, .. } = installation;
    let admin = config.admin.0;
    if !admin.ip().is_loopback() && !config.admin_remote {
        if !access::has_owner(store).await? {
            tracing::warn!(
                "admin.listen ({admin}) can be reached from elsewhere and nobody is the owner yet, \
                 so its pages stay closed; `pharos user add you@example.com --role owner` opens them"
            );
        }
        return Ok(());
    }
    // Not through the log: it is a secret, and is kept for an hour at most.
    if let Some(token) = access::set_up_begin(store, now()).await? {
        note(format_args!(
            "Nobody has an account yet. To set up the first owner, within an hour and once:\n  \
             {}/admin/setup/{}",
            config.admin_address(),
            token.reveal()
        ));
    }
    Ok(())
}
