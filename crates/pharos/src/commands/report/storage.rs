//! `pharos report storage`.

use report::{StorageReport, storage_report};

use crate::backend::Backend;
use crate::cli::Format;
use crate::installation::now;
use crate::storage::surroundings;
use crate::telemetry::say;

pub(super) async fn tell(backend: &Backend, format: Format) -> anyhow::Result<()> {
    let report = match backend {
        Backend::Local(installation) => {
            let around = surroundings(&installation.config);
            storage_report(&installation.store, &around, now()).await?
        }
        Backend::Remote(server) => server.get::<StorageReport>("/api/v1/system/storage").await?,
    };
    let text = match format {
        Format::Table => report.to_table(),
        Format::Json => report.to_json()?,
        Format::Csv => report.to_csv()?,
    };
    say(text.trim_end());
    Ok(())
}
